"""Where the rows of a table lie in time: the column that orders them, its usual step, periods and holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.profile.shown import RARE_ROWS, shown_quantiles
from synth_core.profile.time_words import DAY, HOUR, MINUTE, MONTH, QUARTER, WEEK, YEAR, every
from synth_core.semantics import header_words
from synth_core.table import Column, Kind, Role, Table, numbers

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]
StepKind = Literal["fixed", "business days", "months"]

_FIRST_WORDS = frozenset(
    ["date", "time", "timestamp", "datetime", "start", "begin", "from", "admission", "datum", "ts"]
)
_BIRTH_WORDS = frozenset(["birth", "birthdate", "birthday", "dob", "geburtsdatum", "born", "death", "deathdate"])


@dataclass(frozen=True)
class Step:
    """The usual distance between two times: ``size`` in seconds or, for months, in months; ``share`` of steps have it.

    ``jitter``: steps are only about as long.
    """

    kind: StepKind
    size: float
    share: float
    jitter: bool = False

    @property
    def seconds(self) -> float:
        """Its length in seconds (or positions)."""
        return self.size * MONTH if self.kind == "months" else self.size

    def words(self, dates: bool) -> str:
        """Return it in words."""
        if not dates:
            return "every row" if self.size == 1 else f"every {self.size:g}"
        if self.kind == "business days":
            return "business days"
        if self.kind == "months":
            return {1: "monthly", 3: "quarterly", 12: "yearly"}.get(int(self.size), f"every {self.size:g} months")
        return ("about " if self.jitter else "") + every(self.size)

    def grid(self, times: Floats) -> Places:
        """Return the place of each time on the grid of steps; the earliest is at 0."""
        if self.kind == "months":
            months = _months(times)
            return np.asarray((months - months.min()) // int(self.size), dtype=np.int64)
        if self.kind == "business days":
            days = np.floor(times / DAY).astype(np.int64).astype("datetime64[D]")
            return np.asarray(np.busday_count(days.min(), days), dtype=np.int64)
        return np.asarray(np.rint((times - times.min()) / self.size), dtype=np.int64)

    def at(self, first: float, places: Places) -> Floats:
        """Return the time of places on a grid that starts at ``first``."""
        if self.kind == "months":
            start = int(_months(np.array([first]))[0])
            rest = first - float(_month_starts(np.array([start]))[0])
            return _month_starts(start + np.asarray(places, dtype=np.int64) * int(self.size)) + rest
        if self.kind == "business days":
            day = np.datetime64(int(np.floor(first / DAY)), "D")
            found = np.busday_offset(day, np.asarray(places, dtype=np.int64), roll="forward")
            return np.asarray(found.astype(np.int64) * DAY + first % DAY, dtype=np.float64)
        return np.asarray(first + places * self.size, dtype=np.float64)


def order_column(table: Table, order: str | None) -> Column | None:
    """Return the column that orders the rows: the one asked for, the one in that role, else the best date."""
    if order is not None:
        return table.column(order)
    chosen = table.having(role=Role.ORDER)
    if chosen:
        return chosen[0]
    dates = [
        c
        for c in table.columns
        if c.kind is Kind.DATETIME
        and c.role is not Role.DROP
        and c.semantic is None
        and not _BIRTH_WORDS & set(header_words(c.name))
    ]
    rated = [(_fitness(table, column), -place, column) for place, column in enumerate(dates)]
    fit = [found for found in rated if found[0] > 0]
    return max(fit, key=lambda one: one[:2])[2] if fit else None


def _fitness(table: Table, column: Column) -> float:
    """Return how well a date column serves as the order: filled, with many different times, sorted, plainly named."""
    times = numbers(table.frame[column.name])
    known = times[np.isfinite(times)]
    if len(known) < 10 or len(known) < 0.5 * len(times):
        return 0.0
    sample = known[:: max(1, len(known) // 20_000)]
    distinct = len(np.unique(sample)) / len(sample)
    if len(np.unique(sample)) < 8:
        return 0.0
    rising = float((np.diff(sample) >= 0).mean())
    plain = bool(_FIRST_WORDS & set(header_words(column.name)))
    return len(known) / len(times) + 0.3 * (rising > 0.98) + 0.2 * plain + 0.1 * distinct


def usual_step(times: Floats, dates: bool) -> Step | None:
    """Return the usual step of different times in rising order; None when steps have no usual length."""
    if len(times) < 8:
        return None
    steps = np.diff(times)
    if dates and float(np.median(steps)) >= 27 * DAY and (found := _monthly(times)) is not None:
        return found
    if dates and (found := _business_days(times)) is not None:
        return found
    unit = 1.0 if dates and float(np.median(steps)) >= 1 else float(np.median(steps)) / 100
    rounded = np.rint(steps / unit)
    levels, counts = np.unique(rounded, return_counts=True)
    usual = float(levels[counts.argmax()]) * unit
    share = float(counts.max() / len(steps))
    if share >= 0.5 and usual > 0:
        return Step("fixed", usual, share)
    middle = float(np.median(steps))
    near = float((np.abs(steps - middle) <= 0.2 * middle).mean())
    if near < 0.8:
        return None
    nice = min(
        (1.0, 5.0, 10.0, 30.0, MINUTE, 5 * MINUTE, 600.0, 900.0, 1800.0, HOUR, DAY), key=lambda s: abs(s - middle)
    )
    return Step("fixed", nice if dates and abs(nice / middle - 1) < 0.03 else middle, near, jitter=True)


def _monthly(times: Floats) -> Step | None:
    months = _months(times)
    steps = np.diff(months)
    if (steps <= 0).any():
        return None
    levels, counts = np.unique(steps, return_counts=True)
    days = np.floor((times - _month_starts(months)) / DAY)
    ends = np.floor((_month_starts(months + 1) - times) / DAY)
    alike = max(float((days == np.median(days)).mean()), float((ends <= 1).mean()), float((days <= 3).mean()))
    share = float(counts.max() / len(steps))
    return Step("months", float(levels[counts.argmax()]), share) if share >= 0.5 and alike >= 0.9 else None


def _business_days(times: Floats) -> Step | None:
    days = np.floor(times / DAY).astype(np.int64)
    if len(days) < 15 or len(np.unique(times % DAY)) > 1 or ((days + 3) % 7 >= 5).any():  # day 0 was a Thursday
        return None
    counts = np.diff(np.busday_count(np.datetime64(0, "D"), days.astype("datetime64[D]")))
    share = float((counts == 1).mean())
    return Step("business days", DAY, share) if share >= 0.7 else None


# -- periods ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Period:
    """A length of time that rows are counted in."""

    name: str
    size: float

    def places(self, times: Floats) -> Places:
        """Return the number of the period that holds each time."""
        months = {"month": 1, "quarter": 3, "year": 12}.get(self.name)
        if months is not None:
            return _months(times) // months
        return np.asarray(np.floor((times - self._origin) / self.size), dtype=np.int64)

    def starts(self, places: Places) -> Floats:
        """Return when these periods begin."""
        months = {"month": 1, "quarter": 3, "year": 12}.get(self.name)
        if months is not None:
            return _month_starts(places * months)
        return np.asarray(places * self.size + self._origin, dtype=np.float64)

    @property
    def _origin(self) -> float:
        return 4 * DAY if self.name == "week" else 0.0  # weeks begin on Mondays; day 4 was one


DATE_PERIODS = (
    Period("second", 1.0), Period("10 seconds", 10.0), Period("minute", MINUTE), Period("10 minutes", 10 * MINUTE),
    Period("hour", HOUR), Period("day", DAY), Period("week", WEEK), Period("month", MONTH),
    Period("quarter", QUARTER), Period("year", YEAR),
)  # fmt: skip


def periods_for(low: float, high: float, dates: bool) -> list[Period]:
    """Return the periods that may part this span, the finest first."""
    if dates:
        return list(DATE_PERIODS)
    span = max(high - low, 1e-9)
    power = np.floor(np.log10(span)) - 5
    sizes = [mantissa * 10.0 ** (power + i) for i in range(7) for mantissa in (1, 2, 5)]
    return [Period(f"{size:g}", size) for size in sizes if size >= 1 or span < 100]


def fitting_period(times: Floats, dates: bool, *, most: int, rows: float = 0.0, least: float = 0.0) -> Period:
    """Return the finest period that makes at most ``most`` of them, with ``rows`` rows on average where possible.

    ``least``: no period shorter than this. Where none has so many rows in twelve periods or more, the rows give way.
    """
    low, high = float(times.min()), float(times.max())
    fine = [p for p in periods_for(low, high, dates) if p.size >= least * 0.999 and (high - low) / p.size <= most]
    if not fine:
        return Period("year", YEAR) if dates else Period(f"{(high - low) / most:g}", max((high - low) / most, 1e-9))
    for wanted in (rows, rows / 2, 0.0):
        for period in fine:
            count = (high - low) / period.size + 1
            if len(times) / count >= wanted and (count >= 12 or wanted == 0.0):
                return period
    return fine[0]


def usual_span(times: Floats, dates: bool, protect: bool) -> tuple[float, float]:
    """Return the ends that may be shown, without single stray dates far from all others."""
    found = np.sort(times)
    left, right = np.quantile(found, (0.002, 0.998))
    room = 0.5 * max(float(right - left), 1e-9)
    usual = found[(found >= left - room) & (found <= right + room)]
    if not protect or len(usual) < 2 * RARE_ROWS:
        return float(usual[0]), float(usual[-1])
    low, high = shown_quantiles(usual, (0.0, 1.0), Kind.DATETIME if dates else Kind.NUMBER).tolist()
    return low, max(low, high)


def _months(times: Floats) -> Places:
    """Return months since January 1970."""
    seconds = np.floor(times).astype(np.int64).astype("datetime64[s]")
    return seconds.astype("datetime64[M]").astype(np.int64)


def _month_starts(months: npt.NDArray[np.int64]) -> Floats:
    starts = np.asarray(months, dtype=np.int64).astype("datetime64[M]").astype("datetime64[s]")
    return np.asarray(starts.astype(np.int64), dtype=np.float64)


def row_positions(rows: int) -> Floats:
    """Return 0, 1, 2, ...: the order of rows as they come."""
    return np.arange(rows, dtype=np.float64)


def times_of(values: pd.Series) -> Floats:
    """Return the times of a date or number column, one per row, NaN where missing; numbers held as words are read.

    Dates are seconds since 1970, as :func:`~synth_core.table.numbers` gives them.
    """
    if pd.api.types.is_numeric_dtype(values.dtype) or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return numbers(values)
    return np.asarray(pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64), dtype=np.float64)
