"""The model that the fairness lab trains, with weights per row where they are asked for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synth_core.errors import InputError
from synth_core.scores.features import Coded, Coding, fit_ready, tree_matrix
from synth_core.scores.models import linear_matrix, scaled
from synth_core.scores.statistics import Floats

ModelName = Literal["boosted", "linear"]
MODEL_TITLES: dict[ModelName, str] = {"boosted": "Boosted trees", "linear": "Logistic regression"}
TREES = 100


@dataclass(frozen=True)
class Scorer:
    """A trained model: the probability of the favourable outcome per row."""

    name: ModelName
    model: Any
    names: tuple[str, ...]
    coding: Coding
    scaling: tuple[Floats, Floats, Floats] | None = None

    def scores(self, rows: Coded) -> Floats:
        """Return the probability of the favourable outcome for each row."""
        if self.name == "boosted":
            features = tree_matrix(rows, self.coding, list(self.names))[0]
        else:
            features = scaled(linear_matrix(rows, self.coding, list(self.names)), self.scaling)
        return np.asarray(self.model.predict_proba(features)[:, 1], dtype=np.float64)


def train(
    name: ModelName,
    coding: Coding,
    names: Sequence[str],
    rows: Coded,
    good: npt.NDArray[np.bool_],
    seed: int,
    weights: Floats | None = None,
) -> Scorer:
    """Return the model trained to tell the favourable outcome; InputError where the rows have one outcome only."""
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import LogisticRegression

    if len(np.unique(good)) < 2:
        raise InputError(
            "Not enough data: the rows to learn from all have the same outcome, so no model can tell one from the "
            "other. Choose another favourable class, or bring more rows."
        )
    scaling = None
    model: Any
    if name == "boosted":
        features, flags = tree_matrix(rows, coding, list(names))
        features = fit_ready(features)
        model = HistGradientBoostingClassifier(
            categorical_features=flags, max_iter=TREES, random_state=seed, early_stopping=False
        )
    else:
        plain = linear_matrix(rows, coding, list(names))
        middle = np.nan_to_num(np.nanmean(np.where(np.isnan(plain).all(axis=0), 0.0, plain), axis=0))
        spread = np.nan_to_num(np.nanstd(np.where(np.isnan(plain).all(axis=0), 0.0, plain), axis=0))
        scaling = (middle, np.where(spread > 1e-12, spread, 1.0), np.full(plain.shape[1], 6.0))
        features = scaled(plain, scaling)
        model = LogisticRegression(max_iter=200, C=0.5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a linear model that has not converged is good enough to compare
        model.fit(features, good.astype(int), sample_weight=weights)
    return Scorer(name, model, tuple(names), coding, scaling)


def reweighing(place: npt.NDArray[np.int64], good: npt.NDArray[np.bool_]) -> Floats:
    """Return weights that make group and outcome independent: P(group) P(outcome) / P(group, outcome).

    Kamiran and Calders (2012), "Data preprocessing techniques for classification without discrimination". Rows of no
    judged group (place -1) count as one more group.

    >>> reweighing(np.array([0, 0, 0, 1]), np.array([True, True, False, False])).round(3).tolist()
    [0.75, 0.75, 1.5, 0.5]
    """
    group = np.unique(place, return_inverse=True)[1]
    counts = np.bincount(2 * group + good, minlength=2 * int(group.max() + 1)).reshape(-1, 2).astype(np.float64)
    expected = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0) / counts.sum()
    weights = np.divide(expected, counts, out=np.ones_like(counts), where=counts > 0)
    return np.asarray(weights[group, good.astype(int)], dtype=np.float64)
