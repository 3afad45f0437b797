"""Pictures of what a profile finds beyond single columns: exposed rows, empty cells, triples, a split by the target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from synth_core.figures.axes import RARE_ROWS, bar_height, blues, label_axis, value_axis
from synth_core.figures.pairs import quantiles, top_categories
from synth_core.figures.style import (
    PALETTES,
    Mode,
    faint,
    filled,
    hatched,
    new_figure,
    nothing,
    safe,
    share,
    short,
)
from synth_core.figures.written import write
from synth_core.table import Column, Kind, numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from synth_core.profile.emptiness import Emptiness
    from synth_core.profile.exposure import Exposure
    from synth_core.profile.triples import TripleView

LAYERS = 6  # of a triple's third column
CLASSES = 6  # of a target
NUMBERED = 80  # cells of a triple's panel that have room for numbers


def exposure_figure(exposure: Exposure, mode: Mode = "light") -> go.Figure:
    """Return how many rows share their combination with how many others; rows that stand alone are marked."""
    sizes = exposure.histogram
    if not sizes:
        return nothing(mode, "Choose at least one column.")
    palette = PALETTES[mode]
    figure = new_figure(mode, "exposure", height=280, showlegend=False, margin={"t": 24})
    for alone in (True, False):
        chosen = [(i, size) for i, size in enumerate(sizes) if (size.label.strip() == "1") is alone]
        if not chosen:
            continue
        figure.add_bar(
            x=[i for i, _ in chosen],
            y=[size.share for _, size in chosen],
            marker=hatched(palette, palette.stop) if alone else filled(palette),
            text=[_part_of(size.share, exposure.rows) for _, size in chosen],
            textposition="outside",
            cliponaxis=False,
            customdata=[[f"{size.rows:,}", f"{size.groups:,}", safe(size.label)] for _, size in chosen],
            hovertemplate="Groups of %{customdata[2]}<br>%{customdata[0]} rows, %{customdata[1]} groups<extra></extra>",
        )
    figure.update_xaxes(
        title_text="Rows that share a combination (k)",
        tickvals=list(range(len(sizes))),
        ticktext=[safe(size.label) for size in sizes],
        showgrid=False,
        range=[-0.6, len(sizes) - 0.4],
    )
    top = max(size.share for size in sizes)
    figure.update_yaxes(title_text="Share of rows", tickformat=".0%", range=[0, top * 1.15 or 1], nticks=5)
    return figure


def _part_of(part: float, rows: int) -> str:
    """Return a share of the rows; one below 0.1 % as the number of rows, since many are.

    >>> _part_of(0.25, 2000), _part_of(0.0005, 2000)
    ('25 %', '1 row')
    """
    if not 0 < part < 0.001:
        return share(part)
    number = round(part * rows)
    return "1 row" if number == 1 else f"{number:,} rows"


def triple_figure(view: TripleView, mode: Mode = "light", names: Sequence[str] = ("", "", "")) -> go.Figure:
    """Return two columns together, once per state of the third; cells of one to four rows are struck through.

    Parameters
    ----------
    names
        The three columns, for the axes.
    """
    shares = np.asarray(view.shares, dtype=np.float64)
    layers = [z for z in range(shares.shape[0]) if np.isfinite(shares[z]).any()][:LAYERS]
    if not layers:
        return nothing(mode, "Every combination has fewer than five rows.")
    across = min(len(layers), 3 if len(view.x_labels) <= 4 and len(layers) != 4 else 2)
    down = -(-len(layers) // across)
    title, panel, labels = 24, max(110, 22 * len(view.y_labels)), 78  # px, from the top of a panel to its bottom
    height = down * (title + panel + labels) + 32
    figure = new_figure(mode, f"triple:{names}", height=height, margin={"t": 4, "b": 4})
    top = float(np.nanmax(shares[layers])) or 1.0
    wide = (1 - 0.04 * (across - 1)) / across
    for place, z in enumerate(layers):
        row, column = divmod(place, across)
        high = 1 - (row * (title + panel + labels) + title) / (height - 8)
        box = (column * (wide + 0.04), high - panel / (height - 8), high)
        _layer(figure, view, z, place, mode, top, scale=place == 0)
        _layer_axes(figure, view, place, box, wide, names if place % across == 0 else ("", "", ""))
        label = f"{short(names[2], 14)}: {short(view.z_labels[z], 18)}" if names[2] else short(view.z_labels[z])
        where = {"x": box[0], "y": box[2], "xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom"}
        figure.add_annotation(text=label, showarrow=False, **where)
    figure.add_annotation(
        text=short(names[0], 40), x=0.5, y=0, xref="paper", yref="paper", yanchor="bottom", showarrow=False
    )
    return figure


def _upper(label: str, most: int = 15) -> str:
    """Return a label; of a range too long for an axis its upper end.

    >>> _upper("2016-01-28 to 2016-02-14"), _upper("29 to 40")
    ('to 2016-02-14', '29 to 40')
    """
    _, to, end = label.rpartition(" to ")
    return f"to {end}" if to and len(label) > most else label


def _layer_axes(
    figure: go.Figure,
    view: TripleView,
    place: int,
    box: tuple[float, float, float],
    wide: float,
    names: Sequence[str],
) -> None:
    """Put the axes of one panel where it stands: ``box`` is left, low, high."""
    suffix = "" if place == 0 else str(place + 1)
    common = {"showgrid": False, "zeroline": False, "tickmode": "array"}
    across = {
        "domain": [box[0], min(1.0, box[0] + wide)],
        "anchor": f"y{suffix}",
        "tickvals": list(range(len(view.x_labels))),
        "ticktext": [short(_upper(label), 15) for label in view.x_labels],
        "tickangle": -45,
        "range": [-0.5, len(view.x_labels) - 0.5],
    }
    upright = {
        "domain": [max(0.0, box[1]), min(1.0, box[2])],
        "anchor": f"x{suffix}",
        "tickvals": list(range(len(view.y_labels))),
        "ticktext": [short(_upper(label, 18), 18) for label in view.y_labels],
        "range": [-0.5, len(view.y_labels) - 0.5],
        "showticklabels": bool(names[1]) or place == 0,
        "title_text": short(names[1], 30) or None,
    }
    figure.update_layout({f"xaxis{suffix}": common | across, f"yaxis{suffix}": common | upright})


def _layer(figure: go.Figure, view: TripleView, z: int, place: int, mode: Mode, top: float, *, scale: bool) -> None:
    """Add the heat map of one state of the third column, with numbers, or ``scale`` where the cells are many."""
    import plotly.graph_objects as go

    cells = np.asarray(view.shares[z], dtype=np.float64)
    counts = np.asarray(view.counts[z], dtype=np.float64)
    hover = [
        [
            f"{safe(view.x_labels[i])}, {safe(view.y_labels[j])}<br>" + _told(counts[j, i], cells[j, i])
            for i in range(cells.shape[1])
        ]
        for j in range(cells.shape[0])
    ]
    suffix = "" if place == 0 else str(place + 1)
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}"}
    held = np.where(cells > 0, cells, np.nan)
    few = cells.size <= NUMBERED
    figure.add_trace(
        go.Heatmap(
            z=[[None if not np.isfinite(v) else round(float(v), 4) for v in row] for row in held],
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale=blues(mode),
            zmin=0,
            zmax=top,
            xgap=1,
            ygap=1,
            showscale=scale and not few,
            colorbar={"thickness": 10, "outlinewidth": 0, "tickformat": ".0%", "nticks": 4, "len": 120}
            | {"lenmode": "pixels", "y": 1, "yanchor": "top"},
            **axes,
        )
    )
    if few:
        write(figure, held, [[f"{part:.0%}" for part in row] for row in held.tolist()], blues(mode), (0, top), **axes)
    hidden = [(i, j) for j, i in np.argwhere(~np.isfinite(cells)).tolist()]
    if hidden:
        figure.add_scatter(
            x=[i for i, _ in hidden],
            y=[j for _, j in hidden],
            mode="markers",
            marker={"symbol": "line-ne", "size": 11, "line": {"color": PALETTES[mode].muted, "width": 1}},
            hoverinfo="skip",
            showlegend=False,
            **axes,
        )


def _told(rows: float, part: float) -> str:
    """Return what a cell of a triple holds; one to four rows are not told."""
    if not np.isfinite(part):
        return "under 5 rows"
    return f"{rows:,.0f} rows, {share(float(part))}" if part > 0 else "no row"


def missing_figure(found: Emptiness, mode: Mode = "light") -> go.Figure:
    """Return the patterns of empty cells: one line per pattern, one column per column, dark where cells are empty."""
    import plotly.graph_objects as go

    if not found.columns:
        return nothing(mode, "No cell is empty.")
    if not found.patterns:
        return nothing(mode, "No pattern of empty cells has five rows.")
    palette = PALETTES[mode]
    cells = [[1 if name in pattern.empty else 0 for name in found.columns] for pattern in found.patterns]
    hover = [
        [
            f"{safe(name)}: {'empty' if name in pattern.empty else 'filled'}<br>{pattern.rows:,} rows"
            for name in found.columns
        ]
        for pattern in found.patterns
    ]
    figure = new_figure(mode, "missing", height=130 + 26 * len(cells), margin={"t": 8})
    figure.add_trace(
        go.Heatmap(
            z=cells,
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale=[[0, faint(palette.holdout, 0.12)], [1, palette.holdout]],
            zmin=0,
            zmax=1,
            xgap=2,
            ygap=3,
            showscale=False,
        )
    )
    label_axis(figure, [f"{pattern.rows:,} rows · {share(pattern.share)}" for pattern in found.patterns])
    few = len(found.columns) <= 40
    figure.update_xaxes(
        tickvals=list(range(len(found.columns))),
        ticktext=[short(name, 16) for name in found.columns],
        tickangle=-45,
        showticklabels=few,
        showgrid=False,
        zeroline=False,
    )
    return figure


def split_figure(frame: pd.DataFrame, column: Column, target: Column, mode: Mode = "light") -> go.Figure:
    """Return one column split by the target: a line per class (at most six), or the target's mean per category.

    Classes and categories under five rows are one, "(rare)", and drawn only when they are many together.
    """
    both = frame[[column.name, target.name]].dropna()
    if len(both) < 4 * RARE_ROWS:
        return nothing(mode, "Too few rows have both values.")
    if target.kind.numeric or not column.kind.numeric:
        from synth_core.figures.pairs import pair_figure

        return pair_figure(frame, column, target, mode)
    classes = top_categories(both[target.name].astype(str), CLASSES)
    values = pd.Series(numbers(both[column.name]), index=both.index)
    sizes = classes.value_counts()
    shown = [str(label) for label in sizes.index if sizes[label] >= 4 * RARE_ROWS]
    edges = _common_edges(values.to_numpy(), column)
    dates = column.kind is Kind.DATETIME
    palette = PALETTES[mode]
    colours = [palette.real, *palette.extra, palette.holdout]
    figure = new_figure(mode, f"split:{column.name}:{target.name}", height=300)
    middles = ((edges[1:] + edges[:-1]) / 2 * (1000 if dates else 1)).tolist()
    for place, label in enumerate(shown):
        counts = np.histogram(values[classes == label], bins=edges)[0]
        counts = np.where(counts < RARE_ROWS, 0, counts)
        figure.add_scatter(
            x=middles,
            y=(counts / max(int(sizes[label]), 1)).round(5).tolist(),
            mode="lines",
            line={
                "color": colours[place % len(colours)],
                "dash": ("solid", "dash", "dot", "dashdot", "longdash", "solid")[place % 6],
                "width": 2,
                "shape": "hvh",
            },
            name=short(label, 20),
            hovertemplate="%{x}<br>%{y:.1%}<extra>%{fullData.name}</extra>",
        )
    figure.update_xaxes(**value_axis(edges.tolist(), dates))
    figure.update_yaxes(title_text="Share of the class", tickformat=".0%", rangemode="tozero", nticks=6)
    return figure


def _common_edges(values: Any, column: Column) -> Any:
    low, high = (float(q) for q in quantiles(values, (0.005, 0.995), column))
    whole = column.kind is not Kind.DATETIME and bool((values == np.floor(values)).all())
    if whole and high - low < 2000:
        step = max(1.0, float(np.ceil((high - low + 1) / 24)))
        return np.arange(low, high + step + 0.5, step) - 0.5
    return np.linspace(low, high if high > low else low + 1, 25)


def contributions_figure(exposure: Exposure, mode: Mode = "light") -> go.Figure:
    """Return how many rows would stay unique if each column were left out."""
    if len(exposure.contributions) < 2:
        return nothing(mode, "One column alone: there is nothing to leave out.")
    palette = PALETTES[mode]
    ordered = sorted(exposure.contributions, key=lambda one: one.unique_share_without)
    parts = [_part_of(one.unique_share_without, exposure.rows) for one in ordered]
    figure = new_figure(mode, "contributions", height=bar_height(len(ordered)) + 20, showlegend=False, margin={"t": 24})
    figure.add_bar(
        orientation="h",
        y=list(range(len(ordered))),
        x=[one.unique_share_without for one in ordered],
        marker=filled(palette),
        customdata=[[safe(one.column), told] for one, told in zip(ordered, parts, strict=True)],
        hovertemplate="Without %{customdata[0]}: unique are %{customdata[1]}<extra></extra>",
    )
    top = max(exposure.unique_share, *(one.unique_share_without for one in ordered)) or 1.0
    figure.add_scatter(  # beyond the line, which would else go through the labels of bars that end near it
        x=[1.03 * top] * len(ordered), y=list(range(len(ordered))), text=parts, mode="text",
        textposition="middle right", hoverinfo="skip",
    )  # fmt: skip
    label_axis(figure, [f"without {one.column}" for one in ordered])
    figure.add_vline(x=exposure.unique_share, line={"color": palette.stop, "dash": "dot", "width": 1.5})
    figure.add_annotation(
        x=exposure.unique_share,
        y=1,
        yref="paper",
        yanchor="bottom",
        xanchor="right" if exposure.unique_share > 0.5 * top else "left",
        text=f"all columns: {_part_of(exposure.unique_share, exposure.rows)}",
    )
    figure.update_xaxes(tickformat=".0%", range=[0, top * 1.25], showgrid=False, showticklabels=False)
    return figure
