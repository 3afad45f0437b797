"""Edge rows: good rows with one thing changed, each tagged with what was changed, every tag checked by the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from synth_core.constraints.base import Constraint
from synth_core.identifiers import key_of
from synth_core.source_types import to_arrow
from synth_core.table import Column
from synth_core.testdata.broken import broken_rows, mended, nullable, with_cells
from synth_core.testdata.cases import EDGE_TITLES, Case, ColumnFacts, Edges, cases_of, facts_of

CASE_COLUMN = "simile_case"
TRIES = 25  # good rows that a case is tried on, so that its row breaks no rule
CELLS = ("boundary", "unicode", "longest", "dates", "nulls", "out_of_range", "wrong_type")


@dataclass(frozen=True)
class Ground:
    """What edge rows are made of.

    Attributes
    ----------
    keys, unique
        Columns whose cells belong to the row's number, and those of them that never repeat.
    good
        The first ordinary rows, in canonical form.
    orphans
        Per referring column: what gives keys that no row of the other table has.
    """

    columns: tuple[Column, ...]
    rules: tuple[Constraint, ...]
    keys: tuple[str, ...]
    unique: tuple[str, ...]
    good: pd.DataFrame
    orphans: Mapping[str, Callable[[int], list[Any]]] = field(default_factory=dict)

    @property
    def facts(self) -> dict[str, ColumnFacts]:
        """What every column allows."""
        return facts_of(self.columns, self.live_rules, self.good, self.keys)

    @property
    def live_rules(self) -> list[Constraint]:
        """The rules that are switched on and speak of columns that are there."""
        names = {column.name for column in self.columns}
        return [rule for rule in self.rules if rule.enabled and set(rule.columns_used) <= names]


def possible(ground: Ground) -> dict[str, int]:
    """Return how many different cases there are of each kind."""
    found = {kind: len(cases) for kind, cases in cases_of(ground.facts).items()}
    return found | {"broken": len(ground.live_rules) + len(ground.orphans), "duplicate": len(ground.unique)}


def counts_of(edges: Edges, ground: Ground) -> dict[str, int]:
    """Return how many rows of each kind will be made; none of a kind that has no case here."""
    found = possible(ground)
    asked = edges.model_dump()
    return {kind: (n if asked[kind] is None else min(asked[kind], 100_000) if n else 0) for kind, n in found.items()}


@dataclass
class EdgeRows:
    """Edge rows in canonical form, a tag for each, and texts that stand where they do not belong.

    ``texts``: per column the row positions and what is written there; ``marked``: the columns that each tag speaks of.
    """

    frame: pd.DataFrame
    tags: list[str]
    texts: dict[str, dict[int, str]] = field(default_factory=dict)
    marked: list[tuple[str, ...]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def arrow(self, columns: Sequence[Column], case_column: str) -> Iterator[pa.Table]:
        """Yield the rows in the types of the source: first all that fit them, then those with texts in wrong places."""
        odd = sorted({place for cells in self.texts.values() for place in cells})
        fit = np.setdiff1d(np.arange(len(self.frame)), odd)
        if len(fit):
            yield self._part(fit, columns, case_column)
        if odd:
            whole = self._part(np.array(odd), columns, case_column)
            for name, cells in self.texts.items():
                place = whole.column_names.index(name)
                kept = whole.column(name).cast(pa.string()).to_pylist()
                said = [cells.get(row, kept[at]) for at, row in enumerate(odd)]
                whole = whole.set_column(place, name, pa.array(said, pa.string()))
            yield whole

    def _part(self, rows: npt.NDArray[np.intp], columns: Sequence[Column], case_column: str) -> pa.Table:
        arrow = to_arrow(self.frame.iloc[rows].reset_index(drop=True), columns)
        return arrow.append_column(case_column, pa.array([self.tags[row] for row in rows], pa.string()))


def edge_rows(edges: Edges, ground: Ground, bases: pd.DataFrame, *, seed: int) -> EdgeRows:
    """Return the rows that are asked for, made from ``bases``: ordinary rows with keys of their own, one for each.

    A tag says the kind, the case and the column, and after a bar what else the row breaks.
    """
    with np.errstate(over="ignore", invalid="ignore"):  # the largest numbers that there are
        return _edge_rows(edges, ground, bases, seed)


def _edge_rows(edges: Edges, ground: Ground, bases: pd.DataFrame, seed: int) -> EdgeRows:
    counts, facts = counts_of(edges, ground), ground.facts
    cases = cases_of(facts)
    bases = nullable(bases, ground.columns).reset_index(drop=True)
    chosen = [cases[kind][n % len(cases[kind])] for kind in CELLS for n in range(counts[kind])]
    made = _changed(chosen, ground, facts, bases)
    rest = bases.iloc[len(chosen) :] if len(bases) > len(chosen) else bases
    extra = _Extra(ground, facts, rest.reset_index(drop=True), seed)
    extra.broken(counts["broken"])
    extra.duplicates(counts["duplicate"])
    frame = pd.concat([part for part in (made.frame, *extra.parts) if len(part)] or [bases.head(0)], ignore_index=True)
    return EdgeRows(
        frame[list(bases.columns)], made.tags + extra.tags, made.texts, made.marked + extra.marked, extra.notes
    )


def _changed(cases: Sequence[Case], ground: Ground, facts: Mapping[str, ColumnFacts], bases: pd.DataFrame) -> EdgeRows:
    """Return a row for each case, on a base where it breaks no rule that it does not mean to break."""
    if not cases:
        return EdgeRows(bases.head(0), [])
    rules = [rule for rule in ground.live_rules if rule.row_wise]
    own = np.arange(len(cases)) % len(bases)
    best = _set(cases, bases, facts, rules)
    breaks = _unmeant(cases, best, rules)
    for turn in range(1, TRIES):
        left = np.flatnonzero(breaks.any(axis=0))
        if not len(left):
            break
        other = bases.iloc[(own[left] + 7 * turn) % len(bases)].reset_index(drop=True)
        kept = list(ground.keys)
        other[kept] = bases[kept].iloc[own[left]].reset_index(drop=True)
        few = [cases[place] for place in left]
        frame = _set(few, other, facts, rules, along=_beside(few, breaks[:, left], rules, facts) if turn == 1 else None)
        found = _unmeant(few, frame, rules)
        better = np.flatnonzero(found.sum(axis=0) < breaks[:, left].sum(axis=0))
        for name in frame.columns:
            cells = best[name].copy()
            cells.iloc[left[better]] = frame[name].iloc[better].array
            best[name] = cells
        breaks[:, left[better]] = found[:, better]
    tags = [
        _tag(case.tag, [rule.sentence() for at, rule in enumerate(rules) if breaks[at, place]])
        for place, case in enumerate(cases)
    ]
    texts: dict[str, dict[int, str]] = {}
    for place, case in enumerate(cases):
        if case.kind == "wrong_type":
            texts.setdefault(case.column, {})[place] = str(case.value)
    return EdgeRows(best, tags, texts, [(case.column,) for case in cases])


def _set(
    cases: Sequence[Case],
    bases: pd.DataFrame,
    facts: Mapping[str, ColumnFacts],
    rules: Sequence[Constraint],
    along: Sequence[Sequence[str]] | None = None,
) -> pd.DataFrame:
    """Return a row per case with its cell set (and in ``along`` further columns), formulas computed again."""
    frame = bases.iloc[np.arange(len(cases)) % len(bases)].reset_index(drop=True)
    places: dict[str, list[int]] = {}
    for place, case in enumerate(cases):
        if case.kind != "wrong_type":
            for name in (case.column, *(along[place] if along else ())):
                places.setdefault(name, []).append(place)
    for name, here in places.items():
        cells = frame[name].tolist()
        for place in here:
            cells[place] = cases[place].value
        frame = with_cells(frame, facts[name].column, cells)
    kept = {name: np.isin(np.arange(len(cases)), here) for name, here in places.items()}
    return mended(frame, rules, kept)


def _unmeant(cases: Sequence[Case], frame: pd.DataFrame, rules: Sequence[Constraint]) -> npt.NDArray[np.bool_]:
    """Return per rule which rows break it without meaning to: beyond a bound, its column's own rules are meant."""
    found = np.zeros((len(rules), len(cases)), dtype=bool)
    columns = np.array([case.column if case.kind == "out_of_range" else "" for case in cases], dtype=object)
    for at, rule in enumerate(rules):
        meant = columns == rule.own_columns[0] if len(rule.own_columns) == 1 else np.zeros(len(cases), dtype=bool)
        found[at] = rule.violations(frame).to_numpy(dtype=bool) & ~meant
    return found


def _beside(
    cases: Sequence[Case], breaks: npt.NDArray[np.bool_], rules: Sequence[Constraint], facts: Mapping[str, ColumnFacts]
) -> list[list[str]]:
    """Return per case the columns of the same kind that broken rules tie it to: set alike, most rules hold."""
    found: list[list[str]] = []
    for place, case in enumerate(cases):
        kind = facts[case.column].column.kind
        tied = [name for at in np.flatnonzero(breaks[:, place]) for name in rules[at].columns_used]
        same = [
            n for n in tied if n != case.column and n in facts and facts[n].column.kind is kind and not facts[n].key
        ]
        found.append(list(dict.fromkeys(same)))
    return found


def _tag(tag: str, also: Sequence[str]) -> str:
    return f"{tag} | also breaks: {'; '.join(also)}" if also else tag


class _Extra:
    """Rows that break rules and keys, each on a base of its own."""

    def __init__(self, ground: Ground, facts: dict[str, ColumnFacts], bases: pd.DataFrame, seed: int) -> None:
        self.ground, self.facts, self.bases, self.seed = ground, facts, bases, seed
        self.parts: list[pd.DataFrame] = []
        self.tags: list[str] = []
        self.marked: list[tuple[str, ...]] = []
        self.notes: list[str] = []

    def _own(self, rows: pd.DataFrame, changed: Sequence[str]) -> pd.DataFrame:
        """Return the rows with keys of their own in the key columns that were not changed."""
        begin = len(self.tags)
        places = np.arange(begin, begin + len(rows)) % max(len(self.bases), 1)
        kept = [name for name in self.ground.keys if name not in changed]
        rows = rows.reset_index(drop=True)
        rows[kept] = self.bases[kept].iloc[places].reset_index(drop=True)
        return rows

    def broken(self, count: int) -> None:
        """Add rows that break a rule each, in turn over the rules and the references."""
        rules, orphans = self.ground.live_rules, self.ground.orphans
        if not count:
            return
        kinds = len(rules) + len(orphans)
        keeping = self._good(rules)
        varied = self._varied(keeping)
        for place, rule in enumerate(rules):
            share = ceil((count - place) / kinds)
            if share <= 0:
                break
            rows, also = broken_rows(
                rule,
                rules,
                keeping,
                varied,
                self.facts,
                count=share,
                seed=key_of(self.seed, "broken", place) % 2**32,
            )
            if not len(rows):
                self.notes.append(f"One row alone cannot break the rule '{rule.sentence()}'; no row was made for it.")
                continue
            repeat = np.arange(share) % len(rows)
            rows = self._own(rows.iloc[repeat], rule.columns_used)
            self.parts.append(rows)
            self.tags += [_tag(f"broken: {rule.sentence()}", [also[at]] if also[at] else []) for at in repeat]
            self.marked += [rule.own_columns] * share
        for place, (name, keys) in enumerate(orphans.items(), len(rules)):
            share = ceil((count - place) / kinds)
            if share > 0:
                rows = self._bases(share)
                self.parts.append(with_cells(rows, self.facts[name].column, keys(share)))
                self.tags += [f"broken: refers to no row: {name}"] * share
                self.marked += [(name,)] * share

    def _good(self, rules: Sequence[Constraint]) -> pd.DataFrame:
        """Return the first ordinary rows that keep all rules (soft rules are broken by some)."""
        frame = nullable(self.ground.good, self.ground.columns)
        keeps = np.ones(len(frame), dtype=bool)
        for rule in rules:
            keeps &= ~rule.violations(frame).to_numpy(dtype=bool)
        return frame[keeps].reset_index(drop=True) if keeps.any() else frame

    def _varied(self, keeping: pd.DataFrame) -> pd.DataFrame:
        """Return the bases, and the good rows with keys of bases: the more there are, the more rules can be broken."""
        keys = list(self.ground.keys)
        more = keeping.copy()
        more[keys] = self.bases[keys].iloc[np.arange(len(more)) % len(self.bases)].reset_index(drop=True)
        return pd.concat([self.bases, more], ignore_index=True)

    def _bases(self, count: int) -> pd.DataFrame:
        begin = len(self.tags)
        return self.bases.iloc[np.arange(begin, begin + count) % max(len(self.bases), 1)].reset_index(drop=True)

    def duplicates(self, count: int) -> None:
        """Add rows with the key of an ordinary row."""
        names = self.ground.unique
        for place, name in enumerate(names):
            share = ceil((count - place) / len(names))
            if share > 0:
                rows = self._bases(share)
                other = self.ground.good[name].iloc[np.arange(share) % len(self.ground.good)].tolist()
                self.parts.append(with_cells(rows, self.facts[name].column, other))
                self.tags += [f"duplicate: key of another row: {name}"] * share
                self.marked += [(name,)] * share


def edge_total(counts: Mapping[str, int]) -> int:
    """Return how many rows that is in all."""
    return sum(counts.get(kind, 0) for kind in EDGE_TITLES)
