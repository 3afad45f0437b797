"""Demos that were run before: a project with its rules and finished runs, there at once.

A recording is ``assets/demo/<name>.recorded.zip``: ``rules.json`` and for each run the files of its folder that pages
read, as a worker left them. ``python -m tools.record_demo`` makes it with the same code that a run started in the app
goes through; nothing in it is written by hand.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

from synth_core import project as projects
from synth_core.constraints.kinds import rules_from_json
from synth_core.demos import DEMOS, FOLDER, demo_path
from synth_core.errors import InputError, ProjectError
from synth_core.owners import LOCAL
from synth_core.patterns import PATTERNS, Pattern
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read
from synth_core.recipe import Recipe, Use
from synth_core.run import Run
from synth_core.table import Role, did_you_mean

RULES = "rules.json"
KEPT = ("recipe.json", "facts.json", "status.json", "synthesis.json", "scorecard.json", "synthetic.parquet")
MARK = "recorded"  # in the folder of a run that came with the package
_OLD = "The recording of demo '{}' does not fit this version of Simile; `python -m tools.record_demo` makes it anew."


def create_demo(name: str, *, label: str = "", job: Pattern | None = None, owner: str = LOCAL) -> Project:
    """Return a new project with a demo table, its use, target and sensitive columns set.

    ``label``: the project's name, else the demo's title; ``job``: the path that it follows. Raises
    :class:`~synth_core.errors.InputError` where there is no such demo.
    """
    path = demo_path(name)
    demo = DEMOS[name]
    made = projects.create(label or demo.title, read(path), source=path, filename=path.name, owner=owner)
    made.set_use(Use(demo.use))
    roles = dict.fromkeys(demo.sensitive, Role.SENSITIVE)
    if demo.target:
        roles[demo.target] = Role.TARGET
    known = set(made.table.names)
    made.set_choices({column: ColumnChoice(role=role) for column, role in roles.items() if column in known})
    made.set_guide(job)
    return made


def recording_of(name: str) -> Path:
    """Return where the recording of a demo is, or would be."""
    return FOLDER / f"{name}.recorded.zip"


def recordings() -> list[str]:
    """Return the names of the demos that come with a recording."""
    return [name for name in DEMOS if recording_of(name).is_file()]


def open_recorded(name: str, owner: str = LOCAL) -> Project:
    """Return a new project with a demo's table, rules and finished runs, the last recorded one the newest.

    Raises
    ------
    InputError
        There is no recording of this name.
    ProjectError
        The recording was made from another table, or by a version that wrote other files.
    """
    if name not in recordings():
        known = ", ".join(recordings()) or "none"
        raise InputError(f"There is no recorded demo '{name}'. There is: {known}.{_near(name)}")
    job = next((path for path in PATTERNS.values() if path.demo == name), None)
    with zipfile.ZipFile(recording_of(name)) as archive:
        made = create_demo(name, label=f"{DEMOS[name].title} (recorded demo)", job=job, owner=owner)
        try:
            made.set_rules(rules_from_json(archive.read(RULES).decode()))
            folders = sorted({entry.split("/")[0] for entry in archive.namelist() if "/" in entry})
            for folder in folders:
                _take(made, archive, folder)
        except (KeyError, ValueError, ProjectError):
            shutil.rmtree(made.folder, ignore_errors=True)
            raise ProjectError(_OLD.format(name)) from None
    return made


def _near(name: str) -> str:
    return did_you_mean(name, recordings()).replace("columns", "recorded demos")


def _take(project: Project, archive: zipfile.ZipFile, folder: str) -> Run:
    """Make one recorded run a run of this project; ProjectError where it was made from other inputs."""
    run = project.new_run(Recipe.model_validate_json(archive.read(f"{folder}/recipe.json")))
    for name in KEPT:
        (run.folder / name).write_bytes(archive.read(f"{folder}/{name}"))
    (run.folder / MARK).touch()
    if run.stale(project) or run.table_name != project.table_name:
        raise ProjectError("This run was made from another table or other rules.")
    return run


def is_recorded(run: Run) -> bool:
    """Return whether a run came with the package; such a run was not made on this machine."""
    return (run.folder / MARK).exists()


def pack(project: Project, runs: list[Run], path: Path) -> Path:
    """Write the rules and finished runs of a project as a recording, in this order, and return its path.

    The same files give the same bytes.
    """
    rules = (project.folder / RULES).read_bytes() if (project.folder / RULES).exists() else json.dumps([]).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr(zipfile.ZipInfo(RULES), rules, zipfile.ZIP_DEFLATED, 9)
        for number, run in enumerate(runs, 1):
            for name in KEPT:
                entry = zipfile.ZipInfo(f"{number}/{name}")
                archive.writestr(entry, (run.folder / name).read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return path
