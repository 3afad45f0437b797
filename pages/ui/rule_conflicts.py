"""Which rules contradict each other, for the pills of the list."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from pages.ui import cache, rule_book, state
from synth_core.constraints.base import Constraint
from synth_core.constraints.contradictions import find_contradictions, find_unkept
from synth_core.errors import SimileError
from synth_core.table import Table

MOST_PAIRS = 2_000


class Conflict(NamedTuple):
    """A rule that stands in this one's way (its own id: it cannot be kept by itself), and the sentence that says so."""

    other: str
    sentence: str


def conflicts(table: Table, rules: Sequence[Constraint]) -> dict[str, Conflict]:
    """Return, by rule id, with which other rule a hard rule that is on cannot be kept together.

    Looked for pair by pair, in what the rules say and in the real rows; only pairs of which a rule changed are looked
    at again.
    """
    told = [rule for rule in rules if rule.enabled and rule.hard and rule.enforcement != "check_only"]
    told = [rule for rule in told if not rule_book.standing(table, rule).problem]
    cores = {rule.id: rule_book.core(rule) for rule in told}
    asked = (table.fingerprint, tuple(cores.items()))
    last: tuple[Any, dict[str, Conflict]] = state.get("constraints.conflicts", (None, {}))
    if last[0] != asked:
        last = (asked, _found(table, told, cores))
        state.put("constraints.conflicts", last)
    return last[1]


def _found(table: Table, told: Sequence[Constraint], cores: dict[str, str]) -> dict[str, Conflict]:
    found: dict[str, Conflict] = {}
    for rule in told:
        if said := cache.conflict(table, cores[rule.id], "", [rule]):
            found[rule.id] = Conflict(rule.id, said)
    possible = [rule for rule in told if rule.id not in found]
    for one, other in list(combinations(possible, 2))[:MOST_PAIRS]:
        if set(one.columns_used) & set(other.columns_used) and (
            said := cache.conflict(table, cores[one.id], cores[other.id], [one, other])
        ):
            found.setdefault(one.id, Conflict(other.id, said))
            found.setdefault(other.id, Conflict(one.id, said))
    if not found and (said := _together(table, told)):
        for rule in told:  # three or more rules, of which any two can be kept
            if f"'{rule.sentence()}'" in said:
                found[rule.id] = Conflict("", said)
    return found


def contradiction(table: Table, rules: Sequence[Constraint]) -> str:
    """Return the sentence that says why no row keeps these rules together; empty when rows do."""
    alone = [rule.model_copy(update={"id": str(place)}) for place, rule in enumerate(rules)]
    keeps = {
        copy.id: ~rule_book.broken(table, rule).to_numpy(dtype=bool) for copy, rule in zip(alone, rules, strict=True)
    }
    try:
        find_contradictions(alone)
        find_unkept(alone, table, keeps)
    except SimileError as error:
        return str(error)
    return ""


def _together(table: Table, rules: Sequence[Constraint]) -> str:
    """Return what is wrong with all rules at once, without looking at pairs of rows again."""
    try:
        find_contradictions(rules)
    except SimileError as error:
        return str(error)
    kept = np.ones(len(table), dtype=bool)
    for rule in rules:
        kept &= ~rule_book.broken(table, rule).to_numpy(dtype=bool)
    return "" if kept.any() or not len(table) or not rules else contradiction(table, rules)
