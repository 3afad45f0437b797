"""Remedies: exposed rows are drawn again and nobody's row is left, the dial moves, and each says what it costs."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pandas as pd
import pytest

from synth_core import generation, pipeline
from synth_core.constraints.kinds import parse
from synth_core.errors import InputError
from synth_core.generation import generate, read_synthetic
from synth_core.recipe import Recipe
from synth_core.redrawing import Guard, refusal
from synth_core.remedies import remedies
from synth_core.steering.asks import Steering
from synth_core.table import Column, Kind, Table
from synth_core.tuning.moves import group_size
from synth_core.what_if import Shift, WhatIf
from tests.core import scorecard_example as example
from tests.core.judged_tables import people

CLOSE = Recipe(method="independent", rows=1_500, chunk_rows=500, seed=3)


def close_table() -> Table:
    """Return a table in which most combinations of values are those of one person, so that some come out again."""
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.integers(0, 9, 600), "y": rng.integers(0, 9, 600), "z": rng.integers(0, 9, 600)})
    frame = frame.assign(y=frame["y"].astype(str), z=frame["z"].astype(str), kind=np.where(frame["x"] > 4, "a", "b"))
    kinds = (Kind.INTEGER, Kind.CATEGORY, Kind.CATEGORY, Kind.CATEGORY)
    return Table(frame, tuple(Column(name=n, kind=k) for n, k in zip(frame.columns, kinds, strict=True)), "close")


def test_a_row_on_one_person_is_exposed_and_one_between_two_or_on_a_twin_is_not() -> None:
    frame = pd.DataFrame({"x": [float(i) for i in range(20)] + [19.0], "y": [float(i) for i in range(20)] + [19.0]})
    real = Table(frame, (Column(name="x", kind=Kind.NUMBER), Column(name="y", kind=Kind.NUMBER)))
    guard = Guard.learn(real, 0)
    made = pd.DataFrame({"x": [5.0, 5.5, 19.0], "y": [5.0, 5.5, 19.0]})
    assert guard.exposed(made).tolist() == [True, False, False]


def test_exposed_rows_are_drawn_again_and_the_others_stay(tmp_path: Path) -> None:
    table = close_table()
    plain = generate(table, CLOSE, tmp_path / "plain")
    mended = generate(table, CLOSE.model_copy(update={"redraw_exposed": True}), tmp_path / "mended")
    train, _ = table.split(CLOSE.holdout, CLOSE.seed)
    guard = Guard.learn(train, CLOSE.seed)
    before, after = (read_synthetic(tmp_path / name, one).frame for name, one in (("plain", plain), ("mended", mended)))
    exposed = guard.exposed(before)
    assert exposed.sum() > 100, "the engine of this test lies on people"
    assert mended.redrawn == exposed.sum() - mended.exposed
    assert guard.exposed(after).sum() == mended.exposed < 0.05 * exposed.sum()
    pd.testing.assert_frame_equal(before[~exposed], after[~exposed])
    assert plain.redrawn == 0


def test_an_empty_cell_may_come_into_a_part_that_has_none(tmp_path: Path) -> None:
    table = close_table()
    frame = table.frame.assign(x=table.frame["x"].astype("Int64").mask(np.arange(600) % 12 == 0))
    recipe = CLOSE.model_copy(update={"redraw_exposed": True, "chunk_rows": 10})
    made = generate(Table(frame, table.columns, "close"), recipe, tmp_path)
    assert made.redrawn > 0
    assert read_synthetic(tmp_path, made).frame["x"].isna().any()


def test_the_mended_release_is_the_same_when_the_work_was_cut_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = CLOSE.model_copy(update={"redraw_exposed": True})
    generate(close_table(), recipe, tmp_path / "one")
    with monkeypatch.context() as patch:
        patch.setattr(generation, "_publish", Mock(side_effect=RuntimeError))
        with pytest.raises(RuntimeError):
            generate(close_table(), recipe, tmp_path / "two")
    assert (tmp_path / "two" / "parts").exists()
    generate(close_table(), recipe, tmp_path / "two")
    first, second = ((tmp_path / name / "synthetic.parquet").read_bytes() for name in ("one", "two"))
    assert first == second


def test_rules_hold_on_the_rows_drawn_again(tmp_path: Path) -> None:
    rule = parse({"type": "implies", "if": "x > 4", "then": "kind == 'a'"})
    recipe = CLOSE.model_copy(update={"redraw_exposed": True, "constraints": [rule]})
    made = generate(close_table(), recipe, tmp_path)
    assert made.redrawn > 0
    assert not rule.violations(read_synthetic(tmp_path, made).frame).any()


def test_steered_rows_and_rules_on_rows_together_refuse_in_a_sentence(tmp_path: Path) -> None:
    steered = CLOSE.model_copy(
        update={"redraw_exposed": True, "steering": Steering(shares={"kind": {"a": 0.5, "b": 0.5}})}
    )
    with pytest.raises(InputError, match="steered"):
        generate(close_table(), steered, tmp_path)
    unique = parse({"type": "unique", "columns": ["x"]})
    assert "rows together" in refusal(CLOSE.model_copy(update={"constraints": [unique]}))
    moved = WhatIf(shifts=(Shift(column="x", middle=4, add=100),))
    assert "what-if" in refusal(CLOSE.model_copy(update={"what_if": moved}))
    assert refusal(CLOSE) == ""


def test_the_judgement_says_how_many_rows_were_drawn_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "judge", lambda *args, **kwargs: example.scorecard())
    made, card = pipeline.follow(close_table(), CLOSE.model_copy(update={"redraw_exposed": True}), tmp_path)
    assert any(f"{made.redrawn:,} rows that lay far nearer" in note for note in card.notes)


def test_every_remedy_changes_one_thing_and_says_what_it_costs() -> None:
    table = people(300, 1)
    open_column = tuple(
        c.model_copy(update={"protect": False}) if c.name in ("income", "region") else c for c in table.columns
    )
    card = example.scorecard()
    scores = [
        one.model_copy(update={"note": "rows per column: region: 2, income: 12"}) if one.name == "literals" else one
        for one in card.privacy.scores
    ]
    card = card.model_copy(update={"privacy": card.privacy.model_copy(update={"scores": scores})})
    found = {one.name: one for one in remedies(Recipe(rows=1_000), card, Table(table.frame, open_column))}
    assert list(found) == ["redraw", "dial", "protect:income", "protect:region", "fewer"]
    assert found["redraw"].recipe.redraw_exposed
    assert found["dial"].recipe.params == {"privacy": "strict"}
    assert found["fewer"].recipe.rows == 500
    before, after = (group_size(Recipe(rows=8_000), 1_000), group_size(_halved(8_000), 1_000))
    assert before == after, "the same engine: trees learn finer where fewer rows are released"
    assert "12 rows hold a real extreme" in found["protect:income"].does
    assert all(one.costs and one.does and not one.why_not for one in found.values())


def _halved(rows: int) -> Recipe:
    found = {one.name: one for one in remedies(Recipe(rows=rows), example.scorecard(), people(300, 1))}
    return found["fewer"].recipe


def test_what_cannot_be_tried_is_not_offered() -> None:
    strictest = Recipe(rows=300, params={"privacy": "strict"}, redraw_exposed=True)
    assert remedies(strictest, example.scorecard(), people(300, 1)) == []
    leaf = Recipe(rows=1_000, params={"leaf": 40})  # stands above the dial: turning it would change nothing
    assert "dial" not in [one.name for one in remedies(leaf, example.scorecard(), people(300, 1))]
    without_dial = Recipe(rows=300, method="independent")
    card = example.scorecard().model_copy(update={"method": "independent"})
    assert [one.name for one in remedies(without_dial, card, people(300, 1))] == ["redraw"]


def test_rows_are_not_drawn_again_where_none_is_exposed() -> None:
    card = example.scorecard()
    none = [one.model_copy(update={"value": 0.0}) if "copies" in one.name else one for one in card.privacy.scores]
    card = card.model_copy(update={"privacy": card.privacy.model_copy(update={"scores": none})})
    assert "redraw" not in [one.kind for one in remedies(Recipe(rows=300), card, people(300, 1))]
