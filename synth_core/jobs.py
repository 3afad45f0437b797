"""Start, watch and cancel runs from outside: each is a process of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from synth_core.cluster import require_workers
from synth_core.errors import ProjectError, StorageError
from synth_core.estimates import resolved
from synth_core.frontier import Candidate, key_of
from synth_core.labs.work import RESULT
from synth_core.needs import require_memory
from synth_core.owners import ANYONE
from synth_core.partitions import release_in
from synth_core.project import DELETED, REMOVED, Project, home, projects
from synth_core.recipe import Recipe
from synth_core.remedies import Mended, Remedy
from synth_core.run import AUDIT, FULL, Run, Status, birth, write_whole
from synth_core.shadow_audit import fit_seconds, why_not
from synth_core.tried import same_work
from synth_core.tuning.asking import check_askable
from synth_core.tuning.record import Asked, reached
from synth_core.tuning.standing import held_against
from synth_core.whole_files import storing, whole_or_gone


def start(project: Project, recipe: Recipe) -> Run:
    """Start a run and return it at once.

    Raises
    ------
    InputError
        Another run of the project goes on, memory does not suffice, or the recipe's cluster does not answer.
    """
    with project.held():
        if project.active_run() is not None:
            raise ProjectError("A run of this project is in progress. Wait for it, or cancel it, then start another.")
        recipe = resolved(project.table, recipe)
        require_memory(project.table, recipe, judged=True)
        if recipe.cluster:
            require_workers(recipe.cluster)
        run = project.new_run(recipe)
        _begin(run)
    return run


def mend(project: Project, run: Run, remedy: Remedy) -> Run:
    """Start the run that a remedy of ``run`` asks for and return it at once; both can be compared when it is done.

    Raises
    ------
    InputError
        As :func:`start`; or the remedy cannot be applied, or the project's table is no longer that of ``run``.
    """
    if remedy.why_not:
        raise ProjectError(remedy.why_not)
    if run.table_name != project.table_name:
        raise ProjectError(
            "The table has changed since this run, so the two could not be compared. Generate again, then mend that."
        )
    if project.active_run() is not None:
        raise ProjectError("A run of this project is in progress. Wait for it, or cancel it, then apply this.")
    before = project.choices
    if remedy.protect:
        project.protect(remedy.protect)
    try:
        made = start(project, remedy.recipe)
    except BaseException:
        if remedy.protect:
            project.set_choices(before)
        raise
    write_whole(
        made.folder / "remedy.json",
        Mended(run=run.id, remedy=remedy.name, title=remedy.title).model_dump_json(),
    )
    return made


def resume(run: Run) -> None:
    """Go on with a run, or with an iteration, that was lost, cancelled or failed; finished parts are kept.

    Raises
    ------
    ProjectError
        It is at work, another of its project is, or the project, the run or the project's real rows are gone.
    """
    with _going_on(run, "This run is in progress already."):
        pass


def judge_again(run: Run, *, full: bool = False) -> None:
    """Judge a finished run anew, in a process of its own.

    full
        With the attacks that take minutes: guessing of sensitive columns and singling out. The scorecard that is
        there stays until the new one replaces it.

    Raises
    ------
    ProjectError
        As :func:`resume`; or its rows are gone.
    """
    with _going_on(run, "This run is in progress; it will be judged at its end."):
        if full:
            if release_in(run.folder) is None:
                raise ProjectError("The synthetic table of this run is gone. Generate again, then attack it.")
            with storing():
                (run.folder / FULL).touch()
        else:
            (run.folder / FULL).unlink(missing_ok=True)
            (run.folder / "scorecard.json").unlink(missing_ok=True)
        (run.folder / AUDIT).unlink(missing_ok=True)


def audit(run: Run) -> None:
    """Start the shadow audit of a judged run, in a process of its own; what it finds joins the scorecard.

    Raises
    ------
    ProjectError
        As :func:`resume`; or it is not judged, or its engine takes too long to be fitted many times.
    """
    with _going_on(run, "This run is in progress; it can be audited at its end."):
        synthesis = run.synthesis()
        if synthesis is None or not run.is_judged or release_in(run.folder) is None:
            raise ProjectError("The synthetic table of this run is gone. Generate again, then audit it.")
        if why := why_not(run.recipe, synthesis.rows_train, fit_seconds(synthesis)):
            raise ProjectError(why)
        write_whole(run.folder / AUDIT, "")


def measure(project: Project, recipe: Recipe, candidates: Sequence[Candidate]) -> Run:
    """Start measuring the frontier of ``candidates`` and return the measurement at once.

    One that is done, or at work, is returned as it is: the same question has the same answer. It waits for its place
    on the machine like a run, but a run of the project may be at work.
    """
    key = key_of(project.table_name, recipe, candidates)
    with project.held():
        known = project.measurement(key)
        if known is not None and (known.status().active or known.status().state == "done"):
            return known
        if any(other.status().active for other in project.measurements()):
            raise ProjectError("Another measurement of this project is at work. Wait for it, or cancel it.")
        require_memory(project.table, recipe, judged=False)
        job = project.new_measurement(key, recipe, TypeAdapter(list[Candidate]).dump_json(list(candidates)).decode())
        for name in ("cancel", "pid", "frontier.json"):
            (job.folder / name).unlink(missing_ok=True)
        _begin(job)
    return job


def start_lab(project: Project, lab: str, key: str, recipe: Recipe, settings: BaseModel) -> Run:
    """Start an experiment of the lab called ``lab`` and return it at once.

    One of this key that is done, or at work, is returned as it is: the same question has the same answer. It waits for
    its place on the machine like a run, but a run of the project may be at work.
    """
    text = json.dumps({"lab": lab, "settings": settings.model_dump(mode="json")})
    with project.held():
        known = project.lab(key)
        if known is not None and (known.status().active or known.status().state == "done"):
            return known
        if any(other.status().active for other in project.labs()):
            raise ProjectError("Another experiment of this project is at work. Wait for it, or cancel it.")
        require_memory(project.table, recipe, judged=False)
        job = project.new_lab(key, recipe, text)
        for name in ("cancel", "pid", RESULT):
            (job.folder / name).unlink(missing_ok=True)
        _begin(job)
    return job


def tune(project: Project, recipe: Recipe, asked: Asked) -> Run:
    """Start an iteration to the targets and return it at once; it waits for its place on the machine like a run.

    Raises
    ------
    InputError
        There is nothing to reach or to spend, nothing held out, too few rows, another iteration goes on, or a run by
        this very recipe holds every target already.
    """
    with project.held():
        if any(other.status().active for other in project.tunings()):
            raise ProjectError("An iteration of this project is at work. Wait for it, or cancel it.")
        recipe = resolved(project.table, recipe)
        check_askable(project.table, recipe, asked.targets, asked.budget)
        require_memory(project.table, recipe, judged=True)
        known = same_work(project, recipe, project.table_name)
        card = None if known is None else known.scorecard()
        if card is not None and reached(held_against(card, asked.targets)):
            raise ProjectError(
                "A run by this very recipe reaches every target already, so there is nothing to iterate for. Look at "
                "it on the Compare page, or change the recipe or the targets first."
            )
        job = project.new_tuning(recipe, asked.model_dump_json())
        _begin(job)
    return job


def cancel(run: Run) -> None:
    """End a run; what it had sampled is kept for a resume."""
    import psutil

    # says so to whoever looks while the process dies: without it the run would seem to be lost
    with suppress(OSError):  # the disk is full
        (run.folder / "cancel").touch()
    try:
        number = int((run.folder / "pid").read_text(encoding="ascii").split()[0])
        if run.alive():
            worker = psutil.Process(number)
            family = [*worker.children(recursive=True), worker]
            for process in family:
                process.terminate()
            _, left = psutil.wait_procs(family, timeout=1.5)
            for process in left:
                process.kill()
    except (OSError, ValueError, IndexError, psutil.Error):
        pass  # it is gone already
    shutil.rmtree(run.folder / "scratch", ignore_errors=True)  # of a measurement: its releases were for its eyes only
    status = run.status()
    if status.state in ("cancelled", "lost"):
        last: dict[str, object] = {"state": "cancelled", "note": "Cancelled"}
        extra = next((name for name in (AUDIT, FULL) if (run.folder / name).exists()), "")
        if extra and run.is_judged:
            (run.folder / extra).unlink()
            what = "The shadow audit was" if extra == AUDIT else "The full attacks were"
            last = {"state": "done", "share": 1.0, "note": f"{what} cancelled"}
        run.say_last(status.model_copy(update=last | {"finished": time.time(), "error": "", "seconds_left": None}))
    (run.folder / "cancel").unlink(missing_ok=True)


def queue_place(run: Run) -> int:
    """Return how many runs and measurements on this machine are before a queued one."""
    before = 0
    for project in projects(ANYONE):
        for other in (*project.runs(), *project.side_jobs()):
            if other.id != run.id and other.started_at < run.started_at and other.status().active:
                before += 1
    return before


def cancel_all() -> None:
    """End the runs that this process started: the studio is closing. They can be resumed later."""
    for project in projects(ANYONE):
        for run in (*project.runs(), *project.side_jobs()):
            if started_here(run) and run.status().active:
                cancel(run)


def started_here(run: Run) -> bool:
    """Return whether this process started the one that does this run."""
    try:
        return int((run.folder / "pid").read_text(encoding="ascii").split()[2]) == os.getpid()
    except (OSError, ValueError, IndexError):
        return False


def slots() -> int:
    """Return how many runs may work at once on this machine (``SIMILE_RUNS``, default 1)."""
    try:
        return max(1, int(os.environ.get("SIMILE_RUNS", "1")))
    except ValueError:
        return 1


@contextmanager
def _going_on(run: Run, refused: str) -> Iterator[None]:
    """Let one page or server at a time go on with a run that rests, and start its process afterwards.

    ProjectError with ``refused`` if it is at work; as :func:`resume` otherwise.
    """
    folder = run.folder.parent.parent
    if not folder.exists():
        raise ProjectError(DELETED)
    with Project(folder).held():
        if not run.folder.exists():
            raise ProjectError("This run was deleted.")
        if run.status().active:
            raise ProjectError(refused)
        project = Project(folder)  # another page may have changed it while this waited
        if project.removed is not None:
            raise ProjectError(REMOVED)
        if any(other.status().active for other in project.siblings(run)):
            raise ProjectError("Other work at this project is in progress. Wait for it, or cancel it, then go on.")
        yield
        before = run.status()
        (run.folder / "cancel").unlink(missing_ok=True)
        run.write_status(Status(note="Waiting to start"))
        try:
            _spawn(run)
        except StorageError:
            run.say_last(before)
            raise


def _begin(run: Run) -> None:
    """Start a job that has just been laid out; where its process cannot be started, nothing of it stays."""
    with whole_or_gone(run.folder):
        _spawn(run)


def _spawn(run: Run) -> None:
    start_process(run, "synth_core.worker")


def start_process(run: Run, module: str, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start ``python -m module FOLDER`` for a run, its output in the run's log, and remember it.

    Waiting OpenMP threads sleep: spinning costs others their cores.
    """
    environment = os.environ | {"OMP_WAIT_POLICY": "PASSIVE", "SIMILE_HOME": str(home())}
    with storing(), open(run.folder / "log.txt", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", module, str(run.folder)],
            cwd=Path(__file__).resolve().parent.parent,
            stdin=stdin,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            start_new_session=True,
        )
    try:
        remember_process(run, process.pid)
    except BaseException:  # nobody would know of it
        process.kill()
        process.wait()
        raise
    return process


def remember_process(run: Run, number: int) -> None:
    """Write down which process does this run, when it was born, and who started it."""
    write_whole(run.folder / "pid", f"{number} {birth(number) or '?'} {os.getpid()}")
