"""Pictures of an edit: a profile before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from synth_core.figures.axes import bar_height, bin_positions, label_axis
from synth_core.figures.likeness import steps
from synth_core.figures.style import PALETTES, Mode, filled, hatched, line, new_figure, safe, share, value_text
from synth_core.what_if import Shift
from synth_core.what_if_shapes import Shape

if TYPE_CHECKING:
    import plotly.graph_objects as go

REAL, EDITED = "Real rows", "What-if"


def number_figure(name: str, shape: Shape, shift: Shift, dates: bool, mode: Mode = "light") -> go.Figure:
    """Return a number's profile (filled) and where the edit takes it (dashed); areas are equal."""
    palette = PALETTES[mode]
    middles, widths = bin_positions(shape.edges, dates)
    figure = new_figure(mode, f"what_if:{name}", height=340, bargap=0)
    figure.add_bar(
        name=REAL, x=middles.tolist(), y=list(shape.shares), width=(widths * 0.96).tolist(),
        marker=filled(palette, opacity=0.5), hoverinfo="skip",
    )  # fmt: skip
    scale = 1000 if dates else 1
    edges = shift.moved(np.asarray(shape.edges))
    xs, ys = steps([float(edge) * scale for edge in edges], [part / shift.stretch for part in shape.shares])
    figure.add_scatter(
        name=EDITED, x=xs, y=ys, mode="lines", line=line(palette, "synthetic"), hoverinfo="skip", legendrank=1001
    )
    for at, colour in (
        (shape.middle, palette.real),
        (float(shift.moved(np.asarray([shape.middle]))[0]), palette.synthetic),
    ):
        figure.add_vline(x=at * scale, line={"color": colour, "width": 1.5, "dash": "dot"})
    ends = [min(shape.edges[0], float(edges[0])) * scale, max(shape.edges[-1], float(edges[-1])) * scale]
    room = 0.02 * (ends[1] - ends[0])
    axis = {"type": "date"} if dates else {"tickformat": ",~g"}
    figure.update_xaxes(**axis, showgrid=False, range=[ends[0] - room, ends[1] + room])
    figure.update_yaxes(title_text="Share of rows", tickformat=".3~%", rangemode="tozero", nticks=5)
    return figure


def alt_number(name: str, shape: Shape, shift: Shift, dates: bool) -> str:
    """Return what the picture of a moved number says."""
    low, middle, high = (float(value) for value in shift.moved(np.asarray([shape.low, shape.middle, shape.high])))
    was = f"{value_text(shape.middle, dates)} ({value_text(shape.low, dates)} to {value_text(shape.high, dates)})"
    now = f"{value_text(middle, dates)} ({value_text(low, dates)} to {value_text(high, dates)})"
    return f"{name}: the middle goes from {was} to {now}." if shift.changes else f"{name}: unchanged, middle {was}."


def rates_figure(name: str, before: Mapping[str, float], after: Mapping[str, float], mode: Mode = "light") -> go.Figure:
    """Return the shares of a column's categories before (solid) and after (hatched)."""
    palette = PALETTES[mode]
    labels = list(after)
    figure = new_figure(mode, f"what_if:{name}", height=bar_height(len(labels), 42), barmode="group")
    for title, side, marker in ((REAL, before, filled(palette)), (EDITED, after, hatched(palette))):
        values = [side.get(label, 0.0) for label in labels]
        figure.add_bar(
            orientation="h", name=title, y=list(range(len(labels))), x=values, marker=marker,
            text=[share(value) for value in values], textposition="outside", cliponaxis=False,
            customdata=[safe(label) for label in labels],
            hovertemplate="%{customdata}<br>%{text}<extra>" + title + "</extra>",
        )  # fmt: skip
    label_axis(figure, labels)
    most = max([*before.values(), *after.values(), 0.01])
    figure.update_xaxes(tickformat=".0%", range=[0, most * 1.15])
    return figure
