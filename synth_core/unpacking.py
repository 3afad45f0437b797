"""From an uploaded file to the bytes of one table: limits, gzip and zip, and what is no table at all."""

from __future__ import annotations

import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, cast

from synth_core.errors import ReadingError, TooLargeError
from synth_core.workbook_limits import Unreadable, true_size

LIMIT_MB = 500.0
_UNPACKED = 4  # an archive may unpack to so many times the limit of a file
_PER_BYTE = 9  # memory that a byte of text takes while it is read, as measured on 20 mixed columns
TABLE_SUFFIXES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".parquet", ".json", ".jsonl", ".ndjson")
_WAY_OUT = "Save the table as CSV, Excel (.xlsx) or Parquet and read that."
_MARKS: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF8", "a picture (GIF)"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"SQLite format 3", "a database (SQLite)"),
    (b"Rar!", "a RAR archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x89HDF", "an HDF5 file"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"$FL2", "an SPSS file"),
)


def suffix(filename: str) -> str:
    """Return the last suffix in lower case (".csv"), "" when there is none."""
    name = filename.replace("\\", "/").rsplit("/", 1)[-1].lower()
    return "." + name.rsplit(".", 1)[1] if "." in name else ""


def check_size(size: int, filename: str, limit_mb: float) -> None:
    """Raise :class:`ReadingError` when a file of ``size`` bytes is over the limit (before any of it is read)."""
    if size > limit_mb * 1e6:
        raise TooLargeError(
            f"'{filename}' has {size / 1e6:,.0f} MB, more than the limit of {limit_mb:,.0f} MB; "
            "read a sample of its rows, or save it as Parquet."
        )


def check_memory(size: int, filename: str, *, sampled: bool) -> None:
    """Raise :class:`TooLargeError` when reading text of ``size`` bytes would need more memory than there is."""
    import psutil

    needed, free = size * (2 if sampled else _PER_BYTE), psutil.virtual_memory().available
    if size > 50e6 and needed > free:
        raise TooLargeError(
            f"'{filename}' needs about {needed / 1e9:,.1f} GB of memory and {free / 1e9:,.1f} GB are free; "
            "read a sample of its rows."
        )


@dataclass(frozen=True)
class Unpacked:
    """The bytes and the name of one table; ``members``: all tables of an archive that holds several, else empty."""

    content: bytes
    name: str
    member: str = ""
    members: tuple[str, ...] = ()


def unpack(data: bytes, filename: str, limit_mb: float, member: str | None = None) -> Unpacked:
    """Return the table inside ``data``; gzip and zip are opened, within the limit.

    ``member``: which table of a zip archive that holds several; None: the first.
    """
    if data.startswith(b"\x1f\x8b"):
        inner = filename[:-3] if filename.lower().endswith(".gz") else filename
        return _once(Unpacked(_gunzip(data, filename, _UNPACKED * limit_mb), inner), filename)
    if is_zip(data, filename):
        return _once(_unzip(data, filename, _UNPACKED * limit_mb, member), filename)
    return Unpacked(data, filename)


def is_zip(data: bytes, filename: str) -> bool:
    """Return whether this is a zip archive of files rather than a workbook, which is one, too."""
    return data[:4] == b"PK\x03\x04" and suffix(filename) not in (".xlsx", ".xlsm") and not _is_workbook(data)


def _once(found: Unpacked, filename: str) -> Unpacked:
    """Return what was unpacked; an archive inside an archive is refused."""
    if found.content.startswith(b"\x1f\x8b") or (
        found.content.startswith(b"PK\x03\x04") and suffix(found.name) not in (".xlsx", ".xlsm")
    ):
        raise ReadingError(f"'{filename}' holds an archive inside an archive; unpack it and read the table itself.")
    return found


def _gunzip(data: bytes, filename: str, limit_mb: float) -> bytes:
    limit = int(limit_mb * 1e6)
    parts, size, rest = [], 0, data
    try:
        while rest.startswith(b"\x1f\x8b"):
            engine = zlib.decompressobj(wbits=31)
            while not engine.eof:
                part = engine.decompress(rest, 1 << 22)
                rest = engine.unconsumed_tail
                size += len(part)
                if size > limit:
                    raise _bomb(filename, limit_mb)
                parts.append(part)
                if not part and not rest and not engine.eof:
                    raise ReadingError(f"'{filename}' ends too early: the gzip file is cut off. Copy it again.")
            rest = engine.unused_data
    except zlib.error:
        raise ReadingError(
            f"'{filename}' is damaged: it cannot be unpacked as gzip. Copy or export it again."
        ) from None
    return b"".join(parts)


def _bomb(filename: str, limit_mb: float) -> ReadingError:
    return TooLargeError(
        f"'{filename}' unpacks to more than the limit of {limit_mb:,.0f} MB; unpack it and read a part of it."
    )


def _open_zip(data: bytes, filename: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        raise ReadingError(
            f"'{filename}' is damaged: it cannot be opened as {_zip_word(filename)}. Save or copy it again."
        ) from None


def _zip_word(filename: str) -> str:
    return "an Excel workbook" if suffix(filename) in (".xlsx", ".xlsm") else "a zip archive"


def _is_workbook(data: bytes) -> bool:
    try:
        return "xl/workbook.xml" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return False


def _unzip(data: bytes, filename: str, limit_mb: float, member: str | None) -> Unpacked:
    with _open_zip(data, filename) as archive:
        entry, tables = chosen_member(archive, filename, member)
        if entry.file_size > limit_mb * 1e6:
            raise _bomb(filename, limit_mb)
        try:
            with archive.open(entry) as stream:  # the header may lie about the size: never read past the limit
                content = stream.read(int(limit_mb * 1e6) + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, NotImplementedError, EOFError, RuntimeError, ValueError):
            raise ReadingError(f"'{filename}' is damaged: '{entry.filename}' in it cannot be unpacked.") from None
    if len(content) > limit_mb * 1e6:
        raise _bomb(filename, limit_mb)
    return Unpacked(content, entry.filename.rsplit("/", 1)[-1], entry.filename, tables)


@contextmanager
def unpacked_stream(stream: IO[bytes], filename: str, member: str | None) -> Iterator[tuple[IO[bytes], str]]:
    """Give the table in a file, of gzip and zip what is inside, as a stream to read once; and its name.

    Raises
    ------
    ReadingError
        Also for what breaks off while it is read inside the ``with``.
    """
    start = stream.read(4)
    stream.seek(0)
    try:
        if start.startswith(b"\x1f\x8b"):
            with gzip.GzipFile(fileobj=stream) as inner:
                yield cast(IO[bytes], inner), filename[:-3] if filename.lower().endswith(".gz") else filename
        elif start == b"PK\x03\x04" and suffix(filename) not in (".xlsx", ".xlsm"):
            with zipfile.ZipFile(stream) as archive:
                entry, _ = chosen_member(archive, filename, member)
                with archive.open(entry) as content:
                    yield content, entry.filename.rsplit("/", 1)[-1]
        else:
            yield stream, filename
    except (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, NotImplementedError):
        raise ReadingError(
            f"'{filename}' is damaged: it cannot be unpacked to its end. Copy or save it again."
        ) from None


def chosen_member(
    archive: zipfile.ZipFile, filename: str, member: str | None
) -> tuple[zipfile.ZipInfo, tuple[str, ...]]:
    """Return the table to read, the first (plain .txt last) where none is named; and all names, if there are several.

    Raises
    ------
    ReadingError
        No table, none of that name, or one that is locked.
    """
    members = [
        entry for entry in archive.infolist()
        if not entry.is_dir() and not entry.filename.startswith("__MACOSX") and "/." not in "/" + entry.filename
    ]  # fmt: skip
    tables = sorted(
        (entry for entry in members if suffix(entry.filename) in TABLE_SUFFIXES),
        key=lambda entry: suffix(entry.filename) == ".txt",  # a README, where there is anything else
    )
    if not tables:
        raise ReadingError(f"'{filename}' holds no table; it has to hold a file that ends in .csv or the like.")
    single = len(tables) == 1  # then the name is that of a sheet inside it
    entry = next((one for one in tables if single or member in (None, one.filename)), None)
    if entry is None:
        names = ", ".join(f"'{one.filename}'" for one in tables[:6])
        raise ReadingError(f"'{filename}' holds no table '{member}'; it holds {names}.")
    if entry.flag_bits & 1:
        raise ReadingError(f"'{filename}' is locked with a password; unpack it first and read the table inside.")
    return entry, tuple(one.filename for one in tables) if len(tables) > 1 else ()


def check_workbook(data: bytes, filename: str, limit_mb: float) -> None:
    """Raise :class:`ReadingError` unless ``data`` is a workbook that can be opened and unpacks within bounds."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise ReadingError(
                f"'{filename}' is protected with a password; open it in Excel, remove the password and save it again."
            )
        raise ReadingError(f"'{filename}' is an old Excel file (.xls); open it in Excel and save it as .xlsx.")
    if not data.startswith(b"PK"):
        refuse_other_files(data, filename)
        raise ReadingError(f"'{filename}' is not an Excel workbook, though its name says so. {_WAY_OUT}")
    with _open_zip(data, filename) as archive:
        entries = archive.infolist()
        if "xl/workbook.xml" not in {entry.filename for entry in entries}:
            raise ReadingError(f"'{filename}' is damaged: there is no workbook inside. Save it again in Excel.")
        _check_unpacked(sum(entry.file_size for entry in entries), entries, filename, limit_mb)
    try:
        size = true_size(data, int(5 * limit_mb * 1e6))
    except (Unreadable, ValueError):
        raise ReadingError(f"'{filename}' is damaged: a part of it cannot be unpacked. Save it again.") from None
    _check_unpacked(size, entries, filename, limit_mb)


def _check_unpacked(size: int, entries: list[zipfile.ZipInfo], filename: str, limit_mb: float) -> None:
    packed = max(1, sum(entry.compress_size for entry in entries))
    if size > 5 * limit_mb * 1e6 or (size > 50e6 and size / packed > 200):
        raise _bomb(filename, limit_mb)


def refuse_other_files(data: bytes, filename: str) -> None:
    """Raise :class:`ReadingError` for what is surely not a table: pictures, PDF, HTML, pickles, binary files."""
    start = data[:4096]
    if suffix(filename) in (".pkl", ".pickle", ".joblib") or (
        len(start) > 1 and start[0] == 0x80 and 2 <= start[1] <= 5
    ):
        raise ReadingError(
            f"'{filename}' is a Python pickle, which can run code when opened, so it is refused. {_WAY_OUT}"
        )
    for mark, what in _MARKS:
        if start.startswith(mark):
            raise ReadingError(f"'{filename}' is {what}, not a table. {_WAY_OUT}")
    lowered = start.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if lowered.startswith((b"<!doctype html", b"<html", b"<head", b"<body")):
        raise ReadingError(f"'{filename}' is a web page (HTML), not a table. {_WAY_OUT}")
    if lowered.startswith((b"<?xml", b"<svg")):
        raise ReadingError(f"'{filename}' is an XML document, not a table. {_WAY_OUT}")
    if _is_binary(start):
        raise ReadingError(f"'{filename}' is not a table: it holds binary data. {_WAY_OUT}")


def _is_binary(start: bytes) -> bool:
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or not start:
        return False
    zeros = start.count(0)
    if zeros and (start[1::2].count(0) == zeros or start[::2].count(0) == zeros) and zeros > 0.3 * len(start):
        return False  # UTF-16 without a mark
    control = sum(byte < 32 and byte not in (9, 10, 12, 13, 27) for byte in start)
    return control > 0.01 * len(start) or zeros > 0
