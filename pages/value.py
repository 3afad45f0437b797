"""Value: what a data set of this kind costs to obtain against generating it, with one's own figures, and the proof."""

import streamlit as st

from pages.ui import parts, value_figures, value_sheet
from pages.ui.halves import halves
from synth_core.business_case import case_of, proof, proving_run
from synth_core.errors import ProjectError

parts.page_head(
    "Value", "What it costs to obtain rows like these, what it costs to generate them, and what the run proved."
)
project = parts.need_project()

with parts.guarded("This page cannot be shown"):
    case = case_of(project)
    run = proving_run(project)
    try:
        card = run.scorecard() if run is not None else None
    except ProjectError as error:
        parts.error_card(error, title="The proof cannot be read")
        card = None
    proved = None if card is None else proof(card, project.targets)
    value_sheet.headline(project, case)
    value_sheet.proof_point(project, proved, run)
    st.caption(
        "Every figure below is an input. Its default is an assumption to start from, never a claim; type your own, and "
        "it is kept with this project."
    )
    left, right = halves(420)
    with left:
        value_figures.side(project, case, "obtain")
    with right:
        value_figures.side(project, case, "generate")
    value_sheet.download(project, case, proved)

parts.step_footer("report", "start", label="Back to Start", ready=False)
