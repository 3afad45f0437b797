"""Conditions that every row keeps: one line each, and the line that adds another."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pandas as pd
import streamlit as st

from pages.ui import cache, state, steering_draft, theme
from synth_core.constraints.expressions import parse_condition
from synth_core.errors import SimileError
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.steering.asks import Ask, Steering, Test
from synth_core.table import Column, Kind, Table

MOST_LEVELS = 500
WORDS = {"one of": "is one of", "between": "is between", "at least": "is at least", "at most": "is at most"}
LINE = [3, 2, 4, 1.4]


def listed(project: Project, steering: Steering, table: Table) -> None:
    """Draw the conditions, each with the real rows that keep it alone."""
    st.markdown("**Only rows where**")
    found = cache.support(table, steering.model_dump_json())
    for place, ask in enumerate(steering.conditions):
        alone = f":gray[{counted(found.each[place], 'real row')}]" if place < len(found.each) else ""
        _line(project, theme.plain(ask.words()), alone, f"method.steer_remove_{place}", place)
    if steering.where:
        alone = f":gray[{counted(found.each[-1], 'real row')}]" if found.each else ""
        _line(project, theme.plain(steering.where), alone, "method.steer_remove_where", None)


def _line(project: Project, words: str, alone: str, key: str, place: int | None) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f":material/filter_alt: {words}", width="content")
        st.markdown(alone, width="content")
        st.button(
            f"Remove :gray[{words}]",
            key=key,
            icon=":material/close:",
            type="tertiary",
            on_click=_remove,
            args=(project, place),
        )


def adding(project: Project, steering: Steering, table: Table) -> None:
    """Draw the line that adds a condition, and the field for an expression."""
    known = [column for column in table.columns if column.learned]
    if not known:
        st.markdown(":gray[No column is learned, so there is nothing to steer.]")
        return
    names = [column.name for column in known]
    first, second, third, fourth = st.columns(LINE, vertical_alignment="bottom")
    name = first.selectbox("Column", names, key="method.steer_condition_column")
    column = table.column(name)
    tests = [test for test in get_args(Test) if column.kind.numeric or test in ("is", "one of")]
    if column.kind.numeric:
        tests = ["at least", "at most", "between", "is"]
    test = second.selectbox(
        "Test", tests, format_func=lambda one: WORDS.get(one, one), key=f"method.steer_condition_test_{name}"
    )
    with third:
        values = _values(table, column, test)
    fourth.button(
        "Add",
        key="method.steer_condition_add",
        disabled=not values,
        width="stretch",
        on_click=_add,
        args=(project, name, test, values),
    )
    if values:
        ask = Ask(column=name, test=test, values=values)
        probe = steering.model_copy(update={"conditions": (*steering.conditions, ask)})
        found = cache.support(table, probe.model_dump_json())
        if found.problem:
            st.caption(f":red[{theme.plain(found.problem)}]")
        else:
            others = " with the conditions above" if steering.conditions or steering.where else ""
            st.caption(f"{theme.count(found.rows)} of {theme.count(found.of)} real rows keep it{others}.")
    with st.expander("Expert: an expression over several columns", icon=":material/code:"):
        state.put("method.steer_where", steering.where)
        st.text_input(
            "Expression",
            key="method.steer_where",
            placeholder="age >= 65 and region in ('north', 'south')",
            on_change=_where,
            args=(project, table),
            max_chars=2_000,
            help="Comparisons with and, or, not, in, between, is null. A column name with spaces stands in backticks.",
        )


def _values(table: Table, column: Column, test: str) -> tuple[str, ...]:
    """Draw the fields for the values and return them as words; none while they are not complete."""
    key = f"method.steer_value_{column.name}_{test}"
    if not column.kind.numeric:
        levels = list(cache.level_shares(table, column.name))[:MOST_LEVELS]
        if test == "is":
            chosen = st.selectbox("Value", levels, key=key)
            return (chosen,) if chosen is not None else ()
        return tuple(st.multiselect("Values", levels, key=key, placeholder="Choose categories"))
    ends = ("From", "To") if test == "between" else ("Value",)
    cells = table.frame[column.name].dropna()
    if not len(cells):
        return ()
    quarters = [0.25, 0.75] if test == "between" else [0.5]
    with st.container(horizontal=True, gap="small"):
        found = [
            _field(title, f"{key}_{title}", cells.quantile(share, interpolation="nearest"), column)
            for title, share in zip(ends, quarters, strict=True)
        ]
    return () if any(value is None for value in found) else tuple(str(value) for value in found)


def _field(title: str, key: str, usual: Any, column: Column) -> Any:
    if column.kind is Kind.DATETIME:
        day = pd.Timestamp(usual).date()
        picked = st.date_input(title, day, date(1000, 1, 1), date(9999, 12, 31), key=key, format="YYYY-MM-DD")
        return picked.isoformat() if isinstance(picked, date) else None
    if column.kind is Kind.INTEGER:
        return st.number_input(title, value=int(usual), step=1, key=key)
    return st.number_input(title, value=float(usual), key=key, format="%g")


def _add(project: Project, name: str, test: Test, values: tuple[str, ...]) -> None:
    steering = project.draft.steering
    ask = Ask(column=name, test=test, values=values)
    if ask not in steering.conditions:
        steering_draft.keep(project, steering.model_copy(update={"conditions": (*steering.conditions, ask)}))


def _remove(project: Project, place: int | None) -> None:
    steering = project.draft.steering
    if place is None:
        steering_draft.keep(project, steering.model_copy(update={"where": ""}))
        return
    kept = tuple(ask for number, ask in enumerate(steering.conditions) if number != place)
    steering_draft.keep(project, steering.model_copy(update={"conditions": kept}))


def _where(project: Project, table: Table) -> None:
    text = str(state.get("method.steer_where", "")).strip()
    try:
        if text:
            parse_condition(text, table.columns)
    except SimileError as error:
        state.put(steering_draft.PROBLEM, str(error))
        return
    steering_draft.keep(project, project.draft.steering.model_copy(update={"where": text}))
