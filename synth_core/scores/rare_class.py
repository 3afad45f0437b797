"""How well a model finds the rare class: precision against recall, where an ROC curve flatters."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded
from synth_core.scores.models import Outcome
from synth_core.scores.results import PrecisionRecall
from synth_core.scores.statistics import Floats

POINTS = 60
FEW = 5  # a category of fewer train rows is not named


def average_precision(labels: npt.NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Return one average precision per row of ``weights`` (resamples x rows); NaN where the class has no weight.

    Rows with equal scores are found together: sum over thresholds of (gain in recall) x precision.
    """
    order = np.argsort(-scores, kind="stable")
    scores, labels = scores[order], labels[order]
    starts = np.flatnonzero(np.r_[True, np.diff(scores) < 0])
    drawn = weights[:, order]
    gained = np.add.reduceat(drawn * labels, starts, axis=1)
    found, called = np.cumsum(gained, axis=1), np.cumsum(np.add.reduceat(drawn, starts, axis=1), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        precision = np.where(called > 0, found / np.maximum(called, 1e-300), 0.0)
        return np.asarray((gained * precision).sum(axis=1) / found[:, -1], dtype=np.float64)


def precision_recall(labels: npt.NDArray[np.bool_], scores: Floats) -> list[tuple[float, float]]:
    """Return [recall, precision] at up to 60 levels of recall, each at the strictest threshold that reaches it."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.r_[np.diff(scores[order]) < 0, True])
    found = np.cumsum(labels[order])[ends]
    if not found[-1]:
        return []
    recall, precision = found / found[-1], found / (ends + 1)
    places = np.unique(np.searchsorted(recall, np.linspace(0, 1, POINTS + 1)[1:] - 1e-12))
    return [(round(float(recall[i]), 4), round(float(precision[i]), 4)) for i in places]


def rare_class(outcome: Outcome) -> int | None:
    """Return the rarest class that is scored: of two the rarer; None for a number."""
    if outcome.metric != "AUC" or not outcome.scored:
        return None
    if len(outcome.classes) == 2:
        return 1
    last = len(outcome.classes) - 1
    named = [place for place in outcome.scored if not (outcome.other and place == last)]
    return max(named or outcome.scored)  # classes are ordered, frequent ones first


def finding(outcome: Outcome, test: Coded, weights: Floats, predicted: dict[str, Floats]) -> PrecisionRecall | None:
    """Return how the rare class is found by the model trained on synthetic ("tstr") and on real rows ("trtr")."""
    place = rare_class(outcome)
    if place is None:
        return None
    labels = outcome.labels(test) == place
    if not labels.any() or labels.all():
        return None
    fields: dict[str, object] = {"label": _label(outcome, place), "share": round(float(labels.mean()), 5)}
    for side, found in predicted.items():
        scores = found[:, place]
        value = float(average_precision(labels, scores, np.ones((1, len(labels))))[0])
        drawn = average_precision(labels, scores, weights)
        drawn = np.r_[drawn[np.isfinite(drawn)], value]
        low, high = np.quantile(drawn, [0.025, 0.975])
        fields |= {
            side: round(value, 4),
            f"{side}_low": round(min(float(low), value), 4),
            f"{side}_high": round(max(float(high), value), 4),
            f"curve_{side}": precision_recall(labels, scores),
        }
    return PrecisionRecall.model_validate(fields)


def _label(outcome: Outcome, place: int) -> str:
    if outcome.target not in outcome.coding.categories:
        return f"{outcome.classes[place]:g}"
    if outcome.other and place == len(outcome.classes) - 1:
        return "(other)"
    known, counts = outcome.coding.categories[outcome.target], outcome.coding.counts[outcome.target]
    return str(known[place]) if counts[place] >= FEW else "(rare)"
