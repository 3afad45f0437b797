"""Edge cases of a column: what a test suite, or a careful reader, would look at first.

No sentence holds a value that fewer than five rows share.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from synth_core.profile.density import quantile
from synth_core.profile.words import counted, number, percent

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

FEW = 5
ENOUGH = 50
INNER, OUTER = 0.2, 0.025  # shares of a tail
BY_CHANCE = 0.05
MARGIN = 1.6
CLEAR = 0.15


class EdgeCase(BaseModel):
    """One edge case in words; ``rows`` is how many rows it is about."""

    model_config = ConfigDict(frozen=True)

    code: str
    sentence: str
    rows: int


def fences(found: Floats) -> tuple[float, float]:
    """Return the values beyond which sorted values lie far from the rest; infinite where none do.

    Notes
    -----
    On each side the distance from the median is taken to grow with a power of the logarithm of the tail's share, at
    least as that of a normal curve does, and drawn on from the outer 20 % and 2.5 % (so up to 2 % of outliers, or
    four, do not count) to where one in 20 such tables has a value. The fence lies 1.6 times as far, and nothing within
    15 % of that distance. Of clean columns (uniform, normal, exponential, gamma, Laplace, Poisson with mean 3,
    lognormal, Student t with 5 degrees) of 100 to 5,000 values, at most 5 in 100 have an outlier.
    """
    first, third = (float(q) for q in quantile(found, (0.25, 0.75)))
    if third <= first:
        return -np.inf, np.inf
    return -_fence(-found[::-1]), _fence(found)


def _fence(found: Floats) -> float:
    """Return the value above which sorted values lie far from the rest."""
    outer = max(OUTER, FEW / len(found))
    middle, near, far = (float(q) for q in quantile(found, (0.5, 1 - INNER, 1 - outer)))
    if far <= middle:
        return np.inf
    power = np.log((far - middle) / (near - middle)) / np.log(np.log(outer) / np.log(INNER)) if near > middle else 0.5
    reach = MARGIN * (far - middle) * (np.log(BY_CHANCE / len(found)) / np.log(outer)) ** max(power, 0.5)
    most = float(found[-1]) - middle
    if not reach < most:
        return np.inf
    steps = reach * (1 + CLEAR) ** np.arange(int(np.log(most / reach) / np.log(1 + CLEAR)) + 1)
    inside = np.searchsorted(found, middle + steps / (1 + CLEAR), side="right")
    empty = inside == np.searchsorted(found, middle + steps * (1 + CLEAR), side="right")
    clear = np.flatnonzero(empty & (inside < len(found)))  # round steps, so that the fence tells no row's value
    return middle + float(steps[clear[0]]) if len(clear) else np.inf


def number_cases(
    found: Floats, levels: Floats, sizes: Counts, *, heap: float | None, whole_kind: bool
) -> Iterator[EdgeCase]:
    """Yield the edge cases of sorted numbers, whose different values are ``levels`` with ``sizes`` rows each.

    Parameters
    ----------
    heap
        Width of the cells the values are rounded to or heaped on, see ``modality.heap_step``.
    """
    if len(found) < ENOUGH:
        return
    said = _said_of(levels)
    yield from _outliers(found, said)
    yield from _signs(found)
    yield from _bounds(levels, sizes, said)
    heaped = heap is not None and len(levels) > 20 and heap >= float(quantile(found, 0.75) - quantile(found, 0.25)) / 50
    on = np.abs(levels / heap - np.round(levels / heap)) < 1e-6 if heaped and heap else np.ones(len(levels), dtype=bool)
    yield from _spikes(levels[on], sizes[on], len(found), said)
    rows = int(sizes[on].sum())
    if heap and rows < 0.999 * len(found):
        what = "whole numbers" if heap == 1 else f"multiples of {number(heap)}"
        yield EdgeCase(
            code="heaps",
            sentence=f"{percent(rows / len(found))} of the values are {what}: they were rounded, or guessed.",
            rows=rows,
        )
    broken = int(sizes[levels != np.floor(levels)].sum())
    if not whole_kind and 0 < broken <= 0.05 * len(found):
        yield EdgeCase(
            code="decimals",
            sentence=f"{counted(broken, 'value')} {'has' if broken == 1 else 'have'} decimals; all others are whole.",
            rows=broken,
        )


def _outliers(found: Floats, said: Callable[[float], str]) -> Iterator[EdgeCase]:
    low, high = fences(found)
    below = int(np.searchsorted(found, low, side="left"))
    above = len(found) - int(np.searchsorted(found, high, side="right"))
    parts = [f"{below:,} below {said(low)}"] if below else []
    parts += [f"{above:,} above {said(high)}"] if above else []
    if parts:
        yield EdgeCase(
            code="outliers",
            sentence=f"{counted(below + above, 'value')} far from the rest ({percent((below + above) / len(found))}): "
            f"{' and '.join(parts)}.",
            rows=below + above,
        )


def _signs(found: Floats) -> Iterator[EdgeCase]:
    negative = int(np.searchsorted(found, 0.0, side="left"))
    positive = len(found) - int(np.searchsorted(found, 0.0, side="right"))
    for code, few, many, word in (
        ("negative", negative, positive, "below"),
        ("positive", positive, negative, "above"),
    ):
        if 0 < few <= 0.05 * many:
            yield EdgeCase(
                code=code,
                sentence=f"{counted(few, 'value')} {'is' if few == 1 else 'are'} {word} 0; "
                f"{percent(many / len(found))} are on the other side.",
                rows=few,
            )


def _said_of(levels: Floats) -> Callable[[float], str]:
    """Return how to write a value; years go without a comma."""
    years = levels[0] >= 1800 and levels[-1] <= 2200 and bool((levels == np.floor(levels)).all())
    return (lambda value: f"{value:.0f}") if years else number


def _bounds(levels: Floats, sizes: Counts, said: Callable[[float], str]) -> Iterator[EdgeCase]:
    rows = int(sizes.sum())
    for place, word in ((0, "smallest"), (-1, "largest")) if len(levels) > 1 else ():
        held = int(sizes[place])
        if held >= FEW:
            yield EdgeCase(
                code=f"bound_{word}",
                sentence=f"The {word} value, {said(float(levels[place]))}, is held by {counted(held, 'row')} "
                f"({percent(held / rows)}).",
                rows=held,
            )


def _spikes(levels: Floats, sizes: Counts, rows: int, said: Callable[[float], str]) -> Iterator[EdgeCase]:
    if len(levels) < 12:
        return
    inner = np.argsort(-sizes[1:-1], kind="stable")[:3] + 1
    for place in np.sort(inner):
        around = sizes[max(place - 6, 0) : place + 7]
        if sizes[place] >= max(FEW, 0.02 * rows) and sizes[place] >= 8 * np.median(around):
            yield EdgeCase(
                code="spike",
                sentence=f"{said(float(levels[place]))} alone is held by {counted(int(sizes[place]), 'row')} "
                f"({percent(sizes[place] / rows)}), far more than the values beside it.",
                rows=int(sizes[place]),
            )


def date_cases(found: Floats, now: float) -> Iterator[EdgeCase]:
    """Yield the edge cases of sorted dates (seconds since 1970); ``now`` is the present."""
    if not len(found):
        return
    stamps = pd.DatetimeIndex((found * 1e9).astype("int64").astype("datetime64[ns]"))
    rows = len(found)
    yield from _counted_dates("future", int((found > now).sum()), rows, "lies in the future", "lie in the future")
    leap = int(((stamps.month == 2) & (stamps.day == 29)).sum())
    yield from _counted_dates("leap_day", leap, rows, "is a 29 February", "are a 29 February")
    seconds = found % 86_400
    midnight = int((seconds == 0).sum())
    if 0 < midnight < rows and midnight >= max(FEW, 0.01 * rows):
        yield EdgeCase(
            code="midnight",
            sentence=f"{counted(midnight, 'time')} ({percent(midnight / rows)}) are exactly midnight: "
            "probably days without a time.",
            rows=midnight,
        )
    if rows >= ENOUGH:
        first = stamps.day == 1
        january = int((first & (stamps.month == 1)).sum())
        if january >= max(20, 0.02 * rows) and len(np.unique(stamps.dayofyear)) > 60:
            yield from _counted_dates("new_year", january, rows, "is a 1 January", "are a 1 January: a year, not a day")
        elif int(first.sum()) >= max(50, 0.1 * rows) and len(np.unique(stamps.day)) > 5:
            yield from _counted_dates("month_start", int(first.sum()), rows, "is a 1st", "are the 1st of a month")
        low, high = fences(found)
        far = int(((found < low) | (found > high)).sum())
        yield from _counted_dates("outliers", far, rows, "lies far from the rest", "lie far from the rest")


def _counted_dates(code: str, count: int, rows: int, one: str, many: str) -> Iterator[EdgeCase]:
    if count:
        yield EdgeCase(
            code=code,
            sentence=f"{counted(count, 'date')} ({percent(count / rows)}) {one if count == 1 else many}.",
            rows=count,
        )


def word_cases(levels: Sequence[str], sizes: Counts, *, categories: bool) -> Iterator[EdgeCase]:
    """Yield the edge cases of words: rare ones, spellings, blanks at the ends, unusual lengths."""
    total = int(sizes.sum())
    rare = sizes < FEW
    if categories and rare.any() and not rare.all():
        yield EdgeCase(
            code="rare_values",
            sentence=f"{counted(int(rare.sum()), 'value')} with fewer than {FEW} rows, "
            f"{counted(int(sizes[rare].sum()), 'row')} in all.",
            rows=int(sizes[rare].sum()),
        )
    if categories and len(levels) <= 20_000:
        yield from _spellings(levels, sizes)
    lengths = np.fromiter(map(len, levels), dtype=np.int64, count=len(levels))
    if total >= ENOUGH and len(levels) >= 20:
        order = np.argsort(lengths, kind="stable")
        first, third = np.interp([0.25 * total, 0.75 * total], np.cumsum(sizes[order]), lengths[order])
        limit = third + 3 * max(third - first, 4)
        long = lengths > limit
        if long.any():
            yield EdgeCase(
                code="long_words",
                sentence=f"{counted(int(sizes[long].sum()), 'cell')} with more than {limit:,.0f} characters, "
                f"where three in four have at most {third:,.0f}.",
                rows=int(sizes[long].sum()),
            )


def _spellings(levels: Sequence[str], sizes: Counts) -> Iterator[EdgeCase]:
    padded = np.fromiter((level != level.strip() for level in levels), dtype=bool, count=len(levels))
    if padded.any():
        yield EdgeCase(
            code="blanks",
            sentence=f"{counted(int(sizes[padded].sum()), 'cell begins or ends', 'cells begin or end')} with a blank.",
            rows=int(sizes[padded].sum()),
        )
    folded: dict[str, list[int]] = {}
    for place, level in enumerate(levels):
        folded.setdefault(" ".join(level.casefold().split()), []).append(place)
    twins = [places for places in folded.values() if len(places) > 1]
    if twins:
        rows = int(sum(np.sort(sizes[places])[:-1].sum() for places in twins))
        yield EdgeCase(
            code="spellings",
            sentence=f"{counted(len(twins), 'value')} written in more than one way (case or blanks only); "
            f"{counted(rows, 'row')} with the rarer spelling.",
            rows=rows,
        )


def identifier_cases(sizes: Counts) -> Iterator[EdgeCase]:
    """Yield the edge cases of identifiers: those that come more than once where most do not."""
    again = sizes > 1
    count = int(again.sum())
    if 0 < count <= 0.05 * len(sizes):
        verb = "comes" if count == 1 else "come"
        yield EdgeCase(
            code="repeated",
            sentence=f"{counted(count, 'identifier')} {verb} more than once; all others once.",
            rows=int(sizes[again].sum()),
        )
