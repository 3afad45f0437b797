"""Where a run is made: on this machine, or by the workers of a dask scheduler."""

from __future__ import annotations

import streamlit as st

from pages.ui import identity, parts, state, theme
from pages.ui.param_form import begin
from synth_core.cluster import require_workers
from synth_core.errors import SimileError
from synth_core.project import Project

HELP = (
    "Address of a dask scheduler, like tcp://10.0.0.5:8786, whose workers make the rows; empty: this machine. The rows "
    "are the same to the byte. The model travels there, the real rows do not."
)


def cluster_field(project: Project, *, disabled: bool) -> None:
    """Draw the expert field, and what stands in the way of the address in it.

    Not where people sign in: who runs a scheduler can run code here, and so read other people's projects.
    """
    if identity.configured():
        return
    problem = state.get("generate.cluster_problem", "")
    with st.expander("Expert: where it is made", expanded=bool(problem or project.cluster), icon=":material/lan:"):
        begin("generate.cluster", project.cluster)
        st.text_input(
            "Cluster",
            key="generate.cluster",
            placeholder="This machine",
            on_change=_keep,
            args=(project,),
            disabled=disabled,
            help=HELP,
            max_chars=200,
        )
        if problem:
            parts.error_card(problem, title="This cluster cannot be used")
        elif workers := state.get("generate.cluster_workers", 0):
            number = f"{theme.count(workers)} {'worker answers' if workers == 1 else 'workers answer'}"
            st.markdown(f":gray[:material/check: {number}.]")


def _keep(project: Project) -> None:
    """Keep an address that can be used; say why of another one."""
    if identity.configured():
        return
    address = state.get("generate.cluster", "").strip()
    state.drop("generate.cluster_problem")
    state.drop("generate.cluster_workers")
    try:
        project.set_cluster(address)
        if project.cluster:
            state.put("generate.cluster_workers", require_workers(project.cluster))
    except SimileError as error:
        state.put("generate.cluster_problem", str(error))
