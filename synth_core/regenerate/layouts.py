"""How often a value comes back, and how dates are spread."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.identifiers import Numbers, key_of, permute, uniform

SMALLEST_GROUP = 6  # the k-th largest number of repeats and the k-th date from either end bound what is made
ENTITIES = 1024
WINDOW = 500


@dataclass(frozen=True)
class Repeats:
    """How often a value comes back: an endless row of entities with the sizes of the real ones.

    Attributes
    ----------
    ends
        Running total of the sizes of one cycle of entities.
    together
        Whether the rows of one entity follow each other.
    """

    ends: npt.NDArray[np.int64]
    together: bool

    def __call__(self, units: Numbers, key: int) -> Numbers:
        """Return the entity's number for each row number."""
        total = int(self.ends[-1])
        cycle, place = units // np.uint64(total), units % np.uint64(total)
        if not self.together:
            place = _shuffled(place, total, key)
        within = np.searchsorted(self.ends, place.astype(np.int64), side="right").astype(np.uint64)
        return cycle * np.uint64(len(self.ends)) + within


def _shuffled(place: Numbers, total: int, key: int) -> Numbers:
    """Return row numbers permuted inside windows, so that entities are spread but a short release holds whole ones."""
    made = np.empty_like(place)
    start = place // np.uint64(WINDOW) * np.uint64(WINDOW)
    last = start + np.uint64(WINDOW) > np.uint64(total)
    for here, size in ((~last, WINDOW), (last, total % WINDOW)):
        if here.any():
            made[here] = start[here] + permute(place[here] - start[here], size, key_of(key, size))
    return made


@dataclass(frozen=True)
class Pool:
    """How often a value comes back: a fixed number of values with the real shares, commonest first."""

    bounds: npt.NDArray[np.float64]

    def __call__(self, units: Numbers, key: int) -> Numbers:
        """Return the value's number for each row number."""
        return np.searchsorted(self.bounds, uniform(units, key), side="right").astype(np.uint64)


Layout = Repeats | Pool | None


@dataclass(frozen=True)
class Dates:
    """Days drawn from a blurred distribution (days since 1970)."""

    knots: npt.NDArray[np.float64]

    def write(self, numbers: Numbers, key: int) -> npt.NDArray[np.float64]:
        """Return a whole day for each number."""
        shares = np.linspace(0, 1, len(self.knots))
        return np.floor(np.interp(uniform(numbers, key), shares, self.knots))


def learn_dates(days: npt.NDArray[np.float64], seed: int) -> Dates:
    """Return a blurred distribution of ``days``: quantiles over 20 rows or more each, moved by up to 30 days.

    The six dates at either end are left out; under 100 rows only the decades are kept.
    """
    days = np.sort(days[np.isfinite(days)])
    if len(days) < 100:
        low, high = (float(days[0]), float(days[-1])) if len(days) else (0.0, 18262.0)
        decade = 3652.5
        return Dates(np.array([np.floor(low / decade) * decade, np.ceil(high / decade + 1e-9) * decade]))
    inner = days[SMALLEST_GROUP - 1 : len(days) - SMALLEST_GROUP + 1]
    knots = np.quantile(inner, np.linspace(0, 1, int(np.clip(len(inner) // 20, 2, 50))))
    moved = knots + np.random.default_rng(seed).uniform(-30, 30, len(knots))
    return Dates(np.sort(np.clip(moved, knots[0], knots[-1])))


def learn_repeats(counts: npt.NDArray[np.int64], codes: npt.NDArray[np.int64], seed: int) -> Repeats:
    """Return how often an identifier repeats.

    ``counts``: rows per identifier; ``codes``: the identifier of each row as a number, -1 where it is missing.
    """
    largest = np.sort(counts)[-min(SMALLEST_GROUP, len(counts))]
    shares = (np.arange(ENTITIES) + 0.5) / ENTITIES
    sizes = np.quantile(np.minimum(counts, largest), shares, method="inverted_cdf").astype(np.int64)
    known = codes[codes >= 0]
    runs = 1 + int((np.diff(known) != 0).sum())
    together = runs <= 1.2 * len(counts)
    return Repeats(np.cumsum(np.random.default_rng(seed).permutation(sizes)), together)
