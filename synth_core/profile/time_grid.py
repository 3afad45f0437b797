"""The evenly spaced axis that a table's rows are brought to: its own steps, or periods that rows are counted in."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.profile.time_axis import Period, Step, fitting_period
from synth_core.profile.time_facts import TimeGap
from synth_core.profile.time_words import CYCLES, DAY, OVERTONES

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

MOST_POINTS = 40_000
MOST_PERIODS = 20_000
REGULAR = 0.7
FEW_ROWS = 3.0


@dataclass(frozen=True)
class Grid:
    """Where each row lies on the axis of the series.

    Attributes
    ----------
    place
        Point of each row; -1: outside.
    at, seconds, step
        Time of each point, length of a step in seconds (None: times are no dates), and what a step is called.
    aggregated, stepped
        Whether points are made of several rows; whether points are the table's own steps.
    """

    place: Places
    at: Floats
    seconds: float | None
    step: str
    aggregated: bool
    stepped: bool

    @property
    def lengths(self) -> Floats:
        """How long each period is, as a share of the usual one: months differ."""
        size = np.diff(self.at, append=2 * self.at[-1] - self.at[-2] if len(self.at) > 1 else self.at[-1] + 1)
        return np.asarray(size / float(np.median(size)), dtype=np.float64)


def grid_of(
    times: Floats, ends: tuple[float, float], step: Step | None, dates: bool, *, several: bool, repeated: int
) -> Grid:
    """Return the axis of the series: the steps themselves where rows keep to them, else periods.

    Parameters
    ----------
    ends
        Rows outside lie on no point.
    several, repeated
        Whether there are several entities, and how many rows repeat a time (of their entity).
    """
    inside = np.isfinite(times) & (times >= ends[0]) & (times <= ends[1])
    place = np.full(len(times), -1, dtype=np.int64)
    own = times[inside]
    if step is not None and step.share >= REGULAR:
        found = step.grid(own)
        points = int(found.max()) + 1
        single = not several and repeated <= 0.05 * len(own)
        if points <= min(MOST_POINTS, 3 * len(own)) and (single or len(own) >= FEW_ROWS * points):
            place[inside] = found
            at = step.at(float(own.min()), np.arange(points))
            return Grid(place, at, step.seconds if dates else None, _step_noun(step, dates), not single, True)
    period = fitting_period(own, dates, most=MOST_PERIODS, rows=5.0, least=_shortest(own, step, dates))
    return _periods(place, inside, own, period, dates)


def _shortest(own: Floats, step: Step | None, dates: bool) -> float:
    """Return the shortest period that makes sense: the step, a day for dates without time of day, a whole number."""
    least = step.seconds if step is not None else 0.0
    if dates:
        return max(least, DAY) if (own % DAY == own[0] % DAY).all() else least
    return max(least, 1.0) if (own == np.floor(own)).all() else least


def _periods(place: Places, inside: npt.NDArray[np.bool_], own: Floats, period: Period, dates: bool) -> Grid:
    found = period.places(own)
    first, last = int(found.min()), int(found.max())
    if last - first >= 12:  # the outermost periods are rarely whole
        first, last = first + 1, last - 1
    place[inside] = np.where((found >= first) & (found <= last), found - first, -1)
    at = period.starts(np.arange(first, last + 1))
    noun = period.name if dates else "step" if period.size == 1 else f"{period.name} steps"
    return Grid(place, at, period.size if dates else None, noun, True, False)


def _step_noun(step: Step, dates: bool) -> str:
    if not dates:
        return "step"
    if step.kind == "business days":
        return "business day"
    if step.kind == "months":
        return {1: "month", 3: "quarter", 12: "year"}.get(int(step.size), "step")
    return {1.0: "second", 60.0: "minute", 3600.0: "hour", DAY: "day", 7 * DAY: "week"}.get(step.size, "step")


def calendar_cycles(grid: Grid) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return the lengths of the calendar's cycles in steps, and those of their parts; business weeks have five days."""
    seconds = grid.seconds or 1.0
    if grid.step == "business day":
        return (5.0, 21.75, 261.0), (65.25, 130.5)
    whole, parts = (
        tuple(length / seconds for length in lengths.values() if length / seconds >= 2)
        for lengths in (CYCLES, OVERTONES)
    )
    return whole, parts


def holes(grid: Grid, between: int = 0) -> list[TimeGap]:
    """Return runs of steps without a row; of periods, only runs that chance would not leave empty.

    Runs that fewer than ``between`` rows part are one, and none is told that so few rows part from an end: the edges of
    a hole give the times of the rows beside it away.
    """
    counts = np.bincount(grid.place[grid.place >= 0], minlength=len(grid.at))
    empty = np.r_[False, counts == 0, False].astype(np.int8)
    starts, ends = np.flatnonzero(np.diff(empty) == 1), np.flatnonzero(np.diff(empty) == -1)
    gaps = []
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        if grid.aggregated:
            before, after = counts[max(0, start - 12) : start], counts[end : end + 12]
            usual = float(np.median(np.r_[before, after])) if len(before) + len(after) else 0.0
            if usual * (end - start) < 12:  # a Poisson count of 12 is 0 once in 160,000 times
                continue
        gaps.append(TimeGap(start=float(grid.at[start]), end=float(grid.at[end - 1]), steps=end - start))
    return _joined(gaps, grid, counts, between)


def _joined(gaps: list[TimeGap], grid: Grid, counts: Places, between: int) -> list[TimeGap]:
    """Return gaps with ``between`` rows or more before, between and after them."""
    below = np.concatenate([[0], np.cumsum(counts)])
    before = below[np.searchsorted(grid.at, [gap.start for gap in gaps])].tolist()  # rows before each gap
    found: list[TimeGap] = []
    last = 0
    for gap, rows in zip(gaps, before, strict=True):
        if found and rows - last < between:
            found[-1] = TimeGap(start=found[-1].start, end=gap.end, steps=found[-1].steps + gap.steps)
        elif rows - last >= between:
            found.append(gap)
        last = rows
    return found[:-1] if found and below[-1] - last < between else found


def period_counts(times: Floats, dates: bool) -> tuple[list[float], list[int]]:
    """Return the edges of at most 400 periods between the ends that may be shown, and the rows in each."""
    period = fitting_period(times, dates, most=398, rows=5.0)
    found = period.places(times)
    first, last = int(found.min()), int(found.max())
    counts = np.bincount(found - first, minlength=last - first + 1)
    return period.starts(np.arange(first, last + 2)).tolist(), counts.tolist()
