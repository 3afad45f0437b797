"""The make-up of two tables: columns that are missing, new, or of another kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from synth_core.errors import TableError
from synth_core.monitoring.results import Difference
from synth_core.reading import ColumnChoice, table_from_frame
from synth_core.table import Column, Role, Table, did_you_mean

FITS = 0.05  # share of filled cells that may not read as the old kind


class Matched(NamedTuple):
    """The old and the new rows in the same columns and kinds, and what differs."""

    before: Table
    now: Table
    differences: tuple[Difference, ...]


def matched(
    before: Table, raw: pd.DataFrame, fresh: Table, missing: Mapping[str, tuple[str, ...]] | None = None
) -> Matched:
    """Return both tables in the columns that they share.

    Parameters
    ----------
    raw, fresh
        The cells of the new extract as read, and the table that they were read as by themselves.
    missing
        Words that mean a missing cell, per column, beside the usual ones.

    Raises
    ------
    TableError
        The two share no column.
    """
    wanted = [column for column in before.columns if column.role is not Role.DROP]
    there = {str(header) for header in raw.columns}
    shared = [column for column in wanted if column.name in there]
    if not shared:
        raise TableError(
            f"The new extract has none of the {len(wanted)} columns of '{before.name}', such as "
            f"'{wanted[0].name if wanted else ''}'; upload an extract of the same table."
        )
    found = [_missing(column, sorted(there - set(before.names))) for column in wanted if column.name not in there]
    found += [_new(fresh.column(name)) for name in fresh.names if name not in before.names]
    words = dict(missing or {})
    now = _in_old_kinds(raw, shared, fresh.name, words)
    fitting = []
    for column in shared:
        lost = _lost(fresh.frame[column.name], now.frame[column.name], words.get(column.name, ()))
        if lost > FITS:
            found.append(_other_kind(column, fresh.column(column.name), lost))
        else:
            fitting.append(column.name)
    columns = tuple(before.column(name) for name in fitting)
    return Matched(
        Table(before.frame[fitting], columns, before.name),
        Table(now.frame[fitting], columns, fresh.name),
        tuple(found),
    )


def _in_old_kinds(raw: pd.DataFrame, shared: list[Column], name: str, words: Mapping[str, tuple[str, ...]]) -> Table:
    choices = {
        c.name: ColumnChoice(
            kind=c.kind, role=c.role, semantic=c.semantic or "", protect=c.protect,
            missing=(*words.get(c.name, ()), *([c.missing_token] if c.missing_token is not None else [])) or None,
        )
        for c in shared
    }  # fmt: skip
    attrs = dict(raw.attrs)
    cells = raw[[column.name for column in shared]]
    cells.attrs.update(attrs)
    return table_from_frame(cells, name, choices)


def _lost(alone: pd.Series, read: pd.Series, words: tuple[str, ...]) -> float:
    """Return the share (0..1) of cells, filled when the extract is read by itself, that are empty in the old kind."""
    filled = alone.notna().to_numpy(dtype=bool)
    if words:
        known = {*words, *(f"{word}.0" for word in words)}
        filled &= ~alone.astype(str).isin(known).to_numpy(dtype=bool)
    return float((filled & read.isna().to_numpy(dtype=bool)).sum() / max(filled.sum(), 1))


def _missing(column: Column, others: list[str]) -> Difference:
    near = did_you_mean(column.name, others) if others else ""
    near = near.replace("Did you mean", "It may now be called").replace("?", ".") if "Did you mean" in near else ""
    return Difference(
        what="missing",
        column=column.name,
        sentence=f"Column '{column.name}' ({column.kind.in_words}) is missing in the new extract.{near}",
        word="drift" if column.learned else "slight",
    )


def _new(column: Column) -> Difference:
    return Difference(
        what="new",
        column=column.name,
        sentence=f"Column '{column.name}' ({column.kind.in_words}) is new; nothing was learned about it.",
        word="slight",
    )


def _other_kind(old: Column, new: Column, lost: float) -> Difference:
    was, now = old.kind.in_words, new.kind.in_words
    more = f", and now reads as {now}" if now != was else ""
    return Difference(
        what="kind",
        column=old.name,
        sentence=f"Column '{old.name}' was read as {was}{more}: {100 * lost:.0f} % of its filled cells do not fit, so "
        "it is not compared.",
        word="drift",
    )
