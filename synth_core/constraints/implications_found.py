"""Implications found in pairs of columns: one column at some levels leaves few levels of another."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np

from synth_core.constraints.combinations import RARE
from synth_core.constraints.evidence import NEARLY, SMALLEST, SURE, Counts, Finding, Levels
from synth_core.constraints.kinds import Implies


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
