"""Tables to CSV and Excel such that a spreadsheet opens them and runs nothing in them."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.errors import InputError
from synth_core.whole_files import replace_whole

MOST_SHEET_ROWS = 1_048_576
_FORMULA = r"^[=+\-@\t\r\n＝＋－＠]"  # the wide ones are read like the narrow ones where they are usual
_NUMBER = r"^[+-]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?$|^-+$"
# "-$1,250.00", "-12 %", "-1.250,00 EUR": no operator, no bracket and no letter before a digit, so nothing to run.
_AMOUNT = r"^[+-] ?[$€£¥₹₽₩₺₪฿]? ?\d[\d.,' \x{00a0}\x{202f}]*[A-Za-z$€£¥₹₽₩₺₪฿%‰°]{0,6}$"


def neutralise(array: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return text with an apostrophe before what a spreadsheet would run as a formula; numbers stay.

    >>> neutralise(pa.chunked_array([["=1+1", "-5.2", "-", "plain", None, "-$1,250.00"]])).to_pylist()
    ["'=1+1", '-5.2', '-', 'plain', None, '-$1,250.00']
    """
    if not pc.any(pc.match_substring_regex(pc.unique(array), _FORMULA)).as_py():
        return array
    risky = pc.and_(
        pc.match_substring_regex(array, _FORMULA),
        pc.invert(pc.match_substring_regex(array, f"{_NUMBER}|{_AMOUNT}")),
    )
    return pc.if_else(risky, pc.binary_join_element_wise("'", array, ""), array)


def harmless(text: str) -> str:
    """Return one text as :func:`neutralise` does.

    >>> harmless("=1+1"), harmless("-5.2"), harmless("plain")
    ("'=1+1", '-5.2', 'plain')
    """
    return str(neutralise(pa.chunked_array([[text]])).to_pylist()[0])


def harmless_frame(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a small frame with its names and texts neutralised, other cells as they are."""
    made = frame.rename(columns={name: harmless(str(name)) for name in frame.columns})
    for name in made.select_dtypes(["object", "string"]):
        made[name] = [harmless(cell) if isinstance(cell, str) else cell for cell in made[name]]
    return made


def _spreadsheet_safe(arrow: pa.Table) -> pa.Table:
    """Return the table with formulas neutralised in names and text, and dates in plain words."""
    fields, names = [], []
    for name, column in zip(arrow.column_names, arrow.columns, strict=True):
        names.append(harmless(name))
        if pa.types.is_large_string(column.type) or pa.types.is_dictionary(column.type):
            column = column.cast(pa.string())
        if pa.types.is_string(column.type):
            column = neutralise(column)
        elif pa.types.is_timestamp(column.type):
            column = _plain_times(column)
        fields.append(column)
    return pa.Table.from_arrays(fields, names=names)


def _plain_times(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return times as words: to the second, or with the fraction where the type says microseconds and one is set."""
    seconds = column.cast(pa.timestamp("s"), safe=False)
    fraction = pc.any(pc.not_equal(seconds.cast(column.type), column)).as_py()
    return pc.strftime(column if fraction else seconds, format="%Y-%m-%d %H:%M:%S", locale="C")


def write_csv(groups: Iterator[pa.Table], out: Path) -> None:
    """Write groups of rows as one CSV file; what a spreadsheet would take for a formula is made harmless."""
    from pyarrow import csv

    def write(target: Path) -> None:
        with pa.OSFile(str(target), "wb") as sink:
            for number, group in enumerate(groups):
                safe = _spreadsheet_safe(group)
                if number == 0:
                    sink.write((",".join(_quoted(name) for name in safe.column_names) + "\n").encode())
                # Arrow's "needed" quotes every text cell of the group; without delimiters in them none needs it.
                style = "needed" if any(_needs_quotes(column) for column in safe.columns) else "none"
                csv.write_csv(safe, sink, csv.WriteOptions(include_header=False, quoting_style=style))

    replace_whole(out, write)


def _needs_quotes(column: pa.ChunkedArray) -> bool:
    if not pa.types.is_string(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(pc.unique(column), r'[",\r\n]|^$')).as_py())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"' if any(mark in name for mark in ',"\r\n') else name


def write_xlsx(groups: Iterator[pa.Table], out: Path, rows: int, title: str) -> None:
    """Write groups of rows as one sheet called ``title``; InputError where ``rows`` are more than a sheet holds."""
    if rows + 1 > MOST_SHEET_ROWS:
        raise InputError(
            f"An Excel sheet holds {MOST_SHEET_ROWS:,} rows and '{out.name}' would need {rows + 1:,}; "
            "write .csv or .parquet instead, or fewer rows."
        )
    import openpyxl
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(title))
    started = False
    for group in groups:
        safe = _spreadsheet_safe(group)
        if not started:
            sheet.append([ILLEGAL_CHARACTERS_RE.sub("", name) for name in safe.column_names])
            started = True
        cells = [
            [None if v is None else ILLEGAL_CHARACTERS_RE.sub("", v) for v in column.to_pylist()]
            if pa.types.is_string(column.type) else _finite(column.to_pylist()) for column in safe.columns
        ]  # fmt: skip
        for row in zip(*cells, strict=True):
            sheet.append(row)
    packed = BytesIO()  # what writes the archive into a full disk would complain again when it is forgotten
    book.save(packed)
    replace_whole(out, lambda path: path.write_bytes(packed.getbuffer()))


def _sheet_name(title: str) -> str:
    """Return a name that Excel takes for a sheet: at most 31 characters, none of ``[]:*?/\\``, no quote at an end."""
    plain = "".join("_" if c in "[]:*?/\\" else c for c in title if c.isprintable())
    return plain.strip(" '")[:31].rstrip(" '") or "table"


def _finite(values: list[Any]) -> list[Any]:
    return [None if isinstance(v, float) and not np.isfinite(v) else v for v in values]
