"""Nested cross-validation of the remedies: outer folds score, inner folds choose ratio and threshold.

Whatever learns (the model, SMOTE, the engine) learns anew from exactly the rows that it may see.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt

from synth_core.generation import generate, read_synthetic
from synth_core.labs.augmentation import (
    AtRatio,
    Comparison,
    Contender,
    Settings,
    check,
    feasible,
    ratio_words,
    rows_used,
    weight_of_others,
)
from synth_core.labs.models import (
    Event,
    Features,
    Flags,
    folds,
    model_named,
    over_folds,
    probabilities,
    ranking_scores,
    stratified_weights,
    threshold_for,
)
from synth_core.labs.remedies import MOST_ADDED, TITLES, WITH_RATIO, Arm, Remedy, rows_wanted, treated
from synth_core.methods import method_class
from synth_core.progress import Progress, silent
from synth_core.recipe import Recipe, Use
from synth_core.scores.statistics import Estimate, Floats, wilson
from synth_core.steering.asks import Steering
from synth_core.table import Table

RESAMPLES = 1_000
ENGINE = 4.0  # what an engine's work on the same rows weighs in the bar, beside training one model
NOTHING = Arm("none")


def compare(
    table: Table,
    recipe: Recipe,
    settings: Settings,
    *,
    workers: int = 1,
    scratch: Path | None = None,
    progress: Progress = silent,
) -> Comparison:
    """Return how the remedies do on real rows that neither model nor engine has seen.

    Parameters
    ----------
    table
        The real table; rows that ``recipe`` holds out are not looked at.
    recipe
        Rules and holdout; engine, settings and steering come from ``settings``.
    workers
        Processes that make rows; the result does not depend on it.
    scratch
        Folder for made rows, removed when they are used; the system's own for such things when not given.
    progress
        Told about every model that is trained; it may raise :class:`~synth_core.errors.Cancelled`.

    Raises
    ------
    InputError
        There is no target with classes, or there are too few rows of the rare class.
    """
    import sklearn.ensemble  # noqa: F401 - limits hold for libraries that are loaded already
    from threadpoolctl import threadpool_limits

    began = perf_counter()
    used, event = check(table, recipe, settings)
    notes = []
    known = rows_used(table, recipe, event.target)
    weight = weight_of_others(known, used, event)
    happened, of_known = event.of(used.frame), event.of(known.frame)
    if len(used) < len(known):
        notes.append(
            f"Compared on {int(happened.sum()):,} of {int(of_known.sum()):,} rare rows and {int((~happened).sum()):,} "
            f"of {int((~of_known).sum()):,} others, which count {weight:.1f} times each: the class stays as rare as it "
            "is."
        )
    ratios = feasible(int(happened.sum()), round(int((~happened).sum()) * weight), settings.ratios)
    # one thread: waiting threads spin where cores are shared
    with threadpool_limits(1):
        bench = _Bench(used, event, recipe, settings, ratios, weight, workers, scratch, progress)
        outcomes = bench.outcomes()
    if left := [ratio for ratio in settings.ratios if ratio not in ratios]:
        notes.append(f"Left out, since there are more rare rows already: {', '.join(map(ratio_words, left))}.")
    contenders, at_ratios = _scored(outcomes, bench.arms, settings)
    progress(bench.total, bench.total)
    return Comparison(
        settings=settings,
        target=event.target,
        rare=event.level,
        rows=len(known),
        rare_rows=int(of_known.sum()),
        contenders=contenders,
        ratios=at_ratios,
        notes=tuple(notes),
        seconds=round(perf_counter() - began, 1),
    )


@dataclass(frozen=True)
class _Fold:
    """One outer fold: the truth, every arm's scores, and the arm and threshold that inner folds chose per remedy.

    ``entity``: one number per row that rows about one entity share; None where no column says who a row is about.
    ``weight``: how many rows each row of the others stands for.
    """

    happened: Flags
    scores: dict[Arm, Floats]
    chosen: dict[Remedy, Arm]
    thresholds: dict[Remedy, float]
    entity: npt.NDArray[np.int64] | None = None
    weight: float = 1.0

    @property
    def counts(self) -> Floats:
        """How much each row counts."""
        return np.where(self.happened, 1.0, self.weight)


@dataclass
class _Bench:
    """The rows, the remedies, and how far the work is."""

    table: Table
    event: Event
    recipe: Recipe
    settings: Settings
    ratios: tuple[float, ...]
    weight: float
    workers: int
    scratch: Path | None
    progress: Progress
    done: float = 0.0

    @property
    def arms(self) -> list[Arm]:
        """Every remedy at every ratio; the threshold needs no model of its own."""
        return [NOTHING, *(Arm(remedy, ratio) for remedy in WITH_RATIO for ratio in self.ratios)]

    @property
    def total(self) -> float:
        """All work, in trained models."""
        return (len(self.arms) + ENGINE) * self.settings.folds * (self.settings.inner + 1)

    def outcomes(self) -> list[_Fold]:
        """Return what every outer fold came to."""
        happened = self.event.of(self.table.frame)
        masks = folds(self.table, happened, self.settings.folds, self.settings.seed)
        return [self._outer(mask, f"Fold {place} of {len(masks)}") for place, mask in enumerate(masks, start=1)]

    def _outer(self, test: Flags, note: str) -> _Fold:
        train, tested = self.table.rows(~test), self.table.rows(test)
        chosen, thresholds = self._choose(train, note)
        happened = self.event.of(tested.frame)
        return _Fold(happened, self._scores(train, tested, note), chosen, thresholds, tested.entities(), self.weight)

    def _choose(self, train: Table, note: str) -> tuple[dict[Remedy, Arm], dict[Remedy, float]]:
        """Return the arm of each remedy with the best mean PR-AUC on inner folds, and its threshold there."""
        happened = self.event.of(train.frame)
        masks = folds(train, happened, self.settings.inner, self.settings.seed + 1)
        scores = {arm: np.zeros(len(train)) for arm in self.arms}
        areas: dict[Arm, list[float]] = {arm: [] for arm in self.arms}
        for mask in masks:
            found = self._scores(train.rows(~mask), train.rows(mask), f"{note}, choosing")
            one = np.where(happened[mask], 1.0, self.weight)[None, :]
            for arm, values in found.items():
                scores[arm][mask] = values
                areas[arm].append(float(ranking_scores(happened[mask], values, one, 0.5)[0][0]))
        chosen: dict[Remedy, Arm] = {"none": NOTHING, "threshold": NOTHING}
        for remedy in WITH_RATIO:
            chosen[remedy] = max(
                (arm for arm in self.arms if arm.remedy == remedy), key=lambda arm: np.mean(areas[arm])
            )
        precision = self.settings.precision
        count = np.where(happened, 1.0, self.weight)
        thresholds = {remedy: threshold_for(happened, scores[arm], precision, count) for remedy, arm in chosen.items()}
        return chosen, thresholds | {"none": 0.5}

    def _scores(self, train: Table, test: Table, note: str) -> dict[Arm, Floats]:
        """Return what a model trained under each arm on ``train`` says of ``test``."""
        features = Features.learn(self.event, train)
        rows, tested = features.apply(train.frame), features.apply(test.frame)
        made = features.apply(self._made(train, note).frame)
        model, seed = model_named(self.settings.model), self.settings.seed
        scores = {}
        for arm in self.arms:
            at = "" if arm.ratio is None else f" {ratio_words(arm.ratio)}"
            title = TITLES[arm.remedy]
            self.progress(self.done, self.total, f"{note}: {title if title.isupper() else title.lower()}{at}")
            known, weights = treated(arm, features, rows, made, seed, self.weight)
            scores[arm] = probabilities(features.fit(model, known, seed, weights), tested)
            self.done += 1
        return scores

    def _made(self, train: Table, place: str) -> Table:
        """Return made rows of the rare class, as many as the largest ratio takes; others take the first of them."""
        happened = self.event.of(train.frame)
        rare = int(happened.sum())
        others = round((len(train) - rare) * self.weight)
        wanted = min(max(rows_wanted(rare, others, ratio) for ratio in self.ratios), MOST_ADDED)
        began = self.done

        def stages(stage: str, done: float, total: float, note: str = "") -> None:
            low, high = {"Split": (0.0, 0.0), "Learn": (0.0, 0.9), "Sample": (0.9, 1.0)}.get(stage, (1.0, 1.0))
            share = low + (high - low) * (done / total if total else 0.0)
            self.progress(began + ENGINE * share, self.total, f"{place}: {title} makes {wanted:,} rows")

        title = method_class(self.settings.method).info.title
        recipe = self.recipe.model_copy(
            update={
                "method": self.settings.method,
                "params": self.settings.params,
                "steering": Steering(make={self.event.target: {self.event.level: wanted}}),
                "rows": wanted,
                "seed": self.settings.seed,
                "holdout": 0.0,
                "use": Use.TRAIN,
                "cluster": "",
            }
        )
        with tempfile.TemporaryDirectory(prefix="simile-lab-", dir=self.scratch) as name:
            synthesis = generate(train, recipe, Path(name), workers=self.workers, progress=stages)
            made = read_synthetic(Path(name), synthesis)
        self.done = began + ENGINE
        return made


def _scored(
    outcomes: Sequence[_Fold], arms: Sequence[Arm], settings: Settings
) -> tuple[tuple[Contender, ...], tuple[AtRatio, ...]]:
    """Return the remedies and the arms with their scores, all on the same resamples of the same rows."""
    rng = np.random.default_rng([settings.seed, 53])
    remedies = list(outcomes[0].chosen)
    whole, drawn = [], []
    flagged = dict.fromkeys(remedies, np.zeros((RESAMPLES, 3)))
    for fold in outcomes:
        again = stratified_weights(fold.happened, RESAMPLES, rng, fold.entity) * fold.counts
        for remedy in remedies:
            flagged[remedy] = flagged[remedy] + _counts(fold, remedy, again)
        weights = np.vstack([fold.counts[None, :], again])
        by_arm = {
            arm: np.stack(ranking_scores(fold.happened, fold.scores[arm], weights, settings.precision), axis=1)
            for arm in arms
        }
        of_remedies = [by_arm[fold.chosen[remedy]] for remedy in remedies]
        both = np.stack([*of_remedies, *by_arm.values()], axis=1)  # resamples x (remedies, arms) x scores
        whole.append(both[0])
        drawn.append(both[1:])
    value, samples = np.mean(whole, axis=0), over_folds(drawn, rng)
    contenders = tuple(
        _contender(
            remedy, place, outcomes, value[: len(remedies)], samples[:, : len(remedies)], settings, flagged[remedy]
        )
        for place, remedy in enumerate(remedies)
    )
    at_ratios = tuple(
        AtRatio(
            remedy=arm.remedy,
            ratio=arm.ratio,
            pr_auc=_interval(value[place, 0], samples[:, place, 0]),
            recall=_interval(value[place, 1], samples[:, place, 1]),
        )
        for place, arm in enumerate(arms, start=len(remedies))
    )
    return contenders, at_ratios


def _counts(fold: _Fold, remedy: Remedy, weights: Floats) -> Floats:
    """Return per resample: rows of the event that are found, of the event, and of alarms."""
    flags = fold.scores[fold.chosen[remedy]] >= fold.thresholds[remedy]
    return weights @ np.column_stack([flags & fold.happened, fold.happened, flags]).astype(np.float64)


def _rate(hits: float, of: float, drawn: Floats | None) -> Estimate:
    """Return a share with Wilson's interval, or that of resamples (hits and rows per resample) where it is wider."""
    usual = wilson(hits, round(of))
    if drawn is None or not of:
        return _short(usual)
    shares = drawn[:, 0][drawn[:, 1] > 0] / drawn[:, 1][drawn[:, 1] > 0]
    low, high = np.quantile(shares, [0.025, 0.975]) if len(shares) else (usual.low, usual.high)
    return _short(Estimate(usual.value, min(low, usual.low), max(high, usual.high)))


def _contender(
    remedy: Remedy,
    place: int,
    outcomes: Sequence[_Fold],
    value: Floats,
    samples: Floats,
    settings: Settings,
    counts: Floats,
) -> Contender:
    gains: list[Estimate | None] = [None, None]
    if remedy in WITH_RATIO:
        # one interval per remedy that could win: they hold together (Bonferroni)
        gains = [
            _interval(value[place, one] - value[0, one], samples[:, place, one] - samples[:, 0, one], len(WITH_RATIO))
            for one in (0, 1)
        ]
    hits, happened, alarms = sum(_counts(fold, remedy, fold.counts[None, :])[0] for fold in outcomes).tolist()
    ratios = [fold.chosen[remedy].ratio for fold in outcomes]
    repeated = any(fold.entity is not None or fold.weight != 1 for fold in outcomes)
    of_found, of_right = (counts[:, [0, 1]], counts[:, [0, 2]]) if repeated else (None, None)
    engine = method_class(settings.method).info.title
    return Contender(
        remedy=remedy,
        title=f"{TITLES[remedy]} ({engine})" if remedy == "made" else TITLES[remedy],
        ratios=tuple(ratio for ratio in ratios if ratio is not None),
        thresholds=tuple(round(fold.thresholds[remedy], 6) for fold in outcomes),
        pr_auc=_interval(value[place, 0], samples[:, place, 0]),
        recall=_interval(value[place, 1], samples[:, place, 1]),
        pr_auc_gain=gains[0],
        recall_gain=gains[1],
        found=_rate(hits, happened, of_found),
        right=_rate(hits, alarms, of_right),
    )


def _interval(value: float, samples: Floats, together: int = 1) -> Estimate:
    """Return a value with its 95 % interval by percentiles, wide enough for so many intervals to hold together.

    Rows that a resample repeats lift PR-AUC a little, so the resamples are centred on the value.
    """
    tail = 0.025 / together
    low, high = np.quantile(samples - samples.mean() + value, [tail, 1 - tail])
    return _short(Estimate(value, min(low, value), max(high, value)))


def _short(found: Estimate) -> Estimate:
    return Estimate(*(round(float(end), 4) for end in found))
