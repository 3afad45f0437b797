"""Rows of a schema, each a pure function of the seed, the key phrase and its number.

So parts can be made in any order and of any size, and row 17 has the same keys whether 20 rows are made or 20 million.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import Formula
from synth_core.errors import InfeasibleError
from synth_core.identifiers import WholeNumbers, key_of, mix, permute, uniform
from synth_core.regenerate.filling import Filling
from synth_core.table import Table
from synth_core.testdata.made_up import plan_of
from synth_core.testdata.patterns import forms_of
from synth_core.testdata.schema import ColumnSpec, TableSpec

Numbers = npt.NDArray[np.uint64]
Floats = npt.NDArray[np.float64]
ROUNDS = 60  # a row that breaks a rule is tried again; keys stay
COMPUTED = ("formula", "sum_equals", "increment", "precision")  # rules that a row by itself can be mended by
_WORDS = (
    "amber", "angle", "apple", "arrow", "autumn", "basket", "beacon", "birch", "blue", "bridge", "bright", "brook",
    "candle", "cedar", "chair", "circle", "clear", "cloud", "copper", "corner", "cotton", "door", "early", "east",
    "feather", "field", "fine", "flint", "forest", "garden", "glass", "green", "harbour", "hill", "ink", "iron",
    "island", "key", "lamp", "late", "leaf", "light", "linen", "little", "long", "maple", "meadow", "mild", "morning",
    "mountain", "new", "north", "note", "oak", "orange", "paper", "path", "pearl", "plain", "quiet", "rain", "river",
    "road", "round", "salt", "sand", "shore", "silver", "slow", "small", "snow", "south", "spring", "square", "stone",
    "street", "summer", "table", "tall", "thread", "tower", "valley", "warm", "water", "west", "white", "wind",
    "window", "winter", "wood", "yellow",
)  # fmt: skip


def root_of(phrase: str, seed: int) -> int:
    """Return the number that all keys of a generation come from: HMAC-SHA256 of the seed under the key phrase."""
    digest = hmac.new(phrase.encode(), f"simile test data {seed}".encode(), hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "little")


def bucket(numbers: Numbers, key: int, size: int) -> Numbers:
    """Return which of ``size`` rows each number refers to; when ``size`` grows, few references move.

    Notes
    -----
    Jump consistent hashing (Lamping and Veach 2014): growing from n to m moves a share of 1 - n/m, all to new rows.
    """
    state = mix(numbers, key)
    chosen = np.zeros(len(numbers), dtype=np.int64)
    upcoming = np.zeros(len(numbers), dtype=np.int64)
    moving = np.arange(len(numbers))
    while len(moving):
        chosen[moving] = upcoming[moving]
        state[moving] = state[moving] * np.uint64(2862933555777941757) + np.uint64(1)
        share = ((state[moving] >> np.uint64(33)) + np.uint64(1)).astype(np.float64)
        upcoming[moving] = ((chosen[moving] + 1) * (2.0**31 / share)).astype(np.int64)
        moving = moving[upcoming[moving] < size]
    return chosen.astype(np.uint64)


@dataclass(frozen=True)
class SchemaRows:
    """The rows of one table of a schema.

    Attributes
    ----------
    root
        What :func:`root_of` gives for the whole generation.
    parents
        The tables that this one refers to, by name.
    sizes
        Ordinary rows of every table, by name.
    """

    spec: TableSpec
    root: int = 0
    parents: Mapping[str, SchemaRows] = field(default_factory=dict)
    sizes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def without_parents(cls, spec: TableSpec) -> SchemaRows:
        """Return rows of a table by itself, its references as keys of nobody: enough to check rules on."""
        from dataclasses import replace

        alone = [replace(column, references=None) for column in spec.columns]
        return cls(TableSpec(spec.name, tuple(alone), (), spec.rows))

    def sample_table(self, rows: int = 20) -> Table:
        """Return a few rows as a table, rules not kept."""
        frame = self._drawn(np.arange(rows, dtype=np.uint64), 0)
        return Table(frame, tuple(column.column for column in self.spec.columns), self.spec.name)

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns whose cells depend on the row's number alone."""
        return tuple(column.name for column in self.spec.columns if column.keyed)

    def frame(self, first_row: int, rows: int) -> pd.DataFrame:
        """Return rows in canonical form, every rule of the table kept.

        Raises
        ------
        InfeasibleError
            Some row cannot keep a rule.
        """
        numbers = np.arange(first_row, first_row + rows, dtype=np.uint64)
        frame = self._mended(self._drawn(numbers, 0))
        if not self.spec.rules:
            return frame
        left = np.flatnonzero(self._broken(frame))
        attempt = 0
        while len(left):
            attempt += 1
            if attempt > ROUNDS:
                raise self._infeasible(frame, left, rows)
            again = self._mended(self._drawn(numbers[left], attempt))
            for name in frame.columns:
                values = frame[name].copy()
                values.iloc[left] = again[name].array
                frame[name] = values
            left = left[self._broken(again)]
        return frame

    def key_cells(self, name: str, numbers: Numbers) -> pd.Series:
        """Return the cells of a key column in these rows (numbers from 0)."""
        spec = self.spec.column(name)
        return self._column(spec, numbers, 0)

    def _drawn(self, numbers: Numbers, attempt: int) -> pd.DataFrame:
        columns: dict[str, pd.Series] = {}
        personal = self._people(numbers)
        for spec in self.spec.columns:
            if spec.name in personal and spec.references is None:
                values = personal[spec.name]
            else:
                values = self._column(spec, numbers, 0 if spec.keyed else attempt)
            if spec.nulls:
                # first with the cells that are empty anyway: else rules would change how many there are
                turn = 0 if spec.keyed or attempt < ROUNDS // 2 else attempt
                empty = uniform(numbers, self._key(spec, "empty", turn)) < spec.nulls
                values = (
                    values.astype("Int64").mask(empty) if spec.column.kind == "integer" else _without(values, empty)
                )
            columns[spec.name] = values
        return pd.DataFrame(columns)

    def _key(self, spec: ColumnSpec, purpose: str = "", attempt: int = 0) -> int:
        return key_of(self.root, self.spec.name, spec.name, purpose, attempt)

    @cached_property
    def _plans(self) -> dict[str, list[Any]]:
        plans: dict[str, list[Any]] = {}
        for spec in self.spec.columns:
            if spec.personal and spec.personal != "date_of_birth" and spec.references is None:
                plans.setdefault(spec.locale, []).append(plan_of(spec))
        return plans

    def _people(self, numbers: Numbers, only: str = "") -> dict[str, pd.Series]:
        """Return the personal columns; those of one locale are about the same person (names, e-mail)."""
        made: dict[str, pd.Series] = {}
        for locale, plans in self._plans.items():
            if not only or any(plan.column.name == only for plan in plans):
                seed = key_of(self.root, self.spec.name, "person")
                made |= Filling(plans, locale, numbers, seed).columns(pd.RangeIndex(len(numbers)))
        return made

    def _column(self, spec: ColumnSpec, numbers: Numbers, attempt: int) -> pd.Series:
        key = self._key(spec, "value", attempt)
        if spec.references is not None:
            return self._referred(spec, numbers, key)
        if spec.personal and spec.personal != "date_of_birth":
            return self._people(numbers, spec.name)[spec.name]
        if spec.kind in ("category", "boolean"):
            words = dict(spec.categories) or {"True": 0.5, "False": 0.5}
            ends = np.cumsum(list(words.values()))[:-1]
            drawn = np.searchsorted(ends, uniform(numbers, key), side="right")
            return pd.Series(np.array(list(words), dtype=object)[drawn], dtype=object)
        if spec.form:
            return pd.Series(forms_of(spec.form).write(numbers, key, unique=spec.unique), dtype=object)
        if spec.kind == "identifier":
            texts = WholeNumbers(10**9, 10**10 - 1).write(numbers, key).astype("U20").astype(object)
            return pd.Series(texts, dtype=object)
        if spec.kind == "text":
            return pd.Series(_sentences(numbers, key, spec.max_length or 60), dtype=object)
        return self._quantity(spec, numbers, key)

    def _referred(self, spec: ColumnSpec, numbers: Numbers, key: int) -> pd.Series:
        assert spec.references is not None
        table, column = spec.references
        size = self.sizes[table]
        chosen = permute(numbers, size, key) if spec.unique else bucket(numbers, key, size)
        distinct, back = np.unique(chosen, return_inverse=True)
        cells = self.parents[table].key_cells(column, distinct)
        return cells.iloc[back].reset_index(drop=True)

    def _quantity(self, spec: ColumnSpec, numbers: Numbers, key: int) -> pd.Series:
        low, high = spec.bounds
        if spec.distribution == "sequence":
            return pd.Series(int(low if spec.low is not None else 1) + numbers.astype(np.int64))
        step = 86_400 if spec.column.format else 1
        if spec.kind == "number":
            values = np.round(_drawn_between(spec, low, high, uniform(numbers, key)), spec.decimals)
            return pd.Series(np.clip(values, low, high))
        size = (int(high) - int(low)) // step + 1
        if spec.unique:
            steps = permute(numbers, size, key).astype(np.int64)
        elif spec.distribution == "uniform":
            steps = (mix(numbers, key) % np.uint64(size)).astype(np.int64)
        else:
            drawn = _drawn_between(spec, low, high, uniform(numbers, key))
            steps = np.clip(np.round((drawn - low) / step), 0, size - 1).astype(np.int64)
        whole = int(low) + steps * step
        if spec.kind == "integer":
            return pd.Series(whole)
        return pd.Series(whole.astype("datetime64[s]").astype("datetime64[ns]"))

    def _mended(self, frame: pd.DataFrame) -> pd.DataFrame:
        for rule in self.spec.rules:
            if rule.type in COMPUTED and rule.enabled and rule.hard:
                frame = rule.repair(frame, np.random.default_rng(0))
                if isinstance(rule, Formula):
                    frame = self._rounded(frame, rule)
        return frame

    def _rounded(self, frame: pd.DataFrame, rule: Formula) -> pd.DataFrame:
        """Round what a formula gave to the column's decimals, where the formula still holds then."""
        spec = self.spec.column(rule.output)
        if spec.kind != "number":
            return frame
        rounded = frame.assign(**{rule.output: frame[rule.output].round(spec.decimals)})
        off = rule.violations(rounded)
        return frame.assign(**{rule.output: rounded[rule.output].where(~off, frame[rule.output])})

    @property
    def _kept(self) -> list[Constraint]:
        return [rule for rule in self.spec.rules if rule.enabled and rule.hard]

    def _broken(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        broken = np.zeros(len(frame), dtype=bool)
        for rule in self._kept:
            broken |= rule.violations(frame).to_numpy(dtype=bool)
        return broken

    def _infeasible(self, frame: pd.DataFrame, left: npt.NDArray[np.intp], rows: int) -> InfeasibleError:
        rest = frame.iloc[left]
        worst = max(self._kept, key=lambda rule: int(rule.violations(rest).sum()))
        return InfeasibleError(
            f"{len(left):,} of {rows:,} rows of table '{self.spec.name}' still break a rule after {ROUNDS} tries, most "
            f"of them '{worst.sentence()}'. Narrow the ranges of its columns, or loosen the rule."
        )


def _without(values: pd.Series, empty: npt.NDArray[np.bool_]) -> pd.Series:
    if values.dtype == object:
        cells = values.to_numpy(dtype=object, copy=True)
        cells[empty] = None
        return pd.Series(cells, dtype=object)
    return values.mask(empty)


def _drawn_between(spec: ColumnSpec, low: float, high: float, shares: Floats) -> Floats:
    """Return numbers of the column's distribution, cut off at its bounds (by inverting the distribution)."""
    from scipy.special import ndtr, ndtri

    if spec.distribution == "uniform":
        return low + shares * (high - low)
    ends = np.array([low, high])
    if spec.distribution == "lognormal":
        smallest = max(low, min(1e-3, high / 1e6))
        ends = np.log([smallest, high])
    mean = ends.mean() if spec.mean is None else spec.mean
    sd = (ends[1] - ends[0]) / 6 if spec.sd is None else spec.sd
    if sd <= 0:
        return np.full(len(shares), low)
    first, last = ndtr((ends - mean) / sd)
    drawn = mean + sd * ndtri(np.clip(first + shares * (last - first), 1e-300, 1 - 1e-16))
    drawn = np.clip(np.where(np.isfinite(drawn), drawn, ends[0]), ends[0], ends[1])
    return np.exp(drawn) if spec.distribution == "lognormal" else drawn


def _sentences(numbers: Numbers, key: int, longest: int) -> npt.NDArray[np.object_]:
    """Return two to eight plain words per row, cut to ``longest`` characters."""
    words = np.array(_WORDS, dtype=object)
    count = 2 + (mix(numbers, key) % np.uint64(7)).astype(np.int64)
    text = words[mix(numbers, key_of(key, 0)) % np.uint64(len(words))]
    for place in range(1, 8):
        more = words[mix(numbers, key_of(key, place)) % np.uint64(len(words))]
        text = np.where(count > place, text + " " + more, text)
    return np.array([one[:longest].rstrip() for one in text.tolist()], dtype=object)


def rows_of(tables: Sequence[TableSpec], root: int) -> list[SchemaRows]:
    """Return the rows of every table of a schema, parents first."""
    sizes = {table.name: table.rows for table in tables}
    done: dict[str, SchemaRows] = {}
    for table in tables:
        done[table.name] = SchemaRows(table, root, dict(done), sizes)
    return list(done.values())
