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
        places = bins.T + np.arange(width, dtype=np.intp) * MOST_BINS
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
            few = _Rows(places[chosen], slope[chosen], curve[chosen], np.zeros(len(chosen), dtype=np.intp))
            sums = few.sums(1)
            for level in range(depth):
                at, where = _best(*sums, equal, least / 4)
                feature[tree, level], cut[tree, level] = at, where
                yes = _answers(bins[at, chosen], where, bool(equal[at]))
                if level + 1 < depth:
                    sums = few.split(sums, yes)
                few.leaves = few.leaves * 2 + yes
            size = 2**depth
            slopes = np.bincount(few.leaves, weights=few.slope, minlength=size)
            curves = np.bincount(few.leaves, weights=few.curve, minlength=size)
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


@dataclass
class _Rows:
    """Rows that a tree learns from: places of their bins, shape (rows, features), slopes, curvatures and leaves."""

    places: npt.NDArray[np.intp]
    slope: Floats
    curve: Floats
    leaves: npt.NDArray[np.intp]

    def sums(self, count: int) -> tuple[Floats, Floats]:
        """Return sums of slopes and curvatures for ``count`` leaves, shape (leaves, features, bins)."""
        width = self.places.shape[1]
        keys = (self.places + (self.leaves * (width * MOST_BINS))[:, None]).ravel()
        shape, size = (count, width, MOST_BINS), count * width * MOST_BINS
        slopes = np.bincount(keys, weights=np.repeat(self.slope, width), minlength=size)
        curves = np.bincount(keys, weights=np.repeat(self.curve, width), minlength=size)
        return np.asarray(slopes, dtype=np.float64).reshape(shape), np.asarray(curves, dtype=np.float64).reshape(shape)

    def split(self, sums: tuple[Floats, Floats], yes: Flags) -> tuple[Floats, Floats]:
        """Return the sums of both halves of every leaf: the smaller side is counted, the other is the rest."""
        count = len(sums[0])
        less = yes if 2 * int(yes.sum()) <= len(yes) else ~yes
        part = _Rows(self.places[less], self.slope[less], self.curve[less], self.leaves[less]).sums(count)
        halves = []
        for whole, counted in zip(sums, part, strict=True):
            pair = (whole - counted, counted) if less is yes else (counted, whole - counted)
            halves.append(np.stack(pair, axis=1).reshape(2 * count, *whole.shape[1:]))
        return halves[0], np.maximum(halves[1], 0.0)


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
