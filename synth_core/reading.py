"""Files to tables: CSV and other delimited text, Excel, Parquet, JSON; friendly failures."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, Literal

import numpy as np
import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from synth_core.cells_read import CellsRead
from synth_core.delimited import read_delimited
from synth_core.errors import ReadingError, SimileError, TooLargeError
from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.table import Table, did_you_mean
from synth_core.thinning import thinned
from synth_core.typed_files import read_json, read_parquet
from synth_core.unpacking import (
    LIMIT_MB,
    TABLE_SUFFIXES,
    check_memory,
    check_size,
    check_workbook,
    refuse_other_files,
    suffix,
    unpack,
    unpacked_stream,
)
from synth_core.words import Marks
from synth_core.workbooks import read_workbook
from synth_core.written import MARK_NAMES

_STREAMED = 20  # of an archive so many times the limit are unpacked for a sample

__all__ = [
    "ColumnChoice",
    "ReadOptions",
    "Reading",
    "frame_like",
    "read",
    "read_bytes",
    "read_like",
    "table_from_frame",
]


class ReadOptions(BaseModel):
    """How to read a file; whatever is None is guessed.

    Attributes
    ----------
    sheet
        The sheet of a workbook, or the file in a zip archive that holds several; None: the first.
    header
        Whether there is a row of names; without one, columns are named ``column_1``, ``column_2`` and so on.
    header_row
        The row that holds the names, or without names the first row of data, counted from 0.
    quote
        The mark around cells that hold the delimiter; ``""``: no cell is quoted.
    thousands
        The mark between groups of three digits: ``","``, ``"."``, ``" "`` or ``"'"``.
    date_order
        What comes first in a date that can be read both ways (03/04/2024): day, month or year.
    sample_rows
        Keep this many rows, drawn evenly with a fixed seed, in the order of the file; None: every row.
    skip_ragged
        Leave lines out that have more or fewer cells than the header, instead of refusing the file.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_order: Literal["day", "month", "year"] | None = None
    sheet: str | None = None
    header: bool | None = None
    header_row: int | None = None
    missing_tokens: tuple[str, ...] | None = None
    sample_rows: int | None = None
    skip_ragged: bool = False


@dataclass(frozen=True)
class Reading:
    """A table as read from a file.

    Attributes
    ----------
    raw
        The cells as read (text where the file is text), from which kinds can be inferred anew.
    options
        The options as used, guesses filled in.
    sheets
        Names of the sheets of a workbook, else empty.
    notes
        What was guessed or left out, in sentences.
    evidence
        What each guess was drawn from, by the name of the option.
    """

    table: Table
    raw: pd.DataFrame
    options: ReadOptions
    sheets: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    evidence: dict[str, str] = field(default_factory=dict)


def read(
    path: str | Path, options: ReadOptions | None = None, *, name: str | None = None, limit_mb: float = LIMIT_MB
) -> Reading:
    """Return the table in a file: .csv .tsv .txt .xlsx .parquet .json .jsonl, or one of them in .gz or .zip.

    Raises
    ------
    ReadingError
        One sentence that names the place and the way out. A file over ``limit_mb`` is refused before it is read,
        unless ``options.sample_rows`` asks for a sample, for which it is read through once.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ReadingError(f"'{path.name}' is a folder; name the file inside it.")
        if path.exists() and not path.is_file():
            raise ReadingError(f"'{path.name}' is no file but a pipe or a device; write it to a file first.")
        if options is not None and options.sample_rows and path.stat().st_size > limit_mb * 1e6:
            _check_options(options)
            with path.open("rb") as stream:
                return _guarded(lambda: _read_stream(stream, path, options, name, limit_mb), path.name)
        check_size(path.stat().st_size, path.name, limit_mb)
        data = path.read_bytes()
    except FileNotFoundError:
        raise ReadingError(f"There is no file '{path}'; check its name and folder.") from None
    except OSError as error:
        raise ReadingError(f"'{path.name}' cannot be read: {error.strerror or 'the system refused'}.") from None
    return read_bytes(data, path.name, options, name=name, limit_mb=limit_mb)


def read_bytes(
    data: bytes,
    filename: str,
    options: ReadOptions | None = None,
    *,
    name: str | None = None,
    limit_mb: float = LIMIT_MB,
) -> Reading:
    """Return the table in the bytes of a file called ``filename``, as :func:`read` does."""
    options = options or ReadOptions()
    _check_options(options)
    if options.sample_rows is None:
        check_size(len(data), filename, limit_mb)
    if not data:
        raise ReadingError(f"'{filename}' is empty (0 bytes); a table needs a header and rows below it.")
    return _guarded(lambda: _read_whole(data, filename, options, name, limit_mb), filename)


def _guarded(work: Callable[[], Reading], filename: str) -> Reading:
    """Return what ``work`` reads; whatever goes wrong in it becomes one sentence."""
    try:
        return work()
    except (SimileError, OSError):
        raise
    except MemoryError:
        raise TooLargeError(f"'{filename}' needs more memory than there is; read a sample of its rows.") from None
    except UnicodeError:
        raise ReadingError(
            f"'{filename}' holds names or cells that are no text in Unicode (such as half of a pair of marks); save it "
            "again as UTF-8."
        ) from None
    except Exception as error:
        raise ReadingError(
            f"'{filename}' cannot be read as a table ({type(error).__name__}); save it again as CSV, "
            "Excel (.xlsx) or Parquet."
        ) from None  # the error's own words may repeat cells


def _read_whole(data: bytes, filename: str, options: ReadOptions, name: str | None, limit_mb: float) -> Reading:
    sampled = options.sample_rows is not None
    try:
        check_size(len(data), filename, limit_mb)
        found = unpack(data, filename, limit_mb, options.sheet)
        if not found.content:
            raise ReadingError(f"'{filename}' holds an empty file; a table needs a header and rows below it.")
        check_memory(len(found.content), filename, sampled=sampled)
    except TooLargeError:
        if not sampled:
            raise
        return _read_stream(io.BytesIO(data), Path(filename), options, name, limit_mb)
    label = name or _stem(filename if len(found.members) == 0 else found.name)
    within = options.model_copy(update={"sheet": None}) if found.members else options
    reading = _read_one(found.content, found.name, within, label, limit_mb)
    if not found.members:
        return reading
    note = f"'{found.member}' of the {len(found.members)} tables in '{filename}' was read."
    return replace(
        reading,
        options=reading.options.model_copy(update={"sheet": found.member}),
        sheets=list(found.members),
        notes=[note, *reading.notes] if options.sheet is None else reading.notes,
        evidence=reading.evidence | {"sheet": "As chosen." if options.sheet else "The first table in the archive."},
    )


def _read_stream(stream: IO[bytes], path: Path, options: ReadOptions, name: str | None, limit_mb: float) -> Reading:
    """Return a sample of the rows of a file that is over the limit, without holding the others."""
    rows, filename = options.sample_rows or 1, path.name
    label = name or _stem(filename)
    if stream.read(4) == b"PAR1":
        if not path.is_file():
            raise TooLargeError(f"'{filename}' is over the limit of {limit_mb:,.0f} MB; name it by its path.")
        with pa.memory_map(str(path)) as held:
            return _finished(read_parquet(held.read_buffer(), filename, limit_mb, rows), options, label, path.name)
    stream.seek(0)
    with unpacked_stream(stream, filename, options.sheet) as (content, inner):
        kind = suffix(inner)
        if kind not in (".csv", ".tsv", ".txt", ".jsonl", ".ndjson", ""):
            raise TooLargeError(
                f"'{filename}' is over the limit of {limit_mb:,.0f} MB, where only delimited text, JSON lines and "
                "Parquet can be sampled; save it as one of these."
            )
        head, found, named = thinned(
            content, filename, rows, delimiter=options.delimiter, quote=options.quote, header_row=options.header_row,
            header=options.header, lines=kind in (".jsonl", ".ndjson"),
            most_bytes=float("inf") if content is stream else _STREAMED * limit_mb * 1e6,
        )  # fmt: skip
    check_memory(len(head), filename, sampled=False)
    if not named:  # the sample need not show it
        options = options.model_copy(update={"header": False})
    reading = _read_one(head, inner, options.model_copy(update={"sheet": None, "sample_rows": None}), label, limit_mb)
    note = f"A sample: {len(reading.raw):,} of {found:,} rows, drawn evenly over the file."
    return replace(
        reading,
        options=reading.options.model_copy(update={"sheet": options.sheet, "sample_rows": rows}),
        notes=[*reading.notes, note] if found > len(reading.raw) else reading.notes,
    )


def read_like(path: str | Path, like: Table, *, limit_mb: float = LIMIT_MB) -> Table:
    """Return the table in a file with the columns of ``like``, in its order, with the same kinds and roles.

    Columns of ``like`` that engines do not learn may be missing; further columns are passed over.

    Raises
    ------
    ReadingError
        The file cannot be read, or lacks one of the columns.
    """
    raw = read(path, limit_mb=limit_mb).raw
    return frame_like(raw, like, Path(path).name)


def frame_like(raw: pd.DataFrame, like: Table, name: str) -> Table:
    """Return cells as a table with the columns of ``like``, as :func:`read_like` does for a file."""
    found = [str(header) for header in raw.columns]
    lacking = [column.name for column in like.having(learned=True) if column.name not in found]
    if lacking:
        shown = ", ".join(f"'{n}'" for n in lacking[:3])
        raise ReadingError(
            f"'{name}' lacks {len(lacking)} of the {len(like.names)} columns of '{like.name}' ({shown}); both files "
            f"need the same ones.{did_you_mean(lacking[0], found)}"
        )
    shared = [column for column in like.columns if column.name in found]
    choices = {
        c.name: ColumnChoice(
            kind=c.kind, role=c.role, semantic=c.semantic or "", protect=c.protect,
            missing=(c.missing_token,) if c.missing_token is not None else None,
        )
        for c in shared
    }  # fmt: skip
    attrs = dict(raw.attrs)
    raw = raw[[column.name for column in shared]]
    raw.attrs.update(attrs)
    table = table_from_frame(raw, name, choices)
    _check_fit(raw, table, name)
    columns = tuple(
        old.model_copy(update={"nullable": new.nullable or old.nullable})
        for old, new in zip(shared, table.columns, strict=True)
    )
    return Table(table.frame, columns, name, dict(like.source))


def _check_fit(raw: pd.DataFrame, table: Table, name: str) -> None:
    """Raise ReadingError when more than a few cells of a column do not fit the kind that they are read as."""
    for column in table.columns:
        if "do not fit the kind" not in column.note:
            continue
        cells = raw[column.name]
        filled = cells.notna().to_numpy() & np.array([str(cell).strip() != "" for cell in cells], dtype=bool)
        lost = filled & table.frame[column.name].isna().to_numpy()
        if lost.sum() > 0.05 * filled.sum():
            raise ReadingError(
                f"'{name}', column '{column.name}': {int(lost.sum()):,} of {int(filled.sum()):,} cells are not "
                f"{column.kind.in_words} values as in the other file; both files need the same kinds."
            )


def _check_options(options: ReadOptions) -> None:
    if options.decimal not in (None, ".", ","):
        raise ReadingError(f"The decimal mark is a point or a comma, not '{options.decimal}'.")
    if options.thousands not in (None, "", *MARK_NAMES):
        raise ReadingError(f"The thousands mark is a comma, point, space or apostrophe, not '{options.thousands}'.")
    if options.thousands and options.thousands == options.decimal:
        raise ReadingError(f"'{options.decimal}' cannot stand both before decimals and between thousands.")
    if options.quote is not None and len(options.quote) > 1:
        raise ReadingError(f"The quote is one character or none, not '{options.quote}'.")
    if options.header_row is not None and options.header_row < 0:
        raise ReadingError(f"The header row counts from 0, so it cannot be {options.header_row}.")
    if options.sample_rows is not None and options.sample_rows < 1:
        raise ReadingError(f"A sample has at least one row, not {options.sample_rows}.")


def _stem(filename: str) -> str:
    stem = filename.replace("\\", "/").rsplit("/", 1)[-1]
    while suffix(stem) in (*TABLE_SUFFIXES, ".gz", ".zip") and stem.rsplit(".", 1)[0]:
        stem = stem.rsplit(".", 1)[0]
    return stem


def _read_one(data: bytes, filename: str, options: ReadOptions, name: str, limit_mb: float) -> Reading:
    kind = suffix(filename)
    if data.startswith(b"PAR1") or kind == ".parquet":
        cells, used = read_parquet(data, filename, limit_mb, options.sample_rows), options
    elif kind in (".xlsx", ".xlsm", ".xls") or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        check_workbook(data, filename, limit_mb)
        cells = read_workbook(data, filename, options.sheet, options.header_row, named=options.header is not False)
        used = options.model_copy(update={"sheet": cells.sheet, "header_row": cells.header_row})
    else:
        refuse_other_files(data, filename)
        if kind in (".json", ".jsonl", ".ndjson"):
            cells, used = read_json(data, filename, options.encoding), options
        else:
            cells, used = _read_text(data, filename, options)
    return _finished(cells, used, name, filename)


def _finished(cells: CellsRead, used: ReadOptions, name: str, filename: str) -> Reading:
    """Return the reading of cells: sampled where they are not yet, the kinds of the columns inferred."""
    raw, notes = _sampled(cells, used.sample_rows)
    if len(raw) == 0:
        raise ReadingError(
            f"'{filename}' has a header with {raw.shape[1]} column{'' if raw.shape[1] == 1 else 's'} but no "
            "rows below it; add rows, "
            "or choose another header row."
        )
    table = table_from_frame(raw, name, missing_tokens=used.missing_tokens)
    if all(table.frame[name].isna().all() for name in table.names):
        raise ReadingError(f"'{filename}': no cell of its {len(raw):,} rows is filled; there is nothing to learn.")
    if len(raw) == 1:
        notes.append("The table has one row; at least a few dozen are needed to learn from.")
    notes += _column_notes(table)
    source = {"file": filename, "format": suffix(filename).lstrip(".") or "text"}
    table = Table(table.frame, table.columns, name, source)
    return Reading(table, raw, used, cells.sheets, notes, cells.evidence)


def _sampled(cells: CellsRead, rows: int | None) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells and the notes, with no more than ``rows`` rows, drawn evenly, in their order."""
    raw, attrs = cells.raw.reset_index(drop=True), dict(cells.raw.attrs)
    if rows is None or len(raw) <= rows:
        return raw, cells.notes
    chosen = np.sort(np.random.default_rng(0).choice(len(raw), size=rows, replace=False))
    sample = raw.iloc[chosen].reset_index(drop=True)
    sample.attrs.update(attrs)
    return sample, [*cells.notes, f"A sample: {rows:,} of {len(raw):,} rows, drawn evenly over the file."]


def _column_notes(table: Table) -> list[str]:
    empty = [column.name for column in table.columns if column.note == "Every cell is missing."]
    if not empty:
        return []
    shown = ", ".join(f"'{n}'" for n in empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
    return [f"No cell is filled in {shown}."]


def _read_text(data: bytes, filename: str, options: ReadOptions) -> tuple[CellsRead, ReadOptions]:
    found = read_delimited(
        data, filename, delimiter=options.delimiter, quote=options.quote, encoding=options.encoding,
        marks=Marks(options.decimal, options.thousands, options.date_order), header=options.header,
        header_row=options.header_row, sample_rows=options.sample_rows, skip_ragged=options.skip_ragged,
    )  # fmt: skip
    marks = found.marks
    found.raw.attrs.update(
        {"text": True, "decimal": marks.decimal, "thousands": marks.thousands, "date_order": marks.date_order}
    )
    used = options.model_copy(
        update={
            "delimiter": found.delimiter, "quote": found.quote, "encoding": found.encoding, "decimal": marks.decimal,
            "thousands": marks.thousands, "date_order": marks.date_order, "header": found.header,
            "header_row": found.header_row,
        }
    )  # fmt: skip
    return CellsRead(found.raw, found.notes, evidence=found.evidence), used
