"""What-if: rows of an edited profile. A number moved or stretched, a rate changed, a category added.

A number is moved by a rising straight line, so that ranks, and with them what depends on what, stay. A rate is a target
share (``steering``). A new category takes some rows of an existing one, with all that is typical of them. Rows made so
are no likeness of reality: the recipe, the scorecard, the report and the data card say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.constraints.expressions import parse_condition
from synth_core.errors import InputError
from synth_core.steering.asks import Steering
from synth_core.table import Column, Kind, Table, numbers

if TYPE_CHECKING:
    from synth_core.recipe import Recipe

DAY = 86_400.0
LEAST, MOST = 0.1, 10.0  # stretch
FEWEST = 7  # real rows of a category before it can be a pattern: fewer are protected
NOT_APPLYING = "does not apply to a what-if"
_FAR = {Kind.DATETIME: 9.2e9, Kind.INTEGER: 9e15}  # seconds from 1970, and whole numbers, that can be written
CALLED = "What-if: made from a profile that was edited by hand; no likeness of the real rows."


class _Edit(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Shift(_Edit):
    """A number or date moved: ``middle + add + stretch * (x - middle)``; dates in seconds since 1970."""

    column: str
    middle: float = Field(allow_inf_nan=False)
    add: float = Field(default=0.0, allow_inf_nan=False)
    stretch: float = Field(default=1.0, ge=LEAST, le=MOST)

    def moved(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return values after the edit.

        >>> Shift(column="age", middle=40, add=5, stretch=2).moved(np.array([40.0, 50.0])).tolist()
        [45.0, 65.0]
        """
        return self.middle + self.add + self.stretch * (values - self.middle)

    def undone(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return values as they were before the edit."""
        return self.middle + (values - self.middle - self.add) / self.stretch

    @classmethod
    def to_bounds(cls, column: str, middle: float, old: tuple[float, float], new: tuple[float, float]) -> Shift:
        """Return the edit that takes the range ``old`` to the range ``new``.

        >>> Shift.to_bounds("age", 40, (20, 80), (20, 50)).moved(np.array([20.0, 80.0])).tolist()
        [20.0, 50.0]
        """
        if new[1] <= new[0]:
            raise InputError(f"The new bounds of '{column}' need a lower end below the upper one.")
        stretch = (new[1] - new[0]) / max(old[1] - old[0], 1e-12)
        if not LEAST <= stretch <= MOST:
            raise InputError(
                f"The new bounds of '{column}' make its range {stretch:.2g} times as wide; {LEAST:g} to {MOST:g} times "
                "is possible."
            )
        return cls(column=column, middle=middle, add=new[0] + (middle - old[0]) * stretch - middle, stretch=stretch)

    @property
    def changes(self) -> bool:
        """Whether it moves anything."""
        return self.add != 0 or self.stretch != 1

    def sentence(self, kind: Kind = Kind.NUMBER) -> str:
        """Return the edit in words.

        >>> Shift(column="age", middle=40, add=5, stretch=1.2).sentence()
        'age: moved by +5, stretched to 1.2 times its spread.'
        """
        by = f"{self.add / DAY:+,.4g} days" if kind is Kind.DATETIME else f"{self.add:+,.4g}"
        said = [f"moved by {by}"] if self.add else []
        said += [f"stretched to {self.stretch:.3g} times its spread"] if self.stretch != 1 else []
        return f"{self.column}: {', '.join(said) or 'unchanged'}."


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


class Added(_Edit):
    """A new category with a share (0..1) of all rows that follows the pattern of an existing one."""

    column: str
    name: str = Field(min_length=1, max_length=80)
    like: str
    share: float = Field(gt=0, lt=1)

    def sentence(self) -> str:
        """Return the edit in words."""
        return f"{self.column}: new category '{self.name}' with {_percent(self.share)} of rows, like '{self.like}'."


class WhatIf(_Edit):
    """Everything that was edited; ``rates`` are shares (0..1) of the existing categories of a column."""

    shifts: tuple[Shift, ...] = ()
    rates: dict[str, dict[str, float]] = Field(default_factory=dict)
    added: tuple[Added, ...] = ()

    @property
    def asked(self) -> bool:
        """Whether anything was edited."""
        return bool(any(shift.changes for shift in self.shifts) or self.rates or self.added)

    def sentences(self, kinds: Mapping[str, Kind] | None = None) -> list[str]:
        """Return each edit in words."""
        known = kinds or {}
        told = [one.sentence(known.get(one.column, Kind.NUMBER)) for one in self.shifts if one.changes]
        for name, levels in self.rates.items():
            told.append(f"{name}: {', '.join(f'{level} {_percent(share)}' for level, share in levels.items())}.")
        return [*told, *(one.sentence() for one in self.added)]

    # numbers

    def moved(self, frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
        """Return rows with the numbers moved; whole numbers stay whole, missing cells missing."""
        return self._mapped(frame, columns, undo=False)

    def unmoved(self, frame: pd.DataFrame, columns: Mapping[str, Column]) -> pd.DataFrame:
        """Return rows with the numbers where they were: who knows the edit can do the same."""
        return self._mapped(frame, columns, undo=True)

    def _mapped(self, frame: pd.DataFrame, columns: Mapping[str, Column], *, undo: bool) -> pd.DataFrame:
        changed = {}
        for shift in self.shifts:
            if shift.changes and shift.column in frame and shift.column in columns:
                values = numbers(frame[shift.column])
                values = shift.undone(values) if undo else shift.moved(values)
                changed[shift.column] = _as_kind(values, columns[shift.column], frame[shift.column])
        return frame.assign(**changed) if changed else frame

    # categories

    def split(
        self, frame: pd.DataFrame, shares: Mapping[str, Mapping[str, float]], rng: np.random.Generator
    ) -> pd.DataFrame:
        """Return rows where each new category has taken its part of the rows of the one that it is like.

        ``shares``: what the rows were steered to, the new category's share counted with the one that it is like.
        """
        for one in self.added:
            held = shares.get(one.column, {}).get(one.like, 0.0)
            rows = np.flatnonzero((frame[one.column] == one.like).to_numpy(dtype=bool))
            if held > 0 and len(rows):
                taken = rng.permutation(rows)[: round(len(rows) * min(one.share / held, 1.0))]
                cells = frame[one.column].to_numpy(dtype=object, copy=True)
                cells[taken] = one.name
                frame = frame.assign(**{one.column: cells})
        return frame

    def merged(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows with each new category counted as the one that it is like: so rules and attacks see it."""
        changed: dict[str, pd.Series] = {}
        for one in self.added:
            if one.column in frame:
                cells = changed.get(one.column, frame[one.column])
                changed[one.column] = cells.where(cells != one.name, one.like)
        return frame.assign(**changed) if changed else frame


@dataclass(frozen=True)
class Moved:
    """The edits of numbers as what a set of rules applies to drawn rows before it checks them."""

    edits: WhatIf
    columns: tuple[Column, ...]

    @property
    def names(self) -> frozenset[str]:
        """Names of the columns that are moved."""
        return frozenset(shift.column for shift in self.edits.shifts if shift.changes)

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return drawn rows with the numbers moved."""
        return self.edits.moved(frame, {column.name: column for column in self.columns})

    def reach(self, name: str, ends: tuple[float, float]) -> tuple[float, float]:
        """Return the ends of a column's range after the edit."""
        for shift in self.edits.shifts:
            if shift.column == name:
                low, high = shift.moved(np.asarray(ends, dtype=np.float64))
                return float(low), float(high)
        return ends


def _as_kind(values: npt.NDArray[np.float64], column: Column, like: pd.Series) -> pd.Series:
    """Return numbers as a column of this kind stores them."""
    missing = np.isnan(values)
    if column.kind is Kind.DATETIME:
        whole = np.where(missing, 0.0, values)
        days = bool((pd.to_datetime(like.dropna()).dt.normalize() == like.dropna()).all())
        whole = np.round(whole / DAY) * DAY if days else np.round(whole)
        moments = (whole * 1e9).astype(np.int64).astype("datetime64[ns]")
        return pd.Series(moments, index=like.index).mask(missing)
    if column.kind is Kind.INTEGER:
        found = pd.Series(np.round(np.where(missing, 0, values)).astype(np.int64), index=like.index)
        return found.astype("Int64").mask(missing) if missing.any() else found.astype(like.dtype)
    shown = numbers(like)
    digits = _digits(shown[~np.isnan(shown)][:500])
    return pd.Series(np.round(values, digits), index=like.index)


def _digits(values: npt.NDArray[np.float64]) -> int:
    """Return how many decimals a column has, at most nine."""
    for digits in range(9):
        if np.allclose(values, np.round(values, digits), rtol=0, atol=1e-9):
            return digits
    return 9


def shares_of(table: Table, name: str) -> dict[str, float]:
    """Return the shares (0..1) of the categories of a column among its filled cells, frequent ones first."""
    found = table.frame[name].value_counts(normalize=True)
    return {str(level): float(share) for level, share in found.items()}


def what_if_recipe(recipe: Recipe, table: Table, edits: WhatIf) -> Recipe:
    """Return the recipe whose rows follow the edited profile of ``table``.

    Raises
    ------
    InputError
        An edit does not fit the table, or does not go together with what the recipe asks already.
    """
    if not edits.asked:
        raise InputError("Nothing is edited yet: move a number, change a rate or add a category.")
    edits = edits.model_copy(update={"shifts": tuple(shift for shift in edits.shifts if shift.changes)})
    _check(recipe.steering, table, edits)
    shares = dict(recipe.steering.shares)
    for name in dict.fromkeys([*edits.rates, *(one.column for one in edits.added)]):
        shares[name] = _wanted(table, name, edits, recipe.steering.shares.get(name, {}))
    if len(shares) > 2:
        raise InputError(
            f"Rates and new categories are set on {len(shares)} columns ({', '.join(shares)}); two at most can be "
            "steered together. Undo one."
        )
    return recipe.model_copy(
        update={"steering": recipe.steering.model_copy(update={"shares": shares}), "what_if": edits}
    )


def _wanted(table: Table, name: str, edits: WhatIf, before: Mapping[str, float]) -> dict[str, float]:
    """Return what a column is steered to: the rates, scaled to make room; a new category counts with its like."""
    real = shares_of(table, name)
    rates = edits.rates.get(name) or dict(before)
    free = 1 - sum(rates.values())
    rest = sum(share for level, share in real.items() if level not in rates)
    full = {level: rates.get(level, share / rest * free if rest else 0.0) for level, share in real.items()}
    added = [one for one in edits.added if one.column == name]
    room = 1 - sum(one.share for one in added)
    wanted = {level: share * room for level, share in full.items() if level in rates}
    for one in added:
        wanted[one.like] = wanted.get(one.like, full[one.like] * room) + one.share
    return {level: round(share, 9) for level, share in wanted.items()}


def _check(steering: Steering, table: Table, edits: WhatIf) -> None:
    if steering.given is not None or steering.make:
        raise InputError(
            "A what-if makes rows freely; drop the given rows or counts of a class on the Method page first."
        )
    spoken = {name for text in steering.expressions(table) for name in parse_condition(text).columns}
    for shift in edits.shifts:
        column = table.column(shift.column)
        if not column.kind.numeric or not column.learned:
            raise InputError(f"'{shift.column}' is not a learned number or date, so it cannot be moved.")
        values = numbers(table.frame[shift.column])
        ends = [
            float(shift.moved(np.asarray(end(values, initial=shift.middle, where=~np.isnan(values)))))
            for end in (np.min, np.max)
        ]
        if max(abs(end) for end in ends) > _FAR.get(column.kind, float("inf")):
            raise InputError(f"'{shift.column}' would be moved beyond what can be written; move it less far.")
        if shift.column in spoken:
            raise InputError(f"A condition speaks of '{shift.column}', which is moved too; drop one of them.")
    for name in edits.rates:
        _category(table, name)
    room: dict[str, float] = {}
    for one in edits.added:
        _category(table, one.column)
        if problem := _unwritable(table.column(one.column), one.name):
            raise InputError(f"'{one.name}' cannot be a new category of '{one.column}', which {problem}.")
        counts = table.frame[one.column].value_counts()
        if one.name in counts.index:
            raise InputError(f"'{one.column}' has a category '{one.name}' already; change its rate instead.")
        if int(counts.get(one.like, 0)) < FEWEST:
            raise InputError(
                f"'{one.column}' has fewer than {FEWEST} rows of '{one.like}', too few for a pattern; take another."
            )
        room[one.column] = room.get(one.column, 0.0) + one.share
        if room[one.column] >= 1:
            raise InputError(f"The new categories of '{one.column}' take all rows; lower their shares.")
    pairs = [(one.column, one.like) for one in edits.added]
    names = [(one.column, one.name) for one in edits.added]
    if len(set(pairs)) < len(pairs) or len(set(names)) < len(names):
        raise InputError("Two new categories have the same name or follow the same one; change one of them.")


def _unwritable(column: Column, name: str) -> str:
    """Return why a new category could not be written as its column is stored; "" where it can."""
    if name == column.missing_token:
        return "has this word for a missing cell"
    if column.storage == "boolean":
        return "holds true and false only"
    try:
        {"integer": int, "number": float}.get(column.storage, str)(name)
    except ValueError:
        return "holds numbers"
    return ""


def _category(table: Table, name: str) -> None:
    column = table.column(name)
    if not column.kind.categorical or not column.learned:
        raise InputError(f"'{name}' is not a learned category, so its rates cannot be changed.")
