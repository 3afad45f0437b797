"""Membership by agreement: some released row shares more of a member's values than chance would put together.

An engine that learned its columns from single people repeats pieces of them, in rows that are nobody's as a whole.
Distances over all columns hardly see that; the largest weighted number of equal values does.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from synth_core.scores.compiled import compiled
from synth_core.scores.features import Coded, Coding
from synth_core.scores.leaves import THREADS
from synth_core.scores.statistics import Floats

LARGEST = 3.0  # weight of a value: -log of its share, and a value of one in twenty weighs as much as a rarer one
SCALE = 100.0  # weights are whole hundredths: sums of 16 bits are six times as quick as floats
MOST_COLUMNS = 100  # the columns that weigh most; more would not fit in 16 bits
BLOCK = 2_048

Shorts = npt.NDArray[np.int16]


class Shared(NamedTuple):
    """Per person, the largest weight of values shared with a released row, and with one of the shuffled release."""

    whole: Shorts
    shuffled: Shorts

    def __or__(self, other: Shared) -> Shared:
        """Return what is shared with either of two parts of a release."""
        return Shared(np.maximum(self.whole, other.whole), np.maximum(self.shuffled, other.shuffled))

    @property
    def score(self) -> Floats:
        """How much more a row shares than one whose columns have nothing to do with each other."""
        return (self.whole.astype(np.float64) - self.shuffled) / SCALE


@dataclass(frozen=True)
class Agreement:
    """People to look for: their values as numbers of ``known`` ones, and what it weighs to share each of them.

    Notes
    -----
    A value weighs minus the logarithm of its share among all real rows, members and others alike, up to ``LARGEST``.
    The same release with every column shuffled is the baseline that is taken off: that single values of members are
    in the release is what independent columns give away as well.
    """

    known: dict[str, npt.NDArray[Any]]
    values: Shorts
    weights: Shorts

    @classmethod
    def learn(
        cls, coding: Coding, real: Coded, holdout: Coded, members: npt.NDArray[np.intp], others: npt.NDArray[np.intp]
    ) -> Agreement:
        """Return the attack on these rows of ``real`` and of ``holdout``."""
        known, values, weights = {}, [], []
        for name in coding.names:
            sides = [_cells(side, name) for side in (real, holdout)]
            people = np.concatenate([sides[0][members], sides[1][others]])
            known[name], value = np.unique(people, return_inverse=True)
            place = _place(known[name], np.concatenate(sides))
            share = np.bincount(place[place >= 0], minlength=len(known[name])) / len(place)
            values.append(value)
            weights.append(np.minimum(-np.log(share), LARGEST)[value] * SCALE)
        kept = np.argsort([-float(weight.mean()) for weight in weights], kind="stable")[:MOST_COLUMNS]
        return cls(
            {coding.names[i]: known[coding.names[i]] for i in kept},
            np.stack([values[i] for i in kept], axis=1).astype(np.int16),
            np.stack([weights[i] for i in kept], axis=1).astype(np.int16),
        )

    @property
    def nothing(self) -> Shared:
        """What people share with no rows."""
        return Shared(np.zeros(len(self.values), dtype=np.int16), np.zeros(len(self.values), dtype=np.int16))

    def shared(self, made: Coded, rng: np.random.Generator, tell: Callable[[str], None] = lambda note: None) -> Shared:
        """Return what people share with the rows of ``made``; parts of a release are joined with ``|``."""
        rows = [_place(known, _cells(made, name)).astype(np.int16) for name, known in self.known.items()]
        tell("comparing values with every released row")
        whole = self._most(np.stack(rows))
        tell("comparing values with the release shuffled")
        return Shared(whole, self._most(np.stack([rng.permutation(row) for row in rows])))

    def _most(self, rows: Shorts) -> Shorts:
        most = compiled(_largest)
        parts = [part for part in np.array_split(np.arange(len(self.values)), THREADS) if len(part)]
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(lambda part: most(self.values[part], self.weights[part], rows), parts))
        return np.concatenate(found)


def _cells(coded: Coded, name: str) -> npt.NDArray[Any]:
    """The values of a column, missing ones as infinite; compared to six decimals, like whole rows."""
    if name in coded.codes:
        return coded.codes[name]
    values = np.round(coded.numeric[name], 6)
    return np.where(np.isnan(values), np.inf, values)


def _place(known: npt.NDArray[Any], cells: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """The place of each cell among the sorted known values; -1 for another value."""
    place = np.minimum(np.searchsorted(known, cells), len(known) - 1)
    return np.where(known[place] == cells, place, -1)


def _largest(values: Shorts, weights: Shorts, rows: Shorts) -> Shorts:
    """Largest sum of weights over the columns in which a row equals each person; compiled."""
    found = np.zeros(len(values), np.int16)
    total = np.empty(BLOCK, np.int16)
    for start in range(0, rows.shape[1], BLOCK):
        size = min(BLOCK, rows.shape[1] - start)
        for person in range(len(values)):
            total[:] = 0
            for column in range(len(rows)):
                value, weight = values[person, column], weights[person, column]
                block = rows[column, start : start + size]
                for i in range(size):
                    total[i] = np.int16(total[i] + (weight if block[i] == value else np.int16(0)))
            best = found[person]
            for i in range(size):
                best = max(best, total[i])
            found[person] = best
    return found
