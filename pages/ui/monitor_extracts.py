"""The way in of a new extract, and the list of those that were looked at."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, run_words, state, theme
from synth_core import extracts
from synth_core.errors import SimileError
from synth_core.extracts import Extract
from synth_core.monitoring.results import Drift
from synth_core.project import Project
from synth_core.table import Table

LIMIT_MB = 500
FAILED = "monitor.failed"


def choice(project: Project, table: Table) -> Extract | None:
    """Draw the uploader and the earlier extracts; return the one to look at, None while there is none."""
    known = extracts.extracts(project)
    with st.container(border=True, gap="small", key="monitor_upload"):
        st.markdown(
            f"**A new extract of {theme.plain(project.label)}** :gray[{theme.count(len(table))} real rows so far]"
        )
        file = st.file_uploader(
            "CSV, Excel (.xlsx), Parquet or JSON lines, with the same columns",
            max_upload_size=LIMIT_MB,
            key="monitor.file",
        )
        st.caption(
            "It is read like your table, compared, and kept in this project's folder on this machine. Nothing is "
            "learned from it unless you ask for that below."
        )
        failed = state.get(FAILED, ("", ""))
        if file is not None and state.get("monitor.taken", "") != file.file_id:
            state.put("monitor.taken", file.file_id)
            failed = _take(project, table, file.file_id, file.name, file.getvalue())
            known = extracts.extracts(project)
        if file is not None and failed[0] == file.file_id:
            parts.error_card(failed[1], title=f"{theme.plain(file.name)} cannot be compared")
    if not known:
        st.markdown(":gray[:material/monitoring: No extract yet. What moved since your table was read appears here.]")
        return None
    by_id = {one.id: one for one in known}
    if state.get("monitor.extract", "") not in by_id:
        state.put("monitor.extract", known[0].id)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="monitor_choice"):
        picked = st.selectbox(
            "Extract",
            list(by_id),
            format_func=lambda one: f"{by_id[one].filename} · {run_words.when(by_id[one].when)}",
            key="monitor.extract",
            width=460,
        )
        st.button(
            "Remove it", key="monitor.remove", icon=":material/delete:", type="tertiary",
            on_click=extracts.forget, args=(project, by_id[picked]),
            help="Deletes its file and what was found about it. A version that was made from it stays.",
        )  # fmt: skip
    return by_id[picked]


def _take(project: Project, table: Table, file_id: str, name: str, data: bytes) -> tuple[str, str]:
    """Compare an upload and look at it from now on; return what went wrong with it, ("", "") for nothing."""
    said = ("", "")
    with st.spinner(f"Comparing {theme.plain(name)}…", show_time=True):
        try:
            state.put("monitor.extract", extracts.look(project, data, name, table=table).id)
        except SimileError as error:
            said = (file_id, str(error))
    state.put(FAILED, said)
    return said


def found(project: Project, extract: Extract) -> Drift:
    """Return what was found about an extract, read once."""
    return _found(project.id, extract.id, project, extract)


@st.cache_data(max_entries=16, show_spinner=False, scope="session")  # shares of real rows: this visitor's only
def _found(project_id: str, extract_id: str, _project: Project, _extract: Extract) -> Drift:
    return extracts.drift_of(_project, _extract)
