"""What-if: a profile edited by hand, for a new product or market, and data made from it."""

import streamlit as st

from pages.ui import cache, parts, what_if_edits, what_if_made, what_if_numbers, what_if_rates
from pages.ui.halves import halves

parts.page_head(
    "What-if",
    "A new product or market has no data yet. Edit the profile of the one you have, and make rows that follow it.",
)
project = parts.need_project()

with parts.guarded("This page cannot be shown"):
    table = cache.table(project)
    st.info(
        "A what-if is an assumption made into rows, not a likeness of anything real. It is marked as one in the "
        "recipe, the report and the data card, and its likeness is never judged.",
        icon=":material/science:",
    )
    left, right = halves(430)
    with left:
        tabs = st.tabs(["Numbers", "Rates", "New category"], key="what_if.tabs", on_change="rerun")
        with right:
            picture = st.container(border=True, gap="small", key="what_if_picture")
        panels = (what_if_numbers.panel, what_if_rates.rates, what_if_rates.new_category)
        for tab, panel in zip(tabs, panels, strict=True):
            if tab.open:
                with tab:
                    panel(project, table, picture)
    what_if_edits.summary(project, table)
    what_if_made.latest(project)

parts.step_footer("profiling", "generate", label="Go to Generate", ready=False)
