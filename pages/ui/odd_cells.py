"""Columns of numbers with a few cells that are none: which rows they are in, by number and never by value."""

from __future__ import annotations

import re

from synth_core.table import Table

_ODD = re.compile(r"[\d,]+ of [\d,]+ cells are not numbers \(first in rows [\d, ]+\)")


def notes(table: Table, most: int = 3) -> list[tuple[str, str]]:
    """Return (column, sentence) for the first columns with such cells."""
    found = [(column.name, match.group(0)) for column in table.columns if (match := _ODD.search(column.note))]
    shown = [
        (name, f"{said}, so the column is read as words. Choose the kind 'number' to read those cells as missing.")
        for name, said in found[:most]
    ]
    if len(found) > most:
        shown.append((f"{len(found) - most} more columns", "some of their cells are not numbers; see their notes."))
    return shown
