"""Replicate my analysis: one formula or group-by on the real and on the synthetic table, side by side."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, run_words, state, theme
from pages.ui.beside import Side
from synth_core.errors import ProjectError, SimileError
from synth_core.project import Project
from synth_core.replication import Replication, replicate
from synth_core.run import Run

MOST_ROWS = 200_000
HELP = (
    "`outcome ~ column + column`: linear regression of a number, logistic of a column with two values. "
    "`mean(column) by column`, `count by column`: means and shares per group. Names with spaces go in backticks."
)


@st.cache_data(max_entries=16, show_spinner=False, scope="session")  # figures of real rows: this visitor's only
def _replicated(run_id: str, made: float, analysis: str, _project: Project, _run: Run) -> Replication:
    from synth_core.generation import read_synthetic

    synthesis = _run.synthesis()
    if synthesis is None:
        raise ProjectError("The synthetic table of this run is gone. Generate again to analyse it.")
    return replicate(_project.table_of(_run.table_name), read_synthetic(_run.folder, synthesis, MOST_ROWS), analysis)


def example(project: Project) -> str:
    """Return an analysis that the table can answer: the target by two numbers, else the shares of a category."""
    table = project.table
    columns = [column for column in table.columns if column.learned]
    numbers = [column.name for column in columns if column.kind.value in ("integer", "number")]
    target = table.target
    others = [name for name in numbers if target is None or name != target.name][:2]
    if target is not None and others and table.frame[target.name].nunique() == 2:
        return f"{_quoted(target.name)} ~ {' + '.join(_quoted(name) for name in others)}"
    few = next((c.name for c in columns if 1 < table.frame[c.name].nunique() <= 12 and c.name not in numbers), "")
    return f"count by {_quoted(few)}" if few else ""


def _quoted(name: str) -> str:
    return name if name.isidentifier() else f"`{name}`"


def panel(project: Project, both: list[Side], runs: dict[str, Run]) -> None:
    """Draw the field, and below it the analysis on both tables; with a second run, for each of the two."""
    st.markdown(
        "Run an analysis of yours on both tables. What counts is whether it leads to the same conclusion.",
        width=theme.TEXT_WIDTH,
    )
    with st.form("compare.replicate", border=False), st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Analysis",
            key="compare.analysis",
            placeholder=example(project) or "outcome ~ column + column",
            help=HELP,
            persist_state="session",
        )
        st.form_submit_button("Run on both", key="compare.run_analysis", icon=":material/calculate:")
    asked = str(state.get("compare.analysis", "") or "").strip()
    if not asked:
        st.caption(HELP)
        return
    for side in both:
        run = runs[side.letter]
        if len(both) > 1:
            st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
        try:
            made = run.parquet.stat().st_mtime if run.parquet.exists() else 0.0
            _result(_replicated(run.id, made, asked, project, run), side.suffix)
        except SimileError as error:
            parts.error_card(error, title="This analysis cannot be run")


def _result(found: Replication, suffix: str) -> None:
    from synth_core.figures.replicated import MOST_DRAWN, replication_figure

    st.markdown(f"**{theme.plain(found.sentence)}**")
    parts.chart(replication_figure(found, mode=state.mode()), alt=found.sentence, key=f"compare.replication{suffix}")
    if len(found.terms) > MOST_DRAWN:
        st.caption(f"Drawn are the first {MOST_DRAWN}; the table has all {len(found.terms)}.")
    same = {True: "✓ same", False: "✕ differs", None: "?"}
    terms = found.terms
    st.dataframe(
        pd.DataFrame(
            {
                "Term": [term.name for term in terms],
                "Real": [term.real for term in terms],
                "Interval, real": [_span(term.real_low, term.real_high) for term in terms],
                "Synthetic": [term.synthetic for term in terms],
                "Interval, synthetic": [_span(term.synthetic_low, term.synthetic_high) for term in terms],
                "Overlap": [None if term.overlap is None else 100 * term.overlap for term in terms],
                "Conclusion": [same[term.agrees] for term in terms],
            }
        ),
        hide_index=True,
        key=f"compare.replicated{suffix}",
        height=run_words.table_height(len(terms), 388),
        column_config={
            "Real": st.column_config.NumberColumn(format="%.4g"),
            "Synthetic": st.column_config.NumberColumn(format="%.4g"),
            "Overlap": st.column_config.NumberColumn(
                format="%.0f %%", help="Mean share of each interval that the other covers."
            ),
        },
        alt=found.sentence,
    )
    rows = f"{theme.count(found.rows_real)} real and {theme.count(found.rows_synthetic)} synthetic rows."
    st.caption(theme.plain(" ".join([rows, *found.notes])))


def _span(low: float | None, high: float | None) -> str:
    return "–" if low is None or high is None else f"{theme.figure(low)} to {theme.figure(high)}"
