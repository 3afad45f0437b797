"""Iterate to the targets: ask for it, watch it, go on with it; what it found is drawn by ``tuning_result``."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state, theme, tuning_result, watch
from pages.ui.param_form import begin
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.recipe import USE_TITLES
from synth_core.run import Run
from synth_core.tried import looks
from synth_core.tuning.record import MOST_TRIES, Asked, Budget

_MINUTES, _TRIES, _FEWER = "tuning.minutes", "tuning.tries", "tuning.fewer"
_PROBLEM = tuning_result.PROBLEM


def panel(project: Project) -> None:
    """Draw the panel: the form, what is at work, or what the newest iteration found."""
    job = next(iter(project.tunings()), None)
    with st.container(border=True, key="tuning_box"):
        parts.section("Iterate to the targets")
        if problem := state.get(_PROBLEM, ""):
            parts.error_card(problem, title="This cannot be done")
            state.drop(_PROBLEM)
        if job is not None and job.status().active:
            watch.progress_panel(job, lambda now: _progress(project, now))
            return
        found = None if job is None else job.tuning()
        if job is None or found is None or not found.tries:
            if job is not None:
                _stopped(job)
            _form(project, first=True)
            return
        _stopped(job)
        tuning_result.result(project, job, found)
        with st.expander("Iterate again", icon=":material/restart_alt:", key="tuning.again", on_change="rerun") as box:
            if box.open:
                _form(project, first=False)


def _form(project: Project, *, first: bool) -> None:
    """Draw what it does, the budget and the button."""
    draft = project.draft
    if first:
        st.markdown(
            ":gray[Try, judge, read what failed, change what should mend it, and try again, until the targets "
            f"for “{USE_TITLES[project.use].lower()}” hold or the budget is spent. It starts from the recipe that "
            "Generate would follow. Tries are judged on a part of the rows to learn from; the rows held out are looked "
            "at once, for the last choice.]",
            width=theme.TEXT_WIDTH,
        )
    if (seen := looks(project, draft, project.table_name)) > 1:
        st.caption(
            f":material/visibility: The rows that seed {draft.seed} holds out were looked at {seen} times. What is "
            "chosen after a look is judged a little too kindly; another seed, on the Method page, holds out others."
        )
    begin(_MINUTES, 5.0)
    begin(_TRIES, 12)
    with st.container(horizontal=True, vertical_alignment="bottom", key="tuning_form"):
        st.number_input(
            "Minutes", min_value=0.0, max_value=10_000.0, step=1.0, format="%g", key=_MINUTES, width=130,
            persist_state="session", help="The most time by the clock, the last choice included.",
        )  # fmt: skip
        st.number_input(
            "Tries", min_value=0, max_value=MOST_TRIES, step=1, key=_TRIES, width=130, persist_state="session"
        )
        st.checkbox(
            "Fewer rows may be released",
            key=_FEWER,
            persist_state="session",
            help=f"Off: all {theme.count(draft.rows)} rows are made in every try. The fewer rows are given away, the "
            "less they say about single people.",
        )
        st.button(
            "Iterate",
            key="tuning.start",
            icon=":material/autorenew:",
            type="secondary" if first else "primary",
            on_click=_start,
            args=(project,),
        )


def _start(project: Project) -> None:
    budget = Budget(
        minutes=float(state.get(_MINUTES, 5.0)), tries=int(state.get(_TRIES, 12)), fewer_rows=state.get(_FEWER, False)
    )
    try:
        jobs.tune(project, project.draft, Asked(targets=project.targets, budget=budget))
        tuning_result.forget()
    except SimileError as error:
        state.put(_PROBLEM, str(error))


def _progress(project: Project, job: Run) -> None:
    """Draw how much of the budget is spent, and what was tried so far."""
    status, found = job.status(), job.tuning()
    left = f" · at most {theme.duration(status.seconds_left)} left" if status.seconds_left else ""
    st.progress(
        min(max(status.share, 0.0), 1.0),
        text=f"{theme.plain(status.note or 'Waiting to start')} · {theme.duration(status.elapsed)}{left}",
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Cancel", key="tuning.cancel", icon=":material/stop:", on_click=jobs.cancel, args=(job,))
        st.caption("You can leave this page, or close it; it goes on. What was tried is kept.")
    if found is not None and found.tries:
        tuning_result.log(found)


def _stopped(job: Run) -> None:
    """Say why the newest iteration has no end, with the way to go on."""
    status = job.status()
    if status.state == "done":
        return
    if status.state == "cancelled":
        st.info("The iteration was cancelled. What was tried is kept.", icon=":material/cancel:")
    elif status.error:
        parts.error_card(status.error, title="The iteration stopped")
    if status.state in ("cancelled", "lost"):
        st.button("Go on", key="tuning.resume", icon=":material/play_arrow:", on_click=_resume, args=(job,))


def _resume(job: Run) -> None:
    try:
        jobs.resume(job)
    except SimileError as error:
        state.put(_PROBLEM, str(error))
