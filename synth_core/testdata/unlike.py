"""No identifier of a real row, not even by chance of one that nobody learned from.

Identifiers made anew never equal one of the rows learned from. Of the rows held out nothing is known while rows are
made, so that a short identifier may hit one of them; here it is replaced, the same one always by the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field

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
SPARE = 3  # identifiers written per real one, so that enough of them are nobody's


@dataclass(frozen=True)
class Unlike:
    """Replaces identifiers that a real row has.

    Attributes
    ----------
    real
        Per plan: all real values of its column, each once, in the types of the source.
    """

    plans: tuple[ColumnPlan, ...]
    real: tuple[pa.Array, ...]
    seed: int
    rows: int
    others: dict[str, pa.Array] = field(default_factory=dict)  # per column, written when they are first needed

    @classmethod
    def of(cls, table: Table, train: Table, seed: int, rows: int) -> Unlike:
        """Return what keeps the identifiers of ``table`` out of rows that ``train`` was learned for."""
        plans = tuple(plan for plan in Regenerator.fit(train, seed).plans if plan.what in WRITTEN and plan.writer)
        real = tuple(
            to_arrow(table.frame[[plan.column.name]].dropna(), [plan.column]).column(0).combine_chunks().unique()
            for plan in plans
        )
        return cls(plans, real, seed, rows)

    def __call__(self, part: pa.Table) -> pa.Table:
        """Return the rows without identifiers of real ones."""
        for plan, real in zip(self.plans, self.real, strict=True):
            name = plan.column.name
            if name not in part.column_names:
                continue
            column = part.column(name).combine_chunks()
            met = pc.and_(pc.is_in(column, value_set=real), pc.is_valid(column))
            if not pc.any(met).as_py():
                continue
            if name not in self.others:
                self.others[name] = self._others(plan, real)
            places = pc.index_in(column.filter(met), value_set=real).to_numpy(zero_copy_only=False)
            other = self.others[name].take(pa.array(places % len(self.others[name])))
            column = pc.replace_with_mask(column, met, other)
            part = part.set_column(part.column_names.index(name), part.schema.field(name), column)
        return part

    def _others(self, plan: ColumnPlan, real: pa.Array) -> pa.Array:
        """Return identifiers that no real row has, one for each real one while there is room, so that keys stay keys.

        They come from the half of the form's room that rows do not reach, else they have more digits.
        """
        patterns = getattr(plan.writer, "patterns", ())
        room = min((pattern.capacity for pattern in patterns), default=0)
        low, high = (room // 2, room) if room // 2 > self.rows else (FAR, 2 * FAR)
        while True:
            codes = np.arange(low, min(high, low + SPARE * len(real)), dtype=np.uint64)
            written = plan.writer.write(codes, key_of(self.seed, plan.column.name, ""))
            nothing = np.zeros(len(written), dtype=bool)
            canonical = _canonical(np.asarray(written), nothing, plan.column, pd.RangeIndex(len(written)))
            made = pa.chunked_array([to_arrow(pd.DataFrame({plan.column.name: canonical}), [plan.column]).column(0)])
            free = made.filter(pc.invert(pc.is_in(made, value_set=real))).combine_chunks().unique()
            if len(free) or low >= FAR:
                return free
            low, high = FAR, 2 * FAR
