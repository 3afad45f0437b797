"""What is known about one column."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.profile.edges import EdgeCase, identifier_cases, word_cases
from synth_core.profile.gaps import gap_note
from synth_core.profile.modality import Modality, runs
from synth_core.profile.number_facts import number_facts
from synth_core.profile.shown import RARE_ROWS
from synth_core.table import Column, Kind, Role, numbers

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

TOP_VALUES = 15
RARE = "(rare)"
OTHER = "(other)"


class ValueShare(BaseModel):
    """A category, its rows, and its share of the filled cells (0..1)."""

    model_config = ConfigDict(frozen=True)

    label: str
    rows: int
    share: float


class ColumnProfile(BaseModel):
    """The facts about one column; nothing in it is taken from fewer than five rows, see ``shown``.

    Attributes
    ----------
    missing_share
        Share of rows with an empty cell (0..1).
    low, high
        The true ends; where the column is protected, the fifth value from either end if five rows share it, else the
        mean of the five around it. Dates are seconds since 1970. None: a protected column of fewer than ten values.
    quantiles
        Values at 1, 5, 25, 50, 75, 95, 99 %, kept inside ``low``..``high`` and found likewise.
    mean, variance, std, skewness, kurtosis
        Of a protected column only with ten values or more, of which five differ from the most frequent one: moments
        of fewer give single values away. Skewness and kurtosis are the third and fourth standardised moments; kurtosis
        is in excess of the normal curve's.
    modes
        As in ``modality``.
    outliers
        Share of values far from the rest, as ``edges.fences`` says.
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
        facts = number_facts(found[usual], levels[inside], sizes[inside], column, now)
    elif len(found) and column.kind is not Kind.DATETIME:
        facts = {"median_length": float(np.median([len(f"{level:.15g}") for level in levels[:1000]]))}
    return _measured(values, column, gaps, facts, distinct, top, prints)


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
