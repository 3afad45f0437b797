"""One column on its way in: its words, what they parse to, and how the source held them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.semantics import header_words
from synth_core.table import Kind, Storage
from synth_core.units import dates_in_numbers, parse_months, parse_units
from synth_core.values import (
    GUESSED,
    NUMERIC_TOKENS,
    TOKENS,
    Marks,
    Parsed,
    Texts,
    Words,
    beyond_numbers,
    has_leading_zero,
    in_set,
    parse_dates,
    parse_most_dates,
    parse_numbers,
    stripped,
)  # fmt: skip

_CODE = re.compile(r"[A-Za-z]{1,3}-?\d+(\.\d+)?")
_DATE_WORDS = frozenset([
    "date", "datum", "day", "dob", "time", "timestamp", "datetime", "birthdate", "birthday", "at", "on", "day",
    "start", "stop", "end",
])  # fmt: skip


@dataclass(frozen=True)
class Cells:
    """One column on its way in: its words, what they parse to, and how the source held them."""

    name: str
    words: Words
    storage: Storage
    missing_token: str | None = None
    numbers: Parsed | None = None
    dates: Parsed | None = None
    fixed: Kind | None = None
    notes: tuple[str, ...] = ()
    mixed: str = ""
    marks: Marks = GUESSED

    @property
    def distinct(self) -> int:
        """Distinct values that are not missing."""
        return len(self.words.held)

    def noted(self, *notes: str) -> Cells:
        """Return the cells with notes added."""
        return replace(self, notes=self.notes + tuple(note for note in notes if note))


def read_cells(name: str, values: pd.Series, tokens: frozenset[str] | None, *, text: bool, marks: Marks) -> Cells:
    """Return what the cells of one column hold, before its kind is settled."""
    dtype = values.dtype
    if isinstance(dtype, pd.CategoricalDtype):
        return _categorical_cells(name, values, tokens, text=text, marks=marks)
    if pd.api.types.is_bool_dtype(dtype):
        return _boolean_cells(name, values)
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return _datetime_cells(name, values)
    if pd.api.types.is_timedelta64_dtype(dtype):
        seconds = values.dt.total_seconds()
        return _numeric_cells(name, seconds, "number").noted("Durations, read as seconds.")
    if pd.api.types.is_unsigned_integer_dtype(dtype) and values.notna().any() and int(values.max()) >= 2**63:
        return _text_cells(name, Words.of(_as_words(values)), tokens, text=False, marks=Marks(decimal="."))
    if pd.api.types.is_integer_dtype(dtype):
        return _numeric_cells(name, values, "integer")
    if pd.api.types.is_float_dtype(dtype):
        return _numeric_cells(name, values, "number")
    return _object_cells(name, values, tokens, text=text, marks=marks)


def _object_cells(name: str, values: pd.Series, tokens: frozenset[str] | None, *, text: bool, marks: Marks) -> Cells:
    if isinstance(values.dtype, pd.StringDtype) and values.dtype.storage == "pyarrow":
        return _text_cells(name, Words.of_arrow(values.array.__arrow_array__()), tokens, text=text, marks=marks)
    found = pd.api.types.infer_dtype(values, skipna=True)
    if found in ("string", "empty"):
        array = np.asarray(values.astype(object).where(values.notna(), None), dtype=object)
        return _text_cells(name, Words.of(array), tokens, text=text, marks=marks)
    if found == "boolean":
        return _boolean_cells(name, values)
    if found in ("integer", "floating", "mixed-integer-float", "decimal"):
        whole = found == "integer" and all(abs(v) < 2**63 for v in values.dropna())
        if found == "integer" and not whole:
            return _text_cells(name, Words.of(_as_words(values)), tokens, text=False, marks=Marks(decimal="."))
        plain = pd.to_numeric(values.map(lambda v: np.nan if v is None else v), errors="coerce")
        return _numeric_cells(name, values.astype("Int64") if whole else plain.astype(float), _number_storage(found))
    if found in ("datetime64", "datetime", "date"):
        dates = pd.to_datetime(values, errors="coerce", utc=_is_zoned(values))
        lost = int((dates.isna() & values.notna()).sum())
        far = f"{lost:,} dates outside the years 1678 to 2261, read as missing." if lost else ""
        return _datetime_cells(name, dates, days=found == "date").noted(far)
    nested = any(isinstance(v, (list, dict, tuple, set, np.ndarray)) for v in values.dropna().iloc[:1000])
    cells = _text_cells(name, Words.of(_as_words(values)), tokens, text=False, marks=marks)
    if nested:
        return replace(cells, fixed=Kind.TEXT).noted("Lists or records inside the cells; left out.")
    return cells.noted("Cells of several types, read as text.")


def _number_storage(found: str) -> Storage:
    return "integer" if found == "integer" else "number"


def _is_zoned(values: pd.Series) -> bool:
    return any(getattr(v, "tzinfo", None) is not None for v in values.dropna().iloc[:1000])


def _as_words(values: pd.Series) -> npt.NDArray[np.object_]:
    """Return cells of any type as words."""

    def word(value: Any) -> str | None:
        if isinstance(value, np.ndarray):
            value = value.tolist()
        if isinstance(value, (list, tuple, dict, set)):
            return json.dumps(value if not isinstance(value, set) else sorted(value, key=str), default=str)
        if isinstance(value, bytes):
            return value.decode("utf-8", errors="replace")
        return None if pd.isna(value) else str(value)

    return np.array([word(value) for value in values] or [], dtype=object)


def _categorical_cells(
    name: str, values: pd.Series, tokens: frozenset[str] | None, *, text: bool, marks: Marks
) -> Cells:
    """Return the cells of a column that keeps its values in a list: words, dates and answers as without one."""
    levels = pd.Series(values.cat.categories)
    found = pd.api.types.infer_dtype(levels)
    numeric = found in ("integer", "floating", "mixed-integer-float", "decimal")
    if not numeric and found not in ("string", "empty", "interval"):
        dated = pd.api.types.is_datetime64_any_dtype(levels.dtype)
        return read_cells(name, values.astype(levels.dtype if dated else object), tokens, text=text, marks=marks)
    names = np.array([str(level) for level in levels], dtype=object)
    words = Words.coded(np.asarray(values.cat.codes, dtype=np.int64), names)
    words = words.without(words.counts == 0)
    if not numeric:
        return _text_cells(name, words, tokens, text=text, marks=marks)
    storage: Storage = "integer" if pd.api.types.is_integer_dtype(levels.dtype) else "string"
    gone = _missing_levels(stripped(words), tokens)
    return Cells(name, words.without(gone), storage, _token(words, gone), fixed=Kind.CATEGORY)


def _boolean_cells(name: str, values: pd.Series) -> Cells:
    array = np.array([None if pd.isna(v) else str(bool(v)) for v in values], dtype=object)
    return Cells(name, Words.of(array), "boolean", fixed=Kind.BOOLEAN)


def _datetime_cells(name: str, values: pd.Series, *, days: bool = False) -> Cells:
    notes = []
    if getattr(values.dt, "tz", None) is not None:
        notes.append(f"Times in {values.dt.tz}; the zone is dropped." if str(values.dt.tz) != "UTC" else "UTC times.")
        values = values.dt.tz_localize(None)
    codes, levels = pd.factorize(values.to_numpy(dtype="datetime64[ns]"))
    stamps = pd.DatetimeIndex(levels)
    words = Words.coded(np.asarray(codes, dtype=np.int64), np.asarray(stamps.astype(str), dtype=object))
    pattern = "%Y-%m-%d" if days else None
    dates = Parsed(stamps.to_numpy(), np.zeros(len(levels), dtype=bool), format=pattern)
    return Cells(name, words, "datetime", dates=dates, fixed=Kind.DATETIME, notes=tuple(notes))


def _numeric_cells(name: str, values: pd.Series, storage: Storage) -> Cells:
    whole = pd.api.types.is_integer_dtype(values.dtype)
    missing = values.isna().to_numpy()
    kept = values.to_numpy(dtype=np.float64, na_value=np.nan) if not whole else None
    notes = []
    if kept is not None and np.isinf(kept).any():
        notes.append(f"{int(np.isinf(kept).sum())} infinite cells, read as missing.")
        missing = missing | np.isinf(kept)
    array = values.to_numpy(dtype=np.int64, na_value=0) if whole else np.asarray(kept)
    codes, levels = pd.factorize(array)
    codes = np.where(missing, -1, codes).astype(np.int64)
    if not whole:
        whole = bool(len(levels)) and bool(np.all(levels == np.rint(levels))) and bool(np.all(np.abs(levels) < 2**53))
        whole = whole or not (~missing).any()
    names = np.array([str(int(v)) if whole and np.isfinite(v) else repr(float(v)) for v in levels], dtype=object)
    words = Words.coded(codes, names)
    empty = words.counts == 0
    numbers = Parsed(np.asarray(levels)[~empty], np.zeros(int((~empty).sum()), dtype=bool), whole=whole)
    return _dated(Cells(name, words.without(empty), storage, numbers=numbers, notes=tuple(notes)))


def _dated(cells: Cells) -> Cells:
    """Return the cells with dates where their numbers are some: 20240131, or what the header calls a date."""
    assert cells.numbers is not None
    dates = dates_in_numbers(header_words(cells.name), cells.numbers.values)
    return cells if dates is None else replace(cells, dates=dates).noted(dates.note)


def _text_cells(name: str, words: Words, tokens: frozenset[str] | None, *, text: bool, marks: Marks) -> Cells:
    levels = stripped(words)
    empty = in_set(levels, {""})
    doubtful = in_set(levels, TOKENS | NUMERIC_TOKENS) if tokens is None else in_set(levels, tokens)
    rest = levels.where(~(empty | doubtful))
    packed = bool(rest) and "date" in header_words(name) and all(len(v) == 8 and v[:2] in ("19", "20") for v in rest)
    dates = parse_dates(rest, marks, dated=True) if packed else None
    if dates is not None:
        gone = empty | doubtful
        storage: Storage = "integer" if text else "string"
        return Cells(name, words.without(gone), storage, _token(words, gone), dates=dates)
    if rest and not has_leading_zero(rest):
        numbers = parse_numbers(rest, marks)
        huge = beyond_numbers(rest, numbers.odd)
        if 0 < words.counts[~(empty | doubtful)][huge].sum() <= 0.05 * words.present and (numbers.odd == huge).all():
            kept, note = _left_out(words, empty | doubtful, huge, "numbers beyond any that can be computed with")
            found = _text_cells(name, kept, tokens, text=text, marks=marks)
            return replace(found, missing_token=_token(words, empty | doubtful)).noted(note)
        if marks.decimal == "," and numbers.odd.any():  # the file's mark is not this column's
            numbers = parse_numbers(rest, replace(marks, decimal="."))
        if not numbers.odd.any():
            named_none = in_set(levels, {"None", "none", "na"}) if tokens is None else np.zeros(len(levels), dtype=bool)
            if not named_none.any() or len(rest) >= 10:
                kept = words.without(empty | doubtful)
                storage = "string" if not text else "integer" if _plain(numbers) else "number"
                token = _token(words, empty | doubtful)
                return _dated(Cells(name, kept, storage, token, numbers=numbers).noted(numbers.note))
    dated = bool(_DATE_WORDS.intersection(header_words(name)))
    dates = parse_dates(rest, marks, dated=dated) if rest else None
    dates = dates or parse_months(rest)
    units = parse_units(rest, marks.decimal) or parse_units(rest) if dates is None and rest else None
    most = (
        parse_most_dates(rest, words.counts[~(empty | doubtful)], marks, dated=dated) if not (dates or units) else None
    )
    if most is not None:
        kept, note = _left_out(words, empty | doubtful, most[1], "no days of the calendar")
        token = _token(words, empty | doubtful)
        return Cells(name, kept, "string", token, dates=most[0]).noted(most[0].note, note)
    if dates is not None or units is not None:
        gone, dates = _without_far(words, empty | doubtful, dates)
        kept = words.without(gone)
        token = _token(words, gone)
        note = dates.note if dates is not None else units.note if units is not None else ""
        return Cells(name, kept, "string", token, dates=dates, numbers=units).noted(note)
    gone = _missing_levels(levels, tokens)
    kept = words.without(gone)
    return Cells(name, kept, "string", _token(words, gone), mixed=_mixed(kept, marks), marks=marks)


def _left_out(words: Words, gone: npt.NDArray[np.bool_], odd: npt.NDArray[np.bool_], what: str) -> tuple[Words, str]:
    """Return the words without those that are ``gone``, and of the rest the ``odd`` ones; and a note on these."""
    lost = gone.copy()
    lost[~gone] = odd
    few, present = lost & ~gone, words.counts[~gone].sum()
    rows = ", ".join(str(row) for row in words.rows_of(few))
    note = f"{words.counts[few].sum():,} of {present:,} cells are {what} (first in rows {rows}), read as missing."
    return words.without(lost), note


def _without_far(
    words: Words, gone: npt.NDArray[np.bool_], dates: Parsed | None
) -> tuple[npt.NDArray[np.bool_], Parsed | None]:
    """Return the missing levels with the one date too far for the calendar (9999-12-31): it stands for "never"."""
    if dates is None:
        return gone, None
    lost = np.isnat(dates.values.astype("datetime64[ns]"))
    far = gone.copy()
    far[~gone] = lost
    if lost.sum() != 1 or words.counts[far & ~gone].sum() < 5:
        return gone, dates
    return gone | far, replace(dates, values=dates.values[~lost], odd=dates.odd[~lost])


def _plain(numbers: Parsed) -> bool:
    return numbers.whole and not numbers.pointed


def _missing_levels(levels: Texts, tokens: frozenset[str] | None) -> npt.NDArray[np.bool_]:
    """Return which levels of a column of words stand for a missing cell."""
    if tokens is not None:
        return in_set(levels, tokens | {""})
    gone = in_set(levels, TOKENS | {""})
    rest = levels.where(~gone)
    if rest and all(not any(c.isalnum() for c in level) for level in rest):  # "+" and "-" are answers
        gone = in_set(levels, (TOKENS | {""}) - {"-", "--", "?"})
    if len(rest) > 10 and all(len(level) == 2 and level.isupper() for level in rest):  # NA is Namibia
        gone &= ~in_set(levels, {"NA"})
    return gone


def _token(words: Words, gone: npt.NDArray[np.bool_]) -> str | None:
    """Return the word that most often stands for a missing cell; None for the empty cell and the true null."""
    nulls = int((words.codes < 0).sum())
    best, most = None, nulls
    for index in np.flatnonzero(gone):
        if words.counts[index] > most:
            best, most = str(words.levels[index]), int(words.counts[index])
    return best if best is not None and best.strip() != "" else None


def _are_codes(odd: list[str]) -> bool:
    """Whether cells that are no numbers are codes among codes, as in a list of diagnoses: V57, E885."""
    return len(odd) >= 5 and sum(_CODE.fullmatch(level) is not None for level in odd) >= 0.9 * len(odd)


def _mixed(words: Words, marks: Marks) -> str:
    """Return a note when most cells are numbers and some are not."""
    levels = stripped(words)
    if len(levels) < 3 or has_leading_zero(levels):
        return ""
    numbers = parse_numbers(levels, marks)
    odd = int(words.counts[numbers.odd].sum())
    if not 0 < odd <= 0.2 * words.present or _are_codes([levels[place] for place in np.flatnonzero(numbers.odd)]):
        return ""
    rows = ", ".join(str(row) for row in words.rows_of(numbers.odd))
    return (
        f"{odd:,} of {words.present:,} cells are not numbers (first in rows {rows}), so the column is read as words; "
        "choose the kind 'number' to read those cells as missing."
    )
