"""The cells of a file before their kinds are known, and names for all of their columns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from synth_core.errors import ReadingError
from synth_core.header_rows import names_by_place

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class CellsRead:
    """Cells as a file holds them; ``evidence``: what each guess was drawn from, by the name of the option."""

    raw: pd.DataFrame
    notes: list[str]
    sheets: list[str] = field(default_factory=list)
    sheet: str | None = None
    header_row: int | None = None
    evidence: dict[str, str] = field(default_factory=dict)


MOST_COLUMNS = 20_000  # a sheet of Excel holds 16,384


def check_width(columns: int, filename: str) -> None:
    """Raise :class:`ReadingError` for more columns than can be looked at one by one."""
    if columns > MOST_COLUMNS:
        raise ReadingError(
            f"'{filename}' has {columns:,} columns, more than the {MOST_COLUMNS:,} that can be read; name fewer, or "
            "turn the table so that rows are columns."
        )


def tidy_names(raw: pd.DataFrame, filename: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells with names for nameless columns and without empty columns and rows at the end; and notes."""
    check_width(raw.shape[1], filename)
    notes = []
    names = ["" if name is None else str(name).strip() for name in raw.columns]
    while len(names) > 1 and names[-1] == "" and _is_blank(raw.iloc[:, -1]):
        raw, names = raw.iloc[:, :-1], names[:-1]
    if not any(names):
        raise ReadingError(
            f"'{filename}' has no column names in its header row; choose the row that holds them, or add one."
        )
    if nameless := [i for i, name in enumerate(names) if name == ""]:
        by_place = names_by_place(len(names))
        for index in nameless:
            names[index] = by_place[index]
        notes.append("Columns without a name: " + ", ".join(f"'{names[i]}'" for i in nameless[:5]) + " named by place.")
    raw = raw.set_axis(pd.Index(names, dtype=object), axis=1)
    while len(raw) and all(_is_blank(raw.iloc[-1:, i]) for i in range(raw.shape[1])) and raw.shape[1] > 1:
        blank = 1
        while blank < len(raw) and all(_is_blank(raw.iloc[-blank - 1 : -blank, i]) for i in range(raw.shape[1])):
            blank += 1
        raw = raw.iloc[:-blank]
        notes.append(f"{blank} empty rows at the end were left out.")
    return raw, notes


def _is_blank(values: pd.Series) -> bool:
    if isinstance(values.dtype, pd.StringDtype) and len(values) > 1000 and not _is_blank(values.iloc[:1000]):
        return False
    return all(value is None or value is pd.NA or value == "" or value != value for value in values.tolist())


def whole_numbers(column: pa.ChunkedArray) -> pd.Series:
    """Return an Arrow column of whole numbers with missing cells as pandas' nullable whole numbers."""
    import pyarrow as pa

    unsigned = column.type == pa.uint64()
    nullable = pd.UInt64Dtype() if unsigned else pd.Int64Dtype()
    values: pd.Series = column.cast(pa.uint64() if unsigned else pa.int64()).to_pandas(types_mapper=lambda _: nullable)
    return values


def far_note(name: str, odd: int) -> list[str]:
    """Return the note on dates of a column that did not fit, if there are any."""
    return [f"Column '{name}': {odd:,} dates outside the years 1678 to 2261 are read as missing."] if odd else []


def days(column: pa.ChunkedArray) -> tuple[pd.Series, int]:
    """Return Arrow dates as Python's, those outside 1678 to 2261 missing; and how many these are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    unit, per_day = ("s", 86_400) if pa.types.is_date32(column.type) else ("ms", 86_400_000)
    whole = column.cast(pa.timestamp(unit)).cast(pa.int64())
    edge = per_day * 106_751  # days since 1970 between which nanoseconds fit in 64 bits
    fits = pc.and_(pc.greater(whole, -edge), pc.less(whole, edge))
    odd = int(pc.sum(pc.invert(fits)).as_py() or 0)
    if odd:
        column = pc.if_else(pc.fill_null(fits, False), column, pa.scalar(None, column.type))
    return column.to_pandas(date_as_object=True).astype(object), odd


def stamps(column: pa.ChunkedArray, zone: str | None) -> tuple[pd.Series, int]:
    """Return Arrow timestamps as pandas, in ``zone``, those outside 1678 to 2261 missing; and how many these are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    whole = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    edge = 2**63 // 1000 - 1  # the microseconds since 1970 between which nanoseconds fit in 64 bits
    low, high = (pa.scalar(at, whole.type) for at in (-edge, edge))
    fits = pc.and_(pc.greater(whole, low), pc.less(whole, high))
    if column.type.unit == "s":  # seconds that do not fit in microseconds came out as others
        fits = pc.and_(fits, pc.equal(whole.cast(column.type, safe=False), column))
    odd = int(pc.sum(pc.invert(fits)).as_py() or 0)
    if odd:
        whole = pc.if_else(pc.fill_null(fits, False), whole, pa.scalar(None, whole.type))
    return whole.cast(pa.timestamp("ns", zone)).to_pandas(), odd
