"""Shadow audit, the figures: whom to look for, who is in which fit, and how well that can be told from the releases.

Each person looked for (all rows of an entity together) is in a random half of the fits, so that each is its own
control: the same attack on the same person, with and without that person's rows. If the releases say nothing about
who was learned from, every way to choose the half is equally likely, whatever the engine does; the tests rest on that
alone.

Notes
-----
Shadow models with each example in half of them: Carlini et al. 2022, "Membership inference attacks from first
principles". On synthetic data, against outliers: Stadler, Oprisanu and Troncoso 2022, "Synthetic data - anonymisation
groundhog day". Records far from all others as the most vulnerable: Meeus et al. 2023, "Achilles' heels".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from synth_core.scores.agreement import Agreement
from synth_core.scores.features import Coded, Coding
from synth_core.scores.leaves import Points
from synth_core.scores.results import Attack, AuditedPerson, ShadowAudit
from synth_core.scores.space import Space, nearest_of
from synth_core.scores.statistics import Estimate, Floats, auc, rounded, true_positives_at
from synth_core.table import Table

Why = Literal["unusual", "near", "ordinary"]
Ints = npt.NDArray[np.intp]

UNUSUAL, NEAR, ORDINARY = 100, 50, 100  # people looked for, by why
MOST_OUT = 0.2  # of all people: a fit without more of them would be another engine
LEAST_PEOPLE, LEAST_FITS = 20, 8
ROWS_EACH = 10  # rows of one person that are looked for
REFERENCE = 4_000
SURE = 0.025  # chance that anybody at all is named wrongly (Holm 1979)
TITLES = {"distance": "by distance", "agreement": "by values shared with one row"}


@dataclass(frozen=True)
class Sought:
    """People looked for: why each, and which rows of train are theirs; the exposed ones come first."""

    why: tuple[Why, ...]
    rows: tuple[Ints, ...]

    def __len__(self) -> int:
        return len(self.why)

    @property
    def exposed(self) -> npt.NDArray[np.bool_]:
        """Whether each is among the most exposed; the others are the comparison."""
        return np.array([why != "ordinary" for why in self.why], dtype=np.bool_)

    def staying(self, outside: npt.NDArray[np.bool_], rows: int) -> Ints:
        """Return which of ``rows`` train rows stay when these people are out."""
        keeps = np.ones(rows, dtype=np.bool_)
        for mine, out in zip(self.rows, outside, strict=True):
            keeps[mine] &= not out
        return np.flatnonzero(keeps)


def seek(train: Table, coding: Coding, space: Space, release: Points | None, rng: np.random.Generator) -> Sought:
    """Return the most exposed people of ``train`` and ordinary ones beside them.

    Exposed are those who lie farthest from other people, and those to whom a row of the ``release`` lies nearest for
    how far other people are.
    """
    real = coding.apply(train.frame)
    points, person = space.place(real), train.row_groups()
    first = np.unique(person, return_index=True)[1]
    people = len(first)
    usual = _usual(points, person, rng)
    alone = _by_person(np.maximum, -np.inf, person, usual)
    scale = min(1.0, MOST_OUT * people / (UNUSUAL + NEAR + ORDINARY))
    near, ordinary = int(scale * NEAR), int(scale * ORDINARY)
    unusual = int(scale * (UNUSUAL + NEAR)) - (near if release is not None else 0)
    order = np.argsort(-alone, kind="stable")
    chosen: list[tuple[Why, int]] = [("unusual", int(one)) for one in order[:unusual]]
    rest = order[unusual:]
    if release is not None and len(release):
        nearness = nearest_of(points, release).distance / np.maximum(usual, 1e-6)
        closest = _by_person(np.minimum, np.inf, person, nearness)[rest]
        by_release = rest[np.argsort(closest, kind="stable")]
        chosen += [("near", int(one)) for one in by_release[:near]]
        rest = by_release[near:]
    chosen += [("ordinary", int(one)) for one in rng.choice(rest, min(ordinary, len(rest)), replace=False)]
    by_row = np.argsort(person, kind="stable")
    starts = np.searchsorted(person[by_row], np.arange(people + 1))
    rows = tuple(by_row[starts[one] : starts[one + 1]] for _, one in chosen)
    return Sought(tuple(why for why, _ in chosen), rows)


def _usual(points: Points, person: npt.NDArray[np.int64], rng: np.random.Generator) -> Floats:
    """How far each row is from the nearest of other people, a row each of at most 4,000."""
    shuffled = rng.permutation(len(points))
    who, place = np.unique(person[shuffled], return_index=True)
    some = rng.permutation(len(who))[:REFERENCE]
    own = np.full(len(who), -1, dtype=np.int64)
    own[some] = np.arange(len(some))
    return nearest_of(points, points[shuffled[place[some]]], own[person]).distance


def _by_person(worst: np.ufunc, start: float, person: npt.NDArray[np.int64], values: Floats) -> Floats:
    found = np.full(int(person.max()) + 1, start)
    worst.at(found, person, values)
    return found


def halves(people: int, fits: int, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """Return who is in which fit (fits x people): each person in a random half of an even number of fits."""
    order = np.argsort(rng.random((fits, people)), axis=0, kind="stable")
    return np.asarray(order < fits // 2, dtype=np.bool_)


@dataclass(frozen=True)
class Probe:
    """What an attacker measures of every person on one release."""

    space: Space
    coding: Coding
    points: Points
    agreement: Agreement
    person: Ints

    @classmethod
    def learn(cls, train: Table, coding: Coding, space: Space, sought: Sought) -> Probe:
        """Return the attack on these people; at most ten rows of each are looked for."""
        real = coding.apply(train.frame)
        mine = [rows[:ROWS_EACH] for rows in sought.rows]
        rows = np.concatenate(mine)
        nobody = real.take(np.zeros(0, dtype=np.intp))
        agreement = Agreement.learn(coding, real, nobody, rows, np.zeros(0, dtype=np.intp))
        person = np.repeat(np.arange(len(mine)), [len(one) for one in mine])
        return cls(space, coding, space.place(real.take(rows)), agreement, person)

    def look(self, made: Coded, rng: np.random.Generator) -> dict[str, Floats]:
        """Return per attack a figure per person that is larger where the person seems to be in.

        Single values count as well: the same person left out is the control, and what that shows is no chance.
        """
        distance = nearest_of(self.points, self.space.place(made)).distance
        shared = self.agreement.shared(made, rng).whole
        people = np.bincount(self.person)
        return {
            "distance": -np.bincount(self.person, distance) / people,
            "agreement": np.bincount(self.person, shared.astype(np.float64)) / people,
        }


def judged(sought: Sought, inside: npt.NDArray[np.bool_], seen: dict[str, Floats], rows: int, made: int) -> ShadowAudit:
    """Return what the attacks find; ``seen`` has a figure per fit and person for each, ``inside`` who was in.

    ``rows``: train rows that every fit learned from but for the people who were out; ``made``: rows of each release.
    """
    exposed = sought.exposed
    fits, people = inside.shape[0], int(exposed.sum())
    facts = {"fits": fits, "exposed": people, "ordinary": len(sought) - people, "made": made, "learned": rows}
    if people < LEAST_PEOPLE or fits < LEAST_FITS:
        note = (
            f"not enough data: {people} exposed people in {fits} fits, at least {LEAST_PEOPLE} people in "
            f"{LEAST_FITS} fits are needed"
        )
        return ShadowAudit(**facts, note=note)
    each = {name: [_own_auc(inside[:, i], values[:, i]) for i in range(len(sought))] for name, values in seen.items()}
    areas = {name: np.array([one.value for one in found]) for name, found in each.items()}
    whole = {name: _mean(values[exposed]) for name, values in areas.items()}
    best = max(whole, key=lambda name: whole[name].value)
    sure = _sure({name: values[:, exposed] for name, values in seen.items()}, inside[:, exposed])
    attacks = [_attack(name, f"Shadow fits, {TITLES[name]}", found, people * fits) for name, found in whole.items()]
    if len(sought) - people >= LEAST_PEOPLE:
        ordinary = _mean(areas[best][~exposed])
        attacks.append(_attack("ordinary", "Shadow fits, ordinary people", ordinary, (len(sought) - people) * fits))
    attacks += _found_at_one_percent(inside[:, exposed], seen[best][:, exposed])
    persons = []
    for i in np.flatnonzero(exposed):
        name = max(each, key=lambda name: (each[name][i].low, each[name][i].value))
        own = each[name][i]
        persons.append(
            AuditedPerson(
                row=int(sought.rows[i][0]),
                rows=len(sought.rows[i]),
                why=sought.why[i],
                attack=name,
                right=round(100 * own.value, 1),
                low=round(100 * own.low, 1),
                high=round(100 * own.high, 1),
                sure=bool(sure[i]),
            )
        )
    persons.sort(key=lambda one: (not one.sure, -one.right, -one.low))
    return ShadowAudit(**facts, attacks=attacks, strongest=best, people=persons)


def _own_auc(inside: npt.NDArray[np.bool_], values: Floats) -> Estimate:
    return auc(values[inside], values[~inside])


def _mean(areas: Floats) -> Estimate:
    """Mean over people, each a draw of its own: who is in which fit was drawn for each."""
    from scipy.stats import t

    half = float(t.ppf(0.975, len(areas) - 1)) * float(areas.std(ddof=1)) / np.sqrt(len(areas))
    middle = float(areas.mean())
    return Estimate(middle, max(middle - half, 0.0), min(middle + half, 1.0))


def _sure(seen: dict[str, Floats], inside: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Return who can surely be told: exact rank tests (Mann and Whitney 1947), ties counted against the attacker."""
    from scipy.stats import mannwhitneyu, rankdata

    people, least = inside.shape[1], np.ones(inside.shape[1])
    for values in seen.values():
        ranks = 2 * rankdata(values, method="dense", axis=0)
        first = ranks.T[inside.T].reshape(people, -1)
        others = ranks.T[~inside.T].reshape(people, -1) + 1
        found = mannwhitneyu(first, others, alternative="greater", method="exact", axis=1).pvalue
        least = np.minimum(least, len(seen) * found)
    order = np.argsort(least, kind="stable")
    holds = np.maximum.accumulate(least[order] * (people - np.arange(people))) <= SURE
    sure = np.zeros(people, dtype=np.bool_)
    sure[order] = holds
    return sure


def _found_at_one_percent(inside: npt.NDArray[np.bool_], values: Floats) -> list[Attack]:
    """Return the share found at 1 % false accusations; a person's figures count beside the own ones of all fits."""
    if int((~inside).sum()) < 100:
        return []
    spread = values.std(axis=0)
    own = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    found = true_positives_at(own[inside], own[~inside])
    title = "Shadow fits, found at 1 % false accusations"
    return [_attack("tpr", title, found, int(inside.size), unit="share", chance=0.01)]


def _attack(name: str, title: str, found: Estimate, n: int, *, unit: str = "AUC", chance: float = 0.5) -> Attack:
    return Attack(
        name=f"shadow_{name}",
        title=title,
        unit=unit,
        value=rounded(found.value),
        low=rounded(found.low),
        high=rounded(found.high),
        control=chance,
        chance=chance,
        n=n,
    )
