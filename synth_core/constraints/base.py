"""What every rule has: fields, a sentence, a check, and ways to be kept."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Table, did_you_mean

How = Literal["transform", "repair", "reject", "check_only"]


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
        Whether a row with a missing cell in ``columns`` keeps the rule ("ignore") or breaks it ("violates").
    enforcement
        How it is kept; "auto" takes the first of ``ways``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)
    ways: ClassVar[tuple[How, ...]] = ("reject",)
    title: ClassVar[str] = "Rule"

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
    enforcement: Literal["auto", "transform", "repair", "reject", "check_only"] = "auto"

    @property
    def columns_used(self) -> tuple[str, ...]:
        """Names of the columns that the rule reads."""
        raise NotImplementedError

    def sentence(self) -> str:
        """Return the rule in words."""
        raise NotImplementedError

    def check(self, table: Table) -> None:
        """Raise :class:`ConstraintError` when the rule does not fit ``table`` (unknown column, wrong kind)."""
        for name in self.columns_used:
            if name not in table.names:
                raise ConstraintError(
                    f"Rule '{self.sentence()}': there is no column '{name}'.{did_you_mean(name, table.names)}"
                )

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return True for each row of ``frame`` that breaks the rule (bool, same index)."""
        raise NotImplementedError

    def fitted(self, table: Table) -> Self:
        """Return the rule completed with what it needs from the real rows (allowed combinations)."""
        return self

    def ways_for(self, table: Table) -> tuple[How, ...]:
        """Return the ways in which the rule can be kept on ``table``, best first."""
        return self.ways

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
        return self.columns_used

    def with_nulls(
        self, frame: pd.DataFrame, broken: npt.NDArray[np.bool_], among: Sequence[str] | None = None
    ) -> pd.Series[bool]:
        """Return ``broken`` after ``on_null`` is applied to missing cells in ``among`` (default: the columns used)."""
        empty = np.zeros(len(frame), dtype=bool)
        for name in self.columns_used if among is None else among:
            empty |= frame[name].isna().to_numpy(dtype=bool)
        kept = broken | empty if self.on_null == "violates" else broken & ~empty
        return pd.Series(kept, index=frame.index, dtype=bool)

    def need_kind(self, table: Table, name: str, kinds: tuple[Kind, ...], what: str) -> Column:
        """Return the column, or raise ConstraintError saying that ``what`` was expected."""
        column = table.column(name)
        if column.kind not in kinds:
            raise ConstraintError(
                f"Rule '{self.sentence()}': column '{name}' is {column.kind.value}, but {what} is needed. "
                "Change its kind on the Upload page, or choose another column."
            )
        return column


def to_jsonable(rules: list[Constraint]) -> list[dict[str, Any]]:
    """Return rules as plain JSON values."""
    return [rule.model_dump(mode="json") for rule in rules]
