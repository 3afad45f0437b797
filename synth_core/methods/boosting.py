"""Boosted symmetric trees: what tells two kinds of rows apart, learned and scored by a few array operations.

Every level of a symmetric tree asks one question of all rows, so a row's leaf is a number of ``depth`` bits and a
million rows pass a tree in a few milliseconds.

Notes
-----
Gradient boosting with second-order steps (Friedman, 2001; Chen and Guestrin, 2016) over symmetric trees, as in
Prokhorenkova et al. (2018), "CatBoost: unbiased boosting with categorical features".
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bins = npt.NDArray[np.uint8]
Flags = npt.NDArray[np.bool_]

MOST_BINS = 64
_ASIDE, _SHARE = 0.2, 0.5  # of the rows: put aside to say when to stop; and of the others, those a tree learns from
_PATIENCE = 15


@dataclass(frozen=True)
class Boosted:
    """Trees: ``feature`` and ``cut`` of each level, shape (trees, depth); ``leaf`` values, (trees, 2 ** depth).

    Where ``equal`` (features) is true a question is "in this bin?", else "in a higher bin?".
    """

    feature: npt.NDArray[np.int64]
    cut: Bins
    leaf: npt.NDArray[np.float32]
    equal: Flags
    base: Floats

    @classmethod
    def fit(
        cls,
        bins: Bins,
        equal: Flags,
        label: Floats,
        weight: Floats,
        rng: np.random.Generator,
        *,
        trees: int,
        depth: int,
        rate: float,
        least: float,
        squared: bool = False,
        aside: Flags | None = None,
    ) -> Self:
        """Return trees whose sum is the log odds of ``label`` (0 or 1), as many as rows put aside for it call for.

        ``squared``: the sum is a number's mean, and labels are any numbers.

        Parameters
        ----------
        bins
            Shape (features, rows), below :data:`MOST_BINS`.
        least
            Leaves are shrunk as if they held so many more rows of weight one, half of each label.
        trees
            The most; learning stops where they no longer explain the rows put aside.
        aside
            These rows; a fifth at random when nothing is said.
        """
        width, rows = bins.shape
        places = (bins.T + np.arange(width, dtype=np.int32) * MOST_BINS).astype(np.int32)
        if aside is None:
            aside = rng.random(rows) < _ASIDE
        share_of_one = float(np.average(label[~aside], weights=weight[~aside]))
        base = share_of_one if squared else float(np.log(share_of_one / (1 - share_of_one)))
        score = np.full(rows, base)
        best, kept = np.inf, 0
        feature = np.zeros((trees, depth), dtype=np.int64)
        cut = np.zeros((trees, depth), dtype=np.uint8)
        leaf = np.zeros((trees, 2**depth), dtype=np.float32)
        for tree in range(trees):
            slope, curve = _steps(label, score, weight, squared)
            chosen = np.flatnonzero(~aside & (rng.random(rows) < _SHARE))
            found = np.zeros(len(chosen), dtype=np.int32)
            for level in range(depth):
                sums = _sums(places[chosen], found, 2**level, width, slope[chosen], curve[chosen])
                at, where = _best(*sums, equal, least / 4)
                feature[tree, level], cut[tree, level] = at, where
                found = found * 2 + _answers(bins[at, chosen], where, bool(equal[at]))
            size = 2**depth
            slopes = np.bincount(found, weights=slope[chosen], minlength=size)
            curves = np.bincount(found, weights=curve[chosen], minlength=size)
            leaf[tree] = rate * slopes / (curves + least / 4)
            score += leaf[tree][_leaves(bins, feature[tree], cut[tree], equal)]
            surprise = _surprise(label[aside], score[aside], weight[aside], squared)
            if surprise < best:
                best, kept = surprise, tree + 1
            if tree + 1 - kept >= _PATIENCE:
                break
        return cls(feature[:kept], cut[:kept], leaf[:kept], equal, np.array([base]))

    def scores(self, bins: Bins) -> Floats:
        """Return the log odds of rows given as bins, shape (features, rows)."""
        total = np.zeros(bins.shape[1], dtype=np.float32)
        for tree in range(len(self.feature)):
            total += self.leaf[tree].take(_leaves(bins, self.feature[tree], self.cut[tree], self.equal))
        return np.asarray(total + self.base[0], dtype=np.float64)

    def dump(self) -> dict[str, npt.NDArray[Any]]:
        """Return all arrays by name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def restore(cls, arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the trees that ``dump`` gave."""
        return cls(**{f.name: arrays[f.name] for f in fields(cls)})


def _steps(label: Floats, score: Floats, weight: Floats, squared: bool) -> tuple[Floats, Floats]:
    if squared:
        return weight * (label - score), weight
    chance = 1 / (1 + np.exp(-score))
    return weight * (label - chance), weight * np.maximum(chance * (1 - chance), 1e-6)


def _surprise(label: Floats, score: Floats, weight: Floats, squared: bool) -> float:
    loss = (label - score) ** 2 if squared else np.logaddexp(0.0, np.where(label > 0, -score, score))
    return float((weight * loss).sum())


def _answers(bins: Bins, cut: int, equal: bool) -> Flags:
    return bins == cut if equal else bins > cut


def _leaves(bins: Bins, feature: npt.NDArray[np.int64], cut: Bins, equal: Flags) -> npt.NDArray[np.uint8]:
    """Return each row's leaf, its answers read as bits."""
    found = np.zeros(bins.shape[1], dtype=np.uint8)
    for at, where in zip(feature.tolist(), cut.tolist(), strict=True):
        np.add(found, found, out=found)
        np.add(found, _answers(bins[at], where, bool(equal[at])).view(np.uint8), out=found)
    return found


def _sums(
    places: npt.NDArray[np.int32],
    leaves: npt.NDArray[np.int32],
    count: int,
    width: int,
    slope: Floats,
    curve: Floats,
) -> tuple[Floats, Floats]:
    """Return sums of slopes and curvatures, shape (leaves, features, bins)."""
    keys = (places + (leaves * (width * MOST_BINS))[:, None]).ravel()
    shape = (count, width, MOST_BINS)
    size = count * width * MOST_BINS
    slopes = np.bincount(keys, weights=np.repeat(slope, width), minlength=size).astype(np.float64)
    curves = np.bincount(keys, weights=np.repeat(curve, width), minlength=size).astype(np.float64)
    return slopes.reshape(shape), curves.reshape(shape)


def _best(slopes: Floats, curves: Floats, equal: Flags, shrink: float) -> tuple[int, int]:
    """Return the feature and bin whose question lowers the loss most."""
    all_slopes, all_curves = slopes.sum(axis=2, keepdims=True), curves.sum(axis=2, keepdims=True)
    one = equal[None, :, None]
    left_slopes = np.where(one, slopes, slopes.cumsum(axis=2))
    left_curves = np.where(one, curves, curves.cumsum(axis=2))
    right_slopes, right_curves = all_slopes - left_slopes, np.maximum(all_curves - left_curves, 0.0)
    gain = (left_slopes**2 / (left_curves + shrink) + right_slopes**2 / (right_curves + shrink)).sum(axis=0)
    at, where = np.unravel_index(int(np.argmax(gain)), gain.shape)
    return int(at), int(where)
