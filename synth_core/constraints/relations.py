"""Rules that tie columns together: order, combinations, sums. Each can be kept by a transform."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from synth_core.constraints.base import Constraint, Derivation, Encoding, How
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.values import (
    Floats,
    as_kind,
    decimals,
    joint_codes,
    known_codes,
    plain_value,
    quantity,
    round_down,
    round_up,
)
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Role, Table

RARE = 5
_UNITS = (86_400, 3_600, 60, 1)
_ROLES = (Role.TARGET, Role.ENTITY, Role.ORDER, Role.SENSITIVE, Role.FEATURE)


def fresh_name(name: str, table: Table) -> str:
    """Return ``name``, with primes added until no column of ``table`` is called so."""
    while name in table.names:
        name += "'"
    return name


def replaced(table: Table, derived: Sequence[str], column: Column | None, values: pd.Series | None) -> Table:
    """Return ``table`` with the derived columns left out and ``column``, if any, in place of the first."""
    columns: list[Column] = []
    frame = table.frame.drop(columns=list(derived))
    for old in table.columns:
        if old.name not in derived:
            columns.append(old)
        elif old.name == derived[0] and column is not None and values is not None:
            frame.insert(len(columns), column.name, values.to_numpy() if values.dtype == object else values.array)
            columns.append(column)
    return Table(frame, tuple(columns), table.name, table.source)


class Inequality(Constraint):
    """One column is never above another."""

    title: ClassVar[str] = "Order of two columns"
    ways: ClassVar[tuple[How, ...]] = ("transform", "reject", "repair")

    type: Literal["inequality"] = "inequality"
    low_column: str
    high_column: str
    strict_boundaries: bool = False

    @property
    def columns_used(self) -> tuple[str, ...]:
        return (self.low_column, self.high_column)

    def sentence(self) -> str:
        return f"{self.low_column} is {'below' if self.strict_boundaries else 'at most'} {self.high_column}"

    def check(self, table: Table) -> None:
        super().check(table)
        if self.low_column == self.high_column:
            raise ConstraintError(f"Rule '{self.sentence()}': a column is held against itself; choose two columns.")
        kinds = (Kind.INTEGER, Kind.NUMBER, Kind.DATETIME)
        low = self.need_kind(table, self.low_column, kinds, "a number or a date")
        high = self.need_kind(table, self.high_column, kinds, "a number or a date")
        if (low.kind is Kind.DATETIME) != (high.kind is Kind.DATETIME):
            raise ConstraintError(
                f"Rule '{self.sentence()}': '{low.name}' is {low.kind.value} and '{high.name}' is {high.kind.value}; "
                "two numbers or two dates are needed."
            )

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        low, high = _comparable(frame[self.low_column], frame[self.high_column])
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
        known = np.sort(_known(table.frame[anchor]))
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


def _comparable(low: pd.Series, high: pd.Series) -> tuple[Any, Any]:
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


class FixedCombinations(Constraint):
    """Values of some columns only occur together as they do in the real rows.

    ``combinations`` None: they are learned by ``fitted``. Combinations of fewer than five real rows are left out, so
    that a rule file does not spell them out, unless they make up more than a twentieth of the rows.
    """

    title: ClassVar[str] = "Fixed combinations"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "reject")

    type: Literal["fixed_combinations"] = "fixed_combinations"
    columns: tuple[str, ...] = Field(min_length=2)
    combinations: tuple[tuple[str | int | float | None, ...], ...] | None = None

    @property
    def columns_used(self) -> tuple[str, ...]:
        return self.columns

    def sentence(self) -> str:
        count = "" if self.combinations is None else f" ({len(self.combinations):,} allowed)"
        return f"{', '.join(self.columns[:-1])} and {self.columns[-1]} occur only in known combinations{count}"

    def check(self, table: Table) -> None:
        super().check(table)
        if len(set(self.columns)) < len(self.columns):
            raise ConstraintError(f"Rule '{self.sentence()}': a column is named twice; name each column once.")
        for name in self.columns:
            self.need_kind(table, name, (Kind.CATEGORY, Kind.BOOLEAN, Kind.INTEGER), "a category or a whole number")
        if any(len(row) != len(self.columns) for row in self.combinations or ()):
            raise ConstraintError(
                f"Rule '{self.sentence()}': every combination needs {len(self.columns)} values, one for each column."
            )

    def fitted(self, table: Table) -> Self:
        if self.combinations is not None or not set(self.columns) <= set(table.names):
            return self
        counts = table.frame.groupby(list(self.columns), sort=True, dropna=False).size()
        common = counts[counts >= RARE]
        if common.sum() >= 0.95 * counts.sum() and len(common):
            counts = common
        rows = tuple(tuple(plain_value(v) for v in row) for row in counts.index)
        return self.model_copy(update={"combinations": rows})

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        if self.combinations is None:
            raise ConstraintError(
                f"Rule '{self.sentence()}': the allowed combinations are not known yet; learn them from the real rows."
            )
        return self.with_nulls(frame, ~self._known(frame))

    def _known(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return where a row is one of the combinations, column by column, each prefix as one number."""
        allowed = self.combinations or ()
        prefix = np.zeros(len(frame), dtype=np.int64)
        wanted = np.zeros(len(allowed), dtype=np.int64)
        for place, name in enumerate(self.columns):
            column, levels = known_codes(frame[name], [row[place] for row in allowed])
            pair, wanted_pair = prefix * (len(allowed) + 1) + column, wanted * (len(allowed) + 1) + levels
            known = np.unique(wanted_pair)
            wanted = np.searchsorted(known, wanted_pair)
            at = np.minimum(np.searchsorted(known, pair), max(len(known) - 1, 0))
            hit = (known[at] == pair) & (prefix >= 0) & (column >= 0) if len(known) else np.zeros(len(frame), bool)
            prefix = np.where(hit, at, -1)
        return prefix >= 0

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        broken = np.flatnonzero(self.violations(frame).to_numpy())
        rows = [row for row in self.combinations or () if not any(cell is None for cell in row)]
        if not len(broken) or not rows:
            return frame
        first, levels = known_codes(frame[self.columns[0]].iloc[broken], [row[0] for row in rows])
        chosen = np.array([rng.choice(np.flatnonzero(levels == code)) if code >= 0 else -1 for code in first])
        mended = frame.copy(deep=False)
        for place, name in enumerate(self.columns[1:], 1):
            values = frame[name].astype(object).to_numpy(copy=True)
            values[broken[chosen >= 0]] = np.array([row[place] for row in rows], dtype=object)[chosen[chosen >= 0]]
            mended[name] = pd.Series(values, index=frame.index, dtype=object).astype(frame[name].dtype)
        return mended

    @property
    def repairs(self) -> tuple[str, ...]:
        return self.columns[1:]

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation(self.columns),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn the columns as one joint category."""
        code, levels = joint_codes(table.frame, self.columns)
        rows = [tuple(plain_value(levels[name].iloc[i]) for name in self.columns) for i in range(len(levels))]
        labels = [json.dumps(row, ensure_ascii=False) for row in rows]
        roles = [table.column(name).role for name in self.columns]
        described = Column(
            name=fresh_name(" × ".join(self.columns), table),
            kind=Kind.CATEGORY,
            role=next((role for role in _ROLES if role in roles), Role.FEATURE),
            protect=any(table.column(name).protect for name in self.columns),
        )
        counts = np.bincount(code, minlength=len(labels)).astype(float)
        values = pd.Series(np.array([*labels, None], dtype=object)[:-1][code], dtype=object)
        kinds = tuple(table.column(name).kind for name in self.columns)
        decoder = JointDecoder(described.name, self.columns, kinds, tuple(labels), tuple(rows), tuple(counts))
        return Encoding(replaced(table, self.columns, described, values), decoder)


@dataclass(frozen=True)
class JointDecoder:
    """Splits a joint category into its columns."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    labels: tuple[str, ...]
    rows: tuple[tuple[str | int | float | None, ...], ...]
    counts: tuple[float, ...]

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        places = {label: place for place, label in enumerate(self.labels)}
        codes, levels = pd.factorize(frame[self.name], use_na_sentinel=False)
        at = np.array([places.get(level, -1) for level in levels], dtype=np.int64)[codes] if len(levels) else codes
        unknown = np.flatnonzero(at < 0)
        if len(unknown) and self.labels:
            # An engine may answer with a state of its own ("other"); such a row takes a combination by its share.
            share = np.array(self.counts) / sum(self.counts)
            at = at.copy()
            at[unknown] = np.random.default_rng(len(frame)).choice(len(self.labels), len(unknown), p=share)
        result = frame.drop(columns=self.name)
        for place, (name, kind) in enumerate(zip(self.columns, self.kinds, strict=True)):
            values = np.array([*(row[place] for row in self.rows), None], dtype=object)
            result[name] = as_kind(pd.Series(values[at], index=frame.index, dtype=object), kind)
        return result


class SumEquals(Constraint):
    """Some columns add up to another one, or to a number."""

    title: ClassVar[str] = "Sum"
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "reject")

    type: Literal["sum_equals"] = "sum_equals"
    columns: tuple[str, ...] = Field(min_length=2)
    total: str | float
    tolerance: float = Field(default=0.0, ge=0)

    @property
    def columns_used(self) -> tuple[str, ...]:
        return (*self.columns, self.total) if isinstance(self.total, str) else self.columns

    def sentence(self) -> str:
        total = self.total if isinstance(self.total, str) else plain(self.total)
        within = f" (within {plain(self.tolerance)})" if self.tolerance else ""
        return f"{' + '.join(self.columns)} equals {total}{within}"

    def check(self, table: Table) -> None:
        super().check(table)
        if len(set(self.columns_used)) < len(self.columns_used):
            raise ConstraintError(f"Rule '{self.sentence()}': a column is named twice; name each column once.")
        for name in self.columns_used:
            self.need_kind(table, name, (Kind.INTEGER, Kind.NUMBER), "a number")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        added = np.sum([quantity(frame[name]) for name in self.columns], axis=0)
        total = quantity(frame[self.total]) if isinstance(self.total, str) else float(self.total)
        with np.errstate(invalid="ignore"):
            noise = 1e-9 * np.maximum(1, np.abs(total))
            broken = np.abs(added - total) > self.tolerance + noise
        return self.with_nulls(frame, np.asarray(broken, dtype=bool))

    def ways_for(self, table: Table) -> tuple[How, ...]:
        # A column that is left out cannot come back with its missing cells; repair computes it where it is there.
        missing = bool(table.frame[list(self.columns_used)].isna().any(axis=None))
        return ("repair", "reject") if missing else self.ways

    @property
    def repairs(self) -> tuple[str, ...]:
        return (self.total,) if isinstance(self.total, str) else (self.columns[-1],)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        broken = self.violations(frame).to_numpy()
        name = self.repairs[0]
        found = self._decoder(name, frame, self.columns_used).computed(frame)
        mended = np.where(broken & np.isfinite(found), found, quantity(frame[name]))
        kind = Kind.NUMBER if frame[name].dtype.kind == "f" else Kind.INTEGER
        return frame.assign(**{name: as_kind(mended, kind, frame.index)}) if broken.any() else frame

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        size = {name: float(np.nansum(np.abs(quantity(table.frame[name])))) for name in self.columns}
        order = sorted(self.columns, key=lambda name: -size[name])
        ways = [Derivation((name,), tuple(n for n in self.columns_used if n != name)) for name in order]
        if isinstance(self.total, str):
            ways.insert(0, Derivation((self.total,), self.columns))
        return tuple(sorted(ways, key=lambda way: table.column(way.derived[0]).role is Role.TARGET))

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn all columns but one, which is computed from the others."""
        derived = (derivation or self.derivations(table)[0]).derived[0]
        decoder = self._decoder(derived, table.frame, self.columns_used, table.column(derived).kind)
        return Encoding(replaced(table, (derived,), None, None), decoder)

    def _decoder(self, derived: str, frame: pd.DataFrame, names: Sequence[str], kind: Kind = Kind.NUMBER) -> SumDecoder:
        places = {name: decimals(quantity(frame[name])) for name in names}
        least = min((float(np.nanmin(q)) for n in self.columns if (q := _known(frame[n])).size), default=-1.0)
        return SumDecoder(derived, self.columns, self.total, kind, tuple(places.items()), least >= 0)


def _known(values: pd.Series) -> Floats:
    found = quantity(values)
    return np.asarray(found[np.isfinite(found)], dtype=np.float64)


@dataclass(frozen=True)
class SumDecoder:
    """Computes the column that was left out of a sum, exact to its decimals."""

    derived: str
    columns: tuple[str, ...]
    total: str | float
    kind: Kind
    places: tuple[tuple[str, int | None], ...]
    never_negative: bool

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        places = dict(self.places)
        frame = frame.copy(deep=False)
        others = [name for name in self.columns if name != self.derived]
        for name in [*others, *([self.total] if isinstance(self.total, str) and self.total != self.derived else [])]:
            if frame[name].dtype.kind == "f" and places[name] is not None:
                frame[name] = np.round(frame[name], places[name] or 0)
        if self.derived != self.total and self.never_negative:
            self._shrink(frame, others, places)
        frame[self.derived] = as_kind(self.computed(frame), self.kind, frame.index)
        return frame

    def computed(self, frame: pd.DataFrame) -> Floats:
        """Return the left-out column from the others."""
        others = np.sum([quantity(frame[name]) for name in self.columns if name != self.derived], axis=0)
        value = others if self.derived == self.total else self._whole(frame) - others
        places = dict(self.places)[self.derived]
        return np.asarray(value if places is None else np.round(value, places), dtype=np.float64)

    def _whole(self, frame: pd.DataFrame) -> Floats:
        if isinstance(self.total, str):
            return quantity(frame[self.total])
        return np.full(len(frame), float(self.total))

    def _shrink(self, frame: pd.DataFrame, others: list[str], places: dict[str, int | None]) -> None:
        """Scale the other parts down where they exceed the total, so that the left-out part is not negative."""
        added = np.sum([quantity(frame[name]) for name in others], axis=0)
        whole = self._whole(frame)
        over = (added > whole) & (added > 0)
        if not over.any():
            return
        factor = np.where(over, np.maximum(whole, 0) / np.where(over, added, 1), 1)
        for name in others:
            kind = Kind.NUMBER if frame[name].dtype.kind == "f" else Kind.INTEGER
            scaled = quantity(frame[name]) * factor
            scaled = scaled if places[name] is None else round_down(scaled, places[name] or 0)
            frame[name] = as_kind(np.where(over, scaled, quantity(frame[name])), kind, frame.index)
