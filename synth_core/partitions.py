"""A release on disk: one Parquet file with a row group per part, or a folder with a file per part.

Either is read a part at a time. In a folder every file carries the mark of a synthetic table, and a note says it in
words; programs that read such folders (pandas, DuckDB, Spark) leave it alone, because its name begins with "_".
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from synth_core.errors import InputError

FILE, FOLDER, NOTE = "synthetic.parquet", "synthetic", "_SYNTHETIC.txt"


def release_in(run_folder: Path) -> Path | None:
    """Return the release in a run's folder, as a file or as a folder; None when there is none."""
    return next((path for path in (run_folder / FILE, run_folder / FOLDER) if path.exists()), None)


def files_of(release: Path) -> list[Path]:
    """Return the Parquet files of a release, in the order of their rows."""
    return sorted(release.glob("part-*.parquet")) if release.is_dir() else [release]


def row_count(release: Path) -> int:
    """Return how many rows a release has."""
    return sum(int(pq.read_metadata(file).num_rows) for file in files_of(release))


def facts_of(release: Path) -> dict[str, str]:
    """Return what the files of a release say of themselves ("simile.synthetic", ...)."""
    metadata = pq.read_schema(files_of(release)[0]).metadata or {}
    return {key.decode(): value.decode() for key, value in metadata.items() if key.startswith(b"simile.")}


def groups(release: Path, names: Sequence[str] | None = None) -> Iterator[pa.Table]:
    """Yield the rows part by part; a release without rows yields one empty table."""
    columns = None if names is None else list(names)
    empty = True
    for path in files_of(release):
        with pq.ParquetFile(path) as file:
            for group in range(file.metadata.num_row_groups):
                arrow = file.read_row_group(group, columns=columns)
                empty = False
                yield arrow if columns is None else arrow.select(columns)
    if empty:
        nothing = pq.read_schema(files_of(release)[0]).empty_table()
        yield nothing if columns is None else nothing.select(columns)


def gather(files: Sequence[Path], out: Path, rows: int) -> None:
    """Make the folder ``out`` of these files, which stay where they are, with a note that says in words what it is."""
    building = out.with_name(f".{out.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir()
    for file in files:
        try:
            os.link(file, building / file.name)
        except OSError:  # a file system without links
            shutil.copyfile(file, building / file.name)
    (building / NOTE).write_text(
        f"The Parquet files in this folder hold SYNTHETIC data: every row was drawn from a model.\n"
        f"Rows: {rows:,}. Made with Simile.\n",
        encoding="utf-8",
    )
    shutil.rmtree(out, ignore_errors=True)
    building.replace(out)


def check_folder(out: Path) -> None:
    """Raise InputError when a release cannot go to this folder: something else is there already."""
    if out.is_dir():
        others = [path.name for path in out.iterdir() if path.name != NOTE and not path.match("part-*.parquet")]
        if others:
            raise InputError(
                f"The folder {out} holds other things ('{min(others)}'), and a release in parts needs one of its own. "
                "Name another."
            )
    elif out.exists():
        raise InputError(f"{out} is a file, and a release in parts needs a folder. Name another, or remove it.")


def move_release(release: Path, out: Path) -> Path:
    """Move a release in parts to ``out``, in place of an earlier one; return ``out``."""
    check_folder(out)
    building = out.with_name(f".{out.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    shutil.move(release, building)
    if out.exists():
        shutil.rmtree(out)
    building.replace(out)
    return out
