"""The rule that exactly one of some yes / no columns is on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from synth_core.constraints.base import Constraint, Derivation, Encoding, How
from synth_core.constraints.bounds import kind_and_step
from synth_core.constraints.replacing import fresh_name, replaced
from synth_core.constraints.values import as_kind
from synth_core.table import Column, Kind, Role, Table

ON = frozenset({"1", "1.0", "true", "yes", "y", "t"})
OFF = frozenset({"0", "0.0", "false", "no", "n", "f"})


def switched_on(values: pd.Series) -> npt.NDArray[np.bool_]:
    """Return where a column says yes: 1, true, yes, y or t, in any case."""
    return _level_in(values, ON)


def _level_in(values: pd.Series, words: frozenset[str]) -> npt.NDArray[np.bool_]:
    codes, levels = pd.factorize(values)
    found = np.array([*(str(level).strip().casefold() in words for level in levels), False], dtype=bool)
    return np.asarray(found[codes], dtype=bool)


def _cells(values: pd.Series) -> tuple[Any, Any]:
    """Return how a column writes no and yes; as 0 and 1 when it has no cell that says so."""
    found = []
    for where, other in ((_level_in(values, OFF), "0"), (switched_on(values), "1")):
        cells = values[where]
        written = other if values.dtype == object else float(other)
        cell = cells.iloc[0] if len(cells) else written
        found.append(cell.item() if isinstance(cell, np.generic) else cell)
    return found[0], found[1]


class OneHot(Constraint):
    """In every row exactly one of the columns is 1 (or true, or yes), the others are 0."""

    title: ClassVar[str] = "Exactly one of several"
    recomputes: ClassVar[bool] = True
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "reject")

    type: Literal["one_hot"] = "one_hot"
    columns: tuple[str, ...] = Field(min_length=2)

    @property
    def own_columns(self) -> tuple[str, ...]:
        return self.columns

    def words(self) -> str:
        return f"exactly one of {', '.join(self.columns[:-1])} and {self.columns[-1]} is 1"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()
        kinds = (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN, Kind.CATEGORY)
        for name in self.columns:
            self.need_kind(table, name, kinds, "0 and 1, or yes and no,")
            values = table.frame[name]
            strange = values.notna().to_numpy() & ~switched_on(values) & ~_level_in(values, OFF)
            if strange.all() and len(strange):
                raise self.problem(f"no cell of '{name}' is 0 or 1, or yes or no; choose another column.")

    def _on(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        return np.stack([switched_on(frame[name]) for name in self.columns], axis=1)

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        off = np.stack([_level_in(frame[name], OFF) for name in self.columns], axis=1)
        on = self._on(frame)
        return self.with_nulls(frame, (on.sum(axis=1) != 1) | ~(on | off).all(axis=1))

    def ways_for(self, table: Table) -> tuple[How, ...]:
        ways = super().ways_for(table)
        missing = bool(table.frame[list(self.columns)].isna().any(axis=None))
        return tuple(way for way in ways if way != "transform") if missing else ways

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Keep one of the columns that are on; where none is, switch one on as often as it is among other rows."""
        broken = self.violations(frame).to_numpy()
        if not broken.any():
            return frame
        on = self._on(frame)
        usual = on[~broken].sum(axis=0) + 1e-9 if (~broken).any() else np.ones(len(self.columns))
        weight = np.where(on.any(axis=1, keepdims=True), on, 1) * usual
        chosen = _drawn(weight, rng)
        mended = frame.copy(deep=False)
        for place, name in enumerate(self.columns):
            mended[name] = _switched(frame[name], broken, chosen == place)
        return mended

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation(self.columns),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Learn which of the columns is on, as one category."""
        at = self._on(table.frame).argmax(axis=1) if len(table) else np.zeros(0, dtype=np.int64)
        roles = [table.column(name).role for name in self.columns]
        role = Role.TARGET if Role.TARGET in roles else Role.FEATURE
        described = Column(
            name=fresh_name(" | ".join(self.columns), table), kind=Kind.CATEGORY, role=role, protect=False
        )
        values = pd.Series(np.array([*self.columns, None], dtype=object)[at], dtype=object)
        kinds = tuple(table.column(name).kind for name in self.columns)
        cells = tuple(_cells(table.frame[name]) for name in self.columns)
        share = np.bincount(at, minlength=len(self.columns)) / max(len(at), 1)
        decoder = OneHotDecoder(described.name, self.columns, kinds, cells, tuple(map(float, share)))
        return Encoding(replaced(table, self.columns, described, values), decoder)


def _drawn(weight: npt.NDArray[np.float64], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return one column per row, drawn by its weight."""
    bounds = weight.cumsum(axis=1)
    return np.asarray((rng.random((len(weight), 1)) * bounds[:, -1:] >= bounds).sum(axis=1), dtype=np.int64)


def _switched(values: pd.Series, rows: npt.NDArray[np.bool_], on: npt.NDArray[np.bool_]) -> pd.Series:
    no, yes = _cells(values)
    settled = values.astype(object).to_numpy(copy=True)
    settled[rows] = np.where(on[rows], np.array(yes, dtype=object), np.array(no, dtype=object))
    return as_kind(pd.Series(settled, index=values.index, dtype=object), kind_and_step(values)[0])


@dataclass(frozen=True)
class OneHotDecoder:
    """Writes a category out as columns of which one is on."""

    name: str
    columns: tuple[str, ...]
    kinds: tuple[Kind, ...]
    cells: tuple[tuple[Any, Any], ...]
    share: tuple[float, ...]

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        places = {name: place for place, name in enumerate(self.columns)}
        codes, levels = pd.factorize(frame[self.name], use_na_sentinel=False)
        at = np.array([places.get(level, -1) for level in levels], dtype=np.int64)[codes] if len(levels) else codes
        unknown = np.flatnonzero(at < 0)
        if len(unknown):  # a state of the engine's own
            weight = np.tile(np.array(self.share) + 1e-12, (len(unknown), 1))
            at = at.copy()
            at[unknown] = _drawn(weight, np.random.default_rng(len(frame)))
        result = frame.drop(columns=self.name)
        for place, (name, kind, (no, yes)) in enumerate(zip(self.columns, self.kinds, self.cells, strict=True)):
            values = np.array([no, yes, None], dtype=object)[(at == place).astype(np.int64)]
            result[name] = as_kind(pd.Series(values, index=frame.index, dtype=object), kind)
        return result
