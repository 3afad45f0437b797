"""The parts of an Excel workbook that readers of cells pass over: merged and hidden cells, percentages, reach.

A workbook is a zip archive of XML (ECMA-376, part 1, chapter 18, SpreadsheetML).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from xml.etree import ElementTree

from synth_core.errors import ReadingError
from synth_core.workbook_limits import reach, refuse_definitions

Span = tuple[int, int, int, int]
_TAG = rb"<(?:\w+:)?"
_MERGED = re.compile(_TAG + rb'mergeCell ref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
_HIDDEN_ROW = re.compile(_TAG + rb'row [^>]*\bhidden="(?:1|true)"')
_HIDDEN_COLUMN = re.compile(_TAG + rb'col [^>]*\bhidden="(?:1|true)"')
_NO_VALUE = re.compile(_TAG + rb"f(?:\s[^>]*)?(?:/>|>[^<]*</(?:\w+:)?f>)(?:<(?:\w+:)?v\s*/>|<v></v>)?</(?:\w+:)?c>")
_PLACE = re.compile(rb"""\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_ERROR = re.compile(_TAG + rb"""c [^>]*\bt=["']e["']""")
_LONG = re.compile(_TAG + rb"c ([^>]*)>" + _TAG + rb"v>(-?\d{16,18})</")
_CELL = re.compile(_TAG + rb"c ([^>]*)>" + _TAG + rb"(?:f|v)\b")
_PERCENT_CODES = frozenset([9, 10])  # "0%" and "0.00%" are built in
_HEAD = 30  # rows that show how a column is formatted


@dataclass(frozen=True)
class Markup:
    """What the XML of one sheet says beside its values; rows and columns are counted from 0.

    Attributes
    ----------
    merged
        Merged ranges as (first row, last row, first column, last column).
    bare
        Formulas without a value.
    errors
        Cells with an error such as #N/A.
    long
        Whole numbers of more digits than a float holds, by (row, column).
    percent
        Columns whose first rows are formatted as percentages.
    reach
        Rows and columns that the cells span, and how many cells there are.
    """

    merged: list[Span] = field(default_factory=list)
    hidden_rows: int = 0
    hidden_columns: int = 0
    bare: int = 0
    errors: int = 0
    long: dict[tuple[int, int], int] = field(default_factory=dict)
    percent: frozenset[int] = frozenset()
    reach: tuple[int, int, int] = (0, 0, 0)


def sheet_markup(data: bytes, sheet: str, filename: str) -> Markup:
    """Return what the XML of a sheet says.

    Raises
    ------
    ReadingError
        The part that holds the sheet is not there, or cannot be unpacked.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            text = archive.read(_part_of(archive, sheet))
            percent = _percent_styles(archive)
        spanned = reach(text)
    except (KeyError, ValueError, OSError, RuntimeError, NotImplementedError, EOFError, zlib.error,
            zipfile.BadZipFile, ElementTree.ParseError):  # fmt: skip
        raise ReadingError(
            f"'{filename}' is damaged: sheet '{sheet}' in it cannot be unpacked. Save it again."
        ) from None
    end = text.rfind(b"sheetData>")
    return Markup(
        merged=[(int(a) - 1, int(b) - 1, _column(c), _column(d)) for c, a, d, b in _MERGED.findall(text, max(end, 0))],
        hidden_rows=len(_HIDDEN_ROW.findall(text)),
        hidden_columns=len(_HIDDEN_COLUMN.findall(text)),
        bare=len(_NO_VALUE.findall(text)),
        errors=len(_ERROR.findall(text)),
        long=_long(text),
        percent=_percent_columns(text, percent),
        reach=spanned,
    )


def _part_of(archive: zipfile.ZipFile, sheet: str) -> str:
    """Return the name of the part that holds a sheet; ValueError or KeyError where there is none."""
    book = _xml(archive, "xl/workbook.xml")
    named = [one for one in book.iter() if _local(one) == "sheet" and one.get("name") == sheet]
    key = next((value for one in named[:1] for name, value in one.attrib.items() if name.endswith("}id")), None)
    links = _xml(archive, "xl/_rels/workbook.xml.rels")
    target = next((one.get("Target") or "" for one in links if one.get("Id") == key), "")
    place = posixpath.normpath(posixpath.join("/xl", target)).lstrip("/").lower()
    names = {name.replace("\\", "/").lower(): name for name in archive.namelist()}
    return names[place]


def _xml(archive: zipfile.ZipFile, part: str) -> ElementTree.Element:
    text = archive.read(part)
    refuse_definitions(text)
    return ElementTree.fromstring(text)


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _percent_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Return the numbers of the cell styles that show percentages."""
    if "xl/styles.xml" not in archive.namelist():
        return frozenset()
    styles = _xml(archive, "xl/styles.xml")
    codes = set(_PERCENT_CODES)
    codes |= {
        int(one.get("numFmtId", "0"))
        for one in styles.iter()
        if _local(one) == "numFmt" and "%" in re.sub(r'"[^"]*"|\\.', "", one.get("formatCode", ""))
    }
    used = next((one for one in styles if _local(one) == "cellXfs"), ())
    return frozenset(place for place, one in enumerate(used) if int(one.get("numFmtId", "0")) in codes)


def _percent_columns(text: bytes, styles: frozenset[int]) -> frozenset[int]:
    """Return the columns where a number in one of the first rows has one of these styles."""
    if not styles:
        return frozenset()
    found = set()
    for match in _CELL.finditer(text, 0, 2_000_000):
        place, style = _PLACE.search(match[1]), re.search(rb'\bs="(\d+)"', match[1])
        if place is None:
            continue
        if int(place[2]) > _HEAD:
            break
        kind = re.search(rb'\bt="(\w+)"', match[1])
        if style is not None and int(style[1]) in styles and (kind is None or kind[1] == b"n"):
            found.add(_column(place[1]))
    return frozenset(found)


def _long(text: bytes) -> dict[tuple[int, int], int]:
    found = {}
    for attributes, digits in _LONG.findall(text):
        place, kind = _PLACE.search(attributes), re.search(rb'\bt="(\w+)"', attributes)
        if place is not None and (kind is None or kind[1] == b"n"):
            found[(int(place[2]) - 1, _column(place[1]))] = int(digits)
    return found


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1
