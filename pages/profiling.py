"""Profile: what to look at first, every column at a glance, and how columns go together."""

import streamlit as st

from pages.ui import alerts, cache, column_panel, pairs_panel, parts, state
from pages.ui.halves import halves

parts.page_head(
    "Profile", "What is in your table: first what needs a look, then every column, then how they go together."
)
project = parts.need_project()

with parts.guarded("The table cannot be profiled"):
    table = cache.table(project)
    slot = st.container()
    with slot.skeleton(height=420):
        profile = cache.profile(table)

    alerts.alerts(project, table, profile)

    columns, pairs = st.tabs(["Columns", "Pairs"], key="profiling.tab", on_change="rerun")
    with columns:
        if columns.open:
            left, right = halves()
            with left:
                chosen = column_panel.overview(profile, state.get("profiling.wanted", ""))
            with right:
                if chosen:
                    column_panel.detail(profile, chosen)
    with pairs:
        if pairs.open:
            pairs_panel.pairs(table, profile)

parts.step_footer("upload", "constraints")
