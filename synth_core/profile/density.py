"""The smooth line over a histogram, and measures that want values in order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

POINTS = 61
GRID = 366


def quantile(found: Floats, share: float | Sequence[float] | Floats) -> Floats:
    """Return quantiles of sorted values, straight between them (as numpy does), without sorting again."""
    place = np.asarray(share, dtype=np.float64) * (len(found) - 1)
    below = np.floor(place).astype(np.intp)
    above = np.minimum(below + 1, len(found) - 1)
    return np.asarray(found[below] + (found[above] - found[below]) * (place - below), dtype=np.float64)


def binned(found: Floats, edges: Floats) -> npt.NDArray[np.int64]:
    """Return how many sorted values lie in each bin; the last bin holds its right edge, too."""
    places = np.searchsorted(found, edges, side="left")
    places[-1] = np.searchsorted(found, edges[-1], side="right")
    return np.diff(places).astype(np.int64)


def density(
    found: Floats, edges: Sequence[float], *, log_scale: bool = False, modes: int = 1, step: float | None = None
) -> tuple[list[float], list[float]]:
    """Return points over a histogram, and the share of sorted values per unit there.

    Parameters
    ----------
    edges
        Of the histogram; the line runs from the first to the last.
    log_scale
        Smooth on the decimal logarithm; shares are per unit of it. Points stay in the column's units.
    modes
        Several modes are smoothed less, so that the valleys stay open.
    step
        Width of the grid the values lie on; the line does not follow it.

    Notes
    -----
    Gaussian kernel by Silverman's rule (1986, doi:10.1201/9781315140919, eq. 3.31) on counts in 366 cells. Where no
    value lies beyond an end, what the kernel spills over it is folded back.
    """
    scaled = (lambda values: np.log10(np.maximum(values, 1e-300))) if log_scale else np.asarray
    ends = np.asarray(scaled(np.asarray(edges, dtype=np.float64)))
    left, right = float(ends[0]), float(ends[-1])
    first = int(np.searchsorted(found, edges[0], side="left"))
    last = int(np.searchsorted(found, edges[-1], side="right"))
    if last - first < 10 or right - left < 1e-300:  # shares per unit of less than that overflow
        return [], []
    middle = np.asarray(scaled(quantile(found[first:last], np.linspace(0, 1, 401))))
    spread = min(float(middle.std()), float(middle[300] - middle[100]) / 1.34) or float(middle.std())
    width = max(0.9 * spread * len(found) ** -0.2 / max(modes, 1), (right - left) / 150)
    if step is not None and not log_scale:
        width = max(width, min(step, (right - left) / 10) / 1.5)
    cell = (right - left) / GRID
    reach = int(np.ceil(4 * width / cell))
    least, most = (float(end) for end in scaled(found[[0, -1]]))
    before = int(np.clip(np.ceil((left - least) / cell), 0, reach)) if first > 0 else 0
    after = int(np.clip(np.ceil((most - right) / cell), 0, reach)) if last < len(found) else 0
    grid = left + cell * np.arange(-before, GRID + after + 1)
    counts = binned(found, 10**grid if log_scale else grid).astype(np.float64)
    heights = _smoothed(counts, width / cell)[before : before + GRID]
    centres = left + cell * (np.arange(GRID) + 0.5)
    points = np.linspace(left, right, POINTS)
    line = np.interp(points, centres, heights) / (len(found) * cell)
    shown = 10**points if log_scale else points
    return [float(f"{p:.7g}") for p in shown], [float(f"{d:.4g}") for d in line]


def _smoothed(counts: Floats, width: float) -> Floats:
    """Return counts smoothed by a normal curve (cut off at four widths), folded back at the ends."""
    reach = min(int(4 * width + 0.5), len(counts))
    curve = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    return np.convolve(np.pad(counts, reach, mode="symmetric"), curve / curve.sum(), "valid")
