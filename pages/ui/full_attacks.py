"""The attacks that take minutes, started from the page: guessing sensitive columns, and singling people out."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state, watch
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Scorecard

PROBLEM = "privacy.problem"
SLOW = ("inference", "singling")


def attacked(card: Scorecard) -> bool:
    """Return whether a scorecard holds the slow attacks."""
    return any(attack.name.startswith(SLOW) for attack in card.privacy.attacks)


def panel(project: Project, run: Run, card: Scorecard) -> None:
    """Draw the button that runs the slow attacks, or how far they are; nothing once they are on the scorecard, or
    while the shadow audit is at work."""
    status = run.status()
    if status.active and run.is_audited:
        return
    if status.active:
        with st.container(border=True, gap="small", key="privacy_full"):
            watch.progress_panel(run, _progress)
        return
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="The attacks did not start")
        state.drop(PROBLEM)
    if run.attacks_fully and not run.is_audited and status.state in ("failed", "lost"):
        parts.error_card(status.error or "They ended without a word.", title="The full attacks stopped")
    if attacked(card):
        return
    busy = project.active_run() is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="privacy_full"):
        st.markdown(
            "**Two more attacks take minutes.** :gray[Guessing a sensitive column or the target from the others, "
            "and singling people out by rare combinations; each beside people who were not in the table. The scores "
            "above stay until they are done.]",
            width="stretch",
        )
        st.button(
            "Run the full attacks",
            key="privacy.full",
            icon=":material/radar:",
            disabled=busy,
            help="Another run of this project is at work." if busy else None,
            on_click=_start,
            args=(run,),
        )


def _start(run: Run) -> None:
    try:
        jobs.judge_again(run, full=True)
    except SimileError as error:
        state.put(PROBLEM, str(error))


def _progress(run: Run) -> None:
    watch.bar(run, key="privacy.cancel", title="The full attacks are at work.")
