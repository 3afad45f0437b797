"""The overview of every column with a tiny chart, and the large picture of the chosen one."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from pages.ui import parts, state, theme
from pages.ui.column_editor import KINDS, ROLES, semantic_title
from synth_core.profile import ColumnProfile, Profile
from synth_core.profile.facts import QUANTILES, spark
from synth_core.table import Kind, Role

FREQUENT = 3  # of a category's values stand in the table
REST = ("(rare)", "(other)")


def value_text(value: float | None, kind: Kind) -> str:
    """Return a number or a date (seconds since 1970) as text."""
    if value is None:
        return "–"
    if kind is Kind.DATETIME:
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return theme.count(value) if kind is Kind.INTEGER and abs(value) >= 10_000 else theme.figure(value)


def range_text(column: ColumnProfile) -> str:
    """Return what a column's values span, in a few words."""
    if column.low is not None:
        return f"{value_text(column.low, column.kind)} to {value_text(column.high, column.kind)}"
    if column.values:
        telling = [value.label for value in column.values if value.label not in REST] or ["(rare)"]
        return ", ".join(telling[:FREQUENT]) + (", …" if len(column.values) > FREQUENT else "")
    return "not shown"


def overview(profile: Profile, wanted: str) -> str:
    """Draw the table of columns and return the chosen one's name ("" when the search finds none)."""
    search = st.text_input(
        "Search columns",
        key="profiling.search",
        placeholder="Search columns",
        label_visibility="collapsed",
        icon=":material/search:",
        persist_state="session",
    )
    shown = [c for c in profile.columns if search.strip().lower() in c.name.lower()]
    if not shown:
        st.markdown(f":gray[No column has “{theme.plain(search)}” in its name.]")
        return ""
    frame = pd.DataFrame(
        {
            "Column": [c.name for c in shown],
            "Shape": [spark(c) for c in shown],
            "Missing": [100 * c.missing_share for c in shown],
            "Distinct": [c.distinct for c in shown],
            "Values": [range_text(c) for c in shown],
            "Kind": [semantic_title(c.semantic) if c.semantic else KINDS[c.kind] for c in shown],
        }
    )
    names = [c.name for c in shown]
    telling = next((place for place, c in enumerate(shown) if c.counts or c.values), 0)
    start = names.index(wanted) if wanted in names else telling
    picked = st.dataframe(
        frame,
        key=f"profiling.columns_{state.get('profiling.round', 0)}",
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row-required",
        selection_default={"selection": {"rows": [start]}},
        height=theme.table_height(len(shown), 560),
        column_config={
            "Column": st.column_config.TextColumn(pinned=True, width=120),
            "Shape": st.column_config.BarChartColumn(y_min=0, y_max=1, width=70),
            "Missing": st.column_config.NumberColumn(format="%.1f %%", width=64),
            "Distinct": st.column_config.NumberColumn(format="localized", width=64),
            "Values": st.column_config.TextColumn(width=118),
            "Kind": st.column_config.TextColumn(width=90),
        },
        alt="One row per column: shape, kind, missing cells, distinct values and what they span.",
    )
    rows = picked["selection"]["rows"] or [start]
    return names[min(rows[0], len(names) - 1)]


def detail(profile: Profile, name: str) -> None:
    """Draw the large picture of one column, with its quantiles or most frequent values."""
    column = next(c for c in profile.columns if c.name == name)
    with st.container(border=True, key="profiling_detail"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(theme.plain(name), anchor=False, width="content")
            st.badge(KINDS[column.kind], color="gray")
            if column.role is not Role.FEATURE:
                st.badge(ROLES[column.role], color="blue")
            if column.semantic:
                st.badge(semantic_title(column.semantic), icon=":material/person:", color="orange")
        if column.semantic or column.kind in (Kind.IDENTIFIER, Kind.TEXT):
            st.markdown(":gray[Its values are not shown, and not learned.]")
        else:
            from synth_core.figures import alt_profile, column_figure

            parts.chart(column_figure(column, mode=state.mode()), alt=alt_profile(column), key="profiling.figure")
        _facts(column)


def _facts(column: ColumnProfile) -> None:
    pieces = [f"{theme.count(column.filled)} filled", f"{theme.count(column.distinct)} distinct"]
    pieces.append(f"{theme.share(column.missing_share)} missing" if column.missing else "none missing")
    if column.rare_levels:
        pieces.append(f"{theme.count(column.rare_levels)} rare")
    st.caption(" · ".join(pieces))
    if column.quantiles:
        table = pd.DataFrame(
            {
                "Quantile": [f"{q * 100:g} %" for q in QUANTILES],
                "Value": [value_text(v, column.kind) for v in column.quantiles],
            }
        )
        if column.mean is not None and column.kind is not Kind.DATETIME:
            st.caption(f"Mean {theme.figure(column.mean)}, standard deviation {theme.figure(column.std)}")
        st.dataframe(
            table.set_index("Quantile").T,
            hide_index=True,
            key="profiling.quantiles",
            alt=f"Quantiles of {column.name}.",
        )
    elif column.values:
        table = pd.DataFrame(
            {
                "Value": [v.label for v in column.values],
                "Rows": [v.rows for v in column.values],
                "Share": [100 * v.share for v in column.values],
            }
        )
        st.dataframe(
            table,
            hide_index=True,
            key="profiling.values",
            height=theme.table_height(len(table), 260),
            column_config={
                "Rows": st.column_config.NumberColumn(format="localized"),
                "Share": st.column_config.ProgressColumn(format="%.1f %%", min_value=0, max_value=100),
            },
            alt=f"Most frequent values of {column.name}.",
        )
