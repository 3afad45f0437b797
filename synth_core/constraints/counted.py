"""Finding rules on how many of some like columns are filled, or hold something else than usual."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from synth_core.constraints.base import Constraint
from synth_core.constraints.combinations import RARE
from synth_core.constraints.evidence import NEARLY, SURE, Finding, Levels
from synth_core.constraints.expressions import parse_expression, quote_name, quote_text
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


def _with_rare(table: Table, value: str, group: list[Levels]) -> list[str]:
    """Return the names of a group, and of columns like it that seldom hold something else."""
    known = set().union(*(one.values for one in group))
    names = {one.name for one in group}
    for column in table.columns:
        if column.learned and column.kind.categorical and column.name not in names:
            written = {quote_text(str(cell)) for cell in table.frame[column.name].dropna().unique()[:10]}
            if value in written and len(written) >= 2 and written <= known:
                names.add(column.name)
    return [name for name in table.names if name in names][:LARGEST]


def find_counts(table: Table, levels: list[Levels], whole: Table | None = None) -> list[Finding]:
    """Return rules on how many of some like columns hold something out of the ordinary.

    "This answer means that none of them does", "where one of them is up, this holds", and amounts that are not below
    a count. ``whole``: a larger table, of which ``table`` holds some rows; columns that belong to a group by what they
    hold there join it.
    """
    found: list[Finding] = []
    amounts = [c for c in table.columns if c.learned and c.kind is Kind.INTEGER]
    numbers = {c.name: quantity(table.frame[c.name]) for c in amounts}
    for value, group in families(levels):
        names = _with_rare(whole or table, value, group)
        listed = ", ".join(quote_name(name) for name in names)
        expression = f"count_other({value}, {listed})"
        count = parse_expression(expression).evaluate(table.frame).to_numpy(dtype=np.float64)
        quiet = count == 0
        for other in levels:
            if other.name not in names and 2 <= len(other.counts) <= 3 and not other.ordered:
                none = _none_of_them(other, quiet, f"{expression} = 0", len(table))
                found += [*none, *_some_of_them(table, other, value, group, listed)]
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


def _some_of_them(table: Table, other: Levels, usual: str, group: list[Levels], listed: str) -> list[Finding]:
    """Return "where one of the columns holds one of these values, the other column is at one level"."""
    places: dict[int, list[tuple[str, npt.NDArray[np.bool_]]]] = {}
    for value in sorted({value for one in group for value in one.values} - {usual, ""}):
        some = parse_expression(f"count_equal({value}, {listed}) > 0").evaluate(table.frame).to_numpy(dtype=bool)
        if some.sum() < RARE:
            continue
        held = np.flatnonzero(np.bincount(other.code[some], minlength=len(other.counts)))
        if len(held) == 1:
            places.setdefault(int(held[0]), []).append((value, some))
    found = []
    for level, values in places.items():
        share = other.counts[level] / len(table)
        cause = np.logical_or.reduce([some for _, some in values])
        support = int(cause.sum())
        if -math.log(max(share, 1e-12)) * support < SURE or support * (1 - share) < max(25, 0.001 * len(table)):
            continue
        given = " or ".join(f"count_equal({value}, {listed}) > 0" for value, _ in values)
        rule = Implies(if_=given, then=other.texts[level])
        found.append(Finding(rule, support / len(table) * (1 - share), support, 0, len(table)))
    return found


def _at_least(name: str, values: Floats, count: Floats, expression: str) -> Finding | None:
    """Return "an amount is not below a count" where independent rows would break it, and real ones touch it."""
    known = np.isfinite(values)
    mine, counted = values[known], count[known]
    if len(mine) < 100 or mine.min() < 0 or counted.std() == 0:
        return None
    exceptions = int((mine < counted).sum())
    expected = float(1 - np.searchsorted(np.sort(counted), mine, side="right").mean() / len(counted))
    touching = int((mine == counted).sum())
    if exceptions > NEARLY * 0.1 * len(mine) or expected * len(mine) < 25 or touching < 10:
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
