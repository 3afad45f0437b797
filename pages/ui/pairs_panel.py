"""How columns go together: the heat map, the strongest pairs, and the picture of the chosen pair."""

from __future__ import annotations

from itertools import combinations

import pandas as pd
import streamlit as st

from pages.ui import parts, state
from synth_core.profile import Profile
from synth_core.table import Table

STRONGEST = 30


def strongest(profile: Profile) -> pd.DataFrame:
    """Return the pairs with the strongest association, strongest first."""
    matrix = profile.associations
    pairs = [
        (matrix.names[i], matrix.names[j], matrix.values[i][j]) for i, j in combinations(range(len(matrix.names)), 2)
    ]
    pairs.sort(key=lambda pair: -abs(pair[2]))
    return pd.DataFrame(pairs[:STRONGEST], columns=["One", "Other", "Association"])


def pairs(table: Table, profile: Profile) -> None:
    """Draw the heat map beside the chosen pair."""
    from synth_core.figures import alt_associations, association_figure

    matrix = profile.associations
    if len(matrix.names) < 2:
        st.markdown(":gray[Fewer than two columns are learned, so there are no pairs.]")
        return
    ranked = strongest(profile)
    left, right = st.columns(2, gap="medium")
    with left:
        top = ranked.iloc[0]
        parts.chart(
            association_figure(matrix.names, matrix.values, mode=state.mode()),
            alt=alt_associations(matrix.names, matrix.values),
            key="profiling.heat",
        )
        with st.expander("Strongest pairs", expanded=False, key="profiling.strongest_box"):
            st.dataframe(
                ranked,
                key="profiling.strongest",
                hide_index=True,
                height=300,
                on_select=lambda: _choose(ranked),
                selection_mode="single-row",
                column_config={"Association": st.column_config.NumberColumn(format="%.2f")},
                alt="The pairs of columns with the strongest association.",
            )
    with right:
        _pair(table, matrix.names, (str(top["One"]), str(top["Other"])))


def _choose(ranked: pd.DataFrame) -> None:
    """Show the pair that was chosen in the list."""
    rows = state.get("profiling.strongest", {"selection": {"rows": []}})["selection"]["rows"]
    if rows:
        state.put("profiling.x", str(ranked.iloc[rows[0]]["One"]))
        state.put("profiling.y", str(ranked.iloc[rows[0]]["Other"]))


def _pair(table: Table, names: list[str], first: tuple[str, str]) -> None:
    from synth_core.figures import pair_figure

    for key, fallback in (("profiling.x", first[0]), ("profiling.y", first[1])):
        if state.get(key, "") not in names:
            state.put(key, fallback)
    across, up = st.columns(2)
    x = across.selectbox("Across", names, key="profiling.x", persist_state="session")
    y = up.selectbox("Up", names, key="profiling.y", persist_state="session")
    if x == y:
        st.markdown(":gray[Choose two different columns.]")
        return
    figure = pair_figure(table.frame, table.column(x), table.column(y), mode=state.mode())
    parts.chart(figure, alt=f"{x} and {y} together, real rows.", key="profiling.pair")
