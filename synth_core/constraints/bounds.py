"""Rules that hold a column against written bounds."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import field_validator

from synth_core.constraints.base import ORDERED, Constraint, How
from synth_core.constraints.expression_nodes import DATE_WORDS, WORDS, plain
from synth_core.constraints.values import as_kind, decimals, quantity
from synth_core.errors import ConstraintError
from synth_core.table import Kind, Table


def bound_from(value: Any) -> int | float | str | None:
    """Return a bound as it is written in a rule: a number, or a date as text; None is open."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, date):
        return value.isoformat().removesuffix("T00:00:00")
    if isinstance(value, str):
        return _bound_from_text(value)
    return value if np.isfinite(value) else None


class Bounded(Constraint):
    """What rules on one column and written bounds have in common."""

    ways: ClassVar[tuple[How, ...]] = ("repair", "condition", "reject")

    column: str

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def ends(self) -> tuple[int | float | str | None, int | float | str | None]:
        """Return both bounds as they are written; None where open."""
        raise NotImplementedError

    @property
    def strict(self) -> bool:
        """Whether the bounds themselves are excluded."""
        raise NotImplementedError

    def bounds(self) -> tuple[float, float]:
        """Return both bounds as numbers (dates as seconds since 1970), infinite where open."""
        low, high = self.ends()
        return _seconds(low, -np.inf), _seconds(high, np.inf)

    def check(self, table: Table) -> None:
        super().check(table)
        column = self.need_kind(table, self.column, ORDERED, "a number or a date")
        if self.ends() == (None, None):
            raise self.problem("give a lower bound, an upper bound, or both.")
        for bound in self.ends():
            if bound is not None and isinstance(bound, str) != (column.kind is Kind.DATETIME):
                needed = "a date such as 2024-01-31" if column.kind is Kind.DATETIME else "a number"
                raise self.problem(
                    f"the bound {bound} must be {needed}, because '{column.name}' is read as {column.kind.in_words}."
                )

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        values, (low, high) = quantity(frame[self.column]), self.bounds()
        with np.errstate(invalid="ignore"):
            outside = (values <= low) | (values >= high) if self.strict else (values < low) | (values > high)
        return self.with_nulls(frame, outside)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Move values outside to the nearest value inside."""
        values, (low, high) = frame[self.column], self.bounds()
        kind, step = kind_and_step(values)
        if self.strict:
            low, high = low + step, high - step
        if kind is Kind.INTEGER:
            low, high = np.ceil(low), np.floor(high)
        clipped = np.clip(quantity(values), low, high) if low <= high else quantity(values)
        changed = self.violations(frame).to_numpy() & np.isfinite(clipped)
        return frame.assign(**{self.column: values.mask(changed, as_kind(clipped, kind, frame.index))})


class ScalarRange(Bounded):
    """A number or a date lies between two bounds; None is open, dates are written as 2024-01-31."""

    title: ClassVar[str] = "Range"

    type: Literal["scalar_range"] = "scalar_range"
    low_value: int | float | str | None = None
    high_value: int | float | str | None = None
    strict_boundaries: bool = False

    @property
    def strict(self) -> bool:
        return self.strict_boundaries

    @field_validator("low_value", "high_value", mode="before")
    @classmethod
    def _bound(cls, value: Any) -> Any:
        return bound_from(value)

    def ends(self) -> tuple[int | float | str | None, int | float | str | None]:
        return self.low_value, self.high_value

    def words(self) -> str:
        low, high = (b if isinstance(b, str) or b is None else plain(b) for b in (self.low_value, self.high_value))
        if low is not None and high is not None:
            return f"{self.column} is between {low} and {high}{', both excluded' if self.strict_boundaries else ''}"
        if low is not None:
            return f"{self.column} is {'above' if self.strict_boundaries else 'at least'} {low}"
        if high is not None:
            return f"{self.column} is {'below' if self.strict_boundaries else 'at most'} {high}"
        return f"{self.column} is in an open range"


class ScalarInequality(Bounded):
    """A number or a date is above, or below, a written value; dates are written as 2024-01-31."""

    title: ClassVar[str] = "One bound"

    type: Literal["scalar_inequality"] = "scalar_inequality"
    relation: Literal[">", ">=", "<", "<="]
    value: int | float | str

    @field_validator("value", mode="before")
    @classmethod
    def _bound(cls, value: Any) -> Any:
        return bound_from(value)

    @property
    def strict(self) -> bool:
        return self.relation in (">", "<")

    def ends(self) -> tuple[int | float | str | None, int | float | str | None]:
        return (self.value, None) if self.relation in (">", ">=") else (None, self.value)

    def words(self) -> str:
        value = self.value if isinstance(self.value, str) else plain(self.value)
        return f"{self.column} {(DATE_WORDS if isinstance(self.value, str) else WORDS)[self.relation]} {value}"


def _bound_from_text(value: str) -> float | int | str | None:
    text = value.strip()
    if not text:
        return None
    try:
        number = float(text)
        return int(number) if number.is_integer() and "." not in text else number
    except ValueError:
        pass
    try:
        return pd.Timestamp(text).isoformat().removesuffix("T00:00:00")
    except ValueError:
        raise ConstraintError(f"The bound '{text}' is neither a number nor a date such as 2024-01-31.") from None


def _seconds(bound: float | str | None, open_end: float) -> float:
    if bound is None:
        return open_end
    return pd.Timestamp(bound).timestamp() if isinstance(bound, str) else float(bound)


def kind_and_step(values: pd.Series) -> tuple[Kind, float]:
    """Return the kind that a dtype stands for and the smallest step between its values."""
    if values.dtype == object:
        return Kind.CATEGORY, 0.0
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        seconds = quantity(values)
        known = seconds[np.isfinite(seconds)]
        return Kind.DATETIME, 86_400.0 if np.all(known % 86_400 == 0) else 1.0
    if pd.api.types.is_integer_dtype(values.dtype):
        return Kind.INTEGER, 1.0
    places = decimals(quantity(values))
    return Kind.NUMBER, 10.0**-places if places is not None else 1e-9
