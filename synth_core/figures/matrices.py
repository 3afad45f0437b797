"""All pairs of columns: heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from synth_core.figures.axes import blues
from synth_core.figures.style import CLEAR, PALETTES, Mode, new_figure, nothing, safe, short
from synth_core.figures.written import write

if TYPE_CHECKING:
    import plotly.graph_objects as go

MAX_MATRIX = 80
MAX_NAMED = 60  # columns whose names stand on the axes, small
NAME_LENGTH = 22  # characters of a name on an axis
FAINT = 0.05  # below this a colour cannot be told from that of 0
WRITTEN = 12  # columns at most where numbers stand in the cells


def association_figure(
    names: Sequence[str],
    matrix: Sequence[Sequence[float]],
    mode: Mode = "light",
    *,
    clickable: bool = False,
    chosen: tuple[str, str] | None = None,
    signed: bool = True,
) -> go.Figure:
    """Return the heat map of associations, blue to white to orange around 0; the diagonal is left out.

    Parameters
    ----------
    clickable
        Lay an unseen point on each cell: Plotly selects points, not cells. Each carries [x name, y name] in its
        ``customdata``. Of more than 40 columns only the lower half is drawn.
    chosen
        The pair whose cell is framed.
    signed
        Whether values can be below 0 (the scale starts at -1 where some are); else they run from 0 to 1, in one hue.
    """
    if len(names) < 2:
        return nothing(mode, "Associations need at least two columns.")
    kept = strongest(matrix, MAX_MATRIX)
    names = [names[i] for i in kept]
    values = np.asarray(matrix, dtype=np.float64)[np.ix_(kept, kept)]
    palette = PALETTES[mode]
    half = clickable and not labelled(names)
    height = int(min(720, 130 + max(26 * len(names), 200)))
    if half and len(names) <= MAX_NAMED:
        height = max(height, 150 + 14 * len(names))
    figure = new_figure(mode, f"associations:{signed}", height=height)
    if half:
        values = np.where(np.tril(np.ones(values.shape)) > 0, values, np.nan)
    scale, low = _scale(values, mode, signed=signed)
    figure.add_trace(heat_map(names, values, scale, limits=(low, 1), signed=low < 0))
    if clickable:
        _add_points(figure, names, values, half)
    if len(names) <= WRITTEN:
        apart = np.where(np.eye(len(names)) > 0, np.nan, values)
        write(figure, apart, [[f"{value + 0.0:.2f}" for value in row] for row in apart.round(2)], scale, (low, 1))
    else:
        _grid(figure, len(names), half, palette.grid)
    if chosen is not None:
        frame_cell(figure, names, chosen, palette.text)
    figure.update_layout(coloraxis=None, margin={"t": 8})
    matrix_axes(figure, names)
    if half and len(names) <= MAX_NAMED:
        named = {"showticklabels": True, "tickfont_size": 11, "tickmode": "array"}
        named |= {"tickvals": [safe(name) for name in names], "ticktext": [short(name, NAME_LENGTH) for name in names]}
        figure.update_xaxes(**named).update_yaxes(**named)
    if clickable or len(names) <= WRITTEN:  # points would widen the axes
        figure.update_xaxes(range=[-0.5, len(names) - 0.5], fixedrange=True)
        figure.update_yaxes(range=[len(names) - 0.5, -0.5], autorange=None, fixedrange=True)
    return figure


def _scale(values: npt.NDArray[np.float64], mode: Mode, *, signed: bool) -> tuple[tuple[tuple[float, str], ...], float]:
    """Return the colours and where they start: at -1 only if a value is below 0, and then 0 has the ground's colour."""
    if not signed:
        return tuple((at, tone) for at, tone in blues(mode)), 0
    diverging = PALETTES[mode].diverging
    apart = values[~np.eye(len(values), dtype=bool)]
    if (apart[np.isfinite(apart)] < -FAINT).any():
        return diverging, -1
    return tuple((2 * at - 1, tone) for at, tone in diverging if at >= 0.5), 0


def _grid(figure: go.Figure, columns: int, half: bool, colour: str) -> None:
    """Lay faint lines between the cells, which have the colour of the ground where nothing goes together."""
    last = columns - 0.5
    across = [f"M-0.5,{i - 0.5}H{min(i, columns - 1) - 0.5 if half else last}" for i in range(columns + 1)]
    upright = [f"M{j - 0.5},{j - 0.5 if half else -0.5}V{last}" for j in range(columns if half else columns + 1)]
    figure.add_shape(type="path", path="".join(across + upright), line={"color": colour, "width": 1}, layer="below")


def _add_points(figure: go.Figure, names: Sequence[str], values: npt.NDArray[np.float64], half: bool) -> None:
    """Lay an unseen point on each cell, so that a click chooses it."""
    cells = [(i, j) for i in range(len(names)) for j in range(i if half else len(names)) if i != j]
    full = [safe(name) for name in names]
    axis = full if half else list(range(len(names)))
    told = half and len(names) <= MAX_NAMED  # the axis has the names cut, and the hover would take them from there
    figure.data[0].update(hovertemplate=None, hovertext=None, hoverinfo="skip")
    figure.add_scatter(
        x=[axis[j] for _, j in cells],
        y=[axis[i] for i, _ in cells],
        mode="markers",
        marker={"opacity": 0, "size": 12, "symbol": "square"},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        customdata=[[names[j], names[i]] for i, j in cells] if not half else None,
        text=[(f"{full[i]} – {full[j]}<br>" if told else "") + f"{values[i, j]:.2f}" for i, j in cells],
        hovertemplate=("" if told else "%{y} – %{x}<br>" if half else "%{customdata[1]} – %{customdata[0]}<br>")
        + "%{text}<extra></extra>",
        showlegend=False,
    )
    figure.update_layout(clickmode="event+select", dragmode=False, hovermode="closest", hoverdistance=-1)


def click_points(figure: go.Figure, values: npt.NDArray[np.float64], **where: Any) -> None:
    """Lay an unseen point on each cell of a labelled matrix beside others; it carries the cell's value in its hover."""
    cells = [(i, j) for i in range(len(values)) for j in range(len(values)) if i != j]
    figure.add_scatter(
        x=[j for _, j in cells],
        y=[i for i, _ in cells],
        mode="markers",
        marker={"opacity": 0, "size": 12, "symbol": "square"},
        selected={"marker": {"opacity": 0}},
        unselected={"marker": {"opacity": 0}},
        text=[f"{values[i, j]:.2f}" for i, j in cells],
        hovertemplate="%{y} – %{x}<br>%{text}<extra></extra>",
        showlegend=False,
        **where,
    )


def frame_cell(figure: go.Figure, names: Sequence[str], chosen: tuple[str, str], colour: str, **where: Any) -> None:
    """Frame the cell of the chosen pair."""
    if not set(chosen) <= set(names):
        return
    j, i = (list(names).index(name) for name in chosen)
    if not labelled(names) and i < j:
        i, j = j, i
    figure.add_shape(
        type="rect",
        x0=j - 0.5,
        x1=j + 0.5,
        y0=i - 0.5,
        y1=i + 0.5,
        line={"color": colour, "width": 2},
        fillcolor=CLEAR,
        **where,
    )


def strongest(matrix: Sequence[Sequence[float]], limit: int) -> list[int]:
    """Return the positions of at most ``limit`` columns, those with the strongest partner, in the given order."""
    values = np.abs(np.asarray(matrix, dtype=np.float64))
    if len(values) <= limit:
        return list(range(len(values)))
    np.fill_diagonal(values, 0)
    return sorted(int(i) for i in np.argsort(-values.max(axis=1), kind="stable")[:limit])


def labelled(names: Sequence[str], matrices: int = 1) -> bool:
    """Return whether a matrix of columns has labels on its axes.

    Then every cell carries both names for the hover, which must not weigh too much. Otherwise the axes carry the whole
    names, for the hover only.
    """
    weight = matrices * len(names) * sum(2 * len(safe(name)) + 8 for name in names)
    return len(names) <= 40 and weight < 140_000


def heat_map(
    names: Sequence[str],
    values: npt.NDArray[np.float64],
    scale: Sequence[tuple[float, str]],
    *,
    limits: tuple[float, float],
    signed: bool = False,
    matrices: int = 1,
    bar: dict[str, Any] | None = None,
) -> go.Heatmap:
    """Return a square matrix of columns as a trace."""
    import plotly.graph_objects as go

    cells = [
        [None if i == j or not np.isfinite(v) else round(float(v), 2) + 0.0 for j, v in enumerate(row)]
        for i, row in enumerate(values)
    ]
    few = labelled(names, matrices)
    full = [safe(name) for name in names]
    hover = [[f"{a} – {b}" for b in full] for a in full] if few else None
    return go.Heatmap(
        z=cells,
        x=list(range(len(names))) if few else full,
        y=list(range(len(names))) if few else full,
        hovertext=hover,
        hovertemplate=("%{hovertext}" if few else "%{y} – %{x}") + "<br>%{z:.2f}<extra></extra>",
        colorscale=[list(stop) for stop in scale],
        zmin=limits[0],
        zmax=limits[1],
        zmid=0 if signed else None,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar=bar or {"thickness": 10, "outlinewidth": 0, "tickvals": sorted({limits[0], 0, limits[1]}), "len": 0.9},
    )


def matrix_axes(
    figure: go.Figure,
    names: Sequence[str],
    *,
    matrices: int = 1,
    upright_labels: bool = True,
    across_labels: bool = True,
    **where: Any,
) -> None:
    """Label both axes of a matrix of columns; of very many columns names are in the hover only."""
    few = labelled(names, matrices)
    common: dict[str, Any] = {"showgrid": False, "zeroline": False}
    if few:
        text = [short(name, NAME_LENGTH) for name in names]
        size = 12 if len(names) <= 15 else 11
        common |= {"tickvals": list(range(len(names))), "ticktext": text, "tickfont_size": size}
    figure.update_xaxes(**common, showticklabels=few and across_labels, tickangle=-45, **where)
    figure.update_yaxes(**common, showticklabels=few and upright_labels, autorange="reversed", **where)
