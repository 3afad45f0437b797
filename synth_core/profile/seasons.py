"""Which cycles of a series stand out of red noise."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

LEVEL = 0.001
MOST = 4
FEWEST_CYCLES = 3.0
IN_STEP = 0.6
ALWAYS_IN_STEP = 0.985
CLEAR = 5.0
LOBE = 2  # places that the taper spreads a line over, to either side
BESIDE = 10
SHARP = 12.0
_PHIS = np.concatenate([np.linspace(-0.9, 0.9, 37), [0.93, 0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.998, 0.9999]])


@dataclass(frozen=True)
class Peak:
    """A cycle: its length in steps, the corrected p-value of its peak, and the peak over the noise beneath it."""

    steps: float
    p_value: float
    height: float


def find_peaks(
    values: Floats, known: tuple[float, ...] = (), overtones: tuple[float, ...] = (), *, shortest: float = 2.0
) -> list[Peak]:
    """Return the cycles of an evenly spaced series without gaps, the clearest first.

    Parameters
    ----------
    known
        Lengths (in steps) that the calendar gives: a peak within the resolution of one is taken to be that cycle.
    overtones
        Parts of these, like half a day: taken likewise, but as part of the longer cycle where that is there.
    shortest
        No cycle of fewer steps is looked for.

    Notes
    -----
    The tapered periodogram over a background that is the larger of the spectrum of AR(1) noise, fitted robustly to
    the logarithm (after Mann & Lees 1996, doi:10.1007/BF00142586), and a running median, so that neither red noise
    nor a broad hump passes for a cycle. A ratio is exponential under the null; p-values are corrected for the number
    of frequencies. A cycle must keep its phase from part to part: a resonance does not. Harmonics of a cycle count as
    part of it. A cycle is looked for when it fits three times or more.
    """
    n = len(values)
    if n < 24 or float(np.ptp(values)) == 0:
        return []
    power, frequency = _periodogram(values)
    tested = (frequency >= FEWEST_CYCLES / n) & (frequency <= 1 / shortest + 1e-9)
    tested[: int(FEWEST_CYCLES)] = False
    tested[-1] = tested[-1] and n % 2 == 1  # the last one of an even series has another distribution
    if tested.sum() < 8:
        return []
    ratio = power / _background(power, frequency)
    p_values = -np.expm1(tested.sum() * np.log1p(-np.exp(-np.minimum(ratio, 700.0)).clip(max=1 - 1e-16)))
    top = np.r_[False, (ratio[1:-1] >= ratio[:-2]) & (ratio[1:-1] > ratio[2:]), ratio[-1] > ratio[-2]]
    places = np.flatnonzero(top & tested & (p_values < LEVEL))
    places = places[np.argsort(-ratio[places])][:60]
    found = [(int(i), _peak(int(i), power, frequency, p_values, ratio, n, known + overtones)) for i in places]
    peaks = [peak for i, peak in found if peak.steps in known + overtones or _is_a_line(power, i)]
    peaks = [peak for peak in peaks if _keeps_time(values, peak, peak.steps in known + overtones)]
    return _fundamentals(peaks, n, known)[:MOST]


def _is_a_line(power: Floats, place: int) -> bool:
    """Whether a peak stands out of the frequencies right beside it; that of a mere tendency to swing is broad."""
    low, high = max(place - BESIDE, 0), place + BESIDE + 1
    beside = np.concatenate([power[low : max(place - LOBE, 0)], power[place + LOBE + 1 : high]])
    return bool(power[place] >= SHARP * np.median(beside) / np.log(2)) if len(beside) else True


def _keeps_time(values: Floats, peak: Peak, calendar: bool) -> bool:
    """Whether a cycle stays in step with itself from part to part; a mere tendency to swing drifts.

    The clearer a peak, the less can noise put its parts out of step; what the calendar gives needs less proof.
    """
    n, steps = len(values), peak.steps
    parts = int(min(10, n / steps))
    if parts < 4:
        return True
    ends = np.linspace(0, n, parts + 1).astype(np.intp)
    turning = np.exp(-2j * np.pi * np.arange(n) / steps)
    waves = np.array([
        ((values[a:b] - values[a:b].mean()) * np.hanning(b - a + 2)[1:-1] * turning[a:b]).sum()
        for a, b in pairwise(ends)
    ])  # fmt: skip
    # the length of a cycle is known to a part of 1 / n: turn each part by what makes the most of them
    turns = np.exp(2j * np.pi * np.linspace(-0.5, 0.5, 1 if calendar else 21)[:, None] * np.arange(parts) / parts)
    together = float(np.abs(turns @ waves).max()) / float(np.abs(waves).sum())
    clear = 0.0 if calendar else 1 - np.exp(-peak.height / (CLEAR * parts))
    return together >= IN_STEP + (ALWAYS_IN_STEP - IN_STEP) * clear


def _periodogram(values: Floats) -> tuple[Floats, Floats]:
    """Return power, of unit mean for white noise of unit variance, and frequency (cycles per step), without 0."""
    n = len(values)
    place = np.linspace(-1, 1, n)
    line = np.polyfit(place, values, 1)
    centred = values - np.polyval(line, place)
    taper = np.hanning(n + 2)[1:-1]
    spectrum = np.fft.rfft(centred * taper)
    power = np.abs(spectrum) ** 2 / float((taper**2).sum())
    return np.maximum(power[1:], 1e-12 * float(power.max() or 1)), np.fft.rfftfreq(n)[1:]


def _background(power: Floats, frequency: Floats) -> Floats:
    """Return the noise beneath the peaks at every frequency."""
    noise = _red_noise(power, frequency)
    return np.asarray(np.maximum(noise, _running_median(power)), dtype=np.float64)


def _red_noise(power: Floats, frequency: Floats) -> Floats:
    """Return the spectrum of the AR(1) noise that fits best, not minding peaks (least absolute logarithms)."""
    m = len(power)
    chosen = np.unique(np.round(np.geomspace(1, m, min(m, 1200)) - 1).astype(np.intp))
    # every frequency weighs alike on average, though low ones are picked more densely
    weight = np.gradient(chosen.astype(np.float64)) if len(chosen) > 2 else np.ones(len(chosen))
    weight = np.sqrt(np.maximum(weight, 1.0))
    logs = np.log(power[chosen])
    shapes = -np.log(1 + _PHIS[:, None] ** 2 - 2 * _PHIS[:, None] * np.cos(2 * np.pi * frequency[chosen])[None, :])
    rest = logs[None, :] - shapes
    level = np.median(rest, axis=1)
    misfit = (weight * np.abs(rest - level[:, None])).sum(axis=1)
    best = int(misfit.argmin())
    phi = float(_PHIS[best])
    shape = -np.log(1 + phi**2 - 2 * phi * np.cos(2 * np.pi * frequency))
    middle = float(np.median(np.log(power) - shape))
    return np.asarray(np.exp(middle + shape) / np.log(2), dtype=np.float64)


def _running_median(power: Floats) -> Floats:
    """Return the median around each frequency, as a mean of exponential noise: +/- 12 places, or a third of its own."""
    m = len(power)
    anchors = np.unique(np.round(np.geomspace(1, m, 80) - 1).astype(np.intp))
    logs = np.log(power)
    middles = []
    for i in anchors:
        reach = max(12, int(i / 3))
        low = max(0, min(i - reach, m - 2 * reach))
        middles.append(float(np.median(logs[low : i + reach + 1])))
    smooth = np.interp(np.arange(m), anchors, middles)
    return np.asarray(np.exp(smooth) / np.log(2), dtype=np.float64)


def _peak(
    i: int, power: Floats, frequency: Floats, p_values: Floats, ratio: Floats, n: int, known: tuple[float, ...]
) -> Peak:
    """Return the peak at place ``i``, its frequency refined by the powers beside it, or the calendar's."""
    around = slice(max(0, i - 1), i + 2)
    fine = float((frequency[around] * power[around]).sum() / power[around].sum())
    near = [steps for steps in known if abs(1 / steps - fine) <= 0.75 / n]
    steps = min(near, key=lambda s: abs(1 / s - fine)) if near else 1 / fine
    return Peak(max(2.0, steps), float(p_values[i]), float(ratio[i]))


def _fundamentals(peaks: list[Peak], n: int, known: tuple[float, ...]) -> list[Peak]:
    """Return the peaks that are no harmonic or side lobe of another one, the clearest first.

    Two harmonics (a half and a third, say) without their common cycle stand for it: a cycle that is not a plain wave
    may have little power at its own length.
    """
    peaks = sorted(peaks, key=lambda p: -p.height)
    apart: list[Peak] = []
    for peak in peaks:
        if all(abs(1 / other.steps - 1 / peak.steps) >= 2.5 / n for other in apart):
            apart.append(peak)
    apart = _calendar(apart, n, known)
    whole = [Peak(steps, p_value, height) for steps, p_value, height in _common(apart, n, known)]
    apart = sorted([*apart, *whole], key=lambda p: -p.height)
    kept: list[Peak] = []
    for peak in apart:
        parent = [other for other in apart if other is not peak and _harmonic(peak, other, n)]
        if not parent or peak.steps in known:
            clearest = max([peak, *_children(peak, apart, n, known)], key=lambda p: p.height)
            kept.append(Peak(peak.steps, min(peak.p_value, clearest.p_value), clearest.height))
    return sorted(kept, key=lambda p: -p.height)


def _calendar(peaks: list[Peak], n: int, known: tuple[float, ...]) -> list[Peak]:
    """Return the peaks with those that are parts of a calendar's cycle put together into it, the shortest cycle first.

    A week that changes the course of its days shows as peaks at 12.9 or 22 hours, which nobody would know again. A
    cycle takes parts in where it fits so often that few frequencies are near its multiples by chance.
    """
    for steps in sorted(known):
        if steps > n / 20:
            break
        own = [peak for peak in peaks if peak.steps == steps]
        times = {peak: round(steps / peak.steps) for peak in peaks if peak.steps not in known}
        parts = [
            peak for peak, k in times.items() if 2 <= k <= 64 and abs(1 / peak.steps - k / steps) < 0.75 / n
        ]  # fmt: skip
        sure = len(parts) > 1 or (n >= 50 * steps and any(times[peak] > 4 for peak in parts))
        if parts and (own or sure):
            clearest = max([*own, *parts], key=lambda peak: peak.height)
            rest = [peak for peak in peaks if peak not in own and peak not in parts]
            peaks = [*rest, Peak(steps, clearest.p_value, clearest.height)]
    return peaks


def _children(peak: Peak, peaks: list[Peak], n: int, known: tuple[float, ...]) -> list[Peak]:
    return [other for other in peaks if other.steps not in known and _harmonic(other, peak, n)]


def _common(peaks: list[Peak], n: int, known: tuple[float, ...]) -> list[tuple[float, float, float]]:
    """Return cycles that are not there themselves, but of which two or more clear harmonics are."""
    found: list[tuple[float, float, float]] = []
    for place, first in enumerate(peaks[:8]):
        for second in peaks[place + 1 : 8]:
            slow, fast = (first, second) if first.steps > second.steps else (second, first)
            for a, b in ((2, 3), (3, 4), (2, 5), (3, 5)):
                steps = a * slow.steps
                fits = abs(b / steps - 1 / fast.steps) < 0.75 / n and steps <= n / 6
                if fits and not any(abs(1 / other.steps - 1 / steps) < 1.5 / n for other in peaks):
                    near = [one for one in known if abs(1 / one - 1 / steps) < 1 / n]
                    found.append((near[0] if near else steps, max(first.p_value, second.p_value), second.height))
    return found[:1]


def _harmonic(peak: Peak, other: Peak, n: int) -> bool:
    """Whether ``peak`` repeats 2 to 12 times (or 13 to 24 for a strong one) within ``other``."""
    whole = round(other.steps / peak.steps)
    limit = 24 if other.height > 4 * peak.height else 12
    if not 2 <= whole <= limit or (other.steps > n / 6 and other.height < peak.height):
        return False
    return abs(1 / peak.steps - whole / other.steps) < 1.0 / n
