"""Missing cells beyond their rates: missing together, and missing for a reason."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth_core.scores.features import Coded, States
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.statistics import Z95, Floats, resample_weights, rounded

CAP = 12_000
MOST = 40  # columns with missing cells
RESAMPLES = 40
QUESTIONS = {
    "missing_together": "Are cells missing together as in the real table?",
    "missing_reasons": "Are the rows with a missing cell the same kind of rows?",
}


def measure(sides: Sides) -> list[Score]:
    """Return whether cells are missing in the same rows, and in the same kind of rows, as among held-out rows.

    *Together*: mean difference, in points, of the share of rows in which both of two columns are missing. *Reasons*:
    mean total variation distance, in %, of every other column among the rows in which one is missing. Floors are those
    of equally many train rows; baselines those of columns drawn on their own.
    """
    if sides.why_not:
        return [_score(name, None, sides.why_not) for name in QUESTIONS]
    rng = sides.rng(9)
    rows = min(CAP, len(sides.made), len(sides.real))
    made, real = sides.made.sample(rows, rng), sides.real.sample(rows, rng)
    held = sides.held.sample(CAP, rng)
    names = [
        name
        for name in sides.coding.names
        if any(0 < side.missing(name, sides.coding).mean() < 1 for side in (made, real, held))
    ][:MOST]
    return [_together(sides, names, made, real, held, rng), _reasons(sides, names, made, real, held, rng)]


def _score(name: str, value: float | None, note: str = "", **more: Any) -> Score:
    known: dict[str, Any] = {"name": name, "dimension": "fidelity", "question": QUESTIONS[name], "unit": "%"}
    fields = {key: rounded(v) if isinstance(v, float) else v for key, v in more.items()}
    return Score.model_validate(known | {"value": rounded(value), "note": note} | fields)


def _together(sides: Sides, names: list[str], made: Coded, real: Coded, held: Coded, rng: np.random.Generator) -> Score:
    if len(names) < 2:
        note = "not enough data: fewer than two columns have missing cells"
        return _score("missing_together", None, note)
    first, second, target = (
        np.column_stack([side.missing(name, sides.coding) for name in names]).astype(np.float64)
        for side in (made, real, held)
    )
    upper = np.triu_indices(len(names), 1)

    def shares(holes: Floats, weights: Floats | None = None) -> Floats:
        weighted = holes if weights is None else holes * weights[:, None]
        return np.asarray(100 * (weighted.T @ holes)[upper] / len(holes), dtype=np.float64)

    goal = shares(target)
    drawn = [np.abs(shares(first, w) - goal).mean() for w in resample_weights(len(first), RESAMPLES, rng)]
    alone = 100 * np.outer(second.mean(axis=0), second.mean(axis=0))[upper]
    value, half = float(np.abs(shares(first) - goal).mean()), Z95 * float(np.std(drawn, ddof=1))
    return _score(
        "missing_together",
        value,
        f"mean over pairs of {len(names)} columns with missing cells, in points",
        low=max(value - half, 0.0),
        high=value + half,
        reference=float(np.abs(shares(second) - goal).mean()),
        baseline=float(np.abs(alone - goal).mean()),
        n=len(made),
    )


def _reasons(sides: Sides, names: list[str], made: Coded, real: Coded, held: Coded, rng: np.random.Generator) -> Score:
    states = States.learn(sides.coding, sides.real, 5, 8)
    everybody = states.one_hot(real).mean(axis=0, dtype=np.float64)
    values, floors, baselines, spreads, told = [], [], [], [], 0
    for name in names:
        holes = [side.missing(name, sides.coding) for side in (made, real, held)]
        size = min(int(holes[0].sum()), int(holes[1].sum()))
        if min(size, int(holes[2].sum())) < ENOUGH or len(sides.coding.names) < 2:
            continue
        told += 1
        picked = [np.flatnonzero(hole) for hole in holes]
        first, second = (
            states.one_hot(side.take(rng.choice(place, size, replace=False)))
            for side, place in ((made, picked[0]), (real, picked[1]))
        )
        goal = states.one_hot(held.take(picked[2])).mean(axis=0, dtype=np.float64)
        keep = np.array([other != name for other in sides.coding.names])

        def error(shares: Floats, goal: Floats = goal, keep: np.ndarray[Any, Any] = keep) -> Floats:
            apart = np.add.reduceat(np.abs(shares - goal), states.starts, axis=1) / 2
            return np.asarray(100 * apart[:, keep].mean(axis=1), dtype=np.float64)

        weights = resample_weights(size, RESAMPLES, rng).astype(np.float32)
        values.append(error(first.mean(axis=0, dtype=np.float64)[None, :])[0])
        floors.append(error(second.mean(axis=0, dtype=np.float64)[None, :])[0])
        baselines.append(error(everybody[None, :])[0])
        spreads.append(error((weights @ first).astype(np.float64) / size).var(ddof=1))
    if not told:
        note = (
            f"not enough data: no column has {ENOUGH} missing cells among the rows learned from, those held out and "
            "the release"
        )
        return _score("missing_reasons", None, note)
    value, half = float(np.mean(values)), Z95 * float(np.sqrt(np.sum(spreads))) / told
    return _score(
        "missing_reasons",
        value,
        f"mean over {told} columns with missing cells and all other columns",
        low=max(value - half, 0.0),
        high=value + half,
        reference=float(np.mean(floors)),
        baseline=float(np.mean(baselines)),
        n=len(made),
    )
