"""Tables as numbers: codes by train frequency, shared by all scores, and coarse states for pairs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import TableError
from synth_core.scores.statistics import Floats
from synth_core.table import Column, Table, did_you_mean, numbers

TREE_LEVELS = 250  # scikit-learn's boosted trees take up to 255 categories as such
LARGEST = 1e30  # models read float32: an infinite or larger number counts as this one
Codes = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Coded:
    """Rows as arrays: ``numeric`` float64 with NaN where missing; ``codes`` as :class:`Coding` says."""

    rows: int
    numeric: Mapping[str, Floats]
    codes: Mapping[str, Codes]

    def __len__(self) -> int:
        return self.rows

    def take(self, index: npt.NDArray[Any]) -> Coded:
        """Return the rows at these positions, or where the mask is true."""
        rows = int(index.sum()) if index.dtype == np.bool_ else len(index)
        return Coded(
            rows,
            {name: values[index] for name, values in self.numeric.items()},
            {name: values[index] for name, values in self.codes.items()},
        )

    def sample(self, rows: int, rng: np.random.Generator) -> Coded:
        """Return ``rows`` rows drawn without repeats; all of them, in order, when there are no more."""
        return self if rows >= self.rows else self.take(rng.choice(self.rows, rows, replace=False))

    def independent(self, rng: np.random.Generator) -> Coded:
        """Return the same columns, each shuffled on its own: the honest baseline of every score."""
        return Coded(
            self.rows,
            {name: rng.permutation(values) for name, values in self.numeric.items()},
            {name: rng.permutation(values) for name, values in self.codes.items()},
        )

    def missing(self, name: str, coding: Coding) -> npt.NDArray[np.bool_]:
        """Return True where the cell of this column is missing."""
        if name in self.numeric:
            return np.isnan(self.numeric[name])
        return np.asarray(self.codes[name] == coding.levels(name) + 1)


@dataclass(frozen=True)
class Coding:
    """How columns become arrays, learned from train.

    A category is its place by train frequency (0 = most frequent); ``levels`` (one past the last) stands for a
    category that train does not have, ``levels + 1`` for a missing cell.
    """

    columns: tuple[Column, ...]
    categories: Mapping[str, pd.Index]
    counts: Mapping[str, npt.NDArray[np.int64]]

    @classmethod
    def learn(cls, train: Table) -> Coding:
        """Return the coding of the learned columns of ``train``."""
        columns = tuple(c for c in train.columns if c.learned)
        categories: dict[str, pd.Index] = {}
        counts: dict[str, npt.NDArray[np.int64]] = {}
        for column in columns:
            if not column.kind.numeric:
                found = train.frame[column.name].value_counts(sort=False, dropna=True)
                frame = pd.DataFrame({"value": found.index.astype(str), "rows": found.to_numpy()})
                frame = frame.sort_values(["rows", "value"], ascending=[False, True], kind="stable")
                categories[column.name] = pd.Index(frame["value"], dtype=object)
                counts[column.name] = frame["rows"].to_numpy(dtype=np.int64)
        return cls(columns, categories, counts)

    @property
    def names(self) -> list[str]:
        """Names of the compared columns, in table order."""
        return [column.name for column in self.columns]

    def column(self, name: str) -> Column:
        """Return the column called ``name``."""
        return next(column for column in self.columns if column.name == name)

    def levels(self, name: str) -> int:
        """Return how many categories train has in this column."""
        return len(self.categories[name])

    def apply(self, frame: pd.DataFrame) -> Coded:
        """Return ``frame`` as arrays."""
        numeric, codes = {}, {}
        for column in self.columns:
            values = frame[column.name]
            if column.kind.numeric:
                numeric[column.name] = np.clip(numbers(values), -LARGEST, LARGEST)
            else:
                codes[column.name] = self._codes(column.name, values)
        return Coded(len(frame), numeric, codes)

    def _codes(self, name: str, values: pd.Series) -> Codes:
        known = self.categories[name]
        inverse, uniques = pd.factorize(values)
        place = known.get_indexer(pd.Index([str(v) for v in uniques], dtype=object)) if len(uniques) else np.empty(0)
        place = np.where(place < 0, len(known), place)
        table = np.append(place, len(known) + 1).astype(np.int32)
        return np.asarray(table[inverse], dtype=np.int32)  # factorize gives -1 for missing: the last entry


def check_comparable(train: Table, other: Table, what: str) -> None:
    """Raise :class:`TableError` in one sentence when ``other`` does not have the columns and kinds of ``train``."""
    known = set(train.names)
    for name in other.names:
        if name not in known:
            raise TableError(
                f"The {what} table has a column '{name}' that the real table does not have."
                f"{did_you_mean(name, train.names)} Leave it out, or rename it."
            )
    for column in train.having(learned=True):
        if column.name not in other.names:
            raise TableError(
                f"The {what} table has no column '{column.name}', which the real table has; it must have every column "
                "that is learned. Add it, or leave it out on the Upload page."
            )
        found = other.column(column.name)
        dtype = other.frame[column.name].dtype
        as_numbers = pd.api.types.is_numeric_dtype(dtype) or pd.api.types.is_datetime64_any_dtype(dtype)
        if column.kind.numeric and (not as_numbers or not found.kind.numeric):
            raise TableError(
                f"Column '{column.name}' is read as {column.kind.in_words} in the real table but "
                f"{found.kind.in_words} in "
                f"the {what} one; the kinds must match. Read it again with the real table's kinds."
            )
        if column.kind.numeric and (column.kind.value == "datetime") != pd.api.types.is_datetime64_any_dtype(dtype):
            raise TableError(
                f"Column '{column.name}' holds dates in one table and numbers in the other (real: "
                f"{column.kind.in_words}, {what}: {found.kind.in_words}); the kinds must match. Read it again with the "
                "real table's kinds."
            )


def tree_matrix(coded: Coded, coding: Coding, names: list[str]) -> tuple[Floats, list[bool]]:
    """Return columns for boosted trees (rows x names, float64) and which of them are categories as such.

    Columns with more than 250 categories stay ordered by frequency.
    """
    flags, parts = [], []
    for name in names:
        if name in coded.numeric:
            parts.append(coded.numeric[name])
            flags.append(False)
        else:
            parts.append(coded.codes[name].astype(np.float64))
            flags.append(coding.levels(name) < TREE_LEVELS)
    return np.column_stack(parts) if parts else np.empty((len(coded), 0)), flags


def fit_ready(features: Floats) -> Floats:
    """Return inputs for a tree to learn from: scikit-learn cannot bin a column without a single value."""
    return np.where(np.isnan(features).all(axis=0), 0.0, features)


@dataclass(frozen=True)
class States:
    """Every column as a few states: quantile bins of train, the most frequent categories, other, missing."""

    coding: Coding
    edges: Mapping[str, Floats]
    top: int
    sizes: tuple[int, ...]

    @classmethod
    def learn(cls, coding: Coding, train: Coded, bins: int, top: int) -> States:
        """Return states with up to ``bins`` quantile bins for numbers and ``top`` categories."""
        edges, sizes = {}, []
        for name in coding.names:
            if name in train.numeric:
                values = train.numeric[name]
                values = values[~np.isnan(values)]
                inner = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1]) if len(values) else np.empty(0)
                edges[name] = np.unique(inner)
                sizes.append(len(edges[name]) + 2)
            else:
                sizes.append(min(coding.levels(name), top) + 2)
        return cls(coding, edges, top, tuple(sizes))

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """First one-hot column of each column."""
        return np.asarray(np.cumsum((0, *self.sizes[:-1])), dtype=np.int64)

    def of(self, coded: Coded, name: str) -> npt.NDArray[np.int64]:
        """Return the state of each row in this column; last is missing, and before it, for categories, other."""
        size = self.sizes[self.coding.names.index(name)]
        if name in coded.numeric:
            values = coded.numeric[name]
            # a value on an edge belongs to the bin above it, so that an atom is never torn
            return np.where(np.isnan(values), size - 1, np.searchsorted(self.edges[name], values, "right"))
        codes, levels = coded.codes[name], self.coding.levels(name)
        return np.where(codes == levels + 1, size - 1, np.minimum(codes, size - 2)).astype(np.int64)

    def one_hot(self, coded: Coded) -> npt.NDArray[np.float32]:
        """Return rows x sum(sizes), 1 where the row is in the state."""
        out = np.zeros((len(coded), int(sum(self.sizes))), dtype=np.float32)
        rows = np.arange(len(coded))
        for name, start in zip(self.coding.names, self.starts, strict=True):
            out[rows, self.of(coded, name) + start] = 1
        return out

    def labels(self, name: str) -> list[str]:
        """Return words for the states of a column; numbers and dates as ranges without a literal extreme."""
        if name not in self.edges:
            kept = min(self.coding.levels(name), self.top)
            shown = zip(self.coding.categories[name][:kept], self.coding.counts[name][:kept], strict=True)
            return [str(value) if rows >= 5 else "(rare)" for value, rows in shown] + ["(other)", "(missing)"]
        edges = self.edges[name]
        if self.coding.column(name).kind.value == "datetime":
            words = [str(pd.Timestamp(int(edge), unit="s").date()) for edge in edges]
        else:
            words = [f"{edge:.6g}" for edge in edges]
        if not words:
            return ["(any)", "(missing)"]
        inner = [f"{low} to {high}" for low, high in pairwise(words)]
        return [f"< {words[0]}", *inner, f"\u2265 {words[-1]}", "(missing)"]
