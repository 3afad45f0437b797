"""Trend and autocorrelation of one evenly spaced series, with p-values that are right for series that remember."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

BLOCKS = 160
DRAWS = 400
DRIFT = 4.0  # standard errors
WANDERS = 30.0  # what a line leaves of a random walk has mostly n (1 - coefficient) under that


@dataclass(frozen=True)
class Trend:
    """Slope per step, the p-value of no trend, and whether the rest wanders so slowly that p says little."""

    slope: float
    p_value: float
    wanders: bool = False


def trend_of(values: Floats, rng: np.random.Generator) -> Trend | None:
    """Return the Theil-Sen slope and its p-value; None under ten points. NaN are left out.

    Notes
    -----
    The p-value compares the rank correlation with time to that of AR(1) noise whose coefficient is estimated from the
    detrended values and corrected for its bias in short series (Kendall 1954; with a line taken out, the bias is about
    -(2 + 4 phi) / n). Taking rows of a series for independent would call every slow wander a trend. Long series are
    averaged to 160 blocks first.
    """
    blocks, width = _blocks(values)
    known = np.isfinite(blocks)
    if known.sum() < 10 or float(np.ptp(blocks[known])) == 0:
        return None
    place = np.flatnonzero(known).astype(np.float64)
    slope = theil_sen(place, blocks[known])
    rest = np.full(len(blocks), np.nan)
    rest[known] = blocks[known] - slope * place
    raw = _coefficient(rest)
    phi = _corrected(raw, int(known.sum()))
    found = _rank_correlation(_shared_ranks(blocks[known])[None, :])[0]
    drawn = _noise(phi, len(blocks), rng)[:, known]
    null = _rank_correlation(_ranks(drawn))
    wanders = raw > 0.5 and bool(known.sum() * (1 - raw) < WANDERS) and not _drifts(blocks[known])
    return Trend(slope / width, _tail(float(found), null), wanders)


def _drifts(values: Floats) -> bool:
    """Whether the steps go one way far more than those of a walk without a drift would."""
    steps = np.diff(values)
    spread = float(steps.std(ddof=1))
    return spread == 0 or abs(float(steps.mean())) * np.sqrt(len(steps)) > DRIFT * spread


def theil_sen(place: Floats, values: Floats) -> float:
    """Return the median slope between all pairs of points (Theil 1950, Sen 1968)."""
    i, j = np.triu_indices(len(place), 1)
    return float(np.median((values[j] - values[i]) / (place[j] - place[i])))


def autocorrelations(values: Floats, lags: int) -> Floats:
    """Return the autocorrelation at lags 0..``lags``; NaN are left out pair by pair (0 where too few pairs are)."""
    n = len(values)
    known = np.isfinite(values)
    if known.sum() < 3:
        return np.zeros(lags + 1)
    centred = np.where(known, values - np.nanmean(values), 0.0)
    size = 1 << int(2 * n - 1).bit_length()
    spectrum = np.fft.rfft(centred, size)
    products = np.fft.irfft(np.abs(spectrum) ** 2, size)[: lags + 1]
    if known.all():
        variance = products[0]
        return np.asarray(products / variance if variance > 0 else np.zeros(lags + 1), dtype=np.float64)
    mask = np.fft.rfft(known.astype(np.float64), size)
    pairs = np.round(np.fft.irfft(np.abs(mask) ** 2, size)[: lags + 1])
    variance = products[0] / max(pairs[0], 1.0)
    if variance <= 0:
        return np.zeros(lags + 1)
    fade = 1 - np.arange(lags + 1) / n  # as in a series without gaps: the usual, biased estimate
    found = np.where(pairs >= 10, products / np.maximum(pairs, 1) / variance * fade, 0.0)
    return np.asarray(np.clip(found, -1, 1), dtype=np.float64)


def _blocks(values: Floats) -> tuple[Floats, int]:
    """Return means of equal stretches (at most 160 of them) and the length of a stretch."""
    width = max(1, -(-len(values) // BLOCKS))
    if width == 1:
        return values, 1
    whole = len(values) // width * width
    parts = values[:whole].reshape(-1, width)
    known = np.isfinite(parts)
    counts = known.sum(axis=1)
    sums = np.where(known, parts, 0.0).sum(axis=1)
    return np.where(counts >= max(1, width // 4), sums / np.maximum(counts, 1), np.nan), width


def _coefficient(rest: Floats) -> float:
    """Return the lag-1 coefficient of what a line leaves, with noise on top of a slow wander seen through."""
    raw = float(autocorrelations(rest, 1)[1])
    later = float(autocorrelations(rest, 2)[2])
    if raw > 0.1 and later > raw**2:  # noise on top of a slow wander hides how slow it is
        raw = min(later / raw, 0.999)
    return raw


def _corrected(raw: float, n: int) -> float:
    """Return the coefficient of ``n`` points corrected for its bias."""
    if n * (1 - raw) < 16:  # a random walk less its line looks like this: 1 - 10 / n is usual
        return 1 - 0.2 / n
    return float(np.clip(raw + (2 + 4 * raw) / n, 0.0, 0.9975))


def _noise(phi: float, length: int, rng: np.random.Generator) -> Floats:
    """Return stationary AR(1) series, one per row."""
    steps = rng.standard_normal((DRAWS, length))
    steps[:, 0] /= np.sqrt(1 - phi**2)
    for place in range(1, length):
        steps[:, place] += phi * steps[:, place - 1]
    return steps


def _ranks(rows: Floats) -> Floats:
    order = np.argsort(rows, axis=1, kind="stable")
    ranks = np.empty_like(rows)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(rows.shape[1], dtype=np.float64), rows.shape), axis=1)
    return ranks


def _shared_ranks(values: Floats) -> Floats:
    """Return ranks that equal values share: told apart by their place, they would rise with it."""
    return pd.Series(values).rank().to_numpy(dtype=np.float64) - 1


def _rank_correlation(ranks: Floats) -> Floats:
    """Return Spearman's correlation of each row with its position."""
    n = ranks.shape[1]
    centred = np.arange(n) - (n - 1) / 2
    size = np.sqrt(((ranks - (n - 1) / 2) ** 2).sum(axis=1) * float((centred**2).sum()))
    return np.asarray((ranks - (n - 1) / 2) @ centred / size, dtype=np.float64)


def _tail(found: float, null: Floats) -> float:
    """Return how rarely noise is as far from 0: counted, and by the normal tail where nothing reaches so far."""
    from scipy.special import ndtr

    reached = int((np.abs(null) >= abs(found)).sum())
    if reached >= 5:
        return (1 + reached) / (1 + len(null))
    clipped = np.clip(np.append(null, found), -0.999999, 0.999999)
    scores = np.arctanh(clipped)
    spread = float(np.sqrt((scores[:-1] ** 2).mean()))
    far = float(2 * ndtr(-abs(float(scores[-1])) / max(spread, 1e-12)))
    return min(max(far, 1e-12), (1 + reached) / (1 + len(null)))
