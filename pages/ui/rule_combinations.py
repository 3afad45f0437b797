"""The picture of fixed combinations: a matrix of counts, and a list in which each one is switched on or off."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import parts, rule_book, state, theme
from synth_core.constraints.kinds import FixedCombinations
from synth_core.project import Project
from synth_core.table import Table

SHOWN = 300
ALLOWED, ROWS = "Allowed", "Real rows"


def counts_of(table: Table, rule: FixedCombinations) -> pd.DataFrame:
    """Return every combination in the real rows with its count and whether the rule allows it, frequent ones first."""
    names = list(rule.columns)
    counts = table.frame.groupby(names, dropna=False, sort=True).size().rename(ROWS).reset_index()
    known = None if rule.combinations is None else {tuple(str(v) for v in row) for row in rule.combinations}
    rows = counts[names].astype(object).where(counts[names].notna(), None)
    counts[ALLOWED] = [known is None or tuple(str(v) for v in row) in known for row in rows.itertuples(index=False)]
    return counts.sort_values(ROWS, ascending=False, kind="stable").reset_index(drop=True)


def combinations(project: Project, table: Table, rule: FixedCombinations) -> None:
    """Draw the matrix of two columns, and the list of combinations."""
    from synth_core.figures import combinations_figure

    counts = counts_of(table, rule)
    on = int(counts[ALLOWED].sum())
    if len(rule.columns) == 2:
        first, second = rule.columns
        matrix = counts.pivot_table(index=first, columns=second, values=ROWS, aggfunc="sum", fill_value=0)
        allowed = {(str(a), str(b)) for a, b in counts.loc[counts[ALLOWED], [first, second]].itertuples(index=False)}
        figure = f"constraints.figure_{rule.id}"
        picture = combinations_figure(matrix, allowed, mode=state.mode())
        picture.update_layout(clickmode="event+select", dragmode=False)  # a click chooses a cell; dragging does nothing
        picture.update_xaxes(fixedrange=True).update_yaxes(fixedrange=True)
        parts.chart(
            picture,
            alt=f"Real rows per pair of {first} and {second}; {on} pairs are allowed.",
            key=figure,
            on_select=lambda: _click(project, rule, counts, figure),
            selection_mode="points",
        )
        st.caption("Click a cell to allow or forbid it, or use the list.")
    key = f"constraints.pairs_{rule.id}_{len(rule.combinations or ())}"
    with st.expander(
        f"{theme.count(on)} of {theme.count(len(counts))} combinations are allowed", expanded=len(rule.columns) > 2
    ):
        st.data_editor(
            counts.head(SHOWN)[[ALLOWED, *rule.columns, ROWS]],
            key=key,
            hide_index=True,
            num_rows="fixed",
            height=theme.table_height(min(len(counts), SHOWN), 300),
            disabled=[*rule.columns, ROWS],
            on_change=_switch,
            args=(project, rule, counts, key),
            column_config={ROWS: st.column_config.NumberColumn(format="localized")},
            alt="One row per combination: allowed or not, and how many real rows have it.",
        )


def _switch(project: Project, rule: FixedCombinations, counts: pd.DataFrame, key: str) -> None:
    """Allow or forbid the combinations that were switched in the list."""
    edits: dict[int, dict[str, Any]] = state.get(key, {"edited_rows": {}})["edited_rows"]
    allowed = counts[ALLOWED].copy()
    for place, cells in edits.items():
        if ALLOWED in cells:
            allowed.iloc[int(place)] = bool(cells[ALLOWED])
    _allow(project, rule, counts, allowed)


def _click(project: Project, rule: FixedCombinations, counts: pd.DataFrame, key: str) -> None:
    """Allow or forbid the cell that was clicked in the matrix."""
    points = state.get(key, {}).get("selection", {}).get("points", [])
    picked = {tuple(str(v) for v in point["customdata"][:2]) for point in points if point.get("customdata")}
    first, second = rule.columns
    pairs = zip(counts[first].astype(str), counts[second].astype(str), strict=True)
    hit = pd.Series([pair in picked for pair in pairs], index=counts.index)
    if hit.any():
        _allow(project, rule, counts, counts[ALLOWED] ^ hit)
        return
    values = [{str(value): value for value in counts[name].dropna()} for name in rule.columns]
    for pair in picked:  # a pair that no real row has: allowed on request, and forbidden again
        if pair[0] in values[0] and pair[1] in values[1]:
            kept = [row for row in rule.combinations or () if tuple(str(v) for v in row) != pair]
            added = [(values[0][pair[0]], values[1][pair[1]])] if len(kept) == len(rule.combinations or ()) else []
            rule_book.update(project, rule, combinations=[*kept, *added])


def _allow(project: Project, rule: FixedCombinations, counts: pd.DataFrame, allowed: pd.Series) -> None:
    """Save the rule with these combinations; allowed ones that no real row has are kept."""
    cells = [
        tuple(None if pd.isna(v) else v for v in row)
        for row in counts[list(rule.columns)].astype(object).itertuples(index=False)
    ]
    present = {tuple(str(v) for v in row) for row in cells}
    made = [row for row, fine in zip(cells, allowed, strict=True) if fine]
    made += [row for row in rule.combinations or () if tuple(str(v) for v in row) not in present]
    rule_book.update(project, rule, combinations=made)
