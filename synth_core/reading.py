"""Files to tables: CSV and other delimited text, Excel, Parquet, JSON; friendly failures."""

from __future__ import annotations

import io
import json
import warnings
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from synth_core.delimited import read_delimited, tidy_names
from synth_core.errors import ReadingError, SimileError
from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.table import Table, did_you_mean
from synth_core.unpacking import TABLE_SUFFIXES, check_size, check_workbook, refuse_other_files, suffix, unpack

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

_MOST_CELLS = 200_000_000


class ReadOptions(BaseModel):
    """How to read a file; whatever is None is guessed.

    Attributes
    ----------
    header_row
        The row that holds the names, counted from 0.
    quote
        The mark around cells that hold the delimiter; ``""``: no cell is quoted.
    thousands
        The mark between groups of three digits: ``","``, ``"."``, ``" "`` or ``"'"``.
    date_order
        What comes first in a date that can be read both ways (03/04/2024): day, month or year.
    sample_rows
        Keep this many rows, drawn evenly with a fixed seed, in the order of the file; None: every row.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    delimiter: str | None = None
    quote: str | None = None
    encoding: str | None = None
    decimal: str | None = None
    thousands: str | None = None
    date_order: Literal["day", "month", "year"] | None = None
    sheet: str | None = None
    header_row: int | None = None
    missing_tokens: tuple[str, ...] | None = None
    sample_rows: int | None = None


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
    """

    table: Table
    raw: pd.DataFrame
    options: ReadOptions
    sheets: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def read(
    path: str | Path, options: ReadOptions | None = None, *, name: str | None = None, limit_mb: float = 200
) -> Reading:
    """Return the table in a file: .csv .tsv .txt .xlsx .parquet .json .jsonl, or one of them in .gz or .zip.

    Raises
    ------
    ReadingError
        One sentence that names the place and the way out. A file over ``limit_mb`` is refused before it is read.
    """
    path = Path(path)
    try:
        if path.is_dir():
            raise ReadingError(f"'{path.name}' is a folder; name the file inside it.")
        check_size(path.stat().st_size, path.name, limit_mb)
        data = path.read_bytes()
    except FileNotFoundError:
        raise ReadingError(f"There is no file '{path}'; check its name and folder.") from None
    except OSError as error:
        raise ReadingError(f"'{path.name}' cannot be read: {error.strerror or 'the system refused'}.") from None
    return read_bytes(data, path.name, options, name=name, limit_mb=limit_mb)


def read_bytes(
    data: bytes, filename: str, options: ReadOptions | None = None, *, name: str | None = None, limit_mb: float = 200
) -> Reading:
    """Return the table in the bytes of a file called ``filename``, as :func:`read` does."""
    options = options or ReadOptions()
    _check_options(options)
    check_size(len(data), filename, limit_mb)
    if not data:
        raise ReadingError(f"'{filename}' is empty (0 bytes); a table needs a header and rows below it.")
    try:
        content, inner = unpack(data, filename, limit_mb)
        if not content:
            raise ReadingError(f"'{filename}' holds an empty file; a table needs a header and rows below it.")
        return _read_one(content, inner, options, name or _stem(filename), limit_mb)
    except SimileError:
        raise
    except MemoryError:
        raise ReadingError(f"'{filename}' needs more memory than there is; read a sample of its rows.") from None
    except Exception as error:
        raise ReadingError(
            f"'{filename}' cannot be read as a table ({type(error).__name__}); save it again as CSV, "
            "Excel (.xlsx) or Parquet."
        ) from error


def read_like(path: str | Path, like: Table, *, limit_mb: float = 200) -> Table:
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
                f"{column.kind.value} values as in the other file; both files need the same kinds."
            )


def _check_options(options: ReadOptions) -> None:
    if options.decimal not in (None, ".", ","):
        raise ReadingError(f"The decimal mark is a point or a comma, not '{options.decimal}'.")
    if options.header_row is not None and options.header_row < 0:
        raise ReadingError(f"The header row counts from 0, so it cannot be {options.header_row}.")


def _stem(filename: str) -> str:
    stem = filename.replace("\\", "/").rsplit("/", 1)[-1]
    while suffix(stem) in (*TABLE_SUFFIXES, ".gz", ".zip") and stem.rsplit(".", 1)[0]:
        stem = stem.rsplit(".", 1)[0]
    return stem


def _read_one(data: bytes, filename: str, options: ReadOptions, name: str, limit_mb: float) -> Reading:
    kind = suffix(filename)
    sheets: list[str] = []
    if data.startswith(b"PAR1") or kind == ".parquet":
        raw, notes = _read_parquet(data, filename, limit_mb)
        used = options
    elif kind in (".xlsx", ".xlsm", ".xls") or data.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        check_workbook(data, filename, limit_mb)
        raw, sheets, used, notes = _read_workbook(data, filename, options)
    else:
        refuse_other_files(data, filename)
        if kind in (".json", ".jsonl", ".ndjson"):
            raw, notes = _read_json(data, filename, options.encoding)
            used = options
        else:
            raw, used, notes = _read_text(data, filename, options)
    if len(raw) == 0:
        raise ReadingError(
            f"'{filename}' has a header with {raw.shape[1]} columns but no rows below it; add rows, "
            "or choose another header row."
        )
    raw = raw.reset_index(drop=True)
    table = table_from_frame(raw, name, missing_tokens=used.missing_tokens)
    if all(table.frame[name].isna().all() for name in table.names):
        raise ReadingError(f"'{filename}': no cell of its {len(raw):,} rows is filled; there is nothing to learn.")
    if len(raw) == 1:
        notes.append("The table has one row; at least a few dozen are needed to learn from.")
    notes += _column_notes(table)
    source = {"file": filename, "format": kind.lstrip(".") or "text"}
    return Reading(Table(table.frame, table.columns, name, source), raw, used, sheets, notes)


def _column_notes(table: Table) -> list[str]:
    empty = [column.name for column in table.columns if column.note == "Every cell is missing."]
    if not empty:
        return []
    shown = ", ".join(f"'{n}'" for n in empty[:5]) + (f" and {len(empty) - 5} more" if len(empty) > 5 else "")
    return [f"No cell is filled in {shown}."]


def _read_text(data: bytes, filename: str, options: ReadOptions) -> tuple[pd.DataFrame, ReadOptions, list[str]]:
    found = read_delimited(
        data, filename, delimiter=options.delimiter, encoding=options.encoding, decimal=options.decimal,
        header_row=options.header_row,
    )  # fmt: skip
    found.raw.attrs.update({"text": True, "decimal": found.decimal})
    used = options.model_copy(
        update={
            "delimiter": found.delimiter, "encoding": found.encoding, "decimal": found.decimal or ".",
            "header_row": found.header_row,
        }
    )  # fmt: skip
    return found.raw, used, found.notes


# -- Excel ------------------------------------------------------------------------------------------------------


def _read_workbook(
    data: bytes, filename: str, options: ReadOptions
) -> tuple[pd.DataFrame, list[str], ReadOptions, list[str]]:
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        except Exception:
            raise ReadingError(f"'{filename}' is damaged: Excel's parts in it cannot be read. Save it again.") from None
        sheets = [sheet.title for sheet in book.worksheets]
        if not sheets:
            raise ReadingError(f"'{filename}' has no sheet with cells; save the table as a worksheet.")
        if options.sheet is not None and options.sheet not in sheets:
            shown = ", ".join(f"'{sheet}'" for sheet in sheets[:6])
            raise ReadingError(f"'{filename}' has no sheet '{options.sheet}'; it has {shown}.")
        chosen, rows = _sheet_rows(book, sheets, options.sheet)
        book.close()
    notes = [f"Sheet '{chosen}' of {len(sheets)} was read."] if len(sheets) > 1 and options.sheet is None else []
    if not rows:
        raise ReadingError(f"'{filename}', sheet '{chosen}', is empty; choose another sheet.")
    raw, top = _grid(rows, filename, options.header_row)
    if options.header_row is None and top:
        notes.append(f"{top} row{'s' if top > 1 else ''} above the column names left out.")
    raw, more = tidy_names(raw, filename)
    raw.attrs["text"] = False
    return raw, sheets, options.model_copy(update={"sheet": chosen, "header_row": top}), notes + more


def _sheet_rows(book: Any, sheets: list[str], wanted: str | None) -> tuple[str, list[tuple[Any, ...]]]:
    """Return the name and rows of the sheet wanted, else of the first that has cells."""
    for title in [wanted] if wanted is not None else sheets:
        rows = list(book[title].iter_rows(values_only=True))
        while rows and not any(cell is not None for cell in rows[-1]):
            rows.pop()
        if rows:
            return title, rows
    return wanted or sheets[0], []


def _grid(rows: list[tuple[Any, ...]], filename: str, header_row: int | None) -> tuple[pd.DataFrame, int]:
    filled = [sum(cell is not None for cell in row) for row in rows[:50]]
    top = header_row
    if top is None:
        top = next((i for i, count in enumerate(filled) if count > 1 or max(filled) == count), 0)
    if top >= len(rows):
        raise ReadingError(f"'{filename}' has {len(rows)} rows, so row {top + 1} cannot hold the names.")
    width = max(len(row) for row in rows[top:])
    header = [None if c is None else str(c) for c in rows[top]] + [None] * (width - len(rows[top]))
    body = [row + (None,) * (width - len(row)) if len(row) < width else row for row in rows[top + 1 :]]
    columns = list(zip(*body, strict=True)) if body else [()] * width
    raw = pd.DataFrame({i: pd.Series(list(cells), dtype=object) for i, cells in enumerate(columns)})
    return raw.set_axis(pd.Index(["" if h is None else h for h in header], dtype=object), axis=1), top


# -- Parquet and JSON -------------------------------------------------------------------------------------------


def _read_parquet(data: bytes, filename: str, limit_mb: float) -> tuple[pd.DataFrame, list[str]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        schema, shape = file.schema_arrow, file.metadata
    except (pa.ArrowInvalid, OSError):
        raise ReadingError(f"'{filename}' is damaged or no Parquet file; export it again.") from None
    size = sum(shape.row_group(i).total_byte_size for i in range(shape.num_row_groups))
    if shape.num_rows * max(1, shape.num_columns) > _MOST_CELLS or size > 20 * limit_mb * 1e6:
        raise ReadingError(
            f"'{filename}' holds {shape.num_rows:,} rows x {shape.num_columns} columns, more than fits; read a sample."
        )
    if len(schema.names) != len(set(schema.names)):
        twice = next(n for n in schema.names if schema.names.count(n) > 1)
        raise ReadingError(f"'{filename}' has two columns called '{twice}'; give each column a name of its own.")
    if not schema.names:
        raise ReadingError(f"'{filename}' has no columns; a table needs at least one.")
    try:
        arrow = file.read()
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        raise ReadingError(f"'{filename}' is damaged: its cells cannot be read. Export it again.") from None
    raw = pd.DataFrame({name: _arrow_column(arrow.column(name)) for name in schema.names})
    if all(name == "__index_level_0__" for name in schema.names[-1:]) and len(schema.names) > 1:
        raw = raw.drop(columns="__index_level_0__")
    raw, notes = tidy_names(raw, filename)
    raw.attrs["text"] = False
    return raw, notes


def _arrow_column(column: Any) -> pd.Series:
    """Return one Parquet column as pandas, whole numbers whole even where cells are missing."""
    import pyarrow as pa

    kind = column.type
    values: pd.Series
    if pa.types.is_integer(kind) and column.null_count:
        nullable = pd.UInt64Dtype() if kind == pa.uint64() else pd.Int64Dtype()
        values = column.cast(pa.uint64() if kind == pa.uint64() else pa.int64()).to_pandas(
            types_mapper=lambda _: nullable
        )
    elif pa.types.is_date(kind) or pa.types.is_decimal(kind):
        values = column.to_pandas(date_as_object=True).astype(object)
    elif pa.types.is_timestamp(kind):
        try:
            values = column.to_pandas()
            values = values.astype("datetime64[ns]" if kind.tz is None else pd.DatetimeTZDtype("ns", kind.tz))
        except (pd.errors.OutOfBoundsDatetime, pa.ArrowInvalid):
            values = pd.to_datetime(column.to_pandas(timestamp_as_object=True), errors="coerce")
    elif pa.types.is_time(kind):
        found = column.to_pandas()
        values = found.astype(str).where(found.notna(), None)
    else:
        values = column.to_pandas()
    return values


def _read_json(data: bytes, filename: str, encoding: str | None) -> tuple[pd.DataFrame, list[str]]:
    try:
        text = data.decode(encoding or "utf-8-sig")
    except (UnicodeError, LookupError):
        raise ReadingError(f"'{filename}' is not UTF-8 text, as JSON must be; save it as UTF-8.") from None
    if not text.strip():
        raise ReadingError(f"'{filename}' is empty; JSON needs a list of records.")
    records = _records(text, filename)
    if not records or not all(isinstance(record, dict) for record in records):
        raise ReadingError(
            f"'{filename}' is JSON, but not a table: a list of records, or one record per line, was expected."
        )
    names = list(dict.fromkeys(key for record in records for key in record))
    if not names:
        raise ReadingError(f"'{filename}' holds records without any field; a table needs at least one column.")
    raw = pd.DataFrame({n: pd.Series([r.get(n) for r in records], dtype=object) for n in names})
    raw, notes = tidy_names(raw, filename)
    raw.attrs["text"] = False
    return raw, notes


def _records(text: str, filename: str) -> list[Any]:
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as first:
        lines = [(i, line) for i, line in enumerate(text.splitlines(), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].lstrip().startswith("{"):
            raise ReadingError(f"'{filename}', line {first.lineno}: this is not JSON ({first.msg}).") from None
        records = []
        for number, line in lines:
            try:
                records.append(json.loads(line))
            except json.JSONDecodeError as error:
                raise ReadingError(f"'{filename}', line {number}: this is not JSON ({error.msg}).") from None
        return records
    except RecursionError:
        raise ReadingError(f"'{filename}' is JSON nested too deeply for a table.") from None
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value]
        return lists[0] if len(lists) == 1 else [whole]
    return whole if isinstance(whole, list) else []
