"""Does a model trained on the synthetic rows work on real ones? TSTR beside TRTR, on the same held-out rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from synth_core.scores.features import Coded
from synth_core.scores.models import MODELS, Fitted, Model, Outcome, fit, importances
from synth_core.scores.rare_class import finding
from synth_core.scores.results import ModelResult, Utility
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.statistics import Estimate, Floats, resample_weights, rounded, weighted_auc
from synth_core.scores.subgroups import losses

CAP = 12_000  # rows that a model learns from
RESAMPLES = 250
CURVE_POINTS = 60
LEAST_SKILL = {"AUC": 0.52, "R2": 0.02}  # below this even real rows do not predict the target
QUESTION = "Does a model trained on synthetic rows work on real ones?"


def measure(sides: Sides, models: Sequence[Model] = MODELS) -> Utility:
    """Return how models trained on synthetic rows do on held-out rows, beside models trained on train.

    Both learn from equally many rows. ``models``: which to train; importances are those of the first. The score is the
    loss of the model that is best when trained on real rows.
    """
    target = sides.train.target
    if target is None or not target.learned:
        return Utility(scores=[_score(None, "no target is chosen; say on Upload which column is to be predicted")])
    if sides.why_not:
        return Utility(scores=[_score(None, sides.why_not)], target=target.name)
    names = [name for name in sides.coding.names if name != target.name]
    outcome = Outcome.learn(sides, target.name)
    if not names or outcome.why_not:
        note = outcome.why_not or "not enough data: the target is the only learned column"
        return Utility(scores=[_score(None, note)], target=target.name)
    return _compare(sides, outcome, names, models)


def _score(value: float | None, note: str = "", **more: float | int | None) -> Score:
    fields = {key: rounded(v) if isinstance(v, float) else v for key, v in more.items()}
    known = {"name": "tstr_loss", "dimension": "utility", "question": QUESTION, "unit": "%"}
    return Score.model_validate(known | {"value": rounded(value), "note": note} | fields)


def _compare(sides: Sides, outcome: Outcome, names: list[str], models: Sequence[Model]) -> Utility:
    rng = sides.rng(4)
    real, made = outcome.usable(sides.real), outcome.usable(sides.made)
    rows = min(len(real), len(made), CAP)
    if rows < ENOUGH:
        note = f"not enough data: {rows} rows with a known target to learn from, at least {ENOUGH} are needed"
        return Utility(scores=[_score(None, note)], target=outcome.target)
    test = outcome.usable(sides.held)
    weights = resample_weights(len(test), RESAMPLES, rng)
    learned = {"trtr": real.sample(rows, rng), "tstr": made.sample(rows, rng)}
    results, fitted = [], {}
    for model in models:
        pair: dict[str, Fitted] = {}
        for side, learn_from in learned.items():
            sides.tell(f"training {model.title.lower()} on {'real' if side == 'trtr' else 'synthetic'} rows")
            pair[side] = fit(model, outcome, names, learn_from, sides.seed)
        results.append(_result(model.title, outcome, test, weights, pair))
        fitted[model.title] = pair
    if not any(result.trtr > LEAST_SKILL[outcome.metric] for result in results):
        note = "not enough data: even models trained on real rows cannot predict this target"
        return Utility(scores=[_score(None, note)], target=outcome.target, models=results)
    best = max(range(len(results)), key=lambda place: results[place].trtr)
    sides.tell("training on independent columns")
    shuffled = fit(models[best], outcome, names, sides.real.independent(rng).sample(rows, rng), sides.seed)
    base = outcome.mean_metric(test, shuffled.predict(test), np.ones((1, len(test))))[0]
    boosted = fitted[models[0].title]
    results[0] = results[0].model_copy(
        update={
            "importance_trtr": importances(boosted["trtr"], outcome, test, rng),
            "importance_tstr": importances(boosted["tstr"], outcome, test, rng),
        }
    )
    chosen = results[best]
    score = _score(
        chosen.loss,
        f"{chosen.model}: {chosen.metric} {chosen.tstr:.3f} trained on synthetic, {chosen.trtr:.3f} on real rows"
        + ("" if rows == min(len(real), CAP) else f"; both from {rows} rows, as many as the release has"),
        low=chosen.loss_low,
        high=chosen.loss_high,
        reference=0.0,
        baseline=100 * (chosen.trtr - float(base)) / chosen.trtr,
        n=len(test),
    )
    sides.tell("comparing groups")
    # boosted trees see what holds in one group only, which a linear model does not
    predicted = {side: one.predict(test) for side, one in boosted.items()}
    group_score, groups = losses(sides, outcome, test, weights, predicted)
    return Utility(scores=[score, group_score], target=outcome.target, models=results, groups=groups)


def _result(title: str, outcome: Outcome, test: Coded, weights: Floats, pair: dict[str, Fitted]) -> ModelResult:
    found: dict[str, Estimate] = {}
    drawn: dict[str, Floats] = {}
    predicted = {side: fitted.predict(test) for side, fitted in pair.items()}
    for side, prediction in predicted.items():
        value = float(outcome.mean_metric(test, prediction, np.ones((1, len(test))))[0])
        drawn[side] = outcome.mean_metric(test, prediction, weights)
        found[side] = Estimate(value, *_interval(drawn[side], value))
    tstr, trtr = found["tstr"], found["trtr"]
    losses = 100 * (drawn["trtr"] - drawn["tstr"]) / np.maximum(drawn["trtr"], 1e-6)
    loss = 100 * (trtr.value - tstr.value) / max(trtr.value, 1e-6)
    low, high = _interval(losses, loss)
    return ModelResult(
        model=title,
        metric=outcome.metric,
        tstr=round(tstr.value, 4),
        trtr=round(trtr.value, 4),
        tstr_low=round(tstr.low, 4),
        tstr_high=round(tstr.high, 4),
        trtr_low=round(trtr.low, 4),
        trtr_high=round(trtr.high, 4),
        loss=round(loss, 3),
        loss_low=round(low, 3),
        loss_high=round(high, 3),
        roc_tstr=_curve(outcome, test, predicted["tstr"]),
        roc_trtr=_curve(outcome, test, predicted["trtr"]),
        rare=finding(outcome, test, weights, predicted),
    )


def _interval(drawn: Floats, value: float) -> tuple[float, float]:
    """95 % of the resamples, which always holds the value itself."""
    drawn = drawn[np.isfinite(drawn)]
    if not len(drawn):
        return value, value
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(min(low, value)), float(max(high, value))


def _curve(outcome: Outcome, test: Coded, predicted: Floats) -> list[tuple[float, float]]:
    """The ROC curve of a target with two classes, at most 60 points."""
    if outcome.metric != "AUC" or len(outcome.classes) != 2:
        return []
    from sklearn.metrics import roc_curve

    false, true, _ = roc_curve(outcome.labels(test) == 1, predicted[:, 1])
    grid = np.unique(np.r_[np.linspace(0, 1, CURVE_POINTS // 2), np.linspace(0, 1, CURVE_POINTS // 2) ** 3])
    return [(round(float(x), 4), round(float(y), 4)) for x, y in zip(grid, np.interp(grid, false, true), strict=True)]


__all__ = ["measure", "weighted_auc"]
