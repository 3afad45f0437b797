"""Rules that hold in the real rows: found, explained, ranked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from synth_core.constraints.base import Constraint
from synth_core.constraints.counted import find_counts
from synth_core.constraints.equations import find_determined_amounts, find_formulas, find_sums
from synth_core.constraints.evidence import NEARLY, Finding, find_combinations, levels_of, pair_tables
from synth_core.constraints.expressions import parse_condition
from synth_core.constraints.implications_found import both_ways, find_implications
from synth_core.constraints.kinds import (
    ChainedInequality,
    Custom,
    FixedCombinations,
    Format,
    Formula,
    FunctionalDependency,
    Implies,
    Increment,
    Inequality,
    NullIf,
    NullTogether,
    OneHot,
    ScalarRange,
    SumEquals,
    Unique,
)
from synth_core.constraints.one_column import find_formats, find_ranges, find_steps, find_unique
from synth_core.constraints.one_of_several import as_missing, find_one_hot
from synth_core.constraints.orders_found import FEWEST, find_orders
from synth_core.constraints.pruning import leave_out_implied
from synth_core.constraints.spans import find_spans
from synth_core.table import Table

SEARCHED = 50_000
LESS = 0.2  # what a rule with exceptions weighs when there is not room for all
ONE_COLUMN = ("scalar_range", "increment", "format")


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

    Only the rows given are looked at: pass the train split. At most 50,000 of them (chosen by ``seed``) are searched;
    what is found is counted on all. No suggestion names a value or combination of fewer than seven rows, and no range
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
    findings = [
        *(_determined(finding, searched) for finding in fixed),
        *find_counts(searched, levels, train),
        *as_missing(both_ways(find_implications(pairs, groups))),
        *find_spans(searched, levels),
        *find_sums(searched),
        *find_formulas(searched),
        *_undetermined(find_determined_amounts(searched), fixed),
        *find_orders(searched),
        *find_one_hot(searched),
        *find_unique(train),
        *find_ranges(searched),
        *find_steps(searched),
        *find_formats(train),
    ]
    ranked = sorted(leave_out_implied(findings, searched), key=lambda finding: -finding.strength)
    counted = (_counted(finding, train, searched) for finding in ranked[: 5 * limit])
    return _varied([suggestion for suggestion in counted if suggestion is not None], limit)


def _determined(finding: Finding, table: Table) -> Finding:
    """Return a pair of which one column is determined, but does not determine the other, as a dependency."""
    names = finding.rule.columns_used
    if not isinstance(finding.rule, FixedCombinations) or len(names) != 2:
        return finding
    combinations = finding.rule.combinations or ()
    for place in (0, 1):
        given, other = {row[place] for row in combinations}, {row[1 - place] for row in combinations}
        one_way = len(combinations) > len(other) or finding.exceptions  # rare pairs are not named, and not judged
        if len(given) == len(combinations) and one_way and not any(None in row for row in combinations):
            rule = FunctionalDependency(determinants=(names[place],), dependent=names[1 - place]).fitted(table)
            return replace(finding, rule=rule, exceptions=int(rule.violations(table.frame).sum()))
    return finding


def _undetermined(found: list[Finding], fixed: list[Finding]) -> list[Finding]:
    """Leave out dependencies between columns of which a combination rule says so already."""
    groups = [set(finding.rule.columns_used) for finding in fixed]
    return [one for one in found if not any(set(one.rule.columns_used) <= group for group in groups)]


def _varied(ranked: list[Suggestion], limit: int) -> list[Suggestion]:
    """Return the strongest, exact ones before those with exceptions; rules on one column where room is left.

    No more than half of one type (two thirds of implications), and no more than two on the same columns, come first.
    """
    taken: list[Suggestion] = []
    waiting: list[Suggestion] = []
    ranked = sorted(ranked, key=lambda one: -one.strength * (1 if one.rule.hard else LESS))
    alone = [one for one in ranked if one.rule.type in ONE_COLUMN][: max(limit // 4, 1)]
    for one in ranked:
        if one.rule.type in ONE_COLUMN:
            continue
        same = sum(other.rule.type == one.rule.type for other in taken)
        columns = set(one.rule.columns_used)
        crowd = sum(set(other.rule.columns_used) == columns for other in taken)
        few = max(limit // 2, 1) if one.rule.type != "implies" else max(2 * limit // 3, 1)
        (taken if same < few and crowd < 2 else waiting).append(one)
    return sorted((taken[:limit] + alone + waiting)[:limit], key=lambda one: -one.strength)


def _counted(finding: Finding, train: Table, searched: Table) -> Suggestion | None:
    """Return the finding counted on every train row; None when it does not hold there."""
    rule, support = finding.rule, finding.support
    exceptions = int(rule.violations(train.frame).sum())
    if isinstance(rule, Implies):
        support = int(parse_condition(rule.if_).holds(train.frame).sum())
    elif isinstance(rule, NullIf):
        support = int(rule.applies(train.frame).sum())
    elif isinstance(rule, (Inequality, ChainedInequality, ScalarRange, SumEquals, Formula, Increment)):
        support = int(train.frame[list(rule.columns_used)].notna().all(axis=1).sum())
    elif isinstance(rule, (Custom, OneHot, NullTogether)):
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
    if isinstance(finding.rule, (Increment, Format)):
        if not exceptions:
            return f"All {support:,} values are written so."
        return f"{support - exceptions:,} of {support:,} values are written so; {exceptions:,} are not."
    expected = _percent(finding.expected)
    if isinstance(finding.rule, ScalarRange):
        return f"A bell curve with the same mean and spread would put {expected} of rows outside; {count} are."
    return f"If the columns had nothing to do with each other, {expected} of rows would break it; {count} do."


def _percent(share: float) -> str:
    if share < 0.001:
        return "under 0.1 %"
    return f"about {100 * share:.0f} %" if share >= 0.01 else f"about {100 * share:.1f} %"
