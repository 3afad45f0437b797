"""Single rows, fetched by number: of the release without reading it whole, of the real table from the train split."""

from __future__ import annotations

import pandas as pd

from pages.ui import cache
from synth_core.errors import ProjectError
from synth_core.project import Project
from synth_core.run import Run


def synthetic_row(run: Run, number: int) -> dict[str, object]:
    """Return one released row by its number; only its row group is read."""
    import pyarrow.parquet as parquet

    file = parquet.ParquetFile(run.parquet)
    before = 0
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if number < before + rows:
            found: dict[str, object] = file.read_row_group(group).slice(number - before, 1).to_pylist()[0]
            return found
        before += rows
    raise ProjectError(f"Row {number:,} is not in the synthetic table, which has {before:,}. Judge this run again.")


def pair_rows(project: Project, run: Run, made: int, real: int) -> tuple[list[str], list[str], list[str]]:
    """Return the learned columns' names, and the cells of a synthetic and a real row as text."""
    try:
        cells = synthetic_row(run, made)
    except OSError:
        raise ProjectError(
            "The synthetic table of this run is gone. Generate again to see its closest pairs."
        ) from None
    names, row = real_row(project, run, real)
    train, _ = cache.split_of(project, run)
    tokens = {column.name: column.missing_token for column in train.columns}
    both = {name: cell for name, cell in zip(names, row, strict=True) if name in cells}
    return list(both), [_text(cells[name], tokens[name]) for name in both], list(both.values())


def real_row(project: Project, run: Run, number: int) -> tuple[list[str], list[str]]:
    """Return the learned columns' names, and the cells of a real row that was learned from as text."""
    train, _ = cache.split_of(project, run)
    if number >= len(train):
        raise ProjectError("The real table has changed since this run. Generate again to see its rows.")
    row = train.frame.iloc[number]
    columns = train.having(learned=True)
    return [column.name for column in columns], [_text(row[column.name], column.missing_token) for column in columns]


def _text(cell: object, token: str | None) -> str:
    if cell is None or cell is pd.NaT or (isinstance(cell, float) and cell != cell) or cell is pd.NA or cell == token:
        return ""
    if isinstance(cell, pd.Timestamp) or hasattr(cell, "isoformat"):
        return str(pd.Timestamp(cell)).removesuffix(" 00:00:00")  # type: ignore[arg-type]
    if isinstance(cell, bool):
        return str(cell)
    number = pd.to_numeric(cell, errors="coerce") if not isinstance(cell, str) else float("nan")
    return f"{number:.6g}" if number == number else str(cell)
