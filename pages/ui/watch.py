"""A run as it goes: the line above every page and the large panel of the Generate page."""

from __future__ import annotations

from collections.abc import Callable

import streamlit as st

from pages.ui import state, theme
from synth_core import jobs
from synth_core.errors import ProjectError
from synth_core.project import Project
from synth_core.run import Run


def _cancel(run: Run) -> None:
    jobs.cancel(run)


def _finished(run: Run) -> None:
    """Redraw the page once when a run that was watched is over, so that the timer stops."""
    if not state.seen(f"over.{run.id}"):
        state.put("watch.over", run.id)
        if run.status().state == "done":
            state.put("watch.ready", run.id)
        st.rerun()


def run_line() -> None:
    """Draw the run at work above the page, where every window shows it, with Cancel; nothing when none is."""
    opened = state.project()
    run = opened.active_run() if opened is not None else None
    if run is None:
        return

    @st.fragment(run_every="1s")
    def line() -> None:
        bar(run, key="shell.cancel")
        if not run.status().active:
            _finished(run)

    with st.container(key="shell_run"):
        line()


def ready(project: Project) -> None:
    """Draw the way to the result of the run that finished last, until it is looked at."""
    run_id = state.get("watch.ready", "")
    if run_id and project.active_run() is None and any(run.id == run_id for run in project.runs()):
        st.page_link(
            "compare.py",
            label="Result ready: compare",
            icon=":material/check_circle:",
            query_params={"project": project.id, "run": run_id},
        )


def looked() -> None:
    """Take the way to the result away: the result is being looked at."""
    state.drop("watch.ready")


def tell_when_over(project: Project) -> None:
    """Show a toast with the way to the result for the run that has just finished."""
    run_id = state.get("watch.over", "")
    if not run_id:
        return
    state.drop("watch.over")
    try:
        word = project.run(run_id).status().state
    except ProjectError:
        return
    if word == "done":
        state.choose_run(run_id)
        link = f"/compare?project={project.id}&run={run_id}"
        st.toast(
            f"The synthetic table is judged. [See how it compares]({link})",
            icon=":material/check_circle:",
            duration="long",
        )
    elif word in ("failed", "lost"):
        st.toast("The run stopped. See why on the Generate page.", icon=":material/error:", duration="long")


def bar(run: Run, *, key: str, title: str = "", after: str = "", cancel: Callable[..., None] | None = None) -> None:
    """Draw how far work beside the runs is, with Cancel.

    ``title`` stands before what is done, ``after`` behind it; ``cancel`` ends it (default: as runs are ended).
    """
    status = run.status()
    left = f" · {theme.duration(status.seconds_left)} left" if status.seconds_left else ""
    doing = theme.plain(status.note or status.stage or "Waiting to start")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(
            min(max(status.share, 0.0), 1.0),
            text=f"{f'**{title}** ' if title else ''}{doing} · {theme.duration(status.elapsed)}{left}{after}",
        )
        st.button(
            "Cancel", key=key, icon=":material/stop:", type="tertiary", on_click=cancel or jobs.cancel, args=(run,)
        )


def progress_panel(run: Run, draw: Callable[[Run], None]) -> None:
    """Call ``draw(run)`` now, and every second while the run is at work; the page is redrawn once when it is over."""

    @st.fragment(run_every="1s" if run.status().active else None)
    def panel() -> None:
        draw(run)
        if not run.status().active:
            if state.get("watch.open", "") == run.id:
                state.drop("watch.open")
                _finished(run)
        else:
            state.put("watch.open", run.id)

    panel()
