"""Which columns are empty together."""

from __future__ import annotations

from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from synth_core.table import Table

RARE_ROWS = 5
MAX_PATTERNS = 20
MAX_COLUMNS = 40
WEAKEST = 0.05  # correlation of two columns' gaps that is worth a line
SPREADS = 4.0  # standard errors of that correlation (1 / root of the rows) that chance does not reach


class EmptyPattern(BaseModel):
    """Rows that lack the same columns; ``empty`` names them ([]: rows without a gap)."""

    model_config = ConfigDict(frozen=True)

    empty: list[str]
    rows: int
    share: float


class EmptyPair(NamedTuple):
    """Two columns, and the share of the rows lacking either that lack both: as found, and as independence gives."""

    one: str
    other: str
    together: float
    expected: float


class Emptiness(BaseModel):
    """How the empty cells of a table lie.

    Attributes
    ----------
    columns, missing
        Columns with an empty cell, the emptiest first, and the rows that lack them. At most 40 are looked at together;
        ``left_out`` more have gaps.
    patterns
        The most frequent patterns; ``other_rows`` rows have others, and none of fewer than five rows is told.
    together
        For each pair of ``columns``: rows that lack both, over rows that lack either (Jaccard, 0..1).
    phi
        For each pair of ``columns``: the correlation of their gaps; 0 where the one says nothing about the other.
    """

    model_config = ConfigDict(frozen=True)

    rows: int
    complete_rows: int = 0
    columns: list[str] = Field(default_factory=list)
    missing: list[int] = Field(default_factory=list)
    left_out: int = 0
    patterns: list[EmptyPattern] = Field(default_factory=list)
    other_rows: int = 0
    together: list[list[float]] = Field(default_factory=list)
    phi: list[list[float]] = Field(default_factory=list)

    @property
    def pairs(self) -> list[EmptyPair]:
        """The pairs that are empty together clearly more often than independent columns would, the strongest first."""
        order = [
            (self.phi[i][j], i, j)
            for i, j in combinations(range(len(self.columns)), 2)
            if self.phi[i][j] >= max(WEAKEST, SPREADS / self.rows**0.5)
        ]
        return [
            EmptyPair(self.columns[i], self.columns[j], self.together[i][j], self._expected(i, j))
            for _, i, j in sorted(order, key=lambda one: -one[0])
        ]

    def _expected(self, i: int, j: int) -> float:
        """Return ``together`` of two columns whose gaps know nothing of each other."""
        both = self.missing[i] * self.missing[j] / self.rows
        return both / (self.missing[i] + self.missing[j] - both)


def emptiness(table: Table) -> Emptiness:
    """Return which columns have empty cells, in which combinations, and how often two are empty together."""
    gaps = {name: table.frame[name].isna().to_numpy() for name in table.names}
    sizes = {name: int(gap.sum()) for name, gap in gaps.items() if gap.any()}
    if not sizes:
        return Emptiness(rows=len(table), complete_rows=len(table))
    names = sorted(sizes, key=lambda name: -sizes[name])
    complete = int((~np.logical_or.reduce([gaps[name] for name in names])).sum())
    shown = names[:MAX_COLUMNS]
    masks = np.column_stack([gaps[name] for name in shown])
    patterns, other = _patterns(masks, shown)
    together, phi = _together(masks)
    return Emptiness(
        rows=len(table),
        complete_rows=complete,
        columns=shown,
        missing=[sizes[name] for name in shown],
        left_out=len(names) - len(shown),
        patterns=patterns,
        other_rows=other,
        together=together.round(4).tolist(),
        phi=phi.round(4).tolist(),
    )


def _patterns(masks: npt.NDArray[np.bool_], names: list[str]) -> tuple[list[EmptyPattern], int]:
    """Return the frequent patterns of gaps, and the rows of all others."""
    keys = masks @ (np.uint64(1) << np.arange(masks.shape[1], dtype=np.uint64))
    _, first, counts = np.unique(keys, return_index=True, return_counts=True)
    order = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i] >= RARE_ROWS][:MAX_PATTERNS]
    found = [
        EmptyPattern(
            empty=[name for name, gap in zip(names, masks[first[i]], strict=True) if gap],
            rows=int(counts[i]),
            share=float(counts[i] / len(masks)),
        )
        for i in order
    ]
    return found, len(masks) - sum(pattern.rows for pattern in found)


def _together(masks: npt.NDArray[np.bool_]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return, for each two columns, how often they are empty together (Jaccard) and the correlation of their gaps."""
    counted = masks.astype(np.float32)
    both = (counted.T @ counted).astype(np.float64)
    sizes = np.diag(both)
    jaccard = both / np.maximum(sizes[:, None] + sizes[None, :] - both, 1.0)
    spread = np.sqrt(sizes * (len(masks) - sizes))
    spread[spread == 0] = np.inf  # empty in every row
    return jaccard, (len(masks) * both - np.outer(sizes, sizes)) / np.outer(spread, spread)
