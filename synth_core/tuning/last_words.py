"""What is said of the last choice, and of the scorecard of a try."""

from __future__ import annotations

from collections.abc import Sequence

from synth_core.scorecard import Scorecard
from synth_core.tuning.record import Held, Try, Tuning
from synth_core.tuning.standing import capital, figure, name_of


def final_words(tuning: Tuning, best: Try, held: Sequence[Held], all_reached: bool) -> str:
    """Return how the last choice stands on the holdout, and what was looked at for it."""
    failing = [one for one in held if one.fails]
    once = (
        f"The choice was made on {tuning.judged:,} rows cut from those to learn from; the {tuning.held_out:,} rows "
        "held out were looked at once, for this."
    )
    if all_reached and best.reached:
        return f"On rows that no try saw, no target is missed. {once}"
    if all_reached:
        return f"On rows that no try saw, no target is missed, although try {best.number} missed some. {once}"
    told = "; ".join(
        f"{name_of(one.score)} {figure(one, one.judged)} against {figure(one, one.limit)}" for one in failing
    )
    count = f"{len(failing)} target{' fails' if len(failing) == 1 else 's fail'}"
    if not failing:
        return f"On rows that no try saw nothing fails, but not every target could be judged. {once}"
    if best.reached:
        return capital(
            f"on rows that no try saw {count}, although all held on the rows that judged the tries: {told}. Chance, or "
            f"the choice itself, was kinder to those. {once}"
        )
    return capital(f"the nearest miss: on rows that no try saw {count}: {told}. {once}")


def noted(card: Scorecard, number: int) -> Scorecard:
    """Return the scorecard of a try with a note that says which it is, and on which rows it was judged."""
    note = (
        f"Try {number} of an iteration: it learned from a part of the rows to learn from, and was judged on the rest, "
        "which also served to choose between tries: a little too kind, perhaps. The rows held out were not looked at."
    )
    return card.model_copy(update={"notes": [note, *card.notes]})
