"""The table of columns: kind, role, personal data, and what each choice means for the synthetic table."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, state, theme
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.semantics import SEMANTICS
from synth_core.table import Column, Kind, Role, Table

KINDS = {
    Kind.INTEGER: "whole number",
    Kind.NUMBER: "number",
    Kind.CATEGORY: "category",
    Kind.BOOLEAN: "yes / no",
    Kind.DATETIME: "date",
    Kind.TEXT: "free text",
    Kind.IDENTIFIER: "identifier",
}
ROLES = {
    Role.FEATURE: "feature",
    Role.TARGET: "target",
    Role.SENSITIVE: "sensitive",
    Role.ENTITY: "who it is about",
    Role.ORDER: "time order",
    Role.DROP: "leave out",
}
EDITABLE = ("Kind", "Role", "Personal data", "Protect")
OUTPUT = "Becomes"
NOT_PERSONAL = "no"
MASK = "•••"


def semantic_title(semantic: str) -> str:
    """Return the name of a kind of personal data in words."""
    special = {"email": "e-mail", "iban": "IBAN", "ip_address": "IP address", "url": "web address"}
    return special.get(semantic, semantic.replace("_", " "))


def consequence(column: Column) -> str:
    """Return what becomes of a column in the synthetic table, in a few words."""
    if column.role is Role.DROP:
        return "Left out"
    if column.semantic:
        return f"Invented: {semantic_title(column.semantic)}"
    if column.kind is Kind.IDENTIFIER:
        return "Made anew in the same form"
    if column.kind is Kind.TEXT:
        return "Left out: free text"
    words = "Learned"
    if column.role is Role.TARGET:
        words = "Learned; tests how useful"
    elif column.role is Role.SENSITIVE:
        words = "Learned; tests how private"
    return words if column.protect else f"{words}; rare values too"


def examples(table: Table, column: Column, number: int = 3) -> str:
    """Return a few frequent values; masked where the column is personal, an identifier or text."""
    if column.regenerated or column.kind is Kind.TEXT:
        return MASK
    values = table.frame[column.name].dropna()
    if column.kind.categorical:
        counted = values.value_counts()
        shown = [str(value) for value in counted[counted >= 5].index[:number]]
        return ", ".join(shown) or "(rare values only)"
    quantiles = values.quantile([0.1, 0.5, 0.9], interpolation="nearest").drop_duplicates()
    if column.kind is Kind.DATETIME:
        return ", ".join(f"{value:%Y-%m-%d}" for value in quantiles)
    return ", ".join(f"{value:g}" for value in quantiles)


@st.cache_data(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=32, show_spinner=False)
def rows_of(table: Table) -> pd.DataFrame:
    """Return one row per column, as the editor shows them."""
    return pd.DataFrame(
        {
            "Column": table.names,
            "Kind": [KINDS[c.kind] for c in table.columns],
            "Role": [ROLES[c.role] for c in table.columns],
            "Personal data": [semantic_title(c.semantic) if c.semantic else NOT_PERSONAL for c in table.columns],
            OUTPUT: [consequence(c) for c in table.columns],
            "Examples": [examples(table, c) for c in table.columns],
            "Protect": [c.protect for c in table.columns],
            "Note": ["" if c.regenerated else c.note for c in table.columns],
        }
    )


def summary(table: Table) -> None:
    """Draw one line: how many columns are learned, made anew, left out."""
    left_out = [c for c in table.columns if c.role is Role.DROP or (c.kind is Kind.TEXT and not c.regenerated)]
    anew = [c for c in table.columns if c.regenerated and c.role is not Role.DROP]
    learned = table.having(learned=True)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"{len(learned)} learned", icon=":material/school:", color="blue")
        if anew:
            st.badge(f"{len(anew)} made anew", icon=":material/autorenew:", color="violet")
        if left_out:
            st.badge(f"{len(left_out)} left out", icon=":material/block:", color="gray")
        target = table.target.name if table.target else None
        st.caption(
            f"Target: **{theme.plain(target)}**" if target else "No target yet: set one to see how useful the table is."
        )


def editor(project: Project, table: Table) -> None:
    """Draw the editor; every change is saved to the project at once."""
    key = f"upload.columns_{project.id}_{state.get('upload.editor', 0)}"
    if problem := state.get("upload.problem", ""):
        parts.error_card(problem, title="This change was not made")
        state.drop("upload.problem")
    known = sorted(
        {semantic_title(s) for s in SEMANTICS} | {semantic_title(c.semantic) for c in table.columns if c.semantic}
    )
    config = st.column_config
    rows = _shown(rows_of(table))
    st.data_editor(
        rows,
        key=key,
        hide_index=True,
        num_rows="fixed",
        height=theme.table_height(len(table.columns), 640),
        disabled=[name for name in rows if name not in EDITABLE],
        on_change=_apply,
        args=(project, table, key),
        alt="One row per column: kind, role, personal data, examples and what becomes of it.",
        column_config={
            "Column": config.TextColumn(pinned=True, width=130),
            "Kind": config.SelectboxColumn(options=list(KINDS.values()), required=True, width=106),
            "Role": config.SelectboxColumn(options=list(ROLES.values()), required=True, width=106),
            "Personal data": config.SelectboxColumn(options=[NOT_PERSONAL, *known], required=True, width=112),
            "Protect": config.CheckboxColumn(
                width=76,
                help="Keep categories with fewer than five rows, and the extremes, out of the synthetic table.",
            ),
            "Examples": config.TextColumn(width=140, help="Personal data and identifiers are masked."),
            OUTPUT: config.TextColumn(width=180, help="What becomes of the column in the synthetic table."),
            "Note": config.TextColumn(width="medium"),
        },
    )


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without the notes when there are none."""
    return rows if rows["Note"].any() else rows.drop(columns="Note")


def _apply(project: Project, table: Table, key: str) -> None:
    """Save the cells edited since the last time; a change that cannot be made is taken back and says why."""
    edits: dict[int, dict[str, Any]] = state.get(key, {"edited_rows": {}})["edited_rows"]
    saved: dict[int, dict[str, Any]] = state.get(f"{key}.saved", {})
    choices = project.choices
    for position, cells in edits.items():
        fresh = {name: value for name, value in cells.items() if saved.get(position, {}).get(name) != value}
        if fresh:
            column = table.columns[position]
            choices[column.name] = _choice(column, choices.get(column.name, ColumnChoice()), fresh)
            if choices[column.name].role is Role.TARGET and column.role is not Role.TARGET:
                for other in table.having(role=Role.TARGET):
                    choices[other.name] = choices.get(other.name, ColumnChoice()).model_copy(
                        update={"role": Role.FEATURE}
                    )
    state.put(f"{key}.saved", {position: dict(cells) for position, cells in edits.items()})
    try:
        shown = rows_of(project.set_choices(choices))
        agrees = all(shown.at[at, name] == value for at, cells in edits.items() for name, value in cells.items())
    except SimileError as error:
        state.put("upload.problem", str(error))
        agrees = False
    if not agrees:  # what the editor shows is not what was saved: draw it afresh
        redraw()


def redraw() -> None:
    """Draw the editor afresh, without the edits that it holds."""
    state.put("upload.editor", state.get("upload.editor", 0) + 1)


def _choice(column: Column, choice: ColumnChoice, changed: dict[str, Any]) -> ColumnChoice:
    update: dict[str, Any] = {}
    if "Kind" in changed:
        update["kind"] = next(kind for kind, title in KINDS.items() if title == changed["Kind"])
        if update["kind"] is not column.kind and column.semantic and "Personal data" not in changed:
            update["semantic"] = ""
    if "Role" in changed:
        update["role"] = next(role for role, title in ROLES.items() if title == changed["Role"])
    if "Personal data" in changed:
        titles = {semantic_title(s): s for s in [*SEMANTICS, column.semantic or ""]}
        update["semantic"] = titles.get(changed["Personal data"], "")
    if "Protect" in changed:
        update["protect"] = bool(changed["Protect"])
    return choice.model_copy(update=update)
