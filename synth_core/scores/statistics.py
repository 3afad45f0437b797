"""Small statistics with their intervals: one formula, one function, the paper named."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
AnyInts = npt.NDArray[Any]  # whole numbers of any width

Z95 = 1.959963984540054


class Estimate(NamedTuple):
    """A value with its 95 % interval."""

    value: float
    low: float
    high: float

    def reach(self, control: Estimate) -> tuple[float, float]:
        """Return how far below and above the value lies what is held against a control that is measured as well.

        Newcombe (1998), "Interval estimation for the difference between independent proportions", method 10.
        """
        below = np.hypot(self.value - self.low, control.high - control.value)
        above = np.hypot(self.high - self.value, control.value - control.low)
        return float(below), float(above)


def rounded(value: float | None, digits: int = 4) -> float | None:
    """Return ``value`` short enough for JSON; None for nothing and for what is not a number."""
    return None if value is None or not np.isfinite(value) else round(float(value), digits)


def rounded_list(values: npt.ArrayLike, digits: int = 4) -> list[float]:
    """Return numbers as a list short enough for JSON."""
    return [float(v) for v in np.round(np.nan_to_num(np.asarray(values, dtype=np.float64)), digits)]


def rounded_rows(values: npt.ArrayLike, digits: int = 4) -> list[list[float]]:
    """Return a matrix as lists short enough for JSON."""
    return [rounded_list(row, digits) for row in np.asarray(values, dtype=np.float64)]


def wilson(hits: float, trials: int) -> Estimate:
    """Return a share (0..1) with Wilson's 95 % interval (Wilson 1927); 0..1 when nothing was tried."""
    if trials <= 0:
        return Estimate(0.0, 0.0, 1.0)
    share, square = hits / trials, Z95**2
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    half = Z95 / (1 + square / trials) * np.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return Estimate(float(share), float(max(middle - half, 0.0)), float(min(middle + half, 1.0)))


def poisson_interval(count: float) -> tuple[float, float]:
    """Return the exact 95 % interval of an expected count of which ``count`` events were seen (Garwood 1936)."""
    from scipy.stats import chi2

    low = float(chi2.ppf(0.025, 2 * count) / 2) if count > 0 else 0.0
    return low, float(chi2.ppf(0.975, 2 * count + 2) / 2)


def auc(positive: Floats, negative: Floats) -> Estimate:
    """Return the area under the ROC curve, ties split, with DeLong's 95 % interval.

    Notes
    -----
    DeLong, DeLong and Clarke-Pearson 1988, by midranks (Sun and Xu 2014): n log n. At an area of 0 or 1 the
    variance of the sample is zero; Hanley and McNeil's (1982) at half a pair from the edge stands in.
    """
    from scipy.stats import rankdata

    m, n = len(positive), len(negative)
    ranks = rankdata(np.concatenate([positive, negative]))
    area = float((ranks[:m].sum() - m * (m + 1) / 2) / (m * n))
    above = (ranks[:m] - rankdata(positive)) / n
    below = 1 - (ranks[m:] - rankdata(negative)) / m
    variance = (above.var(ddof=1) / m if m > 1 else 0.0) + (below.var(ddof=1) / n if n > 1 else 0.0)
    if variance < 1e-12 or min(m, n) < 2:
        near = min(max(area, 0.5 / (m * n)), 1 - 0.5 / (m * n))
        q1, q2 = near / (2 - near), 2 * near**2 / (1 + near)
        variance = (near * (1 - near) + (m - 1) * (q1 - near**2) + (n - 1) * (q2 - near**2)) / (m * n)
    half = Z95 * float(np.sqrt(max(variance, 0.0)))
    return Estimate(area, max(area - half, 0.0), min(area + half, 1.0))


def true_positives_at(positive: Floats, negative: Floats, false_positives: float = 0.01) -> Estimate:
    """Return the share of ``positive`` found when ``false_positives`` of ``negative`` are accused wrongly.

    The interval counts both sides: Wilson's over the positives, at the thresholds between which the wanted quantile
    of the negatives lies (order statistics: the number of negatives above it is binomial).
    """
    from scipy.stats import binom
    from sklearn.metrics import roc_curve

    labels = np.r_[np.ones(len(positive)), np.zeros(len(negative))]
    false, true, _ = roc_curve(labels, np.concatenate([positive, negative]), drop_intermediate=False)
    value = float(np.interp(false_positives, false, true))
    most = np.sort(negative)[::-1]
    few, many = (int(k) for k in binom.ppf([0.025, 0.975], len(negative), false_positives))
    low = float((positive > most[few - 1]).mean()) if few > 0 else 0.0
    high = float((positive >= most[many]).mean()) if many < len(negative) else 1.0
    ends = [wilson(share * len(positive), len(positive)) for share in (low, high)]
    return Estimate(value, min(ends[0].low, value), max(ends[1].high, value))


def weighted_auc(labels: npt.NDArray[np.bool_], scores: Floats, weights: Floats) -> Floats:
    """Return one AUC per row of ``weights`` (resamples x rows); ties split. NaN where a class has no weight."""
    order = np.argsort(scores, kind="stable")
    scores, labels = scores[order], labels[order]
    starts = np.flatnonzero(np.r_[True, np.diff(scores) > 0])
    sorted_weights = weights[:, order]
    positive = np.add.reduceat(sorted_weights * labels, starts, axis=1)
    negative = np.add.reduceat(sorted_weights * ~labels, starts, axis=1)
    below = np.cumsum(negative, axis=1) - negative / 2
    with np.errstate(invalid="ignore", divide="ignore"):
        area = (positive * below).sum(axis=1) / (positive.sum(axis=1) * negative.sum(axis=1))
    return np.asarray(area, dtype=np.float64)


def resample_weights(rows: int, resamples: int, rng: np.random.Generator) -> Floats:
    """Return bootstrap weights, resamples x rows: how often each row is drawn."""
    drawn = rng.integers(0, rows, size=(resamples, rows))
    drawn += np.arange(resamples)[:, None] * rows
    return np.bincount(drawn.ravel(), minlength=resamples * rows).reshape(resamples, rows).astype(np.float64)


def cluster_weights(group: AnyInts, resamples: int, rng: np.random.Generator) -> Floats:
    """Return bootstrap weights, resamples x rows, that draw whole groups of rows: rows about one entity are not alone.

    ``group``: one number per row, shared by rows of one group. The cluster bootstrap of Davison and Hinkley (1997).
    """
    numbers, place = np.unique(group, return_inverse=True)
    return resample_weights(len(numbers), resamples, rng)[:, place.ravel()]


def kolmogorov(first: Floats, second: Floats) -> float:
    """Return the Kolmogorov-Smirnov distance (0..1); missing cells are a state below every value."""
    if not len(first) or not len(second):
        return 1.0
    a = np.sort(np.where(np.isnan(first), -np.inf, first))
    b = np.sort(np.where(np.isnan(second), -np.inf, second))
    grid = np.concatenate([a, b])
    gap = np.searchsorted(a, grid, "right") / len(a) - np.searchsorted(b, grid, "right") / len(b)
    return float(np.abs(gap).max())


def total_variation(first: AnyInts, second: AnyInts) -> float:
    """Return the total variation distance (0..1) of two columns of codes."""
    if not len(first) or not len(second):
        return 1.0
    states = int(max(first.max(), second.max())) + 1
    shares = np.bincount(first, minlength=states) / len(first) - np.bincount(second, minlength=states) / len(second)
    return float(np.abs(shares).sum() / 2)
