"""How a text file writes its numbers and dates, guessed from whole columns, with the evidence in words."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.words import Marks

DateOrder = Literal["day", "month", "year"]
MARK_NAMES = {",": "comma", ".": "point", " ": "space", "'": "apostrophe"}

_NUMERIC = re.compile(r"[+-]?[0-9][0-9.,' \u00a0\u202f]*$")
_SIGN = "^[+-]?"
_SURE = {
    # kind of evidence: the pattern that can be read in no other way
    ("decimal", ","): _SIGN + r"([0-9]+,([0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}([.' \x{00a0}\x{202f}][0-9]{3})+,[0-9]+)$",
    ("decimal", "."): _SIGN + r"([0-9]+\.([0-9]{1,2}|[0-9]{4,})|[0-9]{1,3}([,' \x{00a0}\x{202f}][0-9]{3})+\.[0-9]+)$",
    ("thousands", ","): _SIGN + r"[0-9]{1,3}((,[0-9]{3}){2,}|(,[0-9]{3})+\.[0-9]+)$",
    ("thousands", "."): _SIGN + r"[0-9]{1,3}((\.[0-9]{3}){2,}|(\.[0-9]{3})+,[0-9]+)$",
    ("thousands", " "): _SIGN + r"[0-9]{1,3}([ \x{00a0}\x{202f}][0-9]{3})+([.,][0-9]+)?$",
    ("thousands", "'"): _SIGN + r"[0-9]{1,3}('[0-9]{3})+([.,][0-9]+)?$",
}
_THREE_AFTER_COMMA = _SIGN + r"[0-9]{1,3},[0-9]{3}$"
_THREE_AFTER_POINT = re.compile(r"[+-]?([1-9][0-9]{0,2}\.[0-9]{3}|[0-9]+)$")
_DAY_MONTH = r"^(?P<first>[0-9]{1,2})[-/.](?P<second>[0-9]{1,2})[-/.](?:[0-9]{4}|[0-9]{2})\b"
_DATED = re.compile(_DAY_MONTH)


@dataclass
class Written:
    """How numbers and dates are written, and what shows it: ``evidence`` by option name, in sentences."""

    marks: Marks
    evidence: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def guess_written(raw: pd.DataFrame, known: Marks, delimiter: str) -> Written:
    """Return how the numbers and dates of ``raw`` (text cells) are written; what is ``known`` is kept."""
    found: dict[tuple[str, str], list[str]] = {key: [] for key in _SURE}
    doubtful: list[str] = []
    pointed: list[str] = []
    orders: dict[str, list[tuple[str, int]]] = {"day": [], "month": [], "both": [], "none": []}
    for place, name in enumerate(raw.columns):
        cells = raw.iloc[:, place].array.__arrow_array__()
        step = max(1, len(cells) // 60)
        few = cells.to_pylist()[::step] if len(cells) <= 1000 else cells[::step].to_pylist()  # Arrow's steps are slow
        sample = [stripped for text in few if text and (stripped := text.strip())]
        if not sample:
            continue
        if _mostly(sample, _NUMERIC):
            plain = _only_points(cells)
            if plain and not any("." in text for text in sample):
                continue
            words = pa.array(sample) if plain else pc.unique(cells)
            if delimiter == ";" and all(map(_THREE_AFTER_POINT.match, sample)) and _all_in_three(cells):
                pointed.append(str(name))
                continue
            _count_marks(str(name), pc.utf8_trim_whitespace(words), found, doubtful)
        elif _mostly(sample, _DATED):
            orders[(shown := _order(cells))[0]].append((str(name), shown[1]))
    in_groups = bool(pointed) and not found["decimal", "."] and known.decimal != "." and known.thousands in (None, ".")
    if in_groups:  # where a semicolon separates cells, commas separate decimals, and points thousands
        found["thousands", "."] += pointed
    written = Written(_marks(found, doubtful, known, delimiter))
    _say_marks(written, found, doubtful, known)
    if in_groups and known.thousands is None and not found["decimal", ","]:
        written.notes.append(
            f"Three digits after every point in {_listed(pointed)}: taken for thousands, since a semicolon separates "
            "the cells. Choose the decimal point if they are fractions."
        )
    return _with_order(written, orders, known)


def _mostly(sample: list[str], pattern: re.Pattern[str]) -> bool:
    return sum(pattern.match(text) is not None for text in sample) > 0.5 * len(sample)


def _all_in_three(cells: pa.ChunkedArray) -> bool:
    """Whether every cell that looks like a number is whole, or has three digits after its one point."""
    words = pc.utf8_trim_whitespace(pc.unique(cells))
    numbers = words.filter(pc.match_substring_regex(words, r"^[+-]?[0-9][0-9.]*$"))
    return bool(pc.all(pc.match_substring_regex(numbers, "^" + _THREE_AFTER_POINT.pattern)).as_py())


def _only_points(cells: pa.ChunkedArray) -> bool:
    """Whether no cell holds a mark other than one point; a column of a million such cells needs no further look."""
    for chunk in cells.chunks:
        held = chunk.buffers()[-1]
        letters = b"" if held is None else held.to_pybytes()
        if any(mark in letters for mark in (b",", b"'", b" ", b"\xc2\xa0", b"\xe2\x80\xaf")):
            return False
    return bool((pc.max(pc.count_substring(cells, ".")).as_py() or 0) < 2)


def _count_marks(name: str, words: pa.Array, found: dict[tuple[str, str], list[str]], doubtful: list[str]) -> None:
    """Add the column to every kind of evidence that it gives."""
    sure = False
    for key, pattern in _SURE.items():
        if pc.any(pc.match_substring_regex(words, pattern)).as_py():
            found[key].append(name)
            sure = True
    if not sure and pc.any(pc.match_substring_regex(words, _THREE_AFTER_COMMA)).as_py():
        doubtful.append(name)


def _marks(found: dict[tuple[str, str], list[str]], doubtful: list[str], known: Marks, delimiter: str) -> Marks:
    decimal, thousands = known.decimal, known.thousands
    commas, points = found["decimal", ","], found["decimal", "."]
    if decimal is None and bool(commas) != bool(points):
        decimal = "," if commas else "."
    if decimal is None and doubtful and not points and delimiter == ";":
        decimal = ","  # where commas separate decimals, cells are separated by something else
    if decimal is None and thousands in (".", ","):
        decimal = "," if thousands == "." else None
    if thousands is None:
        groups = Counter({mark: len(names) for (kind, mark), names in found.items() if kind == "thousands" and names})
        groups.pop(decimal or "", 0)
        thousands = groups.most_common(1)[0][0] if groups else None
    return Marks(decimal, thousands, known.date_order)


def _say_marks(written: Written, found: dict[tuple[str, str], list[str]], doubtful: list[str], known: Marks) -> None:
    commas, points, marks = found["decimal", ","], found["decimal", "."], written.marks
    if commas and points:
        said = f"Decimal commas in {_listed(commas)}, points in {_listed(points)}: each column is read its own way."
        if known.decimal is None:
            written.notes.append(said)
    elif commas:
        said = f"Fractions after a comma in {_listed(commas)}; no column has any after a point."
    elif points:
        said = f"Fractions after a point in {_listed(points)}; no column has any after a comma."
    elif doubtful:
        said = f"Three digits after every comma in {_listed(doubtful)}: " + (
            "taken for fractions, since a semicolon separates the cells."
            if marks.decimal == ","
            else "taken for thousands. Choose the decimal comma if they are fractions."
        )
        written.notes.append(said)
    else:
        said = "No number has a fraction."
    written.evidence["decimal"] = said
    if marks.decimal == "," and known.decimal is None:
        written.notes.append("Numbers have decimal commas; they are written back with a point.")
    names = found.get(("thousands", marks.thousands or ""), [])
    if names:
        written.evidence["thousands"] = f"Digits in groups of three in {_listed(names)}."
        written.notes.append(
            f"Numbers with a {MARK_NAMES[marks.thousands or ',']} between thousands in {_listed(names)}; "
            "they are written back without."
        )
    else:
        written.evidence["thousands"] = (
            f"Groups of three digits in {_listed(doubtful)}." if doubtful and marks.decimal != ","
            else "No number has its digits in groups."
        )  # fmt: skip


def _order(cells: pa.ChunkedArray) -> tuple[str, int]:
    """Return what comes first in the dates of a column, and how many of its different dates show it."""
    parts = pc.extract_regex(pc.utf8_trim_whitespace(pc.unique(cells)), _DAY_MONTH)
    first, second = (
        pc.sum(pc.greater(pc.struct_field(parts, part).cast(pa.int32()), 12)).as_py() or 0
        for part in ("first", "second")
    )
    if first and second:
        return "both", first + second
    return ("day", first) if first else ("month", second) if second else ("none", 0)


def _with_order(written: Written, orders: dict[str, list[tuple[str, int]]], known: Marks) -> Written:
    marks, (days, months, neither) = written.marks, (orders[key] for key in ("day", "month", "none"))
    order = known.date_order or ("day" if days and not months else "month" if months and not days else None)
    said = [
        f"{_counted(names)}: the {part} number is above 12, so the {order_} comes first"
        for names, part, order_ in ((days, "first", "day"), (months, "second", "month")) if names
    ]  # fmt: skip
    if orders["both"]:
        said.append(f"{_counted(orders['both'])}: some have the day first and some the month, so they stay words")
        written.notes.append(
            f"Dates in {_listed([name for name, _ in orders['both']])} have both orders of day and month."
        )
    if neither:
        guess = f"taken with the {order} first" if order else "each column is read by its own order"
        said.append(f"{_listed([name for name, _ in neither])}: no date shows what comes first; {guess}")
    written.marks = Marks(marks.decimal, marks.thousands, order)
    written.evidence["date_order"] = (
        ". ".join(part[:1].upper() + part[1:] for part in said) + "."
        if said
        else "No dates that can be read in two ways."
    )
    if days or months:
        written.notes.append("Dates: " + "; ".join(said) + ".")
    return written


def _counted(columns: list[tuple[str, int]]) -> str:
    total = sum(count for _, count in columns)
    return f"in {total:,} different dates of {_listed([name for name, _ in columns])}"


def _listed(names: list[str]) -> str:
    shown = ", ".join(f"'{name}'" for name in names[:3])
    return shown + (f" and {len(names) - 3} more" if len(names) > 3 else "")
