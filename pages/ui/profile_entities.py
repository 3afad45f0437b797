"""The series of the single entities, taken together; none is named."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, state, theme
from pages.ui.halves import halves
from synth_core.profile.time_facts import TimeProfile


def entities(result: TimeProfile) -> None:
    """Draw how many rows entities have, and how columns vary between and within them."""
    from synth_core.figures import entities_figure

    facts = result.per_entity
    if facts is None:
        return
    st.markdown(f"**Each {theme.plain(result.entity or 'entity')}** :gray[none is named]")
    left, right = halves()
    with left:
        alt = f"{facts.entities:,} entities, {facts.single:,} of them with one row."
        parts.chart(entities_figure(facts, mode=state.mode()), alt=alt, key="profiling.entities")
    with right:
        st.markdown("\n".join(f"- {theme.plain(sentence)}" for sentence in facts.sentences))
        if facts.columns:
            st.dataframe(
                pd.DataFrame(
                    {
                        "Column": [one.column for one in facts.columns],
                        "Between": [100 * one.between for one in facts.columns],
                        "Memory": [one.autocorrelation for one in facts.columns],
                    }
                ),
                hide_index=True,
                key="profiling.entity_columns",
                column_config={
                    "Between": st.column_config.ProgressColumn(
                        format="%.0f %%", min_value=0, max_value=100, help="Share of the spread between entities."
                    ),
                    "Memory": st.column_config.NumberColumn(
                        format="%.2f", help="Autocorrelation with the same entity's row before."
                    ),
                },
                alt="How columns vary between entities and within them.",
            )
