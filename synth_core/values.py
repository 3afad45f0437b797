"""From the words of a column to numbers, dates and missing cells; every test runs on distinct words only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

TOKENS = frozenset([
    "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "NaT", "<NA>", "null", "NULL", "-", "--",
])  # fmt: skip
# Clear only where everything else is a number or a date: "None" is a real answer in many categories.
NUMERIC_TOKENS = frozenset([
    "None", "none", "na", "N.A.", "n.a.", ".", "#DIV/0!", "#VALUE!", "#NUM!", "#REF!", "#NULL!",
    "inf", "-inf", "Inf", "-Inf", "Infinity", "-Infinity",
])  # fmt: skip

_NUMBER_LIKE = re.compile(r"[+-]?(\d[\d.,' \u00a0\u202f]*|[.,]\d+)([eE][+-]?\d+)?")
_COMMA_DECIMAL = re.compile(r"[+-]?(\d+|\d{1,3}([. \u00a0\u202f']\d{3})+)?(,\d+)?([eE][+-]?\d+)?")
_POINT_THOUSANDS = re.compile(r"[+-]?(\d+|\d{1,3}([, \u00a0\u202f']\d{3})+)(\.\d+)?")
_DATE_LIKE = re.compile(
    r"\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{1,2}[ -][A-Za-z]{3,9}[ -]\d{2,4}"
    r"|[A-Za-z]{3,9} \d{1,2},? \d{4}|\d{8}$|\d{8}T\d{4,6}"
)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$")

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
)
_DAYS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%m.%d.%Y",
    "%d %b %Y", "%d-%b-%Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y", "%d-%b-%y", "%d/%m/%y", "%m/%d/%y",
    "%d.%m.%y", "%d-%m-%y",
)  # fmt: skip
_PACKED = ("%Y%m%d", "%Y%m%dT%H%M%S")


@dataclass(frozen=True)
class Marks:
    """How numbers and dates are written in a text; None: guessed from the whole column.

    ``decimal``: "." or ","; ``thousands``: "," "." " " or "'"; ``date_order``: what comes first, "day", "month" or
    "year".
    """

    decimal: str | None = None
    thousands: str | None = None
    date_order: str | None = None


GUESSED = Marks()


@dataclass(frozen=True)
class Words:
    """A column as distinct words: ``codes`` (one per row, -1 missing), ``levels`` (str), ``counts`` per level."""

    codes: npt.NDArray[np.int64]
    levels: npt.NDArray[np.object_]
    counts: npt.NDArray[np.int64]

    @classmethod
    def of(cls, values: npt.NDArray[np.object_]) -> Words:
        """Return the words of an object array of str, with None or NaN where missing."""
        codes, levels = pd.factorize(values)
        return cls.coded(np.asarray(codes, dtype=np.int64), np.asarray(levels, dtype=object))

    @classmethod
    def coded(cls, codes: npt.NDArray[np.int64], levels: npt.NDArray[np.object_]) -> Words:
        """Return words from codes and levels, counted."""
        return cls(codes, levels, np.bincount(codes[codes >= 0], minlength=len(levels)).astype(np.int64))

    @property
    def present(self) -> int:
        """Cells that are not missing."""
        return int(self.counts.sum())

    def without(self, gone: npt.NDArray[np.bool_]) -> Words:
        """Return the words with these levels made missing."""
        if not gone.any():
            return self
        new = np.where(gone, -1, np.cumsum(~gone) - 1)
        codes = np.where(self.codes < 0, -1, new[self.codes]).astype(np.int64)
        return Words(codes, self.levels[~gone], self.counts[~gone])

    def values(self) -> npt.NDArray[np.object_]:
        """Return the cells: str, None where missing."""
        return take(np.array([*self.levels, None], dtype=object), self.codes)

    def rows_of(self, wanted: npt.NDArray[np.bool_], most: int = 3) -> list[int]:
        """Return the first rows (1-based, the header not counted) whose level is wanted."""
        hit = np.append(wanted, False)[self.codes]
        return [int(row) + 1 for row in np.flatnonzero(hit)[:most]]

    def spread(self, most: int) -> list[str]:
        """Return at most ``most`` levels, evenly spread over the column."""
        step = max(1, len(self.levels) // most)
        return [str(level) for level in self.levels[::step][:most]]


def take(levels: npt.NDArray[np.object_], codes: npt.NDArray[np.int64]) -> npt.NDArray[np.object_]:
    """Return ``levels[codes]`` (-1 takes the last)."""
    return np.asarray(levels[codes], dtype=object)


def stripped(words: Words) -> list[str]:
    """Return the levels without spaces around them."""
    return [str(level).strip() for level in words.levels]


def in_set(levels: Sequence[str], wanted: frozenset[str] | set[str]) -> npt.NDArray[np.bool_]:
    """Return where a level is one of ``wanted``."""
    return np.fromiter((level in wanted for level in levels), dtype=np.bool_, count=len(levels))


@dataclass(frozen=True)
class Parsed:
    """Levels as numbers or dates. ``odd``: levels that are neither; ``whole``: all are whole numbers."""

    values: npt.NDArray[np.generic]
    odd: npt.NDArray[np.bool_]
    whole: bool = False
    pointed: bool = False
    format: str | None = None
    note: str = ""


def has_leading_zero(levels: Sequence[str]) -> bool:
    """Whether a level is digits with a zero in front ("007"): a code, whatever the rest looks like."""
    return any(len(level) > 1 and level[0] == "0" and level.isdigit() for level in levels)


def parse_numbers(levels: Sequence[str], marks: Marks = GUESSED) -> Parsed:
    """Return the levels as float64, or int64 when all are whole numbers without a point.

    A decimal mark that is not given is guessed from the column ("1,5" can only be a decimal comma).
    """
    decimal = marks.decimal
    array = np.array(levels, dtype=object)
    values = np.asarray(pd.to_numeric(array, errors="coerce")) if len(array) else np.zeros(0)
    note = ""
    if values.dtype.kind in "iu" and values.dtype != np.uint64:
        return Parsed(values.astype(np.int64), np.zeros(len(array), dtype=bool), whole=True)
    values = values.astype(np.float64)
    odd = ~np.isfinite(values)
    if decimal == "," or (odd.any() and decimal != "." and _looks_marked(levels, odd)):
        values, odd, note = _with_marks(levels, values, odd, decimal)
    good = values[~odd]
    # Beyond 2**53 a float cannot hold every whole number: such digits are a code.
    whole = bool(len(good)) and bool(np.all(good == np.rint(good))) and bool(np.all(np.abs(good) < 2**53))
    pointed = any("." in level or "e" in level or "E" in level for level in levels) or bool(note)
    if len(good) and not whole and not pointed and bool(np.any(np.abs(good) >= 2**53)):
        odd = np.ones(len(array), dtype=bool)
    return Parsed(values, odd, whole=whole, pointed=pointed, note=note)


def _looks_marked(levels: Sequence[str], odd: npt.NDArray[np.bool_]) -> bool:
    """Whether most levels that did not parse are digits with commas, points or spaces in them."""
    left = [levels[i] for i in np.flatnonzero(odd)[:200]]
    return sum(1 for level in left if _NUMBER_LIKE.fullmatch(level)) > 0.5 * len(left)


def _with_marks(
    levels: Sequence[str], values: npt.NDArray[np.float64], odd: npt.NDArray[np.bool_], decimal: str | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], str]:
    """Read decimal commas or thousands marks, whichever explains more levels."""
    ways = [","] if decimal == "," else [".", ","]
    best, explained, words = (values, odd, ""), int((~odd).sum()), {".": "thousands marks", ",": "decimal commas"}
    for way in ways:
        pattern, drop = (_COMMA_DECIMAL, ". \u00a0\u202f'") if way == "," else (_POINT_THOUSANDS, ", \u00a0\u202f'")
        table = str.maketrans(dict.fromkeys(drop, "") | ({",": "."} if way == "," else {}))
        clean = np.array([v.translate(table) if pattern.fullmatch(v) else "" for v in levels], dtype=object)
        tried = np.asarray(pd.to_numeric(clean, errors="coerce"), dtype=np.float64)
        if int(np.isfinite(tried).sum()) > explained or decimal == ",":
            changed = any("," in level for level in levels)
            best = (tried, ~np.isfinite(tried), f"Numbers have {words[way]}." if changed else "")
            explained = int(np.isfinite(tried).sum())
    return best


def parse_dates(levels: Sequence[str], marks: Marks = GUESSED, *, dated: bool = False) -> Parsed | None:
    """Return the levels as datetime64[ns] with the strftime pattern that reads them all; None when none does.

    ``dated``: the header speaks of a date, so that 20240131 and 31.01.24 count as well.
    """
    if not levels or not all(_DATE_LIKE.match(level) for level in levels[:5]):
        return None
    sample = list(levels[:: max(1, len(levels) // 40)])
    zoned = _parse_zoned(levels) if all(_OFFSET.search(level) and ":" in level for level in sample) else None
    if zoned is not None:
        return zoned
    found = [pattern for pattern in _candidates(dated) if not _parse(sample, pattern).isna().any()]
    whole = [(pattern, _parse(levels, pattern)) for pattern in found]
    whole = [(pattern, values) for pattern, values in whole if not values.isna().any()]
    if whole:
        return _choose(whole)
    far = _parse_far(levels, found)
    if far is not None:
        return far
    iso = pd.to_datetime(pd.Series(levels), format="ISO8601", errors="coerce") if "-" in levels[0] else None
    if iso is not None and not iso.isna().any() and iso.dt.tz is None:
        note = "Dates with and without a time of day; written back with one."
        return _dates(iso, "%Y-%m-%d %H:%M:%S", note)
    return None


def _candidates(dated: bool) -> list[str]:
    days = _DAYS if dated else [day for day in _DAYS if not day.endswith("%y") or "/" in day or "%b" in day]
    return [day + clock for clock in _CLOCKS for day in days] + (list(_PACKED) if dated else [_PACKED[1]])


def _parse(levels: Sequence[str], pattern: str) -> pd.Series:
    if not _possible(levels[0], pattern):
        return pd.Series([pd.NaT])
    return pd.to_datetime(pd.Series(levels, dtype=object), format=pattern, errors="coerce")


def _possible(level: str, pattern: str) -> bool:
    """Whether the pattern has the marks and the runs of digits and letters that the level has: spares parsing."""
    return _shape(re.sub(r"%[bBp]", "a", re.sub(r"%[YymdHIMSf]", "9", pattern))) == _shape(level)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))


def _choose(whole: list[tuple[str, pd.Series]]) -> Parsed:
    """Return the reading of the dates; where day and month could be swapped, the one in order, else day first."""
    pattern, values = whole[0]
    other = next((item for item in whole[1:] if item[0] == _swapped(pattern)), None)
    if other is None:
        return _dates(values, pattern, "")
    if other[1].is_monotonic_increasing and not values.is_monotonic_increasing:
        pattern, values = other
    order = "day" if pattern.index("%d") < pattern.index("%m") else "month"
    return _dates(values, pattern, f"No date shows whether day or month comes first; read with the {order} first.")


def _swapped(pattern: str) -> str:
    return pattern.replace("%d", "%?").replace("%m", "%d").replace("%?", "%m")


def _parse_far(levels: Sequence[str], found: list[str]) -> Parsed | None:
    """Read dates of which a few are beyond what datetime64[ns] can hold (year 9999); those become missing."""
    from datetime import datetime

    for pattern in found or [p for p in _candidates(False)[:10] if _possible(levels[0], p)]:
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


def _parse_zoned(levels: Sequence[str]) -> Parsed | None:
    """Read dates with an offset: one offset keeps the local time, several are turned to UTC."""
    offsets = {match.group(0) if (match := _OFFSET.search(level)) else "" for level in levels}
    values = pd.to_datetime(pd.Series(levels, dtype=object), format="ISO8601", errors="coerce", utc=True)
    if values.isna().any() or "" in offsets:
        return None
    marked = "T" if "T" in levels[0] else " "
    fraction = ".%f" if any("." in level for level in levels) else ""
    clock = "%H:%M" if not fraction and levels[0].count(":") - int(":" in levels[0][-6:-2]) < 2 and (
        levels[0].endswith("Z") and levels[0].count(":") == 1
    ) else "%H:%M:%S"  # fmt: skip
    pattern = f"%Y-%m-%d{marked}{clock}{fraction}"
    if len(offsets) == 1:
        offset = next(iter(offsets))
        local = values if offset == "Z" else pd.to_datetime(pd.Series(levels, dtype=object), format="ISO8601")
        return _dates(local.dt.tz_localize(None), pattern + offset, "")
    return _dates(values.dt.tz_localize(None), pattern + "+00:00", "Several time zones; all times are now in UTC.")


def _dates(values: pd.Series, pattern: str, note: str) -> Parsed:
    return Parsed(values.to_numpy(dtype="datetime64[ns]"), np.zeros(len(values), dtype=bool), format=pattern, note=note)
