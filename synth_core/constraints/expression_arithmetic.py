"""Arithmetic in an expression: numbers, days between dates, and dates moved by days."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from synth_core.constraints.expression_nodes import DAY, Cells, Node, Problem


@dataclass(frozen=True)
class Arithmetic(Node):
    """Terms joined by + and -, or factors joined by * and /. Two dates apart are a number of days."""

    position: int
    first: Node
    rest: tuple[tuple[str, Node], ...]

    def children(self) -> tuple[Node, ...]:
        return (self.first, *(node for _, node in self.rest))

    def cells(self, frame: pd.DataFrame) -> Cells:
        left = self.first.cells(frame)
        if left.worth != "date":
            left = Cells("number", self.first.number(frame))
        for sign, node in self.rest:
            left = self._joined(left, sign, node, frame)
        return left

    def _joined(self, left: Cells, sign: str, node: Node, frame: pd.DataFrame) -> Cells:
        right = node.cells(frame)
        if left.worth == "date" and right.worth == "date" and sign == "-":
            return Cells("number", _days(left.data - right.data))
        if left.worth == "date" and sign in "+-":
            span = _span(node.number(frame))
            return Cells("date", left.data + span if sign == "+" else left.data - span)
        if "date" in (left.worth, right.worth):
            raise Problem(node.position, "dates can be subtracted from each other, or moved by a number of days.")
        value = node.number(frame)
        with np.errstate(all="ignore"):
            if sign == "+":
                return Cells("number", left.data + value)
            if sign == "-":
                return Cells("number", left.data - value)
            if sign == "*":
                return Cells("number", left.data * value)
            quotient = np.divide(np.asarray(left.data, dtype=float), np.asarray(value, dtype=float))
            return Cells("number", np.where(np.isfinite(quotient), quotient, np.nan))

    def words(self) -> str:
        parts = [_bracketed(self.first)]
        parts += [f"{ {'*': '×', '/': '÷'}.get(sign, sign) } {_bracketed(node)}" for sign, node in self.rest]
        return " ".join(parts)


def _days(span: Any) -> Any:
    nanoseconds = np.asarray(span, dtype="timedelta64[ns]")
    return np.where(np.isnat(nanoseconds), np.nan, nanoseconds.astype(np.int64) / DAY)


def _span(days: Any) -> Any:
    days = np.asarray(days, dtype=float)
    usable = np.isfinite(days) & (np.abs(days) < 100_000)
    nanoseconds = np.round(np.where(usable, days, 0) * DAY).astype(np.int64).astype("timedelta64[ns]")
    return np.where(usable, nanoseconds, np.timedelta64("NaT"))


def _bracketed(node: Node) -> str:
    return f"({node.words()})" if isinstance(node, Arithmetic) else node.words()


@dataclass(frozen=True)
class Negative(Node):
    """A number with its sign changed."""

    position: int
    node: Node

    def children(self) -> tuple[Node, ...]:
        return (self.node,)

    def cells(self, frame: pd.DataFrame) -> Cells:
        return Cells("number", -self.node.number(frame))

    def words(self) -> str:
        return f"-{_bracketed(self.node)}"
