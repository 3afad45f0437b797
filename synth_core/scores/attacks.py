"""Attacks beside their control: membership by distance and by shared values, and guessing a sensitive column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.scores.agreement import Agreement, Shared
from synth_core.scores.features import Coded, Coding
from synth_core.scores.leaves import Points
from synth_core.scores.results import Attack
from synth_core.scores.sides import Sides
from synth_core.scores.space import Space, nearest, nearest_of
from synth_core.scores.statistics import Z95, Estimate, Floats, auc, rounded, true_positives_at, wilson
from synth_core.table import Role

MEMBERS, OTHERS = 3_500, 2_500  # people attacked: enough for an interval of about .015 on either side
REFERENCE = 4_000
FLOOR = 0.05  # added to distances before the ratio, so that a distance of zero stays a number
WORK = 2.5e12  # products of a membership attack, about half a minute on two cores
LEAST_FOR_TPR = 100
# the lower end for the strongest of three attacks (Bonferroni): the largest of three is larger by chance
CHOSEN = 2.394 / 1.960
RARE = 0.05
NEAR = 0.15  # a released row this much nearer than the next real person is about that very person
GUESSES = 1_000
GUESS_FROM = 60_000


@dataclass(frozen=True)
class Membership:
    """The strongest membership attack with its title, and every attack for the forest plot."""

    strongest: Estimate
    found: Estimate | None
    title: str
    members: int
    others: int
    attacks: list[Attack]
    near_members: Estimate
    near_others: Estimate


def membership(sides: Sides, space: Space, train: npt.NDArray[np.intp], held: npt.NDArray[np.intp]) -> Membership:
    """Return how well members (rows of ``train``) are told from ``held`` rows, by the full release.

    Three attackers. *Distance*: members are nearer to a synthetic row. *Calibrated*: nearer than a reference set of
    other real rows makes one expect (log ratio of distances), which finds members in thin regions too. Held-out
    rows serve as that reference, each for all others. *Agreement*: a released row shares more of their values than
    chance would put together (:class:`~synth_core.scores.agreement.Agreement`), which finds pieces of people.

    Notes
    -----
    Every released row counts, because size amplifies leakage. The control runs the distance attack on the
    reference set in the place of the release: real rows that know nothing about who was a member.
    """
    people = People.pick(sides.real, sides.held, space, train, held, len(sides.made), sides.rng(6))
    shared = people.agreement.shared(sides.made, sides.rng(21), sides.tell)
    release = nearest(
        people.points,
        len(sides.made),
        lambda start, stop: space.place(sides.made.take(np.arange(start, stop))),
        lambda share: sides.tell(f"attacking the full release: {100 * share:.0f} %"),
    ).distance
    return people.judged(release, shared)


@dataclass(frozen=True)
class People:
    """Whom an attacker looks for: ``points`` of members, then of others; ``usual`` is each one's distance to the
    nearest of a reference set of real rows."""

    points: Points
    usual: Floats
    members: int
    agreement: Agreement

    @classmethod
    def pick(
        cls,
        real: Coded,
        holdout: Coded,
        space: Space,
        train: npt.NDArray[np.intp],
        held: npt.NDArray[np.intp],
        rows: int,
        rng: np.random.Generator,
    ) -> People:
        """Return people drawn from these rows of ``real`` and ``holdout``; fewer where many ``rows`` are released."""
        others = min(OTHERS, len(held))
        axes = space.place(real.take(np.arange(1))).shape[1]
        members = min(MEMBERS, len(train))
        budget = int(WORK / (2.0 * axes * max(rows, 1)))
        if members + others > budget:
            members, others = min(members, max(budget // 2, 300)), min(others, max(budget // 2, 300))
        shuffled = rng.permutation(held)
        chosen, reference = shuffled[:others], shuffled[:REFERENCE]
        picked = rng.choice(train, members, replace=False)
        points = np.vstack([space.place(real.take(picked)), space.place(holdout.take(chosen))])
        # a held-out row is not its own reference
        own = np.concatenate([np.full(members, -1), np.arange(others)])
        usual = nearest_of(points, space.place(holdout.take(reference)), own).distance
        return cls(points, usual, members, Agreement.learn(space.coding, real, holdout, picked, chosen))

    def judged(self, release: Floats, shared: Shared | None = None) -> Membership:
        """Return what the attacks find, by each one's distance to the nearest row, and what they share."""
        scores = {
            "distance": -release,
            "calibrated": np.log(self.usual + FLOOR) - np.log(release + FLOOR),
        }
        if shared is not None:
            scores["agreement"] = shared.score
        near_by = release < NEAR * self.usual
        return _judged(scores, self.usual, self.members, len(self.points) - self.members, near_by)


TITLES = {
    "distance": "Membership, by distance",
    "calibrated": "Membership, by distance beside other real rows",
    "agreement": "Membership, by values shared with one row",
}


def _judged(
    scores: dict[str, Floats], usual: Floats, members: int, others: int, near_by: npt.NDArray[np.bool_]
) -> Membership:
    control = auc(-usual[:members], -usual[members:]).value
    attacks, areas, found = [], {}, {}
    for name, value in scores.items():
        areas[name] = auc(value[:members], value[members:])
        found[name] = true_positives_at(value[:members], value[members:])
        attacks.append(_attack(f"membership_{name}", TITLES[name], areas[name], members + others, control=control))
    # the strongest attack was chosen by looking: its share of true positives is the largest as well
    best = max(areas, key=lambda name: areas[name].value)
    strongest = areas[best]
    strongest = strongest._replace(low=max(strongest.value - CHOSEN * (strongest.value - strongest.low), 0.0))
    top = max(found.values(), key=lambda estimate: estimate.value) if others >= LEAST_FOR_TPR else None
    attacks += _unusual(scores[best], usual, members)
    if top is not None:
        title = "Members found at 1 % false accusations"
        attacks.append(_attack("membership_tpr", title, top, members + others, unit="share", chance=0.01))
    near = [wilson(float(side.sum()), len(side)) for side in (near_by[:members], near_by[members:])]
    return Membership(strongest, top, TITLES[best], members, others, attacks, near[0], near[1])


def _unusual(scores: Floats, usual: Floats, members: int) -> list[Attack]:
    """The strongest attack on the people who are farthest from everybody else."""
    inside, outside = usual[:members], usual[members:]
    cut = np.quantile(usual, 1 - RARE)
    first, second = inside >= cut, outside >= cut
    if min(first.sum(), second.sum()) < 20:
        return []
    found = auc(scores[:members][first], scores[members:][second])
    title, n = "Membership of the most unusual 5 % of people", int(first.sum() + second.sum())
    return [_attack("membership_unusual", title, found, n)]


def _attack(
    name: str,
    title: str,
    found: Estimate,
    n: int,
    *,
    unit: str = "AUC",
    chance: float = 0.5,
    control: float | None = None,
    note: str = "",
) -> Attack:
    return Attack(
        name=name,
        title=title,
        unit=unit,
        value=rounded(found.value),
        low=rounded(found.low),
        high=rounded(found.high),
        control=rounded(chance if control is None else control),
        chance=chance,
        n=n,
        note=note,
    )


def attribute_inference(sides: Sides) -> list[Attack]:
    """Return, per sensitive column and target, how often the release gives a person's value away.

    The attacker knows all other columns, takes the nearest synthetic row, and reads the value. What counts is by
    how many points this works better for members than for held-out people (who were never in the rows learned
    from): what it gives away about them is knowledge of the population, not of a person.
    """
    rng = sides.rng(7)
    wanted = [c for c in sides.coding.columns if c.role in (Role.SENSITIVE, Role.TARGET)][:4]
    found = []
    for column in wanted:
        rest = tuple(c for c in sides.coding.columns if c.name != column.name)
        if not rest:
            continue
        coding = Coding(rest, sides.coding.categories, sides.coding.counts)
        space = _space_without(coding, sides, column.name)
        made = sides.made.sample(GUESS_FROM, rng)
        placed = space.place(_without(made, column.name))
        shares = []
        for side in (sides.real, sides.held):
            people = side.sample(GUESSES, rng)
            guess = nearest_of(space.place(_without(people, column.name)), placed).row
            shares.append(_right(people, made.take(guess), column.name, sides.real))
        title = f"Guessing '{column.name}' from the other columns"
        found.append(_advantage(f"inference_{column.name}", title, shares[0], shares[1]))
    return found


def _without(coded: Coded, name: str) -> Coded:
    return Coded(
        coded.rows,
        {key: values for key, values in coded.numeric.items() if key != name},
        {key: values for key, values in coded.codes.items() if key != name},
    )


def _space_without(coding: Coding, sides: Sides, name: str) -> Space:
    return Space.learn(coding, *(_without(side, name) for side in (sides.real, sides.held, sides.made)))


def _right(people: Coded, guesses: Coded, name: str, real: Coded) -> npt.NDArray[np.bool_]:
    """Whether each guess is right: the same category, or a number within 5 % of the ranks."""
    if name in people.codes:
        return np.asarray(people.codes[name] == guesses.codes[name])
    grid = np.sort(real.numeric[name][~np.isnan(real.numeric[name])])
    ranks = [np.searchsorted(grid, side.numeric[name]) / max(len(grid), 1) for side in (people, guesses)]
    return np.asarray(np.abs(ranks[0] - ranks[1]) <= 0.05)


def _advantage(name: str, title: str, members: npt.NDArray[np.bool_], others: npt.NDArray[np.bool_]) -> Attack:
    first, second = float(members.mean()), float(others.mean())
    variance = first * (1 - first) / len(members) + second * (1 - second) / len(others)
    half = Z95 * float(np.sqrt(variance))
    gap = Estimate(100 * (first - second), 100 * (first - second - half), 100 * (first - second + half))
    note = (
        f"right for {100 * first:.1f} % of members and {100 * second:.1f} % of held-out people; the difference counts"
    )
    return _attack(name, title, gap, len(members) + len(others), unit="points", chance=0.0, note=note)


__all__ = ["Membership", "People", "Points", "attribute_inference", "membership"]
