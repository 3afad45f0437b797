"""The picture of fixed or forbidden combinations: a matrix of counts, and a list, to switch each one on or off."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cache, parts, rule_fields, state, theme
from synth_core.constraints.kinds import FixedCombinations, ForbiddenCombinations
from synth_core.project import Project
from synth_core.table import Table

SHOWN = 300
ALLOWED, ROWS = "Allowed", "Real rows"
Rule = FixedCombinations | ForbiddenCombinations


def _key(row: Any) -> tuple[str, ...]:
    """Return a combination as texts; a missing cell is "None" however a frame holds it."""
    return tuple("None" if cell is None or pd.isna(cell) else str(cell) for cell in row)


def counts_of(table: Table, rule: Rule) -> pd.DataFrame:
    """Return every combination in the real rows with its count and whether the rule allows it, frequent ones first."""
    names = list(rule.columns)
    counts = cache.combinations(table, tuple(names), rule.when).copy()
    listed = None if rule.combinations is None else {_key(row) for row in rule.combinations}
    here = [listed is None or _key(row) in listed for row in counts[names].itertuples(index=False)]
    forbids = isinstance(rule, ForbiddenCombinations)
    counts[ALLOWED] = [not found for found in here] if forbids else here
    return counts


def combinations(project: Project, table: Table, rule: Rule, frame: pd.DataFrame) -> None:
    """Draw the matrix of two columns, and the list of combinations."""
    from synth_core.figures import combinations_figure

    counts = counts_of(table, rule)
    on = int(counts[ALLOWED].sum())
    if len(rule.columns) == 2:
        first, second = rule.columns
        matrix = counts.pivot_table(index=first, columns=second, values=ROWS, aggfunc="sum", fill_value=0)
        allowed = {_key(pair) for pair in counts.loc[counts[ALLOWED], [first, second]].itertuples(index=False)}
        if isinstance(rule, ForbiddenCombinations):
            every = {_key((one, other)) for one in matrix.index for other in matrix.columns}
            allowed = every - {_key(row) for row in rule.combinations}
        else:
            allowed |= {_key(row) for row in rule.combinations or ()}
        figure = f"constraints.figure_{rule.id}"
        picture = combinations_figure(matrix, {(one, other) for one, other in allowed}, mode=state.mode())
        parts.chart(
            picture,
            alt=f"Real rows per pair of {first} and {second}; {on} of {len(counts)} pairs that occur are allowed.",
            key=figure,
            on_select=lambda: _click(project, rule, counts, figure),
            selection_mode="points",
        )
        st.caption("Click a cell to allow or forbid it, or use the list.")
    key = f"constraints.pairs_{rule.id}_{hash(rule.combinations)}"
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
            column_config={
                ALLOWED: st.column_config.CheckboxColumn(pinned=True, width=76),
                ROWS: st.column_config.NumberColumn(format="localized", width=76),
            },
            alt="One row per combination: allowed or not, and how many real rows have it.",
        )


def _switch(project: Project, rule: Rule, counts: pd.DataFrame, key: str) -> None:
    """Allow or forbid the combinations that were switched in the list."""
    edits: dict[int, dict[str, Any]] = state.get(key, {"edited_rows": {}})["edited_rows"]
    allowed = counts[ALLOWED].copy()
    for place, cells in edits.items():
        if ALLOWED in cells:
            allowed.iloc[int(place)] = bool(cells[ALLOWED])
    _allow(project, rule, counts, allowed)


def _click(project: Project, rule: Rule, counts: pd.DataFrame, key: str) -> None:
    """Allow or forbid the cell that was clicked in the matrix."""
    points = state.points(key)
    picked = {_key(point["customdata"][:2]) for point in points if point.get("customdata")}
    pairs = [_key(pair) for pair in counts[list(rule.columns)].itertuples(index=False)]
    hit = pd.Series([pair in picked for pair in pairs], index=counts.index)
    if hit.any():
        _allow(project, rule, counts, counts[ALLOWED] ^ hit)
        return
    values = [{str(value): _cell(value) for value in counts[name].dropna()} for name in rule.columns]
    for pair in picked:  # a pair that no real row has: listed on request, and taken from the list again
        if pair[0] in values[0] and pair[1] in values[1]:
            kept = [row for row in rule.combinations or () if _key(row) != pair]
            added = [(values[0][pair[0]], values[1][pair[1]])] if len(kept) == len(rule.combinations or ()) else []
            _save(project, rule, [*kept, *added])


def _cell(value: Any) -> Any:
    return None if pd.isna(value) else value.item() if hasattr(value, "item") else value


def _allow(project: Project, rule: Rule, counts: pd.DataFrame, allowed: pd.Series) -> None:
    """Save the rule with these combinations; listed ones that no real row has are kept."""
    cells = [tuple(_cell(v) for v in row) for row in counts[list(rule.columns)].astype(object).itertuples(index=False)]
    present = {_key(row) for row in cells}
    wanted = ~allowed if isinstance(rule, ForbiddenCombinations) else allowed
    made = [row for row, here in zip(cells, wanted, strict=True) if here]
    made += [row for row in rule.combinations or () if _key(row) not in present]
    _save(project, rule, made)


def _save(project: Project, rule: Rule, made: list[tuple[Any, ...]]) -> None:
    if not made and isinstance(rule, ForbiddenCombinations):
        state.put(rule_fields.PROBLEM, "At least one combination stays forbidden. Switch the rule off, or delete it.")
        return
    rule_fields.save(project, rule, combinations=made)
