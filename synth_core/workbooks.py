"""Excel workbooks to cells: the sheet, the header rows, merged cells, dates, and the values that formulas last had."""

from __future__ import annotations

import datetime
import io
import re
import warnings
from typing import Any

import pandas as pd

from synth_core.cells_read import CellsRead, tidy_names
from synth_core.errors import ReadingError

Rows = list[tuple[Any, ...]]
_ERRORS = frozenset(["#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"])
_MERGED = re.compile(rb'<(?:\w+:)?mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_HIDDEN_ROW = re.compile(rb'<(?:\w+:)?row [^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(rb'<(?:\w+:)?col [^>]*\bhidden="(?:1|true)"')
_NO_VALUE = re.compile(rb"<(?:\w+:)?f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)(?:<(?:\w+:)?v\s*/>|<v></v>)?</(?:\w+:)?c>")


def read_workbook(data: bytes, filename: str, sheet: str | None, header_row: int | None) -> CellsRead:
    """Return the cells of one sheet: the one wanted, else the first visible one that has any.

    Raises
    ------
    ReadingError
        A damaged workbook, a sheet that there is not, an empty one, or formulas that were never calculated.
    """
    import openpyxl

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        except Exception:
            raise ReadingError(f"'{filename}' is damaged: Excel's parts in it cannot be read. Save it again.") from None
        sheets = [one.title for one in book.worksheets]
        if not sheets:
            raise ReadingError(f"'{filename}' has no sheet with cells; save the table as a worksheet.")
        if sheet is not None and sheet not in sheets:
            shown = ", ".join(f"'{one}'" for one in sheets[:6])
            raise ReadingError(f"'{filename}' has no sheet '{sheet}'; it has {shown}.")
        chosen, rows = _sheet_rows(book, sheet)
        markup = _markup(book, chosen)
        hidden = book[chosen].sheet_state != "visible"
        percent = _percentages(book[chosen])
        book.close()
    notes = [f"Sheet '{chosen}' of {len(sheets)} was read."] if len(sheets) > 1 and sheet is None else []
    bare = len(_NO_VALUE.findall(markup))
    if not rows:
        if bare:
            raise ReadingError(_never_calculated(filename, chosen, bare))
        raise ReadingError(f"'{filename}', sheet '{chosen}', is empty; choose another sheet.")
    notes += _hidden_notes(markup, chosen, hidden)
    raw, top, more = _grid(rows, filename, header_row, _merged(markup))
    if header_row is None and top:
        notes.append(f"{top} row{'s' if top > 1 else ''} above the column names left out.")
    if bare:
        notes.append(_never_calculated(filename, chosen, bare))
    raw, tidied = tidy_names(raw, filename)
    raw, typed = _typed(raw, {str(name) for name in percent})
    raw.attrs["text"] = False
    evidence = {
        "sheet": f"The first visible sheet with cells of {len(sheets)}." if sheet is None else "As chosen.",
        "header_row": f"The first row with several filled cells; it names {raw.shape[1]} columns.",
    }
    return CellsRead(raw, notes + more + tidied + typed, sheets, chosen, top, evidence)


def _never_calculated(filename: str, sheet: str, cells: int) -> str:
    return (
        f"'{filename}', sheet '{sheet}': {cells:,} formula{'' if cells == 1 else 's'} without a value, because the "
        "workbook was never calculated; open it in Excel and save it."
    )


def _sheet_rows(book: Any, wanted: str | None) -> tuple[str, Rows]:
    """Return the name and rows of the sheet wanted, else of the first that has cells, visible ones first."""
    ordered = sorted(book.worksheets, key=lambda one: one.sheet_state != "visible")
    for title in [wanted] if wanted is not None else [one.title for one in ordered]:
        rows = list(book[title].iter_rows(values_only=True))
        while rows and not any(cell is not None for cell in rows[-1]):
            rows.pop()
        if rows:
            return title, rows
    return wanted or ordered[0].title, []


def _markup(book: Any, sheet: str) -> bytes:
    """Return the XML of a sheet: what openpyxl does not say when it streams (merged cells, hidden rows)."""
    try:
        with book._archive.open(book[sheet]._worksheet_path) as part:
            return bytes(part.read())
    except (AttributeError, KeyError, OSError):
        return b""


def _merged(markup: bytes) -> list[tuple[int, int, int, int]]:
    """Return merged ranges as (first row, last row, first column, last column), counted from 0."""
    found = _MERGED.findall(markup[max(0, markup.rfind(b"</sheetData>")) :])
    return [(int(r1) - 1, int(r2) - 1, _column(c1), _column(c2)) for c1, r1, c2, r2 in found]


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _hidden_notes(markup: bytes, sheet: str, hidden: bool) -> list[str]:
    notes = [f"Sheet '{sheet}' is hidden in the workbook; it was read all the same."] if hidden else []
    for pattern, what in ((_HIDDEN_ROW, "row"), (_HIDDEN_COLUMN, "column")):
        if count := len(pattern.findall(markup)):
            plural = f"{count:,} hidden {what}s were" if count > 1 else f"1 hidden {what} was"
            notes.append(f"{plural} read like the others.")
    return notes


def _percentages(sheet: Any) -> list[int]:
    """Return the positions of columns whose first rows are formatted as percentages."""
    found: set[int] = set()
    for row in sheet.iter_rows(min_row=1, max_row=30):
        for place, cell in enumerate(row):
            if isinstance(cell.value, (int, float)) and "%" in str(getattr(cell, "number_format", "")):
                found.add(place)
    return sorted(found)


# -- the grid ---------------------------------------------------------------------------------------------------


def _grid(
    rows: Rows, filename: str, header_row: int | None, merged: list[tuple[int, int, int, int]]
) -> tuple[pd.DataFrame, int, list[str]]:
    filled = [sum(cell is not None for cell in row) for row in rows[:50]]
    top = header_row
    if top is None:
        top = next((i for i, count in enumerate(filled) if count > 1 or max(filled) == count), 0)
    if top >= len(rows):
        raise ReadingError(f"'{filename}' has {len(rows)} rows, so row {top + 1} cannot hold the names.")
    width = max(len(row) for row in rows[top:])
    padded = [row + (None,) * (width - len(row)) if len(row) < width else row for row in rows[top:]]
    names, deep = _names(padded, top, merged)
    body, notes = _filled_down(padded[deep:], top + deep, merged)
    if deep > 1:
        notes.insert(0, "Two header rows were joined into names such as 'Group / Name'.")
    columns = list(zip(*body, strict=True)) if body else [()] * width
    kept = [i for i in range(width) if names[i] or any(cell is not None for cell in columns[i])]
    raw = pd.DataFrame({i: pd.Series(list(columns[i]), dtype=object) for i in kept})
    raw.attrs["places"] = kept
    return raw.set_axis(pd.Index([names[i] for i in kept], dtype=object), axis=1), top, notes


def _names(rows: Rows, top: int, merged: list[tuple[int, int, int, int]]) -> tuple[list[str], int]:
    """Return the names, and how many rows hold them: two where the first groups columns of the second."""
    first = ["" if cell is None else str(cell).strip() for cell in rows[0]]
    groups = [one for one in merged if one[0] == one[1] == top and one[3] > one[2]]
    if len(rows) < 3 or not _is_header(rows[1]) or not (groups or _groups_without_merging(rows)):
        return first, 1
    for _, _, start, stop in groups:
        first[start : stop + 1] = [first[start]] * (len(first[start : stop + 1]))
    if not groups:
        for place in range(1, len(first)):
            first[place] = first[place] or first[place - 1]
    second = ["" if cell is None else str(cell).strip() for cell in rows[1]]
    return [
        f"{group} / {name}" if group and name and group != name else name or group
        for group, name in zip(first, second, strict=True)
    ], 2


def _is_header(row: tuple[Any, ...]) -> bool:
    filled = [cell for cell in row if cell is not None]
    return len(filled) > 1 and all(isinstance(cell, str) for cell in filled) and len(set(filled)) == len(filled)


def _groups_without_merging(rows: Rows) -> bool:
    """Whether the first row leaves cells empty that the second fills, above rows that are not words alone."""
    over = [(a is None, b is None) for a, b in zip(rows[0], rows[1], strict=True)]
    gaps = sum(1 for above, below in over if above and not below)
    words = all(cell is None or isinstance(cell, str) for row in rows[2:12] for cell in row)
    return gaps > 0 and rows[0][0] is not None and not any(below for _, below in over) and not words


def _filled_down(rows: Rows, first: int, merged: list[tuple[int, int, int, int]]) -> tuple[Rows, list[str]]:
    """Return the rows with the value of a merged cell in each row that it covers, and a note."""
    spans = [(a - first, b - first, c) for a, b, c, _ in merged if b > a >= first and a - first < len(rows)]
    if not spans:
        return rows, []
    changed = [list(row) for row in rows]
    for start, stop, place in spans:
        for row in changed[start + 1 : stop + 1]:
            if place < len(row):
                row[place] = changed[start][place]
    count = f"{len(spans):,} merged cells were" if len(spans) > 1 else "1 merged cell was"
    return [tuple(row) for row in changed], [f"{count} filled down: each row has the value that covers it."]


# -- the cells --------------------------------------------------------------------------------------------------


def _typed(raw: pd.DataFrame, percent: set[str]) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells without error values, with numbers stored as text as numbers, times as words; and notes."""
    places = raw.attrs.pop("places", list(range(raw.shape[1])))
    errors, texts, shares, changed = 0, [], [], {}
    for place, name in enumerate(raw.columns):
        cells = raw.iloc[:, place].tolist()
        kinds = {type(cell) for cell in cells}
        if str in kinds:
            wrong = sum(1 for cell in cells if isinstance(cell, str) and cell.strip() in _ERRORS)
            if wrong:
                errors += wrong
                cells = [None if isinstance(c, str) and c.strip() in _ERRORS else c for c in cells]
                kinds = {type(cell) for cell in cells}
        if str in kinds and kinds & {int, float}:
            numbers = _all_numbers(cells)
            if numbers is not None:
                texts.append(f"'{name}'")
                cells = numbers
        if datetime.time in kinds:
            cells = [c.strftime("%H:%M:%S") if isinstance(c, datetime.time) else c for c in cells]
        if place < len(places) and str(places[place]) in percent:
            shares.append(f"'{name}'")
        changed[place] = pd.Series(cells, dtype=object)
    notes = []
    if errors:
        notes.append(f"{errors:,} cell{'s' if errors > 1 else ''} with an error such as #N/A, read as empty.")
    if texts:
        notes.append(f"Some numbers in {', '.join(texts[:3])} were stored as text; read as numbers.")
    if shares:
        notes.append(f"Percentages in {', '.join(shares[:3])} are read as fractions: 12 % is 0.12.")
    attrs = dict(raw.attrs)
    found = pd.DataFrame(changed).set_axis(raw.columns, axis=1)
    found.attrs.update(attrs)
    return found, notes


def _all_numbers(cells: list[Any]) -> list[Any] | None:
    """Return the cells with every text as a number; None when one is no number."""
    made: list[Any] = []
    for cell in cells:
        if isinstance(cell, str) and cell.strip():
            if re.fullmatch(r"[+-]?(0|[1-9]\d{0,14})(\.\d+)?", cell.strip()) is None:
                return None
            made.append(float(cell) if "." in cell else int(cell))
        else:
            made.append(None if isinstance(cell, str) else cell)
    return made
