"""One hash per row, so that equal rows are found without comparing them."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, Coding

Keys = npt.NDArray[np.uint64]


def row_keys(coded: Coded, coding: Coding) -> Keys:
    """Return one hash per row over all compared columns; equal rows have equal keys.

    Numbers are compared to six decimals, which is finer than any copy is written with.
    """
    keys = np.zeros(len(coded), dtype=np.uint64)
    for name in coding.names:
        if name in coded.numeric:
            values = np.round(coded.numeric[name], 6) + 0.0  # -0.0 becomes 0.0
            part = np.where(np.isnan(values), np.nan, values).view(np.uint64)
        else:
            part = coded.codes[name].astype(np.uint64)
        keys = _mixed(keys ^ _mixed(part + np.uint64(0x9E3779B97F4A7C15)) * np.uint64(0xD6E8FEB86659FD93))
    return keys


def _mixed(bits: Keys) -> Keys:
    """splitmix64's finaliser (Steele, Lea and Flood 2014)."""
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))
