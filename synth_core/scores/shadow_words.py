"""The shadow audit in plain sentences: what was done, what was found, and what it does not show."""

from __future__ import annotations

from synth_core.scores.results import Attack, AuditedPerson, ShadowAudit
from synth_core.scores.shadow import TITLES

WHY = {"unusual": "far from everybody else", "near": "near a released row", "ordinary": "ordinary"}


def done(audit: ShadowAudit) -> str:
    """Return what was done."""
    people = audit.exposed + audit.ordinary
    return (
        f"The engine was fitted {audit.fits} times to the same rows, each time without a random half of {people:,} "
        f"people: the {audit.exposed:,} most exposed ones (farthest from everybody else, or nearest to a released row) "
        f"and {audit.ordinary:,} others. Each fit released {audit.made:,} rows. Two attacks then had to tell, person "
        "by person, the releases made with that person from those made without."
    )


def found(audit: ShadowAudit) -> list[str]:
    """Return what was found, a sentence each."""
    if audit.note:
        return [f"{audit.note[:1].upper()}{audit.note[1:]}."]
    best = audit.attack(audit.strongest)
    assert best is not None
    told = [
        f"Of two releases, one made with an exposed person and one without, the better attack "
        f"({TITLES[audit.strongest]}) picks the right one in {_percent(best)}. Guessing picks it in 50 %."
    ]
    ordinary = audit.attack("ordinary")
    if ordinary is not None:
        told.append(f"For the other people it is {_percent(ordinary)}.")
    if audit.found:
        told.append(
            f"For {audit.found:,} of the {audit.exposed:,} exposed people it can surely be told whether they were in: "
            "too clear to be chance, however many were looked at."
        )
    else:
        told.append(f"Not one of the {audit.exposed:,} exposed people can be told for sure.")
    return told


def limits(audit: ShadowAudit) -> list[str]:
    """Return what the audit does not show, a sentence each."""
    told = [
        "The attacker knows everything about the person but whether they were in, and does not know the seed. Other "
        "attacks may find more, and people who were not looked for may be exposed too.",
        "It tests the engine with these settings on this table, by releases made for the test; the attacks above test "
        "the very rows that you would give away.",
    ]
    if audit.released > audit.made:
        told.insert(
            0,
            f"Each fit released {audit.made:,} rows, your release has {audit.released:,}: more rows give more away "
            "than was seen here.",
        )
    return told


def person_words(person: AuditedPerson) -> str:
    """Return how well one person can be told, in a sentence."""
    rows = f", {person.rows:,} rows" if person.rows > 1 else ""
    sure = " Surely." if person.sure else ""
    return (
        f"Told right in {person.right:.0f} % ({person.low:.0f} to {person.high:.0f} %), {TITLES[person.attack]}; "
        f"{WHY[person.why]}{rows}.{sure}"
    )


def _percent(attack: Attack) -> str:
    value, low, high = (100 * (end or 0.0) for end in (attack.value, attack.low, attack.high))
    return f"{value:.1f} % of cases ({low:.1f} to {high:.1f} %)"
