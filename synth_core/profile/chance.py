"""What chance alone would do, where many things are looked at together."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

FALSE_SHARE = 0.05


def adjusted(p_values: Floats) -> Floats:
    """Return p-values adjusted for how many there are, by Benjamini and Hochberg (1995); of any shape.

    Of those at or below 0.05 at most 5 % are false.
    """
    flat = p_values.ravel()
    order = np.argsort(-flat)
    ranks = np.arange(len(flat), 0, -1)
    found = np.empty(len(flat))
    found[order] = np.minimum.accumulate(np.minimum(flat[order] * len(flat) / ranks, 1.0))
    return found.reshape(p_values.shape)


def largest_by_chance(pairs: int, rows: int) -> float:
    """Return about how large the largest rank correlation of so many unrelated pairs is.

    >>> round(largest_by_chance(4_498_500, 300), 2)
    0.31
    """
    from statistics import NormalDist

    return min(NormalDist().inv_cdf(1 - 0.25 / pairs) / math.sqrt(max(rows - 1, 1)), 1.0)


def state_by_group(sizes: Floats, held: Floats) -> tuple[Floats, Floats]:
    """Return how strongly groups of rows go with states of two kinds each, and the chance of as much.

    Parameters
    ----------
    sizes
        Rows of each group; shape (groups,).
    held
        Rows of each group that have a state; shape (groups, states).

    Returns
    -------
    Bias-corrected Cramér's V and the p-value of the chi-squared test, for each state.

    Notes
    -----
    Groups may be small and states rare, so the p-value is the larger one of the chi-squared curve and of the gamma
    curve with the exact mean and variance of the statistic (Lewis, Saunders and Westcott 1984,
    doi:10.1093/biomet/71.3.515).
    """
    from scipy.special import chdtrc, gammaincc

    held, sizes = held[sizes > 0], sizes[sizes > 0]
    groups, rows = len(sizes), float(sizes.sum())
    some = held.sum(axis=0)
    usable = (some > 0) & (some < rows)
    if groups < 2 or rows < 5:
        return np.zeros(len(some)), np.ones(len(some))
    share = np.where(usable, some / rows, 0.5)
    expected = sizes[:, None] * share
    distance = ((held - expected) ** 2 / (expected * (1 - share))).sum(axis=0)
    excess = np.maximum(0.0, distance / rows - (groups - 1) / (rows - 1))
    room = min(groups - (groups - 1) ** 2 / (rows - 1), 2 - 1 / (rows - 1)) - 1
    strength = np.minimum(1.0, np.sqrt(excess / room)) if room > 1e-9 else np.zeros(len(some))
    mean = rows * (groups - 1) / (rows - 1)
    uneven = ((rows / sizes).sum() - groups**2) / (rows - 2), (1 / (share * (1 - share)) - 4) / (rows - 2)
    even = (groups - 1) * (rows - groups) / (rows - 1), (rows - 2) / (rows - 1)
    spread = 2 * rows / (rows - 3) * (even[0] - uneven[0]) * (even[1] - uneven[1])
    spread = np.maximum(spread + rows**2 / (rows - 1) * uneven[0] * uneven[1], 1e-9)
    chance = np.maximum(chdtrc(groups - 1, distance), gammaincc(mean**2 / spread, mean * distance / spread))
    return np.where(usable, strength, 0.0), np.where(usable, chance, 1.0)
