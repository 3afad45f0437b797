"""Honest expansion: more rows than people. What the further rows add, and how many real ones they are worth."""

from __future__ import annotations

import numpy as np

from synth_core.scores.features import Coded, States
from synth_core.scores.models import MODELS, Outcome, fit
from synth_core.scores.results import ExpansionPoint
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import Z95, Floats, resample_weights, rounded, wilson

MOST = 60_000  # synthetic rows that are looked at
BLOCKS = 20
RESAMPLES = 100
RARE = 0.002  # a cell of two columns with at most this share of the held-out rows is rare
STEPS = (0.25, 0.5, 1.0, 2.0, 4.0)
QUESTION = "How many fresh real rows are the released ones worth?"


def worth(sides: Sides) -> Score:
    """Return how many fresh real rows would miss the held-out shares of column pairs by as much as the release does.

    Notes
    -----
    Over all cells of all two-way tables, the squared gap of two independent samples is p (1 - p) (1/n + 1/held) on
    average; solved for n, with a jackknife over blocks of held-out rows. A model cannot hold more than it learned
    from: 1 / (1 / learned + 1 / released) rows are the most.
    """
    known = {
        "name": "effective_rows",
        "dimension": "fidelity",
        "question": QUESTION,
        "unit": "rows",
        "better": "higher",
    }
    if sides.why_not:
        return Score.model_validate(known | {"value": None, "note": sides.why_not})
    rng = sides.rng(10)
    states = States.learn(sides.coding, sides.real, 5, 8)
    upper = _other_columns(states)
    made = sides.made.sample(MOST, rng)
    shares = _tables(states, made).sum(axis=0)[upper] / len(made)
    order = rng.permutation(len(sides.held))
    blocks = _tables(states, sides.held.take(order))[:, upper]
    whole, rows = blocks.sum(axis=0), len(order)
    sizes = np.array([len(part) for part in np.array_split(order, len(blocks))])

    def lacking(counts: Floats, n: int) -> float:
        held = counts / n
        middle = (held + shares) / 2
        return float(((held - shares) ** 2).sum() / max((middle * (1 - middle)).sum(), 1e-12) - 1 / n)

    value = lacking(whole, rows)
    again = np.array([lacking(whole - part, rows - int(size)) for part, size in zip(blocks, sizes, strict=True)])
    error = float(np.sqrt((len(again) - 1) / len(again) * ((again - again.mean()) ** 2).sum()))
    most = 1 / (1 / len(sides.real) + 1 / len(sides.made))

    def in_rows(inverse: float) -> float:
        return float(np.clip(1 / inverse, 1, most)) if inverse > 1 / most else most

    found = in_rows(value)
    narrow = np.sqrt(len(sides.made) / found)
    note = f"made from {len(sides.real):,} rows, {len(sides.made):,} released"
    if narrow > 1.2:
        note += f"; intervals computed on the release as if each row were a person are {narrow:.1f} times too narrow"
    fields = {
        "value": round(found),
        "low": round(in_rows(value + Z95 * error)),
        "high": round(in_rows(value - Z95 * error)),
        "reference": round(most),
        "n": len(sides.made),
        "note": note,
    }
    return Score.model_validate(known | fields)


def _other_columns(states: States) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """True where a cell of the state-by-state table is of two different columns, each pair once."""
    owner = np.repeat(np.arange(len(states.sizes)), states.sizes)
    upper: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = owner[:, None] < owner[None, :]
    # a single column is judged by its own states
    return upper if len(states.sizes) > 1 else np.eye(len(owner), dtype=bool)


def _tables(states: States, coded: Coded) -> Floats:
    """Counts of pairs of states per block of rows: blocks x states x states."""
    parts = np.array_split(np.arange(len(coded)), min(BLOCKS, len(coded)))
    tables = []
    for part in parts:
        one_hot = states.one_hot(coded.take(part))
        tables.append((one_hot.T @ one_hot).astype(np.float64))
    return np.stack(tables)


def curve(sides: Sides) -> list[ExpansionPoint]:
    """Return what a model and the coverage of rare cells gain with released rows: a quarter of train up to all.

    Empty where nothing can be said. A rare cell is a combination of two columns' states that at most 0.2 % of
    the held-out rows have; covered: some released row has it.
    """
    if sides.why_not:
        return []
    rng = sides.rng(11)
    states = States.learn(sides.coding, sides.real, 5, 8)
    upper = _other_columns(states)
    held = _tables(states, sides.held).sum(axis=0)[upper]
    rare = (held > 0) & (held <= max(RARE * len(sides.held), 1))
    target = sides.train.target
    outcome = Outcome.learn(sides, target.name) if target is not None and target.learned else None
    if outcome is not None and outcome.why_not:
        outcome = None
    most = min(len(sides.made), MOST)
    sizes = sorted({min(max(round(step * len(sides.real)), 50), most) for step in STEPS} | {most})
    order = rng.permutation(len(sides.made))[:most]
    real_order = rng.permutation(len(sides.real))
    points = []
    for size in sizes:
        sides.tell(f"learning from {size:,} synthetic rows")
        made = sides.made.take(order[:size])
        point: dict[str, float | int | str | None] = {"rows": size}
        if rare.any():
            found = wilson(float(((_tables(states, made).sum(axis=0)[upper] > 0) & rare).sum()), int(rare.sum()))
            point |= {"coverage": rounded(found.value), "coverage_low": rounded(found.low)}
            point |= {"coverage_high": rounded(found.high)}
            if size <= len(sides.real):
                real = _tables(states, sides.real.take(real_order[:size])).sum(axis=0)[upper]
                point["coverage_real"] = rounded(float(((real > 0) & rare).sum() / rare.sum()))
        if outcome is not None:
            point |= _scored(
                sides, outcome, made, sides.real.take(real_order[:size]) if size <= len(real_order) else None
            )
        points.append(ExpansionPoint.model_validate(point))
    return points


def _scored(sides: Sides, outcome: Outcome, made: Coded, real: Coded | None) -> dict[str, float | int | str | None]:
    names = [name for name in sides.coding.names if name != outcome.target]
    test, rows = outcome.usable(sides.held), outcome.usable(made)
    if not names or len(rows) < 50:
        return {}
    weights = resample_weights(len(test), RESAMPLES, sides.rng(12))
    predicted = fit(MODELS[0], outcome, names, rows, sides.seed).predict(test)
    drawn = outcome.mean_metric(test, predicted, weights)
    value = float(outcome.mean_metric(test, predicted, np.ones((1, len(test))))[0])
    low, high = (float(end) for end in np.nanquantile(drawn, [0.025, 0.975]))
    found: dict[str, float | int | str | None] = {"metric": outcome.metric, "score": rounded(value)}
    found |= {"score_low": rounded(min(low, value)), "score_high": rounded(max(high, value))}
    if real is not None:
        fitted = fit(MODELS[0], outcome, names, outcome.usable(real), sides.seed)
        found["score_real"] = rounded(
            float(outcome.mean_metric(test, fitted.predict(test), np.ones((1, len(test))))[0])
        )
    return found
