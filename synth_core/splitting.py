"""Delimited text split into cells by Arrow: every cell stays text, and every row has as many cells as the header."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from pyarrow import csv as arrow_csv

from synth_core.cells_read import check_width
from synth_core.errors import RaggedError, ReadingError
from synth_core.header_rows import names_by_place

_BLOCK = 8 << 20
_LARGEST = 2**31 - 1


@dataclass(frozen=True)
class Split:
    """Cells of a text file: ``raw`` (text columns), how many rows there were, and lines that were left out."""

    raw: pd.DataFrame
    rows: int
    left_out: int = 0


@dataclass(frozen=True)
class _Shape:
    delimiter: str
    quote: str
    width: int
    quoted: bool


def split_header(
    content: bytes, delimiter: str, quote: str, skip: int, *, named: bool = True
) -> tuple[list[str], int, int]:
    """Return the names, where the first row of data starts in ``content``, and how many lines stand above it.

    ``skip``: so many rows stand above the one with the names; not ``named``: above the data, whose columns are named
    by their place.
    """
    lines = iter(io.BytesIO(content).readline, b"")
    reader = csv.reader((line.decode("utf-8", errors="replace") for line in lines), **dialect(delimiter, quote))
    names: list[str] = []
    above = 0
    try:
        for _ in range(skip + 1):
            above = reader.line_num
            names = next(reader)
            while not names:
                above = reader.line_num
                names = next(reader)
    except (StopIteration, csv.Error):
        names = names or [""]
    if named:
        above = reader.line_num
    else:
        names = names_by_place(len(names))
    start = 0
    for _ in range(above):
        end = content.find(b"\n", start)
        start = len(content) if end < 0 else end + 1
    return names, start, above


def dialect(delimiter: str, quote: str) -> dict[str, Any]:
    """Return what the csv module needs to split with these marks; no ``quote``: cells are never quoted."""
    return (
        {"delimiter": delimiter, "quotechar": quote} if quote else {"delimiter": delimiter, "quoting": csv.QUOTE_NONE}
    )


def split(
    content: bytes, filename: str, *, delimiter: str, quote: str, skip: int, sample: int | None, skip_ragged: bool,
    named: bool = True,
) -> Split:  # fmt: skip
    """Return the cells below the header, which is the row after ``skip`` others.

    Not ``named``: there is no header, and the data begin after ``skip`` rows. ``sample``: keep this many rows, evenly
    drawn, without holding the others. ``skip_ragged``: leave rows out that have more or fewer cells than the header.

    Raises
    ------
    RaggedError
        Such rows, with the line of the first.
    ReadingError
        A quote that is never closed, or text that cannot be split.
    """
    names, start, above = split_header(content, delimiter, quote, skip, named=named)
    check_width(len(names), filename)
    end = len(content)
    while end > start and content[end - 1] in b"\r\n":
        end -= 1
    body = memoryview(content)[start:end]
    shape = _Shape(delimiter, quote, len(names), bool(quote) and content.find(quote.encode(), start) >= 0)
    if not bytes(body[:10_000_000]).strip():
        empty = pa.table({str(i): pa.array([], pa.string()) for i in range(len(names))})
        return Split(as_frame(empty).set_axis(names, axis=1), 0)
    try:
        ragged = _Ragged()
        arrow, rows = _drawn(body, shape, ragged, sample) if sample else _whole(body, shape, ragged)
        if ragged.rows and not skip_ragged:  # read again, in order, to say which
            ordered = _Ragged()
            _whole(body, shape, ordered, ordered=True)
            odd = bool(quote) and content.count(quote.encode(), start) % 2 == 1
            line = above + (_line_of(body, shape) or ordered.rows[0][0])
            raise RaggedError(_ragged_sentence(filename, ordered.rows, len(names), line, odd))
    except pa.ArrowInvalid as error:
        raise ReadingError(
            f"'{filename}' cannot be split into cells: {str(error).splitlines()[0][:120]}. Check its quotes."
        ) from None
    raw = as_frame(arrow)
    if not sample:
        _check_last_quote(raw, body, filename, above, quote)
    return Split(raw.set_axis(names, axis=1), rows, len(ragged.rows))


def as_frame(arrow: Any) -> pd.DataFrame:
    """Return an Arrow table of text as a frame whose cells stay in Arrow's memory (dtype ``string[pyarrow]``)."""
    return pd.DataFrame(
        {i: pd.Series(pd.arrays.ArrowStringArray(column)) for i, column in enumerate(arrow.columns)}, copy=False
    )


class _Ragged:
    """Rows of another width than the header: their number (from 1, where it is known) and their width."""

    def __init__(self) -> None:
        self.rows: list[tuple[int, int]] = []

    def __call__(self, row: Any) -> str:
        self.rows.append((row.number or 0, row.actual_columns))
        return "skip"


def _whole(body: memoryview, shape: _Shape, ragged: _Ragged, *, ordered: bool = False) -> tuple[pa.Table, int]:
    """Return every row; ``ordered``: in one piece, so that ragged rows are numbered."""

    def read_all(block: int) -> pa.Table:
        options = _options(body, shape, ragged, block, threads=not ordered)
        return arrow_csv.read_csv(pa.BufferReader(pa.py_buffer(body)), **options)

    arrow = _widening(read_all, ragged, _LARGEST if ordered else _BLOCK)
    return arrow, arrow.num_rows


def _drawn(body: memoryview, shape: _Shape, ragged: _Ragged, sample: int) -> tuple[pa.Table, int]:
    """Return ``sample`` rows, every row equally likely (the rows with the smallest of random keys), in file order."""

    def read_some(block: int) -> tuple[pa.Table, int]:
        rng = np.random.default_rng(0)
        kept: pa.Table | None = None
        keys = np.zeros(0)
        rows, bar = 0, 1.0
        options = _options(body, shape, ragged, block, threads=False)
        for batch in arrow_csv.open_csv(pa.BufferReader(pa.py_buffer(body)), **options):
            drawn = rng.random(batch.num_rows)
            rows += batch.num_rows
            chosen = np.flatnonzero(drawn < bar)
            part = pa.Table.from_batches([batch]).take(pa.array(chosen))
            kept = part if kept is None else pa.concat_tables([kept, part])
            keys = np.append(keys, drawn[chosen])
            if len(keys) > 2 * sample:
                kept, keys = _smallest(kept, keys, sample)
                bar = float(keys.max())
        kept, _ = _smallest(kept, keys, sample) if kept is not None else (None, keys)
        return kept, rows

    found: tuple[pa.Table, int] = _widening(read_some, ragged, _BLOCK)
    return found


def _smallest(table: pa.Table, keys: Any, most: int) -> tuple[pa.Table, Any]:
    """Return at most ``most`` rows with the smallest keys, in their order."""
    if len(keys) <= most:
        return table, keys
    chosen = np.sort(np.argpartition(keys, most - 1)[:most])
    return table.take(pa.array(chosen)), keys[chosen]


def _widening(read: Callable[[int], Any], ragged: _Ragged, block: int) -> Any:
    """Read in blocks, and in ever larger ones where a single row is larger than a block."""
    while True:
        try:
            return read(block)
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block >= _LARGEST:
                raise
            block = min(block * 16, _LARGEST)
            ragged.rows.clear()


def _options(body: memoryview, shape: _Shape, handler: _Ragged, block: int, *, threads: bool) -> dict[str, Any]:
    places = [f"c{i}" for i in range(shape.width)]
    return {
        "read_options": arrow_csv.ReadOptions(
            use_threads=threads, column_names=places, block_size=min(len(body) + 1024, block)
        ),
        "parse_options": arrow_csv.ParseOptions(
            delimiter=shape.delimiter, quote_char=shape.quote or False, newlines_in_values=shape.quoted,
            invalid_row_handler=handler, ignore_empty_lines=shape.width > 1,
        ),
        "convert_options": arrow_csv.ConvertOptions(
            column_types={place: pa.string() for place in places}, strings_can_be_null=False, check_utf8=False
        ),
    }  # fmt: skip


def _check_last_quote(raw: pd.DataFrame, body: memoryview, filename: str, above: int, quote: str) -> None:
    """Raise ReadingError when a quote that is never closed swallowed the rest of the file into the last cell."""
    last = str(raw.iloc[-1, -1]) if len(raw) else ""
    tail = last.encode("utf-8")
    if "\n" in last and body[-1:] != (quote or '"').encode() and body[-len(tail) :] == tail:
        line = bytes(body).count(b"\n") + above + 1 - last.count("\n")
        raise ReadingError(
            f"'{filename}', line {line}: a quote is opened and never closed, so that {last.count(chr(10)):,} lines "
            "became one cell. Close it, or double a quote that belongs to the text."
        )


def _line_of(body: memoryview, shape: _Shape) -> int:
    """Return the line, from 1, where the first row of another width begins; cells may hold line breaks. 0: none."""
    lines = io.TextIOWrapper(io.BytesIO(body), encoding="utf-8", errors="replace", newline="")
    reader = csv.reader(lines, **dialect(shape.delimiter, shape.quote))
    before = 0
    try:
        for row in reader:
            if row and len(row) != shape.width:
                return before + 1
            before = reader.line_num
    except csv.Error:  # a cell longer than the csv module takes
        pass
    return 0


def _ragged_sentence(filename: str, ragged: list[tuple[int, int]], wanted: int, line: int, unclosed: bool) -> str:
    width = ragged[0][1]
    more = f" ({len(ragged):,} lines differ)" if len(ragged) > 1 else ""
    hint = "A quote seems to be opened and never closed. " if unclosed else ""
    return (
        f"'{filename}', line {line:,}: {width} cell{'' if width == 1 else 's'}, but the header has "
        f"{wanted}{more}. {hint}Quote cells that hold the delimiter, or choose another delimiter or header row."
    )
