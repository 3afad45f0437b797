"""The findings of the profile, each with what it means and what can be done with one click."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, rule_book, state, theme
from pages.ui.column_editor import KINDS
from synth_core.errors import SimileError
from synth_core.profile import Alert, Profile
from synth_core.profile.alerts import Action
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.table import Role, Table

SHOWN = 4
SIGNS = {
    "stop": theme.Sign("Stop", ":material/report:", "red"),
    "watch": theme.Sign("Watch", ":material/visibility:", "orange"),
    "info": theme.Sign("Good to know", ":material/info:", "gray"),
}


def alerts(project: Project, table: Table, profile: Profile) -> None:
    """Draw the alerts, worst first; the tail is folded."""
    found = profile.alerts
    if problem := state.get("profiling.problem", ""):
        parts.error_card(problem, title="This was not done")
        state.drop("profiling.problem")
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.subheader("Look at this first", anchor=False, width="content")
        for severity, mark in SIGNS.items():
            number = sum(alert.severity == severity for alert in found)
            if number:
                parts.sign(mark, text=f"{number} {mark.word.lower()}")
    if not found:
        st.markdown(":gray[Nothing in this table stands out.]")
        return
    urgent = [alert for alert in found if alert.severity != "info"]
    first = urgent[:SHOWN] or found[:SHOWN]
    rest = [alert for alert in found if alert not in first]
    for place, alert in enumerate(first):
        _row(project, table, alert, place)
    if rest:
        with st.expander(f"{len(rest)} more", key="profiling.more"):
            for place, alert in enumerate(rest, start=len(first)):
                _row(project, table, alert, place)


def _row(project: Project, table: Table, alert: Alert, place: int) -> None:
    mark = SIGNS[alert.severity]
    with st.container(
        border=True,
        horizontal=True,
        wrap=False,
        vertical_alignment="center",
        gap="small",
        key=f"profiling_alert_{place}",
    ):
        st.markdown(
            f":{mark.colour}[{mark.icon}] {theme.plain(alert.sentence)} :gray[{theme.plain(alert.consequence)}]",
            width="stretch",
        )
        if alert.action is not None:
            st.button(
                _label(alert.action),
                key=f"profiling.act_{place}",
                on_click=_act,
                args=(project, table, alert.action),
            )
        if alert.columns:
            st.button("Look", key=f"profiling.look_{place}", type="tertiary", on_click=_look, args=(alert.columns,))


def _label(action: Action) -> str:
    if action.kind == "make_rule":
        return "Make this a rule"
    if action.kind == "change_kind" and action.to is not None:
        return f"Read as {KINDS[action.to]}"
    return {"drop": "Leave out", "protect": "Protect"}[action.kind]


def _look(columns: list[str]) -> None:
    """Show the alert's column, or its pair, below."""
    if len(columns) == 2:
        state.put("profiling.x", columns[0])
        state.put("profiling.y", columns[1])
        state.put("profiling.tab", "Pairs")
    else:
        state.put("profiling.tab", "Columns")
        state.put("profiling.search", "")
    state.put("profiling.wanted", columns[0])
    state.put("profiling.round", state.get("profiling.round", 0) + 1)


def _act(project: Project, table: Table, action: Action) -> None:
    try:
        if action.kind == "make_rule" and action.rule is not None:
            rule = rule_book.accept(project, table, action.rule)
            st.toast(f"Rule added: {theme.plain(rule.sentence())}", icon=":material/rule:")
            return
        if action.column is None:
            return
        update: dict[str, object] = {"drop": {"role": Role.DROP}, "protect": {"protect": True}}.get(
            action.kind, {"kind": action.to}
        )
        choices = project.choices
        kept = choices.get(action.column, ColumnChoice())
        project.set_choices(choices | {action.column: kept.model_copy(update=update)})
        st.toast(f"Changed: {theme.plain(action.column)}. The Upload page shows it.", icon=":material/check:")
    except SimileError as error:
        state.put("profiling.problem", str(error))
