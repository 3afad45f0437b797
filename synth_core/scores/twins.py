"""Do synthetic rows repeat each other more often than real rows do?"""

from __future__ import annotations

from collections.abc import Mapping
from zlib import crc32

import numpy as np

from synth_core.codec_columns import LARGEST_K, shown_levels
from synth_core.scores.features import Coded, Codes
from synth_core.scores.keys import Keys, row_keys
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.statistics import Z95, Estimate, poisson_interval, rounded

QUESTION = "Do rows repeat each other as often as real rows do?"
_STREAM = 41


def measure(sides: Sides) -> Score:
    """Return how many equal others 100 rows have, in a table as large as train, beside the same for train.

    A rate over pairs does not depend on how many rows are released, so a large release and its real rows compare.
    Rare values of protected columns are merged into others on both sides, as protection does in the release: rows that
    lose what sets them apart repeat more often, and that is no fault of the engine.
    """
    known = {
        "name": "repeats",
        "dimension": "fidelity",
        "question": QUESTION,
        "unit": "per 100 rows",
        "better": "reference",
    }
    train, made = len(sides.train), len(sides.synthetic)
    few = min(train, made)
    if few < ENOUGH or not sides.coding.columns:
        why = f"{few} rows, at least {ENOUGH} are needed" if sides.coding.columns else "no column was learned"
        return Score.model_validate(known | {"value": None, "note": f"not enough data: {why}"})
    shown = _shown(sides)
    real_keys, _, made_keys = sides.keys
    if shown:
        made_keys, real_keys = (row_keys(_as_shown(side, shown), sides.coding) for side in (sides.made, sides.real))
    value, floor = (_rate(keys, train) for keys in (made_keys, real_keys))
    below, above = value.reach(floor)
    note = f"equal others of 100 rows, expected in {train:,} rows; real rows have {_plain(floor.value)}"
    return Score.model_validate(
        known
        | {
            "value": rounded(value.value),
            "low": rounded(max(value.value - below, 0.0)),
            "high": rounded(value.value + above),
            "reference": rounded(floor.value),
            "n": made,
            "note": note + (", their rare values merged as protection does" if shown else ""),
        }
    )


def _shown(sides: Sides) -> dict[str, Codes]:
    """Return which code each code becomes, of the categories of which protection merges some."""
    found: dict[str, Codes] = {}
    for column in sides.coding.columns:
        if column.kind.numeric or not column.protect:
            continue
        levels = [str(level) for level in sides.coding.categories[column.name]]
        rows = dict(zip(levels, sides.coding.counts[column.name].tolist(), strict=True))
        held = sides.holders(column.name)
        rare = [level for level, people in zip(levels, held.tolist(), strict=True) if people < LARGEST_K]
        if not rare or len(rare) == len(levels):
            continue
        rng = np.random.default_rng([sides.seed, _STREAM, crc32(column.name.encode())])
        kept, merged = shown_levels(rows, rare, words=column.storage == "string", rng=rng)
        place = {level: code for code, level in enumerate(levels)}
        codes = np.arange(len(levels) + 2, dtype=np.int32)
        for level, state in merged.items():
            codes[place[level]] = place.get(kept[state - 1], len(levels))  # "other" is no level of train
        found[column.name] = codes
    return found


def _as_shown(coded: Coded, shown: Mapping[str, Codes]) -> Coded:
    codes = {name: shown[name][values] if name in shown else values for name, values in coded.codes.items()}
    return Coded(len(coded), coded.numeric, codes)


def _plain(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _rate(keys: Keys, rows: int) -> Estimate:
    """Equal others of 100 rows in a table of ``rows`` rows.

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
