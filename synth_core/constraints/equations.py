"""Finding equations: totals of parts, shares of a whole, spans of dates, products and scales."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.evidence import NEARLY, Finding
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.expressions import quote_name
from synth_core.constraints.kinds import Formula, FunctionalDependency, SumEquals
from synth_core.constraints.orders_found import FEWEST, varying
from synth_core.constraints.values import Floats, decimals, quantity
from synth_core.table import Column, Kind, Table


def find_sums(table: Table) -> list[Finding]:
    """Return totals of two to four parts, and parts that add up to a constant.

    Columns are projected on one random direction over complete rows, so that sums of columns are sums of numbers;
    each hit is then checked on every row.
    """
    amounts = [(c, v) for c, v in varying(table, (Kind.INTEGER, Kind.NUMBER)) if np.isnan(v).mean() < 0.5]
    if not 2 <= len(amounts) <= 80:
        return []
    values = np.array([v for _, v in amounts])
    complete = np.flatnonzero(np.isfinite(values).all(axis=0))
    if len(complete) < FEWEST:
        return []
    rng = np.random.default_rng(0)
    chosen = rng.choice(complete, min(len(complete), 200), replace=False)
    sample = values[:, chosen]
    weights = rng.normal(size=len(chosen))
    names = [c.name for c, _ in amounts]
    hits = [(parts, total) for parts, total in _subset_sums(sample @ weights) if _adds_up(sample, parts, total)]
    centred = sample - sample[:, :1]
    hits += [
        (parts, None)
        for parts, _ in _subset_sums(centred @ weights, zero=True)
        if np.ptp(sample[list(parts)].sum(axis=0)) < 1e-6
    ]
    findings: list[Finding] = []
    for parts, total in sorted(hits, key=lambda hit: len(hit[0])):
        goal: str | float = names[total] if total is not None else float(np.round(sample[list(parts), 0].sum(), 6))
        rule = SumEquals(columns=tuple(names[p] for p in parts), total=goal)
        finding = _sum(table, rule)
        if finding is not None and not any(_same_sum(rule, other.rule) for other in findings):
            findings.append(finding)
    return findings


def _adds_up(sample: Floats, parts: tuple[int, ...], total: int | None) -> bool:
    if total is None:
        return False
    difference = sample[list(parts)].sum(axis=0) - sample[total]
    return bool(np.all(np.abs(difference) <= 1e-9 * np.maximum(1, np.abs(sample[total]))))


def _subset_sums(projected: Floats, zero: bool = False) -> list[tuple[tuple[int, ...], int | None]]:
    """Return (two to four parts, total) where projections add up; with ``zero`` the total is nothing."""
    size = len(projected)
    pairs = np.array(list(combinations(range(size), 2)))
    sums = projected[pairs].sum(axis=1)
    order = np.argsort(sums)
    pairs, sums = pairs[order], sums[order]
    scale = 1e-7 * (np.abs(projected).max() + 1)
    found: dict[tuple[tuple[int, ...], int | None], None] = {}
    for total in [None] if zero else range(size):
        goal = 0.0 if total is None else float(projected[total])
        for rest, taken in (
            (goal - sums, pairs),
            (goal - projected, np.arange(size)[:, None]),
            (np.array([goal]), np.empty((1, 0), int)),
        ):
            first = np.searchsorted(sums, rest - scale)
            last = np.searchsorted(sums, rest + scale, side="right")
            for place in np.flatnonzero(last > first):
                for hit in range(first[place], min(last[place], first[place] + 5)):
                    parts = tuple(sorted({*map(int, pairs[hit]), *map(int, taken[place])}))
                    if len(parts) == 2 + taken.shape[1] and total not in parts:
                        found[parts, total] = None
    return list(found)


def _sum(table: Table, rule: SumEquals) -> Finding | None:
    broken = rule.violations(table.frame)
    known = int(table.frame[list(rule.columns_used)].notna().all(axis=1).sum())
    used = np.array([(quantity(table.frame[name]) != 0).mean() for name in rule.columns])
    if known < FEWEST or broken.sum() > NEARLY * known or used.min() < 0.01:
        return None
    total = quantity(table.frame[rule.total]) if isinstance(rule.total, str) else None
    commonest = (
        0.0 if total is None else float(np.unique(total[np.isfinite(total)], return_counts=True)[1].max() / known)
    )
    return Finding(rule, 1 - commonest, known, int(broken.sum()), len(table))


def _same_sum(rule: SumEquals, other: Constraint) -> bool:
    """Whether a sum only says again, with other columns, what a shorter one says of the same total."""
    return isinstance(other, SumEquals) and len(set(rule.columns_used) & set(other.columns_used)) >= 2


def find_determined_amounts(table: Table) -> list[Finding]:
    """Return amounts that one category determines, such as an article its price."""
    found = []
    amounts = varying(table, (Kind.INTEGER, Kind.NUMBER))
    for column in table.columns:
        values = table.frame[column.name]
        if not column.learned or not column.kind.categorical or not 3 <= values.nunique() <= 2_000:
            continue
        groups = values.groupby(values).transform("size")
        if (groups >= 2).sum() < 0.8 * len(table):
            continue
        code = pd.factorize(values)[0]
        for other, cells in amounts:
            known = (code >= 0) & np.isfinite(cells)
            low = pd.Series(cells[known]).groupby(code[known]).agg(["min", "max"])
            if not (low["min"] == low["max"]).all() or low["min"].nunique() < 3 or known.sum() < FEWEST:
                continue
            rule = FunctionalDependency(determinants=(column.name,), dependent=other.name).fitted(table)
            commonest = np.unique(cells[known], return_counts=True)[1].max() / known.sum()
            found.append(Finding(rule, float(1 - commonest), int(known.sum()), 0, len(table)))
    return found


def find_formulas(table: Table) -> list[Finding]:
    """Return numbers that follow from two dates, from a product or ratio of two amounts, or from another unit."""
    amounts = [(c, v) for c, v in varying(table, (Kind.INTEGER, Kind.NUMBER)) if np.isnan(v).mean() < 0.5]
    dates = varying(table, (Kind.DATETIME,))
    candidates = [*_stays(amounts, dates), *_parts_of_dates(amounts, dates), *_scaled(amounts), *_products(amounts)]
    findings: list[Finding] = []
    tied: set[frozenset[str]] = set()
    for rule in candidates:
        columns = frozenset(rule.columns_used)
        if columns in tied:  # the same equation, solved for another column
            continue
        if rule.tolerance and not (exact := rule.model_copy(update={"tolerance": 0.0})).violations(table.frame).any():
            rule = exact
        broken = rule.violations(table.frame)
        known = int(table.frame[list(rule.columns_used)].notna().all(axis=1).sum())
        values = quantity(table.frame[rule.output])
        commonest = np.unique(values[np.isfinite(values)], return_counts=True)[1].max() / known if known else 1.0
        if known >= FEWEST and not broken.any() and commonest < 0.9:
            tied.add(columns)
            findings.append(Finding(rule, float(1 - commonest), known, 0, len(table)))
    return findings


def _sample(*columns: Floats, size: int = 200) -> list[Floats]:
    """Return the columns on some rows in which all are known."""
    complete = np.flatnonzero(np.isfinite(columns).all(axis=0))
    chosen = np.random.default_rng(0).permutation(complete)[:size]
    return [column[chosen] for column in columns]


def _half(values: Floats) -> float:
    """Return half a step of the last decimal in which values are written."""
    places = decimals(values)
    return 0.51 * 10.0 ** -(6 if places is None else places)  # a half is rounded up by some, and down by others


def _stays(amounts: list[tuple[Column, Floats]], dates: list[tuple[Column, Floats]]) -> Iterator[Formula]:
    """Yield "days between two dates", as they are or in whole days."""
    for (first, a), (second, b) in combinations(dates, 2):
        for column, values in amounts:
            x, y, days = _sample(a, b, values)
            if len(days) < FEWEST or np.ptp(days) == 0:
                continue
            for low, high, gap in ((first, second, y - x), (second, first, x - y)):
                if np.all(np.abs(gap / 86_400 - days) < 1e-6):
                    yield Formula(output=column.name, expression=f"{quote_name(high.name)} - {quote_name(low.name)}")


def _parts_of_dates(amounts: list[tuple[Column, Floats]], dates: list[tuple[Column, Floats]]) -> Iterator[Formula]:
    """Yield the year, month or hour of a date."""
    for date, seconds in dates:
        for column, values in amounts:
            when, number = _sample(seconds, values)
            if len(number) < FEWEST or np.ptp(number) == 0:
                continue
            moments = when.astype("datetime64[s]")
            months = moments.astype("datetime64[M]").astype(np.int64)
            parts = {"year": months // 12 + 1970, "month": months % 12 + 1, "hour": when // 3_600 % 24}
            for name, part in parts.items():
                if np.array_equal(part, number):
                    yield Formula(output=column.name, expression=f"{name}({quote_name(date.name)})")


def _scaled(amounts: list[tuple[Column, Floats]]) -> Iterator[Formula]:
    """Yield "the same amount in another unit": a factor, and perhaps an offset."""
    for (first, a), (second, b) in combinations(amounts, 2):
        x, y = _sample(a, b)
        if len(x) < FEWEST or len(np.unique(x)) < 10 or len(np.unique(y)) < 10 or np.array_equal(x, y):
            continue
        if np.ptp(x) == 0 or np.ptp(y) == 0 or abs(np.corrcoef(x, y)[0, 1]) < 0.9999:
            continue
        for given, goal, source, output in ((x, y, first, second), (y, x, second, first)):
            slope, offset = (float(f"{part:.6g}") for part in np.polyfit(given, goal, 1))
            offset = 0.0 if abs(offset) < _half(goal) else offset
            if np.all(np.abs(slope * given + offset - goal) <= _half(goal)):
                text = f"{quote_name(source.name)} * {_written(abs(slope))}"
                text = f"-{text}" if slope < 0 else text
                text += f" {'+' if offset > 0 else '-'} {_written(abs(offset))}" if offset else ""
                yield Formula(output=output.name, expression=text, tolerance=_half(goal))
                break


def _written(number: float) -> str:
    return plain(number).replace(",", "")


def _products(amounts: list[tuple[Column, Floats]]) -> Iterator[Formula]:
    """Yield products, ratios and ratios by a square of two amounts (price × quantity, weight ÷ height²)."""
    if not 3 <= len(amounts) <= 40:
        return
    sample = _sample(*(values for _, values in amounts), size=50)
    kept = [at for at, values in enumerate(sample) if len(values) >= FEWEST and values.min() > 0 and np.ptp(values) > 0]
    if len(kept) < 3:
        return
    logs = np.log([sample[at] for at in kept])
    spread = [_half(amounts[at][1]) / sample[at] + 1e-9 for at in kept]
    for one, other in combinations(range(len(kept)), 2):
        for powers in ((1, 1), (1, -1), (-1, 1), (1, -2), (-2, 1)):
            worth = powers[0] * logs[one] + powers[1] * logs[other]
            for output in range(len(kept)):
                if output in (one, other) or np.abs(worth[0] - logs[output][0]) > 0.1 + spread[output][0]:
                    continue
                if np.all(np.abs(worth - logs[output]) <= 1.5 * spread[output] + 1e-9):
                    names = [quote_name(amounts[kept[at]][0].name) for at in (one, other)]
                    values = amounts[kept[output]][1]
                    yield Formula(
                        output=amounts[kept[output]][0].name, expression=_power(names, powers), tolerance=_half(values)
                    )


def _power(names: list[str], powers: tuple[int, int]) -> str:
    above = [name for name, power in zip(names, powers, strict=True) if power > 0]
    below = [name for name, power in zip(names, powers, strict=True) for _ in range(-power) if power < 0]
    if not below:
        return " * ".join(above)
    return f"{above[0]} / {below[0]}" if len(below) == 1 else f"{above[0]} / ({' * '.join(below)})"
