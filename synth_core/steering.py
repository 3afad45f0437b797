"""What the analyst asks of the output: a condition that every row keeps, and shares of categories.

Both work with every engine, outside it: a condition rejects and draws again; shares fill quotas per combination of
categories, so that each part of the release has them to the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.base import Constraint, How
from synth_core.constraints.expressions import parse_condition
from synth_core.errors import ConstraintError, InfeasibleError, InputError
from synth_core.table import Table, did_you_mean

_ROUNDS = 20


class Condition(Constraint):
    """``where``: an expression that every synthetic row keeps."""

    ways: ClassVar[tuple[How, ...]] = ("reject",)
    title: ClassVar[str] = "Condition"

    type: Literal["condition"] = "condition"
    expression: str

    @property
    def columns_used(self) -> tuple[str, ...]:
        """Names of the columns that the condition reads."""
        return tuple(parse_condition(self.expression).columns)

    def sentence(self) -> str:
        """Return the condition in words."""
        return f"the condition: {parse_condition(self.expression).sentence()}"

    def check(self, table: Table) -> None:
        """Raise ConstraintError when the expression does not fit, or no real row keeps it."""
        condition = parse_condition(self.expression, table.columns)
        if not condition.holds(table.frame).any():
            raise ConstraintError(
                f"No real row keeps '{condition.sentence()}': there is nothing to learn such rows from. "
                "Loosen the condition."
            )

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        """Return True for each row outside the condition."""
        return ~parse_condition(self.expression).holds(frame)


def parse_shares(text: str) -> dict[str, dict[str, float]]:
    """Return the shares written as ``column=category:share,category:share``.

    >>> parse_shares("sex=F:0.5,M:0.5")
    {'sex': {'F': 0.5, 'M': 0.5}}
    """
    column, equals, rest = text.partition("=")
    shares: dict[str, float] = {}
    for part in rest.split(","):
        category, colon, number = part.rpartition(":")
        if category.strip() in shares:
            raise InputError(f"The share '{text}' names '{category.strip()}' twice; name each category once.")
        try:
            shares[category.strip()] = float(number)
        except ValueError:
            colon = ""
        if not equals or not colon:
            raise InputError(f"The share '{text}' is not understood. Write it like sex=F:0.5,M:0.5")
    return {column.strip(): shares}


@dataclass(frozen=True)
class Quotas:
    """Target shares of the combinations of up to two columns' categories.

    ``cells`` has one row per combination (columns as in the table), ``shares`` its target share (sum 1).
    """

    columns: tuple[str, ...]
    cells: pd.DataFrame
    shares: npt.NDArray[np.float64]

    @classmethod
    def fit(cls, train: Table, shares: Mapping[str, Mapping[str, float]]) -> Quotas | None:
        """Return the quotas, or None when no shares are asked for.

        With two columns the real joint distribution is fitted to both margins by iterative proportional fitting
        (Deming and Stephan, 1940). Categories that are not named keep their proportions among the rest.
        """
        if not shares:
            return None
        if len(shares) > 2:
            raise InputError(f"Shares are set on {len(shares)} columns; at most two can be steered together.")
        margins = {name: _full_margin(train, name, wanted) for name, wanted in shares.items()}
        names = tuple(margins)
        counts = train.frame.groupby(list(names), dropna=True, observed=True).size().reset_index(name="rows")
        weight = counts["rows"].to_numpy(dtype=np.float64)
        weight /= weight.sum()
        for _ in range(200):
            for name in names:
                now = pd.Series(weight).groupby(counts[name].to_numpy()).transform("sum").to_numpy()
                wanted = counts[name].map(margins[name]).to_numpy(dtype=np.float64)
                weight = weight * np.divide(wanted, now, out=np.zeros_like(now), where=now > 0)
        for name in names:
            reached = pd.Series(weight).groupby(counts[name].to_numpy()).sum()
            for category, share in margins[name].items():
                if abs(float(reached.get(category, 0.0)) - share) > 0.005:
                    raise InfeasibleError(
                        f"The shares asked of {' and '.join(repr(n) for n in names)} cannot hold together: the "
                        f"real rows lack the combinations for {name} = {category}. Change one of them."
                    )
        return cls(names, counts[list(names)], weight / weight.sum())

    def counts(self, first_row: int, rows: int) -> npt.NDArray[np.int64]:
        """Return rows per cell in the part that starts at ``first_row``; parts add up to the shares, to the row."""
        cumulative = np.concatenate([[0.0], np.cumsum(self.shares)])
        cumulative[-1] = 1.0
        # Rows are dealt to cells by the golden-ratio sequence: even over any stretch of rows, for any chunking.
        position = (np.arange(first_row, first_row + rows) * 0.6180339887498949) % 1.0
        return np.bincount(np.searchsorted(cumulative, position, side="right") - 1, minlength=len(self.shares))

    def fill(
        self, draw: Callable[[int, int], pd.DataFrame], first_row: int, rows: int, seed: int
    ) -> tuple[pd.DataFrame, int]:
        """Return ``rows`` rows with the wanted shares, and how many were drawn for them."""
        need = self.counts(first_row, rows)
        kept: list[pd.DataFrame] = []
        drawn = 0
        lookup = pd.MultiIndex.from_frame(self.cells)
        for attempt in range(_ROUNDS):
            left = int(need.sum())
            if not left:
                break
            state = np.random.SeedSequence(seed, spawn_key=(attempt,)).generate_state(1)[0]
            pool = draw(min(max(2 * left, 1000) * (1 + attempt), 4 * rows + 1000), int(state))
            drawn += len(pool)
            cell = lookup.get_indexer(pd.MultiIndex.from_frame(pool[list(self.columns)]))
            rank = pd.Series(cell).groupby(cell).cumcount().to_numpy()
            take = (cell >= 0) & (rank < need[np.maximum(cell, 0)])
            kept.append(pool[take])
            need = need - np.bincount(cell[take], minlength=len(need))
        if need.sum():
            worst = self.cells.iloc[int(np.argmax(need))]
            words = " and ".join(f"{name} = {worst[name]}" for name in self.columns)
            raise InfeasibleError(
                f"After {_ROUNDS} rounds {int(need.sum()):,} of {rows:,} rows are still missing for the shares, most "
                f"of them with {words}. The engine hardly ever makes such rows; ask for a smaller share."
            )
        frame = pd.concat(kept, ignore_index=True)
        order = np.random.default_rng(seed).permutation(len(frame))
        return frame.iloc[order].reset_index(drop=True), drawn


def _full_margin(train: Table, name: str, wanted: Mapping[str, float]) -> dict[str, float]:
    column = train.column(name)
    if not column.kind.categorical or not column.learned:
        raise InputError(f"Shares can be set on categories; column '{name}' is {column.kind.value}.")
    real = train.frame[name].value_counts(normalize=True)
    for category, share in wanted.items():
        if category not in real.index:
            raise InputError(f"Column '{name}' has no category '{category}'.{_levels(category, list(real.index))}")
        if not 0 <= share <= 1:
            raise InputError(f"The share of {name} = {category} must be between 0 and 1, not {share:g}.")
    total = sum(wanted.values())
    rest = real.drop(list(wanted))
    if total > 1 + 1e-6 or (rest.empty and abs(total - 1) > 1e-6):
        raise InputError(f"The shares of '{name}' add up to {total:g}; they must add up to 1.")
    others = rest / rest.sum() * max(0.0, 1 - total) if len(rest) else rest
    return {**dict(wanted), **{str(category): float(share) for category, share in others.items()}}


def _levels(category: str, levels: Sequence[str]) -> str:
    return did_you_mean(category, levels).replace("columns", "categories")
