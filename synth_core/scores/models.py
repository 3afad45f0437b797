"""The models that a utility score trains, and the target that they predict."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, Coding, fit_ready, tree_matrix
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import Floats, weighted_auc

Metric = Literal["AUC", "R2"]
ONE_HOT_BELOW = 30
CLASSES = 10  # more classes than this: the most frequent, and one for all others
CLASS_ROWS = 10  # a class needs as many held-out rows to be scored
IMPORTANCE_ROWS = 1_000


@dataclass(frozen=True)
class Model:
    """A kind of model: ``name`` for the code, ``title`` for the reader."""

    name: Literal["boosted", "forest", "linear"]
    title: str


MODELS = (Model("boosted", "Boosted trees"), Model("forest", "Random forest"), Model("linear", "Linear model"))


@dataclass(frozen=True)
class Outcome:
    """The target: a number (``classes`` empty), or up to ten classes, class 1 of two the rarer one."""

    target: str
    metric: Metric
    classes: npt.NDArray[np.float64]
    other: bool
    coding: Coding
    scored: tuple[int, ...] = ()
    why_not: str = ""

    @classmethod
    def learn(cls, sides: Sides, target: str) -> Outcome:
        """Return the target as ``train`` has it; ``why_not`` says why it cannot be judged."""
        coding, real = sides.coding, sides.real
        if target in real.numeric:
            values = real.numeric[target]
            values = values[~np.isnan(values)]
            found, counts = np.unique(values, return_counts=True)
            if len(found) > 2:
                return cls(target, "R2", np.empty(0), False, coding)
            classes = found[np.argsort(-counts, kind="stable")]
        else:
            classes = np.arange(min(coding.levels(target), CLASSES), dtype=np.float64)
        other = target in real.codes and coding.levels(target) > CLASSES
        if len(classes) < 2:
            return cls(target, "AUC", classes, other, coding, why_not="not enough data: the target has one value only")
        outcome = cls(target, "AUC", classes, other, coding)
        held = np.bincount(outcome.labels(outcome.usable(sides.held)), minlength=len(classes))
        scored = tuple(int(i) for i in np.flatnonzero((held >= CLASS_ROWS) & (held.sum() - held >= CLASS_ROWS)))
        why_not = "" if scored else f"not enough data: no class of the target has {CLASS_ROWS} held-out rows"
        return cls(target, "AUC", classes, other, coding, scored, why_not)

    def usable(self, coded: Coded) -> Coded:
        """Return the rows whose target is known (and is a class of train)."""
        if self.target in coded.numeric:
            values = coded.numeric[self.target]
            keep = ~np.isnan(values) if self.metric == "R2" else np.isin(values, self.classes)
        else:
            keep = coded.codes[self.target] < self.coding.levels(self.target)
        return coded if keep.all() else coded.take(keep)

    def labels(self, coded: Coded) -> npt.NDArray[np.int64]:
        """Return the class of each row, 0..classes-1; the last stands for all others when ``other``."""
        if self.target in coded.numeric:
            return np.asarray(coded.numeric[self.target] == self.classes[1], dtype=np.int64)
        return np.minimum(coded.codes[self.target], len(self.classes) - 1).astype(np.int64)

    def mean_metric(self, test: Coded, predicted: Floats, weights: Floats) -> Floats:
        """Return the metric under each row of ``weights`` (resamples x rows): R2, or AUC, one-vs-rest mean."""
        if self.metric == "R2":
            truth = test.numeric[self.target]
            total = weights.sum(axis=1)
            mean = weights @ truth / total
            spread = weights @ truth**2 - total * mean**2
            return np.asarray(1 - weights @ (truth - predicted) ** 2 / np.maximum(spread, 1e-12))
        labels = self.labels(test)
        judged = (1,) if len(self.classes) == 2 else self.scored
        areas = [weighted_auc(labels == k, predicted[:, k], weights) for k in judged]
        return np.asarray(np.mean(areas, axis=0), dtype=np.float64)


@dataclass(frozen=True)
class Fitted:
    """A trained model with the columns that it reads."""

    model: Any
    names: list[str]
    linear: bool
    outcome: Outcome
    scaling: tuple[Floats, Floats, Floats] | None = None

    def features(self, coded: Coded) -> Floats:
        """Return the inputs of the model."""
        if not self.linear:
            return tree_matrix(coded, self.outcome.coding, self.names)[0]
        return scaled(linear_matrix(coded, self.outcome.coding, self.names), self.scaling)

    def predict(self, coded: Coded) -> Floats:
        """Return numbers, or probabilities (rows x classes; 0 for a class that was never seen)."""
        return self.from_features(self.features(coded))

    def from_features(self, features: Floats) -> Floats:
        """Return the prediction for ready inputs."""
        if self.outcome.metric == "R2":
            predicted = self.model.predict(np.nan_to_num(features) if self.linear else features)
            return np.asarray(predicted, dtype=np.float64)
        out = np.zeros((len(features), len(self.outcome.classes)))
        if self.model is not None:
            out[:, self.model.classes_] = self.model.predict_proba(features)
        return out


def fit(
    model: Model, outcome: Outcome, names: list[str], rows: Coded, seed: int, weights: Floats | None = None
) -> Fitted:
    """Return ``model`` trained on ``rows``, each counted with its weight where ``weights`` (one per row) are given."""
    linear = model.name == "linear"
    flags: list[bool] = []
    scaling = None
    if linear:
        features = linear_matrix(rows, outcome.coding, names)
        scaling = _scaling(features)
        features = scaled(features, scaling)
    else:
        features, flags = tree_matrix(rows, outcome.coding, names)
    truth = rows.numeric[outcome.target] if outcome.metric == "R2" else outcome.labels(rows)
    if outcome.metric == "AUC" and len(np.unique(truth)) < 2:
        return Fitted(None, names, linear, outcome, scaling)
    estimator = _estimator(model, outcome, flags, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a linear model that has not converged is good enough to compare
        estimator.fit(fit_ready(features), truth, sample_weight=weights)
    return Fitted(estimator, names, linear, outcome, scaling)


def _estimator(model: Model, outcome: Outcome, flags: list[bool], seed: int) -> Any:
    from sklearn import ensemble, linear_model

    number = outcome.metric == "R2"
    if model.name == "boosted":
        trees = 100 if len(outcome.classes) <= 3 else 40
        boosted = ensemble.HistGradientBoostingRegressor if number else ensemble.HistGradientBoostingClassifier
        return boosted(categorical_features=flags, max_iter=trees, random_state=seed, early_stopping=False)
    if model.name == "forest":
        forest = ensemble.RandomForestRegressor if number else ensemble.RandomForestClassifier
        share = 1 / 3 if number else "sqrt"
        return forest(50, min_samples_leaf=3, max_features=share, max_samples=0.6, n_jobs=2, random_state=seed)
    if number:
        return linear_model.Ridge(alpha=1.0)
    return linear_model.LogisticRegression(max_iter=200, C=0.5)


def linear_matrix(coded: Coded, coding: Coding, names: list[str]) -> Floats:
    """Return inputs of a linear model: numbers with a missing indicator, one-hot below 30 levels, else frequency."""
    parts = []
    for name in names:
        if name in coded.numeric:
            parts += [coded.numeric[name][:, None], np.isnan(coded.numeric[name])[:, None]]
            continue
        codes, levels = coded.codes[name], coding.levels(name)
        if levels < ONE_HOT_BELOW:
            parts.append(np.eye(levels + 2)[codes])
        else:
            share = np.r_[coding.counts[name] / max(coding.counts[name].sum(), 1), 0.0, 0.0]
            parts += [share[codes][:, None], np.log1p(codes)[:, None]]
    return np.hstack(parts).astype(np.float64)


def _scaling(features: Floats) -> tuple[Floats, Floats, Floats]:
    """Middle, spread and clipping point of each input; a long tail must not decide a linear model."""
    filled = ~np.isnan(features)
    count = np.maximum(filled.sum(axis=0), 1)
    middle = np.where(filled, features, 0).sum(axis=0) / count
    spread = np.sqrt(np.where(filled, (features - middle) ** 2, 0).sum(axis=0) / count)
    return middle, np.where(spread > 1e-12, spread, 1.0), np.full(features.shape[1], 6.0)


def scaled(features: Floats, scaling: tuple[Floats, Floats, Floats] | None) -> Floats:
    """Return inputs (rows x columns) with mean 0 and spread 1, missing cells at the mean."""
    assert scaling is not None
    middle, spread, clip = scaling
    return np.clip(np.nan_to_num((features - middle) / spread), -clip, clip)


def importances(fitted: Fitted, outcome: Outcome, test: Coded, rng: np.random.Generator) -> dict[str, float]:
    """Return what the model loses when a column is shuffled, as shares that sum to 1 (Breiman 2001)."""
    test = test.sample(IMPORTANCE_ROWS, rng)
    features, one = fitted.features(test), np.ones((1, len(test)))
    whole = outcome.mean_metric(test, fitted.from_features(features), one)[0]
    losses = {}
    for place, name in enumerate(fitted.names):
        shuffled = features.copy()
        shuffled[:, place] = rng.permutation(shuffled[:, place])
        changed = outcome.mean_metric(test, fitted.from_features(shuffled), one)[0]
        losses[name] = max(float(whole - changed), 0.0)
    total = sum(losses.values())
    return {name: round(loss / total, 4) for name, loss in losses.items()} if total > 0 else {}
