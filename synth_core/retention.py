"""How long a project keeps real rows: always, or until its first run is judged.

What goes: the upload, its cells as read, every table made from it, given rows, files of new extracts, and what engines
learned, which can hold real cells. What stays: the release, its scores and report, recipe, rules, ledger and audit log.
Without rows that were held out nothing further could be judged, so no more rows are made either.
"""

from __future__ import annotations

import json
import shutil
from contextlib import suppress
from pathlib import Path

from synth_core.errors import ProjectError
from synth_core.project import Project
from synth_core.run import Run, write_whole

_REAL = ("source", "raw.parquet", "raw.full.parquet", "raw.kept.npy", "tables", "given")
_LEARNED = ("model", "model.done", "learning", "scratch", "parts")
_JOBS = ("runs", "frontiers", "labs", "tunings")


def due(project: Project, ending: Run) -> bool:
    """Return whether the real rows go now that ``ending`` is over: a run is judged, and nothing else is at work."""
    if project.keeps_real_rows or project.removed is not None:
        return False
    jobs = [*project.runs(), *project.side_jobs()]
    judged = any(run.is_judged for run in project.runs())
    return judged and not any(job.status().active for job in jobs if job.folder != ending.folder)


def remove_real_rows(project: Project, *, who: str = "") -> None:
    """Remove the real rows of a project and what engines learned from them; once they are gone, this does nothing.

    Raises
    ------
    ProjectError
        A file cannot be removed.
    """
    if project.removed is None:
        project.note("real rows removed", {"table": project.table_name}, who=who)
        project.set_removed()
    left = []
    for path in (*(project.folder / name for name in _REAL), *project.folder.glob("extracts/*/upload*")):
        left += _gone(path)
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
