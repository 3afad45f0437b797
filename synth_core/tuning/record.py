"""What an iteration keeps: every try with its recipe, verdicts and time, why it ended, and the final judgement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import InputError
from synth_core.recipe import Recipe
from synth_core.scorecard import Target, Word
from synth_core.scores.statistics import Estimate

Ending = Literal["", "reached", "budget", "no gain", "cancelled"]
MOST_TRIES = 200


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class Budget(_Frozen):
    """What may be spent: minutes by the clock, the final included, and tries; ``fewer_rows``: may release fewer."""

    minutes: float = 5.0
    tries: int = 12
    fewer_rows: bool = False

    def check(self) -> None:
        """Raise InputError where nothing could be tried with it."""
        if not 0 < self.minutes <= 10_000:
            raise InputError(f"The budget is {self.minutes:g} minutes; give more than 0, such as 5.")
        if not 1 <= self.tries <= MOST_TRIES:
            raise InputError(f"The budget is {self.tries} tries; give 1 to {MOST_TRIES}, such as 12.")


class Asked(_Frozen):
    """What an iteration is to reach, and what it may spend: ``asked.json``."""

    targets: list[Target]
    budget: Budget


class Held(_Frozen):
    """A target held against a try: its verdict, the figure that was judged, and how far beyond the limit it is.

    ``excess``: distance beyond the limit in units of the room that the target leaves above real rows; below 0: inside.
    ``gate``: a miss keeps the rows back; of a target that was not judged, only where it is one of privacy.
    """

    score: str
    word: Word
    judged: float | None = None
    limit: float | None = None
    unit: str = ""
    gate: bool = True
    excess: float = 0.0

    @property
    def fails(self) -> bool:
        """Whether the target is missed."""
        return self.word == "fail"

    @property
    def beyond(self) -> bool:
        """Whether the figure lies beyond the limit, be it surely or only as far as these rows can tell."""
        return self.fails or (self.word == "watch" and self.excess > 0)


def reached(held: Iterable[Held]) -> bool:
    """Return whether no target is missed, and no gate of privacy stayed unjudged."""
    return not any(one.fails or (one.gate and one.word == "not enough data") for one in held)


class Try(_Frozen):
    """One recipe that was tried, judged on rows cut from those to learn from.

    Attributes
    ----------
    number, parent
        From 1; the try that it was made from by one change (None: the start).
    recipe, protected
        What was done; columns whose protection was switched on for it.
    target, move
        The failed target that it should mend, and the remedy.
    failed, changed, gained
        What failed before, what was changed, and what that brought, each a sentence.
    passed
        Remedies that were left out before this one, and why, in sentences.
    problem
        Why it has no judgement; "" where it has one.
    kept
        Whether it was the best so far, and the next ones started from it.
    shortfall
        How far it is from the targets together; 0 is all reached. None without a judgement.
    attack, likeness, loss
        Membership AUC, C2ST AUC and TSTR loss in %, with intervals.
    """

    number: int
    parent: int | None = None
    recipe: Recipe
    protected: tuple[str, ...] = ()
    target: str = ""
    move: str = ""
    failed: str = ""
    changed: str
    gained: str = ""
    passed: tuple[str, ...] = ()
    problem: str = ""
    kept: bool = False
    seconds: float = 0.0
    learning: float = 0.0
    held: tuple[Held, ...] = ()
    shortfall: float | None = None
    attack: Estimate | None = None
    likeness: Estimate | None = None
    loss: Estimate | None = None

    @property
    def failing(self) -> tuple[Held, ...]:
        """The targets that it misses, the furthest off first; those that gate a release before the others."""
        return tuple(one for one in self.pressing if one.fails)

    @property
    def pressing(self) -> tuple[Held, ...]:
        """The targets that it misses, and after them those that it may miss: other rows could show it."""
        found = [one for one in self.held if one.beyond]
        return tuple(sorted(found, key=lambda one: (not one.fails, not one.gate, -one.excess)))

    @property
    def reached(self) -> bool:
        """Whether it was judged and nothing keeps its rows back."""
        return self.shortfall is not None and reached(self.held)

    def of(self, score: str) -> Held | None:
        """Return how it stands with the target of this score."""
        return next((one for one in self.held if one.score == score), None)


class Fight(_Frozen):
    """Two targets that no try could hold together, and what shows it."""

    one: str
    other: str
    sentence: str


class Final(_Frozen):
    """The chosen recipe learned anew from all rows to learn from, and held against rows that no try saw."""

    run: str = ""
    held: tuple[Held, ...] = ()
    reached: bool = False
    sentence: str = ""
    seconds: float = 0.0


class Tuning(BaseModel):
    """An iteration, as far as it is: ``tuning.json``.

    Attributes
    ----------
    learned, judged, held_out
        Real rows that tries learn from, that they are judged on, and that only the final is judged on.
    ended, ending
        Why it stopped, as a word and as a sentence; "" while it goes on.
    chosen
        Number of the try whose recipe was taken.
    """

    version: int = 1
    budget: Budget
    targets: list[Target]
    seed: int = 0
    learned: int = 0
    judged: int = 0
    held_out: int = 0
    tries: list[Try] = Field(default_factory=list)
    ended: Ending = ""
    ending: str = ""
    chosen: int | None = None
    fight: Fight | None = None
    final: Final | None = None
    seconds: float = 0.0

    def attempt(self, number: int | None) -> Try | None:
        """Return the try of this number."""
        return next((one for one in self.tries if one.number == number), None)

    @property
    def best(self) -> Try | None:
        """The last try that was kept, which is the nearest to the targets; None while none was judged.

        One that is nearer by less than counts as a gain was taken back, and is neither gone on from nor chosen.
        """
        judged = [one for one in self.tries if one.shortfall is not None]
        kept = [one for one in judged if one.kept] or judged
        return min(kept, key=lambda one: (one.shortfall, one.number)) if kept else None
