"""From the words of a column to numbers and missing cells; every test runs on distinct words only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.dates import parse_dates, parse_most_dates
from synth_core.words import GUESSED, Marks, Parsed, Texts, Words, in_set, stripped, take

__all__ = [
    "GUESSED", "NUMERIC_TOKENS", "TOKENS", "Marks", "Parsed", "Texts", "Words", "beyond_numbers",
    "cells_as_numbers", "has_leading_zero",
    "in_set", "parse_dates", "parse_most_dates", "parse_numbers", "stripped", "take",
]  # fmt: skip

TOKENS = frozenset([
    "?", "NA", "N/A", "n/a", "#N/A", "NaN", "nan", "NAN", "NaT", "<NA>", "null", "NULL", "-", "--",
])  # fmt: skip
# Clear only where everything else is a number or a date: "None" is a real answer in many categories.
NUMERIC_TOKENS = frozenset([
    "None", "none", "na", "N.A.", "n.a.", ".", "#DIV/0!", "#VALUE!", "#NUM!", "#REF!", "#NULL!",
    "inf", "-inf", "Inf", "-Inf", "Infinity", "-Infinity",
])  # fmt: skip

_NUMBER_LIKE = re.compile(r"[+-]?(\d[\d.,' \u00a0\u202f]*|[.,]\d+)([eE][+-]?\d+)?")
_ANY_NUMBER = r"^[+-]?([0-9][0-9.,' \x{00a0}\x{202f}]*|[.,][0-9]+)([eE][+-]?[0-9]+)?$"
_HUGE = re.compile(r"[eE][+-]?\d{5}")
_GAPS = " \u00a0\u202f"


def has_leading_zero(levels: Sequence[str]) -> bool:
    """Whether a level is digits with a zero in front ("007"): a code, whatever the rest looks like."""
    if isinstance(levels, Texts):
        return bool(pc.any(pc.match_substring_regex(levels.array, r"^0\d+$")).as_py())
    return any(len(level) > 1 and level[0] == "0" and level.isdigit() for level in levels)


def cells_as_numbers(cells: Sequence[Any]) -> npt.NDArray[Any]:
    """Return cells (texts, numbers or None) as numbers, NaN where one is none; whole when all of them are.

    An exponent of five digits and more ("4343e62739138102", as in hashes) is no number: the parser of pandas reads
    past its buffers on it, and the process dies.
    """
    bounded = [None if isinstance(c, str) and len(c) > 6 and _HUGE.search(c) else c for c in cells]
    array = np.array(bounded, dtype=object)
    return np.asarray(pd.to_numeric(array, errors="coerce")) if len(array) else np.zeros(0)


def parse_numbers(levels: Sequence[str], marks: Marks = GUESSED) -> Parsed:
    """Return the levels as float64, or int64 when all are whole numbers without a point.

    A decimal mark that is not given is guessed from the column ("1,5" can only be a decimal comma).
    """
    commas = marks.decimal == "," or (marks.decimal is None and marks.thousands == ".")
    plain = _plain_numbers(levels) if isinstance(levels, Texts) and not commas else None
    if plain is not None:
        return plain
    if isinstance(levels, Texts) and (found := _among_words(levels, marks)) is not None:
        return found
    values = cells_as_numbers(levels)
    note = ""
    if values.dtype.kind in "iu" and values.dtype != np.uint64:
        return Parsed(values.astype(np.int64), np.zeros(len(values), dtype=bool), whole=True)
    values = values.astype(np.float64)
    odd = ~np.isfinite(values)
    if commas or (odd.any() and _looks_marked(levels, odd)):
        values, odd, note = _with_marks(levels, values, odd, marks)
    good = values[~odd]
    # Beyond 2**53 a float cannot hold every whole number: such digits are a code.
    whole = bool(len(good)) and bool(np.all(good == np.rint(good))) and bool(np.all(np.abs(good) < 2**53))
    pointed = any("." in level or "e" in level or "E" in level for level in levels) or bool(note)
    if len(good) and not whole and not pointed and bool(np.any(np.abs(good) >= 2**53)):
        odd = np.ones(len(values), dtype=bool)
    return Parsed(values, odd, whole=whole, pointed=pointed, note=note)


def beyond_numbers(levels: Texts, odd: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return which of the levels that are no numbers are written as some that no computer's number holds: 2e400."""
    shaped = pc.match_substring_regex(levels.array, r"^[+-]?[0-9]+([.,][0-9]+)?[eE]\+?[0-9]{1,4}$")
    return np.asarray(shaped.to_numpy(zero_copy_only=False), dtype=bool) & odd


def _plain_numbers(levels: Texts) -> Parsed | None:
    """Return levels that are all written plainly (12, -3.5, 1e6) as numbers; None when one is not."""
    array = levels.array
    try:
        array[:: max(1, len(array) // 20)].cast(pa.float64())  # the whole is tried only where a few succeed
        values = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid:
        return None
    if not len(array) or not np.isfinite(values).all():
        return None
    odd = np.zeros(len(array), dtype=bool)
    pointed = any(pc.any(pc.match_substring(array, mark)).as_py() for mark in ".eE")
    if not pointed:
        try:
            return Parsed(array.cast(pa.int64()).to_numpy(), odd, whole=True)
        except pa.ArrowInvalid:
            return None  # more digits than fit: a code
    whole = bool(np.all(values == np.rint(values))) and bool(np.all(np.abs(values) < 2**53))
    return Parsed(values, odd, whole=whole, pointed=True)


def _among_words(levels: Texts, marks: Marks) -> Parsed | None:
    """Return what :func:`parse_numbers` finds where only some levels look like numbers; None where all do."""
    like = pc.match_substring_regex(levels.array, _ANY_NUMBER).to_numpy(zero_copy_only=False)
    if like.all():
        return None
    values, odd = np.full(len(like), np.nan), np.ones(len(like), dtype=bool)
    if not like.any():
        return Parsed(values, odd)
    found = parse_numbers(list(levels.where(like)), marks)
    values[like], odd[like] = found.values, found.odd
    return Parsed(values, odd, whole=found.whole, pointed=found.pointed, note=found.note)


def _looks_marked(levels: Sequence[str], odd: npt.NDArray[np.bool_]) -> bool:
    """Whether most levels that did not parse are digits with commas, points or spaces in them."""
    left = [levels[i] for i in np.flatnonzero(odd)[:200]]
    return sum(1 for level in left if _NUMBER_LIKE.fullmatch(level)) > 0.5 * len(left)


def _with_marks(
    levels: Sequence[str], values: npt.NDArray[np.float64], odd: npt.NDArray[np.bool_], marks: Marks
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_], str]:
    """Read decimal commas or thousands marks, whichever explains more levels."""
    decimal = marks.decimal or {".": ",", ",": "."}.get(marks.thousands or "")
    best, explained = (values, odd, ""), int((~odd).sum())
    for way in [decimal] if decimal else [".", ","]:
        groups = _GAPS if marks.thousands in (None, " ") else re.escape(marks.thousands or "")
        if marks.thousands is None:
            groups += "'" + (r"\." if way == "," else ",")
        inner = rf"(\d+|\d{{1,3}}([{groups}]\d{{3}})+)?" if groups else r"(\d+)?"
        pattern = re.compile(rf"[+-]?{inner}({re.escape(way)}\d+)?([eE][+-]?\d+)?")
        dropped = re.compile(f"[{groups}]") if groups else re.compile("(?!)")
        clean = [dropped.sub("", v).replace(way, ".") if pattern.fullmatch(v) else "" for v in levels]
        tried = cells_as_numbers(clean).astype(np.float64)
        fits = int(np.isfinite(tried).sum())
        if fits > explained or decimal is not None:
            best, explained = (tried, ~np.isfinite(tried), _marks_note(levels, way)), fits
    return best


def _marks_note(levels: Sequence[str], way: str) -> str:
    if not any("," in level for level in levels):
        return ""
    return "Numbers have thousands marks." if way == "." else "Numbers have decimal commas."
