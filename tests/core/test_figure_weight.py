"""Every figure of a release of 500,000 rows is binned: under 200 KB of JSON, and the report under 8 MB."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest

from synth_core import figures
from synth_core.figures.joint import joint_figure, rates_figure, split_pairs_figure
from synth_core.figures.joint_tables import joint, rates, split
from synth_core.figures.projected import projection_figure
from synth_core.figures.subgroups import subgroup_figure, subgroups
from synth_core.report import html
from synth_core.scorecard import Scorecard, default_targets
from synth_core.scores.columns import column_errors, column_likeness
from synth_core.scores.features import States
from synth_core.scores.privacy import CURVE_POINTS
from synth_core.scores.projection import project_rows
from synth_core.scores.results import Curve, Fidelity
from synth_core.scores.sides import Sides
from synth_core.scores.subgroups import likeness
from synth_core.scores.together import associations, pair_errors, pair_views
from synth_core.table import Column, Kind, Role, Table
from tests.core import scorecard_example as example

MOST, WHOLE = 200_000, 8_000_000  # bytes
REAL, MADE, WIDE = 12_000, 500_000, 40
LONG = "a category with a rather long name, as people write them"


def table(rows: int, seed: int) -> Table:
    """Return rows of 18 columns: numbers of every digit, dates, categories of up to 400 levels with long names."""
    rng = np.random.default_rng(seed)
    wealth = rng.normal(size=rows)
    frame = pd.DataFrame(
        {f"number {i}": np.exp(wealth / (i + 1) + rng.normal(size=rows)) for i in range(6)}
        | {f"count {i}": rng.poisson(3 * 10**i, rows) for i in range(4)}
        | {
            f"category {i}": np.array([f"{LONG} {k}" for k in range(levels)], dtype=object)[
                (levels * rng.random(rows) ** 2).astype(int)
            ]
            for i, levels in enumerate((2, 6, 12, 40, 400))
        }
        | {f"day {i}": pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 10**8, rows), "s") for i in (0, 1)}
    )
    frame["bought"] = np.where(wealth + rng.normal(size=rows) > 1, "yes", "no").astype(object)
    kinds = {"number": Kind.NUMBER, "count": Kind.INTEGER, "day": Kind.DATETIME}
    roles = {"bought": Role.TARGET, "category 1": Role.SENSITIVE, "number 0": Role.SENSITIVE}
    columns = (
        Column(name=n, kind=kinds.get(n.split(" ")[0], Kind.CATEGORY), role=roles.get(n, Role.FEATURE)) for n in frame
    )
    return Table(frame, tuple(columns), "large")


@pytest.fixture(scope="module")
def sides() -> Sides:
    return Sides(table(REAL, 1), table(3_000, 2), table(MADE, 3))


@pytest.fixture(scope="module")
def card(sides: Sides) -> Scorecard:
    """A scorecard whose pictures are of this release; what does not depend on the rows is the example's."""
    errors = column_errors(sides, sides.held, REAL, sides.rng(1))
    states = States.learn(sides.coding, sides.real, 8, 10)
    pairs = pair_errors(states, sides.held, sides.made, sides.real, 3_000, sides.rng(2))
    made = example.scorecard()
    fidelity = Fidelity(
        scores=made.fidelity.scores,
        columns=[column_likeness(sides, name, errors) for name in sides.coding.names],
        associations=associations(sides.coding, sides.real, sides.made.sample(REAL, sides.rng(3))),
        pairs=pair_views(states, sides.real, sides.made, pairs),
        giveaways=made.fidelity.giveaways,
        groups=likeness(sides)[1],
    )
    xs = np.linspace(0, 1, CURVE_POINTS)
    curves = [Curve(name=n, x=xs.tolist(), y=xs.tolist()) for n in ("synthetic to training rows", "held-out rows")]
    privacy = made.privacy.model_copy(update={"curves": curves})
    return made.model_copy(update={"fidelity": fidelity, "privacy": privacy, "rows_synthetic": MADE})


def drawn(card: Scorecard, sides: Sides) -> Iterator[tuple[str, go.Figure]]:
    """Yield what Compare, Privacy and the report draw."""
    for column in card.fidelity.columns:
        yield f"overlay {column.name}", figures.overlay(column)
        yield f"dumbbell {column.name}", figures.dumbbell(column)
    assert card.fidelity.associations is not None
    yield "triplet", figures.triplet(card.fidelity.associations, clickable=True, chosen=("count 0", "count 1"))
    yield f"triplet of {WIDE}", figures.triplet(example.associations(WIDE), clickable=True)
    for pair in card.fidelity.pairs:
        yield f"pair {pair.x} {pair.y}", figures.pair_view(pair, marks=True)
    yield "giveaways", figures.giveaway_bars(card.fidelity)
    yield "groups", subgroup_figure(subgroups(card.fidelity, card.utility))
    yield "utility", figures.utility_bars(card.utility)
    for model in card.utility.models:
        yield "roc", figures.roc(model)
        yield "precision and recall", figures.precision_recall(model)
    yield "forest", figures.forest(card.privacy)
    yield "nearest", figures.nearest_curves(card.privacy)
    yield "projection", projection_figure(project_rows(sides))
    real, made = sides.train, sides.synthetic.frame
    kinds = ("number 0", "count 3", "category 4", "category 1", "day 0")
    for x in kinds:
        for y in kinds[kinds.index(x) + 1 :]:
            found = joint(real.frame, made, real.column(x), real.column(y))
            assert found is not None
            yield f"joint {x} {y}", joint_figure(found)
    for names in (("number 0", "day 0", "category 4"), ("category 3", "category 4", "count 2")):
        yield f"split {names}", split_pairs_figure(split(real.frame, made, *map(real.column, names)))
    rated = rates(real.frame, made, *map(real.column, ("number 1", "category 4", "bought")), level="yes")
    yield "rates", rates_figure(rated)


def test_every_figure_of_half_a_million_rows_is_light_and_holds_no_single_rows(card: Scorecard, sides: Sides) -> None:
    weights: dict[str, int] = {}
    for name, figure in drawn(card, sides):
        weights[name] = len(figure.to_json())
        for trace in figure.data:
            points = [len(axis) for axis in (getattr(trace, "x", None), getattr(trace, "y", None)) if axis is not None]
            assert max(points, default=0) <= WIDE * WIDE, name
    assert len(weights) > 60
    assert max(weights.values()) < MOST, max(weights.items(), key=lambda item: item[1])


def test_the_report_of_half_a_million_rows_is_under_eight_megabytes(card: Scorecard) -> None:
    page = html(card, title="Large", use="share", targets=default_targets("share"))
    assert 4_000_000 < len(page.encode()) < WHOLE
