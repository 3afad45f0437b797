"""Rules that hold in the real rows: found, explained, ranked."""

from __future__ import annotations

import hashlib
import math
import re
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
import numpy.typing as npt

from synth_core.constraints.base import Constraint
from synth_core.constraints.counted import find_counts
from synth_core.constraints.evidence import (
    NEARLY,
    Finding,
    both_ways,
    find_combinations,
    find_implications,
    levels_of,
    pair_tables,
)
from synth_core.constraints.kinds import (
    Custom,
    FixedCombinations,
    FunctionalDependency,
    Implies,
    Inequality,
    ScalarRange,
    SumEquals,
    Unique,
)
from synth_core.constraints.values import Floats, decimals, quantity
from synth_core.table import Column, Kind, Table

SEARCHED = 20_000
FEWEST = 30
# Bounds that a quantity has by its nature, told by the words of its name.
NATURAL = {
    ("age", "years", "yrs"): (0, 120),
    ("percent", "percentage", "pct", "%"): (0, 100),
    ("hour",): (0, 23),
    ("month",): (1, 12),
    ("latitude", "lat"): (-90, 90),
    ("longitude", "lon", "lng", "long"): (-180, 180),
    ("probability", "fraction", "ratio"): (0, 1),
}


@dataclass(frozen=True)
class Suggestion:
    """A rule that the real rows keep, with its evidence.

    Attributes
    ----------
    support, exceptions
        Real rows that the rule speaks about, and those that break it. With exceptions a rule is soft.
    strength
        How surprising it is: the share of rows that would break it if the columns were independent, 0..1.
    reason
        The evidence in a plain sentence.
    """

    rule: Constraint
    support: int
    exceptions: int
    strength: float
    reason: str


def discover(train: Table, *, seed: int = 0, limit: int = 12) -> list[Suggestion]:
    """Return at most ``limit`` rules that the rows keep, strongest first; trivial and repeated ones are left out.

    Only the rows given are looked at: pass the train split. At most 20,000 of them (chosen by ``seed``) are searched;
    what is found is counted on all. No suggestion names a value or combination of fewer than five rows, and no range
    repeats the extremes of the data.
    """
    if len(train) < FEWEST or limit < 1:
        return []
    searched = train
    if len(train) > SEARCHED:
        chosen = np.sort(np.random.default_rng(seed).choice(len(train), SEARCHED, replace=False))
        searched = train.rows(chosen)
    levels = levels_of(searched)
    pairs = list(pair_tables(levels))
    fixed = find_combinations(searched, pairs)
    groups = [finding.rule.columns_used for finding in fixed]
    counts = find_counts(searched, levels)
    findings = [
        *(_determined(finding, searched) for finding in fixed),
        *_uncounted(both_ways(find_implications(pairs, groups)), counts),
        *counts,
        *find_sums(searched),
        *find_orders(searched),
        *find_unique(train),
        *find_ranges(searched),
    ]
    ranked = sorted(findings, key=lambda finding: -finding.strength)
    counted = (_counted(finding, train, searched) for finding in _new(ranked)[: 5 * limit])
    return _varied([suggestion for suggestion in counted if suggestion is not None], limit)


def _determined(finding: Finding, table: Table) -> Finding:
    """Return a pair of which one column is determined, but does not determine the other, as a dependency."""
    names = finding.rule.columns_used
    if not isinstance(finding.rule, FixedCombinations) or len(names) != 2:
        return finding
    combinations = finding.rule.combinations or ()
    for place in (0, 1):
        given, other = {row[place] for row in combinations}, {row[1 - place] for row in combinations}
        if len(given) == len(combinations) > len(other) and not any(None in row for row in combinations):
            rule = FunctionalDependency(determinants=(names[place],), dependent=names[1 - place]).fitted(table)
            return replace(finding, rule=rule, exceptions=int(rule.violations(table.frame).sum()))
    return finding


def _uncounted(findings: list[Finding], counts: list[Finding]) -> list[Finding]:
    """Leave out implications from a condition of which a count already says the consequence."""
    said = [f.rule for f in counts if isinstance(f.rule, Implies)]
    return [
        f
        for f in findings
        if not any(
            isinstance(f.rule, Implies) and f.rule.if_ == one.if_ and set(f.rule.columns_used) <= set(one.columns_used)
            for one in said
        )
    ]


def _new(ranked: list[Finding]) -> list[Finding]:
    """Leave out orders that a sum of never negative parts brings about by itself."""
    sums = [f.rule for f in ranked if isinstance(f.rule, SumEquals)]
    implied = {(part, rule.total) for rule in sums for part in rule.columns}
    return [
        f for f in ranked if not (isinstance(f.rule, Inequality) and (f.rule.low_column, f.rule.high_column) in implied)
    ]


def _varied(ranked: list[Suggestion], limit: int) -> list[Suggestion]:
    """Return the strongest; no more than half of one type while others wait; a few ranges where room is left."""
    taken: list[Suggestion] = []
    waiting: list[Suggestion] = []
    ranges = [one for one in ranked if one.rule.type == "scalar_range"][: max(limit // 4, 1)]
    for one in ranked:
        if one.rule.type == "scalar_range":
            continue
        same = sum(other.rule.type == one.rule.type for other in taken)
        (taken if same < max(limit // 2, 1) else waiting).append(one)
    return sorted((taken[:limit] + waiting + ranges)[:limit], key=lambda one: -one.strength)


def _counted(finding: Finding, train: Table, searched: Table) -> Suggestion | None:
    """Return the finding counted on every train row; None when it does not hold there."""
    rule, support = finding.rule, finding.support
    exceptions = int(rule.violations(train.frame).sum())
    if isinstance(rule, Implies) and train is not searched:
        support = round(finding.support * len(train) / len(searched))
    elif isinstance(rule, (Inequality, ScalarRange, SumEquals)):
        support = int(train.frame[list(rule.columns_used)].notna().all(axis=1).sum())
    elif isinstance(rule, Custom):
        support = len(train)
    if exceptions > max(NEARLY * support, finding.exceptions * len(train) / max(len(searched), 1) * 2):
        return None
    digest = hashlib.sha256(rule.model_dump_json(exclude={"id"}).encode()).hexdigest()[:12]
    hard = rule.hard and (exceptions == 0 or rule.type == "fixed_combinations")
    told = rule.model_copy(
        update={"id": digest, "source": "discovered", "support": support, "exceptions": exceptions, "hard": hard}
    )
    return Suggestion(told, support, exceptions, round(finding.strength, 4), _reason(finding, exceptions, support))


def _reason(finding: Finding, exceptions: int, support: int) -> str:
    count = f"{exceptions:,} of {support:,}" if exceptions else f"none of {support:,}"
    if isinstance(finding.rule, Unique):
        return f"All {support:,} values differ; by chance some would repeat."
    expected = _percent(finding.expected)
    if isinstance(finding.rule, ScalarRange):
        return f"A bell curve with the same mean and spread would put {expected} of rows outside; {count} are."
    return f"If the columns had nothing to do with each other, {expected} of rows would break it; {count} do."


def _percent(share: float) -> str:
    return f"about {share:.0%}" if share >= 0.01 else f"about {share:.1%}" if share >= 0.001 else "under 0.1%"


def _amounts(table: Table, kinds: tuple[Kind, ...]) -> list[tuple[Column, Floats]]:
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
    """Return inequalities between columns whose values overlap; those that follow from two others are left out.

    Of columns that are equal in every row the first stands for all; one inequality ties each of the others to it.
    """
    found: dict[tuple[str, str], Finding] = {}
    for kinds in ((Kind.INTEGER, Kind.NUMBER), (Kind.DATETIME,)):
        amounts = _amounts(table, kinds)
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
    return [
        finding
        for (low, high), finding in chain.items()
        if not any((low, middle) in chain and (middle, high) in chain for middle in names - {low, high})
    ] + [found[first, twin] for twin, first in twins.items()]


def _order(low: Column, high: Column, a: Floats, b: Floats, rows: int) -> Finding | None:
    known = np.isfinite(a) & np.isfinite(b)
    a, b = a[known], b[known]
    exceptions = int((a > b).sum())
    if len(a) < FEWEST or exceptions > NEARLY * len(a) or np.median(a) > np.median(b):
        return None
    expected = float(1 - np.searchsorted(np.sort(a), b, side="right").mean() / len(a))
    if expected < 0.02 or expected * len(a) < 20 or exceptions > 0.02 * expected * len(a):
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


def find_sums(table: Table) -> list[Finding]:
    """Return totals of two to four parts, and parts that add up to a constant.

    Columns are projected on one random direction over complete rows, so that sums of columns are sums of numbers;
    each hit is then checked on every row.
    """
    amounts = [(c, v) for c, v in _amounts(table, (Kind.INTEGER, Kind.NUMBER)) if np.isnan(v).mean() < 0.5]
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


def find_unique(table: Table) -> list[Finding]:
    """Return columns whose values never repeat though chance would repeat some."""
    found = []
    for column in table.columns:
        values = table.frame[column.name].dropna()
        if column.role.value == "drop" or len(values) < max(FEWEST, 0.9 * len(table)) or values.duplicated().any():
            continue
        if column.kind is Kind.INTEGER:
            reach = float(values.max() - values.min()) + 1
            repeats = len(values) ** 2 / 2 / reach
            if repeats < 10:
                continue
        elif column.kind is not Kind.IDENTIFIER:
            continue
        found.append(Finding(Unique(columns=(column.name,)), 0.5, len(values), 0, len(table)))
    return found


def find_ranges(table: Table) -> list[Finding]:
    """Return bounds that amounts have by nature: never negative, or told by the name. Never the data's extremes."""
    found = []
    for column, values in _amounts(table, (Kind.INTEGER, Kind.NUMBER)):
        known = values[np.isfinite(values)]
        low, high = _natural(column.name, known)
        if low is None and high is None:
            continue
        mean, spread = float(known.mean()), float(known.std())
        outside = 0.0 if low is None else _normal((low - mean) / spread)
        outside += 0.0 if high is None else _normal((mean - high) / spread)
        if outside >= 0.002:
            rule = ScalarRange(column=column.name, low_value=low, high_value=high)
            # A bound says less than a rule that ties columns together.
            found.append(Finding(rule, outside, len(known), 0, len(table), weight=0.2))
    return found


def _natural(name: str, known: npt.NDArray[np.float64]) -> tuple[int | None, int | None]:
    words = re.findall(r"[a-z%]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower())
    for keys, (low, high) in NATURAL.items():
        if len(words) <= 2 and words and words[-1] in keys and known.min() >= low and known.max() <= high:
            return low, high
    near = known.min() == 0 or (0 < known.min() <= known.std() and len(np.unique(known)) > 50)
    return (0, None) if near else (None, None)


def _normal(z: float) -> float:
    return 0.5 * math.erfc(-z / math.sqrt(2))
