"""Delimited text: guess the encoding, the delimiter and the header row, and read every cell as text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synth_core.decoding import to_utf8
from synth_core.errors import ReadingError

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_BLOCK = 8 << 20
_HEAD = 400_000  # what guesses about the shape are drawn from, in characters


@dataclass(frozen=True)
class Delimited:
    """What was read from delimited text, and how."""

    raw: pd.DataFrame
    delimiter: str
    encoding: str
    decimal: str | None
    header_row: int
    notes: list[str]


def delimiter_name(delimiter: str) -> str:
    """Return a delimiter in words ("comma")."""
    return DELIMITERS.get(delimiter, f"'{delimiter}'")


def _rows(text: str, delimiter: str, most: int = 200) -> list[list[str]]:
    """Return the first rows, as the csv module splits them; the last may be cut and is dropped when there are many."""
    lines = text[:400_000].splitlines(keepends=True)
    try:
        rows = [row for row in csv.reader(iter(lines), delimiter=delimiter) if row]
    except csv.Error:
        rows = [line.rstrip("\r\n").split(delimiter) for line in lines]
    if len(text) > 400_000 and len(rows) > 1:
        rows = rows[:-1]
    return rows[:most]


def guess_delimiter(text: str, filename: str = "") -> str | None:
    """Return the delimiter that splits the first rows most evenly; None when no one gives two cells a row."""
    best: tuple[float, int, str] | None = None
    for rank, delimiter in enumerate(DELIMITERS):
        widths = Counter(len(row) for row in _rows(text, delimiter))
        wide = [(count, width) for width, count in widths.items() if width > 1]
        if not wide:
            continue
        count, width = max(wide)
        even = count / sum(widths.values()) + (0.2 if delimiter == "\t" and filename.lower().endswith(".tsv") else 0)
        score = (round(even, 2), width, delimiter)
        if best is None or (score[0] > best[0] + 0.05) or (abs(score[0] - best[0]) <= 0.05 and width > best[1]):
            best = score
        del rank
    return best[2] if best is not None and best[0] >= 0.3 else None


def guess_header_row(rows: list[list[str]]) -> int:
    """Return the first row that is not a title above the table (one cell where the rest have several)."""
    widths = Counter(len(row) for row in rows)
    usual = max(widths.items(), key=lambda item: (item[1], item[0]))[0] if widths else 1
    if usual < 2:
        return 0
    for index, row in enumerate(rows[:20]):
        filled = sum(1 for cell in row if cell.strip())
        if filled > 1 or (filled == 0 and len(row) == usual):
            return index if index <= 10 else 0
    return 0


def read_delimited(
    data: bytes, filename: str, *, delimiter: str | None, encoding: str | None, decimal: str | None,
    header_row: int | None,
) -> Delimited:  # fmt: skip
    """Return the cells of delimited text; :class:`ReadingError` names the line that does not fit."""
    content, used, note = to_utf8(data, filename, encoding)
    if b"\n" not in content[:_HEAD] and b"\r" in content:
        content = content.replace(b"\r", b"\n")
    _check_zeros(content, filename)
    text = content[:_HEAD].decode("utf-8", errors="ignore")
    notes = [note] if note else []
    if not text.strip():
        raise ReadingError(f"'{filename}' is empty; a table needs a first line with the column names, and rows below.")
    chosen = delimiter or guess_delimiter(text, filename)
    if delimiter is not None:
        _check_delimiter(text, delimiter, filename)
    if chosen is None:
        tried = ", ".join(DELIMITERS.values())
        notes.append(f"One column only (tried {tried}); if there should be more, name the delimiter.")
    elif delimiter is None and chosen != ",":
        notes.append(f"Cells are separated by a {delimiter_name(chosen)}.")
    mark = chosen or ","
    rows = _rows(text, mark) if chosen else [[line] for line in text.splitlines()[:200]]
    top = guess_header_row(rows) if header_row is None else header_row
    if header_row is None and top:
        notes.append(f"{top} line{'s' if top > 1 else ''} above the column names left out.")
    raw = _parse(content, mark if chosen else "\x1f", filename, top)
    raw, more = tidy_names(raw, filename)
    if _looks_like_values([str(name) for name in raw.columns]):
        more.append("The first row was taken for the names, but it looks like values; add a row of names on top.")
    decimal = decimal or _guess_decimal(raw, mark)
    if decimal == ",":
        notes.append("Numbers have decimal commas; they are written back with a point.")
    return Delimited(raw, mark, used, decimal, top, notes + more)


def _check_zeros(content: bytes, filename: str) -> None:
    """Raise ReadingError for text with zero bytes, which no text has."""
    place = content.find(b"\0")
    if place >= 0:
        line = content.count(b"\n", 0, place) + 1
        raise ReadingError(
            f"'{filename}', line {line:,}: a zero byte, which text never holds; the file "
            "is damaged or not a text file. Export it again."
        )


def _check_delimiter(text: str, delimiter: str, filename: str) -> None:
    if len(delimiter) != 1:
        raise ReadingError(f"A delimiter is one character, not '{delimiter}'; use a comma, semicolon, tab or bar.")
    rows = _rows(text, delimiter)
    if len(rows[0]) == 1 or all(len(row) == 1 for row in rows):
        better = guess_delimiter(text, filename)
        if better is not None:
            raise ReadingError(
                f"'{filename}': with a {delimiter_name(delimiter)} as delimiter the names are one cell; "
                f"it looks separated by a {delimiter_name(better)}. Choose that, or leave it to be guessed."
            )


def _split_header(content: bytes, delimiter: str, skip: int) -> tuple[list[str], int, int]:
    """Return the names, where the first row of data starts in ``content``, and how many lines stand above it."""
    lines = iter(io.BytesIO(content).readline, b"")
    reader = csv.reader((line.decode("utf-8", errors="replace") for line in lines), delimiter=delimiter)
    names: list[str] = []
    try:
        for _ in range(skip + 1):
            names = next(reader)
            while not names:
                names = next(reader)
    except (StopIteration, csv.Error):
        names = names or [""]
    start = 0
    for _ in range(reader.line_num):
        end = content.find(b"\n", start)
        start = len(content) if end < 0 else end + 1
    return names, start, reader.line_num


def _parse(content: bytes, delimiter: str, filename: str, skip: int) -> pd.DataFrame:
    """Split text into columns of Arrow-backed text; every row must have as many cells as the header."""
    import pyarrow as pa

    names, start, above = _split_header(content, delimiter, skip)
    end = len(content)
    while end > start and content[end - 1] in b"\r\n":
        end -= 1
    body = memoryview(content)[start:end]
    quoted = content.find(b'"', start) >= 0
    if not bytes(body[:10_000_000]).strip():
        return as_frame(pa.table({str(i): pa.array([], pa.string()) for i in range(len(names))})).set_axis(
            names, axis=1
        )
    try:
        arrow = _cells(body, delimiter, len(names), quoted, threads=True)
        if arrow is None:  # rows of another width: read again, in order, to say which
            ragged = _ragged_rows(body, delimiter, len(names), quoted)
            raise ReadingError(_ragged_sentence(filename, ragged, len(names), above))
    except pa.ArrowInvalid as error:
        raise ReadingError(
            f"'{filename}' cannot be split into cells: {str(error).splitlines()[0][:120]}. Check its quotes."
        ) from None
    raw = as_frame(arrow)
    _check_last_quote(raw, body, filename, above)
    return raw.set_axis(names, axis=1)


def as_frame(arrow: Any) -> pd.DataFrame:
    """Return an Arrow table of text as a frame whose cells stay in Arrow's memory (dtype ``string[pyarrow]``)."""
    return pd.DataFrame(
        {i: pd.Series(pd.arrays.ArrowStringArray(column)) for i, column in enumerate(arrow.columns)}, copy=False
    )


def _cells(body: memoryview, delimiter: str, width: int, quoted: bool, *, threads: bool, handler: Any = None) -> Any:
    """Return the cells as an Arrow table of text; None when a row has another width and there is no handler."""
    import pyarrow as pa
    from pyarrow import csv as arrow_csv

    differing: list[int] = []
    places = [f"c{i}" for i in range(width)]

    def note(row: Any) -> str:
        differing.append(row.actual_columns)
        return "skip"

    for block in (_BLOCK, 2**31 - 1):
        try:
            arrow = arrow_csv.read_csv(
                pa.BufferReader(pa.py_buffer(body)),
                read_options=arrow_csv.ReadOptions(
                    use_threads=threads, column_names=places,
                    block_size=min(len(body) + 1024, block if threads else 2**31 - 1),
                ),
                parse_options=arrow_csv.ParseOptions(
                    delimiter=delimiter, newlines_in_values=quoted, invalid_row_handler=handler or note,
                    ignore_empty_lines=width > 1,
                ),
                convert_options=arrow_csv.ConvertOptions(
                    column_types={place: pa.string() for place in places}, strings_can_be_null=False, check_utf8=False
                ),
            )  # fmt: skip
            return None if differing else arrow
        except pa.ArrowInvalid as error:
            if "straddling" not in str(error) or block != _BLOCK:
                raise
    return None


def _ragged_rows(body: memoryview, delimiter: str, width: int, quoted: bool) -> list[tuple[int, int]]:
    """Return the number (from 1) and the width of every row that has another width than the header."""
    ragged: list[tuple[int, int]] = []

    def keep_in_mind(row: Any) -> str:
        ragged.append((row.number or 0, row.actual_columns))
        return "skip"

    _cells(body, delimiter, width, quoted, threads=False, handler=keep_in_mind)
    return ragged


def _check_last_quote(raw: pd.DataFrame, body: memoryview, filename: str, above: int) -> None:
    """Raise ReadingError when a quote that is never closed swallowed the rest of the file into the last cell."""
    last = str(raw.iloc[-1, -1]) if len(raw) else ""
    tail = last.encode("utf-8")
    if "\n" in last and body[-1] != ord('"') and body[-len(tail) :] == tail:
        line = bytes(body).count(b"\n") + above + 1 - last.count("\n")
        raise ReadingError(
            f"'{filename}', line {line}: a quote is opened and never closed, so that {last.count(chr(10)):,} lines "
            "became one cell. Close it, or double a quote that belongs to the text."
        )


def _ragged_sentence(filename: str, ragged: list[tuple[int, int]], wanted: int, above: int) -> str:
    number, width = ragged[0]
    more = f" ({len(ragged):,} lines differ)" if len(ragged) > 1 else ""
    return (
        f"'{filename}', line {number + above}: {width} cells, but the header has {wanted}{more}. "
        "Quote cells that hold the delimiter, or choose another delimiter or header row."
    )


def tidy_names(raw: pd.DataFrame, filename: str) -> tuple[pd.DataFrame, list[str]]:
    """Return the cells with names for nameless columns and without empty columns and rows at the end; and notes."""
    notes = []
    names = ["" if name is None else str(name).strip() for name in raw.columns]
    while len(names) > 1 and names[-1] == "" and _is_blank(raw.iloc[:, -1]):
        raw, names = raw.iloc[:, :-1], names[:-1]
    if not any(names):
        raise ReadingError(
            f"'{filename}' has no column names in its header row; choose the row that holds them, or add one."
        )
    if nameless := [i for i, name in enumerate(names) if name == ""]:
        for index in nameless:
            names[index] = f"column_{index + 1}"
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
    return all(value is None or value == "" or value != value for value in values.tolist())


def _looks_like_values(names: list[str]) -> bool:
    return len(names) > 1 and sum(bool(re.fullmatch(r"[+-]?\d+([.,]\d+)?", name)) for name in names) > len(names) / 2


def _guess_decimal(raw: pd.DataFrame, delimiter: str) -> str | None:
    """Return "," when some column can only be read with decimal commas; None leaves it to each column."""
    import pyarrow.compute as pc

    for index in range(raw.shape[1]):
        cells = raw.iloc[:, index].array.__arrow_array__()
        if not pc.any(pc.match_substring(cells, ",")).as_py():
            continue
        values = [v.strip() for v in pc.unique(cells).to_pylist() if v.strip()]
        commas = [v for v in values if re.fullmatch(r"[+-]?\d+(\.\d{3})*,\d+", v)]
        if not commas or len(commas) < 0.3 * len(values) or any(re.fullmatch(r"[+-]?\d+\.\d+", v) for v in values):
            continue
        if delimiter == ";" or any(len(v.rsplit(",", 1)[1]) != 3 for v in commas):
            return ","
    return None
