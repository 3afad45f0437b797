"""Tries of an iteration as runs of the project: opened, compared and released like any other."""

from __future__ import annotations

import time
from pathlib import Path

from synth_core.errors import ProjectError
from synth_core.project import Project, taken_id
from synth_core.recipe import Recipe
from synth_core.run import TRY, Run, Status, write_whole
from synth_core.scorecard import Scorecard
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
    """Make the last choice of an iteration a run of the project, write its id into the iteration, and return it.

    Who was interrupted in between may ask again: the run is taken in once, and its own look is counted once.
    """
    chosen = found.attempt(found.chosen)
    if chosen is None or found.final is None:
        raise ProjectError("This iteration has no last choice yet.")
    protected = with_protection(table, chosen.protected)
    final = job.folder / "final"
    seen = 1 + looks(project, chosen.recipe, job.table_name, but=taken_id(final, of=job))
    run = same_work(project, chosen.recipe, protected.fingerprint[:16])  # the same rows twice are no second version
    if run is None:
        _note_looks(final / "scorecard.json", seen)
        status = _status(found.final.seconds, "Chosen by an iteration")
        run = project.take_in(final, chosen.recipe, protected, status, of=job)
    words = f"{found.final.sentence} {looks_words(seen)}".strip()
    found.final = found.final.model_copy(update={"run": run.id, "sentence": words})
    write_whole(job.folder / FILE, found.model_dump_json(indent=1))
    return run


def looks(project: Project, recipe: Recipe, table_name: str, *, but: str = "") -> int:
    """Return how many judged runs, ``but`` this one, looked at the rows that this recipe holds out; tries did not."""
    count = 0
    for run in project.runs():
        try:
            if run.id != but and run.is_judged and run.tried is None and run.table_name == table_name:
                count += (run.recipe.holdout, run.recipe.seed) == (recipe.holdout, recipe.seed)
        except ProjectError:
            continue
    return count


def looks_words(seen: int) -> str:
    """Return what it means that held-out rows were looked at so often; "" the first time.

    >>> looks_words(1), looks_words(3)[:43]
    ('', 'These held-out rows were looked at 3 times:')
    """
    if seen < 2:
        return ""
    return (
        f"These held-out rows were looked at {seen} times: what was chosen after a look is judged a little too kindly. "
        "Another seed holds out other rows."
    )


def same_work(project: Project, recipe: Recipe, table_name: str) -> Run | None:
    """Return the judged run that followed this very recipe on this very table; None where there is none."""
    for run in project.runs():
        try:
            if (
                run.is_judged
                and run.tried is None
                and run.table_name == table_name
                and _key(run.recipe) == _key(recipe)
            ):
                return run
        except ProjectError:
            continue
    return None


def _key(recipe: Recipe) -> dict[str, object]:
    return recipe.model_dump(exclude={"reason", "use", "minutes", "cluster"})


def _note_looks(path: Path, seen: int) -> None:
    if words := looks_words(seen):
        card = Scorecard.model_validate_json(path.read_text(encoding="utf-8"))
        if words not in card.notes:  # an interruption since
            write_whole(path, card.model_copy(update={"notes": [words, *card.notes]}).model_dump_json())


def _status(seconds: float, note: str) -> Status:
    now = time.time()
    return Status(state="done", share=1.0, note=note, started=now - seconds, finished=now)
