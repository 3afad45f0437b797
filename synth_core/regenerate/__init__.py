"""Identifiers and personal data made anew: never learned, never copied, unique where the real ones are.

A cell is a pure function of the release's seed and the global row number, so that parts can be made in any order and
of any size. What is taken from the real column: form (lengths, separators, classes of characters), the share of
missing cells, how often values repeat, and, for dates of birth, a blurred distribution.

Names, towns and streets come from word lists, so that one may equal a real one by chance; identifiers, e-mail
addresses and document numbers never equal one of the rows learned from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from synth_core.identifiers import key_of
from synth_core.regenerate.filling import Filling
from synth_core.regenerate.locales import locale_of
from synth_core.regenerate.location import learn_spread
from synth_core.regenerate.plan import ColumnPlan, learn_plan, owners_of
from synth_core.table import Role, Table

__all__ = ["ColumnPlan", "Regenerator"]


@dataclass(frozen=True)
class Regenerator:
    """What is needed to make the columns that must not be learned."""

    plans: tuple[ColumnPlan, ...]
    order: tuple[str, ...]
    locale: str = "en_US"

    @property
    def names(self) -> list[str]:
        """The columns that are made."""
        return [plan.column.name for plan in self.plans]

    @classmethod
    def fit(cls, table: Table, seed: int, *, locale: str | None = None) -> Regenerator:
        """Return how to make the regenerated columns of ``table`` that are not dropped.

        Parameters
        ----------
        locale
            Where names, towns and streets come from: a locale of Faker, such as "de_DE"; None: as the columns tell.
        """
        locale = locale or locale_of(table)
        columns = [c for c in table.columns if c.regenerated and c.role is not Role.DROP]
        codes = {c.name: np.asarray(pd.factorize(table.frame[c.name])[0], dtype=np.int64) for c in columns}
        owners = owners_of(columns, codes)
        plans = []
        for column in columns:
            owner = owners.get(column.name)
            chosen = np.ones(len(table), dtype=bool)
            if owner is not None:  # one row per owner says how the values repeat
                chosen = ~pd.Series(codes[owner]).duplicated().to_numpy() & (codes[owner] >= 0)
            seen = table.frame[column.name]
            plans.append(learn_plan(column, seen, codes[column.name][chosen], owner, key_of(seed, column.name), locale))
        return cls(tuple(_paired(plans, table)), tuple(table.names), locale)

    def fill(self, frame: pd.DataFrame, *, first_row: int, seed: int) -> pd.DataFrame:
        """Return ``frame`` with the columns added, in the order of the real table.

        Parameters
        ----------
        first_row
            Number of the frame's first row in the whole release, from 0.
        seed
            Seed of the whole release (the same for all parts).
        """
        rows = np.arange(first_row, first_row + len(frame), dtype=np.uint64)
        made = Filling(self.plans, self.locale, rows, seed).columns(frame.index)
        filled = pd.concat([frame.drop(columns=[n for n in made if n in frame]), pd.DataFrame(made)], axis=1)
        ordered = [name for name in self.order if name in filled]
        return filled[ordered + [name for name in filled if name not in self.order]]


def _paired(plans: Sequence[ColumnPlan], table: Table) -> list[ColumnPlan]:
    """Return the plans, latitude and longitude made together when a table has one of each, so that both are on land."""
    places = [plan for plan in plans if plan.what == "location"]
    if len(places) != 2 or not all(place.column.kind.numeric for place in places):
        return list(plans)
    points = table.frame[[place.column.name for place in places]].to_numpy(dtype=np.float64, na_value=np.nan)
    names = [place.column.name for place in places]
    return [
        replace(p, writer=learn_spread(points, names.index(p.column.name)), options={"pair": "\x1f".join(names)})
        if p.column.name in names
        else p
        for p in plans
    ]
