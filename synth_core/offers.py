"""What the user may want to say about a table: words that mean a missing cell, and roles of columns.

Offers are suggestions with their evidence; nothing here changes a table.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.date_patterns import date_written
from synth_core.naming import says_difference, says_quantity
from synth_core.roles import RoleOffer, role_offers
from synth_core.table import Column, Kind, Table
from synth_core.table import numbers as as_numbers
from synth_core.values import cells_as_numbers

__all__ = ["MissingOffer", "RoleOffer", "missing_offers", "role_offers"]

FEW = 5  # a word that fewer rows hold is not shown
_SENTINELS = (-1, -9, -99, -999, -9999, -99999, -999999, -88, -77, -200, -888, -777, -1111,
              99, 999, 9999, 99999, 999999, 9999999, 88, 888, 8888, 77, 777, 7777, 9, 8)  # fmt: skip
_UNKNOWN = frozenset([
    "unknown", "unk", "unknown/invalid", "not known", "not available", "not reported", "not recorded", "not stated",
    "not specified", "not applicable", "not mapped", "unspecified", "undefined", "missing", "no data", "no answer",
    "don't know", "dont know", "refused", "na", "n.a.", "n/a", "n.a", "nil", "null", "(null)", "(blank)", "blank",
    "-", "--", "---", "?", "??", ".", "..", "...", "x", "xx", "xxx", "#n/a", "nan", "unbekannt", "unbek.", "k.a.",
    "k. a.", "keine angabe", "ohne angabe", "o.a.", "nicht bekannt", "fehlt", "inconnu", "non renseigné", "nc",
    "nr", "desconocido", "sin datos", "sconosciuto", "onbekend", "brak danych",
])  # fmt: skip
_DOUBTFUL_WORDS = frozenset(["none", "-", "--", "x", "nc", "nr", "not applicable", "nil", "na"])
_ROMAN = re.compile(r"[IVXLC]+")
_DATES = ("1900-01-01", "1899-12-30", "1899-12-31", "1970-01-01", "1753-01-01", "1800-01-01", "1901-01-01",
          "2099-12-31", "2199-12-31", "2100-01-01", "2200-01-01")  # fmt: skip
_STAMPS = np.array(_DATES, dtype="datetime64[ns]")
_SAMPLE = 200_000


@dataclass(frozen=True)
class MissingOffer:
    """A word or number of a column that probably means a missing cell, and the evidence for it."""

    column: str
    word: str
    rows: int
    share: float
    reason: str


def missing_offers(table: Table) -> list[MissingOffer]:
    """Return the words and numbers that are not yet missing cells, and probably are meant so; the most rows first.

    Only columns that are learned are looked at, and only words that five rows or more hold.
    """
    found: list[MissingOffer] = []
    for column in table.columns:
        if not column.learned or not len(table):
            continue
        values = table.frame[column.name]
        if column.kind is Kind.DATETIME:
            found += _missing_dates(column, values)
        elif column.kind.numeric:
            found += _missing_numbers(column, values)
        else:
            found += _missing_words(column, values)
    return sorted((offer for offer in found if not _is_answer(offer, table)), key=lambda offer: -offer.rows)


def _is_answer(offer: MissingOffer, table: Table) -> bool:
    """Whether the rows with this 0 are those of one category elsewhere, as an age of 0 that goes with "16 to 17"."""
    if offer.word != "0":
        return False
    here = _equal(table.frame[offer.column], 0)
    for column in table.having(learned=True):
        if column.name == offer.column or not column.kind.categorical or not here.any():
            continue
        values = table.frame[column.name]
        word = values.iloc[here.argmax()]
        there = _equal(values, word)
        if str(word).strip().casefold() not in _UNKNOWN and (here & there).sum() >= 0.98 * (here | there).sum():
            return True
    return False


def _equal(values: pd.Series, value: object) -> npt.NDArray[np.bool_]:
    """Return which of the first values are this one; a missing value equals nothing."""
    first = values.iloc[:_SAMPLE]
    return np.asarray(first.notna() & (first == value).fillna(False), dtype=bool)


def _offer(column: Column, word: str, rows: int, total: int, reason: str) -> list[MissingOffer]:
    return [MissingOffer(column.name, word, int(rows), rows / total, reason)] if rows >= FEW else []


def _missing_words(column: Column, values: pd.Series) -> list[MissingOffer]:
    counts = values.value_counts()
    if len(counts) < 2 or len(counts) > 5000:
        return []
    found: list[MissingOffer] = []
    for word, rows in counts.items():
        plain = str(word).strip().casefold()
        if (plain not in _UNKNOWN and str(word).strip() != "None") or _is_one_of_codes(str(word), counts.index):
            continue
        if _is_one_of_letters(str(word), counts):
            continue
        reason = "The word says that nothing is known."
        if plain in _DOUBTFUL_WORDS:
            reason = (
                "May be a real answer, such as 'not tested': accept only if it means that the cell was not filled in."
            )
        found += _offer(column, str(word), rows, len(values), reason)
    numeric = cells_as_numbers(list(counts.index)).astype(np.float64)
    if not found and len(counts) >= 3 and np.isfinite(numeric).all():
        found += _missing_codes(column, numeric, np.asarray(counts, dtype=np.int64), len(values))
    return found


def _is_one_of_letters(word: str, counts: pd.Series) -> bool:
    """Whether the word is a letter among letters, and no rarer than they are: "x" and "y"."""
    letters = all(len(text) == 1 and text.isalpha() for text in (str(other).strip() for other in counts.index))
    return letters and counts[word] >= 0.5 * counts.max()


def _is_one_of_codes(word: str, words: Iterable[object]) -> bool:
    """Whether the word has the form of all the others: "NC" among states, "x" among letters, "X" after "IX"."""
    word = word.strip()
    others = [text for text in (str(other).strip() for other in words) if text != word]
    if not word.isalpha() or len(others) < 5 or not (word.isupper() or (len(word) == 1 and word.islower())):
        return False
    alike = sum(_same_form(text, word) for text in others)
    romans = sum(_ROMAN.fullmatch(text) is not None for text in others) if _ROMAN.fullmatch(word) else 0
    return max(alike, romans) >= 0.9 * len(others)


def _same_form(text: str, word: str) -> bool:
    return text.isalpha() and len(text) == len(word) and text.isupper() == word.isupper()


def _missing_codes(
    column: Column, codes: npt.NDArray[np.float64], counts: npt.NDArray[np.int64], total: int
) -> list[MissingOffer]:
    """Return -9, 9, 99 and the like beside codes that end well before them."""
    found: list[MissingOffer] = []
    for value in _SENTINELS:
        at = np.flatnonzero(codes == value)
        rest = codes[np.abs(codes) < abs(value)]
        if not len(at) or len(rest) < 2 or rest.min() < 0 or len(rest) < len(codes) - 2:
            continue
        if value < 0 or value >= 2 * rest.max() + 1:
            reason = f"The other codes go from {rest.min():g} to {rest.max():g}."
            found += _offer(column, f"{value:g}", int(counts[at[0]]), total, reason)
    return found


def _missing_dates(column: Column, values: pd.Series) -> list[MissingOffer]:
    found: list[MissingOffer] = []
    filled = values.dropna().to_numpy(dtype="datetime64[ns]")
    for text, moment in zip(_DATES, _STAMPS, strict=True):
        rows = int((filled == moment).sum())
        if rows < FEW or rows == len(filled):
            continue
        stamp, rest = pd.Timestamp(text), pd.Series(filled[filled != moment])
        low, high = rest.min(), rest.max()
        apart = low - stamp if stamp < low else stamp - high if stamp > high else pd.Timedelta(0)
        if apart > max(pd.Timedelta(days=3650), (high - low) / 4):
            word = (
                text if column.format is None or column.format.startswith("@") else date_written(stamp, column.format)
            )
            years = int(apart / pd.Timedelta(days=365.25))
            reason = f"A date that systems fill in by themselves, {years} years away from every other one."
            found += _offer(column, word, rows, len(values), reason)
    return found


def _missing_numbers(column: Column, values: pd.Series) -> list[MissingOffer]:
    numbers = as_numbers(values)
    numbers = numbers[np.isfinite(numbers)]
    if len(numbers) < 20:
        return []
    hits = {value: int((numbers == value).sum()) for value in _worth_a_look(numbers)}
    found: list[MissingOffer] = []
    accepted: list[float] = []
    for value in sorted((v for v, rows in hits.items() if rows >= FEW), key=lambda v: -abs(v)):
        rest = numbers[~np.isin(numbers, [value, *accepted])]
        reason = _apart(value, rest, column) if value else _impossible_zero(hits[value], rest, len(values), column)
        if reason:
            accepted.append(value)
            found += _offer(
                column, f"{value:g}" if abs(value) < 1e5 else str(int(value)), hits[value], len(values), reason
            )
    return found


def _worth_a_look(numbers: npt.NDArray[np.float64]) -> list[float]:
    sample = numbers[:: max(1, len(numbers) // _SAMPLE)]
    low, high = float(numbers.min()), float(numbers.max())
    return [float(v) for v in (*_SENTINELS, 0) if low <= v <= high and bool(np.any(sample == v))]


def _apart(value: float, rest: npt.NDArray[np.float64], column: Column) -> str:
    """Return why a number is out of line with the rest; nothing when it is not.

    The gap to the next value must be at least half of the range of the rest; on a logarithmic scale where the rest has
    a long tail, so that a cap on amounts (99999 beside 41,310) stays what it is. Below a rest that is never negative,
    a negative number needs no such gap.
    """
    distinct = np.unique(rest)
    if len(distinct) < (5 if abs(value) >= 99 or value < -1 else 10):
        return ""
    low, high = float(distinct[0]), float(distinct[-1])
    shown = _range_words(rest)
    if value < low:
        if value < 0 <= low:
            return f"No other value is negative; they lie {shown}."
        return f"The other values lie far above it: {shown}." if low - value >= 0.5 * (high - low) else ""
    if value <= high or (low < 0 and value < 99):
        return ""
    gap, span = value - high, high - low
    middle = np.quantile(rest, [0.5, 0.95])
    if low >= 0 and middle[1] > 4 * max(middle[0], 1e-9):  # a long tail: compare on the logarithmic scale
        gap, span = np.log1p(value) - np.log1p(high), np.log1p(high) - np.log1p(low)
    return f"The other values lie far below it: {shown}." if gap >= 0.5 * span else ""


def _range_words(rest: npt.NDArray[np.float64]) -> str:
    """Return where most of the rest lies: means of five values near its 1 % and 99 % points."""
    ordered, cut = np.sort(rest), len(rest) // 100
    low, high = ordered[cut : cut + 5].mean(), ordered[::-1][cut : cut + 5].mean()
    return f"mostly between {low:,.4g} and {high:,.4g}"


def _impossible_zero(rows: int, rest: npt.NDArray[np.float64], total: int, column: Column) -> str:
    """Return why zero is no measurement here: the rest is far above it, close together, and no amount or count."""
    if rows > total / 3 or len(rest) < 20 or says_amount(column.name):
        return ""
    distinct = np.unique(rest)
    if len(distinct) < 15 or distinct[0] <= 0:
        return ""
    low, first, middle, third = np.quantile(rest, [0.05, 0.25, 0.5, 0.75])
    if distinct[0] < 0.2 * middle or low < 0.8 * (third - first):
        return ""
    return f"Nothing lies between 0 and the other values, {_range_words(rest)}."


def says_amount(name: str) -> bool:
    """Whether the header names money, a count or a difference, of which nothing is a common amount."""
    if says_difference(name):
        return True
    return says_quantity(name) and not any(
        word in name.lower() for word in ("age", "alter", "weight", "height", "temp", "year", "jahr", "size", "length")
    )
