"""The rows that break the chosen rule, the offending cells marked, and the ways out."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, rule_book, state, theme
from pages.ui.rule_loosen import loosened
from pages.ui.table_preview import formats, masked, written
from synth_core.constraints.base import Constraint
from synth_core.errors import ConstraintError, SimileError
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.table import Table

SHOWN = 100
MARK = {"light": "background-color: #FBE3D6; color: #7A2E00", "dark": "background-color: #5A3410; color: #FFD9B0"}


def panel(project: Project, table: Table, rule: Constraint) -> None:
    """Draw the broken rows under the picture; says so when there are none."""
    if problem := state.get("constraints.problem", ""):
        parts.error_card(problem, title="This was not done")
        state.drop("constraints.problem")
    _left_out(project, table)
    try:
        broken = rule_book.broken(table, rule)
    except ConstraintError as error:
        parts.error_card(error, title="This rule does not fit the table")
        return
    number = int(broken.sum())
    if not number:
        st.markdown(":green[:material/check_circle:] Every real row keeps this rule.")
        return
    words = "real row breaks" if number == 1 else "real rows break"
    parts.section(f"{theme.count(number)} {words} it")
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="constraints_ways"):
        _ways(project, table, rule, broken)
    names = [*rule.columns_used, *[n for n in table.names if n not in rule.columns_used]]
    columns = tuple(table.column(n) for n in names)
    picked = masked(table.frame.loc[broken, names].head(SHOWN), columns)
    picked.insert(0, "Row", picked.index + 1)
    style = MARK[state.mode()]
    config: dict[str, Any] = formats(columns, pin=False) | {
        "Row": st.column_config.NumberColumn(pinned=True, width="small")
    }
    st.dataframe(
        picked.style.format(written(columns), na_rep="").map(lambda _: style, subset=list(rule.columns_used)),
        key="constraints.broken",
        hide_index=True,
        placeholder="–",
        height=theme.table_height(len(picked), 320),
        column_config=config,
        alt=f"The first {len(picked)} of {number} rows that break the rule; the columns of the rule come first.",
    )
    if number > SHOWN:
        st.caption(f"The first {SHOWN} of {theme.count(number)}.")


def _ways(project: Project, table: Table, rule: Constraint, broken: pd.Series) -> None:
    fitting = loosened(rule, table)
    st.button(
        "Drop those rows",
        key="constraints.drop",
        icon=":material/filter_alt_off:",
        help="The real rows that break the rule are left out; they can be brought back.",
        on_click=_try,
        args=(rule_book.drop_rows, project, broken.to_numpy(dtype=bool)),
    )
    st.button(
        "Loosen to fit",
        key="constraints.loosen",
        icon=":material/open_in_full:",
        help="Widen the rule so that the real rows keep it: bounds go out to a round number, and combinations of fewer "
        "than seven rows stay unnamed."
        if fitting
        else "This kind of rule cannot be loosened: it holds or it does not.",
        disabled=fitting is None,
        on_click=_try,
        args=(rule_book.replace, project, table, fitting),
    )
    st.button(
        "Make it soft" if rule.hard else "Make it hard",
        key="constraints.soft",
        icon=":material/blur_on:",
        help="Soft: about as many synthetic rows break it as real ones. Hard: none does.",
        on_click=_try,
        args=(_soften, project, rule),
    )


def _soften(project: Project, rule: Constraint) -> None:
    rule_book.update(project, rule, hard=not rule.hard)


def _try(what: Any, *arguments: Any) -> None:
    try:
        what(*arguments)
    except SimileError as error:
        state.put("constraints.problem", str(error))


def _left_out(project: Project, table: Table) -> None:
    number = project.dropped
    if number > 0:
        with st.container(horizontal=True, vertical_alignment="center", key="constraints_left_out"):
            st.info(
                f"{counted(number, 'real row is', 'real rows are')} left out.",
                icon=":material/filter_alt_off:",
                width="stretch",
            )
            st.button(
                "Bring them back", key="constraints.bring_back", on_click=_try, args=(rule_book.bring_back, project)
            )
