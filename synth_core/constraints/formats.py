"""Rules on how values are written: on a grid, with so many decimals, in a form."""

from __future__ import annotations

from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, field_validator, model_validator

from synth_core.constraints.base import AMOUNTS, Constraint, Derivation, Encoding, How
from synth_core.constraints.bounds import kind_and_step
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.regexes import check_pattern, matches
from synth_core.constraints.values import Floats, as_kind, drawn_into, quantity
from synth_core.errors import ConstraintError
from synth_core.table import Kind, Table


class _OnGrid(Constraint):
    """Numbers that are whole multiples of a step."""

    recomputes: ClassVar[bool] = True
    ways: ClassVar[tuple[How, ...]] = ("repair", "transform", "condition", "reject")

    column: str

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def nearest(self, values: Floats) -> Floats:
        """Return the nearest numbers that keep the rule."""
        raise NotImplementedError

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_kind(table, self.column, AMOUNTS, "a number")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        values = quantity(frame[self.column])
        with np.errstate(invalid="ignore", over="ignore"):
            off = np.abs(values - self.nearest(values)) > 1e-9 * np.maximum(1, np.abs(values))
        return self.with_nulls(frame, off)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Round the broken values."""
        broken, values = self.violations(frame).to_numpy(), frame[self.column]
        if not broken.any():
            return frame
        rounded = as_kind(self.nearest(quantity(values)), kind_and_step(values)[0], frame.index)
        return frame.assign(**{self.column: values.mask(broken, rounded)})

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation((self.column,)),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn the column as it is; values are rounded after sampling."""
        return Encoding(table, Rounded(self))


class Rounded:
    """Rounds a column to the grid of its rule."""

    def __init__(self, rule: _OnGrid) -> None:
        self.rule = rule

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        return self.rule.repair(frame, np.random.default_rng(0))


class Increment(_OnGrid):
    """A number is a whole multiple of a step, such as 50."""

    title: ClassVar[str] = "Steps"

    type: Literal["increment"] = "increment"
    increment_value: float = Field(gt=0)

    def words(self) -> str:
        return f"{self.column} is a multiple of {plain(self.increment_value)}"

    def nearest(self, values: Floats) -> Floats:
        step = self.increment_value
        # A step below 1 is divided by as its inverse where that is whole: 3 * 0.1 is not 0.3.
        inverse = 1 / step
        if inverse > 1 and abs(inverse - round(inverse)) < 1e-9:
            return np.asarray(np.round(values * round(inverse)) / round(inverse), dtype=np.float64)
        return np.asarray(np.round(values / step) * step, dtype=np.float64)


class Precision(_OnGrid):
    """A number has at most so many decimals."""

    title: ClassVar[str] = "Decimals"

    type: Literal["precision"] = "precision"
    decimals: int = Field(ge=0, le=12)

    def words(self) -> str:
        if not self.decimals:
            return f"{self.column} is a whole number"
        return f"{self.column} has at most {self.decimals} decimal{'s' if self.decimals > 1 else ''}"

    def nearest(self, values: Floats) -> Floats:
        return np.asarray(np.round(values, self.decimals), dtype=np.float64)


class Format(Constraint):
    """Text has a form: a pattern (``regex``, for the whole cell), a date form (``strftime``), a length.

    Patterns are those of RE2: without look-around and back-references, so that every one ends.
    """

    title: ClassVar[str] = "Form of text"
    recomputes: ClassVar[bool] = True
    ways: ClassVar[tuple[How, ...]] = ("repair", "condition", "reject")

    type: Literal["format"] = "format"
    column: str
    regex: str | None = None
    strftime: str | None = None
    min_length: int | None = Field(default=None, ge=0)
    max_length: int | None = Field(default=None, ge=0)

    @field_validator("regex")
    @classmethod
    def _readable(cls, value: str | None) -> str | None:
        if value is not None:
            check_pattern(value)
        return value

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        low, high = self.min_length, self.max_length
        if self.regex is None and self.strftime is None and low is None and high is None:
            raise ConstraintError("A rule 'format' needs a regex, a strftime form, a min_length or a max_length.")
        if low is not None and high is not None and low > high:
            raise ConstraintError(f"No text has at least {low} and at most {high} characters.")
        if self.strftime is not None and "%" not in self.strftime:
            raise ConstraintError(f"'{self.strftime}' is not a date form; write one such as %Y-%m-%d.")
        return self

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def words(self) -> str:
        parts = []
        if self.regex is not None:
            shown = self.regex if len(self.regex) <= 60 else self.regex[:57] + "..."
            parts.append(f"looks like {shown}")
        if self.strftime is not None:
            parts.append(f"is a date written as {self.strftime}")
        if self.min_length is not None and self.min_length == self.max_length:
            parts.append(f"has {self.min_length} characters")
        elif self.min_length is not None or self.max_length is not None:
            low = None if self.min_length is None else f"at least {self.min_length}"
            high = None if self.max_length is None else f"at most {self.max_length}"
            parts.append(f"has {' and '.join(end for end in (low, high) if end)} characters")
        return f"{self.column} {' and '.join(parts)}"

    def check(self, table: Table) -> None:
        super().check(table)
        kinds = (Kind.CATEGORY, Kind.BOOLEAN, Kind.TEXT, Kind.IDENTIFIER)
        self.need_kind(table, self.column, kinds, "text")

    def _fits(self, values: pd.Series) -> npt.NDArray[np.bool_]:
        codes, levels = pd.factorize(values)
        texts = pd.Series([str(level) for level in levels], dtype=object)
        fine = np.ones(len(texts), dtype=bool)
        if self.regex is not None:
            fine &= matches(texts, self.regex)
        if self.strftime is not None:
            fine &= pd.to_datetime(texts, format=self.strftime, errors="coerce").notna().to_numpy(dtype=bool)
        lengths = texts.str.len().to_numpy(dtype=np.float64, na_value=0)
        if self.min_length is not None:
            fine &= lengths >= self.min_length
        if self.max_length is not None:
            fine &= lengths <= self.max_length
        return np.asarray(np.append(fine, False)[codes], dtype=bool)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return self.with_nulls(frame, ~self._fits(frame[self.column]))

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Draw other texts from the rows that keep the rule."""
        broken, values = self.violations(frame).to_numpy(), frame[self.column]
        return frame.assign(**{self.column: drawn_into(values, broken, values[~broken].dropna(), rng)})
