"""The rule that columns add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from pydantic import Field

from synth_core.constraints.base import AMOUNTS, Constraint, Derivation, Encoding, How
from synth_core.constraints.expression_nodes import plain
from synth_core.constraints.replacing import replaced
from synth_core.constraints.values import Floats, as_kind, decimals, known_numbers, quantity, round_down
from synth_core.table import Kind, Role, Table


class SumEquals(Constraint):
    """Some columns add up to another one, or to a number."""

    title: ClassVar[str] = "Sum"
    recomputes: ClassVar[bool] = True
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "reject")

    type: Literal["sum_equals"] = "sum_equals"
    columns: tuple[str, ...] = Field(min_length=2)
    total: str | float
    tolerance: float = Field(default=0.0, ge=0)

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (*self.columns, self.total) if isinstance(self.total, str) else self.columns

    def words(self) -> str:
        total = self.total if isinstance(self.total, str) else plain(self.total)
        within = f" (within {plain(self.tolerance)})" if self.tolerance else ""
        return f"{' + '.join(self.columns)} equals {total}{within}"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()
        for name in self.own_columns:
            self.need_kind(table, name, AMOUNTS, "a number")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        added = np.sum([quantity(frame[name]) for name in self.columns], axis=0)
        total = quantity(frame[self.total]) if isinstance(self.total, str) else float(self.total)
        with np.errstate(invalid="ignore"):
            noise = 1e-9 * np.maximum(1, np.abs(total))
            broken = np.abs(added - total) > self.tolerance + noise
        return self.with_nulls(frame, np.asarray(broken, dtype=bool))

    def ways_for(self, table: Table) -> tuple[How, ...]:
        # A column that is left out cannot come back with its missing cells; repair computes it where it is there.
        missing = bool(table.frame[list(self.own_columns)].isna().any(axis=None))
        ways = super().ways_for(table)
        return tuple(way for way in ways if way != "transform") if missing else ways

    @property
    def repairs(self) -> tuple[str, ...]:
        return (self.total,) if isinstance(self.total, str) else (self.columns[-1],)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        broken = self.violations(frame).to_numpy()
        name = self.repairs[0]
        found = self._decoder(name, frame, self.own_columns).computed(frame)
        mended = np.where(broken & np.isfinite(found), found, quantity(frame[name]))
        kind = Kind.NUMBER if frame[name].dtype.kind == "f" else Kind.INTEGER
        return frame.assign(**{name: as_kind(mended, kind, frame.index)}) if broken.any() else frame

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        size = {name: float(np.nansum(np.abs(quantity(table.frame[name])))) for name in self.columns}
        order = sorted(self.columns, key=lambda name: -size[name])
        ways = [Derivation((name,), tuple(n for n in self.own_columns if n != name)) for name in order]
        if isinstance(self.total, str):
            ways.insert(0, Derivation((self.total,), self.columns))
        return tuple(sorted(ways, key=lambda way: table.column(way.derived[0]).role is Role.TARGET))

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn all columns but one, which is computed from the others."""
        derived = (derivation or self.derivations(table)[0]).derived[0]
        decoder = self._decoder(derived, table.frame, self.own_columns, table.column(derived).kind)
        return Encoding(replaced(table, (derived,), None, None), decoder)

    def _decoder(self, derived: str, frame: pd.DataFrame, names: Sequence[str], kind: Kind = Kind.NUMBER) -> SumDecoder:
        places = {name: decimals(quantity(frame[name])) for name in names}
        least = min((float(np.nanmin(q)) for n in self.columns if (q := known_numbers(frame[n])).size), default=-1.0)
        return SumDecoder(derived, self.columns, self.total, kind, tuple(places.items()), least >= 0)


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
