"""The sidebar under the navigation: the project and its menu, the run at work, and the lamp."""

from __future__ import annotations

import streamlit as st

from pages.ui import account, cache, identity, parts, state, theme, watch
from synth_core import project as projects
from synth_core.deletion import delete_project
from synth_core.errors import SimileError
from synth_core.project import Project

OPEN, DUPLICATE, DELETE = "Open another", "Duplicate", "Delete"


def draw() -> None:
    """Draw what every page shows below the navigation."""
    opened = state.project()
    if state.get("shell.deleted", "") == "now":  # a whole run of another page lets go of what this page drew
        state.put("shell.deleted", "told")
        st.switch_page("start.py")
    if state.get("shell.deleted", ""):
        state.drop("shell.deleted")
        st.toast("Deleted: its files, and what was kept of it in memory.", icon=":material/check:")
    if problem := state.get("shell.problem", ""):
        state.drop("shell.problem")
        parts.error_card(problem, title="Not everything is deleted")
    with st.sidebar:
        if opened is not None:
            with parts.guarded():
                _project(opened)
                watch.ready(opened)
        where = "server" if identity.configured() else "machine"
        account.signed_in()
        st.caption(f":material/lock: Data stays on this {where}")
    if opened is not None:
        watch.tell_when_over(opened)


def _project(opened: Project) -> None:
    with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="xsmall", key="shell_project"):
        st.markdown(f":small[:gray[Project]]  \n**{theme.breakable(opened.label)}**", width="stretch")
        choice = st.menu_button(
            ":material/more_vert:",
            [OPEN, DUPLICATE, DELETE],
            key="shell.menu",
            type="tertiary",
            help="What to do with it",
        )
    if choice == OPEN:
        state.close()
        st.switch_page("start.py")
    elif choice == DUPLICATE:
        state.open_project(projects.duplicate(opened.id, identity.owner()).id)
        st.rerun()
    elif choice == DELETE or state.get("shell.ask_delete", False):
        state.drop("shell.ask_delete")
        _ask_delete(opened)


@st.dialog("Delete this project?")
def _ask_delete(opened: Project) -> None:
    if state.get("shell.deleted", ""):  # with all else, the session forgot that the button was pressed
        st.rerun()
    st.markdown(
        f"**{theme.plain(opened.label)}**, its upload, tables, rules, runs and audit log are removed from this "
        "machine. Work at it is cancelled. This cannot be undone."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="shell.keep"):
            st.rerun()
        if st.button("Delete", key="shell.delete", type="primary", on_click=_delete, args=(opened.id,)):
            st.rerun()


def _delete(project_id: str) -> None:
    try:
        delete_project(project_id, identity.owner())
    except SimileError as error:
        state.put("shell.problem", str(error))
        return
    cache.forget()
    state.forget(project_id)
    state.put("shell.deleted", "now")
