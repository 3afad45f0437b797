"""``/?demo=hospital``: a demo that was run before, open at once, and the words that say so."""

from __future__ import annotations

import streamlit as st

from pages.ui import identity, parts, state
from synth_core.recorded import is_recorded, open_recorded

JUDGED = ("generate", "compare", "privacy", "report")


def open_asked() -> None:
    """Open the recorded demo that the address asks for, and go to its first page; called once per run by the shell."""
    name = state.take_asked("demo")
    if not name:
        return
    with parts.guarded("This demo cannot be opened"):
        with st.spinner("Opening the recorded demo…"):
            made = open_recorded(name, identity.owner())
        state.open_project(made.id)
        parts.go("upload")


def label(page: str) -> None:
    """Say on pages that show a run that came with the package that it did."""
    run = state.run() if page in JUDGED and state.project() is not None else None
    if run is not None and is_recorded(run):
        st.caption(
            ":material/history: This run was recorded: the same code made and judged it "
            f"on {run.started_at:%-d %B %Y}. What you start now runs here."
        )
