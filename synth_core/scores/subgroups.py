"""Groups of people: is each one as alike as real rows are, and does a model trained on the release serve it?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, States
from synth_core.scores.models import Outcome
from synth_core.scores.results import GroupLikeness, GroupUtility, group_title
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.statistics import Floats, resample_weights, rounded
from synth_core.table import Role

Mask = npt.NDArray[np.bool_]
MOST_GROUPS, MOST_COLUMNS = 24, 6
FEW_LEVELS = 12
CAP = 3_000  # rows per group and side
RESAMPLES = 40
LEAST_PER_CLASS = 10
LEAST_AUC, LEAST_R2 = 0.55, 0.05
SHAPE_QUESTION = "Is every group of people as alike as the table as a whole?"
LOSS_QUESTION = "Does a model trained on synthetic rows serve every group?"


@dataclass(frozen=True)
class Group:
    """Rows in one state of a column; ``sensitive``: the column is marked so."""

    column: str
    label: str
    state: int


def groups_of(sides: Sides) -> tuple[States, list[Group]]:
    """Return the groups: states of sensitive columns, then of the target, largest first within a column.

    Numbers are cut at their quartiles. Where no column is sensitive, up to three columns with few categories stand in.
    Only groups with 50 train rows or more are listed.
    """
    states = States.learn(sides.coding, sides.real, 4, FEW_LEVELS)
    columns = [c for c in sides.coding.columns if c.role is Role.SENSITIVE]
    if not columns:
        columns = [
            c
            for c in sides.coding.columns
            if c.role is not Role.TARGET and not c.kind.numeric and 2 <= sides.coding.levels(c.name) <= FEW_LEVELS
        ][:3]
    columns = [*columns[: MOST_COLUMNS - 1], *(c for c in sides.coding.columns if c.role is Role.TARGET)]
    found: list[tuple[int, Group]] = []
    for column in columns:
        state = states.of(sides.real, column.name)
        counts = np.bincount(state, minlength=states.sizes[sides.coding.names.index(column.name)])
        for place in np.argsort(-counts, kind="stable"):
            label = states.labels(column.name)[place]
            if counts[place] >= ENOUGH and label not in ("(other)", "(rare)"):
                found.append((int(counts[place]), Group(column.name, label, int(place))))
    if len(found) > MOST_GROUPS:
        kept = sorted(range(len(found)), key=lambda i: -found[i][0])[:MOST_GROUPS]
        found = [found[i] for i in sorted(kept)]
    return states, [group for _, group in found]


def likeness(sides: Sides) -> tuple[Score, list[GroupLikeness]]:
    """Return the group that is surely worst, and every group, worst first.

    A group's error is the mean over the other columns of the distance to its held-out rows; the floor is the same for
    equally many of its train rows. Intervals are wider the more groups there are (Bonferroni).
    """
    known = {"name": "subgroup_shape", "dimension": "fidelity", "question": SHAPE_QUESTION, "unit": "%"}
    if sides.why_not:
        return Score.model_validate(known | {"value": None, "note": sides.why_not}), []
    from scipy.stats import norm

    coarse, groups = groups_of(sides)
    fine = States.learn(sides.coding, sides.real, 20, 20)
    rng = sides.rng(8)
    z = float(norm.ppf(1 - 0.025 / max(len(groups), 1)))
    marginal = fine.one_hot(sides.real.sample(4 * CAP, rng)).mean(axis=0, dtype=np.float64)
    found = [_group(sides, coarse, fine, group, z, marginal, rng) for group in groups]
    found.sort(key=lambda g: (g.shape is None, -((g.shape_low or 0.0) - (g.shape_floor or 0.0))))
    if not found or found[0].shape is None:
        note = (
            "not enough data: no group of people has 50 rows among those learned from, those held out and the release"
        )
        return Score.model_validate(known | {"value": None, "note": note}), found
    lost = next((group for group in found if _lost(group, len(sides.made))), None)
    if lost is not None:  # the others cannot speak for a group that hardly is there
        note = (
            f"not enough data: {group_title(lost.column, lost.label)} has {lost.rows_synthetic:,} of "
            f"{len(sides.made):,} synthetic rows, but {100 * lost.share_real:.1f} % of the real ones; the others "
            "cannot speak for it"
        )
        return Score.model_validate(known | {"value": None, "note": note}), found
    worst = found[0]
    judged = sum(group.shape is not None for group in found)
    return (
        Score.model_validate(
            known
            | {
                "value": worst.shape,
                "low": worst.shape_low,
                "high": worst.shape_high,
                "reference": worst.shape_floor,
                "baseline": worst.shape_baseline,
                "n": worst.rows_synthetic,
                "note": f"worst of {judged} groups: {group_title(worst.column, worst.label)}",
            }
        ),
        found,
    )


def _lost(group: GroupLikeness, made: int) -> bool:
    """Return whether a group that real rows show well is nearly absent from the release, which chance never does."""
    real = min(group.rows_train, group.rows_holdout)
    return group.rows_synthetic < ENOUGH <= real and group.share_real * made >= 2 * ENOUGH


def _group(
    sides: Sides,
    coarse: States,
    fine: States,
    group: Group,
    z: float,
    marginal: Floats,
    rng: np.random.Generator,
) -> GroupLikeness:
    inside = [
        np.flatnonzero(coarse.of(side, group.column) == group.state) for side in (sides.real, sides.held, sides.made)
    ]
    rows = [len(place) for place in inside]
    facts = {
        "column": group.column,
        "label": group.label,
        "rows_train": rows[0],
        "rows_holdout": rows[1],
        "rows_synthetic": rows[2],
        "share_real": round(rows[0] / max(len(sides.real), 1), 5),
        "share_synthetic": round(rows[2] / max(len(sides.made), 1), 5),
    }
    if min(rows) < ENOUGH:
        least = ("train", "held-out", "synthetic")[int(np.argmin(rows))]
        note = f"not enough data: {min(rows)} {least} rows of this group, at least {ENOUGH} are needed"
        return GroupLikeness.model_validate(facts | {"note": note})
    size = min(rows[0], rows[2], CAP)
    real, made = (
        fine.one_hot(side.take(rng.choice(place, size, replace=False)))
        for side, place in ((sides.real, inside[0]), (sides.made, inside[2]))
    )
    held = fine.one_hot(sides.held.take(inside[1])).mean(axis=0, dtype=np.float64)
    others = [name for name in sides.coding.names if name != group.column]

    def errors(shares: Floats) -> Floats:
        """Mean error in % over the other columns for each row of shares."""
        gap = shares - held
        parts = []
        for name, start, width in zip(sides.coding.names, fine.starts, fine.sizes, strict=True):
            if name not in others:
                continue
            part = gap[:, start : start + width]
            numeric = name in sides.real.numeric
            parts.append(np.abs(np.cumsum(part, axis=1)).max(axis=1) if numeric else np.abs(part).sum(axis=1) / 2)
        return 100 * np.mean(parts, axis=0) if parts else np.zeros(len(gap))

    value, floor = (float(errors(side.mean(axis=0, dtype=np.float64)[None, :])[0]) for side in (made, real))
    drawn = [errors((resample_weights(size, RESAMPLES, rng).astype(np.float32) @ side) / size) for side in (made, real)]
    half = z * float(np.sqrt(drawn[0].var(ddof=1) + drawn[1].var(ddof=1)))
    return GroupLikeness.model_validate(
        facts
        | {
            "shape": rounded(value),
            "shape_low": rounded(max(value - half, 0.0)),
            "shape_high": rounded(value + half),
            "shape_floor": rounded(floor),
            "shape_baseline": rounded(float(errors(marginal[None, :])[0])),
        }
    )


def losses(
    sides: Sides, outcome: Outcome, test: Coded, weights: Floats, predicted: dict[str, Floats]
) -> tuple[Score, list[GroupUtility]]:
    """Return the group that a model trained on synthetic rows surely serves worst, and every group, worst first.

    ``predicted``: what the same model predicts for ``test`` when trained on synthetic rows ("tstr") and on real ones
    ("trtr"); ``weights``: resamples x rows of ``test``.
    """
    known = {"name": "subgroup_loss", "dimension": "utility", "question": LOSS_QUESTION, "unit": "%", "reference": 0.0}
    from scipy.stats import norm

    states, groups = groups_of(sides)
    groups = [group for group in groups if group.column != outcome.target]
    z = float(norm.ppf(1 - 0.025 / max(len(groups), 1)))
    found = [_served(states, outcome, test, weights, predicted, group, z) for group in groups]
    found.sort(key=lambda g: (g.loss is None, -(g.loss_low or 0.0)))
    if not found or found[0].loss is None:
        note = "not enough data: no group of people has 50 held-out rows and a target that can be predicted"
        return Score.model_validate(known | {"value": None, "note": note}), found
    worst = found[0]
    judged = sum(group.loss is not None for group in found)
    title = group_title(worst.column, worst.label)
    note = f"worst of {judged} groups: {title}; {worst.metric} {worst.tstr} against {worst.trtr}"
    fields = {"value": worst.loss, "low": worst.loss_low, "high": worst.loss_high, "n": worst.rows, "note": note}
    return Score.model_validate(known | fields), found


def _served(
    states: States,
    outcome: Outcome,
    test: Coded,
    weights: Floats,
    predicted: dict[str, Floats],
    group: Group,
    z: float,
) -> GroupUtility:
    inside = np.flatnonzero(states.of(test, group.column) == group.state)
    facts = {"column": group.column, "label": group.label, "rows": len(inside), "metric": outcome.metric}
    few = len(inside) < ENOUGH
    if not few and outcome.metric == "AUC":
        held = np.bincount(outcome.labels(test.take(inside)), minlength=len(outcome.classes))
        judged = (1,) if len(outcome.classes) == 2 else outcome.scored
        few = any(min(held[k], held.sum() - held[k]) < LEAST_PER_CLASS for k in judged)
    if few:
        note = f"not enough data: {len(inside)} held-out rows of this group, or too few of a class"
        return GroupUtility.model_validate(facts | {"note": note})
    part, drawn = test.take(inside), weights[:, inside]
    one = np.ones((1, len(inside)))
    value = {side: float(outcome.mean_metric(part, found[inside], one)[0]) for side, found in predicted.items()}
    chance, least = (0.5, LEAST_AUC) if outcome.metric == "AUC" else (0.0, LEAST_R2)
    if value["trtr"] < least:
        note = "not enough data: even a model trained on real rows cannot predict the target in this group"
        return GroupUtility.model_validate(facts | {"trtr": round(value["trtr"], 4), "note": note})
    again = {side: outcome.mean_metric(part, found[inside], drawn) for side, found in predicted.items()}
    loss = 100 * (value["trtr"] - value["tstr"]) / value["trtr"]
    differences = 100 * (again["trtr"] - again["tstr"]) / np.maximum(again["trtr"], max(chance, 1e-3))
    differences = differences[np.isfinite(differences)]
    half = z * float(differences.std(ddof=1)) if len(differences) > 1 else np.inf
    if not np.isfinite(half):
        return GroupUtility.model_validate(facts | {"note": "not enough data: the interval could not be computed"})
    return GroupUtility.model_validate(
        facts
        | {
            "tstr": round(value["tstr"], 4),
            "trtr": round(value["trtr"], 4),
            "loss": round(loss, 3),
            "loss_low": round(loss - half, 3),
            "loss_high": round(loss + half, 3),
        }
    )
