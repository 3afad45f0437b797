"""From words to dates: the pattern that reads every word of a column, its order of day and month, its time zones."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.date_patterns import as_written
from synth_core.words import GUESSED, Marks, Parsed, Texts

_DATE_LIKE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}"
    r"|[A-Za-z]{3,9} \d{1,2},? \d{4}|\d{8}$|\d{8}T\d{4,6}"
)
_OFFSET = re.compile(r"(Z| ?UTC| ?GMT| ?[+-]\d{2}(:?\d{2})?)$")

_DIGITS = re.compile(r"\d+")
_LETTERS = re.compile(r"[^\W\d_]+")
_YEAR_FIRST = re.compile(r"\d{4}(?!\d)")
_MANY = 20_000
_FEWEST = 20

_CLOCKS = (
    "",
    " %H:%M:%S",
    " %H:%M",
    "T%H:%M:%S",
    "T%H:%M",
    " %H:%M:%S.%f",
    "T%H:%M:%S.%f",
    " %I:%M %p",
    " %I:%M:%S %p",
    " %I:%M%p",
    " %I:%M:%S%p",
)
_DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y",
    "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%y", "%d/%m/%y", "%m/%d/%y",
    "%d.%m.%y", "%d-%m-%y",
)  # fmt: skip
_SHORT = ("%d/%m/%y", "%d.%m.%y", "%d-%m-%y")
_PACKED = ("%Y%m%d", "%Y%m%dT%H%M%S")


def parse_dates(levels: Sequence[str], marks: Marks = GUESSED, *, dated: bool = False) -> Parsed | None:
    """Return the levels as datetime64[ns] with the strftime pattern that reads them all; None when none does.

    ``dated``: the header speaks of a date, so that 20240131 and 31.01.24 count as well.
    """
    if not levels or not all(_DATE_LIKE.match(level) for level in levels[:5]):
        return None
    sample = list(levels[:: max(1, len(levels) // 40)])
    if _some_zoned(levels) and (zoned := _parse_zoned(levels)) is not None:
        return zoned
    likely = _shaped(dated, marks.date_order).get(_shape(levels[0]), ())
    found = [pattern for pattern in likely if not _parse(sample, pattern).isna().any()]
    whole = [(pattern, _parse(levels, pattern)) for pattern in found]
    whole = [(pattern, values) for pattern, values in whole if not values.isna().any()]
    if whole:
        read = _choose(whole, marks.date_order)
        return replace(read, format=as_written(levels, read.format or ""))
    far = _parse_far(levels, found)
    if far is not None:
        return far
    iso = pd.to_datetime(pd.Series(levels), format="ISO8601", errors="coerce") if "-" in levels[0] else None
    if iso is not None and not iso.isna().any() and iso.dt.tz is None:
        note = "Dates with and without a time of day; written back with one."
        return _dates(iso, "%Y-%m-%d %H:%M:%S", note)
    return None


def parse_most_dates(
    levels: Sequence[str], rows: npt.NDArray[np.int64], marks: Marks = GUESSED, *, dated: bool = False
) -> tuple[Parsed, npt.NDArray[np.bool_]] | None:
    """Return the dates among levels of which a few are none (2024-02-30), and which these are; None for too many.

    ``rows``: how many rows hold each level. One row in a hundred may be odd, where there are twenty dates and more.
    """
    sample = list(levels[:: max(1, len(levels) // 40)])
    if len(levels) <= _FEWEST or sum(_DATE_LIKE.match(level) is not None for level in sample) < 0.9 * len(sample):
        return None
    shape = Counter(map(_shape, sample)).most_common(1)[0][0]
    plain = list(levels)
    for pattern in _shaped(dated, marks.date_order).get(shape, ()):
        odd = _parse(plain, pattern).isna().to_numpy()
        if len(levels) - odd.sum() < _FEWEST or rows[odd].sum() > 0.01 * rows.sum():
            continue
        kept = (
            levels.where(~odd) if isinstance(levels, Texts) else [v for v, o in zip(plain, odd, strict=True) if not o]
        )
        found = parse_dates(kept, marks, dated=dated)
        if found is not None:
            return found, odd
    return None


@cache
def _shaped(dated: bool, order: str | None) -> Mapping[str, tuple[str, ...]]:
    """Return the patterns to try by the shape of what they write; a short year comes first where the user says so."""
    days = list(_DAYS) if dated else [day for day in _DAYS if not day.endswith("%y") or "/" in day or "%b" in day]
    if order == "year":
        days = [day.replace("%d", "%?").replace("%y", "%d").replace("%?", "%y") for day in _SHORT] + days
    found: dict[str, tuple[str, ...]] = {}
    for pattern in [day + clock for clock in _CLOCKS for day in days] + (list(_PACKED) if dated else [_PACKED[1]]):
        written = re.sub(r"%[bBp]", "a", re.sub(r"%[ymdHIMSf]", "9", pattern.replace("%Y", "9999")))
        shape = _shape(written)
        found[shape] = (*found.get(shape, ()), pattern)
    return found


def _parse(levels: Sequence[str], pattern: str) -> pd.Series:
    if isinstance(levels, Texts) and len(levels) > _MANY and (fast := _parse_many(levels, pattern)) is not None:
        return fast
    return pd.to_datetime(pd.Series(levels, dtype=object), format=pattern, errors="coerce")


def _parse_many(levels: Texts, pattern: str) -> pd.Series | None:
    """Return dates of fixed width, read by Arrow; None when one is written another way (then pandas decides)."""
    digits = {"%Y": "([0-9]{4})", **dict.fromkeys(("%m", "%d", "%H", "%M", "%S"), "([0-9]{2})")}
    parts = re.findall(r"%[A-Za-z]", pattern)
    if not set(parts) <= set(digits):
        return None
    regex = (
        "^" + re.sub(r"%[A-Za-z]", lambda part: digits[part.group()], re.sub(r"([.\[\]()])", r"\\\1", pattern)) + "$"
    )
    if not pc.all(pc.match_substring_regex(levels.array, regex)).as_py():
        return None
    clock = " %H:%M:%S" if "%S" in parts else " %H:%M" if "%H" in parts else ""
    iso = re.sub(r"%[A-Za-z]", lambda part: f"\\{parts.index(part.group()) + 1}", "%Y-%m-%d" + clock)
    texts = levels.array
    if pattern.replace("T", " ") != "%Y-%m-%d" + clock:
        texts = pc.replace_substring_regex(texts, pattern=regex, replacement=iso)
    try:
        return pd.Series(texts.cast(pa.timestamp("s")).cast(pa.timestamp("ns")).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        return None  # a day that there is not, or a year beyond what fits


def _shape(text: str) -> str:
    """Return the marks and the runs of digits and letters of a date, and whether a year of four digits leads.

    Texts of one shape can be read by the same patterns, so that few of them are tried.
    """
    leads = "Y" if _YEAR_FIRST.match(text) else ""
    return leads + _LETTERS.sub("a", _DIGITS.sub("9", text))


def _choose(whole: list[tuple[str, pd.Series]], order: str | None) -> Parsed:
    """Return the reading of the dates; where day and month could be swapped, as the file or the user says.

    Without a word from either: the one in which the dates stand in order, else the day first.
    """
    if order == "year" and (short := next((item for item in whole if item[0].startswith("%y")), None)) is not None:
        return _dates(short[1], short[0], "Dates read with the year first, as chosen.")
    pattern, values = whole[0]
    other = next((item for item in whole[1:] if item[0] == _swapped(pattern)), None)
    if other is None:
        return _dates(values, pattern, "")
    first = {"day": "%d", "month": "%m"}.get(order or "")
    if first is not None:
        pattern, values = (pattern, values) if pattern.startswith(first) else other
        return _dates(values, pattern, f"No date here shows whether day or month comes first; the {order} does.")
    if other[1].is_monotonic_increasing and not values.is_monotonic_increasing:
        pattern, values = other
    found = "day" if pattern.index("%d") < pattern.index("%m") else "month"
    return _dates(values, pattern, f"No date shows whether day or month comes first; read with the {found} first.")


def _swapped(pattern: str) -> str:
    return pattern.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")


def _parse_far(levels: Sequence[str], found: list[str]) -> Parsed | None:
    """Read dates of which a few are beyond what datetime64[ns] can hold (year 9999); those become missing."""
    from datetime import datetime

    days_only = [pattern for pattern in _shaped(False, None).get(_shape(levels[0]), ()) if pattern in _DAYS[:10]]
    for pattern in found or days_only:
        values = _parse(levels, pattern)
        lost = values.isna().to_numpy()
        if len(values) != len(levels) or lost.sum() > max(3, 0.05 * len(levels)) or lost.mean() > 0.5:
            continue
        try:
            for level in np.array(levels, dtype=object)[lost]:
                datetime.strptime(str(level), pattern)  # only the year decides: the value is not kept
        except ValueError:
            continue
        return Parsed(
            values.to_numpy(dtype="datetime64[ns]"), np.zeros(len(levels), dtype=bool), format=pattern,
            note="Dates after the year 2262 or before 1677 are read as missing.",
        )  # fmt: skip
    return None


def _some_zoned(levels: Sequence[str]) -> bool:
    if isinstance(levels, Texts):
        return bool(pc.any(pc.match_substring_regex(levels.array, r":[0-9]{2}.*(Z|UTC|GMT|[+-][0-9:]{2,5})$")).as_py())
    return any(":" in level and _OFFSET.search(level[10:]) for level in levels)


def _parse_zoned(levels: Sequence[str]) -> Parsed | None:
    """Read times with an offset: one offset keeps the local time, several are turned to UTC.

    A time without an offset among others with one is taken for UTC, and the note says how many there are.
    """
    offsets = [match.group(0) if (match := _OFFSET.search(level[10:])) else "" for level in levels]
    if not any(offsets):
        return None
    plain = [
        level[:10] + (_OFFSET.sub(_plain_offset, level[10:]) if offset else level[10:] + "Z")  # pandas guesses without
        for level, offset in zip(levels, offsets, strict=True)
    ]
    values = pd.to_datetime(pd.Series(plain, dtype=object), format="ISO8601", errors="coerce", utc=True)
    if values.isna().any():
        return None
    marked = "T" if "T" in levels[0] else " "
    fraction = ".%f" if any("." in level for level in levels) else ""
    seconds = any(
        level[: len(level) - len(offset)].count(":") >= 2 for level, offset in zip(levels, offsets, strict=True)
    )
    pattern = f"%Y-%m-%d{marked}{'%H:%M:%S' if seconds else '%H:%M'}{fraction}"
    kinds = set(offsets)
    if len(kinds) == 1:
        offset = kinds.pop()
        local = pd.to_datetime(
            pd.Series([p[: -len(_plain_offset(offset))] for p in plain], dtype=object), format="ISO8601"
        )
        return _dates(local, pattern + offset, "")
    naive = offsets.count("")
    note = "Several time zones; all times are now in UTC." if len(kinds - {""}) > 1 else "All times are now in UTC."
    if naive:
        note = f"{naive:,} of {len(levels):,} different times have no time zone and are taken for UTC. {note}"
    return _dates(values.dt.tz_localize(None), pattern + "+00:00", note)


def _plain_offset(match: re.Match[str] | str) -> str:
    """Return an offset as ISO 8601 writes it: " UTC" and " GMT" are "Z"."""
    offset = match if isinstance(match, str) else match.group(0)
    return "Z" if offset.strip() in ("UTC", "GMT") else offset.strip()


def _dates(values: pd.Series, pattern: str, note: str) -> Parsed:
    return Parsed(values.to_numpy(dtype="datetime64[ns]"), np.zeros(len(values), dtype=bool), format=pattern, note=note)
