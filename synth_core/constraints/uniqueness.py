"""The rule that no two rows agree in some columns."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field, field_validator

from synth_core.constraints.base import Constraint, How


class Unique(Constraint):
    """No two rows agree in all of these columns; the second and later ones break the rule.

    Identifiers and personal data are made anew and unique over the whole release. Over other columns, rows are kept
    apart within a part of the release, and the written release is checked as a whole.
    """

    title: ClassVar[str] = "Unique"
    row_wise: ClassVar[bool] = False
    ways: ClassVar[tuple[How, ...]] = ("reject",)

    type: Literal["unique"] = "unique"
    columns: tuple[str, ...] = Field(min_length=1)

    @field_validator("columns", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def own_columns(self) -> tuple[str, ...]:
        return self.columns

    def words(self) -> str:
        if len(self.columns) == 1:
            return f"{self.columns[0]} is different in every row"
        return f"{', '.join(self.columns[:-1])} and {self.columns[-1]} together are different in every row"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        spoken = self.applies(frame)
        again = np.zeros(len(frame), dtype=bool)
        again[spoken] = frame.loc[spoken, list(self.columns)].duplicated(keep="first").to_numpy(dtype=bool)
        return self.with_nulls(frame, again)
