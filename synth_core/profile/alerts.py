"""What to look at before a table is synthesised, each finding with its evidence and its consequence."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from synth_core.offers import missing_offers, role_offers
from synth_core.profile import relations
from synth_core.profile.facts import ColumnProfile, Measured
from synth_core.profile.findings import RANK, Action, Alert, Findings, Severity, counted, number, percent
from synth_core.profile.gap_alerts import about_gaps
from synth_core.profile.number_facts import shape
from synth_core.profile.shown import RARE_ROWS
from synth_core.semantics import inside, title
from synth_core.semantics.notes import LOOKED_AT
from synth_core.table import Column, Kind, Role, Table, numbers

FEW_OF_A_CLASS = 30
ZERO_INFLATED = 0.3
OFFERS_LOOK_AT = 100_000

ROLES: dict[Role, tuple[Severity, str, str]] = {
    Role.ENTITY: (
        "watch",
        "seems to say who a row is about",
        "Without that role, rows that belong together are learned and judged as if each stood for itself.",
    ),
    Role.ORDER: (
        "info",
        "seems to say in which order the rows come",
        "With that role, trends, seasons and gaps are looked at, and the order is kept.",
    ),
}


def find_alerts(found: Findings) -> list[Alert]:
    """Return every alert, the most severe first."""
    alerts = [*_about_rows(found), *_missing_codes(found), *_roles(found)]
    for column in found.table.columns:
        alerts += _about_column(column, found)
    alerts = _without_contradictions(alerts)
    alerts += about_gaps(found)
    alerts += relations.about_pairs(found)
    alerts += relations.dates_out_of_order(found)
    return sorted(alerts, key=lambda alert: RANK[alert.severity])


def _without_contradictions(alerts: list[Alert]) -> list[Alert]:
    """Return the alerts without those that a better reading of the same column overrules.

    The order of the rows is no identifier, and a zero that stands for a missing cell is no state of its own.
    """
    order = {alert.columns[0] for alert in alerts if alert.code == "order_unset"}
    gaps = {
        alert.columns[0]
        for alert in alerts
        if alert.action is not None and alert.action.kind == "set_missing" and _is_zero(alert.action.word)
    }
    overruled = {("id_like", name) for name in order} | {("zeros", name) for name in gaps}
    return [alert for alert in alerts if not alert.columns or (alert.code, alert.columns[0]) not in overruled]


def _is_zero(word: str | None) -> bool:
    return word is not None and word.strip("0.") == ""


def _about_rows(found: Findings) -> Iterator[Alert]:
    rows, width = len(found.table), len(found.table.having(learned=True))
    if rows < 100:
        yield Alert(
            code="few_rows",
            columns=[],
            severity="stop" if rows < 30 else "watch",
            sentence=f"The table has only {counted(rows, 'row')}.",
            consequence="Too little to learn from and to judge by: most scores will say 'not enough data'.",
        )
    elif rows < 2 * width:
        yield Alert(
            code="few_rows",
            columns=[],
            severity="watch",
            sentence=f"The table has {counted(rows, 'row')} for {counted(width, 'column')} to learn.",
            consequence="Most relations between columns cannot be told from chance; leave out what you do not need.",
        )
    target = found.table.target
    if target is not None and target.kind.categorical and rows >= 100:
        sizes = np.sort(np.bincount(found.measured[target.name].codes + 1)[1:])
        few = sizes[sizes < FEW_OF_A_CLASS]
        if len(few) and len(sizes) <= 50:
            yield Alert(
                code="few_of_a_class",
                columns=[target.name],
                severity="watch",
                sentence=f"{counted(len(few), 'class', 'classes')} of the target '{target.name}' "
                f"{'has' if len(few) == 1 else 'have'} fewer than {FEW_OF_A_CLASS} rows.",
                consequence="Too few to learn what goes with them, and to measure how well a model predicts them.",
            )


def _missing_codes(found: Findings) -> Iterator[Alert]:
    part = found.table
    if len(part) > OFFERS_LOOK_AT:
        part = part.rows(np.linspace(0, len(part) - 1, OFFERS_LOOK_AT).astype(np.intp))
    for offer in missing_offers(part):
        rows = offer.rows if part is found.table else _rows_holding(offer.word, found.table, offer.column)
        if rows < RARE_ROWS:  # no literal of so few rows is shown
            continue
        sure = "may be a real answer" not in offer.reason.casefold()  # as words like "none" are as often as not
        yield Alert(
            code="missing_code",
            columns=[offer.column],
            severity="watch" if sure else "info",
            sentence=f"'{offer.column}' holds '{offer.word}' in {counted(rows, 'row')} ({percent(offer.share)})"
            f"{', probably for a missing cell:' if sure else ': a missing cell?'} {offer.reason.rstrip('.')}.",
            consequence="Read as a value, it comes out as one, and pulls means and relations with it.",
            action=Action(kind="set_missing", column=offer.column, word=offer.word),
        )


def _roles(found: Findings) -> Iterator[Alert]:
    for offer in role_offers(found.table):
        if offer.role in ROLES:
            severity, what, consequence = ROLES[offer.role]
            yield Alert(
                code=f"{offer.role.value}_unset",
                columns=[offer.column],
                severity=severity,
                sentence=f"'{offer.column}' {what}. {offer.reason.rstrip('.')}.",
                consequence=consequence,
                action=Action(kind="set_role", column=offer.column, role=offer.role),
            )


def _rows_holding(word: str, table: Table, name: str) -> int:
    values = table.frame[name]
    if table.column(name).kind.numeric:
        try:
            return int((numbers(values) == float(word)).sum())
        except ValueError:
            return 0
    return int((values == word).sum())


def _about_column(column: Column, found: Findings) -> Iterator[Alert]:
    facts = found.profile(column.name)
    if column.kind is Kind.TEXT and column.semantic is None:
        yield from _personal_inside(column, found)
    if column.role is Role.DROP or not facts.rows:
        return
    if facts.distinct <= 1:
        yield _constant(facts)
        return
    yield from _personal(column)
    if column.regenerated:
        return
    near = list(_near_constant(facts, found.measured[column.name]))
    yield from near
    yield from _id_like(facts, found)
    if column.kind.categorical and not near:
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
        others = facts.filled - top
        yield Alert(
            code="near_constant",
            columns=[facts.name],
            severity="info",
            sentence=f"'{facts.name}' has the same value in {percent(top / facts.filled)} of its filled rows; "
            f"{counted(others, 'row')} {'differs' if others == 1 else 'differ'}.",
            consequence="Its other values are too few to learn well: they may be lost, and tell little.",
            action=Action(kind="drop", column=facts.name),
        )


def _personal_inside(column: Column, found: Findings) -> Iterator[Alert]:
    cells = found.sample.frame[column.name].dropna()
    step = max(1, len(cells) // LOOKED_AT)
    shares = inside([str(cell) for cell in cells.iloc[::step]]) if len(cells) else {}
    told = sorted(((share, what) for what, share in shares.items() if share >= 0.005), reverse=True)[:3]
    left_out = column.role is Role.DROP
    if told:
        parts = [f"{what} (about {percent(share)} of the cells)" for share, what in told]
        yield Alert(
            code="personal_text",
            columns=[column.name],
            severity="info" if left_out else "watch",
            sentence=f"The text in '{column.name}' holds personal data: {', '.join(parts)}.",
            consequence="It is left out of the synthetic table; let it stay so unless you need the text."
            if left_out
            else "What reads the text sees them; leave it out if you can.",
            action=None if left_out else Action(kind="drop", column=column.name),
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
            consequence="Kept out of the synthetic table: so few rows can point at a person."
            if facts.protect
            else "Protection is off, so they may come out and point at a person.",
            action=None if facts.protect else Action(kind="protect", column=facts.name),
        )


def _shape(facts: ColumnProfile, found: Findings) -> Iterator[Alert]:
    name = facts.name
    if facts.zeros >= ZERO_INFLATED and facts.distinct > 10:
        yield Alert(
            code="zeros",
            columns=[name],
            severity="info",
            sentence=f"'{name}' is exactly 0 in {percent(facts.zeros)} of its filled rows.",
            consequence="Zero is learned as a state of its own, beside the other values.",
        )
    if facts.capped:
        values = numbers(found.table.frame[name])
        top = float(values[np.abs(values) < 1e150].max())  # as in the facts; larger ones stand for something else
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
    yield from _tail(facts, found)


def _tail(facts: ColumnProfile, found: Findings) -> Iterator[Alert]:
    skewness, kurtosis, which = facts.skewness or 0.0, facts.kurtosis or 0.0, ""
    if facts.zeros >= ZERO_INFLATED and facts.distinct > 10:  # the heap at zero alone would make a tail
        values = numbers(found.sample.frame[facts.name])
        moments = shape(values[(values != 0) & (np.abs(values) < 1e150)])
        skewness, kurtosis, which = moments.get("skewness") or 0.0, moments.get("kurtosis") or 0.0, " beside its zeros"
    if facts.distinct > 10 and abs(skewness) > 3:
        yield Alert(
            code="skewed",
            columns=[facts.name],
            severity="info",
            sentence=f"'{facts.name}' has a long tail{which} to the {'right' if skewness > 0 else 'left'} "
            f"(skewness {number(round(skewness, 1))}).",
            consequence="The few rows far out carry most of the spread and are the hardest to imitate; "
            f"the furthest are {'pulled in' if facts.protect else 'kept as they are'}.",
            action=_protection(facts),
        )
    elif facts.distinct > 10 and kurtosis > 20:
        yield Alert(
            code="heavy_tail",
            columns=[facts.name],
            severity="info",
            sentence=f"'{facts.name}' has heavy tails{which} on both sides "
            f"(excess kurtosis {number(round(kurtosis))}).",
            consequence="Single rows far out decide its spread; the synthetic spread will differ from the real one.",
            action=_protection(facts),
        )
    elif 0 < facts.outliers <= 0.02:
        rows = round(facts.outliers * facts.filled)
        yield Alert(
            code="outliers",
            columns=[facts.name],
            severity="info",
            sentence=f"'{facts.name}' has {counted(rows, 'value')} far from the rest ({percent(facts.outliers)}).",
            consequence="The furthest are pulled in when the column is protected."
            if facts.protect
            else "Protection is off, so they may come out and point at a person.",
            action=_protection(facts),
        )


def _protection(facts: ColumnProfile) -> Action | None:
    return None if facts.protect else Action(kind="protect", column=facts.name)
