"""The figures of the business case, each a field with its assumption."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, state, theme
from synth_core.business_case import FIGURES, BusinessCase, Figure, Side, case_of, keep, money_words, totals
from synth_core.errors import SimileError
from synth_core.project import Project

TITLES: dict[Side, str] = {"obtain": "Obtain it", "generate": "Generate it"}
PROBLEM = "value.problem"


def side(project: Project, case: BusinessCase, which: Side) -> None:
    """Draw the fields of one side and their sum."""
    found = totals(case, max(project.rows, 1))
    with st.container(border=True, gap="small", key=f"value_{which}"):
        st.markdown(f"**{TITLES[which]}**")
        if which == "obtain":
            _rows(project, case)
        for figure in FIGURES:
            if figure.side == which:
                _field(project, case, figure)
        if which == "generate":
            _currency(project, case)
        money = found.obtain_money if which == "obtain" else found.generate_money
        months = found.obtain_months if which == "obtain" else found.generate_months
        st.markdown(f"**In all {theme.plain(money_words(money, case.currency))}, {months:g} months**")
        if problem := state.get(f"{PROBLEM}_{which}", ""):
            parts.error_card(problem, title="This figure was not kept")
            state.drop(f"{PROBLEM}_{which}")


def _field(project: Project, case: BusinessCase, figure: Figure) -> None:
    unit = figure.unit.replace("money", case.currency)
    value = case.value(figure.name)
    key = state.shown(f"value.{figure.name}", float(value))
    typed = case.is_typed(figure.name)
    with st.container(gap="xsmall"):
        with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
            st.number_input(
                f"{figure.title} ({unit})",
                0.0,
                step=0.5 if figure.unit in ("months", "days") else 0.1 if figure.unit == "money a row" else 1_000.0,
                format="%g" if value < 1_000_000 else "%.0f",
                key=key,
                on_change=_keep,
                args=(project, figure, key),
            )
            if typed:
                st.button(
                    parts.spoken("Assumption", figure.title),
                    key=f"value.back_{figure.name}", icon=":material/restart_alt:", type="tertiary",
                    help=f"Back to the assumption of {figure.default:g}.",
                    on_click=lambda: keep(project, case_of(project).with_figure(figure.name, None)),
                )  # fmt: skip
        label = ":green[Your figure]" if typed else f"Assumption: {figure.assumes}"
        st.caption(label)


def _keep(project: Project, figure: Figure, key: str) -> None:
    if state.stale(f"value.{figure.name}", key):
        return
    try:
        keep(project, case_of(project).with_figure(figure.name, state.get(key, None)))
    except SimileError as error:
        state.put(f"{PROBLEM}_{figure.side}", str(error))


def _rows(project: Project, case: BusinessCase) -> None:
    key = state.shown("value.rows", int(case.rows or max(project.rows, 1)))
    st.number_input("Rows to obtain", 1, 10**9, step=1_000, key=key, on_change=_keep_rows, args=(project, key))
    st.caption(":green[Your figure]" if case.rows else f"As many as the real table has: {theme.count(project.rows)}")


def _keep_rows(project: Project, key: str) -> None:
    if not state.stale("value.rows", key):
        value = state.get(key, None)
        keep(project, case_of(project).model_copy(update={"rows": int(value) if value else None}))


def _currency(project: Project, case: BusinessCase) -> None:
    key = state.shown("value.currency", case.currency)
    st.text_input("Currency", key=key, max_chars=8, on_change=_keep_currency, args=(project, key), width=120)


def _keep_currency(project: Project, key: str) -> None:
    if not state.stale("value.currency", key):
        word = str(state.get(key, "") or "").strip() or "EUR"
        keep(project, case_of(project).model_copy(update={"currency": word[:8]}))
