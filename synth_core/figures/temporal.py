"""Pictures of a table in time: series with trend and season, autocorrelation, gaps, and entities."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_core.figures.style import (
    CLEAR,
    PALETTES,
    Mode,
    faint,
    filled,
    new_figure,
    nothing,
    number_axis,
    safe,
    share,
    short,
    value_text,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from synth_core.profile.time_facts import EntityFacts, Season, SeriesProfile, TimeProfile

YEAR_1971 = 365 * 86400  # positions of rows lie below, moments in seconds above
SHADED = 20  # gaps


def is_moment(at: Sequence[float]) -> bool:
    """Return whether a time axis carries moments (seconds since 1970), not positions of rows."""
    return bool(len(at)) and abs(float(at[-1])) > YEAR_1971


def time_figure(series: SeriesProfile, mode: Mode = "light", *, dates: bool | None = None) -> go.Figure:
    """Return a series with its trend, and below it what repeats and what is left over.

    Parameters
    ----------
    dates
        Whether times are seconds since 1970; None: judged by their size.
    """
    if len(series.at) < 2:
        return nothing(mode, "Too few points in time to draw.")
    palette, moments = PALETTES[mode], is_moment(series.at) if dates is None else dates
    x = [float(at) * (1000 if moments else 1) for at in series.at]
    parts = [("Repeats", series.seasonal), ("Left over", series.remainder)]
    below = [(name, part) for name, part in parts if len(part) == len(x) and any(part)]
    height = 290 + 100 * len(below)
    figure = new_figure(mode, f"time:{series.column}", height=height, margin={"t": 32}, hovermode="x unified")
    floor = 100 * len(below) / (height - 40)
    thin = {"color": palette.real, "width": 1.3}
    figure.add_scatter(x=x, y=list(series.observed), name="Observed", mode="lines", line=thin)
    if len(series.trend) == len(x):
        thick = {"color": palette.text, "width": 2.5}
        figure.add_scatter(x=x, y=list(series.trend), name="Trend", mode="lines", line=thick)
    known = [value for value in series.observed if value is not None] or [0.0]
    figure.update_layout(
        yaxis={"domain": [floor, 1], "title_text": short(series.unit or "value", 30)}
        | number_axis(min(known), max(known))
    )
    each = floor / max(len(below), 1)
    for place, (name, part) in enumerate(below):
        axis, top = place + 2, floor - place * each - 0.04
        figure.add_scatter(x=x, y=list(part), name=name, mode="lines", line=thin, yaxis=f"y{axis}", showlegend=False)
        settings = {"domain": [max(0.0, floor - (place + 1) * each), top], "title_text": name, "nticks": 3}
        figure.update_layout({f"yaxis{axis}": settings})
    figure.update_traces(hovertemplate="%{y:,.4~g}")
    last = f"y{len(below) + 1}" if below else "y"
    figure.update_xaxes(**_time_axis(moments), anchor=last)
    return figure


def _time_axis(dates: bool) -> dict[str, Any]:
    kind = {"type": "date"} if dates else {"tickformat": ",~g", "title_text": "Row, in order"}
    return kind | {"showgrid": False}


def step_unit(time: TimeProfile | None, steps: float) -> tuple[float, str]:
    """Return how many units a step is and their name, for an axis of so many steps: (1, "steps") where it is unknown.

    >>> from synth_core.profile.time_facts import TimeProfile
    >>> time = TimeProfile(order="at", rows=99, start=0, end=1, step=600, period_words="step")
    >>> step_unit(time, 300), step_unit(time.model_copy(update={"period_words": "day"}), 300)
    ((0.16666666666666666, 'hours'), (1.0, 'days'))
    """
    if time is None or not time.dates or not time.period_words:
        return 1.0, "steps"
    if time.period_words != "step":
        return 1.0, f"{time.period_words}s"
    if time.step is None:
        return 1.0, "steps"
    units = ((86400.0, "days", 10), (3600.0, "hours", 2), (60.0, "minutes", 2), (1.0, "seconds", 0))
    length, name = next((size, word) for size, word, least in units if steps * time.step >= least * size)
    return time.step / length, name


def acf_figure(series: SeriesProfile, mode: Mode = "light", time: TimeProfile | None = None) -> go.Figure:
    """Return how alike a series is to itself some time earlier; the band is what chance gives.

    ``time`` tells how long a step is.
    """
    if not series.lags:
        return nothing(mode, "Too few points in time for autocorrelation.")
    unit, word = step_unit(time, float(series.lags[-1]))
    palette, lags = PALETTES[mode], [unit * lag for lag in series.lags]
    figure = new_figure(mode, f"acf:{series.column}", height=250, showlegend=False, margin={"t": 28})
    figure.add_hrect(
        y0=-series.band, y1=series.band, fillcolor=faint(palette.holdout), line={"width": 0}, layer="below"
    )
    figure.add_bar(
        x=lags,
        y=list(series.autocorrelation),
        width=0.6 * min((b - a for a, b in pairwise(lags)), default=1.0),
        marker=filled(palette),
        hovertemplate=f"%{{x:,.3~g}} {word} earlier<br>%{{y:.2f}}<extra></extra>",
    )
    for season in series.seasons[:3]:
        if unit * season.steps <= lags[-1]:
            figure.add_vline(x=unit * season.steps, line={"color": palette.text, "dash": "dot", "width": 1.5})
            label = {
                "x": unit * season.steps,
                "y": 1,
                "yref": "paper",
                "yanchor": "bottom",
                "text": short(season.words, 24),
            }
            figure.add_annotation(**label)
    title = f"{word.capitalize()} earlier"
    figure.update_xaxes(title_text=title, showgrid=False, tickformat=",~g", range=[0, lags[-1] + 0.5 * unit])
    low = min(0.0, *series.autocorrelation, -series.band)
    figure.update_yaxes(title_text="Autocorrelation", range=[low - 0.05, 1.02], nticks=6)
    return figure


def season_figure(season: Season, mode: Mode = "light", time: TimeProfile | None = None) -> go.Figure:
    """Return one cycle: the mean departure from the trend at each of its places."""
    if len(season.shape) < 3:
        return nothing(mode, "The cycle has too few places to draw.")
    figure = new_figure(mode, f"season:{season.words}", height=200, showlegend=False, margin={"t": 16})
    unit, word = step_unit(time, season.steps)
    x = np.linspace(0, unit * season.steps, len(season.shape), endpoint=False).round(3).tolist()
    figure.add_scatter(
        x=x,
        y=list(season.shape),
        mode="lines",
        line={"color": PALETTES[mode].real, "width": 2, "shape": "spline", "smoothing": 0.5},
        hovertemplate=f"{word} into the cycle: %{{x:.3~g}}<br>%{{y:+,.3~g}}<extra></extra>",
    )
    start = f", from {season.starts}" if season.starts else ""
    figure.update_xaxes(title_text=f"{word.capitalize()} of the cycle{start}", showgrid=False)
    figure.update_yaxes(title_text="Above the trend", nticks=5)
    return figure


def unfinished(time: TimeProfile) -> tuple[bool, bool]:
    """Return whether rows begin long after the first stretch of time does, and end long before the last one does."""
    if len(time.period_counts) < 2:
        return False, False
    (start, then), (late, end) = time.period_edges[:2], time.period_edges[-2:]
    rows = max(float(np.median(time.period_counts)), 1.0)

    def is_long(lacking: float, length: float) -> bool:  # beyond the usual distance of two rows
        return lacking > (0.1 + 1 / rows) * length

    return is_long(time.start - start, then - start), is_long(end - time.end, end - late)


def gaps_figure(time: TimeProfile, mode: Mode = "light") -> go.Figure:
    """Return how many rows lie in each stretch of time; the longest gaps are shaded, unfinished stretches hatched."""
    if len(time.period_counts) < 2:
        return nothing(mode, "Too few moments to draw.")
    palette, edges = PALETTES[mode], np.asarray(time.period_edges, dtype=np.float64)
    scale = 1000 if time.dates else 1
    figure = new_figure(mode, f"gaps:{time.order}", height=200, showlegend=False, bargap=0, margin={"t": 16})
    names = [value_text(float(edge), time.dates) for edge in edges]
    first, last = unfinished(time)
    part = [(first and place == 0) or (last and place == len(edges) - 2) for place in range(len(edges) - 1)]
    within = f"rows lie from {value_text(time.start, time.dates)} to {value_text(time.end, time.dates)}"
    pattern = {"shape": ["/" if one else "" for one in part], "fgcolor": palette.real, "bgcolor": CLEAR}
    figure.add_bar(
        x=((edges[1:] + edges[:-1]) / 2 * scale).tolist(),
        y=list(time.period_counts),
        width=(np.diff(edges) * scale * 0.94).tolist(),
        marker=filled(palette) | {"pattern": pattern | {"fillmode": "replace", "size": 6, "solidity": 0.3}},
        customdata=[
            [f"{low} – {high}", f"<br>only in part: {within}" if one else ""]
            for (low, high), one in zip(pairwise(names), part, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{y:,} rows%{customdata[1]}<extra></extra>",
    )
    for gap in sorted(time.gaps, key=lambda one: one.start - one.end)[:SHADED]:
        shade = faint(palette.watch, 0.3)
        figure.add_vrect(x0=gap.start * scale, x1=gap.end * scale, fillcolor=shade, line={"width": 0})
    figure.update_xaxes(**_time_axis(time.dates))
    figure.update_yaxes(title_text="Rows", rangemode="tozero", tickformat=",~g", nticks=4)
    return figure


def entities_figure(entities: EntityFacts, mode: Mode = "light") -> go.Figure:
    """Return how many entities have one row, two rows, and so on."""
    if not entities.row_counts:
        return nothing(mode, "No entity has rows.")
    total = sum(entities.row_counts) or 1
    figure = new_figure(mode, "entities", height=200, showlegend=False, margin={"t": 20})
    figure.add_bar(
        x=list(range(len(entities.row_counts))),
        y=list(entities.row_counts),
        marker=filled(PALETTES[mode]),
        text=[share(count / total) for count in entities.row_counts],
        textposition="outside",
        cliponaxis=False,
        customdata=[[safe(label)] for label in entities.row_labels],
        hovertemplate="%{customdata[0]} rows: %{y:,} entities<extra></extra>",
    )
    ticks = {"tickvals": list(range(len(entities.row_labels))), "ticktext": [safe(one) for one in entities.row_labels]}
    figure.update_xaxes(title_text="Rows of an entity", showgrid=False, **ticks)
    figure.update_yaxes(title_text="Entities", tickformat=",~g", nticks=4, range=[0, 1.15 * max(entities.row_counts)])
    return figure
