"""Rules on missing cells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, field_validator

from synth_core.constraints.base import Constraint, Derivation, Encoding, How, Unchanged
from synth_core.constraints.expressions import parse_condition
from synth_core.constraints.values import as_kind, drawn_into
from synth_core.table import Column, Table


class NotNull(Constraint):
    """A column has no missing cells."""

    title: ClassVar[str] = "Not empty"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "condition", "reject")

    type: Literal["not_null"] = "not_null"
    column: str

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def words(self) -> str:
        return f"{self.column} is never missing"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        empty = frame[self.column].isna().to_numpy(dtype=bool) & self.applies(frame)
        return pd.Series(empty, index=frame.index, dtype=bool)

    def encode(self, table: Table, derivation: Any = None) -> Encoding:
        """Learn the rows where the column is filled."""
        filled = table.frame[self.column].notna().to_numpy()
        kept = table.rows(filled) if not filled.all() else table
        column = table.column(self.column)
        frame = kept.frame.assign(**{self.column: as_kind(kept.frame[self.column], column.kind)})
        described = kept.with_columns([column.model_copy(update={"nullable": False})])
        return Encoding(replace(described, frame=frame), Unchanged())

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Fill missing cells with values drawn from the filled ones."""
        broken, values = self.violations(frame).to_numpy(), frame[self.column]
        known = values[values.notna()]
        return frame.assign(**{self.column: drawn_into(values, broken, known, rng)})


class NullTogether(Constraint):
    """Some columns are missing in the same rows, or in none."""

    title: ClassVar[str] = "Missing together"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "condition", "reject")

    type: Literal["null_together"] = "null_together"
    columns: tuple[str, ...] = Field(min_length=2)

    @property
    def own_columns(self) -> tuple[str, ...]:
        return self.columns

    def words(self) -> str:
        return f"{', '.join(self.columns[:-1])} and {self.columns[-1]} are missing in the same rows"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        empty = frame[list(self.columns)].isna().to_numpy(dtype=bool)
        return pd.Series(empty.any(axis=1) & ~empty.all(axis=1) & self.applies(frame), index=frame.index, dtype=bool)

    def parts(self) -> tuple[Constraint, ...]:
        """Return the first column with each other one, where there are several."""
        others = self.columns[1:] if len(self.columns) > 2 else ()
        return tuple(self.model_copy(update={"columns": (self.columns[0], other)}) for other in others)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Empty the other cells of a row in which one of them is missing."""
        broken = self.violations(frame).to_numpy()
        if not broken.any():
            return frame
        return frame.assign(**{name: emptied(frame[name], broken) for name in self.columns})

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation(self.columns[1:], self.columns[:1]),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn where the first column is missing; the others are learned as always filled."""
        rng = np.random.default_rng(0)
        empty = table.frame[self.columns[0]].isna().to_numpy(dtype=bool)
        changed: dict[str, pd.Series] = {}
        described: list[Column] = []
        for name in self.columns[1:]:
            column, values = table.column(name), table.frame[name]
            filled = drawn_into(values, empty, values[~empty], rng)
            if len(filled) and not filled.isna().any():
                changed[name] = as_kind(filled, column.kind)
                described.append(column.model_copy(update={"nullable": False}))
        encoded = replace(table.with_columns(described), frame=table.frame.assign(**changed))
        return Encoding(encoded, TogetherDecoder(self.columns[0], self.columns[1:]))


@dataclass(frozen=True)
class TogetherDecoder:
    """Empties the cells of a row in which the first column is missing."""

    first: str
    others: tuple[str, ...]

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        empty = frame[self.first].isna().to_numpy(dtype=bool)
        broken = empty.copy()
        for name in self.others:  # an engine that leaves gaps of its own: then the whole row has none of them
            broken |= frame[name].isna().to_numpy(dtype=bool)
        changed = {name: emptied(frame[name], broken) for name in self.others}
        if (broken & ~empty).any():
            changed[self.first] = emptied(frame[self.first], broken)
        return frame.assign(**changed)


class NullIf(Constraint):
    """A column is missing wherever a condition holds (``when``, which this rule must have)."""

    title: ClassVar[str] = "Missing if"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "condition", "reject")

    type: Literal["null_if"] = "null_if"
    column: str
    when: str

    @field_validator("when")
    @classmethod
    def _readable_when(cls, value: str | None) -> str | None:
        parse_condition(value or "")
        return value

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def sentence(self) -> str:
        return f"{self.column} is missing where {parse_condition(self.when).sentence()}"

    def check(self, table: Table) -> None:
        super().check(table)
        if self.column in parse_condition(self.when).columns:
            raise self.problem("the condition asks about the column itself; choose another one.")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        broken = frame[self.column].notna().to_numpy(dtype=bool) & self.applies(frame)
        return pd.Series(broken, index=frame.index, dtype=bool)

    def ways_for(self, table: Table) -> tuple[How, ...]:
        return self.ways

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Empty the cells that must be missing."""
        broken = self.violations(frame).to_numpy()
        return frame.assign(**{self.column: emptied(frame[self.column], broken)}) if broken.any() else frame

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation((self.column,), tuple(n for n in self.columns_used if n != self.column)),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn the table as it is; the cells are emptied after sampling."""
        return Encoding(table, EmptyIf(self.column, self.when))


@dataclass(frozen=True)
class EmptyIf:
    """Empties a column where a condition holds."""

    column: str
    when: str

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        gone = parse_condition(self.when).holds(frame).to_numpy(dtype=bool)
        return frame.assign(**{self.column: emptied(frame[self.column], gone)}) if gone.any() else frame


def emptied(values: pd.Series, rows: npt.NDArray[np.bool_]) -> pd.Series:
    """Return a column with the cells of some rows made missing, in the canonical dtype."""
    if not rows.any():
        return values
    if values.dtype == object:
        return values.mask(rows, None)
    return (values.astype("Int64") if values.dtype.kind in "iu" else values).mask(rows)
