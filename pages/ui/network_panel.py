"""The graph of a Bayesian network on the Method page: learned from some rows, edges required or forbidden by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import streamlit as st

from pages.ui import parts, state, theme
from synth_core.errors import MethodError
from synth_core.methods.network_edges import Edge, check_edges, parse_edges, write_edges
from synth_core.methods.network_graph import Network
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.table import Table

METHOD = "bayesian_network"
ROWS = 4_000
_SETTINGS = {"edges": "Required", "forbidden": "Forbidden"}


@st.cache_data(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=64, show_spinner=False)
def learned(table: Table, params: dict[str, Any], holdout: float, seed: int) -> tuple[Network, int]:
    """Return the network that at most 4,000 of the rows to learn from show, and how many were taken."""
    from synth_core.methods.bayesian_network import BayesianNetwork

    train, _ = table.split(holdout, seed)
    some = train.rows(np.arange(0, len(train), -(-len(train) // ROWS))).select([c.name for c in names(table)])
    return BayesianNetwork(**params).structure(some, seed=seed), len(some)


def names(table: Table) -> list[Any]:
    """Return the columns that an engine learns."""
    return table.having(learned=True)


def panel(project: Project, draft: Recipe, table: Table) -> None:
    """Draw the graph, the two choices that make an edit, and the edits made."""
    from synth_core.figures import alt_network, network_figure

    parts.section("What depends on what")
    with st.container(border=True, gap="small", key="method_network"):
        slot = st.container()
        with slot.skeleton(height=320):
            try:
                network, rows = learned(table, draft.params, draft.holdout, draft.seed)
            except MethodError as error:
                parts.error_card(error, title="The graph cannot be learned")
                network = None
        if network is not None:
            parts.chart(network_figure(network, state.mode()), alt_network(network), "method.network")
            st.caption(
                f"Learned from {theme.count(rows)} real rows; the run looks again, at all of them. An arrow leads to "
                "the column that depends; the thicker it is, the more it says. Of each column the two strongest are "
                "drawn, and all that are required, in colour; point at a column to see the others."
            )
        _controls(project, table)
        _edits(project, draft)


def _controls(project: Project, table: Table) -> None:
    known = [column.name for column in names(table)]
    if len(known) < 2:
        return
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.selectbox("From", known, key="method.edge_from", index=0, width=220)
        st.selectbox("To: the column that depends", known, key="method.edge_to", index=1, width=220)
        st.button("Require", key="method.edge_require", icon=":material/add:", on_click=_add, args=(project, "edges"))
        st.button(
            "Forbid", key="method.edge_forbid", icon=":material/block:", on_click=_add, args=(project, "forbidden")
        )
    if problem := state.get("method.edge_problem", ""):
        parts.error_card(problem, title="This edge was not kept")
        state.drop("method.edge_problem")


def _edits(project: Project, draft: Recipe) -> None:
    for setting, word in _SETTINGS.items():
        for place, (one, other) in enumerate(_kept(draft, setting)):
            with st.container(horizontal=True, vertical_alignment="center", gap="small"):
                st.markdown(f":gray[{word}] {theme.plain(one)} → {theme.plain(other)}", width="content")
                st.button(
                    parts.spoken("Remove", f"{one} → {other}"),
                    key=f"method.{setting}_remove_{place}",
                    icon=":material/close:",
                    type="tertiary",
                    on_click=_remove,
                    args=(project, setting, (one, other)),
                )


def _kept(draft: Recipe, setting: str) -> list[Edge]:
    try:
        return parse_edges(str(draft.params.get(setting, "")), setting)
    except MethodError:
        return []  # written by hand and not readable; the card over the graph says so


def _add(project: Project, setting: str) -> None:
    edge = (state.get("method.edge_from", ""), state.get("method.edge_to", ""))
    draft = project.draft
    changed = {name: _kept(draft, name) for name in _SETTINGS}
    changed[setting] = list(dict.fromkeys([*changed[setting], edge]))
    try:
        check_edges(changed["edges"], changed["forbidden"], [column.name for column in names(project.table)])
    except MethodError as error:
        state.put("method.edge_problem", str(error))
        return
    _keep(project, setting, changed[setting])


def _remove(project: Project, setting: str, edge: Edge) -> None:
    _keep(project, setting, [kept for kept in _kept(project.draft, setting) if kept != edge])


def _keep(project: Project, setting: str, edges: list[Edge]) -> None:
    params = {name: value for name, value in project.draft.params.items() if name != setting}
    if edges:
        params[setting] = write_edges(edges)
    state.drop(f"method.{METHOD}.{setting}")  # the expert's field shows the new text
    project.set_draft(project.draft.model_copy(update={"method": METHOD, "params": params}))
