"""Rules that an engine keeps while it draws: what each needs to be checked there, and what it took.

An engine makes one column after another. A rule is checked as soon as the last column that it reads is made; where a
cell breaks it, that cell is drawn again among the values that the rule allows. Rules over several columns are split
into parts that can be checked early (a <= b <= c also says a <= c), so that no row runs into a dead end.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint, Decoder
from synth_core.constraints.orders import Inequality
from synth_core.constraints.values import quantity
from synth_core.table import Table

MOST_IMPLIED = 200


@dataclass(frozen=True)
class Step:
    """One transform as the draw sees it: which columns it computes, and from which learned ones."""

    decoder: Decoder
    derived: frozenset[str]
    sources: frozenset[str]


@dataclass(frozen=True)
class Restriction:
    """A rule, or a part of one, to be kept in the draw.

    Attributes
    ----------
    id
        The rule that it comes from.
    sources
        Learned columns that must be made before it can be checked.
    decoders
        Transforms to undo first, in this order.
    rate
        Share of the rows that shall break it; 0 for a hard rule.
    steers
        Whether it only follows from the rule, which is checked itself as well.
    """

    id: str
    rule: Constraint
    sources: tuple[str, ...]
    decoders: tuple[Decoder, ...] = ()
    rate: float = 0.0
    steers: bool = False

    def broken(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return which rows of ``frame`` (the learned columns in ``sources``) break the rule."""
        for decoder in self.decoders:
            frame = decoder.decode(frame)
        return self.rule.violations(frame)


@dataclass
class Restrictions:
    """What a call of ``sample`` has to keep, and what came of it.

    Attributes
    ----------
    drawn
        Rows looked at, candidates included.
    broken
        Per rule id: rows whose first draw broke it.
    given_up
        Rows for which no allowed value was found: they still break a rule.
    """

    held: tuple[Restriction, ...]
    drawn: int = 0
    broken: dict[str, int] = field(default_factory=dict)
    given_up: int = 0

    def __bool__(self) -> bool:
        return bool(self.held)


class Reach(Constraint):
    """A computed column stays within what a protected one may show; bounds as :func:`quantity` gives numbers."""

    type: Literal["reach"] = "reach"
    column: str
    low: float
    high: float

    @property
    def own_columns(self) -> tuple[str, ...]:
        return (self.column,)

    def words(self) -> str:
        """Return the rule in words."""
        return f"{self.column} shows no real extreme"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return True for each row outside."""
        values = quantity(frame[self.column])
        with np.errstate(invalid="ignore"):
            return self.with_nulls(frame, (values < self.low) | (values > self.high))


def restrictions(
    rules: Sequence[Constraint],
    real: Table,
    learned: Table,
    steps: Sequence[Step],
    rate: Callable[[Constraint], float],
) -> tuple[Restriction, ...]:
    """Return rules as restrictions on the columns of ``learned``.

    Parameters
    ----------
    real
        The rows that are learned from, before any transform.
    steps
        The transforms, in the order in which they are undone.
    rate
        The share of rows that shall break a soft rule.
    """
    found: list[Restriction] = []
    for rule, part in [*((rule, rule) for rule in rules), *_steering(rules, real)]:
        steers = part is not rule or isinstance(rule, Reach)
        needed, used = set(part.columns_used), list[Decoder]()
        for step in reversed(steps):
            if step.derived & needed:
                needed = (needed - step.derived) | step.sources
                used.insert(0, step.decoder)
        if needed <= set(learned.names):
            order = tuple(name for name in learned.names if name in needed)
            found.append(Restriction(rule.id, part, order, tuple(used), 0.0 if rule.hard else rate(rule), steers))
    return tuple(found)


def _steering(rules: Sequence[Constraint], real: Table) -> list[tuple[Constraint, Constraint]]:
    """Return (rule, part) for what hard rules say of fewer columns, alone or together.

    Where a cell between is missing a rule may say nothing of the outer columns; a part that a real row breaks is
    therefore left out.
    """
    hard = [rule for rule in rules if rule.hard]
    parts = [(rule, part) for rule in hard for part in rule.parts()]
    orders = [(rule, part) for rule, part in [*((rule, rule) for rule in hard), *parts] if isinstance(part, Inequality)]
    known = {(part.low_column, part.high_column) for _, part in orders}
    waiting = list(orders)
    while waiting and len(known) < MOST_IMPLIED:
        rule, one = waiting.pop()
        for _, other in orders:
            pair = (one.low_column, other.high_column)
            if one.high_column == other.low_column and pair not in known and pair[0] != pair[1]:
                known.add(pair)
                strict = one.strict_boundaries or other.strict_boundaries
                part = Inequality(low_column=pair[0], high_column=pair[1], strict_boundaries=strict)
                waiting.append((rule, part))
                parts.append((rule, part))
    return [(rule, part) for rule, part in parts if not part.violations(real.frame).any()]
