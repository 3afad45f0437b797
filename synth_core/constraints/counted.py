"""Finding rules on how many of some like columns are filled, or hold something else than usual."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth_core.constraints.base import Constraint
from synth_core.constraints.evidence import NEARLY, Finding, Levels
from synth_core.constraints.expressions import quote_name
from synth_core.constraints.kinds import Custom, Implies
from synth_core.constraints.values import Floats, quantity
from synth_core.table import Kind, Table

FEWEST = 3
LARGEST = 100


def families(levels: list[Levels]) -> list[tuple[str, list[Levels]]]:
    """Return groups of columns that share a usual value, as it is written, and at least one other value."""
    usual = {one.name: one.values[int(np.argmax(one.counts))] for one in levels if not one.ordered}
    found = []
    for value in dict.fromkeys(usual.values()):
        if not value or sum(text == value for text in usual.values()) < FEWEST:
            continue
        group = [one for one in levels if not one.ordered and value in one.values]
        known = [set(filter(None, one.values)) for one in group]
        like = [
            one
            for one, mine in zip(group, known, strict=True)
            if sum(len(mine & other) >= 2 for other in known) > FEWEST  # itself, and three others
        ]
        if FEWEST <= len(like) <= LARGEST:
            found.append((value, like))
    return found


def find_counts(table: Table, levels: list[Levels]) -> list[Finding]:
    """Return "this answer means that none of those columns is out of the ordinary", and amounts not below a count."""
    found: list[Finding] = []
    amounts = [c for c in table.columns if c.learned and c.kind is Kind.INTEGER]
    numbers = {c.name: quantity(table.frame[c.name]) for c in amounts}
    for value, group in families(levels):
        names = {one.name for one in group}
        quiet = np.logical_and.reduce([one.code == one.values.index(value) for one in group])
        listed = ", ".join(quote_name(one.name) for one in group)
        for other in levels:
            if other.name not in names and 2 <= len(other.counts) <= 3 and not other.ordered:
                found += _none_of_them(other, quiet, f"count_other({value}, {listed}) = 0", len(table))
        count = np.sum([one.code != one.values.index(value) for one in group], axis=0, dtype=np.float64)
        expression = f"count_other({value}, {listed})"
        found += [f for n, v in numbers.items() if n not in names and (f := _at_least(n, v, count, expression))]
    for gaps in _gappy(table):
        count = table.frame[gaps].notna().sum(axis=1).to_numpy(dtype=np.float64)
        expression = f"count_filled({', '.join(quote_name(name) for name in gaps)})"
        found += [f for n, v in numbers.items() if n not in gaps and (f := _at_least(n, v, count, expression))]
    return found


def _none_of_them(other: Levels, quiet: npt.NDArray[np.bool_], condition: str, rows: int) -> list[Finding]:
    """Return both directions of "at one level exactly where nothing is out of the ordinary"."""
    found = []
    share = float(quiet.mean())
    for level, text in enumerate(other.texts):
        here = other.code == level
        if not 0.01 <= share <= 0.99 or not 0.01 <= here.mean() <= 0.99:
            continue
        for given, then, cause, effect in ((text, condition, here, quiet), (condition, text, quiet, here)):
            exceptions, support = int((cause & ~effect).sum()), int(cause.sum())
            if exceptions <= NEARLY * support and support * (1 - effect.mean()) >= 25:
                rule = Implies(if_=given, then=then, hard=exceptions == 0)
                expected = float(cause.mean() * (1 - effect.mean()))
                found.append(Finding(rule, expected, support, exceptions, rows))
    return found


def _at_least(name: str, values: Floats, count: Floats, expression: str) -> Finding | None:
    """Return "an amount is not below a count" where independent rows would break it, and real ones touch it."""
    known = np.isfinite(values)
    mine, counted = values[known], count[known]
    if len(mine) < 100 or mine.min() < 0 or counted.std() == 0:
        return None
    exceptions = int((mine < counted).sum())
    expected = float(1 - np.searchsorted(np.sort(counted), mine, side="right").mean() / len(counted))
    touching = float((mine == counted).mean())
    if exceptions > NEARLY * 0.1 * len(mine) or expected * len(mine) < 25 or touching < 0.001:
        return None
    rule: Constraint = Custom(expression=f"{quote_name(name)} >= {expression}", hard=exceptions == 0)
    return Finding(rule, expected, len(mine), exceptions, len(values))


def _gappy(table: Table) -> list[list[str]]:
    """Return groups of columns whose names differ in a number only, of which some have gaps."""
    by_stem: dict[str, list[str]] = {}
    for column in table.columns:
        stem = column.name.rstrip("0123456789")
        if stem and stem != column.name and column.learned:
            by_stem.setdefault(stem, []).append(column.name)
    return [n for n in by_stem.values() if 2 <= len(n) <= LARGEST and table.frame[n].isna().any(axis=None)]
