"""Can a model tell the two tables apart? A classifier two-sample test with boosted trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, Coding, fit_ready, tree_matrix
from synth_core.scores.statistics import Floats, auc

FOLDS = 3
PERMUTED_ROWS = 1_500


@dataclass(frozen=True)
class Detection:
    """Out-of-fold AUC with DeLong's interval, rows per side, and the share of the telling that each column does."""

    auc: float
    low: float
    high: float
    rows: int
    giveaways: list[tuple[str, float]]


def detect(coding: Coding, real: Coded, made: Coded, seed: int, *, quick: bool = False) -> Detection:
    """Return how well boosted trees tell ``made`` from ``real`` (equally many rows of each).

    Notes
    -----
    Lopez-Paz and Oquab 2017. Scores are out of fold (three folds, stratified): a model never judges a row that it
    saw. ``quick`` takes fewer trees and leaves the columns out; for floors and baselines.
    """
    rows = min(len(real), len(made))
    first, flags = tree_matrix(real, coding, coding.names)
    second, _ = tree_matrix(made, coding, coding.names)
    features = np.vstack([first[:rows], second[:rows]])
    labels = np.r_[np.zeros(rows, dtype=np.int64), np.ones(rows, dtype=np.int64)]
    rng = np.random.default_rng([seed, 31])
    fold = np.concatenate([rng.permutation(rows) % FOLDS, rng.permutation(rows) % FOLDS])
    scores = np.zeros(2 * rows)
    giveaways: list[tuple[str, float]] = []
    for held in range(FOLDS):
        learn, test = fold != held, fold == held
        model = _model(flags, seed, 40 if quick else 80)
        model.fit(fit_ready(features[learn]), labels[learn])
        scores[test] = model.decision_function(features[test])
        if held == FOLDS - 1 and not quick:
            giveaways = _giveaways(model, coding.names, features[test], labels[test], rng)
    found = auc(scores[rows:], scores[:rows])
    return Detection(found.value, found.low, found.high, rows, giveaways)


def _model(flags: list[bool], seed: int, trees: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier

    return HistGradientBoostingClassifier(
        categorical_features=flags, max_iter=trees, random_state=seed, early_stopping=False
    )


def _giveaways(
    model: Any, names: list[str], features: Floats, labels: npt.NDArray[np.int64], rng: np.random.Generator
) -> list[tuple[str, float]]:
    """Loss of AUC when a column is shuffled, as shares that sum to 1; most telling first."""
    pick = rng.permutation(len(labels))[:PERMUTED_ROWS]
    features, labels = features[pick], labels[pick]
    if labels.min() == labels.max():
        return []

    def area(matrix: Floats) -> float:
        found = model.decision_function(matrix)
        return auc(found[labels == 1], found[labels == 0]).value

    whole = area(features)
    losses = np.zeros(len(names))
    for place in range(len(names)):
        shuffled = features.copy()
        shuffled[:, place] = rng.permutation(shuffled[:, place])
        losses[place] = max(whole - area(shuffled), 0.0)
    total = losses.sum()
    if total <= 1e-9:
        return []
    order = np.argsort(-losses, kind="stable")
    return [(names[i], float(losses[i] / total)) for i in order if losses[i] > 0]
