"""Excel workbooks to cells: the sheet, the header rows, merged cells, dates, and the values that formulas last had."""

from __future__ import annotations

import datetime
import io
import re
from typing import Any

import pandas as pd

from synth_core.cells_read import CellsRead, tidy_names
from synth_core.errors import ReadingError, TooLargeError
from synth_core.header_rows import LINE_OF_NAMES, names_by_place
from synth_core.workbook_parts import Markup, sheet_markup

Rows = list[tuple[Any, ...]]
_ERRORS = frozenset(["#N/A", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"])
_MOST_CELLS = 100_000_000
TWO_ROWS = "Two header rows were joined"
_PER_PLACE, _PER_CELL = 56, 150  # bytes: a place in the parser's grid and ours; what a cell holds
_EXACT = 2**53  # beyond it a float does not hold every whole number


def read_workbook(
    data: bytes, filename: str, sheet: str | None, header_row: int | None, *, named: bool = True
) -> CellsRead:
    """Return the cells of one sheet: the one wanted, else the first visible one that has any.

    Not ``named``: no row holds names, ``header_row`` is the first row of data, and columns are named by their place.

    Raises
    ------
    ReadingError
        A damaged workbook, a sheet that there is not, an empty one, or formulas that were never calculated.
    """
    book = _opened(data, filename)
    shown = {one.name: str(one.visible).endswith("Visible") for one in book.sheets_metadata if _has_cells(one)}
    sheets = list(shown)
    if not sheets:
        raise ReadingError(f"'{filename}' has no sheet with cells; save the table as a worksheet.")
    if sheet is not None and sheet not in sheets:
        those = ", ".join(f"'{one}'" for one in sheets[:6])
        raise ReadingError(f"'{filename}' has no sheet '{sheet}'; it has {those}.")
    ordered = [sheet] if sheet is not None else sorted(sheets, key=lambda one: not shown[one])
    chosen, rows, markup = _first_filled(book, data, filename, ordered)
    notes = [f"Sheet '{chosen}' of {len(sheets)} was read."] if len(sheets) > 1 and sheet is None else []
    if not rows:
        if markup.bare:
            raise ReadingError(_never_calculated(filename, chosen, markup.bare))
        raise ReadingError(f"'{filename}', sheet '{chosen}', is empty; choose another sheet.")
    notes += _hidden_notes(markup, chosen, not shown[chosen])
    raw, top, more = _grid(rows, filename, header_row, markup.merged, named=named)
    if header_row is None and top:
        notes.append(f"{top} row{'s' if top > 1 else ''} above the {'column names' if named else 'data'} left out.")
    if markup.bare:
        notes.append(_never_calculated(filename, chosen, markup.bare))
    if markup.bare and not len(raw):
        raise ReadingError(_never_calculated(filename, chosen, markup.bare))
    raw, tidied = tidy_names(raw, filename)
    raw, typed = _typed(raw, {str(place) for place in markup.percent}, markup.errors)
    raw.attrs["text"] = False
    evidence = {"sheet": _sheet_evidence(len(sheets)) if sheet is None else "As chosen."}
    if named:
        evidence["header_row"] = f"The first row with several filled cells; it names {raw.shape[1]} columns."
        joined = any(note.startswith(TWO_ROWS) for note in more)
        evidence[LINE_OF_NAMES] = f"{top + 1} and {top + 2}" if joined else f"{top + 1}"
    return CellsRead(raw, notes + more + tidied + typed, sheets, chosen, top, evidence)


def _sheet_evidence(sheets: int) -> str:
    return f"The first sheet with a table, of {sheets}." if sheets > 1 else "The only sheet."


def _opened(data: bytes, filename: str) -> Any:
    """Return the workbook; every failure of the parser, a panic of its Rust code among them, is a damaged file."""
    from python_calamine import CalamineWorkbook

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data))
    except BaseException as error:
        raise _damaged(error, filename) from None


def _damaged(error: BaseException, filename: str) -> BaseException:
    if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
        return error
    return ReadingError(f"'{filename}' is damaged: Excel's parts in it cannot be read. Save it again.")


def _has_cells(sheet: Any) -> bool:
    return str(sheet.typ).endswith("WorkSheet")


def _first_filled(book: Any, data: bytes, filename: str, ordered: list[str]) -> tuple[str, Rows, Markup]:
    """Return the name, rows and markup of the first of these sheets with a table, else with cells, else of the first.

    A sheet with a row or a column of cells alone, such as a page of remarks, is no table where another sheet has one.
    """
    found: list[tuple[str, Rows, Markup]] = []
    for title in ordered:
        markup = sheet_markup(data, title, filename)
        rows = _sheet_rows(book, title, filename, markup)
        if sum(sum(cell is not None for cell in row) > 1 for row in rows[:200]) > 1:
            return title, rows, markup
        found.append((title, rows, markup))
    return next((one for one in found if one[1]), found[0])


def _sheet_rows(book: Any, title: str, filename: str, markup: Markup) -> Rows:
    """Return the rows of a sheet, without empty ones at its end; whole numbers whole, dates as datetime."""
    deep, wide, cells = markup.reach
    if deep * wide > _MOST_CELLS and deep * wide > 20 * cells:
        raise TooLargeError(
            f"'{filename}', sheet '{title}': its cells reach to row {deep:,} and column {wide:,} though only {cells:,} "
            "are there; delete what stands far from the table and save it again."
        )
    _check_memory(deep * wide, cells, filename)
    try:
        held = book.get_sheet_by_name(title).to_python(skip_empty_area=False)
    except BaseException as error:
        raise _damaged(error, filename) from None
    rows: Rows = [tuple([_cell(cell) for cell in row]) for row in held]
    while rows and not any(cell is not None for cell in rows[-1]):
        rows.pop()
    for (row, column), number in markup.long.items():
        if row < len(rows) and column < len(rows[row]) and isinstance(rows[row][column], (int, float)):
            rows[row] = (*rows[row][:column], number, *rows[row][column + 1 :])
    return rows


def _check_memory(places: int, cells: int, filename: str) -> None:
    """Raise :class:`TooLargeError` where the parser would ask for more memory than there is, and end the process."""
    import psutil

    needed, free = places * _PER_PLACE + cells * _PER_CELL, psutil.virtual_memory().available
    if needed > 50e6 and needed > free:
        raise TooLargeError(
            f"'{filename}' needs about {needed / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are free; save it as "
            "CSV and read a sample of its rows."
        )


def _cell(cell: Any) -> Any:
    kind = type(cell)
    if kind is float:
        return int(cell) if cell.is_integer() and -_EXACT < cell < _EXACT else cell
    if kind is str:
        return cell or None
    return datetime.datetime(cell.year, cell.month, cell.day) if kind is datetime.date else cell


def _never_calculated(filename: str, sheet: str, cells: int) -> str:
    return (
        f"'{filename}', sheet '{sheet}': {cells:,} formula{'' if cells == 1 else 's'} without a value, because the "
        "workbook was never calculated; open it in Excel and save it."
    )


def _hidden_notes(markup: Markup, sheet: str, hidden: bool) -> list[str]:
    notes = [f"Sheet '{sheet}' is hidden in the workbook; it was read all the same."] if hidden else []
    for count, what in ((markup.hidden_rows, "row"), (markup.hidden_columns, "column")):
        if count:
            plural = f"{count:,} hidden {what}s were" if count > 1 else f"1 hidden {what} was"
            notes.append(f"{plural} read like the others.")
    return notes


# -- the grid ---------------------------------------------------------------------------------------------------


def _grid(
    rows: Rows, filename: str, header_row: int | None, merged: list[tuple[int, int, int, int]], *, named: bool
) -> tuple[pd.DataFrame, int, list[str]]:
    filled = [sum(cell is not None for cell in row) for row in rows[:50]]
    top = header_row
    if top is None:
        top = next((i for i, count in enumerate(filled) if count > 1 or max(filled) == count), 0)
    if top >= len(rows):
        raise ReadingError(f"'{filename}' has {len(rows)} rows, so row {top + 1} cannot hold the names.")
    width = max(len(row) for row in rows[top:])
    padded = [row + (None,) * (width - len(row)) if len(row) < width else row for row in rows[top:]]
    names, deep = _names(padded, top, merged) if named else (names_by_place(width), 0)
    body, notes = _filled_down(padded[deep:], top + deep, merged)
    if deep > 1:
        notes.insert(0, f"{TWO_ROWS} into names such as 'Group / Name'.")
    columns = list(zip(*body, strict=True)) if body else [()] * width
    kept = [i for i in range(width) if (named and names[i]) or any(cell is not None for cell in columns[i])]
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
    done: dict[int, int] = {}  # merged cells do not overlap; in a file where they do, each cell is filled once
    for start, stop, place in sorted(spans):
        for row in changed[max(start, done.get(place, 0)) + 1 : stop + 1]:
            if place < len(row):
                row[place] = changed[start][place]
        done[place] = max(stop, done.get(place, 0))
    count = f"{len(spans):,} merged cells were" if len(spans) > 1 else "1 merged cell was"
    return [tuple(row) for row in changed], [f"{count} filled down: each row has the value that covers it."]


# -- the cells --------------------------------------------------------------------------------------------------


def _typed(raw: pd.DataFrame, percent: set[str], errors: int) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells without error values, with numbers stored as text as numbers, times as words; and notes."""
    places = raw.attrs.pop("places", list(range(raw.shape[1])))
    texts, shares, changed = [], [], {}
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
