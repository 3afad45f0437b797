"""The words of a column: distinct texts and one code per row, held by Arrow until somebody asks for Python texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, overload

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True)
class Marks:
    """How numbers and dates are written in a text; None: guessed from the whole column.

    ``decimal``: "." or ","; ``thousands``: "," "." " " "'", or "" for none; ``date_order``: what comes first, "day",
    "month" or "year".
    """

    decimal: str | None = None
    thousands: str | None = None
    date_order: str | None = None


GUESSED = Marks()
_AT_ONCE = 4096  # so many texts are handed over by Arrow in one go


class Texts(Sequence[str]):
    """Texts in an Arrow array, made into Python texts only where they are looked at."""

    def __init__(self, array: pa.Array) -> None:
        self.array = array
        self._few: list[str] | None = None  # Python texts of a short array, once somebody has looked at them

    def __len__(self) -> int:
        return len(self.array)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> list[str]: ...
    def __getitem__(self, place: int | slice) -> str | list[str]:
        if len(self.array) <= _AT_ONCE:
            return self._listed()[place]
        found = self.array[place]
        return list(found.to_pylist()) if isinstance(place, slice) else str(found.as_py())

    def _listed(self) -> list[str]:
        if self._few is None:
            self._few = self.array.to_pylist()
        return self._few

    def __iter__(self) -> Iterator[str]:
        if len(self.array) <= _AT_ONCE:
            yield from self._listed()
            return
        for start in range(0, len(self.array), _AT_ONCE):  # most questions are answered by the first few
            yield from self.array.slice(start, _AT_ONCE).to_pylist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> npt.NDArray[np.object_]:
        return _objects(self.array)

    def where(self, wanted: npt.NDArray[np.bool_]) -> Texts:
        """Return the texts at which the mask is true."""
        return self if wanted.all() else Texts(self.array.filter(pa.array(wanted)))


def _objects(array: pa.Array) -> npt.NDArray[np.object_]:
    return np.asarray(array.to_pandas(deduplicate_objects=False).to_numpy(dtype=object))


@dataclass(frozen=True, eq=False)
class Words:
    """A column as distinct words: ``codes`` (one per row, -1 missing), ``held`` (the words), ``counts`` per word."""

    codes: npt.NDArray[np.int64]
    held: npt.NDArray[np.object_] | pa.Array
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, values: npt.NDArray[np.object_]) -> Words:
        """Return the words of an object array of str, with None or NaN where missing."""
        codes, levels = pd.factorize(values)
        return cls.coded(np.asarray(codes, dtype=np.int64), np.asarray(levels, dtype=object))

    @classmethod
    def of_arrow(cls, values: pa.ChunkedArray) -> Words:
        """Return the words of an Arrow column of text; null is missing."""
        if not pa.types.is_dictionary(values.type):
            values = values.cast(pa.large_string()).dictionary_encode()
        encoded = values.combine_chunks()
        if isinstance(encoded, pa.ChunkedArray):
            encoded = encoded.chunk(0) if encoded.num_chunks else pa.array([], pa.dictionary(pa.int32(), values.type))
        indices = encoded.indices.fill_null(-1) if encoded.indices.null_count else encoded.indices
        indices = indices.to_numpy(zero_copy_only=False)
        return cls.coded(indices.astype(np.int64), encoded.dictionary)

    @classmethod
    def coded(cls, codes: npt.NDArray[np.int64], levels: npt.NDArray[np.object_] | pa.Array) -> Words:
        """Return words from codes and levels, counted."""
        return cls(codes, levels, np.bincount(codes[codes >= 0], minlength=len(levels)).astype(np.int64))

    @cached_property
    def levels(self) -> npt.NDArray[np.object_]:
        """The words as Python texts."""
        return self.held if isinstance(self.held, np.ndarray) else _objects(self.held)

    @cached_property
    def texts(self) -> pa.Array:
        """The words as an Arrow array."""
        return pa.array(self.held, type=pa.large_string()) if isinstance(self.held, np.ndarray) else self.held

    @property
    def present(self) -> int:
        """Cells that are not missing."""
        return int(self.counts.sum())

    def without(self, gone: npt.NDArray[np.bool_]) -> Words:
        """Return the words with these levels made missing."""
        if not gone.any():
            return self
        new = np.append(np.where(gone, -1, np.cumsum(~gone) - 1), -1)
        kept = self.held[~gone] if isinstance(self.held, np.ndarray) else self.held.filter(pa.array(~gone))
        return Words(new[self.codes].astype(np.int64), kept, self.counts[~gone])

    def values(self) -> npt.NDArray[np.object_]:
        """Return the cells: str, None where missing."""
        return take(np.append(self.levels, np.array([None], dtype=object)), self.codes)

    def rows_of(self, wanted: npt.NDArray[np.bool_], most: int = 3) -> list[int]:
        """Return the first rows (1-based, the header not counted) whose level is wanted."""
        hit = np.append(wanted, False)[self.codes]
        return [int(row) + 1 for row in np.flatnonzero(hit)[:most]]

    @cached_property
    def stripped(self) -> Texts:
        """The words without spaces around them."""
        return Texts(pc.utf8_trim_whitespace(self.texts))

    def spread(self, most: int) -> list[str]:
        """Return at most ``most`` words, without spaces around them, evenly spread over the column."""
        return self.stripped[:: max(1, len(self.held) // most)][:most]


def take(levels: npt.NDArray[np.object_], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return ``levels[codes]`` (-1 takes the last)."""
    return np.asarray(levels[codes], dtype=object)


def stripped(words: Words) -> Texts:
    """Return the levels without spaces around them."""
    return words.stripped


def in_set(levels: Sequence[str], wanted: frozenset[str] | set[str]) -> npt.NDArray[np.bool_]:
    """Return where a level is one of ``wanted``."""
    if isinstance(levels, Texts):
        values = _value_set(frozenset(wanted), levels.array.type)
        return np.asarray(pc.is_in(levels.array, value_set=values).to_numpy(zero_copy_only=False), dtype=np.bool_)
    return np.fromiter((level in wanted for level in levels), dtype=np.bool_, count=len(levels))


@lru_cache(maxsize=64)
def _value_set(wanted: frozenset[str], kind: pa.DataType) -> pa.Array:
    return pa.array(sorted(wanted), type=kind)


@dataclass(frozen=True)
class Parsed:
    """Levels as numbers or dates. ``odd``: levels that are neither; ``whole``: all are whole numbers."""

    values: npt.NDArray[np.generic]
    odd: npt.NDArray[np.bool_]
    whole: bool = False
    pointed: bool = False
    format: str | None = None
    note: str = ""
