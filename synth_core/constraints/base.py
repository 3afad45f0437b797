"""What every rule has: fields, a sentence, a check, and ways to be kept."""

from __future__ import annotations

import uuid
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Table, did_you_mean

How = Literal["transform", "repair", "reject", "check_only"]


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

    model_config = ConfigDict(frozen=True, extra="forbid")
    ways: ClassVar[tuple[How, ...]] = ("reject",)
    title: ClassVar[str] = "Rule"

    type: str
    id: str = Field(default_factory=lambda: uuid.uuid4().hex[:12])
    description: str = ""
    enabled: bool = True
    severity: Literal["error", "warning", "info"] = "error"
    hard: bool = True
    target_rate: float | None = None
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

    def encode(self, table: Table) -> Table:
        """Return ``table`` so changed that learning it keeps the rule by construction (ways: transform)."""
        return table

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Undo ``encode`` on sampled rows."""
        return frame

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Return ``frame`` with broken rows changed as little as possible so that they keep the rule."""
        return frame

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
