"""Rules on rows in their order, for tables with an entity and an order column."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import ORDERED, STATES, Constraint, How
from synth_core.constraints.bounds import kind_and_step
from synth_core.constraints.combinations import RARE, Cell, rows_among
from synth_core.constraints.expression_logic import listed
from synth_core.constraints.values import as_kind, known_codes, plain_value, quantity
from synth_core.table import Role, Table


class _Sequence(Constraint):
    """What rules on sequences have in common.

    ``entity`` None: the whole table is one sequence. ``order_by`` None: rows stand in their order. ``fitted`` takes
    both from the roles of the table where they are not given.
    """

    row_wise: ClassVar[bool] = False

    column: str
    entity: str | None = None
    order_by: str | None = None

    @property
    def own_columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(name for name in (self.column, self.entity, self.order_by) if name is not None))

    def check(self, table: Table) -> None:
        super().check(table)
        if len({self.column, self.entity, self.order_by} - {None}) < sum(
            name is not None for name in (self.column, self.entity, self.order_by)
        ):
            raise self.problem("a column is named twice; the column, the entity and the order must differ.")
        if self.order_by is not None:
            self.need_kind(table, self.order_by, ORDERED, "a number or a date to order by")

    def fitted(self, table: Table) -> Self:
        roles = {column.role: column.name for column in table.columns}
        taken = {self.column}
        given = {
            field: roles[role]
            for field, role in (("entity", Role.ENTITY), ("order_by", Role.ORDER))
            if getattr(self, field) is None and roles.get(role, self.column) not in taken
        }
        return self.model_copy(update=given) if given else self

    def _along(self) -> str:
        by = f" by {self.order_by}" if self.order_by else ""
        return f"{by}{f' within each {self.entity}' if self.entity else ''}"

    def _order(self, frame: pd.DataFrame) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
        """Return the judged rows in order, entity by entity, and which of them begin an entity.

        Rows with a missing cell are passed over.
        """
        judged = self.applies(frame)
        for name in self.own_columns:
            judged &= frame[name].notna().to_numpy(dtype=bool)
        rows = np.flatnonzero(judged)
        entity = pd.factorize(frame[self.entity].iloc[rows])[0] if self.entity else np.zeros(len(rows), dtype=np.int64)
        when = quantity(frame[self.order_by].iloc[rows]) if self.order_by else rows.astype(np.float64)
        order = np.lexsort((rows, when, entity))
        first = np.ones(len(rows), dtype=bool)
        first[1:] = entity[order][1:] != entity[order][:-1]
        return rows[order], first

    def _marked(self, frame: pd.DataFrame, rows: npt.NDArray[np.int64]) -> pd.Series[bool]:
        broken = np.zeros(len(frame), dtype=bool)
        broken[rows] = True
        return self.with_nulls(frame, broken)

    @property
    def repairs(self) -> tuple[str, ...]:
        return (self.column,)


class Monotonic(_Sequence):
    """A number or a date never falls (or never rises) from one row of an entity to the next."""

    title: ClassVar[str] = "Never falls, or never rises"
    ways: ClassVar[tuple[How, ...]] = ("repair", "reject")

    type: Literal["monotonic"] = "monotonic"
    direction: Literal["increasing", "decreasing"] = "increasing"
    strict: bool = False

    def words(self) -> str:
        verb = "rises" if self.direction == "increasing" else "falls"
        other = "falls" if self.direction == "increasing" else "rises"
        return f"{self.column} {f'always {verb}' if self.strict else f'never {other}'}{self._along()}"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_kind(table, self.column, ORDERED, "a number or a date")

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        rows, first = self._order(frame)
        values = quantity(frame[self.column].iloc[rows])
        step = np.diff(values, prepend=values[:1]) * (1 if self.direction == "increasing" else -1)
        return self._marked(frame, rows[~first & (step <= 0 if self.strict else step < 0)])

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Put the values of an entity with a broken row in order."""
        rows, first = self._order(frame)
        broken = self.violations(frame).to_numpy()
        if not broken.any():
            return frame
        entity = np.cumsum(first) - 1
        hit = np.isin(entity, entity[broken[rows]])
        rows, entity = rows[hit], entity[hit]
        values = frame[self.column].iloc[rows]
        key = quantity(values) * (1 if self.direction == "increasing" else -1)
        mended = frame[self.column].copy()
        mended.iloc[rows] = values.iloc[np.lexsort((key, entity))].array
        return frame.assign(**{self.column: mended})


class SequenceRule(_Sequence):
    """States follow one another as they do in the real rows, such as ordered, paid, sent.

    ``transitions`` holds pairs (state, next state), ``first`` the states in which an entity may begin. None: they are
    learned by ``fitted``, without those of fewer than seven real rows.
    """

    title: ClassVar[str] = "Order of states"
    ways: ClassVar[tuple[How, ...]] = ("repair", "reject")

    type: Literal["sequence_rule"] = "sequence_rule"
    transitions: tuple[tuple[Cell, Cell], ...] | None = None
    first: tuple[Cell, ...] | None = None

    def words(self) -> str:
        count = "" if self.transitions is None else f" ({len(self.transitions):,} allowed)"
        begin = "" if self.first is None else f", beginning with {listed([str(cell) for cell in self.first])}"
        return f"{self.column} changes only in known steps{self._along()}{count}{begin}"

    def check(self, table: Table) -> None:
        super().check(table)
        self.need_kind(table, self.column, STATES, "a category or a whole number")

    def fitted(self, table: Table) -> Self:
        rule = super().fitted(table)
        if rule.transitions is not None or not set(rule.columns_used) <= set(table.names):
            return rule
        rows, first = rule._order(table.frame)
        states = table.frame[self.column].iloc[rows].reset_index(drop=True)
        counts = rule.steps_in(table.frame).groupby(["before", "after"], sort=True).size()
        steps = tuple((plain_value(a), plain_value(b)) for a, b in counts[counts >= RARE].index)
        if states.dtype.kind in "iu" or str(states.dtype) == "Int64":
            steps = tuple((int(a), int(b)) for a, b in steps)  # type: ignore[arg-type]
        begins = states[first].value_counts().sort_index()
        return rule.model_copy(
            update={
                "transitions": steps,
                "first": rule.first or tuple(plain_value(v) for v in begins[begins >= RARE].index) or None,
            }
        )

    def steps_in(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return each state with the next one of its entity (columns ``before`` and ``after``), step by step."""
        rows, first = self._order(frame)
        states = frame[self.column].iloc[rows].reset_index(drop=True)
        return pd.DataFrame({"before": states.shift(1), "after": states})[~first].astype({"before": states.dtype})

    def _steps(self) -> tuple[tuple[Cell, Cell], ...]:
        if self.transitions is None:
            raise self.problem("the allowed steps are not known yet; learn them from the real rows.")
        return self.transitions

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        rows, first = self._order(frame)
        states = frame[self.column].iloc[rows].reset_index(drop=True)
        pairs = pd.DataFrame({"before": states.shift(1), "after": states})
        wrong = (rows_among(pairs, ["before", "after"], self._steps()) < 0) & ~first
        if self.first is not None:
            wrong |= first & (known_codes(states, self.first)[0] < 0)
        return self._marked(frame, rows[wrong])

    def repair(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """Set a state that does not follow to one that does, from the first row of an entity to the last."""
        steps = self._steps()
        after: dict[str, list[Any]] = {}
        for one, other in steps:
            after.setdefault(str(one), []).append(other)
        rows, first = self._order(frame)
        if not self.violations(frame).any():
            return frame
        values = frame[self.column].astype(object).to_numpy(copy=True)
        for at, row in enumerate(rows):
            options = list(self.first or ()) if first[at] else after.get(str(values[rows[at - 1]]), [])
            if options and str(values[row]) not in {str(option) for option in options}:
                values[row] = options[int(rng.integers(len(options)))]
        column = pd.Series(values, index=frame.index, dtype=object)
        return frame.assign(**{self.column: as_kind(column, kind_and_step(frame[self.column])[0])})
