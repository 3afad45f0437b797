"""Columns made so far as engines of trees see them: numbers by position and basis, categories by scores."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from scipy.special import ndtri

from synth_core.codec import Codec, Encoded
from synth_core.methods.relations import Groups, level_scores

Floats = npt.NDArray[np.float64]
Features = npt.NDArray[np.float32]
States = npt.NDArray[np.int32]
Scores = Mapping[str, Features | None]

MISSING = -1.0  # the position of a missing number
_AXES = 2
_EDGE = 1e-4
_BEND = 1.0


class View:
    """Cells of the columns made so far; numbers also as positions (mid-ranks, :data:`MISSING` where missing)."""

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self.states: dict[str, States] = {}
        self.positions: dict[str, Features] = {}
        self._bases: dict[str, Features] = {}

    @classmethod
    def of(cls, codec: Codec, encoded: Encoded) -> View:
        """Return the view of rows whose columns are all made."""
        view = cls(codec)
        for name, states in encoded.states.items():
            view.add(name, states, encoded.ranks[name])
        return view

    def add(self, name: str, states: States, ranks: Floats) -> None:
        """Take note of a column's cells."""
        self.states[name] = states
        self._bases.pop(name, None)
        if self._codec.numeric(name):
            positions = self._codec.positions(name, states, ranks)
            self.positions[name] = np.nan_to_num(positions, nan=MISSING).astype(np.float32)

    def scores(self, name: str, target: Groups) -> Features | None:
        """Return the scores of a category's states for this target; None for a number."""
        if self._codec.numeric(name):
            return None
        size = self._codec.states[name]
        axes = 1 if size <= 3 or target.max() <= 1 else _AXES
        return level_scores(self.states[name], size, target, axes)

    def features(self, scores: Scores, rows: int, spare: int = 0) -> Features:
        """Return the feature matrix, shape (rows, columns), float32 and C-ordered; ``spare`` more are left unset."""
        widths = [1 if score is None else score.shape[1] for score in scores.values()]
        found = np.empty((rows, sum(widths) + spare), dtype=np.float32)
        first = 0
        for (name, score), width in zip(scores.items(), widths, strict=True):
            if score is None:
                found[:, first] = self.positions[name]
            else:
                for axis in range(width):
                    found[:, first + axis] = score[:, axis].take(self.states[name])
            first += width
        return found

    def basis(self, name: str) -> Features:
        """Return a number as a smooth model sees it: bent in five ways, and whether it is missing."""
        if name not in self._bases:
            self._bases[name] = _bent(self.positions[name])
        return self._bases[name]


def _bent(positions: Features) -> Features:
    """Return the position, its normal score, the score's square and both tails, and whether the cell is missing."""
    missing = positions < 0
    place = np.where(missing, 0.5, np.clip(positions.astype(np.float64), _EDGE, 1 - _EDGE))
    normal = ndtri(place)
    upper, lower = np.maximum(normal - _BEND, 0.0), np.maximum(-normal - _BEND, 0.0)
    return np.column_stack([place - 0.5, normal, normal**2 - 1, upper, lower, missing]).astype(np.float32)
