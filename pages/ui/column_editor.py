"""The table of columns: kind, role, personal data, missing words, and what each choice means for the output."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import column_detail, parts, state, theme
from pages.ui.column_words import (
    KIND_MEANS,
    KINDS,
    MASK,
    ROLE_MEANS,
    ROLES,
    consequence,
    examples,
    legend,
    semantic_title,
)
from synth_core.errors import SimileError
from synth_core.missing import absent_words
from synth_core.project import Project
from synth_core.raw_cells import open_cells
from synth_core.reading import ColumnChoice
from synth_core.semantics import SEMANTICS
from synth_core.table import Column, Kind, Role, Table

__all__ = ["KINDS", "MASK", "ROLES", "editor", "redraw", "semantic_title", "summary"]

IDENTIFIES = "Identifies"
EDITABLE = ("Kind", "Role", IDENTIFIES, "Missing", "Protect")
OUTPUT = "Becomes"
NOT_PERSONAL = "no"
NOT_LEARNED = "not learned"  # stands for the role of an identifier; chosen for another column, it leaves it out
SLOW_ROWS = 200_000  # above it a change takes seconds
PAGE = 100  # rows of the grid drawn at once
SINGLE = (Role.TARGET, Role.ENTITY, Role.ORDER)
ALL = "all"
FILTERS = {
    ALL: "All columns",
    "learned": "Learned",
    "anew": "Made anew",
    "out": "Left out",
    "noted": "With a note",
    "changed": "Changed by you",
}


@st.cache_data(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=32, show_spinner=False)
def rows_of(table: Table, names: tuple[str, ...], missing: dict[str, str]) -> pd.DataFrame:
    """Return one row per column named, as the editor shows them; ``missing``: the words chosen, by column."""
    columns = [table.column(name) for name in names]
    return pd.DataFrame(
        {
            "Column": list(names),
            "Kind": [KINDS[c.kind] for c in columns],
            "Role": [_role(c) for c in columns],
            IDENTIFIES: [semantic_title(c.semantic) if c.semantic else NOT_PERSONAL for c in columns],
            OUTPUT: [consequence(c) for c in columns],
            "Missing": [missing.get(c.name) or _found_missing(c) for c in columns],
            "Protect": [c.protect for c in columns],
            "Note": [c.note for c in columns],
            "Examples": [examples(table, c) for c in columns],
        }
    )


def _role(column: Column) -> str:
    """Return a role in words; a column that is not learned has none beside what its kind or its person says."""
    return NOT_LEARNED if column.role is Role.FEATURE and not column.learned else ROLES[column.role]


def _found_missing(column: Column) -> str:
    """Return the word of the source that is read as an empty cell anyway."""
    return (column.missing_token or "").strip() if column.nullable else ""


def summary(table: Table) -> None:
    """Draw one line: how many columns are learned, made anew, left out."""
    left_out = [c for c in table.columns if _out(c)]
    anew = [c for c in table.columns if c.regenerated and c.role is not Role.DROP]
    learned = table.having(learned=True)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.badge(f"{theme.count(len(learned))} learned", icon=":material/school:", color="blue")
        if anew:
            st.badge(f"{theme.count(len(anew))} made anew", icon=":material/autorenew:", color="violet")
        if left_out:
            st.badge(f"{theme.count(len(left_out))} left out", icon=":material/block:", color="gray")
        target = table.target.name if table.target else None
        st.caption(
            f"Target: **{theme.plain(target)}**"
            if target
            else "No target yet: with the role “target” for one column you see how useful the table is."
        )


def _out(column: Column) -> bool:
    return column.role is Role.DROP or (column.kind is Kind.TEXT and not column.regenerated)


def editor(project: Project, table: Table) -> None:
    """Draw the editor; every change is saved to the project at once."""
    if problem := state.get("upload.problem", ""):
        parts.error_card(problem, title="This change was not made")
        state.drop("upload.problem")
    about, absent = state.get("upload.absent", ("", ""))
    if about == project.id:  # until the next change
        st.info(absent, icon=":material/search_off:")
    names = _chosen(project, table)
    if not names:
        st.markdown(":gray[No column fits the search.]")
        return
    view = hash(tuple(names)) & 0xFFFFFF
    key = f"upload.columns_{project.id}_{state.get('upload.editor', 0)}_{view}"
    with st.spinner("Describing the columns…"):
        rows = _shown(rows_of(table, tuple(names), _missing_of(project, names)))
    st.data_editor(
        rows,
        key=key,
        hide_index=True,
        num_rows="fixed",
        height=theme.table_height(len(names), 640),
        disabled=[name for name in rows if name not in EDITABLE],
        on_change=_apply,
        args=(project, table, key, names),
        alt="One row per column: kind, role, personal data, examples and what becomes of it.",
        column_config=_config(table),
    )
    column_detail.detail(table, names)
    with st.expander("What the choices mean for the synthetic table", icon=":material/help:"):
        st.dataframe(
            legend(),
            hide_index=True,
            height="content",
            key="upload.legend",
            column_config={
                "Column": st.column_config.TextColumn(width=110),
                "Choice": st.column_config.TextColumn(width=130),
            },
            alt="What every kind, role and switch means for the synthetic table.",
        )


def _config(table: Table) -> dict[str, Any]:
    known = sorted({semantic_title(s) for s in [*SEMANTICS, *(c.semantic for c in table.columns if c.semantic)]})
    config = st.column_config
    kinds = "\n".join(f"* **{KINDS[kind]}**: {words}" for kind, words in KIND_MEANS.items())
    roles = "\n".join(f"* **{ROLES[role]}**: {words}" for role, words in ROLE_MEANS.items())
    return {
        "Column": config.TextColumn(pinned=True, width=140),
        "Kind": config.SelectboxColumn(options=list(KINDS.values()), required=True, width=100, help=kinds),
        "Role": config.SelectboxColumn(options=[*ROLES.values(), NOT_LEARNED], required=True, width=86, help=roles),
        IDENTIFIES: config.SelectboxColumn(
            options=[NOT_PERSONAL, *known],
            required=True,
            width=104,
            help="What in it leads to one person, such as a name: it is never learned, but invented. Age, sex or race "
            "are personal, too, but lead to nobody alone; see Exposed rows on Profile.",
        ),
        OUTPUT: config.TextColumn(width=232, help="What becomes of the column in the synthetic table."),
        "Missing": config.TextColumn(
            width=80,
            help="Words or numbers of this column that mean an empty cell, separated by commas: -200, unknown.",
        ),
        "Protect": config.CheckboxColumn(
            width=74,
            help="Keep categories with fewer than five rows, and the extremes, out of the synthetic table.",
        ),
        "Note": config.TextColumn(width=164, help="Why the column was read like this; in full below the table."),
        "Examples": config.TextColumn(width=200, help="Personal data and identifiers are masked."),
    }


def _chosen(project: Project, table: Table) -> list[str]:
    """Draw search, filter and pages where there are many columns; return the names to show."""
    names = table.names
    if len(names) <= 20:
        return names
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        search = st.text_input(
            "Search columns", key="upload.search", placeholder="Part of a name", persist_state="session", width=260
        )
        wanted = st.selectbox(
            "Show",
            list(FILTERS),
            format_func=FILTERS.__getitem__,
            key="upload.filter",
            persist_state="session",
            width=200,
        )
        found = [c.name for c in table.columns if _fits(c, project, search, wanted)]
        pages = math.ceil(len(found) / PAGE)
        page = 1
        if pages > 1:
            page = int(st.number_input(f"Page of {pages}", 1, pages, key=f"upload.page_{search}_{wanted}", width=130))
        if len(found) < len(names) or pages > 1:
            st.caption(f"{theme.count(len(found))} of {theme.count(len(names))} columns")
    return found[(page - 1) * PAGE : page * PAGE]


def _fits(column: Column, project: Project, search: str, wanted: str) -> bool:
    if search.strip().casefold() not in column.name.casefold():
        return False
    return {
        ALL: True,
        "learned": column.learned,
        "anew": column.regenerated and column.role is not Role.DROP,
        "out": _out(column),
        "noted": bool(column.note),
        "changed": bool(project.choices.get(column.name, ColumnChoice()).model_dump(exclude_none=True)),
    }[wanted]


def _missing_of(project: Project, names: list[str]) -> dict[str, str]:
    choices = project.choices
    return {name: ", ".join(choices[name].missing or ()) for name in names if name in choices and choices[name].missing}


def _shown(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows without the notes when there are none."""
    return rows if rows["Note"].any() else rows.drop(columns="Note")


def _apply(project: Project, table: Table, key: str, names: list[str] | None = None) -> None:
    """Save the cells edited since the last time; a change that cannot be made is taken back and says why."""
    say_slow(table)
    names = table.names if names is None else names
    edits: dict[int, dict[str, Any]] = state.get(key, {"edited_rows": {}})["edited_rows"]
    saved: dict[int, dict[str, Any]] = state.get(f"{key}.saved", {})
    choices = project.choices
    for position, cells in edits.items():
        fresh = {name: value for name, value in cells.items() if saved.get(position, {}).get(name) != value}
        if fresh:
            column = table.column(names[position])
            set_choice(choices, table, column, _update(column, fresh))
    state.put(f"{key}.saved", {position: dict(cells) for position, cells in edits.items()})
    try:
        before = project.choices
        changed = project.set_choices(choices)
        _say_absent(project, before)
        shown = rows_of(changed, tuple(names), _missing_of(project, names))
        agrees = all(shown.at[at, name] == value for at, cells in edits.items() for name, value in cells.items())
    except SimileError as error:
        state.put("upload.problem", str(error))
        agrees = False
    if not agrees:  # what the editor shows is not what was saved: draw it afresh
        redraw()


def say_slow(table: Table) -> None:
    """Say that a change is at work where it takes seconds; a callback has no place for a spinner."""
    if len(table) >= SLOW_ROWS:
        st.toast(f"Changing {theme.count(len(table))} rows; this takes a few seconds.", icon=":material/hourglass_top:")


def _say_absent(project: Project, before: dict[str, ColumnChoice]) -> None:
    """Keep a sentence for the page about new words for 'missing' that no cell of their column holds."""
    if project.choices == before:  # the browser may send an edit twice
        return
    state.drop("upload.absent")
    for name, choice in project.choices.items():
        words = [w for w in choice.missing or () if w not in (before.get(name, ColumnChoice()).missing or ())]
        if not words:
            continue
        cells = open_cells(project.folder / "raw.parquet", [name])[name]
        if absent := absent_words(cells, words):
            named = ", ".join(f"“{theme.plain(word)}”" for word in absent)
            said = f"No cell of **{theme.plain(name)}** is {named}, so nothing became empty by it."
            state.put("upload.absent", (project.id, said))


def set_choice(choices: dict[str, ColumnChoice], table: Table, column: Column, update: dict[str, Any]) -> None:
    """Change what is chosen for a column; a role that one column has is taken from the column that had it."""
    role = update.get("role")
    if role in SINGLE and column.role is not role:
        for other in table.having(role=role):
            kept = choices.get(other.name, ColumnChoice())
            choices[other.name] = kept.model_copy(update={"role": Role.FEATURE})
    choices[column.name] = choices.get(column.name, ColumnChoice()).model_copy(update=update)


def redraw() -> None:
    """Draw the editor afresh, without the edits that it holds."""
    state.put("upload.editor", state.get("upload.editor", 0) + 1)


def _update(column: Column, changed: dict[str, Any]) -> dict[str, Any]:
    update: dict[str, Any] = {}
    if "Kind" in changed:
        update["kind"] = next(kind for kind, title in KINDS.items() if title == changed["Kind"])
        if update["kind"] is not column.kind and column.semantic and IDENTIFIES not in changed:
            update["semantic"] = ""
        if column.role is Role.DROP and column.kind is Kind.TEXT and "Role" not in changed:
            update["role"] = None if update["kind"] is Kind.TEXT else Role.FEATURE
    if "Role" in changed:
        wanted = {title: role for role, title in ROLES.items()} | {NOT_LEARNED: Role.DROP}
        update["role"] = wanted[changed["Role"]]
        if changed["Role"] == NOT_LEARNED and not column.learned:
            update["role"] = Role.FEATURE
    if IDENTIFIES in changed:
        titles = {semantic_title(s): s for s in [*SEMANTICS, column.semantic or ""]}
        update["semantic"] = titles.get(changed[IDENTIFIES], "")
    if "Missing" in changed:
        words = [word.strip() for word in str(changed["Missing"] or "").split(",")]
        update["missing"] = tuple(dict.fromkeys(word for word in words if word)) or None
    if "Protect" in changed:
        update["protect"] = bool(changed["Protect"])
    return update
