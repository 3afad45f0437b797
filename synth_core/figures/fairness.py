"""Pictures of fairness: who is in a table and how they fare, and what every correction does to the gaps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from synth_core.figures.axes import bar_height, error_bars, label_axis
from synth_core.figures.style import CLEAR, PALETTES, Mode, Palette, faint, new_figure, nothing, safe, share, short
from synth_core.labs.fair_results import Arm, Fairness
from synth_core.labs.fair_shares import GroupShare
from synth_core.scores.statistics import Estimate

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_DRAWN = 14
LABEL = 34
_PANELS = (("parity", "Gap in outcomes, points"), ("odds", "Gap in errors, points"), ("auc", "AUC"))
_GAP = 0.09  # between panels, as a share of the width


def shares_figure(
    real: Sequence[GroupShare], release: Sequence[GroupShare], favourable: str, mode: Mode = "light"
) -> go.Figure:
    """Return each group's share of the rows (left) and its rate of the favourable outcome (right), with intervals.

    Real rows are filled, those of the release (may be empty) hollow. Groups with too few rows have no rate.
    """
    drawn = [one for one in real if one.rows][:MOST_DRAWN]
    if not drawn:
        return nothing(mode, "There is no group to draw.")
    palette = PALETTES[mode]
    figure = new_figure(mode, "fairness:shares", height=bar_height(len(drawn), 40) + 40)
    places = {one.group: place for place, one in enumerate(drawn)}
    apart = 0.14 if release else 0.0
    for title, side, shift in (("Real", drawn, -apart), ("Release", release, apart)):
        known = [one for one in side if one.group in places]
        if not known:
            continue
        look = _marker(palette, title == "Real")
        colour = palette.real if title == "Real" else palette.synthetic
        figure.add_scatter(
            name=title, x=[100 * one.share for one in known], y=[places[one.group] + shift for one in known],
            mode="markers", marker=look, customdata=[[safe(one.group), share(one.share), one.rows] for one in known],
            hovertemplate=f"%{{customdata[0]}}<br>{title}: %{{customdata[1]}} (%{{customdata[2]:,}} rows)"
            "<extra></extra>",
        )  # fmt: skip
        rated = [(one, one.rate) for one in known if one.rate is not None]
        figure.add_scatter(
            name=title, showlegend=False, xaxis="x2", yaxis="y2", mode="markers", marker=look,
            x=[100 * rate.value for _, rate in rated], y=[places[one.group] + shift for one, _ in rated],
            error_x=_bars([rate for _, rate in rated], 100, colour),
            customdata=[[safe(one.group), share(rate.value), share(rate.low), share(rate.high)] for one, rate in rated],
            hovertemplate=f"%{{customdata[0]}}<br>{title}: %{{customdata[1]}} (%{{customdata[2]}} to "
            "%{customdata[3]})<extra></extra>",
        )  # fmt: skip
    few = [one for one in drawn if one.rate is None]
    for one in few:
        figure.add_annotation(
            text="not enough data", x=0, xref="x2 domain", xanchor="left", y=places[one.group], yref="y2", font_size=12
        )
    label_axis(figure, [one.group for one in drawn])
    figure.update_yaxes(ticktext=[short(one.group, LABEL) for one in drawn])
    figure.update_traces(cliponaxis=False)
    figure.update_layout(
        xaxis={"domain": [0, 0.43], "title": {"text": "Share of the rows, %"}, "rangemode": "tozero", "nticks": 6},
        xaxis2={
            "domain": [0.57, 1], "anchor": "y2", "rangemode": "tozero", "nticks": 6,
            "title": {"text": f"Share with '{short(favourable, 18)}', %"},
        },
        yaxis2={
            "anchor": "x2", "matches": "y", "showticklabels": False, "showgrid": False, "zeroline": False,
            "showline": True, "linecolor": palette.muted,
        },
        yaxis={"showline": True, "linecolor": palette.muted},
    )  # fmt: skip
    return figure


def alt_shares(real: Sequence[GroupShare], release: Sequence[GroupShare], favourable: str) -> str:
    """Return what the picture of groups shows."""
    made = {one.group: one for one in release}
    parts = []
    for one in real[:MOST_DRAWN]:
        rate = "not enough data for a rate" if one.rate is None else f"{share(one.rate.value)} with {favourable}"
        other = f"; in the release {share(made[one.group].share)}" if one.group in made else ""
        parts.append(f"{one.group}: {share(one.share)} of the rows, {rate}{other}")
    return f"Groups and their outcomes. {'. '.join(parts)}."


def fairness_figure(found: Fairness, mode: Mode = "light") -> go.Figure:
    """Return every arm's two gaps and AUC, with intervals; small marks are single folds, the line is doing nothing."""
    palette = PALETTES[mode]
    arms = found.arms
    figure = new_figure(mode, "fairness:arms", height=bar_height(len(arms), 46) + 44, showlegend=False)
    width = (1 - _GAP * (len(_PANELS) - 1)) / len(_PANELS)
    for number, (measure, title) in enumerate(_PANELS):
        axis = "" if number == 0 else str(number + 1)
        scale = 1 if measure == "auc" else 100
        values = {arm.name: value for arm in arms if (value := _value(arm, measure)) is not None}
        start = number * (width + _GAP)
        figure.update_layout({
            f"xaxis{axis}": {
                "domain": [start, min(start + width, 1.0)], "anchor": f"y{axis}", "title": {"text": title}, "nticks": 5,
                "rangemode": "normal" if measure == "auc" else "tozero", "tickformat": "~g", "zeroline": scale == 100,
            },
            f"yaxis{axis}": {
                "anchor": f"x{axis}", "showgrid": False, "showticklabels": number == 0, "zeroline": False,
                **({} if number == 0 else {"matches": "y"}),
            },
        })  # fmt: skip
        first = values.get(arms[0].name)
        if first is not None:
            figure.add_shape(
                type="line", xref=f"x{axis}", yref=f"y{axis}", x0=scale * first.value, x1=scale * first.value,
                y0=-0.5, y1=len(arms) - 0.5, line={"color": palette.muted, "width": 1, "dash": "dot"}, layer="below",
            )  # fmt: skip
        for real in (True, False):
            some = [(place, arm) for place, arm in enumerate(arms) if _is_real(arm) == real and arm.name in values]
            if not some:
                continue
            colour = palette.real if real else palette.synthetic
            if measure != "auc":
                folds = [(place, x) for place, arm in some for x in getattr(arm, f"{measure}_folds")]
                figure.add_scatter(
                    x=[scale * x for _, x in folds], y=[place + 0.22 for place, _ in folds], mode="markers",
                    marker={"symbol": "line-ns", "size": 7, "line": {"color": faint(colour, 0.7), "width": 1.5}},
                    xaxis=f"x{axis}", yaxis=f"y{axis}", hoverinfo="skip",
                )  # fmt: skip
            here = [values[arm.name] for _, arm in some]
            digits = 3 if measure == "auc" else 1
            figure.add_scatter(
                x=[scale * one.value for one in here], y=[place for place, _ in some], mode="markers",
                marker=_marker(palette, real), error_x=_bars(here, scale, colour), xaxis=f"x{axis}", yaxis=f"y{axis}",
                customdata=[
                    [safe(found.titles[arm.name]), *(f"{scale * end:.{digits}f}" for end in one)]
                    for (_, arm), one in zip(some, here, strict=True)
                ],
                hovertemplate="%{customdata[0]}<br>%{customdata[1]} (%{customdata[2]} to %{customdata[3]})"
                "<extra></extra>",
            )  # fmt: skip
    labels = [found.titles[arm.name] for arm in arms]
    figure.update_layout(
        yaxis={
            "tickvals": list(range(len(labels))), "ticktext": [short(label, LABEL) for label in labels],
            "zeroline": False,
            "range": [len(labels) - 0.5, -0.5], "ticklabelstandoff": 4,
            "tickfont": {"color": palette.text},
        },
        margin={"l": 8, "r": 12, "t": 12, "b": 8},
    )  # fmt: skip
    return figure


def alt_fairness(found: Fairness) -> str:
    """Return what the picture of the lab shows: every arm with its figures."""
    parts = []
    for arm in found.arms:
        odds = "" if arm.odds is None else f", gap in errors {100 * arm.odds.value:.1f}"
        parts.append(
            f"{found.titles[arm.name]}: gap in outcomes {100 * arm.parity.value:.1f} points{odds}, "
            f"AUC {arm.auc.value:.3f}"
        )
    return f"Fairness of a model on {found.judged:,} real rows. {'; '.join(parts)}."


def _is_real(arm: Arm) -> bool:
    return arm.name in ("real", "reweigh")


def _value(arm: Arm, measure: str) -> Estimate | None:
    found: Estimate | None = getattr(arm, measure)
    return found


def _marker(palette: Palette, real: bool) -> dict[str, Any]:
    if real:
        return {"color": palette.real, "size": 10}
    return {"color": CLEAR, "size": 11, "line": {"color": palette.synthetic, "width": 2.5}}


def _bars(found: Sequence[Estimate], scale: float, colour: str) -> dict[str, Any]:
    ends = [[scale * one[end] for one in found] for end in range(3)]
    return error_bars(ends[0], ends[1], ends[2], color=colour, thickness=1.5, width=4)
