"""The proof of a job: what a lab of the project measured about the class or correction that a run was made with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from pydantic import ValidationError

from synth_core.errors import SimileError
from synth_core.labs import fair_project
from synth_core.labs.augmentation import NAME, Comparison, Settings, read_comparison
from synth_core.labs.fair_corrections import NETWORK, TITLES, Correction, FairnessPlan, cuts_of
from synth_core.labs.fair_results import Fairness
from synth_core.labs.fair_words import helped, interval_words, points
from synth_core.labs.work import RESULT
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.run import Run
from synth_core.scores.statistics import Estimate
from synth_core.table import Column, Role

Page = Literal["augmentation", "fairness"]


@dataclass(frozen=True)
class Proof:
    """What a lab says about a run, in a sentence, and whether it shows that what was done helps.

    ``page``: where the lab is. ``holds`` None: it was not asked yet.
    """

    page: Page
    sentence: str
    holds: bool | None


def proof_of(project: Project, run: Run) -> Proof | None:
    """Return what the newest fitting experiment found; None where the run has neither a class nor a correction.

    It fits when it was made on the same table, with the same rules and engine, about the same class or correction.
    """
    recipe = run.recipe
    if event := made_class(recipe):
        found = next(_comparisons(project, run, event), None)
        if found is not None:
            return augmentation_proof(found)
        missing = "Whether these rows help a model was not compared with the usual remedies yet: the lab does that."
        return Proof("augmentation", missing, None) if _is_target(project, run, event[0]) else None
    for correction, plan, fairness in _fair_results(project, run):
        if plan.target and _is_of(recipe, correction, plan):
            return fairness_proof(fairness, correction)
    if recipe.cuts or _reweighs(project, run):
        return Proof("fairness", "What this correction does to a model was not measured yet: the lab does that.", None)
    return None


def made_class(recipe: Recipe) -> tuple[str, str] | None:
    """Return the column and the one class that all rows were asked to have; None where there is none."""
    for name, counts in recipe.steering.make.items():
        levels = [level for level, rows in counts.items() if rows]
        if len(levels) == 1:
            return name, levels[0]
    return None


def augmentation_proof(found: Comparison) -> Proof:
    """Return what the augmentation lab says about made rows."""
    made, nothing = found.contender("made"), found.contender("none")
    gain = made.pr_auc_gain
    at = f"On {found.rows:,} real rows, each judged by models that never saw it, "
    if gain is None:
        return Proof("augmentation", at + "made rows were not compared.", None)
    told = (
        f"{at}PR-AUC is {nothing.pr_auc.value:.3f} with the real rows alone and {made.pr_auc.value:.3f} with made rows "
        f"added: {gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}), "
    )
    told += _more_than_chance(gain)
    best = found.winner("pr_auc")
    if best is None:
        told += " No remedy beats doing nothing."
    elif best.remedy != "made":
        told += f" The best remedy was {best.title[0].lower()}{best.title[1:]}, with {best.pr_auc.value:.3f}."
    return Proof("augmentation", told, gain.low > 0)


def _more_than_chance(gain: Estimate) -> str:
    if gain.low > 0:
        return "a gain that is more than chance."
    return "a loss that is more than chance." if gain.high < 0 else "which is not more than chance."


def fairness_proof(found: Fairness, correction: Correction) -> Proof | None:
    """Return what the fairness lab says about a correction: the gap before and after, and the price in accuracy."""
    first, arm = found.arms[0], found.arm(correction)
    if arm is None or "parity" not in arm.change:
        return None
    change, price = arm.change["parity"], arm.change.get("accuracy")
    holds = any(one.name == correction for one in helped(found, "parity"))
    told = (
        f"{TITLES[correction]}: demographic parity difference {first.parity.value:.2f} before, {arm.parity.value:.2f} "
        f"after, on {found.judged:,} untouched real rows; {points(change.value)} points "
        f"{'less' if change.value <= 0 else 'more'} ({interval_words(change)}), "
        f"{'more' if holds or change.low > 0 else 'not more'} than chance."
    )
    if price is not None:
        word = "price" if price.value <= 0 else "gain"
        told += f" Accuracy {word}: {points(price.value)} points ({interval_words(price)})."
    return Proof("fairness", told, holds)


def _comparisons(project: Project, run: Run, event: tuple[str, str]) -> Iterator[Comparison]:
    for job in project.labs():
        if not job.id.startswith(f"{NAME}-") or not _same(job, run):
            continue
        try:
            settings = Settings.model_validate(json.loads((job.folder / "lab.json").read_bytes())["settings"])
            found = read_comparison(job.folder / RESULT)
        except (OSError, ValueError, KeyError, ValidationError, SimileError):
            continue
        if found is not None and settings.method == run.recipe.method and (found.target, found.rare) == event:
            yield found


def _fair_results(project: Project, run: Run) -> Iterator[tuple[Correction, FairnessPlan, Fairness]]:
    for job in fair_project.works(project):
        try:
            found = fair_project.result(job) if _same(job, run) else None
        except SimileError:
            continue
        if found is None:
            continue
        for correction in found.plan.corrections:
            engine = NETWORK if correction == "cut" else found.plan.engine
            if engine == run.recipe.method and found.arm(correction) is not None:
                yield correction, found.plan, found


def _same(job: Run, run: Run) -> bool:
    """Return whether an experiment was made on the table and by the rules of a run."""
    try:
        same = job.table_name == run.table_name and job.recipe.constraints == run.recipe.constraints
        return same and job.status().state == "done"
    except SimileError:
        return False


def _is_of(recipe: Recipe, correction: Correction, plan: FairnessPlan) -> bool:
    """Return whether a recipe is that of a plan's correction."""
    if correction == "cut":
        cut = {frozenset(pair) for pair in recipe.cuts}
        return bool(cut) and {frozenset(pair) for pair in cuts_of(plan)} == cut
    given = recipe.steering.given
    if given is not None:
        wanted = {*plan.sensitive, *([plan.target] if correction == "balance" else [])}
        return set(given.columns) == wanted
    if correction != "represent" or set(recipe.steering.shares) != set(plan.sensitive):
        return False
    shares = next(iter(recipe.steering.shares.values()))
    asked = plan.shares or dict.fromkeys(shares, sum(shares.values()) / len(shares))
    return all(abs(shares.get(name, 0.0) - share) < 0.005 for name, share in asked.items())


def _columns(project: Project, run: Run) -> tuple[Column, ...]:
    """Return the columns of the table of a run; none where its real rows were removed."""
    return () if project.removed is not None else project.table_of(run.table_name).columns


def _is_target(project: Project, run: Run, name: str) -> bool:
    return any(column.name == name and column.role is Role.TARGET for column in _columns(project, run))


def _reweighs(project: Project, run: Run) -> bool:
    """Return whether groups were given other shares, on a sensitive column of the table."""
    sensitive = {column.name for column in _columns(project, run) if column.role is Role.SENSITIVE}
    return bool(sensitive & set(run.recipe.steering.shares))
