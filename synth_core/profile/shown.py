"""What may be shown of a column's values: no value of a single row, unless the column's protection is off."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synth_core.table import Kind

Floats = npt.NDArray[np.float64]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
RARE_ROWS = 5
DAY = 86_400
BESIDE = RARE_ROWS // 2
MOST_DECIMALS = 6


def shown_quantiles(found: Floats, shares: float | Sequence[float] | Floats, kind: Kind) -> Floats:
    """Return quantiles of ten sorted values or more that no single row gives.

    A value that five rows share is told as it is. Any other is the mean of the five nearest in order, rounded as the
    column's values are; a row may still hold the same by chance. The two outermost values on either side never count.
    """
    if len(found) < 2 * RARE_ROWS:
        raise ValueError(f"Quantiles of {len(found)} values would give single ones away; ten are needed.")
    place = np.clip(
        np.asarray(shares, dtype=np.float64) * (len(found) - 1), RARE_ROWS - 1, max(len(found) - RARE_ROWS, 0)
    )
    below = np.floor(place).astype(np.intp)
    above = np.ceil(place).astype(np.intp)
    exact = found[below] + (found[above] - found[below]) * (place - below)
    near = np.arange(-BESIDE, BESIDE + 1)
    first, second = (found[at[..., None] + near].mean(axis=-1) for at in (below, above))
    common = _shared(found, below) & _shared(found, above)
    return np.where(common, exact, _rounded(first + (second - first) * (place - below), found, kind))


def _shared(found: Floats, places: npt.NDArray[np.intp]) -> npt.NDArray[np.bool_]:
    """Return whether five rows or more hold the values at these places."""
    values = found[places]
    return np.asarray(np.searchsorted(found, values, "right") - np.searchsorted(found, values) >= RARE_ROWS)


def _rounded(values: Floats, found: Floats, kind: Kind) -> Floats:
    """Return values as fine as those found: days, whole numbers, cents."""
    if kind is Kind.DATETIME and not (found % DAY).any():
        return np.asarray(np.floor(values / DAY + 1e-6) * DAY)
    part = found[:: max(1, len(found) // 1000)]
    for decimals in range(MOST_DECIMALS + 1):
        scaled = part * 10.0**decimals
        if (np.abs(scaled - np.round(scaled)) <= 1e-9 * np.maximum(1.0, np.abs(scaled))).all():
            return np.asarray(np.round(values, decimals))
    return values
