"""Drawn rows on their way to a release: checked, repaired, turned away, and chosen among."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.kinds import Unique
from synth_core.constraints.planning import Mask, conflict, pair_counts
from synth_core.constraints.values import canonical
from synth_core.errors import InfeasibleError
from synth_core.table import numbers

if TYPE_CHECKING:
    from synth_core.constraints.enforcement import Enforcement


ROUNDS = 20
SOFT_ROUNDS = 8
MOST_PATTERNS = 0.1  # per row; where there are more, whole rows of each cannot be rounded by themselves
FEW_ACCEPTED = 0.1  # a smaller share of drawn rows that keep the rules: then broken cells are repaired


@dataclass(frozen=True)
class Enforced:
    """Rows that keep every hard rule, and what it took.

    Attributes
    ----------
    drawn, rejected
        Rows that the engine gave, and those of them that a rule turned away.
    repaired
        Per rule id: rows of ``frame`` that were changed to keep it.
    raw_broken
        Per rule id: drawn rows that broke it before anything was repaired; 0 for transformed rules.
    """

    frame: pd.DataFrame
    drawn: int
    rejected: int
    repaired: dict[str, int]
    raw_broken: dict[str, int]

    @property
    def acceptance(self) -> float:
        """Share of drawn rows that kept the rules."""
        return 1 - self.rejected / max(self.drawn, 1)


class Pool:
    """Rows that kept the rules so far, over the rounds of one call."""

    def __init__(self, enforcement: Enforcement, rows: int) -> None:
        names = {column.name for column in enforcement.columns}
        how = {plan.id: plan.how for plan in enforcement.plan}
        inside = [rule for rule in enforcement.rules if set(rule.columns_used) <= names]
        self.rows, self.columns, self.how, self.reach = rows, enforcement.columns, how, enforcement.reach
        changed = enforcement.edit.names if enforcement.edit is not None else frozenset()
        touched = {r.id for r in inside if r.hard and "repair" in r.ways and changed & set(r.columns_used)}
        self.counted = [rule for rule in inside if how[rule.id] != "transform" or rule.id in touched]
        self.soft = [rule for rule in inside if not rule.hard and how[rule.id] != "check_only"]
        hard = [rule for rule in inside if rule.hard and how[rule.id] != "check_only"]
        self.unique = [rule for rule in hard if isinstance(rule, Unique)]
        self.hard = [rule for rule in hard if not isinstance(rule, Unique)]
        self.mendable = {
            rule.id
            for rule in self.hard
            if how[rule.id] == "repair"
            or (how[rule.id] == "reject" and rule.enforcement == "auto" and "repair" in rule.ways)
            or rule.id in touched
        }
        self.mending = {key for key in self.mendable if how[key] == "repair" or key in touched}
        self.targets = np.array([enforcement.targets[rule.id] for rule in self.soft])
        self.frames: list[pd.DataFrame] = []
        self.marks: list[dict[str, Mask]] = []
        self.drawn = self.held = self.not_unique = self.last_batch = 0
        self.raw_broken = {rule.id: 0 for rule in enforcement.rules}
        self.pairs = np.zeros((len(self.hard), len(self.hard)), dtype=np.int64)

    def next_batch(self) -> int:
        """Return how many rows to draw: what is missing at the acceptance so far, at most five times the order."""
        missing, most = max(self.rows - self.held, 1), max(5 * self.rows, 2_000)
        if not self.drawn:
            self.last_batch = self.rows
        elif not self.held:
            self.last_batch = min(3 * self.last_batch, most)
        else:
            short = self._short() if self.soft and self.held >= self.rows else 1.0
            wanted = int(np.ceil(max(missing * self.drawn / self.held, self.rows * (short - 1)) * 1.1)) + 16
            self.last_batch = min(wanted, most)
        return self.last_batch

    def give_way(self) -> None:
        """Repair from now on what is too rarely kept by drawing again."""
        if self.held < FEW_ACCEPTED * self.drawn:
            self.mending = set(self.mendable)

    def add(self, frame: pd.DataFrame, rng: np.random.Generator) -> None:
        """Repair a batch and keep its rows that break no hard rule."""
        broken = {rule.id: rule.violations(frame).to_numpy(dtype=bool) for rule in self.counted}
        for key, mask in broken.items():
            self.raw_broken[key] += int(mask.sum())
        frame, keeps = self._repaired(frame, broken, rng)
        self.drawn += len(frame)
        if keeps:
            self.pairs += pair_counts(keeps)
        accepted = np.logical_and.reduce([self._in_reach(frame), *keeps])
        nothing = np.zeros(len(frame), dtype=bool)
        marks = {key: broken[key] if key in self.mending else nothing for key in self.mendable}
        soft = {rule.id: rule.violations(frame).to_numpy(dtype=bool) for rule in self.soft}
        accepted = self._apart(frame, accepted)
        self.frames.append(frame if accepted.all() else frame[accepted])
        self.marks.append({key: mask[accepted] for key, mask in {**marks, **soft}.items()})
        self.held += int(accepted.sum())

    def _repaired(
        self, frame: pd.DataFrame, broken: dict[str, Mask], rng: np.random.Generator
    ) -> tuple[pd.DataFrame, list[Mask]]:
        """Return the batch after repairs and, per hard rule, which rows keep it. A repair may undo an earlier one:
        hence two passes."""
        changed = False
        for again in (False, True):
            for rule in self.hard:
                how = self.how[rule.id]
                undone = again and changed and how == "transform" and "repair" in rule.ways
                if rule.id not in self.mending and not undone:
                    continue
                fresh = rule.violations(frame) if again or changed else broken[rule.id]
                if fresh.any():
                    frame, changed = rule.repair(frame, rng), True
        if changed:
            frame = canonical(frame, self.columns)
        return frame, [
            ~(broken[rule.id] if not changed and rule.id in broken else rule.violations(frame).to_numpy(dtype=bool))
            for rule in self.hard
        ]

    def _in_reach(self, frame: pd.DataFrame) -> Mask:
        """Return which rows have no computed value among the real extremes."""
        inside = np.ones(len(frame), dtype=bool)
        for name, (low, high) in self.reach.items():
            values = numbers(frame[name])
            inside &= np.isnan(values) | ((values >= low) & (values <= high))
        return inside

    def _apart(self, frame: pd.DataFrame, accepted: Mask) -> Mask:
        """Turn away rows that repeat an earlier one in the columns of a unique rule."""
        for rule in self.unique:
            names = list(rule.columns_used)
            held = [part[names] for part in self.frames]
            before = sum(len(part) for part in held)
            both = pd.concat([*held, frame.loc[accepted, names]], ignore_index=True)
            again = rule.violations(both).to_numpy(dtype=bool)[before:]
            self.not_unique += int(again.sum())
            accepted = accepted.copy()
            accepted[np.flatnonzero(accepted)[again]] = False
        return accepted

    def full(self, number: int) -> bool:
        """Return whether there are rows enough, of each sort that soft rules ask for."""
        if self.held < self.rows:
            return False
        return not self.soft or number + 1 >= SOFT_ROUNDS or self._short() <= 1.0

    def result(self, rng: np.random.Generator) -> Enforced:
        """Return the rows that were asked for; InfeasibleError when there are too few."""
        if self.held < self.rows:
            raise InfeasibleError(self._shortage())
        frame = pd.concat(self.frames, ignore_index=True) if len(self.frames) > 1 else self.frames[0]
        marks = self._all_marks()
        chosen = self._chosen(marks)
        frame, again = self._mended_together(canonical(frame.iloc[chosen], self.columns), rng)
        for rule in [*self.hard, *self.unique]:
            if rule.violations(frame).any():
                raise InfeasibleError(
                    f"Rule '{rule.sentence()}' could not be kept together with the others; "
                    "loosen it, switch it off, or make it soft."
                )
        repaired = {rule.id: 0 for rule in self.hard}
        repaired |= {key: int(marks[key][chosen].sum()) + again.get(key, 0) for key in self.mendable}
        return Enforced(frame, self.drawn, self.drawn - self.held, repaired, self.raw_broken)

    def _mended_together(self, frame: pd.DataFrame, rng: np.random.Generator) -> tuple[pd.DataFrame, dict[str, int]]:
        """Repair rules on rows together once more, and count the rows: each batch kept them by itself, before rows
        were turned away and other batches followed."""
        again = {}
        for rule in self.hard:
            if not rule.row_wise and rule.id in self.mending and (count := int(rule.violations(frame).sum())):
                frame, again[rule.id] = canonical(rule.repair(frame, rng), self.columns), count
        return frame, again

    def _shortage(self) -> str:
        if self.not_unique and self.held + self.not_unique >= self.rows:
            rule = self.unique[0]
            return (
                f"Only {self.held:,} of {self.rows:,} rows are different in rule '{rule.sentence()}'. Ask for fewer "
                "rows, name more columns, or set the column's kind to identifier so that it is made anew."
            )
        got = f"After drawing {self.drawn:,} rows, {self.held:,} of the {self.rows:,} wanted keep every rule. "
        return got + conflict(self.hard, self.pairs, self.drawn, "drawn")

    def _patterns(self, marks: dict[str, Mask]) -> tuple[npt.NDArray[np.int64], Mask]:
        """Return the pattern of each row, and which soft rules each pattern breaks (patterns x rules).

        Only patterns that there are: of so many rules as people write there would be too many to count.
        """
        code = np.zeros(len(next(iter(marks.values()))), dtype=np.int64)
        for place, rule in enumerate(reversed(self.soft), 1):
            code = 2 * code + marks[rule.id]
            if place % 30 == 0:  # closer together, in the same order: else they would outgrow 64 bits
                code = np.unique(code, return_inverse=True)[1].ravel()
        first, pattern = np.unique(code, return_index=True, return_inverse=True)[1:]
        broken = np.stack([marks[rule.id][first] for rule in self.soft], axis=1)
        return pattern.ravel().astype(np.int64), broken.astype(bool)

    def _quotas(self, pattern: npt.NDArray[np.int64], broken: Mask) -> npt.NDArray[np.int64] | None:
        """Return how many rows of each pattern are wanted; None when the rows are near the targets as they come."""
        share = np.bincount(pattern, minlength=len(broken)) / max(len(pattern), 1)
        if np.all(np.abs(share @ broken - self.targets) <= 0.01):
            return None
        for _ in range(50):  # raking: scale to each target in turn
            for place, target in enumerate(self.targets):
                breaks = broken[:, place]
                now = share[breaks].sum()
                if 0 < now < 1:
                    share = share * np.where(breaks, target / now, (1 - target) / (1 - now))
        exact = share * self.rows
        if len(exact) > MOST_PATTERNS * self.rows:  # mostly less than one row each: in turn, so that rates are kept
            return np.diff(np.floor(np.cumsum(exact) + 0.5), prepend=0.0).astype(np.int64)
        quotas: npt.NDArray[np.int64] = np.floor(exact).astype(np.int64)
        quotas[np.argsort(quotas - exact, kind="stable")[: self.rows - int(quotas.sum())]] += 1
        return quotas

    def _short(self) -> float:
        """Return by which factor more rows are needed so that each quota is filled; at most 1 when none is short."""
        pattern, broken = self._patterns(self._all_marks())
        quotas = self._quotas(pattern, broken)
        if quotas is None or not len(pattern):
            return 1.0
        have = np.bincount(pattern, minlength=len(quotas))
        return float(np.max(quotas[quotas > 0] / np.maximum(have[quotas > 0], 1)))

    def _all_marks(self) -> dict[str, Mask]:
        return {key: np.concatenate([part[key] for part in self.marks]) for key in self.marks[0]}

    def _chosen(self, marks: dict[str, Mask]) -> npt.NDArray[np.int64]:
        """Return the places of the rows that are released, in the order drawn."""
        if not self.soft:
            return np.arange(self.rows)
        pattern, broken = self._patterns(marks)
        quotas = self._quotas(pattern, broken)
        if quotas is None:
            return np.arange(self.rows)
        rank = pd.Series(pattern).groupby(pattern).cumcount().to_numpy()
        within = np.flatnonzero(rank < quotas[pattern])
        spare = np.flatnonzero(rank >= quotas[pattern])
        return np.sort(np.concatenate([within, spare[: self.rows - len(within)]]))
