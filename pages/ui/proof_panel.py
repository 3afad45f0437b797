"""What a run was made to differ in, and what a lab measured of it on real rows."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, run_words, theme
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.proofs import Proof, proof_of
from synth_core.run import Run


def panel(project: Project, run: Run) -> None:
    """Draw both, where a run was asked for something; a what-if has a word of its own."""
    if run.recipe.what_if is not None:
        return
    try:
        card = run_words.scorecard(run)
        found = proof_of(project, run)
    except SimileError:
        return
    asked = [] if card is None else card.on_purpose
    if not asked and found is None:
        return
    with st.container(border=True, gap="small", key="proof"):
        if asked:
            st.markdown(
                f":material/tune: **Made so on purpose.** {theme.plain(' '.join(asked))} "
                ":gray[Likeness is judged beside real rows of that kind, so what was asked is no fault.]"
                if run.recipe.steering.asked
                else f":material/tune: **Made so on purpose.** {theme.plain(' '.join(asked))} "
                ":gray[Likeness is judged beside the real rows as they are, so what was cut counts as a difference.]",
                width=theme.TEXT_WIDTH,
            )
        if found is not None:
            _lab(found)


def _lab(found: Proof) -> None:
    icons = {True: ":material/verified:", False: ":material/balance:", None: ":material/science:"}
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.markdown(
            f"{icons[found.holds]} **What the lab found.** {theme.plain(found.sentence)}"
            if found.holds is not None
            else f"{icons[None]} :gray[{theme.plain(found.sentence)}]",
            width=theme.TEXT_WIDTH,
        )
        if st.button(parts.PAGES[found.page][0], key="proof.lab", type="tertiary", icon=parts.PAGES[found.page][1]):
            parts.go(found.page)
