"""Pictures of use and of privacy: models, attacks, distances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from synth_core.figures.axes import bar_height, error_bars, label_axis
from synth_core.figures.style import (
    CLEAR,
    PALETTES,
    Mode,
    Palette,
    amount,
    line,
    new_figure,
    nothing,
    safe,
    share,
    short,
)
from synth_core.scores.results import (
    Attack,
    Curve,
    ModelResult,
    Privacy,
    Utility,
)

if TYPE_CHECKING:
    import plotly.graph_objects as go


def utility_bars(utility: Utility, mode: Mode = "light") -> go.Figure:
    """Return, per model, the score when trained on real (filled dot) and on synthetic (hollow), with intervals.

    The axis starts near the lowest score, not at 0: what counts is the distance of the two dots.
    """
    if not utility.models:
        note = utility.scores[0].note if utility.scores else ""
        return nothing(mode, note or "No target column was set, so no model was trained.")
    palette = PALETTES[mode]
    models = utility.models
    figure = new_figure(mode, "utility", height=bar_height(len(models), 58) + 24)
    hollow = {"color": CLEAR, "size": 12, "line": {"color": palette.synthetic, "width": 2.5}}
    for title, marker, colour, value, shift in (
        ("Trained on real", {"color": palette.real, "size": 11}, palette.real, "trtr", -0.16),
        ("Trained on synthetic", hollow, palette.synthetic, "tstr", 0.16),
    ):
        values = [getattr(model, value) for model in models]
        lows, highs = ([getattr(model, f"{value}_{end}") for model in models] for end in ("low", "high"))
        figure.add_scatter(
            name=title,
            x=values,
            y=[place + shift for place in range(len(models))],
            mode="markers",
            marker=marker,
            error_x=error_bars(values, lows, highs, color=colour, thickness=1.5, width=4),
            customdata=[
                [safe(m.model), amount(low), amount(high)] for m, low, high in zip(models, lows, highs, strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{title}: %{{x:.3f}} "
            "(%{customdata[1]} to %{customdata[2]})<extra></extra>",
        )
        figure.add_scatter(
            x=[max(m.tstr_high, m.trtr_high) for m in models],
            y=[place + shift for place in range(len(models))],
            text=[f"   {v:.3f}" for v in values],
            mode="text",
            textposition="middle right",
            showlegend=False,
            hoverinfo="skip",
        )
    label_axis(figure, [model.model for model in models])
    lowest = min(min(model.tstr_low, model.trtr_low) for model in models)
    highest = max(max(model.tstr_high, model.trtr_high) for model in models)
    span = max(highest - lowest, 0.02)
    metrics = " / ".join(dict.fromkeys(model.metric for model in models))
    figure.update_xaxes(
        title_text=f"{metrics} on real holdout rows",
        range=[lowest - 0.08 * span, highest + 0.2 * span],
        nticks=7,
        tickformat="~g",
        zeroline=False,
    )
    return figure


def roc(model: ModelResult, mode: Mode = "light") -> go.Figure:
    """Return true against false positive rate on the real holdout, trained on real and trained on synthetic."""
    if not model.roc_trtr or not model.roc_tstr:
        return nothing(mode, "This model has no ROC curve: it is drawn for two classes only.")
    palette = PALETTES[mode]
    figure = new_figure(mode, f"roc:{model.model}", height=380)
    chance = {"color": palette.grid, "width": 1.5}
    figure.add_scatter(x=[0, 1], y=[0, 1], mode="lines", line=chance, hoverinfo="skip", showlegend=False)
    both = ((model.trtr, model.roc_trtr), (model.tstr, model.roc_tstr))
    _curves(figure, palette, both, "%{y:.1%} found at %{x:.1%} false alarms")
    figure.update_xaxes(title_text="False alarms", tickformat=".0%", range=[0, 1], constrain="domain")
    figure.update_yaxes(title_text="Found", tickformat=".0%", range=[0, 1.01], scaleanchor="x")
    return figure


def precision_recall(model: ModelResult, mode: Mode = "light") -> go.Figure:
    """Return precision against recall for the rare class, trained on real and on synthetic; dotted: guessing."""
    rare = model.rare
    if rare is None or not rare.curve_tstr or not rare.curve_trtr:
        return nothing(mode, "This model has no precision-recall curve: it is drawn for classes only.")
    palette = PALETTES[mode]
    figure = new_figure(mode, f"precision:{model.model}", height=380)
    both = ((rare.trtr, rare.curve_trtr), (rare.tstr, rare.curve_tstr))
    _curves(figure, palette, both, "%{y:.1%} of those named are right, at %{x:.1%} found", {"shape": "vh"})
    chance = {"color": palette.muted, "width": 1.5, "dash": "dot"}
    figure.add_scatter(
        name=f"Guessing ({rare.share:.3f})", x=[0, 1], y=[rare.share] * 2, mode="lines", line=chance, hoverinfo="skip"
    )
    figure.update_xaxes(title_text="Found (recall)", tickformat=".0%", range=[0, 1], constrain="domain")
    figure.update_yaxes(title_text="Right (precision)", tickformat=".0%", range=[0, 1.01], scaleanchor="x")
    return figure


def _curves(
    figure: go.Figure,
    palette: Palette,
    both: Sequence[tuple[float, Sequence[Any]]],
    hover: str,
    shape: Mapping[str, Any] | None = None,
) -> None:
    """Add a curve of the model trained on real rows and one of that on synthetic: (score, points) each."""
    for name, (score, points) in zip(("real", "synthetic"), both, strict=True):
        xs, ys = zip(*thinned(points), strict=True)
        figure.add_scatter(
            name=f"Trained on {name} ({score:.3f})",
            x=xs,
            y=ys,
            mode="lines",
            line=line(palette, name) | dict(shape or {}),
            hovertemplate=f"{hover}<extra></extra>",
        )


def thinned(points: Sequence[Any], limit: int = 400) -> list[Any]:
    """Return at most ``limit`` of the points, evenly taken, both ends kept."""
    if len(points) <= limit:
        return list(points)
    return [points[int(i)] for i in np.linspace(0, len(points) - 1, limit).round()]


def forest(privacy: Privacy, mode: Mode = "light") -> go.Figure:
    """Return every attack with its interval beside the same attack on rows never trained on, one panel per unit."""
    from plotly.subplots import make_subplots

    attacks = [attack for attack in privacy.attacks if attack.value is not None]
    if not attacks:
        return nothing(mode, "No attack has been run, or there were not enough rows.")
    units = list(dict.fromkeys(attack.unit for attack in attacks))
    groups = [[attack for attack in attacks if attack.unit == unit] for unit in units]
    rows = [len(group) + 0.6 for group in groups]
    total = 110 + 46 * len(attacks) + 60 * (len(units) - 1)
    figure = make_subplots(
        rows=len(units), cols=1, row_heights=rows, vertical_spacing=min(64 / total, 0.9 / max(len(units) - 1, 1))
    )
    figure.update_layout(new_figure(mode, "forest", height=total).layout)
    for row, (unit, group) in enumerate(zip(units, groups, strict=True), start=1):
        _forest_panel(figure, group, unit, row, mode)
    return figure


def _forest_panel(figure: go.Figure, group: list[Attack], unit: str, row: int, mode: Mode) -> None:
    palette, places = PALETTES[mode], list(range(len(group)))
    first = row == 1
    values = [float(attack.value or 0.0) for attack in group]
    written, words = (".3~%", share) if unit == "share" else (".3~g", amount)
    control = {"symbol": "diamond-open", "size": 10, "color": palette.holdout, "line": {"width": 2}}
    chance = {"symbol": "line-ns-open", "size": 22, "color": palette.muted, "line": {"width": 1.5}}
    for title, marker, found in (
        ("Chance", chance, [attack.chance for attack in group]),
        ("Control", control, [attack.control for attack in group]),
    ):
        figure.add_scatter(
            name=title, x=found, y=places, mode="markers", marker=marker, showlegend=first, legendgroup=title,
            customdata=[safe(attack.title) for attack in group],
            hovertemplate=f"%{{customdata}}<br>{title}: %{{x:{written}}}<extra></extra>", row=row, col=1,
        )  # fmt: skip
    highs = [a.high if a.high is not None else v for a, v in zip(group, values, strict=True)]
    lows = [a.low if a.low is not None else v for a, v in zip(group, values, strict=True)]
    error = error_bars(values, lows, highs, thickness=2, width=5)
    figure.add_scatter(
        name="Attack", x=values, y=places, mode="markers", showlegend=first,
        legendgroup="attack", error_x=error, marker={"size": 11, "color": palette.synthetic},
        customdata=[[safe(a.title), words(a.low), words(a.high)] for a in group],
        hovertemplate=f"%{{customdata[0]}}<br>%{{x:{written}}} "
        "(%{customdata[1]} to %{customdata[2]})<extra></extra>",
        row=row, col=1,
    )  # fmt: skip
    label_axis(figure, [attack.title for attack in group], row=row, col=1)
    figure.update_yaxes(ticktext=[two_lines(a.title) for a in group], row=row, col=1)
    titles = {"AUC": "AUC (0.5 is chance)", "%": "Success", "points": "Advantage, points", "share": "Share found"}
    formats = {"%": {"ticksuffix": " %"}, "share": {"tickformat": ".3~%"}}
    figure.update_xaxes(title_text=safe(titles.get(unit, unit)), nticks=7, **formats.get(unit, {}), row=row, col=1)


def two_lines(title: str, line: int = 26) -> str:
    """Return a long name in two lines, cut only when it needs more, safe to draw.

    >>> two_lines("Membership, distance to the nearest row")
    'Membership, distance to<br>the nearest row'
    """
    if len(title) <= line:
        return short(title, line)
    place = title.rfind(" ", 0, line + 1)
    if place < 0:
        return short(title, line)
    return f"{safe(title[:place])}<br>{short(title[place + 1 :], line)}"


def nearest_curves(privacy: Privacy, mode: Mode = "light") -> go.Figure:
    """Return cumulative curves of the distance to the nearest row; curves on each other are what one wants to see."""
    curves = [curve for curve in privacy.curves if curve.x]
    if not curves:
        return nothing(mode, "Distances were not measured.")
    palette = PALETTES[mode]
    figure = new_figure(mode, "nearest", height=340)
    for curve in sorted(curves, key=lambda curve: ["real", "holdout", "synthetic"].index(_side_of(curve))):
        points = thinned(list(zip(curve.x, curve.y, strict=True)))
        figure.add_scatter(
            name=safe(curve.name),
            x=[x for x, _ in points],
            y=[y for _, y in points],
            mode="lines",
            line=line(palette, _side_of(curve)) | {"shape": "hv"},
            hovertemplate="%{y:.1%} of rows within %{x:.3~g}<extra></extra>",
        )
    figure.update_xaxes(title_text="Distance to the nearest row", rangemode="tozero", nticks=7)
    figure.update_yaxes(title_text="Share of rows", tickformat=".0%", range=[0, 1.01], nticks=6)
    return figure


def _side_of(curve: Curve) -> str:
    name = curve.name.lower()
    if "synthetic" not in name:
        return "real"
    return "holdout" if "holdout" in name or "held" in name else "synthetic"
