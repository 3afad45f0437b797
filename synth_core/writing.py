"""Tables to files: releases as Parquet, exports with a SYNTHETIC mark, tables kept in a project."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_core.errors import InputError
from synth_core.kept_tables import open_table, save_table
from synth_core.source_types import from_arrow, released_numbers, schema, to_arrow
from synth_core.spreadsheets import write_csv, write_xlsx
from synth_core.table import Column, Table
from synth_core.whole_files import replace_whole

__all__ = [
    "MARK", "SHEET", "export", "from_arrow", "open_table", "released_numbers", "save_table", "schema", "to_arrow",
    "write_parts", "write_table",
]  # fmt: skip

MARK = {"simile.synthetic": "true"}
SHEET = "SYNTHETIC"


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
    replace_whole(path, write)
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
            replace_whole(out, lambda path: shutil.copyfile(parquet, path))
    elif kind == ".csv":
        write_csv(_groups(file, columns), out)
        _sidecar(out, file)
    elif kind == ".xlsx":
        write_xlsx(_groups(file, columns), out, file.metadata.num_rows, SHEET)
    else:
        raise InputError(f"'{out.name}' must end in .csv, .xlsx or .parquet, which decides the format.")
    return out


def write_table(table: Table, out: str | Path) -> Path:
    """Write a table that is no release (a demo, a sample) as .csv, .xlsx or .parquet, in its source's types."""
    out = Path(out)
    arrow = to_arrow(table.frame, table.columns)
    kind = out.suffix.lower()
    if kind == ".parquet":
        replace_whole(out, lambda path: pq.write_table(arrow, path, compression="zstd"))
    elif kind == ".csv":
        write_csv(iter([arrow]), out)
    elif kind == ".xlsx":
        write_xlsx(iter([arrow]), out, len(arrow), table.name[:31] or "table")
    else:
        raise InputError(f"'{out.name}' must end in .csv, .xlsx or .parquet, which decides the format.")
    return out


def _groups(file: pq.ParquetFile, columns: Sequence[Column] | None) -> Iterator[pa.Table]:
    names = None if columns is None else [column.name for column in columns]
    if file.metadata.num_row_groups == 0:
        yield file.schema_arrow.empty_table() if names is None else file.schema_arrow.empty_table().select(names)
    for group in range(file.metadata.num_row_groups):
        yield file.read_row_group(group, columns=names) if names is None else file.read_row_group(group).select(names)


def _sidecar(out: Path, file: pq.ParquetFile) -> None:
    facts = {k.decode(): v.decode() for k, v in (file.metadata.metadata or {}).items() if k.startswith(b"simile.")}
    lines = [
        f"{out.name} holds SYNTHETIC data: every row was drawn from a model.",
        f"Rows: {file.metadata.num_rows:,}. Columns: {file.metadata.num_columns}. Made with Simile.",
        *(f"{key.removeprefix('simile.')}: {value}" for key, value in facts.items() if key not in MARK),
    ]
    out.with_name(out.name + ".SYNTHETIC.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
