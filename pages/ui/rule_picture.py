"""The right side of Constraints: the picture of the chosen rule, tuned by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.ui import parts, rule_book, state, theme
from pages.ui.rule_combinations import combinations
from pages.ui.rule_editor import ABOUT, ask
from pages.ui.rule_loosen import residuals
from pages.ui.rule_range import range_picture
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import (
    KINDS,
    FixedCombinations,
    Implies,
    Inequality,
    NotNull,
    ScalarRange,
    SumEquals,
    Unique,
)
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.table import Table


def nothing_chosen() -> None:
    """Draw the kinds of rules, each one click from its form, while there is no rule."""
    with st.container(border=True, gap="small", key="constraints_kinds"):
        st.subheader("Or make a rule yourself", anchor=False)
        st.markdown(":gray[Its picture then appears here, and you tune the rule on it.]")
        for name, kind in KINDS.items():
            with st.container(horizontal=True, wrap=False, vertical_alignment="center", gap="small"):
                st.markdown(f"**{kind.title}**  \n:small[:gray[{ABOUT[name]}]]", width="stretch")
                st.button("Add", key=f"constraints.new_{name}", on_click=ask, args=(name,))


def picture(project: Project, table: Table, rule: Constraint) -> None:
    """Draw the rule's sentence, its cost, its picture and the fields in step with it."""
    with st.container(border=True, gap="small", key="constraints_picture"):
        st.subheader(theme.plain(rule.sentence()), anchor=False)
        if rule.description:
            st.caption(theme.plain(rule.description))
        try:
            rule.check(table)
        except SimileError as error:
            parts.error_card(error, title="This rule does not fit the table")
            return
        st.markdown(f":gray[{cost(table, rule)}]")
        _PICTURES.get(type(rule), _kept_by)(project, table, rule)


def cost(table: Table, rule: Constraint) -> str:
    """Return how the rule will be kept and what that costs, in a sentence."""
    if not rule.enabled:
        return ":material/toggle_off: Switched off: nothing is done for it."
    if not rule.hard:
        return ":material/blur_on: Soft: about as many synthetic rows may break it as real ones."
    way = rule.ways_for(table)[0] if rule.enforcement == "auto" else rule.enforcement
    if way == "transform":
        return ":material/verified: Holds by construction: it is built in before learning and costs nothing."
    if way == "repair":
        return ":material/build: Held by repair: a row that breaks it is changed as little as possible."
    if way == "check_only":
        return ":material/visibility: Only checked: rows that break it stay."
    kept = 1 - float(rule_book.broken(table, rule).mean())
    slow = " This is slow." if kept < 0.5 else ""
    return f":material/replay: By retry: about {theme.share(kept)} of rows are accepted at the first try.{slow}"


def _inequality(project: Project, table: Table, rule: Inequality) -> None:
    from synth_core.figures import alt_inequality, inequality_figure

    strict = rule.strict_boundaries
    parts.chart(
        inequality_figure(table.frame, rule.low_column, rule.high_column, mode=state.mode(), strict=strict),
        alt=alt_inequality(table.frame, rule.low_column, rule.high_column, strict=strict),
        key=f"constraints.figure_{rule.id}",
    )
    key = f"constraints.strict_{rule.id}"
    state.put(key, strict)
    st.toggle("Equal values break it too", key=key, on_change=_set, args=(project, rule, "strict_boundaries", key))


def _sum(project: Project, table: Table, rule: SumEquals) -> None:
    from synth_core.figures import residual_figure

    gaps = residuals(rule, table.frame)
    parts.chart(
        residual_figure(gaps, rule.tolerance, mode=state.mode()),
        alt="How far the parts are from the total, per real row.",
        key=f"constraints.figure_{rule.id}",
    )
    key = f"constraints.tolerance_{rule.id}"
    state.put(key, float(rule.tolerance))
    st.number_input(
        "Tolerance",
        min_value=0.0,
        key=key,
        format="%g",
        width=200,
        on_change=_set,
        args=(project, rule, "tolerance", key),
    )


def _implies(project: Project, table: Table, rule: Implies) -> None:
    from synth_core.figures import implication_figure

    parts.chart(
        implication_figure(table.frame, rule, mode=state.mode()),
        alt=f"Real rows by the two halves of the rule: {rule.sentence()}.",
        key=f"constraints.figure_{rule.id}",
    )


def _not_null(project: Project, table: Table, rule: NotNull) -> None:
    empty = int(table.frame[rule.column].isna().sum())
    _share_bar("Filled", len(table) - empty, len(table))


def _unique(project: Project, table: Table, rule: Unique) -> None:
    different = len(table) - int(rule_book.broken(table, rule).sum())
    _share_bar("Different from every row before", different, len(table))


def _kept_by(project: Project, table: Table, rule: Constraint) -> None:
    kept = len(table) - int(rule_book.broken(table, rule).sum())
    _share_bar("Rows that keep it", kept, len(table))


def _share_bar(title: str, part: int, whole: int) -> None:
    ratio = part / whole if whole else 1.0
    st.progress(ratio, text=f"{title}: {theme.count(part)} of {theme.count(whole)} real rows ({theme.share(ratio)})")


def _set(project: Project, rule: Constraint, field: str, key: str) -> None:
    """Give one field of the rule the value of a widget."""
    try:
        rule_book.update(project, rule, **{field: state.get(key, None)})
    except SimileError as error:
        state.put("constraints.problem", str(error))


_PICTURES: dict[type[Constraint], Callable[[Project, Table, Any], None]] = {
    ScalarRange: range_picture,
    Inequality: _inequality,
    FixedCombinations: combinations,
    SumEquals: _sum,
    Implies: _implies,
    NotNull: _not_null,
    Unique: _unique,
}
