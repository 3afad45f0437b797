"""Groups of people, worst first: how large each is, how alike, and how a model serves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from synth_core.figures.axes import bar_height, error_bars, label_axis
from synth_core.figures.style import PALETTES, Mode, amount, filled, hatched, new_figure, nothing, safe, share
from synth_core.scores.results import Fidelity, GroupLikeness, GroupUtility, Utility, group_title

if TYPE_CHECKING:
    import plotly.graph_objects as go

By = Literal["likeness", "use"]
NO_GROUPS = "No group of people has fifty rows, so none can be judged."
TOO_FEW = "too few rows to judge"


@dataclass(frozen=True)
class Subgroup:
    """One group with what is known of it; ``use`` is None for groups of the target and where no model was trained."""

    likeness: GroupLikeness | None
    use: GroupUtility | None

    @property
    def title(self) -> str:
        """Column and value, as one says it."""
        known = self.likeness or self.use
        if known is None:
            return ""
        return group_title(known.column, known.label)

    @property
    def surely_unlike(self) -> float | None:
        """How far the lower end of the error lies above the floor, in points; None without a claim."""
        one = self.likeness
        if one is None or one.shape_low is None:
            return None
        return one.shape_low - (one.shape_floor or 0.0)

    @property
    def surely_lost(self) -> float | None:
        """Lower end of the loss, in %; None without a claim."""
        return None if self.use is None else self.use.loss_low


def subgroups(fidelity: Fidelity, utility: Utility, by: By = "likeness") -> list[Subgroup]:
    """Return every group, the surely worst first by likeness or by use; those without a claim come last."""
    served = {(one.column, one.label): one for one in utility.groups}
    alike = {(one.column, one.label): one for one in fidelity.groups}
    found = [Subgroup(alike.get(key), served.get(key)) for key in dict.fromkeys((*alike, *served))]

    def rank(group: Subgroup) -> tuple[bool, float]:
        worst = group.surely_unlike if by == "likeness" else group.surely_lost
        return worst is None, -(worst or 0.0)

    return sorted(found, key=rank)


def subgroup_figure(groups: list[Subgroup], mode: Mode = "light", *, limit: int = 24) -> go.Figure:
    """Return three panels that share their groups: share of the rows, error beside real rows, loss of a model.

    The third is left out where no model was judged per group. Intervals allow for the number of groups.
    """
    from plotly.subplots import make_subplots

    groups = groups[:limit]
    if not groups:
        return nothing(mode, NO_GROUPS)
    used = any(group.use is not None and group.use.loss is not None for group in groups)
    panels = ["Share of the rows", "Error, %", *(["Loss in use, %"] if used else [])]
    figure = make_subplots(
        rows=1, cols=len(panels), subplot_titles=panels, shared_yaxes=True, horizontal_spacing=0.04,
        column_widths=[1.0, 1.3, 1.3][: len(panels)],
    )  # fmt: skip
    height = bar_height(len(groups), 34) + 44
    figure.update_layout(
        new_figure(mode, f"subgroups:{len(groups)}", height=height, margin={"t": 56}, bargap=0.35).layout
    )
    _shares(figure, groups, mode)
    _errors(figure, groups, mode)
    if used:
        _losses(figure, groups, mode)
    for place in range(1, len(panels) + 1):
        label_axis(figure, [group.title for group in groups], row=1, col=place)
        figure.update_yaxes(showticklabels=place == 1, row=1, col=place)
    figure.update_annotations(font={"size": 13, "color": PALETTES[mode].text})
    return figure


def _shares(figure: go.Figure, groups: list[Subgroup], mode: Mode) -> None:
    palette = PALETTES[mode]
    known = [(place, one.likeness) for place, one in enumerate(groups) if one.likeness is not None]
    for title, marker, part, rows in (
        ("Real", filled(palette), "share_real", "rows_train"),
        ("Synthetic", hatched(palette), "share_synthetic", "rows_synthetic"),
    ):
        figure.add_bar(
            name=title,
            orientation="h",
            y=[place for place, _ in known],
            x=[getattr(one, part) for _, one in known],
            marker=marker,
            customdata=[
                [safe(groups[place].title), share(getattr(one, part)), f"{getattr(one, rows):,}"]
                for place, one in known
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{title}: %{{customdata[1]}}, %{{customdata[2]}} rows<extra></extra>",
            row=1,
            col=1,
        )
    figure.update_xaxes(tickformat=".3~%", rangemode="tozero", nticks=4, row=1, col=1)


def _errors(figure: go.Figure, groups: list[Subgroup], mode: Mode) -> None:
    palette = PALETTES[mode]
    found = [(place, one.likeness) for place, one in enumerate(groups) if one.likeness is not None]
    known = [(place, one) for place, one in found if one.shape is not None]
    tick = {"symbol": "line-ns-open", "size": 16, "color": palette.holdout, "line": {"width": 2}}
    figure.add_scatter(
        name="The same for real rows",
        x=[one.shape_floor for _, one in known],
        y=[place for place, _ in known],
        mode="markers",
        marker=tick,
        hovertemplate="Real rows: %{x:.3~g} %<extra></extra>",
        row=1,
        col=2,
    )
    _dots(
        figure,
        [(place, one.shape or 0.0, one.shape_low, one.shape_high) for place, one in known],
        [groups[place].title for place, _ in known],
        "Synthetic",
        palette.synthetic,
        2,
    )
    silent = [place for place, one in found if one.shape is None]
    _no_claim(figure, silent, palette.muted, 2)
    figure.update_xaxes(rangemode="tozero", nticks=5, row=1, col=2)


def _losses(figure: go.Figure, groups: list[Subgroup], mode: Mode) -> None:
    palette = PALETTES[mode]
    found = [(place, one.use) for place, one in enumerate(groups) if one.use is not None]
    known = [(place, one) for place, one in found if one.loss is not None]
    zero = {"color": palette.holdout, "width": 1.5, "dash": "dot"}
    figure.add_scatter(
        x=[0, 0], y=[-0.5, len(groups) - 0.5], mode="lines", line=zero, hoverinfo="skip", showlegend=False, row=1, col=3
    )
    _dots(
        figure,
        [(place, one.loss or 0.0, one.loss_low, one.loss_high) for place, one in known],
        [groups[place].title for place, _ in known],
        "Loss",
        palette.synthetic,
        3,
    )
    silent = [place for place, one in found if one.loss is None]
    _no_claim(figure, silent, palette.muted, 3)
    figure.update_xaxes(nticks=5, row=1, col=3)


def _dots(
    figure: go.Figure,
    found: list[tuple[int, float, float | None, float | None]],
    titles: list[str],
    name: str,
    colour: str,
    col: int,
) -> None:
    """Add values with their intervals: (place, value, low, high) each; where an end is unknown the value stands."""
    places, values = [place for place, *_ in found], [float(value) for _, value, _, _ in found]
    lows = [value if low is None else low for _, value, low, _ in found]
    highs = [value if high is None else high for _, value, _, high in found]
    figure.add_scatter(
        name=name,
        x=values,
        y=places,
        mode="markers",
        marker={"size": 9, "color": colour},
        error_x=error_bars(values, lows, highs, color=colour, thickness=1.5, width=4),
        customdata=[
            [safe(title), amount(low), amount(high)] for title, low, high in zip(titles, lows, highs, strict=True)
        ],
        hovertemplate="%{customdata[0]}<br>%{x:.3~g} % (%{customdata[1]} to %{customdata[2]})<extra></extra>",
        showlegend=False,
        row=1,
        col=col,
    )


def _no_claim(figure: go.Figure, places: list[int], colour: str, col: int) -> None:
    """Say of a group that it cannot be judged, in its place."""
    figure.add_scatter(
        x=[0.0] * len(places),
        y=places,
        mode="text",
        text=[f" {TOO_FEW}"] * len(places),
        textposition="middle right",
        textfont={"size": 11, "color": colour},
        hoverinfo="skip",
        showlegend=False,
        row=1,
        col=col,
    )


def alt_subgroups(groups: list[Subgroup]) -> str:
    """Return the group that is surely least alike, and the one that a model surely serves worst."""
    judged = [group for group in groups if group.surely_unlike is not None]
    if not judged:
        return NO_GROUPS
    worst = max(judged, key=lambda group: group.surely_unlike or 0.0)
    alike = worst.likeness
    assert alike is not None
    floor = f", real rows {amount(alike.shape_floor)} %" if alike.shape_floor is not None else ""
    sure = (worst.surely_unlike or 0.0) > 0
    first = "surely least alike is" if sure else "none is surely less alike than real rows; nearest to it is"
    said = f"{len(judged)} groups judged; {first} {worst.title}, error {amount(alike.shape)} %{floor}"
    served = [group for group in groups if group.surely_lost is not None]
    if not served:
        return f"{said}."
    poorest = max(served, key=lambda group: group.surely_lost or 0.0)
    assert poorest.use is not None
    sure = (poorest.surely_lost or 0.0) > 0
    first = "a model surely loses most for" if sure else "a model surely loses for none; nearest to it is"
    return f"{said}; {first} {poorest.title}, {amount(poorest.use.loss)} %."
