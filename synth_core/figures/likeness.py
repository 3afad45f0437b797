"""Pictures of likeness: columns and pairs, synthetic beside real, with the holdout as reference."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from synth_core.figures.axes import bar_height, bin_names, bin_positions, blues, label_axis, value_axis
from synth_core.figures.matrices import (
    MAX_MATRIX,
    click_points,
    frame_cell,
    heat_map,
    labelled,
    matrix_axes,
    strongest,
)
from synth_core.figures.style import (
    CLEAR,
    PALETTES,
    TOP,
    Mode,
    filled,
    hatched,
    line,
    new_figure,
    nothing,
    safe,
    share,
    short,
)
from synth_core.scores.results import (
    Associations,
    ColumnLikeness,
    Fidelity,
    PairView,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

REAL, SYNTHETIC, HOLDOUT = "Real", "Synthetic", "Holdout"


def overlay(column: ColumnLikeness, mode: Mode = "light", *, top: int = TOP) -> go.Figure:
    """Return real (filled) and synthetic (dashed outline) in the same bins, with the holdout dotted where there is one.

    A category is drawn as pairs of bars, real solid and synthetic hatched: the ``top`` most frequent and the rest.
    Without synthetic shares (none yet) the real side stands alone.
    """
    if column.labels:
        return _bar_pairs(column, mode, top)
    if not column.edges or not any(column.real):
        return nothing(mode, column.note or "There are no values to draw.")
    palette, dates = PALETTES[mode], column.kind == "datetime"
    middles, widths = bin_positions(column.edges, dates)
    heights, log_scale = _heights(column)
    figure = new_figure(mode, f"overlay:{column.name}", height=320, bargap=0, barmode="overlay")
    names = bin_names(column.edges, dates, column.kind == "integer")
    real, synthetic, holdout = (
        [share(part) for part in side] or [""] * len(names) for side in (column.real, column.synthetic, column.holdout)
    )
    figure.add_bar(
        name=REAL,
        x=middles.tolist(),
        y=heights["real"],
        width=(widths * 0.96).tolist(),
        marker=filled(palette, opacity=0.5),
        customdata=[list(point) for point in zip(names, real, synthetic, holdout, strict=True)],
        hovertemplate="%{customdata[0]}<br>Real %{customdata[1]}"
        + ("<br>Synthetic %{customdata[2]}" if column.synthetic else "")
        + ("<br>Held-out rows %{customdata[3]}" if column.holdout else "")
        + "<extra></extra>",
    )
    scale = 1000 if dates else 1
    for name, title in (("holdout", HOLDOUT), ("synthetic", SYNTHETIC)):
        if heights[name]:
            xs, ys = steps([edge * scale for edge in column.edges], heights[name])
            rank = {"synthetic": 1001, "holdout": 1002}[name]
            figure.add_scatter(
                name=title, x=xs, y=ys, mode="lines", line=line(palette, name), hoverinfo="skip", legendrank=rank
            )
    figure.update_xaxes(**value_axis(column.edges, dates, log_scale))
    equal = heights["real"] == column.real
    figure.update_yaxes(
        title_text="Share of rows" if equal else "Density",
        tickformat=".3~%" if equal else None,
        showticklabels=equal,
        rangemode="tozero",
        nticks=6,
    )
    _missing_note(figure, column)
    return figure


def _heights(column: ColumnLikeness) -> tuple[dict[str, list[float]], bool]:
    """Return bar heights, shares or (in unequal bins) densities, and whether the axis is to be a log scale."""
    shares = {"real": column.real, "synthetic": column.synthetic, "holdout": column.holdout}
    widths = np.diff(column.edges)
    inner = widths[1:-1] if len(widths) > 3 else widths
    if inner.max() <= 1.5 * max(inner.min(), 1e-300):
        return shares, False
    if column.edges[0] > 0:
        ratios = np.diff(np.log(column.edges))
        if ratios.max() <= 1.5 * ratios.min():
            return shares, True
    return {n: (np.asarray(p) / widths).tolist() if p else [] for n, p in shares.items()}, False


def steps(edges: Sequence[float], heights: Sequence[float]) -> tuple[list[float], list[float]]:
    """Return the outline of bars."""
    xs = np.repeat(np.asarray(edges, dtype=np.float64), 2)
    ys = np.concatenate([[0.0], np.repeat(np.asarray(heights, dtype=np.float64), 2), [0.0]])
    return xs.tolist(), ys.tolist()


def _missing_note(figure: go.Figure, column: ColumnLikeness) -> None:
    if column.missing_real or column.missing_synthetic:
        made = f", synthetic {share(column.missing_synthetic)}" if column.synthetic else ""
        figure.update_xaxes(title_text=f"Empty: real {share(column.missing_real)}{made}")


def shown_labels(column: ColumnLikeness, limit: int = TOP) -> tuple[list[str], dict[str, list[float]]]:
    """Return at most ``limit`` labels and "(other)", "(rare)", with the shares of each side, real's largest first."""
    sides = {"real": column.real, "synthetic": column.synthetic, "holdout": column.holdout}
    table = {
        label: [sides[s][i] if sides[s] else 0.0 for s in ("real", "synthetic", "holdout")]
        for i, label in enumerate(column.labels)
    }
    special = {"(other)", "(rare)"}
    plain = sorted((label for label in table if label not in special), key=lambda label: -table[label][0])
    kept, rest = plain[:limit], plain[limit:]
    if rest:
        before = table.get("(other)", [0.0, 0.0, 0.0])
        table["(other)"] = [sum(column) for column in zip(before, *(table[label] for label in rest), strict=True)]
    kept += [label for label in ("(other)", "(rare)") if label in table]
    names = ("real", "synthetic", "holdout")
    return kept, {n: [table[label][i] for label in kept] if sides[n] else [] for i, n in enumerate(names)}


def _bar_pairs(column: ColumnLikeness, mode: Mode, top: int) -> go.Figure:
    palette = PALETTES[mode]
    labels, sides = shown_labels(column, top)
    figure = new_figure(mode, f"overlay:{column.name}", height=bar_height(len(labels), 34), bargap=0.3)
    for name, title, marker in (
        ("real", REAL, filled(palette)),
        ("synthetic", SYNTHETIC, hatched(palette)),
    ):
        if not sides[name]:
            continue
        figure.add_bar(
            name=title,
            orientation="h",
            y=list(range(len(labels))),
            x=sides[name],
            marker=marker,
            customdata=[safe(label) for label in labels],
            hovertemplate=f"%{{customdata}}<br>{title} %{{x:.2%}}<extra></extra>",
        )
    if sides["holdout"]:
        figure.add_scatter(
            name=HOLDOUT,
            y=list(range(len(labels))),
            x=sides["holdout"],
            mode="markers",
            marker={"symbol": "line-ns-open", "size": 16, "color": palette.holdout, "line": {"width": 2}},
            customdata=[safe(label) for label in labels],
            hovertemplate="%{customdata}<br>Held-out rows %{x:.2%}<extra></extra>",
        )
    label_axis(figure, labels)
    figure.update_xaxes(tickformat=".3~%", rangemode="tozero", nticks=6)
    _missing_note(figure, column)
    return figure


def dumbbell(column: ColumnLikeness, mode: Mode = "light") -> go.Figure:
    """Return two dots and a line per category: real filled, synthetic hollow. A number column gives its overlay."""
    if not column.labels:
        return overlay(column, mode)
    palette = PALETTES[mode]
    labels, sides = shown_labels(column)
    places = list(range(len(labels)))
    figure = new_figure(mode, f"dumbbell:{column.name}", height=bar_height(len(labels), 28))
    xs: list[float | None] = []
    ys: list[float | None] = []
    for i in places:
        xs += [sides["real"][i], sides["synthetic"][i], None]
        ys += [i, i, None]
    figure.add_scatter(
        x=xs, y=ys, mode="lines", line={"color": palette.muted, "width": 2}, hoverinfo="skip", showlegend=False
    )
    hollow = {"color": CLEAR, "size": 12, "line": {"color": palette.synthetic, "width": 2.5}}
    tick = {"symbol": "line-ns-open", "size": 14, "color": palette.holdout, "line": {"width": 2}}
    for name, title, marker in (
        ("real", REAL, {"color": palette.real, "size": 11}),
        ("synthetic", SYNTHETIC, hollow),
        ("holdout", HOLDOUT, tick),
    ):
        if sides[name]:
            figure.add_scatter(
                name=title,
                x=sides[name],
                y=places,
                mode="markers",
                marker=marker,
                customdata=[safe(label) for label in labels],
                hovertemplate=f"%{{customdata}}<br>{title} %{{x:.2%}}<extra></extra>",
            )
    label_axis(figure, labels)
    figure.update_xaxes(tickformat=".3~%", rangemode="tozero", nticks=6)
    _missing_note(figure, column)
    return figure


def triplet(
    associations: Associations,
    mode: Mode = "light",
    *,
    clickable: bool = False,
    chosen: tuple[str, str] | None = None,
) -> go.Figure:
    """Return three heat maps in one order: real and synthetic (-1..1), and the size of the difference (0..1, one hue).

    The difference is coloured so that 0.2 is seen clearly. More than 80 columns: those with the strongest partners.
    ``clickable``: each cell has a point, unseen, whose ``x`` and ``y`` are places in ``associations.names`` (up to 40
    columns, with labels on the axes); ``chosen``: the pair whose cells are framed.
    """
    from plotly.subplots import make_subplots

    if len(associations.names) < 2:
        return nothing(mode, "Pairs need at least two columns.")
    palette = PALETTES[mode]
    kept = strongest(associations.real, MAX_MATRIX)
    names = [associations.names[i] for i in kept]
    figure = make_subplots(
        rows=1, cols=3, subplot_titles=("Real", "Synthetic", "Difference"), horizontal_spacing=0.03, shared_yaxes=True
    )
    across = len(names) <= 12
    height = int(np.clip(15 * len(names), 230, 420)) + (160 if across else 90)
    figure.update_layout(new_figure(mode, "triplet", height=height, margin={"t": 28}).layout)
    bar = {
        "orientation": "h",
        "thickness": 8,
        "outlinewidth": 0,
        "len": 0.3,
        "y": 0,
        "yanchor": "bottom",
        "yref": "container",
    }
    for place, part in enumerate((associations.real, associations.synthetic, associations.difference), start=1):
        values = np.asarray(part, dtype=np.float64)[np.ix_(kept, kept)]
        last = place == 3
        trace = heat_map(
            names,
            np.abs(values) if last else values,
            palette.one_hue if last else palette.diverging,
            limits=(0, 1) if last else (-1, 1),
            signed=not last,
            matrices=3,
            bar=bar
            | {"x": (place - 0.5) / 3, "xanchor": "center", "tickvals": [0, 0.2, 0.5, 1] if last else [-1, 0, 1]},
        )
        trace.update(showscale=place != 2)
        figure.add_trace(trace, row=1, col=place)
        matrix_axes(figure, names, matrices=3, upright_labels=place == 1, across_labels=across, row=1, col=place)
        if clickable and labelled(names, 3):
            click_points(figure, values, row=1, col=place)
        if chosen is not None:
            frame_cell(figure, names, chosen, palette.text, row=1, col=place)
    figure.update_annotations(font={"size": 13, "color": palette.text})
    figure.update_layout(margin={"b": 130 if across else 48})
    if clickable and labelled(names, 3):
        figure.update_layout(clickmode="event+select", dragmode=False, hovermode="closest", hoverdistance=-1)
        figure.update_xaxes(range=[-0.5, len(names) - 0.5], fixedrange=True)
        figure.update_yaxes(range=[len(names) - 0.5, -0.5], autorange=None, fixedrange=True)
    return figure


def pair_view(pair: PairView, mode: Mode = "light", *, marks: bool = False) -> go.Figure:
    """Return two columns together, real beside synthetic, on the same axes and the same colour scale.

    With ``marks`` each cell has a point, unseen, that can be selected; its ``customdata`` is [x, y].
    """
    import plotly.graph_objects as go
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=2, subplot_titles=(REAL, SYNTHETIC), horizontal_spacing=0.04, shared_yaxes=True)
    height = bar_height(len(pair.y_labels), 26) + 90
    figure.update_layout(new_figure(mode, f"pair:{pair.x}:{pair.y}", height=height, margin={"t": 28}).layout)
    sides = [np.asarray(side, dtype=np.float64) for side in (pair.real, pair.synthetic)]
    top = float(np.sqrt(max((side.max(initial=0.0) for side in sides), default=0.0))) or 1.0
    columns, rows = list(range(len(pair.x_labels))), list(range(len(pair.y_labels)))
    for place, values in enumerate(sides, start=1):
        hover = [
            [f"{safe(x)}, {safe(y)}<br>{share(float(values[j, i]))} of rows" for i, x in enumerate(pair.x_labels)]
            for j, y in enumerate(pair.y_labels)
        ]
        cells = np.where(values > 0, np.sqrt(values), np.nan).round(4)
        trace = go.Heatmap(
            z=[[None if np.isnan(v) else float(v) for v in row] for row in cells],
            x=columns,
            y=rows,
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale=blues(mode),
            zmin=0,
            zmax=top,
            xgap=1,
            ygap=1,
            showscale=False,
            hoverongaps=False,
        )
        figure.add_trace(trace, row=1, col=place)
        if marks:
            figure.add_scatter(
                x=[i for _ in rows for i in columns],
                y=[j for j in rows for _ in columns],
                mode="markers",
                marker={"size": 18, "symbol": "square", "opacity": 0},
                selected={"marker": {"opacity": 0.9, "color": PALETTES[mode].stop}},
                customdata=[[x, y] for y in pair.y_labels for x in pair.x_labels],
                hoverinfo="skip",
                showlegend=False,
                row=1,
                col=place,
            )
        ticks = {"tickvals": columns, "ticktext": [short(label, 14) for label in pair.x_labels]}
        figure.update_xaxes(
            **ticks, title_text=short(pair.x, 40), showgrid=False, zeroline=False, tickangle=-45, row=1, col=place
        )
        label_axis(figure, pair.y_labels, row=1, col=place)
        figure.update_yaxes(autorange=True, range=None, showticklabels=place == 1, row=1, col=place)
    figure.update_yaxes(title_text=short(pair.y, 40), row=1, col=1)
    figure.update_annotations(font={"size": 13, "color": PALETTES[mode].text})
    if marks:
        figure.update_layout(dragmode="select", clickmode="event+select")
    return figure


def giveaway_bars(fidelity: Fidelity, mode: Mode = "light") -> go.Figure:
    """Return the columns by which synthetic rows can be told from real ones, the most telling first."""
    found = sorted(fidelity.giveaways, key=lambda giveaway: -giveaway.importance)[:TOP]
    if not found:
        return nothing(mode, "No column gives the synthetic rows away.")
    figure = new_figure(mode, "giveaways", height=bar_height(len(found)), showlegend=False)
    figure.add_bar(
        orientation="h",
        y=list(range(len(found))),
        x=[giveaway.importance for giveaway in found],
        marker=hatched(PALETTES[mode]),
        text=[share(giveaway.importance) for giveaway in found],
        textposition="outside",
        cliponaxis=False,
        customdata=[safe(giveaway.name) for giveaway in found],
        hovertemplate="%{customdata}: %{text} of the telling<extra></extra>",
    )
    label_axis(figure, [giveaway.name for giveaway in found])
    top = max(giveaway.importance for giveaway in found)
    figure.update_xaxes(showgrid=False, showticklabels=False, range=[0, max(top, 1e-9) * 1.18])
    return figure
