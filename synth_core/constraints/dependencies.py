"""The rule that some columns determine another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import Field

from synth_core.constraints.base import STATES, Constraint, Derivation, Encoding, How
from synth_core.constraints.combinations import RARE, Cell, rows_among
from synth_core.constraints.replacing import replaced
from synth_core.constraints.values import Floats, as_kind, joint_codes, plain_value, quantity
from synth_core.table import Kind, Role, Table


class FunctionalDependency(Constraint):
    """The values of some columns leave one value for another, such as a town its region.

    ``mapping`` holds rows of (determinants, dependent). None: it is learned by ``fitted``, without determinants of
    fewer than seven real rows, so that a rule file does not spell them out. What is not in it is not judged.
    """

    title: ClassVar[str] = "Determined by others"
    recomputes: ClassVar[bool] = True
    ways: ClassVar[tuple[How, ...]] = ("transform", "repair", "condition", "reject")

    type: Literal["functional_dependency"] = "functional_dependency"
    determinants: tuple[str, ...] = Field(min_length=1)
    dependent: str
    mapping: tuple[tuple[Cell, ...], ...] | None = None

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (*self.determinants, self.dependent)

    def words(self) -> str:
        names = self.determinants
        given = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
        return f"{given} determine{'s' if len(names) == 1 else ''} {self.dependent}"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_different()
        for name in self.determinants:
            self.need_kind(table, name, STATES, "a category or a whole number")
        self.need_kind(table, self.dependent, (*STATES, Kind.NUMBER), "a category or a number")
        if any(len(row) != len(self.own_columns) for row in self.mapping or ()):
            raise self.problem(f"every row of 'mapping' needs {len(self.own_columns)} values, one for each column.")
        keys = [row[:-1] for row in self.mapping or ()]
        if len(set(keys)) < len(keys):
            raise self.problem("'mapping' gives two values for the same determinants.")

    def fitted(self, table: Table) -> Self:
        if self.mapping is not None or not set(self.columns_used) <= set(table.names):
            return self
        frame = table.frame.loc[self.applies(table.frame), list(self.own_columns)].dropna()
        counts = frame.groupby(list(self.own_columns), sort=True).size().rename("rows").reset_index()
        by_key = counts.groupby(list(self.determinants), sort=True)["rows"]
        usual = counts.loc[by_key.idxmax()] if len(counts) else counts
        usual = usual[(usual["rows"] >= RARE).to_numpy()]
        rows = usual[list(self.own_columns)].itertuples(index=False)
        return self.model_copy(update={"mapping": tuple(tuple(plain_value(v) for v in row) for row in rows)})

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        if self.mapping is None:
            raise self.problem("what is determined is not known yet; learn it from the real rows.")
        at = rows_among(frame, self.determinants, [row[:-1] for row in self.mapping])
        exact = rows_among(frame, self.own_columns, self.mapping)
        return self.with_nulls(frame, (at >= 0) & (exact < 0))

    def ways_for(self, table: Table) -> tuple[How, ...]:
        ways = super().ways_for(table)
        columns = list(self.own_columns)
        if "transform" not in ways or not set(columns) <= set(table.names):
            return ways
        determined = (
            table.column(self.dependent).role is not Role.TARGET  # an engine that steers its target has to learn it
            and not table.frame[columns].isna().any(axis=None)
            and not table.frame[columns].drop_duplicates().duplicated(list(self.determinants)).any()
        )
        return ways if determined else tuple(way for way in ways if way != "transform")

    @property
    def repairs(self) -> tuple[str, ...]:
        return (self.dependent,)

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Look the dependent value up."""
        broken = self.violations(frame).to_numpy()
        if not broken.any():
            return frame
        at = rows_among(frame, self.determinants, [row[:-1] for row in self.mapping or ()])
        values = frame[self.dependent].astype(object).to_numpy(copy=True)
        values[broken] = np.array([*(row[-1] for row in self.mapping or ()), None], dtype=object)[at[broken]]
        column = pd.Series(values, index=frame.index, dtype=object)
        return frame.assign(**{self.dependent: column.astype(frame[self.dependent].dtype)})

    def derivations(self, table: Table) -> tuple[Derivation, ...]:
        return (Derivation((self.dependent,), self.determinants),)

    def encode(self, table: Table, derivation: Derivation | None = None) -> Encoding:
        """Leave the dependent column out; it is looked up after sampling."""
        code, levels = joint_codes(table.frame, self.own_columns)
        rows = tuple(tuple(plain_value(v) for v in row) for row in levels.itertuples(index=False))
        counts = np.bincount(code, minlength=len(rows)) if len(rows) else np.zeros(0)
        kinds = tuple(table.column(name).kind for name in self.determinants)
        decoder = LookUp(
            self.determinants, kinds, self.dependent, table.column(self.dependent).kind, rows, tuple(map(float, counts))
        )
        return Encoding(replaced(table, (self.dependent,), None, None), decoder)


@dataclass(frozen=True)
class LookUp:
    """Looks a column up from others. Determinants that no real row has take the answer of the nearest number, or one
    by its share."""

    determinants: tuple[str, ...]
    kinds: tuple[Kind, ...]
    dependent: str
    kind: Kind
    rows: tuple[tuple[Cell, ...], ...]
    counts: tuple[float, ...]

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        at = rows_among(frame, self.determinants, [row[:-1] for row in self.rows])
        unknown = np.flatnonzero(at < 0)
        if len(unknown) and self.rows:
            at = at.copy()
            if self.kinds == (Kind.INTEGER,):
                at[unknown] = self._nearest(quantity(frame[self.determinants[0]].iloc[unknown]))
            else:
                share = np.array(self.counts) / sum(self.counts)
                at[unknown] = np.random.default_rng(len(frame)).choice(len(self.rows), len(unknown), p=share)
        values = np.array([*(row[-1] for row in self.rows), None], dtype=object)[at]
        return frame.assign(**{self.dependent: as_kind(pd.Series(values, index=frame.index, dtype=object), self.kind)})

    def _nearest(self, asked: Floats) -> npt.NDArray[np.int64]:
        known = np.array([np.nan if row[0] is None else float(row[0]) for row in self.rows])
        order = np.argsort(known)
        order = order[np.isfinite(known[order])]
        if not len(order):
            return np.zeros(len(asked), dtype=np.int64)
        places = np.clip(np.searchsorted(known[order], asked), 1, max(len(order) - 1, 1))
        right = np.minimum(places, len(order) - 1)
        closer = np.abs(asked - known[order[places - 1]]) <= np.abs(known[order[right]] - asked)
        return np.asarray(order[np.where(closer, places - 1, right)], dtype=np.int64)
