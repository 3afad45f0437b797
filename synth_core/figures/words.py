"""What a picture says, in one sentence: for alternative texts and captions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from synth_core.figures.style import amount, day, share
from synth_core.figures.temporal import unfinished
from synth_core.scores.results import (
    Associations,
    ColumnLikeness,
    Fidelity,
    ModelResult,
    PairView,
    Privacy,
    Utility,
)
from synth_core.table import Kind, numbers

if TYPE_CHECKING:
    from synth_core.profile import ColumnProfile
    from synth_core.profile.emptiness import Emptiness
    from synth_core.profile.exposure import Exposure
    from synth_core.profile.time_facts import SeriesProfile, TimeProfile
    from synth_core.profile.triples import Triple

PLACES = {
    2: "in the lowest twentieth",
    3: "in the lowest quarter",
    4: "in the middle",
    5: "in the top quarter",
    6: "in the top twentieth",
}


def alt_profile(column: ColumnProfile) -> str:
    """Return what a column's picture shows: its middle and spread, or its most frequent value, and the gaps."""
    gaps = f"; {share(column.missing_share)} empty" if column.missing else ""
    if column.quantiles:
        show = day if column.kind is Kind.DATETIME else amount
        low, middle, high = (show(column.quantiles[i]) for i in (1, 3, 5))
        modes = column.modality.modes if column.modality else column.modes
        peaks = f", {modes} peaks" if modes and modes > 1 else ""
        return f"{column.name}: half of the values are below {middle}, 90 % between {low} and {high}{peaks}{gaps}."
    if column.values:
        top = column.values[0]
        return (
            f"{column.name}: {column.distinct:,} categories, most frequent {top.label} with {share(top.share)}{gaps}."
        )
    return f"{column.name}: {column.distinct:,} different values, not shown{gaps}."


def alt_time(series: SeriesProfile) -> str:
    """Return what a series does over time."""
    title = series.title or series.column or "Rows"
    return series.sentence or f"{title} over time, {len(series.at):,} points."


def alt_acf(series: SeriesProfile) -> str:
    """Return how long a series remembers itself."""
    title = series.title or series.column or "Rows"
    outside = [lag for lag, r in zip(series.lags, series.autocorrelation, strict=True) if lag and abs(r) > series.band]
    if not outside:
        return f"{title}: no autocorrelation stands out of chance."
    first = next((r for lag, r in zip(series.lags, series.autocorrelation, strict=True) if lag), 0.0)
    return f"{title}: autocorrelation {first:.2f} one step earlier; {len(outside):,} lags stand out of chance."


def alt_gaps(time: TimeProfile) -> str:
    """Return how many rows lie where, the holes, and whether the ends are of unfinished stretches of time."""
    first, last = unfinished(time)
    ends = " and ".join(word for word, is_part in (("first", first), ("last", last)) if is_part)
    part = (
        f" The {ends} {'stretch is' if first != last else 'stretches are'} in the table only in part." if ends else ""
    )
    if not time.gap_count:
        return f"Rows over {time.order}: no gaps.{part}"
    gaps = "1 gap" if time.gap_count == 1 else f"{time.gap_count:,} gaps"
    steps = "1 step" if time.missing_steps == 1 else f"{time.missing_steps:,} steps"
    return f"Rows over {time.order}: {gaps}, {steps} missing.{part}"


def alt_exposure(exposure: Exposure) -> str:
    """Return how many rows stand alone."""
    return (
        f"{exposure.unique_rows:,} of {exposure.rows:,} rows ({share(exposure.unique_share)}) stand alone with their "
        f"combination of {', '.join(exposure.columns)}."
    )


def alt_triple(triple: Triple) -> str:
    """Return what three columns say together."""
    return triple.sentence or f"{', '.join(triple.names)}: {triple.bits:.3f} bits beyond their pairs."


def alt_missing(found: Emptiness) -> str:
    """Return the share of whole rows, and the columns that are empty together more than chance would have it."""
    if not found.columns:
        return "No cell is empty."
    whole = f"{found.complete_rows:,} of {found.rows:,} rows have no empty cell"
    if not found.pairs:
        return f"{whole}."
    pair = found.pairs[0]
    first, second = sorted([pair.one, pair.other])
    return (
        f"{whole}; {first} and {second} are empty together most beyond chance ({share(pair.together)} of the rows that "
        f"lack either, {share(pair.expected)} expected)."
    )


def alt_overlay(column: ColumnLikeness) -> str:
    """Return where synthetic differs most from real, or that it follows closely."""
    found = _category_finding(column) if column.labels else _number_finding(column)
    if found is None:
        error = f" (error {amount(column.error)} %)" if column.error is not None else ""
        return f"{column.name}: synthetic follows real closely{error}."
    return f"{column.name}: synthetic is {found}."


def _number_finding(column: ColumnLikeness) -> str | None:
    real, synthetic = (np.asarray(q, dtype=np.float64) for q in (column.quantiles_real, column.quantiles_synthetic))
    if len(real) < 9 or len(synthetic) < 9:
        return None
    gaps = synthetic - real
    spread = float(real[6] - real[2]) or 1.0
    place = max(PLACES, key=lambda i: abs(gaps[i]))
    if abs(gaps[place]) < 0.01 * spread:
        return None
    way = "higher" if gaps[place] > 0 else "lower"
    if column.kind == "datetime":
        days = abs(gaps[place]) / 86400
        where = PLACES[place].replace("lowest", "earliest").replace("top", "latest")
        return f"{amount(days)} days {'later' if gaps[place] > 0 else 'earlier'} {where}"
    base = abs(float(real[place]))
    if base > 0.05 * spread:
        return f"{amount(float(f'{100 * abs(float(gaps[place])) / base:.2g}'))} % {way} {PLACES[place]}"
    return f"{amount(abs(float(gaps[place])))} {way} {PLACES[place]}"


def _category_finding(column: ColumnLikeness) -> str | None:
    gaps = np.asarray(column.synthetic, dtype=np.float64) - np.asarray(column.real, dtype=np.float64)
    if not len(gaps) or np.abs(gaps).max() < 0.005:
        return None
    place = int(np.abs(gaps).argmax())
    way = "more" if gaps[place] > 0 else "less"
    return f"{amount(float(f'{100 * abs(float(gaps[place])):.2g}'))} points {way} often '{column.labels[place]}'"


def alt_associations(names: Sequence[str], matrix: Sequence[Sequence[float]]) -> str:
    """Return the strongest pair of a heat map."""
    if len(names) < 2:
        return "Associations need at least two columns."
    i, j, value = _largest(matrix)
    return f"Association of every pair of {len(names)} columns; strongest: {names[i]} with {names[j]} ({value:.2f})."


def alt_triplet(associations: Associations) -> str:
    """Return the pair whose association differs most between real and synthetic."""
    if len(associations.names) < 2:
        return "Pairs need at least two columns."
    i, j, value = _largest(associations.difference)
    names = associations.names
    return (
        f"Associations, real, synthetic and difference; largest difference {abs(value):.2f}: {names[i]} with "
        f"{names[j]} ({associations.real[i][j]:.2f} real, {associations.synthetic[i][j]:.2f} synthetic)."
    )


def _largest(matrix: Sequence[Sequence[float]]) -> tuple[int, int, float]:
    values = np.array(matrix, dtype=np.float64)
    np.fill_diagonal(values, 0)
    i, j = np.unravel_index(int(np.abs(values).argmax()), values.shape)
    return int(i), int(j), float(values[i, j])


def alt_pair(pair: PairView) -> str:
    """Return how far two columns together are from real."""
    return f"{pair.x} and {pair.y} together, real beside synthetic: they differ in {amount(pair.error)} % of the rows."


def alt_utility(utility: Utility) -> str:
    """Return the model whose loss is largest."""
    if not utility.models:
        return "No model was trained."
    worst = max(utility.models, key=lambda model: model.loss)
    return (
        f"Trained on synthetic against trained on real, tested on real rows; largest loss {amount(worst.loss)} %: "
        f"{worst.model}, {worst.metric} {worst.tstr:.3f} against {worst.trtr:.3f}."
    )


def alt_roc(model: ModelResult) -> str:
    """Return the two areas under the curves."""
    return f"ROC of {model.model}: area {model.tstr:.3f} trained on synthetic, {model.trtr:.3f} trained on real."


def alt_precision_recall(model: ModelResult) -> str:
    """Return the two average precisions for the rare class, beside guessing."""
    rare = model.rare
    if rare is None:
        return f"{model.model} has no precision-recall curve."
    return (
        f"Precision and recall of {model.model} for '{rare.label}' ({share(rare.share)} of the rows): average "
        f"precision {rare.tstr:.3f} trained on synthetic, {rare.trtr:.3f} trained on real; guessing reaches "
        f"{rare.share:.3f}."
    )


def alt_giveaways(fidelity: Fidelity) -> str:
    """Return the column that gives synthetic rows away most."""
    if not fidelity.giveaways:
        return "No column gives the synthetic rows away."
    top = max(fidelity.giveaways, key=lambda giveaway: giveaway.importance)
    return f"Columns by which synthetic rows can be told from real: first {top.name} ({share(top.importance)})."


def alt_forest(privacy: Privacy) -> str:
    """Return the attack that gains most over its control."""
    known = [a for a in privacy.attacks if a.value is not None]
    if not known:
        return "No attack has been run."
    gains = [(float(a.value or 0) - float(a.control if a.control is not None else a.chance or 0), a) for a in known]
    scale = {"AUC": 2.0, "%": 0.01, "points": 0.01}  # an AUC runs from .5 to 1, a success from 0 to 1 or 100
    gain, worst = max(gains, key=lambda pair: pair[0] * scale.get(pair[1].unit, 1))
    return (
        f"{len(known)} attacks beside their controls; the strongest, {worst.title}, reaches {amount(worst.value)} "
        f"{worst.unit}, {amount(abs(gain))} {'above' if gain >= 0 else 'below'} its control."
    )


def alt_nearest(privacy: Privacy) -> str:
    """Return how many rows of each curve lie nearest of all."""
    if len(privacy.curves) < 2:
        return "Distance of synthetic rows to the nearest real row."
    halves = [f"{curve.name} {amount(_middle(curve.x, curve.y))}" for curve in privacy.curves if curve.x]
    return f"Distance to the nearest row, middle values: {', '.join(halves)}."


def _middle(xs: Sequence[float], ys: Sequence[float]) -> float:
    place = min(int(np.searchsorted(np.asarray(ys), 0.5)), len(xs) - 1)
    return float(xs[place])


def alt_range(series: pd.Series, low: object, high: object) -> str:
    """Return how many values lie outside the bounds."""
    values = numbers(series)
    bounds = [
        float(pd.Timestamp(b).timestamp()) if isinstance(b, str | pd.Timestamp) else float(b)  # type: ignore[arg-type]
        for b in (low if low is not None else -np.inf, high if high is not None else np.inf)
    ]
    outside = int(((values < bounds[0]) | (values > bounds[1])).sum())
    return f"{series.name}: {outside:,} of {len(values):,} rows lie outside the bounds."


def alt_inequality(frame: pd.DataFrame, low_column: str, high_column: str, *, strict: bool = False) -> str:
    """Return how many rows have the columns in the wrong order."""
    low, high = numbers(frame[low_column]), numbers(frame[high_column])
    broken = int(((low >= high) if strict else (low > high)).sum())
    return f"{low_column} against {high_column}: {broken:,} of {len(frame):,} rows lie on the wrong side."
