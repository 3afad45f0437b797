"""Steer the output: conditions, shares, rows of a class, and given rows, with the real rows behind them."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, parts, state, steering_conditions, steering_draft, steering_given, steering_shares, theme
from synth_core.methods.base import MethodInfo
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.steering.support import FEW
from synth_core.table import Table

HOW = {
    "any": "This engine takes wanted values as given: what you ask for is met exactly, at no cost.",
    "first": "Rows are drawn and kept where they fit, so that nothing else changes; where hardly any would fit, the "
    "columns that you steer are made first, with the wanted values.",
    "none": "This engine takes no given values: rows are drawn and kept where they fit. Where too few fit, rows are "
    "repeated, and the result says how many rows they are worth.",
}
COMPLETED = {
    "any": "This engine takes the given cells as they are and makes the others to go with them.",
    "first": "The given columns are made first, as given; the others are made to go with them.",
    "none": "This engine takes no given values: a drawn row that is like the given one lends it the other cells.",
}


def panel(project: Project, draft: Recipe, table: Table, info: MethodInfo) -> None:
    """Draw the panel for the next run."""
    st.space("small")
    steering = draft.steering
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        parts.section("Steer the output", width="content")
        with st.container(horizontal=True, gap="small", width="content"):
            st.button(
                "Undo",
                key="method.steer_undo",
                icon=":material/undo:",
                type="tertiary",
                disabled=not steering_draft.earlier(project),
                on_click=steering_draft.undo,
                args=(project,),
            )
            st.button(
                "Reset",
                key="method.steer_reset",
                icon=":material/restart_alt:",
                type="tertiary",
                disabled=not steering.asked,
                on_click=steering_draft.reset,
                args=(project,),
            )
    if problem := state.get(steering_draft.PROBLEM, ""):
        parts.error_card(problem, title="This was not kept")
        state.drop(steering_draft.PROBLEM)
    lead = "" if steering.asked else "Nothing is asked: the rows come in the real proportions. "
    how = HOW if steering.given is None else COMPLETED
    st.caption(f"{lead}{how[info.prescribes]}")
    if steering.given is None:
        with st.container(border=True, gap="small", key="method_steer_conditions"):
            steering_conditions.listed(project, steering, table)
            _behind(project, draft, table)
            steering_conditions.adding(project, steering, table)
        with st.container(border=True, gap="small", key="method_steer_shares"):
            steering_shares.shares(project, steering, table)
            found = cache.support(table, steering.model_dump_json())
            if found.rows and found.refused:
                parts.error_card(found.refused, title="These shares have no support in the data")
    steering_given.given(project, steering, table)


def _behind(project: Project, draft: Recipe, table: Table) -> None:
    """Draw how many real rows keep all conditions, and what too few mean."""
    if not (draft.steering.conditions or draft.steering.where):
        return
    found = cache.support(table, draft.steering.model_dump_json())
    if found.problem:
        parts.error_card(found.problem, title="These conditions do not fit the table")
        return
    words = f"{theme.count(found.rows)} of {theme.count(found.of)} real rows keep every condition"
    if not found.rows:
        parts.error_card(
            "No real row keeps these conditions together: there is nothing to learn such rows from. Loosen or remove "
            "one.",
            title="No support in the data",
        )
    elif found.rows < FEW:
        st.warning(
            f"**{words}.** The rows made repeat the few patterns of these, and say more about each of these people "
            "than a usual release does.",
            icon=":material/group_off:",
        )
    else:
        st.progress(min(found.rows / max(found.of, 1), 1.0), text=f"{words} ({theme.share(found.rows / found.of)})")
