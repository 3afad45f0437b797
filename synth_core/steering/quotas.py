"""Target shares of combinations of categories, dealt to the parts of a release to the row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import InfeasibleError, InputError
from synth_core.table import Table, did_you_mean

Integers = npt.NDArray[np.int64]
_AT_ONCE = 1_000_000


@dataclass(frozen=True)
class Quotas:
    """Target shares of the combinations of up to two columns' categories.

    ``cells`` has one row per combination (columns as in the table), ``shares`` its target share (sum 1). ``shift`` is
    what the first part makes more or less of each, so that the whole release has the shares to the row. Without columns
    there is one cell, which every row is in.
    """

    columns: tuple[str, ...]
    cells: pd.DataFrame
    shares: npt.NDArray[np.float64]
    shift: Integers | None = None

    @classmethod
    def fit(
        cls, train: Table, shares: Mapping[str, Mapping[str, float]], *, rows: int = 0, least: int = 1
    ) -> Quotas | None:
        """Return the quotas, or None when no shares are asked for.

        With two columns the real joint distribution is fitted to both margins by iterative proportional fitting
        (Deming and Stephan, 1940). Categories that are not named keep their proportions among the rest.

        Parameters
        ----------
        rows
            Rows of the whole release; 0: not known, and shares hold to a few rows.
        least
            Combinations of fewer real rows than this are not asked for.
        """
        if not shares:
            return None
        if len(shares) > 2:
            raise InputError(f"Shares are set on {len(shares)} columns; at most two can be steered together.")
        margins = {name: full_margin(train, name, wanted) for name, wanted in shares.items()}
        names = tuple(margins)
        counts = train.frame.groupby(list(names), dropna=True, observed=True).size().reset_index(name="rows")
        counts = counts[counts["rows"] >= least].reset_index(drop=True)
        weight = counts["rows"].to_numpy(dtype=np.float64)
        weight /= max(weight.sum(), 1)
        for _ in range(200):
            for name in names:
                now = pd.Series(weight).groupby(counts[name].to_numpy()).transform("sum").to_numpy()
                wanted = counts[name].map(margins[name]).to_numpy(dtype=np.float64)
                weight = weight * np.divide(wanted, now, out=np.zeros_like(now), where=now > 0)
        for name in names:
            reached = pd.Series(weight).groupby(counts[name].to_numpy()).sum()
            for category, share in margins[name].items():
                if abs(float(reached.get(category, 0.0)) - share) > 0.005:
                    raise InfeasibleError(
                        f"The shares asked of {' and '.join(repr(n) for n in names)} cannot hold together: the "
                        f"real rows lack the combinations for {name} = {category}. Change one of them."
                    )
        found = cls(names, counts[list(names)], weight / weight.sum())
        return found.exact(rows) if rows else found

    @classmethod
    def without_columns(cls) -> Quotas:
        """Return the quotas of a release that has conditions alone: one cell, which every row is in."""
        return cls((), pd.DataFrame(index=[0]), np.ones(1))

    def exact(self, rows: int) -> Quotas:
        """Return quotas that a release of so many rows has to the row (largest remainders)."""
        wanted = self.shares * rows
        counts = np.floor(wanted + 1e-9).astype(np.int64)
        counts[np.argsort(counts - wanted, kind="stable")[: rows - int(counts.sum())]] += 1
        dealt = np.zeros(len(counts), dtype=np.int64)
        for first in range(0, rows, _AT_ONCE):
            dealt += self._dealt(first, min(_AT_ONCE, rows - first))
        return Quotas(self.columns, self.cells, self.shares, counts - dealt)

    def counts(self, first_row: int, rows: int) -> Integers:
        """Return rows per cell in the part that starts at ``first_row``; parts add up to the shares, to the row."""
        dealt = self._dealt(first_row, rows)
        if first_row or self.shift is None:
            return dealt
        moved = np.maximum(dealt + self.shift, 0)
        return moved if int(moved.sum()) == rows else dealt

    def _dealt(self, first_row: int, rows: int) -> Integers:
        cumulative = np.concatenate([[0.0], np.cumsum(self.shares)])
        cumulative[-1] = 1.0
        # Rows are dealt to cells by the golden-ratio sequence: even over any stretch of rows, for any chunking.
        position = (np.arange(first_row, first_row + rows) * 0.6180339887498949) % 1.0
        return np.bincount(np.searchsorted(cumulative, position, side="right") - 1, minlength=len(self.shares))

    def cell_of(self, frame: pd.DataFrame) -> Integers:
        """Return the cell of each row, -1 for rows that are in none."""
        if not self.columns:
            return np.zeros(len(frame), dtype=np.int64)
        lookup = pd.MultiIndex.from_frame(self.cells)
        found = lookup.get_indexer(pd.MultiIndex.from_frame(frame[list(self.columns)]))
        return np.asarray(found, dtype=np.int64)

    def words(self, cell: int) -> str:
        """Return a cell in words; "" where there are no columns."""
        return " and ".join(f"{name} = {self.cells.iloc[cell][name]}" for name in self.columns)


def full_margin(train: Table, name: str, wanted: Mapping[str, float]) -> dict[str, float]:
    """Return the target share of every category of a column: wanted ones, and the others in their proportions."""
    column = train.column(name)
    if not column.kind.categorical or not column.learned:
        raise InputError(
            f"Shares are set on categories; column '{name}' is read as {column.kind.in_words}. Choose another column."
        )
    real = train.frame[name].value_counts(normalize=True)
    for category, share in wanted.items():
        if category not in real.index and share > 0:
            hint = did_you_mean(category, [str(level) for level in real.index]).replace("columns", "categories")
            raise InputError(f"Column '{name}' has no category '{category}'.{hint}")
        if not 0 <= share <= 1:
            raise InputError(f"The share of {name} = {category} must be between 0 and 1, not {share:g}.")
    total = sum(wanted.values())
    rest = real.drop([level for level in wanted if level in real.index])
    if total > 1 + 1e-6 or (rest.empty and abs(total - 1) > 1e-6):
        raise InputError(f"The shares of '{name}' add up to {total:g}; they must add up to 1.")
    others = rest / rest.sum() * max(0.0, 1 - total) if len(rest) else rest
    return {**dict(wanted), **{str(category): float(share) for category, share in others.items()}}
