"""How dates are written: strftime patterns, and what pandas and Arrow do not know of them, read and written.

A pattern may hold, besides the directives of strftime that a date needs:

* ``%-d``, ``%-m``, ``%-H``, ``%-I``: without a zero in front ("3/4/2024"),
* ``%P``: "am" and "pm" in small letters,
* ``%q``: the quarter, behind a Q ("2023-Q1").
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_NO_ZERO, _SMALL, _QUARTER = "\x01", "\x02", "\x03"  # marks in front of what is changed once it is written
_MANY = 1000
_FIELDS = {"%Y": r"\d{4}", "%y": r"\d{2}", "%f": r"\d+", **dict.fromkeys(("%M", "%S"), r"\d{2}")}
_PADDED = ("%d", "%m", "%H", "%I")
_FIRST_MONTHS = {"1": "01", "2": "04", "3": "07", "4": "10"}
QUARTERS = {
    "%YQ%q": r"\d{4}Q[1-4]", "%Yq%q": r"\d{4}q[1-4]", "%Y-Q%q": r"\d{4}-Q[1-4]", "%Y Q%q": r"\d{4} Q[1-4]",
    "%Y/Q%q": r"\d{4}/Q[1-4]", "%Y:Q%q": r"\d{4}:Q[1-4]", "Q%q %Y": r"Q[1-4] \d{4}", "Q%q-%Y": r"Q[1-4]-\d{4}",
    "Q%q/%Y": r"Q[1-4]/\d{4}", "Q%q%Y": r"Q[1-4]\d{4}",
}  # fmt: skip


def dates_written(stamps: pa.Array, pattern: str) -> pa.Array:
    """Return timestamps as text in the pattern; nulls stay null.

    >>> dates_written(pa.array([pd.Timestamp("2024-03-04 14:05")]), "%-m/%-d/%Y %-I:%M %P").to_pylist()
    ['3/4/2024 2:05 pm']
    """
    marked = re.sub(r"%-([a-zA-Z])", rf"{_NO_ZERO}%\1", pattern)
    marked = marked.replace("%P", f"{_SMALL}%p").replace("%q", f"{_QUARTER}%m")
    if "%f" in pattern:  # Arrow's %S writes the fraction of the unit itself
        texts = pc.strftime(stamps.cast(pa.timestamp("us"), safe=False), format=marked.replace(".%f", ""), locale="C")
    else:
        texts = pc.strftime(stamps.cast(pa.timestamp("s"), safe=False), format=marked, locale="C")
    if _NO_ZERO in marked:
        texts = pc.replace_substring_regex(texts, pattern=f"{_NO_ZERO}0?", replacement="")
    if _SMALL in marked:
        for half in ("am", "pm"):
            texts = pc.replace_substring(texts, pattern=f"{_SMALL}{half.upper()}", replacement=half)
    if _QUARTER in marked:
        for quarter, months in enumerate(("0[1-3]", "0[4-6]", "0[7-9]", "1[0-2]"), 1):
            texts = pc.replace_substring_regex(texts, pattern=f"{_QUARTER}{months}", replacement=str(quarter))
    return texts


def date_written(stamp: pd.Timestamp, pattern: str) -> str:
    """Return one timestamp as text in the pattern."""
    return str(dates_written(pa.array([stamp.to_datetime64().astype("datetime64[us]")]), pattern)[0].as_py())


def dates_read(texts: Sequence[str] | pd.Series, pattern: str | None) -> pd.Series:
    """Return texts that the pattern writes as datetime64[ns]; what it does not is missing.

    >>> dates_read(["Q3 2023", "Q5 2023"], "Q%q %Y").astype(str).to_list()
    ['2023-07-01', 'NaT']
    """
    values = pd.Series(texts, dtype=object)
    if pattern is not None and "%q" in pattern:
        values = values.str.replace(r"(?<=[Qq])\d", lambda found: _FIRST_MONTHS.get(found[0], "99"), regex=True)
    plain = None if pattern is None else plain_pattern(pattern)
    return pd.to_datetime(values, format=plain, errors="coerce")


def plain_pattern(pattern: str) -> str:
    """Return the pattern that pandas reads the same texts with; a quarter must have become its first month."""
    return pattern.replace("%-", "%").replace("%P", "%p").replace("%q", "%m")


def has_clock(pattern: str) -> bool:
    """Whether the pattern writes a time of day.

    >>> has_clock("%-m/%-d/%Y %-I:%M %p"), has_clock("%Y-Q%q")
    (True, False)
    """
    return re.search(r"%-?[HI]", pattern) is not None


def as_written(texts: Sequence[str], pattern: str) -> str:
    """Return the pattern with ``%-d`` and the like where these texts have no zero in front, and ``%P`` for "am".

    >>> as_written(["3/4/2024 2:05 pm", "12/31/2024 10:30 am"], "%m/%d/%Y %I:%M %p")
    '%-m/%-d/%Y %-I:%M %P'
    """
    parts = re.findall(r"%[A-Za-z]", pattern)
    loose = [part for part in _PADDED if part in parts]
    if not loose and "%p" not in parts:
        return pattern
    if len(texts) > _MANY and as_written(list(texts[:: len(texts) // 200]), pattern) == pattern:
        return pattern
    regex = re.sub(r"[.\[\]()]", r"\\\g<0>", pattern)
    regex = re.sub(r"%([A-Za-z])", lambda found: f"(?P<{found[1]}>{_field(found[0])})", regex)
    fields = pc.extract_regex(pa.array(list(texts), type=pa.large_string()), pattern=f"^{regex}$")
    for part in loose:
        field = pc.struct_field(fields, part[1])
        if pc.any(pc.equal(pc.utf8_length(field), 1)).as_py() and not pc.any(pc.starts_with(field, "0")).as_py():
            pattern = pattern.replace(part, f"%-{part[1]}")
    if "%p" in parts and pc.all(pc.utf8_is_lower(pc.struct_field(fields, "p"))).as_py():
        pattern = pattern.replace("%p", "%P")
    return pattern


def _field(part: str) -> str:
    return _FIELDS.get(part, r"\d{1,2}" if part in _PADDED else r"[^\d\s]+")
