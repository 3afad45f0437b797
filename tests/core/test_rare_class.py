"""The rare class: average precision and its curve, beside those of scikit-learn and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from synth_core.scores import utility
from synth_core.scores.rare_class import average_precision, precision_recall
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
