"""What made rows of one class add: a model trained on real and made rows, beside one trained on real rows alone."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded
from synth_core.scores.models import CLASS_ROWS, MODELS, Outcome, fit
from synth_core.scores.rare_class import average_precision
from synth_core.scores.results import AddedRows, Utility
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import Floats, cluster_weights, rounded, weighted_auc
from synth_core.scores.subgroups import LOSS_QUESTION

QUESTION = "Does a model lose on real rows when the made rows are added to the real ones?"
MOST_ROWS = 60_000  # real rows of other classes, and made rows, that a model learns from
RESAMPLES = 400


def measure(sides: Sides, level: str) -> Utility:
    """Return what the rows of ``sides.synthetic``, all of class ``level`` of the target, add to the rows of train.

    The score is the loss of AUC for this class in %, below zero where they help; tested on all held-out rows.
    """
    target = sides.train.target
    assert target is not None
    why_not = sides.why_not
    outcome = Outcome.learn(sides, target.name)
    names = [name for name in sides.coding.names if name != target.name]
    if not why_not and (not names or outcome.why_not):
        why_not = outcome.why_not or "not enough data: the target is the only learned column"
    known = sides.holdout.frame[target.name]
    happened = np.asarray((known == level).to_numpy(dtype=bool, na_value=False))
    if not why_not and min(int(happened.sum()), int((~happened).sum())) < CLASS_ROWS:
        why_not = f"not enough data: {int(happened.sum())} held-out rows of '{level}', at least {CLASS_ROWS} are needed"
    if why_not:
        return Utility(scores=[_score(None, why_not), _no_groups()], target=target.name)
    found = _compared(sides, outcome, names, level)
    loss = [100 * -gain / max(found.auc_real, 1e-6) for gain in found.auc_gain]
    note = (
        f"AUC for '{level}' {found.auc_real:.3f} from {found.real_rows:,} real rows, {found.auc_both:.3f} with "
        f"{found.added_rows:,} made rows added; PR-AUC {found.pr_real:.3f}, then {found.pr_both:.3f}"
    )
    score = _score(loss[0], note, low=loss[2], high=loss[1], reference=0.0, n=found.tested)
    return Utility(scores=[score, _no_groups()], target=target.name, added=found)


def unmeasured(note: str) -> Score:
    """Return the score of use without a value."""
    return _score(None, note)


def added_words(found: AddedRows) -> str:
    """Return what the made rows added, in two sentences."""
    value, low, high = found.pr_gain
    means = "more than chance" if low > 0 else "a loss that is more than chance" if high < 0 else "not more than chance"
    return (
        f"A model that finds '{found.label}' was trained on {found.real_rows:,} real rows, and again with the "
        f"{found.added_rows:,} made rows added; tested on {found.tested:,} untouched real rows, {found.found:,} of "
        f"that class. PR-AUC {found.pr_real:.3f} became {found.pr_both:.3f}: {value:+.3f} ({low:+.3f} to {high:+.3f}), "
        f"{means}."
    )


def _score(value: float | None, note: str, **more: float | int | None) -> Score:
    fields = {key: rounded(v) if isinstance(v, float) else v for key, v in more.items()}
    known = {"name": "tstr_loss", "dimension": "utility", "question": QUESTION, "unit": "%"}
    return Score.model_validate(known | {"value": rounded(value), "note": note} | fields)


def _no_groups() -> Score:
    note = "not enough data: the rows are of one class, so use is not judged group by group"
    return Score(
        name="subgroup_loss", dimension="utility", question=LOSS_QUESTION, value=None, better="lower", unit="%",
        note=note,
    )  # fmt: skip


def _compared(sides: Sides, outcome: Outcome, names: list[str], level: str) -> AddedRows:
    rng = sides.rng(11)
    place = _place(outcome, level)
    real, made = outcome.usable(sides.real), outcome.usable(sides.made)
    real = _thinned(real, outcome.labels(real) == place, rng)
    made = made.sample(MOST_ROWS, rng)
    test = outcome.usable(sides.held)
    truth = outcome.labels(test) == place
    predicted = []
    for rows, which in ((real, "real rows alone"), (_joined(real, made), "real and made rows")):
        sides.tell(f"training on {which}")
        fitted = fit(MODELS[0], outcome, names, rows, sides.seed)
        predicted.append(fitted.predict(test)[:, place])
    weights = cluster_weights(_groups(sides, outcome), min(RESAMPLES, 10_000_000 // len(test) + 50), rng)
    one = np.ones((1, len(test)))
    areas = [(float(weighted_auc(truth, p, one)[0]), weighted_auc(truth, p, weights)) for p in predicted]
    precisions = [(float(average_precision(truth, p, one)[0]), average_precision(truth, p, weights)) for p in predicted]
    return AddedRows(
        label=level,
        real_rows=len(real),
        added_rows=len(made),
        tested=len(test),
        found=int(truth.sum()),
        auc_real=round(areas[0][0], 4),
        auc_both=round(areas[1][0], 4),
        auc_gain=_gain(*areas),
        pr_real=round(precisions[0][0], 4),
        pr_both=round(precisions[1][0], 4),
        pr_gain=_gain(*precisions),
    )


def _place(outcome: Outcome, level: str) -> int:
    categories = outcome.coding.categories.get(outcome.target)
    place = 1 if categories is None else list(categories).index(level)
    return min(place, len(outcome.classes) - 1)


def _thinned(rows: Coded, kept: npt.NDArray[np.bool_], rng: np.random.Generator) -> Coded:
    """Return the rows with at most 60,000 that are not ``kept``; ranking does not hang on how many there are."""
    others = np.flatnonzero(~kept)
    if len(others) <= MOST_ROWS:
        return rows
    return rows.take(np.sort(np.r_[np.flatnonzero(kept), rng.choice(others, MOST_ROWS, replace=False)]))


def _joined(first: Coded, second: Coded) -> Coded:
    return Coded(
        len(first) + len(second),
        {name: np.concatenate([values, second.numeric[name]]) for name, values in first.numeric.items()},
        {name: np.concatenate([values, second.codes[name]]) for name, values in first.codes.items()},
    )


def _groups(sides: Sides, outcome: Outcome) -> npt.NDArray[np.int64]:
    """Return one number per test row; rows of one entity share it."""
    group = sides.holdout.row_groups()
    known = np.arange(len(group))
    if outcome.target in sides.held.codes:
        known = np.flatnonzero(sides.held.codes[outcome.target] < outcome.coding.levels(outcome.target))
    return group[known] if len(known) < len(group) else group


def _gain(first: tuple[float, Floats], second: tuple[float, Floats]) -> tuple[float, float, float]:
    value, drawn = second[0] - first[0], second[1] - first[1]
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if len(drawn) else (value, value)
    return round(value, 4), round(min(float(low), value), 4), round(max(float(high), value), 4)
