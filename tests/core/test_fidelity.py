"""Likeness: distances worked by hand, masking, associations, detection."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.scores import fidelity
from synth_core.scores.columns import column_errors, column_likeness
from synth_core.scores.features import Coding, States
from synth_core.scores.results import ColumnLikeness
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import auc, kolmogorov, total_variation, weighted_auc, wilson
from synth_core.scores.together import associations, clustered_order
from synth_core.table import Column, Kind, Table
from tests.core.judged_tables import changed, people


def likeness(sides: Sides, name: str) -> ColumnLikeness:
    return column_likeness(sides, name, column_errors(sides, sides.held, len(sides.made), sides.rng(1)))


def words(values: list[str], name: str = "word") -> Table:
    return Table(pd.DataFrame({name: pd.Series(values, dtype=object)}), (Column(name=name, kind=Kind.CATEGORY),))


def test_kolmogorov_is_the_largest_gap_and_missing_is_a_state() -> None:
    assert kolmogorov(np.array([1.0, 2, 3, 4]), np.array([1.0, 2, 3, 4])) == 0
    assert kolmogorov(np.array([1.0, 2, 3, 4]), np.array([3.0, 4, 5, 6])) == 0.5
    assert kolmogorov(np.array([1.0, 1]), np.array([1.0, np.nan])) == 0.5


def test_total_variation_is_half_the_sum_of_gaps() -> None:
    assert total_variation(np.array([0, 0, 1, 1]), np.array([0, 1, 2, 2])) == 0.5


def test_auc_agrees_with_counting_pairs() -> None:
    found = auc(np.array([3.0, 2, 1]), np.array([0.0, 1, 2]))
    assert found.value == pytest.approx((3 + 2.5 + 1.5) / 9)
    assert found.low < found.value < found.high


def test_auc_of_a_perfect_split_still_has_an_interval() -> None:
    found = auc(np.arange(10, 20.0), np.arange(10.0))
    assert found.value == 1
    assert 0.8 < found.low < 1


def test_weighted_auc_of_equal_weights_is_the_auc() -> None:
    rng = np.random.default_rng(0)
    labels, scores = rng.random(200) < 0.3, np.round(rng.random(200), 1)
    expected = auc(scores[labels], scores[~labels]).value
    assert weighted_auc(labels, scores, np.ones((2, 200))) == pytest.approx([expected, expected])


def test_wilson_holds_the_textbook_interval() -> None:
    assert wilson(5, 10)[1:] == pytest.approx((0.2366, 0.7634), abs=1e-4)
    assert wilson(0, 0).high == 1


def test_rare_categories_are_masked_and_unknown_ones_are_counted() -> None:
    train = words(["a"] * 90 + ["b"] * 56 + ["secret"] * 4)
    sides = Sides(train, train, words(["a"] * 60 + ["invented"] * 40))
    found = likeness(sides, "word")
    assert found.labels == ["a", "b", "(other)", "(rare)"]
    assert found.real == pytest.approx([0.6, 0.37333, 0, 0.02667])
    assert found.synthetic == [0.6, 0, 0.4, 0]
    assert (found.rare_lost, found.invented) == (1, 1)
    assert "secret" not in found.model_dump_json()


def test_no_literal_extreme_reaches_the_overlay() -> None:
    values = np.r_[np.linspace(0, 100, 500), 98_765.0]
    table = Table(pd.DataFrame({"x": values}), (Column(name="x", kind=Kind.NUMBER),))
    found = likeness(Sides(table, table, table), "x")
    assert "98765" not in found.model_dump_json()
    assert found.quantiles_real[-1] < 101
    assert sum(found.real) == pytest.approx(1, abs=0.01)


def test_whole_numbers_get_bins_of_their_own() -> None:
    table = Table(pd.DataFrame({"n": np.repeat(np.arange(10), 20)}), (Column(name="n", kind=Kind.INTEGER),))
    found = likeness(Sides(table, table, table), "n")
    assert found.edges == [i - 0.5 for i in range(11)]
    assert found.real == pytest.approx([0.1] * 10)


def test_every_side_shares_the_bins_of_the_overlay() -> None:
    found = likeness(Sides(people(300, 1), people(200, 2), people(300, 3)), "score")
    assert len(found.real) == len(found.synthetic) == len(found.holdout) == len(found.edges) - 1
    assert found.low is not None
    assert found.error is not None
    assert found.low <= found.error <= (found.high or 0)


def test_a_column_made_up_anew_is_far_off() -> None:
    sides = Sides(people(300, 1), people(200, 2), changed(people(300, 3), score=np.full(300, 9.0)))
    found = likeness(sides, "score")
    assert (found.error or 0) > 80
    assert (found.reference or 100) < 20


def test_lost_categories_are_scored_and_chance_is_the_floor() -> None:
    train = words(["a"] * 100 + ["b"] * 100 + ["c"] * 50)
    found = fidelity.measure(Sides(train, train, words(["a"] * 100 + ["b"] * 100)))
    rare = next(score for score in found.scores if score.name == "rare")
    assert rare.value == pytest.approx(100 / 3, abs=0.01)
    assert rare.reference == pytest.approx(0, abs=0.01)


def test_missing_rates_are_compared_in_points() -> None:
    empty = people(400, 3).frame["income"].where(np.arange(400) % 2 == 0)
    whole = people(400, 3).frame["grade"].fillna("A")
    sides = Sides(people(400, 1), people(400, 2), changed(people(400, 3), income=empty, grade=whole))
    score = next(score for score in fidelity.measure(sides).scores if score.name == "missingness")
    assert score.value == pytest.approx((45 + 5) / 2, abs=4)
    assert (score.reference or 100) < 5


def test_associations_know_the_extremes() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=2000)
    frame = pd.DataFrame(
        {
            "x": x,
            "minus": -(x**3),
            "noise": rng.normal(size=2000),
            "sign": np.where(x > 0, "up", "down").astype(object),
            "same": np.where(x > 0, "high", "low").astype(object),
            "coin": rng.choice(["h", "t"], 2000).astype(object),
        }
    )
    kinds = [Kind.NUMBER] * 3 + [Kind.CATEGORY] * 3
    table = Table(frame, tuple(Column(name=n, kind=k) for n, k in zip(frame, kinds, strict=True)))
    coding = Coding.learn(table)
    coded = coding.apply(table.frame)
    found = associations(coding, coded, coded.independent(rng))
    at = {name: place for place, name in enumerate(found.names)}
    real, made = np.array(found.real), np.array(found.synthetic)
    assert real[at["x"], at["minus"]] == pytest.approx(-1)
    assert real[at["x"], at["sign"]] == pytest.approx(0.866, abs=0.02)
    assert real[at["sign"], at["same"]] == pytest.approx(1, abs=0.01)
    assert abs(real[at["coin"], at["sign"]]) < 0.08
    assert np.abs(made - np.eye(6)).max() < 0.1
    assert np.allclose(real, real.T)
    assert np.allclose(np.array(found.difference), made - real, atol=2e-3)


def test_columns_that_go_together_stand_together() -> None:
    matrix = np.eye(4)
    matrix[0, 2] = matrix[2, 0] = 0.9
    matrix[1, 3] = matrix[3, 1] = 0.9
    order = clustered_order(matrix)
    assert {frozenset(order[:2]), frozenset(order[2:])} == {frozenset({0, 2}), frozenset({1, 3})}


def test_pair_views_are_small_masked_and_name_their_states() -> None:
    sides = Sides(people(500, 1), people(300, 2), changed(people(500, 3), grade=people(500, 9).frame["grade"]))
    found = fidelity.measure(sides)
    assert 0 < len(found.pairs) <= 12
    for view in found.pairs:
        assert len(view.x_labels) <= 12
        assert np.array(view.real).shape == (len(view.y_labels), len(view.x_labels))
        real = np.array(view.real)
        assert ((real == 0) | (real * 500 >= 4.99)).all()
    assert {"grade"} & {found.pairs[0].x, found.pairs[0].y}


def test_the_column_that_gives_it_away_is_named_first() -> None:
    other = people(400, 3)
    found = fidelity.measure(Sides(people(400, 1), people(300, 2), changed(other, score=other.frame["score"] + 2)))
    assert found.giveaways[0].name == "score"
    assert sum(giveaway.importance for giveaway in found.giveaways) == pytest.approx(1, abs=0.01)


def test_states_keep_missing_apart() -> None:
    table = people(200, 1)
    coding = Coding.learn(table)
    coded = coding.apply(table.frame)
    states = States.learn(coding, coded, 4, 3)
    assert (states.one_hot(coded).sum(axis=1) == len(coding.names)).all()
    missing = states.of(coded, "income") == states.sizes[coding.names.index("income")] - 1
    assert missing.sum() == table.frame["income"].isna().sum()
    assert states.labels("income")[-1] == "(missing)"
