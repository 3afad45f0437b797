"""Which of several candidate rows look most like real ones: a judge of its own, learned from the train rows only.

Columns made one after another add up small errors, and no single step sees the whole row. The guide does: it learns
to tell drawn rows from train rows, and candidates are then taken in proportion to the odds of being real.

Notes
-----
Sampling importance resampling with a classifier's density ratio (Rubin, 1988; Azadi et al., 2019, "Discriminator
rejection sampling").
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec
from synth_core.methods.boosting import MOST_BINS, Bins, Boosted
from synth_core.methods.views import View

Floats = npt.NDArray[np.float64]

_TREES, _DEPTH, _RATE = 150, 5, 0.2
_RELATED, _MOST_PAIRS = 0.5, 16
_ALIKE, _ALIKE_LEVELS = 0.5, 9
_FARTHEST = 4.0  # log odds are cut off here: no candidate is taken for sure


@dataclass(frozen=True)
class Question:
    """What the guide asks of a row: one or two columns, turned into bins.

    ``kind`` is "number" or "gap" (``values``: edges), "state" (``values``: bin per state) or "same" (``values``: a
    number per level, for the states of both columns in turn; the bin is whether they are equal).
    """

    kind: str
    columns: tuple[str, ...]
    values: Floats

    def bins(self, view: View) -> Bins:
        """Return the bin of each row."""
        one = self.columns[0]
        if self.kind == "number":
            return _binned(view.positions[one], view.positions[one] < 0, self.values)
        if self.kind == "state":
            return np.asarray(self.values.astype(np.uint8)[view.states[one]], dtype=np.uint8)
        other = self.columns[1]
        if self.kind == "gap":
            first, second = view.positions[one], view.positions[other]
            return _binned(first - second, (first < 0) | (second < 0), self.values)
        split = int(self.values[-1])
        same = self.values[:split][view.states[one]] == self.values[split:-1][view.states[other]]
        return np.asarray(same, dtype=np.uint8)


@dataclass(frozen=True)
class Guide:
    """Questions and the trees that weigh their answers."""

    questions: tuple[Question, ...]
    trees: Boosted

    @classmethod
    def fit(cls, codec: Codec, real: View, drawn: View, least: float, rng: np.random.Generator) -> Self:
        """Return what tells the rows of ``real`` from those of ``drawn``; ``least`` shrinks leaves of few rows."""
        questions = (*_single(codec, real), *_gaps(codec, real), *_same(codec))
        bins = np.hstack([_answers(questions, view) for view in (real, drawn)])
        label = np.zeros(bins.shape[1])
        rows = len(next(iter(real.states.values())))
        label[:rows] = 1.0
        weight = np.where(label > 0, 1.0, rows / (len(label) - rows))
        equal = np.array([q.kind == "state" and len(q.values) <= MOST_BINS for q in questions])
        trees = Boosted.fit(bins, equal, label, weight, rng, trees=_TREES, depth=_DEPTH, rate=_RATE, least=least)
        return cls(questions, trees)

    def chosen(self, view: View, rows: int, rng: np.random.Generator, *, each: bool) -> npt.NDArray[np.int64]:
        """Return ``rows`` of the candidates in ``view``, in random order.

        With ``each`` the candidates are several rounds of the same ``rows`` beginnings, and one is taken for each.
        """
        odds = np.clip(self.trees.scores(_answers(self.questions, view)), -_FARTHEST, _FARTHEST)
        keys = odds + rng.gumbel(size=len(odds))  # the largest of these are a weighted draw without replacement
        if each:
            return np.asarray(keys.reshape(-1, rows).argmax(axis=0) * rows + np.arange(rows), dtype=np.int64)
        return np.sort(np.argpartition(-keys, rows - 1)[:rows]).astype(np.int64)

    def dump(self) -> tuple[list[dict[str, Any]], dict[str, npt.NDArray[Any]]]:
        """Return plain JSON values and arrays from which ``restore`` makes this guide again."""
        plain = [{"kind": q.kind, "columns": list(q.columns)} for q in self.questions]
        arrays = {f"question.{i}": q.values for i, q in enumerate(self.questions)}
        return plain, arrays | {f"tree.{name}": values for name, values in self.trees.dump().items()}

    @classmethod
    def restore(cls, plain: list[dict[str, Any]], arrays: dict[str, npt.NDArray[Any]]) -> Self:
        """Return the guide that ``dump`` described."""
        questions = tuple(
            Question(entry["kind"], tuple(entry["columns"]), arrays[f"question.{i}"]) for i, entry in enumerate(plain)
        )
        trees = {name.removeprefix("tree."): values for name, values in arrays.items() if name.startswith("tree.")}
        return cls(questions, Boosted.restore(trees))


def _answers(questions: tuple[Question, ...], view: View) -> Bins:
    return np.stack([question.bins(view) for question in questions])


def _binned(values: npt.NDArray[np.float32], missing: npt.NDArray[np.bool_], edges: Floats) -> Bins:
    found = np.searchsorted(edges.astype(np.float32), values, side="right").astype(np.uint8) + np.uint8(1)
    found[missing] = 0
    return found


def _edges(values: npt.NDArray[np.float32]) -> Floats:
    """Return edges between about equally many values."""
    if not len(values):
        return np.zeros(0)
    return np.asarray(np.unique(np.quantile(values, np.linspace(0, 1, MOST_BINS - 1)[1:-1])), dtype=np.float64)


def _single(codec: Codec, real: View) -> list[Question]:
    found = []
    for name in codec.names:
        if codec.numeric(name):
            positions = real.positions[name]
            found.append(Question("number", (name,), _edges(positions[positions >= 0])))
            continue
        size, shares = codec.states[name], codec.shares(name)
        if size <= MOST_BINS:
            found.append(Question("state", (name,), np.arange(size, dtype=np.float64)))
            continue
        alphabet = np.array([0, *(1 + i for i in np.argsort(np.array(codec.labels(name))).tolist())])
        for order in (np.arange(size), alphabet):  # from frequent to rare, and codes that begin alike together
            before = np.zeros(size)
            before[order] = np.cumsum(shares[order]) - shares[order]
            found.append(Question("state", (name,), np.floor(before * (MOST_BINS - 1))))
    return found


def _gaps(codec: Codec, real: View) -> list[Question]:
    """Return the gaps between numbers that go together most strongly."""
    names = [name for name in codec.names if codec.numeric(name)]
    pairs = []
    for i, one in enumerate(names):
        for other in names[:i]:
            first, second = real.positions[one], real.positions[other]
            known = (first >= 0) & (second >= 0)
            if known.sum() < MOST_BINS or not first[known].std() or not second[known].std():
                continue
            strength = abs(float(np.corrcoef(first[known], second[known])[0, 1]))
            if strength >= _RELATED:
                pairs.append((strength, one, other, _edges((first - second)[known])))
    pairs.sort(key=lambda pair: -pair[0])
    return [Question("gap", (one, other), edges) for _, one, other, edges in pairs[:_MOST_PAIRS]]


def _same(codec: Codec) -> list[Question]:
    """Return whether two categories with much the same levels hold the same one: siblings often exclude each other."""
    names = [n for n in codec.names if not codec.numeric(n) and codec.states[n] >= _ALIKE_LEVELS]
    found = []
    for i, one in enumerate(names):
        for other in names[:i]:
            ours, theirs = codec.labels(one), codec.labels(other)
            both = set(ours) & set(theirs)
            if len(both) < _ALIKE * max(len(ours), len(theirs)):
                continue
            number = {level: place for place, level in enumerate(sorted(both))}
            first = [-1.0, *(float(number.get(level, -3)) for level in ours)]
            second = [-2.0, *(float(number.get(level, -4)) for level in theirs)]
            found.append(Question("same", (one, other), np.array([*first, *second, float(len(first))])))
    return found[:_MOST_PAIRS]
