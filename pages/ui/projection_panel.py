"""Where real, held-out and synthetic rows lie when all columns are looked at together."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state
from pages.ui.beside import Side
from synth_core.errors import ProjectError, SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scores.projection import Projection

MOST_ROWS = 50_000


@st.cache_data(max_entries=8, show_spinner=False, scope="session")
def _projected(run_id: str, made: float, _project: Project, _run: Run) -> Projection | None:
    from synth_core.generation import read_synthetic
    from synth_core.scores.projection import project_rows
    from synth_core.scores.sides import Sides

    synthesis = _run.synthesis()
    if synthesis is None or not made:
        raise ProjectError("The synthetic table of this run is gone. Generate again to see where its rows lie.")
    recipe = _run.recipe
    train, holdout = _project.table_of(_run.table_name).split(recipe.holdout, recipe.seed)
    names = [column.name for column in synthesis.columns]
    rows = read_synthetic(_run.folder, synthesis, MOST_ROWS)
    return project_rows(Sides(train.select(names), holdout.select(names), rows, recipe.seed))


def panel(project: Project, run: Run, side: Side) -> None:
    """Draw the contours of one run."""
    from synth_core.figures.projected import alt_projection, projection_figure

    st.markdown("**All columns on a plane**")
    st.caption(
        "The two directions in which real rows differ most (principal components). Each line encloses 90, 60 and 30 % "
        "of the rows of its kind. Held-out rows show how far lines may lie apart by chance."
    )
    slot = st.container()
    try:
        with slot.skeleton(height=440):
            made = run.parquet.stat().st_mtime if run.parquet.exists() else 0.0
            found = _projected(run.id, made, project, run)
    except SimileError as error:
        parts.error_card(error, title="The plane cannot be drawn")
        return
    finding = alt_projection(found)
    with slot:
        parts.chart(projection_figure(found, mode=state.mode()), alt=finding, key=f"compare.projection{side.suffix}")
    st.caption(finding)
