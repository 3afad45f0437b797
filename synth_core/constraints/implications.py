"""Rules written as expressions: if one thing holds, another one does; or one thing always holds."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, field_validator

from synth_core.constraints.base import Constraint, How
from synth_core.constraints.bounds import kind_and_step
from synth_core.constraints.expression_logic import Among, Joined, Null
from synth_core.constraints.expression_nodes import Comparison, Literally, Name, Node, plain
from synth_core.constraints.expressions import Expression, expression_of, parse_condition
from synth_core.constraints.values import as_kind
from synth_core.table import Table
from synth_core.values import cells_as_numbers


class _Written(Constraint):
    """A rule that wants an expression to hold: where this says what cells must hold, they can be set to it."""

    ways: ClassVar[tuple[How, ...]] = ("repair", "condition", "reject")

    @property
    def _wanted(self) -> str:
        """The expression."""
        raise NotImplementedError

    def ways_for(self, table: Table) -> tuple[How, ...]:
        return self.ways if _settings(parse_condition(self._wanted).root) else ("reject", "condition")

    @property
    def repairs(self) -> tuple[str, ...]:
        return tuple(name for name, _ in _settings(parse_condition(self._wanted).root))

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Set the cells that the expression names."""
        return _settled(frame, self.violations(frame).to_numpy(), parse_condition(self._wanted).root, rng)


class Implies(_Written):
    """Where one expression holds, another one holds too.

    A missing cell counts as "not known" and keeps the rule (``on_null`` "ignore"), except in columns whose missing
    cells the rule asks about (``is null``).
    """

    title: ClassVar[str] = "If ... then"

    type: Literal["implies"] = "implies"
    if_: str = Field(alias="if")
    then: str

    @field_validator("if_", "then")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_condition(value)
        return value

    @property
    def own_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*parse_condition(self.if_).columns, *self._consequence.columns)))

    @property
    def _consequence(self) -> Expression:
        return parse_condition(self.then)

    def words(self) -> str:
        return f"if {parse_condition(self.if_).sentence()}, then {parse_condition(self.then).sentence()}"

    def check(self, table: Table) -> None:
        if self.when is not None:
            parse_condition(self.when, table.columns)
        for text in (self.if_, self.then):
            parse_condition(text, table.columns)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        condition, consequence = parse_condition(self.if_), self._consequence
        broken = condition.holds(frame).to_numpy() & ~consequence.holds(frame).to_numpy()
        tested = {*condition.null_tested, *consequence.null_tested}
        return self.with_nulls(frame, broken, [name for name in self.own_columns if name not in tested])

    def parts(self) -> tuple[Constraint, ...]:
        """Return a rule for each consequence of several joined by "and"."""
        root = parse_condition(self.then).root
        if not (isinstance(root, Joined) and root.word == "and") or root.between:
            return ()
        shared = {"if": self.if_, "then": self.then, "on_null": self.on_null, "when": self.when}
        return tuple(_PartOf.model_validate({**shared, "place": place}) for place in range(len(root.parts)))

    @property
    def _wanted(self) -> str:
        return self.then


class _PartOf(Implies):
    """An implication with one of the consequences that "and" joins."""

    place: int

    @property
    def _consequence(self) -> Expression:
        root = parse_condition(self.then).root
        assert isinstance(root, Joined)
        return expression_of(root.parts[self.place], self.then)

    def parts(self) -> tuple[Constraint, ...]:
        return ()


class Custom(_Written):
    """An expression holds in every row, such as ``paid <= price * 1.2``.

    A missing cell counts as "not known", except in columns whose missing cells the rule asks about.
    """

    title: ClassVar[str] = "Expression"

    type: Literal["custom"] = "custom"
    expression: str

    @field_validator("expression")
    @classmethod
    def _readable(cls, value: str) -> str:
        parse_condition(value)
        return value

    @property
    def own_columns(self) -> tuple[str, ...]:
        return parse_condition(self.expression).columns

    def words(self) -> str:
        return parse_condition(self.expression).sentence()

    def check(self, table: Table) -> None:
        if self.when is not None:
            parse_condition(self.when, table.columns)
        parse_condition(self.expression, table.columns)
        if not self.own_columns:
            raise self.problem("it names no column.")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        wanted = parse_condition(self.expression)
        asked = [name for name in self.own_columns if name not in wanted.null_tested]
        return self.with_nulls(frame, ~wanted.holds(frame).to_numpy(dtype=bool), asked)

    @property
    def _wanted(self) -> str:
        return self.expression


def _settled(
    frame: pd.DataFrame, broken: npt.NDArray[np.bool_], wanted: Node, rng: np.random.Generator
) -> pd.DataFrame:
    """Return ``frame`` with the cells of broken rows set to what an expression says that they must hold."""
    if not broken.any():
        return frame
    mended = frame.copy(deep=False)
    for name, choices in _settings(wanted):
        values = frame[name]
        cells = pd.Series([_cell(choice, values) for choice in choices], dtype=object)
        if len(cells) > 1:  # as often as the possible values occur anyway
            usual = values[values.isin(cells)].astype(object)
            cells = (usual if len(usual) else cells).sample(int(broken.sum()), replace=True, random_state=rng)
        settled = values.astype(object).to_numpy(copy=True)
        settled[broken] = cells.to_numpy() if len(cells) > 1 else cells.iloc[0]
        mended[name] = as_kind(pd.Series(settled, index=frame.index, dtype=object), kind_and_step(values)[0])
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
