"""Is the synthetic table like the real one? Shape, pairs, detection, missing cells, rare values."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth_core.scores import expansion, missing_cells, subgroups, twins
from synth_core.scores.columns import ColumnErrors, column_errors, column_likeness
from synth_core.scores.detection import Detection, detect
from synth_core.scores.features import Coded, States
from synth_core.scores.results import Associations, Fidelity, Giveaway, PairView
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.statistics import Z95, Floats, rounded, wilson
from synth_core.scores.together import PairErrors, associations, pair_errors, pair_views

CAP = 12_000  # rows per side of a two-sample score
DETECTION_CAP = 6_000
SURE_SIZE = 8  # a category with fewer train rows may be protected (k is at most 7), so its loss is no fault
QUESTIONS = {
    "shape": "Does each column look like the real one?",
    "pairs": "Do columns go together as in the real table?",
    "c2st": "Can a model tell synthetic rows from real ones that nobody trained on?",
    "c2st_train": "Can a model tell synthetic rows from the rows learned from?",
    "missingness": "Are cells missing as often?",
    "rare": "Are the smaller categories still there?",
}


_ONE_COLUMN = "not enough data: pairs need at least two learned columns"


def measure(sides: Sides) -> Fidelity:
    """Return the fidelity of ``sides.synthetic``: scores against the holdout, and what the figures need.

    The floor of each score is the same score for equally many train rows (at most 12,000) in the place of synthetic
    ones, against the same held-out rows; the baseline is train with every column shuffled.
    """
    sides.tell("comparing columns")
    rows = min(CAP, len(sides.made), len(sides.real))
    errors = _column_errors(sides, rows)
    columns = [column_likeness(sides, name, errors) for name in sides.coding.names]
    scores = [_shape(sides, errors, rows)]
    sides.tell("comparing pairs")
    pair_scores, matrix, views = _pairs(sides, rows)
    scores += pair_scores
    detection_scores, giveaways = _detection(sides)
    scores += [*detection_scores, _missingness(sides, errors, rows), _rare(sides)]
    sides.tell("comparing groups")
    groups_score, groups = subgroups.likeness(sides)
    scores += [groups_score, twins.measure(sides)]
    sides.tell("comparing missing cells")
    scores += [*missing_cells.measure(sides), expansion.worth(sides)]
    return Fidelity(
        scores=scores, columns=columns, associations=matrix, pairs=views, giveaways=giveaways, groups=groups
    )


def score(name: str, value: float | None, note: str = "", **more: Any) -> Score:
    """Return a fidelity score with its question; percentages unless ``more`` says otherwise."""
    known: dict[str, Any] = {"dimension": "fidelity", "question": QUESTIONS[name], "unit": "%"} | more
    fields = {key: rounded(v) if isinstance(v, float) else v for key, v in known.items()}
    return Score.model_validate({"name": name, "value": rounded(value), "note": note, **fields})


def _column_errors(sides: Sides, rows: int) -> ColumnErrors:
    """Errors per column against the holdout, or against train where nothing was held out."""
    against = sides.held if len(sides.held) else sides.real
    return column_errors(sides, against, rows, sides.rng(1))


def _shape(sides: Sides, errors: ColumnErrors, rows: int) -> Score:
    if sides.why_not:
        return score("shape", None, sides.why_not)
    value, spread = float(errors.value.mean()), Z95 * errors.mean_spread
    return score(
        "shape",
        value,
        low=max(value - spread, 0.0),
        high=min(value + spread, 100.0),
        reference=float(errors.floor.mean()),
        baseline=float(errors.baseline.mean()),
        n=rows,
        note="mean over columns of the Kolmogorov-Smirnov or total variation distance to the held-out rows",
    )


def _pairs(sides: Sides, rows: int) -> tuple[list[Score], Associations | None, list[PairView]]:
    if len(sides.coding.columns) < 2 or min(len(sides.real), rows) < 2:
        return [score("pairs", None, _ONE_COLUMN)], None, []
    rng = sides.rng(2)
    states, errors = _pair_errors(sides, rows, rng)
    matrix = associations(sides.coding, sides.real.sample(CAP, rng), sides.made.sample(CAP, rng))
    views = pair_views(states, sides.real, sides.made.sample(4 * CAP, rng), errors)
    if sides.why_not:
        return [score("pairs", None, sides.why_not)], matrix, views
    return [_pair_score(errors, rows)], matrix, views


def pairs_alone(sides: Sides) -> Score:
    """Return the score of the pairs without what its pictures need."""
    rows = min(CAP, len(sides.made), len(sides.real))
    if len(sides.coding.columns) < 2 or rows < 2 or sides.why_not:
        return score("pairs", None, sides.why_not or _ONE_COLUMN)
    return _pair_score(_pair_errors(sides, rows, sides.rng(2))[1], rows)


def _pair_errors(sides: Sides, rows: int, rng: np.random.Generator) -> tuple[States, PairErrors]:
    least = min(rows, len(sides.held) or rows)
    bins = int(np.clip(np.sqrt(least / 100), 3, 8))  # about 100 rows per cell: finer grids only measure noise
    states = States.learn(sides.coding, sides.real, bins, bins + 2)
    against = (sides.held if len(sides.held) else sides.real).sample(CAP, rng)
    return states, pair_errors(states, against, sides.made, sides.real, rows, rng)


def _pair_score(errors: PairErrors, rows: int) -> Score:
    value, half = errors.mean, Z95 * errors.spread
    return score(
        "pairs",
        value,
        low=max(value - half, 0.0),
        high=min(value + half, 100.0),
        reference=errors.floor,
        baseline=errors.baseline,
        n=rows,
        note="mean over pairs of the total variation distance on quantile bins and frequent categories",
    )


def _detection(sides: Sides) -> tuple[list[Score], list[Giveaway]]:
    rng = sides.rng(3)
    small = min(len(sides.real), len(sides.made)) < ENOUGH or not sides.coding.columns
    train_note = sides.why_not or "not enough data"
    more: dict[str, Any] = {"unit": "AUC", "better": "reference"}
    if small:
        return [score("c2st", None, sides.why_not, **more), score("c2st_train", None, train_note, **more)], []
    sides.tell("telling synthetic from training rows")
    with_train = _against(sides, sides.real, sides.made, rng)
    fresh: Detection | None = None
    if sides.why_not:
        scores = [score("c2st", None, sides.why_not, **more)]
    else:
        sides.tell("telling synthetic from held-out rows")
        fresh = _against(sides, sides.held, sides.made, rng)
        sides.tell("telling real from real rows")
        floor = _against(sides, sides.held, sides.real, rng, quick=True)
        sides.tell("telling independent columns from held-out rows")
        base = _against(sides, sides.held, sides.real.independent(rng), rng, quick=True)
        more |= {"reference": floor.auc, "baseline": base.auc}
        scores = [score("c2st", fresh.auc, low=fresh.low, high=fresh.high, n=fresh.rows, **more)]
    memorised = fresh is not None and fresh.low > 0.5 and with_train.high < 0.5
    note = "easier to tell from new rows than from the rows learned from: the signature of memorising"
    scores.append(
        score(
            "c2st_train",
            with_train.auc,
            note if memorised else "",
            low=with_train.low,
            high=with_train.high,
            n=with_train.rows,
            unit="AUC",
            better="reference",
            reference=0.5,
        )
    )
    found = (fresh or with_train).giveaways
    return scores, [Giveaway(name=name, importance=round(share, 4)) for name, share in found]


def _against(sides: Sides, real: Coded, made: Coded, rng: np.random.Generator, quick: bool = False) -> Detection:
    rows = min(len(real), len(made), DETECTION_CAP)
    return detect(sides.coding, real.sample(rows, rng), made.sample(rows, rng), sides.seed, quick=quick)


def _missingness(sides: Sides, errors: ColumnErrors, rows: int) -> Score:
    names = sides.coding.names
    if not names or not len(sides.made):
        return score("missingness", None, sides.why_not or "not enough data")
    against = sides.held if len(sides.held) else sides.real

    def rates(coded: Coded) -> Floats:
        return np.array([100 * coded.missing(name, sides.coding).mean() for name in names], dtype=np.float64)

    real, made, target = rates(sides.real), rates(sides.made), rates(against)
    holes = (real > 0) | (made > 0) | (target > 0)
    if not holes.any():
        return score("missingness", 0.0, "no cell is missing", low=0.0, high=0.0, reference=0.0, baseline=0.0, n=rows)
    gap = np.abs(made - target)[holes]
    share = target[holes] / 100
    variance = 1e4 * (share * (1 - share) + 1e-4) * (1 / len(against) + 1 / len(sides.made))
    half = Z95 * float(np.sqrt(variance.sum())) / len(gap)
    floor = float(np.abs(real - target)[holes].mean()) if len(sides.held) else None
    return score(
        "missingness",
        float(gap.mean()),
        note="mean difference of missing rates, in points, over columns with missing cells"
        + ("" if len(sides.held) else "; compared with the training rows, as none were held out"),
        low=max(float(gap.mean()) - half, 0.0),
        high=float(gap.mean()) + half,
        reference=floor,
        baseline=floor,
        n=rows,
    )


def _rare(sides: Sides) -> Score:
    """Share of categories with at least eight train rows that the release lost; the floor is what chance loses."""
    lost, chance, total, invented = 0, 0.0, 0, 0
    for name, counts in sides.coding.counts.items():
        sure = np.flatnonzero(counts >= SURE_SIZE)
        codes = sides.made.codes[name]
        present = np.bincount(codes, minlength=len(counts) + 2)
        lost += int((present[sure] == 0).sum())
        chance += float(((1 - counts[sure] / len(sides.real)) ** len(sides.made)).sum())
        total += len(sure)
        invented += int(present[len(counts)] > 0)
    if not total:
        return score("rare", None, "not enough data: no category has eight real rows or more")
    share = wilson(lost, total)
    return score(
        "rare",
        100 * lost / total,
        low=100 * share.low,
        high=100 * share.high,
        note=f"{lost} of {total} categories with eight or more real rows are missing, {total - lost} are kept"
        + (f"; {invented} columns hold categories that no real row has" if invented else ""),
        reference=100 * chance / total,
        baseline=100 * chance / total,
        n=len(sides.made),
    )
