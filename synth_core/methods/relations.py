"""Which columns know about which: groups of states, mutual information, an order to make columns in, level scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec, Encoded

Floats = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

NUMBER_GROUPS = 12
CATEGORY_GROUPS = 24
_PRIOR_ROWS = 10.0
_SAME_ENTROPY = 0.5


def grouped(codec: Codec, encoded: Encoded, name: str) -> Groups:
    """Return the cells of a column as few groups 0 .. k-1: quantiles, or frequent levels and spans of rare ones."""
    states = encoded.states[name]
    if codec.numeric(name):
        found = np.zeros(len(states), dtype=np.int64)
        positions = codec.positions(name, states, encoded.ranks[name])
        present = ~np.isnan(positions)
        if present.any():
            edges = np.quantile(positions[present], np.linspace(0, 1, NUMBER_GROUPS + 1)[1:-1])
            found[present] = 1 + np.searchsorted(np.unique(edges), positions[present], side="right")
    elif codec.states[name] <= CATEGORY_GROUPS:
        found = states.astype(np.int64)
    else:
        found = _spans(codec.labels(name), codec.shares(name))[states]
    return np.unique(found, return_inverse=True)[1].astype(np.int64)


def _spans(labels: list[str], shares: Floats) -> Groups:
    """Return a group per state: missing and the most frequent levels alone, the others by spans of the alphabet.

    Codes that begin alike (ICD, post codes) mean alike.
    """
    alone = CATEGORY_GROUPS // 2
    group = np.arange(len(shares), dtype=np.int64)
    rest = alone + 1 + np.array(sorted(range(len(labels) - alone), key=lambda i: labels[alone + i]), dtype=np.int64)
    before = np.cumsum(shares[rest]) - shares[rest]
    width = max(float(shares[rest].sum()), 1e-12) / (CATEGORY_GROUPS - alone)
    group[rest] = alone + 1 + np.minimum(before / width, CATEGORY_GROUPS - alone - 1).astype(np.int64)
    return group


def mutual_information(groups: Sequence[Groups]) -> Floats:
    """Return the mutual information (nats, corrected for chance) of all pairs; entropies on the diagonal."""
    rows = len(groups[0])
    found = np.zeros((len(groups), len(groups)))
    for i, one in enumerate(groups):
        found[i, i] = _entropy(one, rows)
        for j, other in enumerate(groups[:i]):
            sizes = int(one.max()) + 1, int(other.max()) + 1
            chance = (sizes[0] - 1) * (sizes[1] - 1) / (2 * rows)
            shared = found[i, i] + found[j, j] - _entropy(one * sizes[1] + other, rows) - chance
            found[i, j] = found[j, i] = max(shared, 0.0)
    return found


def _entropy(groups: Groups, rows: int) -> float:
    shares = np.bincount(groups) / rows
    shares = shares[shares > 0]
    return float(-(shares * np.log(shares)).sum())


def related_last(information: Floats, first: Sequence[int]) -> list[int]:
    """Return an order of columns: ``first``, then from the least to the most related ones.

    It is a greedy chain read backwards: start with the column that all others say most about, and go on with
    the one nearest to those already taken. The last columns have strong relations to lean on.
    """
    shared = information - np.diag(np.diag(information))
    rest = [i for i in range(len(shared)) if i not in set(first)]
    chain: list[int] = []
    while rest:
        gain = shared[rest].sum(axis=1) if not chain else shared[np.ix_(rest, chain)].max(axis=1)
        chain.append(rest.pop(int(np.argmax(gain))))
    return [*first, *reversed(chain)]


def simplest_first(information: Floats, first: Sequence[int]) -> list[int]:
    """Return an order of columns: ``first``, then by entropy, so that the rich columns can use all others.

    Columns of about the same entropy (half a nat) follow :func:`related_last`.
    """
    chain = related_last(information, first)[len(first) :]
    level = np.rint(np.diag(information)[chain] / _SAME_ENTROPY) if chain else np.zeros(0)
    return [*first, *(chain[i] for i in np.argsort(level, kind="stable").tolist())]


def level_scores(states: npt.NDArray[np.int32], size: int, target: Groups, axes: int) -> npt.NDArray[np.float32]:
    """Return numbers (size, axes or fewer) for the states of a category such that near levels say alike of ``target``.

    Notes
    -----
    The first axes of a correspondence analysis of levels by target groups, levels shrunk towards the mean by ten
    rows. For a target of two groups it is the order by mean target, in which a tree finds the best split of the
    levels (Fisher, 1958; Breiman et al., 1984).
    """
    width = int(target.max()) + 1
    table = np.bincount(states * width + target, minlength=size * width).reshape(size, width).astype(np.float64)
    rows, overall = table.sum(axis=1), table.sum(axis=0) / max(table.sum(), 1.0)
    scale = np.sqrt(np.maximum(overall, 1e-9))
    profile = ((table + _PRIOR_ROWS * overall) / (rows[:, None] + _PRIOR_ROWS) - overall) / scale
    directions = np.linalg.svd(profile * np.sqrt(rows)[:, None], full_matrices=False)[2]
    largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=1)[:, None], axis=1)
    directions = directions * np.where(largest < 0, -1.0, 1.0)  # an axis has no sign of its own
    return np.asarray(profile @ directions[:axes].T, dtype=np.float32)
