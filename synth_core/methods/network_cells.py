"""A column as cells: a number's atoms and quantile bins in order, or a category's levels; and how cells are grouped.

Cells are chosen in stages, from coarse to fine, as digits make a number: a quarter of the values, a quarter of that
quarter, and so on. Tables stay small that way, and what depends on other columns is learned where there are rows
enough for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec, Encoded

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
States = npt.NDArray[np.int32]

MOST_BINS, BIN_ROWS = 100, 20  # bins of the numbers that are no atoms; real rows in each, at least
NUMBER_WIDTHS = (4, 4, 4)
MANY_LEVELS = 24
_ALONE = 12  # the most frequent of many levels stand alone
SPAN = 12


@dataclass(frozen=True)
class Cells:
    """The cells of one column, ordered: missing first, numbers by size, many levels by span of the alphabet.

    Attributes
    ----------
    states
        Codec state of each cell.
    low, high
        Ranks that a cell of numbers spans; NaN where the state has no rank.
    shares
        Share of the train rows in each cell.
    levels
        Group of each cell, level by level: all in group 0 first, at last each in its own. Groups are contiguous.
    ordered
        Whether neighbours are alike (numbers).
    """

    states: States
    low: Floats
    high: Floats
    shares: Floats
    levels: tuple[Integers, ...]
    ordered: bool

    def __len__(self) -> int:
        return len(self.states)

    @property
    def stages(self) -> int:
        """Choices that lead from nothing to a cell; 0 for a constant column."""
        return len(self.levels) - 1

    @property
    def missing(self) -> bool:
        """Whether the first cell is "missing"."""
        return bool(len(self.states) and self.states[0] == 0)

    def firsts(self, stage: int) -> Integers:
        """Return for each group of a level the first of its groups in the next level."""
        groups, starts = np.unique(self.levels[stage], return_index=True)
        return self.levels[stage + 1][starts][np.argsort(groups)]

    def widths(self, stage: int) -> Integers:
        """Return into how many groups of the next level each group of a level falls."""
        total = int(self.levels[stage + 1][-1]) + 1
        return np.diff(np.append(self.firsts(stage), total))

    def digits(self, stage: int) -> Integers:
        """Return the choice that leads to each cell at this stage."""
        return self.levels[stage + 1] - self.firsts(stage)[self.levels[stage]]

    def of(self, states: States, ranks: Floats) -> Integers:
        """Return the cell of each row."""
        ranked = ~np.isnan(self.low)
        by_state = np.zeros(max(int(self.states.max()), int(states.max(initial=0))) + 1, dtype=np.int64)
        by_state[self.states[~ranked]] = np.flatnonzero(~ranked)
        found = by_state[states]
        if ranked.any():
            bins = np.flatnonzero(ranked)[np.argsort(self.low[ranked])]
            rows = np.flatnonzero(states == self.states[bins[0]])
            places = np.searchsorted(self.low[bins][1:], np.nan_to_num(ranks[rows], nan=0.5), side="right")
            found[rows] = bins[places]
        return found

    def draw(self, cells: Integers, rng: np.random.Generator) -> tuple[States, Floats]:
        """Return states, and ranks drawn evenly from the stretch of each cell."""
        low, high = self.low[cells], self.high[cells]
        return self.states[cells], low + (high - low) * rng.random(len(cells))

    def grouping(self, groups: int) -> Integers:
        """Return about so many groups of neighbouring cells that hold equally many rows; missing stays apart."""
        return _apart(self.missing, equal_groups(self.shares[int(self.missing) :], groups))

    def arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return what :meth:`restore` needs."""
        named = {name: getattr(self, name) for name in ("states", "low", "high", "shares")}
        return named | {"levels": np.array(self.levels), "ordered": np.array(self.ordered)}

    @classmethod
    def restore(cls, arrays: dict[str, npt.NDArray[Any]]) -> Cells:
        """Return the cells that :meth:`arrays` described."""
        named = {name: arrays[name] for name in ("states", "low", "high", "shares")}
        return cls(levels=tuple(arrays["levels"]), ordered=bool(arrays["ordered"]), **named)


def cells_of(codec: Codec, encoded: Encoded, name: str) -> Cells:
    """Return the cells of a column; those that no row is in are left out."""
    states, ranks = encoded.states[name], encoded.ranks[name]
    counts = np.bincount(states, minlength=codec.states[name])
    if codec.numeric(name):
        return _of_number(codec, name, states, ranks, counts)
    kept = np.flatnonzero(counts)
    order = kept
    levels = kept[kept > 0]
    many = len(levels) > MANY_LEVELS
    if many:
        labels = codec.labels(name)
        rest = sorted(levels[_ALONE:].tolist(), key=lambda state: labels[state - 1])
        order = np.concatenate([kept[kept == 0], levels[:_ALONE], rest]).astype(np.int64)
    shares = counts[order] / max(counts.sum(), 1)
    gone = np.full(len(order), np.nan)
    groups = _levels_of_many(shares, int(counts[0] > 0)) if many else _one_by_one(len(order))
    return Cells(order.astype(np.int32), gone, gone, shares, groups, False)


def _of_number(codec: Codec, name: str, states: States, ranks: Floats, counts: Integers) -> Cells:
    """Return atoms and bins of the other numbers by position."""
    last = codec.states[name] - 1 if codec.continuous(name) else -1
    atoms = np.array([s for s in np.flatnonzero(counts) if s not in (0, last)], dtype=np.int32)
    nothing = np.full(len(atoms), np.nan)
    places = codec.positions(name, atoms, nothing) if len(atoms) else np.zeros(0)
    rows = counts[atoms].astype(np.float64)
    low, high = nothing, nothing
    if last > 0 and counts[last]:
        bins = int(np.clip(counts[last] // BIN_ROWS, 1, MOST_BINS))
        edges = np.linspace(0.0, 1.0, bins + 1)
        inside = np.clip(np.searchsorted(edges, ranks[states == last], side="right") - 1, 0, bins - 1)
        here = np.full(bins, last, dtype=np.int32)
        places = np.concatenate([places, codec.positions(name, here, (edges[1:] + edges[:-1]) / 2)])
        rows = np.concatenate([rows, np.bincount(inside, minlength=bins)])
        atoms = np.concatenate([atoms, here])
        low, high = np.concatenate([low, edges[:-1]]), np.concatenate([high, edges[1:]])
    order = np.argsort(places, kind="stable")
    states_, low, high, rows = atoms[order], low[order], high[order], rows[order]
    missing = bool(counts[0])
    if missing:
        states_, rows = np.append(np.int32(0), states_), np.append(counts[0], rows)
        low, high = np.append(np.nan, low), np.append(np.nan, high)
    shares = rows / max(rows.sum(), 1)
    return Cells(states_.astype(np.int32), low, high, shares, _levels(shares, missing, NUMBER_WIDTHS), True)


def equal_groups(shares: Floats, groups: int) -> Integers:
    """Return the group of each of these neighbours, about equally many rows in each; 0, 1, 2 ... without gaps.

    >>> equal_groups(np.array([0.1, 0.1, 0.3, 0.5]), 2)
    array([0, 0, 0, 1])
    """
    if not len(shares):
        return np.zeros(0, dtype=np.int64)
    if len(shares) <= groups:
        return np.arange(len(shares), dtype=np.int64)
    shares = shares if shares.sum() > 0 else np.ones(len(shares))
    middles = np.cumsum(shares) - shares / 2
    wanted = np.minimum((middles / shares.sum() * groups).astype(np.int64), groups - 1)
    return np.asarray(np.unique(wanted, return_inverse=True)[1], dtype=np.int64)


def _apart(missing: bool, groups: Integers) -> Integers:
    return np.append(0, groups + 1).astype(np.int64) if missing else groups


def _one_by_one(size: int) -> tuple[Integers, ...]:
    root, each = np.zeros(size, dtype=np.int64), np.arange(size, dtype=np.int64)
    return (root, each) if size > 1 else (root,)


def _levels(shares: Floats, missing: bool, widths: Sequence[int]) -> tuple[Integers, ...]:
    """Return nested groups of equal shares, with missing apart from the first level on."""
    first = _apart(missing, equal_groups(shares[int(missing) :], widths[0]))
    return _finer([np.zeros(len(shares), dtype=np.int64), first], shares, [*widths[1:]])


def _levels_of_many(shares: Floats, missing: int) -> tuple[Integers, ...]:
    alone = missing + _ALONE
    spans = equal_groups(shares[alone:], SPAN) + alone
    first = np.concatenate([np.arange(alone), spans]).astype(np.int64)
    return _finer([np.zeros(len(shares), dtype=np.int64), first], shares, [])


def _finer(levels: list[Integers], shares: Floats, widths: list[int]) -> tuple[Integers, ...]:
    """Cut the groups of the last level until each cell is alone; a level that changes nothing is left out."""
    if levels[-1][-1] == 0 and len(shares) == 1:
        return (levels[0],)
    size = len(shares)
    while levels[-1][-1] + 1 < size:
        width = widths.pop(0) if widths else SPAN
        groups = levels[-1]
        starts = np.flatnonzero(np.diff(groups, prepend=-1))
        finer = np.zeros(size, dtype=np.int64)
        offset = 0
        for start, end in zip(starts, [*starts[1:], size], strict=True):
            inside = equal_groups(shares[start:end], width)
            finer[start:end] = offset + inside
            offset += int(inside[-1]) + 1
        levels.append(finer)
    kept = [levels[0]]
    kept += [level for level in levels[1:] if level[-1] > kept[-1][-1]]
    return tuple(kept)
