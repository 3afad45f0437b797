"""What is edited so far, undone one by one or all at once, and the button that makes the rows."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state, theme
from pages.ui.param_form import MOST_ROWS
from synth_core import jobs
from synth_core import what_if_drafts as drafts
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.recommend import with_engine
from synth_core.table import Table
from synth_core.what_if import WhatIf, what_if_recipe

PROBLEM = "what_if.problem"


def summary(project: Project, table: Table) -> None:
    """Draw the edits in words with undo and reset, and the button."""
    edits = drafts.edits_of(project)
    kinds = {column.name: column.kind for column in table.columns}
    with st.container(border=True, gap="small", key="what_if_summary"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Edited so far**", width="stretch")
            st.button(
                "Undo", key="what_if.undo", icon=":material/undo:", type="tertiary",
                disabled=not drafts.can_undo(project), on_click=drafts.undo, args=(project,),
            )  # fmt: skip
            st.button(
                "Reset", key="what_if.reset", icon=":material/restart_alt:", type="tertiary",
                disabled=not edits.asked, on_click=drafts.keep, args=(project, WhatIf()),
            )  # fmt: skip
        if edits.asked:
            st.markdown("\n".join(f"- {theme.plain(line)}" for line in edits.sentences(kinds)))
        else:
            st.markdown(":gray[Nothing yet: move a number, change a rate or add a category.]")
        problem = state.get(PROBLEM, "") or _unfit(project, table, edits)
        if problem:
            parts.error_card(problem, title="This what-if cannot be made")
            state.drop(PROBLEM)
        active = project.active_run() is not None
        if state.get("what_if.rows", None) is None:
            state.put("what_if.rows", min(project.draft.rows, MOST_ROWS))
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input("Rows to make", 1, MOST_ROWS, step=1_000, key="what_if.rows", width=160)
            st.button(
                "Make the what-if rows", key="what_if.make", icon=":material/play_arrow:", type="primary",
                disabled=not edits.asked or active or bool(problem), on_click=_start, args=(project, table),
                help="A run of this project is at work." if active else None,
            )  # fmt: skip
        st.caption("The engine, its settings and the rules are those of the Method and Constraints pages.")
    if state.get("what_if.started", False):
        state.drop("what_if.started")
        parts.go("generate")


def _unfit(project: Project, table: Table, edits: WhatIf) -> str:
    if not edits.asked:
        return ""
    try:
        what_if_recipe(project.draft, table, edits)
    except SimileError as error:
        return str(error)
    return ""


def _start(project: Project, table: Table) -> None:
    try:
        draft = with_engine(table, project.draft)
        rows = int(state.get("what_if.rows", None) or draft.rows)
        recipe = what_if_recipe(draft, table, drafts.edits_of(project)).model_copy(update={"rows": rows})
        state.choose_run(jobs.start(project, recipe).id)
        state.put("what_if.started", True)
    except SimileError as error:
        state.put(PROBLEM, str(error))
