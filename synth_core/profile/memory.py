"""How long the rows of a table in time remember, and how few independent rows they are worth for that."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synth_core.profile.levels import Levels
from synth_core.profile.temporal import looks_ordered
from synth_core.profile.time_axis import order_column
from synth_core.profile.trends import autocorrelations
from synth_core.table import Table, numbers

Floats = npt.NDArray[np.float64]

MEMORY = 400  # lags


def is_series(table: Table) -> bool:
    """Return whether the rows, as they stand, follow each other in time."""
    order = order_column(table, None)
    if order is None:
        return looks_ordered(table)
    times = numbers(table.frame[order.name])
    times = times[np.isfinite(times)]
    return bool(len(times) > 1 and (np.diff(times) >= 0).mean() > 0.98)


def memory_of(column: Levels) -> Floats:
    """Return how a row's level goes with that of the row 1, 2, ... before it (0: not at all, 1: always the same).

    Autocorrelation of ordered levels; of categories the agreement beyond chance.
    """
    lags = max(1, min(MEMORY, len(column.codes) // 3))
    if column.ordered:
        return autocorrelations(column.codes.astype(np.float64), lags)[1:]
    levels = range(int(column.codes.max()) + 1)
    shares = np.array([(column.codes == level).mean() for level in levels])
    each = np.array([autocorrelations((column.codes == level).astype(np.float64), lags)[1:] for level in levels])
    weights = shares * (1 - shares)
    return np.asarray(weights @ each / max(float(weights.sum()), 1e-9))


def worth(memory: Sequence[Floats]) -> float:
    """Return how many independent rows one row of a series is worth (0..1), by the memories of several columns.

    1 / (1 + 2 times the sum over lags of their product), as for a mean of products (Bayley and Hammersley 1946,
    doi:10.2307/2983560); the sum ends where nothing is left.
    """
    together = np.prod(memory, axis=0)
    nothing = together < 0.05
    end = int(nothing.argmax()) if nothing.any() else len(together)
    return float(1 / (1 + 2 * together[:end].sum()))
