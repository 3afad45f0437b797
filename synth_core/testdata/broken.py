"""Rows that break exactly one rule, looked for among small changes of good rows and checked by the rules themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.table import Column, Kind
from synth_core.testdata.cases import ColumnFacts

BASES = (24, 1_500)  # good rows that are changed: some, then many
MOST_HITS = 4_000  # rows that break the rule and are held against the others
MOST_TRIED = 150  # of them, where rows must be judged one by one
PAIRS = 1_500  # rows with two changed cells, where one is not enough
COMPUTED = ("formula", "sum_equals", "increment", "precision")  # rules by which a row can be mended by itself
LEARNED = ("fixed_combinations", "functional_dependency")
CONTEXT = 200  # rows beside the broken one, for rules that look at several


def with_cells(frame: pd.DataFrame, column: Column, cells: Sequence[Any]) -> pd.DataFrame:
    """Return ``frame`` with one column replaced by these cells, in canonical form."""
    return frame.assign(**{column.name: canonical(cells, column, frame.index)})


def canonical(cells: Sequence[Any], column: Column, index: pd.Index) -> pd.Series:
    """Return cells with the dtype that the column's kind has in a table (whole numbers with gaps allowed)."""
    if column.kind is Kind.INTEGER:
        return pd.Series([pd.NA if _empty(cell) else int(cell) for cell in cells], index=index, dtype="Int64")
    if column.kind is Kind.NUMBER:
        return pd.Series([np.nan if _empty(cell) else float(cell) for cell in cells], index=index, dtype=np.float64)
    if column.kind is Kind.DATETIME:
        return pd.Series([pd.NaT if _empty(cell) else pd.Timestamp(cell) for cell in cells], index=index).astype(
            "datetime64[ns]"
        )
    return pd.Series([None if _empty(cell) else str(cell) for cell in cells], index=index, dtype=object)


def _empty(cell: Any) -> bool:
    return cell is None or cell is pd.NA or cell is pd.NaT or (isinstance(cell, float) and cell != cell)


def nullable(frame: pd.DataFrame, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the frame with whole numbers in a dtype that may have gaps."""
    whole = {column.name: frame[column.name].astype("Int64") for column in columns if column.kind is Kind.INTEGER}
    return frame.assign(**whole)


def broken_rows(
    rule: Constraint,
    rules: Sequence[Constraint],
    good: pd.DataFrame,
    bases: pd.DataFrame,
    facts: dict[str, ColumnFacts],
    *,
    count: int,
    seed: int,
) -> tuple[pd.DataFrame, list[str]]:
    """Return up to ``count`` rows that break ``rule``, and what else each of them breaks ("" where nothing).

    No rows: one row alone cannot break this rule.

    Parameters
    ----------
    good
        Ordinary rows that keep all rules, in the order of the table.
    bases
        Rows like them with keys of their own: these are changed.
    """
    rng = np.random.default_rng(seed)
    others = [other for other in rules if other.id != rule.id]
    found: list[tuple[pd.DataFrame, list[list[str]]]] = []
    for turn in range(3):
        if turn < 2:
            tried = _changed(rule, good, bases, facts, rng, BASES[turn])
        else:
            tried = _changed_twice(rule, good, bases, facts, rng)
        tried = mended(tried, others, {name: np.ones(len(tried), dtype=bool) for name in rule.columns_used})
        hit = tried[_breaks(rule, tried, good)]
        hit = hit.iloc[rng.permutation(len(hit))[:MOST_HITS]].reset_index(drop=True)
        if not len(hit):
            continue
        also: list[list[str]] = [[] for _ in range(len(hit))]
        for other in others:
            for place in np.flatnonzero(_breaks(other, hit, good)):
                also[place].append(other.sentence())
        found.append((hit, also))
        if not all(also):
            break
    if not found:
        return good.head(0), []
    hit, also = found[-1]
    best = sorted(range(len(hit)), key=lambda place: len(also[place]))
    alone = [place for place in best if not also[place]] or best[:1]
    return hit.iloc[alone[:count]].reset_index(drop=True), ["; ".join(also[place]) for place in alone[:count]]


def mended(frame: pd.DataFrame, rules: Sequence[Constraint], kept: Mapping[str, npt.NDArray[np.bool_]]) -> pd.DataFrame:
    """Return the rows with what formulas and sums say computed again, where that changes no cell of ``kept``.

    ``kept``: per column the rows whose cell must stay.
    """
    for rule in rules:
        if rule.type not in COMPUTED or not len(frame):
            continue
        again = rule.repair(frame, np.random.default_rng(0))
        free = np.ones(len(frame), dtype=bool)
        changed = [name for name in rule.columns_used if again[name] is not frame[name]]
        for name in changed:
            same = (again[name] == frame[name]).fillna(False) | (again[name].isna() & frame[name].isna())
            free &= same.to_numpy(dtype=bool) | ~kept.get(name, np.zeros(len(frame), dtype=bool))
        frame = frame.assign(**{name: frame[name].where(~free, again[name]) for name in changed})
    return frame


def _breaks(rule: Constraint, tried: pd.DataFrame, good: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which of the rows break a rule; one that looks at several rows is asked about each after good ones."""
    if rule.row_wise:
        return rule.violations(tried).to_numpy(dtype=bool)
    if rule.type == "unique" and rule.when is None:
        names = list(rule.columns_used)
        known = pd.MultiIndex.from_frame(good[names].astype(object))
        again = pd.MultiIndex.from_frame(tried[names].astype(object)).isin(known)
        return again & ~tried[names].isna().any(axis=1).to_numpy(dtype=bool)
    context = good.head(CONTEXT)
    before = int(rule.violations(context).sum())
    found = np.zeros(len(tried), dtype=bool)
    for place in range(min(len(tried), MOST_TRIED)):
        together = pd.concat([context, tried.iloc[[place]]], ignore_index=True)
        broken = rule.violations(together).to_numpy(dtype=bool)
        found[place] = bool(broken[-1]) if rule.type == "unique" else int(broken.sum()) > before
    return found


def _changed(
    rule: Constraint,
    good: pd.DataFrame,
    bases: pd.DataFrame,
    facts: dict[str, ColumnFacts],
    rng: np.random.Generator,
    most: int,
) -> pd.DataFrame:
    """Return rows with one cell changed (for a key over several columns: with the key of another row)."""
    names = [name for name in rule.columns_used if name in facts]
    few = bases.iloc[rng.permutation(len(bases))[: most if rule.row_wise else 3]].reset_index(drop=True)
    if rule.type == "unique":
        other = good.iloc[rng.integers(0, len(good), len(few))].reset_index(drop=True)
        return few.assign(**{name: other[name] for name in names})
    parts = []
    for name in names:
        values = _values(rule, facts[name], good[name], rng)
        values = values if rule.row_wise else values[:12]
        repeated = few.iloc[np.tile(np.arange(len(few)), len(values))].reset_index(drop=True)
        parts.append(with_cells(repeated, facts[name].column, [v for v in values for _ in range(len(few))]))
    return pd.concat(parts, ignore_index=True) if parts else good.head(0)


def _changed_twice(
    rule: Constraint,
    good: pd.DataFrame,
    bases: pd.DataFrame,
    facts: dict[str, ColumnFacts],
    rng: np.random.Generator,
) -> pd.DataFrame:
    """Return rows with two cells changed."""
    names = [name for name in rule.columns_used if name in facts]
    if len(names) < 2 or not rule.row_wise:
        return good.head(0)
    tried = bases.iloc[rng.integers(0, len(bases), PAIRS)].reset_index(drop=True)
    cells = {name: tried[name].tolist() for name in names}
    choices = {name: _values(rule, facts[name], good[name], rng) for name in names}
    for place in range(PAIRS):
        for name in rng.choice(names, 2, replace=False):
            cells[name][place] = choices[name][int(rng.integers(len(choices[name])))]
    for name in names:
        tried = with_cells(tried, facts[name].column, cells[name])
    return tried


def _values(rule: Constraint, one: ColumnFacts, seen: pd.Series, rng: np.random.Generator) -> list[Any]:
    """Return cells that may break a rule: those it names, one step beside them, other rows', none, and wild ones."""
    column, literals = one.column, _literals(rule)
    known = seen.dropna()
    found: list[Any] = known.sample(min(8, len(known)), random_state=rng).tolist()
    found += known.drop_duplicates().head(8).tolist()
    if column.kind.numeric:
        marks = [*literals, *(end for end in (one.low, one.high) if end is not None)]
        wanted: list[float] = []
        for mark in marks:
            if (number := _as_number(mark, column)) is not None:
                wanted += [number, number - one.step, number + one.step]
        numbers = known.astype("int64") / 1e9 if column.kind is Kind.DATETIME else known.astype(np.float64)
        if len(numbers):
            low, high = float(numbers.min()), float(numbers.max())
            spread = max(high - low, one.step)
            wanted += [low - one.step, high + one.step, low - spread, high + spread, high + 10 * spread, 0.0, -1.0]
        wanted += [number + 0.001 for number in wanted[:3]] if column.kind is Kind.NUMBER else []
        found += [one.cell(number) for number in wanted if abs(number) < 9e9 or column.kind is not Kind.DATETIME]
    else:
        words = [str(mark) for mark in literals]
        found += [*words, "not-in-the-list", "", "x" * ((one.longest or 20) + 1), "?"]
    distinct: dict[Any, None] = dict.fromkeys(cell for cell in found if can_hold(column, cell))
    return [*distinct, None]


def can_hold(column: Column, cell: Any) -> bool:
    """Return whether a cell can be written in the type of the source: a category kept as numbers holds no words."""
    if column.kind.numeric or column.storage == "string":
        return True
    if column.storage == "boolean":
        return str(cell).lower() in ("true", "false")
    return (
        column.storage != "datetime"
        and re.fullmatch(r"-?\d{1,15}(\.\d+)?", str(cell)) is not None
        and (column.storage == "number" or "." not in str(cell))
    )


def _as_number(mark: Any, column: Column) -> float | None:
    if column.kind is Kind.DATETIME:
        stamp = pd.to_datetime(str(mark), errors="coerce") if isinstance(mark, str) else pd.NaT
        if pd.isna(stamp):
            return float(mark) if isinstance(mark, float) and abs(mark) < 9e9 else None
        return float(stamp.value / 1e9)
    try:
        number = float(mark)
    except (TypeError, ValueError):
        return None
    return number if abs(number) < 1e18 else None


def _literals(rule: Constraint) -> list[Any]:
    """Return the numbers and words that a rule names."""
    found: list[Any] = []

    def gather(value: Any) -> None:
        if isinstance(value, str):
            found.append(value)
            found.extend(word.strip("'\"") for word in re.findall(r"'[^']*'|\"[^\"]*\"", value))
            found.extend(float(number) for number in re.findall(r"(?<![\w-])-?\d+(?:\.\d+)?(?![\w-])", value))
            found.extend(re.findall(r"\d{4}-\d{2}-\d{2}", value))
        elif isinstance(value, int | float) and not isinstance(value, bool):
            found.append(value)
        elif isinstance(value, dict):
            for key, inner in value.items():
                gather(key)
                gather(inner)
        elif isinstance(value, list | tuple):
            for inner in value[:40]:
                gather(inner)

    if rule.type in LEARNED:  # what they name comes from real rows
        return found
    own = type(rule).model_fields.keys() - Constraint.model_fields.keys()
    for name in (*sorted(own), "when"):
        gather(getattr(rule, name, None))
    return found[:80]
