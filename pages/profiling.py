"""Profile: what to look at first, then every column, how they go together, time, exposure and gaps."""

import streamlit as st

from pages.ui import (
    alerts,
    cache,
    column_panel,
    pairs_panel,
    parts,
    profile_column,
    profile_downloads,
    profile_exposed,
    profile_head,
    profile_missing,
    profile_source,
    profile_time,
    profile_triples,
    scroll,
    state,
)
from pages.ui.profile_source import Source
from synth_core.project import Project

WIDE = 500  # columns, from which the first look takes so long that it is said
OVERVIEW = 616  # px, of the table of columns
TABS = ("Columns", "Pairs", "Triples", "Time", "Exposed rows", "Missing")

parts.page_head(
    "Profile", "What is in your table: first what needs a look, then every column, then how they go together."
)
project = parts.need_project()


def columns(found: Source) -> None:
    """Draw the overview beside the chosen column."""
    with st.container(horizontal=True, gap="small"):  # side by side, or one under the other in a narrow window
        left, right = st.container(width=OVERVIEW), st.container(width="stretch")
    with left:
        st.text_input(
            "Search columns",
            key="profiling.search",
            placeholder="Search columns",
            icon=":material/search:",
            label_visibility="collapsed",
            persist_state="session",
        )
        chosen = column_panel.overview(found.profile)
    with right:
        if chosen:
            profile_column.detail(found, chosen)


@st.fragment
def panels(project: Project, found: Source) -> None:
    """Draw the tabs; only the open one computes, and what is chosen in it redraws it alone."""
    turn = state.get("profiling.round", 0)  # tabs of their own for every Look: a click on the way cannot undo it
    start = state.get("profiling.tab", TABS[0])
    opened = st.tabs(list(TABS), key=f"profiling.tabs_{turn}", default=start, on_change="rerun")
    name = project.table_name
    draw = {
        "Columns": lambda: columns(found),
        "Pairs": lambda: pairs_panel.pairs(found),
        "Triples": lambda: profile_triples.triples(found),
        "Time": lambda: profile_time.time(found, name),
        "Exposed rows": lambda: profile_exposed.exposed(found, name),
        "Missing": lambda: profile_missing.missing(found, name),
    }
    for title, tab in zip(TABS, opened, strict=True):
        with tab:
            if tab.open:
                with parts.guarded(f"{title} cannot be shown"):
                    draw[title]()


with parts.guarded("The table cannot be profiled"):
    note, slot = st.container(), st.container()
    with slot.skeleton(height=420):
        table = cache.table(project)
        if len(table.columns) > WIDE:
            note.caption(f"{len(table.columns):,} columns: the first look takes up to a minute, and is kept.")
        found = profile_source.source(project, table, profile_head.asked_rows(table))
    with st.container(gap="small"):  # what comes and goes in here moves nothing below: drawn things stay drawn
        profile_head.head(project, found)
    with st.container(gap="small"):
        alerts.alerts(project, table, found.profile)
    with st.container(gap="small"):
        meaning = st.container()  # filled last: the tabs need not wait for it
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="profiling_controls"):
        profile_head.target_choice(project, table)
        profile_head.rows_choice(table)
        profile_downloads.menu(project, found)
    panels(project, found)
    if state.get(alerts.LOOKED, False):  # what was asked for lies below, often out of sight
        state.drop(alerts.LOOKED)
        scroll.into_view("profiling_controls", state.get("profiling.round", 0))
    with meaning, parts.guarded("What this means could not be told"):
        profile_head.meaning(project, found)
    profile_source.begin(found)

parts.step_footer("upload", "constraints")
