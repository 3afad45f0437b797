"""Two columns of the real table together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.figures.axes import (
    OTHER,
    RARE,
    RARE_ROWS,
    bar_height,
    bin_positions,
    blues,
    is_whole,
    label_axis,
    value_axis,
    whole_edges,
)
from synth_core.figures.style import PALETTES, TOP, Mode, new_figure, nothing, safe, share, short, value_text
from synth_core.figures.written import write
from synth_core.profile.shown import shown_quantiles
from synth_core.table import Column, Kind, numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go


def pair_figure(frame: pd.DataFrame, x: Column, y: Column, mode: Mode = "light") -> go.Figure:
    """Return two columns together: density for two numbers, boxes for a number by category, shares for two categories.

    Values beyond the 0.5 % and 99.5 % points are not drawn, and categories under five rows are one, "(rare)".
    """
    both = frame[[x.name, y.name]].dropna()
    if len(both) < 2 * RARE_ROWS:
        return nothing(mode, "Too few rows have both values.")
    if x.kind.numeric and y.kind.numeric:
        return _density(both, x, y, mode)
    if x.kind.numeric or y.kind.numeric:
        return _boxes(both, x, y, mode)
    return _shares(both, x, y, mode)


def _density(both: pd.DataFrame, x: Column, y: Column, mode: Mode, bins: int = 40) -> go.Figure:
    import plotly.graph_objects as go

    found = [numbers(both[x.name]), numbers(both[y.name])]
    edges = [fine_edges(values, column, bins) for values, column in zip(found, (x, y), strict=True)]
    counts = np.histogram2d(found[0], found[1], bins=edges)[0]  # type: ignore[arg-type]
    middles = [bin_positions(e, c.kind is Kind.DATETIME)[0].tolist() for e, c in zip(edges, (x, y), strict=True)]
    figure = new_figure(mode, f"pair:{x.name}:{y.name}", height=380, margin={"t": 8})
    figure.add_trace(
        go.Heatmap(
            x=middles[0],
            y=middles[1],
            z=np.where(counts > 0, np.sqrt(counts), np.nan).T.round(2).tolist(),
            customdata=counts.T.astype(int).tolist(),
            colorscale=blues(mode),
            showscale=False,
            hoverongaps=False,
            hovertemplate="%{x}, %{y}<br>%{customdata:,} rows<extra></extra>",
        )
    )
    for update, column, edge in ((figure.update_xaxes, x, edges[0]), (figure.update_yaxes, y, edges[1])):
        update(title_text=short(column.name, 40), **value_axis(edge.tolist(), column.kind is Kind.DATETIME))
    return figure


def fine_edges(values: npt.NDArray[np.float64], column: Column, bins: int) -> npt.NDArray[np.float64]:
    """Return the edges of ``bins`` bins over the middle 99 % of these values; of whole numbers between them."""
    low, high = (float(q) for q in quantiles(values, (0.005, 0.995), column))
    if column.kind is not Kind.DATETIME and is_whole(values):
        return whole_edges(low, high, bins)
    return np.linspace(low, high if high > low else low + 1, bins + 1)


def quantiles(values: npt.NDArray[np.float64], shares: Sequence[float], column: Column) -> npt.NDArray[np.float64]:
    """Return quantiles of ten values or more as they may be drawn: of a protected column means of five rows."""
    if column.protect:
        return shown_quantiles(np.sort(values), shares, column.kind)
    return np.asarray(np.quantile(values, shares), dtype=np.float64)


def top_categories(values: pd.Series, limit: int = TOP) -> pd.Series:
    """Return the categories with all but the ``limit`` most frequent as "(other)", and those under five as "(rare)"."""
    counts = values.value_counts()
    rare = counts.index[counts < RARE_ROWS]
    other = counts.index[counts >= RARE_ROWS][limit:]
    return values.where(~values.isin(rare), RARE).where(~values.isin(other), OTHER)


def _boxes(both: pd.DataFrame, x: Column, y: Column, mode: Mode) -> go.Figure:
    category, number = (y, x) if x.kind.numeric else (x, y)
    groups = top_categories(both[category.name].astype(str))
    counts = groups.value_counts()
    groups = groups[groups.isin(counts.index[counts >= 2 * RARE_ROWS])]
    both = both.loc[groups.index]
    if groups.empty:
        return nothing(mode, "No category has ten rows.")
    values = pd.Series(numbers(both[number.name]), index=groups.index)
    order = [str(label) for label in groups.value_counts().index]
    points = (0.05, 0.25, 0.5, 0.75, 0.95)
    five = [quantiles(values[groups == label].to_numpy(), points, number).tolist() for label in order]
    dates = number.kind is Kind.DATETIME
    scale = 1000 if dates else 1
    columns = list(zip(*five, strict=True))
    sideways = x.kind.numeric
    figure = new_figure(
        mode, f"pair:{x.name}:{y.name}", height=bar_height(len(order), 30) if sideways else 380, margin={"t": 8}
    )
    figure.add_box(
        **{"y" if sideways else "x": list(range(len(order)))},
        **{
            name: [v * scale for v in column]
            for name, column in zip(("lowerfence", "q1", "median", "q3", "upperfence"), columns, strict=True)
        },
        orientation="h" if sideways else "v",
        marker_color=PALETTES[mode].real,
        line_width=1.5,
        hoverinfo="x" if sideways else "y",
    )
    spread = value_axis([min(columns[0]), max(columns[4])], dates) | {"showgrid": True}
    if sideways:
        label_axis(figure, order)
        figure.update_xaxes(title_text=short(number.name, 40), **spread)
    else:
        figure.update_yaxes(title_text=short(number.name, 40), **spread)
        ticks = {"tickvals": list(range(len(order))), "ticktext": [short(label, 16) for label in order]}
        figure.update_xaxes(title_text=short(category.name, 40), showgrid=False, **ticks)
    return figure


def _shares(both: pd.DataFrame, x: Column, y: Column, mode: Mode) -> go.Figure:
    import plotly.graph_objects as go

    across, upright = (top_categories(both[column.name].astype(str)) for column in (x, y))
    counts = pd.crosstab(upright, across)
    counts = counts.loc[upright.value_counts().index, across.value_counts().index]
    parts = counts / counts.sum(axis=0)
    cells = parts.to_numpy(dtype=np.float64)
    columns, rows = [str(c) for c in counts.columns], [str(r) for r in counts.index]
    figure = new_figure(mode, f"pair:{x.name}:{y.name}", height=bar_height(len(rows), 30) + 60, margin={"t": 8})
    hover = [
        [f"{safe(c)}, {safe(r)}<br>{share(float(cells[j, i]))} of {safe(c)}" for i, c in enumerate(columns)]
        for j, r in enumerate(rows)
    ]
    top = float(np.nanmax(cells)) or 1.0
    figure.add_trace(
        go.Heatmap(
            z=parts.round(4).to_numpy().tolist(),
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            colorscale=blues(mode),
            zmin=0,
            zmax=top,
            xgap=1,
            ygap=1,
            showscale=False,
        )
    )
    if counts.size <= 80:
        write(figure, cells, [[f"{part:.0%}" for part in row] for row in cells.tolist()], blues(mode), (0, top))
    label_axis(figure, rows, title_text=short(y.name, 40))
    figure.update_xaxes(
        title_text=short(x.name, 40),
        range=[-0.5, len(columns) - 0.5],
        showgrid=False,
        tickvals=list(range(len(columns))),
        ticktext=[short(c, 16) for c in columns],
    )
    return figure


def pair_table(frame: pd.DataFrame, x: Column, y: Column) -> pd.DataFrame:
    """Return how many rows have which values of two columns: frequent categories, or fifths of a number or date.

    Upright ``y``, across ``x``; a cell of one to four rows is empty (NaN).
    """
    both = frame[[x.name, y.name]].dropna()
    across, upright = (_steps(both[column.name], column) for column in (x, y))
    counts = pd.crosstab(upright, across).astype(np.float64)
    counts.index = pd.Index([str(label) for label in counts.index], name=y.name)
    counts.columns = pd.Index([str(label) for label in counts.columns], name=x.name)
    return counts.where((counts == 0) | (counts >= RARE_ROWS))


def _steps(values: pd.Series, column: Column) -> pd.Series:
    """Return the category of each value; numbers and dates by the fifth that they lie in, smallest first."""
    if not column.kind.numeric:
        return top_categories(values.astype(str), 8)
    found = numbers(values)
    shares = np.linspace(0, 1, 6).tolist()
    edges = np.unique(quantiles(found, shares, column)) if len(found) >= 2 * RARE_ROWS else np.zeros(0)
    if len(edges) < 2:
        return pd.Series(["one value"] * len(found), index=values.index)
    place = np.clip(np.searchsorted(edges, found, side="right") - 1, 0, len(edges) - 2)
    dates = column.kind is Kind.DATETIME
    inner = [value_text(float(edge), dates) for edge in edges[1:-1]]
    ends = [f"to {inner[0]}", *(f"{a} to {b}" for a, b in pairwise(inner)), f"from {inner[-1]}"] if inner else ["all"]
    labels = _unlike(ends)
    return pd.Series(pd.Categorical([labels[i] for i in place.tolist()], categories=labels), index=values.index)


def _unlike(labels: list[str]) -> list[str]:
    """Return the labels, those that look alike after rounding told apart."""
    seen: dict[str, int] = {}
    for place, label in enumerate(labels):
        seen[label] = seen.get(label, 0) + 1
        labels[place] = label if seen[label] == 1 else f"{label} ({seen[label]})"
    return labels
