"""Tries of an iteration as runs of the project: opened, compared and released like any other."""

from __future__ import annotations

import time

from synth_core.errors import ProjectError
from synth_core.project import Project
from synth_core.run import TRY, Run, Status, write_whole
from synth_core.table import Table
from synth_core.tuning.asking import validation_recipe, with_protection
from synth_core.tuning.loop import FILE, try_folder
from synth_core.tuning.record import Tuning

_OPENED = "opened"  # in the folder of a try: the run that was made of it


def open_try(project: Project, job: Run, number: int) -> Run:
    """Return the run that shows a try: its rows, learned from a part of the rows to learn from, and its judgement.

    It is made once; a try without a result raises ProjectError.
    """
    found = job.tuning()
    attempt = None if found is None else found.attempt(number)
    place = try_folder(job.folder, number)
    if attempt is None or attempt.problem or not (place / "synthesis.json").exists():
        raise ProjectError(f"Try {number} has no rows to look at. Choose one that was judged.")
    known = place / _OPENED
    if known.exists():
        try:
            return project.run(known.read_text(encoding="ascii"))
        except ProjectError:
            known.unlink()
    write_whole(place / TRY, str(number))  # goes with the rows
    recipe = validation_recipe(attempt.recipe)
    train, _ = project.table_of(job.table_name).split(attempt.recipe.holdout, attempt.recipe.seed)
    table = with_protection(train, attempt.protected)
    run = project.take_in(place, recipe, table, _status(attempt.seconds, f"Try {number} of an iteration"), of=job)
    write_whole(known, run.id)
    return run


def take_final(project: Project, job: Run, table: Table, found: Tuning) -> Run:
    """Make the last choice of an iteration a run of the project, write its id into the iteration, and return it."""
    chosen = found.attempt(found.chosen)
    if chosen is None or found.final is None:
        raise ProjectError("This iteration has no last choice yet.")
    protected = with_protection(table, chosen.protected)
    run = project.take_in(
        job.folder / "final", chosen.recipe, protected, _status(found.final.seconds, "Chosen by an iteration"), of=job
    )
    found.final = found.final.model_copy(update={"run": run.id})
    write_whole(job.folder / FILE, found.model_dump_json(indent=1))
    return run


def _status(seconds: float, note: str) -> Status:
    now = time.time()
    return Status(state="done", share=1.0, note=note, started=now - seconds, finished=now)
