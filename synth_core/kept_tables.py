"""Tables kept in a folder, equal cell by cell when they are opened again."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_core.source_types import numbers_array
from synth_core.table import Column, Kind, Table
from synth_core.whole_files import replace_whole


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
    replace_whole(folder / "table.parquet", lambda path: pq.write_table(arrow, path, compression="zstd"))
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    replace_whole(folder / "columns.json", lambda path: path.write_text(text, encoding="utf-8"))
    return folder


def is_kept(folder: Path) -> bool:
    """Return whether a table is there whole: its last file is, which a stop half-way does not leave."""
    return (folder / "columns.json").exists()


def _canonical_array(values: pd.Series, column: Column) -> pa.Array:
    if column.kind is Kind.DATETIME:
        return pa.array(values.to_numpy(dtype="datetime64[ns]"), type=pa.timestamp("ns"), from_pandas=True)
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return numbers_array(values, column)
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
