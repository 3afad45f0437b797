"""Our figures of columns and pairs beside sdmetrics', which somebody else wrote."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.scores.columns import column_errors
from synth_core.scores.features import States
from synth_core.scores.sides import Sides
from synth_core.scores.together import associations, pair_errors
from synth_core.table import Table
from tests.core.judged_tables import people

sdmetrics = pytest.importorskip("sdmetrics.single_column")
ROWS = 800


def whole(seed: int) -> Table:
    """People without missing cells; sdmetrics drops those where we count them as a state."""
    table = people(ROWS, seed)
    return table.with_frame(
        table.frame.assign(income=table.frame["income"].fillna(0.0), grade=table.frame["grade"].fillna("none"))
    )


@pytest.fixture(scope="module")
def sides() -> Sides:
    rng = np.random.default_rng(0)
    made = whole(3).frame
    made = made.assign(score=made["score"] + 0.4, age=made["age"].to_numpy()[rng.permutation(ROWS)])
    made["region"] = made["region"].where(rng.random(ROWS) > 0.2, "north")
    return Sides(whole(1), whole(2), whole(3).with_frame(made))


def test_shape_errors_equal_sdmetrics_to_three_decimals(sides: Sides) -> None:
    from sdmetrics.single_column import KSComplement, TVComplement

    found = column_errors(sides, sides.held, ROWS, sides.rng(1)).value
    for name, error in zip(sides.coding.names, found, strict=True):
        metric = KSComplement if name in sides.held.numeric else TVComplement
        theirs = metric.compute(sides.holdout.frame[name], sides.synthetic.frame[name])
        assert 1 - error / 100 == pytest.approx(theirs, abs=5e-4), name
    assert found.max() > 5  # there is something to agree on


def test_pair_errors_equal_sdmetrics_on_the_same_states_to_three_decimals(sides: Sides) -> None:
    from sdmetrics.column_pairs import ContingencySimilarity

    states = States.learn(sides.coding, sides.real, 5, 7)
    found = pair_errors(states, sides.held, sides.made, sides.real, ROWS, sides.rng(2)).matrix
    names = sides.coding.names
    frames = [
        pd.DataFrame({name: states.of(side, name).astype(str) for name in names}) for side in (sides.held, sides.made)
    ]
    gaps = []
    for i in range(len(names)):
        for j in range(i):
            pair = [names[j], names[i]]
            theirs = ContingencySimilarity.compute(frames[0][pair], frames[1][pair], real_association_threshold=0)
            assert 1 - found[j, i] / 100 == pytest.approx(theirs, abs=5e-4), pair
            gaps.append(found[j, i])
    assert max(gaps) > 5


def test_rank_correlations_equal_sdmetrics_to_three_decimals(sides: Sides) -> None:
    """Ours are Spearman's: Pearson's of ranks, which long tails do not decide."""
    from sdmetrics.column_pairs import CorrelationSimilarity

    found = associations(sides.coding, sides.held, sides.made)
    numeric = [name for name in found.names if name in sides.held.numeric]
    frames = [side.frame[numeric] for side in (sides.holdout, sides.synthetic)]
    ranks = [frame.rank() for frame in frames]
    gaps = []
    for i, first in enumerate(numeric):
        for second in numeric[:i]:
            place = found.names.index(first), found.names.index(second)
            ours = 1 - abs(found.real[place[0]][place[1]] - found.synthetic[place[0]][place[1]]) / 2
            pair = [first, second]
            spearman = CorrelationSimilarity.compute(frames[0][pair], frames[1][pair], coefficient="Spearman")
            pearson = CorrelationSimilarity.compute(ranks[0][pair], ranks[1][pair])
            assert ours == pytest.approx(spearman, abs=1e-3), pair  # associations are kept to three decimals
            assert ours == pytest.approx(pearson, abs=1e-3), pair
            gaps.append(1 - ours)
    assert max(gaps) > 0.1


def test_the_figures_of_the_quality_report_without_thresholds_equal_ours(sides: Sides) -> None:
    from sdmetrics.reports.single_table import QualityReport

    states = States.learn(sides.coding, sides.real, 5, 7)
    names = sides.coding.names
    as_states = [
        pd.DataFrame({name: states.of(side, name).astype(str) for name in names}) for side in (sides.held, sides.made)
    ]
    as_they_are = [sides.holdout.frame, sides.synthetic.frame]
    sdtypes = {"datetime": "datetime", "integer": "numerical", "number": "numerical"}
    kinds = {column.name: {"sdtype": sdtypes.get(column.kind.value, "categorical")} for column in sides.coding.columns}
    figures = {}
    for wanted, frames, columns in (
        ("Column Shapes", as_they_are, kinds),
        ("Column Pair Trends", as_states, {name: {"sdtype": "categorical"} for name in names}),
    ):
        report = QualityReport()
        report.real_correlation_threshold = report.real_association_threshold = 0
        report.generate(*frames, {"columns": columns}, verbose=False)
        found = report.get_properties().set_index("Property")["Score"]
        figures[wanted] = float(found[wanted])
    shape = column_errors(sides, sides.held, ROWS, sides.rng(1)).value.mean()
    pairs = pair_errors(states, sides.held, sides.made, sides.real, ROWS, sides.rng(2)).mean
    assert 1 - shape / 100 == pytest.approx(figures["Column Shapes"], abs=5e-4)
    assert 1 - pairs / 100 == pytest.approx(figures["Column Pair Trends"], abs=5e-4)
