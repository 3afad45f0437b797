"""The fairness lab: does a correction make a model fairer to real people, and what does it cost?

Only rows that a run would learn from are used; the rows held out to judge a run are not looked at. They are dealt into
folds. Each fold is judged once, by models that learned from the others: from the real rows as they are, from the real
rows reweighed, and from synthetic rows with and without each correction.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import InputError
from synth_core.generation import generate, read_synthetic
from synth_core.labs.fair_corrections import NETWORK, TITLES, Correction, FairnessPlan, check, corrected, possible
from synth_core.labs.fair_groups import Decision, Groups
from synth_core.labs.fair_metrics import LEAST_PER_CLASS, Places
from synth_core.labs.fair_models import reweighing, train
from synth_core.labs.fair_results import ArmName, Fairness, Scored, judge
from synth_core.labs.models import Flags, probabilities
from synth_core.progress import Progress, silent
from synth_core.recipe import Recipe
from synth_core.scores.features import Coded, Coding
from synth_core.scores.sides import ENOUGH
from synth_core.scores.statistics import Floats
from synth_core.table import Table

NAME = "fairness"
LEAST = 200  # rows with a known group and outcome
ARM_TITLES: dict[ArmName, str] = {
    "real": "Doing nothing",
    "reweigh": "Reweighing",
    "synthetic": "Synthetic, uncorrected",
    "network": "Bayesian network, uncorrected",
    "represent": TITLES["represent"],
    "balance": TITLES["balance"],
    "cut": TITLES["cut"],
}


def arms_of(plan: FairnessPlan, groups: Groups) -> list[ArmName]:
    """Return what is compared, in its order; corrections that these groups do not allow are left out."""
    wanted: list[Correction] = [name for name in plan.corrections if not possible(name, groups)]
    arms: list[ArmName] = ["real", "reweigh", "synthetic"]
    arms += [name for name in wanted if name != "cut"]
    if "cut" in wanted:
        arms += [*(["network"] if plan.engine != NETWORK else []), "cut"]  # type: ignore[list-item]
    return arms


def expected_seconds(learned: int, columns: int, plan: FairnessPlan, arms: int) -> float:
    """Return about how long :func:`measure` takes on two free cores.

    >>> 20 < expected_seconds(9_600, 20, FairnessPlan(), 7) < 300
    True
    """
    rows = min(learned * (plan.folds - 1) / plan.folds, plan.rows)
    synthetic = max(arms - 2, 0) * (1.5 + 3.6e-5 * rows * columns)
    models = arms * (0.5 + 4e-6 * rows * columns + 1.6e-5 * learned)
    return float(plan.folds * (synthetic + models) + 4)


def measure(
    table: Table,
    recipe: Recipe,
    plan: FairnessPlan,
    *,
    workers: int = 1,
    scratch: Path | None = None,
    progress: Progress = silent,
) -> Fairness:
    """Return how fair a model is to each group, trained with each correction and without.

    Parameters
    ----------
    table
        The real table; rows that ``recipe`` holds out are not looked at.
    recipe
        Seed, holdout, rules and, for its own engine, settings; what it steers is replaced by the corrections.
    workers
        Processes that make rows; the result does not depend on it.
    scratch
        Folder for synthetic tables, each removed when a model has learned from it.
    progress
        Told in models; it may raise :class:`~synth_core.errors.Cancelled`.

    Raises
    ------
    InputError
        There is no sensitive column, no decision, or too few rows of too many groups.
    """
    import sklearn.ensemble  # noqa: F401 - limits hold for libraries that are loaded already
    from threadpoolctl import threadpool_limits

    began = perf_counter()
    learnable, _ = table.split(recipe.holdout, recipe.seed)
    decision = Decision.learn(learnable, plan.target or None, plan.favourable or None)
    groups = Groups.learn(learnable, plan.sensitive)
    plan = plan.model_copy(update={"target": decision.target, "favourable": decision.favourable})
    check(plan, groups)
    arms = arms_of(plan, groups)
    names = [column.name for column in learnable.columns if column.learned]
    rules = [rule for rule in recipe.constraints if set(rule.columns_used) <= set(names)]
    recipe = recipe.model_copy(update={"constraints": rules})
    known = decision.known(learnable.frame) & (groups.places(learnable.frame) >= 0)
    if known.sum() < LEAST:
        raise InputError(
            f"Not enough data: {int(known.sum()):,} rows to learn from have a known group and outcome, and {LEAST} are "
            "needed. Bring more rows."
        )
    _enough(decision.good(learnable.frame)[known], groups.places(learnable.frame)[known], groups, decision)
    scored: list[Scored] = []
    steps = plan.folds * len(arms)
    with threadpool_limits(1, user_api="openmp"):
        for number, (learned, judged) in enumerate(folds_of(learnable, plan.folds, recipe.seed)):
            learned = _at_most(learned, plan.rows, recipe.seed)
            bench = _Fold(
                learned.select(names), judged.select(names), recipe, plan, groups, decision, number, workers, scratch,
                judged.entities(),
            )  # fmt: skip

            def tell(place: int, share: float, note: str, before: int = number * len(arms)) -> None:
                progress(before + place + share, steps, f"Fold {before // len(arms) + 1}: {note}")

            scored.append(bench.scored(arms, tell))
        progress(steps, steps, "Comparing")
        found = judge(scored, groups, arms, recipe.seed)
    return found.model_copy(
        update={
            "plan": plan,
            "learned": len(learnable),
            "left_out": int((~known).sum()),
            "few": dict(groups.few),
            "titles": {arm: ARM_TITLES[arm] for arm in arms},
            "seconds": round(perf_counter() - began, 1),
        }
    )


def _enough(good: Flags, place: Places, groups: Groups, decision: Decision) -> None:
    """Raise InputError where the rows to be judged have too few of either outcome, or of all groups but one."""
    least = min(int(good.sum()), int((~good).sum()))
    if least < LEAST_PER_CLASS:
        raise InputError(
            f"Not enough data: of the rows with a known group, {least:,} have "
            f"{'the favourable' if good.sum() == least else 'another'} outcome of '{decision.target}', and "
            f"{LEAST_PER_CLASS} are needed. Choose another favourable class, or bring more rows."
        )
    rows = np.bincount(place, minlength=len(groups.names))
    if (rows >= ENOUGH).sum() < 2:
        few = ", ".join(f"'{name}' has {size:,}" for name, size in zip(groups.names, rows, strict=True))
        raise InputError(
            f"Not enough data: to compare groups of {groups.title}, at least two need {ENOUGH} rows with a known "
            f"'{decision.target}' ({few}). Choose another column, or bring more rows."
        )


def folds_of(table: Table, folds: int, seed: int) -> Iterator[tuple[Table, Table]]:
    """Yield (learned, judged) per fold; rows about the same entity, and exact duplicates, are in one fold."""
    rest, parts = table, []
    for left in range(folds, 1, -1):
        rest, part = rest.split(1 / left, seed + left)
        parts.append(part)
    parts.append(rest)
    for place, judged in enumerate(parts):
        others = [part.frame for at, part in enumerate(parts) if at != place]
        yield table.with_frame(pd.concat(others, ignore_index=True)), judged


def _at_most(table: Table, rows: int, seed: int) -> Table:
    if len(table) <= rows:
        return table
    return table.rows(np.sort(np.random.default_rng([seed, 62]).choice(len(table), rows, replace=False)))


Tell = Callable[[int, float, str], None]


@dataclass(frozen=True)
class _Fold:
    """One fold: what is learned from, what is judged, and the models between them."""

    learned: Table
    judged: Table
    recipe: Recipe
    plan: FairnessPlan
    groups: Groups
    decision: Decision
    number: int
    workers: int
    scratch: Path | None
    entity: npt.NDArray[np.int64] | None = None

    def scored(self, arms: list[ArmName], tell: Tell) -> Scored:
        """Return what every arm predicts for the fold's rows whose group and outcome are known."""
        coding = Coding.learn(self.learned)
        hidden = {self.decision.target, *(() if self.plan.sees else self.plan.sensitive)}
        names = [name for name in coding.names if name not in hidden]
        if not names:
            raise InputError("There is no column left for a model to decide by. Leave fewer columns out.")
        place = self.groups.places(self.judged.frame)
        keep = self.decision.known(self.judged.frame) & (place >= 0)
        test = coding.apply(self.judged.frame).take(keep)
        scores: dict[str, Floats] = {}
        for at, arm in enumerate(arms):
            title = ARM_TITLES[arm].lower() if arm != "network" else ARM_TITLES[arm]
            tell(at, 0.0, title)
            rows, weights = self._rows(arm, at, title, tell)
            tell(at, 0.8, f"{title}, training")
            scores[arm] = self._trained(rows, weights, coding, names, test)
        entity = self.entity
        good = self.decision.good(self.judged.frame)[keep]
        return Scored(place[keep], good, scores, None if entity is None else entity[keep])

    def _trained(self, table: Table, weights: Floats | None, coding: Coding, names: list[str], test: Coded) -> Floats:
        known = self.decision.known(table.frame)
        rows = coding.apply(table.frame).take(known)
        good = self.decision.good(table.frame)[known]
        used = None if weights is None else weights[known]
        return probabilities(train(self.plan.model, coding, names, rows, good, self.recipe.seed, used), test)

    def _rows(self, arm: ArmName, at: int, title: str, tell: Tell) -> tuple[Table, Floats | None]:
        """Return the rows that an arm learns from, and their weights."""
        if arm == "real":
            return self.learned, None
        if arm == "reweigh":
            frame = self.learned.frame
            known = self.decision.known(frame)
            weights = np.ones(len(frame))
            weights[known] = reweighing(self.groups.places(frame)[known], self.decision.good(frame)[known])
            return self.learned, weights
        correction: Correction | None = arm if arm in ("represent", "balance", "cut") else None
        plan = self.plan.model_copy(update={"engine": NETWORK}) if arm == "network" else self.plan
        seed = int(np.random.SeedSequence([self.recipe.seed, self.number]).generate_state(1)[0])
        wanted = {"rows": len(self.learned), "seed": seed, "holdout": 0.0, "cluster": ""}
        recipe, given = corrected(
            correction, self.learned, self.recipe.model_copy(update=wanted), plan, self.groups, self.decision
        )

        def stages(stage: str, done: float, total: float, note: str = "") -> None:
            low, high = {"Split": (0.0, 0.0), "Learn": (0.0, 0.5)}.get(stage, (0.5, 0.8))
            share = 1.0 if stage == "Keep the rules" else done / total if total else 0.0
            doing = "learning" if stage in ("Split", "Learn") else "making rows"
            tell(at, low + (high - low) * min(share, 1.0), f"{title}, {doing}")

        with tempfile.TemporaryDirectory(prefix="simile-fairness-", dir=self.scratch) as name:
            made = generate(self.learned, recipe, Path(name), workers=self.workers, given=given, progress=stages)
            return read_synthetic(Path(name), made), None


__all__ = ["ARM_TITLES", "arms_of", "expected_seconds", "folds_of", "measure"]
