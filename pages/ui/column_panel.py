"""The overview of every column with a tiny chart, from which one is chosen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from pages.ui import state, theme
from pages.ui.column_editor import KINDS, semantic_title
from synth_core.profile import ColumnProfile, Profile
from synth_core.profile.facts import spark
from synth_core.table import Kind

NAME = 172  # px, of about 22 letters
FREQUENT = 3  # of a category's values stand in the table
REST = ("(rare)", "(other)")


def value_text(value: float | None, kind: Kind) -> str:
    """Return a number or a date (seconds since 1970) as text."""
    if value is None:
        return "–"
    if kind is Kind.DATETIME:
        try:
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
        except (OverflowError, ValueError, OSError):
            return theme.figure(value)
    return theme.count(value) if kind is Kind.INTEGER and abs(value) >= 10_000 else theme.figure(value)


def range_text(column: ColumnProfile) -> str:
    """Return what a column's values span, in a few words."""
    if column.low is not None:
        return f"{value_text(column.low, column.kind)} to {value_text(column.high, column.kind)}"
    if column.values:
        telling = [value.label for value in column.values if value.label not in REST] or ["(rare)"]
        return ", ".join(telling[:FREQUENT]) + (", …" if len(column.values) > FREQUENT else "")
    return "not shown"


def overview(profile: Profile) -> str:
    """Draw the table of columns and return the chosen one's name ("" when the search finds none)."""
    search = str(state.get("profiling.search", ""))
    if search != state.get("profiling.searched", ""):  # another list: the chosen column stays chosen, if it is in it
        state.put("profiling.searched", search)
        state.put("profiling.wanted", state.get("profiling.chosen", ""))
    wanted = state.get("profiling.wanted", "")
    shown = [c for c in profile.columns if search.strip().lower() in c.name.lower()]
    if not shown:
        st.markdown(f":gray[No column has “{theme.plain(search)}” in its name.]")
        return ""
    frame = _frame(shown, Counter(name for alert in profile.alerts for name in set(alert.columns)))
    names = [c.name for c in shown]
    telling = next((place for place, c in enumerate(shown) if c.counts or c.values), 0)
    start = names.index(wanted) if wanted in names else telling
    picked = st.dataframe(
        frame.style.format({"Missing": theme.percent, "Distinct": theme.count, "Alerts": theme.count}, na_rep=""),
        key=f"profiling.columns_{state.get('profiling.round', 0)}_{search}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [start]}},
        height=theme.table_height(len(shown), 597),
        placeholder="",
        column_config={
            "Column": st.column_config.TextColumn(pinned=True, width=NAME),
            "Shape": st.column_config.BarChartColumn(y_min=0, y_max=1, width=48),
            "Kind": st.column_config.TextColumn(width=98),
            "Missing": st.column_config.NumberColumn(width=62),
            "Distinct": st.column_config.NumberColumn(format="localized", width=58),
            "Alerts": st.column_config.NumberColumn(width=46, help="Alerts that concern the column."),
            "Values": st.column_config.TextColumn(width=240),
        },
        alt="One row per column: shape, kind, missing cells, distinct values, what they span, and alerts.",
    )
    if len(shown) < len(profile.columns):
        st.caption(f"{theme.count(len(shown))} of {theme.count(len(profile.columns))} columns")
    rows = picked["selection"]["rows"] or [start]
    chosen = names[min(rows[0], len(names) - 1)]
    state.put("profiling.chosen", chosen)
    return chosen


def _frame(shown: Sequence[ColumnProfile], alerts: Counter[str]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "Column": [c.name for c in shown],
            "Shape": [spark(c) for c in shown],
            "Kind": [semantic_title(c.semantic) if c.semantic else KINDS[c.kind] for c in shown],
            "Missing": [100 * c.missing_share for c in shown],
            "Distinct": [c.distinct for c in shown],
            "Alerts": [alerts[c.name] or None for c in shown],
            "Values": [range_text(c) for c in shown],
        }
    )
