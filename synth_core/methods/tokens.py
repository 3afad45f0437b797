"""Cells as tokens: every column is one question with few answers, and of a number a second, finer one.

A column's first question (its *slot*) has one answer per state of the codec; the continuous state is cut into bins of
equal numbers of rows. The second slot of a continuous column says where in its bin a cell lies. Columns with a single
state are not asked about.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from synth_core.codec import Codec, Encoded

Floats = npt.NDArray[np.float64]
Singles = npt.NDArray[np.float32]
Tokens = npt.NDArray[np.int32]

NOT_ASKED = -1
_BINS, _PARTS = 32, 16
_BIN_ROWS, _PART_ROWS = 40, 10
_EDGE = 1e-3
_WAVES = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)


@dataclass(frozen=True)
class Slot:
    """One question about a row.

    Attributes
    ----------
    column
        Place of its column in the codec.
    size
        Number of answers.
    fine
        Whether it asks where in its bin a cell lies; it is asked right after the column's first slot.
    places
        Basis of each answer's position, shape (answers, waves), for numbers; None for categories. Of a fine slot
        shape (bins x answers, waves): one row per bin and part.
    inner
        Basis of an answer among this slot's answers, for numbers: shape (answers, waves).
    """

    column: int
    size: int
    fine: bool
    places: Singles | None
    inner: Singles | None


@dataclass(frozen=True)
class Layout:
    """The slots of a table, and what turns cells into answers and back."""

    codec: Codec
    slots: tuple[Slot, ...]
    bins: tuple[int, ...]
    parts: tuple[int, ...]

    @classmethod
    def of(cls, codec: Codec, rows: int) -> Layout:
        """Return the slots of a codec's columns, learned from ``rows`` rows: a bin holds 40 at least, its parts ten."""
        bins, parts, slots = [], [], []
        for place, name in enumerate(codec.names):
            loose = round(codec.shares(name)[-1] * rows) if codec.continuous(name) else 0
            bins.append(int(np.clip(loose // _BIN_ROWS, 1, _BINS)) if codec.continuous(name) else 0)
            parts.append(int(np.clip(loose // (bins[-1] * _PART_ROWS), 1, _PARTS)) if bins[-1] else 0)
            slots.extend(_slots(codec, name, place, bins[-1], parts[-1]))
        return cls(codec, tuple(slots), tuple(bins), tuple(parts))

    def tokens(self, encoded: Encoded) -> Tokens:
        """Return the answer to each slot, shape (rows, slots); :data:`NOT_ASKED` where a fine slot has none."""
        found = np.empty((len(encoded), len(self.slots)), dtype=np.int32)
        for i, slot in enumerate(self.slots):
            found[:, i] = self.answers(slot, encoded)
        return found

    def answers(self, slot: Slot, encoded: Encoded) -> Tokens:
        """Return the answers of these rows to one slot."""
        name = self.codec.names[slot.column]
        states = encoded.states[name]
        if not self.bins[slot.column]:
            return states.astype(np.int32)
        last, bins, parts = self.codec.states[name] - 1, self.bins[slot.column], self.parts[slot.column]
        cell = np.clip(np.nan_to_num(encoded.ranks[name], nan=0.5) * bins * parts, 0, bins * parts - 1).astype(np.int32)
        loose = states == last
        if slot.fine:
            return np.where(loose, cell % parts, NOT_ASKED).astype(np.int32)
        return np.where(loose, last + cell // parts, states).astype(np.int32)

    def encoded(self, tokens: Tokens, rng: np.random.Generator) -> Encoded:
        """Return states and ranks for answers; a rank is drawn evenly from its part of the bin."""
        rows = len(tokens)
        names = self.codec.names
        states = {name: np.full(rows, int(np.argmax(self.codec.shares(name))), dtype=np.int32) for name in names}
        cells = {name: np.zeros(rows) for name in names}
        for i, slot in enumerate(self.slots):
            name, answer = names[slot.column], tokens[:, i]
            if slot.fine:
                cells[name] += np.maximum(answer, 0)
            elif self.bins[slot.column]:
                last = self.codec.states[name] - 1
                states[name] = np.minimum(answer, last)
                cells[name] += np.maximum(answer - last, 0) * self.parts[slot.column]
            else:
                states[name] = answer.copy()
        ranks = {}
        for place, name in enumerate(names):
            ranks[name] = np.full(rows, np.nan)
            if self.bins[place]:
                drawn = (cells[name] + rng.random(rows)) / (self.bins[place] * self.parts[place])
                loose = states[name] == self.codec.states[name] - 1
                ranks[name][loose] = drawn[loose]
        return Encoded(states, ranks)

    def shares(self, slot: Slot) -> Floats:
        """Return the share of the train rows that gave each answer; bins and parts are even by construction."""
        if slot.fine:
            return np.full(slot.size, 1 / slot.size)
        shares = self.codec.shares(self.codec.names[slot.column])
        bins = self.bins[slot.column]
        return np.concatenate([shares[:-1], np.full(bins, shares[-1] / bins)]) if bins else shares


def _slots(codec: Codec, name: str, place: int, bins: int, parts: int) -> list[Slot]:
    states = codec.states[name]
    size = states - 1 + bins if bins else states
    if int((codec.shares(name) > 0).sum()) <= 1 and bins <= 1 and parts <= 1:
        return []
    if not codec.numeric(name):
        return [Slot(place, size, False, None, None)]
    coarse = _places(codec, name, bins, 1)
    found = [Slot(place, size, False, coarse, coarse)]
    if parts > 1:
        fine = _places(codec, name, bins, parts)[states - 1 :]
        found.append(Slot(place, parts, True, fine, basis((np.arange(parts) + 0.5) / parts)))
    return found


def _places(codec: Codec, name: str, bins: int, parts: int) -> Singles:
    """Return the basis at the middle of each discrete state and each part of each bin; zeros for a missing cell."""
    discrete = codec.states[name] - (1 if bins else 0)
    states = np.concatenate([np.arange(discrete), np.full(bins * parts, discrete)]).astype(np.int32)
    ranks = np.full(len(states), np.nan)
    ranks[discrete:] = (np.arange(bins * parts) + 0.5) / max(bins * parts, 1)
    found = basis(np.nan_to_num(codec.positions(name, states, ranks), nan=0.5))
    found[0] = 0.0
    return found


def basis(positions: Floats) -> Singles:
    """Return positions in (0, 1) as a network sees them: the place, its normal score, and waves of it."""
    inside = np.clip(positions, _EDGE, 1 - _EDGE)
    angles = np.pi * inside[:, None] * np.array(_WAVES)
    waves = np.hstack([np.cos(angles), np.sin(angles[:, 4:])]) / 2
    return np.column_stack([2 * inside - 1, ndtri(inside), waves]).astype(np.float32)
