"""The findings of the profile, each with what it means and what can be done with one click."""

from __future__ import annotations

import re
from collections.abc import Sequence

import streamlit as st

from pages.ui import alert_actions, parts, state, theme
from synth_core.profile import Alert, Profile
from synth_core.project import Project
from synth_core.table import Table

LOOKED = "profiling.looked"
SHOWN = 3
FEW = 3  # alerts of one sort share a line from here on
ALIKE = ("personal", "identifier", "decided")  # say the same of every column: two of them do
LISTED = 12  # names on such a line
LOOKS = 50  # alerts in a line's list
TOGETHER = {
    "identifier": "columns are identifiers",
    "personal": "columns look like personal data",
    "id_like": "columns are different in nearly every row, like an identifier",
    "constant": "columns hold one value only, or none",
    "near_constant": "columns have the same value in nearly every row",
    "rare": "columns have categories with fewer than 5 rows",
    "many_categories": "columns have very many categories",
    "zeros": "columns are exactly 0 in many rows",
    "capped": "columns have rows heaped at their largest value",
    "skewed": "columns have a long tail",
    "heavy_tail": "columns have heavy tails",
    "missing_code": "columns hold a word or number that probably means a missing cell",
    "personal_text": "columns of free text hold personal data",
    "near_duplicate": "pairs of columns are nearly the same",
    "target_leak": "columns give the target away",
    "outliers": "columns have values far from the rest",
    "missing_together": "groups of columns are empty in the same rows",
    "missing_depends": "columns are empty by the value of another one",
    "strong_association": "groups of columns go strongly together",
    "duplicate_columns": "pairs of columns say the same",
    "decided": "columns are decided by another one",
    "dates_out_of_order": "pairs of dates are out of order in some rows",
}
SAFE = ("personal",)  # made anew as it is: to leave it out is no answer to the alert, and is done on Upload
PAIRED = ("strong_association", "near_duplicate", "duplicate_columns", "decided")  # looked at as a pair
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
    alert_actions.said(project)
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        parts.section("Look at this first", width="content")
        lines = grouped(found)
        for severity, mark in SIGNS.items():
            number = sum(line[0].severity == severity for line in lines)
            if number:
                parts.sign(mark, text=f"{number} {mark.word.lower()}")
    if not found:
        st.markdown(":gray[Nothing in this table stands out.]")
        return
    urgent = [line for line in lines if line[0].severity != "info"]
    first = urgent[:SHOWN] or lines[:SHOWN]
    rest = [line for line in lines if line not in first]
    with st.container(border=True, gap="xsmall", key="profiling_alerts"):
        for place, line in enumerate(first):
            _line(project, table, line, place)
        if rest:
            with st.expander(f"{len(rest)} more", key="profiling.more", type="compact"):
                for place, line in enumerate(rest, start=len(first)):
                    _line(project, table, line, place)


def grouped(found: Sequence[Alert]) -> list[list[Alert]]:
    """Return the alerts by line: three or more of one sort and severity share one, in the place of the first.

    Two do where the evidence is the same for both.
    """
    sorts: dict[tuple[str, str], list[Alert]] = {}
    for alert in found:
        sorts.setdefault((alert.code, alert.severity), []).append(alert)
    lines: list[list[Alert]] = []
    for alert in found:
        group = sorts[alert.code, alert.severity]
        if alert.code not in TOGETHER or len(group) < (2 if alert.code in ALIKE else FEW):
            lines.append([alert])
        elif alert is group[0]:
            lines.append(group)
    return lines


def group_sentence(group: Sequence[Alert]) -> str:
    """Return what a group has in common, and the columns it is about."""
    code = group[0].code
    wide = any(len(alert.columns) > 2 for alert in group)
    joined = ", " if wide else {"decided": " decides ", "missing_depends": " by "}.get(code, " and ")
    names = [joined.join(f"'{name}'" for name in alert.columns) for alert in group]
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED + 1 else ""
    return f"{len(group)} {TOGETHER[code]}: {('; ' if wide else ', ').join(names[:LISTED] if more else names)}{more}."


def _line(project: Project, table: Table, group: list[Alert], place: int) -> None:
    alert, mark = group[0], SIGNS[group[0].severity]
    sentence = alert.sentence if len(group) == 1 else group_sentence(group)
    meant = alert.consequence if len(group) == 1 else re.sub(r"^Its ", "Their ", alert.consequence)
    actions = [one.action for one in group if one.action is not None and one.code not in SAFE]
    with st.container(
        horizontal=True,
        vertical_alignment="center",
        gap="small",
        key=f"profiling_alert_{place}",
    ):
        st.markdown(
            f":{mark.colour}[{mark.icon}] {theme.plain(sentence)} :gray[{theme.plain(meant)}]",
            width="stretch",
        )
        if actions and alert_actions.is_done(project, actions):
            st.markdown(":green[:material/check_circle:] A rule", width="content")
        elif actions and len({alert_actions.label(action, len(group) > 1) for action in actions}) == 1:
            st.button(
                parts.spoken(alert_actions.label(actions[0], len(group) > 1), _about(group)),
                key=f"profiling.act_{place}",
                on_click=alert_actions.act,
                args=(project, table, actions),
            )
        _way_to_look(group, place)


def _about(group: list[Alert]) -> str:
    """Return what a line's buttons are about, for those who hear the page."""
    names = list(dict.fromkeys(name for one in group for name in one.columns))
    return ", ".join(names[:LISTED])


def _way_to_look(group: list[Alert], place: int) -> None:
    """Draw the button that shows the alert's columns below; a group has a list that says it of each."""
    key = f"profiling.look_{place}"
    if len(group) > 1:
        listed = range(min(len(group), LOOKS))
        picked = st.menu_button(
            parts.spoken("Look", _about(group)),
            listed,
            format_func=lambda one: group[one].sentence,
            key=key,
            type="tertiary",
        )
        if picked is not None:
            look(group[picked])
    elif group[0].columns:
        st.button(parts.spoken("Look", _about(group)), key=key, type="tertiary", on_click=look, args=(group[0],))


def look(alert: Alert) -> None:
    """Show the alert's column, its pair, or how gaps lie, below."""
    columns = alert.columns
    if alert.code == "missing_together":
        state.put("profiling.tab", "Missing")
    elif len(columns) == 2 or alert.code in PAIRED:
        state.put("profiling.x", columns[0])
        state.put("profiling.y", columns[1])
        state.put("profiling.tab", "Pairs")
    else:
        state.put("profiling.tab", "Columns")
        state.put("profiling.search", "")
    state.put(LOOKED, True)
    state.put("profiling.wanted", columns[0])
    state.put("profiling.round", state.get("profiling.round", 0) + 1)
