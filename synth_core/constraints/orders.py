"""Rules on the order of columns. The gaps between them can be learned in their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from synth_core.constraints.base import Constraint, Decoder, Derivation, Encoding, How, InTurn
from synth_core.constraints.replacing import fresh_name, replaced
from synth_core.constraints.values import (
    Floats,
    as_kind,
    decimals,
    known_numbers,
    quantity,
    round_down,
    round_up,
)
from synth_core.table import Kind, Role, Table

_UNITS = (86_400, 3_600, 60, 1)


class Inequality(Constraint):
    """One column is never above another."""

    title: ClassVar[str] = "Order of two columns"
    ways: ClassVar[tuple[How, ...]] = ("transform", "reject", "condition", "repair")

    type: Literal["inequality"] = "inequality"
    low_column: str
    high_column: str
    strict_boundaries: bool = False

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.low_column, self.high_column)

    def words(self) -> str:
        return f"{self.low_column} is {'below' if self.strict_boundaries else 'at most'} {self.high_column}"

    def check(self, table: Table) -> None:
        super().check(table)
        if self.low_column == self.high_column:
            raise self.problem("a column is held against itself; choose two columns.")
        self.need_comparable(table)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        low, high = comparable(frame[self.low_column], frame[self.high_column])
        broken = low >= high if self.strict_boundaries else low > high
        return self.with_nulls(frame, np.asarray(broken, dtype=bool))

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        broken = self.violations(frame).to_numpy()
        low, high = frame[self.low_column], frame[self.high_column]
        if not broken.any() or low.dtype.kind != high.dtype.kind:
            return frame
        return frame.assign(**{self.low_column: low.where(~broken, high), self.high_column: high.where(~broken, low)})

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        ways = (
            Derivation((self.high_column,), (self.low_column,)),
            Derivation((self.low_column,), (self.high_column,)),
        )
        target_last = table.column(self.high_column).role is Role.TARGET
        low, high = quantity(table.frame[self.low_column]), quantity(table.frame[self.high_column])
        gap = _spread(high - low)
        # A small column computed as the difference of two large ones would be mostly noise.
        usable = [way for way, own in zip(ways, (high, low), strict=True) if not gap > 1.5 * _spread(own)]
        return tuple(usable[::-1] if target_last else usable)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn the gap between the two columns instead of one of them."""
        derived = derivation.derived[0] if derivation else self.high_column
        anchor = self.low_column if derived == self.high_column else self.high_column
        column, low, high = table.column(derived), table.frame[self.low_column], table.frame[self.high_column]
        dated = column.kind is Kind.DATETIME
        sign = 1 if derived == self.high_column else -1
        near = quantity(table.frame[anchor])
        known = np.sort(known_numbers(table.frame[anchor]))
        fill = float(known[len(known) // 2]) if len(known) else 0.0  # a real value, so that the gap stays on the grid
        gap = sign * (quantity(table.frame[derived]) - np.where(np.isnan(near), fill, near))
        gap = np.where(np.isnan(near), gap, np.maximum(gap, 0))
        unit, whole, places = _grid(gap, low, high, table.frame[derived], dated)
        gap = np.round(gap / unit) if whole else gap / unit
        described = column.model_copy(
            update={
                "name": fresh_name(f"{self.high_column} minus {self.low_column}", table),
                "kind": Kind.INTEGER if whole else Kind.NUMBER,
                "storage": "integer" if whole else "number",
                "format": None,
                "missing_token": None,
            }
        )
        decoder = GapDecoder(
            described.name, derived, anchor, sign, column.kind, unit, places, fill, self.strict_boundaries
        )
        return Encoding(replaced(table, (derived,), described, as_kind(gap, described.kind)), decoder)


def _spread(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(np.std(known)) if len(known) else 0.0


def comparable(low: pd.Series, high: pd.Series) -> tuple[Any, Any]:
    """Return two columns whose order numpy compares, False where a cell is missing."""
    if all(pd.api.types.is_datetime64_any_dtype(values.dtype) for values in (low, high)):
        return low.to_numpy(dtype="datetime64[ns]"), high.to_numpy(dtype="datetime64[ns]")
    return quantity(low), quantity(high)


def _grid(
    gap: Floats, low: pd.Series, high: pd.Series, derived: pd.Series, dated: bool
) -> tuple[float, bool, int | None]:
    """Return the unit of a gap (seconds for dates), whether it is whole, and the decimals of the derived column."""
    known = gap[np.isfinite(gap)]
    if dated:
        for unit in _UNITS:
            if np.all(np.mod(known, unit) == 0):
                return float(unit), True, 0
        return 1.0, False, None
    places = decimals(quantity(derived), most=10)
    return 1.0, decimals(quantity(low)) == 0 and decimals(quantity(high)) == 0, places


@dataclass(frozen=True)
class GapDecoder:
    """Computes a column from the other one and the gap between them."""

    gap: str
    derived: str
    anchor: str
    sign: int
    kind: Kind
    unit: float
    places: int | None
    fill: float
    strict: bool

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        gap = quantity(frame[self.gap]) * self.unit
        near = frame[self.anchor]
        known = near.notna().to_numpy()
        gap = np.where(known, np.maximum(gap, 0), gap)
        values = self._dates(gap, near) if self.kind is Kind.DATETIME else self._numbers(gap, quantity(near), known)
        result = frame.copy(deep=False)
        result[self.gap] = as_kind(values, self.kind, frame.index)
        return result.rename(columns={self.gap: self.derived})

    def _dates(self, gap: Floats, near: pd.Series) -> npt.NDArray[np.datetime64]:
        least = self.unit if self.strict else 0
        gap = np.where(near.notna().to_numpy(), np.maximum(gap, least), gap)
        steps = np.round(np.where(np.isnan(gap), 0, gap) * 1e6).astype(np.int64) * 1000
        filled = near.fillna(pd.Timestamp(round(self.fill), unit="s")).to_numpy(dtype="datetime64[ns]")
        values = filled + self.sign * steps.astype("timedelta64[ns]")
        return np.asarray(np.where(np.isnan(gap), np.datetime64("NaT", "ns"), values))

    def _numbers(self, gap: Floats, near: Floats, known: npt.NDArray[np.bool_]) -> Floats:
        values = np.where(known, near, self.fill) + self.sign * gap
        if self.places is None:
            if self.strict:
                touching = known & (self.sign * (values - near) <= 0)
                values = np.where(touching, np.nextafter(near, self.sign * np.inf), values)
            return np.asarray(values, dtype=np.float64)
        values = np.round(values, self.places)
        least = round_up(near, self.places) if self.sign > 0 else round_down(near, self.places)
        if self.strict:
            step = self.sign * 10.0**-self.places
            least = np.where(self.sign * (least - near) > 1e-9, least, np.round(least + step, self.places))
        short = known & (self.sign * (values - least) < 0)
        return np.where(short, least, values)


class _Chain(Constraint):
    """Columns of which none is above the next. Missing cells are passed over, neighbours are held together."""

    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "condition", "reject")
    strict_boundaries: bool = False

    def words(self) -> str:
        return f" {'<' if self.strict_boundaries else '≤'} ".join(self.own_columns)

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()
        self.need_comparable(table)

    def _steps(self) -> list[Inequality]:
        return [
            Inequality(
                low_column=low, high_column=high, strict_boundaries=self.strict_boundaries, id=self.id, when=self.when
            )
            for low, high in zip(self.own_columns, self.own_columns[1:], strict=False)
        ]

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        broken = np.logical_or.reduce([step.violations(frame).to_numpy(dtype=bool) for step in self._steps()])
        return self.with_nulls(frame, broken, () if self.on_null == "ignore" else None)

    def parts(self) -> tuple[Constraint, ...]:
        return tuple(self._steps())

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Put the values of a broken row in order."""
        broken = np.flatnonzero(self.violations(frame).to_numpy())
        columns = list(self.own_columns)
        if not len(broken) or len({frame[name].dtype for name in columns}) > 1:
            return frame
        values = np.stack([quantity(frame[name].iloc[broken]) for name in columns], axis=1)
        # argsort puts missing cells last: they go back to where they were.
        order, filled = np.argsort(values, axis=1, kind="stable"), ~np.isnan(values)
        source = np.zeros_like(order)
        source[filled] = order[~np.sort(~filled, axis=1)]
        mended = frame.copy(deep=False)
        for place, name in enumerate(columns):
            column = frame[name].copy()
            for other, origin in enumerate(columns):
                rows = filled[:, place] & (source[:, place] == other)
                column.iloc[broken[rows]] = frame[origin].iloc[broken[rows]].array
            mended[name] = column
        return mended

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        names = self.own_columns
        up, down = Derivation(names[1:], names[:1]), Derivation(names[:-1], names[-1:])
        return (down, up) if table.column(names[-1]).role is Role.TARGET else (up, down)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn the gap to the neighbour in place of every column but the first (or the last)."""
        up = derivation is None or derivation.anchors == self.own_columns[:1]
        decoders: list[Decoder] = []
        for step in reversed(self._steps()) if up else self._steps():
            low, high = (step.low_column,), (step.high_column,)
            encoding = step.encode(table, Derivation(high, low) if up else Derivation(low, high))
            table = encoding.table
            decoders.insert(0, encoding.decoder)
        return Encoding(table, InTurn(tuple(decoders)))


class Range(_Chain):
    """A column lies between two other columns."""

    title: ClassVar[str] = "Between two columns"

    type: Literal["range"] = "range"
    low_column: str
    middle_column: str
    high_column: str

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.low_column, self.middle_column, self.high_column)

    def words(self) -> str:
        apart = ", never equal to either" if self.strict_boundaries else ""
        return f"{self.middle_column} is between {self.low_column} and {self.high_column}{apart}"


class ChainedInequality(_Chain):
    """Several columns, each at most the next."""

    title: ClassVar[str] = "Order of several columns"

    type: Literal["chained_inequality"] = "chained_inequality"
    columns: tuple[str, ...] = Field(min_length=2)

    @property
    def own_columns(self) -> tuple[str, ...]:
        return self.columns
