"""New extracts of a project's real table: held against it, kept with it, and learned from by a sibling project.

::

    <project>/extracts/<id>/   facts.json  drift.json  upload.csv (the file as it came)
    <sibling>/lineage.json     which project's recipe it repeats, and where the line began
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ValidationError

from synth_core import jobs
from synth_core import project as projects
from synth_core.errors import ProjectError, ReadingError
from synth_core.monitoring.drift import drift
from synth_core.monitoring.results import Drift
from synth_core.monitoring.schema import matched
from synth_core.progress import StageProgress, silent_stages
from synth_core.project import Project
from synth_core.reading import ColumnChoice, Reading, ReadOptions, read_bytes
from synth_core.run import Run, write_whole
from synth_core.scorecard import Scorecard, Verdict, verdicts
from synth_core.table import Role, Table
from synth_core.whole_files import storing


class Extract(BaseModel):
    """One extract that was looked at: ``sibling`` is the project that learned from it, "" for none."""

    id: str
    filename: str
    rows: int
    when: datetime
    sibling: str = ""


class _Lineage(BaseModel):
    root: str
    parent: str
    extract: str


@dataclass(frozen=True)
class Version:
    """A judged run on the line of extracts, with its scores and their verdicts."""

    project: Project
    run: Run
    label: str
    when: datetime
    card: Scorecard
    verdicts: tuple[Verdict, ...]


def look(
    project: Project,
    data: bytes,
    filename: str,
    *,
    table: Table | None = None,
    progress: StageProgress = silent_stages,
) -> Extract:
    """Hold an uploaded extract against the project's table, keep both, and return it.

    Raises
    ------
    InputError
        The file cannot be read, has too few rows, or shares no column with the table.
    """
    known = project.table if table is None else table
    progress("Read", 0, 1, "Reading the extract")
    reading = _read(data, filename, project)
    found = drift(known, reading, rules=project.rules, missing=project.draft.missing, progress=progress)
    kept = Extract(
        id=secrets.token_hex(8), filename=Path(filename).name[:120], rows=len(reading.table), when=datetime.now(UTC)
    )
    folder = _folder(project) / kept.id
    suffixes = "".join(re.findall(r"\.[A-Za-z0-9]{1,8}", filename)[-2:]).lower()
    with project.taking_rows(), storing():
        folder.mkdir(parents=True, mode=0o700)
        (folder / f"upload{suffixes or '.csv'}").write_bytes(data)
        write_whole(folder / "drift.json", found.model_dump_json())
        write_whole(folder / "facts.json", kept.model_dump_json())
    project.note("extract", {"rows": kept.rows, "sha256": hashlib.sha256(data).hexdigest()})
    return kept


def extracts(project: Project) -> list[Extract]:
    """Return the extracts that were looked at, newest first."""
    found = []
    for path in _folder(project).glob("*/facts.json"):
        try:
            found.append(Extract.model_validate_json(path.read_text(encoding="utf-8")))
        except (OSError, ValidationError, UnicodeDecodeError):
            continue
    return sorted(found, key=lambda one: one.when, reverse=True)


def drift_of(project: Project, extract: Extract) -> Drift:
    """Return what was found about an extract."""
    try:
        return Drift.model_validate_json((_folder(project) / extract.id / "drift.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        raise ProjectError("What was found about this extract cannot be read any more; upload it again.") from None


def forget(project: Project, extract: Extract) -> None:
    """Delete an extract with its file; a sibling project that learned from it stays."""
    shutil.rmtree(_folder(project) / extract.id, ignore_errors=True)


def regenerate(project: Project, extract: Extract, run: Run | None = None) -> tuple[Project, Run]:
    """Make a sibling project that learns from the extract with the same recipe, start its run, and return both.

    Columns, rules, intended use, targets, client and ledger go with it; the project itself stays as it is.

    Parameters
    ----------
    run
        The run whose recipe is repeated; None: the recipe that the project's next run would use.

    Raises
    ------
    InputError
        A rule reads a column that the extract lacks, or the run cannot start.
    """
    folder = _folder(project) / extract.id
    source = next(folder.glob("upload*"), None)
    if source is None:
        raise ProjectError("The file of this extract is gone; upload it again.")
    reading = _read(source.read_bytes(), extract.filename, project)
    recipe = project.draft if run is None else run.recipe
    if recipe.steering.given is not None:
        raise ProjectError(
            "This recipe completes given rows, which belong to the old table. Repeat the recipe of a run without them."
        )
    for rule in recipe.rules:
        lacking = [name for name in rule.columns_used if name not in reading.table.names]
        if lacking:
            raise ProjectError(
                f"The rule '{rule.sentence()}' reads '{lacking[0]}', which the new extract lacks. Switch the rule "
                "off and make a run without it, or bring an extract with that column."
            )
    name = _label(project, extract)
    sibling = projects.create(name, reading, source=source, filename=extract.filename, owner=project.owner)
    try:
        sibling.set_choices(_choices(project, reading))
        sibling.set_rules(project.rules)
        sibling.set_use(project.use)
        sibling.set_targets(project.targets)
        sibling.set_client(project.client)
        sibling.set_logo(project.logo)
        sibling.set_draft(recipe)
        if (project.folder / "releases.json").exists():  # people may be in both extracts: what is given away adds up
            shutil.copyfile(project.folder / "releases.json", sibling.folder / "releases.json")
        lineage = _Lineage(root=_root(project), parent=project.id, extract=extract.id)
        write_whole(sibling.folder / "lineage.json", lineage.model_dump_json())
        started = jobs.start(sibling, recipe)
    except BaseException:  # also what nobody expected: half a sibling is of no use
        shutil.rmtree(sibling.folder, ignore_errors=True)
        raise
    write_whole(folder / "facts.json", extract.model_copy(update={"sibling": sibling.id}).model_dump_json())
    return sibling, started


def versions(project: Project) -> list[Version]:
    """Return the judged runs of this project and of those that repeat its recipe on other extracts, oldest first.

    What-if runs are left out: they are no likeness of anything. So are tries of an iteration: what judged them also
    chose between them.
    """
    root = _root(project)
    found = []
    for one in projects.projects(project.owner):
        if _root(one) != root:
            continue
        targets = project.targets
        for run in one.runs():
            try:
                card = run.scorecard()
                if card is None or run.recipe.what_if is not None or run.tried is not None:
                    continue
            except ProjectError:
                continue
            judged = tuple(verdicts(card, targets))
            found.append(Version(one, run, one.label, run.started_at, card, judged))
    return sorted(found, key=lambda one: one.when)


def _folder(project: Project) -> Path:
    return project.folder / "extracts"


def _lineage_of(project: Project) -> _Lineage | None:
    try:
        return _Lineage.model_validate_json((project.folder / "lineage.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError, json.JSONDecodeError):
        return None


def _root(project: Project) -> str:
    known = _lineage_of(project)
    return project.id if known is None else known.root


def _label(project: Project, extract: Extract) -> str:
    base = re.sub(r" · extract of \d{4}-\d\d-\d\d.*$", "", project.label)
    return f"{base[:50]} · extract of {extract.when:%Y-%m-%d}"


def _read(data: bytes, filename: str, project: Project) -> Reading:
    """Read an extract as the project's file was read; where that does not fit, by fresh guesses."""
    kept = project.options
    fresh = ReadOptions(missing_tokens=kept.missing_tokens, sample_rows=kept.sample_rows)
    known = {column.name for column in project.table.columns if column.role is not Role.DROP}
    try:
        reading = read_bytes(data, filename, kept)
        if known & set(reading.table.names):
            return reading
    except ReadingError:
        pass
    return read_bytes(data, filename, fresh)


def _choices(project: Project, reading: Reading) -> dict[str, ColumnChoice]:
    """Return the project's choices, and the old kind for columns that the extract alone would be read otherwise."""
    names = set(reading.table.names)
    choices = {name: choice for name, choice in project.choices.items() if name in names}
    both = matched(project.table, reading.raw, reading.table, project.draft.missing)
    for column in both.now.columns:
        if reading.table.column(column.name).kind is not column.kind and column.name not in choices:
            choices[column.name] = ColumnChoice(kind=column.kind)
    return choices
