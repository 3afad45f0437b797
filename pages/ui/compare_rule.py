"""A rule made from what was marked on a picture of Compare: a span of values, or cells of a pair of categories."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import cache, rule_book, state, theme
from pages.ui.rule_range import edges_of
from synth_core.constraints.kinds import parse
from synth_core.errors import SimileError
from synth_core.profile.words import counted
from synth_core.table import Kind, Table

MADE = "compare.rule_made"
SPANS = (Kind.INTEGER, Kind.NUMBER, Kind.DATETIME)


def span(table: Table, name: str, key: str) -> dict[str, Any] | None:
    """Return the range rule that the box dragged over a column's histogram asks for; None without one."""
    boxes = state.get(key, {}).get("selection", {}).get("box", [])
    if not boxes or name not in table.names or table.column(name).kind not in SPANS:
        return None
    low, high = edges_of(table, name, boxes[0]["x"])
    return {"type": "scalar_range", "column": name, "low_value": low, "high_value": high}


def cells(table: Table, x: str, y: str, key: str) -> dict[str, Any] | None:
    """Return the rule that the marked cells of a pair never occur; None where none is marked."""
    points = state.points(key)
    marked = {tuple(str(v) for v in point["customdata"][:2]) for point in points if point.get("customdata")}
    if not marked or not is_pair(table, x, y):
        return None
    known = [
        dict(zip((levels := cache.levels(table, name)).index, levels.attrs["cells"], strict=True)) for name in (x, y)
    ]
    pairs = [[known[0][one], known[1][other]] for one, other in sorted(marked) if one in known[0] and other in known[1]]
    return {"type": "forbidden_combinations", "columns": [x, y], "combinations": pairs} if pairs else None


def is_pair(table: Table, x: str, y: str) -> bool:
    """Return whether both columns are categories, so that the cells of their picture are values."""
    kinds = (Kind.CATEGORY, Kind.BOOLEAN)
    return all(name in table.names and table.column(name).kind in kinds for name in (x, y))


def offer(fields: dict[str, Any] | None, hint: str, *, key: str) -> None:
    """Draw the button that makes the marked part a rule, with its count among the real rows; else how to mark."""
    project = state.project()
    if project is None:
        return
    if fields is None:
        st.caption(hint)
    else:
        table = cache.table(project)
        try:
            rule = parse(fields)
            rows = rule_book.standing(table, rule).rows
        except SimileError as error:
            st.caption(theme.plain(str(error)))
            return
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(
                f"{theme.plain(rule.sentence())} :gray[· {counted(rows, 'real row breaks', 'real rows break')} it]",
                width="stretch",
            )
            st.button("Make this a rule", key=key, icon=":material/rule:", on_click=_make, args=(fields,))
    if made := state.get(MADE, ""):
        state.drop(MADE)
        st.success(theme.plain(made), icon=":material/check_circle:")
        st.page_link("constraints.py", label="See it on Constraints", query_params={"project": project.id})


def _make(fields: dict[str, Any]) -> None:
    project = state.project()
    if project is None:
        return
    try:
        rule = rule_book.accept(project, cache.table(project), fields)
    except SimileError as error:
        state.put(MADE, str(error))
    else:
        state.put(MADE, f"Rule added: {rule.sentence()}. The next run will keep it.")
