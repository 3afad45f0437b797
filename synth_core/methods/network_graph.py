"""Which column depends on which, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from synth_core.methods.network_search import Search


@dataclass(frozen=True)
class Edge:
    """One column depends on another.

    Attributes
    ----------
    bits
        What knowing the parent adds, the column's other parents known, per row (corrected for chance).
    required
        Whether it was asked for.
    """

    parent: str
    child: str
    bits: float
    required: bool = False


@dataclass(frozen=True)
class Network:
    """Columns and edges.

    Attributes
    ----------
    nodes
        Column names, every one after its parents.
    """

    nodes: tuple[str, ...]
    edges: tuple[Edge, ...]

    def parents(self, name: str) -> list[str]:
        """Return the columns that a column depends on directly, the most telling first."""
        return [edge.parent for edge in self.edges if edge.child == name]

    def dump(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    @classmethod
    def restore(cls, plain: dict[str, Any]) -> Network:
        """Return the network that :meth:`dump` described."""
        return cls(tuple(plain["nodes"]), tuple(Edge(**edge) for edge in plain["edges"]))


def network_of(search: Search) -> Network:
    """Return what a search found, columns in an order in which parents come first.

    Edges that no table uses in the end are left out, unless they are required.
    """
    names = search.names
    edges = []
    for child, parents in enumerate(search.parents):
        used = {parent.column for family in search.families[child] for parent in family.parents}
        kept = [parent for parent in parents if parent in used or (parent, child) in search.required]
        found = [(search.strength(parent, child), parent) for parent in kept]
        edges += [
            Edge(names[parent], names[child], round(bits, 4), (parent, child) in search.required)
            for bits, parent in sorted(found, reverse=True)
        ]
    nodes: list[str] = []
    while len(nodes) < len(names):
        placed = set(nodes)
        waiting = {edge.child for edge in edges if edge.parent not in placed}
        nodes += [name for name in names if name not in placed and name not in waiting]
    return Network(tuple(nodes), tuple(edges))
