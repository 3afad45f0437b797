"""Which two targets cannot be had together, as far as the tries show."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

from synth_core.tuning.record import Fight, Held, Try
from synth_core.tuning.standing import capital, figure, name_of

_LEAST = 4  # tries from which a trend between two targets is believed
_AGAINST = -0.5  # rank correlation of two targets that pull against each other


def fight_in(tries: Sequence[Try], best: Try | None) -> Fight | None:
    """Return the two targets that fight, where one of them fails in the best try; None where the tries show no such.

    Two targets fight when each was held in some try and no try held both; the pair with most tries on its thinner side
    is named. Failing that, when one was never held and another, missed in some try, got worse as it got better.
    """
    judged = [one for one in tries if one.shortfall is not None]
    if best is None or not best.failing:
        return None
    stands = {held.score for one in judged for held in one.held}
    found: list[tuple[tuple[int, float], Fight]] = []
    for one, other in combinations(sorted(stands), 2):
        if not any(held.score in (one, other) for held in best.failing):
            continue
        fight = _apart(judged, one, other)
        if fight is not None:
            found.append(fight)
    if found:
        return max(found, key=lambda pair: pair[0])[1]
    return _pulling(judged, best)


def _apart(tries: Sequence[Try], one: str, other: str) -> tuple[tuple[int, float], Fight] | None:
    pairs = [(a, b) for attempt in tries if (a := attempt.of(one)) and (b := attempt.of(other))]
    pairs = [(a, b) for a, b in pairs if "not enough data" not in (a.word, b.word)]
    first = [(a, b) for a, b in pairs if not a.fails and b.fails]
    second = [(a, b) for a, b in pairs if a.fails and not b.fails]
    if not first or not second or any(not a.fails and not b.fails for a, b in pairs):
        return None
    near_b, near_a = min((b for _, b in first), key=_excess), min((a for a, _ in second), key=_excess)
    sentence = (
        f"{capital(name_of(one))} and {name_of(other)} fight: {name_of(one)} held in {_tries(len(first))}, each with "
        f"{name_of(other)} at {figure(near_b, near_b.judged)} or worse against {figure(near_b, near_b.limit)}; "
        f"{name_of(other)} held in {_tries(len(second))}, each with {name_of(one)} at {figure(near_a, near_a.judged)} "
        f"or worse against {figure(near_a, near_a.limit)}. No try held both."
    )
    weight = (min(len(first), len(second)), -(near_a.excess + near_b.excess))
    return weight, Fight(one=one, other=other, sentence=sentence)


def _pulling(tries: Sequence[Try], best: Try) -> Fight | None:
    """Return a fight from a trend: as one target came nearer, the other went away."""
    from scipy.stats import spearmanr

    found: list[tuple[float, str, str]] = []
    for held in best.failing:
        if any((known := attempt.of(held.score)) is not None and not known.fails for attempt in tries):
            continue
        others = {one.score for attempt in tries for one in attempt.held if one.fails and one.score != held.score}
        for other in sorted(others):
            pairs = [
                (a.excess, b.excess) for attempt in tries if (a := attempt.of(held.score)) and (b := attempt.of(other))
            ]
            if len(pairs) < _LEAST or len({a for a, _ in pairs}) < 2 or len({b for _, b in pairs}) < 2:
                continue
            trend = float(spearmanr(pairs).statistic)
            if trend <= _AGAINST:
                found.append((trend, held.score, other))
    if not found:
        return None
    trend, one, other = min(found)
    sentence = (
        f"{capital(name_of(one))} and {name_of(other)} pull against each other: over {_tries(len(tries))}, the nearer "
        f"one came to its limit, the further the other went from its own (rank correlation {trend:.2f})."
    )
    return Fight(one=one, other=other, sentence=sentence)


def _excess(held: Held) -> float:
    return held.excess


def _tries(number: int) -> str:
    return f"{number} {'try' if number == 1 else 'tries'}"
