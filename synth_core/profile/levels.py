"""Columns as a few levels with labels that may be shown."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.profile.density import quantile
from synth_core.profile.shown import RARE_ROWS, shown_quantiles
from synth_core.profile.words import number
from synth_core.semantics import header_words
from synth_core.table import Column, Kind, numbers

Codes = npt.NDArray[np.int64]

_YEAR = frozenset(["year", "yr", "jahr", "annee", "année", "ano", "año", "anno", "jaar", "rok", "yyyy"])
OTHERS = "(others)"
ENOUGH = 50


@dataclass(frozen=True)
class Levels:
    """A column as ``len(labels)`` levels; ``codes`` are 0 where a cell is missing, else the level from 1 on."""

    name: str
    codes: Codes
    labels: list[str]
    ordered: bool


@dataclass(frozen=True)
class Leveling:
    """How a column's cells become levels, learned from some rows and fit for others.

    ``cuts``: upper ends of the ranges of an ordered column; ``known``: the level of each category.
    """

    name: str
    labels: list[str]
    cuts: npt.NDArray[np.float64] | None
    known: dict[object, int]

    def codes(self, values: pd.Series) -> Codes:
        """Return the level of each cell from 1 on, 0 where it is missing, -1 where no level takes it."""
        if self.cuts is not None:
            found = numbers(values)
            there = np.isfinite(found)
            place = np.searchsorted(self.cuts, found, side="left") + 1
            return np.where(there, np.minimum(place, max(len(self.labels), 1)), 0).astype(np.int64)
        codes, found_values = pd.factorize(values)
        others = len(self.labels) if OTHERS in self.labels[-1:] else -1
        place = np.array([*(self.known.get(one, others) for one in found_values), 0], dtype=np.int64)
        return np.asarray(place[codes])  # factorize says -1 for a missing cell: the last entry


def leveling(values: pd.Series, column: Column, most: int) -> Leveling:
    """Return at most ``most`` levels: equally filled ranges of ordered values, or the most frequent categories.

    Categories of fewer than five rows, and those beyond the most frequent ones, count as one.
    """
    if column.kind.numeric:
        return _ranges(values, column, most)
    codes, found = pd.factorize(values)
    sizes = np.bincount(codes[codes >= 0], minlength=len(found))
    order = np.argsort(-sizes, kind="stable")
    shown = order[sizes[order] >= RARE_ROWS]
    if len(shown) > most or len(shown) < len(found):
        shown = shown[: most - 1]
    labels = [str(found[i]) for i in shown] + ([OTHERS] if len(shown) < len(found) else [])
    return Leveling(column.name, labels, None, {found[i]: place for place, i in enumerate(shown, start=1)})


def in_levels(values: pd.Series, column: Column, most: int) -> Levels:
    """Return the cells in the levels that :func:`leveling` finds in them."""
    found = leveling(values, column, most)
    return Levels(column.name, found.codes(values), found.labels, ordered=column.kind.numeric)


def _ranges(values: pd.Series, column: Column, most: int) -> Leveling:
    found = numbers(values)
    known = np.isfinite(found)
    if known.sum() < ENOUGH:  # the ends of ranges would give single values away
        return Leveling(column.name, ["any"] if known.any() else [], np.zeros(0), {})
    shares, ordered = np.linspace(0, 1, most + 1)[1:-1], np.sort(found[known])
    cuts = np.unique(shown_quantiles(ordered, shares, column.kind) if column.protect else quantile(ordered, shares))
    cuts = cuts[cuts < found[known].max()]
    labels = _range_labels(cuts, float(found[known].min()), column.kind)
    if are_years(column.name, column.kind, float(found[known].min()), float(found[known].max())):
        labels = [label.replace(",", "") for label in labels]
    return Leveling(column.name, labels, cuts, {})


def are_years(name: str, kind: Kind, low: float, high: float) -> bool:
    """Return whether whole numbers are years, which are written without a comma: by header and by value.

    >>> are_years("model_year", Kind.INTEGER, 1970, 1982), are_years("price", Kind.INTEGER, 1970, 1982)
    (True, False)
    """
    return kind is Kind.INTEGER and low >= 1000 and high <= 2999 and bool(_YEAR & set(header_words(name)))


def _range_labels(cuts: npt.NDArray[np.float64], smallest: float, kind: Kind) -> list[str]:
    """Return the ranges between cuts in words; whole numbers as such."""
    said = [str(pd.Timestamp(cut, unit="s").date()) if kind is Kind.DATETIME else _rounded(cut) for cut in cuts]
    if not said:
        return ["any"]
    if kind is Kind.INTEGER:
        cuts = np.floor(cuts)
        said = [_rounded(cut) for cut in cuts]
        starts = [_rounded(cut + 1) for cut in cuts]
        first = said[0] if cuts[0] <= smallest else f"up to {said[0]}"
        inner = [one if one == other else f"{one} to {other}" for one, other in zip(starts, said[1:], strict=False)]
        return [first, *inner, f"{starts[-1]} or more"]
    return [f"up to {said[0]}", *(f"{low} to {high}" for low, high in pairwise(said)), f"over {said[-1]}"]


def _rounded(cut: float) -> str:
    """Return a cut in words; from ten thousand on with three digits, as single rows may hold exactly that value."""
    return number(float(f"{cut:.3g}") if abs(cut) >= 10_000 else float(cut))
