"""Test data as files: CSV, Parquet, Excel, JSON lines and SQL inserts, a part in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from synth_core.errors import InputError
from synth_core.spreadsheets import MOST_SHEET_ROWS, write_csv, write_xlsx
from synth_core.whole_files import replace_whole
from synth_core.writing import MARK, SHEET

FORMS = {"csv": "CSV", "parquet": "Parquet", "xlsx": "Excel", "jsonl": "JSON lines", "sql": "SQL inserts"}
TYPED = ("parquet",)  # a column has one type: words where numbers belong cannot be written
STATEMENT = 500  # rows per INSERT
SQL_TYPES = {
    "int64": "BIGINT", "double": "DOUBLE PRECISION", "string": "TEXT", "bool": "BOOLEAN", "date32[day]": "DATE",
    "timestamp[us]": "TIMESTAMP",
}  # fmt: skip


def form_of(path: Path) -> str:
    """Return the form that a file's name asks for; :class:`InputError` lists them."""
    form = path.suffix.lower().removeprefix(".")
    form = "jsonl" if form == "ndjson" else form
    if form not in FORMS:
        raise InputError(
            f"'{path.name}' must end in {', '.join('.' + one for one in FORMS)}, which decides the format."
        )
    return form


def write_file(parts: Iterator[pa.Table], schema: pa.Schema, out: Path, form: str, *, table: str, rows: int) -> Path:
    """Write parts as one file of this form, whole or not at all; return ``out``.

    Parameters
    ----------
    table
        Name of the table in SQL.
    rows
        All rows: an Excel sheet has room for 1,048,575.

    Raises
    ------
    InputError
        More rows than an Excel sheet holds.
    """
    if form == "csv":
        write_csv(parts, out)
    elif form == "parquet":
        replace_whole(out, lambda path: _parquet(parts, schema, path))
    elif form == "xlsx":
        if rows >= MOST_SHEET_ROWS:
            raise InputError(
                f"An Excel sheet holds {MOST_SHEET_ROWS - 1:,} rows below its header, and {rows:,} are asked for; take "
                "CSV or Parquet."
            )
        write_xlsx(_short_cells(parts), out, rows, SHEET)
    elif form == "jsonl":
        replace_whole(out, lambda path: _json_lines(parts, path))
    else:
        replace_whole(out, lambda path: _inserts(parts, schema, path, table))
    return out


def _short_cells(parts: Iterator[pa.Table]) -> Iterator[pa.Table]:
    """Yield the parts with texts cut to what an Excel cell holds."""
    for part in parts:
        for place, field in enumerate(part.schema):
            if pa.types.is_string(field.type):
                part = part.set_column(place, field.name, pc.utf8_slice_codeunits(part.column(place), 0, 32_767))
        yield part


def _parquet(parts: Iterator[pa.Table], schema: pa.Schema, path: Path) -> None:
    with pq.ParquetWriter(path, schema.with_metadata(MARK), compression="zstd") as writer:
        for part in parts:
            if len(part):
                writer.write_table(part.replace_schema_metadata(MARK), row_group_size=len(part))


def _json_lines(parts: Iterator[pa.Table], path: Path) -> None:
    import polars as pl

    with path.open("wb") as sink:
        for part in parts:
            if len(part):
                found = pl.from_arrow(_words_for_times(part, "%Y-%m-%dT%H:%M:%S"))
                assert isinstance(found, pl.DataFrame)
                found.write_ndjson(sink)


def _words_for_times(part: pa.Table, pattern: str) -> pa.Table:
    for place, field in enumerate(part.schema):
        if pa.types.is_timestamp(field.type):
            seconds = part.column(place).cast(pa.timestamp("s"), safe=False)
            part = part.set_column(place, field.name, pc.strftime(seconds, format=pattern, locale="C"))
    return part


def quoted(name: str) -> str:
    """Return a name as SQL writes it.

    >>> quoted('Order "lines"')
    '"Order ""lines\"""'
    """
    return '"' + name.replace('"', '""') + '"'


def _inserts(parts: Iterator[pa.Table], schema: pa.Schema, path: Path, table: str) -> None:
    fields = [f"  {quoted(field.name)} {SQL_TYPES.get(str(field.type), 'TEXT')}" for field in schema]
    names = ", ".join(quoted(field.name) for field in schema)
    with path.open("w", encoding="utf-8", newline="\n") as sink:
        sink.write("-- SYNTHETIC data, made with Simile: every row was made up or drawn from a model.\n")
        sink.write(f"CREATE TABLE {quoted(table)} (\n" + ",\n".join(fields) + "\n);\n")
        for part in parts:
            rows = _literal_rows(part)
            for first in range(0, len(rows), STATEMENT):
                values = ",\n".join(rows[first : first + STATEMENT])
                sink.write(f"INSERT INTO {quoted(table)} ({names}) VALUES\n{values};\n")


def _literal_rows(part: pa.Table) -> list[str]:
    """Return each row as ``(1, 'text', NULL)``."""
    if not len(part):
        return []
    part = _words_for_times(part, "%Y-%m-%d %H:%M:%S")
    cells = []
    for place, field in enumerate(part.schema):
        column = part.column(place)
        words = column.cast(pa.string())
        if pa.types.is_boolean(field.type):
            words = pc.utf8_upper(words)
        elif not (pa.types.is_integer(field.type) or pa.types.is_floating(field.type)):
            bare = pc.replace_substring(pc.replace_substring(words, "\x00", ""), "'", "''")
            words = pc.binary_join_element_wise("'", bare, "'", "")
        cells.append(pc.fill_null(words, "NULL"))
    joined = pc.binary_join_element_wise(*cells, ", ")
    found: list[str] = pc.binary_join_element_wise("(", joined, ")", "").to_pylist()
    return found
