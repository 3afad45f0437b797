"""What became of the latest what-if: what was asked beside what was made."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, run_words, state, theme
from synth_core import what_if_drafts as drafts
from synth_core.figures.style import value_text
from synth_core.generation import read_synthetic
from synth_core.project import Project
from synth_core.run import Run
from synth_core.what_if_drafts import Reached

MOST = 200_000


@st.cache_data(max_entries=16, show_spinner=False, scope="session")  # figures of real rows: this visitor's only
def _reached(run_id: str, made_at: float, _project: Project, _run: Run) -> list[Reached]:
    synthesis, edits = _run.synthesis(), _run.recipe.what_if
    if synthesis is None or edits is None:
        return []
    real = _project.table_of(_run.table_name)  # the project's may have changed since
    return drafts.reached(real, read_synthetic(_run.folder, synthesis, MOST), edits)


def latest(project: Project) -> None:
    """Draw the newest finished what-if; nothing while there is none."""
    runs = [run for run in run_words.judged(project) if run.recipe.what_if is not None]
    run = next((run for run in runs if run.parquet.exists()), None)
    if run is None:
        return
    found = _reached(run.id, run.parquet.stat().st_mtime, project, run)
    with st.container(border=True, gap="small", key="what_if_made"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"**The latest what-if** :gray[{run_words.run_label(run)}]", width="stretch")
            if st.button("See its rows", key="what_if.rows_made", icon=":material/table_rows:", type="tertiary"):
                state.choose_run(run.id)
                parts.go("generate")
            if st.button("Report", key="what_if.report", icon=":material/description:", type="tertiary"):
                state.choose_run(run.id)
                parts.go("report")
        st.dataframe(
            pd.DataFrame(
                {
                    "Edited": [one.what for one in found],
                    "Real rows": [_shown(one, one.before) for one in found],
                    "Asked": [_shown(one, one.asked) for one in found],
                    "Made": [_shown(one, one.made) for one in found],
                }
            ),
            key="what_if.reached",
            hide_index=True,
            column_config={
                name: st.column_config.TextColumn(alignment="right") for name in ("Real rows", "Asked", "Made")
            },
            alt="; ".join(f"{one.what}: asked {_shown(one, one.asked)}, made {_shown(one, one.made)}" for one in found),
        )


def _shown(one: Reached, value: float) -> str:
    return theme.share(value) if one.kind == "share" else value_text(value, one.kind == "datetime")
