"""Words and numbers of a column that the user says mean a missing cell."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.cells import Cells


def without_words(values: pd.Series, missing: Iterable[str]) -> tuple[pd.Series, dict[str, int]]:
    """Return the cells with these words emptied, and how many cells each word (as the source has it) took.

    A number is met however it is written: "-200" takes -200, "-200.0" and "-200,0" as well.
    """
    wanted = {word.strip() for word in missing if word.strip()}
    if not wanted:
        return values, {}
    levels = pd.unique(values.dropna())
    hit = _meant(np.asarray(levels), wanted)
    if not hit.any():
        return values, {}
    gone = values.isin(levels[hit])
    taken = values[gone].value_counts()
    counts = {_word(level): int(rows) for level, rows in taken.items() if rows}
    if pd.api.types.is_integer_dtype(values.dtype) and not isinstance(values.dtype, pd.api.extensions.ExtensionDtype):
        values = values.astype("Int64")
    return values.where(~gone.astype(bool), None if values.dtype == object else pd.NA), counts


def absent_words(values: pd.Series, missing: Iterable[str]) -> list[str]:
    """Return those of the words that no cell holds.

    >>> absent_words(pd.Series(["7", "-200", None]), ["-200.0", "none"])
    ['none']
    """
    levels = np.asarray(pd.unique(values.dropna()))
    return [word for word in missing if not _meant(levels, {word.strip()}).any()]


def _word(level: object) -> str:
    if isinstance(level, (float, np.floating)) and float(level).is_integer():
        return str(int(level))
    return str(level)


def _meant(levels: npt.NDArray[np.generic], wanted: set[str]) -> npt.NDArray[np.bool_]:
    """Return which of the distinct cells are one of the words, or the number that a word says."""
    numbers = {number for word in wanted if (number := _number(word)) is not None}
    if levels.dtype.kind in "iuf":
        return np.isin(levels.astype(np.float64), list(numbers))
    if levels.dtype.kind == "M":
        stamps = pd.to_datetime(pd.Series(sorted(wanted), dtype=object), errors="coerce", format="ISO8601").dropna()
        return np.isin(levels.astype("datetime64[s]"), stamps.to_numpy(dtype="datetime64[s]"))
    found = np.zeros(len(levels), dtype=bool)
    for place, level in enumerate(levels):
        text = str(level).strip()
        found[place] = text in wanted or bool(numbers and _number(text) in numbers)
    return found


def _number(text: str) -> float | None:
    """Return the number that a word says; None for a word, and for what only Python calls a number."""
    if not text or text[-1] not in "0123456789." or text[0] not in "+-.0123456789":
        return None
    try:
        return float(text.replace(",", ".") if text.count(",") == 1 and "." not in text else text)
    except ValueError:
        return None


def told_missing(cells: Cells, emptied: pd.Series, counts: dict[str, int]) -> Cells:
    """Return the cells with the word that a release writes for a missing cell: the most frequent one of the source.

    ``emptied``, ``counts``: what :func:`without_words` returned.
    """
    if not counts:
        return cells
    if cells.storage in ("datetime", "boolean"):  # a release has true nulls there
        return cells.noted(f"{sum(counts.values()):,} cells were said to be missing.")
    most, word = max((rows, word) for word, rows in counts.items())
    taken = sum(counts.values())
    others = int(emptied.isna().sum()) - taken + int((emptied == "").sum())
    if cells.missing_token is not None:
        others = max(others, int((emptied == cells.missing_token).sum()))
    number = _number(word.strip()) if cells.storage in ("integer", "number") else None
    if number is not None:
        word = str(int(number)) if number.is_integer() else repr(number)
    told = cells.noted(f"{taken:,} cells were said to be missing.")
    return replace(told, missing_token=word) if most > others else told
