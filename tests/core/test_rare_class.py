"""The rare class: average precision and its curve, beside those of scikit-learn and by hand."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from synth_core.scores import utility
from synth_core.scores.rare_class import _label, average_precision, precision_recall, rare_class
from synth_core.scores.sides import Sides
from tests.core.judged_tables import people


def test_average_precision_by_hand() -> None:
    labels, scores = np.array([True, False, True, False]), np.array([0.9, 0.8, 0.7, 0.1])
    assert average_precision(labels, scores, np.ones((1, 4)))[0] == pytest.approx((1 + 2 / 3) / 2)
    assert precision_recall(labels, scores) == [(0.5, 1.0), (1.0, 0.6667)]
    drawn = average_precision(labels, scores, np.array([[0.0, 1.0, 0.0, 1.0]]))
    assert np.isnan(drawn[0]), "nobody of the class was drawn"


@pytest.mark.parametrize("digits", [1, 8])
def test_average_precision_is_that_of_scikit_learn_with_ties_and_weights(digits: int) -> None:
    rng = np.random.default_rng(3)
    labels = rng.random(500) < 0.05
    scores = np.round(rng.random(500) + 0.3 * labels, digits)
    weights = rng.integers(0, 3, (4, 500)).astype(float)
    for row, found in zip(weights, average_precision(labels, scores, weights), strict=True):
        assert found == pytest.approx(average_precision_score(labels, scores, sample_weight=row))


def test_every_model_says_how_it_finds_the_rarer_class() -> None:
    found = utility.measure(Sides(people(800, 1), people(600, 2), people(800, 3)))
    held = people(600, 2).frame["bought"]
    for model in found.models:
        assert model.rare is not None
        assert model.rare.label == "yes"
        assert model.rare.share == pytest.approx((held == "yes").mean(), abs=1e-4)
        assert model.rare.tstr_low <= model.rare.tstr <= model.rare.tstr_high
        assert model.rare.trtr > model.rare.share + 0.2, "far better than guessing"
        recalls = [recall for recall, _ in model.rare.curve_tstr]
        assert recalls == sorted(recalls)
        assert recalls[-1] == 1.0
        assert model.rare.curve_tstr[-1][1] == pytest.approx(model.rare.share, abs=0.05)


def test_a_shuffled_target_finds_the_rare_class_no_better_than_guessing() -> None:
    real = people(800, 1)
    values = real.frame["bought"].sample(frac=1, random_state=5).to_numpy()
    shuffled = real.with_frame(real.frame.assign(bought=values))
    found = utility.measure(Sides(real, people(600, 2), shuffled))
    rare = found.models[0].rare
    assert rare is not None
    assert abs(rare.tstr - rare.share) < 0.12
    assert rare.trtr > rare.tstr_high


def outcome_of(classes: int, scored: tuple[int, ...], other: bool = False, metric: str = "AUC") -> Any:
    counts = {"t": np.array([90, 9, 5, 4][:classes])}
    coding = SimpleNamespace(categories={"t": ["a", "b", "c", "d"][:classes]}, counts=counts)
    known = {"metric": metric, "scored": scored, "classes": list(range(classes)), "other": other, "target": "t"}
    return SimpleNamespace(coding=coding, **known)


@pytest.mark.parametrize(
    ("outcome", "place"),
    [
        (outcome_of(2, (0, 1), metric="R2"), None),
        (outcome_of(2, ()), None),
        (outcome_of(2, (0, 1)), 1),
        (outcome_of(4, (0, 1, 2)), 2),
        (outcome_of(4, (0, 1, 3), other=True), 1),  # what is left over is no class
        (outcome_of(4, (3,), other=True), 3),
    ],
)
def test_the_rarest_class_that_is_scored_is_looked_for(outcome: Any, place: int | None) -> None:
    assert rare_class(outcome) == place


def test_a_class_of_few_people_and_what_is_left_over_are_not_named() -> None:
    assert [_label(outcome_of(4, ()), place) for place in range(4)] == ["a", "b", "c", "(rare)"]
    assert _label(outcome_of(4, (), other=True), 3) == "(other)"
    number = outcome_of(2, ())
    number.target, number.classes = "n", [0.0, 2.5]
    assert _label(number, 1) == "2.5"


def test_a_curve_of_a_class_that_nobody_has_is_empty() -> None:
    assert precision_recall(np.zeros(3, dtype=bool), np.array([0.1, 0.2, 0.3])) == []
