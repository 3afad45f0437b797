"""Pictures of the real table: one column, two columns, all pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.figures.style import (
    PALETTES,
    TOP,
    Mode,
    amount,
    filled,
    hatched,
    new_figure,
    nothing,
    number_axis,
    safe,
    share,
    short,
    value_text,
)
from synth_core.table import Column, Kind, numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from synth_core.profile import ColumnProfile

Floats = npt.NDArray[np.float64]
RARE, OTHER = "(rare)", "(other)"
RARE_ROWS = 5
MAX_MATRIX = 80


def column_figure(column: ColumnProfile, mode: Mode = "light") -> go.Figure:
    """Return the histogram of a number or date, or the bars of a category's most frequent values."""
    if column.counts:
        return _histogram(column, mode)
    if column.values:
        return _bars(column, mode)
    if column.kind in (Kind.IDENTIFIER, Kind.TEXT) or column.semantic:
        return nothing(mode, "The values of this column are not shown.")
    return nothing(mode, "Every cell is empty." if not column.filled else "Too few values to draw.")


def bin_positions(edges: Sequence[float] | Floats, dates: bool) -> tuple[Floats, Floats]:
    """Return middles and widths of bins; dates in milliseconds since 1970, as Plotly wants them."""
    scaled = np.asarray(edges, dtype=np.float64) * (1000 if dates else 1)
    return (scaled[1:] + scaled[:-1]) / 2, np.diff(scaled)


def bin_names(edges: Sequence[float], dates: bool, whole: bool = False) -> list[str]:
    """Return "low – high" per bin, or the single whole number that a bin holds."""
    names = []
    for low, high in pairwise(edges):
        if whole and high - low <= 1.5:
            names.append(amount(round((low + high) / 2)))
        else:
            first, last = (np.ceil(low), np.floor(high)) if whole else (low, high)
            names.append(f"{value_text(float(first), dates)} – {value_text(float(last), dates)}")
    return names


def value_axis(edges: Sequence[float], dates: bool, log_scale: bool = False) -> dict[str, Any]:
    """Return the settings of an axis that carries a column's values."""
    if dates:
        return {"type": "date", "showgrid": False}
    if log_scale:
        return {"type": "log", "showgrid": False, "tickformat": ",~g", "dtick": 1, "exponentformat": "none"}
    return {"showgrid": False, **number_axis(float(edges[0]), float(edges[-1]))}


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
        marker=filled(palette),
        customdata=[[name, share(part)] for name, part in zip(names, parts, strict=True)],
        hovertemplate="%{customdata[0]}<br>%{y:,} rows, %{customdata[1]}<extra></extra>",
    )
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


def bar_height(bars: int, each: int = 26) -> int:
    """Return the height in pixels of a chart of horizontal bars."""
    return 56 + each * max(bars, 2)


def label_axis(figure: go.Figure, labels: Sequence[str], **where: Any) -> None:
    """Put labels (cut, safe) on the upright axis, first on top; bars stand at 0, 1, 2, ..."""
    figure.update_yaxes(
        tickvals=list(range(len(labels))),
        ticktext=[short(label) for label in labels],
        range=[len(labels) - 0.5, -0.5],
        showgrid=False,
        zeroline=False,
        ticklabelstandoff=4,
        tickfont_color=figure.layout.template.layout.font.color,
        **where,
    )


def association_figure(names: Sequence[str], matrix: Sequence[Sequence[float]], mode: Mode = "light") -> go.Figure:
    """Return the heat map of associations, blue to white to orange around 0; the diagonal is left out."""
    if len(names) < 2:
        return nothing(mode, "Associations need at least two columns.")
    kept = strongest(matrix, MAX_MATRIX)
    names = [names[i] for i in kept]
    values = np.asarray(matrix, dtype=np.float64)[np.ix_(kept, kept)]
    figure = new_figure(mode, "associations", height=int(min(720, 130 + max(26 * len(names), 200))))
    figure.add_trace(heat_map(names, values, PALETTES[mode].diverging, limits=(-1, 1), signed=True))
    figure.update_layout(coloraxis=None, margin={"t": 8})
    matrix_axes(figure, names)
    return figure


def strongest(matrix: Sequence[Sequence[float]], limit: int) -> list[int]:
    """Return the positions of at most ``limit`` columns, those with the strongest partner, in the given order."""
    values = np.abs(np.asarray(matrix, dtype=np.float64))
    if len(values) <= limit:
        return list(range(len(values)))
    np.fill_diagonal(values, 0)
    return sorted(int(i) for i in np.argsort(-values.max(axis=1), kind="stable")[:limit])


def labelled(names: Sequence[str], matrices: int = 1) -> bool:
    """Return whether a matrix of columns has labels on its axes.

    Then every cell carries both names for the hover, which must not weigh too much. Otherwise the axes carry the whole
    names, for the hover only.
    """
    weight = matrices * len(names) * sum(2 * len(safe(name)) + 8 for name in names)
    return len(names) <= 40 and weight < 140_000


def heat_map(
    names: Sequence[str],
    values: npt.NDArray[np.float64],
    scale: Sequence[tuple[float, str]],
    *,
    limits: tuple[float, float],
    signed: bool = False,
    matrices: int = 1,
    bar: dict[str, Any] | None = None,
) -> go.Heatmap:
    """Return a square matrix of columns as a trace; numbers are written in when there are at most 12 columns."""
    import plotly.graph_objects as go

    cells = [[None if i == j else round(float(v), 2) + 0.0 for j, v in enumerate(row)] for i, row in enumerate(values)]
    few = labelled(names, matrices)
    full = [safe(name) for name in names]
    hover = [[f"{a} – {b}" for b in full] for a in full] if few else None
    written = len(names) <= 12
    return go.Heatmap(
        z=cells,
        x=list(range(len(names))) if few else full,
        y=list(range(len(names))) if few else full,
        hovertext=hover,
        hovertemplate=("%{hovertext}" if few else "%{y} – %{x}") + "<br>%{z:.2f}<extra></extra>",
        texttemplate="%{z:.2f}" if written else None,
        textfont={"size": 11},
        colorscale=[list(stop) for stop in scale],
        zmin=limits[0],
        zmax=limits[1],
        zmid=0 if signed else None,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar=bar or {"thickness": 10, "outlinewidth": 0, "tickvals": [limits[0], 0, limits[1]], "len": 0.9},
    )


def matrix_axes(
    figure: go.Figure,
    names: Sequence[str],
    *,
    matrices: int = 1,
    upright_labels: bool = True,
    across_labels: bool = True,
    **where: Any,
) -> None:
    """Label both axes of a matrix of columns; of very many columns names are in the hover only."""
    few = labelled(names, matrices)
    common: dict[str, Any] = {"showgrid": False, "zeroline": False}
    if few:
        text = [short(name, 16) for name in names]
        size = 12 if len(names) <= 15 else 10
        common |= {"tickvals": list(range(len(names))), "ticktext": text, "tickfont_size": size}
    figure.update_xaxes(**common, showticklabels=few and across_labels, tickangle=-45, **where)
    figure.update_yaxes(**common, showticklabels=few and upright_labels, autorange="reversed", **where)


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
    edges = [_grid(values, column, bins) for values, column in zip(found, (x, y), strict=True)]
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


def _grid(values: npt.NDArray[np.float64], column: Column, bins: int) -> npt.NDArray[np.float64]:
    low, high = (float(q) for q in np.quantile(values, (0.005, 0.995)))
    if column.kind is not Kind.DATETIME and is_whole(values):
        return whole_edges(low, high, bins)
    return np.linspace(low, high if high > low else low + 1, bins + 1)


def is_whole(values: Floats) -> bool:
    """Return whether all values are whole numbers."""
    return bool((values == np.floor(values)).all())


def whole_edges(low: float, high: float, bins: int) -> Floats:
    """Return edges between whole numbers, so that each bin holds equally many of them."""
    step = max(1.0, float(np.ceil((np.floor(high) - np.floor(low) + 1) / bins)))
    return np.arange(np.floor(low), np.floor(high) + step + 0.5, step) - 0.5


def blues(mode: Mode) -> list[list[Any]]:
    """Return the scale of "how many rows": from nearly the ground to the colour of real rows."""
    low, middle = ("#E4EFF6", "#6FB1D6") if mode == "light" else ("#22303A", "#36719B")
    return [[0, low], [0.5, middle], [1, PALETTES[mode].real if mode == "dark" else "#00507D"]]


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
    five = [values[groups == label].quantile([0.05, 0.25, 0.5, 0.75, 0.95]).tolist() for label in order]
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
    figure.add_trace(
        go.Heatmap(
            z=parts.round(4).to_numpy().tolist(),
            x=list(range(len(columns))),
            y=list(range(len(rows))),
            hovertext=hover,
            hovertemplate="%{hovertext}<extra></extra>",
            texttemplate="%{z:.0%}" if counts.size <= 80 else None,
            textfont={"size": 11},
            colorscale=blues(mode),
            zmin=0,
            xgap=1,
            ygap=1,
            showscale=False,
        )
    )
    label_axis(figure, rows, title_text=short(y.name, 40))
    figure.update_xaxes(
        title_text=short(x.name, 40),
        showgrid=False,
        tickvals=list(range(len(columns))),
        ticktext=[short(c, 16) for c in columns],
    )
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
