"""Timers of fragments redraw, and do nothing else.

A browser's timer (``st.fragment(run_every=...)``) asks for its fragment with everything that the browser knows at that
moment. Streamlit 1.67 takes that for the hand's wishes, although it can be older than what the program has told the
browser meanwhile: a slider that the program moved goes back. And a timer of the page that was just left empties the
page that was opened. Both are kept off here, at the only two places where requests of timers pass.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import streamlit as st
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests


def install() -> None:
    """Change how this process treats requests of timers; a second call changes nothing."""
    if getattr(ScriptRequests.request_rerun, "quiet_timers", False):
        return
    asked, run = ScriptRequests.request_rerun, ScriptRunner._run_script

    def request_rerun(self: ScriptRequests, new_data: RerunData) -> bool:
        return asked(self, replace(new_data, widget_states=None) if new_data.is_auto_rerun else new_data)

    def run_script(self: ScriptRunner, rerun_data: RerunData) -> None:
        timed = rerun_data.is_auto_rerun and rerun_data.fragment_id_queue
        if timed and not any(self._fragment_storage.contains(one) for one in rerun_data.fragment_id_queue):
            return  # the page that it belonged to is gone
        run(self, rerun_data)

    request_rerun.quiet_timers = True  # type: ignore[attr-defined]
    ScriptRequests.request_rerun = request_rerun  # type: ignore[method-assign]
    ScriptRunner._run_script = run_script  # type: ignore[method-assign]


def redraw_when(ready: Callable[[], bool], draw: Callable[[], None] | None = None, *, every: str = "1s") -> None:
    """Call ``draw`` now and at every tick, and draw the whole page again at the first tick when ``ready()``.

    Never along with the page itself: a press of a button further down would be lost.
    """
    drawn: list[bool] = []

    @st.fragment(run_every=every)
    def tick() -> None:
        if drawn and ready():
            st.rerun()
        drawn.append(True)
        if draw is not None:
            draw()

    tick()
