"""Can a real person be found? Copies, nearness, membership attacks on the full release, literals."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from synth_core.scores.advantage import of_attacks
from synth_core.scores.attacks import Membership, attribute_inference, membership
from synth_core.scores.copies import Literals, Repeats, literals, repeats
from synth_core.scores.leaves import Points
from synth_core.scores.results import Attack, ClosePair, Curve, Privacy
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.singling import singling_out
from synth_core.scores.space import Nearest, Space, nearest_of
from synth_core.scores.statistics import Z95, Estimate, Floats, poisson_interval, rounded, rounded_list, wilson

NEAR_ROWS = 4_000
NEAR_REAL = 8_000
CURVE_POINTS = 150
CLOSEST = 20
TIE = 1e-6
CLUMPS = 1.6  # rows with a rare value come in clumps: their spread is that much wider than Poisson's
NEED_PEOPLE = ("near_copies", "holdout_copies", "nearer_share", "membership_auc", "membership_tpr")
QUESTIONS = {
    "copies": "Are rows of single real people repeated exactly?",
    "near_copies": "Are the people learned from in the release, exactly or nearly?",
    "holdout_copies": "Are held-out people in the release, who should not have been learned from?",
    "nearer_share": "Are synthetic rows nearer to the rows learned from than to other real rows?",
    "membership_auc": "Can an attacker tell who was among the rows learned from?",
    "membership_tpr": "How many members does an attacker find who may accuse 1 % wrongly?",
    "literals": "Are real extremes, rare values or identifiers in the release?",
}


def measure(sides: Sides, *, full: bool = False) -> Privacy:
    """Return the privacy of the full release: scores, attacks beside their control, curves and the closest pairs.

    ``full`` adds attribute inference for sensitive columns and the target, and singling out.
    """
    sides.tell("looking for copies")
    train_keys, held_keys, made_keys = sides.keys
    found = repeats(train_keys, held_keys, made_keys)
    leaks = literals(sides)
    scores = [_copies(sides, found)]
    attacks: list[Attack] = []
    curves: list[Curve] = []
    closest: list[ClosePair] = []
    why_not = sides.why_not or _too_common(found)
    if why_not:
        scores += [score(name, None, why_not) for name in NEED_PEOPLE]
    else:
        space = Space.learn(sides.coding, sides.real, sides.held, sides.made)
        sides.tell("measuring distances")
        near, curves, closest = _nearness(sides, space, found, (train_keys, made_keys))
        attack = membership(sides, space, np.flatnonzero(found.alone_train), np.flatnonzero(found.alone_holdout))
        scores += [*_people_in_release(attack), near, *_membership(attack)]
        attacks += attack.attacks
    if full and not sides.why_not:
        sides.tell("guessing sensitive columns")
        attacks += attribute_inference(sides)
        attacks += singling_out(sides)
        beaten = of_attacks(attacks)
        scores += [beaten] if beaten is not None else []
    scores.append(_literals(leaks, len(sides.made)))
    return Privacy(scores=scores, attacks=attacks, curves=curves, closest=closest)


def score(name: str, value: float | None, note: str = "", **more: Any) -> Score:
    """Return a privacy score with its question."""
    fields = {key: rounded(v) if isinstance(v, float) else v for key, v in more.items()}
    known = {"name": name, "dimension": "privacy", "question": QUESTIONS[name], "value": rounded(value), "note": note}
    return Score.model_validate(known | fields)


def _too_common(found: Repeats) -> str:
    """Why single people cannot be looked for; empty when they can."""
    rows = int(min(found.alone_train.sum(), found.alone_holdout.sum()))
    if rows >= ENOUGH:
        return ""
    few = f"only {rows} real rows differ" if rows > 1 else "only 1 real row differs" if rows else "no real row differs"
    return f"not enough data: {few} from all others, at least {ENOUGH} are needed"


def _copies(sides: Sides, found: Repeats) -> Score:
    if not sides.coding.columns or not len(sides.made):
        return score("copies", None, "not enough data: there is nothing to compare", unit="%", better="reference")
    share = wilson(float(found.single_match.sum()), len(sides.made))
    floor = wilson(found.expected_single * len(sides.real), len(sides.real))
    # the floor is measured too: its uncertainty widens the interval that the verdict looks at
    below, above = share.reach(floor)
    return score(
        "copies",
        100 * share.value,
        f"{100 * found.any_match.mean():.3g} % equal any training row; of real rows, "
        f"{100 * found.expected_any:.3g} % have a twin",
        low=100 * max(share.value - below, 0.0),
        high=100 * min(share.value + above, 1.0),
        reference=100 * found.expected_single,
        better="reference",
        unit="%",
        n=len(sides.made),
    )


def _literals(leaks: Literals, rows: int) -> Score:
    low, high = poisson_interval(leaks.rows)
    scale = rows / max(leaks.real_rows, 1)
    expected_low, expected_high = poisson_interval(leaks.real_hits)
    # the expectation is measured too: its uncertainty widens the interval that the verdict looks at
    low = leaks.rows - CLUMPS * float(np.hypot(leaks.rows - low, scale * (expected_high - leaks.real_hits)))
    high = leaks.rows + CLUMPS * float(np.hypot(high - leaks.rows, scale * (leaks.real_hits - expected_low)))
    parts = [f"{name}: {count}" for name, count in sorted(leaks.columns.items(), key=lambda item: -item[1])[:8]]
    note = "rows per column: " + ", ".join(parts) if parts else "none found"
    if leaks.skipped:
        note += f"; not judged, since fresh numbers would collide by chance: {', '.join(leaks.skipped)}"
    if leaks.exact:  # a real e-mail or identifier is never chance
        scale, low = 0.0, max(low, 0.5)
    return score(
        "literals",
        float(leaks.rows),
        note,
        low=max(low, 0.0),
        high=high,
        reference=scale * leaks.real_hits,
        unit="rows",
        n=rows,
    )


def _people_in_release(attack: Membership) -> list[Score]:
    """Shares of people whom a released row is about, each group beside the other.

    Both are people of whom there is one; had nobody been learned from, they would be found equally often.
    """
    found = []
    for name, who, mine, control, rows in (
        ("near_copies", "learned from", attack.near_members, attack.near_others, attack.members),
        ("holdout_copies", "held out", attack.near_others, attack.near_members, attack.others),
    ):
        below, above = mine.reach(control)
        found.append(
            score(
                name,
                100 * mine.value,
                f"of {rows:,} people {who}, {mine.value:.3%} have a released row far nearer than any other real "
                f"person; of the others, {control.value:.3%}",
                low=100 * max(mine.value - below, 0.0),
                high=100 * min(mine.value + above, 1.0),
                reference=100 * control.value,
                better="reference",
                unit="%",
                n=rows,
            )
        )
    return found


def _membership(attack: Membership) -> list[Score]:
    """Scores of the strongest attack."""
    strongest, n = attack.strongest, attack.members + attack.others
    note = f"{attack.title}; {attack.members} rows learned from and {attack.others} held out, against the full release"
    first = score(
        "membership_auc", strongest.value, note, low=strongest.low, high=strongest.high, reference=0.5, unit="AUC", n=n
    )
    found = attack.found
    if found is None:
        why = f"not enough data: {attack.others} held-out rows, at least 100 are needed for 1 % of them"
        return [first, score("membership_tpr", None, why)]
    return [first, score("membership_tpr", found.value, note, low=found.low, high=found.high, reference=0.01, n=n)]


def _nearness(
    sides: Sides, space: Space, found: Repeats, keys: tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]
) -> tuple[Score, list[Curve], list[ClosePair]]:
    """Share nearer to train than to equally many held-out rows, on rows that no other real row equals."""
    rng = sides.rng(5)
    train, held = np.flatnonzero(found.alone_train), np.flatnonzero(found.alone_holdout)
    size = min(len(train), len(held), NEAR_REAL)
    train, held = rng.choice(train, size, replace=False), rng.choice(held, size, replace=False)
    picked = np.sort(rng.choice(len(sides.made), min(NEAR_ROWS, len(sides.made)), replace=False))
    points = space.place(sides.made.take(picked))
    held_points = space.place(sides.held.take(held))
    to_train = nearest_of(points, space.place(sides.real.take(train)))
    to_held = nearest_of(points, held_points)
    near = _share(to_train, to_held)
    curves = [
        _curve("synthetic to training rows", to_train.distance),
        _curve("synthetic to held-out rows", to_held.distance),
    ]
    first = score(
        "nearer_share",
        near.value,
        "a copying check, not a proof: tables that pass it can still leak",
        low=near.low,
        high=near.high,
        reference=0.5,
        better="reference",
        n=len(picked),
    )
    candidates = _exact_pairs(*keys)
    candidates += [(int(picked[i]), int(train[to_train.row[i]])) for i in np.argsort(to_train.distance)[:CLOSEST]]
    return first, curves, _closest(sides, space, candidates, held_points)


def _share(to_train: Nearest, to_held: Nearest) -> Estimate:
    """The share with ties split; synthetic rows around the same real row are not independent, so they count as one."""
    gap = to_held.distance - to_train.distance
    wins = np.where(np.abs(gap) <= TIE, 0.5, (gap > 0).astype(float))
    share = float(wins.mean())
    cluster = np.where(gap > 0, to_train.row, -to_held.row - 1)
    _, place = np.unique(cluster, return_inverse=True)
    half = Z95 * float(np.sqrt((np.bincount(place, wins - share) ** 2).sum())) / len(wins)
    return Estimate(share, max(share - half, 0.0), min(share + half, 1.0))


def _curve(name: str, distance: Floats) -> Curve:
    share = np.linspace(0, 1, CURVE_POINTS)
    return Curve(name=name, x=rounded_list(np.quantile(distance, share)), y=rounded_list(share))


def _exact_pairs(train: npt.NDArray[np.uint64], made: npt.NDArray[np.uint64]) -> list[tuple[int, int]]:
    """Up to 20 synthetic rows with the train row that they equal."""
    found, first = np.unique(train, return_index=True)
    rows = np.flatnonzero(np.isin(made, found))[:CLOSEST]
    return [(int(row), int(first[np.searchsorted(found, made[row])])) for row in rows]


def _closest(sides: Sides, space: Space, candidates: list[tuple[int, int]], held: Points) -> list[ClosePair]:
    pairs = list(dict(reversed(candidates)).items())
    if not pairs:
        return []
    made = space.place(sides.made.take(np.array([row for row, _ in pairs])))
    real = space.place(sides.real.take(np.array([row for _, row in pairs])))
    distance = np.sqrt(((made.astype(np.float64) - real) ** 2).sum(axis=1))
    to_held = nearest_of(made, held).distance
    order = np.argsort(distance, kind="stable")[:CLOSEST]
    return [
        ClosePair(
            synthetic_row=pairs[i][0],
            train_row=pairs[i][1],
            distance=round(float(distance[i]), 4),
            holdout_distance=round(float(to_held[i]), 4),
        )
        for i in order
    ]
