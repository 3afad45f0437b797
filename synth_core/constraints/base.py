"""What every rule has: fields, a sentence, a check, and ways to be kept."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, field_validator

from synth_core.constraints.expressions import parse_condition
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Table, did_you_mean

How = Literal["transform", "condition", "repair", "reject", "check_only"]
ORDERED = (Kind.INTEGER, Kind.NUMBER, Kind.DATETIME)
AMOUNTS = (Kind.INTEGER, Kind.NUMBER)
STATES = (Kind.CATEGORY, Kind.BOOLEAN, Kind.INTEGER)


@dataclass(frozen=True)
class Derivation:
    """Columns that a transform leaves out of learning, and the columns from which it computes them again."""

    derived: tuple[str, ...]
    anchors: tuple[str, ...] = ()


class Decoder(Protocol):
    """What a transform needs to know to be undone; small, picklable, without rows."""

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return sampled rows with the derived columns computed again."""


@dataclass(frozen=True)
class Unchanged:
    """The decoder of a transform that changes nothing."""

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame``."""
        return frame


@dataclass(frozen=True)
class InTurn:
    """Several decoders, applied one after another."""

    decoders: tuple[Decoder, ...]

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return ``frame`` after every decoder."""
        for decoder in self.decoders:
            frame = decoder.decode(frame)
        return frame


@dataclass(frozen=True)
class Encoding:
    """A table so changed that learning it keeps a rule by construction, and the way back."""

    table: Table
    decoder: Decoder

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return sampled rows in the columns of the table before the transform."""
        return self.decoder.decode(frame)


class Constraint(BaseModel):
    """A rule that every row must keep.

    Attributes
    ----------
    hard, target_rate
        A hard rule has no violation in a release. A soft one (``hard=False``) keeps about ``target_rate`` broken
        rows (None: the rate among the real rows).
    source, support, exceptions
        Who made it; when found in the data, rows it was checked on and rows that break it.
    on_null
        Whether a row with a missing cell in ``own_columns`` keeps the rule ("ignore") or breaks it ("violates").
    when
        A condition (see ``expressions``): other rows keep the rule whatever they hold. None: it speaks of all rows.
    enforcement
        How it is kept; "auto" takes the first of ``ways``.
    status
        What was last found out about it: "conflict" with another rule, or "infeasible" by itself.
    recomputes
        Whether a repair computes the one value that the rule leaves: then it goes before drawing again.
    row_wise
        Whether one row by itself shows that it keeps the rule; else rows are judged together (keys, sequences, shares).
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)
    ways: ClassVar[tuple[How, ...]] = ("reject",)
    title: ClassVar[str] = "Rule"
    row_wise: ClassVar[bool] = True
    recomputes: ClassVar[bool] = False

    type: str
    id: str = Field(default_factory=lambda: uuid.uuid4().hex[:12])
    description: str = ""
    enabled: bool = True
    severity: Literal["error", "warning", "info"] = "error"
    hard: bool = True
    target_rate: float | None = Field(default=None, ge=0, le=1)
    source: Literal["discovered", "user", "imported"] = "user"
    support: int = 0
    exceptions: int = 0
    on_null: Literal["ignore", "violates"] = "ignore"
    when: str | None = None
    enforcement: Literal["auto", "transform", "condition", "repair", "reject", "check_only"] = "auto"
    status: Literal["ok", "conflict", "infeasible"] = "ok"

    @field_validator("when")
    @classmethod
    def _readable_when(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        parse_condition(value)
        return value

    @classmethod
    def about(cls) -> str:
        """Return what this kind of rule says, in a sentence."""
        return " ".join((cls.__doc__ or "").strip().split("\n\n")[0].replace("``", "`").split())

    @property
    def own_columns(self) -> tuple[str, ...]:
        """Names of the columns that the rule ties down, without those that only ``when`` reads."""
        if type(self).columns_used is Constraint.columns_used:
            raise NotImplementedError
        return self.columns_used

    @property
    def columns_used(self) -> tuple[str, ...]:
        """Names of the columns that the rule reads."""
        if self.when is None:
            return self.own_columns
        return tuple(dict.fromkeys((*self.own_columns, *parse_condition(self.when).columns)))

    def words(self) -> str:
        """Return the rule in words, without ``when``."""
        raise NotImplementedError

    def sentence(self) -> str:
        """Return the rule in words."""
        return self.words() if self.when is None else f"where {parse_condition(self.when).sentence()}: {self.words()}"

    def check(self, table: Table) -> None:
        """Raise :class:`ConstraintError` when the rule does not fit ``table`` (unknown column, wrong kind)."""
        if self.when is not None:
            parse_condition(self.when, table.columns)
        for name in self.columns_used:
            if name not in table.names:
                raise self.problem(f"there is no column '{name}'.{did_you_mean(name, table.names)}")

    def problem(self, said: str) -> ConstraintError:
        """Return the error that says what is wrong with this rule."""
        return ConstraintError(f"Rule '{self.sentence()}': {said}")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return True for each row of ``frame`` that breaks the rule (bool, same index)."""
        raise NotImplementedError

    def fitted(self, table: Table) -> Self:
        """Return the rule completed with what it needs from the real rows (allowed combinations)."""
        return self

    def ways_for(self, table: Table) -> tuple[How, ...]:
        """Return the ways in which the rule can be kept on ``table``, best first."""
        return self.ways if self.when is None else tuple(way for way in self.ways if way != "transform")

    def parts(self) -> tuple[Constraint, ...]:
        """Return simpler rules that follow from this one: an engine checks them before all columns are made."""
        return ()

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        """Return which columns a transform can leave out, best first."""
        return (Derivation(()),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Return ``table`` so changed that learning it keeps the rule by construction (ways: transform)."""
        return Encoding(table, Unchanged())

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Return ``frame`` with broken rows changed as little as possible so that they keep the rule."""
        return frame

    @property
    def repairs(self) -> tuple[str, ...]:
        """Names of the columns that ``repair`` may change."""
        return self.own_columns

    def applies(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return which rows the rule speaks of: those where ``when`` holds."""
        if self.when is None:
            return np.ones(len(frame), dtype=bool)
        return parse_condition(self.when).holds(frame).to_numpy(dtype=bool)

    def with_nulls(
        self, frame: pd.DataFrame, broken: npt.NDArray[np.bool_], among: Sequence[str] | None = None
    ) -> pd.Series[bool]:
        """Return ``broken`` where ``when`` holds, after ``on_null`` is applied to missing cells in ``among``.

        ``among``: default ``own_columns``.
        """
        kept = np.array(broken, dtype=bool)
        for name in self.own_columns if among is None else among:
            if self.on_null == "violates":
                kept |= frame[name].isna().to_numpy(dtype=bool)
            elif (rows := np.flatnonzero(kept)).size:  # few, mostly: looking for empty cells of text takes long
                kept[rows] = ~frame[name].iloc[rows].isna().to_numpy(dtype=bool)
        if self.when is not None and kept.any():
            kept &= self.applies(frame)
        return pd.Series(kept, index=frame.index, dtype=bool)

    def need_kind(self, table: Table, name: str, kinds: tuple[Kind, ...], what: str) -> Column:
        """Return the column, or raise ConstraintError saying that ``what`` was expected."""
        column = table.column(name)
        if column.kind not in kinds:
            raise self.problem(
                f"column '{name}' is read as {column.kind.in_words}, but {what} is needed. "
                "Change its kind on the Upload page, or choose another column."
            )
        return column

    def need_different(self) -> None:
        """Raise ConstraintError when a column is named twice."""
        if len(set(self.own_columns)) < len(self.own_columns):
            raise self.problem("a column is named twice; name each column once.")

    def need_comparable(self, table: Table) -> None:
        """Raise ConstraintError unless the columns are all numbers or all dates."""
        columns = [self.need_kind(table, name, ORDERED, "a number or a date") for name in self.own_columns]
        odd = next((c for c in columns if (c.kind is Kind.DATETIME) != (columns[0].kind is Kind.DATETIME)), None)
        if odd is not None:
            first = columns[0]
            raise self.problem(
                f"'{first.name}' is read as {first.kind.in_words} and '{odd.name}' as {odd.kind.in_words}; "
                "two numbers or two dates are needed."
            )


def to_jsonable(rules: list[Constraint]) -> list[dict[str, Any]]:
    """Return rules as plain JSON values."""
    return [rule.model_dump(mode="json") for rule in rules]
