"""The codebook of a release: what every column is, read from the synthetic rows a part at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from synth_core.partitions import groups
from synth_core.table import Column, Kind
from synth_core.writing import released_numbers

MOST_DISTINCT = 1_000_000  # more different values of a column are not counted
_SHOWN = 50


def codebook(release: Path, columns: Sequence[Column]) -> pd.DataFrame:
    """Return one row per column: name, kind, what made it, empty share, and its categories or range, all of them
    read from the synthetic rows."""
    rows = []
    for column in columns:
        tally = _Tally(column)
        for group in groups(release, [column.name]):
            tally.add(group.column(0).to_pandas())
        rows.append(
            {
                "column": column.name,
                "kind": column.kind.value,
                "role": column.role.value,
                "made_by": "regenerated, never learned" if column.regenerated else "learned",
                "personal_data": column.semantic or "",
                "stands_for_missing": column.missing_token or "",
                "empty_share": round(tally.empty / tally.rows, 4) if tally.rows else float("nan"),
                "distinct": tally.distinct,
                "values": tally.values,
            }
        )
    return pd.DataFrame(rows)


class _Tally:
    """What is known of a column after the parts so far."""

    def __init__(self, column: Column) -> None:
        self.column = column
        self.rows = self.empty = 0
        self.known: pd.Series | None = pd.Series(dtype=object)
        self.low: Any = None
        self.high: Any = None

    def add(self, values: pd.Series) -> None:
        """Take in the cells of one part."""
        self.rows += len(values)
        self.empty += _empty(values, self.column)
        present = values.dropna()
        if present.empty:
            return
        if self.known is not None:
            fresh = pd.Series(present.unique())
            self.known = fresh if self.known.empty else pd.concat([self.known, fresh]).drop_duplicates()
            if len(self.known) > MOST_DISTINCT:
                self.known = None
        if self.column.kind in (Kind.INTEGER, Kind.NUMBER):
            filled = released_numbers(present, self.column)
            present = pd.Series(filled[~np.isnan(filled)])
        if self.column.kind.numeric and len(present):
            low, high = present.min(), present.max()
            self.low = low if self.low is None else min(self.low, low)
            self.high = high if self.high is None else max(self.high, high)

    @property
    def distinct(self) -> int | str:
        """How many different values there are."""
        return f"more than {MOST_DISTINCT}" if self.known is None else len(self.known)

    @property
    def values(self) -> str:
        """The range of numbers and dates, the first categories of others; nothing of what was made anew."""
        if self.column.regenerated or (self.column.kind.numeric and self.low is None):
            return ""
        if self.column.kind in (Kind.INTEGER, Kind.NUMBER):
            return f"{self.low:.15g} to {self.high:.15g}"
        if self.column.kind.numeric:
            return f"{self.low} to {self.high}"
        if self.known is None:
            return ""
        levels = sorted(self.known.astype(str).unique())
        return ", ".join(levels[:_SHOWN]) + (f", and {len(levels) - _SHOWN} more" if len(levels) > _SHOWN else "")


def _empty(values: pd.Series, column: Column) -> int:
    """Return how many cells are null, or hold what stands for a missing cell."""
    if column.missing_token is None or not len(values):
        return int(values.isna().sum())
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return int(np.isnan(released_numbers(values, column)).sum())
    return int((values.isna() | (values.astype(str) == column.missing_token)).sum())
