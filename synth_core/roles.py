"""Which column says who a row is about, in which order rows come, and what could be predicted: offers with reasons."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.naming import (
    says_birth_or_end,
    says_code,
    says_event,
    says_group,
    says_identifier,
    says_own_key,
    says_person,
    says_position,
)
from synth_core.semantics import header_words
from synth_core.table import Column, Kind, Role, Table
from synth_core.table import numbers as as_numbers

_TARGETS = frozenset([
    "target", "label", "class", "y", "outcome", "response", "churn", "churned", "default", "survived", "fraud",
    "income", "quality", "readmitted", "exited", "attrition", "approved", "diagnosis", "result", "died",
    "mortality", "clicked", "converted", "risk", "subscribed", "loanstatus", "ziel", "zielgröße", "klasse",
])  # fmt: skip
_NUMBER_TARGETS = frozenset([
    "target", "y", "outcome", "response", "quality", "price", "value", "cnt", "score", "medv", "salary", "sales",
    "preis", "ziel", "zielgröße",
])  # fmt: skip
_ANSWERS = (Kind.BOOLEAN, Kind.CATEGORY, Kind.INTEGER)
_PERSON_KEYS = ("email", "national_id", "username")


@dataclass(frozen=True)
class RoleOffer:
    """A role that a column probably has, and why."""

    column: str
    role: Role
    reason: str


def role_offers(table: Table) -> list[RoleOffer]:
    """Return columns that say who a row is about (entity), in which order rows come, and what could be predicted.

    A role that the table already has is not offered again. At most one entity, one order and three targets.
    """
    if len(table) < 2:
        return []
    times = _times(table)
    entity, order = _entity(table, times), None
    if not table.having(role=Role.ORDER):
        held = table.having(role=Role.ENTITY)
        order = _order(table, times, held[0].name if held else entity.column if entity else None)
    found = [] if table.having(role=Role.ENTITY) or entity is None else [entity]
    found += [order] if order is not None else []
    taken = {offer.column for offer in found}
    if table.target is None:
        fit = [column for column in _alone(table) if column.name not in taken]
        ordered = bool(found) or bool(table.having(role=Role.ENTITY) + table.having(role=Role.ORDER))
        found += _targets(table, fit, ordered=ordered)
    return found


def entity_offer(table: Table) -> RoleOffer | None:
    """Return the column that seems to say who a row is about; None where the table knows it or none does."""
    if len(table) < 2 or table.having(role=Role.ENTITY):
        return None
    return _entity(table, _times(table))


def _codes(table: Table, name: str) -> npt.NDArray[np.int64]:
    return np.asarray(pd.factorize(table.frame[name])[0], dtype=np.int64)


def _times(table: Table) -> list[Column]:
    """Return the columns that can say when a row happened: dates, not of birth or of an end, and counted steps."""
    dates = [c for c in table.columns if c.kind is Kind.DATETIME and c.role in (Role.FEATURE, Role.ORDER)]
    fit = [c for c in dates if c.semantic != "date_of_birth" and not says_birth_or_end(c.name)]
    steps = [
        c for c in table.columns
        if c.kind is Kind.INTEGER and c.role in (Role.FEATURE, Role.ORDER) and says_position(c.name)
    ]  # fmt: skip
    return [c for c in fit + steps if table.frame[c.name].notna().mean() > 0.9]


def _entity(table: Table, times: list[Column]) -> RoleOffer | None:
    """Return the column that says who several rows are about.

    A repeated key of a person comes first; then another repeated key that is no event's; then, where rows have a date,
    the column of which each value has one row per date (a country in a table of cases per day).
    """
    keys = [
        c for c in table.columns
        if c.role is Role.FEATURE and (c.kind is Kind.IDENTIFIER or c.semantic in _PERSON_KEYS)
    ]  # fmt: skip
    ranked: list[tuple[int, int, RoleOffer]] = []
    for column in keys:
        values = table.frame[column.name].dropna()
        distinct = int(values.nunique())
        person = says_person(column.name) or column.semantic is not None
        person = person or (says_own_key(column.name) and _stand_together(table, column.name))
        most = 0.8 if person else 0.5
        if distinct < 2 or distinct > most * len(values) or len(values) < 0.5 * len(table):
            continue
        if not person and (says_event(column.name) or says_group(column.name) or _is_thing(column.name)):
            continue
        reason = f"A key that repeats: {distinct:,} different ones, {len(values) / distinct:,.3g} rows each on average."
        ranked.append((0 if person else 1, distinct, RoleOffer(column.name, Role.ENTITY, reason)))
    if ranked:
        return min(ranked, key=lambda item: item[:2])[2]
    return _panel(table, times)


def _stand_together(table: Table, name: str) -> bool:
    """Whether the rows of one value follow upon each other."""
    codes = _codes(table, name)
    return int((np.diff(codes) != 0).sum()) + 1 == len(np.unique(codes))


_THINGS = (
    "encounter", "provider", "organi", "payer", "product", "item", "stock", "store", "shop", "hospital", "school",
    "department", "code", "address", "zip", "vendor", "location", "series", "section", "batch", "town",
    "village", "county", "region",
)  # fmt: skip


def _is_thing(name: str) -> bool:
    return any(word in name.lower() for word in _THINGS)


def _panel(table: Table, times: list[Column]) -> RoleOffer | None:
    """Return the column of which each value has one row per time, where times repeat.

    Three times are enough, and numbers may be the names, where (nearly) each of the values has a row at each time.
    """
    for time in times:
        when = _codes(table, time.name)
        steps = int(when.max(initial=-1)) + 1
        if steps < 3 or steps > 0.5 * len(table):
            continue
        fits: list[tuple[bool, int, RoleOffer]] = []
        for column in table.having(role=Role.FEATURE):
            named = column.kind.categorical or column.kind is Kind.IDENTIFIER
            if not (named or column.kind is Kind.INTEGER) or column.name == time.name or says_position(column.name):
                continue
            who = _codes(table, column.name)
            groups = int(who.max(initial=-1)) + 1
            full = len(table) >= 0.95 * groups * steps
            if not full and (not named or steps < 5):
                continue
            if not 2 <= groups <= 0.5 * len(table) or (who < 0).any() or groups * steps > 20 * len(table):
                continue
            if len(np.unique(who * np.int64(steps + 1) + when)) >= 0.99 * len(table):
                reason = (
                    f"Each of its {groups:,} values has one row per '{time.name}': rows of one value are one series."
                )
                fits.append((not named or _says_key(column), groups, RoleOffer(column.name, Role.ENTITY, reason)))
        if fits:
            return min(fits, key=lambda item: item[:2])[2]
    return None


def _says_key(column: Column) -> bool:
    """Whether a column holds codes of what another column may hold in words: the words are the better choice."""
    return column.kind is Kind.IDENTIFIER or says_identifier(column.name) or says_code(column.name)


def _order(table: Table, times: list[Column], entity: str | None) -> RoleOffer | None:
    """Return the column that says when a row happened, where rows stand in its order or are about the same entity."""
    ranked: list[tuple[int, int, RoleOffer]] = []
    for place, column in enumerate(times):
        values = as_numbers(table.frame[column.name])
        steps = column.kind is Kind.INTEGER
        distinct = np.unique(values[np.isfinite(values)])
        if len(distinct) < (3 if steps else 5):
            continue
        rising = _share_rising(values)
        within = 0.0 if entity is None else _share_rising(values, _codes(table, entity))
        likely, reason = 4, ""
        if rising >= 0.99 and not (steps and (len(distinct) < 5 or not _counts_up(values))):
            likely, reason = 0, "The rows stand in its order, from first to last."
        elif rising <= 0.01 and not steps:
            likely, reason = 1, "The rows stand in its order, from last to first."
        elif within >= 0.99:
            likely, reason = 2, f"Rises from row to row within each '{entity}'."
        elif entity is not None and not steps:
            likely, reason = 3, f"Says when each row of a '{entity}' happened."
        elif not steps and _plain_time(column.name):
            reason = "A time for each row."
        if reason:
            ranked.append((likely + 10 * steps, place, RoleOffer(column.name, Role.ORDER, reason)))
    return min(ranked, key=lambda item: item[:2])[2] if ranked else None


def _plain_time(name: str) -> bool:
    return name.strip().lower() in ("date", "time", "datetime", "timestamp", "datum", "zeit")


def _counts_up(values: npt.NDArray[np.float64]) -> bool:
    """Whether whole numbers go up, mostly by the same step."""
    steps = np.diff(values)
    steps = steps[steps != 0]
    return len(steps) > 0 and bool(np.isfinite(steps).all()) and bool((steps > 0).mean() >= 0.99)


def _share_rising(values: npt.NDArray[np.float64], groups: npt.NDArray[np.int64] | None = None) -> float:
    """Return the share of steps between rows (of the same group) that do not go down."""
    same = np.ones(max(0, len(values) - 1), dtype=bool)
    if groups is not None:
        order = np.argsort(groups, kind="stable")
        values, groups = values[order], groups[order]
        same = groups[1:] == groups[:-1]
    steps = np.diff(values)[same]
    steps = steps[np.isfinite(steps)]
    if not len(steps) or not (steps != 0).any():
        return 0.5
    return float((steps >= 0).mean())


def _targets(table: Table, fit: list[Column], *, ordered: bool) -> list[RoleOffer]:
    """Return up to three columns that could be predicted: by name, else the last one where all else speaks for it."""
    named = "Its name is one that tables give to what is to be predicted."
    found = [RoleOffer(c.name, Role.TARGET, named) for c in reversed(fit) if _names_a_target(c, table)]
    last = table.columns[-1]
    if not found and not ordered and last in fit and len(fit) > 5 and len(table) >= 100 and _has_classes(last, table):
        answers = int(table.frame[last.name].nunique())
        found.append(RoleOffer(last.name, Role.TARGET, f"The last column, with {answers} answers."))
    return found[:3]


def _has_classes(column: Column, table: Table) -> bool:
    """Whether a column has two to ten answers with rows enough, no grouping or key by name; numbers count from 0."""
    if says_group(column.name) or says_identifier(column.name) or column.kind not in _ANSWERS:
        return False
    counts = table.frame[column.name].value_counts()
    if not 2 <= len(counts) <= 10 or len(table) < 20 * len(counts):
        return False
    return column.kind is not Kind.INTEGER or sorted(counts.index) == list(range(len(counts)))


def _alone(table: Table) -> list[Column]:
    """Return the columns that are learned, no dates, and not one of several that differ in a number or a letter."""
    words = Counter(tuple(header_words(name)) for name in table.names)
    stems = Counter((name[:-1], len(name)) for name in table.names if len(name) > 3)
    return [
        c for c in table.having(role=Role.FEATURE, learned=True)
        if c.kind is not Kind.DATETIME and words[tuple(header_words(c.name))] == 1
        and stems[c.name[:-1], len(c.name)] <= 1
    ]  # fmt: skip


def _names_a_target(column: Column, table: Table) -> bool:
    words = header_words(column.name)
    ends = {*words[-1:], *words[:1]}
    if column.kind.categorical:
        return bool(_TARGETS & ends) and 2 <= int(table.frame[column.name].nunique()) <= 20
    at_the_end = any(column is last for last in table.columns[-2:])
    return bool(_NUMBER_TARGETS & ends) and (at_the_end or len(words) == 1) and table.frame[column.name].nunique() > 1
