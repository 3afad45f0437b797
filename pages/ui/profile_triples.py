"""Three columns that say more together than their pairs: the list, and the picture of the chosen one."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import chooser, parts, profile_source, state, theme
from pages.ui.profile_source import Source

LIST = 249  # px, of the list: six triples
ABOUT = (
    "Interaction information tells what three columns say together that no pair of them says. "
    "Each is held against the same table with chance in the place of the interaction."
)


def triples(found: Source) -> None:
    """Draw the triples found, the strongest first, beside the picture of the chosen one."""
    slot = st.container()
    with slot.skeleton(height=360):
        result = profile_source.triples(found.key, found.table)
    if not result.found:
        st.markdown("**No three columns say more together than their pairs do.**")
        if result.note:
            st.caption(theme.plain(result.note))
        return
    st.markdown(f":gray[{ABOUT}]", width=theme.TEXT_WIDTH)
    names = [one.names for one in result.found]
    at = chooser.chosen_row(
        pd.DataFrame(
            {
                "One": [one[0] for one in names],
                "Other": [one[1] for one in names],
                "Depends on": [one[2] for one in names],
                "Bits": [one.bits for one in result.found],
                "Chance": [one.null_bits for one in result.found],
                "p": [_p(one.p_value) for one in result.found],
            }
        ),
        [" × ".join(one) for one in names],
        key="profiling.triples",
        label="Triple to look at",
        width=420,
        height=theme.table_height(len(result.found), LIST),
        column_config={
            "Depends on": st.column_config.TextColumn(help="How the first two go together depends on it."),
            "Bits": st.column_config.NumberColumn(format="%.3f", width=64, help="Above 0: more than the pairs."),
            "Chance": st.column_config.NumberColumn(format="%.3f", width=72, help="What chance alone reaches."),
            "p": st.column_config.TextColumn(width=76, help="Adjusted for the number of triples tested."),
        },
        alt=f"{len(result.found)} triples, strongest first: {', '.join(result.found[0].names)}.",
    )
    note = theme.plain(result.note) or f"{theme.count(result.tested)} triples tested."
    st.caption(note.removesuffix(".") + found.drawn + ".")
    _picture(found, result.found[at])


def _p(value: float) -> str:
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _picture(found: Source, triple: object) -> None:
    from synth_core.figures import alt_triple, triple_figure
    from synth_core.profile.triples import Triple, triple_view

    assert isinstance(triple, Triple)
    view = triple_view(found.table, triple.names)
    st.markdown(theme.plain(alt_triple(triple)))
    x, y, z = triple.names
    figure = triple_figure(view, mode=state.mode(), names=(x, y, z))
    parts.chart(figure, alt=alt_triple(triple), key="profiling.triple")
    st.caption("Share of the rows of each panel. A stroke marks cells of one to four rows; blank ones have none.")
    with st.expander("The chart as a table", key="profiling.triple_box"):
        cells = [
            {x: a, y: b, z: c, "Rows": view.counts[k][j][i]}
            for k, c in enumerate(view.z_labels)
            for j, b in enumerate(view.y_labels)
            for i, a in enumerate(view.x_labels)
            if view.counts[k][j][i] > 0
        ]
        st.dataframe(
            pd.DataFrame(cells),
            hide_index=True,
            key="profiling.triple_table",
            height=260,
            column_config={"Rows": st.column_config.NumberColumn(format="localized")},
            alt=f"Rows per combination of {x}, {y} and {z}.",
        )
