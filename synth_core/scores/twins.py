"""Do synthetic rows repeat each other more often than real rows do?"""

from __future__ import annotations

import numpy as np

from synth_core.scores.keys import Keys
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.statistics import Z95, Estimate, poisson_interval, rounded

QUESTION = "Do rows repeat each other as often as real rows do?"


def measure(sides: Sides) -> Score:
    """Return how many equal others a row has, in % of a table as large as train, beside the same for train.

    A rate over pairs does not depend on how many rows are released, so a large release and its real rows compare.
    """
    known = {"name": "repeats", "dimension": "fidelity", "question": QUESTION, "unit": "%", "better": "reference"}
    train, _, made = sides.keys
    if min(len(train), len(made)) < ENOUGH or not sides.coding.columns:
        return Score.model_validate(known | {"value": None, "note": sides.why_not or "not enough data"})
    value, floor = (_rate(keys, len(train)) for keys in (made, train))
    below, above = value.reach(floor)
    note = f"equal others of a row, expected in {len(train):,} rows; real rows have {floor.value:.3g} %"
    return Score.model_validate(
        known
        | {
            "value": rounded(value.value),
            "low": rounded(max(value.value - below, 0.0)),
            "high": rounded(value.value + above),
            "reference": rounded(floor.value),
            "n": len(made),
            "note": note,
        }
    )


def _rate(keys: Keys, rows: int) -> Estimate:
    """Equal others of a row in ``rows`` rows, in %.

    Notes
    -----
    A U-statistic of order two (Hoeffding 1948): its variance has a part from pairs, as Poisson's, and a part from
    rows that differ in how common they are.
    """
    _, counts = np.unique(keys, return_counts=True)
    n = len(keys)
    others = np.repeat(counts - 1, counts).astype(np.float64)
    scale = 100 * (rows - 1) / (n - 1)
    pairs = others.sum() / 2
    low, high = poisson_interval(pairs)
    spread = 2 * Z95 * float(others.std()) / np.sqrt(n)
    mean = float(others.mean())
    below = np.hypot(mean - 2 * low / n, spread)
    above = np.hypot(2 * high / n - mean, spread)
    return Estimate(scale * mean, scale * max(mean - below, 0.0), scale * (mean + above))
