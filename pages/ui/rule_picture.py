"""The right side of Constraints: the picture of the chosen rule, tuned by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, rule_book, rule_shapes, theme
from pages.ui.rule_combinations import combinations
from pages.ui.rule_conflicts import conflicts
from pages.ui.rule_editor import ABOUT, ask
from pages.ui.rule_orders import chain, inequality
from pages.ui.rule_range import one_bound, range_picture
from pages.ui.rule_values import form, listed, shares
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import (
    KINDS,
    AllowedValues,
    ChainedInequality,
    Custom,
    FixedCombinations,
    ForbiddenCombinations,
    ForbiddenValues,
    Format,
    Formula,
    FunctionalDependency,
    Implies,
    Increment,
    Inequality,
    Monotonic,
    NotNull,
    NullIf,
    NullTogether,
    OneHot,
    Precision,
    Range,
    ScalarInequality,
    ScalarRange,
    SequenceRule,
    Share,
    SumEquals,
)
from synth_core.project import Project
from synth_core.table import Table

_USUAL = (
    "scalar_range", "allowed_values", "inequality", "fixed_combinations", "implies", "formula", "not_null", "unique",
)  # fmt: skip


def nothing_chosen() -> None:
    """Draw the kinds of rules, each one click from its form, while there is no rule."""
    with st.container(border=True, gap="small", key="constraints_kinds"):
        parts.section("Or make a rule yourself")
        st.markdown(":gray[Its picture then appears here, and you tune the rule on it.]")
        for name in _USUAL:
            _offer(name)
        with st.expander(f"{len(KINDS) - len(_USUAL)} further kinds", key="constraints_further_kinds"):
            for name in KINDS:
                if name not in _USUAL:
                    _offer(name)


def _offer(name: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(f"**{KINDS[name].title}**  \n:small[:gray[{ABOUT[name]}]]", width="stretch")
        st.button(parts.spoken("Add", KINDS[name].title), key=f"constraints.new_{name}", on_click=ask, args=(name,))


def picture(project: Project, table: Table, rule: Constraint) -> None:
    """Draw the rule's sentence, its cost, its picture and the fields in step with it."""
    with st.container(border=True, gap="small", key="constraints_picture"):
        parts.section(theme.plain(rule.sentence()))
        if rule.description:
            st.caption(theme.plain(rule.description))
        if problem := rule_book.standing(table, rule).problem:
            parts.error_card(problem, title="This rule does not fit the table")
            return
        st.markdown(f":gray[{cost(table, rule)}]")
        if (conflict := conflicts(table, project.rules).get(rule.id)) is not None:
            st.error(theme.plain(conflict.sentence), icon=":material/cancel:")
        frame = table.frame
        if rule.when is not None and not isinstance(rule, NullIf):
            frame = frame[rule.applies(frame)]
            st.caption(f"Drawn: {theme.count(len(frame))} of {theme.count(len(table))} rows, those that it speaks of.")
        _PICTURES.get(type(rule), rule_shapes.counted)(project, table, rule, frame)


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
    if way == "condition":
        return ":material/verified: Kept while rows are drawn, by engines that can; by others by retry."
    kept = 1 - float(rule_book.broken(table, rule).mean())
    slow = " This is slow." if kept < 0.5 else ""
    return f":material/replay: By retry: about {theme.share(kept)} of rows are accepted at the first try.{slow}"


def _no_frame(draw: Callable[[Project, Table, Any], None]) -> Callable[[Project, Table, Any, pd.DataFrame], None]:
    return lambda project, table, rule, frame: draw(project, table, rule)


_PICTURES: dict[type[Constraint], Callable[[Project, Table, Any, pd.DataFrame], None]] = {
    ScalarRange: range_picture,
    ScalarInequality: one_bound,
    Inequality: inequality,
    Range: chain,
    ChainedInequality: chain,
    FixedCombinations: combinations,
    ForbiddenCombinations: combinations,
    AllowedValues: _no_frame(listed),
    ForbiddenValues: _no_frame(listed),
    Share: _no_frame(shares),
    Format: _no_frame(form),
    SumEquals: rule_shapes.sums,
    Formula: rule_shapes.formula,
    Implies: rule_shapes.implies,
    FunctionalDependency: rule_shapes.dependency,
    NullTogether: rule_shapes.patterns,
    NotNull: rule_shapes.patterns,
    NullIf: rule_shapes.missing_if,
    Increment: rule_shapes.increment,
    Precision: rule_shapes.precision,
    OneHot: rule_shapes.one_of,
    Monotonic: rule_shapes.monotonic,
    SequenceRule: rule_shapes.transitions,
    Custom: rule_shapes.expression,
}
