"""Columns <-> plain numbers, and back to the dtype that a kind has."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.table import Column, Kind, numbers
from synth_core.values import cells_as_numbers

Floats = npt.NDArray[np.float64]


def quantity(values: pd.Series) -> Floats:
    """Return a column as float64, NaN where missing; dates as seconds since 1970, text as the number it holds."""
    if values.dtype == object:
        values = pd.Series(cells_as_numbers(values.tolist()), index=values.index, name=values.name)
    return numbers(values)


def as_kind(values: Any, kind: Kind, index: pd.Index | None = None) -> pd.Series:
    """Return values (NaN, NaT or None where missing) in the canonical dtype of ``kind``; seconds become dates."""
    series = values if isinstance(values, pd.Series) else pd.Series(values, index=index)
    if kind is Kind.NUMBER:
        return pd.Series(quantity(series), index=series.index)
    if kind is Kind.INTEGER:
        if series.dtype == np.int64:
            return series
        if series.dtype == "Int64":
            return series if series.isna().any() else series.astype(np.int64)
        whole = np.round(quantity(series))
        if not np.isnan(whole).any():
            return pd.Series(whole.astype(np.int64), index=series.index)
        return pd.Series(whole, index=series.index).astype("Int64")
    if kind is Kind.DATETIME:
        if pd.api.types.is_numeric_dtype(series.dtype):
            seconds = numbers(series)
            nanoseconds = np.round(np.where(np.isnan(seconds), 0, seconds) * 1e6).astype(np.int64) * 1000
            return pd.Series(pd.to_datetime(nanoseconds).where(~np.isnan(seconds)), index=series.index)
        return series if series.dtype == "datetime64[ns]" else pd.to_datetime(series).astype("datetime64[ns]")
    if series.dtype == object:
        empty = series.isna()
        return series.where(~empty, None) if empty.any() else series
    return series.astype(object).where(series.notna(), None)


def canonical(frame: pd.DataFrame, columns: Iterable[Column]) -> pd.DataFrame:
    """Return the described columns of ``frame``, in that order, in canonical dtypes, with rows numbered from 0."""
    frame = frame.reset_index(drop=True)
    return pd.DataFrame({c.name: as_kind(frame[c.name], c.kind) for c in columns}, index=frame.index)


def decimals(values: Floats, most: int = 6) -> int | None:
    """Return the decimals that numbers are written with, None when more than ``most``.

    >>> decimals(np.array([1.5, 2.25])), decimals(np.array([3.0, np.nan])), decimals(np.array([np.pi]))
    (2, 0, None)
    """
    known = np.unique(values[np.isfinite(values)])
    if len(known) > 5_000:
        known = known[:: len(known) // 5_000 + 1]
    size = np.abs(known)
    for places in range(most + 1):
        # far below half a unit, else every large number would fit; but not below what a float64 can tell apart
        close = np.minimum(min(1e-9, 10.0 ** (-places - 3)) * np.maximum(1, size), 10.0 ** (-places - 2))
        close = np.maximum(close, 4 * np.finfo(np.float64).eps * size)
        if np.all(np.abs(np.round(known, places) - known) <= close):
            return places
    return None


def round_up(values: Floats, places: int) -> Floats:
    """Return the smallest numbers with this many decimals that are not below ``values``."""
    factor = 10.0**places
    return np.asarray(np.round(np.ceil(np.round(values * factor, 4)) / factor, places), dtype=np.float64)


def round_down(values: Floats, places: int) -> Floats:
    """Return the largest numbers with this many decimals that are not above ``values``."""
    return -round_up(-values, places)


def missing(data: Any) -> Any:
    """Return where values are missing (an array, or one bool)."""
    return np.asarray(pd.isna(data), dtype=bool)


def text_to_number(data: Any) -> Any:
    """Return text cells as numbers, NaN where they are none."""
    return _by_level(data, lambda levels: pd.Series(cells_as_numbers(list(levels))), "float64")


def text_to_date(data: Any) -> Any:
    """Return text cells as dates, NaT where they are none."""

    def parse(levels: npt.NDArray[Any]) -> pd.Series:
        return pd.to_datetime(pd.Series(levels, dtype=object), errors="coerce", format="ISO8601")

    return _by_level(data, parse, "datetime64[ns]")


def _by_level(data: Any, change: Callable[[npt.NDArray[Any]], pd.Series], dtype: str) -> Any:
    if not isinstance(data, np.ndarray):
        return change(np.array([data], dtype=object)).to_numpy(dtype=dtype)[0]
    codes, levels = pd.factorize(data)
    changed = change(np.asarray(levels, dtype=object)).to_numpy(dtype=dtype)
    empty = np.array(["NaT"], dtype=dtype) if dtype != "float64" else np.array([np.nan])
    return np.concatenate([changed, empty])[codes]


def plain_value(value: Any) -> str | int | float | None:
    """Return a cell as JSON holds it; None where missing."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value  # type: ignore[no-any-return]


def joint_codes(frame: pd.DataFrame, columns: Sequence[str]) -> tuple[npt.NDArray[np.intp], pd.DataFrame]:
    """Return one number per row and the distinct rows that they stand for."""
    code = np.zeros(len(frame), dtype=np.int64)
    for name in columns:
        part, levels = pd.factorize(frame[name], use_na_sentinel=False)
        code = pd.factorize(code * (len(levels) + 1) + part)[0]
    first = np.unique(code, return_index=True)[1]
    return code, frame[list(columns)].iloc[first]


def known_codes(values: pd.Series, known: Sequence[Any]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the place of each value, and of each known one, in the list of distinct known ones; -1 where unknown."""
    numeric = pd.api.types.is_numeric_dtype(values.dtype)

    def key(value: Any) -> Any:
        if value is None or pd.isna(value):
            return None
        if not numeric:
            return str(value)
        try:
            return float(value)
        except ValueError:
            return str(value)

    keys = [key(value) for value in known]
    places = {value: place for place, value in enumerate(dict.fromkeys(keys))}
    codes, levels = pd.factorize(values, use_na_sentinel=False)
    found = np.array([places.get(key(level), -1) for level in levels], dtype=np.int64)
    return found[codes] if len(found) else codes.astype(np.int64), np.array([places[k] for k in keys], dtype=np.int64)


def known_numbers(values: pd.Series) -> Floats:
    """Return the filled cells of a column as numbers (see :func:`quantity`)."""
    found = quantity(values)
    return np.asarray(found[np.isfinite(found)], dtype=np.float64)


def drawn_into(values: pd.Series, rows: npt.NDArray[np.bool_], usual: pd.Series, rng: np.random.Generator) -> pd.Series:
    """Return a column in which the cells of some rows are drawn anew from ``usual``; unchanged where that is empty."""
    if not rows.any() or not len(usual):
        return values
    drawn = values.copy()
    drawn[rows] = usual.sample(int(rows.sum()), replace=True, random_state=rng).array
    return drawn
