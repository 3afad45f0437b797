"""Numbers written into the cells of heat maps, each in the ink that reads on its cell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import plotly.graph_objects as go

SIZE = 11  # px
INKS = ("#000000", "#ffffff")  # of the two, one reaches 4.58:1 on every colour


def tone_at(scale: Sequence[Sequence[Any]], at: float) -> str:
    """Return the colour (``"#rrggbb"``) of a scale at a place from 0 to 1, mixed as a browser mixes it.

    >>> tone_at([(0, "#000000"), (1, "#ffffff")], 0.5)
    '#808080'
    """
    places = [float(stop[0]) for stop in scale]
    channels = [[int(str(stop[1])[first : first + 2], 16) for stop in scale] for first in (1, 3, 5)]
    return "#" + "".join(f"{round(float(np.interp(at, places, channel))):02x}" for channel in channels)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``"#rrggbb"`` (WCAG 2.2).

    >>> luminance("#ffffff"), luminance("#000000")
    (1.0, 0.0)
    """
    parts = [int(colour[first : first + 2], 16) / 255 for first in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return float(np.dot(linear, [0.2126, 0.7152, 0.0722]))


def ink_on(colour: str) -> str:
    """Return black or white, whichever stands out more from a colour.

    >>> ink_on("#E4EFF6"), ink_on("#00507D")
    ('#000000', '#ffffff')
    """
    return INKS[0] if (luminance(colour) + 0.05) ** 2 > 0.05 * 1.05 else INKS[1]


def write(
    figure: go.Figure,
    values: npt.NDArray[np.float64],
    texts: Sequence[Sequence[str]],
    scale: Sequence[Sequence[Any]],
    limits: tuple[float, float],
    **where: Any,
) -> None:
    """Write texts into the cells of a heat map whose rows and columns stand at 0, 1, 2, ...; "" writes nothing.

    Plotly gives the texts of a heat map one colour, so they are points without a marker: one trace for each ink, which
    a selection of other points does not fade.
    """
    low, high = limits
    cells: dict[str, list[tuple[int, int, str]]] = {ink: [] for ink in INKS}
    for j, row in enumerate(texts):
        for i, text in enumerate(row):
            if text and np.isfinite(values[j, i]):
                at = (float(values[j, i]) - low) / ((high - low) or 1.0)
                cells[ink_on(tone_at(scale, min(max(at, 0.0), 1.0)))].append((i, j, text))
    for ink, found in cells.items():
        if found:
            figure.add_scatter(
                x=[i for i, _, _ in found],
                y=[j for _, j, _ in found],
                text=[text for _, _, text in found],
                mode="text",
                textfont={"size": SIZE, "color": ink},
                selected={"textfont": {"color": ink}},
                unselected={"textfont": {"color": ink}},
                hoverinfo="skip",
                showlegend=False,
                **where,
            )
