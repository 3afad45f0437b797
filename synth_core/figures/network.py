"""A network of columns as a picture: parents above, children below, an arrow per edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synth_core.figures.style import PALETTES, Mode, Palette, new_figure, nothing, safe, short
from synth_core.methods.network_graph import Edge, Network

if TYPE_CHECKING:
    import plotly.graph_objects as go

DRAWN_PARENTS = 2
ACROSS = 7
_STAGGER = (0.0, 0.5, -0.4, 0.25, -0.6)
_TURNS = 8
_STEP, _EDGE_OF_BOX = 74, 13  # px between rows; from the middle of a box to its lower edge
_NAME = 16


def network_figure(network: Network, mode: Mode = "light") -> go.Figure:
    """Return the graph: a box per column below its parents, arrows as thick as the edge is strong.

    Of each column the two strongest edges are drawn, and those required, in the accent colour; on hover a column names
    all that it depends on.
    """
    if not network.edges:
        return nothing(mode, "No column depends on another here: each is drawn from its own distribution.")
    palette = PALETTES[mode]
    edges = [edge for name in network.nodes for edge in _drawn(network, name)]
    places = placed(network.nodes, edges)
    rows = 1 + int(max(y for _, y in places.values()))
    figure = new_figure(mode, "network", height=60 + _STEP * rows, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    _add_points(figure, network, edges, places, palette)
    figure.update_layout(annotations=[*_arrows(edges, places, palette), *_boxes(network, places, palette)])
    across = max(x for x, _ in places.values())
    figure.update_xaxes(visible=False, range=[-0.6, max(across, 1.0) + 0.6], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True)
    return figure


def _drawn(network: Network, name: str) -> list[Edge]:
    """Return the edges into a column that the picture has room for."""
    into = sorted((edge for edge in network.edges if edge.child == name), key=lambda edge: -edge.bits)
    return [edge for place, edge in enumerate(into) if place < DRAWN_PARENTS or edge.required]


def placed(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, tuple[float, float]]:
    """Return where each column stands: across, and down from 0 at the top; ``names`` with parents first.

    A column stands one layer below its lowest parent; a layer of many columns takes several rows. Within a layer
    columns are ordered by where their neighbours stand (Sugiyama, Tagawa and Toda, 1981); those without edges come
    last. Short rows are staggered, so that long arrows pass beside boxes.
    """
    near: dict[str, list[str]] = {name: [] for name in names}
    depth = dict.fromkeys(names, 0)
    for name in names:
        for edge in edges:
            if edge.child == name:
                depth[name] = max(depth[name], depth[edge.parent] + 1)
                near[edge.parent].append(name)
                near[name].append(edge.parent)
    layers: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in names:
        if near[name]:
            layers[depth[name]].append(name)
    alone = [name for name in names if not near[name]]
    rows = [part for layer in [*_settled(layers, near), alone] for part in _rows(layer)]
    widest = max(len(row) for row in rows)
    places: dict[str, tuple[float, float]] = {}
    for down, row in enumerate(rows):
        free = (widest - len(row)) / 2
        start = free * (1 + _STAGGER[down % len(_STAGGER)])
        places |= {name: (across + start, float(down)) for across, name in enumerate(row)}
    return places


def _settled(layers: list[list[str]], near: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Return layers ordered so that neighbours stand above each other: means of places, a few turns."""
    at = {name: place - len(layer) / 2 for layer in layers for place, name in enumerate(layer)}
    for _ in range(_TURNS):
        for layer in layers:
            mean = {n: sum(at[other] for other in near[n]) / len(near[n]) if near[n] else at[n] for n in layer}
            layer.sort(key=lambda name: (mean[name], name))
            at |= {name: place - len(layer) / 2 for place, name in enumerate(layer)}
    return layers


def _rows(layer: list[str]) -> list[list[str]]:
    """Return a layer as rows of about equal length."""
    count = -(-len(layer) // ACROSS)
    return [layer[i * len(layer) // count : (i + 1) * len(layer) // count] for i in range(count)]


def _arrows(
    edges: Sequence[Edge], places: Mapping[str, tuple[float, float]], palette: Palette
) -> list[dict[str, object]]:
    strongest = max(edge.bits for edge in edges) or 1.0
    across = max(x for x, _ in places.values())
    return [
        {
            "x": places[edge.child][0],
            "y": places[edge.child][1],
            "ax": places[edge.parent][0],
            "ay": places[edge.parent][1],
            "axref": "x",
            "ayref": "y",
            "xref": "x",
            "yref": "y",
            "text": "",
            "showarrow": True,
            "arrowhead": 2,
            "arrowsize": 0.9,
            "arrowwidth": 1 + 2.5 * (edge.bits / strongest) ** 0.5,
            "arrowcolor": palette.accent if edge.required else palette.muted,
            "standoff": _to_edge(places[edge.parent], places[edge.child], edge.child, across),
            "startstandoff": _to_edge(places[edge.parent], places[edge.child], edge.parent, across),
            "opacity": 0.9 if edge.required else 0.3 + 0.6 * (edge.bits / strongest) ** 0.5,
        }
        for edge in edges
    ]


def _to_edge(start: tuple[float, float], end: tuple[float, float], name: str, across: float) -> float:
    """Return how many pixels of an arrow lie under the box of ``name``, in a figure about 850 pixels wide."""
    right, down = abs(end[0] - start[0]) * 850 / (max(across, 1.0) + 1.2), abs(end[1] - start[1]) * _STEP
    length = max((right**2 + down**2) ** 0.5, 1e-9)
    half = 7 + 3.4 * min(len(name), _NAME)
    return float(min(half * length / max(right, 1e-9), _EDGE_OF_BOX * length / max(down, 1e-9)))


def _boxes(network: Network, places: Mapping[str, tuple[float, float]], palette: Palette) -> list[dict[str, object]]:
    return [
        {
            "x": places[name][0],
            "y": places[name][1],
            "text": short(name, _NAME),
            "showarrow": False,
            "font": {"size": 12, "color": palette.text},
            "bgcolor": palette.ground,
            "bordercolor": palette.muted,
            "borderpad": 3,
        }
        for name in network.nodes
    ]


def _add_points(
    figure: go.Figure,
    network: Network,
    edges: Sequence[Edge],
    places: Mapping[str, tuple[float, float]],
    palette: Palette,
) -> None:
    """Add unseen points that say on hover what an edge adds, and what a column depends on."""
    middles = [[(places[e.parent][i] + places[e.child][i]) / 2 for e in edges] for i in (0, 1)]
    words = [
        f"{safe(e.parent)} → {safe(e.child)}: {e.bits:.3f} bits{', required' if e.required else ''}" for e in edges
    ]
    nodes = [f"{safe(n)} depends on {safe(', '.join(network.parents(n)) or 'nothing')}" for n in network.nodes]
    for xs, ys, texts in (
        (*middles, words),
        ([places[n][0] for n in network.nodes], [places[n][1] for n in network.nodes], nodes),
    ):
        figure.add_scatter(
            x=xs,
            y=ys,
            mode="markers",
            marker={"opacity": 0, "size": 16, "color": palette.muted},
            text=texts,
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
        )


def alt_network(network: Network) -> str:
    """Return what the graph shows: how many edges, and the strongest."""
    if not network.edges:
        return f"{len(network.nodes)} columns, none of which depends on another."
    strongest = sorted(network.edges, key=lambda edge: -edge.bits)[:3]
    named = "; ".join(f"{edge.child} on {edge.parent} ({edge.bits:.2f} bits)" for edge in strongest)
    asked = sum(edge.required for edge in network.edges)
    required = f", {asked} of them required" if asked else ""
    edges = "1 edge" if len(network.edges) == 1 else f"{len(network.edges)} edges"
    return f"A graph of {len(network.nodes)} columns and {edges}{required}. The strongest: {named}."
