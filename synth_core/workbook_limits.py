"""What a workbook takes to open, measured before anything opens it: true sizes of its parts, and how far cells reach.

What a zip archive and a sheet say of themselves may be a lie; the parser in Rust would ask for all of it at once, and
where memory does not suffice it ends the process.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from xml.parsers import expat

_PREFIX = rb"<(?:[^\s<>/:=]+:)?"
_CELL_TAG = re.compile(_PREFIX + rb"c[\s/>]")
_CELL = re.compile(_PREFIX + rb'c r="([A-Z]{1,3})(\d{1,7})"[ />]')
_ROW_TAG = re.compile(_PREFIX + rb"row[\s/>]")
_ROW = re.compile(_PREFIX + rb'row r="(\d{1,7})"[ />]')
_PLACE = re.compile(r"([A-Za-z]{1,7})(\d{1,10})")
_PIECE = 1 << 22
_NOT_UTF_8 = (b"\xff\xfe", b"\xfe\xff", b"<\x00", b"\x00<", b"\x00\x00")


class Unreadable(ValueError):
    """The bytes are not what a workbook is made of."""


def true_size(data: bytes, most: int) -> int:
    """Return how many bytes the parts of a zip archive unpack to, counted up to ``most``, whatever its directory says.

    Raises
    ------
    Unreadable
        A part is packed otherwise than Excel packs, or is damaged.
    """
    size = 0
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            if entry.compress_type == zipfile.ZIP_STORED:
                size += entry.compress_size
            elif entry.compress_type == zipfile.ZIP_DEFLATED:
                size += _inflated(_packed(data, entry), most - size)
            else:
                raise Unreadable("another packing than deflate")
            if size > most:
                break
    return size


def _packed(data: bytes, entry: zipfile.ZipInfo) -> memoryview:
    head = data[entry.header_offset : entry.header_offset + 30]
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise Unreadable("a part that is not where the directory says")
    name, extra = struct.unpack("<HH", head[26:30])
    start = entry.header_offset + 30 + name + extra
    return memoryview(data)[start : start + entry.compress_size]


def _inflated(packed: memoryview, most: int) -> int:
    engine, size, at, rest = zlib.decompressobj(-zlib.MAX_WBITS), 0, 0, b""
    try:
        while not engine.eof and size <= most:
            if not rest:  # a piece at a time: what is left over is copied each time
                rest, at = bytes(packed[at : at + _PIECE]), at + _PIECE
            part = engine.decompress(rest, _PIECE)
            rest = engine.unconsumed_tail
            size += len(part)
            if not part and not rest and at >= len(packed):
                break
    except zlib.error:
        raise Unreadable("a part that cannot be unpacked") from None
    return size


def refuse_definitions(text: bytes) -> None:
    """Raise :class:`Unreadable` where XML brings definitions of its own, which may unfold without end.

    No program that writes workbooks writes any.
    """
    if b"<!DOCTYPE" in text or b"<!ENTITY" in text or text.startswith(_NOT_UTF_8):
        raise Unreadable("XML with definitions of its own, or not in UTF-8")


def reach(sheet: bytes) -> tuple[int, int, int]:
    """Return how many rows and columns the cells of a sheet's XML span, and how many cells there are.

    Where each cell is written as Excel and openpyxl write it, the places are searched for; else the XML is parsed.
    """
    refuse_definitions(sheet)
    cells, rows = _CELL.findall(sheet), _ROW.findall(sheet)
    if len(cells) != len(_CELL_TAG.findall(sheet)) or len(rows) != len(_ROW_TAG.findall(sheet)):
        return _parsed(sheet)
    widest = max((_number(letters.decode()) for letters in {letters for letters, _ in cells}), default=0)
    deepest = max((int(row) for row in {row for _, row in cells} | set(rows)), default=0)
    return deepest, widest, len(cells)


def _parsed(sheet: bytes) -> tuple[int, int, int]:
    found, row, column = [0, 0, 0], 0, 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal row, column
        name, place = tag.rpartition(":")[2], attributes.get("r", "").strip()
        if name == "row":
            row, column = (int(place[:10]) if place.isdecimal() else row + 1), 0
        elif name == "c":
            match = _PLACE.fullmatch(place)
            column = _number(match[1].upper()) if match else column + 1
            found[0] = max(found[0], int(match[2]) if match else row)
            found[1], found[2] = max(found[1], column), found[2] + 1
        found[0] = max(found[0], row)

    parser = expat.ParserCreate()
    parser.StartElementHandler = begin
    try:
        parser.Parse(sheet, True)
    except expat.ExpatError:
        raise Unreadable("XML that cannot be parsed") from None
    return found[0], found[1], found[2]


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number
