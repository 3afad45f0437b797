"""What can be done about a rare class before a model is trained: nothing, weights, repeats, SMOTE, or made rows."""

from __future__ import annotations

import warnings
from typing import Any, Literal, NamedTuple

import numpy as np

from synth_core.labs.models import Features, joined
from synth_core.scores.features import Coded
from synth_core.scores.statistics import Floats

Remedy = Literal["none", "threshold", "weights", "repeats", "smote", "made"]
TITLES: dict[Remedy, str] = {
    "none": "Nothing",
    "threshold": "Tuned threshold",
    "weights": "Class weights",
    "repeats": "Random oversampling",
    "smote": "SMOTE",
    "made": "Made rows",
}
WITH_RATIO: tuple[Remedy, ...] = ("weights", "repeats", "smote", "made")
NEIGHBOURS = 5  # of SMOTE, as its authors had it


class Arm(NamedTuple):
    """A remedy at a ratio: so many other rows per row of the rare class (None: as they are)."""

    remedy: Remedy
    ratio: float | None = None


def rows_wanted(rare: int, others: int, ratio: float) -> int:
    """Return how many rows of the rare class are missing for ``ratio`` other rows per rare one.

    >>> rows_wanted(200, 50_000, 20)
    2300
    """
    return max(round(others / ratio) - rare, 0)


MOST_ADDED = 60_000  # rows added for a model to learn from; where more are wanted, these count for them


def treated(
    arm: Arm, features: Features, rows: Coded, made: Coded, seed: int, others_count: float = 1.0
) -> tuple[Coded, Floats | None]:
    """Return the rows to train on under a remedy, and their weights (None: all 1).

    Parameters
    ----------
    made
        Synthetic rows of the rare class, at least as many as are wanted, or 60,000.
    others_count
        How many rows each row of the others stands for, where the rows are a sample that kept the rare ones.
    """
    happened = features.happened(rows)
    count = np.where(happened, 1.0, others_count)
    plain = None if others_count == 1 else count
    if arm.ratio is None:
        return rows, plain
    rare, others = int(happened.sum()), round(int((~happened).sum()) * others_count)
    wanted = rows_wanted(rare, others, arm.ratio)
    if arm.remedy == "weights":
        return rows, np.where(happened, (rare + wanted) / rare, others_count)
    if not wanted:
        return rows, plain
    drawn = min(wanted, MOST_ADDED)
    if arm.remedy == "repeats":
        added = rows.take(np.random.default_rng([seed, 52]).choice(np.flatnonzero(happened), drawn))
    else:
        added = smote(features, rows, drawn, seed) if arm.remedy == "smote" else made.take(np.arange(drawn))
    if plain is None and drawn == wanted:
        return joined(rows, added), None
    return joined(rows, added), np.r_[count, np.full(drawn, wanted / drawn)]


def smote(features: Features, rows: Coded, wanted: int, seed: int) -> Coded:
    """Return rows of the rare class interpolated between neighbours (imbalanced-learn).

    SMOTE (Chawla et al. 2002) where all columns are numbers, SMOTENC where some are categories, SMOTEN where all are.
    Numbers are brought to spread 1 first; that a cell is missing counts as a category.
    """
    happened = features.happened(rows)
    numbers = [name for name in features.names if name in rows.numeric]
    codes = [name for name in features.names if name in rows.codes]
    # neighbours are looked for among the rare class; only SMOTEN measures distances by all rows
    some = rows if not numbers else rows.take(np.r_[np.flatnonzero(happened), np.flatnonzero(~happened)[:1]])
    gaps = [name for name in numbers if np.isnan(some.numeric[name]).any()]
    middle, spread = _scales(rows, numbers)
    columns = [np.nan_to_num((some.numeric[n] - middle[n]) / spread[n]) for n in numbers]
    columns += [some.codes[name].astype(np.float64) for name in codes]
    columns += [np.isnan(some.numeric[name]).astype(np.float64) for name in gaps]
    table, truth = np.column_stack(columns), features.happened(some)
    neighbours = min(NEIGHBOURS, int(truth.sum()) - 1)
    sampler = _sampler(len(numbers), len(columns), {True: int(truth.sum()) + wanted}, neighbours, seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        more = np.asarray(sampler.fit_resample(table, truth)[0][len(table) :], dtype=np.float64)
    numeric = {name: more[:, place] * spread[name] + middle[name] for place, name in enumerate(numbers)}
    for place, name in enumerate(gaps, start=len(numbers) + len(codes)):
        numeric[name] = np.where(more[:, place] > 0.5, np.nan, numeric[name])
    numeric[features.event.target] = np.ones(len(more))
    categories = {name: more[:, len(numbers) + place].astype(np.int32) for place, name in enumerate(codes)}
    return Coded(len(more), numeric, categories)


def _scales(rows: Coded, names: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    middle, spread = {}, {}
    for name in names:
        known = rows.numeric[name][~np.isnan(rows.numeric[name])]
        middle[name] = float(known.mean()) if len(known) else 0.0
        spread[name] = float(known.std()) if len(known) and known.std() > 0 else 1.0
    return middle, spread


def _sampler(numbers: int, columns: int, wanted: dict[bool, int], neighbours: int, seed: int) -> Any:
    from imblearn.over_sampling import SMOTE, SMOTEN, SMOTENC

    asked = {"sampling_strategy": wanted, "k_neighbors": neighbours, "random_state": seed}
    if numbers == columns:
        return SMOTE(**asked)
    if not numbers:
        return SMOTEN(**asked)
    return SMOTENC(categorical_features=list(range(numbers, columns)), **asked)
