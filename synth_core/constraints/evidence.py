"""Finding rules between categories: combinations and implications, from counts of pairs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.combinations import RARE
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.expressions import quote_name, quote_text
from synth_core.constraints.kinds import FixedCombinations
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
