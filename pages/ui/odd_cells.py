"""Columns to look at first: cells that are no numbers (by row number, never by value), dates that read in two ways."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from pages.ui import theme
from synth_core.table import Table

_ODD = re.compile(r"[\d,]+ of [\d,]+ cells are not numbers \(first in rows [\d, ]+\)")
_EITHER = "No date shows whether day or month comes first"


def notes(table: Table, most: int = 3) -> list[tuple[str, str]]:
    """Return (column, sentence) for the first columns with such cells."""
    found: list[tuple[str, str]] = []
    for column in table.columns:
        if match := _ODD.search(column.note):
            words = f"{match.group(0)}: read as words. With the kind 'number' those cells are read as missing."
            found.append((column.name, words))
        elif column.note.startswith(_EITHER):
            found.append((column.name, f"{column.note} Another order can be chosen under “How it was read”."))
    shown = found[:most]
    if len(found) > most:
        shown.append((f"{len(found) - most} more columns", "the same; see their notes."))
    return shown


def box(table: Table, said: Sequence[str]) -> None:
    """Draw one box with what reading the file found and the columns to look at; nothing where there is none."""
    lines = [theme.plain(note) for note in said]
    lines += [f"**{theme.plain(name)}:** {theme.plain(note)}" for name, note in notes(table)]
    if lines:
        st.warning("\n".join(f"- {line}" for line in lines) if len(lines) > 1 else lines[0], icon=":material/rule:")
