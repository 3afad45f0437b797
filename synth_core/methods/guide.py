"""Which of several candidate rows look most like real ones: a judge of its own, learned from the train rows only.

Columns made one after another add up small errors, and no single step sees the whole row. The guide does: it learns
to tell drawn rows from train rows, and candidates are then taken in proportion to the odds of being real.

Notes
-----
Sampling importance resampling with a classifier's density ratio (Rubin, 1988; Azadi et al., 2019, "Discriminator
rejection sampling").
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec
from synth_core.methods.boosting import MOST_BINS, Bins, Boosted
from synth_core.methods.questions import Question, answers, asked_of, dump, only_equal, restore
from synth_core.methods.views import View

Floats = npt.NDArray[np.float64]

_TREES, _DEPTH, _RATE = 150, 5, 0.2
_SWEEPS, _CALM = 4, 5.0
_FARTHEST = 4.0  # log odds are cut off here: no candidate is taken for sure


@dataclass(frozen=True)
class Guide:
    """Questions and the trees that weigh their answers."""

    questions: tuple[Question, ...]
    trees: Boosted
    offsets: Floats

    @property
    def names(self) -> set[str]:
        """Columns that it looks at."""
        return {name for question in self.questions for name in question.columns}

    @classmethod
    def fit(
        cls,
        codec: Codec,
        names: Sequence[str],
        real: View,
        drawn: View,
        least: float,
        candidates: int,
        rng: np.random.Generator,
    ) -> Self:
        """Return what tells the rows of ``real`` from those of ``drawn``; ``least`` shrinks leaves of few rows."""
        questions = asked_of(codec, names, real)
        bins = np.hstack([answers(questions, view) for view in (real, drawn)])
        label = np.zeros(bins.shape[1])
        rows = len(next(iter(real.states.values())))
        label[:rows] = 1.0
        weight = np.where(label > 0, 1.0, rows / (len(label) - rows))
        equal = only_equal(questions)
        trees = Boosted.fit(bins, equal, label, weight, rng, trees=_TREES, depth=_DEPTH, rate=_RATE, least=least)
        fresh = bins[:, rows:]
        alone = np.array([len(question.columns) == 1 for question in questions])
        offsets = _raked(fresh, np.clip(trees.scores(fresh), -_FARTHEST, _FARTHEST), alone, candidates)
        return cls(questions, trees, offsets)

    def chosen(
        self,
        view: View,
        rows: int,
        rng: np.random.Generator,
        *,
        each: bool,
        alive: npt.NDArray[np.bool_] | None = None,
    ) -> npt.NDArray[np.int64]:
        """Return ``rows`` of the candidates in ``view``, in random order; dead ones only if there are too few.

        With ``each`` the candidates are several rounds of the same ``rows`` beginnings, and one is taken for each.
        """
        bins = answers(self.questions, view)
        odds = np.clip(self.trees.scores(bins), -_FARTHEST, _FARTHEST)
        for offset, mine in zip(self.offsets, bins, strict=True):
            if offset.any():
                odds += offset.take(mine)
        keys = odds + rng.gumbel(size=len(odds))  # the largest of these are a weighted draw without replacement
        if alive is not None:
            keys[~alive] -= 1e6
        if each:
            return np.asarray(keys.reshape(-1, rows).argmax(axis=0) * rows + np.arange(rows), dtype=np.int64)
        return np.sort(np.argpartition(-keys, rows - 1)[:rows]).astype(np.int64)

    def dump(self) -> tuple[list[dict[str, Any]], dict[str, npt.NDArray[Any]]]:
        """Return plain JSON values and arrays from which ``restore`` makes this guide again."""
        plain, arrays = dump(self.questions)
        return plain, arrays | {"offsets": self.offsets} | {
            f"tree.{name}": values for name, values in self.trees.dump().items()
        }

    @classmethod
    def restore(cls, plain: list[dict[str, Any]], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the guide that ``dump`` described."""
        questions = restore(plain, arrays)
        trees = {name.removeprefix("tree."): values for name, values in arrays.items() if name.startswith("tree.")}
        return cls(questions, Boosted.restore(trees), arrays["offsets"])


def _raked(bins: Bins, odds: Floats, alone: npt.NDArray[np.bool_], candidates: int) -> Floats:
    """Return what to add to the odds, per question and bin, so that the rows taken have the margins of all rows."""
    offsets = np.zeros((len(bins), MOST_BINS))
    total = odds.copy()
    for _ in range(_SWEEPS):
        for at in np.flatnonzero(alone):
            chance = _taken(total, candidates)
            had = np.bincount(bins[at], minlength=MOST_BINS).astype(np.float64)
            has = np.bincount(bins[at], weights=chance, minlength=MOST_BINS) * candidates
            step = np.log((had + _CALM) / (has + _CALM))
            offsets[at] += step
            total += step.take(bins[at])
    return offsets


def _taken(odds: Floats, candidates: int) -> Floats:
    """Return each row's chance to be among the one in ``candidates`` rows that are taken."""
    weight = np.exp(odds - odds.max())
    low, high = 0.0, 50.0 / weight.mean()
    for _ in range(24):
        middle = (low + high) / 2
        if (1 - np.exp(-middle * weight)).mean() < 1 / candidates:
            low = middle
        else:
            high = middle
    return np.asarray(1 - np.exp(-(low + high) / 2 * weight), dtype=np.float64)
