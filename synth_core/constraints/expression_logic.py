"""What joins the parts of an expression: lists, missing cells, not, and, or."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from synth_core.constraints.expression_nodes import Cells, Comparison, Literally, Node, reduced
from synth_core.constraints.values import missing


@dataclass(frozen=True)
class Among(Node):
    """Whether a value is one of a list. False where it is missing."""

    position: int
    node: Node
    items: tuple[Literally, ...]
    negated: bool

    def children(self) -> tuple[Node, ...]:
        return (self.node, *self.items)

    def cells(self, frame: pd.DataFrame) -> Cells:
        worth = self.node.cells(frame).worth
        if worth == "text" and all(item.worth == "text" for item in self.items):
            data = self.node.cells(frame).data
            values = pd.Series(np.atleast_1d(np.asarray(data, dtype=object)))
            found = values.isin([item.value for item in self.items]).to_numpy()
            if not isinstance(data, np.ndarray):
                found, data = np.full(len(frame), found[0]), np.full(len(frame), data, dtype=object)
            return Cells("truth", (~found & ~missing(data)) if self.negated else found & ~missing(data))
        found = np.zeros(len(frame), dtype=bool)
        for item in self.items:
            found |= Comparison(item.position, "=", self.node, item).truth(frame)
        return Cells("truth", (~found & ~missing(self.node.cells(frame).data)) if self.negated else found)

    def words(self) -> str:
        return f"{self.node.words()} is {'not ' if self.negated else ''}{listed([i.words() for i in self.items])}"


def listed(items: list[str]) -> str:
    """Return items as ``a``, ``a or b``, ``one of a, b or c``; long lists are cut."""
    if len(items) == 1:
        return items[0]
    shown = items if len(items) <= 8 else [*items[:6], f"{len(items) - 6} more"]
    return f"{'one of ' if len(shown) > 2 else ''}{', '.join(shown[:-1])} or {shown[-1]}"


@dataclass(frozen=True)
class Null(Node):
    """Whether a value is missing."""

    position: int
    node: Node
    negated: bool

    def children(self) -> tuple[Node, ...]:
        return (self.node,)

    def cells(self, frame: pd.DataFrame) -> Cells:
        empty = missing(self.node.cells(frame).data)
        return Cells("truth", ~empty if self.negated else empty)

    def words(self) -> str:
        return f"{self.node.words()} is {'filled' if self.negated else 'missing'}"


@dataclass(frozen=True)
class Not(Node):
    """The opposite."""

    position: int
    node: Node

    def children(self) -> tuple[Node, ...]:
        return (self.node,)

    def cells(self, frame: pd.DataFrame) -> Cells:
        return Cells("truth", ~self.node.truth(frame))

    def words(self) -> str:
        return f"not ({self.node.words()})"


@dataclass(frozen=True)
class Joined(Node):
    """Parts joined by and, or by or."""

    position: int
    word: Literal["and", "or"]
    parts: tuple[Node, ...]
    between: bool = False

    def children(self) -> tuple[Node, ...]:
        return self.parts

    def cells(self, frame: pd.DataFrame) -> Cells:
        join = np.logical_and if self.word == "and" else np.logical_or
        return Cells("truth", reduced(join, [part.truth(frame) for part in self.parts]))

    def words(self) -> str:
        if self.between:
            low, high = self.parts
            inside = "is between" if self.word == "and" else "is not between"
            return f"{low.children()[0].words()} {inside} {low.children()[1].words()} and {high.children()[1].words()}"
        counts = [part.any_cell if isinstance(part, Comparison) and part.sign == ">" else None for part in self.parts]
        told = [count for count in counts if count is not None]
        if self.word == "or" and len(told) == len(self.parts) and len({count.searched() for count in told}) == 1:
            return f"any of {told[0].searched()} is {' or '.join(count.looked_for() for count in told)}"
        return f" {self.word} ".join(
            f"({p.words()})" if isinstance(p, Joined) and not p.between else p.words() for p in self.parts
        )
