"""What rules cost is measured on rows made with them and without, and stands in the scorecard."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.kinds import parse
from synth_core.constraints.planning import cost_line
from synth_core.pilot import pilot
from synth_core.pipeline import follow
from synth_core.price import price_of
from synth_core.recipe import Recipe
from synth_core.scores.results import price_words
from synth_core.table import Column, Kind, Table


def table(rows: int = 900) -> Table:
    rng = np.random.default_rng(0)
    ward = rng.choice(["a", "b", "c"], rows).astype(object)
    frame = pd.DataFrame(
        {"ward": ward, "days": rng.gamma(2, 5, rows).round(1), "cost": rng.gamma(3, 90, rows).round(0)}
    )
    return Table(frame, tuple(Column(name=n, kind=Kind.CATEGORY if n == "ward" else Kind.NUMBER) for n in frame))


FREE = {"type": "scalar_range", "column": "days", "low_value": 0}
DEAR = {"type": "implies", "if": "ward = 'a'", "then": "days < 6"}
RECIPE = {"method": "bayesian_network", "rows": 600, "seed": 1}


def recipe(*rules: dict, **more: object) -> Recipe:
    return Recipe(**{**RECIPE, **more}, constraints=[parse(rule) for rule in rules])


def test_a_rule_that_holds_anyway_costs_nothing_and_a_wrong_one_costs_likeness() -> None:
    train, holdout = table(4_000).split(0.4, 0)
    free, dear = (price_of(train, holdout, recipe(rule)) for rule in (FREE, DEAR))
    assert free is not None
    assert dear is not None
    assert abs(free.all.shape - free.all.shape_without) < 1.5
    rule = next(iter(dear.rules.values()))
    assert rule.shape > rule.shape_without + 3
    assert rule.c2st > rule.c2st_without + 0.03
    assert dear.n == 1_600
    assert "1,600 rows" in price_words(dear)


def test_without_rules_there_is_no_price_and_slow_engines_are_not_tried() -> None:
    train, holdout = table().split(0.4, 0)
    assert price_of(train, holdout, recipe()) is None
    assert price_of(train, holdout, recipe(FREE, method="diffusion")) is None


def test_the_scorecard_holds_the_price_and_the_rows_turned_away(tmp_path: Path) -> None:
    made = recipe(FREE, {**DEAR, "enforcement": "reject"}, method="copula")
    synthesis, card = follow(table(), made, tmp_path)
    free, dear = card.validity.rules
    assert card.validity.price is not None
    assert set(card.validity.price.rules) == {free.id, dear.id}
    assert dear.rejected == synthesis.rejected[dear.id] > 20
    assert dear.broken == 0
    assert synthesis.acceptance < 0.95


def test_a_dry_run_says_how_each_rule_is_kept() -> None:
    inside = pilot(table(), recipe(FREE, DEAR))
    outside = pilot(table(), recipe(FREE, {**DEAR, "enforcement": "reject"}, method="copula"))
    assert inside is not None
    assert outside is not None
    assert [rule.how for rule in inside.rules] == ["condition", "condition"]
    assert inside.acceptance == 1
    assert inside.rules[1].words().startswith("holds by construction: in the draw, about")
    assert outside.rules[1].how == "reject"
    assert 0.5 < outside.rules[1].kept < 0.95
    assert f"about {100 * outside.rules[1].kept:.2g} % of rows accepted" in outside.rules[1].words()


@pytest.mark.parametrize(
    ("how", "kept", "said"),
    [
        ("reject", 0.08, "by retry: about 8 % of rows accepted"),
        ("condition", 1.0, "holds by construction, in the draw"),
        ("condition", 0.9, "holds by construction: in the draw, about 10 % of rows got another value"),
        ("repair", 0.5, "by repair: about 50 % of rows changed"),
        ("check_only", 0.9999, "only counted: less than 0.1 % of rows break it"),
    ],
)
def test_the_cost_is_said_in_words(how, kept, said) -> None:
    assert cost_line(how, kept) == said
