"""What is known about one column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.profile.edges import EdgeCase
from synth_core.profile.modality import Modality
from synth_core.table import Column, Kind, Role, numbers

Floats = npt.NDArray[np.float64]

QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
RARE_ROWS = 5
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
        Peaks of the smoothed density that stand clear of chance.
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
    """A column's profile, and its cells as codes (-1 = missing) in order of first appearance."""

    profile: ColumnProfile
    codes: npt.NDArray[np.int64]
    sizes: npt.NDArray[np.int64]


def measure_column(values: pd.Series, column: Column) -> Measured:
    """Return the facts about one column of a table."""
    codes, levels = pd.factorize(values)
    sizes = np.bincount(codes[codes >= 0], minlength=len(levels)).astype(np.int64)
    rows, missing = len(values), int((codes < 0).sum())
    facts: dict[str, object] = {}
    if column.kind.numeric and not column.regenerated:
        facts = _number_facts(values, column)
    elif column.kind.categorical and not column.regenerated:
        facts = _category_facts(sizes, [str(level) for level in levels])
    elif rows > missing:
        lengths = np.array([len(str(level)) for level in levels], dtype=np.float64)
        facts = {"median_length": float(np.median(np.repeat(lengths, sizes)))}
    if column.kind is Kind.DATETIME and not column.regenerated:
        facts |= _calendar_facts(values)
    profile = ColumnProfile(
        name=column.name,
        kind=column.kind,
        role=column.role,
        semantic=column.semantic,
        protect=column.protect,
        rows=rows,
        missing=missing,
        missing_share=missing / rows if rows else 0.0,
        distinct=len(levels),
        **facts,
    )
    return Measured(profile, codes.astype(np.int64), sizes)


def spark(profile: ColumnProfile, bins: int = 12) -> list[float]:
    """Return at most ``bins`` heights (0..1, highest is 1) for a tiny chart in a table."""
    heights = np.array(profile.counts or [value.rows for value in profile.values], dtype=np.float64)
    if len(heights) > bins and profile.counts:
        heights = np.array([part.sum() for part in np.array_split(heights, bins)])
    heights = heights[:bins]
    top = float(heights.max(initial=0.0))
    return [round(float(h) / top, 3) for h in heights] if top > 0 else []


def _number_facts(values: pd.Series, column: Column) -> dict[str, object]:
    found = numbers(values)
    found = np.sort(found[np.abs(found) < 1e150])  # beyond that, squares overflow
    if not len(found):
        return {}
    low, high = _shown_ends(found, column.protect)
    facts: dict[str, object] = {"low": low, "high": high, **_moments(found)}
    if low is None or high is None:
        return facts
    shown = np.clip(np.quantile(found, QUANTILES), low, high)
    edges, counts, below, above, log_scale = _histogram(found, low, high, column.kind)
    return facts | {
        "quantiles": [float(q) for q in shown],
        "zeros": 0.0 if column.kind is Kind.DATETIME else float((found == 0).mean()),
        "outliers": _outlier_share(found),
        "capped": 0.0 if column.kind is Kind.DATETIME else _heap_at_top(found),
        "modes": count_modes(np.log(found) if log_scale and found[0] > 0 else found),
        "edges": edges,
        "counts": counts,
        "below": below,
        "above": above,
        "log_scale": log_scale,
    }


def _shown_ends(found: Floats, protect: bool) -> tuple[float | None, float | None]:
    """Return the ends that may be shown of sorted values."""
    if not protect:
        return float(found[0]), float(found[-1])
    if len(found) < 2 * RARE_ROWS:
        return None, None
    return float(found[RARE_ROWS - 1]), float(found[-RARE_ROWS])


def _moments(found: Floats) -> dict[str, float | None]:
    with np.errstate(all="ignore"):
        mean = float(found.mean())
        centred = found - mean
        std = float(centred.std(ddof=1)) if len(found) > 1 else 0.0
        spread = float(np.sqrt((centred**2).mean()))
        facts: dict[str, float | None] = {"mean": _finite(mean), "std": _finite(std)}
        if spread > 1e-12 * max(1.0, abs(mean)) and len(found) > 3:
            scaled = centred / spread
            facts["skewness"] = _finite(float((scaled**3).mean()))
            facts["kurtosis"] = _finite(float((scaled**4).mean()) - 3)
    return facts


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _histogram(found: Floats, low: float, high: float, kind: Kind) -> tuple[list[float], list[int], int, int, bool]:
    """Return edges, counts, rows below and above, and whether bins are equally wide on a log scale."""
    left = max(low, float(np.quantile(found, 0.005)))
    right = min(high, float(np.quantile(found, 0.995)))
    log_scale = kind is not Kind.DATETIME and left > 0 and right / left >= 500
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
    counts, edges = np.histogram(found, bins=edges)
    below, above = int((found < edges[0]).sum()), int((found > edges[-1]).sum())
    return [float(e) for e in edges], [int(c) for c in counts], below, above, log_scale


def _outlier_share(found: Floats) -> float:
    left, first, middle, third, right = np.quantile(found, (0.01, 0.25, 0.5, 0.75, 0.99))
    if third <= first:
        return 0.0
    usual = 4 * float(np.clip(found, left, right).std())
    half = (third - first) / 2
    low = min(first - 6 * max(middle - first, half / 2), middle - usual)
    high = max(third + 6 * max(third - middle, half / 2), middle + usual)
    return float(((found < low) | (found > high)).mean())


def _heap_at_top(found: Floats) -> float:
    """Return the share of values equal to the largest, when they are far more than the values just below it hold."""
    levels, sizes = np.unique(found[-max(len(found) // 2, 200) :], return_counts=True)
    if len(levels) < 12 or sizes[-1] < 20:
        return 0.0
    usual = float(np.median(sizes[-11:-1]))
    return float(sizes[-1] / len(found)) if sizes[-1] >= 5 * usual else 0.0


def count_modes(found: Sequence[float] | Floats) -> int | None:
    """Return how many peaks the smoothed density has that chance would not make; None for fewer than 50 values.

    Notes
    -----
    Gaussian kernel on a grid of 400 points, bandwidth by Silverman's rule (doi:10.1201/9781315140919). A peak counts
    when it rises above the valley beside it by 5 % of the highest peak and by four standard errors of the density.
    """
    values = np.sort(np.asarray(found, dtype=np.float64))
    if len(values) < 50:
        return None
    left, right = np.quantile(values, (0.005, 0.995))
    first, third = np.quantile(values, (0.25, 0.75))
    if right <= left:
        return 1
    inside = values[(values >= left) & (values <= right)]
    spread = min(float(inside.std()), (third - first) / 1.34) or float(inside.std())
    width = max(0.9 * spread * len(inside) ** -0.2, _usual_step(inside), (right - left) / 200)
    grid = 400
    margin = 3 * width
    counts, edges = np.histogram(inside, bins=grid, range=(left - margin, right + margin))
    cell = width / (edges[1] - edges[0])
    reach = int(np.ceil(3 * cell))
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / cell) ** 2)
    kernel /= kernel.sum()
    smooth = np.convolve(counts, kernel, mode="same") / len(inside)
    error = np.sqrt(smooth / (len(inside) * 2 * np.sqrt(np.pi) * cell))
    clear = [i for i, rise in _peaks(smooth) if rise > max(0.05 * float(smooth.max()), 4 * float(error[i]))]
    return max(1, len(clear))


def _usual_step(inside: Floats) -> float:
    """Return the step of values on a coarse grid, so that the grid itself makes no peaks; 0 for fine values."""
    levels = np.unique(inside)
    return float(np.median(np.diff(levels))) if 1 < len(levels) < 200 else 0.0


def _peaks(smooth: Floats) -> list[tuple[int, float]]:
    """Return position and prominence of every local maximum."""
    tops = [i for i in range(1, len(smooth) - 1) if smooth[i - 1] < smooth[i] >= smooth[i + 1]]
    found = []
    for i in tops:
        higher = np.flatnonzero(smooth > smooth[i])
        left = higher[higher < i].max(initial=-1)
        right = higher[higher > i].min(initial=len(smooth))
        valley = max(smooth[left + 1 : i + 1].min(), smooth[i:right].min())
        found.append((i, float(smooth[i] - valley)))
    return found


def _category_facts(sizes: npt.NDArray[np.int64], levels: list[str]) -> dict[str, object]:
    total = int(sizes.sum())
    if not total:
        return {"entropy": 0.0}
    rare = sizes < RARE_ROWS
    order = [int(i) for i in np.argsort(-sizes, kind="stable") if not rare[i]]
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
    }


def _calendar_facts(values: pd.Series) -> dict[str, object]:
    known = pd.DatetimeIndex(values.dropna())
    if len(known) < 2 * RARE_ROWS:
        return {}
    total = len(known)
    hours = np.bincount(known.hour, minlength=24)
    return {
        "weekdays": [round(float(n) / total, 4) for n in np.bincount(known.dayofweek, minlength=7)],
        "months": [round(float(n) / total, 4) for n in np.bincount(known.month - 1, minlength=12)],
        "hours": [] if hours[0] == total else [round(float(n) / total, 4) for n in hours],
    }
