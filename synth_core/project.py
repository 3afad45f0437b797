"""A project is a folder: the table, the rules, the recipe and every run. Nothing of value lives anywhere else.

::

    SIMILE_HOME/projects/<id>/
        project.json            label, use, targets, reading options, column choices
        source/upload.csv       the file as it came
        raw.parquet             its cells as read (raw.full.parquet: all rows, while some are dropped)
        tables/<print>/         the table with its kinds and roles; a new folder whenever these change
        rules.json  draft.json  fairness.json (the question of the Fairness lab)
        releases.json           the ledger: what was taken away, made from these rows
        audit.jsonl audit.head  who did what, when, to which bytes; see ``audit.py``
        logo                    for the report, a PNG or JPEG
        given/<print>/          rows of which some columns are given, for runs that complete them
        runs/<id>/              see ``run.py``
        frontiers/<key>/  labs/<key>/   measurements and experiments beside the runs, laid out like these
        tunings/<id>/           iterations to the targets, each a folder like a run's; see ``tuning/loop.py``

Ids are 128 random bits; labels are words for people and never become paths. A project belongs to its owner
(``owners.py``); to anybody else it does not exist.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import stat
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from pydantic import AwareDatetime, BaseModel, Field, ValidationError

from synth_core import audit
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import rules_from_json, rules_to_json
from synth_core.databases import Question, read_query
from synth_core.errors import ConstraintError, ProjectError, ReadingError, StorageError
from synth_core.inference import read_anew, with_cells, with_choices
from synth_core.kept_tables import is_kept
from synth_core.ledger import Entry, entry_of, file_hash, read_ledger, write_down
from synth_core.owners import ANYONE, LOCAL, called, owns
from synth_core.partitions import release_in
from synth_core.patterns import PATTERNS, Pattern
from synth_core.raw_cells import open_cells, save_cells
from synth_core.reading import ColumnChoice, Reading, ReadOptions, read, table_from_frame
from synth_core.recipe import AUTO, Recipe, Use, cluster_address
from synth_core.report import check_logo
from synth_core.run import Run, Status, write_whole
from synth_core.scorecard import Target, default_targets
from synth_core.steering.asks import Steering
from synth_core.steering.given import GivenRows
from synth_core.table import Table
from synth_core.whole_files import locked, refusal, replace_whole, storing, whole_or_gone
from synth_core.writing import open_table, save_table

VERSION = 1
_ID = re.compile(r"[0-9a-f]{32}")
_BESIDE = {"frontiers": "measure", "labs": "experiment", "tunings": "iterate"}  # as the log calls it
REMOVED = (
    "The real rows of this project were removed. The release and its report are still here; "
    "anything that needs real rows starts with uploading the table again, as a new project."
)
DELETED = "This project was deleted."


class _Facts(BaseModel):
    """What ``project.json`` holds."""

    version: int = VERSION
    label: str
    created: AwareDatetime
    opened: AwareDatetime
    filename: str = ""
    use: Use = Use.SHARE
    table: str = ""
    options: ReadOptions = Field(default_factory=ReadOptions)
    choices: dict[str, ColumnChoice] = Field(default_factory=dict)
    targets: dict[str, list[Target]] = Field(default_factory=dict)
    notes: list[str] = Field(default_factory=list)
    sheets: list[str] = Field(default_factory=list)
    evidence: dict[str, str] = Field(default_factory=dict)
    question: Question | None = None
    cluster: str = ""
    client: str = ""
    guide: str = ""
    owner: str = LOCAL
    keeps_real_rows: bool = True
    removed: datetime | None = None
    rows: int = 0


def home() -> Path:
    """Return the folder that holds everything (``SIMILE_HOME``, else ``~/.simile``), made with mode 0700."""
    folder = Path(os.environ.get("SIMILE_HOME") or Path.home() / ".simile")
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / "projects").mkdir(exist_ok=True, mode=0o700)
        _close_to_others(folder)
    except OSError as error:
        taken = "it is a file" if folder.is_file() else str(error.strerror).lower()
        raise ProjectError(
            f"The folder for projects, {folder}, cannot be made: {taken}. Set SIMILE_HOME to one that can."
        ) from None
    return folder


def _close_to_others(folder: Path) -> None:
    """Take a folder of ours that others can open from them; not the user's home, and not one that all share (/tmp)."""
    for one in (folder, folder / "projects"):
        facts = one.stat()
        shared = facts.st_mode & stat.S_ISVTX or one.resolve() == Path.home().resolve()
        if facts.st_uid == os.geteuid() and facts.st_mode & 0o077 and not shared:
            one.chmod(0o700)


class Project:
    """One table on its way from upload to release."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.id = folder.name
        self._table: Table | None = None
        self._facts = self._read_facts()

    def _read_facts(self) -> _Facts:
        try:
            facts = _Facts.model_validate_json((self.folder / "project.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            raise ProjectError(
                "This project cannot be opened: its project.json is missing or damaged. "
                "Its files are untouched; start a new project from the table."
            ) from None
        if facts.version > VERSION:
            raise ProjectError("This project was made by a newer Simile. Update this one, then open it.")
        return facts

    # what it is

    @property
    def label(self) -> str:
        """The name people gave it."""
        return self._facts.label

    @property
    def created(self) -> datetime:
        """When it was made (UTC)."""
        return self._facts.created

    @property
    def opened(self) -> datetime:
        """When it was last changed (UTC)."""
        return self._facts.opened

    @property
    def filename(self) -> str:
        """Name of the uploaded file."""
        return self._facts.filename

    @property
    def notes(self) -> list[str]:
        """What reading the file found, in sentences."""
        return self._facts.notes

    @property
    def sheets(self) -> list[str]:
        """Sheets of the uploaded workbook; empty for other files."""
        return self._facts.sheets

    @property
    def evidence(self) -> dict[str, str]:
        """What each guess about the file was drawn from, by the name of the option."""
        return self._facts.evidence

    @property
    def options(self) -> ReadOptions:
        """How the file was read."""
        return self._facts.options

    @property
    def question(self) -> Question | None:
        """What was asked of a database, without user and password; None for a file."""
        return self._facts.question

    @property
    def owner(self) -> str:
        """Whose it is: ``LOCAL``, or the id of someone who signed in."""
        return self._facts.owner

    def hand_over(self, owner: str) -> None:
        """Give it to another owner, on behalf of whoever runs this machine."""
        before = called(self.owner)
        self.note("handed over", {"from": before, "to": called(owner)}, who="local")
        self._save(owner=owner)

    # who did what

    @property
    def log(self) -> Path:
        """Where the audit log is."""
        return self.folder / audit.NAME

    def note(self, what: str, about: Mapping[str, audit.Value] | None = None, *, who: str = "") -> None:
        """Add a line to the audit log: what the owner did, with hashes and counts, never a value or a name."""
        audit.note(self.log, who or called(self.owner), what, about)

    # one at a time

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let one page, server or worker at a time start work in it, put rows into it, take them out, or delete it.

        Not to be nested: the lock is held by the open file, so a second one waits for the first.
        ProjectError where it was deleted.
        """
        with ExitStack() as held:
            try:
                held.enter_context(locked(self.folder / "starting"))
            except StorageError:
                if self.folder.exists():
                    raise
                raise ProjectError(DELETED) from None
            if not (self.folder / "project.json").exists():  # deleted while this waited
                raise ProjectError(DELETED)
            yield

    @contextmanager
    def taking_rows(self) -> Iterator[None]:
        """As :meth:`held`, to put real rows into it; ProjectError where they were removed for good."""
        with self.held():
            if self._read_facts().removed is not None:  # perhaps by another process
                raise ProjectError(REMOVED)
            yield

    # how long it keeps real rows

    @property
    def keeps_real_rows(self) -> bool:
        """Whether the upload and the tables made from it stay after a run; see ``retention.py``."""
        return self._facts.keeps_real_rows

    def set_keeps_real_rows(self, keeps: bool) -> None:
        """Say whether the real rows stay after the next run that is judged."""
        if keeps != self.keeps_real_rows:
            self.note("retention", {"keeps_real_rows": keeps})
            self._save(keeps_real_rows=keeps)

    @property
    def removed(self) -> datetime | None:
        """When its real rows were removed (UTC); None while they are here."""
        return self._facts.removed

    def set_removed(self) -> None:
        """Write down that the real rows are being removed."""
        rows = self.rows
        self._save(removed=datetime.now(UTC), rows=rows)
        self.drop_table()

    def rename(self, label: str) -> None:
        """Give the project another name."""
        self._save(label=_label(label))

    # the table

    @property
    def table(self) -> Table:
        """The table with its kinds and roles."""
        if self._table is None:
            self._table = self.table_of(self._facts.table)
        return self._table

    @property
    def rows(self) -> int:
        """How many rows the table has, without reading it."""
        if self._table is not None:
            return len(self._table)
        if self.removed is not None:
            return self._facts.rows
        try:
            return int(pq.ParquetFile(self.folder / "tables" / self.table_name / "table.parquet").metadata.num_rows)
        except (OSError, ValueError):
            return len(self.table)

    def drop_table(self) -> None:
        """Keep the table in memory no longer."""
        self._table = None

    def table_of(self, name: str) -> Table:
        """Return the table kept under ``tables/<name>``: a run names the one that it used."""
        if self.removed is not None:
            raise ProjectError(REMOVED)
        try:
            return open_table(self.folder / "tables" / name)
        except (OSError, ValueError, KeyError, TypeError):
            raise ProjectError(
                f"The table of project '{self.label}' cannot be read any more. Upload the file again to go on."
            ) from None

    @property
    def table_name(self) -> str:
        """Name of the folder under ``tables/`` that holds the current table."""
        return self._facts.table

    @property
    def choices(self) -> dict[str, ColumnChoice]:
        """What the user changed about columns, by column name."""
        return dict(self._facts.choices)

    def set_choices(self, choices: dict[str, ColumnChoice]) -> Table:
        """Rebuild the table with these choices (all of them, not only new ones) and return it."""
        with self.taking_rows():
            return self._choose(choices)

    def _choose(self, choices: dict[str, ColumnChoice]) -> Table:
        if choices != self._facts.choices:
            quick = with_choices(self.table, self._facts.choices, choices)
            if quick is not None:
                return self._put_table(quick, choices=choices)
        missing = self._facts.options.missing_tokens
        if choices != self._facts.choices and choices.keys() <= set(self.table.names):
            anew = read_anew(self.table, self._facts.choices, choices)
            some = self._cells(anew)
            if len(anew) == some.shape[1] and "text" in some.attrs:
                return self._put_table(with_cells(self.table, some, choices, missing), choices=choices)
        raw = self._cells()
        return self._put_table(table_from_frame(raw, self.label, choices, missing), choices=choices)

    def _cells(self, names: Sequence[str] | None = None, *, every_row: bool = False) -> pd.DataFrame:
        """Return the cells as read, of these columns; with ``every_row`` those that are left out too."""
        try:
            return open_cells(self._full if every_row else self.folder / "raw.parquet", names)
        except (OSError, ValueError, KeyError, TypeError):
            raise ProjectError(
                f"The cells of project '{self.label}' as they were read are damaged or gone. Read the file again on "
                "the Upload page, or upload it anew."
            ) from None

    def protect(self, name: str) -> Table:
        """Keep the rare and the outermost values of a column out of every release to come; return the table."""
        kept = self.choices.get(name, ColumnChoice()).model_copy(update={"protect": True})
        return self.set_choices(self.choices | {name: kept})

    def read_again(self, options: ReadOptions) -> Table:
        """Read the uploaded file with other options; choices for columns that still exist are kept."""
        if self.question is not None:
            raise ProjectError("This table came from a database; ask it again, with user and password.")
        if self.removed is not None:
            raise ProjectError(REMOVED)
        source = next(iter((self.folder / "source").glob("*")), None)
        if source is None:
            raise ProjectError("The file of this project is gone, so it cannot be read again. Upload it anew.")
        try:
            return self._take(read(source, options, name=self.label))
        except ReadingError as error:  # people know the file by the name that it came with
            raise type(error)(str(error).replace(f"'{source.name}'", f"'{self.filename or source.name}'")) from None

    def ask_again(self, question: Question, *, user: str | None = None, password: str | None = None) -> Table:
        """Ask the database anew; choices for columns that still exist are kept, user and password are not."""
        reading = read_query(
            question.url, question.query, user=user, password=password, name=self.label,
            limit_rows=question.limit_rows, timeout_s=question.timeout_s,
        )  # fmt: skip
        return self._take(reading, question=question)

    def _take(self, reading: Reading, **facts: Any) -> Table:
        with self.taking_rows():
            return self._put_reading(reading, **facts)

    def _put_reading(self, reading: Reading, **facts: Any) -> Table:
        choices = {n: c for n, c in self._facts.choices.items() if n in reading.table.names}
        table = replace(reading.table, name=self.label)
        if choices:
            table = table_from_frame(reading.raw, self.label, choices, reading.options.missing_tokens)
        self._keep_table(table)  # first what is harmless where the disk is full
        save_cells(reading.raw, self.folder / "raw.parquet")
        self._full.unlink(missing_ok=True)
        self._kept.unlink(missing_ok=True)
        self.note("read again", {"rows": len(table), "columns": len(table.columns), "table": table.fingerprint})
        return self._put_table(
            table,
            choices=choices,
            options=reading.options,
            notes=reading.notes,
            sheets=reading.sheets,
            evidence=reading.evidence,
            **facts,
        )

    def drop_rows(self, dropped: npt.NDArray[np.bool_]) -> Table:
        """Leave these rows (one bool per row) of the real table out from now on; they can be brought back."""
        kept = self.kept_rows
        kept[np.flatnonzero(kept)[dropped]] = False
        return self.keep_rows(kept)

    @property
    def kept_rows(self) -> npt.NDArray[np.bool_]:
        """Which of all rows of the real table are not left out, one bool per row."""
        if not self._full.exists():
            return np.ones(self.rows, dtype=bool)
        if not self._kept.exists():
            raise ProjectError("Rows were left out by an older version. Bring them back first.")
        try:
            return np.asarray(np.load(self._kept, allow_pickle=False), dtype=bool)
        except (OSError, ValueError, EOFError):
            raise ProjectError("Which rows were left out cannot be read any more. Bring them back first.") from None

    def keep_rows(self, kept: npt.NDArray[np.bool_]) -> Table:
        """Leave out all rows of the real table but these (one bool per row of all rows)."""
        if kept.all():
            return self.bring_back()
        with self.taking_rows():
            return self._keep(kept)

    def _keep(self, kept: npt.NDArray[np.bool_]) -> Table:
        if not self._full.exists():
            save_cells(self._cells(), self._full)
        save_cells(self._cells(every_row=True)[kept], self.folder / "raw.parquet")
        replace_whole(self._kept, lambda path: _save_mask(path, kept))
        return self._choose(self.choices)

    def bring_back(self) -> Table:
        """Take dropped rows in again."""
        with self.taking_rows():
            if self._full.exists():
                self._full.replace(self.folder / "raw.parquet")
                self._kept.unlink(missing_ok=True)
            return self._choose(self.choices)

    @property
    def dropped(self) -> int:
        """How many rows of the real table are left out."""
        return pq.ParquetFile(self._full).metadata.num_rows - self.rows if self._full.exists() else 0

    @property
    def _full(self) -> Path:
        """The cells of every row, kept while some are dropped."""
        return self.folder / "raw.full.parquet"

    @property
    def _kept(self) -> Path:
        """Which rows of ``raw.full.parquet`` are kept."""
        return self.folder / "raw.kept.npy"

    def _keep_table(self, table: Table) -> None:
        folder = self.folder / "tables" / table.fingerprint[:16]
        if not is_kept(folder):
            save_table(table, folder)

    def _put_table(self, table: Table, **facts: Any) -> Table:
        name = table.fingerprint[:16]
        self._keep_table(table)
        if name != self._facts.table:
            roles = Counter(f"role {column.role.value}" for column in table.columns)
            kinds = Counter(f"kind {column.kind.value}" for column in table.columns)
            self.note("table", {"rows": len(table), **roles, **kinds, "table": table.fingerprint})
        self._save(table=name, **facts)
        self._table = table
        return table

    # rules, use, targets, draft

    @property
    def rules(self) -> list[Constraint]:
        """The rules, in the user's order."""
        path = self.folder / "rules.json"
        try:
            return rules_from_json(path.read_text(encoding="utf-8")) if path.exists() else []
        except (OSError, UnicodeDecodeError, ConstraintError):
            raise ProjectError(_damaged("rules", "rules.json", "the project then has no rules")) from None

    def set_rules(self, rules: Sequence[Constraint]) -> None:
        """Replace the rules."""
        path, text = self.folder / "rules.json", rules_to_json(list(rules))
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            on = sum(rule.enabled for rule in rules)
            self.note("rules", {"rules": len(rules), "on": on, "sha256": audit.text_hash(text)})
            write_whole(path, text)
        self._save()

    @property
    def use(self) -> Use:
        """What the synthetic table is for."""
        return self._facts.use

    def set_use(self, use: Use) -> None:
        """Say what the synthetic table is for; it decides the targets."""
        if use is not self.use:
            self.note("use", {"use": use.value})
        self._save(use=use)

    @property
    def guide(self) -> Pattern | None:
        """The path that this project follows, if it follows one."""
        return PATTERNS.get(self._facts.guide)

    def set_guide(self, path: Pattern | None) -> None:
        """Follow a path from its start, with its use and its defaults; None leaves it, and changes nothing else."""
        if path is not None:
            self.set_draft(path.start(self.draft))
            self._save(use=path.use)
        self._save(guide=path.name if path is not None else "")

    @property
    def targets(self) -> list[Target]:
        """Targets of the current use: the user's, else the defaults; those of attacks on request join older ones."""
        known = self._facts.targets.get(self.use.value)
        if not known:
            return default_targets(self.use)
        names = {target.score for target in known}
        return [*known, *(one for one in default_targets(self.use) if one.when_run and one.score not in names)]

    def set_targets(self, targets: Sequence[Target] | None) -> None:
        """Keep edited targets for the current use; None goes back to the defaults."""
        kept = {use: value for use, value in self._facts.targets.items() if use != self.use.value}
        if targets != self._facts.targets.get(self.use.value):
            text = json.dumps([target.model_dump(mode="json") for target in targets or ()])
            self.note("targets", {"use": self.use.value, "own": bool(targets), "sha256": audit.text_hash(text)})
        self._save(targets=kept | ({self.use.value: list(targets)} if targets else {}))

    @property
    def draft(self) -> Recipe:
        """The recipe that the next run will use, with the project's rules and use."""
        path = self.folder / "draft.json"
        try:
            draft = Recipe.model_validate_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            draft = Recipe(method=AUTO, rows=max(self.rows, 1))
        except (OSError, ValidationError, UnicodeDecodeError):
            raise ProjectError(_damaged("recipe for the next run", "draft.json", "the usual one then stands")) from None
        missing = {name: choice.missing for name, choice in self._facts.choices.items() if choice.missing}
        told = {"constraints": self.rules, "use": self.use, "missing": missing, "cluster": self.cluster}
        return draft.model_copy(update=told)

    @property
    def cluster(self) -> str:
        """Address of the dask scheduler whose workers make the rows; "": this machine."""
        return self._facts.cluster

    def set_cluster(self, address: str) -> None:
        """Say where runs are made; :class:`ProjectError` says what an address looks like."""
        try:
            self._save(cluster=cluster_address(address))
        except ValueError as error:
            raise ProjectError(f"'{address[:60]}' is not an address: {error}.") from None

    def set_draft(self, recipe: Recipe) -> None:
        """Keep the recipe for the next run."""
        write_whole(self.folder / "draft.json", recipe.model_copy(update={"constraints": []}).model_dump_json())
        self._save()

    def set_given(self, rows: GivenRows | None) -> None:
        """Let the next run complete these rows (kept in the project's folder); None: make rows freely again."""
        draft = self.draft
        steering = draft.steering.model_copy(update={"given": None if rows is None else rows.described})
        changed: dict[str, Any] = {"steering": steering}
        if rows is not None and steering.given is not None:
            kept = [column for column in self.table.columns if column.name in rows.frame.columns]
            names = [column.name for column in kept]
            with self.taking_rows():
                save_table(Table(rows.frame[names], tuple(kept)), self._given_folder(steering.given.fingerprint))
            steering = Steering(given=steering.given)
            changed = {"steering": steering, "rows": len(rows.frame)}
        self.set_draft(draft.model_copy(update=changed))

    def given_rows(self, recipe: Recipe) -> GivenRows | None:
        """Return the rows that a recipe of this project completes; None where it makes rows freely."""
        given = recipe.steering.given
        if given is None:
            return None
        try:
            kept = open_table(self._given_folder(given.fingerprint))
        except (OSError, ValueError, KeyError, TypeError):
            raise ProjectError(
                "The given rows of this recipe are gone from the project; bring their file again."
            ) from None
        return GivenRows(kept.frame[list(given.columns)])

    def _given_folder(self, fingerprint: str) -> Path:
        return self.folder / "given" / fingerprint[:32]

    @property
    def input_print(self) -> str:
        """Changes whenever a finished run no longer shows what the project now says: table or rules."""
        rules = [rule.model_dump(mode="json") for rule in self.rules if rule.enabled]
        text = self._facts.table + json.dumps(rules, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    # releases and the report

    def releases(self) -> list[Entry]:
        """Return every release that was taken from this project, the first first.

        All of them came from the rows of one upload; an entry's ``table`` says in which form of it.
        """
        return read_ledger(self.folder / "releases.json")

    def record_release(self, run: Run, form: str, *, override: str = "") -> Entry:
        """Write down that the rows of a run were taken away, and return the entry."""
        release, recipe, made = release_in(run.folder), run.recipe, run.synthesis()
        if release is None or made is None:
            raise ProjectError("The synthetic table of this run is gone. Generate again, then take it.")
        entry = entry_of(
            release,
            table=made.fingerprint or self.table_of(run.table_name).fingerprint,
            rows=made.rows,
            method=recipe.method,
            seed=recipe.seed,
            forms=[form],
            override=override,
        )
        about: audit.About = {"run": run.id, "form": form, "rows": entry.rows, "sha256": entry.sha256}
        if override:
            about |= {"override": True, "reason_sha256": audit.text_hash(override.strip())}
        self.note("download", about)
        write_down(self.folder / "releases.json", entry)
        return entry

    @property
    def client(self) -> str:
        """For whom the report is made."""
        return self._facts.client

    def set_client(self, name: str) -> None:
        """Say for whom the report is made."""
        self._save(client=" ".join(name.split())[:80])

    @property
    def logo(self) -> bytes:
        """The logo of the report; empty where there is none."""
        try:
            return (self.folder / "logo").read_bytes()
        except OSError:
            return b""

    def set_logo(self, data: bytes) -> None:
        """Keep a logo for the report (PNG or JPEG, up to 300 kB); empty bytes take it away."""
        if not data:
            (self.folder / "logo").unlink(missing_ok=True)
            return
        check_logo(data)
        replace_whole(self.folder / "logo", lambda path: path.write_bytes(data))

    # runs

    def runs(self) -> list[Run]:
        """Return every run, newest first."""
        return self._jobs("runs")

    def run(self, run_id: str) -> Run:
        """Return one run; :class:`ProjectError` when there is none of this id."""
        folder = self.folder / "runs" / run_id
        if not _ID.fullmatch(run_id) or not (folder / "recipe.json").exists():
            raise ProjectError("There is no such run in this project. Choose one from its history.")
        return Run(folder)

    def rows_made(self) -> int:
        """Return how many synthetic rows the finished runs have made from the current table, all together.

        What of them was given away is in :meth:`releases`.
        """
        done = (run for run in self.runs() if run.table_name == self.table_name and run.status().state == "done")
        return sum(run.recipe.rows for run in done)

    def latest_done(self) -> Run | None:
        """Return the newest run with a synthetic table, or None; one that is being attacked further has one too."""
        return next((run for run in self.runs() if run.is_judged or run.status().state == "done"), None)

    def active_run(self) -> Run | None:
        """Return the run in progress or waiting, or None."""
        return next((run for run in self.runs() if run.status().active), None)

    def new_run(self, recipe: Recipe) -> Run:
        """Make the folder of a new run (not started)."""
        folder = self.folder / "runs" / secrets.token_hex(16)
        with storing():
            folder.mkdir(parents=True, mode=0o700)
        with whole_or_gone(folder):
            run = Run.lay_out(folder, recipe, table=self._facts.table, input_print=self.input_print)
            self.note_job("generate", run)
        return run

    def note_job(self, what: str, run: Run) -> None:
        """Log that a run, or work beside the runs, was asked for."""
        recipe = file_hash(run.folder / "recipe.json")
        self.note(what, {"run": run.id, "table": run.table_name, "recipe_sha256": recipe})

    def measurements(self) -> list[Run]:
        """Return every measurement of the frontier, newest first; each is a folder like a run's."""
        return self._jobs("frontiers")

    def labs(self) -> list[Run]:
        """Return every experiment of a lab, newest first; each is a folder like a run's."""
        return self._jobs("labs")

    def side_jobs(self) -> list[Run]:
        """Return measurements, experiments and iterations: work beside the runs."""
        return [*self.measurements(), *self.labs(), *self.tunings()]

    def siblings(self, run: Run) -> list[Run]:
        """Return the other runs, or whatever kind of work ``run`` is, newest first."""
        return [other for other in self._jobs(run.folder.parent.name) if other.id != run.id]

    def _jobs(self, kind: str) -> list[Run]:
        folder = self.folder / kind
        inside = [path for path in folder.iterdir() if not path.name.startswith(".")] if folder.is_dir() else []
        found = [Run(path) for path in inside if (path / "recipe.json").exists()]
        return sorted(found, key=lambda run: run.turn, reverse=True)

    def _job(self, kind: str, key: str) -> Run | None:
        folder = self.folder / kind / key
        return Run(folder) if (folder / "recipe.json").exists() else None

    def _new_job(self, kind: str, key: str, recipe: Recipe, file: str, asked: str) -> Run:
        folder = self.folder / kind / key
        with storing():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        with whole_or_gone(folder):
            write_whole(folder / file, asked)
            run = Run.lay_out(folder, recipe, table=self._facts.table, input_print=self.input_print)
            self.note_job(_BESIDE[kind], run)
        return run

    def measurement(self, key: str) -> Run | None:
        """Return the measurement of this key, or None when it was never asked for."""
        return self._job("frontiers", key)

    def new_measurement(self, key: str, recipe: Recipe, candidates: str) -> Run:
        """Make the folder of a measurement of these candidates (JSON), not started."""
        return self._new_job("frontiers", key, recipe, "candidates.json", candidates)

    def lab(self, key: str) -> Run | None:
        """Return the experiment of this key, or None when it was never asked for."""
        return self._job("labs", key)

    def new_lab(self, key: str, recipe: Recipe, job: str) -> Run:
        """Make the folder of a lab's experiment (``job``: its name and settings as JSON), not started."""
        return self._new_job("labs", key, recipe, "lab.json", job)

    def tunings(self) -> list[Run]:
        """Return every iteration to the targets, newest first; each is a folder like a run's."""
        return self._jobs("tunings")

    def new_tuning(self, recipe: Recipe, asked: str) -> Run:
        """Make the folder of an iteration with these targets and this budget (JSON), not started."""
        return self._new_job("tunings", secrets.token_hex(16), recipe, "asked.json", asked)

    def take_in(self, made: Path, recipe: Recipe, table: Table, status: Status, *, of: Run) -> Run:
        """Make a run of a folder with a release and its judgement that an iteration left, and return it.

        ``table`` is what ``recipe`` was followed on; ``of``: the iteration, by whose table and rules it may be stale.
        The same folder is taken in once: who was interrupted may ask again.
        """
        folder = self.folder / "runs" / taken_id(made, of=of)
        if (folder / "recipe.json").exists():
            return Run(folder)
        name = table.fingerprint[:16]
        building = folder.with_name(f".{folder.name}")
        with self.taking_rows(), whole_or_gone(building):
            self._keep_table(table)
            shutil.rmtree(building, ignore_errors=True)
            with storing():
                shutil.copytree(made, building)
            Run.lay_out(building, recipe, table=name, input_print=of.input_print).write_status(status)
            building.rename(folder)
        self.note_job("taken from an iteration", Run(folder))
        return Run(folder)

    def _save(self, **changed: Any) -> None:
        """Write project.json; facts are read again first, so that two tabs do not undo each other."""
        with locked(self.folder / "project.lock"):
            facts = self._read_facts().model_copy(update={"opened": datetime.now(UTC), **changed})
            write_whole(self.folder / "project.json", facts.model_dump_json(indent=1))
        self._facts = facts


def taken_id(made: Path, *, of: Run) -> str:
    """Return the id of the run that a folder of the iteration ``of`` becomes when it is taken in."""
    return hashlib.sha256(f"{of.id} {made.name}".encode()).hexdigest()[:32]


def create(
    label: str,
    reading: Reading,
    *,
    source: Path | bytes | None = None,
    filename: str = "",
    question: Question | None = None,
    owner: str = LOCAL,
) -> Project:
    """Make a project from a reading and return it.

    Parameters
    ----------
    source
        The file as it came, as a path or as bytes; kept so that it can be read again with other options.
    filename
        Its name; only the suffix is used in a path.
    question
        What was asked, where the table came from a database: kept so that it can be asked again.
    owner
        Whose it is.
    """
    folder = home() / "projects" / secrets.token_hex(16)
    building = folder.with_name(folder.name + ".new")
    try:
        (building / "source").mkdir(parents=True, mode=0o700)
        if source is not None:
            name = filename or (source.name if isinstance(source, Path) else "upload.csv")
            suffixes = "".join(re.findall(r"\.[A-Za-z0-9]{1,8}", name)[-2:]).lower()
            target = building / "source" / f"upload{suffixes}"
            if isinstance(source, Path):
                shutil.copyfile(source, target)
            else:
                target.write_bytes(source)
        save_cells(reading.raw, building / "raw.parquet")
        table = Table(reading.table.frame, reading.table.columns, _label(label), reading.table.source)
        name = table.fingerprint[:16]
        save_table(table, building / "tables" / name)
        now = datetime.now(UTC)
        facts = _Facts(
            label=_label(label),
            created=now,
            opened=now,
            filename=Path(filename).name,
            table=name,
            options=reading.options,
            notes=reading.notes,
            sheets=reading.sheets,
            evidence=reading.evidence,
            question=question,
            owner=owner,
        )
        about: audit.About = {"rows": len(table), "columns": len(table.columns), "table": table.fingerprint}
        if source is not None:
            about |= {"bytes": target.stat().st_size, "sha256": file_hash(target)}
        audit.note(building / audit.NAME, called(owner), "upload" if question is None else "query", about)
        write_whole(building / "project.json", facts.model_dump_json(indent=1))
        building.rename(folder)
    except OSError as error:
        shutil.rmtree(building, ignore_errors=True)
        raise ProjectError(f"The project cannot be saved. {refusal(error)}") from None
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    made = Project(folder)
    made._table = table
    return made


def open_project(project_id: str, owner: str = LOCAL) -> Project:
    """Return the project with this id; :class:`ProjectError` when ``owner`` has none of this id."""
    folder = home() / "projects" / project_id
    if _ID.fullmatch(project_id) and folder.is_dir() and not folder.is_symlink():
        found = _opened(folder, owner)
        if found is not None:
            return found
    raise ProjectError("There is no such project on this machine. Choose one on the Start page, or upload a table.")


def _opened(folder: Path, owner: str) -> Project | None:
    """Return the project in a folder; None where it is somebody else's, or damaged and so perhaps somebody else's."""
    try:
        found = Project(folder)
    except ProjectError:
        if owner in (LOCAL, ANYONE):
            raise
        return None
    return found if owns(owner, found.owner) else None


class Damaged(NamedTuple):
    """A project that cannot be opened, and the sentence that says why and what to do."""

    id: str
    reason: str


def listed(owner: str = LOCAL) -> tuple[list[Project], list[Damaged]]:
    """Return every project of ``owner``, last used first, and those that cannot be opened, each opened once.

    Whose a damaged one is cannot be read: only ``LOCAL`` and ``ANYONE`` are told of them.
    """
    found, broken = [], []
    for folder in _folders():
        try:
            one = _opened(folder, owner)
        except ProjectError as error:
            broken.append(Damaged(folder.name, str(error)))
            continue
        if one is not None:
            found.append(one)
    return sorted(found, key=lambda project: project.opened, reverse=True), sorted(broken)


def projects(owner: str = LOCAL) -> list[Project]:
    """Return every project of ``owner`` that can be opened, last used first."""
    return listed(owner)[0]


def _folders() -> list[Path]:
    """Return the folders of all projects; a link is none."""
    return [one for one in (home() / "projects").iterdir() if _ID.fullmatch(one.name) and not one.is_symlink()]


def damaged() -> list[Damaged]:
    """Return every project that cannot be opened."""
    return listed(ANYONE)[1]


def duplicate(project_id: str, owner: str = LOCAL) -> Project:
    """Return a copy of the project with its table, rules and draft, without its runs; its log begins anew."""
    original = open_project(project_id, owner)
    folder = home() / "projects" / secrets.token_hex(16)
    building = folder.with_name(folder.name + ".new")
    left = shutil.ignore_patterns("runs", "frontiers", "labs", "tunings", "audit.*", ".*")
    try:
        with storing():
            shutil.copytree(original.folder, building, ignore=left, symlinks=True)
            building.rename(folder)
    except BaseException:
        shutil.rmtree(building, ignore_errors=True)
        raise
    copy = Project(folder)
    copy.note("duplicated", {"of_project": audit.text_hash(original.id), "table": copy.table_name})
    copy._save(label=_label(f"{original.label} (copy)"), created=datetime.now(UTC))
    return copy


def _save_mask(path: Path, kept: npt.NDArray[np.bool_]) -> None:
    with open(path, "wb") as file:
        np.save(file, kept, allow_pickle=False)


def _damaged(what: str, file: str, then: str) -> str:
    return (
        f"The {what} of this project cannot be read: its file {file} is damaged. Put back an earlier copy of it, or "
        f"take it out of the project's folder; {then}."
    )


def _label(text: str) -> str:
    """Return a name fit for display: one line, at most 80 characters."""
    line = " ".join("".join(ch for ch in text if ch.isprintable()).split())
    return line[:80] or "Untitled"
