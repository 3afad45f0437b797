"""The shadow audit on the Privacy page: its cost and its start, how far it is, and what it found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import streamlit as st

from pages.ui import chooser, parts, run_words, state, theme, watch
from pages.ui.beside import Side
from pages.ui.closest_rows import real_row
from pages.ui.halves import halves
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Scorecard
from synth_core.scores import shadow_words
from synth_core.scores.results import AuditedPerson, ShadowAudit
from synth_core.shadow_audit import FITS, cost, fit_seconds, why_not

PROBLEM = "privacy.audit_problem"
MASK = "•••"
SHOWN = 200


def panel(project: Project, run: Run, card: Scorecard) -> None:
    """Draw what the audit takes and its button, or how far it is; nothing while other attacks are at work."""
    status = run.status()
    if status.active:
        if run.is_audited:
            with st.container(border=True, gap="small", key="privacy_audit"):
                watch.progress_panel(run, _progress)
        return
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="The audit did not start")
        state.drop(PROBLEM)
    if run.is_audited:
        why_stopped = run.audit_problem or status.error or "It ended without a word."
        parts.error_card(why_stopped, title="The shadow audit stopped")
    if card.privacy.audit is not None:
        return
    synthesis = run.synthesis()
    if synthesis is None:
        return
    each = fit_seconds(synthesis)
    if why := why_not(run.recipe, synthesis.rows_train, each):
        st.caption(theme.plain(why))
        return
    busy = project.active_run() is not None
    with st.container(border=True, horizontal=True, vertical_alignment="center", key="privacy_audit"):
        st.markdown(
            "**A shadow audit measures the most exposed people for real.** "
            f":gray[It fits the engine {FITS} times, with and without each of them, and looks whether the releases "
            f"give it away. It takes {theme.plain(cost(each))}.]",
            width="stretch",
        )
        st.button(
            "Run the shadow audit",
            key="privacy.audit",
            icon=":material/group_search:",
            disabled=busy,
            help="Another run of this project is at work." if busy else None,
            on_click=_start,
            args=(run,),
        )


def _start(run: Run) -> None:
    try:
        jobs.audit(run)
    except SimileError as error:
        state.put(PROBLEM, str(error))


def _progress(run: Run) -> None:
    watch.bar(run, key="privacy.audit_cancel", title="The shadow audit is at work.")


def result(project: Project, both: Sequence[Side], runs: Mapping[str, Run]) -> None:
    """Draw what the audits found, and the list of exposed people; their values only when they are asked for."""
    if not any(side.card.privacy.audit for side in both):
        return
    parts.section("Shadow audit")
    for side in both:
        if len(both) > 1:
            st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
        audit = side.card.privacy.audit
        if audit is None:
            st.markdown(":gray[No shadow audit was run.]")
            continue
        _said(audit)
        if audit.people:
            _people(project, runs[side.letter], audit, side.suffix)


def _said(audit: ShadowAudit) -> None:
    left, right = halves()
    with left:
        st.markdown("  \n".join(theme.plain(sentence) for sentence in shadow_words.found(audit)))
        st.caption(theme.plain(shadow_words.done(audit)))
    with right:
        st.markdown("**What it does not show**")
        st.caption("\n".join(f"- {theme.plain(sentence)}" for sentence in shadow_words.limits(audit)))


def _people(project: Project, run: Run, audit: ShadowAudit, suffix: str) -> None:
    people = audit.people[:SHOWN]
    left, right = halves()
    with left:
        st.caption(
            f"The {len(people):,} exposed people, those told best first; 50 % is guessing. Of so many, some stand out "
            "by chance: only who is marked as sure counts."
        )
        percent = st.column_config.NumberColumn(format="%.0f %%", width=70)
        columns: dict[str, Sequence[object]] = {
            "Person": range(1, len(people) + 1),
            "Told right": [one.right for one in people],
            "From": [one.low for one in people],
            "To": [one.high for one in people],
            "Sure": ["sure" if one.sure else "" for one in people],
        }
        at = chooser.chosen_row(
            pd.DataFrame(columns),
            [str(number) for number in columns["Person"]],
            key=f"privacy.audit_people{suffix}",
            label="Person to look at",
            width=160,
            height=run_words.table_height(len(people), 388),
            column_config={
                "Person": st.column_config.NumberColumn(width=60),
                "Told right": st.column_config.NumberColumn(
                    format="%.0f %%",
                    width=80,
                    help="How often the better attack picks the release made with this person out of two.",
                ),
                "From": percent,
                "To": percent,
                "Sure": st.column_config.TextColumn(
                    width=55, help="Too clear to be chance, however many people were looked at."
                ),
            },
            alt=f"{len(people)} exposed people with how well they can be told.",
        )
    with right:
        _person(project, run, people[at], suffix)


def _person(project: Project, run: Run, person: AuditedPerson, suffix: str) -> None:
    key = f"privacy.audit_reveal{suffix}"
    shown = st.toggle("Show this person's values", key=key, help="A row of a real person appears on the screen.")
    try:
        names, real = real_row(project, run, person.row)
    except SimileError as error:
        parts.error_card(error, title="This row cannot be shown")
        return
    st.markdown(theme.plain(shadow_words.person_words(person)))
    st.dataframe(
        pd.DataFrame({"Column": names, "Real person": real if shown else [MASK] * len(names)}),
        hide_index=True,
        key=f"privacy.audit_person{suffix}",
        height=run_words.table_height(len(names), 340),
        alt="One exposed real person" + ("." if shown else "; the values are covered."),
    )
