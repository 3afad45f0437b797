"""Which columns are empty together."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, profile_source, state, theme
from pages.ui.halves import halves
from pages.ui.profile_source import Source
from synth_core.profile import Profile
from synth_core.profile.emptiness import Emptiness
from synth_core.profile.words import counted

PAIRS = 20
NOTES = 6  # sentences shown before the rest is folded


def missing(found: Source, name: str) -> None:
    """Draw the patterns of empty cells, and how much is empty where."""
    from synth_core.figures import alt_missing, missing_figure

    empty: Emptiness = profile_source.emptiness(name, found.whole)
    if not empty.columns:
        st.markdown(":green[:material/check_circle:] **No cell is empty.**")
        return
    alt = alt_missing(empty)
    st.markdown(theme.plain(alt))
    left, right = halves()
    with left:
        st.markdown("**Patterns** :gray[a line is a group of rows with the same cells empty]")
        parts.chart(missing_figure(empty, mode=state.mode()), alt=alt, key="profiling.missing")
        notes = []
        if empty.other_rows:
            notes.append(counted(empty.other_rows, "row has another pattern.", "rows have other patterns."))
        if empty.left_out:
            notes.append(
                counted(empty.left_out, "more column with gaps is", "more columns with gaps are") + " not drawn."
            )
        if notes:
            st.caption(" ".join(notes))
    with right:
        _columns(found, empty)
        _together(empty)


def _columns(found: Source, empty: Emptiness) -> None:
    """Draw how much is empty in each column and how it lies; sentences wrap, so they stand under the table."""
    st.markdown("**Columns with empty cells**")
    st.dataframe(
        pd.DataFrame(
            {
                "Column": empty.columns,
                "Empty cells": empty.missing,
                "Share": [100 * rows / max(empty.rows, 1) for rows in empty.missing],
            }
        ).style.format({"Empty cells": theme.count, "Share": theme.percent}),
        hide_index=True,
        key="profiling.missing_columns",
        height=theme.table_height(len(empty.columns), 300),
        column_config={
            "Empty cells": st.column_config.NumberColumn(width=90),
            "Share": st.column_config.NumberColumn(width=80),
        },
        alt=f"{len(empty.columns)} columns with empty cells, the emptiest first.",
    )
    notes = {column.name: column.gap_note for column in found.profile.columns}
    lines = [
        f"- **{theme.plain(name)}**: {theme.plain(f'{note} {depends(found.profile, name)}'.rstrip())}"
        for name in empty.columns
        if (note := notes.get(name))
    ]
    if lines:
        st.markdown("\n".join(lines[:NOTES]))
    if len(lines) > NOTES:
        with st.expander(f"{len(lines) - NOTES} more", key="profiling.more_notes", type="compact"):
            st.markdown("\n".join(lines[NOTES:]))


def depends(profile: Profile, name: str) -> str:
    """Return by which other column the cells of this one are empty, in a sentence; "" where none decides it."""
    for alert in profile.alerts:
        *about, other = alert.columns
        if alert.code == "missing_depends" and name in about:
            return alert.sentence if about == [name] else f"Whether it is empty depends on '{other}'."
    return ""


def _together(empty: Emptiness) -> None:
    pairs = empty.pairs
    if not pairs:
        return
    st.markdown("**Empty together** :gray[beyond chance]")
    st.dataframe(
        pd.DataFrame(
            [(one, other, 100 * together, 100 * expected) for one, other, together, expected in pairs[:PAIRS]],
            columns=["One", "Other", "Together", "Expected"],
        ).style.format({"Together": theme.percent, "Expected": theme.percent}),
        hide_index=True,
        key="profiling.missing_pairs",
        height=theme.table_height(min(len(pairs), PAIRS), 250),
        column_config={
            "Together": st.column_config.NumberColumn(help="Rows that lack both, of the rows that lack either."),
            "Expected": st.column_config.NumberColumn(
                help="The same if neither knew of the other, each as often empty as it is."
            ),
        },
        alt="Pairs of columns that are empty together more than chance would have it, the strongest first.",
    )
