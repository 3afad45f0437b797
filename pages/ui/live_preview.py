"""Two small pictures of the first synthetic rows beside the real ones, while a run goes on."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synth_core.scores.results import ColumnLikeness
from synth_core.table import Column, Kind, Table, numbers
from synth_core.writing import released_numbers

BINS = 24
TOP = 8
RARE = 5
ROWS = 2000


def watched(table: Table) -> list[Column]:
    """Return the two columns that the pictures show: a number and a category, else the first two that are learned."""
    learned = [column for column in table.having(learned=True) if _worth_watching(table, column)]
    number = next((column for column in learned if column.kind.numeric and column.kind is not Kind.DATETIME), None)
    target = table.target if table.target in learned else None
    category = target or next((column for column in learned if column.kind.categorical), None)
    first = [column for column in (number, category) if column is not None]
    return (first + [column for column in learned if column not in first])[:2]


def likeness(table: Table, column: Column, preview: pd.DataFrame | None) -> ColumnLikeness:
    """Return what the overlay of one column needs; the error is left open, since these rows are only the first.

    Without a preview (None) the synthetic side is empty.
    """
    real = table.frame[column.name]
    made = real.head(0) if preview is None else preview[column.name]
    if column.kind.numeric:
        return _numeric(column, numbers(real), None if preview is None else released_numbers(made, column))
    counts = real.value_counts()
    labels = [str(value) for value in counts[counts >= RARE].index[:TOP]]
    shown, drawn = real.astype("string"), made.astype("string")
    if column.missing_token is not None:
        drawn = drawn.mask(drawn == column.missing_token)
    return ColumnLikeness(
        name=column.name,
        kind=column.kind.value,
        error=None,
        labels=labels,
        real=[float((shown == label).mean()) for label in labels],
        synthetic=[]
        if preview is None
        else [float((drawn == label).fillna(False).sum()) / max(len(drawn), 1) for label in labels],
        missing_real=float(real.isna().mean()),
        missing_synthetic=float(drawn.isna().sum()) / max(len(drawn), 1),
    )


def _numeric(column: Column, real: Any, made: Any) -> ColumnLikeness:
    filled = real[~np.isnan(real)]
    low, high = np.quantile(filled, [0.005, 0.995]) if len(filled) else (0.0, 1.0)
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    shares = [
        (np.histogram(np.clip(values[~np.isnan(values)], edges[0], edges[-1]), edges)[0] / max(len(values), 1)).tolist()
        for values in (real, made if made is not None else real[:0])
    ]
    return ColumnLikeness(
        name=column.name,
        kind=column.kind.value,
        error=None,
        edges=edges.tolist(),
        real=shares[0],
        synthetic=shares[1] if made is not None else [],
        missing_real=float(np.isnan(real).mean()),
        missing_synthetic=float(np.isnan(made).sum()) / max(len(made), 1) if made is not None else 0.0,
    )


def _worth_watching(table: Table, column: Column) -> bool:
    return column.kind is not Kind.DATETIME and table.frame[column.name].head(ROWS).nunique() > 1
