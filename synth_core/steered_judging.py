"""Judging rows that were asked for: beside the real rows that such rows could be, in the mix that was made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Unpack

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.judging import Told, judge
from synth_core.progress import silent_stages
from synth_core.scorecard import Scorecard
from synth_core.scores import added, expansion, fidelity, privacy, utility
from synth_core.scores.results import Privacy, Utility
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.steering.asks import Steering
from synth_core.steering.support import support_of
from synth_core.table import Table

SPARED = (
    0.02  # share of the made rows whose mix may be missed, so that a tiny cell does not decide how many are compared
)
MOST_CELLS = 200
RESTRICTED = 0.9  # share of the rows learned from; where fewer can be in the release, these are attacked on their own
_OWN = ("near_copies", "holdout_copies", "nearer_share", "membership_auc", "membership_tpr")
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Mix:
    """Which real rows the made rows stand beside.

    Attributes
    ----------
    steering
        What was asked.
    shares
        Share (0..1) of the made rows per combination of the steered categories; empty: conditions alone.
    names
        The steered columns, as they are in ``shares``.
    """

    steering: Steering
    names: tuple[str, ...]
    shares: Mapping[tuple[object, ...], float]

    @classmethod
    def of(cls, steering: Steering, made: Table) -> Mix | None:
        """Return the mix of ``made``; None where it cannot be told, as numbers were given."""
        given = () if steering.given is None else steering.given.columns
        names = tuple(dict.fromkeys([*steering.wanted_shares, *given]))
        if any(made.column(name).kind.numeric for name in names):
            return None
        if not names:
            return cls(steering, (), {})
        counts = made.frame[list(names)].value_counts(normalize=True, dropna=False)  # an empty cell may be given too
        if len(counts) > MOST_CELLS:
            return None
        return cls(steering, names, {_key(cell): float(share) for cell, share in counts.items()})

    def possible(self, table: Table) -> Mask:
        """Return which rows of a real table could be in the release."""
        kept = support_of(table, self.steering).kept
        if self.names and len(kept):
            kept = kept & np.array([cell in self.shares for cell in self._cells(table)], dtype=bool)
        return kept

    def alike(self, table: Table, seed: int) -> Table:
        """Return rows of a real table in the mix of the made ones, as many as it has without repeats."""
        kept = np.flatnonzero(self.possible(table))
        if not self.names or not len(kept):
            return table.rows(kept)
        cells = self._cells(table)
        places: dict[tuple[object, ...], list[int]] = {cell: [] for cell in self.shares}
        for row in kept:
            places[cells[row]].append(int(row))
        size = self._size({cell: len(rows) for cell, rows in places.items()})
        rng = np.random.default_rng([seed, 71])
        taken = [
            rng.choice(rows, min(len(rows), round(size * self.shares[cell])), replace=False)
            for cell, rows in places.items()
            if rows
        ]
        return table.rows(np.sort(np.concatenate(taken)).astype(np.intp))

    def _size(self, rows: Mapping[tuple[object, ...], int]) -> float:
        """Return how many rows can have this mix: as the scarcest cell allows, cells of 2 % in all left aside."""
        spared = 0.0
        for cell in sorted(self.shares, key=lambda one: rows[one] / self.shares[one]):
            spared += self.shares[cell]
            if spared > SPARED:
                return rows[cell] / self.shares[cell]
        return float(sum(rows.values()))

    def _cells(self, table: Table) -> list[tuple[object, ...]]:
        columns = (table.frame[name].astype(object).where(table.frame[name].notna(), None) for name in self.names)
        return list(zip(*columns, strict=True))

    def words(self) -> str:
        """Return which real rows these are, to be put after "real rows"."""
        one = len(self.shares) == 1
        if self.names and one:
            cell = next(iter(self.shares))
            told = ("empty" if value is None else value for value in cell)
            values = " and ".join(f"{name} = {value}" for name, value in zip(self.names, told, strict=True))
            return f"with {values}" + (" that keep the conditions" if self._conditions else "")
        if self.names:
            return f"in the same mix of {' and '.join(self.names)}"
        return "that keep the conditions"

    @property
    def _conditions(self) -> bool:
        return bool(self.steering.conditions or self.steering.where)

    def only_class(self, target: str | None) -> str | None:
        """Return the one class of the target that all rows have; None where there are several."""
        if target not in self.names:
            return None
        at = self.names.index(str(target))
        levels = {cell[at] for cell in self.shares}
        level = levels.pop() if len(levels) == 1 else None
        return None if level is None else str(level)


def judge_steered(train: Table, holdout: Table, made: Table, steering: Steering, **told: Unpack[Told]) -> Scorecard:
    """Return the scorecard of steered rows, with the arguments of :func:`~synth_core.judging.judge`.

    Likeness and use are measured against real rows in the same mix: those that keep the conditions, with the categories
    that were asked for in the shares that were made. Rows of one class of the target are added to the real ones to see
    what a model gains. Rules, copies and leaked values are held against all rows; where only some of the rows learned
    from could be in the release, the attacks on people are on these, who would else be lost among the others.
    """
    mix = Mix.of(steering, made)
    card = judge(train, holdout, made, **told, likeness=False)
    seed, progress = told.get("seed", 0), told.get("progress", silent_stages)
    asked = steering.sentences()
    if mix is None:
        note = (
            "not enough data: the rows complete given values, so there are no real rows in the same mix to compare with"
        )
        return card.model_copy(update=_unjudged(note, train) | {"on_purpose": asked})

    def tell(note: str) -> None:
        progress("Attack", 0, 1, note)

    known, unseen = mix.alike(train, seed), mix.alike(holdout, seed + 1)
    sides = Sides(known, unseen, made, seed, tell)
    words = mix.words()
    if len(known):
        level = mix.only_class(None if train.target is None else train.target.name)
        found_use = utility.measure(sides) if level is None else added.measure(Sides(train, holdout, made, seed), level)
        if told.get("full") and level is None:
            found_use = found_use.model_copy(update={"expansion": expansion.curve(sides)})
        likeness = fidelity.measure(sides)
        if len(unseen) < ENOUGH:
            likeness = likeness.model_copy(update={"scores": [_few(s, len(unseen), words) for s in likeness.scores]})
        card = card.model_copy(update={"fidelity": likeness, "utility": found_use})
    else:
        card = card.model_copy(update=_unjudged(f"not enough data: no row learned from is {words}", train))
    notes = [
        f"Likeness is judged beside the real rows {words}: {len(known):,} learned from and {len(unseen):,} held out."
    ]
    inside = mix.possible(train)
    if inside.mean() < RESTRICTED:
        some = Sides(train.rows(inside), holdout.rows(mix.possible(holdout)), made, seed, tell)
        card = card.model_copy(update={"privacy": _of_these(card.privacy, privacy.measure(some), some, words)})
        notes.append(f"Attacks on people were made on those {words}, of whom these rows tell, not on everybody.")
    return card.model_copy(update={"notes": [*notes, *card.notes], "on_purpose": asked})


def _few(score: Score, rows: int, words: str) -> Score:
    if score.value is not None or not score.note.startswith("not enough data"):
        return score
    return score.model_copy(
        update={"note": f"not enough data: {rows} held-out rows {words}, at least {ENOUGH} are needed; hold out more"}
    )


def _unjudged(note: str, train: Table) -> dict[str, object]:
    """Return the parts of a scorecard of which nothing can be said."""
    empty = Sides(train, train.rows(np.zeros(0, dtype=np.intp)), train.rows(np.zeros(0, dtype=np.intp)))
    likeness = fidelity.measure(empty)
    void = {"value": None, "low": None, "high": None, "reference": None, "baseline": None, "note": note}
    target = None if train.target is None else train.target.name
    return {
        "fidelity": likeness.model_copy(update={"scores": [s.model_copy(update=void) for s in likeness.scores]}),
        "utility": Utility(scores=[added.unmeasured(note)], target=target),
    }


def _of_these(everybody: Privacy, these: Privacy, sides: Sides, words: str) -> Privacy:
    """Return the privacy of everybody, the attacks on people replaced by those on the people who can be in it.

    Where these are too few for the share of members found, that of everybody stays, and says so.
    """
    own = {score.name: score for score in these.scores}
    found = []
    for score in everybody.scores:
        mine = own.get(score.name) if score.name in _OWN else None
        if mine is None:
            found.append(score)
        elif mine.value is not None:
            found.append(mine.model_copy(update={"note": f"of real rows {words}: {mine.note}"}))
        elif score.name == "membership_tpr":
            few = f"against everybody: of rows {words}, {len(sides.holdout):,} are held out, too few for 1 % of them"
            found.append(score.model_copy(update={"note": few}))
        else:
            few = f"not enough data: {len(sides.holdout):,} held-out rows {words}, at least {ENOUGH} are needed"
            found.append(mine.model_copy(update={"note": f"{few}; hold out more"}))
    kept = [one for one in everybody.attacks if not one.name.startswith("membership")]
    # the closest pairs stay those of everybody: they name rows of the whole table
    more = {"scores": found, "attacks": [*these.attacks, *kept], "curves": these.curves or everybody.curves}
    return everybody.model_copy(update=more)


def _key(cell: object) -> tuple[object, ...]:
    return tuple(None if pd.isna(one) else one for one in (cell if isinstance(cell, tuple) else (cell,)))


__all__ = ["Mix", "judge_steered"]
