"""How many real rows stand behind what is asked: none is refused, few are told."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.constraints.expressions import parse_condition
from synth_core.errors import ConstraintError, InputError
from synth_core.steering.asks import Steering
from synth_core.table import Table, did_you_mean

FEW = 20


@dataclass(frozen=True)
class Support:
    """The real rows that keep what is asked.

    Attributes
    ----------
    kept
        Whether each row keeps every condition.
    of
        Rows in all.
    each
        Every condition in words, with the rows that keep it alone.
    """

    kept: npt.NDArray[np.bool_]
    of: int
    each: tuple[tuple[str, int], ...]

    @property
    def rows(self) -> int:
        """Rows that keep every condition."""
        return int(self.kept.sum())


def support_of(table: Table, steering: Steering) -> Support:
    """Return how many rows of ``table`` keep the conditions; ConstraintError or InputError when one does not fit."""
    kept = np.ones(len(table), dtype=bool)
    each = []
    for text in steering.expressions(table):
        condition = parse_condition(text, table.columns)
        own = condition.holds(table.frame).to_numpy(dtype=bool)
        each.append((condition.sentence(), int(own.sum())))
        kept &= own
    return Support(kept, len(table), tuple(each))


def require_support(table: Table, steering: Steering) -> Support:
    """Return the support, or raise ConstraintError where no real row keeps the conditions or has a wanted category."""
    found = support_of(table, steering)
    if not found.rows:
        words = " and ".join(f"'{sentence}'" for sentence, _ in found.each)
        alone = "; ".join(f"{sentence}: {rows:,}" for sentence, rows in found.each)
        together = f" together (alone: {alone})" if len(found.each) > 1 else ""
        raise ConstraintError(
            f"No real row keeps {words}{together}: there is nothing to learn such rows from. Loosen the condition, or "
            "bring rows that keep it."
        )
    for name, levels in steering.wanted_shares.items():
        _check_levels(table, name, levels, found)
    return found


def few_words(found: Support) -> str:
    """Return the warning on few real rows, or ""."""
    if found.rows >= FEW or not found.each:
        return ""
    return (
        f"Only {found.rows:,} of {found.of:,} real rows keep the conditions: the rows made repeat the few patterns of "
        "these, and say more about each of these rows than a usual release does. Loosen the conditions, or do not "
        "share the rows."
    )


def few_levels(table: Table, steering: Steering, found: Support) -> list[str]:
    """Return a warning for each category that is asked for and that few real rows have."""
    told = []
    also = "that keep the conditions " if found.each else ""
    for name, levels in steering.wanted_shares.items():
        real = table.frame.loc[found.kept, name].value_counts()
        few = [level for level, share in levels.items() if share > 0 and real.get(level, 0) < FEW]
        told += [
            f"Only {int(real.get(level, 0)):,} real rows {also}have {name} = {level}: the rows made for it repeat few "
            "patterns, and say more about these people than a usual release does."
            for level in few
        ]
    return told


def _check_levels(table: Table, name: str, levels: dict[str, float], found: Support) -> None:
    column = table.column(name)
    if not column.kind.categorical or not column.learned:
        raise InputError(
            f"Shares are set on categories; column '{name}' is read as {column.kind.in_words}. Choose another column."
        )
    real = table.frame[name].value_counts()
    inside = table.frame.loc[found.kept, name].value_counts()
    for level, share in levels.items():
        if level not in real.index:
            hint = did_you_mean(level, [str(one) for one in real.index]).replace("columns", "categories")
            raise InputError(f"Column '{name}' has no category '{level}'.{hint}")
        if share > 0 and level not in inside.index:
            raise ConstraintError(
                f"No real row that keeps the conditions has {name} = {level}: there is nothing to learn such rows "
                "from. Loosen the conditions, or ask for no such rows."
            )
