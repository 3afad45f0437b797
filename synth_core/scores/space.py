"""A space in which rows have distances, and nearest rows in blocks that take care of memory."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, Coding
from synth_core.scores.leaves import THREADS, Leaves, Points
from synth_core.scores.statistics import Floats

SHOWN_LEVELS = 24  # more frequent categories have an axis of their own; the others share eight
SHARED_AXES = 8
BLOCK = 65_536
STRIP = 2**23  # cells of a block of products: 32 MB
WORTH_LEAVES = 4e10  # products; fewer are made before the compiled search is loaded
MOST_LOOKED = 0.05  # of all pairs; products are as quick where more must be looked at


@dataclass(frozen=True)
class Space:
    """Numbers as ranks in the real rows, categories on axes of length 1 / sqrt 2; two different states are 1 apart."""

    coding: Coding
    grids: dict[str, Floats]
    holes: frozenset[str]

    @classmethod
    def learn(cls, coding: Coding, real: Coded, *others: Coded) -> Space:
        """Return the space of ``real`` rows; ``others`` only tell which numbers can be missing."""
        grids = {name: np.sort(values[~np.isnan(values)]) for name, values in real.numeric.items()}
        holes = {name for side in (real, *others) for name, values in side.numeric.items() if np.isnan(values).any()}
        return cls(coding, grids, frozenset(holes))

    def place(self, coded: Coded) -> Points:
        """Return one point per row (float32)."""
        parts: list[npt.NDArray[np.generic]] = []
        for name in self.coding.names:
            if name in coded.numeric:
                parts += self._ranks(name, coded.numeric[name])
            else:
                parts.append(self._axes(name, coded.codes[name]))
        out = np.hstack(parts) if parts else np.zeros((len(coded), 1))
        return np.ascontiguousarray(out, dtype=np.float32)

    def _ranks(self, name: str, values: Floats) -> list[npt.NDArray[np.generic]]:
        grid, missing = self.grids[name], np.isnan(values)
        rank = np.searchsorted(grid, values, "left") + np.searchsorted(grid, values, "right")
        place = np.where(missing, 0.5, rank / (2 * max(len(grid), 1)))
        parts: list[npt.NDArray[np.generic]] = [place.astype(np.float32)[:, None]]
        if name in self.holes:
            parts.append(missing.astype(np.float32)[:, None])
        return parts

    def _axes(self, name: str, codes: npt.NDArray[np.int32]) -> Points:
        levels = self.coding.levels(name)
        if levels == 2:  # one axis does for two states; missing and unknown have one each
            table = np.array([[0, 0, 0], [1, 0, 0], [0.5, 0.87, 0], [0.5, 0, 0.87]], dtype=np.float32)
            return table[codes]
        own = min(levels, SHOWN_LEVELS)
        shared = SHARED_AXES if levels > SHOWN_LEVELS else 0
        axis = np.arange(levels + 2)
        axis[own:levels] = own + (axis[own:levels] % SHARED_AXES if shared else 0)
        axis[levels:] = own + shared + np.arange(2)
        table = np.eye(own + shared + 2, dtype=np.float32)[axis] / np.float32(np.sqrt(2))
        return np.asarray(table[codes], dtype=np.float32)


@dataclass
class Nearest:
    """For each target: the distance to its nearest row and that row's number (-1: none)."""

    distance: Floats
    row: npt.NDArray[np.int64]


def nearest(
    targets: Points,
    rows: int,
    points: Callable[[int, int], Points],
    tell: Callable[[float], None] = lambda share: None,
    skip: npt.NDArray[np.int64] | None = None,
) -> Nearest:
    """Return the nearest of ``rows`` rows for each target; ``points(start, stop)`` gives their places.

    ``skip``: per target the number of a row that is the target itself and does not count; -1 for none.

    Notes
    -----
    Exact, in float32: by leaves (:class:`~synth_core.scores.leaves.Leaves`) where there is much to compare and a few of
    the targets show that most leaves are left out, else by blocked products. The distances of the winners are taken
    anew, so that an exact copy has distance 0.
    """
    best = np.full(len(targets), np.inf, dtype=np.float32)
    row = np.full(len(targets), -1, dtype=np.int64)
    winner = np.zeros_like(targets)
    skip = np.full(len(targets), -1, dtype=np.int64) if skip is None else skip
    by_leaves = len(targets) * rows * targets.shape[1] > WORTH_LEAVES
    for start in range(0, rows, BLOCK):
        placed = points(start, min(start + BLOCK, rows))
        before = row.copy()
        if by_leaves:
            leaves = Leaves.grow(placed)
            if start == 0:
                some = slice(None, None, max(len(targets) // 128, 1))
                tried = targets[some].copy(), best[some].copy(), row[some].copy()
                by_leaves = leaves.search(*tried, 0, skip[some].copy()) < MOST_LOOKED
        if by_leaves:
            leaves.search(targets, best, row, start, skip)
        else:
            _by_products(targets, placed, best, row, start, skip)
        better = row != before
        winner[better] = placed[row[better] - start]
        tell(min(start + BLOCK, rows) / rows)
    gap = targets.astype(np.float64) - winner
    distance = np.sqrt((gap**2).sum(axis=1))
    distance[row < 0] = np.inf
    return Nearest(distance, row)


def _by_products(
    targets: Points,
    placed: Points,
    best: Points,
    row: npt.NDArray[np.int64],
    start: int,
    skip: npt.NDArray[np.int64],
) -> None:
    """Write nearer rows into ``best`` (squared distances) and ``row``, by products of matrices."""
    strip = max(256, STRIP // max(len(targets), 1))
    square = np.einsum("ij,ij->i", targets, targets)
    skipped = bool((skip >= 0).any())

    def looked(low: int) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.float32]]:
        part = placed[low : low + strip]
        product = targets @ (-2 * part).T
        product += np.einsum("ij,ij->i", part, part)[None, :]
        if skipped:
            own = np.flatnonzero((skip >= start + low) & (skip < start + low + len(part)))
            product[own, skip[own] - start - low] = np.inf
        found = product.argmin(axis=1)
        return found, product[np.arange(len(targets)), found] + square

    lows = range(0, len(placed), strip)
    with ThreadPoolExecutor(THREADS) as pool:
        for low, (found, value) in zip(lows, pool.map(looked, lows), strict=True):
            better = value < best
            best[better], row[better] = value[better], start + low + found[better]


def nearest_of(targets: Points, points: Points, skip: npt.NDArray[np.int64] | None = None) -> Nearest:
    """Return the nearest of ``points`` for each target; ``skip`` as in :func:`nearest`."""
    return nearest(targets, len(points), lambda start, stop: points[start:stop], skip=skip)
