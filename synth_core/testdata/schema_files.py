"""Schemas from plain values: a JSON or YAML document, or a table that was edited by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path as FilePath
from typing import Any

import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import parse
from synth_core.errors import ConstraintError, SchemaError
from synth_core.semantics.names import LOCALES
from synth_core.table import Kind, did_you_mean
from synth_core.testdata.documents import Lines, Path, check_length, plain_values
from synth_core.testdata.made_up import check_personal
from synth_core.testdata.patterns import forms_of
from synth_core.testdata.schema import (
    DISTRIBUTIONS,
    KINDS,
    MOST_ROWS,
    NULLS,
    PERSONAL,
    USUAL_ROWS,
    ColumnSpec,
    Schema,
    TableSpec,
    as_number,
    ordered,
    resolved,
)

FIELDS = (
    "name", "kind", "nullable", "unique", "categories", "min", "max", "distribution", "mean", "sd", "decimals",
    "format", "personal", "locale", "references", "max_length",
)  # fmt: skip
_TABLE_FIELDS = ("name", "rows", "columns", "rules")
_KIND_WORDS = {
    "int": "integer", "bigint": "integer", "whole number": "integer", "float": "number", "decimal": "number",
    "double": "number", "string": "text", "str": "text", "bool": "boolean", "yes / no": "boolean", "enum": "category",
    "timestamp": "datetime", "id": "identifier", "uuid": "identifier",
}  # fmt: skip
_PERSONAL_WORDS = {
    "name": "person_name", "full_name": "person_name", "e-mail": "email", "mail": "email", "telephone": "phone",
    "card": "card_number", "credit_card": "card_number", "address": "street_address", "street": "street_address",
    "town": "city", "zip": "postcode", "ssn": "national_id", "dob": "date_of_birth", "birth_date": "date_of_birth",
    "ip": "ip_address", "mac": "mac_address",
}  # fmt: skip


def schema_from_text(text: str) -> Schema:
    """Return the schema in a JSON or YAML document, or in ``CREATE TABLE`` statements.

    Raises
    ------
    SchemaError
        One sentence with the line, the table and the column.
    """
    from synth_core.testdata.create_table import tables_of
    from synth_core.testdata.sql_words import is_sql

    check_length(text)
    if is_sql(text):
        given, lines = tables_of(text)
    else:
        given, lines = plain_values(text)
    return schema_from(given, lines)


def schema_from_file(path: FilePath) -> Schema:
    """Return the schema in a file (.json, .yaml, .yml or .sql)."""
    try:
        return schema_from_text(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SchemaError(f"The schema {path.name} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SchemaError(f"The schema {path.name} is not a text file in UTF-8.") from None


def schema_from(given: Any, lines: Lines | None = None) -> Schema:
    """Return the schema that plain values describe; ``lines`` says on which line each stands."""
    reader = _Reader(lines or {})
    if isinstance(given, Mapping) and "tables" in given:
        reader.known((), given, ("tables",), "the schema")
        tables = reader.named(("tables",), given["tables"], "tables")
    elif isinstance(given, Mapping) and "columns" in given:
        tables = [((), str(given.get("name") or "table"), given)]
    else:
        raise SchemaError("A schema needs 'columns', or 'tables' that have columns each.")
    specs = [reader.table(path, name, one) for path, name, one in tables]
    if not specs:
        raise SchemaError("The schema has no tables.")
    names = [spec.name for spec in specs]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise SchemaError(f"There are two tables named '{twice}'.")
    schema = ordered([resolved(spec, {one.name: one for one in specs}) for spec in specs], reader.place)
    for spec in schema.tables:
        reader.check_rules(spec)
    return schema


class _Reader:
    """Reads tables and columns; every problem names its line, table and column."""

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self.rule_paths: dict[str, Path] = {}
        self.column_paths: dict[tuple[str, str], Path] = {}

    def place(self, table: str, column: str) -> str:
        said = str(
            self.problem(self.column_paths.get((table, column), ()), f"column '{column}' of table '{table}'", "")
        )
        return said.removesuffix(": ")

    def problem(self, path: Path, where: str, what: str) -> SchemaError:
        spots = [self.lines[path[:end]] for end in range(len(path), 0, -1) if path[:end] in self.lines]
        line = f"Line {spots[0]}, " if spots else ""
        place = where if line else where[:1].upper() + where[1:]
        return SchemaError(f"{line}{place}: {what}")

    def known(self, path: Path, given: Mapping[str, Any], fields: tuple[str, ...], where: str) -> None:
        for name in given:
            if name not in fields:
                hint = did_you_mean(str(name), fields).replace("columns", "fields")
                raise self.problem((*path, name), where, f"there is no field '{name}'.{hint}")

    def named(self, path: Path, given: Any, what: str) -> list[tuple[Path, str, Any]]:
        """Return (path, name, values) of things that stand in a mapping by name, or in a list with names inside."""
        if isinstance(given, Mapping):
            return [((*path, name), str(name), one) for name, one in given.items()]
        if not isinstance(given, list):
            raise self.problem(path, what, f"a list of {what} is needed.")
        found = []
        for place, one in enumerate(given):
            name = one.get("name") if isinstance(one, Mapping) else None
            if not isinstance(name, str | int) or not str(name).strip():
                raise self.problem((*path, place), f"{what} number {place + 1}", "a 'name' is needed.")
            found.append(((*path, place), str(name), one))
        return found

    def table(self, path: Path, name: str, given: Any) -> TableSpec:
        where = f"table '{name}'"
        if not isinstance(given, Mapping) or "columns" not in given:
            raise self.problem(path, where, "it needs 'columns'.")
        self.known(path, given, _TABLE_FIELDS, where)
        rows = given.get("rows", USUAL_ROWS)
        if isinstance(rows, bool) or not isinstance(rows, int) or not 1 <= rows <= MOST_ROWS:
            raise self.problem((*path, "rows"), where, f"'rows' must be a whole number from 1 to {MOST_ROWS:,}.")
        columns = [self.column(at, one, inner, name) for at, one, inner in self.named(
            (*path, "columns"), given["columns"], "columns")]  # fmt: skip
        if not columns:
            raise self.problem((*path, "columns"), where, "it has no columns.")
        names = [column.name for column in columns]
        if twice := next((one for one in names if names.count(one) > 1), None):
            raise self.problem((*path, "columns"), where, f"column '{twice}' is named twice.")
        rules = given.get("rules") or []
        if not isinstance(rules, list):
            raise self.problem((*path, "rules"), where, "'rules' must be a list, such as [\"end >= start\"].")
        return TableSpec(name, tuple(columns), tuple(
            self.rule((*path, "rules", place), one, name, place) for place, one in enumerate(rules)), rows)  # fmt: skip

    def rule(self, path: Path, given: Any, table: str, place: int) -> Constraint:
        where = f"rule {place + 1} of table '{table}'"
        identity = f"{table}.rule{place + 1}"
        said: Any = {"type": "custom", "expression": given} if isinstance(given, str) else given
        try:
            rule = parse({"id": identity, **said} if isinstance(said, Mapping) else said)
        except ConstraintError as error:
            raise self.problem(path, where, str(error)) from None
        if not rule.row_wise:
            raise self.problem(path, where, f"a rule '{rule.type}' looks at several rows; for keys set unique: true.")
        self.rule_paths[rule.id] = path
        return rule

    def check_rules(self, spec: TableSpec) -> None:
        from synth_core.testdata.rows import SchemaRows

        if not spec.rules:
            return
        table = SchemaRows.without_parents(spec).sample_table()
        for place, rule in enumerate(spec.rules):
            try:
                rule.check(table)
            except ConstraintError as error:
                where = f"rule {place + 1} of table '{spec.name}'"
                raise self.problem(self.rule_paths.get(rule.id, ()), where, str(error)) from None

    def column(self, path: Path, name: str, given: Any, table: str) -> ColumnSpec:
        where = f"column '{name}' of table '{table}'"
        self.column_paths[(table, name)] = path
        given = {"kind": given} if isinstance(given, str) else given
        if not isinstance(given, Mapping):
            raise self.problem(path, where, "its kind, or fields such as {kind: integer, min: 0}, are needed.")
        given = {key: value for key, value in given.items() if value not in (None, "", [])}
        self.known(path, given, FIELDS, where)

        def wrong(what: str, key: str = "") -> SchemaError:
            return self.problem((*path, key) if key else path, where, what)

        personal = self._word(given, "personal", (*PERSONAL,), _PERSONAL_WORDS, wrong)
        usual = "date" if personal == "date_of_birth" else "text" if personal else ""
        if not usual:
            usual = "category" if "categories" in given else "text" if "format" in given else ""
        kind = self._word(given, "kind", KINDS, _KIND_WORDS, wrong) or usual
        if not kind and "references" not in given:
            raise wrong(f"a 'kind' is needed: one of {', '.join(KINDS)}.")
        if personal and kind not in (("date",) if personal == "date_of_birth" else ("text", "identifier")):
            raise wrong(f"'{personal}' is kept as {usual}, not as {kind}; leave 'kind' out.", "kind")
        spec = ColumnSpec(
            name=name,
            kind=kind or "text",
            nulls=self._nulls(given, wrong),
            unique=self._flag(given, "unique", wrong),
            categories=self._categories(given, kind, wrong),
            low=self._end(given, "min", kind, wrong),
            high=self._end(given, "max", kind, wrong),
            distribution=self._word(given, "distribution", DISTRIBUTIONS, {}, wrong) or "uniform",
            mean=self._amount(given, "mean", wrong),
            sd=self._amount(given, "sd", wrong),
            decimals=self._whole(given, "decimals", 0, 9, 2, wrong),
            form=str(given.get("format", "")),
            personal=personal,
            locale=self._word(given, "locale", LOCALES, {}, wrong) or "en_US",
            references=self._reference(given, wrong),
            max_length=self._whole(given, "max_length", 1, 100_000, 0, wrong) or None,
        )
        self._fits(spec, given, wrong)
        return spec

    def _word(
        self, given: Mapping[str, Any], key: str, words: tuple[str, ...], other: Mapping[str, str], wrong: Any
    ) -> str:
        if key not in given:
            return ""
        asked = str(given[key]).strip()
        plain = next((word for word in words if word.lower() == asked.lower()), other.get(asked.lower(), ""))
        if not plain:
            hint = did_you_mean(asked[:60], words).replace("The columns are", "It is one of")
            raise wrong(f"there is no {key} '{asked[:60]}'.{hint}", key)
        return plain

    def _flag(self, given: Mapping[str, Any], key: str, wrong: Any) -> bool:
        value = given.get(key, False)
        if not isinstance(value, bool):
            raise wrong(f"'{key}' must be true or false.", key)
        return value

    def _nulls(self, given: Mapping[str, Any], wrong: Any) -> float:
        value = given.get("nullable", False)
        if isinstance(value, bool):
            return NULLS if value else 0.0
        if not isinstance(value, int | float) or not 0 <= value < 1:
            raise wrong("'nullable' must be true, false, or a share of empty cells such as 0.1.", "nullable")
        return float(value)

    def _amount(self, given: Mapping[str, Any], key: str, wrong: Any) -> float | None:
        value = given.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            raise wrong(f"'{key}' must be a number.", key)
        if key == "sd" and value <= 0:
            raise wrong("'sd' must be above 0.", key)
        return float(value)

    def _whole(self, given: Mapping[str, Any], key: str, low: int, high: int, usual: int, wrong: Any) -> int:
        value = given.get(key, usual)
        whole = isinstance(value, int | float) and not isinstance(value, bool) and float(value).is_integer()
        if key in given and not (whole and low <= value <= high):
            raise wrong(f"'{key}' must be a whole number from {low:,} to {high:,}.", key)
        return int(value)

    def _end(self, given: Mapping[str, Any], key: str, kind: str, wrong: Any) -> float | int | str | None:
        value = given.get(key)
        if value is None:
            return None
        if kind in ("date", "datetime"):
            stamp = pd.to_datetime(str(value), errors="coerce", format="ISO8601")
            if pd.isna(stamp) or stamp.tzinfo is not None:
                raise wrong(f"'{key}' must be a date such as 2024-01-31, without a zone.", key)
            return str(stamp.isoformat()).removesuffix("T00:00:00")
        if kind not in ("integer", "number"):
            raise wrong(f"'{key}' is for numbers and dates, and this column is {kind}.", key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e300:
            raise wrong(f"'{key}' must be a number.", key)
        if kind == "integer" and (not float(value).is_integer() or abs(value) > 2**62):
            raise wrong(f"'{key}' must be a whole number below 2 to the power of 62.", key)
        return int(value) if kind == "integer" else float(value)

    def _categories(self, given: Mapping[str, Any], kind: str, wrong: Any) -> tuple[tuple[str, float], ...]:
        value = given.get("categories")
        if value is None:
            if kind == "category":
                raise wrong("a category needs 'categories', such as {open: 0.7, closed: 0.3}.")
            return ()
        if isinstance(value, str):
            value = _written_shares(value)
        if isinstance(value, list):
            value = {_cell(one): 1.0 for one in value}
        shares = list(value.values()) if isinstance(value, Mapping) else []
        numbers = [share for share in shares if isinstance(share, int | float) and not isinstance(share, bool)]
        if not numbers or len(numbers) < len(shares) or min(numbers) < 0 or not 0 < sum(numbers) < 1e12:
            raise wrong("'categories' must be a list of values, or values with shares of 0 or more.", "categories")
        total = float(sum(numbers))
        words = tuple((_cell(name), float(share) / total) for name, share in value.items())
        if kind == "boolean":
            if {name.lower() for name, _ in words} - {"true", "false"}:
                raise wrong("the values of a boolean are true and false.", "categories")
            return tuple((name.capitalize(), share) for name, share in words)
        if kind not in ("category", ""):
            raise wrong(f"'categories' are for a category, and this column is {kind}.", "categories")
        return words

    def _reference(self, given: Mapping[str, Any], wrong: Any) -> tuple[str, str] | None:
        if "references" not in given:
            return None
        table, dot, column = str(given["references"]).rpartition(".")
        if not dot or not table or not column:
            raise wrong("'references' is written as table.column, such as customers.id.", "references")
        return table, column

    def _fits(self, spec: ColumnSpec, given: Mapping[str, Any], wrong: Any) -> None:
        """Raise where fields do not go together."""
        if spec.references is not None and (odd := [k for k in ("format", "personal", "categories") if k in given]):
            raise wrong(f"it takes its values from '{given['references']}', so '{odd[0]}' has no place.", odd[0])
        if spec.low is not None and spec.high is not None and as_number(spec.low) > as_number(spec.high):
            raise wrong("'min' is above 'max'.", "min")
        if spec.form:
            if spec.kind not in ("text", "identifier") or spec.personal:
                raise wrong("'format' is for text and identifiers.", "format")
            try:
                forms = forms_of(spec.form)
            except SchemaError as error:
                raise wrong(str(error), "format") from None
            if spec.max_length is not None and forms.longest > spec.max_length:
                raise wrong(f"the format allows {forms.longest} characters, 'max_length' {spec.max_length}.", "format")
        try:
            check_personal(spec)
        except SchemaError as error:
            raise wrong(str(error), "personal") from None
        numeric = spec.column.kind in (Kind.INTEGER, Kind.NUMBER, Kind.DATETIME)
        if spec.distribution != "uniform" and not numeric:
            raise wrong(f"a distribution is for numbers and dates, and this column is {spec.kind}.", "distribution")
        if spec.distribution == "sequence" and spec.kind != "integer":
            raise wrong("a sequence counts 1, 2, 3 and so needs kind integer.", "distribution")
        if spec.distribution == "lognormal" and (spec.kind in ("date", "datetime") or spec.bounds[1] <= 0):
            raise wrong("a lognormal distribution is for numbers above 0.", "distribution")
        if spec.unique and spec.nulls:
            raise wrong("a unique column may not be nullable here.", "nullable")
        if spec.unique and spec.kind in ("boolean", "category", "number") and spec.references is None:
            raise wrong(f"a column of kind {spec.kind} cannot be unique; take integer, text or identifier.", "unique")
        if spec.unique and spec.kind == "text" and not spec.form and not spec.personal and spec.references is None:
            raise wrong("unique text needs a 'format', such as [A-Z]{3}-[0-9]{6}.", "unique")
        if spec.unique and spec.personal in ("first_name", "last_name", "city", "postcode", "date_of_birth"):
            raise wrong(f"'{spec.personal}' repeats by nature and cannot be unique.", "unique")


def _cell(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _written_shares(text: str) -> dict[str, float]:
    """Return categories as a person writes them into one cell.

    >>> _written_shares("open: 0.7, closed: 0.3"), _written_shares("S, M, L")
    ({'open': 0.7, 'closed': 0.3}, {'S': 1.0, 'M': 1.0, 'L': 1.0})
    """
    found: dict[str, float] = {}
    for part in text.split(","):
        name, colon, share = part.rpartition(":")
        try:
            found[name.strip() if colon else part.strip()] = float(share) if colon else 1.0
        except ValueError:
            found[part.strip()] = 1.0
    found.pop("", None)
    return found
