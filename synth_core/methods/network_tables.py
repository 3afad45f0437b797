"""Conditional tables with back-off: what few rows say is pulled to what more rows say with fewer parents known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_core.methods.network_cells import Floats, Integers

PULLS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 2000.0)


@dataclass(frozen=True)
class Lens:
    """How a table sees a parent: its column, and the group of each of its cells."""

    column: str
    groups: Integers

    @property
    def size(self) -> int:
        """Number of groups."""
        return int(self.groups.max()) + 1


@dataclass(frozen=True)
class Table:
    """Probabilities of the choices of one stage of a column.

    Attributes
    ----------
    lenses
        The parents, most telling first.
    shares
        Shape (coarser choices x groups of the first parent x ..., choices); rows sum to 1.
    firsts
        For each coarser choice the first of its choices in the next level.
    """

    lenses: tuple[Lens, ...]
    shares: Floats
    firsts: Integers

    def rows_of(self, prefix: Integers, cells: dict[str, Integers]) -> Integers:
        """Return which row of the table holds for each row made so far."""
        code = prefix
        for lens in self.lenses:
            code = code * lens.size + lens.groups[cells[lens.column]]
        return code

    def draw(self, rows: Integers, rng: np.random.Generator) -> Integers:
        """Return a choice for each row of the table."""
        width = self.shares.shape[1]
        ends = np.cumsum(self.shares, axis=1)[:, :-1] + np.arange(len(self.shares))[:, None]
        found = np.searchsorted(ends.ravel(), rows + rng.random(len(rows)), side="right")
        return np.clip(found - rows * (width - 1), 0, width - 1)


def learned_shares(
    prefix: Integers,
    digit: Integers,
    widths: Integers,
    groups: Sequence[Integers],
    sizes: Sequence[int],
    support: int,
) -> Floats:
    """Return probabilities of choices, shape (combinations, choices), the last parent varying fastest.

    Parameters
    ----------
    prefix, digit
        Coarser choice and choice of each row.
    widths
        Choices there are, per coarser choice.
    groups, sizes
        Group of each row, and number of groups, per parent.
    support
        A combination of parents with fewer rows says nothing of its own: what is known with the last parent left out
        holds for it.

    Notes
    -----
    Level by level ``p = (n + a p') / (N + a)``, where p' is what holds with the last parent left out. The pull ``a`` of
    a level is the one under which rows are likeliest given all others (leave-one-out).
    """
    width = int(widths.max())
    counts = _counts(prefix, digit, len(widths), width)
    totals = counts.sum(axis=1, keepdims=True)
    even = (np.arange(width) < widths[:, None]) / widths[:, None]
    shares = np.where(totals > 0, counts / np.maximum(totals, 1), even)
    code = prefix
    for seen, size in zip(groups, sizes, strict=True):
        code = code * size + seen
        shares = np.repeat(shares, size, axis=0)
        counts = _counts(code, digit, len(shares), width)
        counts[counts.sum(axis=1) < support] = 0.0
        pull = best_pull(counts, shares)
        shares = (counts + pull * shares) / (counts.sum(axis=1, keepdims=True) + pull)
    return shares


def best_pull(counts: Floats, before: Floats) -> float:
    """Return the pull of :data:`PULLS` under which each row is likeliest given the others."""
    where = counts > 0
    if not where.any():
        return PULLS[-1]
    inside, prior = counts[where], before[where]
    total = np.broadcast_to(counts.sum(axis=1, keepdims=True), counts.shape)[where]
    scores = [
        float(inside @ np.log(np.maximum((inside - 1 + pull * prior) / (total - 1 + pull), 1e-300))) for pull in PULLS
    ]
    return PULLS[int(np.argmax(scores))]


def _counts(code: Integers, digit: Integers, rows: int, width: int) -> Floats:
    return np.bincount(code * width + digit, minlength=rows * width).reshape(rows, width).astype(np.float64)
