"""The words on the report, and the report as it will look."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import streamlit as st

from pages.ui import run_words
from synth_core.project import Project
from synth_core.recipe import Use
from synth_core.run import Run
from synth_core.scorecard import Scorecard, Target

HEIGHT = 820


class Words(NamedTuple):
    """What a person adds to the report."""

    title: str
    author: str
    notes: str
    sign_off: str


def words(project: Project, reason: str) -> Words:
    """Draw the fields and return what stands in them; a reason for a release in spite of a fail joins the notes."""
    with st.grid(min_column_width=200, gap="small"):
        title = st.text_input("Title", key="report.title", placeholder=project.label, persist_state="session")
        author = st.text_input("Author", key="report.author", persist_state="session")
    notes = st.text_area("Notes", key="report.notes", height=68, persist_state="session")
    sign_off = st.text_input(
        "Signed off by", key="report.sign_off", persist_state="session", help="Printed under the verdicts."
    )
    if reason and reason != "-":
        notes = f"{notes}\n\nReleased although a target fails. Reason: {reason}".strip()
    return Words(title.strip() or project.label, author.strip(), notes.strip(), sign_off.strip())


def page(project: Project, run: Run, card: Scorecard, text: Words) -> str:
    """Return the report as one HTML file."""
    stamp = (run.folder / "scorecard.json").stat().st_mtime
    targets = project.targets
    return _page(run.id, stamp, project.use, tuple(t.model_dump_json() for t in targets), text, card, targets, run)


@st.cache_data(max_entries=8, show_spinner=False)
def _page(
    run_id: str,
    stamp: float,
    use: Use,
    targets: tuple[str, ...],
    text: Words,
    _card: Scorecard,
    _targets: list[Target],
    _run: Run,
) -> str:
    from synth_core.report import html

    recipe = _run.recipe
    return html(_card, **text._asdict(), use=use, targets=_targets, recipe=recipe, rules=recipe.rules)


@st.cache_data(max_entries=4, show_spinner=False)
def _framed(report: str) -> str:
    """Return the report in a sandbox of its own: it may draw its charts, and reach nothing of the app."""
    return (
        "<style>body{margin:0}iframe{border:0;width:100%;height:100vh;display:block}</style>"
        f'<iframe sandbox="allow-scripts" srcdoc="{escape(report)}"></iframe>'
    )


def preview(project: Project, run: Run, card: Scorecard, text: Words) -> None:
    """Draw the report as it will look."""
    st.subheader("Preview", anchor=False)
    slot = st.container(border=True)
    with slot.skeleton(height=HEIGHT):
        body = _framed(page(project, run, card, text))
    with slot:
        st.iframe(body, height=HEIGHT, alt=f"The report on {text.title}.")
    st.caption(f"{run_words.run_label(run)}. The downloaded file opens in any browser without a connection.")
