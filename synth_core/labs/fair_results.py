"""What the fairness lab found, as values that can be kept, drawn and said in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from synth_core.errors import InputError
from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.fair_groups import Groups
from synth_core.labs.fair_metrics import (
    GAPS,
    PER_GROUP,
    Judged,
    fairlearn_gaps,
    fairlearn_rates,
    gaps,
    interval,
    per_group,
    resampled,
    why_few,
)
from synth_core.scores.statistics import Estimate, Floats, cluster_weights, resample_weights, weighted_auc

ArmName = Literal["real", "reweigh", "synthetic", "network", "represent", "balance", "cut"]
CUT_OFF = 0.5
AUC_RESAMPLES = 300
AUC_ROWS = 6_000  # per fold; the interval of a loss of AUC rests on so many


class GroupRates(BaseModel):
    """How one group fares under one arm: shares (0..1) with 95 % intervals; None and a note where rows are too few.

    Attributes
    ----------
    base
        Share of its rows with the favourable outcome in truth.
    selection
        Share that the model gives the favourable outcome.
    true_positive, false_positive
        That share among rows whose true outcome is favourable, and among the others.
    """

    model_config = ConfigDict(frozen=True)

    group: str
    rows: int
    base: float
    selection: Estimate | None = None
    true_positive: Estimate | None = None
    false_positive: Estimate | None = None
    accuracy: Estimate | None = None
    balanced_accuracy: Estimate | None = None
    note: str = ""


class Arm(BaseModel):
    """One way to train the model, judged on real rows that it never saw.

    Attributes
    ----------
    parity, odds
        Demographic parity difference and equalised odds difference (0..1; 0: no gap), 95 % intervals.
    parity_folds, odds_folds
        The same in each fold alone.
    accuracy, balanced_accuracy, auc
        Over all judged rows, with 95 % intervals.
    change
        Difference to doing nothing per measure ("parity", "odds", "accuracy", "balanced_accuracy", "auc"), rows paired;
        the intervals hold together over all arms (Bonferroni). Empty for doing nothing itself.
    """

    model_config = ConfigDict(frozen=True)

    name: ArmName
    parity: Estimate
    odds: Estimate | None
    parity_folds: tuple[float, ...] = ()
    odds_folds: tuple[float, ...] = ()
    accuracy: Estimate
    balanced_accuracy: Estimate
    auc: Estimate
    groups: tuple[GroupRates, ...]
    change: dict[str, Estimate] = {}

    def gap(self, name: str) -> Estimate | None:
        """Return "parity" or "odds"."""
        return self.parity if name == "parity" else self.odds


class Fairness(BaseModel):
    """What the lab found.

    Attributes
    ----------
    judged, learned
        Real rows judged, and rows that a run learns from, which the folds are made of.
    left_out, few
        Rows of the folds that are not judged (group or outcome not known, or the group too small), and groups with too
        few rows, with their rows.
    behind
        Per gap: arms whose gap is not measurably larger than the smallest one's.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    plan: FairnessPlan = FairnessPlan()
    arms: tuple[Arm, ...]
    titles: dict[str, str] = {}
    judged: int
    learned: int = 0
    left_out: int = 0
    few: dict[str, int] = {}
    behind: dict[str, tuple[ArmName, ...]] = {}
    seconds: float = 0.0

    def arm(self, name: str) -> Arm | None:
        """Return the arm of this name, or None."""
        return next((arm for arm in self.arms if arm.name == name), None)


@dataclass(frozen=True)
class Scored:
    """One fold: the group and true outcome of each judged row, and every arm's probability of the favourable one.

    ``entity``: one number per row that rows about one entity share; None where no column says who a row is about.
    """

    place: npt.NDArray[np.int64]
    truth: npt.NDArray[np.bool_]
    scores: dict[str, Floats]
    entity: npt.NDArray[np.int64] | None = None

    def judged(self, groups: Sequence[str]) -> Judged:
        """Return the fold's predictions at the cut-off of 0.5."""
        predicted = {arm: s >= CUT_OFF for arm, s in self.scores.items()}
        return Judged(tuple(groups), self.place, self.truth, predicted, self.entity)


def judge(folds: Sequence[Scored], groups: Groups, arms: Sequence[ArmName], seed: int) -> Fairness:
    """Return every arm's measures over all folds together."""
    whole = Scored(
        np.concatenate([fold.place for fold in folds]),
        np.concatenate([fold.truth for fold in folds]),
        {arm: np.concatenate([fold.scores[arm] for fold in folds]) for arm in arms},
        _entities(folds),
    )
    judged = whole.judged(groups.names)
    enough, both = judged.fit()
    drawn = resampled(judged, np.random.default_rng([seed, 63]))
    rates = {arm: per_group(counts) for arm, counts in drawn.items()}
    again = {arm: gaps(rates[arm], enough, both) | _overall(drawn[arm]) for arm in arms}
    alone = [_fold_gaps(fold.judged(groups.names)) for fold in folds]
    areas = _areas(folds, arms, seed)
    values = {arm: fairlearn_gaps(judged, arm) | _overall(_counts(judged, arm)[None]) for arm in arms}
    level = 0.05 / max(len(arms) - 1, 1)
    found = []
    for arm in arms:
        mine = {name: float(np.ravel(value)[0]) for name, value in values[arm].items()}
        area, area_drawn = areas[arm]
        change = {}
        if arm != arms[0]:
            for name in (*GAPS, "accuracy", "balanced_accuracy"):
                before = float(np.ravel(values[arms[0]][name])[0])
                change[name] = interval(again[arm][name] - again[arms[0]][name], mine[name] - before, level)
            change["auc"] = interval(area_drawn - areas[arms[0]][1], area - areas[arms[0]][0], level)
        odds = interval(again[arm]["odds"], mine["odds"]) if np.isfinite(mine["odds"]) else None
        found.append(
            Arm(
                name=arm,
                parity=_short(interval(again[arm]["parity"], mine["parity"])),
                odds=None if odds is None else _short(odds),
                parity_folds=tuple(round(fold[arm]["parity"], 5) for fold in alone if np.isfinite(fold[arm]["parity"])),
                odds_folds=tuple(round(fold[arm]["odds"], 5) for fold in alone if np.isfinite(fold[arm]["odds"])),
                accuracy=_short(interval(again[arm]["accuracy"], mine["accuracy"])),
                balanced_accuracy=_short(interval(again[arm]["balanced_accuracy"], mine["balanced_accuracy"])),
                auc=_short(interval(area_drawn, area)),
                groups=_groups(judged, arm, rates[arm]),
                change={name: _short(one) for name, one in change.items() if np.isfinite(one.value)},
            )
        )
    return Fairness(arms=tuple(found), judged=len(judged.place), behind=_behind(found, again, level))


def _entities(folds: Sequence[Scored]) -> npt.NDArray[np.int64] | None:
    """Return the entities of all folds, numbered on from fold to fold: none is in two."""
    found, first = [], 0
    for fold in folds:
        if fold.entity is None:
            return None
        found.append(fold.entity + first)
        first += int(fold.entity.max(initial=-1)) + 1
    return np.asarray(np.concatenate(found), dtype=np.int64)


def _behind(
    arms: Sequence[Arm], again: dict[ArmName, dict[str, Floats]], level: float
) -> dict[str, tuple[ArmName, ...]]:
    found: dict[str, tuple[ArmName, ...]] = {}
    for name in GAPS:
        known = {arm.name: gap.value for arm in arms if (gap := arm.gap(name)) is not None}
        if not known:
            continue
        best = min(known, key=lambda arm: known[arm])
        found[name] = tuple(
            arm
            for arm, value in known.items()
            if arm != best and interval(again[arm][name] - again[best][name], value - known[best], level).low <= 0
        )
    return found


def _counts(judged: Judged, arm: str) -> Floats:
    code = 2 * (2 * judged.place + judged.truth) + judged.predicted[arm]
    return np.bincount(code, minlength=4 * len(judged.groups)).reshape(-1, 2, 2).astype(np.float64)


def _overall(counts: Floats) -> dict[str, Floats]:
    """Return accuracy and balanced accuracy over all groups together."""
    rates = per_group(counts.sum(axis=-3, keepdims=True))
    return {name: rates[name][..., 0] for name in ("accuracy", "balanced_accuracy")}


def _fold_gaps(judged: Judged) -> dict[str, dict[str, float]]:
    enough, both = judged.fit()
    found = {}
    for arm in judged.predicted:
        here = gaps(per_group(_counts(judged, arm)), enough, both)
        found[arm] = {name: float(value) for name, value in here.items()}
    return found


def _groups(judged: Judged, arm: str, drawn: dict[str, Floats]) -> tuple[GroupRates, ...]:
    rows = judged.rows()
    enough, both = judged.fit()
    names = np.array(judged.groups, dtype=object)[judged.place]
    values = fairlearn_rates(judged.truth, judged.predicted[arm], names)
    found = []
    for place, group in enumerate(judged.groups):
        told: dict[str, Estimate] = {}
        for name in PER_GROUP:
            if enough[place] if name in ("selection", "accuracy") else both[place]:
                told[name] = _short(interval(drawn[name][:, place], values[group][name]))
        size = int(rows[place].sum())
        found.append(
            GroupRates(
                group=group,
                rows=size,
                base=round(float(rows[place, 1] / max(size, 1)), 5),
                note=why_few(rows[place].tolist()),
                **told,
            )
        )
    return tuple(found)


def _areas(folds: Sequence[Scored], arms: Sequence[ArmName], seed: int) -> dict[str, tuple[float, Floats]]:
    """Return each arm's AUC, the mean over folds (models of two folds score on different scales), and its resamples.

    A fold whose rows all have one outcome has no AUC and does not count.
    """
    folds = [fold for fold in folds if 0 < fold.truth.sum() < len(fold.truth)]
    if not folds:
        raise InputError("Not enough data: in every fold all rows have the same outcome. Bring more rows.")
    sums: dict[str, tuple[float, Floats]] = {arm: (0.0, np.zeros(AUC_RESAMPLES)) for arm in arms}
    for number, fold in enumerate(folds):
        rng = np.random.default_rng([seed, 64, number])
        size = len(fold.truth)
        some = np.sort(_some(fold, rng))
        weights = (
            resample_weights(len(some), AUC_RESAMPLES, rng)
            if fold.entity is None
            else cluster_weights(fold.entity[some], AUC_RESAMPLES, rng)
        )
        shrink = np.sqrt(len(some) / size)
        for arm in arms:
            whole = float(weighted_auc(fold.truth, fold.scores[arm], np.ones((1, size)))[0])
            part = weighted_auc(fold.truth[some], fold.scores[arm][some], weights)
            here = whole + (part - np.nanmean(part)) * shrink
            sums[arm] = (sums[arm][0] + whole / len(folds), sums[arm][1] + here / len(folds))
    return sums


def _some(fold: Scored, rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """Return at most 6,000 rows of a fold; entities stay whole."""
    size = len(fold.truth)
    if fold.entity is None or size <= AUC_ROWS:
        return rng.choice(size, min(size, AUC_ROWS), replace=False)
    order = rng.permutation(int(fold.entity.max()) + 1)
    rows = np.bincount(fold.entity, minlength=len(order))[order].cumsum()
    return np.flatnonzero(np.isin(fold.entity, order[: max(int((rows <= AUC_ROWS).sum()), 1)]))


def _short(found: Estimate) -> Estimate:
    return Estimate(*(round(float(end), 5) for end in found))
