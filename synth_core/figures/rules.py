"""Pictures of one rule on the real rows, to be tuned by hand."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.figures.axes import (
    bar_height,
    bin_names,
    bin_positions,
    blues,
    is_whole,
    label_axis,
    value_axis,
    whole_edges,
)
from synth_core.figures.style import PALETTES, Mode, Palette, filled, hatched, new_figure, nothing, safe, short
from synth_core.table import numbers

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from synth_core.constraints.kinds import Implies

Floats = npt.NDArray[np.float64]
BINS = 50
KEPT_POINTS = 3_000
BROKEN_POINTS = 1_000
MATRIX_SIDE = 25
Bound = float | pd.Timestamp | str | None


def range_figure(series: pd.Series, low: Bound, high: Bound, mode: Mode = "light") -> go.Figure:
    """Return the histogram of a column with its bounds; drag a box to choose new ones (``dragmode`` is "select").

    Bars outside the bounds are hatched. The outermost bars hold the rows further out.
    """
    values = numbers(series)
    values = values[np.isfinite(values)]
    if not len(values):
        return nothing(mode, "The column has no values.")
    palette, dates = PALETTES[mode], pd.api.types.is_datetime64_any_dtype(series.dtype)
    bounds = [_seconds(bound) for bound in (low, high)]
    whole = not dates and is_whole(values)
    edges = _edges(values, [b for b in bounds if b is not None], whole)
    counts = np.histogram(np.clip(values, edges[0], edges[-1]), edges)[0]
    middles = (edges[1:] + edges[:-1]) / 2
    outside = np.zeros(len(counts), dtype=bool)
    if bounds[0] is not None:
        outside |= middles < bounds[0]
    if bounds[1] is not None:
        outside |= middles > bounds[1]
    figure = new_figure(mode, f"range:{series.name}", height=320, bargap=0, showlegend=bool(outside.any()))
    _two_sorts(figure, edges, counts, outside, palette, dates=dates, whole=whole)
    figure.update_layout(dragmode="select", selectdirection="h", barmode="overlay")
    figure.update_xaxes(**value_axis(edges.tolist(), dates))
    figure.update_yaxes(title_text="Rows", tickformat=",~g", rangemode="tozero", nticks=6, fixedrange=True)
    scale = 1000 if dates else 1
    for bound in bounds:
        if bound is not None:
            figure.add_vline(x=bound * scale, line={"color": palette.text, "width": 2, "dash": "dashdot"})
    return figure


def _seconds(bound: Bound) -> float | None:
    if bound is None:
        return None
    if isinstance(bound, str | pd.Timestamp):
        return float(pd.Timestamp(bound).timestamp())
    return float(bound)


def _edges(values: Floats, bounds: list[float], whole: bool = False) -> Floats:
    """Return bin edges over the middle 99 % of the values and the bounds."""
    inner = [float(q) for q in np.quantile(values, (0.005, 0.995))]
    low, high = min([*inner, *bounds]), max([*inner, *bounds])
    if whole:
        return whole_edges(low, high, BINS)
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    return np.linspace(low, high, BINS + 1)


def _two_sorts(
    figure: go.Figure,
    edges: Floats,
    counts: npt.NDArray[np.int64],
    outside: npt.NDArray[np.bool_],
    palette: Palette,
    *,
    dates: bool = False,
    whole: bool = False,
) -> None:
    """Add bars: solid where the rule is kept, hatched where it is broken."""
    places, widths = bin_positions(edges.tolist(), dates)
    names = bin_names(edges.tolist(), dates, whole)
    for title, mask, marker in (
        ("Keeps the rule", ~outside, filled(palette)),
        ("Breaks it", outside, hatched(palette, palette.stop, "x")),
    ):
        mask = mask & (counts > 0) if mask.any() and counts[mask].any() else mask
        if mask.any():
            figure.add_bar(
                name=title,
                x=places[mask].tolist(),
                y=counts[mask].tolist(),
                width=(widths[mask] * 0.94).tolist(),
                marker=marker,
                customdata=[name for name, used in zip(names, mask, strict=True) if used],
                hovertemplate="%{customdata}<br>%{y:,} rows<extra></extra>",
            )


def inequality_figure(
    frame: pd.DataFrame,
    low_column: str,
    high_column: str,
    mode: Mode = "light",
    *,
    strict: bool = False,
    seed: int = 0,
) -> go.Figure:
    """Return low against high with the diagonal between them; rows that break the rule are red crosses.

    Equal values break the rule where it is ``strict``. At most 1,000 broken and 3,000 kept rows are drawn, chosen with
    ``seed``; dragging selects rows, whose labels in ``frame`` are the points' ``customdata``.
    """
    low, high = numbers(frame[low_column]), numbers(frame[high_column])
    known = np.isfinite(low) & np.isfinite(high)
    wrong = known & ((low >= high) if strict else (low > high))
    if not known.any():
        return nothing(mode, "No row has both values.")
    palette, rng = PALETTES[mode], np.random.default_rng(seed)
    dates = pd.api.types.is_datetime64_any_dtype(frame[low_column].dtype)
    scale = 1000 if dates else 1
    figure = new_figure(mode, f"inequality:{low_column}:{high_column}", height=420)
    ends = [float(min(low[known].min(), high[known].min())), float(max(low[known].max(), high[known].max()))]
    ends = [end * scale for end in ends]
    diagonal = {"color": palette.muted, "width": 1.5, "dash": "dashdot"}
    figure.add_scatter(x=ends, y=ends, mode="lines", line=diagonal, hoverinfo="skip", showlegend=False)
    for title, mask, limit, marker in (
        ("Keeps the rule", known & ~wrong, KEPT_POINTS, {"color": palette.real, "size": 5, "opacity": 0.4}),
        ("Breaks it", wrong, BROKEN_POINTS, {"color": palette.stop, "size": 9, "symbol": "x-thin",
                                                            "line": {"color": palette.stop, "width": 2}}),
    ):  # fmt: skip
        rows = np.flatnonzero(mask)
        total = len(rows)
        rows = np.sort(rng.choice(rows, limit, replace=False)) if total > limit else rows
        figure.add_scattergl(
            name=f"{title} ({total:,})",
            x=(low[rows] * scale).tolist(),
            y=(high[rows] * scale).tolist(),
            mode="markers",
            marker=marker,
            customdata=np.asarray(frame.index)[rows].tolist(),
            hovertemplate="%{x}<br>%{y}<extra>row %{customdata}</extra>",
        )
    for update, name in ((figure.update_xaxes, low_column), (figure.update_yaxes, high_column)):
        update(title_text=short(name, 40), **value_axis(ends, dates) | {"showgrid": True})
    figure.update_layout(dragmode="select")
    return figure


def combinations_figure(
    counts: pd.DataFrame, allowed: Collection[tuple[str, str]] | None = None, mode: Mode = "light"
) -> go.Figure:
    """Return the matrix of pairs with their counts: allowed cells are framed, broken ones crossed.

    Parameters
    ----------
    counts
        Rows: values of the first column, columns: values of the second, cells: rows of the table
        (``pandas.crosstab``). The 25 most frequent of each are drawn.
    allowed
        Allowed (first, second) pairs; None: every pair that occurs.

    Notes
    -----
    Each cell has a point whose ``customdata`` starts with [first, second, count], so that cells can be
    selected.
    """
    import plotly.graph_objects as go

    if counts.empty:
        return nothing(mode, "There are no pairs to draw.")
    palette = PALETTES[mode]
    shown = counts.loc[
        counts.sum(axis=1).sort_values(ascending=False, kind="stable").index[:MATRIX_SIDE],
        counts.sum(axis=0).sort_values(ascending=False, kind="stable").index[:MATRIX_SIDE],
    ]
    cells = shown.to_numpy(dtype=np.float64)
    figure = new_figure(mode, "combinations", height=bar_height(len(shown), 28) + 70, margin={"t": 32})
    figure.add_trace(
        go.Heatmap(
            z=np.where(cells > 0, np.log10(cells + 1), np.nan).round(3).tolist(),
            colorscale=blues(mode),
            zmin=0,
            showscale=False,
            xgap=2,
            ygap=2,
            hoverinfo="skip",
        )
    )
    known = {(str(a), str(b)) for a, b in allowed} if allowed is not None else None
    groups: dict[str, list[tuple[int, int]]] = {"Allowed": [], "Breaks it": [], "Not allowed, does not occur": []}
    for j, first in enumerate(shown.index):
        for i, second in enumerate(shown.columns):
            fine = cells[j, i] > 0 if known is None else (str(first), str(second)) in known
            groups["Allowed" if fine else "Breaks it" if cells[j, i] > 0 else "Not allowed, does not occur"].append(
                (j, i)
            )
    markers: dict[str, dict[str, Any]] = {
        "Allowed": {"symbol": "square-open", "color": palette.real, "size": 20, "line": {"width": 1.5}},
        "Breaks it": {"symbol": "x-thin", "size": 13, "line": {"color": palette.stop, "width": 3}},
        "Not allowed, does not occur": {"symbol": "circle", "color": palette.grid, "size": 4},
    }
    dense = np.log10(cells + 1) > 0.6 * np.log10(max(cells.max(), 1) + 1)
    for title, members in groups.items():
        if members:
            if title == "Allowed":  # a frame that is seen on a dark cell
                edge = [palette.ground if dense[j, i] else palette.real for j, i in members]
                markers[title] = markers[title] | {"color": edge}
            figure.add_scatter(
                name=title,
                x=[i for _, i in members],
                y=[j for j, _ in members],
                mode="markers",
                marker=markers[title],
                customdata=[
                    [str(a), str(b), int(cells[j, i]), f"{safe(a)} – {safe(b)}"]
                    for j, i in members
                    for a, b in [(shown.index[j], shown.columns[i])]
                ],
                hovertemplate="%{customdata[3]}<br>%{customdata[2]:,} rows<extra></extra>",
            )
    label_axis(figure, [str(label) for label in shown.index], title_text=short(shown.index.name or "", 40))
    ticks = {"tickvals": list(range(shown.shape[1])), "ticktext": [short(label, 14) for label in shown.columns]}
    figure.update_xaxes(
        **ticks, title_text=short(shown.columns.name or "", 40), showgrid=False, zeroline=False, tickangle=-45
    )
    figure.update_layout(clickmode="event+select", dragmode=False)  # a click chooses a cell; dragging does nothing
    figure.update_xaxes(fixedrange=True).update_yaxes(fixedrange=True)
    return figure


def residual_figure(values: pd.Series | Floats, tolerance: float = 0.0, mode: Mode = "light") -> go.Figure:
    """Return the histogram of what a formula is off by, with the tolerance as a band around 0."""
    found = numbers(values) if isinstance(values, pd.Series) else np.asarray(values, dtype=np.float64)
    found = found[np.isfinite(found)]
    if not len(found):
        return nothing(mode, "No row has all the values that the formula needs.")
    palette = PALETTES[mode]
    low, high = (float(q) for q in np.quantile(found, (0.005, 0.995)))
    reach = max(abs(low), abs(high), 3 * tolerance, 1e-9 if tolerance else 1.0)
    edges = np.linspace(-reach, reach, BINS + 2)  # an odd number of bins: one of them is centred on 0
    counts = np.histogram(np.clip(found, edges[0], edges[-1]), edges)[0]
    middles = (edges[1:] + edges[:-1]) / 2
    half = (edges[1] - edges[0]) / 2
    outside = np.abs(middles) > max(tolerance, half)
    figure = new_figure(mode, "residual", height=320, bargap=0, barmode="overlay")
    _two_sorts(figure, edges, counts, outside, palette)
    if tolerance:
        figure.add_vrect(x0=-tolerance, x1=tolerance, fillcolor=palette.real, opacity=0.12, line_width=0, layer="below")
    broken = int((np.abs(found) > tolerance + 1e-9 * reach).sum())
    title = f"Off by ({broken:,} of {len(found):,} rows by more than {tolerance:g})"
    figure.update_xaxes(title_text=title, showgrid=False, tickformat=",~g")
    figure.update_yaxes(title_text="Rows", tickformat=",~g", rangemode="tozero", nticks=6)
    return figure


def implication_figure(frame: pd.DataFrame, rule: Implies, mode: Mode = "light") -> go.Figure:
    """Return the two-way table of an if-then rule; the cell that must be empty is crossed when it is not."""
    from synth_core.constraints.expressions import parse_condition
    from synth_core.figures.rule_rows import two_way_figure

    condition, consequence = parse_condition(rule.if_), parse_condition(rule.then)
    return two_way_figure(
        condition.holds(frame).to_numpy(dtype=bool),
        consequence.holds(frame).to_numpy(dtype=bool),
        rule.violations(frame).to_numpy(dtype=bool),
        (condition.sentence(), consequence.sentence()),
        mode,
        revision=f"implication:{rule.id}",
    )
