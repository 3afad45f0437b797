"""A network of columns as a picture: parents above, children below, an arrow per edge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from synth_core.figures.style import PALETTES, Mode, Palette, new_figure, nothing, safe, short
from synth_core.methods.network_graph import Edge, Network

if TYPE_CHECKING:
    import plotly.graph_objects as go

MOST_EDGES = 150
ACROSS = 7
_TURNS = 8
_STEP, _EDGE_OF_BOX = 74, 13  # px between rows; from the middle of a box to its edge
_NAME = 16


def network_figure(network: Network, mode: Mode = "light") -> go.Figure:
    """Return the graph: a box per column below its parents, arrows as thick as the edge is strong.

    Required edges are drawn in the accent colour and named so on hover. Of more than 150 edges the strongest are drawn.
    """
    if not network.edges:
        return nothing(mode, "No column depends on another here: each is drawn from its own distribution.")
    palette = PALETTES[mode]
    places = placed(network)
    rows = 1 + int(max(y for _, y in places.values()))
    figure = new_figure(mode, "network", height=60 + _STEP * rows, margin={"l": 8, "r": 8, "t": 8, "b": 8})
    edges = sorted(network.edges, key=lambda edge: (not edge.required, -edge.bits))[:MOST_EDGES]
    _add_points(figure, network, edges, places, palette)
    figure.update_layout(annotations=[*_arrows(edges, places, palette), *_boxes(network, places, palette)])
    across = max(x for x, _ in places.values())
    figure.update_xaxes(visible=False, range=[-0.6, max(across, 1.0) + 0.6], fixedrange=True)
    figure.update_yaxes(visible=False, range=[rows - 0.5, -0.5], fixedrange=True)
    return figure


def placed(network: Network) -> dict[str, tuple[float, float]]:
    """Return where each column stands: across, and down from 0 at the top.

    A column stands one layer below its lowest parent; a layer of many columns takes several rows. Within a layer
    columns are ordered by where their neighbours stand (Sugiyama, Tagawa and Toda, 1981); those without edges come
    last.
    """
    depth: dict[str, int] = {}
    for name in network.nodes:
        depth[name] = 1 + max((depth[parent] for parent in network.parents(name)), default=-1)
    tied = {end for edge in network.edges for end in (edge.parent, edge.child)}
    layers = [
        [n for n in network.nodes if n in tied and depth[n] == d] for d in range(max(depth.values(), default=0) + 1)
    ]
    near: dict[str, list[str]] = {name: [] for name in network.nodes}
    for edge in network.edges:
        near[edge.parent].append(edge.child)
        near[edge.child].append(edge.parent)
    order = _settled(layers, near)
    alone = [name for name in network.nodes if name not in tied]
    rows = [part for layer in [*order, alone] for part in _rows(layer)]
    widest = max(len(row) for row in rows)
    places = {}
    for down, row in enumerate(rows):
        for across, name in enumerate(row):
            shift = (widest - len(row)) / 2
            places[name] = (across + shift + (0.25 if down % 2 and len(row) < widest else 0.0), float(down))
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
            "standoff": _EDGE_OF_BOX,
            "startstandoff": _EDGE_OF_BOX,
            "opacity": 0.9 if edge.required else 0.3 + 0.6 * (edge.bits / strongest) ** 0.5,
        }
        for edge in edges
    ]


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
