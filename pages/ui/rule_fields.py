"""Fields under the picture of a rule, each in step with the rule."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import rule_book, state
from synth_core.constraints.base import Constraint
from synth_core.errors import SimileError
from synth_core.project import Project

PROBLEM = "constraints.problem"


def save(project: Project, rule: Constraint, **fields: Any) -> None:
    """Give the rule these fields; what is not right is said under the picture, and the rule stays as it was."""
    try:
        rule_book.update(project, rule, **fields)
    except SimileError as error:
        state.put(PROBLEM, str(error))


def number(
    project: Project,
    rule: Constraint,
    field: str,
    title: str,
    *,
    whole: bool = False,
    least: float = 0.0,
    most: float | None = None,
    place: Any = None,
) -> None:
    """Draw a number field of the rule."""
    value = getattr(rule, field)
    kind = int if whole else float
    key = _shown(rule, field, None if value is None else kind(value))
    (place or st).number_input(
        title,
        min_value=kind(least),
        max_value=None if most is None else kind(most),
        key=key,
        value=None,
        step=1 if whole else None,
        format="%d" if whole else "%g",
        width="stretch" if place is not None else 200,
        on_change=_set,
        args=(project, rule, field, key),
    )


def toggle(project: Project, rule: Constraint, field: str, title: str) -> None:
    """Draw a switch of the rule."""
    key = _shown(rule, field, bool(getattr(rule, field)))
    st.toggle(title, key=key, on_change=_set, args=(project, rule, field, key))


def text(project: Project, rule: Constraint, field: str, title: str, *, placeholder: str = "") -> None:
    """Draw a text field of the rule; empty is None."""
    key = _shown(rule, field, getattr(rule, field) or "")
    st.text_input(title, key=key, placeholder=placeholder, on_change=_set, args=(project, rule, field, key))


def choice(project: Project, rule: Constraint, field: str, title: str, options: dict[str, str]) -> None:
    """Draw a choice among a few words for a field of the rule; ``options``: value to word."""
    key = _shown(rule, field, getattr(rule, field))
    st.segmented_control(
        title,
        list(options),
        format_func=options.__getitem__,
        key=key,
        required=True,
        on_change=_set,
        args=(project, rule, field, key),
    )


def _name(rule: Constraint, field: str) -> str:
    return f"constraints.{field}_{rule.id}"


def _shown(rule: Constraint, field: str, value: Any) -> str:
    return state.shown(_name(rule, field), value)


def _set(project: Project, rule: Constraint, field: str, key: str) -> None:
    if state.stale(_name(rule, field), key):
        return
    value = state.get(key, None)
    if value == "":
        value = None
    if value is None and rule.__class__.model_fields[field].annotation in (int, float):
        return  # an emptied field of a number that must be there: it comes back
    save(project, rule, **{field: value})


def clicked(key: str) -> list[str]:
    """Return the first ``customdata`` of each point that was clicked in the chart with this key."""
    points = state.points(key)
    return [str(point["customdata"][0]) for point in points if point.get("customdata")]
