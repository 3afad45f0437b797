"""The model that the fairness lab trains, with weights per row where they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt

from synth_core.errors import InputError
from synth_core.labs.models import model_named
from synth_core.scores.features import Coded, Coding
from synth_core.scores.models import Fitted, Outcome, fit
from synth_core.scores.statistics import Floats

ModelName = Literal["boosted", "linear"]
MODEL_TITLES: dict[ModelName, str] = {"boosted": "Boosted trees", "linear": "Logistic regression"}
_OUTCOME = "\0favourable"  # no column has this name


def train(
    name: ModelName,
    coding: Coding,
    names: Sequence[str],
    rows: Coded,
    good: npt.NDArray[np.bool_],
    seed: int,
    weights: Floats | None = None,
) -> Fitted:
    """Return the model trained to tell the favourable outcome; InputError where the rows have one outcome only."""
    if len(np.unique(good)) < 2:
        raise InputError(
            "Not enough data: the rows to learn from all have the same outcome, so no model can tell one from the "
            "other. Choose another favourable class, or bring more rows."
        )
    outcome = Outcome(_OUTCOME, "AUC", np.array([0.0, 1.0]), False, coding)
    told = Coded(len(rows), {**rows.numeric, _OUTCOME: good.astype(np.float64)}, rows.codes)
    return fit(model_named(name), outcome, list(names), told, seed, weights)


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
