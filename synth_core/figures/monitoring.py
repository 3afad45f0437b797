"""Pictures of monitoring: what moved, one column before and now, and scores over the versions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from synth_core.figures.axes import bar_height, bin_names, bin_positions, error_bars, label_axis, value_axis
from synth_core.figures.likeness import steps
from synth_core.figures.style import PALETTES, Mode, filled, hatched, new_figure, nothing, safe, share
from synth_core.monitoring.results import ColumnDrift, Drift, Word

if TYPE_CHECKING:
    import plotly.graph_objects as go

BEFORE, NOW = "Learned from", "New extract"
SHOWN = 25


def drift_bars(found: Drift, mode: Mode = "light") -> go.Figure:
    """Return how far each column moved, the worst first, with a mark at what chance alone reaches."""
    columns = found.columns[:SHOWN]
    if not columns:
        return nothing(mode, "No column could be compared.")
    palette = PALETTES[mode]
    colours: dict[Word, str] = {"drift": palette.stop, "slight": palette.watch, "steady": palette.muted}
    figure = new_figure(mode, f"drift:{found.made}", height=bar_height(len(columns), 22), showlegend=False)
    figure.add_bar(
        orientation="h",
        y=list(range(len(columns))),
        x=[one.distance for one in columns],
        marker={"color": [colours[one.word] for one in columns], "line": {"width": 0}},
        customdata=[[safe(one.name), one.floor, one.psi] for one in columns],
        hovertemplate="%{customdata[0]}<br>moved by %{x:.2f} %<br>by chance up to %{customdata[1]:.2f} %"
        "<br>PSI %{customdata[2]:.3f}<extra></extra>",
    )
    figure.add_scatter(
        x=[one.floor for one in columns],
        y=list(range(len(columns))),
        mode="markers",
        marker={"symbol": "line-ns", "size": 15, "line": {"color": palette.text, "width": 2}},
        hoverinfo="skip",
    )
    label_axis(figure, [one.name for one in columns])
    figure.update_xaxes(title_text="Distance, % (upright mark: what chance alone reaches)", rangemode="tozero")
    return figure


def alt_drift(found: Drift) -> str:
    """Return what the picture of all columns says."""
    worst = found.columns[0] if found.columns else None
    beyond = sum(one.word != "steady" for one in found.columns)
    if worst is None:
        return "No column could be compared."
    return (
        f"{beyond} of {len(found.columns)} columns moved beyond chance; '{worst.name}' by {worst.distance:.2f} % where "
        f"chance reaches {worst.floor:.2f} %."
    )


def moved_figure(column: ColumnDrift, mode: Mode = "light") -> go.Figure:
    """Return one column as it was learned from (filled) and in the new extract (line, or hatched bars)."""
    palette = PALETTES[mode]
    if column.labels:
        figure = new_figure(mode, f"moved:{column.name}", height=bar_height(len(column.labels), 40), barmode="group")
        for name, side, marker in (
            (BEFORE, column.before, filled(palette)),
            (NOW, column.now, hatched(palette, palette.text)),
        ):
            figure.add_bar(
                orientation="h",
                name=name,
                y=list(range(len(column.labels))),
                x=list(side),
                marker=marker,
                customdata=[[safe(label), share(part)] for label, part in zip(column.labels, side, strict=True)],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]}<extra>" + name + "</extra>",
            )
        label_axis(figure, column.labels)
        figure.update_xaxes(title_text="Share of rows", tickformat=".3~%", rangemode="tozero")
        return figure
    if not column.edges:
        return nothing(mode, column.sentence or "There are no values to draw.")
    dates = column.kind == "date"
    middles, widths = bin_positions(column.edges, dates)
    names = bin_names(column.edges, dates, column.kind == "whole number")
    figure = new_figure(mode, f"moved:{column.name}", height=320, bargap=0)
    figure.add_bar(
        name=BEFORE,
        x=middles.tolist(),
        y=list(column.before),
        width=(widths * 0.96).tolist(),
        marker=filled(palette, opacity=0.5),
        customdata=[
            [name, share(one), share(two)] for name, one, two in zip(names, column.before, column.now, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>before %{customdata[1]}<br>now %{customdata[2]}<extra></extra>",
    )
    xs, ys = steps([edge * (1000 if dates else 1) for edge in column.edges], list(column.now))
    figure.add_scatter(
        name=NOW, x=xs, y=ys, mode="lines", line={"color": palette.text, "width": 2}, hoverinfo="skip", legendrank=1001
    )
    figure.update_xaxes(**value_axis(column.edges, dates))
    figure.update_yaxes(title_text="Share of rows", tickformat=".3~%", rangemode="tozero", nticks=6)
    return figure


class Turn(NamedTuple):
    """A score of one version: its label, the value with its interval, and the limit that it is held against."""

    label: str
    value: float
    low: float | None
    high: float | None
    limit: float | None
    word: str


def over_time(title: str, turns: Sequence[Turn], unit: str, mode: Mode = "light") -> go.Figure:
    """Return one score over the versions, oldest first, with its interval and the target's limit."""
    palette = PALETTES[mode]
    colours = {"pass": palette.good, "watch": palette.watch, "fail": palette.stop}
    figure = new_figure(mode, f"time:{title}", height=210, showlegend=False, margin={"l": 8, "r": 12, "t": 12, "b": 8})
    places = list(range(len(turns)))
    values = [turn.value for turn in turns]
    lows = [turn.value if turn.low is None else turn.low for turn in turns]
    highs = [turn.value if turn.high is None else turn.high for turn in turns]
    limits = [turn.limit for turn in turns]
    if any(limit is not None for limit in limits):
        ends = ([-0.4], [limits[0]]), ([len(turns) - 0.6], [limits[-1]])
        figure.add_scatter(
            x=[*ends[0][0], *places, *ends[1][0]],
            y=[*ends[0][1], *limits, *ends[1][1]],
            mode="lines",
            line={"color": palette.stop, "width": 1, "dash": "dash"},
            hoverinfo="skip",
        )
    figure.add_scatter(
        x=places,
        y=values,
        error_y=error_bars(values, lows, highs, thickness=1, width=0, color=palette.muted),
        mode="lines+markers",
        line={"color": palette.synthetic, "width": 2},
        marker={"size": 10, "color": [colours.get(turn.word, palette.muted) for turn in turns]},
        customdata=[[safe(turn.label), "–" if turn.limit is None else f"{turn.limit:.3g}{unit}"] for turn in turns],
        hovertemplate="%{customdata[0]}<br>%{y:.3g}" + unit + "<br>limit %{customdata[1]}<extra></extra>",
    )
    figure.update_xaxes(
        tickvals=places, ticktext=[str(place + 1) for place in places], range=[-0.5, len(turns) - 0.5], showgrid=False
    )
    figure.update_yaxes(nticks=5, ticksuffix=unit)
    if not any(values) and not any(highs):
        figure.update_yaxes(range=[-0.08, 1])
    return figure
