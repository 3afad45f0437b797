"""A glance at test data: a few ordinary rows, then edge rows of every kind, and which cells the tags speak of."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from synth_core.testdata.sources import TestTable

ROWS = 20
SHOWN = 120  # characters of a cell


@dataclass(frozen=True)
class Glance:
    """Rows as text, the case first, and the places (row, column) that the tags speak of."""

    name: str
    frame: pd.DataFrame
    marked: frozenset[tuple[int, str]]
    total: int
    edges: int = 0
    notes: tuple[str, ...] = ()


def glance(table: TestTable, rows: int = ROWS) -> Glance:
    """Return up to ``rows`` rows of a table: where there are edge cases, two in three are of them."""
    edges = table.edges
    few = min(2 * rows // 3, len(edges.tags)) if edges is not None else 0
    ordinary = next(table.ordinary()).slice(0, rows - few)
    parts = [_texts(ordinary)]
    marked: set[tuple[int, str]] = set()
    if edges is not None and few:
        chosen = _one_of_each(edges.tags, few)
        texts = pd.concat([_texts(part) for part in edges.arrow(table.columns, table.case_column)], ignore_index=True)
        order = _arrow_order(len(edges.tags), edges.texts)
        places = [order[row] for row in chosen]
        parts.append(texts.iloc[places])
        marked = {(len(ordinary) + at, name) for at, row in enumerate(chosen) for name in edges.marked[row]}
    frame = pd.concat(parts, ignore_index=True).astype(object)
    frame = frame.where(frame.notna(), None)
    if table.case_column in frame:
        frame = frame[[table.case_column, *(name for name in frame.columns if name != table.case_column)]]
    return Glance(table.name, frame, frozenset(marked), table.total, table.total - table.rows, tuple(table.notes))


def _one_of_each(tags: list[str], few: int) -> list[int]:
    """Return places of tags of every kind in turn, in their order."""
    kinds: dict[str, list[int]] = {}
    for place, tag in enumerate(tags):
        kinds.setdefault(tag.partition(":")[0], []).append(place)
    spread = [[places[i] for i in np.linspace(0, len(places) - 1, few).astype(int)] for places in kinds.values()]
    chosen: dict[int, None] = {}
    for turn in range(few):
        for places in spread:
            if len(chosen) < few:
                chosen[places[turn]] = None
    return sorted(chosen)


def _arrow_order(rows: int, texts: dict[str, dict[int, str]]) -> dict[int, int]:
    """Return where each edge row stands once those with words in wrong places have moved to the end."""
    odd = sorted({place for cells in texts.values() for place in cells})
    apart = set(odd)
    order = [row for row in range(rows) if row not in apart] + odd
    return {row: place for place, row in enumerate(order)}


def _texts(part: pa.Table) -> pd.DataFrame:
    shown = {}
    for name in part.column_names:
        column = part.column(name)
        kind = column.type
        words = column if pa.types.is_string(kind) else column.cast(pa.string())
        shown[name] = [None if text is None else text[:SHOWN] for text in words.to_pylist()]
    return pd.DataFrame(shown, dtype=object)
