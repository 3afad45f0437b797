"""What a column is because of the columns beside it: the second look, over a whole table."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from synth_core.semantics.detection import Seen, in_context
from synth_core.semantics.headers import coordinate, says_nothing
from synth_core.semantics.titles import ABOUT_PEOPLE, KEEPS_KIND, SEMANTICS
from synth_core.table import Column, Kind, Role

_SAMPLE = 400
_BESIDE = "beside the other columns"


def with_neighbours(
    columns: Sequence[Column], values: Mapping[str, pd.Series], settled: Collection[str] = ()
) -> list[Column]:
    """Return the columns, with personal data flagged that only the neighbours give away (see ``in_context``).

    Parameters
    ----------
    values
        Canonical values by column name.
    settled
        Columns about which the user has decided; they stay as they are.
    """
    if not {column.semantic for column in columns} & ABOUT_PEOPLE:
        return list(columns)
    seen = [_seen(column, values[column.name], column.name in settled) for column in columns]
    found = in_context(seen)
    return [_flagged(c, found[c.name], values[c.name]) if c.name in found else c for c in columns]


def _seen(column: Column, values: pd.Series, settled: bool) -> Seen:
    telling = says_nothing(column.name) or coordinate(column.name) is not None
    if not telling or column.semantic is not None or settled or column.kind is Kind.BOOLEAN:
        return Seen(column.name, column.semantic)
    if column.kind is Kind.DATETIME:
        moments = values.dropna().to_numpy(dtype="datetime64[ns]").astype(np.int64)
        days = moments / 86_400e9
        return Seen(column.name, None, days=days if bool((days == np.floor(days)).all()) else None)
    shown = values.dropna()
    step = max(1, len(shown) // (4 * _SAMPLE))
    return Seen(column.name, None, [str(value).strip() for value in shown.iloc[::step].unique()[:_SAMPLE]])


def flagged_by_neighbours(column: Column) -> bool:
    """Whether :func:`with_neighbours` flagged this column."""
    return column.semantic is not None and _BESIDE in column.note


def _flagged(column: Column, semantic: str, values: pd.Series) -> Column:
    note = f"Looks like {SEMANTICS[semantic]} {_BESIDE}: made anew, never learned."
    if semantic in KEEPS_KIND:
        return column.model_copy(update={"semantic": semantic, "note": note})
    kind = Kind.IDENTIFIER if values.dropna().is_unique else Kind.TEXT
    role = Role.FEATURE if column.role is Role.DROP else column.role
    return column.model_copy(update={"semantic": semantic, "kind": kind, "role": role, "note": note})
