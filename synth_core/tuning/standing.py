"""How far a try is from the targets, and what that reads like."""

from __future__ import annotations

from collections.abc import Sequence

from synth_core.scorecard import Scorecard, Target, Verdict, verdicts
from synth_core.scores.score import Score
from synth_core.scores.statistics import Estimate
from synth_core.tuning.record import Held

NAMES = {
    "shape": "column shapes",
    "pairs": "pairs of columns",
    "c2st": "told apart (C2ST)",
    "tstr_loss": "loss in use",
    "membership_auc": "the membership attack",
    "membership_tpr": "members found",
    "repeats": "repeated rows",
    "subgroup_shape": "shapes in the worst group",
    "subgroup_loss": "loss in the worst group",
    "copies": "exact copies",
    "near_copies": "near copies",
    "holdout_copies": "copies of unseen rows",
    "literals": "real values leaked",
    "attack_advantage": "the full attacks",
    "shadow_advantage": "the shadow audit",
    "rules_broken": "rows that break a rule",
    "keys_repeated": "repeated identifiers",
}
_MOST = 4.0  # an excess beyond this counts no more: one hopeless target must not hide the others
_ROOM = {"%": 1.0, "rows": 1.0}  # room of a target that leaves none above real rows
_WATCH = 0.02
_DOUBT = 0.1  # of a miss: beyond the limit, but not surely
SHARES = ("membership_tpr",)


def held_against(card: Scorecard, targets: Sequence[Target]) -> tuple[Held, ...]:
    """Return how a scorecard stands with every target."""
    scores = card.scores
    return tuple(_held(verdict, scores.get(verdict.target.score)) for verdict in verdicts(card, targets))


def _held(verdict: Verdict, score: Score | None) -> Held:
    unit = "" if score is None else score.unit
    excess = 0.0
    if verdict.judged is not None and verdict.limit is not None:
        floor = verdict.limit - verdict.target.limit if verdict.target.above_floor else _reference(score)
        room = verdict.limit - floor
        excess = (verdict.judged - verdict.limit) / (room if room > 1e-9 else _ROOM.get(unit, 0.05))
    private = verdict.target.dimension == "privacy"
    unjudged = verdict.word == "not enough data" and verdict.target.gate and private
    return Held(
        score=verdict.target.score,
        word=verdict.word,
        judged=verdict.judged,
        limit=verdict.limit,
        unit=unit,
        gate=verdict.target.gate if verdict.word != "not enough data" else unjudged,
        excess=round(excess, 4),
    )


def _reference(score: Score | None) -> float:
    return 0.0 if score is None or score.reference is None else score.reference


def shortfall_of(held: Sequence[Held]) -> float:
    """Return how far a try is from its targets: per missed one 1 and its excess (at most 4), half for no gate.

    A gate of privacy that could not be judged counts 1; what is only to be watched counts 0.02, and a tenth of
    a miss where it lies beyond its limit.

    >>> shortfall_of([Held(score="c2st", word="fail", excess=1.5), Held(score="shape", word="pass", excess=-0.5)])
    2.5
    """
    total = 0.0
    for one in held:
        weight = 1.0 if one.gate else 0.5
        if one.fails:
            total += weight * (1 + min(max(one.excess, 0.0), _MOST))
        elif one.word == "not enough data":
            total += 1.0 if one.gate else 0.0
        elif one.word == "watch":
            total += _WATCH + (_DOUBT * (1 + min(one.excess, _MOST)) if one.beyond else 0.0)
    return round(total, 4)


def name_of(score: str) -> str:
    """Return a score's name within a sentence."""
    return NAMES.get(score, score.replace("_", " "))


def figure(held: Held, value: float | None) -> str:
    r"""Return a figure of a target with its unit, on one line.

    >>> figure(Held(score="pairs", word="fail", unit="%"), 17.4024)
    '17.4\xa0%'
    """
    if value is None:
        return "not measured"
    if held.score in SHARES:
        return f"{100 * value:.1f}\u00a0%"
    digits = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return digits + {"%": "\u00a0%", "rows": "\u00a0rows"}.get(held.unit, "")


def failed_words(failing: Sequence[Held], chosen: str) -> str:
    """Return which target failed and by how much, and how many more did."""
    one = next((held for held in failing if held.score == chosen), None)
    if one is None:
        return ""
    rest = sum(held.fails for held in failing) - one.fails
    more = "" if not rest else f"; {rest} more {'fails' if rest == 1 else 'fail'}"
    doubt = "" if one.fails else ", though not surely"
    return capital(f"{name_of(one.score)}: {figure(one, one.judged)}, beyond {figure(one, one.limit)}{doubt}{more}.")


def gained_words(before: Sequence[Held], after: Sequence[Held], *, kept: bool) -> str:
    """Return what a change brought: targets that turned, and the figures that moved most."""
    old, new = sum(one.fails for one in before), sum(one.fails for one in after)
    was = {one.score: one for one in before}
    moved = [
        (abs(one.excess - was[one.score].excess), one)
        for one in after
        if one.score in was and (one.beyond or was[one.score].beyond) and one.judged != was[one.score].judged
    ]
    told = [
        f"{name_of(one.score)} {figure(one, was[one.score].judged)} → {figure(one, one.judged)}"
        for _, one in sorted(moved, key=lambda pair: -pair[0])[:3]
    ]
    same = f"still {_targets(new)} failing" if new else "nothing fails"
    turned = f"{_targets(old)} failed, now {new or 'none'}" if old else f"nothing failed, now {_targets(new)}"
    count = turned if old != new else same
    tail = "" if kept else " Taken back."
    return capital("; ".join([count, *told])) + "." + tail


def _targets(number: int) -> str:
    return f"{number} target{'' if number == 1 else 's'}"


def capital(text: str) -> str:
    """Return a sentence with a capital letter."""
    return text[:1].upper() + text[1:]


def estimate_of(score: Score | None) -> Estimate | None:
    """Return a score as value and interval; None without a value."""
    if score is None or score.value is None:
        return None
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    return Estimate(round(score.value, 4), round(low, 4), round(high, 4))
