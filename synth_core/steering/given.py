"""Rows of which some columns are given, completed by an engine: exactly where it can, else by like rows of a pool."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec
from synth_core.errors import InputError
from synth_core.steering.asks import Given
from synth_core.table import Table, numbers

_AT_ONCE = 2_000_000  # distances held at a time
_WIDTH = 0.1  # how far, in the sum of distances per column, a row of the pool may be and still count by 1 / e


@dataclass(frozen=True)
class GivenRows:
    """The given columns, in canonical dtypes, how they are described in a recipe, and a note on them."""

    frame: pd.DataFrame
    note: str = ""

    @property
    def described(self) -> Given:
        """What the recipe holds."""
        digest = hashlib.sha256()
        for name in self.frame.columns:
            digest.update(str(name).encode())
            values = self.frame[name]
            cells = values if values.dtype == object else pd.Series(numbers(values))
            digest.update(pd.util.hash_array(cells.astype(str).to_numpy(dtype=object)).tobytes())
        names = tuple(self.frame.columns)
        return Given(columns=names, rows=len(self.frame), fingerprint=digest.hexdigest(), note=self.note)

    def at(self, first_row: int, rows: int) -> pd.DataFrame:
        """Return what is given for these rows of the release: the rows over and over again."""
        places = np.arange(first_row, first_row + rows) % len(self.frame)
        return self.frame.iloc[places].reset_index(drop=True)


def given_rows(told: Table, real: Table) -> GivenRows:
    """Return the given rows of a table; InputError where they cannot be given.

    An empty cell is given as empty, so it must be one that the real column can have. Categories that no real row has
    are refused; numbers may lie anywhere.
    """
    names = [name for name in told.names if name in real.names]
    if not len(told):
        raise InputError(f"'{told.name}' has no rows; each row that is given becomes one row of the release.")
    for name in names:
        if not real.column(name).learned:
            raise InputError(
                f"Column '{name}' of the given rows is not learned (it is made anew, or left out), so it cannot be "
                "given. Leave it out of the file."
            )
        gone = told.frame[name].isna()
        if gone.any() and not real.frame[name].isna().any():
            raise InputError(
                f"Row {int(gone.to_numpy().argmax()) + 1} of the given rows has an empty cell in '{name}', which is "
                "never empty in the real rows. Fill it in, or leave the column out."
            )
        if real.column(name).kind.categorical:
            known = told.frame[name].isin(real.frame[name].dropna().unique()) | gone
            if not known.all():
                raise InputError(
                    f"Row {int((~known).to_numpy().argmax()) + 1} of the given rows has a category in '{name}' that no "
                    "real row has: there is nothing to learn such rows from. Correct it."
                )
    if len(names) == len([column for column in real.columns if column.learned]):
        raise InputError("The given rows have every learned column, so nothing is left to make. Leave some out.")
    return GivenRows(told.frame[names].reset_index(drop=True))


def matched(
    given: pd.DataFrame, pool: pd.DataFrame, codec: Codec, rng: np.random.Generator
) -> tuple[npt.NDArray[np.int64], float]:
    """Return a row of the pool for each given row, and how many rows of the pool each had to choose from on average.

    Drawn with weights that fall with the distance in the given columns: a category that differs counts 1, a number by
    how far apart its mid-ranks are. The second is Kish's effective sample size of these weights.
    """
    one, other = _coordinates(given, codec), _coordinates(pool, codec)
    step = max(_AT_ONCE // max(len(pool), 1), 1)
    chosen, sizes = [], []
    for start in range(0, len(given), step):
        distance = np.zeros((min(step, len(given) - start), len(pool)))
        for name in given.columns:
            here, there = one[name][start : start + step, None], other[name][None, :]
            apart = np.abs(here - there) if codec.numeric(str(name)) else (here != there).astype(np.float64)
            distance += np.where(np.isnan(apart), np.isnan(here) != np.isnan(there), apart)
        weight = np.exp(-(distance - distance.min(axis=1, keepdims=True)) / _WIDTH)
        ends = np.cumsum(weight, axis=1)
        drawn = rng.random(len(weight))[:, None] * ends[:, -1:]
        chosen.append((drawn >= ends).sum(axis=1).clip(0, len(pool) - 1))
        sizes.append(ends[:, -1] ** 2 / (weight**2).sum(axis=1))
    return np.concatenate(chosen), float(np.concatenate(sizes).mean())


def _coordinates(frame: pd.DataFrame, codec: Codec) -> dict[str, npt.NDArray[np.float64]]:
    coded = codec.encode(frame)
    return {
        name: codec.positions(name, coded.states[name], coded.ranks[name])
        if codec.numeric(name)
        else coded.states[name].astype(np.float64)
        for name in coded.states
    }
