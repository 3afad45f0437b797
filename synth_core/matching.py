"""Another file with the same columns: read with the kinds of the first, not guessed anew."""

from __future__ import annotations

from pathlib import Path

from synth_core.errors import TableError
from synth_core.reading import ColumnChoice, read, table_from_frame
from synth_core.table import Table, did_you_mean


def read_like(path: Path, like: Table) -> Table:
    """Return the table in a file with the columns, kinds and roles of ``like``, in its order.

    Columns that ``like`` leaves out may be missing, further columns are passed over.

    Raises
    ------
    TableError
        A column that engines learn is not in the file.
    """
    reading = read(path)
    found = [str(name) for name in reading.raw.columns]
    for column in like.having(learned=True):
        if column.name not in found:
            raise TableError(
                f"'{path.name}' has no column '{column.name}', which '{like.name}' has."
                f"{did_you_mean(column.name, found)}"
            )
    shared = [column for column in like.columns if column.name in found]
    choices = {
        column.name: ColumnChoice(kind=column.kind, role=column.role, semantic=column.semantic or "")
        for column in shared
    }
    raw = reading.raw[[column.name for column in shared]]
    raw.attrs.update(reading.raw.attrs)
    table = table_from_frame(raw, reading.table.name, choices)
    return Table(table.frame, tuple(shared), table.name, reading.table.source)
