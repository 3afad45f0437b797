"""Coordinates of homes made anew: near where many live, nowhere that somebody lives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.identifiers import Numbers, key_of, uniform

CELL = 0.1  # degrees: about 10 km
FEWEST = 5


@dataclass(frozen=True)
class Spread:
    """Where along one axis (or on the map) rows are: cells of a tenth of a degree with five rows or more.

    Attributes
    ----------
    cells
        One row per cell: the lower edge of each axis.
    bounds
        Running share of the rows, without the last.
    axis
        The axis that this column holds.
    """

    cells: npt.NDArray[np.float64]
    bounds: npt.NDArray[np.float64]
    axis: int
    decimals: int

    def write(self, numbers: Numbers, key: int) -> npt.NDArray[np.float64]:
        """Return a coordinate for each number; columns of one pair need the same key."""
        chosen = np.searchsorted(self.bounds, uniform(numbers, key), side="right")
        within = uniform(numbers, key_of(key, "within", self.axis)) * CELL
        return np.asarray(np.round(self.cells[chosen, self.axis] + within, self.decimals), dtype=np.float64)


def learn_spread(points: npt.NDArray[np.float64], axis: int) -> Spread:
    """Return how rows (n x 1, or n x 2 for a pair) are spread; cells with fewer than five rows are left out."""
    points = points[np.isfinite(points).all(axis=1)]
    decimals = _decimals(points[:, axis]) if len(points) else 6
    corners, counts = np.unique(np.floor(points / CELL + 1e-9), axis=0, return_counts=True)
    kept = counts >= FEWEST
    if not kept.any():  # nobody lives near enough to four others: the middle, to a degree
        middle = np.round(np.median(points, axis=0)) if len(points) else np.zeros(points.shape[1])
        corners, counts, kept = middle[None, :] / CELL, np.ones(1, dtype=np.int64), np.ones(1, dtype=bool)
    shares = np.cumsum(counts[kept] / counts[kept].sum())
    return Spread(corners[kept] * CELL, shares[:-1], axis, decimals)


def _decimals(values: npt.NDArray[np.float64]) -> int:
    lengths = [len(f"{value:.10f}".rstrip("0").split(".")[1]) for value in values[:200]]
    return min(int(np.median(lengths)), 6)
