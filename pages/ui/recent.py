"""What the Start page shows of the past: projects on this machine, or on the first visit what Simile does."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.ui import parts, state, theme
from synth_core.project import Damaged, Project

SHOWN = 4
STEPS = (
    ("strip-real", "1 · Real", "Your table is read and profiled here, on this machine."),
    ("strip-synthetic", "2 · Synthetic", "An engine learns its patterns and makes new rows, under your rules."),
    ("strip-proof", "3 · Proof", "Rows held back judge the result: likeness, use and privacy, with margins."),
)


def first_visit() -> None:
    """Draw the strip: real, synthetic, proof."""
    with st.grid(min_column_width=260, gap="medium"):
        for picture, title, sentence in STEPS:
            with st.container(border=True, height="stretch", gap="small"):
                suffix = "-dark" if state.mode() == "dark" else ""
                st.image(str(parts.ASSETS / f"{picture}{suffix}.svg"), width=200, alt="")  # the words below say it
                st.markdown(f"**{title}**  \n:gray[{sentence}]")


def listing(known: list[Project]) -> None:
    """Draw the projects on this machine, last used first."""
    parts.section("Go on with a project")
    everything = len(known) <= SHOWN or state.get("start.all", False)
    for project in known if everything else known[:SHOWN]:
        _row(project)
    if len(known) > SHOWN:
        st.toggle(f"Show all {len(known)} projects", key="start.all")


def _row(project: Project) -> None:
    runs = project.runs()
    status = runs[0].status().state if runs else "draft"
    with st.container(
        border=True,
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        key=f"start_row_{project.id}",
    ):
        st.markdown(
            f"**{theme.plain(project.label)}**  \n:small[:gray[changed {ago(project.opened)}]]",
            width="stretch",
            help=theme.plain(project.filename) or None,
        )
        parts.sign(theme.RUN_STATES[status])
        if st.button(parts.spoken("Open", project.label), key=f"start.open_{project.id}"):
            state.open_project(project.id)
            parts.go("upload")


def damaged(found: list[Damaged]) -> None:
    """Draw the projects on this machine that cannot be opened, and what to do."""
    parts.section("Cannot be opened")
    for one in found:
        with st.container(border=True, key=f"start_damaged_{one.id}"):
            st.markdown(f":material/error: {one.reason}  \n:small[:gray[Its folder is {one.id}.]]")


def ago(moment: datetime) -> str:
    """Return how long ago a moment was, in words."""
    seconds = max(0.0, (datetime.now(UTC) - moment).total_seconds())
    if seconds < 60:
        return "just now"
    for size, word in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {word}{'s' if number > 1 else ''} ago"
    return "just now"
