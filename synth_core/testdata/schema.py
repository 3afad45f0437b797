"""A schema of test data: tables, their columns, and what their cells are, without a single real row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import AllowedValues, Format, NotNull, ScalarRange, Unique
from synth_core.errors import SchemaError
from synth_core.table import Column, Kind, Storage, did_you_mean
from synth_core.testdata.patterns import forms_of

KINDS = ("integer", "number", "category", "boolean", "date", "datetime", "text", "identifier")
DISTRIBUTIONS = ("uniform", "normal", "lognormal", "sequence")
PERSONAL = (
    "person_name", "first_name", "last_name", "email", "username", "phone", "national_id", "iban", "card_number",
    "street_address", "city", "postcode", "date_of_birth", "ip_address", "mac_address", "uuid", "url",
)  # fmt: skip
USUAL_ROWS = 1_000
MOST_ROWS = 100_000_000
NULLS = 0.05  # share of empty cells where a schema says no more than that there are some
_CANONICAL: dict[str, tuple[Kind, Storage, str | None]] = {
    "integer": (Kind.INTEGER, "integer", None),
    "number": (Kind.NUMBER, "number", None),
    "category": (Kind.CATEGORY, "string", None),
    "boolean": (Kind.BOOLEAN, "boolean", None),
    "date": (Kind.DATETIME, "datetime", "%Y-%m-%d"),
    "datetime": (Kind.DATETIME, "datetime", None),
    "text": (Kind.TEXT, "string", None),
    "identifier": (Kind.IDENTIFIER, "string", None),
}


@dataclass(frozen=True)
class ColumnSpec:
    """One column of a schema.

    Attributes
    ----------
    nulls
        Share (0..1) of empty cells; 0: the column may not be empty.
    categories
        Values with their shares, which add up to 1.
    low, high
        Bounds: numbers, or dates as text; None is open.
    mean, sd
        Of a normal distribution, or of the logarithm of a lognormal one.
    form
        A small regular expression that texts are written from (see ``patterns``).
    personal
        What personal data it is ("email", "iban", ...), made for ``locale``.
    references
        Table and column whose keys it holds.
    """

    name: str
    kind: str
    nulls: float = 0.0
    unique: bool = False
    categories: tuple[tuple[str, float], ...] = ()
    low: float | str | None = None
    high: float | str | None = None
    distribution: str = "uniform"
    mean: float | None = None
    sd: float | None = None
    decimals: int = 2
    form: str = ""
    personal: str = ""
    locale: str = "en_US"
    references: tuple[str, str] | None = None
    max_length: int | None = None

    @property
    def column(self) -> Column:
        """The column as the rest of Simile describes it."""
        kind, storage, written = _CANONICAL[self.kind]
        semantic = self.personal or None
        return Column(
            name=self.name, kind=kind, storage=storage, format=written, nullable=self.nulls > 0, semantic=semantic
        )

    @property
    def keyed(self) -> bool:
        """Whether its cells depend on the row's number alone: keys, references, identifiers and personal data."""
        return self.unique or self.references is not None or bool(self.personal) or self.kind == "identifier"

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends as numbers, dates as seconds since 1970; what is not said has a usual value."""
        usual: dict[str, tuple[Any, Any]] = {
            "integer": (0, 1_000), "number": (0.0, 1_000.0), "date": ("2020-01-01", "2025-12-31"),
            "datetime": ("2020-01-01", "2025-12-31 23:59:59"),
        }  # fmt: skip
        low, high = usual.get(self.kind, (0, 0))
        if self.personal == "date_of_birth":
            low, high = "1940-01-01", "2006-12-31"
        ends = [as_number(low if self.low is None else self.low), as_number(high if self.high is None else self.high)]
        if ends[0] > ends[1]:  # one end is given, beyond the usual other
            width = as_number(high) - as_number(low)
            ends = [ends[0], ends[0] + width] if self.high is None else [ends[1] - width, ends[1]]
        return ends[0], ends[1]

    @property
    def rules(self) -> tuple[Constraint, ...]:
        """What the column says of every row, as rules."""
        found: list[Constraint] = []
        if not self.nulls:
            found.append(NotNull(id=f"{self.name}.not_null", column=self.name))
        if self.unique:
            found.append(Unique(id=f"{self.name}.unique", columns=(self.name,)))
        if self.low is not None or self.high is not None:
            ends = {"low_value": self.low, "high_value": self.high}
            found.append(ScalarRange(id=f"{self.name}.range", column=self.name, **ends))
        if self.categories and self.kind == "category":
            values = tuple(value for value, _ in self.categories)
            found.append(AllowedValues(id=f"{self.name}.values", column=self.name, values=values))
        if self.form or self.max_length is not None:
            said = {"regex": self.form or None, "max_length": self.max_length}
            found.append(Format(id=f"{self.name}.format", column=self.name, **said))
        return tuple(found)


@dataclass(frozen=True)
class TableSpec:
    """One table of a schema: its columns, its own rules (beside what the columns say), and how many rows."""

    name: str
    columns: tuple[ColumnSpec, ...]
    rules: tuple[Constraint, ...] = ()
    rows: int = USUAL_ROWS

    def column(self, name: str) -> ColumnSpec:
        """Return the column of this name; :class:`SchemaError` names the nearest."""
        found = next((column for column in self.columns if column.name == name), None)
        if found is None:
            names = [column.name for column in self.columns]
            raise SchemaError(f"Table '{self.name}' has no column '{name}'.{did_you_mean(name, names)}")
        return found

    @property
    def all_rules(self) -> tuple[Constraint, ...]:
        """The rules of the columns, then the table's own."""
        return (*(rule for column in self.columns for rule in column.rules), *self.rules)


@dataclass(frozen=True)
class Schema:
    """Tables, each after those that it refers to."""

    tables: tuple[TableSpec, ...] = field(default=())

    def table(self, name: str) -> TableSpec:
        """Return the table of this name; :class:`SchemaError` names the nearest."""
        found = next((table for table in self.tables if table.name == name), None)
        if found is None:
            names = [table.name for table in self.tables]
            hint = did_you_mean(name, names).replace("columns", "tables")
            raise SchemaError(f"The schema has no table '{name}'.{hint}")
        return found

    def with_rows(self, rows: int) -> Schema:
        """Return the schema with so many rows in its last table, and the others in proportion.

        Raises
        ------
        SchemaError
            A table would have more than 100 million rows.
        """
        if not self.tables:
            return self
        factor = rows / self.tables[-1].rows
        scaled = [replace(table, rows=max(1, round(table.rows * factor))) for table in self.tables[:-1]]
        if most := next((table for table in scaled if table.rows > MOST_ROWS), None):
            raise SchemaError(
                f"With {rows:,} rows of table '{self.tables[-1].name}', '{most.name}' would have {most.rows:,} in "
                f"proportion, and {MOST_ROWS:,} are the most. Make fewer rows, or write 'rows' into the schema."
            )
        return Schema((*scaled, replace(self.tables[-1], rows=rows)))


def as_number(value: float | str) -> float:
    """Return a bound as a number, a date as seconds since 1970; whole numbers stay, also those beyond 53 bits."""
    if isinstance(value, str):
        return float(pd.Timestamp(value).value // 10**9)
    return value


def place_of(table: str, column: str) -> str:
    """Return how a problem names a column."""
    return f"Column '{column}' of table '{table}'"


def ordered(tables: Sequence[TableSpec], place: Callable[[str, str], str] = place_of) -> Schema:
    """Return the tables as a schema: references exist, are unique, and no table needs itself first.

    ``place`` says where a column (by table and name) stands.

    Raises
    ------
    SchemaError
        A reference leads nowhere, to a column that repeats, or round in a circle.
    """
    by_name = {table.name: table for table in tables}
    done: list[TableSpec] = []
    for table in tables:
        _check_references(table, by_name, place)
    left = list(tables)
    while left:
        placed = {table.name for table in done}
        ready = [table for table in left if _parents(table) <= placed]
        if not ready:
            names = ", ".join(f"'{table.name}'" for table in left)
            raise SchemaError(f"Tables {names} refer to each other in a circle; one of the references must go.")
        done += ready
        left = [table for table in left if table not in ready]
    return Schema(tuple(done))


def _parents(table: TableSpec) -> set[str]:
    return {column.references[0] for column in table.columns if column.references is not None}


def _check_references(table: TableSpec, by_name: dict[str, TableSpec], place: Callable[[str, str], str]) -> None:
    for column in table.columns:
        if column.references is None:
            continue
        where = place(table.name, column.name)
        parent, key = column.references
        if parent not in by_name:
            hint = did_you_mean(parent, list(by_name)).replace("columns", "tables")
            raise SchemaError(f"{where}: it refers to table '{parent}', which the schema does not have.{hint}")
        if parent == table.name:
            raise SchemaError(
                f"{where}: it refers to its own table, which cannot be made yet; leave the reference out."
            )
        found = by_name[parent].column(key)
        if not found.unique or found.references is not None:
            raise SchemaError(
                f"{where}: it refers to '{parent}.{key}', which is no key of its own table; set unique: true there."
            )


def resolved(table: TableSpec, by_name: dict[str, TableSpec]) -> TableSpec:
    """Return the table with each reference in the kind of the key that it refers to."""
    columns = []
    for column in table.columns:
        if column.references is not None and column.references[0] in by_name:
            parent = by_name[column.references[0]]
            key = next((one for one in parent.columns if one.name == column.references[1]), None)
            if key is not None:
                column = replace(column, kind=key.kind, personal=key.personal)
        columns.append(column)
    return replace(table, columns=tuple(columns))


def check_room(table: TableSpec, rows: int, parents: dict[str, int]) -> None:
    """Raise :class:`SchemaError` where a unique column has fewer values than ``rows``."""
    for column in table.columns:
        room = capacity(column, parents)
        if room is not None and rows > room:
            raise SchemaError(
                f"Column '{column.name}' of table '{table.name}' must be unique, but allows {room:,} different values "
                f"for {rows:,} rows (edge cases counted). Widen its range or form, or make fewer rows."
            )


def capacity(column: ColumnSpec, parents: dict[str, int]) -> int | None:
    """Return how many different values a unique column allows; None where that is no limit."""
    if not column.unique:
        return None
    if column.references is not None:
        return parents.get(column.references[0])
    if column.personal or column.distribution == "sequence":
        return None
    if column.form:
        return forms_of(column.form).capacity
    low, high = column.bounds
    if column.kind == "integer":
        return int(high - low) + 1
    if column.kind == "date":
        return int((high - low) // 86_400) + 1
    if column.kind == "datetime":
        return int(high - low) + 1
    return None
