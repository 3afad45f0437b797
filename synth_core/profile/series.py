"""One evenly spaced series: its trend, its seasons, how long it remembers, and its parts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.profile.findings import number
from synth_core.profile.seasons import Peak, find_peaks
from synth_core.profile.time_facts import Season, SeriesProfile
from synth_core.profile.time_words import DAY, WEEK, cycle, duration
from synth_core.profile.trends import Trend, autocorrelations, trend_of

Floats = npt.NDArray[np.float64]

SHOWN = 500
SHAPE = 60
GROUP = 5
FINE = 6000
CLEAR_TREND = 0.01
MOVES = ("rises", "falls")
WANDERING = ", though it wanders so slowly that this may be chance"
FAINT = 0.01


@dataclass(frozen=True)
class Line:
    """An evenly spaced series before it is looked at.

    Attributes
    ----------
    values, rows, at
        Value (NaN where missing), rows behind it, and time, at every point.
    seconds
        Length of a step in seconds; None where times are no dates.
    step
        What a step is called: "step", "day", "10 minutes".
    cycles, overtones
        Lengths in steps of the calendar's cycles, and of halves and quarters of them.
    even
        The values with their spread evened out, to look for cycles in (counts spread more where they are large); None:
        the values themselves.
    protect
        Whether a shown point must rest on five rows.
    """

    column: str
    title: str
    unit: str
    values: Floats
    rows: Floats
    at: Floats
    seconds: float | None
    step: str
    cycles: tuple[float, ...]
    overtones: tuple[float, ...]
    protect: bool
    even: Floats | None = None
    shortest: float = 2.0


@dataclass(frozen=True)
class Parts:
    """observed = trend + seasonal + remainder, at every point."""

    trend: Floats
    seasonal: Floats
    remainder: Floats


def describe(line: Line, rng: np.random.Generator) -> SeriesProfile:
    """Return what one series is like.

    Notes
    -----
    Strength of trend and season: F = max(0, 1 - var(R) / var(T + R)), and with S for T (Wang, Smith & Hyndman 2006,
    doi:10.1007/s10618-005-0039-x), of an STL decomposition by the clearest cycle (Cleveland et al. 1990); without a
    cycle the trend is a running straight line. Inner gaps are filled by straight lines for that, where at most 40 %
    are missing; with more gaps, neither seasons nor parts are given.
    """
    values = line.values
    known = np.isfinite(values)
    missing = int((~known).sum())
    base = {"column": line.column, "title": line.title, "unit": line.unit, "points": len(values), "missing": missing}
    subject = f"'{line.column}'" if line.column else line.title
    if known.sum() < 12:
        return SeriesProfile(**base, sentence=f"{subject}: only {int(known.sum())} points, too few to say anything.")
    if float(np.ptp(values[known])) == 0:
        return SeriesProfile(**base, sentence=f"{subject} does not change over time.")
    dense = missing <= 0.4 * len(values)
    filled = _filled(values)
    looked = filled if line.even is None else line.even
    peaks = find_peaks(looked, line.cycles, line.overtones, shortest=line.shortest) if dense else []
    parts = decompose(filled, round(peaks[0].steps) if peaks else None) if dense else None
    trend = trend_of(np.where(known, values - (parts.seasonal if parts else 0), np.nan), rng)
    seasons = _seasons(line, peaks, parts)
    lags = _lags(len(values), seasons)
    found = autocorrelations(values, lags)
    facts = _shown(line, parts, bool(seasons))
    words = trend_words(trend, len(values), line.step, float(np.std(values[known])))
    wanders = trend is not None and trend.wanders and words.startswith(MOVES)
    said = words + WANDERING if wanders else words
    return SeriesProfile(
        **base,
        **facts,
        trend_per_step=trend.slope if trend else None,
        trend_p_value=trend.p_value if trend else None,
        trend_words=words,
        trend_wanders=wanders,
        seasons=seasons,
        lags=list(range(1, lags + 1)),
        autocorrelation=[round(float(a), 4) for a in found[1:]],
        band=round(1.96 / float(np.sqrt(known.sum())), 4),
        trend_strength=_strength(parts.trend, parts.remainder) if parts else None,
        season_strength=seasons[0].strength if seasons else (0.0 if parts else None),
        sentence=_sentence(subject, said, seasons, found, int(known.sum()), missing, dense),
    )


def decompose(values: Floats, period: int | None) -> Parts:
    """Return trend, season and remainder of a series without gaps; ``period`` None: no season.

    A long series is averaged to stretches first (never under twelve to a cycle) and the parts drawn through their
    middles again.
    """
    n = len(values)
    width = max(1, min(n // FINE + (n > FINE), (period or n) // 12))
    if width > 1:
        whole = n // width * width
        coarse = decompose(values[:whole].reshape(-1, width).mean(axis=1), round(period / width) if period else None)
        middles = np.arange(whole // width) * width + (width - 1) / 2
        trend, seasonal = (np.interp(np.arange(n), middles, part) for part in (coarse.trend, coarse.seasonal))
        return Parts(trend, seasonal, values - trend - seasonal)
    if period is None or n < 2 * period + 2:
        trend = running_line(values, min(max(5, n // 8) | 1, n - (n + 1) % 2))
        return Parts(trend, np.zeros(n), values - trend)
    from statsmodels.tsa.seasonal import STL

    jump = max(1, period // 10)
    found = STL(values, period=period, seasonal=21, seasonal_jump=3, trend_jump=jump, low_pass_jump=jump).fit()
    trend, seasonal = np.asarray(found.trend, dtype=np.float64), np.asarray(found.seasonal, dtype=np.float64)
    return Parts(trend, seasonal, values - trend - seasonal)


def running_line(values: Floats, window: int) -> Floats:
    """Return the straight line fitted to the ``window`` (odd) points around each place, at that place.

    The filter of Savitzky and Golay (1964, doi:10.1021/ac60214a047) of first degree.
    """
    half = window // 2
    sums = np.concatenate([[0.0], np.cumsum(values - values.mean())])
    middle = (sums[window:] - sums[:-window]) / window + values.mean()
    place = np.arange(window) - half
    ends = [
        part.mean() + place * float(place @ part) / float(place @ place) for part in (values[:window], values[-window:])
    ]
    return np.concatenate([ends[0][:half], middle, ends[1][half + 1 :]])


def _strength(part: Floats, remainder: Floats) -> float:
    whole = float(np.var(part + remainder))
    return round(max(0.0, 1 - float(np.var(remainder)) / whole), 3) if whole > 0 else 0.0


def _filled(values: Floats) -> Floats:
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known])


def _seasons(line: Line, peaks: list[Peak], parts: Parts | None) -> list[Season]:
    if parts is None:
        return []
    rest = line.values - parts.trend
    rows, found = line.rows, []
    for place, peak in enumerate(peaks):
        ahead, starts = _phase(line, peak.steps)
        wave, shape = _cycle_mean(rest, rows, peak.steps, ahead, line.protect)
        if place == 0:
            strength = _strength(parts.seasonal, parts.remainder)
        else:
            known = np.isfinite(rest)
            strength = _strength(wave[known], (rest - wave)[known])
        rest = rest - wave
        if place and strength < FAINT:
            continue
        found.append(
            Season(
                steps=round(peak.steps, 3),
                words=season_words(peak.steps, line),
                strength=strength,
                p_value=max(peak.p_value, 1e-12),
                shape=shape,
                starts=starts if shape else "",
            )
        )
    return found


def _phase(line: Line, steps: float) -> tuple[float, str]:
    """Return how many steps into its cycle the first point lies, and where the cycle starts."""
    if line.seconds is None or line.step == "business day":
        return 0.0, ""
    first = float(line.at[0])
    name = cycle(steps * line.seconds, 0.5 * steps / len(line.values))
    if name == "daily":
        return first % DAY / line.seconds, "midnight"
    if name == "weekly":
        return (first - 4 * DAY) % WEEK / line.seconds, "Monday"
    if name == "yearly":
        year = np.datetime64(int(first), "s").astype("datetime64[Y]").astype("datetime64[s]").astype(np.int64)
        return (first - float(year)) / line.seconds, "January"
    return 0.0, ""


def _cycle_mean(values: Floats, rows: Floats, steps: float, ahead: float, protect: bool) -> tuple[Floats, list[float]]:
    """Return the mean of each place in the cycle, at every point and once around (empty where rows are too few)."""
    places = min(SHAPE, max(2, round(steps)))
    phase = np.minimum(((np.arange(len(values)) + ahead + 1e-6) % steps / steps * places).astype(np.intp), places - 1)
    known = np.isfinite(values)
    counts = np.bincount(phase[known], minlength=places)
    means = np.bincount(phase[known], values[known], minlength=places) / np.maximum(counts, 1)
    held = np.bincount(phase[known], rows[known], minlength=places)
    shown = not protect or bool((held >= GROUP).all())
    return means[phase], [float(f"{m:.5g}") for m in means] if shown and (counts > 0).all() else []


def season_words(steps: float, line: Line) -> str:
    """Return a cycle in words: 'daily (144 steps)', 'every 12 steps', 'weekly (7 days)'."""
    number_of = f"{steps:.0f}" if abs(steps - round(steps)) < 0.02 * steps or steps >= 20 else f"{steps:.1f}"
    noun = "steps" if line.step == "step" or line.step[:1].isdigit() else f"{line.step}s"
    count = f"{number_of} {noun}"
    if line.seconds is None:
        return f"every {count}"
    named = cycle(steps * line.seconds, 0.5 * steps / len(line.values))
    about = duration(steps * line.seconds)
    return f"{named} ({count})" if named else f"every {count}" + (f" (about {about})" if about != count else "")


def trend_words(trend: Trend | None, points: int, step: str, spread: float) -> str:
    """Return whether the series rises or falls, and by how much; a trend far below the spread is none worth a word."""
    if trend is None:
        return "too few points for a trend"
    whole = abs(trend.slope) * points
    if trend.p_value >= CLEAR_TREND or whole < 0.1 * spread:
        return "no clear trend"
    way = "rises" if trend.slope > 0 else "falls"
    return f"{way} by about {number(float(f'{whole:.2g}'))} from first to last ({abs(trend.slope):.2g} per {step})"


def _lags(points: int, seasons: list[Season]) -> int:
    wanted = max([40.0, *(2.2 * season.steps for season in seasons[:2])])
    return int(max(1, min(wanted, 400, points // 3)))


def _shown(line: Line, parts: Parts | None, seasonal: bool) -> dict[str, list[float | None]]:
    """Return at most 500 points, each the mean of a stretch; of a protected column with five rows or more."""
    n = len(line.values)
    known = np.isfinite(line.values)
    rows = np.where(known, line.rows, 0.0)
    groups = min(SHOWN, n)
    if line.protect and float(rows[known].min()) < GROUP:
        each = GROUP if float(rows.max()) <= 1 and known.all() else 1.5 * GROUP
        groups = max(1, min(groups, int(rows.sum() // each)))
    group = (np.arange(n) * groups // n).astype(np.intp)
    held = np.bincount(group, rows, minlength=groups)
    counts = np.bincount(group[known], minlength=groups)
    shown = (counts > 0) & ((held >= GROUP) if line.protect else True)

    def means(values: Floats) -> list[float | None]:
        sums = np.bincount(group[known], values[known], minlength=groups)
        return [float(f"{s / c:.6g}") if ok else None for s, c, ok in zip(sums, counts, shown.tolist(), strict=True)]

    at = np.bincount(group, line.at, minlength=groups) / np.bincount(group, minlength=groups)
    found: dict[str, list[float | None]] = {"at": at.tolist(), "observed": means(line.values)}
    if parts is not None:
        found |= {"trend": means(parts.trend), "remainder": means(line.values - parts.trend - parts.seasonal)}
        found["seasonal"] = means(parts.seasonal) if seasonal else []
    return found


def _sentence(
    subject: str, words: str, seasons: list[Season], found: Floats, known: int, missing: int, dense: bool
) -> str:
    parts = [f"{subject} {words}" if words.startswith(MOVES) else f"{subject}: {words}"]
    if seasons:
        named = " and ".join(f"{season.words}, strength {season.strength:.2f}" for season in seasons[:2])
        parts.append(f"repeats {named}")
    elif dense:
        parts.append("no season stands out")
    first = float(found[1])
    if abs(first) <= 1.96 / np.sqrt(known):
        parts.append("a value says nothing about the next")
    else:
        parts.append(f"a value goes with the next one (autocorrelation {first:.2f})")
    tail = "" if dense else f" {missing:,} points are missing, too many to look for seasons."
    return "; ".join(parts) + "." + tail
