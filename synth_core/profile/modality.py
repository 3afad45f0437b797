"""How many modes a column has, tested against chance."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from synth_core.profile.density import quantile
from synth_core.profile.words import number

Floats = npt.NDArray[np.float64]

LEVEL = 0.05
ENOUGH_VALUES = 50
ENOUGH_LEVELS = 5
FINEST = 10
NARROWEST = 1e-290  # slopes overflow below
MOST_CELLS = 800
SMALLEST_DIP = 0.005  # a second mode that stands clear of the rest with about 1 % of the rows
PERIODS = (5, 10, 20, 25, 50, 60, 100, 250, 500, 1000, 5000, 10_000, 50_000, 100_000, 500_000, 1_000_000)

# Upper tail of sqrt(n) * dip of n uniform values (measured as below, 20,000 samples each): P(dip >= value) = TAIL.
TAIL = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.001)
SIZES = (50, 100, 200, 500, 2000)
CRITICAL = np.array(
    [
        [0.1313, 0.1886, 0.2357, 0.2828, 0.3094, 0.3536, 0.3889, 0.4351, 0.4647, 0.4950, 0.5657],
        [0.1625, 0.2000, 0.2429, 0.2857, 0.3167, 0.3550, 0.3955, 0.4400, 0.4731, 0.5000, 0.5667],
        [0.1626, 0.2071, 0.2443, 0.2828, 0.3182, 0.3590, 0.4007, 0.4455, 0.4773, 0.5059, 0.5728],
        [0.1597, 0.2057, 0.2460, 0.2885, 0.3175, 0.3634, 0.4045, 0.4568, 0.4919, 0.5322, 0.5948],
        [0.1603, 0.2050, 0.2437, 0.2893, 0.3205, 0.3690, 0.4109, 0.4584, 0.4909, 0.5322, 0.6149],
    ]
)


class Modality(BaseModel):
    """How many modes a column has.

    Attributes
    ----------
    modes
        Modes that stand clear of chance; 1 when one mode is not rejected at the 5 % level.
    p_value
        Of "the column has one mode" (0.001: that or less); None where it was not tested.
    at
        Where the modes are, in the column's own units (dates: seconds since 1970), from left to right.
    """

    model_config = ConfigDict(frozen=True)

    modes: int
    p_value: float | None = None
    at: list[float] = Field(default_factory=list)
    sentence: str = ""


def rounded(value: float) -> str:
    """Return a place in words, with three significant digits."""
    return number(float(f"{value:.3g}"))


def modality(found: Floats, said: Callable[[float], str] = rounded, *, floor: float = SMALLEST_DIP) -> Modality | None:
    """Return how many modes sorted values have; None for fewer than 50 values or fewer than five different ones.

    Parameters
    ----------
    said
        Writes a place on the axis in words.
    floor
        The smallest dip that counts, however many rows there are.

    Notes
    -----
    Hartigan's dip (Hartigan and Hartigan 1985, doi:10.1214/aos/1176346577) against uniform values, the least favourable
    of all with one mode: other shapes are rejected more rarely than the level says. The number of modes is that of the
    taut string in a tube of the critical dip around the distribution function (Davies and Kovac 2001,
    doi:10.1214/aos/996986501): the fewest that fit. Values on a grid (whole numbers, cents, heaps at tens) are spread
    evenly over the cells of the grid first, so that the grid itself makes no modes.
    """
    if len(found) < ENOUGH_VALUES or found[-1] - found[0] < NARROWEST:
        return None
    if len(runs(found)[0]) < ENOUGH_LEVELS:
        return None
    at, share = distribution(found)
    if len(at) <= 2:
        return None
    width = dip(at, share)
    p_value = dip_p_value(width, len(found))
    radius = max(_critical(len(found)), floor)
    if width <= radius:
        one = _sentence([], p_value, said)
        if p_value <= LEVEL:  # many rows tell the smallest bump from chance
            one = (
                f"Hardly more than one mode: what speaks for a second ({_chance(p_value)}) is under 1 % of the values."
            )
        return Modality(modes=1, p_value=p_value, at=[_densest(at, share)], sentence=one)
    tops = [_middle(found, left, right) for left, right in _modes(at, share, radius)]
    return Modality(modes=len(tops), p_value=p_value, at=tops, sentence=_sentence(tops, p_value, said))


def _sentence(tops: list[float], p_value: float, said: Callable[[float], str]) -> str:
    chance = _chance(p_value)
    if len(tops) < 2 and p_value <= LEVEL:
        return f"One mode, though not a smooth one: a test rejects it ({chance}), and no second one stands clear."
    if len(tops) < 2:
        return f"One mode is enough to explain the values ({chance} for one mode)."
    places = ", ".join(said(top) for top in tops[:-1]) + " and " + said(tops[-1])
    return f"{len(tops)} modes, near {places}: one mode would not look like this by chance ({chance})."


def _chance(p_value: float) -> str:
    return "p < 0.001" if p_value <= 0.001 else f"p = {p_value:.2g}"


def distribution(found: Floats) -> tuple[Floats, Floats]:
    """Return points and the share of sorted values below them, straight in between.

    Values are spread evenly over cells a tenth of the middle half wide, or as wide as the grid or the heaps they lie
    on: finer structure makes spikes, not modes. Of very long tails the outer 0.5 % on each side are left out.
    """
    usual = quantile(found, 0.75) - quantile(found, 0.25) or found[-1] - found[0]
    levels, sizes = runs(found)
    step = heap_step(levels, sizes)
    fine = float(usual) / FINEST
    grid, size = (step, int(np.ceil(fine / step))) if step else (fine, 1)
    while True:
        cells, counts = runs(_cells(found, grid, size))
        if len(cells) > MOST_CELLS and len(found) > 2 * MOST_CELLS:
            inner = found[int(0.005 * len(found)) : int(np.ceil(0.995 * len(found)))]
            cells, counts = runs(_cells(inner, grid, size))
        # sparse cells make ragged edges
        if len(cells) <= MOST_CELLS and (len(found) >= 4 * len(cells) or len(cells) <= 4 * ENOUGH_LEVELS):
            at, share = _of_cells(cells, counts, float(grid * size))
            return at - (0.5 * grid if step and size % 2 == 0 else 0.0), share
        if step:
            size *= 2
        else:
            grid *= 2


def _cells(found: Floats, grid: float, size: int) -> Floats:
    """Return the number of the cell of ``size`` grid steps that holds each value.

    By whole numbers of steps: what lies on the edge of two cells must not fall to either side as rounding has it.
    """
    steps = np.floor(found / grid + 0.5)
    return np.asarray(steps if size == 1 else np.floor((steps + size // 2) / size), dtype=np.float64)


def runs(found: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Return the different ones of sorted values, and how many there are of each."""
    starts = np.flatnonzero(np.concatenate([np.ones(min(len(found), 1), dtype=bool), found[1:] != found[:-1]]))
    return found[starts], np.diff(starts, append=len(found)).astype(np.int64)


def _of_cells(cells: Floats, counts: npt.NDArray[np.int64], step: float) -> tuple[Floats, Floats]:
    """Return the distribution of values spread evenly over cells of this width around multiples of it."""
    below = np.cumsum(counts) / counts.sum()
    edges = np.union1d(cells - 0.5, cells + 0.5)
    position = np.searchsorted(cells, edges, "left")  # cells that lie wholly below each edge
    share = np.where(position > 0, below[np.maximum(position - 1, 0)], 0.0)
    return edges * step, share


def heap_step(levels: Floats, sizes: npt.NDArray[np.int64]) -> float | None:
    """Return the width of the cells that values are rounded to or heaped on; None for fine values.

    ``levels`` are the different values in order, ``sizes`` the rows of each.

    The grid is the coarsest one that (nearly) all values are multiples of; heaps are multiples of 5, 10, 20 ... grid
    steps that hold more rows than every value around them, at most places where they could.
    """
    part = levels if len(levels) <= 20_000 else levels[:: len(levels) // 10_000]
    size = max(abs(part[0]), abs(part[-1]), 1e-300)
    for power in range(int(np.floor(np.log10(size))), -7, -1):
        grid = 10.0**power
        scaled = part / grid
        if (np.abs(scaled - np.round(scaled)) < 1e-6 * np.maximum(1.0, np.abs(scaled))).mean() > 0.999:
            break
    else:
        return None
    cells, counts = np.round(levels / grid), sizes
    if size / grid < 2**53 and len(cells) > 2:
        common = int(np.gcd.reduce(np.diff(cells).astype(np.int64)))
        if common > 1 and not (cells % common).any():  # steps of a half, a quarter, five ...
            grid, cells = grid * common, cells / common
    heaped = [period for period in PERIODS if _heaped(cells, counts, period)]
    return float(grid * max(heaped, default=1))


def _heaped(cells: Floats, counts: npt.NDArray[np.int64], period: int) -> bool:
    """Return whether multiples of ``period`` stand out among the cells around them and hold more than their share."""
    first, last = np.ceil(cells[0] / period), np.floor(cells[-1] / period)
    if last - first < 4 or last - first > 2000:
        return False
    nearest = np.round(cells / period)
    on = cells == nearest * period
    held = counts[on].sum()
    if held < 1.5 * counts.sum() / period:
        return False
    # the half-way cells count on both sides: a heap must beat them as well
    half = np.floor(cells / period + 0.5) != np.ceil(cells / period - 0.5)
    places = np.concatenate([nearest[~on], np.floor(cells[half] / period), np.ceil(cells[half] / period)]) - first
    sizes = np.concatenate([counts[~on], counts[half], counts[half]])
    width = int(last - first) + 1
    inside = (places >= 0) & (places < width)
    rivals = np.zeros(width)
    np.maximum.at(rivals, places[inside].astype(np.intp), sizes[inside])
    own = np.zeros(width)
    mine = nearest[on] - first
    own[mine.astype(np.intp)] = counts[on]
    told = np.maximum(rivals, own) >= 5
    return bool(told.sum() >= 5 and (own > rivals)[told].mean() >= 0.8)


def dip(at: Floats, share: Floats) -> float:
    """Return how far a distribution function is from the nearest with one mode (straight lines between points)."""
    low, high, widest = 0, len(at) - 1, 0.0
    while high > low:
        inside = share[low : high + 1]
        under = _hung_under(at[low : high + 1], inside)
        over = -_hung_under(at[low : high + 1], -inside)
        apart = over - under
        place = int(np.argmax(apart))
        if apart[place] <= widest + 1e-12:
            break
        touches, caps = np.flatnonzero(inside - under < 1e-12), np.flatnonzero(over - inside < 1e-12)
        if inside[place] - under[place] < 1e-12:
            left, right = place, int(caps[caps >= place][0])
        else:
            left, right = int(touches[touches <= place][-1]), place
        widest = max(widest, float((inside - under)[: left + 1].max()), float((over - inside)[right:].max()))
        if left == 0 and right == high - low:
            break
        low, high = low + left, low + right
    return widest / 2


def _hung_under(at: Floats, heights: Floats) -> Floats:
    """Return the greatest convex function under these heights, at the same places (as Andrew 1979 finds hulls)."""
    x, y = at.tolist(), heights.tolist()
    hull = [0]
    for i in range(1, len(x)):
        while len(hull) > 1:
            a, b = hull[-2], hull[-1]
            if (y[b] - y[a]) * (x[i] - x[b]) < (y[i] - y[b]) * (x[b] - x[a]):
                break
            hull.pop()
        hull.append(i)
    return np.interp(at, at[hull], heights[hull])


def dip_p_value(width: float, rows: int) -> float:
    """Return the chance that ``rows`` uniform values have a dip of at least ``width`` (never below 0.001)."""
    curve = [float(np.interp(np.log(rows), np.log(SIZES), column)) for column in CRITICAL.T]
    found = np.interp(width * np.sqrt(rows), curve, np.log(TAIL), left=0.0)
    return round(float(np.exp(found)), 4)


def _critical(rows: int) -> float:
    column = CRITICAL[:, TAIL.index(LEVEL)]
    return float(np.interp(np.log(rows), np.log(SIZES), column) / np.sqrt(rows))


def _modes(at: Floats, share: Floats, radius: float) -> list[tuple[float, float]]:
    """Return every stretch where the taut string in the tube is steeper than on both sides of it."""
    turns = taut_string(at, share, radius)
    x, y = np.array(turns).T
    slopes = np.diff(y) / np.diff(x)
    before = np.concatenate([[-np.inf], slopes[:-1]])
    after = np.concatenate([slopes[1:], [-np.inf]])
    tops = np.flatnonzero((slopes > before) & (slopes > after))
    return [(float(x[i]), float(x[i + 1])) for i in tops]


def _middle(found: Floats, left: float, right: float) -> float:
    """Return the mean of the sorted values between two places."""
    inside = found[slice(*np.searchsorted(found, (left, right)))]
    return float(inside.mean()) if len(inside) else (left + right) / 2


def _densest(at: Floats, share: Floats) -> float:
    """Return the middle of the narrowest stretch that holds a fifth of the values."""
    places = np.interp(np.linspace(0, 1, 101), share, at)
    start = int(np.argmin(places[20:] - places[:-20]))
    return float((places[start] + places[start + 20]) / 2)


def taut_string(at: Floats, share: Floats, radius: float) -> list[tuple[float, float]]:
    """Return the turning points of the shortest line between the ends within ``radius`` of a function."""
    lower, upper = share - radius, share + radius
    lower[0] = upper[0] = share[0]
    lower[-1] = upper[-1] = share[-1]
    turns, start, height = [(float(at[0]), float(share[0]))], 0, float(share[0])
    while start < len(at) - 1:
        run = at[start + 1 :] - at[start]
        steepest = np.minimum.accumulate((upper[start + 1 :] - height) / run)
        flattest = np.maximum.accumulate((lower[start + 1 :] - height) / run)
        blocked = np.flatnonzero(flattest > steepest)
        if len(blocked) == 0:
            start, height = len(at) - 1, float(share[-1])
        else:
            end = blocked[0]  # the wall met last decides: the string leans on the one it was held by before
            rose = end == 0 or flattest[end] > flattest[end - 1]
            wall, line = (upper, steepest) if rose else (lower, flattest)
            hold = (wall[start + 1 :] - height) / run
            back = np.flatnonzero(hold[: end + 1] == line[max(end - 1, 0)])
            start, height = start + 1 + int(back[-1]), float(wall[start + 1 + int(back[-1])])
        turns.append((float(at[start]), height))
    return turns
