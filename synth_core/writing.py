"""Tables to files: Parquet with the source's own types, exports with a SYNTHETIC mark, project tables."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synth_core.errors import InputError, TableError
from synth_core.table import Column, Kind, Table, numbers
from synth_core.units import dates_as_numbers, numbers_as_dates, read_written, written
from synth_core.values import parse_dates

MARK = {"simile.synthetic": "true"}
SHEET = "SYNTHETIC"
MOST_SHEET_ROWS = 1_048_576
_FORMULA = r"^[=+\-@\t\r\n]"
_NUMBER = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$|^-+$"


# -- to the source's types and back -----------------------------------------------------------------------------


def schema(columns: Sequence[Column]) -> pa.Schema:
    """Return the Parquet schema of a release: a function of the columns alone, never of the values."""
    return pa.schema([(column.name, _arrow_type(column)) for column in columns])


def _arrow_type(column: Column) -> pa.DataType:
    if column.missing_token is not None and _missing_number(column) is None:
        return pa.string()
    if column.storage == "datetime":
        return pa.date32() if column.format == "%Y-%m-%d" else pa.timestamp("us")
    plain = {"integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_(), "string": pa.string()}
    return plain[column.storage]


def _missing_number(column: Column) -> float | int | None:
    """Return the number that stands for a missing cell of a column of numbers ("-200"); None where a word does."""
    if column.missing_token is None or column.storage not in ("integer", "number"):
        return None
    try:
        return int(column.missing_token) if column.storage == "integer" else float(column.missing_token)
    except ValueError:
        return None


def to_arrow(frame: pd.DataFrame, columns: Sequence[Column]) -> pa.Table:
    """Return canonical values as an Arrow table in the types, formats and missing tokens of the source.

    Raises
    ------
    TableError
        Words where the source held whole numbers, numbers or dates.
    """
    arrays = []
    for column in columns:
        try:
            array = _stored(frame[column.name], column)
        except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError):
            raise TableError(
                f"Column '{column.name}' was stored as {column.storage} in the source, but some of its values are "
                "not; set another kind for it, or let it be made anew."
            ) from None
        number = _missing_number(column)
        if number is not None:
            array = pc.fill_null(array, pa.scalar(number).cast(array.type))
        elif column.missing_token is not None:
            array = pc.fill_null(array.cast(pa.string()), column.missing_token)
        arrays.append(array.cast(_arrow_type(column)))
    return pa.Table.from_arrays(arrays, schema=schema(columns))


def _stored(values: pd.Series, column: Column) -> pa.Array:
    """Return the values in their storage type, null where missing."""
    if column.kind is Kind.DATETIME:
        return _stored_dates(values, column)
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        array = _numbers(values, column)
        if column.storage == "datetime":
            return array.cast(pa.int64()).cast(pa.timestamp("s")).cast(pa.timestamp("us"))
        if column.storage == "boolean":
            return array.cast(pa.float64()).cast(pa.int64()).cast(pa.bool_())
        if column.storage == "string":
            return written(array, column.format) if column.format else array.cast(pa.string())
        return array.cast(_plain_type(column))
    words = pa.array(values, type=pa.string(), from_pandas=True)
    if column.storage == "integer":
        return words.cast(pa.int64())
    if column.storage == "number":
        return words.cast(pa.float64())
    if column.storage == "boolean":
        return pc.equal(pc.utf8_lower(words), "true")
    if column.storage == "datetime":
        return pa.array(pd.to_datetime(values, errors="raise"), type=pa.timestamp("us"), from_pandas=True)
    return words


def _plain_type(column: Column) -> pa.DataType:
    return pa.int64() if column.storage == "integer" else pa.float64()


def _numbers(values: pd.Series, column: Column) -> pa.Array:
    whole = column.kind is Kind.INTEGER
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iu":
        return pa.array(values.to_numpy(dtype=np.int64))
    missing = values.isna().to_numpy()
    if whole and not pd.api.types.is_float_dtype(values.dtype):
        return pa.array(values.to_numpy(dtype=np.int64, na_value=0), mask=missing)
    array = pa.array(values.to_numpy(dtype=np.float64, na_value=np.nan), mask=missing)
    return array.cast(pa.int64()) if whole else array


def _stored_dates(values: pd.Series, column: Column) -> pa.Array:
    stamps = pa.array(values.to_numpy(dtype="datetime64[us]"), from_pandas=True)
    if column.storage == "datetime":
        return stamps
    if column.storage in ("integer", "number") and column.format is None:
        return stamps.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
    if column.format and column.format.startswith("@"):
        return dates_as_numbers(stamps, column.format).cast(_plain_type(column), safe=False)
    pattern = column.format or "%Y-%m-%d %H:%M:%S"
    if "%f" in pattern:  # Arrow's %S writes the fraction of the unit itself
        texts = pc.strftime(stamps, format=pattern.replace(".%f", ""), locale="C")
    else:
        texts = pc.strftime(stamps.cast(pa.timestamp("s"), safe=False), format=pattern, locale="C")
    return texts if column.storage == "string" else texts.cast(_plain_type(column))


def from_arrow(arrow: pa.Table, columns: Sequence[Column]) -> pd.DataFrame:
    """Return the canonical frame of a table that :func:`to_arrow` made."""
    return pd.DataFrame(
        {column.name: _canonical(arrow.column(column.name), column) for column in columns},
        index=pd.RangeIndex(arrow.num_rows),
    )


def released_numbers(values: pd.Series, column: Column) -> npt.NDArray[np.float64]:
    """Return released cells of a column of numbers or dates as float64 (dates as seconds), NaN where missing."""
    array = pa.Array.from_pandas(values)
    if pa.types.is_large_string(array.type):
        array = array.cast(pa.string())
    return numbers(_canonical(pa.chunked_array([array]), column))


def _canonical(chunks: pa.ChunkedArray, column: Column) -> pd.Series:
    array = chunks.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = array.chunk(0) if array.num_chunks else pa.array([], type=chunks.type)
    if column.missing_token is not None and pa.types.is_string(array.type):
        array = pc.if_else(pc.equal(array, column.missing_token), None, array)
    elif (number := _missing_number(column)) is not None:
        array = pc.if_else(pc.equal(array, number), None, array)
    if column.kind is Kind.DATETIME:
        return _dates_back(array, column)
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        if pa.types.is_timestamp(array.type):
            array = array.cast(pa.timestamp("s"), safe=False).cast(pa.int64())
        elif pa.types.is_boolean(array.type):
            array = array.cast(pa.int8())
        elif pa.types.is_string(array.type) and column.format:
            array = read_written(array, column.format)
        return _numbers_back(array.cast(pa.float64() if column.kind is Kind.NUMBER else pa.int64()))
    if pa.types.is_boolean(array.type):
        array = pc.if_else(array, "True", "False")
    elif pa.types.is_floating(array.type):
        array = _whole_words(array)
    elif pa.types.is_timestamp(array.type):
        return pd.Series([None if v is None else str(v) for v in array.to_pylist()], dtype=object)
    return pd.Series(array.cast(pa.string()).to_pandas().to_numpy(dtype=object), dtype=object)


def _whole_words(array: pa.Array) -> pa.Array:
    """Return floats as words, whole ones without a point ("3")."""
    values = array.to_pandas()
    return pa.array([None if pd.isna(v) else str(int(v)) if float(v).is_integer() else repr(v) for v in values])


def _numbers_back(array: pa.Array) -> pd.Series:
    if pa.types.is_integer(array.type) and array.null_count:
        whole: pd.Series = array.to_pandas(types_mapper={array.type: pd.Int64Dtype()}.get)
        return whole
    return pd.Series(array.to_numpy(zero_copy_only=False))


def _dates_back(array: pa.Array, column: Column) -> pd.Series:
    if column.format and column.format.startswith("@"):
        return numbers_as_dates(array, column.format)
    if pa.types.is_integer(array.type) and column.format is None:
        array = array.cast(pa.timestamp("s"))
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        return pd.Series(array.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[ns]"))
    codes, levels = pd.factorize(array.cast(pa.string()).to_pandas().to_numpy(dtype=object))
    texts = [str(level) for level in levels]
    parsed = pd.to_datetime(pd.Series(texts, dtype=object), format=column.format, errors="coerce")
    if parsed.isna().any() and (again := parse_dates(texts, dated=True)) is not None:
        parsed = pd.Series(again.values)
    return pd.Series(np.append(parsed.to_numpy(dtype="datetime64[ns]"), np.datetime64("NaT"))[codes])


# -- project tables ---------------------------------------------------------------------------------------------


def save_table(table: Table, folder: str | Path) -> Path:
    """Write ``table.parquet`` (canonical values) and ``columns.json`` into ``folder``; return the folder."""
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    fields = [_canonical_array(table.frame[column.name], column) for column in table.columns]
    arrow = pa.Table.from_arrays(fields, names=table.names)
    facts = {
        "version": 1,
        "name": table.name,
        "source": table.source,
        "columns": [column.model_dump(mode="json") for column in table.columns],
        "dtypes": [str(dtype) for dtype in table.frame.dtypes],
    }
    _replace(folder / "table.parquet", lambda path: pq.write_table(arrow, path, compression="zstd"))
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    _replace(folder / "columns.json", lambda path: path.write_text(text, encoding="utf-8"))
    return folder


def _canonical_array(values: pd.Series, column: Column) -> pa.Array:
    if column.kind is Kind.DATETIME:
        return pa.array(values.to_numpy(dtype="datetime64[ns]"), type=pa.timestamp("ns"), from_pandas=True)
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return _numbers(values, column)
    return pa.array(values.to_numpy(dtype=object), type=pa.string(), from_pandas=True)


def open_table(folder: str | Path) -> Table:
    """Return the table that :func:`save_table` wrote, equal cell by cell.

    Raises
    ------
    OSError, ValueError
        Files that are missing, or not those of a table.
    """
    folder = Path(folder)
    facts = json.loads((folder / "columns.json").read_text(encoding="utf-8"))
    columns = tuple(Column.model_validate(fields) for fields in facts["columns"])
    arrow = pq.read_table(folder / "table.parquet", partitioning=None)
    series = {}
    for column, dtype in zip(columns, facts["dtypes"], strict=True):
        if dtype == "Int64":
            series[column.name] = arrow.column(column.name).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        elif dtype == "object":
            series[column.name] = pd.Series(arrow.column(column.name).to_pandas().to_numpy(dtype=object), dtype=object)
        else:
            series[column.name] = pd.Series(arrow.column(column.name).combine_chunks().to_numpy(zero_copy_only=False))
    frame = pd.DataFrame(series, index=pd.RangeIndex(arrow.num_rows))
    return Table(frame, columns, facts["name"], facts["source"])


# -- releases ---------------------------------------------------------------------------------------------------


def write_parts(
    parts: Iterable[pd.DataFrame | pa.Table],
    columns: Sequence[Column],
    path: str | Path,
    *,
    mark: Mapping[str, str] | None = None,
) -> Path:
    """Write parts as one Parquet file, one row group per part, marked as synthetic.

    A part is a canonical frame, or what :func:`to_arrow` made of one. The same parts give the same bytes.
    ``mark``: more metadata (text keys and values).
    """
    fixed = schema(columns).with_metadata({**MARK, **(mark or {})})

    def write(target: Path) -> None:
        with pq.ParquetWriter(target, fixed, compression="zstd") as writer:
            for part in parts:
                arrow = part if isinstance(part, pa.Table) else to_arrow(part, columns)
                arrow = arrow.replace_schema_metadata(fixed.metadata)
                if len(arrow):
                    writer.write_table(arrow, row_group_size=len(arrow))

    path = Path(path)
    _replace(path, write)
    return path


def export(parquet: str | Path, out: str | Path, columns: Sequence[Column] | None = None) -> Path:
    """Write a released Parquet file as .csv, .xlsx or .parquet, by the suffix of ``out``; return ``out``.

    The mark goes along: a sidecar ``OUT.csv.SYNTHETIC.txt``, the sheet's name, or the metadata. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers are left alone.

    Raises
    ------
    InputError
        Another suffix, or more rows than an Excel sheet holds.
    """
    parquet, out = Path(parquet), Path(out)
    file = pq.ParquetFile(parquet)
    kind = out.suffix.lower()
    if kind == ".parquet":
        if out.resolve() != parquet.resolve():
            _replace(out, lambda path: shutil.copyfile(parquet, path))
    elif kind == ".csv":
        _write_csv(_groups(file, columns), out)
        _sidecar(out, file)
    elif kind == ".xlsx":
        _write_xlsx(_groups(file, columns), out, file.metadata.num_rows, SHEET)
    else:
        raise InputError(f"'{out.name}' must end in .csv, .xlsx or .parquet, which decides the format.")
    return out


def write_table(table: Table, out: str | Path) -> Path:
    """Write a table that is no release (a demo, a sample) as .csv, .xlsx or .parquet, in its source's types."""
    out = Path(out)
    arrow = to_arrow(table.frame, table.columns)
    kind = out.suffix.lower()
    if kind == ".parquet":
        _replace(out, lambda path: pq.write_table(arrow, path, compression="zstd"))
    elif kind == ".csv":
        _write_csv(iter([arrow]), out)
    elif kind == ".xlsx":
        _write_xlsx(iter([arrow]), out, len(arrow), table.name[:31] or "table")
    else:
        raise InputError(f"'{out.name}' must end in .csv, .xlsx or .parquet, which decides the format.")
    return out


def _groups(file: pq.ParquetFile, columns: Sequence[Column] | None) -> Iterator[pa.Table]:
    names = None if columns is None else [column.name for column in columns]
    if file.metadata.num_row_groups == 0:
        yield file.schema_arrow.empty_table() if names is None else file.schema_arrow.empty_table().select(names)
    for group in range(file.metadata.num_row_groups):
        yield file.read_row_group(group, columns=names) if names is None else file.read_row_group(group).select(names)


def neutralise(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text with an apostrophe before what a spreadsheet would run as a formula; numbers stay.

    >>> neutralise(pa.chunked_array([["=1+1", "-5.2", "-", "plain", None]])).to_pylist()
    ["'=1+1", '-5.2', '-', 'plain', None]
    """
    if not pc.any(pc.match_substring_regex(pc.unique(array), _FORMULA)).as_py():
        return array
    risky = pc.and_(
        pc.match_substring_regex(array, _FORMULA), pc.invert(pc.match_substring_regex(array, _NUMBER))
    )  # fmt: skip
    return pc.if_else(risky, pc.binary_join_element_wise("'", array, ""), array)


def _spreadsheet_safe(arrow: pa.Table) -> pa.Table:
    """Return the table with formulas neutralised in names and text, and dates in plain words."""
    fields, names = [], []
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        names.append(neutralise(pa.chunked_array([[name]])).to_pylist()[0])
        if pa.types.is_string(column.type):
            column = neutralise(column)
        elif pa.types.is_timestamp(column.type):
            column = _plain_times(column)
        fields.append(column)
    return pa.Table.from_arrays(fields, names=names)


def _plain_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times as words: to the second, or with the fraction where the type says microseconds and one is set."""
    seconds = column.cast(pa.timestamp("s"), safe=False)
    fraction = pc.any(pc.not_equal(seconds.cast(column.type), column)).as_py()
    return pc.strftime(column if fraction else seconds, format="%Y-%m-%d %H:%M:%S", locale="C")


def _write_csv(groups: Iterator[pa.Table], out: Path) -> None:
    from pyarrow import csv

    def write(target: Path) -> None:
        with pa.OSFile(str(target), "wb") as sink:
            for number, group in enumerate(groups):
                safe = _spreadsheet_safe(group)
                if number == 0:
                    sink.write((",".join(_quoted(name) for name in safe.column_names) + "\n").encode())
                # Arrow's "needed" quotes every text cell of the group; without delimiters in them none needs it.
                style = "needed" if any(_needs_quotes(column) for column in safe.columns) else "none"
                csv.write_csv(safe, sink, csv.WriteOptions(include_header=False, quoting_style=style))

    _replace(out, write)


def _needs_quotes(column: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(pc.unique(column), r'[",\r\n]|^$')).as_py())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(mark in name for mark in ',"\r\n') else name


def _sidecar(out: Path, file: pq.ParquetFile) -> None:
    facts = {k.decode(): v.decode() for k, v in (file.metadata.metadata or {}).items() if k.startswith(b"simile.")}
    lines = [
        f"{out.name} holds SYNTHETIC data: every row was drawn from a model.",
        f"Rows: {file.metadata.num_rows:,}. Columns: {file.metadata.num_columns}. Made with Simile.",
        *(f"{key.removeprefix('simile.')}: {value}" for key, value in facts.items() if key not in MARK),
    ]
    out.with_name(out.name + ".SYNTHETIC.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _write_xlsx(groups: Iterator[pa.Table], out: Path, rows: int, title: str) -> None:
    if rows + 1 > MOST_SHEET_ROWS:
        raise InputError(
            f"An Excel sheet holds {MOST_SHEET_ROWS:,} rows and '{out.name}' would need {rows + 1:,}; "
            "write .csv or .parquet instead, or fewer rows."
        )
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("".join("_" if c in "[]:*?/\\" else c for c in title))
    started = False
    for group in groups:
        safe = _spreadsheet_safe(group)
        if not started:
            sheet.append([ILLEGAL_CHARACTERS_RE.sub("", name) for name in safe.column_names])
            started = True
        cells = [
            [None if v is None else ILLEGAL_CHARACTERS_RE.sub("", v) for v in column.to_pylist()]
            if pa.types.is_string(column.type) else _finite(column.to_pylist()) for column in safe.columns
        ]  # fmt: skip
        for row in zip(*cells, strict=True):
            sheet.append(row)
    _replace(out, book.save)


def _finite(values: list[Any]) -> list[Any]:
    return [None if isinstance(v, float) and not np.isfinite(v) else v for v in values]


def _replace(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside ``path`` and move into place, so that a stop half-way leaves the old file whole."""
    building = path.with_name(f".{path.name}.building")
    try:
        write(building)
        os.replace(building, path)
    finally:
        building.unlink(missing_ok=True)
