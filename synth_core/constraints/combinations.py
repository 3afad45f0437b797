"""Rules on which values go together."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations as pairs_of
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from synth_core.constraints.base import STATES, Constraint, Derivation, Encoding, How
from synth_core.constraints.replacing import fresh_name, replaced
from synth_core.constraints.values import as_kind, drawn_into, joint_codes, known_codes, plain_value
from synth_core.table import Column, Kind, Role, Table

RARE = 7  # rows below which values are not named: the codec draws its own limit from 5 to 7
Cell = str | int | float | None
_ROLES = (Role.TARGET, Role.ENTITY, Role.ORDER, Role.SENSITIVE, Role.FEATURE)


def common_rows(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[tuple[Cell, ...], ...]:
    """Return the combinations of at least seven rows; all of them when those cover less than 95 % of the rows."""
    counts = frame.groupby(list(columns), sort=True, dropna=False).size()
    common = counts[counts >= RARE]
    if common.sum() >= 0.95 * counts.sum() and len(common):
        counts = common
    return tuple(tuple(plain_value(v) for v in row) for row in counts.index)


def rows_among(frame: pd.DataFrame, columns: Sequence[str], known: Sequence[Sequence[Cell]]) -> npt.NDArray[np.int64]:
    """Return which of the known combinations each row is, -1 where none. Of equal ones the place of the last."""
    prefix = np.zeros(len(frame), dtype=np.int64)
    wanted = np.zeros(len(known), dtype=np.int64)
    for place, name in enumerate(columns):  # each prefix of columns becomes one number
        column, levels = known_codes(frame[name], [row[place] for row in known])
        pair, wanted_pair = prefix * (len(known) + 1) + column, wanted * (len(known) + 1) + levels
        distinct = np.unique(wanted_pair)
        wanted = np.searchsorted(distinct, wanted_pair)
        at = np.minimum(np.searchsorted(distinct, pair), max(len(distinct) - 1, 0))
        hit = (distinct[at] == pair) & (prefix >= 0) & (column >= 0) if len(distinct) else np.zeros(len(frame), bool)
        prefix = np.where(hit, at, -1)
    row_of = np.full(len(known) + 1, -1, dtype=np.int64)
    row_of[wanted] = np.arange(len(known))
    return row_of[prefix]


class FixedCombinations(Constraint):
    """Values of some columns only occur together as they do in the real rows.

    ``combinations`` None: they are learned by ``fitted``. Combinations of fewer than seven real rows are left out, so
    that a rule file does not spell them out, unless they make up more than a twentieth of the rows.
    """

    title: ClassVar[str] = "Fixed combinations"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "condition", "reject")

    type: Literal["fixed_combinations"] = "fixed_combinations"
    columns: tuple[str, ...] = Field(min_length=2)
    combinations: tuple[tuple[str | int | float | None, ...], ...] | None = None

    @property
    def own_columns(self) -> tuple[str, ...]:
        return self.columns

    def words(self) -> str:
        count = "" if self.combinations is None else f" ({len(self.combinations):,} allowed)"
        return f"{', '.join(self.columns[:-1])} and {self.columns[-1]} occur only in known combinations{count}"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()
        for name in self.columns:
            self.need_kind(table, name, STATES, "a category or a whole number")
        if any(len(row) != len(self.columns) for row in self.combinations or ()):
            raise self.problem(f"every combination needs {len(self.columns)} values, one for each column.")

    def fitted(self, table: Table) -> Self:
        if self.combinations is not None or not set(self.columns) <= set(table.names):
            return self
        rows = common_rows(table.frame[self.applies(table.frame)], self.columns)
        return self.model_copy(update={"combinations": rows})

    def parts(self) -> tuple[Constraint, ...]:
        """Return the pairs of columns: what one of them leaves open to another is known before all are made."""
        if self.combinations is None or len(self.columns) < 3:
            return ()
        found: list[Constraint] = []
        for one, other in pairs_of(range(len(self.columns)), 2):
            rows = tuple(dict.fromkeys((row[one], row[other]) for row in self.combinations))
            pair = {"columns": (self.columns[one], self.columns[other]), "combinations": rows}
            found.append(self.model_copy(update=pair))
        return tuple(found)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        if self.combinations is None:
            raise self.problem("the allowed combinations are not known yet; learn them from the real rows.")
        return self.with_nulls(frame, rows_among(frame, self.columns, self.combinations) < 0)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        broken = np.flatnonzero(self.violations(frame).to_numpy())
        rows = [row for row in self.combinations or () if not any(cell is None for cell in row)]
        if not len(broken) or not rows:
            return frame
        first, levels = known_codes(frame[self.columns[0]].iloc[broken], [row[0] for row in rows])
        chosen = np.array([rng.choice(np.flatnonzero(levels == code)) if code >= 0 else -1 for code in first])
        mended = frame.copy(deep=False)
        for place, name in enumerate(self.columns[1:], 1):
            values = frame[name].astype(object).to_numpy(copy=True)
            values[broken[chosen >= 0]] = np.array([row[place] for row in rows], dtype=object)[chosen[chosen >= 0]]
            mended[name] = pd.Series(values, index=frame.index, dtype=object).astype(frame[name].dtype)
        return mended

    @property
    def repairs(self) -> tuple[str, ...]:
        return self.columns[1:]

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation(self.columns),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn the columns as one joint category."""
        code, levels = joint_codes(table.frame, self.columns)
        rows = [tuple(plain_value(levels[name].iloc[i]) for name in self.columns) for i in range(len(levels))]
        labels = [json.dumps(row, ensure_ascii=False) for row in rows]
        roles = [table.column(name).role for name in self.columns]
        described = Column(
            name=fresh_name(" × ".join(self.columns), table),
            kind=Kind.CATEGORY,
            role=next((role for role in _ROLES if role in roles), Role.FEATURE),
            protect=any(table.column(name).protect for name in self.columns),
        )
        counts = np.bincount(code, minlength=len(labels)).astype(float)
        values = pd.Series(np.array([*labels, None], dtype=object)[:-1][code], dtype=object)
        kinds = tuple(table.column(name).kind for name in self.columns)
        decoder = JointDecoder(described.name, self.columns, kinds, tuple(labels), tuple(rows), tuple(counts))
        return Encoding(replaced(table, self.columns, described, values), decoder)


@dataclass(frozen=True)
class JointDecoder:
    """Splits a joint category into its columns."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    labels: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    counts: tuple[float, ...]

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        places = {label: place for place, label in enumerate(self.labels)}
        codes, levels = pd.factorize(frame[self.name], use_na_sentinel=False)
        at = np.array([places.get(level, -1) for level in levels], dtype=np.int64)[codes] if len(levels) else codes
        unknown = np.flatnonzero(at < 0)
        if len(unknown) and self.labels:
            # An engine may answer with a state of its own ("other"); such a row takes a combination by its share.
            share = np.array(self.counts) / sum(self.counts)
            at = at.copy()
            at[unknown] = np.random.default_rng(len(frame)).choice(len(self.labels), len(unknown), p=share)
        result = frame.drop(columns=self.name)
        for place, (name, kind) in enumerate(zip(self.columns, self.kinds, strict=True)):
            values = np.array([*(row[place] for row in self.rows), None], dtype=object)
            result[name] = as_kind(pd.Series(values[at], index=frame.index, dtype=object), kind)
        return result


class ForbiddenCombinations(Constraint):
    """Some combinations of values never occur."""

    title: ClassVar[str] = "Forbidden combinations"
    ways: ClassVar[tuple[How, ...]] = ("repair", "condition", "reject")

    type: Literal["forbidden_combinations"] = "forbidden_combinations"
    columns: tuple[str, ...] = Field(min_length=2)
    combinations: tuple[tuple[Cell, ...], ...] = Field(min_length=1)

    @property
    def own_columns(self) -> tuple[str, ...]:
        return self.columns

    def words(self) -> str:
        names = f"{', '.join(self.columns[:-1])} and {self.columns[-1]}"
        if len(self.combinations) > 1:
            return f"{names} never occur in {len(self.combinations):,} forbidden combinations"
        return (
            f"{names} are never {', '.join('missing' if cell is None else str(cell) for cell in self.combinations[0])}"
        )

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()
        for name in self.columns:
            self.need_kind(table, name, STATES, "a category or a whole number")
        if any(len(row) != len(self.columns) for row in self.combinations):
            raise self.problem(f"every combination needs {len(self.columns)} values, one for each column.")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        asked = [
            name for place, name in enumerate(self.columns) if all(row[place] is not None for row in self.combinations)
        ]
        return self.with_nulls(frame, rows_among(frame, self.columns, self.combinations) >= 0, asked)

    @property
    def repairs(self) -> tuple[str, ...]:
        return self.columns[-1:]

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Draw the last column anew from rows that keep the rule."""
        name = self.columns[-1]
        for _ in range(10):
            broken = self.violations(frame).to_numpy()
            if not broken.any() or broken.all():
                return frame
            frame = frame.assign(**{name: drawn_into(frame[name], broken, frame[name][~broken], rng)})
        return frame
