"""The kinds of rules, and rules from and to JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field, ValidationError, field_validator

from synth_core.constraints.base import Constraint, Encoding, How, Unchanged, to_jsonable
from synth_core.constraints.expression_nodes import Among, Comparison, Joined, Literally, Name, Node, Null, plain
from synth_core.constraints.expressions import parse_condition
from synth_core.constraints.relations import FixedCombinations, Inequality, SumEquals
from synth_core.constraints.values import as_kind, decimals, quantity
from synth_core.errors import ConstraintError
from synth_core.table import Kind, Table, did_you_mean
from synth_core.values import cells_as_numbers

__all__ = [
    "KINDS",
    "FixedCombinations",
    "Implies",
    "Inequality",
    "NotNull",
    "ScalarRange",
    "SumEquals",
    "Unique",
    "parse",
    "rules_from_json",
    "rules_to_json",
]


class ScalarRange(Constraint):
    """A number or a date lies between two bounds; None is open, dates are written as 2024-01-31."""

    title: ClassVar[str] = "Range"
    ways: ClassVar[tuple[How, ...]] = ("repair", "reject")

    type: Literal["scalar_range"] = "scalar_range"
    column: str
    low_value: int | float | str | None = None
    high_value: int | float | str | None = None
    strict_boundaries: bool = False

    @field_validator("low_value", "high_value", mode="before")
    @classmethod
    def _bound(cls, value: Any) -> Any:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, bool) or value is None:
            return None
        if isinstance(value, date):
            return value.isoformat().removesuffix("T00:00:00")
        if isinstance(value, str):
            return _bound_from_text(value)
        return value if np.isfinite(value) else None

    @property
    def columns_used(self) -> tuple[str, ...]:
        return (self.column,)

    def sentence(self) -> str:
        low, high = (b if isinstance(b, str) or b is None else plain(b) for b in (self.low_value, self.high_value))
        if low is not None and high is not None:
            return f"{self.column} is between {low} and {high}{', both excluded' if self.strict_boundaries else ''}"
        if low is not None:
            return f"{self.column} is {'above' if self.strict_boundaries else 'at least'} {low}"
        if high is not None:
            return f"{self.column} is {'below' if self.strict_boundaries else 'at most'} {high}"
        return f"{self.column} is in an open range"

    def check(self, table: Table) -> None:
        super().check(table)
        kinds = (Kind.INTEGER, Kind.NUMBER, Kind.DATETIME)
        column = self.need_kind(table, self.column, kinds, "a number or a date")
        if self.low_value is None and self.high_value is None:
            raise ConstraintError(f"Rule '{self.sentence()}': give a lower bound, an upper bound, or both.")
        for bound in (self.low_value, self.high_value):
            if bound is not None and isinstance(bound, str) != (column.kind is Kind.DATETIME):
                needed = "a date such as 2024-01-31" if column.kind is Kind.DATETIME else "a number"
                raise ConstraintError(
                    f"Rule '{self.sentence()}': the bound {bound} must be {needed}, because '{column.name}' is "
                    f"{column.kind.value}."
                )

    def bounds(self) -> tuple[float, float]:
        """Return both bounds as numbers (dates as seconds since 1970), infinite where open."""
        return _seconds(self.low_value, -np.inf), _seconds(self.high_value, np.inf)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        values, (low, high) = quantity(frame[self.column]), self.bounds()
        with np.errstate(invalid="ignore"):
            outside = (values <= low) | (values >= high) if self.strict_boundaries else (values < low) | (values > high)
        return self.with_nulls(frame, outside)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Move values outside to the nearest value inside."""
        values, (low, high) = frame[self.column], self.bounds()
        kind, step = _kind_and_step(values)
        if self.strict_boundaries:
            low, high = low + step, high - step
        if kind is Kind.INTEGER:
            low, high = np.ceil(low), np.floor(high)
        clipped = np.clip(quantity(values), low, high) if low <= high else quantity(values)
        changed = self.violations(frame).to_numpy() & np.isfinite(clipped)
        return frame.assign(**{self.column: values.mask(changed, as_kind(clipped, kind, frame.index))})


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


def _kind_and_step(values: pd.Series) -> tuple[Kind, float]:
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


class NotNull(Constraint):
    """A column has no missing cells."""

    title: ClassVar[str] = "Not empty"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "reject")

    type: Literal["not_null"] = "not_null"
    column: str

    @property
    def columns_used(self) -> tuple[str, ...]:
        return (self.column,)

    def sentence(self) -> str:
        return f"{self.column} is never missing"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return frame[self.column].isna().astype(bool)

    def encode(self, table: Table, derivation: Any = None) -> Encoding:
        """Learn the rows where the column is filled."""
        filled = table.frame[self.column].notna().to_numpy()
        kept = table.rows(filled) if not filled.all() else table
        column = table.column(self.column)
        frame = kept.frame.assign(**{self.column: as_kind(kept.frame[self.column], column.kind)})
        described = kept.with_columns([column.model_copy(update={"nullable": False})])
        return Encoding(described.with_frame(frame), Unchanged())

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Fill missing cells with values drawn from the filled ones."""
        values = frame[self.column]
        empty = values.isna().to_numpy()
        if not empty.any() or empty.all():
            return frame
        filled = values.copy()
        filled[empty] = values[~empty].sample(int(empty.sum()), replace=True, random_state=rng).array
        return frame.assign(**{self.column: filled})


class Unique(Constraint):
    """No two rows agree in all of these columns; the second and later ones break the rule.

    Identifiers and personal data are made anew and unique over the whole release. Over other columns, rows are kept
    apart within a part of the release, and the written release is checked as a whole.
    """

    title: ClassVar[str] = "Unique"
    ways: ClassVar[tuple[How, ...]] = ("reject",)

    type: Literal["unique"] = "unique"
    columns: tuple[str, ...] = Field(min_length=1)

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def columns_used(self) -> tuple[str, ...]:
        return self.columns

    def sentence(self) -> str:
        if len(self.columns) == 1:
            return f"{self.columns[0]} is different in every row"
        return f"{', '.join(self.columns[:-1])} and {self.columns[-1]} together are different in every row"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        again = frame.duplicated(list(self.columns), keep="first").to_numpy(dtype=bool)
        return self.with_nulls(frame, again)


class Implies(Constraint):
    """Where one expression holds, another one holds too.

    A missing cell counts as "not known" and keeps the rule (``on_null`` "ignore"), except in columns whose missing
    cells the rule asks about (``is null``).
    """

    title: ClassVar[str] = "If ... then"
    ways: ClassVar[tuple[How, ...]] = ("repair", "reject")

    type: Literal["implies"] = "implies"
    if_: str = Field(alias="if")
    then: str

    @field_validator("if_", "then")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_condition(value)
        return value

    @property
    def columns_used(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*parse_condition(self.if_).columns, *parse_condition(self.then).columns)))

    def sentence(self) -> str:
        return f"if {parse_condition(self.if_).sentence()}, then {parse_condition(self.then).sentence()}"

    def check(self, table: Table) -> None:
        for text in (self.if_, self.then):
            parse_condition(text, table.columns)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        condition, consequence = parse_condition(self.if_), parse_condition(self.then)
        broken = condition.holds(frame).to_numpy() & ~consequence.holds(frame).to_numpy()
        tested = {*condition.null_tested, *consequence.null_tested}
        return self.with_nulls(frame, broken, [name for name in self.columns_used if name not in tested])

    def ways_for(self, table: Table) -> tuple[How, ...]:
        return self.ways if _settings(parse_condition(self.then).root) else ("reject",)

    @property
    def repairs(self) -> tuple[str, ...]:
        return tuple(name for name, _ in _settings(parse_condition(self.then).root))

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Set the cells that the consequence names."""
        broken = self.violations(frame).to_numpy()
        if not broken.any():
            return frame
        mended = frame.copy(deep=False)
        for name, choices in _settings(parse_condition(self.then).root):
            values = frame[name]
            cells = pd.Series([_cell(choice, values) for choice in choices], dtype=object)
            if len(cells) > 1:  # as often as the possible values occur anyway
                usual = values[values.isin(cells)].astype(object)
                cells = (usual if len(usual) else cells).sample(int(broken.sum()), replace=True, random_state=rng)
            settled = values.astype(object).to_numpy(copy=True)
            settled[broken] = cells.to_numpy() if len(cells) > 1 else cells.iloc[0]
            mended[name] = as_kind(pd.Series(settled, index=frame.index, dtype=object), _kind_and_step(values)[0])
        return mended


def _settings(node: Node) -> list[tuple[str, list[Literally | None]]]:
    """Return (column, possible values) for a consequence that says what cells must hold; empty when it does not."""
    if isinstance(node, Joined) and node.word == "and" and not node.between:
        parts = [_settings(part) for part in node.parts]
        return [setting for part in parts for setting in part] if all(parts) else []
    if isinstance(node, Comparison) and node.sign == "=":
        if isinstance(node.left, Name) and isinstance(node.right, Literally):
            return [(node.left.name, [node.right])]
        if isinstance(node.right, Name) and isinstance(node.left, Literally):
            return [(node.right.name, [node.left])]
    if isinstance(node, Among) and isinstance(node.node, Name) and not node.negated:
        return [(node.node.name, list(node.items))]
    if isinstance(node, Null) and isinstance(node.node, Name) and not node.negated:
        return [(node.node.name, [None])]
    return []


def _cell(choice: Literally | None, values: pd.Series) -> Any:
    """Return a written value as a cell of this column."""
    if choice is None:
        return None
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return pd.Timestamp(choice.value)
    if pd.api.types.is_numeric_dtype(values.dtype):
        number = float(choice.value)
        return int(number) if pd.api.types.is_integer_dtype(values.dtype) else number
    if choice.worth != "number":
        return str(choice.value)
    # A category may hold the number as "1", "01" or "1.0": take the form that is there.
    for level in values.dropna().unique():
        if cells_as_numbers([level])[0] == choice.value:
            return level
    return plain(choice.value).replace(",", "")


KINDS: dict[str, type[Constraint]] = {
    "scalar_range": ScalarRange,
    "inequality": Inequality,
    "fixed_combinations": FixedCombinations,
    "implies": Implies,
    "sum_equals": SumEquals,
    "not_null": NotNull,
    "unique": Unique,
}


def parse(given: Mapping[str, Any]) -> Constraint:
    """Return the rule that plain JSON values describe; :class:`ConstraintError` says what is wrong in one sentence."""
    if not isinstance(given, Mapping):
        raise ConstraintError(f"A rule must be a JSON object with a 'type', not {type(given).__name__}.")
    if not isinstance(given.get("type"), str):
        raise ConstraintError(f"A rule needs a 'type': one of {', '.join(KINDS)}.")
    if given["type"] not in KINDS:
        hint = did_you_mean(given["type"], list(KINDS)).replace("columns", "types")
        raise ConstraintError(f"There is no rule of type '{given['type']}'.{hint}")
    cls = KINDS[given["type"]]
    try:
        return cls.model_validate(dict(given))
    except ValidationError as error:
        raise ConstraintError(f"The rule '{given['type']}' is not right: {_first(error, cls)}") from None


def _first(error: ValidationError, cls: type[Constraint]) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][0]) if first["loc"] else "it"
    fields = [field.alias or name for name, field in cls.model_fields.items()]
    if first["type"] == "extra_forbidden":
        return f"there is no field '{place}'.{did_you_mean(place, fields).replace('columns', 'fields')}"
    if first["type"] == "missing":
        return f"the field '{place}' is missing."
    return f"at '{place}': {first['msg'][:1].lower()}{first['msg'][1:]}."


def rules_from_json(text: str) -> list[Constraint]:
    """Return the rules in a JSON list (or an object with a list called "constraints" or "rules")."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise ConstraintError(f"The rules are not JSON: {error}.") from None
    if isinstance(given, dict):
        given = given.get("constraints", given.get("rules", [given] if "type" in given else None))
    if not isinstance(given, list):
        raise ConstraintError('The rules must be a JSON list such as [{"type": "not_null", "column": "age"}].')
    rules = []
    for place, one in enumerate(given, 1):
        try:
            rules.append(parse(one))
        except ConstraintError as error:
            raise ConstraintError(f"Rule {place} of {len(given)}: {error}") from None
    return rules


def rules_to_json(rules: list[Constraint]) -> str:
    """Return rules as JSON text that :func:`rules_from_json` reads."""
    return json.dumps(to_jsonable(rules), indent=2, ensure_ascii=False) + "\n"
