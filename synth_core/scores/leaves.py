"""Rows in small boxes: whole boxes are left out of a search for nearest rows, which stays exact."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.scores.compiled import compiled

Points = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
LARGEST = 96  # rows of a leaf
LOOKED = 256  # rows of a part that say where it is cut
SLACK = np.float32(1.00001)  # sums of float32 in another order differ by less
THREADS = 2


@dataclass(frozen=True)
class Leaves:
    """Rows in leaves of up to 96, with the box around each.

    ``order``: the rows, leaf by leaf, of which each begins at its ``starts``; ``columns`` axes x rows in that order;
    ``lows`` and ``highs`` axes x leaves. Only equal rows fill a larger leaf.
    """

    columns: Points
    order: Rows
    starts: Rows
    lows: Points
    highs: Points

    @classmethod
    def grow(cls, points: Points) -> Leaves:
        """Return ``points`` (at least one) in leaves: each part is cut in two on the axis that spreads most."""
        parts, done = [np.arange(len(points))], []
        while parts:
            rows = parts.pop()
            halves = _halves(points, rows) if len(rows) > LARGEST else []
            parts += halves
            if not halves:
                done.append(rows)
        order = np.concatenate(done)
        starts = np.cumsum([0, *(len(rows) for rows in done)])
        placed = points[order]
        boxes = [np.ascontiguousarray(end.reduceat(placed, starts[:-1], axis=0).T) for end in (np.minimum, np.maximum)]
        return cls(np.ascontiguousarray(placed.T), order, starts, boxes[0], boxes[1])

    def search(self, targets: Points, best: Points, row: Rows, first: int, skip: Rows) -> float:
        """Write nearer rows into ``best`` (squared distances) and ``row``; return the share of pairs looked at.

        ``first`` is the number of the first of these rows, ``skip`` per target the number of one that does not count.
        """
        look = compiled(_look)
        order = self.order + first

        def some(part: slice) -> int:
            boxes = (self.starts, self.lows, self.highs)
            return int(look(targets[part], self.columns, order, *boxes, best[part], row[part], skip[part], SLACK))

        ends = [len(targets) * i // THREADS for i in range(THREADS + 1)]
        with ThreadPoolExecutor(THREADS) as pool:
            seen = list(pool.map(some, [slice(*ends[i : i + 2]) for i in range(THREADS)]))
        return sum(seen) / max(len(targets) * len(order), 1)


def _halves(points: Points, rows: Rows) -> list[Rows]:
    """The two parts of ``rows``; none where they are equal, as far as was looked."""
    some = points[rows[:: max(len(rows) // LOOKED, 1)]]
    axis = int(some.var(axis=0).argmax())
    above = points[rows, axis] > some[:, axis].mean()
    halves = [rows[above], rows[~above]]
    return halves if all(len(half) for half in halves) else []


def _look(
    targets: Points,
    columns: Points,
    order: Rows,
    starts: Rows,
    lows: Points,
    highs: Points,
    best: Points,
    row: Rows,
    skip: Rows,
    slack: np.float32,
) -> int:
    """The leaf whose box is nearest first, then all whose box is nearer than the nearest row so far; compiled."""
    leaves, seen = len(starts) - 1, 0
    bound = np.empty(leaves, np.float32)
    distance = np.empty(np.diff(starts).max(), np.float32)
    for target in range(len(targets)):
        bound[:] = 0
        for axis in range(len(columns)):
            value, low, high = targets[target, axis], lows[axis], highs[axis]
            for leaf in range(leaves):
                gap = max(max(low[leaf] - value, value - high[leaf]), np.float32(0))
                bound[leaf] += gap * gap
        nearest = int(np.argmin(bound))
        for turn in range(-1, leaves):
            leaf = nearest if turn < 0 else turn
            if turn == nearest or bound[leaf] > best[target] * slack:
                continue
            start, size = int(starts[leaf]), int(starts[leaf + 1] - starts[leaf])
            seen += size
            distance[:size] = 0
            part = columns[:, start : start + size]
            shared = np.float32(0)  # of the axes on which the whole leaf is in one place
            for axis in range(len(columns)):
                value = targets[target, axis]
                if lows[axis, leaf] == highs[axis, leaf]:
                    shared += (lows[axis, leaf] - value) ** 2
                else:
                    places = part[axis]
                    for i in range(size):
                        gap = places[i] - value
                        distance[i] += gap * gap
            for i in range(size):
                found, at = distance[i] + shared, order[start + i]
                if at != skip[target] and (found < best[target] or (found == best[target] and at < row[target])):
                    best[target], row[target] = found, at
    return seen
