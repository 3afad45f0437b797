"""A table and what its columns mean."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from synth_core.errors import TableError

Storage = Literal["integer", "number", "string", "boolean", "datetime"]


FEW_PEOPLE = 20  # where fewer are all there is, nobody can hide among them


class Kind(StrEnum):
    """What the values of a column are."""

    INTEGER = "integer"
    NUMBER = "number"
    CATEGORY = "category"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    TEXT = "text"
    IDENTIFIER = "identifier"

    @property
    def in_words(self) -> str:
        """What the app and its files call it."""
        return {"integer": "whole number", "boolean": "yes / no", "datetime": "date"}.get(self.value, self.value)

    @property
    def numeric(self) -> bool:
        """Whether values have an order and a distance: integers, numbers and dates."""
        return self in (Kind.INTEGER, Kind.NUMBER, Kind.DATETIME)

    @property
    def categorical(self) -> bool:
        """Whether values are states of a finite set."""
        return self in (Kind.CATEGORY, Kind.BOOLEAN)


class Role(StrEnum):
    """What a column is for. ENTITY: who the row is about. ORDER: the time index."""

    FEATURE = "feature"
    TARGET = "target"
    SENSITIVE = "sensitive"
    ENTITY = "entity"
    ORDER = "order"
    DROP = "drop"

    @property
    def in_words(self) -> str:
        """What the app and its files call it."""
        return {"entity": "who it is about", "order": "time order", "drop": "leave out"}.get(self.value, self.value)


class Column(BaseModel):
    """One column: its name, meaning, and how it was stored in the source.

    Attributes
    ----------
    semantic
        ``"email"``, ``"person_name"``, ... when the column looks like personal data, else None.
    storage
        How the source held the values; a release writes them back the same way.
    format
        How dates (see ``date_patterns``) and numbers with a unit or a clock (see ``units``) were written as text.
    missing_token
        Text that stood for an empty cell in the source (``"?"``); written back on release. None: a true null.
    protect
        Whether rare categories and extremes are kept out of the release (see ``codec``).
    note
        Why the column was read like this, or why protection was switched off.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    role: Role = Role.FEATURE
    nullable: bool = False
    semantic: str | None = None
    storage: Storage = "string"
    format: str | None = None
    missing_token: str | None = None
    protect: bool = True
    note: str = ""

    @property
    def regenerated(self) -> bool:
        """Whether values are made anew and never learned: identifiers and personal data."""
        return self.kind is Kind.IDENTIFIER or self.semantic is not None

    @property
    def learned(self) -> bool:
        """Whether an engine learns this column."""
        return self.role is not Role.DROP and not self.regenerated and self.kind is not Kind.TEXT


@dataclass(frozen=True)
class Table:
    """A frame with the meaning of its columns; never changed in place.

    Canonical dtypes of ``frame``: INTEGER int64, or Int64 where cells are missing; NUMBER float64;
    DATETIME datetime64[ns] without zone; every other kind object holding str, with None where missing
    (a boolean keeps its own words: "yes" / "no", "0" / "1").
    ``reading`` makes such frames; the row index is 0..n-1.
    ``people``: whom each row is about, one number per row, where the column that says so was left out by
    :meth:`select`: who can be told from a value is counted in people.
    """

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    name: str = "table"
    source: dict[str, str] = field(default_factory=dict)
    people: npt.NDArray[np.int64] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if list(self.frame.columns) != [column.name for column in self.columns]:
            raise TableError(
                f"Table '{self.name}': the frame has columns {list(self.frame.columns)[:5]}..., "
                f"the description {[c.name for c in self.columns][:5]}...; they must be the same, in the same order."
            )

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return the column called ``name``; :class:`TableError` with the nearest name when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise TableError(f"There is no column '{name}' in '{self.name}'.{did_you_mean(name, self.names)}")

    def having(self, *, role: Role | None = None, learned: bool | None = None) -> list[Column]:
        """Return the columns with this role, or (not) learned by engines."""
        return [
            column
            for column in self.columns
            if (role is None or column.role is role) and (learned is None or column.learned is learned)
        ]

    @property
    def target(self) -> Column | None:
        """The column to predict, if one is set."""
        found = self.having(role=Role.TARGET)
        return found[0] if found else None

    def select(self, names: Sequence[str]) -> Table:
        """Return the table with these columns only, in this order; it remembers who its rows are about."""
        columns = tuple(self.column(n) for n in names)
        people = None if any(column.role is Role.ENTITY for column in columns) else self.entities()
        return Table(self.frame[list(names)], columns, self.name, self.source, people)

    def rows(self, index: npt.NDArray[np.intp] | npt.NDArray[np.bool_]) -> Table:
        """Return the rows at these positions, or where the mask is true."""
        people = None if self.people is None else self.people[index]
        return Table(self.frame.iloc[index].reset_index(drop=True), self.columns, self.name, self.source, people)

    def with_frame(self, frame: pd.DataFrame) -> Table:
        """Return a table of other rows with the same columns."""
        return Table(frame[self.names].reset_index(drop=True), self.columns, self.name, self.source)

    def with_columns(self, changed: Iterable[Column]) -> Table:
        """Return the table with some column descriptions replaced (matched by name)."""
        by_name = {column.name: column for column in changed}
        for name in by_name:
            self.column(name)
        return replace(self, columns=tuple(by_name.get(c.name, c) for c in self.columns))

    @cached_property
    def fingerprint(self) -> str:
        """Hash (sha256, hex) of every cell, name, kind and role: two tables with the same print are the same."""
        digest = hashlib.sha256()
        for column in self.columns:
            digest.update(column.model_dump_json().encode())
            for part in _printed(self.frame[column.name]):
                digest.update(part)
        return digest.hexdigest()

    def split(self, holdout: float, seed: int) -> tuple[Table, Table]:
        """Return ``(train, holdout)``, disjoint and in the original row order.

        Rows about the same entity, and exact duplicates, are never on both sides. Where most rows have a twin, a twin
        says nothing about a person, and rows are dealt one by one. Shares hold within each class of a categorical
        target.

        Parameters
        ----------
        holdout
            Share of rows kept out of learning, 0 <= holdout < 1. With 0 the second table has no rows.
        """
        if not 0 <= holdout < 1:
            raise TableError(f"The share of rows held out must be at least 0 and below 1, not {holdout}.")
        held = np.zeros(len(self), dtype=bool)
        if holdout > 0 and len(self) > 1:
            held = self._held_rows(holdout, np.random.default_rng(seed))
        return self.rows(~held), self.rows(held)

    def _held_rows(self, share: float, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        group = self.row_groups()
        stratum = np.zeros(len(self), dtype=np.int64)
        if self.target is not None and self.target.kind.categorical:
            stratum = pd.factorize(self.frame[self.target.name])[0].astype(np.int64)
        frame = pd.DataFrame({"group": group, "stratum": stratum})
        groups = frame.groupby("group", sort=True).agg(rows=("stratum", "size"), stratum=("stratum", "first"))
        groups = groups.iloc[rng.permutation(len(groups))].sort_values("stratum", kind="stable")
        chosen = _dealt(groups["rows"].to_numpy(), share, rng.random() - 0.5)
        return np.asarray(np.isin(group, groups.index[chosen]), dtype=np.bool_)

    def entities(self) -> npt.NDArray[np.int64] | None:
        """Return one number per row that rows about one entity share; None where nothing says who it is."""
        entity = self.having(role=Role.ENTITY)
        if not entity:
            return self.people
        return np.asarray(pd.factorize(self.frame[entity[0].name], use_na_sentinel=False)[0], dtype=np.int64)

    def privacy_units(self) -> npt.NDArray[np.int64] | None:
        """Return what protection counts, one number per row: people; None where it counts rows.

        It counts rows where nothing says who they are about, and where fewer than :data:`FEW_PEOPLE` are all there is.
        """
        people = self.entities()
        return None if people is None or len(np.unique(people)) < FEW_PEOPLE else people

    def row_groups(self) -> npt.NDArray[np.int64]:
        """Return one number per row; rows that must stay on one side of a split (entity, exact duplicates) share it."""
        people = self.entities()
        if people is not None:
            return people
        parts = [pd.util.hash_array(_hashable(self.frame[c.name])) for c in self.columns if c.learned]
        if not parts:
            return np.arange(len(self), dtype=np.int64)
        mixed = np.zeros(len(self), dtype=np.uint64)
        for part in parts:
            mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + part
        group = np.asarray(pd.factorize(mixed)[0], dtype=np.int64)
        with_twin = np.bincount(group)[group] > 1
        return group if with_twin.mean() <= 0.5 else np.arange(len(self), dtype=np.int64)


def _dealt(sizes: npt.NDArray[np.int64], share: float, start: float) -> npt.NDArray[np.bool_]:
    """Return which groups, taken in this order, make up ``share`` of the rows at every point (error diffusion)."""
    chosen = np.zeros(len(sizes), dtype=bool)
    owed = start
    for position, size in enumerate(sizes.tolist()):
        owed += size * share
        if owed >= size / 2:
            chosen[position] = True
            owed -= size
    return chosen


def numbers(values: pd.Series) -> npt.NDArray[np.float64]:
    """Return a numeric or date column as float64, NaN where missing; dates as seconds since 1970."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        seconds = values.to_numpy(dtype="datetime64[ns]").astype(np.int64) / 1e9
        return np.where(values.isna().to_numpy(), np.nan, seconds)
    return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def did_you_mean(name: str, names: Sequence[str]) -> str:
    """Return `` Did you mean 'x'?`` for the nearest of ``names``, or their list when none is near.

    >>> did_you_mean("agee", ["age", "sex"])
    " Did you mean 'age'?"
    """
    from difflib import get_close_matches

    near = get_close_matches(name, names, n=1)
    if near:
        return f" Did you mean '{near[0]}'?"
    shown = ", ".join(f"'{n}'" for n in list(names)[:8])
    return f" The columns are: {shown}{', ...' if len(names) > 8 else ''}."


def _printed(values: pd.Series) -> list[Any]:
    """Return buffers that are equal for equal columns; texts as Arrow holds them, which needs no hash per cell."""
    if values.dtype == object:
        try:
            texts = pa.array(values.to_numpy(dtype=object), type=pa.large_string(), from_pandas=True)
            return [b"" if buffer is None else buffer for buffer in texts.buffers()]
        except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeError):
            pass  # not texts alone
    return [pd.util.hash_array(_hashable(values)).tobytes()]


def _hashable(values: pd.Series) -> npt.NDArray[np.generic] | pd.api.extensions.ExtensionArray:
    """Return an array that pandas hashes by value, alike for int64 and Int64 columns."""
    if pd.api.types.is_integer_dtype(values.dtype) or pd.api.types.is_float_dtype(values.dtype):
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        return np.asarray(values.to_numpy(dtype="datetime64[ns]").astype(np.int64))
    return np.asarray(values.astype(object).where(values.notna(), None).to_numpy(dtype=object))
