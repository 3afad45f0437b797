"""Moving a number by hand: a shift, a stretch, or new bounds, with the picture before and after."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import parts, state, theme
from synth_core import what_if_drafts as drafts
from synth_core.errors import SimileError
from synth_core.figures.style import value_text
from synth_core.figures.what_if import alt_number, number_figure
from synth_core.project import Project
from synth_core.table import Kind, Table
from synth_core.what_if import DAY, Shift
from synth_core.what_if_shapes import Shape, shape_of

WAYS = ("Move and stretch", "New bounds")
PROBLEM = "what_if.number_problem"


@st.cache_data(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=64, show_spinner=False)
def _shape(table: Table, name: str) -> Shape | None:
    return shape_of(table, name)


def panel(project: Project, table: Table, picture: Any) -> None:
    """Draw the choice of a number, what is done to it, and the picture."""
    names = [column.name for column in table.having(learned=True) if column.kind.numeric]
    if not names:
        st.markdown(":gray[This table has no number or date that is learned.]")
        return
    edits = drafts.edits_of(project)
    name = st.selectbox("Number or date", names, key="what_if.number", persist_state="session")
    shape = _shape(table, name)
    if shape is None:
        st.markdown(":gray[Too few different values to move.]")
        return
    dates = table.column(name).kind is Kind.DATETIME
    shift = next((one for one in edits.shifts if one.column == name), Shift(column=name, middle=shape.middle))
    way = WAYS[0]
    if not dates:
        way = st.segmented_control(
            "How", WAYS, key="what_if.way", default=WAYS[0], required=True, label_visibility="collapsed"
        )
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="Not possible")
        state.drop(PROBLEM)
    if way == WAYS[0]:
        _move(project, name, shape, shift, dates)
    else:
        _bounds(project, name, shape, shift, table.column(name).kind is Kind.INTEGER)
    if shape.low >= 0 and float(shift.moved(_array(shape.low))[0]) < 0 and not dates:
        st.warning("Some values become negative, and none are now. New bounds keep them in.", icon=":material/info:")
    with picture:
        st.markdown(f"**{theme.plain(name)}**")
        words = alt_number(name, shape, shift, dates)
        parts.chart(number_figure(name, shape, shift, dates, state.mode()), words, "what_if.number_chart")
        st.markdown(theme.plain(words))
        st.caption("Ranks stay as they are, so what goes together with this column still does.")


def _array(value: float) -> Any:
    import numpy as np

    return np.asarray([value])


def _move(project: Project, name: str, shape: Shape, shift: Shift, dates: bool) -> None:
    unit = DAY if dates else 1.0
    span = (shape.high - shape.low) / unit
    step = _step(span)
    reach = round(span / step) * step
    key = state.shown("what_if.add", min(max(round(shift.add / unit, 6), -reach), reach))
    st.slider(
        "Move by (days)" if dates else "Move by",
        -float(reach),
        float(reach),
        step=float(step),
        format="%g",
        key=key,
        on_change=_keep_move,
        args=(project, name, shape, "add", unit, key, "what_if.add"),
    )
    key = state.shown("what_if.stretch", min(max(round(shift.stretch, 4), 0.25), 4.0))
    st.slider(
        "Stretch around the middle",
        0.25,
        4.0,
        step=0.05,
        format="× %g",
        key=key,
        on_change=_keep_move,
        args=(project, name, shape, "stretch", 1.0, key, "what_if.stretch"),
        help="Above 1 the values lie farther apart, below 1 closer together.",
    )


def _step(span: float) -> float:
    """Return a round step of about a hundredth of a range.

    >>> _step(80), _step(3.2), _step(1_000_000)
    (1.0, 0.05, 10000.0)
    """
    from math import floor, log10

    rough = span / 100
    size: float = 10.0 ** floor(log10(rough))
    return round(next(part * size for part in (1, 2, 5, 10) if part * size >= rough * 0.999), 12)


def _keep_move(project: Project, name: str, shape: Shape, part: str, unit: float, key: str, widget: str) -> None:
    if state.stale(widget, key):
        return
    edits = drafts.edits_of(project)
    shift = next((one for one in edits.shifts if one.column == name), Shift(column=name, middle=shape.middle))
    changed = shift.model_copy(update={part: float(state.get(key, 0.0)) * unit})
    drafts.keep(project, drafts.with_shift(edits, changed))


def _bounds(project: Project, name: str, shape: Shape, shift: Shift, whole: bool) -> None:
    low, high = (float(value) for value in shift.moved(_both(shape)))
    st.caption(
        f"Real rows lie between {value_text(shape.low, False)} and {value_text(shape.high, False)} (all but six at "
        "either end)."
    )
    first, second = st.columns(2)
    keys = []
    kind = "_whole" if whole else ""  # whole numbers and others need fields of their own
    for place, widget, title, value in ((first, f"low{kind}", "From", low), (second, f"high{kind}", "To", high)):
        shown: float | int = round(value) if whole else round(value, 6)
        key = state.shown(f"what_if.{widget}", shown)
        keys.append(key)
        place.number_input(
            title, step=1 if whole else _step(shape.high - shape.low), format="%d" if whole else "%g", key=key,
            on_change=_keep_bounds, args=(project, name, shape, key, widget),
        )  # fmt: skip
    state.put("what_if.bound_keys", keys)


def _both(shape: Shape) -> Any:
    import numpy as np

    return np.asarray([shape.low, shape.high])


def _keep_bounds(project: Project, name: str, shape: Shape, key: str, widget: str) -> None:
    if state.stale(f"what_if.{widget}", key):
        return
    values = [state.get(one, None) for one in state.get("what_if.bound_keys", ["", ""])]
    if None in values:
        return
    low, high = (float(value) for value in values)
    try:
        shift = Shift.to_bounds(name, shape.middle, (shape.low, shape.high), (low, high))
    except SimileError as error:
        state.put(PROBLEM, str(error))
        return
    drafts.keep(project, drafts.with_shift(drafts.edits_of(project), shift))
