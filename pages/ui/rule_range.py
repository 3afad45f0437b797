"""The picture of a range: a histogram whose bounds follow a box selection, with fields in step."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import parts, rule_book, state
from pages.ui.rule_loosen import bound_of
from synth_core.constraints.kinds import ScalarInequality, ScalarRange
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.table import Kind, Table, numbers


def range_picture(project: Project, table: Table, rule: ScalarRange, frame: pd.DataFrame) -> None:
    """Draw the histogram with the bounds; dragging a box over it, or the fields below, sets them."""
    from synth_core.figures import alt_range, range_figure

    column = table.column(rule.column)
    figure = range_figure(frame[rule.column], rule.low_value, rule.high_value, mode=state.mode())
    key = f"constraints.figure_{rule.id}"
    parts.chart(
        figure,
        alt=alt_range(frame[rule.column], rule.low_value, rule.high_value),
        key=key,
        on_select=lambda: _from_box(project, table, rule, key),
        selection_mode="box",
    )
    st.caption("Drag across the picture to set both bounds, or type them here. Empty means open.")
    left, right = st.columns(2)
    _field(left, "At least", "low_value", project, rule, column.kind)
    _field(right, "At most", "high_value", project, rule, column.kind)
    strict = state.shown(_name(rule, "strict_boundaries"), rule.strict_boundaries)
    st.toggle(
        "The bounds themselves are excluded",
        key=strict,
        on_change=_set,
        args=(project, rule, "strict_boundaries", strict),
    )


def one_bound(project: Project, table: Table, rule: ScalarInequality, frame: pd.DataFrame) -> None:
    """Draw the histogram with the one bound; the box's inner edge, or the field below, sets it."""
    from synth_core.figures import alt_range, range_figure

    low, high = rule.ends()
    key = f"constraints.figure_{rule.id}"
    parts.chart(
        range_figure(frame[rule.column], low, high, mode=state.mode()),
        alt=alt_range(frame[rule.column], low, high),
        key=key,
        on_select=lambda: _bound_from_box(project, table, rule, key),
        selection_mode="box",
    )
    st.caption("Drag over the values that are allowed to set the bound, or type it here.")
    left, right = st.columns(2)
    relation = state.shown(_name(rule, "relation"), rule.relation)
    words = {">": "above", ">=": "at least", "<": "below", "<=": "at most"}
    left.selectbox(
        f"{rule.column} is",
        list(words),
        format_func=words.__getitem__,
        key=relation,
        on_change=_set,
        args=(project, rule, "relation", relation),
    )
    _field(right, "Bound", "value", project, rule, table.column(rule.column).kind)


def _bound_from_box(project: Project, table: Table, rule: ScalarInequality, key: str) -> None:
    if (edges := _box(table, rule.column, key)) is not None:
        _update(project, rule, {"value": edges[0] if rule.relation in (">", ">=") else edges[1]})


def _field(place: Any, title: str, field: str, project: Project, rule: ScalarRange, kind: Kind) -> None:
    value = getattr(rule, field)
    whole = kind is Kind.INTEGER and (value is None or float(value).is_integer())
    if value is not None:
        value = pd.Timestamp(value).date() if kind is Kind.DATETIME else int(value) if whole else float(value)
    key = state.shown(_name(rule, field), value)
    change: dict[str, Any] = {"on_change": _set, "args": (project, rule, field, key)}
    if kind is Kind.DATETIME:
        place.date_input(
            title, key=key, min_value=date(1000, 1, 1), max_value=date(9999, 12, 31), format="YYYY-MM-DD", **change
        )
        return
    place.number_input(title, key=key, value=None, step=1 if whole else 0.1, format="%d" if whole else "%g", **change)


def _name(rule: ScalarRange | ScalarInequality, field: str) -> str:
    return f"constraints.{field}_{rule.id}"


def _set(project: Project, rule: ScalarRange | ScalarInequality, field: str, key: str) -> None:
    if state.stale(_name(rule, field), key):
        return
    value = state.get(key, None)
    if value is None and isinstance(rule, ScalarInequality):
        return  # it needs its bound: the field comes back
    _update(project, rule, {field: value.isoformat() if isinstance(value, date) else value})


def _from_box(project: Project, table: Table, rule: ScalarRange, key: str) -> None:
    """Set the bounds to the box that was dragged."""
    if (edges := _box(table, rule.column, key)) is not None:
        _update(project, rule, {"low_value": edges[0], "high_value": edges[1]})


def _box(table: Table, name: str, key: str) -> tuple[Any, Any] | None:
    """Return the edges of the box that was dragged over a column's histogram, as bounds of that column."""
    boxes = state.get(key, {}).get("selection", {}).get("box", [])
    return None if not boxes else edges_of(table, name, boxes[0]["x"])


def edges_of(table: Table, name: str, ends: Any) -> tuple[Any, Any]:
    """Return the ends of a dragged box as bounds of a column, rounded to what a hand can aim at."""
    low, high = sorted(_seconds(edge) for edge in ends)
    kind = table.column(name).kind
    values = numbers(table.frame[name])
    if kind is Kind.NUMBER:
        step = 10.0 ** np.floor(np.log10(max(float(np.nanmax(values) - np.nanmin(values)), 1e-9) / 100))
        low, high = (float(f"{round(edge / step) * step:.10g}") for edge in (low, high))
    if kind is Kind.INTEGER:
        low, high = round(low), round(high)
    return bound_of(low, kind, up=False), bound_of(high, kind, up=False)


def _seconds(edge: Any) -> float:
    return pd.Timestamp(edge).timestamp() if isinstance(edge, str) else float(edge)


def _update(project: Project, rule: ScalarRange | ScalarInequality, fields: dict[str, Any]) -> None:
    try:
        rule_book.update(project, rule, **fields)
    except SimileError as error:
        state.put("constraints.problem", str(error))
