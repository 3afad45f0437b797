"""How the empty cells of a column lie."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from synth_core.profile.words import counted, percent


def _share(part: float) -> str:
    """Return a share with one decimal under 10 %, as beside it on the page."""
    return f"{100 * part:.1f} %" if 0.001 <= part < 0.0995 else percent(part)


def gap_note(gaps: npt.NDArray[np.bool_]) -> str:
    """Return how many cells are empty and how they lie, in words; "" when none is.

    Notes
    -----
    Stretches of empty cells are counted and held against a random order of rows (Wald and Wolfowitz 1940,
    doi:10.1214/aoms/1177731909): less than half as many are blocks, as when a field was added later; far more, or
    distances that vary less than half as much as by chance, are too even for it, as where every tenth row is asked. No
    pattern in the order of rows does not say that cells are missing at random: other columns can still decide it.
    """
    rows, empty = len(gaps), int(gaps.sum())
    if not empty:
        return ""
    if empty == rows:
        return "Empty in every row."
    start = f"Empty in {counted(empty, 'row')} ({_share(empty / rows)})"
    filled = rows - empty
    if empty < 20 or filled < 20:
        return f"{start}."
    turns = np.flatnonzero(gaps[1:] != gaps[:-1]) + 1
    bounds = np.concatenate([[0], turns, [rows]])
    lengths = np.diff(bounds)[gaps[bounds[:-1]]]
    expected = 1 + 2 * empty * filled / rows
    spread = np.sqrt((expected - 1) * (expected - 2) / (rows - 1))
    runs = len(turns) + 1
    even = runs >= expected and _evenly_apart(gaps if empty <= filled else ~gaps)
    if even or runs > expected + 5 * spread:
        return f"{start}, more evenly spread over the rows than in a random order."
    if runs > expected - 5 * spread or lengths.max() < 3:
        return f"{start}, with no pattern in the order of rows."
    if lengths.max() >= 0.9 * empty:
        where = "at the start" if gaps[0] else "at the end" if gaps[-1] else "in the middle"
        return f"{start}, nearly all in one stretch of {lengths.max():,} rows {where} of the table."
    stretches = f"{start}, in {len(lengths):,} stretches, the longest of {lengths.max():,} rows"
    if runs > expected / 2:  # beyond chance in a long table, and yet little
        return f"{stretches}: a little less scattered than in a random order of rows."
    return f"{stretches}: in blocks."


def _evenly_apart(some: npt.NDArray[np.bool_]) -> bool:
    """Return whether the distances of these rows vary less than half as much as by chance (a geometric law)."""
    apart = np.diff(np.flatnonzero(some))
    share = float(some.mean())
    return len(apart) >= 30 and float(apart.std()) < 0.5 * np.sqrt(1 - share) / share
