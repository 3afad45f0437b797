"""One column's trees: which leaf a row falls into, and the train cells (donors) that are drawn there.

Trees are flat arrays, walked level by level; the donors of leaf ``i`` are ``start[i] : start[i] + count[i]``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]
Integers = npt.NDArray[np.int64]
States = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Nodes:
    """A tree, or several in a row: ``children`` (nodes, 2) with -1 for leaves, ``feature``, ``threshold``."""

    children: Integers
    feature: Integers
    threshold: Features

    @classmethod
    def single(cls) -> Self:
        """Return the tree that is one leaf."""
        return cls(np.full((1, 2), -1, dtype=np.int64), np.zeros(1, dtype=np.int64), np.zeros(1, dtype=np.float32))

    @classmethod
    def of(cls, tree: Any) -> Self:
        """Return the arrays of scikit-learn's ``tree_``."""
        children = np.column_stack([tree.children_left, tree.children_right]).astype(np.int64)
        feature = np.maximum(tree.feature, 0).astype(np.int64)
        return cls(children, feature, tree.threshold.astype(np.float32))

    def leaves(self, features: Features, roots: Integers) -> Integers:
        """Return the leaf of each row of ``features`` (rows, columns), starting at its root."""
        found = roots.copy()
        flat, width, children = features.ravel(), features.shape[1], self.children.ravel()
        rows = np.flatnonzero(self.children[found, 0] >= 0)
        nodes = found[rows]
        while len(rows):
            right = flat[rows * width + self.feature[nodes]] > self.threshold[nodes]
            nodes = children[2 * nodes + right]
            found[rows] = nodes
            inner = children[2 * nodes] >= 0
            rows, nodes = rows[inner], nodes[inner]
        return found

    def pruned(self, leaves: Integers, at_least: int) -> tuple[Nodes, Integers]:
        """Return the tree without splits that leave a side with too few rows, and the rows' new leaves.

        Children come after their parent, as scikit-learn numbers them.
        """
        rows = np.bincount(leaves, minlength=len(self.children)).tolist()
        pairs = self.children.tolist()
        for node in range(len(pairs) - 1, -1, -1):
            left, right = pairs[node]
            if left >= 0:
                rows[node] = rows[left] + rows[right]
        owner = list(range(len(pairs)))
        for node, (left, right) in enumerate(pairs):
            if left < 0:
                continue
            closed = owner[node] != node or min(rows[left], rows[right]) < at_least
            if closed:
                owner[left] = owner[right] = owner[node]
                pairs[node] = [-1, -1]
        kept = Nodes(np.array(pairs, dtype=np.int64).reshape(-1, 2), self.feature, self.threshold)
        return kept, np.array(owner, dtype=np.int64)[leaves]


@dataclass(frozen=True)
class Donors:
    """The trees of one column and what is drawn in their leaves.

    Attributes
    ----------
    roots
        First node of each tree.
    nodes
        All trees, one after another.
    start, count
        Where the donors of a leaf lie.
    state, low, rank, high
        Donors: state, and for continuous ones the rank (or any other number) and how far a draw may reach on both
        sides.
    """

    roots: Integers
    nodes: Nodes
    start: Integers
    count: Integers
    state: States
    low: Floats
    rank: Floats
    high: Floats

    @classmethod
    def gather(
        cls,
        trees: list[tuple[Nodes, Integers, Integers]],
        states: States,
        ranks: Floats,
        smoothing: float,
        alone: float | None = None,
    ) -> Self:
        """Return the donors of trees given as (nodes, donor rows, leaf of each donor row).

        ``alone``: how far a donor without neighbours may be drawn, half of a rank when nothing is said.
        """
        parts: list[dict[str, npt.NDArray[Any]]] = []
        nodes_before = donors_before = 0
        own = 0.5 / max(int(np.isfinite(ranks).sum()), 1) if alone is None else alone
        for nodes, rows, leaves in trees:
            order = np.lexsort((np.nan_to_num(ranks[rows], nan=-1.0), states[rows], leaves))
            rows, leaves = rows[order], leaves[order]
            count = np.bincount(leaves, minlength=len(nodes.children))
            low, high = _reach(leaves, states[rows], ranks[rows], smoothing, own)
            parts.append(
                {
                    "roots": np.array([nodes_before]),
                    "children": np.where(nodes.children < 0, -1, nodes.children + nodes_before),
                    "feature": nodes.feature,
                    "threshold": nodes.threshold,
                    "start": np.cumsum(count) - count + donors_before,
                    "count": count,
                    "state": states[rows],
                    "low": low,
                    "rank": ranks[rows],
                    "high": high,
                }
            )
            nodes_before += len(nodes.children)
            donors_before += len(rows)
        return cls.restore({name: np.concatenate([part[name] for part in parts]) for name in parts[0]})

    def draw(self, features: Features, rng: np.random.Generator) -> tuple[States, Floats]:
        """Return states and ranks for rows with these features: a tree at random, its leaf, a donor at random."""
        rows = len(features)
        leaves = self.nodes.leaves(features, self.roots[rng.integers(0, len(self.roots), rows)])
        return self.cells(self.start[leaves] + (rng.random(rows) * self.count[leaves]).astype(np.int64), rng)

    def cells(self, chosen: Integers, rng: np.random.Generator) -> tuple[States, Floats]:
        """Return states and ranks drawn around the donors at these places."""
        aside = 2.0 * rng.random(len(chosen)) - 1.0
        rank = self.rank[chosen]
        reach = np.where(aside < 0, rank - self.low[chosen], self.high[chosen] - rank)
        return self.state[chosen], rank + aside * reach

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Return all arrays by name."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "nodes"}
        return own | {f.name: getattr(self.nodes, f.name) for f in fields(self.nodes)}

    @classmethod
    def restore(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the donors that ``dump`` gave."""
        nodes = Nodes(arrays["children"], arrays["feature"], arrays["threshold"])
        own = {f.name: arrays[f.name] for f in fields(cls) if f.name != "nodes"}
        return cls(nodes=nodes, **own)


def _reach(leaves: Integers, states: States, ranks: Floats, smoothing: float, own: float) -> tuple[Floats, Floats]:
    """Return how far below and above its rank each donor may be drawn: with smoothing 1, half-way to its neighbours.

    Rows are sorted by leaf, state and rank; only donors of one leaf in the continuous state are neighbours. Where
    there is none, a donor moves by ``own``: standing still would release its exact value.
    """
    low, high = ranks - smoothing * own, ranks + smoothing * own
    step = ranks[1:] - ranks[:-1]
    near = (leaves[1:] == leaves[:-1]) & (states[1:] == states[:-1]) & ~np.isnan(step)
    high[:-1][near] = ranks[:-1][near] + smoothing * step[near] / 2
    low[1:][near] = ranks[1:][near] - smoothing * step[near] / 2
    return low, high
