"""Delimited text: guess the encoding, the delimiter and the row of names, and read every cell as text."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from dataclasses import dataclass
from itertools import islice

import pandas as pd

from synth_core.cells_read import tidy_names
from synth_core.decoding import to_utf8
from synth_core.errors import ReadingError
from synth_core.header_rows import LINE_OF_NAMES, guess_header_row, lacks_names
from synth_core.splitting import dialect, split, split_header
from synth_core.words import GUESSED, Marks
from synth_core.written import guess_written

DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_ESCAPED = re.compile(rb"""\\"[^,;\t|\r\n"]""")
_QUOTED = re.compile(rb"""(?:^|[,;\t|])"(?:[^"\\]|\\.|"")*$""")  # a cell that is still open
_HEAD = 400_000  # what guesses about the shape are drawn from, in characters


@dataclass(frozen=True)
class Delimited:
    """What was read from delimited text, and how; ``evidence``: what each guess was drawn from, by option name."""

    raw: pd.DataFrame
    delimiter: str
    quote: str
    encoding: str
    marks: Marks
    header: bool
    header_row: int
    rows: int
    notes: list[str]
    evidence: dict[str, str]


def delimiter_name(delimiter: str) -> str:
    """Return a delimiter in words ("comma")."""
    return DELIMITERS.get(delimiter, f"'{delimiter}'")


def _lines(text: str) -> list[str]:
    """Return the lines with their ends, which are line feeds and carriage returns alone: U+2028 may stand in a cell."""
    return list(io.StringIO(text, newline=""))


def _rows(text: str, delimiter: str, quote: str = '"', most: int = 200) -> list[list[str]]:
    """Return the first rows, as the csv module splits them; the last may be cut and is dropped when there are many."""
    lines = _lines(text[:_HEAD])
    rows: list[list[str]] = []
    try:
        for row in csv.reader(iter(lines), **dialect(delimiter, quote)):
            rows += [row] if row else []
    except csv.Error:  # a cell longer than the csv module takes: what stands before it must do
        rows = rows or [line.rstrip("\r\n").split(delimiter) for line in lines]
    if len(text) >= _HEAD and len(rows) > 1:
        rows = rows[:-1]
    return rows[:most]


def _first_rows(text: str, delimiter: str | None, quote: str, header_row: int | None) -> tuple[list[list[str]], int]:
    """Return the first rows, of one cell each without a delimiter, and which of them the table starts with."""
    rows = _rows(text, delimiter, quote) if delimiter else [[line.rstrip("\r\n")] for line in _lines(text)[:200]]
    return rows, guess_header_row(rows) if header_row is None else header_row


def guess_quote(text: str) -> str:
    """Return an apostrophe where cells stand in apostrophes and none in double quotes; else the double quote."""
    edges = "".join(re.escape(mark) for mark in DELIMITERS) + "\n"
    singles = len(re.findall(f"(?:^|[{edges}])'[^'\n]*'(?=[{edges}\r]|$)", text[:_HEAD]))
    return "'" if singles >= 3 and '"' not in text and singles >= text[:_HEAD].count("\n") / 2 else '"'


def guess_delimiter(text: str, filename: str = "", quote: str = '"') -> str | None:
    """Return the delimiter that splits the first rows most evenly; None when no one gives two cells a row."""
    best: tuple[float, int, str] | None = None
    for delimiter in DELIMITERS:
        rows = _rows(text, delimiter, quote)
        widths = Counter(len(row) for row in rows)
        wide = [(count, width) for width, count in widths.items() if width > 1]
        if not wide:
            continue
        count, width = max(wide)
        even = count / sum(widths.values()) + (0.2 if delimiter == "\t" and filename.lower().endswith(".tsv") else 0)
        if len(rows[0]) != width:
            even -= 0.2  # decimal commas split the rows evenly, but not the names
        score = (round(even, 2), width, delimiter)
        if best is None or (score[0] > best[0] + 0.05) or (abs(score[0] - best[0]) <= 0.05 and width > best[1]):
            best = score
    return best[2] if best is not None and best[0] >= 0.3 else None


def _has_escapes(content: bytes) -> bool:
    r"""Return whether a quoted cell has a quote written \" in it, where it would end the cell but none ends there."""
    for found in islice(_ESCAPED.finditer(content), 200):
        before = content[max(0, found.start() - 2000) : found.start()]
        if _QUOTED.search(before[before.rfind(b"\n") + 1 :]):
            return True
    return False


def _without_escapes(content: bytes) -> bytes:
    """Return text with quotes inside cells doubled, not escaped; it holds no zero bytes."""
    return content.replace(rb"\\", b"\0").replace(rb"\"", b'""').replace(b"\0", b"\\")


def read_delimited(
    data: bytes, filename: str, *, delimiter: str | None = None, quote: str | None = None, encoding: str | None = None,
    marks: Marks = GUESSED, header: bool | None = None, header_row: int | None = None, sample_rows: int | None = None,
    skip_ragged: bool = False,
) -> Delimited:  # fmt: skip
    """Return the cells of delimited text; :class:`ReadingError` names the line that does not fit."""
    content, used, note = to_utf8(data, filename, encoding)
    if b"\n" not in content[:_HEAD] and b"\r" in content:
        content = content.replace(b"\r", b"\n")
    _check_zeros(content, filename)
    text = content[:_HEAD].decode("utf-8", errors="ignore")
    if not text.strip():
        raise ReadingError(f"'{filename}' is empty; a table needs a first line with the column names, and rows below.")
    evidence = {"encoding": note or _encoding_evidence(content, used)}
    around = guess_quote(text) if quote is None else quote
    evidence["quote"] = _quote_evidence(content, around)
    if around == '"' and _has_escapes(content):
        content = _without_escapes(content)
        text = content[:_HEAD].decode("utf-8", errors="ignore")
        note = f'{note} Quotes inside cells are written \\", as some databases do; they are read as quotes.'.strip()
    chosen = delimiter or guess_delimiter(text, filename, around)
    if delimiter is not None:
        _check_delimiter(text, delimiter, filename, around)
    mark = chosen or ","
    rows, top = _first_rows(text, chosen, around, header_row)
    nameless = lacks_names(rows[top:])
    named = not nameless if header is None else header
    cells = split(
        content, filename, delimiter=mark if chosen else "\x1f", quote=around, skip=top, sample=sample_rows,
        skip_ragged=skip_ragged, named=named,
    )  # fmt: skip
    raw, more = tidy_names(cells.raw, filename)
    notes = [note] if note else []
    notes += _shape_notes(rows, chosen, delimiter, top if header_row is None else 0, evidence, named=named)
    if not named and header is None:
        more.append("The file has no row of names: its first row looks like data, so columns are named by their place.")
    elif named and header is None and _looks_like_values([str(name) for name in raw.columns]):
        more.append("The first row was taken for the names, but it looks like values; say so if the file has no names.")
    if sample_rows and cells.rows > len(raw):
        more.append(f"A sample: {len(raw):,} of {cells.rows:,} rows, drawn evenly over the file.")
    if cells.left_out:
        lines = "1 line" if cells.left_out == 1 else f"{cells.left_out:,} lines"
        more.append(f"Left out: {lines} with more or fewer cells than the header.")
    written = guess_written(raw, marks, mark)
    evidence |= written.evidence | {"header": _names_evidence(header, nameless)}
    if named:
        line = split_header(content, mark if chosen else "\x1f", around, top)[2]
        evidence |= {"header_row": _header_evidence(rows, top, line), LINE_OF_NAMES: f"{line:,}"}
    return Delimited(
        raw, mark, around, used, written.marks, named, top, cells.rows, notes + written.notes + more, evidence
    )  # fmt: skip


def head_size(
    head: bytes, filename: str, delimiter: str | None, quote: str | None, header_row: int | None,
    header: bool | None = None,
) -> tuple[int, str, str, bool, int]:  # fmt: skip
    """Return the bytes of the header with the lines above it, marks, whether it has names, and the columns.

    All are guessed from a file's start where they are not given.
    """
    text = head.decode("utf-8", errors="replace")
    around = guess_quote(text) if quote is None else quote
    mark = delimiter or guess_delimiter(text, filename, around)
    rows, top = _first_rows(text, mark, around, header_row)
    named = not lacks_names(rows[top:]) if header is None else header
    mark = mark or "\x1f"
    names, start, _ = split_header(head, mark, around, top, named=named)
    return start, mark, around, named, len(names)


def _shape_notes(
    rows: list[list[str]], chosen: str | None, given: str | None, above: int, evidence: dict[str, str], *, named: bool
) -> list[str]:
    """Return notes about the delimiter and the lines above the names; the evidence of the delimiter is added."""
    notes = []
    if chosen is None:
        tried = ", ".join(DELIMITERS.values())
        notes.append(f"One column only (tried {tried}); if there should be more, name the delimiter.")
        evidence["delimiter"] = f"No {tried.replace(', ', ' or ')} splits the lines evenly."
    else:
        usual, count = Counter(len(row) for row in rows).most_common(1)[0]
        evidence["delimiter"] = f"{count} of the first {len(rows)} lines have {usual} cells with it."
        if given is None and chosen != ",":
            notes.append(f"Cells are separated by a {delimiter_name(chosen)}.")
    if above:
        under = "column names" if named else "data"
        notes.append(f"{above} line{'s' if above > 1 else ''} above the {under} left out.")
    return notes


def _encoding_evidence(content: bytes, used: str) -> str:
    if not used.startswith("utf-8"):
        return "As chosen."
    return "Plain ASCII; every encoding reads it alike." if content.isascii() else "Every byte fits UTF-8."


def _quote_evidence(content: bytes, quote: str) -> str:
    if not quote:
        return "Marks around cells are taken as part of them."
    found = content.count(quote.encode())
    return f"{found:,} in the file." if found else "None in the file."


def _names_evidence(given: bool | None, nameless: str) -> str:
    return "As chosen." if given is not None else nameless or "The first row is unlike the rows below it."


def _header_evidence(rows: list[list[str]], top: int, line: int) -> str:
    filled = sum(1 for cell in rows[top] if cell.strip()) if top < len(rows) else 0
    where = f"; it is line {line:,} of the file, empty lines counted" if line != top + 1 else ""
    return f"The row that is read as names has {filled} filled cell{'' if filled == 1 else 's'}{where}."


def _check_zeros(content: bytes, filename: str) -> None:
    """Raise ReadingError for text with zero bytes, which no text has."""
    place = content.find(b"\0")
    if place >= 0:
        line = content.count(b"\n", 0, place) + 1
        raise ReadingError(
            f"'{filename}', line {line:,}: a zero byte, which text never holds; the file "
            "is damaged or not a text file. Export it again."
        )


def _check_delimiter(text: str, delimiter: str, filename: str, quote: str) -> None:
    if len(delimiter) != 1:
        raise ReadingError(f"A delimiter is one character, not '{delimiter}'; use a comma, semicolon, tab or bar.")
    rows = _rows(text, delimiter, quote)
    if len(rows[0]) == 1 or all(len(row) == 1 for row in rows):
        better = guess_delimiter(text, filename, quote)
        if better not in (None, delimiter):
            raise ReadingError(
                f"'{filename}': with a {delimiter_name(delimiter)} as delimiter the names are one cell; "
                f"it looks separated by a {delimiter_name(better)}. Choose that, or leave it to be guessed."
            )


def _looks_like_values(names: list[str]) -> bool:
    return len(names) > 1 and sum(bool(re.fullmatch(r"[+-]?\d+([.,]\d+)?", name)) for name in names) > len(names) / 2
