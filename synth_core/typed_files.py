"""Files whose cells have types: Parquet, JSON and JSON lines; records inside cells become columns, one level deep."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd

from synth_core.cells_read import CellsRead, days, far_note, stamps, tidy_names, whole_numbers
from synth_core.decoding import to_utf8
from synth_core.errors import ReadingError, TooLargeError

_MOST_CELLS = 400_000_000
_FAR = 2**63
_INDEX = "__index_level_0__"


def read_parquet(data: Any, filename: str, limit_mb: float, sample_rows: int | None) -> CellsRead:
    """Return the cells of a Parquet file (bytes or an Arrow buffer).

    With ``sample_rows`` never more than one row group is held besides them. Raises TooLargeError above ``limit_mb``
    in memory, and ReadingError where the file is damaged, has no columns, or two of one name.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(pa.BufferReader(data))
        schema, shape = file.schema_arrow, file.metadata
        words = [one.name for one in schema if _is_words(one.type)]  # a text that repeats is then held once
        file = pq.ParquetFile(pa.BufferReader(data), read_dictionary=words)
    except (pa.ArrowException, OSError):
        raise ReadingError(f"'{filename}' is damaged or no Parquet file; export it again.") from None
    size = sum(shape.row_group(i).total_byte_size for i in range(shape.num_row_groups))
    if not sample_rows and (shape.num_rows * max(1, shape.num_columns) > _MOST_CELLS or size > 10 * limit_mb * 1e6):
        raise TooLargeError(
            f"'{filename}' holds {shape.num_rows:,} rows x {shape.num_columns} columns, more than fits; read a sample."
        )
    if len(schema.names) != len(set(schema.names)):
        twice = next(n for n in schema.names if schema.names.count(n) > 1)
        raise ReadingError(f"'{filename}' has two columns called '{twice}'; give each column a name of its own.")
    if not schema.names:
        raise ReadingError(f"'{filename}' has no columns; a table needs at least one.")
    try:
        most = _room(limit_mb)
        some = sample_rows if sample_rows and sample_rows < shape.num_rows else None
        arrow = _whole(file, most, filename) if some is None else _drawn(file, some)
        if _unfolded(arrow) > most:
            raise _unfolds(filename)
        arrow = arrow.cast(pa.schema([schema.field(name) for name in arrow.column_names]))
        arrow.validate(full=True)  # broken offsets or bytes that are no text would end the process later
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, OSError):
        raise ReadingError(f"'{filename}' is damaged: its cells cannot be read. Export it again.") from None
    if schema.names[-1] == _INDEX and len(schema.names) > 1:
        arrow = arrow.drop_columns([_INDEX])
    arrow, notes = _flat(arrow)
    if arrow.num_rows < shape.num_rows:
        notes.append(f"A sample: {arrow.num_rows:,} of {shape.num_rows:,} rows, drawn evenly over the file.")
    columns: dict[str, pd.Series] = {}
    for name in arrow.column_names:
        columns[name], odd = _arrow_column(arrow.column(name))
        notes += far_note(name, odd)
    raw = pd.DataFrame(columns)
    raw, more = tidy_names(raw, filename)
    raw.attrs["text"] = False
    return CellsRead(raw, notes + more)


def _is_words(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_binary(kind))


def _room(limit_mb: float) -> int:
    """Return how many bytes the cells of a file may take: ten times the limit of a file, a third of what is free."""
    import psutil

    return int(min(10 * limit_mb * 1e6, psutil.virtual_memory().available / 3))


def _whole(file: Any, most: int, filename: str) -> Any:
    """Return all rows, a batch at a time, so that a small file that unfolds to a huge table is found out before."""
    import pyarrow as pa

    batches, size = [], 0
    nested = any(pa.types.is_nested(one.type) for one in file.schema_arrow)
    for batch in file.iter_batches(batch_size=1_024 if nested else 65_536):
        size += _unfolded(batch)
        if size > most:
            raise _unfolds(filename)
        batches.append(batch)
    return pa.Table.from_batches(batches, file.schema_arrow)


def _unfolded(arrow: Any) -> int:
    """Return the bytes of the cells with each text as often as it is there."""
    import pyarrow as pa
    import pyarrow.compute as pc

    size = 0
    for column in arrow.columns:
        for chunk in column.chunks if isinstance(column, pa.ChunkedArray) else [column]:
            size += chunk.nbytes
            if isinstance(chunk, pa.DictionaryArray) and _is_words(chunk.type.value_type):
                lengths = pc.binary_length(chunk.dictionary).cast(pa.int64()).take(chunk.indices)
                size += pc.sum(lengths).as_py() or 0
    return size


def _unfolds(filename: str) -> ReadingError:
    return TooLargeError(f"'{filename}' unfolds to more than fits into memory; read a sample of its rows.")


def _drawn(file: Any, rows: int) -> Any:
    """Return evenly drawn rows, in their order, row group by row group."""
    import pyarrow as pa

    chosen = np.sort(np.random.default_rng(0).choice(file.metadata.num_rows, size=rows, replace=False))
    parts, start = [], 0
    for group in range(file.metadata.num_row_groups):
        count = file.metadata.row_group(group).num_rows
        here = chosen[(chosen >= start) & (chosen < start + count)] - start
        if len(here):
            parts.append(file.read_row_group(group).take(pa.array(here)))
        start += count
    return pa.concat_tables(parts)


def _flat(arrow: Any) -> tuple[Any, list[str]]:
    """Return the table with the fields of records as columns ("address.city"), and a note."""
    import pyarrow as pa

    nested = [field.name for field in arrow.schema if pa.types.is_struct(field.type) and field.type.num_fields]
    made = [f"{name}.{inner.name}" for name in nested for inner in arrow.schema.field(name).type]
    if not nested or set(made) & set(arrow.column_names) or len(set(made)) < len(made):
        return arrow, []
    return arrow.flatten(), [_flat_note(nested)]


def _flat_note(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return f"Records inside the cells of {shown} became columns of their own, such as '{names[0]}.…'."


def _arrow_column(column: Any) -> tuple[pd.Series, int]:
    """Return one Parquet column as pandas, whole numbers whole where cells are missing; how many dates did not fit."""
    import pyarrow as pa

    kind, odd = column.type, 0
    values: pd.Series
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pd.Series(pd.arrays.ArrowStringArray(column)), 0
    if pa.types.is_integer(kind) and column.null_count:
        values = whole_numbers(column)
    elif pa.types.is_decimal(kind) and kind.precision <= 15:
        values = column.cast(pa.float64()).to_pandas()
    elif pa.types.is_date(kind):
        values, odd = days(column)
    elif pa.types.is_decimal(kind):
        values = column.to_pandas(date_as_object=True).astype(object)
    elif pa.types.is_timestamp(kind):
        try:
            values = column.to_pandas()
            values = values.astype("datetime64[ns]" if kind.tz is None else pd.DatetimeTZDtype("ns", kind.tz))
        except (pd.errors.OutOfBoundsDatetime, pa.ArrowInvalid, ValueError):
            values, odd = stamps(column, kind.tz)
    elif pa.types.is_time(kind):
        found = column.to_pandas()
        values = found.astype(str).where(found.notna(), None)
    else:
        values = column.to_pandas()
    return values, odd


# -- JSON -------------------------------------------------------------------------------------------------------


def read_json(data: bytes, filename: str, encoding: str | None) -> CellsRead:
    """Return the cells of a list of records, or of one record per line."""
    try:
        content, used, _ = to_utf8(data, filename, encoding)
        if encoding is None and not used.startswith("utf"):
            raise ReadingError("")
    except ReadingError:
        raise ReadingError(f"'{filename}' is not UTF-8 text, as JSON must be; save it as UTF-8.") from None
    text = content.decode("utf-8")
    if not text.strip():
        raise ReadingError(f"'{filename}' is empty; JSON needs a list of records.")
    records = _records(text, filename)
    if not records or not all(isinstance(record, dict) for record in records):
        raise ReadingError(
            f"'{filename}' is JSON, but not a table: a list of records, or one record per line, was expected."
        )
    nested = _nested(records)
    if nested:
        records = [_flat_record(record, nested) for record in records]
    names = list(dict.fromkeys(key for record in records for key in record))
    if not names:
        raise ReadingError(f"'{filename}' holds records without any field; a table needs at least one column.")
    raw = pd.DataFrame({n: pd.Series([r.get(n) for r in records], dtype=object) for n in names})
    raw, notes = tidy_names(raw, filename)
    raw.attrs["text"] = False
    return CellsRead(raw, ([_flat_note(sorted(nested))] if nested else []) + notes)


def _nested(records: list[Any]) -> set[str]:
    """Return the fields that hold a record wherever they are filled, and whose inner names are still free."""
    found: dict[str, bool] = {}
    for record in records:
        for key, value in record.items():
            if value is not None:
                found[key] = found.get(key, True) and isinstance(value, dict)
    taken = {key for record in records for key in record}
    return {
        key for key, always in found.items()
        if always and not any(name.startswith(f"{key}.") for name in taken)
    }  # fmt: skip


def _flat_record(record: dict[str, Any], nested: set[str]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in record.items():
        if key in nested:
            flat.update({f"{key}.{inner}": cell for inner, cell in (value or {}).items()})
        else:
            flat[key] = value
    return flat


def _within_64_bits(digits: str) -> int | str:
    """Return a whole number; one beyond 64 bits stays the word that it is, such as a long key."""
    number = int(digits) if len(digits) < 21 else _FAR
    return number if abs(number) < _FAR else digits


def _records(text: str, filename: str) -> list[Any]:
    try:
        whole = json.loads(text, parse_int=_within_64_bits)
    except json.JSONDecodeError as first:
        ended = text if "\n" in text else text.replace("\r", "\n")  # what else ends lines (U+2028) may stand in words
        lines = [(i, line) for i, line in enumerate(ended.split("\n"), 1) if line.strip()]
        if len(lines) < 2 or not lines[0][1].lstrip().startswith("{"):
            raise ReadingError(f"'{filename}', line {first.lineno}: this is not JSON ({first.msg}).") from None
        records = []
        for number, line in lines:
            try:
                records.append(json.loads(line, parse_int=_within_64_bits))
            except json.JSONDecodeError as error:
                raise ReadingError(f"'{filename}', line {number}: this is not JSON ({error.msg}).") from None
            except RecursionError:
                raise ReadingError(f"'{filename}', line {number}: JSON nested too deeply for a table.") from None
        return records
    except RecursionError:
        raise ReadingError(f"'{filename}' is JSON nested too deeply for a table.") from None
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value]
        even = len(lists) == len(whole) and len({len(cells) for cells in lists}) == 1
        if even and (len(lists) > 1 or not isinstance(lists[0][0], dict)):  # a list of cells for each column
            return [dict(zip(whole, row, strict=True)) for row in zip(*lists, strict=True)]
        return lists[0] if len(lists) == 1 else [whole]
    return whole if isinstance(whole, list) else []
