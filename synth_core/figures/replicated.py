"""An analysis run on both tables: every figure with its interval, real beside synthetic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synth_core.figures.axes import bar_height, error_bars, label_axis
from synth_core.figures.style import CLEAR, PALETTES, Mode, amount, new_figure, nothing, safe
from synth_core.replication import Replication

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_DRAWN = 30


def replication_figure(found: Replication, mode: Mode = "light") -> go.Figure:
    """Return the terms of an analysis (up to 30; the intercept has a scale of its own and is left to the table)."""
    terms = [term for term in found.terms if term.name != "(intercept)"][:MOST_DRAWN]
    if not terms:
        return nothing(mode, "There is no figure to draw.")
    palette = PALETTES[mode]
    figure = new_figure(mode, f"replication:{found.analysis}", height=bar_height(len(terms), 44) + 24)
    hollow = {"color": CLEAR, "size": 11, "line": {"color": palette.synthetic, "width": 2.5}}
    filled = {"color": palette.real, "size": 10}
    for name, title, marker, colour, shift in (
        ("real", "Real", filled, palette.real, -0.16),
        ("synthetic", "Synthetic", hollow, palette.synthetic, 0.16),
    ):
        drawn = [(place, term) for place, term in enumerate(terms) if getattr(term, name) is not None]
        values, lows, highs = ([getattr(t, f"{name}{end}") for _, t in drawn] for end in ("", "_low", "_high"))
        figure.add_scatter(
            name=title,
            x=values,
            y=[place + shift for place, _ in drawn],
            mode="markers",
            marker=marker,
            error_x=error_bars(values, lows, highs, color=colour, thickness=1.5, width=4),
            customdata=[
                [safe(t.name), amount(low), amount(high)] for (_, t), low, high in zip(drawn, lows, highs, strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{title}: %{{x:.4~g}} "
            "(%{customdata[1]} to %{customdata[2]})<extra></extra>",
        )
    label_axis(figure, [term.name for term in terms])
    mean = f"Mean of {found.outcome}"
    axis = {"linear": "Effect", "logistic": "Log odds ratio", "mean": mean, "count": "Share of rows"}
    figure.update_xaxes(title_text=safe(axis[found.method]), nticks=7, zeroline=found.method in ("linear", "logistic"))
    return figure
