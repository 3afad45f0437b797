"""The picture of a range: a histogram whose bounds follow a box selection, with fields in step."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import parts, rule_book, state
from pages.ui.rule_loosen import bound_of
from synth_core.constraints.kinds import ScalarRange
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.table import Kind, Table, numbers


def range_picture(project: Project, table: Table, rule: ScalarRange) -> None:
    """Draw the histogram with the bounds; dragging a box over it, or the fields below, sets them."""
    from synth_core.figures import alt_range, range_figure

    column = table.column(rule.column)
    figure = range_figure(table.frame[rule.column], rule.low_value, rule.high_value, mode=state.mode())
    key = f"constraints.figure_{rule.id}"
    parts.chart(
        figure,
        alt=alt_range(table.frame[rule.column], rule.low_value, rule.high_value),
        key=key,
        on_select=lambda: _from_box(project, table, rule, key),
        selection_mode="box",
    )
    st.caption("Drag across the picture to set both bounds, or type them here. Empty means open.")
    left, right = st.columns(2)
    _field(left, "At least", "low_value", project, rule, column.kind)
    _field(right, "At most", "high_value", project, rule, column.kind)
    strict = f"constraints.strict_{rule.id}"
    state.put(strict, rule.strict_boundaries)
    st.toggle(
        "The bounds themselves are excluded",
        key=strict,
        on_change=_set,
        args=(project, rule, "strict_boundaries", strict),
    )


def _field(place: Any, title: str, field: str, project: Project, rule: ScalarRange, kind: Kind) -> None:
    key = f"constraints.{field}_{rule.id}"
    value = getattr(rule, field)
    change: dict[str, Any] = {"on_change": _set, "args": (project, rule, field, key)}
    if kind is Kind.DATETIME:
        state.put(key, pd.Timestamp(value).date() if value is not None else None)
        place.date_input(
            title, key=key, min_value=date(1000, 1, 1), max_value=date(9999, 12, 31), format="YYYY-MM-DD", **change
        )
        return
    whole = kind is Kind.INTEGER and (value is None or float(value).is_integer())
    state.put(key, None if value is None else (int(value) if whole else float(value)))
    place.number_input(title, key=key, value=None, step=1 if whole else 0.1, format="%d" if whole else "%g", **change)


def _set(project: Project, rule: ScalarRange, field: str, key: str) -> None:
    value = state.get(key, None)
    _update(project, rule, {field: value.isoformat() if isinstance(value, date) else value})


def _from_box(project: Project, table: Table, rule: ScalarRange, key: str) -> None:
    """Set the bounds to the box that was dragged."""
    boxes = state.get(key, {}).get("selection", {}).get("box", [])
    if not boxes:
        return
    low, high = sorted(_seconds(edge) for edge in boxes[0]["x"])
    kind = table.column(rule.column).kind
    values = numbers(table.frame[rule.column])
    if kind is Kind.NUMBER:
        step = 10.0 ** np.floor(np.log10(max(float(np.nanmax(values) - np.nanmin(values)), 1e-9) / 100))
        low, high = (float(f"{round(edge / step) * step:.10g}") for edge in (low, high))
    _update(
        project,
        rule,
        {
            "low_value": bound_of(round(low) if kind is Kind.INTEGER else low, kind, up=False),
            "high_value": bound_of(round(high) if kind is Kind.INTEGER else high, kind, up=False),
        },
    )


def _seconds(edge: Any) -> float:
    return pd.Timestamp(edge).timestamp() if isinstance(edge, str) else float(edge)


def _update(project: Project, rule: ScalarRange, fields: dict[str, Any]) -> None:
    try:
        rule_book.update(project, rule, **fields)
    except SimileError as error:
        state.put("constraints.problem", str(error))
