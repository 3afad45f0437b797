"""Numbers that are written with a unit, a clock or a date's digits: read as numbers, and written back alike.

A column's ``format`` says how its numbers were written:

* ``"$#,##0.00"``, ``"#.##0,00 EUR"``, ``"0.##%"``: number patterns as spreadsheets have them (``#`` after the decimal
  mark: as many digits as needed; ``;(`` at the end: negative amounts in brackets, ``;-`` the sign after the symbol),
* ``"[hh]:mm"``, ``"[h]:mm:ss"``, ``"[hh].mm.ss"``: minutes or seconds as a clock; hours may go beyond 24,
* ``"[h]:mm AM/PM"``, ``"[hh]:mm:ssam/pm"``: minutes or seconds since midnight on a clock of twelve hours,
* ``"@excel"``, ``"@s"``, ``"@ms"``: dates as days since 1899-12-30, or as (milli)seconds since 1970.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.date_patterns import QUARTERS, date_written, dates_read
from synth_core.words import Parsed


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CURRENCY = _set(
    "$ € £ ¥ ₹ ₽ ₩ ₺ ₪ ฿ R$ US$ A$ C$ Rs Rs. kr kr. Kr zł Kč Ft CHF Fr. USD EUR GBP JPY CNY INR RUB BRL CAD AUD NZD SEK"
    " NOK DKK PLN CZK HUF TRY ZAR MXN KRW SGD HKD ILS Euro euro EURO"
)
_MEASURES = _set(
    "% ‰ kg g mg µg lb lbs oz t km m cm mm mi mile miles ft in l L ml cl gal h hr hrs hours min mins minutes s sec secs"
    " seconds ms days months years yrs weeks kWh MWh Wh kW W MW V A mAh Hz kHz MHz GHz B KB MB GB TB kB °C °F °C. K mph"
    " km/h kmph kph knots m/s bhp hp HP PS CC cc kmpl mpg km/kg Nm bpm mmHg hPa mbar mg/dl mg/dL mmol/l mmol/L g/l IU"
    " px m2 m² sqm sqft ha acres km2 km² ppm ppb dB lx pts points pages"
)
_SHAPE = re.compile(
    r"(?P<open>\(\s?)?(?P<sign>[+-]?)(?P<prefix>[^\d\s().,'+-]{0,4}\.?\s?)(?P<inner>-?)"
    r"(?P<body>\d[\d.,'\u00a0\u202f ]*\d|\d|\.\d+)(?P<suffix>\s?[^\d\s().,'+-][^\d()]{0,8}?|\s?m2|\s?km2)?\)?"
)
_GROUPS = {mark: re.compile(rf"\d{{1,3}}({re.escape(mark)}\d{{3}})+") for mark in ",.' \u00a0\u202f"}
_CLOCK = re.compile(r"(\d{1,3})([:.])([0-5]\d)(?:\2([0-5]\d))?")
_PATTERN = re.compile(
    r"(?P<prefix>[^#0\[]*)(?:#(?P<thousands>[^#0])##)?0(?:(?P<decimal>[.,])(?P<least>0*)(?P<more>#*))?"
    r"(?P<suffix>[^#0;]*)(?P<negative>;.)?"
)
_HALF_CLOCK = re.compile(r"(1[0-2]|0?[1-9]):([0-5]\d)(?::([0-5]\d))?( ?)([AP]M|[ap]m|[ap]\.m\.)")
_CLOCK_PATTERN = re.compile(r"\[(h+)\]([:.])mm(?:[:.](ss))?(?:( ?)(AM/PM|am/pm|a\.m\./p\.m\.))?")
_MONTHS = {
    "%Y-%m": r"(19|20)\d\d-(0[1-9]|1[0-2])", "%Y/%m": r"(19|20)\d\d/(0[1-9]|1[0-2])",
    "%m/%Y": r"(0[1-9]|1[0-2])/(19|20)\d\d", "%m-%Y": r"(0[1-9]|1[0-2])-(19|20)\d\d",
    "%m.%Y": r"(0[1-9]|1[0-2])\.(19|20)\d\d", "%b %Y": r"[A-Z][a-z]{2} (19|20)\d\d",
    "%b-%Y": r"[A-Z][a-z]{2}-(19|20)\d\d", "%b-%y": r"[A-Z][a-z]{2}-\d\d", "%B %Y": r"[A-Z][a-z]{2,8} (19|20)\d\d",
}  # fmt: skip
_FEW_CLOCKS = 48  # so few times of day are hours of a timetable: categories
_EXCEL_ZERO = np.datetime64("1899-12-30", "ns")


@dataclass(frozen=True)
class NumberFormat:
    """How the numbers of a column are written."""

    prefix: str = ""
    suffix: str = ""
    thousands: str = ""
    decimal: str = "."
    least: int = 0
    most: int = 0
    negative: str = ""

    @classmethod
    def of(cls, pattern: str) -> NumberFormat | None:
        """Return the format that a pattern describes; None when it is none of numbers.

        >>> NumberFormat.of("$#,##0.00").write(-1234.5)
        '-$1,234.50'
        """
        found = _PATTERN.fullmatch(pattern)
        if found is None:
            return None
        least, more = len(found["least"] or ""), len(found["more"] or "")
        return cls(
            found["prefix"], found["suffix"], found["thousands"] or "", found["decimal"] or ".", least, least + more,
            (found["negative"] or "")[1:],
        )  # fmt: skip

    def __str__(self) -> str:
        whole = f"#{self.thousands}##0" if self.thousands else "0"
        point = self.decimal + "0" * self.least + "#" * (self.most - self.least) if self.most else ""
        return f"{self.prefix}{whole}{point}{self.suffix}" + (f";{self.negative}" if self.negative else "")

    def write(self, value: float) -> str:
        """Return a number as the source wrote its numbers."""
        digits = f"{abs(value):,.{self.most}f}"
        whole, _, fraction = digits.partition(".")
        kept = fraction.rstrip("0") if self.least < self.most else fraction
        fraction = kept.ljust(self.least, "0")
        body = whole.replace(",", self.thousands) + (self.decimal + fraction if fraction else "")
        if value < 0 and any(c in "123456789" for c in body):
            if self.negative == "(":
                return f"({self.prefix}{body}{self.suffix})"
            return (
                f"{self.prefix}-{body}{self.suffix}" if self.negative == "-" else f"-{self.prefix}{body}{self.suffix}"
            )
        return f"{self.prefix}{body}{self.suffix}"


def parse_units(levels: Sequence[str], decimal: str | None = None) -> Parsed | None:
    """Return words such as "$1,234.50", "12 %" or "1:30" as numbers, with their ``format``; None when they are not.

    All levels must be written with the same unit. ``decimal``: the decimal mark, where it is known.
    """
    if len(levels) < 3:
        return None
    step = max(1, len(levels) // 20)
    if all(_CLOCK.fullmatch(level) for level in levels[::step]):
        return _parse_clock(levels)
    if all(_HALF_CLOCK.fullmatch(level) for level in levels[::step]):
        return _parse_half_clock(levels)
    sample = [_SHAPE.fullmatch(level) for level in levels[::step]]
    if any(found is None for found in sample):
        return None
    if len(levels) > 1000 and _parse_amounts(list(levels[::step]), decimal) is None:
        return None  # a million words are not split to learn that the first few are no amounts
    return _parse_amounts(levels, decimal)


def _parse_amounts(levels: Sequence[str], decimal: str | None) -> Parsed | None:
    found = [_SHAPE.fullmatch(level) for level in levels]
    parts = [one for one in found if one is not None]
    if len(parts) < len(levels):
        return None
    affixes = {(one["prefix"], one["suffix"] or "") for one in parts}
    bracketed = any(one["open"] for one in parts)
    if len(affixes) != 1:
        return None
    prefix, suffix = affixes.pop()
    money = prefix.strip() in _CURRENCY or suffix.strip() in _CURRENCY
    if prefix.strip() and prefix.strip() not in _CURRENCY:
        return None
    if suffix.strip() and suffix.strip() not in _CURRENCY | _MEASURES:
        return None
    if not (prefix or suffix or bracketed) or (
        not money and suffix.strip() not in ("%", "‰", "") and len(levels) <= 10
    ):
        return None  # "36 months" / "60 months": the words of two answers
    form = _digits([one["body"] for one in parts], decimal, money=money)
    if form is None:
        return None
    values, thousands, point, least, most = form
    signs = np.array([-1.0 if one["open"] or "-" in one["sign"] + one["inner"] else 1.0 for one in parts])
    negative = "(" if bracketed else "-" if any(one["inner"] for one in parts) else ""
    pattern = str(NumberFormat(prefix, suffix, thousands, point, least, most, negative))
    values = values * signs
    whole = bool(np.all(values == np.rint(values))) and bool(np.all(np.abs(values) < 2**53))
    unit = prefix.strip() or suffix.strip()
    note = f"Numbers written with '{unit}'; written back alike." if unit else "Negative numbers stand in brackets."
    return Parsed(values, np.zeros(len(levels), dtype=bool), whole=whole, pointed=True, format=pattern, note=note)


def _digits(
    bodies: list[str], decimal: str | None, *, money: bool
) -> tuple[npt.NDArray[np.float64], str, str, int, int] | None:
    """Return the values of digits with marks in them, the thousands mark, the decimal mark and its digits."""
    points, commas = any("." in b for b in bodies), any("," in b for b in bodies)
    mark = decimal or "."
    if decimal is None and commas:
        both = next((b for b in bodies if "." in b and "," in b), None)
        if both is not None:
            mark = "," if both.rindex(",") > both.rindex(".") else "."
        elif not points:
            mark = "." if all(_GROUPS[","].fullmatch(b) for b in bodies if "," in b) else ","
    elif decimal is None and points and money and all(_GROUPS["."].fullmatch(b) for b in bodies if "." in b):
        mark = ","  # money has no three decimals: "1.500 EUR" is fifteen hundred
    other = {".": ",", ",": "."}[mark]
    thousands = next((m for m in (other, "'", "\u00a0", "\u202f", " ") if any(m in b for b in bodies)), "")
    plain = [b.replace(thousands, "") if thousands else b for b in bodies]
    if thousands and not all(_GROUPS[thousands].fullmatch(b.split(mark)[0]) for b in bodies if thousands in b):
        return None
    places = [len(b.partition(mark)[2]) for b in plain]
    try:
        values = np.array([float(b.replace(mark, ".")) for b in plain])
    except ValueError:
        return None
    return values, thousands, mark, min(places), max(places)


def _parse_clock(levels: Sequence[str]) -> Parsed | None:
    found = [one for one in (_CLOCK.fullmatch(level) for level in levels) if one is not None]
    if len(found) < len(levels) or len(levels) <= _FEW_CLOCKS:
        return None
    if len({(one[2], one[4] is None) for one in found}) > 1 or (found[0][2] == "." and found[0][4] is None):
        return None
    seconds = found[0][4] is not None
    values = np.array(
        [(int(one[1]) * 60 + int(one[3])) * (60 if seconds else 1) + int(one[4] or 0) for one in found], dtype=np.int64
    )
    width = 2 if all(len(one[1]) >= 2 for one in found) else 1
    pattern = f"[{'h' * width}]{found[0][2]}mm" + (f"{found[0][2]}ss" if seconds else "")
    note = f"Times, read as {'seconds' if seconds else 'minutes'}; written back as they were."
    return Parsed(values, np.zeros(len(levels), dtype=bool), whole=True, pointed=True, format=pattern, note=note)


def _parse_half_clock(levels: Sequence[str]) -> Parsed | None:
    """Return times such as "2:05 PM" as minutes or seconds since midnight; None when one is written another way."""
    found = [one for one in (_HALF_CLOCK.fullmatch(level) for level in levels) if one is not None]
    if len(found) < len(levels) or len(levels) <= _FEW_CLOCKS:
        return None
    if len({(one[3] is None, one[4], one[5][0].isupper(), one[5][1:]) for one in found}) > 1:
        return None
    seconds = found[0][3] is not None
    values = np.array([_since_midnight(one) for one in found], dtype=np.int64)
    width = 2 if all(len(one[1]) == 2 for one in found) else 1
    half = {"M": "AM/PM", "m": "am/pm"}.get(found[0][5][1:], "a.m./p.m.")
    pattern = f"[{'h' * width}]:mm{':ss' if seconds else ''}{found[0][4]}{half}"
    note = f"Times, read as {'seconds' if seconds else 'minutes'} since midnight; written back as they were."
    return Parsed(values, np.zeros(len(levels), dtype=bool), whole=True, pointed=True, format=pattern, note=note)


def _since_midnight(one: re.Match[str]) -> int:
    """Return the minutes since midnight of a time on a clock of twelve hours; the seconds where it has some."""
    minutes = (int(one[1]) % 12 + 12 * (one[5][0] in "Pp")) * 60 + int(one[2])
    return minutes * 60 + int(one[3]) if one[3] is not None else minutes


# -- writing back -----------------------------------------------------------------------------------------------


def written(array: pa.Array, pattern: str) -> pa.Array:
    """Return numbers as text in the pattern; nulls stay null."""
    codes = array.dictionary_encode()
    form, clock = NumberFormat.of(pattern), _CLOCK_PATTERN.fullmatch(pattern)
    values = codes.dictionary.to_pylist()
    if clock is not None:
        texts = [_as_clock(value, clock) for value in values]
    elif form is not None:
        texts = [form.write(value) for value in values]
    else:
        return array.cast(pa.string())
    return pc.take(pa.array(texts, type=pa.string()), codes.indices)


def written_like(pattern: str | None) -> str:
    """Return an example of how a column's values are written; nothing for plain numbers and words.

    >>> written_like("#.##0,00 EUR"), written_like("%d-%m-%Y"), written_like(None)
    ('1.234,50 EUR', '31-12-2026', '')
    """
    if not pattern:
        return ""
    if pattern.startswith("@"):
        return {"@excel": "46022 (a day's number)"}.get(pattern, "1767225600 (seconds)" if pattern == "@s" else "")
    if "%" in pattern and any(f"%{letter}" in pattern for letter in "YymdbBHj"):
        return date_written(pd.Timestamp(2026, 12, 31, 18, 5), pattern)
    example = 125 if pattern.startswith("[") else 12.5 if "%" in pattern else 1234.5
    return str(written(pa.array([example], type=pa.float64()), pattern)[0].as_py())


def _as_clock(value: float, clock: re.Match[str]) -> str:
    hour = 3600 if clock[3] else 60
    whole, half = max(0, round(value)), ""
    if clock[5] is not None:
        whole = min(whole, 24 * hour - 1)
        half = clock[4] + clock[5].split("/")[whole >= 12 * hour]
    hours, rest = divmod(whole, hour)
    if half:
        hours = (hours - 1) % 12 + 1
    parts = [
        f"{hours:0{len(clock[1])}d}",
        *([f"{rest // 60:02d}", f"{rest % 60:02d}"] if clock[3] else [f"{rest:02d}"]),
    ]
    return clock[2].join(parts) + half


def read_written(array: pa.Array, pattern: str) -> pa.Array:
    """Return text that :func:`written` made as float64; what is no such text is null."""
    codes = array.dictionary_encode()
    values = [_value(text, pattern) for text in codes.dictionary.to_pylist()]
    return pc.take(pa.array(values, type=pa.float64()), codes.indices)


def _value(text: str, pattern: str) -> float | None:
    clock, form = _CLOCK.fullmatch(text.strip()), NumberFormat.of(pattern)
    if pattern.startswith("["):
        if (half := _HALF_CLOCK.fullmatch(text.strip())) is not None:
            return float(_since_midnight(half))
        if clock is None:
            return None
        whole = int(clock[1]) * 60 + int(clock[3])
        return float(whole * 60 + int(clock[4])) if clock[4] else float(whole)
    found = _SHAPE.fullmatch(text.strip())
    if found is None or form is None:
        return None
    body = found["body"].replace(form.thousands, "") if form.thousands else found["body"]
    try:
        value = float(body.replace(form.decimal, "."))
    except ValueError:
        return None
    return -value if found["open"] or "-" in found["sign"] + found["inner"] else value


# -- dates ------------------------------------------------------------------------------------------------------


def parse_months(levels: Sequence[str]) -> Parsed | None:
    """Return months ("2024-03", "Mar 2024") and quarters ("2024-Q1") as the dates of their first days, else None."""
    if not levels:
        return None
    for pattern, shape in (_MONTHS | QUARTERS).items():
        compiled = re.compile(shape)
        if compiled.fullmatch(levels[0]) and all(compiled.fullmatch(level) for level in levels):
            values = dates_read(list(levels), pattern)
            if not values.isna().any():
                stamps = values.to_numpy(dtype="datetime64[ns]")
                note = "Quarters, read as their first days." if "%q" in pattern else "Months, without a day."
                return Parsed(stamps, np.zeros(len(levels), dtype=bool), format=pattern, note=note)
    return None


def dates_in_numbers(words: Sequence[str], values: npt.NDArray[np.generic]) -> Parsed | None:
    """Return whole numbers that are dates: 20240131, or by the header's ``words`` serial days and seconds.

    Eight digits are dates without a word in the header when a dozen or more of them all exist in the calendar (of
    random ones a third of a hundredth does). Spreadsheet serials and seconds since 1970 look like any other number,
    so the header must speak of a date or of a timestamp.
    """
    whole = np.asarray(values, dtype=np.float64)
    if not len(whole) or not np.isfinite(whole).all():
        return None
    dated = bool(_DATED.intersection(words))
    low, high = float(whole.min()), float(whole.max())
    integral = bool(np.all(whole == np.rint(whole)))
    if integral and low >= 19_000_101 and high <= 21_001_231 and (dated or len(whole) >= 12):
        return _packed(whole, "%Y%m%d")
    if integral and low >= 190_001 and high <= 210_012 and {"month", "monat", "period", "yearmonth", "ym"} & set(words):
        return _packed(whole, "%Y%m")
    if dated and low >= 20_000 and high <= 60_000 and len(whole) >= 2:
        stamps = _EXCEL_ZERO + (whole * 86_400_000_000_000).astype("timedelta64[ns]")
        return _plain_dates(stamps, "@excel", "Spreadsheet day numbers, read as dates; written back as numbers.")
    if _STAMPED.intersection(words) or dated:
        for pattern, scale in (("@s", 1e9), ("@ms", 1e6)):
            if low * scale >= 3e17 and high * scale <= 4.2e18:  # 1979 to 2103
                stamps = (whole * scale).astype(np.int64).astype("datetime64[ns]")
                unit = "Seconds" if pattern == "@s" else "Milliseconds"
                return _plain_dates(stamps, pattern, f"{unit} since 1970, read as dates; written back as numbers.")
    return None


_DATED = frozenset(["date", "datum", "dates", "day", "fecha", "dato", "dt", "geburtsdatum", "birthdate", "dob"])
_STAMPED = frozenset(["timestamp", "epoch", "unix", "unixtime", "ts", "time", "datetime", "created", "updated"])


def _packed(whole: npt.NDArray[np.float64], pattern: str) -> Parsed | None:
    texts = pd.Series(whole.astype(np.int64).astype(str), dtype=object)
    values = pd.to_datetime(texts, format=pattern, errors="coerce")
    if values.isna().any():
        return None
    return _plain_dates(values.to_numpy(dtype="datetime64[ns]"), pattern, "")


def _plain_dates(stamps: npt.NDArray[np.datetime64], pattern: str, note: str) -> Parsed:
    return Parsed(stamps, np.zeros(len(stamps), dtype=bool), format=pattern, note=note)


def dates_as_numbers(stamps: pa.Array, pattern: str) -> pa.Array:
    """Return timestamps as the numbers of an ``@`` pattern (float64)."""
    micros = stamps.cast(pa.timestamp("us")).cast(pa.int64()).cast(pa.float64())
    if pattern == "@excel":
        zero = int(_EXCEL_ZERO.astype("datetime64[us]").astype(np.int64))
        return pc.divide(pc.subtract(micros, float(zero)), 86_400e6)
    return pc.floor(pc.divide(micros, 1e6 if pattern == "@s" else 1e3))


def numbers_as_dates(array: pa.Array, pattern: str) -> pd.Series:
    """Return the dates that :func:`dates_as_numbers` turned to numbers, as datetime64[ns]."""
    values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    scale = {"@excel": 86_400e6, "@s": 1e6, "@ms": 1e3}[pattern]
    micros = np.rint(np.where(np.isnan(values), 0, values) * scale).astype("timedelta64[us]")
    zero = _EXCEL_ZERO if pattern == "@excel" else np.datetime64("1970-01-01", "ns")
    stamps = (zero.astype("datetime64[us]") + micros).astype("datetime64[ns]")
    return pd.Series(np.where(np.isnan(values), np.datetime64("NaT"), stamps))
