"""Rows cut into groups within which columns go together more simply: by the categories that say most about the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec, Encoded

Rows = npt.NDArray[np.intp]
States = npt.NDArray[np.int32]

_MOST_LEVELS = 60
_BINS = 5
_LEAST = 0.2  # nats about all other columns together


def partition(codec: Codec, encoded: Encoded, rows: Rows, splits: int, smallest: int) -> Iterator[Rows]:
    """Yield groups of ``rows``, each with at least ``smallest`` of them, cut at most ``splits`` times in a row.

    Every cut is by the category that has most mutual information with the other columns among the rows at hand; levels
    with too few rows stay together.
    """
    states = {name: encoded.states[name][rows] for name in codec.names}
    cut = _best(codec, encoded, rows, states, smallest) if splits and len(rows) >= 2 * smallest else ""
    if not cut:
        yield rows
        return
    counts = np.bincount(states[cut])
    large = np.flatnonzero(counts >= smallest)
    rest = np.flatnonzero(~np.isin(states[cut], large))
    groups = [np.flatnonzero(states[cut] == level) for level in large]
    if len(rest) >= smallest:
        groups.append(rest)
    elif len(rest):  # too few to stand alone: they join the smallest group
        groups[-1] = np.concatenate([groups[-1], rest])
    for group in sorted(groups, key=len, reverse=True):
        yield from partition(codec, encoded, rows[np.sort(group)], splits - 1, smallest)


def _best(
    codec: Codec, encoded: Encoded, rows: Rows, states: Mapping[str, npt.NDArray[np.int32]], smallest: int
) -> str:
    """Return the category to cut by; "" where none says anything."""
    codes = {name: _codes(codec, name, states[name], encoded.ranks[name][rows]) for name in codec.names}
    said = {}
    for name in codec.names:
        if codec.numeric(name) or codec.states[name] > _MOST_LEVELS:
            continue
        counts = np.bincount(states[name])
        if (counts >= smallest).sum() < 2 and counts.max() > len(rows) - smallest:
            continue
        others = [other for other in codec.names if other != name]
        said[name] = sum(information(codes[name], codes[other]) for other in others)
    best = max(said, key=said.__getitem__, default="")
    return best if best and said[best] >= _LEAST else ""


def _codes(
    codec: Codec, name: str, states: npt.NDArray[np.int32], ranks: npt.NDArray[np.float64]
) -> npt.NDArray[np.int64]:
    if not codec.numeric(name):
        return states.astype(np.int64)
    positions = np.nan_to_num(codec.positions(name, states, ranks))
    return np.where(states > 0, 1 + np.minimum(positions * _BINS, _BINS - 1), 0).astype(np.int64)


def information(one: npt.NDArray[np.int64], other: npt.NDArray[np.int64]) -> float:
    """Return the mutual information of two columns of codes in nats, less what chance gives on average (at least 0).

    >>> x = np.arange(1000) % 2
    >>> round(information(x, x), 2), information(x, np.arange(1000) // 2 % 2)
    (0.69, 0.0)
    """
    size = int(other.max(initial=0)) + 1
    joint = np.bincount(one * size + other, minlength=(int(one.max(initial=0)) + 1) * size).reshape(-1, size) / len(one)
    left, right = joint.sum(axis=1), joint.sum(axis=0)
    seen = joint > 0
    found = float((joint[seen] * np.log(joint[seen] / np.outer(left, right)[seen])).sum())
    chance = ((left > 0).sum() - 1) * ((right > 0).sum() - 1) / (2 * len(one))  # Miller, 1955
    return max(found - float(chance), 0.0)
