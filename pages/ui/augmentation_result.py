"""What the augmentation lab found: the verdict, the pictures, every figure, and the way to the rows."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state, steering_draft, theme
from pages.ui.downloads import file_stem
from pages.ui.halves import halves
from pages.ui.param_form import MOST_ROWS, begin
from synth_core.figures.augmentation import alt_gains, alt_ratios, gains_figure, ratios_figure
from synth_core.labs.augmentation import Comparison, Judge
from synth_core.labs.tables import figures_csv, shown_table, threshold_words, verdict
from synth_core.project import Project
from synth_core.steering.asks import Steering
from synth_core.table import Table

_JUDGE, _ROWS = "augmentation.judge", "augmentation.rows"
_ROWS_OF, _ROWS_WISH = "augmentation.rows_of", "augmentation.rows_wish"


def result(project: Project, table: Table, found: Comparison, *, stale: bool) -> None:
    """Draw a comparison; ``stale``: it answers for other settings, rules or rows than the page shows."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        parts.section("What it found", width="content")
        recall = f"Recall at {100 * found.settings.precision:.0f} % precision"
        begin(_JUDGE, "PR-AUC")
        if state.get(_JUDGE, "") not in ("PR-AUC", recall):
            state.put(_JUDGE, recall)
        picked = st.segmented_control(
            "Judge by", ["PR-AUC", recall], key=_JUDGE, required=True, label_visibility="collapsed"
        )
    judge: Judge = "pr_auc" if picked == "PR-AUC" else "recall"
    if stale:
        st.warning("Compared with other settings, rules or rows than now.", icon=":material/history:")
    words = theme.plain(verdict(found, judge))
    if found.winner(judge) is None:
        st.info(words, icon=":material/balance:")
    else:
        st.success(words, icon=":material/trophy:")
    settings = found.settings
    left, right = halves(460)
    with left:
        st.markdown("**Gain over doing nothing**")
        parts.chart(gains_figure(found, judge, state.mode()), alt_gains(found, judge), "augmentation.gains")
        st.caption(
            "Each remedy at the ratio that inner folds chose, scored on outer folds. The bars hold for all remedies "
            "together at 95 %; filled: zero lies outside."
        )
    with right:
        st.markdown("**At each ratio**")
        parts.chart(ratios_figure(found, judge, state.mode()), alt_ratios(found, judge), "augmentation.by_ratio")
        st.caption("To see where the ratio matters; the winner is not chosen by this picture.")
    st.dataframe(
        shown_table(found, judge),
        hide_index=True,
        width="stretch",
        key="augmentation.table",
        alt="Each remedy with its scores and its gain over doing nothing.",
    )
    st.caption(
        f"{theme.count(found.rare_rows)} rare rows among {theme.count(found.rows)} real ones; {settings.folds} outer "
        f"folds, {settings.inner} inner ones; {theme.duration(found.seconds)}. Found and right: at the threshold that "
        "inner folds chose, 0.5 where nothing is done."
    )
    st.markdown(f":gray[:material/tune: {theme.plain(threshold_words(found))}]")
    for sentence in found.notes:
        st.caption(theme.plain(sentence))
    st.download_button(
        "All figures (CSV)",
        lambda: figures_csv(found),
        file_name=f"{file_stem(project.label)}-augmentation.csv",
        mime="text/csv",
        key="augmentation.csv",
        icon=":material/download:",
        on_click="ignore",
    )
    _make(project, table, found, helps=any(_made_wins(found, judge) for judge in ("pr_auc", "recall")))


def _made_wins(found: Comparison, judge: Judge) -> bool:
    best = found.winner(judge)
    return best is not None and best.remedy == "made"


def _make(project: Project, table: Table, found: Comparison, *, helps: bool) -> None:
    """Draw how many rows to make, and the button that asks for them and goes on to Generate."""
    what = f"**{theme.plain(f'{found.target} = {found.rare}')}**"
    of = f"{project.id}/{project.table_name}/{found.settings.model_dump_json()}"
    if state.get(_ROWS_OF, "") != of:  # another comparison: what was typed for the last one is no wish here
        state.put(_ROWS_OF, of)
        state.put(_ROWS_WISH, min(found.rows_to_make(len(table)), MOST_ROWS))
    key = state.shown(_ROWS, state.get(_ROWS_WISH, 1))
    with st.container(border=True, gap="small", key="augmentation_make"):
        st.markdown(f"**Make rows of the rare class** :gray[only {what}, to be added to your own rows]")
        if not helps:
            st.markdown(":gray[The lab did not find that they win here; you can make them all the same.]")
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            rows = st.number_input(
                "Rows",
                1,
                MOST_ROWS,
                key=key,
                on_change=_typed,
                args=(key,),
                width=170,
                help="Brings your table to the ratio that inner folds chose for made rows.",
            )
            if st.button(
                "Make these rows",
                key="augmentation.make",
                icon=":material/add:",
                type="primary" if helps else "secondary",
                disabled=not rows,
            ):
                _asked(project, found, int(rows or 1))
                parts.go("generate")


def _typed(key: str) -> None:
    """Take the number of rows from the hand."""
    if not state.stale(_ROWS, key):
        state.put(_ROWS_WISH, int(state.get(key, 1)))


def _asked(project: Project, found: Comparison, rows: int) -> None:
    """Let the next run make these rows, with the engine that the lab used."""
    settings = found.settings
    project.set_draft(
        project.draft.model_copy(update={"method": settings.method, "params": settings.params, "reason": ""})
    )
    steering_draft.keep(project, Steering(make={found.target: {found.rare: rows}}), rows=rows)
