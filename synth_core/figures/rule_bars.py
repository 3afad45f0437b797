"""Pictures of rules on single values: bars of values, of decimals, of how many are on, and of kept and broken rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.figures.axes import bar_height, label_axis
from synth_core.figures.style import (
    PALETTES,
    Mode,
    filled,
    hatched,
    new_figure,
    nothing,
    safe,
    share,
    short,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHOWN = 20
PLACES = 6  # decimals told apart


def values_figure(
    counts: pd.Series,
    broken: Collection[str],
    mode: Mode = "light",
    *,
    targets: Mapping[str, float] | None = None,
    name: str = "",
) -> go.Figure:
    """Return one bar per value: solid where the rule is kept, hatched where it is broken.

    Parameters
    ----------
    counts
        Rows per value (index: the value as text), the most frequent first. The first 20 are drawn.
    broken
        Values whose rows break the rule.
    targets
        Wanted share of a value (0..1), drawn as a mark.

    Notes
    -----
    A bar's ``customdata`` begins with its value, so that bars can be clicked; a value without rows has a point.
    """
    if not len(counts):
        return nothing(mode, "The column has no values.")
    palette, total = PALETTES[mode], max(int(counts.sum()), 1)
    shown = counts.iloc[:SHOWN]
    labels = [str(label) for label in shown.index]
    rows = shown.to_numpy(dtype=np.int64)
    wrong = np.array([label in broken for label in labels])
    figure = new_figure(
        mode, f"values:{name}", height=bar_height(len(shown)) + 40, barmode="overlay", showlegend=bool(wrong.any())
    )
    for title, mask, marker in (
        ("Keeps the rule", ~wrong, filled(palette)),
        ("Breaks it", wrong, hatched(palette, palette.stop, "x")),
    ):
        if mask.any():
            places = np.flatnonzero(mask)
            figure.add_bar(
                name=title,
                orientation="h",
                x=rows[mask].tolist(),
                y=places.tolist(),
                marker=marker,
                customdata=[[labels[at], safe(labels[at]), f"{rows[at]:,}", share(rows[at] / total)] for at in places],
                hovertemplate="%{customdata[1]}<br>%{customdata[2]} rows, %{customdata[3]}<extra></extra>",
            )
    if empty := [at for at in range(len(rows)) if not rows[at]]:
        figure.add_scatter(
            x=[0] * len(empty),
            y=empty,
            mode="markers",
            marker={"symbol": "circle-open", "size": 10, "color": palette.muted},
            customdata=[[labels[at], safe(labels[at])] for at in empty],
            hovertemplate="%{customdata[1]}<br>no rows<extra></extra>",
            showlegend=False,
        )
    marks = {at: (targets or {})[label] for at, label in enumerate(labels) if label in (targets or {})}
    if marks:
        figure.add_scatter(
            name="Wanted share",
            x=[part * total for part in marks.values()],
            y=list(marks),
            mode="markers",
            marker={"symbol": "line-ns", "size": 18, "line": {"width": 3, "color": palette.text}},
            customdata=[share(part) for part in marks.values()],
            hovertemplate="wanted: %{customdata}<extra></extra>",
        )
        figure.update_layout(showlegend=True)
    label_axis(figure, labels)
    figure.update_xaxes(title_text="Rows", tickformat=",~g", rangemode="tozero", nticks=6, fixedrange=True)
    figure.update_yaxes(fixedrange=True)
    figure.update_layout(dragmode=False, clickmode="event+select")
    return figure


def steps_figure(
    titles: Sequence[str], rows: Sequence[int], broken: Sequence[bool], axis: str, mode: Mode = "light"
) -> go.Figure:
    """Return upright bars of rows per step (decimals, columns that are on), hatched where the rule is broken."""
    palette = PALETTES[mode]
    figure = new_figure(mode, f"steps:{axis}", height=280, barmode="overlay", showlegend=any(broken))
    for title, wanted, marker in (
        ("Keeps the rule", False, filled(palette)),
        ("Breaks it", True, hatched(palette, palette.stop, "x")),
    ):
        at = [place for place, wrong in enumerate(broken) if wrong == wanted and rows[place]]
        if at:
            figure.add_bar(
                name=title,
                x=at,
                y=[rows[place] for place in at],
                marker=marker,
                text=[f"{rows[place]:,}" if rows[place] else "" for place in at],
                textposition="outside",
                cliponaxis=False,
                hovertemplate="%{y:,} rows<extra></extra>",
            )
    figure.update_xaxes(
        title_text=safe(axis),
        tickvals=list(range(len(titles))),
        ticktext=[short(t, 14) for t in titles],
        showgrid=False,
    )
    figure.update_yaxes(title_text="Rows", tickformat=",~g", rangemode="tozero", nticks=5, fixedrange=True)
    figure.update_layout(dragmode=False)
    return figure


def decimals_of(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return how many decimals each number has, 7 for more than six, -1 where missing.

    >>> decimals_of(np.array([1.0, 2.5, 0.125, np.nan])).tolist()
    [0, 1, 3, -1]
    """
    found = np.full(len(values), -1, dtype=np.int64)
    open_ = np.isfinite(values)
    for places in range(PLACES + 1):
        rows = np.flatnonzero(open_)
        some = values[rows]
        close = min(1e-9, 10.0 ** (-places - 3)) * np.maximum(1, np.abs(some))
        fine = rows[np.abs(np.round(some, places) - some) <= close]
        found[fine] = places
        open_[fine] = False
    found[open_] = PLACES + 1
    return found


def decimals_figure(values: npt.NDArray[np.float64], most: int, mode: Mode = "light") -> go.Figure:
    """Return the rows per number of decimals; those with more than ``most`` are hatched."""
    places = decimals_of(values)
    places = places[places >= 0]
    if not len(places):
        return nothing(mode, "The column has no values.")
    rows = np.bincount(places, minlength=PLACES + 2)
    last = int(max(np.flatnonzero(rows)[-1], min(most, PLACES), 2))
    titles = [str(place) if place <= PLACES else f"over {PLACES}" for place in range(last + 1)]
    return steps_figure(titles, rows[: last + 1].tolist(), [p > most for p in range(last + 1)], "Decimals", mode)


def kept_figure(kept: int, broken: int, silent: int = 0, mode: Mode = "light") -> go.Figure:
    """Return one bar of rows that keep a rule, break it, and of which it does not speak."""
    palette, total = PALETTES[mode], max(kept + broken + silent, 1)
    figure = new_figure(mode, "kept", height=150, barmode="stack", bargap=0.35)
    for title, rows, marker in (
        ("Keeps the rule", kept, filled(palette)),
        ("Breaks it", broken, hatched(palette, palette.stop, "x")),
        ("Not spoken of", silent, {"color": palette.grid, "line": {"width": 0}}),
    ):
        if rows:
            figure.add_bar(
                name=f"{title}: {rows:,} ({share(rows / total)})",
                orientation="h",
                x=[rows],
                y=[0],
                marker=marker,
                hovertemplate=f"{title}<br>{rows:,} rows, {share(rows / total)}<extra></extra>",
            )
    figure.update_yaxes(visible=False, fixedrange=True)
    figure.update_xaxes(
        title_text="Rows", tickformat=",~g", range=[0, total], nticks=6, fixedrange=True, showgrid=False
    )
    figure.update_layout(dragmode=False, showlegend=True)
    return figure
