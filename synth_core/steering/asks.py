"""What a recipe asks of the output: conditions, shares, counts of a class, and rows of which some columns are given."""

from __future__ import annotations

import math
from typing import ClassVar, Literal

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator

from synth_core.constraints.base import Constraint, How
from synth_core.constraints.expressions import parse_condition, quote_name
from synth_core.errors import InputError
from synth_core.table import Column, Kind, Table

Test = Literal["is", "one of", "between", "at least", "at most"]
Way = Literal["auto", "prescribe", "draw"]
_VERBS = {"is": "is", "one of": "is", "between": "is between", "at least": "is at least", "at most": "is at most"}
_NUMBER_TESTS = ("between", "at least", "at most")


class Ask(BaseModel):
    """One condition on one column, such as ``age`` at least 65.

    Attributes
    ----------
    values
        As words: one for "is", "at least" and "at most", two for "between", any number for "one of". Dates are written
        2024-01-31.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    column: str
    test: Test
    values: tuple[str, ...] = Field(min_length=1)

    def expression(self, column: Column) -> str:
        """Return the condition as an expression.

        >>> Ask(column="age", test="at least", values=("65",)).expression(Column(name="age", kind=Kind.INTEGER))
        'age >= 65'
        """
        if self.test in _NUMBER_TESTS and not column.kind.numeric:
            raise InputError(
                f"'{self.column}' is {column.kind.in_words}, and '{self.test}' needs a number or a date. Use 'is' or "
                "'one of'."
            )
        wanted = {"between": 2, "one of": len(self.values)}.get(self.test, 1)
        if len(self.values) != wanted:
            raise InputError(
                f"The condition on '{self.column}' needs {wanted} value{'s' if wanted > 1 else ''} for '{self.test}', "
                f"not {len(self.values)}."
            )
        name, values = quote_name(self.column), [self._literal(value, column) for value in self.values]
        if self.test == "between":
            return f"{name} between {values[0]} and {values[1]}"
        if self.test == "one of":
            return f"{name} in ({', '.join(values)})"
        return f"{name} {({'is': '=', 'at least': '>=', 'at most': '<='})[self.test]} {values[0]}"

    def words(self) -> str:
        """Return the condition in words, for any kind of column.

        >>> Ask(column="age", test="between", values=("18", "65")).words()
        'age is between 18 and 65'
        """
        joined = f"{self.values[0]} and {self.values[-1]}" if self.test == "between" else " or ".join(self.values)
        return f"{self.column} {_VERBS[self.test]} {joined}"

    def _literal(self, value: str, column: Column) -> str:
        if not column.kind.numeric:
            return "'" + value.replace("'", "''") + "'"
        try:
            if column.kind is Kind.DATETIME:
                return _moment(value)
            if math.isfinite(number := float(value)):
                return format(number, ".17g")
            raise ValueError(value)
        except ValueError:
            what = "a date such as 2024-01-31" if column.kind is Kind.DATETIME else "a number"
            raise InputError(f"The condition on '{self.column}' needs {what}, not '{value}'.") from None


def _moment(value: str) -> str:
    """Return a date as expressions have it: ValueError for words such as "today", and for zones, which tables lack."""
    found = pd.Timestamp(value) if any(sign.isdigit() for sign in value) else pd.NaT
    if pd.isna(found) or found.tzinfo is not None:
        raise ValueError(value)
    return str(found)


class Given(BaseModel):
    """Rows of which some columns are given: their names, how many rows there are, and a hash of the cells.

    The cells themselves stay out of the recipe, which goes with every file of a release. ``note``: what whoever reads
    the result should know about them, such as that they are a what-if.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    columns: tuple[str, ...] = Field(min_length=1)
    rows: int = Field(ge=1)
    fingerprint: str
    note: str = ""


class Steering(BaseModel):
    """What a recipe asks of its rows.

    Attributes
    ----------
    conditions, where
        What every row keeps: conditions on single columns, and an expression (``"age >= 65 and sex = 'F'"``).
    shares
        Target shares of up to two columns: ``{"sex": {"F": 0.5, "M": 0.5}}``. Categories that are not named keep their
        proportions among the rest.
    make
        Rows of each category of one column: ``{"fraud": {"1": 10000}}``. These are all rows of the release.
    given
        Rows of which some columns are given; row i of the release completes row i modulo their number.
    way
        "auto" prescribes values where the engine can and that costs no quality; "prescribe" always does where it can;
        "draw" draws and keeps what fits.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    conditions: tuple[Ask, ...] = ()
    where: str = ""
    shares: dict[str, dict[str, float]] = Field(default_factory=dict)
    make: dict[str, dict[str, int]] = Field(default_factory=dict)
    given: Given | None = None
    way: Way = "auto"

    @field_validator("make")
    @classmethod
    def _counted(cls, value: dict[str, dict[str, int]]) -> dict[str, dict[str, int]]:
        if len(value) > 1:
            raise ValueError("rows can be made for the categories of one column only")
        for counts in value.values():
            if not counts or min(counts.values()) < 0 or not sum(counts.values()):
                raise ValueError("the rows of each category must be whole numbers from 0, and together at least 1")
        return value

    @property
    def asked(self) -> bool:
        """Whether anything is asked."""
        return bool(self.conditions or self.where or self.shares or self.make or self.given)

    @property
    def rows(self) -> int | None:
        """How many rows ``make`` asks for in all; None without it."""
        return sum(next(iter(self.make.values())).values()) if self.make else None

    @property
    def wanted_shares(self) -> dict[str, dict[str, float]]:
        """The shares, those that ``make`` comes to included."""
        total = self.rows or 1
        counted = {name: {level: rows / total for level, rows in counts.items()} for name, counts in self.make.items()}
        return {**self.shares, **counted}

    def check(self, rows: int) -> None:
        """Raise InputError when parts of it do not go together, or with this number of rows."""
        if self.given is not None and (self.conditions or self.where or self.shares or self.make):
            raise InputError(
                "Given rows cannot be combined with conditions, shares or counts: put the wanted values into the "
                "given rows."
            )
        if set(self.make) & set(self.shares):
            raise InputError(f"'{next(iter(self.make))}' has both shares and counts; leave one of them out.")
        if self.rows is not None and self.rows != rows:
            raise InputError(
                f"The counts asked for add up to {self.rows:,} rows, and the recipe makes {rows:,}. Make them equal."
            )

    def expressions(self, table: Table) -> list[str]:
        """Return what every row keeps, one expression per condition."""
        asked = [ask.expression(table.column(ask.column)) for ask in self.conditions]
        return [*asked, *([self.where] if self.where else [])]

    def sentences(self) -> list[str]:
        """Return what is asked in words, one sentence each."""
        told = [f"Every row: {ask.words()}." for ask in self.conditions]
        told += [f"Every row: {self.where}."] if self.where else []
        for name, levels in self.shares.items():
            told.append(
                f"{name} is set to {', '.join(f'{level} {100 * share:.0f} %' for level, share in levels.items())}."
            )
        for name, counts in self.make.items():
            told.append(f"{', '.join(f'{rows:,} rows of {name} = {level}' for level, rows in counts.items())}.")
        if self.given is not None:
            told.append(f"{self.given.rows:,} rows with given {', '.join(self.given.columns)} are completed.")
            told += [self.given.note] if self.given.note else []
        return told


class Condition(Constraint):
    """An expression that every synthetic row keeps."""

    ways: ClassVar[tuple[How, ...]] = ("reject",)
    title: ClassVar[str] = "Condition"

    type: Literal["condition"] = "condition"
    expression: str

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Names of the columns that the condition reads."""
        return tuple(parse_condition(self.expression).columns)

    def words(self) -> str:
        """Return the condition in words."""
        return f"the condition: {parse_condition(self.expression).sentence()}"

    def check(self, table: Table) -> None:
        """Raise ConstraintError when the expression does not fit the table."""
        parse_condition(self.expression, table.columns)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return True for each row outside the condition."""
        return ~parse_condition(self.expression).holds(frame)


def parse_shares(text: str) -> dict[str, dict[str, float]]:
    """Return the shares written as ``column=category:share,category:share``.

    >>> parse_shares("sex=F:0.5,M:0.5")
    {'sex': {'F': 0.5, 'M': 0.5}}
    """
    return _parsed(text, "share", "sex=F:0.5,M:0.5", float)


def parse_counts(text: str) -> dict[str, dict[str, int]]:
    """Return the rows per category written as ``column=category:rows,category:rows``.

    >>> parse_counts("fraud=1:10000")
    {'fraud': {'1': 10000}}
    """
    return {
        name: {k: int(v) for k, v in found.items()}
        for name, found in _parsed(text, "count", "fraud=1:10000", int).items()
    }


def _parsed(text: str, what: str, example: str, number: type) -> dict[str, dict[str, float]]:
    column, equals, rest = text.partition("=")
    found: dict[str, float] = {}
    for part in rest.split(","):
        category, colon, amount = part.rpartition(":")
        if category.strip() in found:
            raise InputError(f"The {what} '{text}' names '{category.strip()}' twice; name each category once.")
        try:
            found[category.strip()] = number(amount.replace("_", ""))
        except ValueError:
            colon = ""
        if not equals or not colon:
            raise InputError(f"The {what} '{text}' is not understood. Write it like {example}")
    return {column.strip(): found}
