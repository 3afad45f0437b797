"""One column at a time: distances with intervals, and the overlay that figures draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, States
from synth_core.scores.results import ColumnLikeness
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import (
    Z95,
    Floats,
    kolmogorov,
    resample_weights,
    rounded,
    rounded_list,
    total_variation,
)

REPEATS = 3  # samples that the value and the floor are averaged over
RESAMPLES = 60
CAP = 12_000
MASK = 5  # nothing held by fewer real rows is shown
LABELS = 15
BINS = 30
QUANTILES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)


@dataclass(frozen=True)
class ColumnErrors:
    """Error in % per compared column: value, its standard error, floor, baseline; ``mean_spread`` is of the mean."""

    names: list[str]
    value: Floats
    spread: Floats
    floor: Floats
    baseline: Floats
    mean_spread: float


def distances(first: Coded, second: Coded, names: list[str]) -> Floats:
    """Return the Kolmogorov-Smirnov or total variation distance of each column, in %."""
    found = np.array(
        [
            kolmogorov(first.numeric[name], second.numeric[name])
            if name in first.numeric
            else total_variation(first.codes[name], second.codes[name])
            for name in names
        ],
        dtype=np.float64,
    )
    return 100 * found


def column_errors(sides: Sides, against: Coded, rows: int, rng: np.random.Generator) -> ColumnErrors:
    """Return how far each synthetic column is from ``against``.

    Value and floor are means over up to three samples of ``rows`` rows that share no row.
    """
    names = sides.coding.names
    if not names or not rows:
        empty = np.zeros(len(names))
        return ColumnErrors(names, empty, empty, empty, empty, 0.0)
    target = against.sample(CAP, rng)

    def mean_of(side: Coded) -> Floats:
        order = rng.permutation(len(side))
        parts = [order[i * rows : (i + 1) * rows] for i in range(_repeats(side, rows))]
        drawn = [distances(side.take(part), target, names) for part in parts]
        return np.asarray(np.mean(drawn, axis=0), dtype=np.float64)

    value = mean_of(sides.made)
    floor = mean_of(sides.real)
    baseline = distances(sides.real.independent(rng).sample(rows, rng), target, names)
    spread, mean_spread = _spreads(sides, target, sides.made.sample(rows, rng), rng)
    mean_spread /= float(np.sqrt(_repeats(sides.made, rows)))
    return ColumnErrors(names, value, spread, floor, baseline, mean_spread)


def _repeats(side: Coded, rows: int) -> int:
    return int(np.clip(len(side) // max(rows, 1), 1, REPEATS))


def _spreads(sides: Sides, first: Coded, second: Coded, rng: np.random.Generator) -> tuple[Floats, float]:
    """Standard errors per column and of their mean, by bootstraps on 20 states a column.

    A column's interval counts the chance in both sides. The mean's counts the synthetic side only: it is held
    against its floor, which has the same held-out rows.
    """
    states = States.learn(sides.coding, sides.real, 20, 20)
    shares = []
    for side in (first, second):
        weights = resample_weights(len(side), RESAMPLES, rng).astype(np.float32)
        shares.append((weights @ states.one_hot(side)).astype(np.float64) / len(side))
    still = states.one_hot(first).mean(axis=0)[None, :]
    errors, one_sided = (_state_errors(states, first, gap - shares[1]) for gap in (shares[0], still))
    return errors.std(axis=0, ddof=1), float(one_sided.mean(axis=1).std(ddof=1))


def _state_errors(states: States, coded: Coded, gap: Floats) -> Floats:
    """Distances in %, resamples x columns, from differences of shares (resamples x states)."""
    errors = np.empty((len(gap), len(states.sizes)))
    for place, (name, start, size) in enumerate(zip(states.coding.names, states.starts, states.sizes, strict=True)):
        part = gap[:, start : start + size]
        if name in coded.numeric:
            errors[:, place] = np.abs(np.cumsum(part, axis=1)).max(axis=1)
        else:
            errors[:, place] = np.abs(part).sum(axis=1) / 2
    return 100 * errors


def column_likeness(sides: Sides, name: str, errors: ColumnErrors) -> ColumnLikeness:
    """Return the likeness of one column with everything that its overlay needs."""
    place = errors.names.index(name)
    column = sides.coding.column(name)
    value, half = float(errors.value[place]), Z95 * float(errors.spread[place])
    enough = min(len(sides.made), len(sides.real)) > 0
    note = "" if len(sides.held) else "compared with the training rows, as none were held out"
    drawn = _numeric_overlay(sides, name) if column.kind.numeric else _category_overlay(sides, name)
    return ColumnLikeness(
        name=name,
        kind=column.kind.value,
        error=rounded(value) if enough else None,
        low=rounded(max(value - half, 0.0)) if enough else None,
        high=rounded(min(value + half, 100.0)) if enough else None,
        reference=rounded(float(errors.floor[place])) if len(sides.held) else None,
        baseline=rounded(float(errors.baseline[place])) if enough else None,
        missing_real=_missing(sides.real, sides, name),
        missing_synthetic=_missing(sides.made, sides, name),
        note=note,
        **drawn,
    )


def _missing(coded: Coded, sides: Sides, name: str) -> float:
    return round(float(coded.missing(name, sides.coding).mean()), 5) if len(coded) else 0.0


def _category_overlay(sides: Sides, name: str) -> dict[str, Any]:
    """Shares per label: the most frequent, then "(other)", then "(rare)" for fewer than five train rows."""
    counts, levels = sides.coding.counts[name], sides.coding.levels(name)
    common = int((counts >= MASK).sum())
    shown = min(common, LABELS)
    # code -> slot: shown labels, other, rare; a category that train lacks counts as other, missing is left out
    slot = np.full(levels + 2, shown + 1)
    slot[:shown] = np.arange(shown)
    slot[shown:common] = shown
    slot[levels], slot[levels + 1] = shown, shown + 2

    def shares(coded: Coded) -> Floats:
        counted = np.bincount(slot[coded.codes[name]], minlength=shown + 3)[: shown + 2]
        return counted / max(len(coded), 1)

    real, made, held = shares(sides.real), shares(sides.made), shares(sides.held)
    keep = np.r_[np.ones(shown, dtype=bool), (real[shown:] > 0) | (made[shown:] > 0) | (held[shown:] > 0)]
    labels = [*(str(v) for v in sides.coding.categories[name][:shown]), "(other)", "(rare)"]
    present = np.bincount(sides.made.codes[name], minlength=levels + 2)
    return {
        "labels": [label for label, kept in zip(labels, keep, strict=True) if kept],
        "real": rounded_list(real[keep], 5),
        "synthetic": rounded_list(made[keep], 5),
        "holdout": rounded_list(held[keep], 5) if len(sides.held) else [],
        "rare_lost": int((present[:levels][counts < MASK] == 0).sum()),
        "invented": int(_invented(sides, name)),
    }


def _invented(sides: Sides, name: str) -> int:
    """How many categories the release has that no train row has."""
    unseen = sides.made.codes[name] == sides.coding.levels(name)
    return int(sides.synthetic.frame[name][unseen].nunique()) if unseen.any() else 0


def _numeric_overlay(sides: Sides, name: str) -> dict[str, Any]:
    real = sides.real.numeric[name]
    inner = inner_range(real)
    if inner is None:
        return {}
    edges = _edges(real, *inner, whole=sides.coding.column(name).kind.value == "integer")

    def shares(coded: Coded) -> tuple[Floats, Floats]:
        values = coded.numeric[name]
        values = np.clip(values[~np.isnan(values)], edges[0], edges[-1])
        counted = np.histogram(values, edges)[0]
        return counted / max(len(coded), 1), counted

    shown, counts = shares(sides.real)
    shown = np.where((counts > 0) & (counts < MASK), 0.0, shown)
    made_range = inner_range(sides.made.numeric[name])
    return {
        "edges": [float(f"{edge:.8g}") for edge in edges],
        "real": rounded_list(shown, 5),
        "synthetic": rounded_list(shares(sides.made)[0], 5),
        "holdout": rounded_list(shares(sides.held)[0], 5) if len(sides.held) else [],
        "quantiles_real": _quantiles(real, inner),
        "quantiles_synthetic": _quantiles(sides.made.numeric[name], made_range) if made_range else [],
    }


def inner_range(values: Floats) -> tuple[float, float] | None:
    """Return the fifth smallest and fifth largest value, never a literal extreme; None with fewer than ten values."""
    values = values[~np.isnan(values)]
    if len(values) < 2 * MASK:
        return None
    return float(np.partition(values, MASK - 1)[MASK - 1]), float(np.partition(values, -MASK)[-MASK])


def _quantiles(values: Floats, inner: tuple[float, float]) -> list[float]:
    values = values[~np.isnan(values)]
    return [float(f"{v:.8g}") for v in np.clip(np.quantile(values, QUANTILES), *inner)]


def _edges(real: Floats, low: float, high: float, whole: bool) -> npt.NDArray[np.float64]:
    """Bin edges shared by all sides, inside the masked range; whole numbers get one bin each where they fit."""
    values = real[~np.isnan(real)]
    near, far = np.quantile(values, [0.005, 0.995])
    if far > near:
        low, high = max(low, float(near)), min(high, float(far))
    if whole:
        span = int(np.ceil(high)) - int(np.floor(low)) + 1
        step = max(1, -(-span // BINS))
        return np.asarray(np.floor(low) - 0.5 + step * np.arange(-(-span // step) + 1), dtype=np.float64)
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    return np.linspace(low, high, BINS + 1)
