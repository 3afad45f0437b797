"""How a column becomes states and ranks, and categories do: see ``codec``, which is what engines use."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import TableError
from synth_core.table import Column

Floats = npt.NDArray[np.float64]
People = npt.NDArray[np.int64]
Integers = npt.NDArray[np.int64]
States = npt.NDArray[np.int32]

OTHER = "other"
LARGEST_K = 7  # rows that always show a value, however k was drawn


class ColumnCodec(Protocol):
    """What ``Codec`` asks of one column."""

    @property
    def counts(self) -> Integers:
        """Train rows per state."""

    @property
    def states(self) -> int:
        """Number of states, missing included."""

    @property
    def continuous(self) -> bool:
        """Whether the last state has a rank."""

    @classmethod
    def fit(cls, values: pd.Series, column: Column, rng: np.random.Generator, people: People | None = None) -> Self:
        """Return the codec of these cells."""

    @classmethod
    def restore(cls, column: Column, plain: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the codec that ``dump`` described."""

    def encode(self, values: pd.Series) -> tuple[States, Floats]:
        """Return states and ranks of the cells."""

    def decode(self, states: States, ranks: Floats) -> pd.Series:
        """Return the cells, in the column's canonical dtype."""

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return plain JSON values and arrays from which ``restore`` makes this codec again."""


def threshold(rng: np.random.Generator) -> int:
    """Return k: how many rows a value needs to be shown. Drawn, so that the limit itself says nothing."""
    return int(rng.integers(5, LARGEST_K + 1))


def people_with(values: pd.Series, people: People) -> pd.Series:
    """Return how many people have each value, in the order of the values."""
    pairs = pd.DataFrame({"value": values.to_numpy(), "who": people}).drop_duplicates()
    return pairs["value"].value_counts().sort_index()


def outermost(values: Floats, people: People | None) -> tuple[Floats, Floats]:
    """Return each person's smallest and largest value; the values themselves where rows are counted."""
    if people is None:
        return values, values
    each = pd.Series(values).groupby(people)
    return each.min().to_numpy(), each.max().to_numpy()


@dataclass(frozen=True)
class CategoryCodec:
    """Levels by frequency; ``merged`` says which state a protected level became."""

    levels: tuple[str, ...]
    merged: dict[str, int]
    counts: Integers

    @property
    def continuous(self) -> bool:
        """False: a category has no rank."""
        return False

    @property
    def states(self) -> int:
        """Missing and the kept levels."""
        return 1 + len(self.levels)

    @classmethod
    def fit(cls, values: pd.Series, column: Column, rng: np.random.Generator, people: People | None = None) -> Self:
        """Return the codec of these cells (str, or None where missing).

        Where rare levels are most of the rows they become one level, "other"; in a column that is written as numbers or
        dates, which has no such word, they become kept levels. :class:`TableError` where it keeps none.
        """
        k = threshold(rng) if column.protect else 1
        cells = values.dropna().astype(str)
        tally = [(str(level), int(count)) for level, count in cells.value_counts().items()]
        rows = dict(sorted(tally, key=lambda item: (-item[1], item[0])))
        about = rows if people is None else people_with(cells, people[values.notna().to_numpy()]).to_dict()
        rare = [level for level in rows if about[level] < k]
        words = column.storage == "string"
        if len(rare) == len(rows) > 0 and not words:
            raise TableError(
                f"Column '{column.name}' is a category, and none of its values stands in enough rows to be shown. Read "
                "it as a number or a date, leave it out, or switch the protection of its rare values off."
            )
        kept, merged = shown_levels(rows, rare, words=words, rng=rng)
        codec = cls(tuple(kept), merged, np.zeros(0, dtype=np.int64))
        counts = np.bincount(codec.encode(values)[0], minlength=codec.states)
        return cls(codec.levels, merged, counts.astype(np.int64))

    def encode(self, values: pd.Series) -> tuple[States, Floats]:
        """Return states and ranks (all NaN) of the cells."""
        positions, found = pd.factorize(values.astype(object), use_na_sentinel=True)
        known = {level: i + 1 for i, level in enumerate(self.levels)} | self.merged
        unseen = 1 if self.levels else 0
        state = np.array([known.get(str(level), unseen) for level in found] + [0], dtype=np.int32)
        return state[positions], np.full(len(values), np.nan)

    def decode(self, states: States, ranks: Floats) -> pd.Series:
        """Return the levels as text, None where missing."""
        cells = np.array([None, *self.levels], dtype=object)
        return pd.Series(cells[states], dtype=object)

    def dump(self) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
        """Return what ``restore`` needs."""
        return {"levels": list(self.levels), "merged": self.merged}, {"counts": self.counts}

    @classmethod
    def restore(cls, column: Column, plain: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the codec that ``dump`` described."""
        return cls(tuple(plain["levels"]), dict(plain["merged"]), arrays["counts"])


def shown_levels(
    rows: Mapping[str, int], rare: list[str], *, words: bool, rng: np.random.Generator
) -> tuple[list[str], dict[str, int]]:
    """Return the levels that are shown, and the state that each rare one becomes: 1 is the first that is shown.

    Parameters
    ----------
    rows
        Rows of every level, the most frequent first.
    words
        Whether the column may hold the level "other".
    """
    hidden = set(rare)
    kept = [level for level in rows if level not in hidden]
    if rare and words and 2 * sum(rows[level] for level in kept) < sum(rows.values()):
        kept = kept if OTHER in kept else [*kept, OTHER]
        return kept, dict.fromkeys(rare, kept.index(OTHER) + 1)
    return kept, _merge(rare, kept, np.array([rows[level] for level in kept], dtype=np.float64), rng)


def _merge(rare: list[str], kept: list[str], rows: Floats, rng: np.random.Generator) -> dict[str, int]:
    """Return the state of a kept level for each rare one, drawn by frequency among the longest shared prefixes."""
    by_name = sorted(range(len(kept)), key=kept.__getitem__)
    names = [kept[i] for i in by_name]
    merged = {}
    for level in sorted(rare):
        place = bisect_left(names, level)
        shared = max((_beginning(level, other) for other in names[max(place - 1, 0) : place + 1]), key=len)
        first = bisect_left(names, shared)
        last = first
        while last < len(names) and names[last].startswith(shared):
            last += 1
        choices = by_name[first:last]
        weight = rows[choices] / rows[choices].sum()
        merged[level] = int(rng.choice(choices, p=weight)) + 1
    return merged


def _beginning(one: str, other: str) -> str:
    """Return the longest text that both begin with."""
    length = 0
    while length < min(len(one), len(other)) and one[length] == other[length]:
        length += 1
    return one[:length]
