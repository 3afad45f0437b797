"""All pairs of columns: heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from synth_core.figures.style import PALETTES, Mode, new_figure, nothing, safe, short

if TYPE_CHECKING:
    import plotly.graph_objects as go

MAX_MATRIX = 80


def association_figure(names: Sequence[str], matrix: Sequence[Sequence[float]], mode: Mode = "light") -> go.Figure:
    """Return the heat map of associations, blue to white to orange around 0; the diagonal is left out."""
    if len(names) < 2:
        return nothing(mode, "Associations need at least two columns.")
    kept = strongest(matrix, MAX_MATRIX)
    names = [names[i] for i in kept]
    values = np.asarray(matrix, dtype=np.float64)[np.ix_(kept, kept)]
    figure = new_figure(mode, "associations", height=int(min(720, 130 + max(26 * len(names), 200))))
    figure.add_trace(heat_map(names, values, PALETTES[mode].diverging, limits=(-1, 1), signed=True))
    figure.update_layout(coloraxis=None, margin={"t": 8})
    matrix_axes(figure, names)
    return figure


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
    """Return a square matrix of columns as a trace; numbers are written in when there are at most 12 columns."""
    import plotly.graph_objects as go

    cells = [[None if i == j else round(float(v), 2) + 0.0 for j, v in enumerate(row)] for i, row in enumerate(values)]
    few = labelled(names, matrices)
    full = [safe(name) for name in names]
    hover = [[f"{a} – {b}" for b in full] for a in full] if few else None
    written = len(names) <= 12
    return go.Heatmap(
        z=cells,
        x=list(range(len(names))) if few else full,
        y=list(range(len(names))) if few else full,
        hovertext=hover,
        hovertemplate=("%{hovertext}" if few else "%{y} – %{x}") + "<br>%{z:.2f}<extra></extra>",
        texttemplate="%{z:.2f}" if written else None,
        textfont={"size": 11},
        colorscale=[list(stop) for stop in scale],
        zmin=limits[0],
        zmax=limits[1],
        zmid=0 if signed else None,
        xgap=1,
        ygap=1,
        hoverongaps=False,
        colorbar=bar or {"thickness": 10, "outlinewidth": 0, "tickvals": [limits[0], 0, limits[1]], "len": 0.9},
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
        text = [short(name, 16) for name in names]
        size = 12 if len(names) <= 15 else 10
        common |= {"tickvals": list(range(len(names))), "ticktext": text, "tickfont_size": size}
    figure.update_xaxes(**common, showticklabels=few and across_labels, tickangle=-45, **where)
    figure.update_yaxes(**common, showticklabels=few and upright_labels, autorange="reversed", **where)
