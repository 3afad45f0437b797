"""The codec's columns as SDV's networks take them: a word per state, a normal score per continuous value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.errors import MethodError

MOST_LEVELS = 500
MODES = 11  # columns that a continuous number becomes inside the network, at most
_COPIES = 3  # float64 copies of the table that learning holds at once
_EDGE = 1e-4  # normal scores end at +-3.7


def refuse_wide(method: str, codec: Codec, rows: int) -> None:
    """Raise :class:`MethodError` when a column has more levels than a network of this kind can hold."""
    width = sum(codec.states[name] + MODES * codec.continuous(name) for name in codec.names)
    gigabytes = width * rows * 8 * _COPIES / 1e9
    widest = max(codec.names, key=lambda name: codec.states[name])
    levels = codec.states[widest] - 1
    if levels > MOST_LEVELS:
        raise MethodError(
            f"Column '{widest}' has {levels:,} levels, and engine '{method}' takes at most {MOST_LEVELS}: it would "
            f"need about {gigabytes:.1f} GB and learn little. Choose 'trees', or leave out '{widest}'."
        )
    import psutil

    available = psutil.virtual_memory().available / 1e9
    if gigabytes > available:
        raise MethodError(
            f"Engine '{method}' would need about {gigabytes:.1f} GB for {rows:,} rows, and {available:.1f} GB are "
            f"free. Choose 'trees', or leave out '{widest}' ({levels:,} levels)."
        )


def to_network(codec: Codec, encoded: Encoded) -> pd.DataFrame:
    """Return one text column per column with several states and one number per continuous column."""
    from scipy.special import ndtri

    made: dict[str, Any] = {}
    for place, name in enumerate(codec.names):
        states = encoded.states[name]
        if len(np.unique(states)) > 1:
            made[f"c{place}.state"] = states.astype(str).astype(object)
        if codec.continuous(name):
            ranks = np.where(np.isnan(encoded.ranks[name]), 0.5, encoded.ranks[name])
            made[f"c{place}.score"] = ndtri(np.clip(ranks, _EDGE, 1 - _EDGE))
    return pd.DataFrame(made, index=range(len(encoded)))


def from_network(codec: Codec, made: pd.DataFrame) -> Encoded:
    """Return states and ranks of the network's rows; the inverse of ``to_network``."""
    from scipy.special import ndtr

    states: dict[str, Any] = {}
    ranks: dict[str, Any] = {}
    for place, name in enumerate(codec.names):
        only = int(np.argmax(codec.shares(name)))
        found = made.get(f"c{place}.state")
        states[name] = (
            np.full(len(made), only, np.int32) if found is None else found.astype(str).astype(np.int32).to_numpy()
        )
        ranks[name] = np.full(len(made), np.nan)
        if codec.continuous(name):
            scores = made[f"c{place}.score"].to_numpy(dtype=np.float64)
            ranks[name] = np.where(states[name] == codec.states[name] - 1, ndtr(scores), np.nan)
    return Encoded(states, ranks)


def metadata_of(frame: pd.DataFrame) -> Any:
    """Return SDV's description of the frame; said, not detected, so that nothing is taken for an id."""
    from sdv.metadata import Metadata

    kinds = {name: {"sdtype": "categorical" if name.endswith(".state") else "numerical"} for name in frame.columns}
    return Metadata.load_from_dict({"tables": {"t": {"columns": kinds}}, "relationships": []})
