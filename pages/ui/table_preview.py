"""The first rows of a table, personal data masked."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import theme
from pages.ui.column_editor import MASK
from synth_core.date_patterns import has_clock
from synth_core.table import Column, Kind, Table

ROWS = 200
COLUMNS = 100


def masked(frame: pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Return the frame with every filled cell of personal data, identifiers and free text covered."""
    shown = frame.copy()
    for column in columns:
        if column.regenerated or column.kind is Kind.TEXT:
            shown[column.name] = [None if pd.isna(cell) else MASK for cell in shown[column.name]]
    return shown


def formats(columns: tuple[Column, ...], *, pin: bool = True) -> dict[str, Any]:
    """Return how each column is written: dates without a time of day where there is none, names as they are."""
    config: dict[str, Any] = {}
    for place, column in enumerate(columns):
        pinned = pin and place == 0
        if column.kind is Kind.DATETIME and not column.regenerated:  # covered cells are no dates
            whole_days = not column.format or not has_clock(column.format)
            config[column.name] = (
                st.column_config.DateColumn(format="YYYY-MM-DD", pinned=pinned)
                if whole_days
                else st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", pinned=pinned)
            )
        elif column.kind in (Kind.INTEGER, Kind.NUMBER) and not column.regenerated:
            config[column.name] = st.column_config.NumberColumn(pinned=pinned)
        else:
            config[column.name] = st.column_config.TextColumn(pinned=pinned)
    return config


def written(columns: tuple[Column, ...]) -> dict[str, Callable[[Any], str]]:
    """Return, for a pandas Styler, how cells are written as :func:`formats` would: a Styler's text wins over it."""
    ways: dict[str, Callable[[Any], str]] = {}
    for column in columns:
        if column.kind is Kind.DATETIME and not column.regenerated:
            day = "%Y-%m-%d" if not column.format or not has_clock(column.format) else "%Y-%m-%d %H:%M"
            ways[column.name] = partial(_moment, day=day)
        elif column.kind in (Kind.INTEGER, Kind.NUMBER) and not column.regenerated:
            ways[column.name] = number_text
    return ways


def number_text(cell: float) -> str:
    """Return a number as Streamlit's tables write it: at most four decimals, none that are zero.

    >>> number_text(42.5), number_text(12000), number_text(0.123456)
    ('42.5', '12000', '0.1235')
    """
    return f"{cell:.4f}".rstrip("0").rstrip(".") if cell != int(cell) else f"{int(cell)}"


def _moment(cell: Any, *, day: str) -> str:
    return pd.Timestamp(cell).strftime(day)


def preview(table: Table, *, key: str) -> None:
    """Draw the first 200 rows, of wide tables the first 100 columns, with the first column pinned."""
    rows, columns = min(ROWS, len(table)), table.columns[:COLUMNS]
    of_columns = f" and {len(columns)} of {len(table.columns):,} columns" if len(columns) < len(table.columns) else ""
    which = f"The first {rows:,} of {len(table):,} rows" if rows < len(table) else f"All {rows:,} rows"
    st.caption(
        f"{'The only row' if len(table) == 1 else which}{of_columns}. "
        f"Personal data, identifiers and free text are covered with {MASK}."
    )
    st.dataframe(
        masked(table.frame[[column.name for column in columns]].head(ROWS), columns),
        key=key,
        hide_index=True,
        height=theme.table_height(rows, 360),
        placeholder="–",
        column_config=formats(columns),
        alt=f"The first {rows} rows of the table.",
    )
