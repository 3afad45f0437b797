"""Drift of pairs of columns: how much their association changed beyond what halves of the old rows show."""

from __future__ import annotations

import numpy as np

from synth_core.associations import association_matrix
from synth_core.monitoring.columns import Halves, size_ratio
from synth_core.monitoring.results import RANK, PairDrift, Word
from synth_core.progress import Progress, silent
from synth_core.scores.statistics import Floats
from synth_core.table import Role, Table

HALVES = 8
SURE = 4.5
LARGE = 0.1  # change of an association that counts as drift
MOST_COLUMNS = 40
KEPT = 60


def drifted(
    before: Table, now: Table, parts: Halves, seed: int, progress: Progress = silent
) -> tuple[int, tuple[PairDrift, ...]]:
    """Return how many pairs were compared; and those that changed beyond chance or most of all, the worst first.

    A change counts when it is beyond chance both as it is and squared: near 0 a chance-corrected association is the
    root of a small number and jumps, while its square does not.

    """
    columns = before.having(learned=True)
    if len(columns) > MOST_COLUMNS:  # the target's pairs are wanted most
        columns = sorted(columns, key=lambda c: c.role is not Role.TARGET)[:MOST_COLUMNS]
    names = [column.name for column in columns]
    if len(names) < 2:
        return 0, ()

    def values(table: Table) -> Floats:
        found = np.asarray(association_matrix(table, names=names, seed=seed).values, dtype=np.float64)
        return np.nan_to_num(found[np.triu_indices(len(names), 1)])

    steps = HALVES + 1
    progress(0, steps, "How columns go together")
    old, new = values(before), values(now)
    moved, moved_squares = [], []
    for number, (first, second) in enumerate(parts[:HALVES]):
        progress(number + 1, steps, "How columns go together by chance")
        one, other = values(before.rows(first)), values(before.rows(second))
        moved.append(one - other)
        moved_squares.append(_squares(one) - _squares(other))
    ratio = size_ratio(len(before), len(now), min(len(parts[0][0]), len(parts[0][1])))
    floor, floor_squares = (SURE * np.sqrt(ratio) * _spread(one) for one in (moved, moved_squares))
    floor = np.maximum(floor, SURE * _by_counts(before, now, names, old))
    beyond_chance = (np.abs(new - old) > floor) & (np.abs(_squares(new) - _squares(old)) > floor_squares)
    found = []
    for place, (i, j) in enumerate(zip(*np.triu_indices(len(names), 1), strict=True)):
        change = float(new[place] - old[place])
        word: Word = "steady"
        if beyond_chance[place]:
            word = "drift" if abs(change) >= LARGE else "slight"
        found.append(
            PairDrift(
                first=names[int(i)],
                second=names[int(j)],
                before=round(float(old[place]), 4),
                now=round(float(new[place]), 4),
                change=round(change, 4),
                floor=round(float(floor[place]), 4),
                word=word,
            )
        )
    found.sort(key=lambda one: (-RANK[one.word], -abs(one.change)))
    beyond = sum(one.word != "steady" for one in found)
    return len(found), tuple(found[: max(KEPT, beyond)])


def _by_counts(before: Table, now: Table, names: list[str], values: Floats) -> Floats:
    """Return the spread that the rows with both cells filled allow: the large-sample formula of a correlation."""
    upper = np.triu_indices(len(names), 1)
    both = []
    for table in (before, now):
        filled = table.frame[names].notna().to_numpy(dtype=np.float64)
        both.append(np.maximum((filled.T @ filled)[upper], 4.0))
    spread = (1 - np.square(values)) * np.sqrt(1 / both[0] + 1 / both[1])
    return np.asarray(spread, dtype=np.float64)


def _squares(values: Floats) -> Floats:
    return np.asarray(np.sign(values) * np.square(values), dtype=np.float64)


def _spread(moved: list[Floats]) -> Floats:
    """Return the spread of each pair over the halves, pooled with that of all pairs: eight halves say little of one."""
    square = np.mean(np.square(moved), axis=0)
    return np.asarray(np.sqrt((square + square.mean()) / 2), dtype=np.float64)
