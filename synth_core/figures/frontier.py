"""The frontier of privacy and likeness: one point per measured setting, and what a point means in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from synth_core.figures.axes import error_bars
from synth_core.figures.style import CLEAR, PALETTES, Mode, faint, new_figure, nothing, safe
from synth_core.frontier import Frontier, Point
from synth_core.scores.statistics import Estimate

if TYPE_CHECKING:
    import plotly.graph_objects as go

Likeness = Literal["likeness", "loss"]
TITLES: dict[str, str] = {
    "likeness": "Told from real rows, AUC (0.5: not at all)",
    "loss": "Loss of a model trained on it, %",
}
LIMITS = {"leak": "membership_auc", "found": "membership_tpr", "likeness": "c2st", "loss": "tstr_loss"}
_LEFT = 0.48


def frontier_figure(
    found: Frontier, chosen: str, limits: Mapping[str, float], against: Likeness = "likeness", mode: Mode = "light"
) -> go.Figure:
    """Return what an attacker finds (across) against what is kept (up), with intervals.

    Parameters
    ----------
    chosen
        Label of the point that is filled; the others are hollow.
    limits
        Targets by the name of their score; what lies beyond the membership limit and beyond the limit of the other
        axis is shaded.
    """
    points = [point for point in found.points if getattr(point, against) is not None]
    if not points:
        return nothing(mode, "This was not measured: it needs a target that real rows can predict.")
    palette = PALETTES[mode]
    figure = new_figure(mode, f"frontier:{against}", height=400, showlegend=False)
    xs = [point.leak for point in points]
    ys: list[Estimate] = [getattr(point, against) for point in points]
    floor = 0.5 if against == "likeness" else 0.0
    limit_x, limit_y = limits.get(LIMITS["leak"]), limits.get(LIMITS[against])
    right = max(max(x.high for x in xs), limit_x or 0.5) + 0.012
    top = max(max(y.high for y in ys), floor) + 0.08 * max(max(y.high for y in ys) - floor, 0.02)
    bottom = min(min(y.low for y in ys), floor) - 0.04 * (top - floor)
    left = min(min(x.low for x in xs) - 0.005, _LEFT)
    shade = {"fillcolor": faint(palette.stop, 0.1), "line_width": 0, "layer": "below"}
    if limit_x is not None:
        figure.add_shape(type="rect", x0=limit_x, x1=right, y0=bottom, y1=top, **shade)
        _rule(figure, limit_x, palette.stop, f"limit {limit_x:g}")
    if limit_y is not None and limit_y < top:
        figure.add_shape(type="rect", x0=left, x1=min(limit_x or right, right), y0=limit_y, y1=top, **shade)
        figure.add_hline(y=limit_y, line={"color": palette.stop, "width": 1, "dash": "dash"})
    _rule(figure, 0.5, palette.muted, "a coin")
    stops = [place for place, point in enumerate(points) if point.candidate.params]
    figure.add_scatter(
        x=[xs[place].value for place in stops], y=[ys[place].value for place in stops], mode="lines",
        line={"color": faint(palette.muted, 0.5), "width": 1}, hoverinfo="skip",
    )  # fmt: skip
    look = {"thickness": 1, "width": 0, "color": faint(palette.synthetic, 0.6)}
    names = [point.candidate.label for point in points]
    filled = [name == chosen for name in names]
    figure.add_scatter(
        x=[x.value for x in xs],
        y=[y.value for y in ys],
        error_x=error_bars([x.value for x in xs], [x.low for x in xs], [x.high for x in xs], **look),
        error_y=error_bars([y.value for y in ys], [y.low for y in ys], [y.high for y in ys], **look),
        mode="markers+text",
        text=[f"<b>{safe(name)}</b>" if full else safe(name) for name, full in zip(names, filled, strict=True)],
        textposition="top right",
        textfont={"color": palette.text, "size": 13},
        marker={
            "size": [15 if full else 12 for full in filled],
            "color": [
                palette.synthetic if full else (palette.ground if mode == "dark" else "#ffffff") for full in filled
            ],
            "line": {"color": palette.synthetic, "width": 2},
        },
        selected={"marker": {"opacity": 1}, "textfont": {"color": palette.text}},
        unselected={"marker": {"opacity": 1}, "textfont": {"color": palette.text}},
        customdata=[[name, *_hover(point)] for name, point in zip(names, points, strict=True)],
        hovertemplate="<b>%{customdata[0]}</b><br>attacker right: %{customdata[1]}<br>members found: "
        "%{customdata[2]}<br>told from real: %{customdata[3]}<br>loss: %{customdata[4]}<extra></extra>",
    )
    figure.update_xaxes(title_text="Attacker is right (AUC)  →  less private", range=[left, right], tickformat=".2f")
    figure.update_yaxes(title_text=f"{TITLES[against]}  →  less like", range=[bottom, top], tickformat="~g")
    figure.update_layout(plot_bgcolor=CLEAR, margin={"l": 8, "r": 12, "t": 28, "b": 8})
    return figure


def _rule(figure: go.Figure, at: float, colour: str, text: str) -> None:
    figure.add_vline(x=at, line={"color": colour, "width": 1, "dash": "dash"})
    figure.add_annotation(
        x=at, y=1, yref="paper", yanchor="bottom", text=text, showarrow=False, font={"size": 12, "color": colour}
    )


def _hover(point: Point) -> list[str]:
    found = "–" if point.found is None else f"{100 * point.found.value:.1f} % at 1 % false alarms"
    loss = "–" if point.loss is None else f"{point.loss.value:.1f} %"
    return [f"{100 * point.leak.value:.0f} %", found, f"{100 * point.likeness.value:.0f} %", loss]


def alt_frontier(found: Frontier, against: Likeness = "likeness") -> str:
    """Return what the picture shows: every point with both of its figures."""
    parts = []
    for point in found.points:
        kept: Estimate | None = getattr(point, against)
        unit = "" if against == "likeness" else " %"
        word = "told from real rows" if against == "likeness" else "loss"
        value = "not measured" if kept is None else f"{kept.value:.3g}{unit}"
        parts.append(f"{point.candidate.label}: attack AUC {point.leak.value:.3f}, {word} {value}")
    return f"Privacy against likeness for {found.rows:,} rows. " + "; ".join(parts) + "."


def frontier_words(found: Frontier, point: Point) -> str:
    """Return what a point means, in plain words.

    >>> from synth_core.frontier import Candidate
    >>> half = Estimate(0.5312, 0.51, 0.55)
    >>> point = Point(candidate=Candidate(label="private", method="trees"), leak=half, likeness=half)
    >>> one = Frontier(rows=1, made=1, learned=1, members=1, others=1, floor=half, points=(point,))
    >>> frontier_words(one, point)  # doctest: +ELLIPSIS
    'At private: of one person in the table and one who is not, an attacker picks the right one 53 % of ...
    """
    leak = point.leak
    text = (
        f"At {point.candidate.label}: of one person in the table and one who is not, an attacker picks the right one "
        f"{100 * leak.value:.0f} % of the time ({100 * leak.low:.0f} to {100 * leak.high:.0f} %); a coin, 50 %."
    )
    if point.found is not None:
        text += (
            f" With 1 % of false accusations, {100 * point.found.value:.1f} % of the people are found; by chance, 1 %."
        )
    text += f" A judge tells a synthetic row from a real one {100 * point.likeness.value:.0f} % of the time."
    if point.loss is not None:
        text += f" A model trained on it loses {max(point.loss.value, 0.0):.1f} % of its score."
    return text


def beyond(point: Point, limits: Mapping[str, float]) -> list[str]:
    """Return which limits the point does not keep, in words; the attack is held to the upper end of its interval."""
    held = {
        "the attack": (point.leak.high, limits.get(LIMITS["leak"])),
        "members found": (None if point.found is None else point.found.value, limits.get(LIMITS["found"])),
        "likeness": (point.likeness.value, limits.get(LIMITS["likeness"])),
        "the model's loss": (None if point.loss is None else point.loss.value, limits.get(LIMITS["loss"])),
    }
    return [word for word, (value, limit) in held.items() if value is not None and limit is not None and value > limit]
