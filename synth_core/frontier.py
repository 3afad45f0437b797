"""Privacy against likeness, measured on one's own table: for some settings, what an attacker finds and what is kept.

Only rows that a run would learn from are used. They are split once more: the candidates learn from one part, and the
other stands for people who were never seen. Each candidate makes the whole release, because a larger one gives more
away, and the attack runs against all of it, a part at a time.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict

from synth_core.errors import InputError
from synth_core.generation import Synthesis, generate
from synth_core.methods import method_class, setting
from synth_core.methods.base import Param
from synth_core.partitions import groups, release_in
from synth_core.progress import Progress, silent
from synth_core.recipe import Recipe, Use
from synth_core.scores import fidelity, utility
from synth_core.scores.attacks import People
from synth_core.scores.copies import row_keys
from synth_core.scores.detection import detect
from synth_core.scores.features import Coding
from synth_core.scores.models import MODELS
from synth_core.scores.score import Score
from synth_core.scores.sides import ENOUGH, Sides
from synth_core.scores.space import Space, nearest_of
from synth_core.scores.statistics import Estimate, Floats
from synth_core.source_types import from_arrow
from synth_core.steered_judging import Mix
from synth_core.steering.given import GivenRows
from synth_core.table import Table

HELD = 0.25  # of the rows to learn from: people whom no candidate sees
LEAST = 100  # people on either side; fewer make every interval useless
MOST_MADE = 1_000_000  # rows made per candidate; what a larger release gives away is carried on from here
JUDGED = 12_000  # synthetic rows whose likeness is judged
LEARN, DRAW, ATTACK, JUDGE = 0.25, 0.65, 0.9, 1.0  # where each piece of a candidate's work ends, as a share


class Candidate(BaseModel):
    """Settings to be measured: a ``label`` for the picture, an engine, and its settings."""

    model_config = ConfigDict(frozen=True)

    label: str
    method: str
    params: dict[str, Any] = {}


class Point(BaseModel):
    """What one candidate gives away and what it keeps, each with its 95 % interval.

    Attributes
    ----------
    leak
        Membership AUC of the stronger attack on the whole release: 0.5 is a coin.
    found
        Share (0..1) of members found at 1 % false accusations; 0.01 is chance.
    likeness
        AUC of boosted trees that tell synthetic from unseen real rows: 0.5 is a coin.
    loss
        TSTR loss in % for the target (boosted trees); None without one.
    pairs
        Mean error of column pairs in %.
    growth
        Rows attacked so far, and the membership AUC then.
    extrapolated
        Whether fewer rows than will be released were made; ``leak`` is then carried on along the logarithm of rows.
    seconds
        Wall seconds that this candidate took.
    """

    model_config = ConfigDict(frozen=True)

    candidate: Candidate
    leak: Estimate
    found: Estimate | None = None
    likeness: Estimate
    loss: Estimate | None = None
    pairs: Estimate | None = None
    growth: tuple[tuple[int, float], ...] = ()
    extrapolated: bool = False
    seconds: float = 0.0


class Frontier(BaseModel):
    """The measured candidates.

    Attributes
    ----------
    rows, made
        Rows to be released in all, and rows that were made for the attack.
    learned, members, others
        Rows that the candidates learned from; people attacked who were among them, and who were not.
    floor
        Likeness of real rows to each other, by the same judge.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    rows: int
    made: int
    learned: int
    members: int
    others: int
    target: str = ""
    floor: Estimate
    points: tuple[Point, ...]

    def point(self, label: str) -> Point | None:
        """Return the point of this label, or None."""
        return next((point for point in self.points if point.candidate.label == label), None)

    @property
    def seconds(self) -> float:
        """Wall seconds of all candidates."""
        return sum(point.seconds for point in self.points)


def dial(method: str) -> Param | None:
    """Return the setting of an engine that is a scale from private to faithful, or None."""
    return next((param for param in method_class(method).info.params if param.scale), None)


def stops(recipe: Recipe) -> list[Candidate]:
    """Return a candidate per stop of the dial of the recipe's engine; InputError where it has none."""
    found = dial(recipe.method)
    if found is None:
        raise InputError(f"The engine '{recipe.method}' has no dial between privacy and likeness; 'trees' has.")
    others = {name: value for name, value in recipe.params.items() if name != found.name}
    return [Candidate(label=stop, method=recipe.method, params=others | {found.name: stop}) for stop in found.choices]


def engines(recipe: Recipe) -> list[Candidate]:
    """Return candidates for a look across engines: three that take seconds, with their defaults, then the stops."""
    light = [
        Candidate(label=method_class(name).info.title, method=name)
        for name in ("independent", "copula", "bayesian_network")
    ]
    return [*light, *stops(recipe)]


def released_rows(recipe: Recipe) -> int:
    """Return how many rows will be given away in all: by this run, or with others as 'release_rows' says."""
    return max(recipe.rows, int(recipe.params.get("release_rows", 0) or 0))


def as_for_all(recipe: Recipe) -> dict[str, Any]:
    """Return the settings with which fewer rows come from the same engine: trees would learn finer for fewer rows."""
    if setting(recipe.method, recipe.params, "release_rows") is None:
        return recipe.params
    return recipe.params | {"release_rows": released_rows(recipe)}


def key_of(table_print: str, recipe: Recipe, candidates: Sequence[Candidate]) -> str:
    """Return what changes whenever a measurement no longer answers for this table, recipe and candidates."""
    others = {"params": {}, "use": Use.SHARE, "chunk_rows": 50_000, "cluster": "", "method": ""}
    text = recipe.model_copy(update=others).model_dump_json() + "".join(c.model_dump_json() for c in candidates)
    return hashlib.sha256((table_print + text).encode()).hexdigest()[:16]


def expected_seconds(learned: int, columns: int, rows: int, candidates: int) -> float:
    """Return about how long :func:`measure` takes on two free cores, for so many rows that a run learns from.

    >>> 30 < expected_seconds(9_600, 15, 500_000, 4) < 150
    True
    """
    made, learned = min(rows, MOST_MADE), int(learned * (1 - HELD))
    people = min(learned, 3_500) + min(learned // 3, 2_500)
    cells = columns * np.log2(max(learned, 2))
    each = 3.0 + 4e-5 * learned * cells / 13 + 2.2e-6 * made * columns + 7e-11 * made * people * 4 * columns
    return float(candidates * each)


def measure(
    table: Table,
    recipe: Recipe,
    candidates: Sequence[Candidate],
    *,
    workers: int = 1,
    scratch: Path | None = None,
    given: GivenRows | None = None,
    progress: Progress = silent,
) -> Frontier:
    """Return what each candidate gives away and keeps on ``table``.

    Parameters
    ----------
    table
        The real table; rows that ``recipe`` holds out are not looked at.
    recipe
        Rows to be released, seed, holdout, rules, shares and condition; engine and settings come from ``candidates``.
    workers
        Processes that make rows; the result does not depend on it.
    scratch
        Folder for releases, each removed when it is measured; the system's own for such things when not given.
    given
        The rows that the recipe's steering completes.
    progress
        Told about every piece of work, in candidates; it may raise :class:`~synth_core.errors.Cancelled`.

    Raises
    ------
    InputError
        There are too few rows, or a candidate cannot learn this table.
    """
    import sklearn.ensemble  # noqa: F401 - limits hold for libraries that are loaded already
    from threadpoolctl import threadpool_limits

    train, _ = table.split(recipe.holdout, recipe.seed)
    bench = _Bench.of(train, recipe, given)
    points = []
    # one thread for boosted trees: on rows this few a second one gains little, and spins where cores are shared
    with threadpool_limits(1, user_api="openmp"):
        floor = bench.floor()
        for number, candidate in enumerate(candidates):

            def tell(share: float, note: str, before: int = number, label: str = candidate.label) -> None:
                progress(before + share, len(candidates), f"{label}: {note}")

            points.append(bench.measured(candidate, workers, scratch, tell))
    progress(len(candidates), len(candidates))
    return Frontier(
        rows=bench.rows,
        made=min(bench.rows, MOST_MADE),
        learned=len(bench.known),
        members=bench.people.members,
        others=len(bench.people.points) - bench.people.members,
        target=train.target.name if train.target is not None and train.target.learned else "",
        floor=floor,
        points=tuple(points),
    )


Tell = Callable[[float, str], None]


@dataclass(frozen=True)
class _Bench:
    """What all candidates are measured on: the same rows, the same people."""

    train: Table
    recipe: Recipe
    known: Table
    unseen: Table
    coding: Coding
    space: Space
    people: People
    rows: int
    given: GivenRows | None

    @classmethod
    def of(cls, train: Table, recipe: Recipe, given: GivenRows | None) -> _Bench:
        """Split the rows to learn from once more and pick the people."""
        known, unseen = train.split(HELD, recipe.seed)
        coding = Coding.learn(known)
        if not coding.columns:
            raise InputError(f"Table '{train.name}' has no column that is learned; there is nothing to measure.")
        real, held = coding.apply(known.frame), coding.apply(unseen.frame)
        alone = [_alone(row_keys(side, coding)) for side in (real, held)]
        if min(map(len, alone)) < LEAST:
            raise InputError(
                f"Too few rows to measure on: {len(alone[0]):,} to learn from and {len(alone[1]):,} kept apart differ "
                f"from all others, and {LEAST} of each are needed. Bring more rows."
            )
        space, rows = Space.learn(coding, real, held), released_rows(recipe)
        rng = np.random.default_rng([recipe.seed, 41])
        people = People.pick(real, held, space, alone[0], alone[1], min(rows, MOST_MADE), rng)
        return cls(train, recipe, known, unseen, coding, space, people, rows, given)

    def floor(self) -> Estimate:
        """How well the judge tells unseen rows from rows learned from: what perfection scores."""
        held = self.coding.apply(self.unseen.frame)
        real = self.coding.apply(self.known.frame).sample(len(held), np.random.default_rng([self.recipe.seed, 42]))
        found = detect(self.coding, held, real, self.recipe.seed, quick=True)
        return _short(Estimate(found.auc, found.low, found.high))

    def measured(self, candidate: Candidate, workers: int, scratch: Path | None, tell: Tell) -> Point:
        """Make the candidate's release, attack all of it and judge a part."""
        began = perf_counter()
        with tempfile.TemporaryDirectory(prefix="simile-frontier-", dir=scratch) as name:
            synthesis = self._made(candidate, Path(name), workers, tell)
            distance, growth, some = self._attacked(Path(name), synthesis, tell)
        attack = self.people.judged(distance)
        made = growth[-1][0]
        leak, found = attack.strongest, attack.found
        if made < self.rows:
            leak = carried(leak, growth, self.rows)
        synthetic = Table(some, tuple(synthesis.columns), "synthetic")
        sides = self._sides(synthetic)
        tell(ATTACK, "telling it from real rows")
        seen = detect(self.coding, sides.held, sides.made, self.recipe.seed)
        tell((ATTACK + JUDGE) / 2, "training on it")
        loss = utility.measure(sides, MODELS[:1]).scores[0]
        return Point(
            candidate=candidate,
            leak=_short(leak),
            found=None if found is None else _short(found),
            likeness=_short(Estimate(seen.auc, seen.low, seen.high)),
            loss=_estimate(loss),
            pairs=_estimate(fidelity.pairs_alone(sides)),
            growth=tuple((rows, round(area, 4)) for rows, area in growth),
            extrapolated=made < self.rows,
            seconds=round(perf_counter() - began, 2),
        )

    def _sides(self, synthetic: Table) -> Sides:
        """Return what likeness is measured on: of steered rows, real ones in the same mix where there are enough."""
        known, unseen = self.known, self.unseen
        mix = Mix.of(self.recipe.steering, synthetic) if self.recipe.steering.asked else None
        if mix is not None:
            alike = mix.alike(known, self.recipe.seed), mix.alike(unseen, self.recipe.seed + 1)
            if min(map(len, alike)) >= ENOUGH:
                known, unseen = alike
        return Sides(known, unseen, synthetic, self.recipe.seed)

    def _made(self, candidate: Candidate, folder: Path, workers: int, tell: Tell) -> Synthesis:
        made = min(self.rows, MOST_MADE)
        params = dict(candidate.params)
        if any(param.name == "release_rows" for param in method_class(candidate.method).info.params):
            params["release_rows"] = self.rows  # the leaves of the real release, also where fewer rows are made here
        inner = {"method": candidate.method, "params": params, "rows": made, "holdout": HELD, "cluster": ""}
        asked = self.recipe.steering
        if asked.make:  # as many rows as are measured, in the same shares
            inner["steering"] = asked.model_copy(update={"make": {}, "shares": asked.wanted_shares})

        def stages(stage: str, done: float, total: float, note: str = "") -> None:
            low, high = {"Split": (0.0, 0.0), "Learn": (0.0, LEARN)}.get(stage, (LEARN, DRAW))
            share = done / total if total else 0.0
            if stage == "Keep the rules":
                low = high
            tell(low + (high - low) * share, "learning" if stage in ("Split", "Learn") else f"making {made:,} rows")

        return generate(
            self.train, self.recipe.model_copy(update=inner), folder, workers=workers, given=self.given, progress=stages
        )

    def _attacked(
        self, folder: Path, synthesis: Synthesis, tell: Tell
    ) -> tuple[Floats, list[tuple[int, float]], pd.DataFrame]:
        """Return each one's distance to the nearest row, the AUC as rows were added, and rows to judge."""
        best = np.full(len(self.people.points), np.inf)
        growth: list[tuple[int, float]] = []
        kept: list[pd.DataFrame] = []
        done, following = 0, 1
        for frame in _parts(folder, synthesis):
            coded = self.coding.apply(frame)
            best = np.minimum(best, nearest_of(self.people.points, self.space.place(coded)).distance)
            done += len(frame)
            if sum(map(len, kept)) < JUDGED:
                kept.append(frame.head(JUDGED))
            if done >= following or done >= synthesis.rows:
                growth.append((done, self.people.judged(best).strongest.value))
                following = 2 * done
            tell(DRAW + (ATTACK - DRAW) * done / synthesis.rows, f"attacking {synthesis.rows:,} rows")
        return best, growth, pd.concat(kept, ignore_index=True).head(JUDGED)


def carried(leak: Estimate, growth: Sequence[tuple[int, float]], rows: int) -> Estimate:
    """Return the AUC that is to be expected of a larger release, along the logarithm of its rows.

    The slope is that of a least-squares line through ``growth`` (rows, AUC), at least 0; a single point carries
    nothing on. The interval moves with the value and is widened by half of the move on either side.

    >>> carried(Estimate(0.54, 0.52, 0.56), [(250_000, 0.52), (500_000, 0.53), (1_000_000, 0.54)], 4_000_000)
    Estimate(value=0.56, low=0.53, high=0.59)
    """
    at = np.log2([max(made, 1) for made, _ in growth])
    if len(at) < 2:
        return leak
    slope = max(float(np.polyfit(at, [area for _, area in growth], 1)[0]), 0.0)
    move = slope * float(np.log2(rows) - at[-1])
    ends = (leak.value + move, leak.low + move / 2, leak.high + 1.5 * move)
    return Estimate(*(round(min(end, 1.0), 6) for end in ends))


def _parts(folder: Path, synthesis: Synthesis) -> Iterator[pd.DataFrame]:
    release = release_in(folder)
    assert release is not None
    for group in groups(release, synthesis.column_names):
        yield from_arrow(group, synthesis.columns)


def _alone(keys: Any) -> Any:
    """Rows that no other on their side equals: a row that many share says nothing about a person."""
    _, place, count = np.unique(keys, return_inverse=True, return_counts=True)
    return np.flatnonzero(count[place] == 1)


def _estimate(score: Score) -> Estimate | None:
    if score.value is None:
        return None
    low, high = (score.value if end is None else end for end in (score.low, score.high))
    return _short(Estimate(score.value, low, high))


def _short(found: Estimate) -> Estimate:
    return Estimate(*(round(float(end), 4) for end in found))
