"""Canonical values to the types, formats and missing tokens of the source, and back."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.date_patterns import dates_read, dates_written
from synth_core.errors import TableError
from synth_core.table import Column, Kind, numbers
from synth_core.units import dates_as_numbers, numbers_as_dates, read_written, written
from synth_core.values import parse_dates


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
        array = numbers_array(values, column)
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


def numbers_array(values: pd.Series, column: Column) -> pa.Array:
    """Return a column of numbers as Arrow's whole or floating numbers, null where missing."""
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
    texts = dates_written(stamps, pattern)
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
    parsed = dates_read(texts, column.format)
    if parsed.isna().any() and (again := parse_dates(texts, dated=True)) is not None:
        parsed = pd.Series(again.values)
    return pd.Series(np.append(parsed.to_numpy(dtype="datetime64[ns]"), np.datetime64("NaT"))[codes])
