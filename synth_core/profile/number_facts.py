"""What is known about a column of numbers or dates."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.profile.density import binned, density, quantile
from synth_core.profile.edges import date_cases, fences, number_cases
from synth_core.profile.modality import Modality, heap_step, modality, runs
from synth_core.profile.shown import DAY, QUANTILES, RARE_ROWS, shown_quantiles
from synth_core.profile.words import number
from synth_core.table import Column, Kind

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

BINS = 30


def number_facts(found: Floats, levels: Floats, sizes: Counts, column: Column, now: float | None) -> dict[str, object]:
    """Return the fields of a profile that a number or date column has; none where its ends may not be shown.

    ``found``: its usual cells (dates in seconds since 1970), sorted; ``levels`` and ``sizes``: its distinct values and
    how many rows hold each; ``now``: the present, for dates, in seconds since 1970.
    """
    low, high = _shown_ends(found, column)
    if low is None or high is None:
        return {}
    facts: dict[str, object] = {"low": low, "high": high}
    if not column.protect or not 0 < len(found) - sizes.max() < RARE_ROWS:  # else the mean tells the few others
        facts |= shape(found)
    dates = column.kind is Kind.DATETIME
    edges, counts, below, above, log_scale = _histogram(found, low, high, column)
    heap = heap_step(levels, sizes)
    capped = 0.0 if dates else _heap_at_top(levels, sizes)
    zeros = 0.0 if dates else float(sizes[levels == 0].sum() / len(found))
    modes = _modality(found, levels, zeros, capped, dates)
    at, line = density(found, edges, log_scale=log_scale, modes=modes.modes if modes else 1, step=heap)
    left, right = fences(found)
    return (
        facts
        | {
            "quantiles": _quantiles(found, QUANTILES, column),
            "zeros": zeros,
            "outliers": float(
                (np.searchsorted(found, left) + len(found) - np.searchsorted(found, right, "right")) / len(found)
            ),
            "capped": capped,
            "modality": modes,
            "modes": modes.modes if modes else None,
            "edges": edges,
            "counts": counts,
            "below": below,
            "above": above,
            "log_scale": log_scale,
            "density_at": at,
            "density": line,
            "edge_cases": list(
                date_cases(found, datetime.datetime.now(datetime.UTC).timestamp() if now is None else now)
                if dates
                else number_cases(found, levels, sizes, heap=heap, whole_kind=column.kind is Kind.INTEGER)
            ),
        }
        | (_calendar_facts(found) if dates else {})
    )


def _modality(found: Floats, levels: Floats, zeros: float, capped: float, dates: bool) -> Modality | None:
    """Return the modes of the values that are no state of their own: without a heap at zero or at the largest value."""
    if dates:
        return modality(found, lambda stamp: str(pd.Timestamp(stamp, unit="s").date()))
    kept, left_out = found, []
    if zeros >= 0.3 and len(levels) > 10:
        kept, left_out = kept[kept != 0], ["0"]
    if capped:
        kept, left_out = kept[kept != levels[-1]], [*left_out, number(float(levels[-1]))]
    modes = modality(kept)
    if modes is None or not left_out:
        return modes
    sentence = modes.sentence[:1].lower() + modes.sentence[1:]
    return modes.model_copy(update={"sentence": f"Beside the heap at {' and '.join(left_out)}: {sentence}"})


def _shown_ends(found: Floats, column: Column) -> tuple[float | None, float | None]:
    """Return the ends that may be shown of sorted values."""
    if not column.protect:
        return float(found[0]), float(found[-1])
    if len(found) < 2 * RARE_ROWS:
        return None, None
    low, high = shown_quantiles(found, (0.0, 1.0), column.kind).tolist()
    return low, max(low, high)


def _quantiles(found: Floats, shares: Sequence[float], column: Column) -> list[float]:
    """Return quantiles of sorted values that may be shown, in rising order."""
    if column.protect:
        shown = np.maximum.accumulate(shown_quantiles(found, shares, column.kind))
        return [float(q) for q in shown]
    exact = quantile(found, shares)
    if column.kind is Kind.DATETIME and not (found % DAY).any():  # days have no hours, nor do the middles between them
        exact = np.floor(exact / DAY) * DAY
    return [float(q) for q in exact]


def shape(found: Floats) -> dict[str, float | None]:
    """Return mean, variance, standard deviation, skewness and excess kurtosis; None where they overflow."""
    if not len(found):
        return {}
    with np.errstate(all="ignore"):
        mean = float(found.mean())
        centred = found - mean
        squares = centred * centred
        second = float(squares.mean())
        variance = float(second * len(found) / (len(found) - 1)) if len(found) > 1 else 0.0
        spread = float(np.sqrt(second))
        facts = {"mean": _finite(mean), "variance": _finite(variance), "std": _finite(float(np.sqrt(variance)))}
        if spread > 1e-12 * max(1.0, abs(mean)) and len(found) > 3:
            facts["skewness"] = _finite(float(((centred / spread) * (squares / second)).mean()))
            facts["kurtosis"] = _finite(float(((squares / second) ** 2).mean()) - 3)
    return facts


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _histogram(found: Floats, low: float, high: float, column: Column) -> tuple[list[float], list[int], int, int, bool]:
    """Return edges, counts, rows below and above, and whether bins are equally wide on a log scale."""
    left, middle, right = _quantiles(found, (0.005, 0.5, 0.995), column)
    left, right = max(low, left), min(high, right)
    dates = column.kind is Kind.DATETIME
    # over several powers of ten, and not only because some values are next to nothing
    log_scale = not dates and left > 0 and right / left >= 500 and right / middle >= 12
    finest = float(np.spacing(max(abs(left), abs(right))))
    whole = finest < 0.25 and right - left < 2000 and bool((found == np.floor(found)).all())
    if not dates and whole and not log_scale:
        step = max(1.0, np.ceil((np.floor(right) - np.floor(left) + 1) / BINS))
        edges = np.arange(np.floor(left), np.floor(right) + step + 0.5, step) - 0.5
    elif right - left < 100 * BINS * finest:  # floats tell no 30 bins apart
        half = max(abs(left) * 1e-3, 0.5)
        edges = np.array([left - half, right + half])
    elif log_scale:
        edges = np.geomspace(left, right, BINS + 1)
    else:
        edges = np.linspace(left, right, BINS + 1)
    counts = binned(found, edges)
    below = int(np.searchsorted(found, edges[0], side="left"))
    above = len(found) - int(np.searchsorted(found, edges[-1], side="right"))
    return [float(e) for e in edges], [int(c) for c in counts], below, above, log_scale


def _heap_at_top(levels: Floats, sizes: Counts) -> float:
    """Return the share of values equal to the largest, when they are far more than the values just below it hold."""
    if len(levels) < 12 or sizes[-1] < 20:
        return 0.0
    usual = float(np.median(sizes[-11:-1]))
    return float(sizes[-1] / sizes.sum()) if sizes[-1] >= 5 * usual else 0.0


def _calendar_facts(found: Floats) -> dict[str, object]:
    if len(found) < 2 * RARE_ROWS:
        return {}
    total = len(found)
    days = np.floor(found / DAY)
    hours = np.bincount(((found - days * DAY) // 3600).astype(np.intp), minlength=24)
    whole, sizes = runs(days)
    months = pd.DatetimeIndex(whole.astype("int64").astype("datetime64[D]")).month
    weekdays = np.bincount(((whole + 3) % 7).astype(np.intp), weights=sizes, minlength=7)
    return {
        "weekdays": [round(float(n) / total, 4) for n in weekdays],
        "months": [round(float(n) / total, 4) for n in np.bincount(months - 1, weights=sizes, minlength=12)],
        "hours": [] if hours[0] == total else [round(float(n) / total, 4) for n in hours],
    }
