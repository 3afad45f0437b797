"""Rates of categories by slider, and new categories that follow an existing one."""

from __future__ import annotations

from typing import Any

import streamlit as st
from pydantic import ValidationError

from pages.ui import parts, state, theme
from pages.ui.steering_shares import OTHERS, moved, showable, shown_shares
from synth_core import what_if_drafts as drafts
from synth_core.errors import SimileError
from synth_core.figures.what_if import rates_figure
from synth_core.project import Project
from synth_core.table import Table
from synth_core.what_if import Added, WhatIf, what_if_recipe

PROBLEM = "what_if.added_problem"


def _columns(table: Table) -> list[str]:
    return [
        column.name
        for column in table.having(learned=True)
        if column.kind.categorical and table.frame[column.name].nunique() > 1
    ]


def rates(project: Project, table: Table, picture: Any) -> None:
    """Draw a slider per category of one column, and the picture."""
    names = _columns(table)
    if not names:
        st.markdown(":gray[This table has no category that is learned.]")
        return
    name = st.selectbox("Category column", names, key="what_if.rates", persist_state="session")
    edits = drafts.edits_of(project)
    real = showable(project, table, name)
    now = shown_shares(real, edits.rates.get(name, {}))
    for place, (level, share) in enumerate(now.items()):
        if level == OTHERS:
            st.caption(f"{OTHERS}: {theme.share(share)}")
            continue
        widget = f"what_if.rate_{names.index(name)}_{place}"
        key = state.shown(widget, round(share * 100, 1))
        st.slider(
            theme.plain(level), 0.0, 100.0, step=0.5, format="%g %%", key=key,
            on_change=_move, args=(project, table, name, level, widget, key),
        )  # fmt: skip
    if name in edits.rates:
        st.button(
            "Back to the real rates", key="what_if.rates_back", icon=":material/restart_alt:", type="tertiary",
            on_click=lambda: drafts.keep(project, drafts.with_rates(drafts.edits_of(project), name, {})),
        )  # fmt: skip
    with picture:
        _picture(project, table, name, edits)


def _move(project: Project, table: Table, name: str, level: str, widget: str, key: str) -> None:
    if state.stale(widget, key):
        return
    edits = drafts.edits_of(project)
    now = shown_shares(showable(project, table, name), edits.rates.get(name, {}))
    after = moved(now, level, float(state.get(key, 0.0)) / 100)
    kept = {shown: share for shown, share in after.items() if shown != OTHERS}
    drafts.keep(project, drafts.with_rates(edits, name, kept))


def _picture(project: Project, table: Table, name: str, edits: WhatIf) -> None:
    real = showable(project, table, name)
    before = shown_shares(real, {})
    added = [one for one in edits.added if one.column == name]
    room = 1 - sum(one.share for one in added)
    after = {level: share * room for level, share in shown_shares(real, edits.rates.get(name, {})).items()}
    after |= {one.name: one.share for one in added}
    st.markdown(f"**{theme.plain(name)}**")
    said = ", ".join(f"{level} {theme.share(share)}" for level, share in after.items())
    parts.chart(rates_figure(name, before, after, state.mode()), f"{name}: {said}.", "what_if.rates_chart")
    st.caption("What is typical of a category stays typical of it: the other columns follow.")


def new_category(project: Project, table: Table, picture: Any) -> None:
    """Draw the fields of a new category, and the picture."""
    names = _columns(table)
    if not names:
        st.markdown(":gray[This table has no category that is learned.]")
        return
    name = st.selectbox("Column", names, key="what_if.added_column", persist_state="session")
    levels = list(showable(project, table, name))
    st.text_input("Name of the new category", key="what_if.added_name", max_chars=80, placeholder="Premium plan")
    st.selectbox("Behaves like", levels, key=f"what_if.added_like_{names.index(name)}")
    if state.get("what_if.added_share", None) is None:
        state.put("what_if.added_share", 10.0)
    st.slider("Share of all rows", 0.5, 90.0, step=0.5, format="%g %%", key="what_if.added_share")
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="Not added")
        state.drop(PROBLEM)
    st.button(
        "Add it", key="what_if.add_category", icon=":material/add:", type="primary",
        on_click=_add, args=(project, table, name, f"what_if.added_like_{names.index(name)}"),
    )  # fmt: skip
    st.caption(
        "It takes over everything that is typical of the one it behaves like; the others make room in proportion."
    )
    with picture:
        _picture(project, table, name, drafts.edits_of(project))


def _add(project: Project, table: Table, column: str, like_key: str) -> None:
    name = str(state.get("what_if.added_name", "") or "").strip()
    if not name:
        state.put(PROBLEM, "Give the new category a name.")
        return
    try:
        share = float(state.get("what_if.added_share", 10.0)) / 100
        added = Added(column=column, name=name, like=str(state.get(like_key, "")), share=share)
        edits = drafts.with_added(drafts.edits_of(project), added)
        what_if_recipe(project.draft, table, edits)
    except SimileError as error:
        state.put(PROBLEM, str(error))
        return
    except ValidationError:
        state.put(PROBLEM, "The name has 1 to 80 characters, and the share lies between 0 and 100 %.")
        return
    drafts.keep(project, edits)
    state.put("what_if.added_name", "")
