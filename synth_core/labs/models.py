"""What labs share: the class to be found, folds of rows, models of it, and scores under resampled rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import InputError
from synth_core.scores.features import Coded, Coding
from synth_core.scores.models import MODELS, Fitted, Model, Outcome, fit
from synth_core.scores.statistics import Floats, cluster_weights, resample_weights
from synth_core.table import Column, Table, did_you_mean

Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Event:
    """The class of the target that is to be found, against all others."""

    target: str
    level: str

    def of(self, frame: pd.DataFrame) -> Flags:
        """Return whether each row is of the class."""
        return np.asarray((frame[self.target] == self.level).to_numpy(dtype=bool, na_value=False))


@dataclass(frozen=True)
class Features:
    """How rows become the inputs of a model of an event; learned from the rows that the model learns from."""

    event: Event
    coding: Coding

    @classmethod
    def learn(cls, event: Event, train: Table) -> Features:
        """Return the features of the learned columns of ``train``, the target left out."""
        return cls(event, Coding.learn(train))

    @property
    def names(self) -> list[str]:
        """Names of the columns that the model reads."""
        return [name for name in self.coding.names if name != self.event.target]

    @property
    def outcome(self) -> Outcome:
        """The event as scores have a target: 1 where it happened, else 0."""
        return Outcome(self.event.target, "AUC", np.array([0.0, 1.0]), False, self.coding)

    def apply(self, frame: pd.DataFrame) -> Coded:
        """Return rows as arrays; the target is 1 where the event happened, else 0."""
        coded = self.coding.apply(frame)
        codes = {name: values for name, values in coded.codes.items() if name != self.event.target}
        happened = self.event.of(frame).astype(np.float64)
        return Coded(len(frame), {**coded.numeric, self.event.target: happened}, codes)

    def happened(self, rows: Coded) -> Flags:
        """Return whether each row is of the class."""
        return np.asarray(rows.numeric[self.event.target] == 1)

    def fit(self, model: Model, rows: Coded, seed: int, weights: Floats | None = None) -> Fitted:
        """Return ``model`` trained to find the event in ``rows``."""
        return fit(model, self.outcome, self.names, rows, seed, weights)


def model_named(name: str) -> Model:
    """Return the model of this name ("boosted", "forest", "linear"); InputError where there is none."""
    found = next((model for model in MODELS if model.name == name), None)
    if found is None:
        raise InputError(f"There is no model '{name}'; choose one of {', '.join(model.name for model in MODELS)}.")
    return found


def probabilities(fitted: Fitted, rows: Coded) -> Floats:
    """Return the predicted probability of the event (0..1), one per row."""
    return np.asarray(fitted.predict(rows)[:, 1], dtype=np.float64)


def joined(first: Coded, second: Coded) -> Coded:
    """Return the rows of both, those of ``first`` first."""
    return Coded(
        len(first) + len(second),
        {name: np.concatenate([values, second.numeric[name]]) for name, values in first.numeric.items()},
        {name: np.concatenate([values, second.codes[name]]) for name, values in first.codes.items()},
    )


def class_target(table: Table, where: str) -> Column:
    """Return the target, which must have classes; ``where`` says in the error who needs it ("The augmentation lab")."""
    target = table.target
    if target is None:
        raise InputError(f"{where} needs a target, and none is set. Choose the column to predict on the Upload page.")
    if target.kind.numeric:
        raise InputError(
            f"{where} needs a target with classes, and '{target.name}' is a {target.kind.in_words}. Choose another "
            "target, or read this one as a category on the Upload page."
        )
    if not target.learned or not target.kind.categorical:
        raise InputError(
            f"{where} needs a target with classes, and '{target.name}' is {_never(target)}, which is never learned. "
            "Choose another target on the Upload page."
        )
    return target


def _never(column: Column) -> str:
    return "personal data" if column.semantic else "free text" if column.kind.value == "text" else "an identifier"


def rare_event(table: Table, level: str, where: str) -> Event:
    """Return the class called ``level``, or the rarest where it is ""; InputError without two classes."""
    target = class_target(table, where)
    counts = table.frame[target.name].value_counts()
    if len(counts) < 2:
        raise InputError(
            f"{where} needs a target with two classes, and '{target.name}' has {len(counts)} in "
            f"{len(table):,} rows. Choose another target on the Upload page."
        )
    if level and level not in counts.index:
        hint = did_you_mean(level, [str(one) for one in counts.index]).replace("columns", "classes")
        raise InputError(f"Column '{target.name}' has no class '{level}'.{hint}")
    return Event(target.name, level or str(counts.index[-1]))


def folds(table: Table, happened: Flags, number: int, seed: int) -> list[Flags]:
    """Return ``number`` masks of rows to score on, which share no row and hold about equally many of the event.

    Rows about one entity, and exact duplicates, are in the same fold.
    """
    group = table.row_groups()
    frame = pd.DataFrame({"group": group, "happened": happened})
    dealt = frame.groupby("group", sort=True)["happened"].max()
    dealt = dealt.iloc[np.random.default_rng([seed, 51]).permutation(len(dealt))].sort_values(kind="stable")
    fold = pd.Series(np.arange(len(dealt)) % number, index=dealt.index)
    place = fold.reindex(group).to_numpy()
    return [np.asarray(place == one) for one in range(number)]


def weighted_curves(happened: Flags, scores: Floats, weights: Floats) -> Iterator[tuple[Floats, Floats]]:
    """Yield recall and precision at every threshold, highest first, per batch of rows of ``weights``.

    ``weights`` are resamples x rows; each array is resamples x thresholds. Rows with equal scores share a threshold.
    """
    order = np.argsort(-scores, kind="stable")
    sorted_scores, truth = scores[order], happened[order]
    ends = np.flatnonzero(np.r_[np.diff(sorted_scores) != 0, True])
    for start in range(0, len(weights), 100):
        some = weights[start : start + 100][:, order]
        found = np.cumsum(some * truth, axis=1)[:, ends]
        flagged = np.cumsum(some, axis=1)[:, ends]
        total = np.maximum(found[:, -1:], 1e-12)
        yield found / total, found / np.maximum(flagged, 1e-12)


def ranking_scores(happened: Flags, scores: Floats, weights: Floats, precision: float) -> tuple[Floats, Floats]:
    """Return PR-AUC and the recall at a precision of at least ``precision``, one each per row of ``weights``.

    PR-AUC is average precision: the sum of precision times gain in recall over thresholds, without interpolation
    (Davis and Goadrich 2006). The recall is the highest that any threshold reaches with that precision; 0 if none does.
    """
    areas, recalls = [], []
    for recall, right in weighted_curves(happened, scores, weights):
        areas.append((np.diff(recall, axis=1, prepend=0.0) * right).sum(axis=1))
        recalls.append(np.where(right >= precision - 1e-9, recall, 0.0).max(axis=1))
    return np.concatenate(areas), np.concatenate(recalls)


def threshold_for(happened: Flags, scores: Floats, precision: float, weights: Floats | None = None) -> float:
    """Return the threshold that finds most of the event with at least this precision; above all scores if none does.

    ``weights``: how much each row counts; None: all alike.

    >>> threshold_for(np.array([True, False, True, False]), np.array([0.9, 0.6, 0.5, 0.1]), 0.6)
    0.5
    """
    counted = np.ones((1, len(scores))) if weights is None else weights[None, :]
    recall, right = next(weighted_curves(happened, scores, counted))
    usable = np.flatnonzero(right[0] >= precision - 1e-9)
    if not len(usable):
        return float(np.nextafter(scores.max(), np.inf))
    levels = np.unique(scores)[::-1]
    return float(levels[usable[np.argmax(recall[0][usable])]])


def stratified_weights(
    happened: Flags, resamples: int, rng: np.random.Generator, entity: npt.NDArray[np.int64] | None = None
) -> Floats:
    """Return bootstrap weights (resamples x rows) that draw as many rows of the event, and of others, as there are.

    ``entity``: one number per row, shared by rows about one entity. Entities are then drawn whole: as many with the
    event among their rows, and without, as there are.
    """
    weights = np.zeros((resamples, len(happened)), dtype=np.float64)
    if entity is not None:
        happened = np.isin(entity, entity[happened])
    for side in (np.flatnonzero(happened), np.flatnonzero(~happened)):
        if len(side):
            weights[:, side] = (
                resample_weights(len(side), resamples, rng)
                if entity is None
                else cluster_weights(entity[side], resamples, rng)
            )
    return weights


def over_folds(per_fold: Sequence[Floats], rng: np.random.Generator) -> Floats:
    """Return the mean over folds under a bootstrap of folds, and of rows within them.

    ``per_fold`` holds one array per fold, all of the same shape (resamples, ...); so has the result. Folds are drawn
    as well as rows, so that the interval also covers what differs between models learned from different rows.
    """
    stacked = np.stack(per_fold)
    number, resamples = stacked.shape[:2]
    picked = rng.integers(0, number, size=(resamples, number))
    # a fold that is drawn twice gets other rows the second time
    row = (np.arange(resamples)[:, None] + 7 * np.arange(number)[None, :]) % resamples
    return np.asarray(stacked[picked, row].mean(axis=1))
