"""Finding rules between categories: combinations and implications, from counts of pairs."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.combinations import RARE
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.expressions import quote_name, quote_text
from synth_core.constraints.kinds import FixedCombinations, Implies
from synth_core.constraints.values import quantity
from synth_core.table import Kind, Table

MOST_LEVELS = 1_000
MOST_CELLS = 200_000
SURE = 25.0  # nats: a chance finding has probability below 1e-10, and a table has some 1e5 candidates
SMALLEST = 0.003  # share of rows that one value must rule out; less is a habit of a few people, not a rule
MOST_RARE = 0.01  # share of rows in combinations too rare to name: they would break the rule
NEARLY = 0.002  # share of exceptions that a soft rule may have

Counts = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Finding:
    """A rule with its evidence.

    Attributes
    ----------
    expected
        Share of rows that would break it if the columns were independent (0..1).
    support, exceptions
        Rows that it speaks about, and those that break it.
    """

    rule: Constraint
    expected: float
    support: int
    exceptions: int
    rows: int
    weight: float = 1.0

    @property
    def strength(self) -> float:
        """Share of independent rows that the rule would turn away, less what it turns away of the real ones."""
        return max(0.0, self.expected - self.exceptions / max(self.rows, 1)) * self.weight


@dataclass(frozen=True)
class Levels:
    """A column seen as categories.

    ``texts`` are conditions such as ``sex = 'F'``, one per level; ``values`` are what stands in a list, empty where a
    level has no value to list (missing; above 0).
    """

    name: str
    code: npt.NDArray[np.int64]
    texts: tuple[str, ...]
    values: tuple[str, ...]
    counts: Counts
    ordered: bool = False

    def among(self, levels: list[int]) -> str:
        """Return the condition that the column is at one of these levels."""
        if len(levels) == 1:
            return self.texts[levels[0]]
        if self.ordered:
            levels = sorted(levels, key=lambda level: float(self.values[level] or "-inf"))
        if all(self.values[level] for level in levels):
            return f"{quote_name(self.name)} in ({', '.join(self.values[level] for level in levels)})"
        return " or ".join(self.texts[level] for level in levels)


def levels_of(table: Table) -> list[Levels]:
    """Return every learned column that can be seen as categories; missing is a level of its own."""
    found = []
    for column in table.columns:
        values = table.frame[column.name]
        if not column.learned:
            continue
        if column.kind.categorical or column.kind is Kind.INTEGER:
            code, distinct = pd.factorize(values, sort=False, use_na_sentinel=False)
            if 2 <= len(distinct) <= (MOST_LEVELS if column.kind.categorical else 100):
                found.append(_levels(column.name, code.astype(np.int64), list(distinct), column.kind is Kind.INTEGER))
                continue
        if column.kind in (Kind.INTEGER, Kind.NUMBER) and (zero := _zero_or_more(column.name, values)) is not None:
            found.append(zero)
        elif values.isna().any() and not values.isna().all():
            found.append(_filled_or_missing(column.name, values))
    return found


def _levels(name: str, code: npt.NDArray[np.int64], distinct: list[Any], numeric: bool) -> Levels:
    texts, values = [], []
    for value in distinct:
        if value is None or pd.isna(value):
            texts.append(f"{quote_name(name)} is null")
            values.append("")
        else:
            values.append(plain(float(str(value))).replace(",", "") if numeric else quote_text(str(value)))
            texts.append(f"{quote_name(name)} = {values[-1]}")
    return Levels(name, code, tuple(texts), tuple(values), np.bincount(code, minlength=len(distinct)), numeric)


def _zero_or_more(name: str, values: pd.Series) -> Levels | None:
    """Return zero / above zero for amounts that are often zero."""
    amount = quantity(values)
    known = amount[np.isfinite(amount)]
    if len(known) < len(amount) or not len(known) or known.min() < 0 or not 0.02 <= np.mean(known == 0) <= 0.98:
        return None
    code = (amount > 0).astype(np.int64)
    texts = (f"{quote_name(name)} = 0", f"{quote_name(name)} > 0")
    return Levels(name, code, texts, ("", ""), np.bincount(code, minlength=2))


def _filled_or_missing(name: str, values: pd.Series) -> Levels:
    code = values.isna().to_numpy().astype(np.int64)
    texts = (f"{quote_name(name)} is not null", f"{quote_name(name)} is null")
    return Levels(name, code, texts, ("", ""), np.bincount(code, minlength=2))


def pair_tables(levels: list[Levels]) -> Iterator[tuple[Levels, Levels, Counts]]:
    """Yield each two columns with their counts, shape (levels of the first, levels of the second)."""
    for first, second in combinations(levels, 2):
        size = (len(first.counts), len(second.counts))
        if size[0] * size[1] <= MOST_CELLS:
            joint = np.bincount(first.code * size[1] + second.code, minlength=size[0] * size[1])
            yield first, second, joint.reshape(size)


def find_combinations(table: Table, pairs: list[tuple[Levels, Levels, Counts]]) -> list[Finding]:
    """Return fixed combinations.

    Columns that one column determines are put together with it in one rule.
    """
    determined: dict[str, list[str]] = {}
    loose: list[tuple[str, ...]] = []
    size = {one.name: len(one.counts) for pair in pairs for one in pair[:2]}
    for first, second, counts in pairs:
        if not _listable(first) or not _listable(second) or not _far_fewer(counts):
            continue
        if _determines(counts):
            determined.setdefault(first.name, []).append(second.name)
        elif _determines(counts.T):
            determined.setdefault(second.name, []).append(first.name)
        else:
            loose.append((first.name, second.name))
    groups: list[tuple[str, ...]] = []
    for name in sorted(determined, key=lambda name: (-len(determined[name]), -size[name])):
        group = (name, *determined[name])
        if not any(set(group) <= set(other) for other in groups):
            groups.append(group)
    groups += [pair for pair in loose if not any(set(pair) <= set(group) for group in groups)]
    return _once([finding for group in groups if (finding := _combination(table, group)) is not None], determined)


def _once(findings: list[Finding], determined: dict[str, list[str]]) -> list[Finding]:
    """Of pairs that say the same of columns that go together anyway (a code and its name) keep the strongest."""
    head = {name: first for first, others in reversed(determined.items()) for name in (first, *others)}
    kept: dict[frozenset[str], Finding] = {}
    for finding in sorted(findings, key=lambda finding: -finding.strength):
        names = finding.rule.columns_used
        heads = frozenset(head.get(name, name) for name in names)
        kept.setdefault(heads if len(heads) > 1 else frozenset(names), finding)
    return list(kept.values())


def _listable(one: Levels) -> bool:
    return any(one.values)


def _far_fewer(counts: Counts) -> bool:
    """Whether many combinations that independence would bring about are absent."""
    rows = counts.sum()
    expected = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / rows
    absent = counts < np.minimum(RARE, np.maximum(expected / 20, 1))
    if counts[absent].sum() > 0.05 * rows or (~absent).sum() > 0.4 * counts.size:
        return False
    sure = expected[absent & (expected >= 5)].sum()
    functional = _determines(counts) or _determines(counts.T)
    return bool(expected[absent].sum() >= 0.15 * rows and (functional or sure >= 0.2 * rows))


def _determines(counts: Counts) -> bool:
    """Whether the first column's value leaves one value for the second, in all but a few rows."""
    often = counts[counts.sum(axis=1) >= 2]
    if not len(often) or often.sum() < 0.8 * counts.sum():
        return False
    others = int((often.sum(axis=1) - often.max(axis=1)).sum())
    return bool(others <= 0.0005 * often.sum() and (counts.max(axis=1) == counts.sum(axis=1)).mean() >= 0.9)


def _combination(table: Table, columns: tuple[str, ...]) -> Finding | None:
    rule = FixedCombinations(columns=columns).fitted(table)
    counts = table.frame.groupby(list(columns), dropna=False, sort=False).size().to_numpy()
    rare = counts[counts < RARE].sum()
    if rare > 0.05 * counts.sum() or rule.combinations is None or len(rule.combinations) > 2_000:
        return None  # it would spell out rare real rows
    exceptions = int(rule.violations(table.frame).sum())
    if exceptions > MOST_RARE * len(table):
        return None
    shuffled = _independent_share(table, rule)
    return Finding(rule, shuffled, len(table), exceptions, len(table))


def _independent_share(table: Table, rule: Constraint) -> float:
    """Return the share of broken rows after each column is shuffled by itself."""
    rng = np.random.default_rng(0)
    rows = min(len(table), 5_000)
    frame = table.frame[list(rule.columns_used)]
    mixed = {name: frame[name].iloc[rng.permutation(len(frame))[:rows]].array for name in frame}
    return float(rule.violations(pd.DataFrame(mixed)).mean())


@dataclass(frozen=True)
class _Link:
    """One column at some levels leaves few levels of another."""

    cause: Levels
    given: tuple[int, ...]
    effect: Levels
    left: tuple[int, ...]
    support: int
    exceptions: int

    @property
    def expected(self) -> float:
        rows = int(self.cause.counts.sum())
        share = self.effect.counts[list(self.left)].sum() / rows
        return float(self.cause.counts[list(self.given)].sum() / rows * (1 - share))

    @property
    def excluded(self) -> frozenset[tuple[str, int, str, int]]:
        """The cells that the link rules out, the same for a link and for its reverse."""
        cells = set()
        for given in self.given:
            for gone in range(len(self.effect.counts)):
                if gone not in self.left:
                    one, other = (self.cause.name, given), (self.effect.name, gone)
                    cells.add((*one, *other) if one < other else (*other, *one))
        return frozenset(cells)


def find_implications(pairs: list[tuple[Levels, Levels, Counts]], groups: list[tuple[str, ...]]) -> list[Finding]:
    """Return implications between categories (and zero / above zero, missing / filled)."""
    links: list[_Link] = []
    covered = {frozenset(two) for group in groups for two in combinations(group, 2)}
    for first, second, counts in pairs:
        if frozenset((first.name, second.name)) in covered:
            continue
        links += _links(first, second, counts)
        links += _links(second, first, counts.T)
    return _joined(_direct(_plainest(_one_per_group(links, groups))))


def _one_per_group(links: list[_Link], groups: list[tuple[str, ...]]) -> list[_Link]:
    """Keep the strongest link between two columns, or groups of columns that go together anyway."""
    group = {name: columns[0] for columns in reversed(groups) for name in columns}
    best: dict[tuple[str, str], _Link] = {}
    for link in links:
        key = (group.get(link.cause.name, link.cause.name), group.get(link.effect.name, link.effect.name))
        if key not in best or link.expected > best[key].expected:
            best[key] = link
    names = {(link.cause.name, link.effect.name) for link in best.values()}
    return [link for link in links if (link.cause.name, link.effect.name) in names]


def _plainest(links: list[_Link]) -> list[_Link]:
    """Of links that rule out the same cells keep one: few values, an equality at the end."""
    excluded = {id(link): link.excluded for link in links}
    plain_first = sorted(links, key=lambda link: len(link.left) + len(link.given))
    plain_first.sort(key=lambda link: -len(excluded[id(link)]))
    seen: dict[frozenset[str], list[frozenset[tuple[str, int, str, int]]]] = {}
    kept = []
    for link in plain_first:
        said = seen.setdefault(frozenset((link.cause.name, link.effect.name)), [])
        if not any(excluded[id(link)] <= other for other in said):
            said.append(excluded[id(link)])
            kept.append(link)
    return kept


_State = tuple[str, frozenset[int]]  # a column at one of some levels


def _direct(links: list[_Link]) -> list[_Link]:
    """Leave out links that follow from a chain of stronger ones (each link also runs backwards, negated)."""
    ways: dict[str, list[tuple[frozenset[int], _State]]] = {}
    kept = []
    for link in sorted(links, key=lambda link: -link.expected):
        start, end = (link.cause.name, frozenset(link.given)), (link.effect.name, frozenset(link.left))
        if not _follows(ways, start, end):
            kept.append(link)
            not_start = frozenset(range(len(link.cause.counts))) - start[1]
            not_end = frozenset(range(len(link.effect.counts))) - end[1]
            ways.setdefault(start[0], []).append((start[1], end))
            ways.setdefault(end[0], []).append((not_end, (start[0], not_start)))
    return kept


def _follows(ways: dict[str, list[tuple[frozenset[int], _State]]], start: _State, end: _State) -> bool:
    waiting, seen = [start], {start}
    while waiting:
        name, levels = waiting.pop()
        if name == end[0] and levels <= end[1]:
            return True
        for given, state in ways.get(name, []):
            if levels <= given and state not in seen:
                seen.add(state)
                waiting.append(state)
    return False


def _links(cause: Levels, effect: Levels, counts: Counts) -> list[_Link]:
    rows = int(counts.sum())
    if cause.ordered and len(cause.counts) > 30:
        return []
    by_left: dict[tuple[int, ...], list[int]] = {}
    for given in np.flatnonzero(counts.sum(axis=1) >= 20):
        row = counts[given]
        total, left = int(row.sum()), np.flatnonzero(row >= RARE)
        share = effect.counts[left].sum() / rows
        exceptions = total - int(row[left].sum())
        if not 1 <= len(left) <= 3 or len(left) > (len(row) + 1) // 2 or share >= 1:
            continue
        sure = -math.log(share) * total >= SURE and total * (1 - share) >= SMALLEST * rows
        if sure and exceptions <= min(NEARLY * total, 0.02 * total * (1 - share)):
            by_left.setdefault(tuple(int(v) for v in left), []).append(int(given))
    links = []
    _join_small(by_left, effect, counts)
    for remaining, givens in by_left.items():
        chosen = sorted(givens, key=lambda given: -int(cause.counts[given]))[:8]
        support = int(counts[chosen].sum())
        links.append(
            _Link(
                cause,
                tuple(chosen),
                effect,
                remaining,
                support,
                support - int(counts[np.ix_(chosen, list(remaining))].sum()),
            )
        )
    return links


def _join_small(by_left: dict[tuple[int, ...], list[int]], effect: Levels, counts: Counts) -> None:
    """Add levels of fewer rows to others with the same consequence, where chance would not bring them there."""
    sums, sure = counts.sum(axis=1), 4.6 + math.log(len(counts))
    for remaining, givens in by_left.items():
        share = effect.counts[list(remaining)].sum() / counts.sum()
        pure = counts[:, list(remaining)].sum(axis=1) == sums
        for given in np.flatnonzero(pure & (sums >= RARE) & (sums * -math.log(share) >= sure)):
            if not any(given in others for others in by_left.values()):
                givens.append(int(given))


def _joined(links: list[_Link]) -> list[Finding]:
    """Return one rule per condition: consequences of the same condition are put together."""
    by_cause: dict[tuple[str, tuple[int, ...]], list[_Link]] = {}
    for link in links:
        by_cause.setdefault((link.cause.name, tuple(sorted(link.given))), []).append(link)
    findings = []
    for group in by_cause.values():
        exact = sorted((link for link in group if not link.exceptions), key=lambda link: -link.expected)[:8]
        parts = [exact] if exact else []
        parts += [[link] for link in group if link.exceptions]
        findings += [_implication(part) for part in parts]
    return findings


def _implication(links: list[_Link]) -> Finding:
    first = links[0]
    rows = int(first.cause.counts.sum())
    texts = [link.effect.among(list(link.left)) for link in links]
    then = " and ".join(f"({text})" if " or " in text and len(texts) > 1 else text for text in texts)
    kept = math.prod(1 - link.expected / max(link.support / rows, 1e-12) for link in links)
    exceptions = max(link.exceptions for link in links)
    rule = Implies(if_=first.cause.among(list(first.given)), then=then, hard=exceptions == 0)
    return Finding(rule, first.support / rows * (1 - kept), first.support, exceptions, rows)


def both_ways(findings: list[Finding]) -> list[Finding]:
    """Return findings with "a missing => b missing" and its converse put together."""
    by_text = {(f.rule.if_, f.rule.then): f for f in findings if isinstance(f.rule, Implies)}
    result: list[Finding] = []
    gone: set[tuple[str, str]] = set()
    for finding in findings:
        rule = finding.rule
        if not isinstance(rule, Implies):
            result.append(finding)
            continue
        key, back = (rule.if_, rule.then), (rule.then, rule.if_)
        other = by_text.get(back)
        if key in gone:
            continue
        if other is not None and key[0].endswith(" is null") and key[1].endswith(" is null"):
            gone.add(back)
            merged = Implies(
                if_=f"{key[0]} or {key[1]}", then=f"{key[0]} and {key[1]}", hard=rule.hard and other.rule.hard
            )
            finding = replace(
                finding,
                rule=merged,
                expected=finding.expected + other.expected,
                exceptions=finding.exceptions + other.exceptions,
            )
        result.append(finding)
    return result
