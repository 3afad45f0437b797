"""The noise of the diffusion: which cells of a row are hidden, and what the network is asked then.

Noise hides whole cells, column by column, until a row says nothing; learning is to give the hidden cells back. Each
column has its own schedule: those with few answers are hidden last, so they are made first, and on half of the
rows the order is any at all, so that any given cells can be completed.

Notes
-----
Hoogeboom et al., "Autoregressive diffusion models", ICLR 2022; Austin et al., "Structured denoising diffusion models in
discrete state-spaces", NeurIPS 2021 (absorbing state).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.methods.tokens import NOT_ASKED, Layout, Tokens

Mask = npt.NDArray[np.bool_]

_ALONG, _AT_ONCE = 0.5, 0.5  # shares of the rows that keep to the schedule, and whose fine slots follow at once
_SPREAD = 0.08  # how far the schedule of a column wanders on the half of the rows that keep to it
_FOCUS = 3.0  # columns ahead on which learning dwells there


@dataclass(frozen=True)
class Schedule:
    """When each slot is hidden.

    Attributes
    ----------
    order
        The slots, the first to be made first; a fine slot comes after its coarse one.
    """

    order: npt.NDArray[np.int64]
    columns: npt.NDArray[np.int64]
    fine: Mask

    @classmethod
    def of(cls, layout: Layout) -> Schedule:
        """Return the schedule of a table: columns with little entropy are made first."""
        entropy: dict[int, float] = {}
        for slot in layout.slots:
            shares = layout.shares(slot)
            shares = shares[shares > 0]
            entropy[slot.column] = entropy.get(slot.column, 0.0) - float((shares * np.log(shares)).sum())
        columns = np.array([slot.column for slot in layout.slots], dtype=np.int64)
        fine = np.array([slot.fine for slot in layout.slots], dtype=bool)
        order = sorted(
            range(len(columns)), key=lambda i: (round(entropy[layout.slots[i].column], 9), columns[i], fine[i])
        )
        return cls(np.array(order, dtype=np.int64), columns, fine)

    def draw(self, tokens: Tokens, chance: np.random.Generator) -> tuple[Mask, npt.NDArray[np.float32]]:
        """Return which cells are known, and the weight of each answer asked for (0: not asked; 1 per row in all)."""
        rows, slots = tokens.shape
        along = chance.random((rows, 1)) < _ALONG
        keys = self._keys(along, chance)
        place = np.argsort(np.argsort(keys, axis=1), axis=1)
        known_count = chance.integers(0, slots, size=(rows, 1))
        known = place < known_count
        asked = ~known & (tokens != NOT_ASKED)
        coarse = np.flatnonzero(self.fine) - 1
        asked[:, self.fine] &= known[:, coarse]
        weight = np.where(along, np.exp(-(place - known_count) / _FOCUS) + 0.05, 1.0) * asked
        weight = weight / np.maximum(weight.sum(axis=1, keepdims=True), 1e-9)
        return known & (tokens != NOT_ASKED), weight.astype(np.float32)

    def _keys(self, along: Mask, chance: np.random.Generator) -> npt.NDArray[np.float64]:
        """Return a time per cell; what has a small one is made first. Rows ``along`` keep near the schedule."""
        rows, slots = len(along), len(self.order)
        due = np.empty(slots)
        due[self.order] = (np.arange(slots) + 0.5) / slots
        near = due + _SPREAD * chance.standard_normal((rows, slots))
        keys = np.where(along, near, chance.random((rows, slots)))
        fine = np.flatnonzero(self.fine)
        later = np.where(chance.random((rows, 1)) < _AT_ONCE, 1e-6, chance.random((rows, len(fine))))
        keys[:, fine] = keys[:, fine - 1] + later * np.maximum(1 - keys[:, fine - 1], 0.0) + 1e-9
        return keys
