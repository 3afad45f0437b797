"""Two halves beside each other, one under the other where the window is narrow."""

from __future__ import annotations

from typing import Any

import streamlit as st


def halves(least: int = 420) -> tuple[Any, Any]:
    """Return two containers of equal width, at least ``least`` pixels each; too narrow, they stand in one column."""
    with st.grid(min_column_width=least, gap="medium"):
        return st.container(), st.container()
