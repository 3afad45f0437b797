"""How a finished run honoured what was asked: shares reached, real rows behind them, effective sample size."""

from __future__ import annotations

import streamlit as st

from pages.ui import theme
from synth_core.steering.facts import SteeringFacts

MOST = 8


def facts(found: SteeringFacts, rows: int) -> None:
    """Draw what a run's rows were steered to."""
    with st.container(border=True, gap="small", key="generate_steered"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown("**Steered**", width="content")
            whole = found.effective_rows >= 0.995 * rows
            st.badge(
                f"Effective sample size {theme.count(found.effective_rows)} of {theme.count(rows)}",
                icon=":material/check_circle:" if whole else ":material/visibility:",
                color="green" if whole else "orange",
                help="How many rows without repeats the release is worth (Kish). It is below the rows made where too "
                "few drawn rows fitted and some stand in the release more than once.",
            )
        st.markdown(f":gray[{theme.plain(found.sentences(rows)[0].split('. Effective')[0])}.]")
        for name, asked in found.asked.items():
            reached = found.reached.get(name, {})
            with st.grid(min_column_width=180, gap="small"):
                for level in list(asked)[:MOST]:
                    share = reached.get(level, 0.0)
                    st.progress(min(share, 1.0), text=f"{theme.plain(f'{name} = {level}')}: {theme.share(share)}")
        for note in found.notes:
            st.markdown(f":orange[:material/info:] {theme.plain(note)}")
