"""No identifier of a real row, not even by chance of one that nobody learned from.

Identifiers made anew never equal one of the rows learned from. Of the rows held out nothing is known while rows are
made, so that a short identifier may hit one of them; here it is replaced, the same one always by the same.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from synth_core.identifiers import key_of
from synth_core.regenerate import ColumnPlan, Regenerator
from synth_core.regenerate.filling import _canonical
from synth_core.source_types import to_arrow
from synth_core.table import Table

WRITTEN = (
    "identifier", "phone", "national_id", "document_number", "licence_plate", "iban", "card_number", "device_id",
    "mac_address",
)  # fmt: skip
FAR = 2**30  # row numbers beyond those of any release
TURNS = 20


@dataclass(frozen=True)
class Unlike:
    """Replaces identifiers that a real row has.

    Attributes
    ----------
    real
        Per plan: all real values of its column, in the types of the source.
    """

    plans: tuple[ColumnPlan, ...]
    real: tuple[pa.Array, ...]
    seed: int
    rows: int

    @classmethod
    def of(cls, table: Table, train: Table, seed: int, rows: int) -> Unlike:
        """Return what keeps the identifiers of ``table`` out of rows that ``train`` was learned for."""
        plans = tuple(plan for plan in Regenerator.fit(train, seed).plans if plan.what in WRITTEN and plan.writer)
        real = tuple(
            to_arrow(table.frame[[plan.column.name]], [plan.column]).column(0).combine_chunks() for plan in plans
        )
        return cls(plans, real, seed, rows)

    def __call__(self, part: pa.Table) -> pa.Table:
        """Return the rows without identifiers of real ones."""
        for plan, real in zip(self.plans, self.real, strict=True):
            name = plan.column.name
            if name not in part.column_names:
                continue
            column = part.column(name).combine_chunks()
            for turn in range(TURNS):
                met = pc.and_(pc.is_in(column, value_set=real), pc.is_valid(column))
                if not pc.any(met).as_py():
                    break
                column = pc.replace_with_mask(column, met, self._others(plan, column.filter(met), turn))
            part = part.set_column(part.column_names.index(name), part.schema.field(name), column)
        return part

    def _others(self, plan: ColumnPlan, cells: pa.Array, turn: int) -> pa.Array:
        """Return other identifiers, from the half of the form's room that rows do not reach, else with more digits."""
        patterns = getattr(plan.writer, "patterns", ())
        room = min((pattern.capacity for pattern in patterns), default=0)
        low, high = (room // 2, room) if room // 2 > self.rows else (FAR, 2 * FAR)
        texts = cells.cast(pa.string()).to_pylist()
        codes = [low + key_of(self.seed, plan.column.name, turn, text) % (high - low) for text in texts]
        written = plan.writer.write(np.array(codes, dtype=np.uint64), key_of(self.seed, plan.column.name, ""))
        nothing = np.zeros(len(written), dtype=bool)
        canonical = _canonical(np.asarray(written), nothing, plan.column, pd.RangeIndex(len(written)))
        made = to_arrow(pd.DataFrame({plan.column.name: canonical}), [plan.column]).column(0)
        return made.combine_chunks() if isinstance(made, pa.ChunkedArray) else made
