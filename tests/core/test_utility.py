"""Utility: what a model loses when it learns from synthetic rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.scores import utility
from synth_core.scores.sides import Sides
from synth_core.table import Column, Kind, Role, Table
from tests.core.judged_tables import changed, independent, people


def numbers(rows: int, seed: int, noise: float = 0.3) -> Table:
    rng = np.random.default_rng(seed)
    x, z = rng.normal(size=rows), rng.normal(size=rows)
    frame = pd.DataFrame({"x": x, "z": z, "y": 2 * x - z + noise * rng.normal(size=rows)})
    columns = (Column(name="x", kind=Kind.NUMBER), Column(name="z", kind=Kind.NUMBER))
    return Table(frame, (*columns, Column(name="y", kind=Kind.NUMBER, role=Role.TARGET)))


def test_fresh_real_rows_lose_nothing() -> None:
    found = utility.measure(Sides(people(800, 1), people(600, 2), people(800, 3)))
    score = found.scores[0]
    assert score.low < 3
    assert abs(score.value) < 5
    assert score.baseline > 20
    assert [model.model for model in found.models] == ["Boosted trees", "Random forest", "Linear model"]


def test_every_interval_holds_its_value() -> None:
    found = utility.measure(Sides(people(400, 1), people(300, 2), independent(people(400, 1), 400)))
    for model in found.models:
        assert model.tstr_low <= model.tstr <= model.tstr_high
        assert model.trtr_low <= model.trtr <= model.trtr_high
        assert model.loss_low <= model.loss <= model.loss_high
        assert model.loss == pytest.approx(100 * (model.trtr - model.tstr) / model.trtr, abs=0.1)
    assert found.scores[0].low > 10


def test_the_curves_start_and_end_in_the_corners() -> None:
    model = utility.measure(Sides(people(300, 1), people(200, 2), people(300, 3))).models[0]
    assert model.roc_trtr[0] == (0, model.roc_trtr[0][1])
    assert model.roc_tstr[-1] == (1, 1)
    assert len(model.roc_trtr) <= 60


def test_importance_agrees_on_what_matters() -> None:
    model = utility.measure(Sides(numbers(400, 1), numbers(300, 2), numbers(400, 3))).models[0]
    for importance in (model.importance_trtr, model.importance_tstr):
        assert importance["x"] > importance["z"] > 0
        assert sum(importance.values()) == pytest.approx(1, abs=0.01)


def test_a_number_is_judged_by_r2() -> None:
    found = utility.measure(Sides(numbers(400, 1), numbers(300, 2), numbers(400, 3)))
    assert {model.metric for model in found.models} == {"R2"}
    linear = found.models[2]
    assert linear.trtr == pytest.approx(1 - 0.09 / 5.09, abs=0.01)
    assert abs(found.scores[0].value) < 1
    assert "Linear model" in found.scores[0].note


def test_a_target_that_nothing_predicts_is_no_claim() -> None:
    sides = [changed(numbers(300, seed), y=np.random.default_rng(seed + 100).normal(size=300)) for seed in (1, 2, 3)]
    score = utility.measure(Sides(*sides)).scores[0]
    assert score.value is None
    assert "cannot predict" in score.note


def test_without_a_target_the_note_says_where_to_choose_one() -> None:
    tables = [people(100, seed).select(["age", "score"]) for seed in (1, 2, 3)]
    score = utility.measure(Sides(*tables)).scores[0]
    assert (score.value, score.note) == (None, "no target is chosen; say on Upload which column is to be predicted")


def test_many_classes_are_scored_one_against_the_rest() -> None:
    def graded(rows: int, seed: int) -> Table:
        table = people(rows, seed)
        level = np.digitize(table.frame["score"], np.linspace(-3, 3, 30)).astype(str).astype(object)
        return changed(table, bought=level)

    found = utility.measure(Sides(graded(500, 1), graded(300, 2), graded(500, 3)))
    assert found.scores[0].value is not None
    assert found.models[0].trtr > 0.7
    assert found.models[0].roc_trtr == []


def test_a_synthetic_table_with_one_class_is_no_better_than_a_coin() -> None:
    made = changed(people(300, 3), bought=np.full(300, "no", dtype=object))
    found = utility.measure(Sides(people(300, 1), people(200, 2), made))
    assert {model.tstr for model in found.models} == {0.5}


def test_numbers_coded_as_two_classes_are_classes() -> None:
    tables = [
        changed(numbers(300, seed), y=(numbers(300, seed).frame["y"] > 0).astype(np.float64)) for seed in (1, 2, 3)
    ]
    found = utility.measure(Sides(*tables))
    assert found.models[0].metric == "AUC"
    assert found.models[0].trtr > 0.9


def test_rows_without_a_target_are_left_out() -> None:
    tables = [people(300, seed) for seed in (1, 2, 3)]
    holes = [changed(t, bought=t.frame["bought"].where(np.arange(300) % 3 > 0, None)) for t in tables]
    assert utility.measure(Sides(*holes)).scores[0].n == 200
