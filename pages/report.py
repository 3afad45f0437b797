"""Report: does it hold for what it will be used for? The verdicts, the report, and everything to take away."""

import streamlit as st

from pages.ui import (
    audit_panel,
    downloads,
    parts,
    release_panel,
    report_page,
    run_words,
    score_tiles,
    targets_form,
    tuning_panel,
)
from pages.ui.halves import halves
from synth_core.scorecard import not_run

parts.page_head("Report", "Does it hold for what it will be used for? Verdicts, one file to hand on, and the rows.")
project = parts.need_project()

with parts.guarded("The report cannot be made"):
    run = score_tiles.judged_run(project)
    card = score_tiles.need_card(run)
    downloads.forget(project)
    score_tiles.run_bar(project, run)
    targets_form.use_choice(project)
    found = list(run_words.verdicts_by_score(card, project.targets).values())
    targets_form.headline(card, found)

    targets_form.verdict_table(card, found, not_run(card, project.targets))
    left, right = halves()
    with left:
        with st.expander("Edit the targets", icon=":material/edit:", key="report.edit", on_change="rerun") as box:
            if box.open:
                targets_form.editor(project)
        with st.container(border=True, gap="small", key="report_rows_box"):
            reason = downloads.gate(found)
            downloads.rows(project, run, card.rows_synthetic, reason)
            pack_place = st.container(gap="small")
        with st.container(border=True, gap="small", key="report_ledger_box"):
            release_panel.ledger(project)
        audit_panel.panel(project)
    with right, st.container(border=True, gap="small", key="report_words_box"):
        words = report_page.words(project, reason)
        downloads.judgement(project, run, lambda: report_page.page(project, run, card, words))
    with pack_place:  # it holds the words, which are written beside it
        release_panel.pack(project, run, card, words, reason)
    if project.removed is None:  # an iteration needs real rows
        tuning_panel.panel(project)
    report_page.preview(project, run, card, words)

parts.step_footer("privacy", "start", label="Back to Start", ready=False)
