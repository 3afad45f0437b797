"""The cells of a table as they were read, kept on disk, so that kinds can be inferred anew without the file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_core.whole_files import replace_whole

_ATTRS = b"simile.attrs"


def save_cells(raw: pd.DataFrame, path: Path) -> None:
    """Write the cells as read; a column whose cells are of several types is written as words."""
    frame = raw.copy(deep=False)
    for name in frame.columns:
        if frame[name].dtype == object and not _one_type(frame[name]):
            frame[name] = frame[name].map(lambda cell: cell if cell is None or isinstance(cell, str) else str(cell))
    attrs, frame.attrs = dict(raw.attrs), {}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    metadata = {**(table.schema.metadata or {}), _ATTRS: json.dumps(attrs).encode()}
    table = table.replace_schema_metadata(metadata)
    replace_whole(path, lambda building: pq.write_table(table, building, compression="lz4"))


def open_cells(path: Path, names: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the cells that :func:`save_cells` wrote; text stays in Arrow's memory (dtype ``string[pyarrow]``).

    ``names``: these columns only, in the order of the file.
    """
    file = pq.ParquetFile(path)
    asked = None if names is None else set(names)
    wanted = None if asked is None else [name for name in file.schema_arrow.names if name in asked]
    table = file.read(columns=wanted, use_pandas_metadata=False)
    texts = [field.name for field in table.schema if _is_text(field.type)]
    metadata = table.schema.metadata or {}
    rest = table.drop_columns(texts).to_pandas()
    found = {
        name: pd.Series(pd.arrays.ArrowStringArray(table.column(name))) if name in set(texts) else rest[name]
        for name in table.column_names
    }
    raw = pd.DataFrame(found, index=pd.RangeIndex(table.num_rows), columns=pd.Index(table.column_names, dtype=object))
    attrs = metadata.get(_ATTRS) or metadata.get(b"PANDAS_ATTRS")
    raw.attrs.update(json.loads(attrs) if attrs else rest.attrs)
    return raw


def _one_type(cells: pd.Series) -> bool:
    """Return whether cells are of one type that a file can hold; whole numbers beyond 64 bits are not."""
    kind = pd.api.types.infer_dtype(cells, skipna=True)
    if kind == "integer":
        return all(-(2**63) <= cell < 2**63 for cell in cells.dropna())
    return not kind.startswith("mixed")


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))
