"""The words on the report, and the report as it will look."""

from __future__ import annotations

from html import escape
from typing import NamedTuple

import streamlit as st

from pages.ui import parts, run_words, state, theme
from pages.ui.param_form import begin
from synth_core.errors import SimileError
from synth_core.ledger import Entry, rows_hash
from synth_core.project import Project
from synth_core.proofs import proof_of
from synth_core.recipe import Use
from synth_core.release import with_reason
from synth_core.run import Run
from synth_core.scorecard import Scorecard, Target

HEIGHT = 820


class Words(NamedTuple):
    """What a person adds to the report; the logo is the bytes of an image."""

    title: str
    author: str
    notes: str
    sign_off: str
    client: str = ""
    logo: bytes = b""
    written: str = ""  # the notes without the reason


def words(project: Project, reason: str) -> Words:
    """Draw the fields and return what stands in them; a reason for a release in spite of a fail joins the notes."""
    with st.grid(min_column_width=200, gap="small"):
        title = st.text_input("Title", key="report.title", placeholder=project.label, persist_state="session")
        author = st.text_input("Author", key="report.author", persist_state="session")
    notes = st.text_area("Notes", key="report.notes", height=68, persist_state="session")
    sign_off = st.text_input(
        "Signed off by", key="report.sign_off", persist_state="session", help="Printed under the verdicts."
    )
    _letterhead(project)
    written, notes = notes.strip(), with_reason(notes, "" if reason == "-" else reason)
    logo, client = project.logo, project.client
    return Words(title.strip() or project.label, author.strip(), notes, sign_off.strip(), client, logo, written)


def _letterhead(project: Project) -> None:
    """Draw client and logo; both are kept with the project."""
    label = "Client and logo" + (f" · {project.client}" if project.client else "")
    with st.expander(theme.plain(label), icon=":material/badge:", key="report.letterhead", on_change="rerun") as box:
        if not box.open:
            return
        begin("report.client", project.client)
        st.text_input(
            "Prepared for",
            key="report.client",
            placeholder="Name of the client",
            max_chars=80,
            on_change=lambda: project.set_client(state.get("report.client", "")),
        )
        if project.logo:
            with st.container(horizontal=True, vertical_alignment="center"):
                st.image(project.logo, width=120, alt="The logo")
                st.button(
                    "Remove the logo", key="report.no_logo", icon=":material/close:", type="tertiary",
                    on_click=project.set_logo, args=(b"",),
                )  # fmt: skip
        st.file_uploader(
            "Logo (PNG or JPEG, up to 300 kB)",
            type=["png", "jpg", "jpeg"],
            max_upload_size=1,
            key="report.logo",
            on_change=_take_logo,
            args=(project,),
        )
        if problem := state.get("report.logo_problem", ""):
            parts.error_card(problem, title="This logo was not taken")


def _take_logo(project: Project) -> None:
    uploaded = state.get("report.logo", None)
    state.drop("report.logo_problem")
    if uploaded is None:
        return
    try:
        project.set_logo(uploaded.getvalue())
    except SimileError as error:
        state.put("report.logo_problem", str(error))


def page(project: Project, run: Run, card: Scorecard, text: Words) -> str:
    """Return the report as one HTML file."""
    stamp = (run.folder / "scorecard.json").stat().st_mtime
    targets = project.targets
    earlier = tuple(earlier_releases(project, run))
    asked = tuple(t.model_dump_json() for t in targets)
    hashes = tuple(one.sha256 for one in earlier)
    return _page(
        run.id, stamp, project.use, asked, text, hashes, proof_words(project, run), card, targets, run, earlier
    )


def proof_words(project: Project, run: Run) -> str:
    """Return what a lab says about a run; "" where it said nothing."""
    found = proof_of(project, run)
    return "" if found is None or found.holds is None else found.sentence


def earlier_releases(project: Project, run: Run) -> list[Entry]:
    """Return the releases of other rows than those of this run."""
    known = project.releases()
    return [one for one in known if one.sha256 != _hash(str(run.parquet), run.parquet.stat().st_mtime)] if known else []


@st.cache_data(max_entries=32, show_spinner=False)
def _hash(path: str, modified: float) -> str:
    from pathlib import Path

    return rows_hash(Path(path))


@st.cache_data(max_entries=8, show_spinner=False)
def _page(
    run_id: str,
    stamp: float,
    use: Use,
    targets: tuple[str, ...],
    text: Words,
    hashes: tuple[str, ...],
    proof: str,
    _card: Scorecard,
    _targets: list[Target],
    _run: Run,
    _earlier: tuple[Entry, ...],
) -> str:
    from synth_core.report import html

    recipe = _run.recipe
    words = text._asdict()
    del words["written"]
    return html(
        _card, **words, use=use, targets=_targets, recipe=recipe, rules=recipe.rules, earlier=_earlier, proof=proof
    )


@st.cache_data(max_entries=4, show_spinner=False)
def _framed(report: str) -> str:
    """Return the report in a sandbox of its own: it may draw its charts, and reach nothing of the app."""
    return (
        "<style>body{margin:0}iframe{border:0;width:100%;height:100vh;display:block}</style>"
        f'<iframe sandbox="allow-scripts" srcdoc="{escape(report)}"></iframe>'
    )


def preview(project: Project, run: Run, card: Scorecard, text: Words) -> None:
    """Draw the report as it will look."""
    parts.section("Preview")
    slot = st.container(border=True)
    with slot.skeleton(height=HEIGHT):
        body = _framed(page(project, run, card, text))
    with slot:
        st.iframe(body, height=HEIGHT, alt=f"The report on {text.title}.")
    st.caption(f"{run_words.run_label(run)}. The downloaded file opens in any browser without a connection.")
