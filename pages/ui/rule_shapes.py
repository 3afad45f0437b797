"""The pictures of the other rules: two-way tables, missing cells, decimals, sequences, and counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import streamlit as st

from pages.ui import cache, parts, rule_book, rule_fields, state
from pages.ui.rule_loosen import residuals
from pages.ui.rule_orders import gaps, scatter
from synth_core.constraints.base import Constraint
from synth_core.constraints.expression_nodes import Comparison
from synth_core.constraints.expressions import parse_condition, parse_expression
from synth_core.constraints.kinds import (
    Custom,
    Formula,
    FunctionalDependency,
    Implies,
    Increment,
    Monotonic,
    NullIf,
    OneHot,
    Precision,
    SequenceRule,
    SumEquals,
)
from synth_core.constraints.one_hot import switched_on
from synth_core.constraints.values import plain_value, quantity
from synth_core.project import Project
from synth_core.table import Table

JOINED = " · "


def sums(project: Project, table: Table, rule: SumEquals, frame: pd.DataFrame) -> None:
    """Draw how far the parts are from the total."""
    gaps(
        project,
        rule,
        residuals(rule, frame),
        "How far the parts are from the total, per real row.",
        tolerance=rule.tolerance,
    )


def formula(project: Project, table: Table, rule: Formula, frame: pd.DataFrame) -> None:
    """Draw how far the column is from what the formula gives (dates: in days)."""
    wanted = quantity(parse_expression(rule.expression).evaluate(frame))
    off = quantity(frame[rule.output]) - wanted
    dated = frame[rule.output].dtype.kind == "M"
    said = f"How far {rule.output} is from the formula, per real row."
    gaps(project, rule, off / 86_400 if dated else off, said, tolerance=None if dated else rule.tolerance)


def increment(project: Project, table: Table, rule: Increment, frame: pd.DataFrame) -> None:
    """Draw how far values are from the nearest multiple."""
    values = quantity(frame[rule.column])
    gaps(project, rule, values - rule.nearest(values), "How far values are from the nearest multiple.")
    rule_fields.number(project, rule, "increment_value", "Step")


def precision(project: Project, table: Table, rule: Precision, frame: pd.DataFrame) -> None:
    """Draw the rows per number of decimals."""
    from synth_core.figures import decimals_figure

    parts.chart(
        decimals_figure(quantity(frame[rule.column]), rule.decimals, mode=state.mode()),
        alt=f"Rows of {rule.column} by their decimals; at most {rule.decimals} are allowed.",
        key=f"constraints.figure_{rule.id}",
    )
    rule_fields.number(project, rule, "decimals", "Decimals, at most", whole=True, most=12)


def implies(project: Project, table: Table, rule: Implies, frame: pd.DataFrame) -> None:
    """Draw the two-way table of both halves."""
    from synth_core.figures import implication_figure

    parts.chart(
        implication_figure(frame, rule, mode=state.mode()),
        alt=f"Real rows by the two halves of the rule: {rule.sentence()}.",
        key=f"constraints.figure_{rule.id}",
    )


def missing_if(project: Project, table: Table, rule: NullIf, frame: pd.DataFrame) -> None:
    """Draw the two-way table of the condition and the missing cells."""
    from synth_core.figures import two_way_figure

    whole = table.frame
    condition = parse_condition(rule.when)
    parts.chart(
        two_way_figure(
            condition.holds(whole).to_numpy(dtype=bool),
            whole[rule.column].isna().to_numpy(dtype=bool),
            rule_book.broken(table, rule).to_numpy(dtype=bool),
            (condition.sentence(), f"{rule.column} is missing"),
            mode=state.mode(),
        ),
        alt=f"Real rows by the condition and by whether {rule.column} is missing.",
        key=f"constraints.figure_{rule.id}",
    )


def patterns(project: Project, table: Table, rule: Any, frame: pd.DataFrame) -> None:
    """Draw which of the rule's cells are missing together."""
    from synth_core.figures import missing_patterns_figure

    names = list(rule.own_columns)[:12]
    parts.chart(
        missing_patterns_figure(
            frame[names].isna(), rule_book.broken(table, rule).loc[frame.index].to_numpy(dtype=bool), mode=state.mode()
        ),
        alt=f"Patterns of missing cells in {', '.join(names)}, with their rows.",
        key=f"constraints.figure_{rule.id}",
    )


def dependency(project: Project, table: Table, rule: FunctionalDependency, frame: pd.DataFrame) -> None:
    """Draw the determinants against what they determine; a click on a cell makes it the answer."""
    from synth_core.figures import combinations_figure

    names = list(rule.determinants)
    counts = cache.combinations(table, rule.own_columns, rule.when)
    given = counts[names].astype(str).agg(JOINED.join, axis=1).rename(JOINED.join(names))
    matrix = counts.assign(**{str(given.name): given}).pivot_table(
        index=str(given.name), columns=rule.dependent, values="Real rows", aggfunc="sum", fill_value=0
    )
    answers = {JOINED.join(str(cell) for cell in row[:-1]): str(row[-1]) for row in rule.mapping or ()}
    fine = {
        (str(one), str(other))
        for one in matrix.index
        for other in matrix.columns
        if answers.get(str(one), str(other)) == str(other)
    }
    figure = combinations_figure(matrix, fine, mode=state.mode())
    key = f"constraints.figure_{rule.id}"
    parts.chart(
        figure,
        alt=f"Real rows by {', '.join(names)} and {rule.dependent}; each row of the matrix has one allowed cell.",
        key=key,
        on_select=lambda: _answer(project, rule, counts, key),
        selection_mode="points",
    )
    st.caption("Click a cell to make it the answer for its row. Rows that are too rare to judge allow every answer.")


def _answer(project: Project, rule: FunctionalDependency, counts: pd.DataFrame, key: str) -> None:
    points = state.points(key)
    picked = [tuple(str(v) for v in point["customdata"][:2]) for point in points if point.get("customdata")]
    names = list(rule.determinants)
    mapping = list(rule.mapping or ())
    labels = counts[names].astype(str).agg(JOINED.join, axis=1)
    for given, answer in picked:
        cells = counts.loc[labels == given, names]
        values = counts.loc[counts[rule.dependent].astype(str) == answer, rule.dependent]
        if len(cells) and len(values):
            row = (*(plain_value(cell) for cell in cells.iloc[0]), plain_value(values.iloc[0]))
            mapping = [kept for kept in mapping if JOINED.join(str(cell) for cell in kept[:-1]) != given] + [row]
    if picked:
        rule_fields.save(project, rule, mapping=mapping)


def one_of(project: Project, table: Table, rule: OneHot, frame: pd.DataFrame) -> None:
    """Draw in how many rows no, one, two ... of the columns are on."""
    from synth_core.figures import steps_figure

    on = np.sum([switched_on(frame[name]) for name in rule.columns], axis=0)
    rows = np.bincount(on, minlength=3)
    parts.chart(
        steps_figure(
            [str(place) for place in range(len(rows))],
            rows.tolist(),
            [place != 1 for place in range(len(rows))],
            "Columns that are on",
            mode=state.mode(),
        ),
        alt="Real rows by how many of the columns are on; exactly one is allowed.",
        key=f"constraints.figure_{rule.id}",
    )


def monotonic(project: Project, table: Table, rule: Monotonic, frame: pd.DataFrame) -> None:
    """Draw some sequences with the steps that break the rule, and its switches."""
    from synth_core.figures import sequence_figure

    parts.chart(
        sequence_figure(
            frame[rule.column],
            frame[rule.order_by] if rule.order_by else None,
            frame[rule.entity] if rule.entity else None,
            rule_book.broken(table, rule).loc[frame.index].to_numpy(dtype=bool),
            mode=state.mode(),
        ),
        alt=f"{rule.column} along the order, for some sequences; steps that break the rule are crossed.",
        key=f"constraints.figure_{rule.id}",
    )
    ways = {"increasing": "Never falls", "decreasing": "Never rises"}
    rule_fields.choice(project, rule, "direction", "Direction", ways)
    rule_fields.toggle(project, rule, "strict", "Equal values break it too")


def transitions(project: Project, table: Table, rule: SequenceRule, frame: pd.DataFrame) -> None:
    """Draw each state against the next one; a click allows or forbids a step."""
    from synth_core.figures import combinations_figure

    steps = rule.steps_in(frame)
    if steps.empty:
        st.markdown(":gray[No row follows another one, so there are no steps to draw.]")
        return
    counts = steps.groupby(["before", "after"], sort=True).size().unstack(fill_value=0)
    counts.index.name, counts.columns.name = f"{rule.column}, before", f"{rule.column}, after"
    allowed = {(str(one), str(other)) for one, other in rule.transitions or ()}
    figure = combinations_figure(counts, allowed, mode=state.mode())
    key = f"constraints.figure_{rule.id}"
    states = {str(state_): plain_value(state_) for state_ in [*counts.index, *counts.columns]}
    parts.chart(
        figure,
        alt=f"Real steps from one {rule.column} to the next; {len(allowed)} are allowed.",
        key=key,
        on_select=lambda: _step(project, rule, states, key),
        selection_mode="points",
    )
    st.caption("Click a cell to allow or forbid the step from the state at the left to the one below.")


def _step(project: Project, rule: SequenceRule, states: dict[str, Any], key: str) -> None:
    points = state.points(key)
    steps = list(rule.transitions or ())
    picked = [tuple(str(v) for v in point["customdata"][:2]) for point in points if point.get("customdata")]
    for pair in picked:
        kept = [step for step in steps if (str(step[0]), str(step[1])) != pair]
        steps = kept if len(kept) < len(steps) else [*steps, (states[pair[0]], states[pair[1]])]
    if picked:
        rule_fields.save(project, rule, transitions=steps)


def expression(project: Project, table: Table, rule: Custom, frame: pd.DataFrame) -> None:
    """Draw both sides of a comparison against each other; of other expressions the rows that keep them."""
    root = parse_condition(rule.expression).root
    if isinstance(root, Comparison) and len(frame):
        left, right = (
            pd.Series(part.cells(frame).array(len(frame)), index=frame.index) for part in (root.left, root.right)
        )
        same = left.dtype.kind == right.dtype.kind and left.dtype.kind in "fM"
        if same and root.sign in ("<", "<=", ">", ">="):
            sides = [(root.left.words(), left), (root.right.words(), right)]
            (low, smaller), (high, larger) = sides if root.sign in ("<", "<=") else sides[::-1]
            if low != high and smaller.nunique() > 1 and larger.nunique() > 1:
                scatter(rule, pd.DataFrame({low: smaller, high: larger}), low, high, strict=root.sign in ("<", ">"))
                return
        if same and root.sign == "=" and left.dtype.kind == "f":
            gaps(project, rule, (left - right).to_numpy(dtype=np.float64), "How far both sides are apart.")
            return
    counted(project, table, rule, frame)


def counted(project: Project, table: Table, rule: Constraint, frame: pd.DataFrame) -> None:
    """Draw one bar of the rows that keep the rule, break it, or are not spoken of."""
    from synth_core.figures import kept_figure

    broken = int(rule_book.broken(table, rule).sum())
    silent = len(table) - len(frame)
    parts.chart(
        kept_figure(len(table) - broken - silent, broken, silent, mode=state.mode()),
        alt=f"{broken:,} of {len(table):,} rows break the rule.",
        key=f"constraints.figure_{rule.id}",
    )
