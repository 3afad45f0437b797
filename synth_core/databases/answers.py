"""From the rows that a database sends, chunk by chunk, to the cells of a table."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synth_core.cells_read import days, far_note, stamps, whole_numbers
from synth_core.errors import ReadingError
from synth_core.progress import Progress

if TYPE_CHECKING:
    import pyarrow as pa

MOST_CELLS = 200_000_000
MOST_BYTES = 3_000_000_000
CHUNK_CELLS = 200_000
CHUNK_BYTES = 64_000_000
LONGEST_KEY = 64  # bytes; shorter binary cells are keys and hashes, longer ones pictures and documents


@dataclass
class Answer:
    """What a query gives: names, and an iterator over chunks of rows, one Arrow array per column.

    Attributes
    ----------
    notes
        What was changed or left out on the way, in sentences; complete when the chunks are.
    """

    names: list[str]
    chunks: Iterator[Sequence[pa.Array]]
    notes: list[str] = field(default_factory=list)


class Pace:
    """How many rows to fetch next: few at first, then as many as are not too large together."""

    def __init__(self, columns: int) -> None:
        self._most = max(1, CHUNK_CELLS // max(1, columns))
        self.rows = min(8, self._most)

    def saw(self, arrays: Sequence[pa.Array]) -> None:
        """Take the size of a chunk into account."""
        each = max(1, sum(array.nbytes for array in arrays) // max(1, len(arrays[0])))
        self.rows = max(1, min(self.rows * 8, CHUNK_BYTES // each, self._most))


@dataclass(frozen=True)
class DatabaseTable:
    """A table or view of a database.

    Attributes
    ----------
    name
        As people say it: ``visits``, or ``archive.visits`` outside the schema that needs no name.
    rows
        As the database estimates or counts it; None where it does not know.
    query
        ``select * from`` it, with quotes where the name needs them.
    """

    name: str
    columns: int
    rows: int | None
    query: str


def check_columns(names: Sequence[str]) -> None:
    """Raise :class:`ReadingError` when a query gives no column, or two of one name."""
    if not names:
        raise ReadingError("The query gives no columns; name at least one after SELECT.")
    twice = (
        next((name for name in names if list(names).count(name) > 1), None) if len(set(names)) < len(names) else None
    )
    if twice is not None:
        places = [str(i + 1) for i, name in enumerate(names) if name == twice]
        raise ReadingError(
            f"The query gives {len(places)} columns called '{twice}' (columns {', '.join(places)}); give each a name "
            f"of its own, as in: select a.{twice} as {twice}_2"
        )


def collect(answer: Answer, limit_rows: int, progress: Progress) -> tuple[pd.DataFrame, list[str]]:
    """Return the first ``limit_rows`` rows of an answer as cells, and notes.

    Raises
    ------
    ReadingError
        No column, two columns of one name, or no row.
    """
    answer.names = [name.strip() or f"column_{index}" for index, name in enumerate(answer.names, 1)]
    check_columns(answer.names)
    limit = max(1, min(limit_rows, MOST_CELLS // len(answer.names)))
    columns: list[list[pa.Array]] = [[] for _ in answer.names]
    blobs: set[int] = set()
    rows = size = 0
    more = False
    for chunk in answer.chunks:
        taken = min(len(chunk[0]), limit - rows)
        more = taken < len(chunk[0])
        for index, array in enumerate(chunk):
            plain = None if index in blobs else _plain(array.slice(0, taken))
            if plain is None:
                blobs.add(index)
                columns[index].clear()
            else:
                columns[index].append(plain)
                size += plain.nbytes
        rows += taken
        progress(rows, limit, f"{rows:,} rows")
        if more or size > MOST_BYTES:
            more = True
            break
    if rows == 0:
        width = "1 column" if len(answer.names) == 1 else f"{len(answer.names)} columns"
        raise ReadingError(f"The query gives no rows ({width}, nothing below them); loosen its condition.")
    notes = _limit_notes(rows, more, limit_rows)
    return _frame(answer, columns, blobs, notes), notes


def _limit_notes(rows: int, more: bool, limit_rows: int) -> list[str]:
    if not more:
        return []
    why = "the limit" if rows >= limit_rows else "as many as fit"
    return [
        f"The query gives more than {rows:,} rows ({why}); the first {rows:,} in the database's own order were read, "
        "which need not be like the rest. Raise the limit, name fewer columns, or let the query draw rows by chance."
    ]


def _frame(answer: Answer, columns: list[list[pa.Array]], blobs: set[int], notes: list[str]) -> pd.DataFrame:
    import pyarrow as pa

    series: dict[str, pd.Series] = {}
    for index, name in enumerate(answer.names):
        if index in blobs:
            continue
        column = joined(columns[index])
        columns[index].clear()
        series[name], odd = cells_of(column)
        notes += far_note(name, odd)
        if pa.types.is_duration(column.type):
            notes.append(f"Column '{name}' holds durations, read as seconds.")
    left_out = [answer.names[index] for index in sorted(blobs)]
    if left_out:
        shown = ", ".join(f"'{name}'" for name in left_out[:5]) + (", ..." if len(left_out) > 5 else "")
        notes.append(f"Left out, as there is nothing to learn in pictures or documents (binary cells): {shown}.")
    if not series:
        raise ReadingError("Every column of the query holds binary data; name columns with numbers, words or dates.")
    notes += answer.notes
    frame = pd.DataFrame(series)
    frame.attrs["text"] = False
    return frame


# -- one chunk of one column ------------------------------------------------------------------------------------


def _plain(array: pa.Array) -> pa.Array | None:
    """Return the array in one of few types; None where its cells are long binary data."""
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = array.type
    if isinstance(array, pa.ExtensionArray):
        return _plain(array.storage)
    if pa.types.is_dictionary(kind):
        return _plain(array.dictionary_decode())
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind):
        longest = pc.max(pc.binary_length(array)).as_py() or 0
        return None if longest > LONGEST_KEY else words(hexadecimal(cell) for cell in array.to_pylist())
    if pa.types.is_decimal(kind):
        return _decimal(array)
    if pa.types.is_nested(kind):
        return words(None if c is None else json.dumps(c, default=str, ensure_ascii=False) for c in array.to_pylist())
    if pa.types.is_time(kind):
        return words(None if cell is None else cell.isoformat() for cell in array.to_pylist())
    if pa.types.is_interval(kind):
        spans = [None if c is None else _microseconds(c) for c in array.to_pylist()]
        return pa.array(spans, pa.int64()).cast(pa.duration("us"))
    return array


def _decimal(array: pa.Array) -> pa.Array:
    """Return decimals as whole numbers where they have no places and fit, as words where digits would be lost."""
    import pyarrow as pa

    if array.type.scale > 0:
        return array.cast(pa.float64())
    try:
        return array.cast(pa.int64())
    except pa.ArrowInvalid:
        return array.cast(pa.string())


def _microseconds(span: Any) -> int:
    """Return a span of months, days and nanoseconds in microseconds; a month counts as 30 days."""
    return int((span.months * 30 + span.days) * 86_400_000_000 + span.nanoseconds // 1000)


def hexadecimal(cell: bytes | None) -> str | None:
    """Return bytes as a word that no reader takes for a number."""
    return None if cell is None else "0x" + cell.hex()


def words(cells: Any) -> pa.Array:
    """Return cells that are str or None as an Arrow array."""
    import pyarrow as pa

    return pa.array(cells if isinstance(cells, tuple) else list(cells), pa.large_string())


def word(cell: Any) -> str | None:
    """Return any cell as a word, a number by its value: 1 and 1.0 are one word.

    >>> word(1), word(1.0), word(0.5), word(2**60)
    ('1', '1', '0.5', '1152921504606846976')
    """
    if isinstance(cell, float) and cell.is_integer() and abs(cell) <= 2**53:
        return str(int(cell))
    return None if cell is None else hexadecimal(cell) if isinstance(cell, bytes) else str(cell)


# -- one column -------------------------------------------------------------------------------------------------


def joined(arrays: Sequence[pa.Array]) -> pa.ChunkedArray:
    """Return the chunks of a column as one; where their types differ, as numbers if all fit in them, else as words."""
    import pyarrow as pa

    kinds = {array.type for array in arrays if not pa.types.is_null(array.type)}
    kind = kinds.pop() if len(kinds) == 1 else pa.large_string()
    if kinds and all(pa.types.is_integer(kind) or pa.types.is_floating(kind) for kind in kinds):
        with suppress(pa.ArrowInvalid):  # whole numbers with more digits than a float holds
            return pa.chunked_array([array.cast(pa.float64()) for array in arrays], pa.float64())
    return pa.chunked_array([_cast(array, kind) for array in arrays], kind)


def _cast(array: pa.Array, kind: pa.DataType) -> pa.Array:
    import pyarrow as pa

    if pa.types.is_floating(array.type) and array.type != kind:
        return words(word(cell) for cell in array.to_pylist())
    return array.cast(kind)


def cells_of(column: pa.ChunkedArray) -> tuple[pd.Series, int]:
    """Return a column as pandas, whole numbers whole where cells are missing; and how many dates did not fit."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_integer(kind) and column.null_count:
        return whole_numbers(column), 0
    if pa.types.is_duration(kind):
        whole = column.cast(pa.int64()).to_pandas()
        return whole.astype(np.float64) / {"s": 1, "ms": 1e3, "us": 1e6, "ns": 1e9}[kind.unit], 0
    if pa.types.is_date(kind):
        return days(column)
    if pa.types.is_timestamp(kind):
        return stamps(column, "UTC" if kind.tz else None)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.Series(pd.arrays.ArrowStringArray(column)), 0  # text stays in Arrow's memory
    return column.to_pandas(), 0
