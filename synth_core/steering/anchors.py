"""Values to prescribe: categories together, and one number, drawn from the real rows that keep what is asked.

A combination of categories is prescribed only where as many real rows have it as the codec's protection can ask for,
and a number passes through the codec: rare values and extremes stay protected, and a value between two real ones is
drawn, not one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.constraints.expressions import parse_condition
from synth_core.steering.quotas import Integers, Quotas
from synth_core.table import Table

LEAST = 7  # the largest number of rows that the codec may ask of a value before it shows it
_TRIES = 8


@dataclass(frozen=True)
class Anchors:
    """What is prescribed.

    Attributes
    ----------
    names
        Prescribed columns: categories, then at most one number.
    cells, rows, quota
        Combinations of the categories, the real rows of each, and the quota cell that each belongs to.
    codec
        Of the prescribed columns.
    starts, states, ranks
        For the number: coded real cells per combination (those from ``starts[i]`` to ``starts[i + 1]``), ascending.
    expressions
        Conditions on prescribed columns alone, which drawn values keep.
    """

    names: tuple[str, ...]
    cells: pd.DataFrame
    rows: Integers
    quota: Integers
    codec: Codec
    starts: Integers
    states: npt.NDArray[np.int32]
    ranks: npt.NDArray[np.float64]
    expressions: tuple[str, ...] = ()

    @classmethod
    def fit(
        cls, real: Table, names: Sequence[str], quotas: Quotas, expressions: Sequence[str], *, seed: int, whole: Table
    ) -> Anchors | None:
        """Return the anchors, or None where no combination has rows enough.

        Parameters
        ----------
        real, whole
            The learned rows that keep the conditions, and all of them: protection looks at the latter.
        names
            Columns to prescribe: any number of categories, at most one number or date.
        """
        categories = [name for name in names if not real.column(name).kind.numeric]
        numeric = [name for name in names if real.column(name).kind.numeric]
        codec = Codec.fit(whole.select(list(names)), seed=seed)
        least = least_rows(real, names)
        coded = codec.encode(real.frame)
        safe = np.ones(len(real), dtype=bool)
        shown = codec.decode(coded)
        for name in categories:  # a protected category would come back as another one
            told, was = shown[name], real.frame[name]
            safe &= ((told == was.to_numpy()) | (told.isna() & was.isna().to_numpy())).to_numpy(dtype=bool)
        frame = real.frame.loc[safe]
        where = quotas.cell_of(frame)
        frame, where = frame[where >= 0], where[where >= 0]
        if not len(frame):
            return None
        number = _numbered(frame, categories)
        if numeric and real.column(numeric[0]).protect:
            inside = frame.index.to_numpy()
            alone = _alone(codec, numeric[0], number, coded.states[numeric[0]][inside], coded.ranks[numeric[0]][inside])
            frame, where = frame[~alone], where[~alone]
            number = _numbered(frame, categories)
        if not len(frame):
            return None
        kept = np.flatnonzero(np.bincount(number)[number] >= least)
        if not len(kept):
            return None
        used, cell = np.unique(number[kept], return_inverse=True)
        first = kept[np.unique(cell, return_index=True)[1]]
        cells = frame.iloc[first][categories].reset_index(drop=True)
        size = len(used)
        places = frame.index.to_numpy()[kept]
        state, rank = np.zeros(len(kept), np.int32), np.full(len(kept), np.nan)
        if numeric:
            state, rank = coded.states[numeric[0]][places], coded.ranks[numeric[0]][places]
        order = np.lexsort((rank, state, cell))
        return cls(
            names=(*categories, *numeric),
            cells=cells,
            rows=np.bincount(cell, minlength=size),
            quota=where[first],
            codec=codec,
            starts=np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=size))]),
            states=state[order],
            ranks=rank[order],
            expressions=tuple(e for e in expressions if set(parse_condition(e).columns) <= set(names)),
        )

    @property
    def covered(self) -> Integers:
        """Quota cells for which values can be prescribed."""
        return np.unique(self.quota)

    def draw(self, need: Integers, rows: int, seed: int) -> pd.DataFrame:
        """Return ``rows`` rows of prescribed values, dealt to the quota cells in proportion to ``need``."""
        rng = np.random.default_rng(seed)
        within = np.bincount(self.quota, weights=self.rows, minlength=len(need))
        share = need[self.quota] * self.rows / np.maximum(within[self.quota], 1)
        if not share.sum():
            share = self.rows.astype(np.float64)
        chosen = rng.permutation(_dealt(share / share.sum(), rows, rng))
        frame = self._values(chosen, rng)
        for _ in range(_TRIES):  # a protected or rounded number may fall outside the condition
            outside = np.zeros(rows, dtype=bool)
            for text in self.expressions:
                outside |= ~parse_condition(text).holds(frame).to_numpy(dtype=bool)
            again = np.flatnonzero(outside)
            if not len(again):
                break
            new = self._values(chosen[again], rng)
            for name in self.names:
                column = frame[name].array.copy()
                column[again] = new[name].array
                frame[name] = pd.Series(column, index=frame.index)
        return frame

    def _values(self, chosen: Integers, rng: np.random.Generator) -> pd.DataFrame:
        frame = self.cells.iloc[chosen].reset_index(drop=True)
        numeric = [name for name in self.names if name not in self.cells.columns]
        if not numeric:
            return frame
        first, last = self.starts[chosen], self.starts[chosen + 1] - 1
        place = first + (rng.random(len(chosen)) * (last - first + 1)).astype(np.int64)
        # between two real cells of a kind; the value itself where many rows share it
        after, before = np.minimum(place + 1, last), np.maximum(place - 1, first)
        after = np.where(self.states[after] == self.states[place], after, place)
        place = np.where((after == place) & (self.states[before] == self.states[place]), before, place)
        state = self.states[place]
        rank = self.ranks[place] + rng.random(len(chosen)) * (self.ranks[after] - self.ranks[place])
        made = self.codec.decode(Encoded({numeric[0]: state}, {numeric[0]: rank}))
        frame[numeric[0]] = made[numeric[0]].array
        return frame


def _numbered(frame: pd.DataFrame, categories: list[str]) -> Integers:
    """Return which combination of these categories each row has, from 0."""
    if not categories:
        return np.zeros(len(frame), np.int64)
    return np.asarray(frame.groupby(categories, dropna=False, sort=True).ngroup(), dtype=np.int64)


def _alone(
    codec: Codec, name: str, number: Integers, states: npt.NDArray[np.int32], ranks: npt.NDArray[np.float64]
) -> npt.NDArray[np.bool_]:
    """Return the rows whose number has no other one in its combination to draw between: it would be told as it is."""
    free = (states == codec.states[name] - 1) & codec.continuous(name)
    different = pd.Series(np.where(free, ranks, np.nan)).groupby(number).transform("nunique").to_numpy()
    return np.asarray(free & (different < 2), dtype=np.bool_)


def least_rows(table: Table, names: Sequence[str]) -> int:
    """Return how many real rows a combination of these columns' values needs to be prescribed."""
    return LEAST if any(table.column(name).protect for name in names) else 1


def _dealt(shares: npt.NDArray[np.float64], rows: int, rng: np.random.Generator) -> Integers:
    """Return a cell for each row, its numbers as near the shares as whole rows can be (systematic sampling)."""
    ends = np.cumsum(shares)
    ends[-1] = 1.0
    return np.searchsorted(ends, (np.arange(rows) + rng.random()) / max(rows, 1), side="right")
