"""Contours of real, held-out and synthetic rows on the first two principal components."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from synth_core.figures.style import PALETTES, Mode, line, new_figure, nothing
from synth_core.scores.projection import Projection, shared_mass
from synth_core.scores.statistics import Floats

if TYPE_CHECKING:
    import plotly.graph_objects as go

HELD = (0.9, 0.6, 0.3)  # share of the rows inside a contour; no contour holds so few that a single row shows


def projection_figure(found: Projection | None, mode: Mode = "light") -> go.Figure:
    """Return three contours per side, around 90, 60 and 30 % of its rows, drawn on one another."""
    if found is None:
        return nothing(mode, "Too few rows to draw a density.")
    palette = PALETTES[mode]
    figure = new_figure(mode, "projection", height=440)
    for name, title, density in (
        ("holdout", "Held-out", found.holdout),
        ("real", "Real", found.real),
        ("synthetic", "Synthetic", found.synthetic),
    ):
        if not density.size:
            continue
        style = line(palette, name)
        for place, level in enumerate(levels(density)):
            figure.add_contour(
                x=found.x.round(4),
                y=found.y.round(4),
                z=(density / density.max()).round(3),
                autocontour=False,
                contours={"start": level, "end": level, "size": 1, "coloring": "none"},
                line={"color": style["color"], "width": style.get("width", 2), "dash": style.get("dash", "solid")},
                name=title,
                legendgroup=title,
                showlegend=not place,
                showscale=False,
                hoverinfo="skip",
            )
    across, up = (f"{100 * share:.0f} %" for share in found.explained)
    figure.update_xaxes(title_text=f"First component ({across} of the variance)", zeroline=False)
    figure.update_yaxes(title_text=f"Second component ({up})", zeroline=False)
    return figure


def levels(density: Floats) -> list[float]:
    """Return the heights, as shares of the highest, above which 90, 60 and 30 % of the rows lie."""
    ordered = np.sort(density.ravel())[::-1]
    inside = np.cumsum(ordered) / ordered.sum()
    places = np.searchsorted(inside, HELD).clip(max=len(ordered) - 1)
    return [round(float(height), 5) for height in ordered[places] / ordered[0]]


def alt_projection(found: Projection | None) -> str:
    """Return the finding: how much of the densities lies on each other, beside held-out rows."""
    if found is None:
        return "Too few rows to draw a density."
    made = f"Synthetic and real rows share {100 * shared_mass(found.real, found.synthetic):.0f} % of the plane"
    if not found.holdout.size:
        return f"{made}."
    return f"{made}; held-out and real rows {100 * shared_mass(found.real, found.holdout):.0f} %."
