"""What to look at before a table is synthesised, each finding with its evidence and its consequence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synth_core.profile import relations
from synth_core.profile.facts import RARE_ROWS, ColumnProfile, Measured
from synth_core.profile.findings import RANK, Action, Alert, Findings, counted, number, percent
from synth_core.semantics import title
from synth_core.table import Column, Kind, Role, numbers


def find_alerts(found: Findings) -> list[Alert]:
    """Return every alert, the most severe first."""
    alerts = [*_about_rows(found)]
    for column in found.table.columns:
        alerts += _about_column(column, found)
    alerts += relations.missing_together(found)
    alerts += relations.missing_depends(found)
    alerts += relations.about_pairs(found)
    alerts += relations.dates_out_of_order(found)
    return sorted(alerts, key=lambda alert: RANK[alert.severity])


def _about_rows(found: Findings) -> Iterator[Alert]:
    rows = len(found.table)
    if rows < 100:
        yield Alert(
            code="few_rows",
            columns=[],
            severity="stop" if rows < 30 else "watch",
            sentence=f"The table has only {counted(rows, 'row')}.",
            consequence="Too little to learn from and to judge by: most scores will say 'not enough data'.",
        )


def _about_column(column: Column, found: Findings) -> Iterator[Alert]:
    facts = found.profile(column.name)
    if column.role is Role.DROP or not facts.rows:
        return
    if facts.distinct <= 1:
        yield _constant(facts)
        return
    yield from _personal(column)
    if column.regenerated:
        return
    yield from _near_constant(facts, found.measured[column.name])
    yield from _id_like(facts, found)
    if column.kind.categorical:
        yield from _rare(facts)
    if column.kind.numeric:
        yield from _shape(facts, found)


def _constant(facts: ColumnProfile) -> Alert:
    what = "is empty in every row" if facts.distinct == 0 else "holds one value only"
    return Alert(
        code="constant",
        columns=[facts.name],
        severity="info",
        sentence=f"'{facts.name}' {what}.",
        consequence="It is copied as it is and tells nothing.",
        action=Action(kind="drop", column=facts.name),
    )


def _near_constant(facts: ColumnProfile, measured: Measured) -> Iterator[Alert]:
    top = measured.top
    if facts.kind is not Kind.DATETIME and top >= 0.99 * facts.filled and facts.filled >= 100:
        yield Alert(
            code="near_constant",
            columns=[facts.name],
            severity="info",
            sentence=f"'{facts.name}' has the same value in {percent(top / facts.filled)} of its filled rows.",
            consequence="The other values are too few to learn well; they may be lost.",
        )


def _personal(column: Column) -> Iterator[Alert]:
    if column.semantic is not None:
        what = title(column.semantic)
        yield Alert(
            code="personal",
            columns=[column.name],
            severity="watch",
            sentence=f"'{column.name}' looks like personal data ({what}).",
            consequence="Its values are never learned; new ones are made up in the same form.",
            action=Action(kind="drop", column=column.name),
        )
    elif column.kind is Kind.IDENTIFIER:
        yield Alert(
            code="identifier",
            columns=[column.name],
            severity="info",
            sentence=f"'{column.name}' is an identifier.",
            consequence="Its values are never learned; new ones are made up in the same form.",
        )


def _id_like(facts: ColumnProfile, found: Findings) -> Iterator[Alert]:
    if facts.filled < 20 or facts.kind not in (Kind.INTEGER, Kind.CATEGORY) or facts.role is not Role.FEATURE:
        return
    unique = facts.distinct / facts.filled
    if facts.kind is Kind.INTEGER:
        values = numbers(found.table.frame[facts.name].dropna())
        steps = np.diff(values)
        dense = values.max() - values.min() < 2 * len(values)
        alike = unique == 1 and (dense or bool((steps > 0).all()) or bool((steps < 0).all()))
    else:
        alike = unique >= 0.9
    if alike:
        yield Alert(
            code="id_like",
            columns=[facts.name],
            severity="watch",
            sentence=f"'{facts.name}' is different in {percent(unique)} of its filled rows, like an identifier.",
            consequence="Learned as it is, it would repeat real values or make noise.",
            action=Action(kind="change_kind", column=facts.name, to=Kind.IDENTIFIER),
        )
    elif facts.kind is Kind.CATEGORY and facts.distinct > 200:
        yield Alert(
            code="many_categories",
            columns=[facts.name],
            severity="info",
            sentence=f"'{facts.name}' has {facts.distinct:,} categories, "
            f"{facts.filled / facts.distinct:.0f} rows each on average.",
            consequence="How it goes together with other columns is learned for the frequent ones only.",
        )


def _rare(facts: ColumnProfile) -> Iterator[Alert]:
    if facts.rare_levels and facts.distinct < 0.9 * max(facts.filled, 1):
        yield Alert(
            code="rare",
            columns=[facts.name],
            severity="info" if facts.protect else "watch",
            sentence=f"'{facts.name}' has {facts.rare_levels:,} "
            f"{'category' if facts.rare_levels == 1 else 'categories'} with fewer than {RARE_ROWS} rows "
            f"({counted(facts.rare_rows, 'row')} in all).",
            consequence="They are kept out of the synthetic table: so few rows can point at a person."
            if facts.protect
            else "Protection is off, so they may come out and point at a person.",
            action=None if facts.protect else Action(kind="protect", column=facts.name),
        )


def _shape(facts: ColumnProfile, found: Findings) -> Iterator[Alert]:
    name, tail = facts.name, None
    if facts.zeros >= 0.3 and facts.distinct > 10:
        yield Alert(
            code="zeros",
            columns=[name],
            severity="info",
            sentence=f"'{name}' is exactly 0 in {percent(facts.zeros)} of its filled rows.",
            consequence="Zero is learned as a state of its own, beside the other values.",
        )
    if facts.capped:
        top = float(np.nanmax(numbers(found.table.frame[name])))
        yield Alert(
            code="capped",
            columns=[name],
            severity="info",
            sentence=f"'{name}' stops at {number(top)}: {percent(facts.capped)} of its rows are heaped there.",
            consequence="The heap is learned as it is; a rule keeps larger values out.",
            action=Action(
                kind="make_rule", rule={"type": "scalar_range", "column": name, "low_value": None, "high_value": top}
            ),
        )
    if facts.skewness is not None and facts.distinct > 10 and abs(facts.skewness) > 3:
        tail = f"skewness {number(round(facts.skewness, 1))}"
    elif facts.kurtosis is not None and facts.distinct > 10 and facts.kurtosis > 20:
        tail = f"excess kurtosis {number(round(facts.kurtosis, 1))}"
    if tail:
        yield Alert(
            code="skewed",
            columns=[name],
            severity="info",
            sentence=f"'{name}' has a long tail ({tail}).",
            consequence="The few rows far out carry most of the spread; look at them in the overlay afterwards.",
        )
    elif 0 < facts.outliers <= 0.02:
        rows = round(facts.outliers * facts.filled)
        yield Alert(
            code="outliers",
            columns=[name],
            severity="info",
            sentence=f"'{name}' has {counted(rows, 'value')} far from the rest ({percent(facts.outliers)}).",
            consequence="The furthest are pulled in when the column is protected."
            if facts.protect
            else "Protection is off, so they may come out and point at a person.",
            action=None if facts.protect else Action(kind="protect", column=name),
        )
