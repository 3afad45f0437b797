"""What boosted trees may ask of a row: one or two columns, turned into bins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.codec import Codec
from synth_core.methods.boosting import MOST_BINS, Bins
from synth_core.methods.views import View

Floats = npt.NDArray[np.float64]

_FINE = 8192  # looking a bin up is far quicker than searching for it
_RELATED, _MOST_PAIRS = 0.5, 16
_ALIKE, _ALIKE_LEVELS = 0.5, 9


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


def asked_of(codec: Codec, names: Sequence[str], real: View) -> tuple[Question, ...]:
    """Return what is asked of rows with these columns."""
    return (*single(codec, names, real), *gaps(codec, names, real), *same(codec, names))


def only_equal(questions: Sequence[Question]) -> npt.NDArray[np.bool_]:
    """Return for each question whether its bins have no order."""
    return np.array([q.kind == "state" and len(q.values) <= MOST_BINS for q in questions])


def dump(questions: Sequence[Question]) -> tuple[list[dict[str, Any]], dict[str, npt.NDArray[Any]]]:
    """Return plain JSON values and arrays from which ``restore`` makes the questions again."""
    plain = [{"kind": q.kind, "columns": list(q.columns)} for q in questions]
    return plain, {f"question.{i}": q.values for i, q in enumerate(questions)}


def restore(plain: Sequence[dict[str, Any]], arrays: dict[str, npt.NDArray[Any]]) -> tuple[Question, ...]:
    """Return the questions that ``dump`` described."""
    return tuple(Question(one["kind"], tuple(one["columns"]), arrays[f"question.{i}"]) for i, one in enumerate(plain))


def answers(questions: Sequence[Question], view: View) -> Bins:
    """Return the bins of every row, shape (questions, rows)."""
    return np.stack([question.bins(view) for question in questions])


def _binned(values: npt.NDArray[np.float32], missing: npt.NDArray[np.bool_], edges: Floats) -> Bins:
    """Return bins between the edges, 0 where missing; values from -1 to 1, told apart in steps of 1 / ``_FINE``."""
    bins = np.searchsorted(edges, np.arange(-_FINE, _FINE + 1) / _FINE, side="right").astype(np.uint8) + np.uint8(1)
    found = bins.take((values * _FINE + (_FINE + 0.5)).astype(np.int32), mode="clip")
    found[missing] = 0
    return found


def _edges(values: npt.NDArray[np.float32]) -> Floats:
    """Return edges between about equally many values; a value of many rows has one of its own."""
    if not len(values):
        return np.zeros(0)
    found, counts = np.unique(values.astype(np.float64), return_counts=True)
    if len(found) <= MOST_BINS - 2:
        return np.asarray((found[1:] + found[:-1]) / 2, dtype=np.float64)
    bins = MOST_BINS - 2
    weight = np.minimum(counts, counts.sum() / bins)
    for _ in range(3):
        weight = np.minimum(counts, weight.sum() / bins)
    group = np.floor((np.cumsum(weight) - weight / 2) / weight.sum() * bins)
    at = np.flatnonzero(np.diff(group) > 0)
    return np.asarray((found[at] + found[at + 1]) / 2, dtype=np.float64)


def single(codec: Codec, names: Sequence[str], real: View) -> list[Question]:
    """Return one or two questions per column."""
    found = []
    for name in names:
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


def gaps(codec: Codec, columns: Sequence[str], real: View) -> list[Question]:
    """Return the gaps between numbers that go together most strongly."""
    names = [name for name in columns if codec.numeric(name)]
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


def same(codec: Codec, columns: Sequence[str]) -> list[Question]:
    """Return whether two categories with much the same levels hold the same one: siblings often exclude each other."""
    names = [n for n in columns if not codec.numeric(n) and codec.states[n] >= _ALIKE_LEVELS]
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
