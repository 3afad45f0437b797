"""How numbers and dates become states and ranks: see ``codec``, which is what engines use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec_columns import Floats, Integers, People, States, outermost, people_with, threshold
from synth_core.table import Column, Kind

ATOM_ROWS, ATOM_SHARE = 20, 0.003
FEW_VALUES, FEW_ROWS = 40, 10  # a number with so few values, so many rows each, is all atoms
_DATE_UNITS = (86_400_000_000, 3_600_000_000, 60_000_000, 1_000_000, 1_000, 1)  # microseconds, coarse to fine
_MOST_DECIMALS = 10
_STAND_INS = 1_000


@dataclass(frozen=True)
class Grid:
    """The lattice a number lies on: ``(offset + step * i) / 10 ** decimals``; step 0 is no lattice."""

    decimals: int
    step: float
    offset: float

    @classmethod
    def of(cls, values: Floats) -> Self:
        """Return the coarsest lattice that holds every value exactly, but for a few that are zero plus rounding noise.

        (Spreadsheets leave 1.11e-16 where a difference is zero; such a cell must not give all others 16 decimals.)
        """
        noise = (values != 0) & (np.abs(values) < 1e-12 * np.abs(values).max(initial=0.0))
        if 0 < noise.sum() <= 0.01 * len(values):
            values = values[~noise]
        for decimals in range(_MOST_DECIMALS + 1):
            scaled = values * 10.0**decimals
            whole = np.rint(scaled)
            if np.abs(whole).max(initial=0.0) >= 2.0**53:
                break
            if np.array_equal(whole / 10.0**decimals, values):
                integers = whole.astype(np.int64)
                first = integers[:1].sum()  # 0 where there is no value
                step = int(np.gcd.reduce(integers - first)) or 1
                grid = cls(decimals, float(step), float(first % step))
                # a step beyond 2 ** 53 is no float: every whole number then
                return grid if np.array_equal(grid.snap(values), values) else cls(decimals, 1.0, 0.0)
        return cls(0, 0.0, 0.0)

    def snap(self, values: Floats) -> Floats:
        """Return the nearest points of the lattice."""
        if self.step == 0:
            return values
        scale = 10.0**self.decimals
        whole = np.rint((values * scale - self.offset) / self.step) * self.step + self.offset
        return np.asarray(whole / scale, dtype=np.float64)


@dataclass(frozen=True)
class NumberCodec:
    """Atoms and a continuous rest of a number or date.

    Attributes
    ----------
    unit
        Microseconds that one unit of the stored numbers stands for (dates); 0 for numbers.
    low, high
        Range that is reachable.
    below, above
        Values inside the range that values beyond its ends stand for, in turn.
    atoms, rest
        Ascending distinct values of the discrete and of the continuous states.
    centres
        Rank of each value in ``rest``.
    atom_positions, rest_positions
        Mid-ranks among all train values.
    knots, heights
        Piecewise linear inverse distribution of the rest.
    """

    column: Column
    unit: int
    missing: bool
    low: float
    high: float
    below: Floats
    above: Floats
    grid: Grid
    atoms: Floats
    rest: Floats
    centres: Floats
    atom_positions: Floats
    rest_positions: Floats
    knots: Floats
    heights: Floats
    counts: Integers

    @property
    def continuous(self) -> bool:
        """Whether some values are not atoms."""
        return len(self.rest) > 0

    @property
    def states(self) -> int:
        """Missing, the atoms, and the continuous state if there is one."""
        return 1 + len(self.atoms) + self.continuous

    @classmethod
    def fit(cls, values: pd.Series, column: Column, rng: np.random.Generator, people: People | None = None) -> Self:
        """Return the codec of these cells."""
        unit = _date_unit(values) if column.kind is Kind.DATETIME else 0
        cells = _as_numbers(values, unit)
        k = threshold(rng) if column.protect else 1
        filled = ~np.isnan(cells)
        present = cells[filled]
        whom = None if people is None else people[filled]
        grid = Grid.of(present)
        low, high = _reach(present, k, whom)
        below, above = _stand_ins(present, low, k), -_stand_ins(-present, -high, k)[::-1]
        within = _moved_in(present, low, high, below, above)
        distinct, rows = np.unique(within, return_counts=True)
        inside = (present >= low) & (present <= high)
        about = rows if whom is None else people_with(pd.Series(present[inside]), whom[inside]).to_numpy()
        few = len(distinct) <= FEW_VALUES and len(present) >= FEW_ROWS * len(distinct)
        if few and (about >= k).any():
            atoms = distinct[about >= k]
            nearest = np.abs(within[:, None] - atoms[None, :]).argmin(axis=1)
            distinct, rows = np.unique(atoms[nearest], return_counts=True)
            is_atom = np.ones(len(atoms), dtype=bool)
            about = rows
        else:
            is_atom = (rows >= max(ATOM_ROWS, ATOM_SHARE * len(cells))) & (about >= k)
        middles = (np.cumsum(rows) - rows / 2) / max(rows.sum(), 1)
        rest, own = distinct[~is_atom], rows[~is_atom]
        spread = about[~is_atom] < k if column.protect else own == 1
        centres, knots, heights = _inverse(rest, own, spread)
        counts = [len(cells) - len(present), *rows[is_atom], *([own.sum()] if len(rest) else [])]
        return cls(
            column=column,
            unit=unit,
            missing=len(present) < len(cells),
            low=low,
            high=high,
            below=below,
            above=above,
            grid=grid,
            atoms=distinct[is_atom],
            rest=rest,
            centres=centres,
            atom_positions=middles[is_atom],
            rest_positions=middles[~is_atom],
            knots=knots,
            heights=heights,
            counts=np.array(counts, dtype=np.int64),
        )

    def encode(self, values: pd.Series) -> tuple[States, Floats]:
        """Return states and ranks of the cells; numbers out of reach become the nearest end, or values inside it."""
        cells = _moved_in(_as_numbers(values, self.unit), self.low, self.high, self.below, self.above)
        states = np.zeros(len(cells), dtype=np.int32)
        ranks = np.full(len(cells), np.nan)
        present = ~np.isnan(cells)
        if len(self.atoms):
            right = np.searchsorted(self.atoms, cells).clip(0, len(self.atoms) - 1)
            left = (right - 1).clip(0)
            nearest = np.where(np.abs(self.atoms[left] - cells) <= np.abs(self.atoms[right] - cells), left, right)
            chosen = present if not self.continuous else present & (self.atoms[nearest] == cells)
            states[chosen] = nearest[chosen] + 1
        if self.continuous:
            between = present & (states == 0)
            states[between] = self.states - 1
            ranks[between] = self._ranks(cells[between])
        return states, ranks

    def _ranks(self, cells: Floats) -> Floats:
        """Return the ranks of cells between the atoms; those that share a value to be spread, next to each other."""
        ranks = np.asarray(np.interp(cells, self.rest, self.centres), dtype=np.float64)
        place = np.searchsorted(self.rest, cells).clip(0, len(self.rest) - 1)
        start, end = self.knots[::3], self.knots[2::3]
        rows = np.rint((end - start) * self.counts[-1])
        spread = (rows > 1) & (self.heights[::3] < self.heights[2::3])
        shared = np.flatnonzero(spread[place] & (self.rest[place] == cells))
        place = place[shared]
        share = (_occurrence(place) % rows[place] + 0.5) / rows[place]
        ranks[shared] = start[place] + share * (end - start)[place]
        return ranks

    def decode(self, states: States, ranks: Floats) -> pd.Series:
        """Return the numbers or dates; :data:`pandas.NA`, NaN or NaT where missing."""
        values = np.array([np.nan, *self.atoms, *([np.nan] if self.continuous else [])])[states]
        if self.continuous:
            between = np.flatnonzero(states == self.states - 1)
            inside = np.where(np.isnan(ranks[between]), 0.5, ranks[between])
            made = self.grid.snap(np.interp(inside, self.knots, self.heights))
            values[between] = np.clip(made, self.low, self.high)
        return self._cells(values)

    def positions(self, states: States, ranks: Floats) -> Floats:
        """Return mid-ranks among all train values, NaN where missing."""
        found = np.array([np.nan, *self.atom_positions, *([np.nan] if self.continuous else [])])[states]
        if self.continuous:
            between = np.flatnonzero(states == self.states - 1)
            found[between] = np.interp(ranks[between], self.centres, self.rest_positions)
        return np.asarray(found, dtype=np.float64)

    def _cells(self, values: Floats) -> pd.Series:
        gone = np.isnan(values)
        if self.column.kind is Kind.NUMBER:
            return pd.Series(values, dtype="float64")
        whole = np.where(gone, 0.0, values).astype(np.int64)
        if self.column.kind is Kind.DATETIME:
            dates = (whole * (self.unit * 1000)).astype("datetime64[ns]")
            dates[gone] = np.datetime64("NaT")
            return pd.Series(dates)
        if self.missing or gone.any():
            return pd.Series(pd.arrays.IntegerArray(whole, gone))
        return pd.Series(whole, dtype="int64")

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what ``restore`` needs."""
        plain = {
            "unit": self.unit,
            "missing": self.missing,
            "grid": [self.grid.decimals, self.grid.step, self.grid.offset],
        }
        arrays = {name: getattr(self, name) for name in _NUMBER_ARRAYS}
        return plain, arrays | {"reach": np.array([self.low, self.high])}

    @classmethod
    def restore(cls, column: Column, plain: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the codec that ``dump`` described."""
        low, high = arrays["reach"].tolist()
        ends = {"below": np.array([low]), "above": np.array([high])}  # of models that were kept before they had these
        kept = {name: arrays[name] if name in arrays else ends[name] for name in _NUMBER_ARRAYS}
        return cls(
            column=column,
            unit=plain["unit"],
            missing=plain["missing"],
            low=low,
            high=high,
            grid=Grid(*plain["grid"]),
            **kept,
        )


_NUMBER_ARRAYS = (
    "below",
    "above",
    "atoms",
    "rest",
    "centres",
    "atom_positions",
    "rest_positions",
    "knots",
    "heights",
    "counts",
)


def _as_numbers(values: pd.Series, unit: int) -> Floats:
    """Return cells as float64, NaN where missing or infinite; dates in ``unit`` microseconds since 1970."""
    if unit:
        stamps = values.to_numpy(dtype="datetime64[ns]")
        whole = stamps.astype(np.int64) // 1000
        return np.where(np.isnat(stamps), np.nan, whole / unit)
    cells = np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    return np.where(np.isfinite(cells), cells + 0.0, np.nan)  # + 0.0: no negative zero


def _date_unit(values: pd.Series) -> int:
    """Return the coarsest unit, in microseconds, that holds every date exactly."""
    whole = values.dropna().to_numpy(dtype="datetime64[ns]").astype(np.int64) // 1000
    return next(unit for unit in _DATE_UNITS if not (whole % unit).any())


def _occurrence(values: npt.NDArray[np.intp]) -> npt.NDArray[np.int64]:
    """Return how many equal values stand before each."""
    order = np.argsort(values, kind="stable")
    ordered = values[order]
    place = np.arange(len(values))
    new = np.r_[True, ordered[1:] != ordered[:-1]][: len(values)]
    found = np.empty(len(values), dtype=np.int64)
    found[order] = place - np.maximum.accumulate(np.where(new, place, 0))
    return found


def _reach(values: Floats, k: int, people: People | None) -> tuple[float, float]:
    """Return the smallest and largest value that k people, or rows, reach; near the median where there are few."""
    if not len(values):
        return -np.inf, np.inf
    least, most = outermost(values, people)
    k = min(k, (len(least) + 1) // 2)
    return float(np.partition(least, k - 1)[k - 1]), float(np.partition(most, -k)[-k])


def _stand_ins(values: Floats, low: float, k: int) -> Floats:
    """Return what values below ``low`` stand for: ``low``; the rows next to it where k rows and more lie below.

    One person can have many rows beyond everybody else's. At the end itself they would be a heap that no table has.
    """
    beyond = int((values < low).sum())
    if beyond < k:
        return np.array([low])
    next_to = np.sort(values)[beyond : 2 * beyond]
    return np.asarray(next_to[:: len(next_to) // _STAND_INS + 1], dtype=np.float64)


def _moved_in(values: Floats, low: float, high: float, below: Floats, above: Floats) -> Floats:
    """Return the values, those beyond the ends replaced by their stand-ins in turn."""
    moved = np.clip(values, low, high)
    for beyond, others in ((values < low, below), (values > high, above)):
        moved[beyond] = np.resize(others, int(beyond.sum()))
    return np.clip(moved, low, high)


def _inverse(values: Floats, rows: Integers, spread: npt.NDArray[np.bool_]) -> tuple[Floats, Floats, Floats]:
    """Return ``(centres, knots, heights)``: the rank of each value, and the inverse distribution between them.

    A value is a flat piece; one to be ``spread`` is a slope from half-way to its left neighbour to half-way to its
    right one, through the value at its centre.
    """
    total = max(rows.sum(), 1)
    after = np.cumsum(rows)
    centres = (after - rows / 2) / total
    half = (values[1:] + values[:-1]) / 2
    left = np.where(spread, np.concatenate([values[:1], half]), values)
    right = np.where(spread, np.concatenate([half, values[-1:]]), values)
    knots = np.column_stack([(after - rows) / total, centres, after / total]).ravel()
    heights = np.column_stack([left, values, right]).ravel()
    return centres, knots, heights
