"""A table as discrete states and uniform ranks, and back: one preprocessing for all engines.

Every column becomes two arrays of one cell per row:

``state`` (int32)
    ``0`` missing; ``1 .. m`` the discrete values (categories with the most frequent first, or the *atoms* of a number:
    values that many rows share, in ascending order); ``m + 1`` "continuous", present only where a number
    or date has values that are not atoms. ``codec.states[name]`` counts all of them, missing included.
``rank`` (float64)
    For the continuous state the position in (0, 1) among the continuous values of the train rows
    (uniform over the train rows); NaN for all other states.

An engine may model these two in any way it likes; whatever states and ranks it makes, :meth:`Codec.decode` turns
them into cells with the canonical dtypes, the original decimals (or whole days, minutes, seconds) and nothing that is
protected. Values that many train rows share come back exactly; a value that only one row had, or fewer than k in a
protected column, stands for its surroundings, half-way to its neighbours, so that new values appear as they would in
new rows (Good and Turing's estimate).

Protection, on a column with ``protect``: k is drawn from 5, 6, 7 by the seed. A category with fewer than k rows is
merged into a kept category (drawn by frequency among those that share its longest prefix, so that code I11.9 becomes
another I11 code where one is kept). Where the kept categories would hold less than half of the rows the others are
merged into ``"other"``. Numbers and dates end at the k-th smallest and k-th largest value; where all values are atoms,
those with fewer than k rows are merged into the nearest kept one. Where the table says whom its rows are about, k
counts people instead of rows (:meth:`~synth_core.table.Table.privacy_units`).

Integers beyond 2^53 and dates finer than a microsecond are rounded; an infinite number counts as missing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec_columns import CategoryCodec, ColumnCodec
from synth_core.codec_numbers import NumberCodec
from synth_core.errors import TableError
from synth_core.table import Column, Role, Table

Floats = npt.NDArray[np.float64]
States = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Encoded:
    """Rows as states and ranks, per column name; see the module's first lines."""

    states: Mapping[str, States]
    ranks: Mapping[str, Floats]

    def __len__(self) -> int:
        return len(next(iter(self.states.values()))) if self.states else 0

    def take(self, rows: npt.NDArray[Any]) -> Encoded:
        """Return the rows at these positions, or where the mask is true."""
        return Encoded({n: s[rows] for n, s in self.states.items()}, {n: r[rows] for n, r in self.ranks.items()})


class Codec:
    """How each column of a table is coded; made by :meth:`fit` or :meth:`load`.

    Attributes
    ----------
    columns
        The columns, in table order.
    states
        Number of states per column name, the missing one included.

    Examples
    --------
    >>> from synth_core.table import Column, Kind, Table
    >>> frame = pd.DataFrame({"x": [0.0] * 30 + [0.5, 1.5, 2.5, 4.5]})
    >>> codec = Codec.fit(Table(frame, (Column(name="x", kind=Kind.NUMBER, protect=False),)), seed=0)
    >>> codec.states, codec.continuous("x")     # missing, the atom 0.0, continuous
    ({'x': 3}, True)
    >>> codec.decode(codec.encode(frame)).equals(frame)
    True
    """

    def __init__(self, columns: tuple[Column, ...], codecs: Mapping[str, ColumnCodec]) -> None:
        self.columns = columns
        self._codecs = dict(codecs)
        self.states = {name: codec.states for name, codec in self._codecs.items()}

    @classmethod
    def fit(cls, table: Table, *, seed: int) -> Codec:
        """Return the codec of ``table``: its learned columns, train rows only."""
        codecs: dict[str, ColumnCodec] = {}
        people = table.privacy_units()
        for column in table.columns:
            rng = np.random.default_rng([seed, crc32(column.name.encode())])
            kind: type[ColumnCodec] = NumberCodec if column.kind.numeric else CategoryCodec
            about = None if column.role is Role.ENTITY else people
            codecs[column.name] = kind.fit(table.frame[column.name], column, rng, about)
        return cls(table.columns, codecs)

    @property
    def names(self) -> list[str]:
        """Column names, in order."""
        return [column.name for column in self.columns]

    def continuous(self, name: str) -> bool:
        """Return whether the last state of the column is "continuous" (its rows have a rank)."""
        return self._codecs[name].continuous

    def numeric(self, name: str) -> bool:
        """Return whether the column's values have an order: :meth:`positions` works."""
        return isinstance(self._codecs[name], NumberCodec)

    def encode(self, frame: pd.DataFrame) -> Encoded:
        """Return the rows of ``frame`` as states and ranks: its columns that this codec knows, in the codec's order.

        Values that the train rows did not have get the nearest number, or a category as a protected one would.
        """
        states: dict[str, States] = {}
        ranks: dict[str, Floats] = {}
        for name in self.names:
            if name in frame.columns:
                states[name], ranks[name] = self._codecs[name].encode(frame[name])
        if not states:
            raise TableError(f"The frame has none of the columns to be coded: {self.names[:5]}.")
        return Encoded(states, ranks)

    def decode(self, encoded: Encoded) -> pd.DataFrame:
        """Return the cells that these states and ranks stand for, in canonical dtypes and the codec's column order.

        Columns that ``encoded`` lacks are left out. A rank is clipped to [0, 1]; NaN counts as 0.5.
        """
        return pd.DataFrame(
            {
                name: self._codecs[name].decode(encoded.states[name], encoded.ranks[name])
                for name in self.names
                if name in encoded.states
            }
        )

    def positions(self, name: str, states: States, ranks: Floats) -> Floats:
        """Return where numbers or dates lie among all train values: mid-ranks in (0, 1); NaN where missing.

        Raises :class:`TableError` for a category.
        """
        codec = self._codecs[name]
        if not isinstance(codec, NumberCodec):
            raise TableError(f"Column '{name}' is a category: its values have no position.")
        return codec.positions(states, ranks)

    def labels(self, name: str) -> list[str]:
        """Return the kept categories of a categorical column: state i is ``labels[i - 1]``."""
        codec = self._codecs[name]
        if not isinstance(codec, CategoryCodec):
            raise TableError(f"Column '{name}' is a number or a date: it has no labels.")
        return list(codec.levels)

    def shares(self, name: str) -> Floats:
        """Return the share of train rows in each state, shape (``states[name]``,), summing to 1."""
        counts = self._codecs[name].counts
        return np.asarray(counts / counts.sum(), dtype=np.float64)

    def save(self, folder: Path) -> None:
        """Write ``codec.json`` and ``codec.npz`` to ``folder`` (made if needed); no pickle."""
        folder.mkdir(parents=True, exist_ok=True)
        described: list[dict[str, Any]] = []
        arrays: dict[str, npt.NDArray[Any]] = {}
        for i, column in enumerate(self.columns):
            plain, kept = self._codecs[column.name].dump()
            described.append({"column": column.model_dump(mode="json"), "codec": plain})
            arrays |= {f"{i}.{key}": value for key, value in kept.items()}
        (folder / "codec.json").write_text(json.dumps(described, ensure_ascii=False), encoding="utf-8")
        np.savez(folder / "codec.npz", **arrays)

    @classmethod
    def load(cls, folder: Path) -> Codec:
        """Return the codec that :meth:`save` wrote to ``folder``."""
        described = json.loads((folder / "codec.json").read_text(encoding="utf-8"))
        codecs: dict[str, ColumnCodec] = {}
        columns: list[Column] = []
        with np.load(folder / "codec.npz", allow_pickle=False) as stored:
            for i, entry in enumerate(described):
                column = Column.model_validate(entry["column"])
                prefix = f"{i}."
                arrays = {key.removeprefix(prefix): stored[key] for key in stored.files if key.startswith(prefix)}
                kind: type[ColumnCodec] = NumberCodec if column.kind.numeric else CategoryCodec
                codecs[column.name] = kind.restore(column, entry["codec"], arrays)
                columns.append(column)
        return cls(tuple(columns), codecs)
