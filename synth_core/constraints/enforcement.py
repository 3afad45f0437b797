"""Rules kept in the output: by a transform before learning, by repair, or by drawing again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.contradictions import find_contradictions
from synth_core.constraints.inside import Reach, Restriction, Restrictions, Step, restrictions
from synth_core.constraints.planning import (
    Mask,
    RulePlan,
    choose,
    clean,
)
from synth_core.constraints.pool import ROUNDS, Enforced, Pool
from synth_core.constraints.values import canonical
from synth_core.errors import ConstraintError
from synth_core.table import Column, Table, numbers

__all__ = ["Enforced", "Enforcement", "RulePlan"]

APART = 7  # as many people at least share the end of a range, as in the codec
Draw = Callable[[int, int], pd.DataFrame]


class Edit(Protocol):
    """What is done to drawn rows before the rules are checked; picklable."""

    @property
    def names(self) -> frozenset[str]:
        """Names of the columns that it changes."""

    def __call__(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return the rows changed."""

    def reach(self, name: str, ends: tuple[float, float]) -> tuple[float, float]:
        """Return the ends of a column's range after the change."""


@dataclass(frozen=True)
class Enforcement:
    """A set of rules made ready for one table.

    Attributes
    ----------
    encoded
        What the engine learns: the learned columns, changed so that some rules cannot be broken.
    plan
        How each rule is kept, in the order of the rules.
    rules
        The rules, completed with what they need from the real rows: check releases with these.
    left_out
        Real rows that are not learned from because they break a hard rule.
    targets
        Per id of a soft rule: the share of rows that shall break it.
    steps
        The transforms, in the order in which they are undone.
    inside
        What the engine is to keep while it draws.
    reach
        Per protected column that a transform computes: the seventh smallest and seventh largest real value. The
        engine protects what it learns; a computed value has to be kept off the real extremes here.
    edit
        What a what-if does to drawn rows; rules on the columns that it changes are repaired where they can be.
    """

    encoded: Table
    plan: list[RulePlan]
    rules: list[Constraint]
    columns: tuple[Column, ...]
    left_out: int = 0
    targets: dict[str, float] = field(default_factory=dict)
    steps: tuple[Step, ...] = ()
    inside: tuple[Restriction, ...] = ()
    reach: dict[str, tuple[float, float]] = field(default_factory=dict)
    edit: Edit | None = None

    @classmethod
    def prepare(cls, train: Table, rules: Sequence[Constraint], *, inside: bool = False) -> Enforcement:
        """Return the rules made ready for ``train``; ``inside``: for an engine that keeps rules while it draws.

        Columns that engines do not learn (identifiers, personal data) are left aside: rules on them are kept by
        making those columns anew, and checked on the release.

        Raises
        ------
        ConstraintError
            A rule does not fit the table.
        InfeasibleError
            Rules contradict each other; the message names them.
        """
        completed = [rule.fitted(train) for rule in rules if rule.enabled]
        _check(train, completed)
        table = train.select([column.name for column in train.columns if column.learned])
        known = [rule for rule in completed if set(rule.columns_used) <= set(table.names)]
        hard = [rule for rule in known if rule.hard and rule.enforcement != "check_only"]
        find_contradictions(hard)
        cleaning = clean(table, hard)
        learned = table if cleaning.kept.all() else table.rows(cleaning.kept)
        transforms, plans = choose(learned, known, cleaning, inside=inside)
        encoded, steps = transforms.encode(learned)
        by_id = {plan.id: plan for plan in plans}
        targets = {rule.id: _rate(rule, table) for rule in known if not rule.hard}
        conditions = [rule for rule in known if by_id[rule.id].how == "condition"]
        reach = _reach(table, encoded)
        if inside:
            conditions += [Reach(column=name, low=low, high=high) for name, (low, high) in reach.items()]
        outside = "its columns are made anew, not learned; checked on the release"
        return cls(
            encoded=encoded,
            plan=[by_id.get(r.id, RulePlan(r.id, r.sentence(), "check_only", outside)) for r in completed],
            rules=completed,
            columns=table.columns,
            left_out=len(table) - len(learned),
            targets=targets,
            steps=steps,
            inside=restrictions(conditions, learned, encoded, steps, lambda rule: targets[rule.id]),
            reach=reach,
        )

    def apply(self, draw: Draw, rows: int, seed: int) -> Enforced:
        """Return exactly ``rows`` rows that keep every hard rule.

        Parameters
        ----------
        draw
            ``draw(rows, seed)`` gives rows in the columns of ``encoded``; called at most 20 times, with seeds that
            follow from ``seed``.

        Raises
        ------
        InfeasibleError
            Too few rows keep the rules; the message names the rule, or the two rules, in the way.
        """
        pool = Pool(self, rows)
        for number in range(ROUNDS):
            sequence = np.random.SeedSequence(seed, spawn_key=(number,))
            drawn = draw(pool.next_batch(), int(sequence.generate_state(1)[0]))
            pool.add(self.decode(drawn), np.random.default_rng(sequence.spawn(1)[0]))
            pool.give_way()
            if pool.full(number):
                break
        return pool.result(np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(ROUNDS,))))

    def checked(self, drawn: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, Mask]:
        """Return the rows that were drawn, decoded and repaired, in their order, and which keep every hard rule."""
        pool = Pool(self, len(drawn))
        frame = self.decode(drawn)
        broken = {rule.id: rule.violations(frame).to_numpy(dtype=bool) for rule in pool.counted}
        frame, keeps = pool._repaired(frame, broken, np.random.default_rng(seed))
        return frame, np.logical_and.reduce([pool._in_reach(frame), *keeps])

    def decode(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return rows in the columns of ``encoded`` as rows of the train table (its learned columns)."""
        for step in self.steps:
            frame = step.decoder.decode(frame)
        frame = canonical(frame, self.columns)
        return frame if self.edit is None else canonical(self.edit(frame), self.columns)

    def edited(self, edit: Edit) -> Enforcement:
        """Return the rules for rows that are changed once they are drawn."""
        reach = {name: edit.reach(name, ends) for name, ends in self.reach.items()}
        return replace(self, edit=edit, reach=reach)

    def restrictions(self) -> Restrictions:
        """Return what to hand to ``sample``, with a count of its own of what it takes."""
        return Restrictions(self.inside)

    def how(self, rule_id: str) -> str:
        """Return the way in which a rule is kept."""
        return next(plan.how for plan in self.plan if plan.id == rule_id)


def _check(train: Table, rules: Sequence[Constraint]) -> None:
    seen: set[str] = set()
    for rule in rules:
        if rule.id in seen:
            raise ConstraintError(
                f"Two rules have the id '{rule.id}', the second is '{rule.sentence()}'; ids must differ."
            )
        seen.add(rule.id)
        rule.check(train)


def _reach(table: Table, encoded: Table) -> dict[str, tuple[float, float]]:
    """Return the allowed range of each protected number or date that the engine does not learn as it is."""
    learned = {column.name: column for column in encoded.columns}
    found = {}
    for column in table.columns:
        if column.kind.numeric and column.protect and learned.get(column.name) != column:
            values = numbers(table.frame[column.name])
            values = np.sort(values[~np.isnan(values)])
            if len(values) >= 4 * APART:
                found[column.name] = (float(values[APART - 1]), float(values[-APART]))
    return found


def _rate(rule: Constraint, table: Table) -> float:
    """Return the share of rows that shall break a soft rule: as asked, or as among the real rows."""
    if rule.target_rate is not None:
        return float(rule.target_rate)
    return float(rule.violations(table.frame).mean()) if len(table) else 0.0
