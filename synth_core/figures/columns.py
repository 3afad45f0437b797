"""Pictures of one column of the real table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synth_core.figures.axes import OTHER, RARE, bar_height, bin_names, bin_positions, label_axis, value_axis
from synth_core.figures.style import PALETTES, Mode, filled, hatched, new_figure, nothing, safe, share
from synth_core.table import Kind

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from synth_core.profile import ColumnProfile


def column_figure(column: ColumnProfile, mode: Mode = "light") -> go.Figure:
    """Return the histogram of a number or date with its smooth density, or the bars of a category's frequent values."""
    if column.counts:
        return _histogram(column, mode)
    if column.values:
        return _bars(column, mode)
    if column.kind in (Kind.IDENTIFIER, Kind.TEXT) or column.semantic:
        return nothing(mode, "The values of this column are not shown.")
    return nothing(mode, "Every cell is empty." if not column.filled else "Too few values to draw.")


def _histogram(column: ColumnProfile, mode: Mode) -> go.Figure:
    palette, dates = PALETTES[mode], column.kind is Kind.DATETIME
    middles, widths = bin_positions(column.edges, dates)
    names = bin_names(column.edges, dates, column.kind is Kind.INTEGER)
    parts = [count / column.filled for count in column.counts]
    figure = new_figure(mode, f"column:{column.name}", height=300, bargap=0, showlegend=False)
    figure.add_bar(
        x=middles.tolist(),
        y=column.counts,
        width=(widths * 0.94).tolist(),
        marker=filled(palette, opacity=0.7 if column.density else 1.0),
        customdata=[[name, share(part)] for name, part in zip(names, parts, strict=True)],
        hovertemplate="%{customdata[0]}<br>%{y:,} rows, %{customdata[1]}<extra></extra>",
    )
    _add_density(figure, column, mode)
    figure.update_xaxes(**value_axis(column.edges, dates, column.log_scale))
    figure.update_yaxes(title_text="Rows", tickformat=",~g", rangemode="tozero", nticks=6)
    for rows, position, anchor, text in (
        (column.below, 0, "left", f"← {column.below:,} rows below"),
        (column.above, 1, "right", f"{column.above:,} rows above →"),
    ):
        if rows:
            figure.add_annotation(
                text=text, x=position, y=1, xref="paper", yref="paper", xanchor=anchor, yanchor="bottom"
            )
    return figure


def _add_density(figure: go.Figure, column: ColumnProfile, mode: Mode) -> None:
    """Draw the smooth density over the bars: rows that it expects in a bin as wide as the ones drawn."""
    if len(column.density) < 2 or len(column.density) != len(column.density_at):
        return
    edges = np.asarray(column.edges, dtype=np.float64)
    width = float(np.diff(np.log10(edges) if column.log_scale else edges).mean())
    scale = 1000 if column.kind is Kind.DATETIME else 1
    inside = [
        (at, part) for at, part in zip(column.density_at, column.density, strict=True) if edges[0] <= at <= edges[-1]
    ]
    figure.add_scatter(
        x=[at * scale for at, _ in inside],
        y=[round(part * width * column.filled, 3) for _, part in inside],
        mode="lines",
        line={"color": PALETTES[mode].text, "width": 1.6},
        opacity=0.75,
        hoverinfo="skip",
    )


def _bars(column: ColumnProfile, mode: Mode) -> go.Figure:
    palette = PALETTES[mode]
    figure = new_figure(
        mode, f"column:{column.name}", height=bar_height(len(column.values)), showlegend=False, barmode="overlay"
    )
    for rest in (False, True):
        part = [(i, v) for i, v in enumerate(column.values) if (v.label in (RARE, OTHER)) is rest]
        if not part:
            continue
        figure.add_bar(
            orientation="h",
            y=[i for i, _ in part],
            x=[v.share for _, v in part],
            marker=hatched(palette, palette.muted, ".") if rest else filled(palette),
            text=[share(v.share) for _, v in part],
            textposition="outside",
            cliponaxis=False,
            customdata=[[safe(v.label), f"{v.rows:,}"] for _, v in part],
            hovertemplate="%{customdata[0]}<br>%{customdata[1]} rows, %{text}<extra></extra>",
        )
    label_axis(figure, [v.label for v in column.values])
    top = max(v.share for v in column.values)
    figure.update_xaxes(tickformat=".0%", range=[0, top * 1.15], showgrid=False, showticklabels=False)
    return figure


def spark_svg(
    real: Sequence[float],
    synthetic: Sequence[float] = (),
    mode: Mode = "light",
    *,
    width: int = 120,
    height: int = 28,
) -> str:
    """Return a tiny chart as SVG text: real as filled bars, synthetic as a dashed outline over them."""
    palette = PALETTES[mode]
    top = max([*real, *synthetic, 1e-12])
    if not real:
        return ""
    each = width / len(real)
    bars = "".join(
        f'<rect x="{i * each:.1f}" y="{height - height * v / top:.1f}" width="{each * 0.86:.1f}" '
        f'height="{height * v / top:.1f}"/>'
        for i, v in enumerate(real)
    )
    points = [(i * each + edge, height - (height - 1) * v / top) for i, v in enumerate(synthetic) for edge in (0, each)]
    outline = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    line = (
        f'<polyline points="{outline}" fill="none" stroke="{palette.synthetic}" stroke-width="1.5" '
        'stroke-dasharray="4 2"/>'
        if points
        else ""
    )
    return (
        f'<svg viewBox="0 0 {width} {height}" width="{width}" height="{height}" aria-hidden="true">'
        f'<g fill="{palette.real}" fill-opacity="0.55">{bars}</g>{line}</svg>'
    )


def share_bars(real: float, synthetic: float, top: float, mode: Mode = "light", *, width: int = 64) -> str:
    """Return two tiny bars as SVG text: real filled above, synthetic outlined below; ``top`` fills the width."""
    palette, scale = PALETTES[mode], (width - 2) / max(top, 1e-12)
    return (
        f'<svg viewBox="0 0 {width} 20" width="{width}" height="20" aria-hidden="true">'
        f'<rect x="1" y="2" width="{real * scale:.1f}" height="7" fill="{palette.real}" fill-opacity="0.55"/>'
        f'<rect x="1" y="12" width="{synthetic * scale:.1f}" height="6" fill="none" stroke="{palette.synthetic}" '
        'stroke-width="1.5" stroke-dasharray="4 2"/></svg>'
    )
