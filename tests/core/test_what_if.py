"""What-if: ranks and links stay, rates and new categories are reached, rules hold, and nothing is called a likeness."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from synth_core.constraints.kinds import parse
from synth_core.errors import InputError
from synth_core.generation import generate, read_synthetic
from synth_core.pipeline import follow
from synth_core.recipe import Recipe
from synth_core.release import data_card
from synth_core.report import html
from synth_core.scorecard import default_targets, verdicts
from synth_core.steering.asks import Ask, Steering
from synth_core.table import numbers
from synth_core.what_if import DAY, Added, Shift, WhatIf, shares_of, what_if_recipe
from synth_core.what_if_drafts import reached
from synth_core.what_if_judging import judge_what_if
from tests.conftest import make_people

AGE = Shift(column="age", middle=48.0, add=10.0, stretch=1.5)
GREEN = Added(column="plan", name="green", like="gold", share=0.2)


def test_moving_and_undoing_gives_the_same_rows() -> None:
    table = make_people(300)
    columns = {column.name: column for column in table.columns}
    edits = WhatIf(
        shifts=(AGE, Shift(column="income", middle=40_000, stretch=2), Shift(column="end", middle=0, add=3 * DAY)),
        added=(GREEN,),
    )
    moved = edits.moved(table.frame, columns)
    assert moved["age"].equals(((table.frame["age"] - 48) * 1.5 + 58).round().astype("int64"))
    assert ((moved["end"] - table.frame["end"]).dt.days == 3).all()
    assert moved["income"].isna().equals(table.frame["income"].isna())
    back = edits.unmoved(moved, columns)
    assert back["end"].equals(table.frame["end"])
    assert np.abs(back["age"] - table.frame["age"]).max() <= 1
    assert np.nanmax(np.abs(back["income"] - table.frame["income"])) < 0.01


def test_a_new_category_takes_rows_of_its_like_and_can_be_merged_back() -> None:
    frame = make_people(400).frame
    held = float((frame["plan"] == "gold").mean())
    edits = WhatIf(added=(GREEN,))
    split = edits.split(frame, {"plan": {"gold": held}}, np.random.default_rng(0))
    assert (split["plan"] == "green").mean() == pytest.approx(0.2, abs=0.003)
    assert set(frame["plan"][split["plan"] == "green"]) == {"gold"}
    assert edits.merged(split)["plan"].equals(frame["plan"])


def test_shares_make_room_for_a_new_category() -> None:
    table = make_people(400)
    real = shares_of(table, "plan")["gold"]
    recipe = what_if_recipe(Recipe(rows=100), table, WhatIf(added=(GREEN,)))
    assert recipe.steering.shares == {"plan": {"gold": pytest.approx(real * 0.8 + 0.2)}}
    both = what_if_recipe(
        Recipe(rows=100), table, WhatIf(added=(GREEN,), rates={"plan": {"gold": 0.25, "basic": 0.75}})
    )
    assert both.steering.shares == {"plan": {"gold": pytest.approx(0.4), "basic": pytest.approx(0.6)}}
    assert Recipe.model_validate_json(both.model_dump_json()) == both


@pytest.mark.parametrize(
    ("edits", "words"),
    [
        (WhatIf(), "Nothing is edited"),
        (WhatIf(shifts=(Shift(column="plan", middle=0, add=1),)), "not a learned number"),
        (WhatIf(rates={"age": {"30": 1.0}}), "not a learned category"),
        (WhatIf(added=(GREEN.model_copy(update={"name": "basic"}),)), "has a category 'basic' already"),
        (WhatIf(added=(GREEN.model_copy(update={"like": "none"}),)), "fewer than 7 rows"),
        (
            WhatIf(rates={"plan": {"gold": 1.0}, "churn": {"yes": 0.5}, "city": {"Lyon": 0.5}}),
            "two at most can be steered",
        ),
    ],
)
def test_what_does_not_fit_is_refused_in_one_sentence(edits: WhatIf, words: str) -> None:
    with pytest.raises(InputError, match=words):
        what_if_recipe(Recipe(rows=100), make_people(300), edits)


@pytest.mark.parametrize(
    ("fields", "name", "words"),
    [
        ({"storage": "boolean"}, "maybe", "holds true and false only"),
        ({"storage": "integer"}, "maybe", "holds numbers"),
        ({"missing_token": "unknown"}, "unknown", "for a missing cell"),
    ],
)
def test_a_new_category_that_could_not_be_written_is_refused(fields: dict[str, str], name: str, words: str) -> None:
    table = make_people(300)
    table = table.with_columns([table.column("plan").model_copy(update=fields)])
    with pytest.raises(InputError, match=words):
        what_if_recipe(Recipe(rows=100), table, WhatIf(added=(GREEN.model_copy(update={"name": name}),)))


@pytest.mark.parametrize("shift", [Shift(column="end", middle=0, stretch=10), Shift(column="age", middle=0, add=1e300)])
def test_a_number_moved_beyond_what_can_be_written_is_refused(shift: Shift) -> None:
    with pytest.raises(InputError, match="beyond what can be written"):
        what_if_recipe(Recipe(rows=100), make_people(300), WhatIf(shifts=(shift,)))


def test_a_category_with_a_percent_sign_is_named_as_it_is() -> None:
    told = WhatIf(added=(GREEN.model_copy(update={"like": "50%"}),), rates={"rate": {"20%": 0.5}}).sentences()
    assert "rate: 20% 50.0" in told[0]
    assert told[1].endswith("like '50%'.")


def test_a_condition_on_a_moved_number_and_impossible_bounds_are_refused() -> None:
    asked = Recipe(rows=100, steering=Steering(conditions=(Ask(column="age", test="at least", values=("65",)),)))
    with pytest.raises(InputError, match="condition speaks of 'age'"):
        what_if_recipe(asked, make_people(300), WhatIf(shifts=(AGE,)))
    with pytest.raises(InputError, match="lower end below"):
        Shift.to_bounds("age", 40, (18, 80), (50, 50))


def test_a_rule_that_a_shift_breaks_is_mended_in_every_row(tmp_path: Path) -> None:
    table = make_people(300)
    rule = parse({"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"})
    start = float(np.median(numbers(table.frame["start"])))
    edits = WhatIf(shifts=(Shift(column="start", middle=start, add=15 * DAY),))
    recipe = what_if_recipe(Recipe(method="independent", rows=200, constraints=[rule]), table, edits)
    synthesis = generate(table, recipe, tmp_path)
    assert synthesis.repaired["order"] > 20
    assert not rule.violations(read_synthetic(tmp_path, synthesis).frame).any()


def test_a_number_is_moved_before_its_range_is_checked(tmp_path: Path) -> None:
    table = make_people(300)
    rule = parse({"type": "scalar_range", "id": "age", "column": "age", "low_value": 0, "high_value": 60})
    table = table.rows((table.frame["age"] <= 60).to_numpy())
    recipe = what_if_recipe(Recipe(method="independent", rows=200, constraints=[rule]), table, WhatIf(shifts=(AGE,)))
    made = read_synthetic(tmp_path, generate(table, recipe, tmp_path)).frame["age"]
    assert made.max() <= 60
    assert made.min() < 18  # 48 + 10 + 1.5 * (18 - 48) = 13


def test_copies_of_real_people_are_caught_although_a_number_was_moved() -> None:
    train, holdout = make_people(400).split(0.3, 0)
    edits = WhatIf(shifts=(AGE,), added=(GREEN,))
    columns = {column.name: column for column in train.columns}
    held = float((train.frame["plan"] == "gold").mean())
    copied = edits.moved(train.frame, columns)
    copied = edits.split(copied, {"plan": {"gold": held}}, np.random.default_rng(0))
    card = judge_what_if(train, holdout, train.with_frame(copied), edits)
    assert card.scores["membership_auc"].low > 0.6
    assert "fail" in {one.word for one in verdicts(card, default_targets("share")) if one.target.dimension == "privacy"}


def test_from_recipe_to_report_it_is_marked_and_its_likeness_is_not_judged(tmp_path: Path) -> None:
    table = make_people(400)
    rules = [
        parse({"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"}),
        parse({"type": "scalar_range", "id": "age", "column": "age", "low_value": 0, "high_value": 130}),
        parse({"type": "allowed_values", "id": "plans", "column": "plan", "values": ["basic", "gold"]}),
    ]
    edits = WhatIf(
        shifts=(AGE,),
        rates={"plan": {"gold": 0.3, "basic": 0.7}},
        added=(GREEN,),
    )
    recipe = what_if_recipe(Recipe(method="trees", rows=600, constraints=rules), table, edits)
    synthesis, card = follow(table, recipe, tmp_path)
    made = read_synthetic(tmp_path, synthesis)

    for one in reached(table, made, edits):
        assert one.made == pytest.approx(one.asked, abs=0.02 if one.kind == "share" else 8), one
    links = [float(t.frame["age"].corr(t.frame["income"], method="spearman")) for t in (table, made)]
    assert links[1] == pytest.approx(links[0], abs=0.15)
    assert not any(rule.violations(edits.merged(made.frame)).any() for rule in rules)

    targets = default_targets("share")
    found = verdicts(card, targets)
    assert {one.target.dimension for one in found} == {"privacy", "validity"}
    assert all(score.value is None for score in (*card.fidelity.scores, *card.utility.scores))
    assert card.scores["membership_auc"].value is not None
    assert card.scores["unknown_categories"].value == 0
    page = html(card, title="T", use="share", targets=targets, recipe=recipe)
    assert page.index("What-if: made from a profile") < page.index("<h1>")
    assert "These scores do not apply: shape" in page
    told = data_card(synthesis, recipe, found)
    assert told.index("What-if") < told.index("synthetic rows x")
    assert "new category 'green' with 20.0 % of rows, like 'gold'" in told
