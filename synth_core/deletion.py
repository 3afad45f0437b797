"""Deleting a project or a run: work is ended first, then every file goes. What stays is one line that says so.

That line is in ``SIMILE_HOME/deleted.jsonl`` (see ``audit.py``): when, who, a hash of the project's id, and the last
hash of its own log, so that a log that was taken away earlier can be told to be its. No name, no count of rows.
"""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from synth_core import audit, jobs
from synth_core.errors import ProjectError
from synth_core.leftovers import sweep
from synth_core.owners import ANYONE, LOCAL, called
from synth_core.project import Project, home, open_project
from synth_core.quiet import where
from synth_core.retention import finish_removals
from synth_core.run import Run
from synth_core.testdata.orders import damaged, orders

_GOING = ".deleted"


def delete_project(project_id: str, owner: str = LOCAL) -> None:
    """Delete a project with its upload, tables, runs, side jobs and orders of test data; work at it is cancelled first.

    Raises
    ------
    ProjectError
        ``owner`` has no such project, or a file cannot be removed.
    """
    project = open_project(project_id, owner)
    going = project.folder.with_name(f".{project.id}{_GOING}")
    with project.held():  # nothing starts in it, and no rows are put into it, meanwhile
        of_it = [order for order in orders(ANYONE) if order.order.project == project.id]
        for order in (*of_it, *damaged()):  # one that cannot be read may be of this project, and is of use to nobody
            _end(order)
            _remove(order.folder)
        for run in (*project.runs(), *project.side_jobs()):
            _end(run)
        log = audit.check(project.log)
        about: audit.About = {"project": audit.text_hash(project.id), "lines": len(log.lines), "head": log.head}
        audit.note(tombstones(), called("" if owner == ANYONE else owner), "project deleted", about)
        project.folder.rename(going)  # from here on nobody opens it
    _remove(going)


def delete_run(project: Project, run_id: str) -> None:
    """Delete a run with its release, and the tables that no other run needs; work at it is cancelled first.

    What was taken away of it stays in the ledger: it is out.
    """
    run = project.run(run_id)
    with project.held():  # a run that starts meanwhile may need a table
        _end(run)
        project.note("run deleted", {"run": run.id})
        going = run.folder.with_name(f".{run.id}{_GOING}")
        run.folder.rename(going)
        _remove(going)
        now = Project(project.folder)  # another page may have changed its table
        needed = {now.table_name, *(one.table_name for one in (*now.runs(), *now.side_jobs()))}
        for table in (project.folder / "tables").glob("*"):
            if table.name not in needed:
                _remove(table)


def finish_deletions() -> None:
    """Remove what a deletion left that was cut short: the machine stopped in the midst of it."""
    for pattern in ("projects", "projects/*/runs"):
        for folder in home().glob(f"{pattern}/.*{_GOING}"):
            shutil.rmtree(folder, ignore_errors=True)


def tidy() -> None:
    """Finish what was promised to be gone, then sweep up what a killed studio left; the server does it at its start.

    What cannot be done is logged, and keeps nothing else from being done.
    """
    for task in (finish_deletions, finish_removals, lambda: sweep(home())):
        try:
            task()
        except Exception as error:  # whatever it is: the studio starts, and the rest is done
            sys.stderr.write(f"What was left behind is not wholly removed:\n{where(error)}\n")


def tombstones() -> Path:
    """Return where it is written down that projects were deleted."""
    return home() / "deleted.jsonl"


def _end(run: Run) -> None:
    """End the work at a run and wait until its processes are gone: they would write into a folder that goes."""
    if not run.status().active:
        return
    jobs.cancel(run)
    for _ in range(50):
        if not run.alive():
            return
        time.sleep(0.1)
    raise ProjectError("The work at this project does not end. Wait a moment, then delete it again.")


def _remove(folder: Path) -> None:
    for _ in range(10):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.1)
    raise ProjectError(
        f"Not every file could be removed from {folder.parent.name}/{folder.name} in SIMILE_HOME. Close what has them "
        "open, then start the studio again: it goes on with it."
    )
