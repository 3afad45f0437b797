"""How a network learns: its losses epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from synth_core.figures.style import PALETTES, Mode, amount, new_figure, nothing

if TYPE_CHECKING:
    import plotly.graph_objects as go

SERIES = {"train": "Rows learned from", "held_out": "Rows set apart", "maker": "Maker", "critic": "Critic"}
_MOST_POINTS = 400


def loss_figure(history: Sequence[dict[str, float]], mode: Mode = "light") -> go.Figure:
    """Return the losses of a network by epoch.

    Where the losses of rows set apart are on another scale than those of training (two networks that compete), they
    stand above in a panel of their own.

    Parameters
    ----------
    history
        Per epoch: ``round`` and any of ``train``, ``held_out``, ``maker``, ``critic``.
    """
    if len(history) < 2:
        return nothing(mode, "The first epochs are being learned.")
    palette = PALETTES[mode]
    colours = {"train": "real", "held_out": "synthetic", "maker": "real", "critic": "holdout"}
    competing = any("maker" in one for one in history)
    figure = new_figure(mode, "losses", height=220, margin={"t": 28, "b": 36}, hovermode="x unified")
    thinned = history[:: -(-len(history) // _MOST_POINTS)]
    for name, label in SERIES.items():
        points = [(one["round"], one[name]) for one in (history if name == "held_out" else thinned) if name in one]
        if not points:
            continue
        dash = {"real": "solid", "synthetic": "dash", "holdout": "dot"}[colours[name]]
        figure.add_scatter(
            x=[place for place, _ in points],
            y=[value for _, value in points],
            name="Distance from rows set apart" if competing and name == "held_out" else label,
            mode="lines",
            line={"color": palette.series(colours[name]), "dash": dash, "width": 2},
            yaxis="y2" if competing and name == "held_out" else "y",
        )
    figure.update_layout(xaxis={"title_text": "epoch"}, yaxis={"title_text": "loss"}, showlegend=True)
    if competing and any("held_out" in one for one in history):
        figure.update_layout(
            yaxis={"domain": [0, 0.45]},
            yaxis2={"domain": [0.58, 1], "title_text": "distance", "anchor": "x", "rangemode": "tozero"},
            height=300,
        )
    return figure


def alt_losses(history: Sequence[dict[str, float]]) -> str:
    """Return the picture in words: where the checks on rows set apart began, were best, and are."""
    held = [(one["round"], one["held_out"]) for one in history if "held_out" in one]
    if not held:
        return f"Losses of {len(history)} epochs."
    best = min(held, key=lambda one: one[1])
    return (
        f"Losses of {len(history)} epochs. On rows set apart: {amount(held[0][1])} at first, {amount(best[1])} at "
        f"best (epoch {best[0]:.0f}), {amount(held[-1][1])} now."
    )
