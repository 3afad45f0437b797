"""Axes, bins and labels that several pictures share."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from synth_core.figures.style import PALETTES, Mode, amount, number_axis, short, value_text

if TYPE_CHECKING:
    import plotly.graph_objects as go

Floats = npt.NDArray[np.float64]
RARE, OTHER = "(rare)", "(other)"
RARE_ROWS = 5


def bin_positions(edges: Sequence[float] | Floats, dates: bool) -> tuple[Floats, Floats]:
    """Return middles and widths of bins; dates in milliseconds since 1970, as Plotly wants them."""
    scaled = np.asarray(edges, dtype=np.float64) * (1000 if dates else 1)
    return (scaled[1:] + scaled[:-1]) / 2, np.diff(scaled)


def bin_names(edges: Sequence[float], dates: bool, whole: bool = False) -> list[str]:
    """Return "low – high" per bin, or the single whole number that a bin holds."""
    names = []
    for low, high in pairwise(edges):
        if whole and high - low <= 1.5:
            names.append(amount(round((low + high) / 2)))
        else:
            first, last = (np.ceil(low), np.floor(high)) if whole else (low, high)
            names.append(f"{value_text(float(first), dates)} – {value_text(float(last), dates)}")
    return names


def error_bars(values: Sequence[float], lows: Sequence[float], highs: Sequence[float], **look: Any) -> dict[str, Any]:
    """Return Plotly's error bars of intervals, from their ends; ``look``: colour, thickness, width."""
    above = [high - value for high, value in zip(highs, values, strict=True)]
    below = [value - low for value, low in zip(values, lows, strict=True)]
    return {"type": "data", "symmetric": False, "array": above, "arrayminus": below, **look}


def value_axis(edges: Sequence[float], dates: bool, log_scale: bool = False) -> dict[str, Any]:
    """Return the settings of an axis that carries a column's values."""
    if dates:
        return {"type": "date", "showgrid": False}
    if log_scale:
        return {"type": "log", "showgrid": False, "tickformat": ",~g", "dtick": 1, "exponentformat": "none"}
    return {"showgrid": False, **number_axis(float(edges[0]), float(edges[-1]))}


def bar_height(bars: int, each: int = 26) -> int:
    """Return the height in pixels of a chart of horizontal bars."""
    return 56 + each * max(bars, 2)


def label_axis(figure: go.Figure, labels: Sequence[str], **where: Any) -> None:
    """Put labels (cut, safe) on the upright axis, first on top; bars stand at 0, 1, 2, ..."""
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=[short(label) for label in labels],
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        ticklabelstandoff=4,
        tickfont_color=figure.layout.template.layout.font.color,
        **where,
    )


def is_whole(values: Floats) -> bool:
    """Return whether all values are whole numbers."""
    return bool((values == np.floor(values)).all())


def whole_edges(low: float, high: float, bins: int) -> Floats:
    """Return edges between whole numbers, so that each bin holds equally many of them."""
    step = max(1.0, float(np.ceil((np.floor(high) - np.floor(low) + 1) / bins)))
    return np.arange(np.floor(low), np.floor(high) + step + 0.5, step) - 0.5


def blues(mode: Mode) -> list[list[Any]]:
    """Return the scale of "how many rows": from nearly the ground to the colour of real rows."""
    low, middle = ("#E4EFF6", "#6FB1D6") if mode == "light" else ("#22303A", "#36719B")
    return [[0, low], [0.5, middle], [1, PALETTES[mode].real if mode == "dark" else "#00507D"]]
