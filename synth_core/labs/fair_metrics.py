"""Measures of fairness per group, with paired bootstrap intervals over the judged rows.

The values are fairlearn's. Resampling them one by one would take minutes, so the resamples are taken from counts: every
measure is a function of how many rows there are per group, outcome and prediction.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.scores.sides import ENOUGH
from synth_core.scores.statistics import Estimate, Floats, resample_weights

RESAMPLES = 2_000
LEAST_PER_CLASS = 10  # rows of either outcome that a group needs for error rates
PER_GROUP = ("selection", "true_positive", "false_positive", "accuracy", "balanced_accuracy")
GAPS = ("parity", "odds")
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Judged:
    """Rows that are judged: the place of each row's group, its true outcome, and what every arm predicts for it.

    ``entity``: one number per row that rows about one entity share; None where no column says who a row is about.
    """

    groups: tuple[str, ...]
    place: Places
    truth: Bools
    predicted: Mapping[str, Bools]
    entity: Places | None = None

    def rows(self) -> Places:
        """Return rows per group and outcome (groups x 2)."""
        counts = np.bincount(2 * self.place + self.truth, minlength=2 * len(self.groups))
        return np.asarray(counts.reshape(-1, 2), dtype=np.int64)

    def fit(self) -> tuple[Bools, Bools]:
        """Return which groups have enough rows for a rate, and which also have enough of either outcome."""
        rows = self.rows()
        enough = rows.sum(axis=1) >= ENOUGH
        return enough, enough & (rows.min(axis=1) >= LEAST_PER_CLASS)


def why_few(rows: Sequence[int]) -> str:
    """Return why a group's rates cannot be told, from its rows per outcome; empty where they can.

    >>> why_few([40, 5]), why_few([400, 50])
    ('not enough data: 45 rows, at least 50 are needed', '')
    """
    if sum(rows) < ENOUGH:
        return f"not enough data: {sum(rows):,} rows, at least {ENOUGH} are needed"
    if min(rows) < LEAST_PER_CLASS:
        return f"not enough data: {min(rows):,} rows of one outcome, at least {LEAST_PER_CLASS} are needed"
    return ""


def per_group(counts: Floats) -> dict[str, Floats]:
    """Return every measure per group from counts (... x groups x outcome x prediction); NaN without any."""
    with np.errstate(invalid="ignore", divide="ignore"):
        rows, hits = counts.sum(axis=(-1, -2)), counts[..., 0, 0] + counts[..., 1, 1]
        true = counts[..., 1, 1] / counts[..., 1, :].sum(axis=-1)
        false = counts[..., 0, 1] / counts[..., 0, :].sum(axis=-1)
        return {
            "selection": counts[..., 1].sum(axis=-1) / rows,
            "true_positive": true,
            "false_positive": false,
            "accuracy": hits / rows,
            "balanced_accuracy": (true + 1 - false) / 2,
        }


def gaps(rates: Mapping[str, Floats], enough: Bools, both: Bools) -> dict[str, Floats]:
    """Return the demographic parity difference and the equalised odds difference from rates per group.

    The first is the largest difference of selection rates of two groups; the second the larger of the largest
    differences of true and of false positive rates (Hardt, Price and Srebro 2016), as in fairlearn.
    """

    def spread(name: str, which: Bools) -> Floats:
        some = rates[name][..., which]
        if some.shape[-1] < 2:
            return np.full(some.shape[:-1], np.nan)
        return np.asarray(some.max(axis=-1) - some.min(axis=-1))

    odds = np.maximum(spread("true_positive", both), spread("false_positive", both))
    return {"parity": spread("selection", enough), "odds": odds}


def resampled(judged: Judged, rng: np.random.Generator) -> dict[str, Floats]:
    """Return per arm resampled counts (resamples x groups x outcome x prediction), paired over arms.

    Drawing rows with replacement is drawing counts of rows that are alike in everything that counts: a multinomial.
    Where rows are about entities, entities are drawn, each with all its rows.
    """
    names = list(judged.predicted)
    code = 2 * judged.place + judged.truth
    for name in names:
        code = 2 * code + judged.predicted[name]
    cells, which, count = np.unique(code, return_inverse=True, return_counts=True)
    if judged.entity is None:
        drawn = rng.multinomial(len(code), count / count.sum(), size=RESAMPLES).astype(np.float64)
    else:
        drawn = _of_entities(judged.entity, which.ravel(), len(cells), rng)
    outcome = cells >> len(names)
    found = {}
    for at, name in enumerate(names):
        guess = (cells >> (len(names) - 1 - at)) & 1
        spread = np.zeros((len(cells), 4 * len(judged.groups)))
        spread[np.arange(len(cells)), 2 * outcome + guess] = 1
        found[name] = (drawn @ spread).reshape(RESAMPLES, len(judged.groups), 2, 2)
    return found


def _of_entities(entity: Places, cell: Places, cells: int, rng: np.random.Generator) -> Floats:
    """Return counts per cell (resamples x cells) of entities drawn with replacement."""
    from scipy.sparse import coo_array

    numbers, place = np.unique(entity, return_inverse=True)
    rows = coo_array((np.ones(len(cell)), (place.ravel(), cell)), shape=(len(numbers), cells)).tocsr()
    parts = []
    for start in range(0, RESAMPLES, 100):
        size = min(100, RESAMPLES - start)
        parts.append(resample_weights(len(numbers), size, rng) @ rows)
    return np.asarray(np.vstack(parts), dtype=np.float64)


def interval(drawn: Floats, value: float, alpha: float = 0.05) -> Estimate:
    """Return a value with the interval that 1 - ``alpha`` of the resamples lie in; it always holds the value."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn) or not np.isfinite(value):
        return Estimate(float(value), float(value), float(value))
    low, high = np.quantile(drawn, [alpha / 2, 1 - alpha / 2])
    return Estimate(float(value), float(min(low, value)), float(max(high, value)))


def fairlearn_rates(truth: Bools, predicted: Bools, groups: npt.NDArray[np.object_]) -> dict[str, dict[str, float]]:
    """Return every measure per group, by fairlearn's ``MetricFrame``."""
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate
    from sklearn.metrics import accuracy_score, balanced_accuracy_score

    measures = {
        "selection": selection_rate,
        "true_positive": true_positive_rate,
        "false_positive": false_positive_rate,
        "accuracy": accuracy_score,
        "balanced_accuracy": balanced_accuracy_score,
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a group with one outcome alone is told as not enough data
        frame = MetricFrame(
            metrics=measures, y_true=truth.astype(int), y_pred=predicted.astype(int), sensitive_features=groups
        )
    return {str(name): {key: float(row[key]) for key in PER_GROUP} for name, row in frame.by_group.iterrows()}


def fairlearn_gaps(judged: Judged, arm: str) -> dict[str, float]:
    """Return the two gaps of one arm, by fairlearn, over the groups that have enough rows; NaN where fewer than two."""
    from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference

    enough, both = judged.fit()
    found = {}
    for name, which, measure in (
        ("parity", enough, demographic_parity_difference),
        ("odds", both, equalized_odds_difference),
    ):
        here = which[judged.place]
        if which.sum() < 2:
            found[name] = float("nan")
            continue
        found[name] = float(
            measure(
                judged.truth[here].astype(int),
                judged.predicted[arm][here].astype(int),
                sensitive_features=judged.place[here],
            )
        )
    return found
