"""The rule that a column is computed from others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from synth_core.constraints.base import ORDERED, Constraint, Derivation, Encoding, How
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.expressions import parse_expression
from synth_core.constraints.replacing import replaced
from synth_core.constraints.values import Floats, as_kind, decimals, quantity
from synth_core.table import Kind, Table


class Formula(Constraint):
    """A number or a date follows from other columns, such as ``bmi = weight / (height * height)``.

    Where the expression has no result (a missing cell, a division by zero) the row counts as not known.
    """

    title: ClassVar[str] = "Formula"
    recomputes: ClassVar[bool] = True
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "reject")

    type: Literal["formula"] = "formula"
    output: str
    expression: str
    tolerance: float = Field(default=0.0, ge=0)

    @field_validator("expression")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_expression(value)
        return value

    @property
    def inputs(self) -> tuple[str, ...]:
        """Names of the columns that the expression reads."""
        return parse_expression(self.expression).columns

    @property
    def own_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((self.output, *self.inputs)))

    def words(self) -> str:
        within = f" (within {plain(self.tolerance)})" if self.tolerance else ""
        return f"{self.output} equals {parse_expression(self.expression).sentence()}{within}"

    def check(self, table: Table) -> None:
        parsed = parse_expression(self.expression, table.columns)
        super().check(table)
        if not self.inputs:
            raise self.problem("the formula names no column; for a fixed value use allowed_values.")
        if self.output in self.inputs:
            raise self.problem(f"'{self.output}' is computed from itself; take it out of the formula.")
        column = self.need_kind(table, self.output, ORDERED, "a number or a date")
        found = parsed.evaluate(table.frame.head(0))
        if (found.dtype.kind == "M") != (column.kind is Kind.DATETIME) or found.dtype.kind not in "fiM":
            result = {"M": "a date", "b": "a comparison", "O": "text"}.get(found.dtype.kind, "a number")
            raise self.problem(f"the formula gives {result}, but '{column.name}' is read as {column.kind.in_words}.")
        if len(table) and (never := self._computed(table.frame)) is not None and np.isnan(never).all():
            inputs = list(self.inputs)
            if table.frame[inputs].notna().all(axis=1).any():
                raise self.problem("the formula has no result in any row: it divides by zero.")

    def undefined(self, frame: pd.DataFrame) -> int:
        """Return in how many rows the formula has no result though no cell is missing: it divides by zero."""
        known = frame[list(self.inputs)].notna().all(axis=1).to_numpy(dtype=bool)
        return int((np.isnan(self._computed(frame)) & known & self.applies(frame)).sum())

    def _computed(self, frame: pd.DataFrame) -> Floats:
        """Return the result of the expression (dates: seconds since 1970), NaN where it has none."""
        return quantity(parse_expression(self.expression).evaluate(frame))

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        found, wanted = quantity(frame[self.output]), self._computed(frame)
        with np.errstate(invalid="ignore"):
            noise = 1e-9 * np.maximum(1, np.abs(wanted))
            broken = np.abs(found - wanted) > self.tolerance + noise
        unknown = np.isnan(wanted) & frame[self.output].notna().to_numpy(dtype=bool)
        if self.on_null == "violates":
            broken = broken | unknown
        return self.with_nulls(frame, np.asarray(broken, dtype=bool))

    def ways_for(self, table: Table) -> tuple[How, ...]:
        ways = super().ways_for(table)
        if "transform" not in ways or not set(self.columns_used) <= set(table.names) or not len(table):
            return ways
        # A column that is left out comes back wherever the formula has a result, exact to its decimals or not at all.
        same = np.isnan(self._computed(table.frame)) == table.frame[self.output].isna().to_numpy(dtype=bool)
        return ways if same.all() else tuple(way for way in ways if way != "transform")

    @property
    def repairs(self) -> tuple[str, ...]:
        return (self.output,)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Compute the broken cells."""
        broken, found = self.violations(frame).to_numpy(), self._computed(frame)
        broken &= ~np.isnan(found)
        if not broken.any():
            return frame
        values = frame[self.output]
        kind = Kind.DATETIME if values.dtype.kind == "M" else Kind.NUMBER if values.dtype.kind == "f" else Kind.INTEGER
        mended = np.where(broken, found, quantity(values))
        return frame.assign(**{self.output: as_kind(mended, kind, frame.index)})

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation((self.output,), self.inputs),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Leave the column out; it is computed after sampling."""
        column = table.column(self.output)
        places = decimals(quantity(table.frame[self.output])) if column.kind is Kind.NUMBER else None
        decoder = FormulaDecoder(self.output, self.expression, column.kind, places, self.tolerance)
        return Encoding(replaced(table, (self.output,), None, None), decoder)


@dataclass(frozen=True)
class FormulaDecoder:
    """Computes a column from its expression, with the decimals that it had where the rule's tolerance allows."""

    output: str
    expression: str
    kind: Kind
    places: int | None
    tolerance: float

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        found = quantity(parse_expression(self.expression).evaluate(frame))
        if self.places is not None:
            rounded = np.round(found, self.places)
            near = np.abs(rounded - found) <= self.tolerance + 1e-9 * np.maximum(1, np.abs(found))
            found = np.where(near, rounded, found)
        return frame.assign(**{self.output: as_kind(found, self.kind, frame.index)})
