"""A table with some columns left out and another one in their place."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from synth_core.table import Column, Table


def fresh_name(name: str, table: Table) -> str:
    """Return ``name``, with primes added until no column of ``table`` is called so."""
    while name in table.names:
        name += "'"
    return name


def replaced(table: Table, derived: Sequence[str], column: Column | None, values: pd.Series | None) -> Table:
    """Return ``table`` with the derived columns left out and ``column``, if any, in place of the first."""
    columns: list[Column] = []
    frame = table.frame.drop(columns=list(derived))
    for old in table.columns:
        if old.name not in derived:
            columns.append(old)
        elif old.name == derived[0] and column is not None and values is not None:
            frame.insert(len(columns), column.name, values.to_numpy() if values.dtype == object else values.array)
            columns.append(column)
    return Table(frame, tuple(columns), table.name, table.source, table.entities())
