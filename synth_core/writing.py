"""Tables to files: releases as Parquet, exports with a SYNTHETIC mark, tables kept in a project."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from synth_core.errors import InputError
from synth_core.kept_tables import open_table, save_table
from synth_core.partitions import facts_of, files_of, groups, row_count
from synth_core.source_types import from_arrow, released_numbers, schema, to_arrow
from synth_core.spreadsheets import write_csv, write_xlsx
from synth_core.table import Column, Table
from synth_core.whole_files import replace_whole

__all__ = [
    "MARK", "SHEET", "export", "from_arrow", "open_table", "parquet_bytes", "released_numbers", "save_table", "schema",
    "to_arrow", "write_parts", "write_table",
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
    """Write parts as one Parquet file, one row group per part, marked as synthetic; one part at a time is in memory.

    A part is a canonical frame, or what :func:`to_arrow` made of one. The same parts give the same bytes.
    ``mark``: more metadata (text keys and values).
    """
    path = Path(path)
    replace_whole(path, lambda target: _write_groups(parts, columns, target, mark or {}))
    return path


def parquet_bytes(arrow: pa.Table, columns: Sequence[Column], mark: Mapping[str, str]) -> bytes:
    """Return the Parquet file that :func:`write_parts` would make of one part."""
    sink = BytesIO()
    _write_groups([arrow], columns, sink, mark)
    return sink.getvalue()


def _write_groups(
    parts: Iterable[pd.DataFrame | pa.Table], columns: Sequence[Column], sink: Path | BytesIO, mark: Mapping[str, str]
) -> None:
    fixed = schema(columns).with_metadata({**MARK, **mark})
    with pq.ParquetWriter(sink, fixed, compression="zstd") as writer:
        for part in parts:
            arrow = part if isinstance(part, pa.Table) else to_arrow(part, columns)
            arrow = arrow.replace_schema_metadata(fixed.metadata)
            if len(arrow):
                writer.write_table(arrow, row_group_size=len(arrow))


def export(parquet: str | Path, out: str | Path, columns: Sequence[Column] | None = None) -> Path:
    """Write a release (a file or a folder) as .csv, .xlsx or .parquet, by the suffix of ``out``; return ``out``.

    The mark goes along: a sidecar ``OUT.csv.SYNTHETIC.txt``, the sheet's name, or the metadata. Text that a
    spreadsheet would run as a formula gets an apostrophe in front; numbers are left alone.

    Raises
    ------
    InputError
        Another suffix, or more rows than an Excel sheet holds.
    """
    parquet, out = Path(parquet), Path(out)
    names = None if columns is None else [column.name for column in columns]
    kind = out.suffix.lower()
    if kind == ".parquet":
        if out.resolve() != parquet.resolve():
            replace_whole(out, lambda path: _joined(parquet, path))
    elif kind == ".csv":
        write_csv(groups(parquet, names), out)
        _sidecar(out, parquet)
    elif kind == ".xlsx":
        write_xlsx(groups(parquet, names), out, row_count(parquet), SHEET)
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
        write_xlsx(iter([arrow]), out, len(arrow), table.name)
    else:
        raise InputError(f"'{out.name}' must end in .csv, .xlsx or .parquet, which decides the format.")
    return out


def _joined(release: Path, out: Path) -> None:
    if not release.is_dir():
        shutil.copyfile(release, out)
        return
    with pq.ParquetWriter(out, pq.read_schema(files_of(release)[0]), compression="zstd") as writer:
        for arrow in groups(release):
            writer.write_table(arrow, row_group_size=max(len(arrow), 1))


def _sidecar(out: Path, release: Path) -> None:
    facts, names = facts_of(release), pq.read_schema(files_of(release)[0]).names
    lines = [
        f"{out.name} holds SYNTHETIC data: every row was drawn from a model.",
        f"Rows: {row_count(release):,}. Columns: {len(names)}. Made with Simile.",
        *(f"{key.removeprefix('simile.')}: {value}" for key, value in facts.items() if key not in MARK),
    ]
    out.with_name(out.name + ".SYNTHETIC.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
