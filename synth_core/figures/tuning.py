"""The trade-off of all tries of an iteration: what an attacker finds against what is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from synth_core.figures.axes import error_bars
from synth_core.figures.frontier import LIMITS, TITLES
from synth_core.figures.style import CLEAR, PALETTES, Mode, Palette, faint, new_figure, nothing, safe
from synth_core.scores.statistics import Estimate
from synth_core.tuning.moves import title_of
from synth_core.tuning.record import Try, Tuning

if TYPE_CHECKING:
    import plotly.graph_objects as go

Kept = Literal["likeness", "loss"]
_SIZES = (11.0, 34.0)  # of the quickest and the slowest try
_SIGNS = ("circle", "diamond", "square", "triangle-up", "pentagon", "star", "hexagon")


def tuning_figure(
    found: Tuning, picked: int | None = None, against: Kept = "likeness", mode: Mode = "light"
) -> go.Figure:
    """Return every judged try: attack (across) against likeness or loss (up); size is time, colour and sign the engine.

    The chosen try is marked in words, ``picked`` has a ring; targets are lines, and what lies beyond them is shaded.
    """
    tries = shown_tries(found, against)
    if not tries:
        return nothing(mode, "No try has both figures yet.")
    palette = PALETTES[mode]
    figure = new_figure(mode, f"tuning:{against}", height=400, showlegend=True)
    xs = {one.number: one.attack for one in tries if one.attack is not None}
    ys: dict[int, Estimate] = {one.number: getattr(one, against) for one in tries}
    limits = {target.score: target.limit for target in found.targets if not target.above_floor}
    limit_x, limit_y = limits.get(LIMITS["leak"]), limits.get(LIMITS[against])
    floor = 0.5 if against == "likeness" else 0.0
    right = max(max(x.high for x in xs.values()), limit_x or 0.5) + 0.012
    left = min(min(x.low for x in xs.values()) - 0.006, 0.49)
    high = max(*(y.high for y in ys.values()), limit_y or floor)
    low = min(*(y.low for y in ys.values()), floor)
    top, bottom = high + 0.14 * (high - low + 0.01), low - 0.1 * (high - low + 0.01)
    _targets(figure, palette, (left, right, bottom, top), limit_x, limit_y)
    seconds = np.sqrt([one.seconds for one in tries])
    span = float(np.ptp(seconds)) or 1.0
    sizes = {
        one.number: _SIZES[0] + (_SIZES[1] - _SIZES[0]) * float(s - seconds.min()) / span
        for one, s in zip(tries, seconds, strict=True)
    }
    engines = list(dict.fromkeys(one.recipe.method for one in tries))
    colours = (palette.accent, palette.synthetic, *palette.extra)
    for place, engine in enumerate(engines):
        own = [one for one in tries if one.recipe.method == engine]
        colour = colours[place % len(colours)]
        x, y = [xs[one.number] for one in own], [ys[one.number] for one in own]
        look = {"thickness": 1, "width": 0, "color": faint(colour, 0.35)}
        figure.add_scatter(
            name=safe(title_of(engine)),
            x=[one.value for one in x],
            y=[one.value for one in y],
            error_x=error_bars([e.value for e in x], [e.low for e in x], [e.high for e in x], **look),
            error_y=error_bars([e.value for e in y], [e.low for e in y], [e.high for e in y], **look),
            mode="markers+text",
            text=[_label(one, found) for one in own],
            textposition="top center",
            textfont={"color": palette.text, "size": 13},
            marker={
                "size": [sizes[one.number] for one in own],
                "symbol": _SIGNS[place % len(_SIGNS)],
                "color": faint(colour, 0.75),
                "line": {
                    "color": [palette.text if one.number == picked else palette.ground for one in own],
                    "width": [3 if one.number == picked else 1 for one in own],
                },
                "sizemode": "diameter",
            },
            selected={"marker": {"opacity": 1}, "textfont": {"color": palette.text}},
            unselected={"marker": {"opacity": 1}, "textfont": {"color": palette.text}},
            customdata=[[one.number, safe(one.changed), f"{one.seconds:.0f} s", len(one.failing)] for one in own],
            hovertemplate="<b>Try %{customdata[0]}</b>, %{customdata[2]}<br>%{customdata[1]}<br>attack %{x:.3f}, "
            "up %{y:.3g}<br>targets missed: %{customdata[3]}<extra></extra>",
        )
    figure.update_xaxes(title_text="Attacker is right (AUC)  →  less private", range=[left, right], tickformat=".2f")
    figure.update_yaxes(title_text=f"{TITLES[against]}  →  less like", range=[bottom, top], tickformat="~g")
    figure.update_layout(
        plot_bgcolor=CLEAR,
        margin={"l": 8, "r": 12, "t": 28, "b": 8},
        legend={"orientation": "h", "y": -0.2, "x": 0, "itemsizing": "constant", "itemclick": False},
    )
    return figure


def shown_tries(found: Tuning, against: Kept) -> list[Try]:
    """Return the tries that have both figures."""
    return [one for one in found.tries if one.attack is not None and getattr(one, against) is not None]


def _label(one: Try, found: Tuning) -> str:
    return f"<b>{one.number} chosen</b>" if one.number == found.chosen else str(one.number)


def _targets(
    figure: go.Figure,
    palette: Palette,
    box: tuple[float, float, float, float],
    limit_x: float | None,
    limit_y: float | None,
) -> None:
    left, right, bottom, top = box
    shade = {"fillcolor": faint(palette.stop, 0.1), "line_width": 0, "layer": "below"}
    line = {"color": palette.stop, "width": 1, "dash": "dash"}
    if limit_x is not None:
        figure.add_shape(type="rect", x0=limit_x, x1=right, y0=bottom, y1=top, **shade)
        figure.add_vline(x=limit_x, line=line)
        figure.add_annotation(
            x=limit_x, y=1, yref="paper", yanchor="bottom", text=f"target {limit_x:g}", showarrow=False,
            font={"size": 12, "color": palette.stop},
        )  # fmt: skip
    if limit_y is not None:
        figure.add_shape(type="rect", x0=left, x1=min(limit_x or right, right), y0=limit_y, y1=top, **shade)
        figure.add_hline(y=limit_y, line=line)
        figure.add_annotation(
            x=left, xanchor="left", y=limit_y, yanchor="bottom", text=f"target {limit_y:g}", showarrow=False,
            font={"size": 12, "color": palette.stop},
        )  # fmt: skip


def alt_tuning(found: Tuning, against: Kept = "likeness") -> str:
    """Return what the picture shows: every try with both figures, its time, and whether it was chosen."""
    unit, word = ("", "told apart") if against == "likeness" else (" %", "loss")
    told = []
    for one in shown_tries(found, against):
        kept: Estimate = getattr(one, against)
        assert one.attack is not None
        chosen = ", chosen" if one.number == found.chosen else ""
        told.append(
            f"try {one.number} ({title_of(one.recipe.method)}{chosen}): attack {one.attack.value:.3f}, "
            f"{word} {kept.value:.3g}{unit}, {one.seconds:.0f} s"
        )
    return "Attack against what is kept, per try. " + ("; ".join(told) or "No try has both figures") + "."
