"""What a project keeps of the fairness lab: the plan in hand, the work asked for, and its results."""

from __future__ import annotations

import hashlib
from pathlib import Path

from pydantic import ValidationError

from synth_core.errors import ProjectError
from synth_core.jobs import start_lab
from synth_core.labs.fair_corrections import Correction, FairnessPlan, corrected
from synth_core.labs.fair_groups import Decision, Groups
from synth_core.labs.fair_results import Fairness
from synth_core.labs.fairness import NAME
from synth_core.labs.work import RESULT
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.run import Run, write_whole


def kept_plan(project: Project) -> FairnessPlan:
    """Return the plan that was last kept; an empty one at first, or where columns of it are gone."""
    try:
        plan = FairnessPlan.model_validate_json(_plan_file(project).read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return FairnessPlan()
    gone = {*plan.sensitive, plan.target} - {*project.table.names, ""}
    return FairnessPlan() if gone else plan


def keep_plan(project: Project, plan: FairnessPlan) -> None:
    """Keep the plan for the next visit."""
    write_whole(_plan_file(project), plan.model_dump_json(indent=1))


def recipe_for(project: Project, plan: FairnessPlan) -> Recipe:
    """Return the recipe that the lab works by: the draft's rules, seed, holdout, and settings of the plan's engine."""
    draft = project.draft
    params = draft.params if draft.method == plan.engine else {}
    return draft.model_copy(update={"method": plan.engine, "params": params, "cluster": ""})


def key_of(table_print: str, recipe: Recipe, plan: FairnessPlan) -> str:
    """Return what changes whenever a result no longer answers for this table, these rules and this plan."""
    kept = recipe.model_dump_json(include={"method", "params", "constraints", "missing", "holdout", "seed"})
    text = table_print + kept + plan.model_dump_json()
    return f"{NAME}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def work(project: Project, plan: FairnessPlan) -> Run | None:
    """Return the lab's work on this very plan, or None when it was never asked for."""
    return project.lab(key_of(project.table_name, recipe_for(project, plan), plan))


def works(project: Project) -> list[Run]:
    """Return all work of this lab, newest first."""
    return [run for run in project.labs() if run.id.startswith(f"{NAME}-")]


def start(project: Project, plan: FairnessPlan) -> Run:
    """Start the lab on a plan, in a process of its own."""
    recipe = recipe_for(project, plan)
    return start_lab(project, NAME, key_of(project.table_name, recipe, plan), recipe, plan)


def result(run: Run | None) -> Fairness | None:
    """Return what the lab found, or None when there is nothing yet."""
    path = None if run is None else run.folder / RESULT
    if run is None or path is None or not path.exists() or run.status().state != "done":
        return None
    try:
        return Fairness.model_validate_json(path.read_text(encoding="utf-8"))
    except (ValidationError, UnicodeDecodeError):
        raise ProjectError("The file of this result is damaged. Run the fairness lab again.") from None


def latest(project: Project) -> Fairness | None:
    """Return the newest result, also of another plan or table."""
    return next((found for run in works(project) if (found := result(run)) is not None), None)


def use_correction(project: Project, plan: FairnessPlan, correction: Correction) -> Recipe:
    """Put a correction into the project's draft and return it; the rows asked for stay as many.

    What the draft steered before gives way; its engine stays unless the correction needs the Bayesian network.
    """
    draft = project.draft
    learnable, _ = project.table.split(draft.holdout, draft.seed)
    groups = Groups.learn(learnable, plan.sensitive)
    decision = Decision.learn(learnable, plan.target or None, plan.favourable or None)
    plan = plan.model_copy(update={"target": decision.target, "favourable": decision.favourable})
    if correction != "cut" and draft.method != plan.engine:
        draft = draft.model_copy(update={"method": plan.engine, "params": {}})
    recipe, given = corrected(correction, learnable, draft, plan, groups, decision)
    project.set_draft(recipe)
    if given is not None:
        project.set_given(given)
    return project.draft


def _plan_file(project: Project) -> Path:
    return project.folder / f"{NAME}.json"
