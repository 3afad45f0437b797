"""One column in full: what the grid has no room for."""

from __future__ import annotations

import streamlit as st

from pages.ui import theme
from pages.ui.column_words import KIND_MEANS, KINDS, ROLE_MEANS, ROLES, consequence, examples, semantic_title
from synth_core.profile.words import counted
from synth_core.table import Column, Kind, Role, Table

EXAMPLES = 8


def detail(table: Table, names: list[str]) -> None:
    """Draw a choice among these columns and all that is known about the chosen one; first the one with a note."""
    noted = [at for at, name in enumerate(names) if table.column(name).note]
    with st.container(border=True, gap="small", key="upload_detail"):
        chosen, words = st.columns([0.3, 0.7], gap="medium")
        name = chosen.selectbox(
            "One column in full", names, index=noted[0] if noted else 0, key=f"upload.detail_{hash(tuple(names))}"
        )
        column = table.column(name)
        chosen.caption(_filled(table, column))
        words.markdown("\n".join(f"- **{title}:** {theme.plain(said)}" for title, said in lines(table, column)))


def lines(table: Table, column: Column) -> list[tuple[str, str]]:
    """Return (title, sentence) for what is worth saying about a column."""
    becomes = f"{consequence(column)}."
    if column.role is Role.DROP or column.semantic:
        kind = f"{KINDS[column.kind]}."
    else:
        kind = f"{KINDS[column.kind]}. {KIND_MEANS[column.kind]}"
    found = [("Becomes", becomes), ("Kind", kind)]
    if column.role is not Role.FEATURE:
        found.append(("Role", f"{ROLES[column.role]}. {ROLE_MEANS[column.role]}"))
    if column.semantic:
        found.append(("Identifies", f"{semantic_title(column.semantic)}."))
    if column.note:
        found.append(("Note", column.note))
    if not (column.regenerated or column.kind is Kind.TEXT):
        found.append(("Examples", examples(table, column, EXAMPLES)))
    return found


def _filled(table: Table, column: Column) -> str:
    cells = table.frame[column.name]
    empty = int(cells.isna().sum())
    gone = f"{theme.count(empty)} empty ({theme.share(empty / max(1, len(cells)))})" if empty else "no cell is empty"
    return f"{counted(len(cells), 'row')}, {gone}"
