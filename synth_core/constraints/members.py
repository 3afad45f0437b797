"""Rules on which values a column may hold, and how often."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field, field_validator

from synth_core.constraints.base import STATES, Constraint, How
from synth_core.constraints.bounds import kind_and_step
from synth_core.constraints.expression_logic import listed
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.values import as_kind, drawn_into, known_codes
from synth_core.errors import ConstraintError
from synth_core.table import Kind, Table

Value = bool | int | float | str
SHARES = 1e-9


def _told(value: Value) -> str:
    return plain(value) if isinstance(value, int | float) and not isinstance(value, bool) else f"'{value}'"


class _Listed(Constraint):
    """What lists of values have in common."""

    ways: ClassVar[tuple[How, ...]] = ("repair", "condition", "reject")

    column: str
    values: tuple[Value, ...] = Field(min_length=1)

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def check(self, table: Table) -> None:
        super().check(table)
        column = self.need_kind(
            table, self.column, (*STATES, Kind.NUMBER, Kind.IDENTIFIER, Kind.TEXT), "a category, text or a number"
        )
        if column.kind.numeric and (odd := next((v for v in self.values if isinstance(v, str)), None)) is not None:
            raise self.problem(f"'{odd}' is text, but '{column.name}' is read as {column.kind.in_words}; list numbers.")

    def _held(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        return known_codes(frame[self.column], self.values)[0] >= 0

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Draw other values, as often as they occur in rows that keep the rule."""
        broken, values = self.violations(frame).to_numpy(), frame[self.column]
        return frame.assign(**{self.column: drawn_into(values, broken, self._usual(values[~broken]), rng)})

    def _usual(self, kept: pd.Series) -> pd.Series:
        return kept.dropna()


class AllowedValues(_Listed):
    """A column holds only values of a list."""

    title: ClassVar[str] = "Allowed values"

    type: Literal["allowed_values"] = "allowed_values"

    def words(self) -> str:
        return f"{self.column} is {listed([_told(v) for v in self.values])}"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return self.with_nulls(frame, ~self._held(frame))

    def _usual(self, kept: pd.Series) -> pd.Series:
        if len(known := kept.dropna()):
            return known
        cells = pd.Series([v if kept.dtype != object else str(v) for v in self.values], dtype=object)
        return as_kind(cells, kind_and_step(kept)[0])


class ForbiddenValues(_Listed):
    """A column holds no value of a list."""

    title: ClassVar[str] = "Forbidden values"

    type: Literal["forbidden_values"] = "forbidden_values"

    def words(self) -> str:
        return f"{self.column} is never {listed([_told(v) for v in self.values])}"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return self.with_nulls(frame, self._held(frame))


class Share(Constraint):
    """The values of a column occur in given shares, each within a tolerance.

    Rows that break it are the last ones of values that are too frequent: as many as would have to change. Values that
    are not named share what is left; none is left when the probabilities add up to 1.
    """

    title: ClassVar[str] = "Shares of values"
    ways: ClassVar[tuple[How, ...]] = ("repair", "reject")
    row_wise: ClassVar[bool] = False

    type: Literal["share"] = "share"
    column: str
    probabilities: dict[str, float] = Field(min_length=1)
    tolerance: float = Field(default=0.01, ge=0, le=1)

    @field_validator("probabilities", mode="before")
    @classmethod
    def _shares(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        given = {str(key): share for key, share in value.items()}
        numbers = [s for s in given.values() if isinstance(s, int | float) and not isinstance(s, bool)]
        if len(numbers) == len(given) and (min(numbers, default=0) < 0 or sum(numbers) > 1 + SHARES):
            raise ConstraintError(f"The shares must be 0 or more and add up to at most 1, not {sum(numbers):.4g}.")
        return given

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def words(self) -> str:
        parts = [f"{share:.4g} {value}" for value, share in list(self.probabilities.items())[:8]]
        more = ", ..." if len(self.probabilities) > 8 else ""
        return f"the shares of {self.column} are {', '.join(parts)}{more} (within {plain(self.tolerance)})"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_kind(table, self.column, STATES, "a category or a whole number")

    def _limits(self, rows: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the fewest and the most rows of each named value, then of all others."""
        share = np.array([*self.probabilities.values(), max(0.0, 1 - sum(self.probabilities.values()))])
        slack = np.where(np.arange(len(share)) < len(share) - 1, self.tolerance, self.tolerance * (share[-1] > SHARES))
        # Whole rows cannot meet every share: the next whole number on either side is always fine.
        low = np.minimum(np.ceil((share - slack) * rows - SHARES), np.floor(share * rows + SHARES))
        high = np.maximum(np.floor((share + slack) * rows + SHARES), np.ceil(share * rows - SHARES))
        return np.maximum(low, 0).astype(np.int64), high.astype(np.int64)

    def _changes(
        self, frame: pd.DataFrame
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return the code of each row (last: any other value; -1: not judged), and rows to take and give per code."""
        codes, _ = known_codes(frame[self.column], list(self.probabilities))
        judged = self.applies(frame) & frame[self.column].notna().to_numpy(dtype=bool)
        others = len(self.probabilities)
        codes = np.where(judged, np.where(codes < 0, others, codes), -1)
        counts = np.bincount(codes[codes >= 0], minlength=others + 1)
        low, high = self._limits(int(counts.sum()))
        take, give = np.maximum(counts - high, 0), np.maximum(low - counts, 0)
        for side, other, room in ((take, give, counts - low), (give, take, high - counts)):
            wanted = int(other.sum() - side.sum())
            for code in np.argsort(-(room - side), kind="stable"):
                if wanted <= 0:
                    break
                step = min(wanted, max(int(room[code] - side[code]), 0)) if not other[code] else 0
                side[code] += step
                wanted -= step
        return codes, take, give

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        codes, take, _ = self._changes(frame)
        return self.with_nulls(frame, _last(codes, take))

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Give surplus rows the values that are too rare."""
        codes, take, give = self._changes(frame)
        rows = np.flatnonzero(_last(codes, take))
        values = frame[self.column]
        cells = np.array(list(self.probabilities), dtype=object)
        wanted = np.repeat(cells, give[:-1])
        others = values[codes == len(cells)].to_numpy(dtype=object)
        if len(others):  # values that are not named, as often as they occur
            wanted = np.concatenate([wanted, others[rng.integers(len(others), size=int(give[-1]))]])
        wanted = rng.permutation(wanted)[: len(rows)]
        if not len(wanted):
            return frame
        settled = values.astype(object).to_numpy(copy=True)
        settled[rows[: len(wanted)]] = wanted
        return frame.assign(**{self.column: as_kind(pd.Series(settled, index=frame.index), kind_and_step(values)[0])})


def _last(codes: npt.NDArray[np.int64], take: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Return which rows are the last ``take`` of their code."""
    marked = np.zeros(len(codes), dtype=bool)
    for code in np.flatnonzero(take):
        marked[np.flatnonzero(codes == code)[-int(take[code]) :]] = True
    return marked
