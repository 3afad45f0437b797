"""Pictures of two or three columns together, real beside synthetic, with the difference."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from synth_core.figures.axes import bar_height, bin_positions, blues, label_axis, value_axis
from synth_core.figures.joint_tables import Axis, Boxes, Floats, Joint, Rates, Split, distance
from synth_core.figures.style import CLEAR, PALETTES, Mode, amount, new_figure, nothing, safe, share, short
from synth_core.figures.written import write

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLES = ("Real", "Synthetic", "Synthetic less real")
TOO_FEW = "Fewer than ten rows have these values together, so nothing is drawn."
WRITTEN = 42  # cells at most in which numbers stand


def joint_figure(found: Joint | Boxes | None, mode: Mode = "light") -> go.Figure:
    """Return two columns together: three heat maps (real, synthetic, difference), or boxes per category."""
    if found is None:
        return nothing(mode, TOO_FEW)
    return _boxes(found, mode) if isinstance(found, Boxes) else _cells(found, mode)


def _cells(found: Joint, mode: Mode) -> go.Figure:
    high = bar_height(found.y.size, 26) + 110 if found.y.labels else 400
    figure = _three(found.x, found.y, f"joint:{found.x.name}:{found.y.name}", high, mode)
    top = float(np.sqrt(max(found.real.max(initial=0), found.synthetic.max(initial=0)))) or 1.0
    for place, (title, shares) in enumerate(zip(TITLES, (found.real, found.synthetic), strict=False), start=1):
        few = found.few if place == 1 else np.zeros(shares.shape, dtype=bool)
        said = [
            ["under 5 rows" if masked else f"{share(v)} of rows" for v, masked in zip(row, mask, strict=True)]
            for row, mask in zip(shares.tolist(), few.tolist(), strict=True)
        ]
        cells = np.where(shares > 0, np.sqrt(shares), np.nan)
        _heat(figure, found.x, found.y, cells, said, blues(mode), (0, top), place, title)
        if shares.size <= WRITTEN:
            texts = [
                ["<5" if m else share(v) for v, m in zip(r, k, strict=True)] for r, k in zip(shares, few, strict=True)
            ]
            write(figure, np.sqrt(shares), texts, blues(mode), (0, top), row=1, col=place)
    _difference(figure, found.x, found.y, found.synthetic - found.real, mode, written=found.real.size <= WRITTEN)
    return figure


def _difference(
    figure: go.Figure, x: Axis, y: Axis, gap: Floats, mode: Mode, *, written: bool, points: bool = True
) -> None:
    """Draw the third panel, blue where synthetic rows are fewer, orange where they are more."""
    scale = PALETTES[mode].diverging
    known = np.abs(gap[np.isfinite(gap)])
    top = float(known.max(initial=0)) or 1.0
    said = [[_gap(v, points) for v in row] for row in gap.tolist()]
    _heat(figure, x, y, gap, said, [list(stop) for stop in scale], (-top, top), 3, TITLES[2])
    if written:
        write(figure, gap, said, scale, (-top, top), row=1, col=3)


def _gap(value: float, points: bool) -> str:
    if not np.isfinite(value):
        return ""
    if not points:
        return f"{'+' if value > 0 else ''}{amount(value)}"
    return f"{100 * value:+.1f}"


def _three(x: Axis, y: Axis, revision: str, height: int, mode: Mode) -> go.Figure:
    from plotly.subplots import make_subplots

    figure = make_subplots(rows=1, cols=3, subplot_titles=TITLES, horizontal_spacing=0.03, shared_yaxes=True)
    figure.update_layout(new_figure(mode, revision, height=height, margin={"t": 28, "b": 12}).layout)
    for place in (1, 2, 3):
        _axes(figure, x, y, row=1, col=place, first=place == 1)
    figure.update_annotations(font={"size": 13, "color": PALETTES[mode].text})
    return figure


def _axes(figure: go.Figure, x: Axis, y: Axis, *, row: int, col: int, first: bool, last: bool = True) -> None:
    where = {"row": row, "col": col}
    if x.labels:
        ticks = {"tickvals": list(range(x.size)), "ticktext": [short(label, 14) for label in x.labels]}
        figure.update_xaxes(**ticks, tickangle=-45, range=[-0.5, x.size - 0.5], showgrid=False, zeroline=False, **where)
    else:
        figure.update_xaxes(**value_axis(x.edges.tolist(), x.dates), nticks=5, zeroline=False, **where)
    if y.labels:
        label_axis(figure, y.labels, **where)
    else:
        figure.update_yaxes(**value_axis(y.edges.tolist(), y.dates), nticks=6, zeroline=False, **where)
    figure.update_xaxes(title_text=short(x.name, 30) if last else None, showticklabels=last, **where)
    figure.update_yaxes(title_text=short(y.name, 40) if first else None, showticklabels=first, **where)


def _places(axis: Axis) -> list[float]:
    return [float(i) for i in range(axis.size)] if axis.labels else bin_positions(axis.edges, axis.dates)[0].tolist()


def _heat(
    figure: go.Figure,
    x: Axis,
    y: Axis,
    cells: Floats,
    said: list[list[str]],
    scale: Any,
    limits: tuple[float, float],
    col: int,
    title: str,
    row: int = 1,
) -> None:
    """Draw one panel; the words of a cell are its hover, with whole labels where the axes have labels."""
    import plotly.graph_objects as go

    if x.labels and y.labels:
        hover = [
            [f"{safe(a)}, {safe(b)}<br>{said[j][i]}" for i, a in enumerate(x.labels)] for j, b in enumerate(y.labels)
        ]
        told: dict[str, Any] = {"hovertext": hover, "hovertemplate": "%{hovertext}<extra></extra>"}
    else:
        told = {"customdata": said, "hovertemplate": "%{x}, %{y}<br>%{customdata}<extra></extra>"}
    trace = go.Heatmap(
        z=[[None if not np.isfinite(v) else round(v, 5) for v in line] for line in cells.tolist()],
        x=_places(x),
        y=_places(y),
        colorscale=scale,
        zmin=limits[0],
        zmax=limits[1],
        xgap=1 if x.labels else 0,
        ygap=1 if y.labels else 0,
        showscale=False,
        hoverongaps=False,
        name=title,
        **told,
    )
    figure.add_trace(trace, row=row, col=col)


def _boxes(found: Boxes, mode: Mode) -> go.Figure:
    palette = PALETTES[mode]
    sideways = not found.upright
    height = bar_height(len(found.labels), 44) if sideways else 400
    figure = new_figure(mode, f"joint:{found.number}:{found.category}", height=height)
    scale = 1000 if found.dates else 1
    for name, sides, colour, fill, shift in (
        ("Real", found.real, palette.real, None, -0.19),
        ("Synthetic", found.synthetic, palette.synthetic, CLEAR, 0.19),
    ):
        there = [i for i, five in enumerate(sides) if np.isfinite(five).all()]
        five = {
            part: [float(sides[i][at]) * scale for i in there]
            for at, part in enumerate(("lowerfence", "q1", "median", "q3", "upperfence"))
        }
        figure.add_box(
            **{"y" if sideways else "x": [i + shift for i in there]},
            **five,
            name=name,
            orientation="h" if sideways else "v",
            marker_color=colour,
            fillcolor=fill,
            line_width=1.5,
            width=0.3,
            hoverinfo="x" if sideways else "y",
        )
    known = np.concatenate([found.real.ravel(), found.synthetic.ravel()])
    known = known[np.isfinite(known)]
    spread = value_axis([float(known.min()), float(known.max())], found.dates) | {"showgrid": True}
    if sideways:
        label_axis(figure, found.labels)
        figure.update_yaxes(title_text=short(found.category, 40))
        figure.update_xaxes(title_text=short(found.number, 40), **spread)
    else:
        ticks = {"tickvals": list(range(len(found.labels))), "ticktext": [short(label, 16) for label in found.labels]}
        figure.update_xaxes(title_text=short(found.category, 40), showgrid=False, **ticks)
        figure.update_yaxes(title_text=short(found.number, 40), **spread)
    return figure


def split_pairs_figure(found: Split | None, mode: Mode = "light") -> go.Figure:
    """Return two columns once per state of a third: real, synthetic below on the same scale, then the difference."""
    from plotly.subplots import make_subplots

    if found is None:
        return nothing(mode, TOO_FEW)
    wide = len(found.panels)
    titles = [f"{short(panel.label, 22)} · differs {amount(round(_differs(panel), 1))} %" for panel in found.panels]
    figure = make_subplots(
        rows=3, cols=wide, subplot_titles=titles, horizontal_spacing=0.03, vertical_spacing=0.04,
        shared_yaxes=True, shared_xaxes=True,
    )  # fmt: skip
    height = 3 * (24 * found.y.size + 16) + 150
    figure.update_layout(
        new_figure(mode, f"split:{found.x.name}:{found.y.name}:{found.by}", height=height, margin={"t": 28}).layout
    )
    top = float(np.sqrt(max(max(p.real.max(), p.synthetic.max()) for p in found.panels))) or 1.0
    most = float(max(np.abs(p.synthetic - p.real).max() for p in found.panels)) or 1.0
    diverging = [list(stop) for stop in PALETTES[mode].diverging]
    for col, panel in enumerate(found.panels, start=1):
        for row, (title, shares) in enumerate((("Real", panel.real), ("Synthetic", panel.synthetic)), start=1):
            few = panel.few if row == 1 else np.zeros(shares.shape, dtype=bool)
            said = [
                [f"{title}: {'under 5 rows' if m else share(v)}" for v, m in zip(line, mask, strict=True)]
                for line, mask in zip(shares.tolist(), few.tolist(), strict=True)
            ]
            cells = np.where(shares > 0, np.sqrt(shares), np.nan)
            _heat(figure, found.x, found.y, cells, said, blues(mode), (0, top), col, title, row=row)
            _axes(figure, found.x, found.y, row=row, col=col, first=col == 1, last=False)
        gap = panel.synthetic - panel.real
        said = [[f"{TITLES[2]}: {_gap(v, True)} points" for v in line] for line in gap.tolist()]
        _heat(figure, found.x, found.y, gap, said, diverging, (-most, most), col, TITLES[2], row=3)
        _axes(figure, found.x, found.y, row=3, col=col, first=col == 1)
    for row, title in enumerate((*TITLES[:2], "Difference"), start=1):
        figure.update_yaxes(title_text=title, row=row, col=1)
    figure.update_annotations(font={"size": 12, "color": PALETTES[mode].text})
    return figure


def _differs(panel: Any) -> float:
    return distance(panel.real, panel.synthetic)


def rates_figure(found: Rates | None, mode: Mode = "light") -> go.Figure:
    """Return the rate (or mean) of a column by two others: real, synthetic, and the difference, on one scale."""
    if found is None or not (np.isfinite(found.real) & np.isfinite(found.synthetic)).any():
        return nothing(mode, TOO_FEW)
    revision = f"rates:{found.x.name}:{found.y.name}:{found.of}:{found.level}"
    figure = _three(found.x, found.y, revision, bar_height(found.y.size, 34) + 110, mode)
    known = np.concatenate([side[np.isfinite(side)] for side in (found.real, found.synthetic)])
    limits = (float(known.min()), float(known.max()) if known.max() > known.min() else float(known.min()) + 1e-9)
    show = share if found.level else amount
    for place, (title, side) in enumerate(zip(TITLES, (found.real, found.synthetic), strict=False), start=1):
        said = [["" if not np.isfinite(v) else show(v) for v in row] for row in side.tolist()]
        _heat(figure, found.x, found.y, side, said, blues(mode), limits, place, title)
        write(figure, side, said, blues(mode), limits, row=1, col=place)
    _difference(figure, found.x, found.y, found.synthetic - found.real, mode, written=True, points=bool(found.level))
    return figure


def alt_joint(found: Joint | Boxes | None) -> str:
    """Return how far two columns together are from real: in the cells drawn, or in the middles of the boxes."""
    if found is None:
        return TOO_FEW
    if isinstance(found, Joint):
        said = f"{found.x.name} and {found.y.name} together, real beside synthetic"
        if found.fair is None:
            return f"{said}: over the cells drawn they differ in {amount(round(found.distance, 1))} % of the rows."
        made, held = (amount(round(part, 1)) for part in found.fair)
        return (
            f"{said}: over the cells drawn they differ in {made} % of the rows; as many held-out real rows in {held} %."
        )
    widths = found.real[:, 3] - found.real[:, 1]
    gaps = np.abs(found.synthetic[:, 2] - found.real[:, 2]) / np.where(widths > 0, widths, np.nan)
    if not np.isfinite(gaps).any():
        return f"{found.number} per {found.category}, real beside synthetic."
    worst = int(np.nanargmax(gaps))
    return (
        f"{found.number} per {found.category}, real beside synthetic: the middles differ most for "
        f"'{found.labels[worst]}', by {share(float(gaps[worst]))} of the width of its box."
    )


def alt_split(found: Split | None) -> str:
    """Return the state of the third column in which the two others differ most."""
    if found is None:
        return TOO_FEW
    worst = max(found.panels, key=_differs)
    return (
        f"{found.x.name} and {found.y.name} for {len(found.panels)} states of {found.by}, real above synthetic: they "
        f"differ most where {found.by} is '{worst.label}', in {amount(round(_differs(worst), 1))} % of the rows."
    )


def alt_rates(found: Rates | None) -> str:
    """Return the largest difference of a rate or a mean between synthetic and real rows."""
    what = (
        ""
        if found is None
        else f"the share of {found.of} = {found.level}"
        if found.level
        else f"the mean of {found.of}"
    )
    if found is None or not np.isfinite(found.synthetic - found.real).any():
        return TOO_FEW
    gap = np.abs(found.synthetic - found.real)
    up, across = np.unravel_index(int(np.nanargmax(gap)), gap.shape)
    show = share if found.level else amount
    return (
        f"{what[:1].upper()}{what[1:]} by {found.x.name} and {found.y.name}: it differs most at "
        f"{found.x.labels[across]}, {found.y.labels[up]}, {show(float(found.real[up, across]))} real against "
        f"{show(float(found.synthetic[up, across]))} synthetic."
    )
