"""A column of sequential trees drawn within rules: other donors of a row's leaf first, then wider and wider nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from synth_core.methods.donors import Donors, Features, Floats, Integers, Nodes, States
from synth_core.methods.keeping import Choices, Keeper
from synth_core.methods.steps import Step, moved
from synth_core.methods.views import View

_SINGLE = 3  # draws of one donor each, before all donors of the leaves are laid out
_PER_LEAF, _PER_NODE = 24, 96
_TREES = 8
_UP = (1, 3, 8, 64)  # splits above the leaf, attempt by attempt; the last is the root


def kept_draw(step: Step, view: View, rows: int, rng: np.random.Generator, keeper: Keeper) -> tuple[States, Floats]:
    """Return states and ranks of a column for rows whose other columns are in ``view``, as the rules allow."""
    features, shift = step.seen(view, rows)
    cells = moved(*step.donors.draw(features, rng), shift)
    return keeper.keep(step.name, *cells, _Leaves(step.donors, features, shift, rng.spawn(1)[0]))


@dataclass
class _Leaves:
    """Other donors for rows, from near to far."""

    donors: Donors
    features: Features
    shift: Floats | None
    rng: np.random.Generator
    parents: Integers | None = None

    def __call__(self, attempt: int, rows: Integers) -> Choices | None:
        """Return other cells for these rows; None when the widest nodes have been looked at."""
        if attempt < _SINGLE:
            cells = self.donors.draw(self.features[rows], self.rng)
            return self._cells(np.arange(len(rows)), rows, *cells)
        if attempt == _SINGLE:
            return self._all_leaves(rows)
        up = attempt - _SINGLE - 1
        return self._wider(rows, _UP[up]) if up < len(_UP) else None

    def _all_leaves(self, rows: Integers) -> Choices:
        """Return up to so many donors of each tree's leaf."""
        roots = self.donors.roots[self.rng.permutation(len(self.donors.roots))[:_TREES]]
        parts = []
        for root in roots:
            leaves = self.donors.nodes.leaves(self.features[rows], np.full(len(rows), root))
            parts.append((leaves, self.donors.start[leaves], self.donors.count[leaves]))
        starts, counts = (np.column_stack([part[i] for part in parts]) for i in (1, 2))
        return self._laid_out(rows, starts, counts, _PER_LEAF)

    def _wider(self, rows: Integers, up: int) -> Choices:
        """Return donors of the nodes so many splits above a leaf, or of the root."""
        nodes = self.donors.nodes
        if self.parents is None:
            self.parents = _parents(nodes)
        roots = self.donors.roots[self.rng.integers(0, len(self.donors.roots), len(rows))]
        found = nodes.leaves(self.features[rows], roots)
        for _ in range(up):
            found = self.parents[found]
        last = _last_leaf(nodes, found)
        start = self.donors.start[found]
        count = self.donors.start[last] + self.donors.count[last] - start
        return self._laid_out(rows, start[:, None], count[:, None], _PER_NODE)

    def _laid_out(self, rows: Integers, starts: Integers, counts: Integers, most: int) -> Choices:
        """Return up to ``most`` donors of each of several stretches per row, shapes (rows, stretches)."""
        place = np.arange(most)
        some = (self.rng.random((*counts.shape, most)) * counts[..., None]).astype(np.int64)
        offset = np.where(counts[..., None] > most, some, place)
        owner, stretch, _ = np.nonzero(offset < counts[..., None])
        donor = (starts[..., None] + offset)[offset < counts[..., None]]
        states, ranks = self.donors.cells(donor, self.rng)
        weight = 1.0 / np.minimum(counts, most)[owner, stretch]
        return self._cells(owner, rows, states, ranks, weight)

    def _cells(
        self, owner: Integers, rows: Integers, states: States, ranks: Floats, weight: Floats | None = None
    ) -> Choices:
        shift = None if self.shift is None else self.shift[rows[owner]]
        return Choices(owner, *moved(states, ranks, shift), weight)


def _parents(nodes: Nodes) -> Integers:
    """Return the parent of each node; a root is its own."""
    parents = np.arange(len(nodes.children))
    inner = np.flatnonzero(nodes.children[:, 0] >= 0)
    for side in (0, 1):
        parents[nodes.children[inner, side]] = inner
    return parents


def _last_leaf(nodes: Nodes, found: Integers) -> Integers:
    """Return the last leaf below each node: nodes are numbered so that all below one follow it."""
    last = found
    while True:
        right = nodes.children[last, 1]
        if (right < 0).all():
            return last
        last = np.where(right >= 0, right, last)
