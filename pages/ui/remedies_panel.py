"""Remedies that can be applied and judged again: one click makes a new run, which then stands beside this one."""

from __future__ import annotations

import streamlit as st

from pages.ui import beside, parts, state, theme, watch
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.remedies import Remedy, remedies
from synth_core.run import Run
from synth_core.scorecard import Scorecard

PROBLEM = "privacy.remedy_problem"


def stand_beside(project: Project, run: Run) -> None:
    """Put the run that this one mends beside it, the first time it is looked at."""
    mended = run.mended()
    if mended is None or state.seen(f"mended.{run.id}"):
        return
    if any(one.id == mended.run and one.is_judged for one in project.runs()):
        beside.put(mended.run)


def said(run: Run) -> None:
    """Draw what this run was made for, where it mends another."""
    mended = run.mended()
    if mended is not None:
        st.markdown(f":material/healing: Made to mend another run: **{theme.plain(mended.title)}**.")


def panel(project: Project, run: Run, card: Scorecard, *, needed: bool) -> None:
    """Draw every remedy with its cost and its button, folded where nothing fails; while one works, its progress."""
    mine = [one for one in project.runs() if (found := one.mended()) is not None and found.run == run.id]
    working = next((one for one in mine if one.status().active), None)
    if working is not None:
        with st.container(border=True, gap="small", key="privacy_remedy_work"):
            watch.progress_panel(working, _progress)
        return
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="The remedy was not applied")
        state.drop(PROBLEM)
    if mine and mine[0].status().state in ("failed", "lost"):
        parts.error_card(mine[0].status().error or "It ended without a word.", title="The mended run stopped")
    label = "Mend it and judge again" if needed else "Make it more private"
    with st.expander(
        label, icon=":material/healing:", expanded=needed, key="privacy.remedies", on_change="rerun"
    ) as box:
        if not box.open:
            return
        st.caption(
            "Each makes a new run with one change and judges it like this one; then the two stand side by side. This "
            "run stays as it is. Nothing is promised: what counts is what the attacks find afterwards."
        )
        table = project.table_of(run.table_name)
        with st.grid(min_column_width=300, gap="small"):
            for remedy in remedies(run.recipe, card, table):
                _card(project, run, remedy)


def _card(project: Project, run: Run, remedy: Remedy) -> None:
    busy = project.active_run() is not None
    old = run.table_name != project.table_name
    with st.container(border=True, height="stretch", gap="small"):
        st.markdown(f"**{theme.plain(remedy.title)}**")
        st.markdown(theme.plain(remedy.does))
        st.caption(f"**Costs:** {theme.plain(remedy.costs)}")
        st.space("stretch")
        why = remedy.why_not or (
            "The table has changed since this run; generate again first."
            if old
            else "Another run of this project is at work."
            if busy
            else ""
        )
        st.button(
            parts.spoken("Apply and judge again", remedy.title),
            key=f"privacy.apply_{remedy.name}",
            icon=":material/play_arrow:",
            disabled=bool(why),
            help=why or None,
            on_click=_apply,
            args=(project, run, remedy),
        )


def _apply(project: Project, run: Run, remedy: Remedy) -> None:
    try:
        jobs.mend(project, run, remedy)
    except SimileError as error:
        state.put(PROBLEM, str(error))


def _progress(run: Run) -> None:
    mended = run.mended()
    title = theme.plain(mended.title) if mended is not None else "Mending"
    after = ". Then both runs stand side by side."
    watch.bar(run, key="privacy.remedy_cancel", title=f"{title}.", after=after)
