"""Cells checked against rules as they are made, and drawn again among the allowed ones where they break one.

The first draw is left as it is wherever it keeps the rules: what an engine learned is then changed only where it has
to be, and drawing again until a cell keeps the rules is drawing from what the engine learned, given the rules.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec import Codec, Encoded
from synth_core.constraints.inside import Restriction, Restrictions

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]
States = npt.NDArray[np.int32]

_MOST_COMBINATIONS = 2_000_000  # of states; more are looked at row by row
_AT_ONCE = 4_096  # rows whose choices are laid out at one time
_GRID = 201  # ranks that stand for all numbers where no donor is allowed


@dataclass(frozen=True)
class Choices:
    """Cells that rows may get instead.

    ``owner``: place of the row among those asked for; ``weight``: the chance of a choice up to a factor per row.
    """

    owner: Integers
    states: States
    ranks: Floats
    weight: Floats | None = None


Again = Callable[[int, Integers], Choices | None]
"""``again(attempt, rows)`` returns other cells for these rows, from nearer ones first; None when it has no more."""


class Rules:
    """Rules by the column that is made last of those that they read; made once for all blocks of rows.

    Attributes
    ----------
    due
        Per column: what is to be checked when it is made.
    read
        Columns that some rule reads.
    """

    def __init__(self, told: Restrictions, codec: Codec, order: Sequence[str]) -> None:
        place = {name: at for at, name in enumerate(order)}
        self.told, self.codec = told, codec
        self.due: dict[str, list[_Check]] = {}
        for restriction in told.held:
            last = max(restriction.sources, key=place.__getitem__)
            self.due.setdefault(last, []).append(_Check(restriction, codec))
        self.read = {name for restriction in told.held for name in restriction.sources}


class Keeper:
    """Keeps rules over the columns of a block of rows while these are made, one column after another.

    Attributes
    ----------
    alive
        False for rows that break a rule for want of an allowed value.
    """

    def __init__(self, rules: Rules, rows: int, rng: np.random.Generator) -> None:
        self._told, self._codec, self._due, self._read = rules.told, rules.codec, rules.due, rules.read
        self._rng = rng
        self._cells: dict[str, tuple[States, Floats]] = {}
        self._decoded: dict[str, pd.Series] = {}
        self.alive: Mask = np.ones(rows, dtype=bool)
        rules.told.drawn += rows

    def keep(self, name: str, states: States, ranks: Floats, again: Again) -> tuple[States, Floats]:
        """Return the cells of a column just made, those drawn again that the rules so far do not allow."""
        checks = self._due.get(name, [])
        if checks:
            states, ranks = self._kept(name, checks, states, ranks, again)
        if name in self._read:
            self._cells[name] = (states, ranks)
        return states, ranks

    def given(self, name: str, states: States, ranks: Floats) -> None:
        """Take note of the cells of a column that are prescribed: they stay as they are."""
        self._cells[name] = (states, ranks)

    def take(self, rows: Integers) -> None:
        """Go on with these rows."""
        self._cells = {name: (states[rows], ranks[rows]) for name, (states, ranks) in self._cells.items()}
        self._decoded = {name: values.take(rows).reset_index(drop=True) for name, values in self._decoded.items()}
        self.alive = self.alive[rows]

    def _kept(
        self, name: str, checks: list[_Check], states: States, ranks: Floats, again: Again
    ) -> tuple[States, Floats]:
        wanted, wrong = [], np.zeros(len(states), dtype=bool)
        for check in checks:
            broken = self._broken(check, name, None, states, ranks)
            self._count(check, broken)
            wanted.append(self._wanted(check, broken))
            wrong |= wanted[-1] != broken
        rows = np.flatnonzero(wrong & self.alive)
        if not len(rows):
            return states, ranks
        states, ranks = states.copy(), ranks.copy()
        attempt = 0
        while len(rows):
            rows, more = self._mended(name, checks, wanted, states, ranks, rows, again, attempt)
            attempt += 1
            if not more:
                break
        if len(rows):
            self._give_up(name, checks, states, ranks, rows)
        return states, ranks

    def _mended(
        self,
        name: str,
        checks: list[_Check],
        wanted: list[Mask],
        states: States,
        ranks: Floats,
        rows: Integers,
        again: Again,
        attempt: int,
    ) -> tuple[Integers, bool]:
        """Mend what can be mended by one attempt; return the rows that are left, and whether another one may help."""
        left, more = [], True
        for start in range(0, len(rows), _AT_ONCE):
            mine = rows[start : start + _AT_ONCE]
            choices = again(attempt, mine)
            if choices is None:
                choices, more = self._all(name, len(mine)), False
            at = mine[choices.owner]
            right = np.ones(len(at), dtype=bool)
            for check, want in zip(checks, wanted, strict=True):
                right &= self._broken(check, name, at, choices.states, choices.ranks) == want[at]
            chosen = _chosen(choices, right, len(mine), self._rng)
            found = chosen >= 0
            states[mine[found]] = choices.states[chosen[found]]
            ranks[mine[found]] = choices.ranks[chosen[found]]
            left.append(mine[~found])
        return np.concatenate(left), more

    def _wanted(self, check: _Check, broken: Mask) -> Mask:
        """Return which rows shall break the rule: none where it is hard, else as many as it takes for its rate."""
        rate = check.restriction.rate
        if check.restriction.rule.hard:
            return np.zeros(len(broken), dtype=bool)
        wanted = broken.copy()
        surplus = int(broken.sum()) - round(rate * len(broken))
        pool = np.flatnonzero(broken if surplus > 0 else ~broken)
        turned = self._rng.permutation(pool)[: abs(surplus)]
        wanted[turned] = surplus < 0
        return wanted

    def _give_up(self, name: str, checks: list[_Check], states: States, ranks: Floats, rows: Integers) -> None:
        dead = np.zeros(len(rows), dtype=bool)
        for check in checks:
            if check.restriction.rule.hard:
                dead |= self._broken(check, name, rows, states[rows], ranks[rows])
        self._told.given_up += int((dead & self.alive[rows]).sum())
        self.alive[rows[dead]] = False

    def _count(self, check: _Check, broken: Mask) -> None:
        if not check.restriction.steers:
            key = check.restriction.id
            self._told.broken[key] = self._told.broken.get(key, 0) + int(broken.sum())

    def _broken(self, check: _Check, name: str, rows: Integers | None, states: States, ranks: Floats) -> Mask:
        """Return which rows (None: all of them) would break a rule with these cells of column ``name``."""
        if check.finite:
            cells = {name: states}
            for source in check.restriction.sources:
                if source != name:
                    made = self._cells[source][0]
                    cells[source] = made if rows is None else made.take(rows)
            return check.looked_up([cells[source] for source in check.restriction.sources])
        frame = {}
        for source in check.restriction.sources:
            if source == name:
                frame[source] = _values(self._codec, source, states, ranks)
            else:
                if source not in self._decoded:
                    self._decoded[source] = _values(self._codec, source, *self._cells[source])
                values = self._decoded[source]
                frame[source] = values if rows is None else values.take(rows).reset_index(drop=True)
        return check.restriction.broken(pd.DataFrame(frame)).to_numpy(dtype=bool)

    def _all(self, name: str, rows: int) -> Choices:
        """Return every state of the column, and numbers over its whole range, for each row."""
        shares = self._codec.shares(name)
        states, ranks = np.arange(len(shares)), np.full(len(shares), np.nan)
        weight = shares
        if self._codec.continuous(name):
            states = np.concatenate([states[:-1], np.full(_GRID, states[-1])])
            ranks = np.concatenate([ranks[:-1], np.linspace(0.0, 1.0, _GRID)])
            weight = np.concatenate([weight[:-1], np.full(_GRID, weight[-1] / _GRID)])
        size = len(states)
        owner = np.repeat(np.arange(rows), size)
        return Choices(owner, np.tile(states, rows).astype(np.int32), np.tile(ranks, rows), np.tile(weight, rows))


class _Check:
    """A restriction, with what is known of it where it is about few states."""

    def __init__(self, restriction: Restriction, codec: Codec) -> None:
        self.restriction, self._codec = restriction, codec
        self._sizes = [codec.states[name] for name in restriction.sources]
        combinations = float(np.prod(np.array(self._sizes, dtype=np.float64)))
        self.finite = combinations <= _MOST_COMBINATIONS and not any(map(codec.continuous, restriction.sources))
        self._known = np.full(int(combinations), -1, dtype=np.int8) if self.finite else np.zeros(0, dtype=np.int8)

    def looked_up(self, states: Sequence[States]) -> Mask:
        """Return which rows with these states break the rule; each combination is looked at once."""
        code = np.zeros(len(states[0]), dtype=np.int64)
        for size, mine in zip(self._sizes, states, strict=True):
            code = code * size + mine
        found = self._known[code]
        if (found < 0).any():
            new = np.unique(code[found < 0])
            self._known[new] = self._evaluated(new)
            found = self._known[code]
        return found > 0

    def _evaluated(self, codes: Integers) -> Mask:
        frame: dict[str, pd.Series] = {}
        for name, size in zip(reversed(self.restriction.sources), reversed(self._sizes), strict=True):
            codes, state = np.divmod(codes, size)
            frame[name] = _values(self._codec, name, state.astype(np.int32), np.full(len(state), np.nan))
        ordered = {name: frame[name] for name in self.restriction.sources}
        return self.restriction.broken(pd.DataFrame(ordered)).to_numpy(dtype=bool)


def _values(codec: Codec, name: str, states: States, ranks: Floats) -> pd.Series:
    return codec.decode(Encoded({name: states}, {name: ranks}))[name]


def _chosen(choices: Choices, right: Mask, rows: int, rng: np.random.Generator) -> Integers:
    """Return the place of one right choice per row, drawn by weight; -1 where there is none."""
    chosen = np.full(rows, -1, dtype=np.int64)
    places = np.flatnonzero(right)
    key = rng.gumbel(size=len(places))
    if choices.weight is not None:
        key += np.log(np.maximum(choices.weight[places], 1e-300))
    places = places[np.argsort(key, kind="stable")]  # the largest key of a row is written last
    chosen[choices.owner[places]] = places
    return chosen
