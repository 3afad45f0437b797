"""A table in which one row is chosen, with a list that chooses the same row without a mouse."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import state


def chosen_row(frame: pd.DataFrame, names: Sequence[str], *, key: str, label: str, width: int, **options: Any) -> int:
    """Draw the table, and below it the list of its rows by name; return the place of the chosen row.

    ``options`` go to ``st.dataframe``; ``width`` is the list's, in pixels.
    """
    turn, start = state.get(f"{key}.by_key", (0, 0))
    last = len(names) - 1
    picked = st.dataframe(
        frame,
        key=key if not turn else f"{key}__{turn}",
        selection_default={"selection": {"rows": [min(start, last)]}},
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        **options,
    )
    rows = picked["selection"]["rows"] or [start]
    place = min(rows[0], last)
    slot = f"{key}.number"
    st.selectbox(  # rows of a table cannot be chosen without a mouse
        label,
        range(len(names)),
        format_func=names.__getitem__,
        key=(listed := state.shown(slot, place)),
        on_change=lambda: state.put(f"{key}.by_key", (turn + 1, state.get(listed, 0))),
        width=width,
    )
    return int(place)
