"""Finding orders between amounts and dates: what is never above what, in chains."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np

from synth_core.constraints.evidence import NEARLY, Finding
from synth_core.constraints.expressions import quote_name
from synth_core.constraints.kinds import ChainedInequality, Formula, Inequality
from synth_core.constraints.values import Floats, decimals, quantity
from synth_core.table import Column, Kind, Table

FEWEST = 30
MOST_BROKEN = 0.002  # of the rows that chance would break; two temperatures seldom cross either


def varying(table: Table, kinds: tuple[Kind, ...]) -> list[tuple[Column, Floats]]:
    """Return learned columns of these kinds that vary, as numbers."""
    found = []
    for column in table.columns:
        if column.learned and column.kind in kinds:
            values = quantity(table.frame[column.name])
            known = values[np.isfinite(values)]
            if len(known) >= FEWEST and known.min() < known.max():
                found.append((column, values))
    return found


def find_orders(table: Table) -> list[Finding]:
    """Return orders of columns whose values overlap, in chains; those that follow from two others are left out.

    Of columns that are equal in every row the first stands for all; a formula ties each of the others to it.
    """
    found: dict[tuple[str, str], Finding] = {}
    for kinds in ((Kind.INTEGER, Kind.NUMBER), (Kind.DATETIME,)):
        amounts = varying(table, kinds)
        scales = {column.name: _scale(column, values) for column, values in amounts}
        for (first, x), (second, y) in combinations(amounts, 2):
            if not _same_scale(scales[first.name], scales[second.name]):
                continue
            for low, high, a, b in ((first, second, x, y), (second, first, y, x)):
                finding = _order(low, high, a, b, len(table))
                if finding is not None:
                    found[low.name, high.name] = finding
    twins: dict[str, str] = {}
    for one, other in found:  # in table order: the first of equal columns is met first, as the lower
        if (other, one) in found and one not in twins:
            twins.setdefault(other, one)
    chain = {pair: finding for pair, finding in found.items() if not twins.keys() & set(pair)}
    names = {name for pair in chain for name in pair}
    direct = {
        (low, high): finding
        for (low, high), finding in chain.items()
        if not any((low, middle) in chain and (middle, high) in chain for middle in names - {low, high})
    }
    return _chained(direct) + [_equal(first, twin, found[first, twin]) for twin, first in twins.items()]


def _equal(first: str, twin: str, finding: Finding) -> Finding:
    rule = Formula(output=twin, expression=quote_name(first))
    return replace(finding, rule=rule, expected=min(1.0, 2 * finding.expected))


def _chained(links: dict[tuple[str, str], Finding]) -> list[Finding]:
    """Return each link once, exact ones put together in chains as long as they go."""
    left = dict(links)
    found: list[Finding] = []
    while left:
        (low, high), finding = next(iter(left.items()))
        names, told = [low, high], [left.pop((low, high))]
        while not finding.exceptions:
            after = next((n for m, n in left if m == names[-1] and not left[m, n].exceptions), None)
            before = next((m for m, n in left if n == names[0] and not left[m, n].exceptions), None)
            if after is not None:
                told.append(left.pop((names[-1], after)))
                names.append(after)
            elif before is not None:
                told.append(left.pop((before, names[0])))
                names.insert(0, before)
            else:
                break
        if len(told) == 1:
            found.append(finding)
            continue
        rule = ChainedInequality(columns=tuple(names))
        expected = max(one.expected for one in told)
        found.append(Finding(rule, expected, min(one.support for one in told), 0, finding.rows))
    return found


def _order(low: Column, high: Column, a: Floats, b: Floats, rows: int) -> Finding | None:
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    exceptions = int((a > b).sum())
    if len(a) < FEWEST or exceptions > NEARLY * len(a) or np.median(a) > np.median(b):
        return None
    expected = float(1 - np.searchsorted(np.sort(a), b, side="right").mean() / len(a))
    if expected < 0.02 or expected * len(a) < 20 or exceptions > MOST_BROKEN * expected * len(a):
        return None
    rule = Inequality(low_column=low.name, high_column=high.name, hard=exceptions == 0)
    return Finding(rule, expected, len(a), exceptions, rows)


def _scale(column: Column, values: Floats) -> tuple[bool, float]:
    """Return whether an amount is whole, and its spread (5 % to 95 %); the same for all dates."""
    if column.kind is Kind.DATETIME:
        return False, 1.0
    low, high = np.nanpercentile(values, [5, 95])
    return decimals(values) == 0, float(high - low)


def _same_scale(one: tuple[bool, float], other: tuple[bool, float]) -> bool:
    """Whether two amounts can mean the same unit: both whole or both not, and spreads within a factor of 30."""
    spread = sorted((one[1], other[1]))
    return one[0] == other[0] and spread[0] > 0 and spread[1] < 30 * spread[0]
