"""By how many points an attack beats its control: what the attacks that take minutes are held to."""

from __future__ import annotations

from collections.abc import Sequence

from synth_core.scores.results import Attack, ShadowAudit
from synth_core.scores.score import Score
from synth_core.scores.statistics import Z95, Estimate, rounded

QUESTIONS = {
    "attack_advantage": "Does guessing values or singling out work better on people learned from than on others?",
    "shadow_advantage": "Can it be told from releases whether the most exposed people were learned from?",
}


def advantage(attack: Attack) -> Estimate | None:
    """Return an attack's success less its control's, in points of 100, with its 95 % interval; None without both.

    Chance needs no interval, a control measured on other people has one: the difference by Newcombe (1998).
    """
    if attack.value is None or attack.low is None or attack.high is None:
        return None
    mine = Estimate(attack.value, attack.low, attack.high)
    if attack.unit == "points":
        return mine
    if attack.control is None:
        return None
    ends = (attack.control_low, attack.control_high)
    low, high = (attack.control if end is None else end for end in ends)
    below, above = mine.reach(Estimate(attack.control, low, high))
    gap = 100 * (mine.value - attack.control)
    return Estimate(gap, gap - 100 * below, gap + 100 * above)


def of_attacks(attacks: Sequence[Attack]) -> Score | None:
    """Return the advantage of the attack that most surely beats its control; None where none was run.

    The lower end is that of the worst of several (Bonferroni): one of many beats its control by chance.
    """
    run = [attack for attack in attacks if attack.name.startswith(("inference", "singling"))]
    if not run:
        return None
    found = [(attack, _widened(gap, len(run))) for attack in run if (gap := advantage(attack)) is not None]
    if not found:
        return _score("attack_advantage", None, 0, "not enough data: no attack could be held against its control")
    attack, gap = max(found, key=lambda one: (one[1].low, one[1].value))
    return _score("attack_advantage", gap, attack.n, f"{attack.title}; the surest of {len(run)} attacks")


def of_audit(audit: ShadowAudit) -> Score:
    """Return by how many points it is told better than by guessing whether exposed people were in.

    Over all of them, or for those who can surely be told, whichever is surer.
    """
    if audit.note:
        return _score("shadow_advantage", None, 0, audit.note)
    run = [one for one in audit.attacks if one.name in ("shadow_distance", "shadow_agreement")]
    gaps = [(attack, gap) for attack in run if (gap := advantage(attack)) is not None]
    attack, gap = max(((one, _widened(gap, len(run))) for one, gap in gaps), key=lambda one: (one[1].low, one[1].value))
    note = f"{attack.title}, over {audit.exposed} exposed people in {audit.fits} fits"
    sure = [person for person in audit.people if person.sure]
    if sure:
        person = max(sure, key=lambda one: one.low)
        if person.low - 50 > gap.low:
            gap = Estimate(person.right - 50, person.low - 50, person.high - 50)
        note = f"{len(sure)} of {audit.exposed} exposed people can surely be told; {note}"
    return _score("shadow_advantage", gap, audit.exposed * audit.fits, note)


def _widened(gap: Estimate, several: int) -> Estimate:
    from scipy.stats import norm

    wider = float(norm.ppf(1 - 0.025 / several)) / Z95
    return gap._replace(low=gap.value - wider * (gap.value - gap.low))


def _score(name: str, gap: Estimate | None, n: int, note: str) -> Score:
    value, low, high = (None, None, None) if gap is None else gap
    return Score(
        name=name,
        dimension="privacy",
        question=QUESTIONS[name],
        value=rounded(value, 2),
        low=rounded(low, 2),
        high=rounded(high, 2),
        reference=0.0,
        unit="points",
        n=n,
        note=note,
    )
