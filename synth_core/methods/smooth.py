"""The smooth part of a column: a ridge regression on all columns before it, bent a little.

A tree cuts its input into boxes and is blind to what changes inside one. A smooth model follows a straight or bent
relation exactly; the trees then look after what it leaves over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.methods.views import Features, Scores, View

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

_RIDGE_ROWS = 30.0


@dataclass(frozen=True)
class Smooth:
    """Weights, shape (inputs, axes), of the features (for categories' scores) and then of the bases of numbers in turn.

    ``constant``: shape (axes,).
    """

    weights: npt.NDArray[np.float32]
    constant: Floats

    @classmethod
    def of_number(cls, view: View, scores: Scores, values: Floats, rows: Flags) -> Smooth:
        """Return the model of a number from these rows: one axis."""
        inputs = _inputs(view, scores, len(values))
        return _ridge(inputs[rows].astype(np.float64), values[rows][:, None])

    @classmethod
    def of_category(cls, view: View, scores: Scores, groups: npt.NDArray[np.int64], axes: int) -> Smooth:
        """Return the directions along which groups of a category differ most (a linear discriminant analysis)."""
        share = np.bincount(groups) / len(groups)
        size = len(share)
        wanted = (np.eye(size)[groups] - share) / np.sqrt(np.maximum(share, 1e-9))
        inputs = _inputs(view, scores, len(groups)).astype(np.float64)
        full = _ridge(inputs, wanted)
        fitted = inputs @ full.weights
        spread = np.cov(fitted, rowvar=False).reshape(size, size)
        directions = np.linalg.eigh(spread)[1][:, ::-1][:, : min(axes, size - 1)]
        largest = np.take_along_axis(directions, np.abs(directions).argmax(axis=0)[None, :], axis=0)
        directions = directions * np.where(largest < 0, -1.0, 1.0)  # an axis has no sign of its own
        return cls((full.weights @ directions).astype(np.float32), full.constant @ directions)

    @property
    def axes(self) -> int:
        """Values per row."""
        return len(self.constant)

    def __call__(self, view: View, scores: Scores, features: Features) -> Floats:
        """Return the model's values, shape (rows, axes); ``features`` as ``view.features`` gives them."""
        width = features.shape[1]
        total = (features @ self.weights[:width]).astype(np.float64) + self.constant
        for name in _numbers(scores):
            basis = view.basis(name)
            total += basis @ self.weights[width : width + basis.shape[1]]
            width += basis.shape[1]
        return total


def with_values(smooth: Smooth | None, view: View, scores: Scores, rows: int) -> tuple[Features, Floats]:
    """Return the features with the model's values behind them, and these alone."""
    if smooth is None:
        return view.features(scores, rows), np.zeros((rows, 0))
    features = view.features(scores, rows, spare=smooth.axes)
    values = smooth(view, scores, features[:, : -smooth.axes])
    features[:, -smooth.axes :] = values
    return features, values


def _numbers(scores: Scores) -> list[str]:
    return [name for name, score in scores.items() if score is None]


def _inputs(view: View, scores: Scores, rows: int) -> Features:
    features = view.features(scores, rows)
    used = [score is not None for score in scores.values() for _ in range(1 if score is None else score.shape[1])]
    features *= np.array(used, dtype=np.float32)  # of a number the bases say all
    return np.hstack([features, *(view.basis(name) for name in _numbers(scores))])


def _ridge(inputs: Floats, wanted: Floats) -> Smooth:
    centre, spread = inputs.mean(axis=0), inputs.std(axis=0)
    scale = np.where(spread > 1e-6, 1 / np.maximum(spread, 1e-6), 0.0)
    even = (inputs - centre) * scale
    mean = wanted.mean(axis=0)
    square = even.T @ even + _RIDGE_ROWS * np.eye(even.shape[1])
    weights = scale[:, None] * np.linalg.solve(square, even.T @ (wanted - mean))
    return Smooth(weights.astype(np.float32), mean - centre @ weights)
