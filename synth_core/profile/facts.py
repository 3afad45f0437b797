"""What is known about one column."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.profile.density import binned, density, quantile
from synth_core.profile.edges import EdgeCase, date_cases, fences, identifier_cases, number_cases, word_cases
from synth_core.profile.gaps import gap_note
from synth_core.profile.modality import Modality, heap_step, modality, runs
from synth_core.profile.words import number
from synth_core.table import Column, Kind, Role, numbers

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
RARE_ROWS = 5
DAY = 86_400
TOP_VALUES = 15
BINS = 30
RARE = "(rare)"
OTHER = "(other)"


class ValueShare(BaseModel):
    """A category, its rows, and its share of the filled cells (0..1)."""

    model_config = ConfigDict(frozen=True)

    label: str
    rows: int
    share: float


class ColumnProfile(BaseModel):
    """The facts about one column; nothing in it is a literal of fewer than five rows.

    Attributes
    ----------
    missing_share
        Share of rows with an empty cell (0..1).
    low, high
        Fifth smallest and fifth largest value where the column is protected, else the true ends; dates are seconds
        since 1970. None: fewer than ten values.
    quantiles
        Values at 1, 5, 25, 50, 75, 95, 99 %, kept inside ``low``..``high``.
    skewness, kurtosis
        Third and fourth standardised moments; kurtosis is in excess of the normal curve's.
    modes
        As in ``modality``.
    outliers
        Share of values far from the rest: beyond the quartiles by three times the spread of the middle half (each side
        by its own), and beyond four standard deviations of the values with the outer 1 % on each side pulled in.
    edges, counts, below, above, log_scale
        Histogram between the 0.5 % and 99.5 % points (len(edges) = len(counts) + 1), rows left and right of it, and
        whether the bins are equally wide on a log scale.
    capped
        Share of values heaped on the largest one; 0 when there is no heap.
    values
        Most frequent categories; those under five rows together as "(rare)", the rest as "(other)".
    rare_levels, rare_rows
        Categories held by fewer than five rows, and the rows they hold.
    entropy
        In bits.
    weekdays, months, hours
        Shares per weekday (Monday first), month and hour for dates; ``hours`` is empty when no time is given.
    median_length
        Characters of the middle cell, for text and identifiers, whose values are never shown.
    density_at, density
        The smooth line over the histogram: share of the filled rows per unit (per unit of the decimal logarithm of
        the value where ``log_scale``) at these values.
    modality
        How many modes, and the test of "one mode".
    edge_cases
        Rare values, outliers, boundaries, heaps and the like, in words.
    gap_note
        How the empty cells lie, in words; "" without empty cells.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    kind: Kind
    role: Role
    semantic: str | None = None
    protect: bool = True
    rows: int
    missing: int
    missing_share: float
    distinct: int
    mean: float | None = None
    std: float | None = None
    low: float | None = None
    high: float | None = None
    quantiles: list[float] = Field(default_factory=list)
    skewness: float | None = None
    kurtosis: float | None = None
    modes: int | None = None
    zeros: float = 0.0
    outliers: float = 0.0
    capped: float = 0.0
    edges: list[float] = Field(default_factory=list)
    counts: list[int] = Field(default_factory=list)
    below: int = 0
    above: int = 0
    log_scale: bool = False
    values: list[ValueShare] = Field(default_factory=list)
    rare_levels: int = 0
    rare_rows: int = 0
    entropy: float | None = None
    weekdays: list[float] = Field(default_factory=list)
    months: list[float] = Field(default_factory=list)
    hours: list[float] = Field(default_factory=list)
    median_length: float | None = None
    variance: float | None = None
    density_at: list[float] = Field(default_factory=list)
    density: list[float] = Field(default_factory=list)
    modality: Modality | None = None
    edge_cases: list[EdgeCase] = Field(default_factory=list)
    gap_note: str = ""

    @property
    def filled(self) -> int:
        """Cells that hold a value."""
        return self.rows - self.missing


@dataclass(frozen=True)
class Measured:
    """A column's profile and its cells.

    Attributes
    ----------
    gaps
        Where cells are missing.
    top
        Rows of the most frequent value.
    prints
        One number per row, the same for equal cells.
    """

    profile: ColumnProfile
    values: pd.Series
    gaps: npt.NDArray[np.bool_]
    top: int
    prints: npt.NDArray[np.uint64]

    @cached_property
    def codes(self) -> npt.NDArray[np.int64]:
        """The cells as codes in order of first appearance; -1 = missing."""
        return pd.factorize(self.values)[0].astype(np.int64)


def measure_column(values: pd.Series, column: Column, *, now: float | None = None) -> Measured:
    """Return the facts about one column of a table; ``now`` (seconds since 1970) tells which dates lie ahead."""
    if column.kind.numeric:
        return _measure_numbers(values, column, now)
    codes, found = pd.factorize(values)
    levels = [str(level) for level in found]
    sizes = np.bincount(codes[codes >= 0], minlength=len(levels)).astype(np.int64)
    facts: dict[str, object] = {}
    if column.kind.categorical and not column.regenerated:
        facts = _category_facts(sizes, levels)
    elif len(levels):
        lengths = np.fromiter(map(len, levels), dtype=np.float64, count=len(levels))
        order = np.argsort(lengths, kind="stable")
        facts = {"median_length": _weighted_median(lengths[order], sizes[order])}
        cases = list(word_cases(levels, sizes, categories=False))
        if column.kind is Kind.IDENTIFIER:
            cases += identifier_cases(sizes)
        facts["edge_cases"] = cases
    prints = codes.astype(np.uint64)
    return _measured(values, column, codes < 0, facts, len(levels), int(sizes.max(initial=0)), prints)


def _measured(
    values: pd.Series,
    column: Column,
    gaps: npt.NDArray[np.bool_],
    facts: dict[str, object],
    distinct: int,
    top: int,
    prints: npt.NDArray[np.uint64],
) -> Measured:
    rows, missing = len(values), int(gaps.sum())
    profile = ColumnProfile(
        name=column.name,
        kind=column.kind,
        role=column.role,
        semantic=column.semantic,
        protect=column.protect,
        rows=rows,
        missing=missing,
        missing_share=missing / rows if rows else 0.0,
        distinct=distinct,
        gap_note=gap_note(gaps),
        **facts,
    )
    return Measured(profile, values, gaps, top, prints)


def _weighted_median(values: Floats, sizes: Counts) -> float:
    """Return the median of sorted values that come ``sizes`` times each."""
    below = np.cumsum(sizes)
    half = below[-1] / 2
    place = int(np.searchsorted(below, half, side="left"))
    last = place + 1 < len(values) and below[place] == half
    return float((values[place] + values[place + 1]) / 2) if last else float(values[place])


def spark(profile: ColumnProfile, bins: int = 12) -> list[float]:
    """Return at most ``bins`` heights (0..1, highest is 1) for a tiny chart in a table."""
    heights = np.array(profile.counts or [value.rows for value in profile.values], dtype=np.float64)
    if len(heights) > bins and profile.counts:
        heights = np.array([part.sum() for part in np.array_split(heights, bins)])
    heights = heights[:bins]
    top = float(heights.max(initial=0.0))
    return [round(float(h) / top, 3) for h in heights] if top > 0 else []


def _measure_numbers(values: pd.Series, column: Column, now: float | None) -> Measured:
    cells = numbers(values)
    gaps = np.isnan(cells)
    found = np.sort(cells[~gaps] if gaps.any() else cells)
    levels, sizes = runs(found)
    distinct, top = len(levels), int(sizes.max(initial=0))
    prints = np.where(gaps, np.inf, cells + 0.0).view(np.uint64)
    if len(found) and max(abs(found[0]), abs(found[-1])) >= 2**53:  # floats no longer tell whole numbers apart
        codes, different = pd.factorize(values)
        distinct, top = len(different), int(np.bincount(codes[codes >= 0]).max())
        prints = codes.astype(np.uint64)
    facts: dict[str, object] = {}
    usual = slice(*np.searchsorted(found, (-1e150, 1e150)))  # beyond that, squares overflow
    if len(found[usual]) and not column.regenerated:
        inside = slice(*np.searchsorted(levels, (-1e150, 1e150)))
        facts = _number_facts(found[usual], levels[inside], sizes[inside], column, now)
    elif len(found) and column.kind is not Kind.DATETIME:
        facts = {"median_length": float(np.median([len(f"{level:.15g}") for level in levels[:1000]]))}
    return _measured(values, column, gaps, facts, distinct, top, prints)


def _number_facts(found: Floats, levels: Floats, sizes: Counts, column: Column, now: float | None) -> dict[str, object]:
    low, high = _shown_ends(found, column.protect)
    facts: dict[str, object] = {"low": low, "high": high, **shape(found)}
    if low is None or high is None:
        return facts
    dates = column.kind is Kind.DATETIME
    shown = np.clip(quantile(found, QUANTILES), low, high)
    if dates and not (found % DAY).any():  # days have no hours, nor do the middles between them
        shown = np.floor(shown / DAY) * DAY
    edges, counts, below, above, log_scale = _histogram(found, low, high, column.kind)
    heap = heap_step(levels, sizes)
    capped = 0.0 if dates else _heap_at_top(levels, sizes)
    zeros = 0.0 if dates else float(sizes[levels == 0].sum() / len(found))
    modes = _modality(found, levels, zeros, capped, dates)
    at, line = density(found, edges, log_scale=log_scale, modes=modes.modes if modes else 1, step=heap)
    left, right = fences(found)
    return (
        facts
        | {
            "quantiles": [float(q) for q in shown],
            "zeros": zeros,
            "outliers": float(
                (np.searchsorted(found, left) + len(found) - np.searchsorted(found, right, "right")) / len(found)
            ),
            "capped": capped,
            "modality": modes,
            "modes": modes.modes if modes else None,
            "edges": edges,
            "counts": counts,
            "below": below,
            "above": above,
            "log_scale": log_scale,
            "density_at": at,
            "density": line,
            "edge_cases": list(
                date_cases(found, datetime.datetime.now(datetime.UTC).timestamp() if now is None else now)
                if dates
                else number_cases(found, levels, sizes, heap=heap, whole_kind=column.kind is Kind.INTEGER)
            ),
        }
        | (_calendar_facts(found) if dates else {})
    )


def _modality(found: Floats, levels: Floats, zeros: float, capped: float, dates: bool) -> Modality | None:
    """Return the modes of the values that are no state of their own: without a heap at zero or at the largest value."""
    if dates:
        return modality(found, lambda stamp: str(pd.Timestamp(stamp, unit="s").date()))
    kept, left_out = found, []
    if zeros >= 0.3 and len(levels) > 10:
        kept, left_out = kept[kept != 0], ["0"]
    if capped:
        kept, left_out = kept[kept != levels[-1]], [*left_out, number(float(levels[-1]))]
    modes = modality(kept)
    if modes is None or not left_out:
        return modes
    sentence = modes.sentence[:1].lower() + modes.sentence[1:]
    return modes.model_copy(update={"sentence": f"Beside the heap at {' and '.join(left_out)}: {sentence}"})


def _shown_ends(found: Floats, protect: bool) -> tuple[float | None, float | None]:
    """Return the ends that may be shown of sorted values."""
    if not protect:
        return float(found[0]), float(found[-1])
    if len(found) < 2 * RARE_ROWS:
        return None, None
    return float(found[RARE_ROWS - 1]), float(found[-RARE_ROWS])


def shape(found: Floats) -> dict[str, float | None]:
    """Return mean, variance, standard deviation, skewness and excess kurtosis; None where they overflow."""
    if not len(found):
        return {}
    with np.errstate(all="ignore"):
        mean = float(found.mean())
        centred = found - mean
        squares = centred * centred
        second = float(squares.mean())
        variance = float(second * len(found) / (len(found) - 1)) if len(found) > 1 else 0.0
        spread = float(np.sqrt(second))
        facts = {"mean": _finite(mean), "variance": _finite(variance), "std": _finite(float(np.sqrt(variance)))}
        if spread > 1e-12 * max(1.0, abs(mean)) and len(found) > 3:
            facts["skewness"] = _finite(float(((centred / spread) * (squares / second)).mean()))
            facts["kurtosis"] = _finite(float(((squares / second) ** 2).mean()) - 3)
    return facts


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _histogram(found: Floats, low: float, high: float, kind: Kind) -> tuple[list[float], list[int], int, int, bool]:
    """Return edges, counts, rows below and above, and whether bins are equally wide on a log scale."""
    left = max(low, float(quantile(found, 0.005)))
    right = min(high, float(quantile(found, 0.995)))
    middle = float(quantile(found, 0.5))
    # over several powers of ten, and not only because some values are next to nothing
    log_scale = kind is not Kind.DATETIME and left > 0 and right / left >= 500 and right / middle >= 12
    whole = right - left < 2000 and bool((found == np.floor(found)).all())
    if kind is not Kind.DATETIME and whole and not log_scale:
        step = max(1.0, np.ceil((np.floor(right) - np.floor(left) + 1) / BINS))
        edges = np.arange(np.floor(left), np.floor(right) + step + 0.5, step) - 0.5
    elif right <= left:
        half = max(abs(left) * 1e-3, 0.5)
        edges = np.array([left - half, left + half])
    elif log_scale:
        edges = np.geomspace(left, right, BINS + 1)
    else:
        edges = np.linspace(left, right, BINS + 1)
    counts = binned(found, edges)
    below = int(np.searchsorted(found, edges[0], side="left"))
    above = len(found) - int(np.searchsorted(found, edges[-1], side="right"))
    return [float(e) for e in edges], [int(c) for c in counts], below, above, log_scale


def _heap_at_top(levels: Floats, sizes: Counts) -> float:
    """Return the share of values equal to the largest, when they are far more than the values just below it hold."""
    if len(levels) < 12 or sizes[-1] < 20:
        return 0.0
    usual = float(np.median(sizes[-11:-1]))
    return float(sizes[-1] / sizes.sum()) if sizes[-1] >= 5 * usual else 0.0


def _category_facts(sizes: Counts, levels: list[str]) -> dict[str, object]:
    total = int(sizes.sum())
    if not total:
        return {"entropy": 0.0}
    rare = sizes < RARE_ROWS
    order = np.argsort(-sizes, kind="stable")[: int((~rare).sum())]
    shown = [ValueShare(label=levels[i], rows=int(sizes[i]), share=sizes[i] / total) for i in order[:TOP_VALUES]]
    other, rare_rows = int(sizes[order[TOP_VALUES:]].sum()), int(sizes[rare].sum())
    shown += [
        ValueShare(label=label, rows=rows, share=rows / total)
        for label, rows in ((OTHER, other), (RARE, rare_rows))
        if rows
    ]
    share = sizes / total
    return {
        "values": shown,
        "rare_levels": int(rare.sum()),
        "rare_rows": rare_rows,
        "entropy": float(-(share * np.log2(share)).sum()) + 0.0,
        "edge_cases": list(word_cases(levels, sizes, categories=True)),
    }


def _calendar_facts(found: Floats) -> dict[str, object]:
    if len(found) < 2 * RARE_ROWS:
        return {}
    total = len(found)
    days = np.floor(found / DAY)
    hours = np.bincount(((found - days * DAY) // 3600).astype(np.intp), minlength=24)
    whole, sizes = runs(days)
    months = pd.DatetimeIndex(whole.astype("int64").astype("datetime64[D]")).month
    weekdays = np.bincount(((whole + 3) % 7).astype(np.intp), weights=sizes, minlength=7)
    return {
        "weekdays": [round(float(n) / total, 4) for n in weekdays],
        "months": [round(float(n) / total, 4) for n in np.bincount(months - 1, weights=sizes, minlength=12)],
        "hours": [] if hours[0] == total else [round(float(n) / total, 4) for n in hours],
    }
