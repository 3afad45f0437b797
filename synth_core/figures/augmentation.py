"""The augmentation lab as pictures: what each remedy gains over doing nothing, and how scores move with the ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from synth_core.figures.axes import error_bars, label_axis
from synth_core.figures.style import PALETTES, Mode, Palette, faint, new_figure, safe
from synth_core.labs.augmentation import Comparison, Judge, ratio_words
from synth_core.labs.remedies import TITLES, WITH_RATIO, Remedy
from synth_core.labs.tables import score_words

if TYPE_CHECKING:
    import plotly.graph_objects as go

SYMBOLS: dict[Remedy, str] = {"weights": "square", "repeats": "diamond", "smote": "triangle-up", "made": "circle"}
HEIGHT = 340
DASHES: dict[Remedy, str] = {"weights": "dot", "repeats": "dashdot", "smote": "longdash", "made": "dash"}


def gains_figure(found: Comparison, judge: Judge, mode: Mode = "light") -> go.Figure:
    """Return what each remedy gains over doing nothing, with its interval; filled where that leaves zero out."""
    palette = PALETTES[mode]
    shown = [one for one in found.contenders if one.remedy != "none"]
    figure = new_figure(mode, f"gains:{judge}", height=HEIGHT, showlegend=False)
    figure.add_vline(x=0, line={"color": palette.muted, "width": 1.5})
    for place, one in enumerate(shown):
        gain, colour = one.gain(judge), _colour(one.remedy, palette)
        if gain is None:
            figure.add_annotation(
                x=0, y=place, xanchor="left", xshift=8, showarrow=False, text="ranks as if nothing were done",
                font={"size": 12, "color": palette.muted},
            )  # fmt: skip
            continue
        sure = gain.low > 0 or gain.high < 0
        ground = palette.ground if mode == "dark" else "#ffffff"
        figure.add_scatter(
            x=[gain.value],
            y=[place],
            mode="markers",
            marker={"size": 13, "color": colour if sure else ground, "line": {"color": colour, "width": 2.5}},
            error_x=error_bars([gain.value], [gain.low], [gain.high], color=colour, thickness=1.5, width=5),
            customdata=[[safe(one.title), gain.low, gain.high]],
            hovertemplate="%{customdata[0]}: %{x:+.3f} (%{customdata[1]:+.3f} to %{customdata[2]:+.3f})<extra></extra>",
        )
    label_axis(figure, [TITLES[one.remedy] for one in shown])
    reach = max([0.02, *(abs(end) for one in shown if (gain := one.gain(judge)) for end in (gain.low, gain.high))])
    figure.update_xaxes(
        title_text=f"worse  ←  {score_words(judge, found.settings.precision)}, less that of doing nothing  →  better",
        range=[-1.12 * reach, 1.12 * reach],
        tickformat="+.2~f",
        nticks=7,
        zeroline=False,
    )
    figure.update_layout(margin={"l": 8, "r": 12, "t": 12, "b": 8})
    return figure


def ratios_figure(found: Comparison, judge: Judge, mode: Mode = "light") -> go.Figure:
    """Return the score of each remedy at each ratio, with intervals; the level of doing nothing as a line."""
    palette = PALETTES[mode]
    figure = new_figure(mode, f"ratios:{judge}", height=HEIGHT)
    ratios = sorted({at.ratio for at in found.ratios if at.ratio is not None}, reverse=True)
    nothing = found.contender("none").score(judge).value
    width = 0.5 / len(WITH_RATIO)
    for number, remedy in enumerate(WITH_RATIO):
        own = {at.ratio: at.score(judge) for at in found.ratios if at.remedy == remedy}
        scores = [own[ratio] for ratio in ratios]
        colour = _colour(remedy, palette)
        values = [score.value for score in scores]
        look = {"color": faint(colour, 0.55), "thickness": 1.2, "width": 3}
        figure.add_scatter(
            name=TITLES[remedy],
            x=[place + (number - (len(WITH_RATIO) - 1) / 2) * width for place in range(len(ratios))],
            y=values,
            mode="lines+markers",
            line={"color": faint(colour, 0.6), "width": 1.2, "dash": DASHES[remedy]},
            marker={"color": colour, "size": 10, "symbol": SYMBOLS[remedy]},
            error_y=error_bars(values, [s.low for s in scores], [s.high for s in scores], **look),
            customdata=[[ratio_words(ratio), s.low, s.high] for ratio, s in zip(ratios, scores, strict=True)],
            hovertemplate=f"{TITLES[remedy]} at %{{customdata[0]}}: %{{y:.3f}} (%{{customdata[1]:.3f}} to "
            "%{customdata[2]:.3f})<extra></extra>",
        )
    figure.add_scatter(
        name="Doing nothing",
        x=[-0.55, len(ratios) - 0.45],
        y=[nothing, nothing],
        mode="lines",
        line={"color": palette.muted, "width": 1.5},
        hovertemplate="Doing nothing: %{y:.3f}<extra></extra>",
    )
    figure.update_xaxes(
        tickvals=list(range(len(ratios))),
        ticktext=[ratio_words(ratio) for ratio in ratios],
        range=[-0.55, len(ratios) - 0.45],
        title_text="Rare rows to others, as the model learns from them",
        showgrid=False,
        zeroline=False,
    )
    title = score_words(judge, found.settings.precision)
    figure.update_yaxes(title_text=title[0].upper() + title[1:], tickformat=".2~f", zeroline=False)
    return figure


def _colour(remedy: Remedy, palette: Palette) -> str:
    others = {"weights": palette.extra[0], "repeats": palette.extra[1], "smote": palette.extra[2]}
    return palette.synthetic if remedy == "made" else others.get(remedy, palette.muted)


def alt_gains(found: Comparison, judge: Judge) -> str:
    """Return what the picture of gains shows."""
    gains = [(one.title, one.gain(judge)) for one in found.contenders]
    told = [f"{title} {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f})" for title, gain in gains if gain]
    return f"Gain in {score_words(judge, found.settings.precision)} over doing nothing: {'; '.join(told)}."


def alt_ratios(found: Comparison, judge: Judge) -> str:
    """Return what the picture of ratios shows."""
    told = [
        f"{TITLES[at.remedy]} {ratio_words(at.ratio)}: {at.score(judge).value:.3f}"
        for at in found.ratios
        if at.ratio is not None
    ]
    nothing = found.contender("none").score(judge).value
    name = score_words(judge, found.settings.precision)
    return f"{name[0].upper()}{name[1:]} by ratio. Doing nothing: {nothing:.3f}; {'; '.join(told)}."
