"""How long a project keeps real rows: always, or until its first run is judged.

What goes: the upload, its cells as read, every table made from it, given rows, files of new extracts, and what engines
learned, which can hold real cells; also what orders of test data learned, and what a stop left half written. What
stays: the release, its scores and report, recipe, rules, ledger and audit log.
Without rows that were held out nothing further could be judged, so no more rows are made either.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

from synth_core.errors import ProjectError
from synth_core.owners import ANYONE
from synth_core.project import Project, home, projects
from synth_core.run import Run, write_whole
from synth_core.whole_files import BUILDING

_REAL = ("source", "raw.parquet", "raw.full.parquet", "raw.kept.npy", "tables", "given")
_LEARNED = ("model", "model.done", "learning", "scratch", "parts")
_MADE = ("made", *_LEARNED)  # of an order of test data
_JOBS = ("runs", "frontiers", "labs", "tunings")


def due(project: Project, ending: Run) -> bool:
    """Return whether the real rows go now that ``ending`` is over: a run is judged, and nothing else is at work."""
    if project.keeps_real_rows or project.removed is not None:
        return False
    judged = any(run.is_judged for run in project.runs())
    return judged and not _at_work(project, ending)


def remove_when_due(project: Project, ending: Run) -> bool:
    """Remove the real rows where they go now that ``ending`` is over, and return whether they did.

    Raises
    ------
    ProjectError
        As :func:`remove_real_rows`.
    """
    with project.held():
        project = Project(project.folder)
        if not due(project, ending):
            return False
        _mark(project, "")
    _remove(project)
    return True


def remove_real_rows(project: Project, *, who: str = "") -> None:
    """Remove the real rows of a project and what engines learned from them; once they are gone, this does nothing.

    Raises
    ------
    ProjectError
        Something of the project is at work, or a file cannot be removed.
    """
    with project.held():
        if _at_work(project):
            raise ProjectError("Work of this project goes on. Wait for it, or cancel it, then remove its real rows.")
        if project.removed is None:
            _mark(project, who)
    _remove(project)


def finish_removals() -> None:
    """Remove the real rows that a removal left which was cut short: the machine stopped in the midst of it."""
    for project in projects(ANYONE):
        if project.removed is not None:
            with suppress(ProjectError):
                _remove(project)


def _at_work(project: Project, ending: Run | None = None) -> bool:
    jobs = [*project.runs(), *project.side_jobs(), *_orders(project)]
    return any(job.status().active for job in jobs if ending is None or job.folder != ending.folder)


def _orders(project: Project) -> list[Run]:
    """Return the orders of test data that learn from this project's table, or cannot be read and so may do so."""
    found = []
    for path in (home() / "testdata").glob("*/order.json"):
        with suppress(OSError):
            if _project_in(path.read_bytes()) in (project.id, None):
                found.append(Run(path.parent))
    return found


def _project_in(order: bytes) -> str | None:
    """Return the project that an order names ("" for none), see ``testdata/orders.py``; None where it is damaged."""
    try:
        about = json.loads(order)
    except ValueError:
        return None
    return str(about.get("project", "")) if isinstance(about, dict) else None


def _mark(project: Project, who: str) -> None:
    project.note("real rows removed", {"table": project.table_name}, who=who)
    project.set_removed()


def _remove(project: Project) -> None:
    left = []
    for path in (*(project.folder / name for name in _REAL), *project.folder.glob("extracts/*/upload*")):
        left += _gone(path)
    for path in project.folder.glob(f".raw.*{BUILDING}"):  # nobody may put rows in any more
        left += _gone(path)
    for order in _orders(project):
        for name in _MADE:
            left += _gone(order.folder / name)
    for kind in _JOBS:
        for run in (project.folder / kind).glob("*"):
            losses = Run(run).losses()
            for name in _LEARNED:
                for path in sorted(run.rglob(name)):
                    left += _gone(path)
            if losses:
                (run / "learning").mkdir(exist_ok=True, mode=0o700)
                write_whole(run / "learning" / "losses.json", json.dumps(losses))
    if left:
        raise ProjectError(
            f"{len(left)} files with real rows could not be removed. Close what has them open, then run "
            f"'simile remove-real-rows {project.id}'."
        )


def _gone(path: Path) -> list[Path]:
    """Remove a file or a folder; return it where it is still there."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        with suppress(OSError):
            path.unlink(missing_ok=True)
    return [path] if path.exists() else []
