"""The profile of a number as a what-if shows it: a histogram without literal extremes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth_core.table import Kind, Table, numbers
from synth_core.what_if import FEWEST

BINS = 40


@dataclass(frozen=True)
class Shape:
    """A number's histogram between the seventh smallest and seventh largest value; shares of the filled cells."""

    middle: float
    low: float
    high: float
    edges: tuple[float, ...]
    shares: tuple[float, ...]


def shape_of(table: Table, name: str) -> Shape | None:
    """Return the shape of a number or date; None where too few cells are filled."""
    values = numbers(table.frame[name])
    values = np.sort(values[~np.isnan(values)])
    if len(values) < 4 * FEWEST:
        return None
    low, high = float(values[FEWEST - 1]), float(values[-FEWEST])
    if high <= low:
        return None
    whole = table.column(name).kind is Kind.INTEGER and high - low < 2 * BINS
    edges = np.arange(low - 0.5, high + 1) if whole else np.linspace(low, high, BINS + 1)
    counts, _ = np.histogram(np.clip(values, low, high), edges)
    shares = tuple(float(part) for part in counts / len(values))
    return Shape(float(np.median(values)), low, high, tuple(float(edge) for edge in edges), shares)
