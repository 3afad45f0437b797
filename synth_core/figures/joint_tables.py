"""Two or three columns of the real and of the synthetic table, counted in the same cells.

Everything is binned: a number in bins learned from the real rows, a category in its frequent levels. Real cells of one
to four rows are masked.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.figures.axes import RARE_ROWS
from synth_core.figures.pairs import fine_edges, quantiles
from synth_core.profile.levels import OTHERS, Codes, Leveling, leveling
from synth_core.table import Column, Kind, numbers

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
BINS, LEVELS, COARSE, PANELS, BOXES = (8, 30), 12, 6, 4, 12
CELL_ROWS = 20  # rows per cell of two numbers, were they spread evenly
LEAST = 2 * RARE_ROWS
FIVE = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Axis:
    """A column on an axis: ``labels`` of its levels, or the ``edges`` of its bins (dates in seconds since 1970)."""

    name: str
    labels: list[str]
    edges: Floats
    dates: bool = False

    @property
    def size(self) -> int:
        """Cells along the axis."""
        return len(self.labels) or len(self.edges) - 1


@dataclass(frozen=True)
class Joint:
    """Two columns together: shares (0..1), shape (y, x), of the rows that have both values.

    ``few``: cells of one to four real rows, whose share is that of two and a half. ``outside``: share of the real and
    of the synthetic rows with both values that lie beyond the axes. ``fair``: how far equally many synthetic and
    held-out real rows are from the real ones, in % over the same cells; None without held-out rows.
    """

    x: Axis
    y: Axis
    real: Floats
    synthetic: Floats
    few: Mask
    rows: tuple[int, int]
    outside: tuple[float, float]
    fair: tuple[float, float] | None = None

    @property
    def distance(self) -> float:
        """Total variation distance of the two over these cells, in %; fine cells differ by chance alone."""
        return distance(self.real, self.synthetic)


@dataclass(frozen=True)
class Boxes:
    """A number per category: five quantiles (5, 25, 50, 75, 95 %) a side; NaN where a side has under ten rows.

    ``upright``: the number stands on the upright axis.
    """

    number: str
    category: str
    dates: bool
    labels: list[str]
    real: Floats
    synthetic: Floats
    rows: list[tuple[int, int]]
    upright: bool


@dataclass(frozen=True)
class Panel:
    """Two columns within one state of a third: shares of the rows in that state, as in :class:`Joint`."""

    label: str
    real: Floats
    synthetic: Floats
    few: Mask
    rows: tuple[int, int]


@dataclass(frozen=True)
class Split:
    """Two columns, once per frequent state of a third."""

    x: Axis
    y: Axis
    by: str
    panels: list[Panel]


@dataclass(frozen=True)
class Rates:
    """A third column by two others: its mean, or the share of one of its values (``level``) where that is set.

    NaN where a side has fewer than five rows.
    """

    x: Axis
    y: Axis
    of: str
    level: str
    real: Floats
    synthetic: Floats


def distance(one: Floats, other: Floats) -> float:
    """Return the total variation distance of two tables of counts or shares (of one shape), in %."""
    return 50 * float(np.abs(one / max(one.sum(), 1e-12) - other / max(other.sum(), 1e-12)).sum())


def joint(
    real: pd.DataFrame, made: pd.DataFrame, x: Column, y: Column, held: pd.DataFrame | None = None
) -> Joint | Boxes | None:
    """Return two columns together: cells of fine bins or of categories, boxes where one is a number.

    None where fewer than ten real or synthetic rows have both values. ``held``: real rows that were not learned from.
    """
    sides = [_both(frame, x, y) for frame in (real, made, *([] if held is None else [held]))]
    if min(map(len, sides[:2])) < LEAST:
        return None
    if x.kind.numeric != y.kind.numeric:
        return _boxes(sides[0], sides[1], x, y)
    if x.kind.numeric:
        bins = int(np.clip(np.sqrt(min(map(len, sides[:2])) / CELL_ROWS), *BINS))  # finer ones would show noise
        axes = [
            Axis(c.name, [], fine_edges(numbers(sides[0][c.name]), c, bins), c.kind is Kind.DATETIME) for c in (x, y)
        ]
        places = [[_bins(side[axis.name], axis.edges) for axis in axes] for side in sides]
    else:
        known = [leveling(sides[0][c.name], c, LEVELS) for c in (x, y)]
        axes = [_axis(level) for level in known]
        places = [[_levels(level, side) for level in known] for side in sides]
    counts = [_count(across, up, axes[1].size, axes[0].size) for across, up in places]
    rows = (len(sides[0]), len(sides[1]))
    shares, few = _shares(counts[0], counts[1], rows)
    outside = (float(1 - counts[0].sum() / rows[0]), float(1 - counts[1].sum() / rows[1]))
    fair = None if held is None else _fair(counts[0], places[1], places[2], axes)
    return Joint(axes[0], axes[1], shares[0], shares[1], few, rows, outside, fair)


def _fair(real: Floats, made: list[Codes], held: list[Codes], axes: list[Axis]) -> tuple[float, float] | None:
    """Return the distances of equally many synthetic and held-out rows from the real ones."""
    rows, chance = min(len(made[0]), len(held[0])), np.random.default_rng(0)
    if rows < LEAST:
        return None
    found = []
    for across, up in (made, held):
        drawn = chance.choice(len(across), rows, replace=False)
        found.append(distance(real, _count(across[drawn], up[drawn], axes[1].size, axes[0].size)))
    return found[0], found[1]


def split(real: pd.DataFrame, made: pd.DataFrame, x: Column, y: Column, by: Column) -> Split | None:
    """Return two columns in coarse cells, once per frequent state of a third; None where no state has ten rows."""
    sides = [_both(frame, x, y, by) for frame in (real, made)]
    if min(map(len, sides)) < LEAST:
        return None
    known = [leveling(sides[0][c.name], c, most) for c, most in ((x, COARSE), (y, COARSE), (by, PANELS))]
    places = [[_levels(level, side) for level in known] for side in sides]
    axes = [_axis(level) for level in known[:2]]
    panels = []
    for state, label in enumerate(known[2].labels):
        inside = [place[2] == state for place in places]
        rows = (int(inside[0].sum()), int(inside[1].sum()))
        if rows[0] < LEAST:
            continue
        counts = [
            _count(place[0][there], place[1][there], axes[1].size, axes[0].size)
            for place, there in zip(places, inside, strict=True)
        ]
        shares, few = _shares(counts[0], counts[1], rows)
        panels.append(Panel(label, shares[0], shares[1], few, rows))
    return Split(axes[0], axes[1], by.name, panels) if panels else None


def rates(real: pd.DataFrame, made: pd.DataFrame, x: Column, y: Column, of: Column, level: str = "") -> Rates | None:
    """Return the mean of a number, or the share of the category ``level``, by two other columns in coarse cells."""
    sides = [_both(frame, x, y, of) for frame in (real, made)]
    if min(map(len, sides)) < LEAST:
        return None
    known = [leveling(sides[0][c.name], c, COARSE) for c in (x, y)]
    axes = [_axis(one) for one in known]
    found = []
    for side in sides:
        across, up = (_levels(one, side) for one in known)
        value = (side[of.name].astype(str) == level).to_numpy(float) if level else numbers(side[of.name])
        rows = _count(across, up, axes[1].size, axes[0].size)
        total = _count(across, up, axes[1].size, axes[0].size, value)
        found.append(np.divide(total, rows, out=np.full(rows.shape, np.nan), where=rows >= RARE_ROWS))
    return Rates(axes[0], axes[1], of.name, level, found[0], found[1])


def rate_levels(real: pd.DataFrame, of: Column) -> list[str]:
    """Return the values of a category whose share can be shown, the rarest of two first; none for a number."""
    if of.kind.numeric:
        return []
    labels = [label for label in leveling(real[of.name], of, LEVELS).labels if label != OTHERS]
    return labels[::-1] if len(labels) == 2 else labels


def _both(frame: pd.DataFrame, *columns: Column) -> pd.DataFrame:
    return frame[[column.name for column in columns]].dropna()


def _axis(level: Leveling) -> Axis:
    return Axis(level.name, level.labels, np.zeros(0))


def _levels(level: Leveling, side: pd.DataFrame) -> Codes:
    """Return the place of each cell on its axis, -1 beyond."""
    return np.maximum(level.codes(side[level.name]), 0) - 1


def _bins(values: pd.Series, edges: Floats) -> Codes:
    found = numbers(values)
    place = np.searchsorted(edges, found, "right") - 1
    place = np.where(found == edges[-1], len(edges) - 2, place)
    return np.where((place < 0) | (place >= len(edges) - 1), -1, place).astype(np.int64)


def _count(across: Codes, up: Codes, high: int, wide: int, weights: Floats | None = None) -> Floats:
    there = (across >= 0) & (up >= 0)
    cells = up[there] * wide + across[there]
    counted: Any = np.bincount(cells, None if weights is None else weights[there], minlength=high * wide)
    return np.asarray(counted.reshape(high, wide), dtype=np.float64)


def _shares(real: Floats, made: Floats, rows: tuple[int, int]) -> tuple[tuple[Floats, Floats], Mask]:
    few = (real > 0) & (real < RARE_ROWS)
    shown = np.where(few, RARE_ROWS / 2, real) / max(rows[0], 1)
    return (shown, made / max(rows[1], 1)), few


def _boxes(real: pd.DataFrame, made: pd.DataFrame, x: Column, y: Column) -> Boxes | None:
    number, category = (x, y) if x.kind.numeric else (y, x)
    level = leveling(real[category.name], category, BOXES)
    labels, rows = [], []
    found: list[list[list[float]]] = [[], []]
    places, values = [_levels(level, side) for side in (real, made)], [numbers(s[number.name]) for s in (real, made)]
    for state, label in enumerate(level.labels):
        inside = [value[place == state] for value, place in zip(values, places, strict=True)]
        if len(inside[0]) < LEAST:
            continue
        labels.append(label)
        rows.append((len(inside[0]), len(inside[1])))
        found[0].append(quantiles(inside[0], FIVE, number).tolist())
        few = len(inside[1]) < LEAST
        found[1].append([float("nan")] * len(FIVE) if few else np.quantile(inside[1], FIVE).tolist())
    if not labels:
        return None
    dates = number.kind is Kind.DATETIME
    sides = [np.asarray(side, dtype=np.float64) for side in found]
    return Boxes(number.name, category.name, dates, labels, sides[0], sides[1], rows, upright=number is y)
