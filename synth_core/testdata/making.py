"""An order of test data from its beginning to its end: rows made, edge cases added, files or tables written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field

from synth_core.errors import InputError
from synth_core.ledger import entry_of, write_down
from synth_core.needs import fitting_workers, require_memory
from synth_core.owners import LOCAL
from synth_core.partitions import release_in
from synth_core.progress import Progress, StageProgress, silent_stages, within
from synth_core.project import Project, open_project
from synth_core.recipe import Recipe
from synth_core.recommend import with_engine
from synth_core.sampling import usual_workers
from synth_core.testdata.cases import Edges
from synth_core.testdata.edges import CASE_COLUMN
from synth_core.testdata.files import FORMS, TYPED, write_file
from synth_core.testdata.loading import IfExists, Loader, writing_address
from synth_core.testdata.schema import MOST_ROWS
from synth_core.testdata.schema_files import schema_from_text
from synth_core.testdata.sources import TestTable, from_schema, from_table

STAGES = ("Prepare", "Split", "Learn", "Sample", "Keep the rules", "Write")
FOLDER = "files"


class Secrets(BaseModel):
    """What an order needs and nobody keeps: it is handed to the worker through a pipe."""

    user: str | None = None
    password: str | None = None
    phrase: str = ""


class Order(BaseModel):
    """What is to be made and where it goes; plain JSON, without user, password and key phrase.

    Attributes
    ----------
    schema_text
        A schema document; "" where the rows come from a project.
    owner
        Who asks; nobody else sees it.
    project, recipe
        The project whose table is learned from, and how.
    rows
        Ordinary rows (of a schema's last table; the others in proportion). None: as the schema says.
    form
        One of ``FORMS``, or "database".
    url
        The database, without user and password.
    table
        Name of the table in the database and in SQL; "": its own name. For schemas of one table.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    schema_text: str = ""
    owner: str = LOCAL
    project: str = ""
    recipe: Recipe | None = None
    rows: int | None = Field(default=None, ge=1, le=MOST_ROWS)
    seed: int = Field(default=0, ge=0, lt=2**32)
    edges: Edges = Field(default_factory=Edges)
    case_column: str = CASE_COLUMN
    form: str = "csv"
    url: str = ""
    table: str = ""
    if_exists: IfExists = "fail"


class TableMade(BaseModel):
    """What became of one table: rows, edge rows among them, and the file's name or the table's."""

    name: str
    rows: int
    edges: int
    place: str


class Outcome(BaseModel):
    """What an order made: ``outcome.json``."""

    tables: tuple[TableMade, ...]
    notes: tuple[str, ...] = ()


def make(
    order: Order,
    out: Path,
    *,
    secrets: Secrets | None = None,
    scratch: Path | None = None,
    progress: StageProgress = silent_stages,
) -> Outcome:
    """Make an order and return what became of it.

    Parameters
    ----------
    out
        Folder for the files.
    scratch
        Folder for the rows of an engine while they are made; ``out`` when not given.

    Raises
    ------
    InputError
        The schema, the table or the database does not allow it; one sentence says why.
    """
    given = secrets or Secrets()
    check_order(order)
    progress("Prepare", 0, 1, "Reading the schema" if order.schema_text else "Reading the table")
    loader: Loader | None = None
    if order.form == "database":
        loader = Loader(writing_address(order.url, user=given.user, password=given.password), order.if_exists)
    try:
        tables, note = _tables(order, given.phrase, scratch or out, loader, progress)
        made = write_all(order, tables, out, loader, within(progress, "Write"))
    finally:
        if loader is not None:
            loader.engine.dispose()
    if order.project:
        _note_release(order, scratch or out)
    notes = [*note, *(said for table in tables for said in table.notes)]
    return Outcome(tables=tuple(made), notes=tuple(dict.fromkeys(notes)))


def followed(order: Order, project: Project) -> Recipe:
    """Return the recipe that an order from a project's table follows."""
    recipe = (order.recipe or project.draft).model_copy(update={"rows": order.rows or 1_000, "seed": order.seed})
    return with_engine(project.table, recipe)


def check_order(order: Order) -> None:
    """Raise :class:`InputError` where parts of an order do not go together."""
    if order.form not in (*FORMS, "database"):
        raise InputError(f"There is no form '{order.form}'; it is one of {', '.join(FORMS)}, or a database.")
    if order.edges.wrong_type != 0 and (order.form in TYPED or order.form == "database"):
        where = "A database" if order.form == "database" else "Parquet"
        raise InputError(
            f"{where} holds one type per column, so a word cannot stand where a number belongs. Ask for no rows of the "
            "wrong type, or take CSV, JSON lines, Excel or SQL."
        )


def _tables(
    order: Order, phrase: str, scratch: Path, loader: Loader | None, progress: StageProgress
) -> tuple[list[TestTable], list[str]]:
    if order.schema_text:
        schema = schema_from_text(order.schema_text)
        schema = schema if order.rows is None else schema.with_rows(order.rows)
        if order.table and len(schema.tables) > 1:
            raise InputError(
                "The schema has several tables, which keep their own names; leave the name of the table out."
            )
        if loader is not None:
            loader.check([order.table or table.name for table in schema.tables])
        return from_schema(schema, seed=order.seed, phrase=phrase, edges=order.edges, case_column=order.case_column), []
    project = open_project(order.project, order.owner)
    recipe = followed(order, project)
    workers = fitting_workers(project.table, recipe, usual_workers(recipe.rows))
    require_memory(project.table, recipe, workers=workers, reuse=True)
    if loader is not None:
        loader.check([order.table or project.table.name])
    table, _ = from_table(
        project.table,
        recipe,
        scratch / "made",
        edges=order.edges,
        case_column=order.case_column,
        workers=workers,
        progress=progress,
    )
    return [table], []


def write_all(
    order: Order, tables: list[TestTable], out: Path, loader: Loader | None, progress: Progress
) -> list[TableMade]:
    """Write every table, parents first, and return what became of each."""
    total = sum(table.total for table in tables)
    before, made = 0, []
    taken: set[str] = set()
    for table in tables:
        name = order.table or table.name
        parts = _watched(table.parts(), before, total, name, progress)
        if loader is not None:
            loader.load(name, table.schema, parts)
            place = f"{name} in {loader.address.name}"
        else:
            out.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = out / f"{_free_name(name, taken)}.{order.form}"
            write_file(parts, table.schema, path, order.form, table=name, rows=table.total)
            place = path.name
        made.append(TableMade(name=name, rows=table.total, edges=table.total - table.rows, place=place))
        before += table.total
    return made


def _watched(parts: Iterator[pa.Table], before: int, total: int, name: str, progress: Progress) -> Iterator[pa.Table]:
    done = before
    progress(done, total, f"Writing {name}")
    for part in parts:
        yield part
        done += len(part)
        progress(done, total, f"Writing {name}: {done - before:,} rows")


def file_name(name: str) -> str:
    """Return a table's name as a file's name.

    >>> file_name("Shop orders / 2024")
    'Shop-orders-2024'
    """
    import re

    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "table"


def _free_name(name: str, taken: set[str]) -> str:
    """Return the name of a table's file and take it: names that differ in signs or case alone are told apart."""
    stem, number = file_name(name), 1
    free = stem
    while free.lower() in taken:
        number += 1
        free = f"{stem}-{number}"
    taken.add(free.lower())
    return free


def _note_release(order: Order, scratch: Path) -> None:
    """Write down in the project's ledger that rows were made from its table and taken away."""
    project, folder = open_project(order.project, order.owner), scratch / "made"
    release = release_in(folder)
    if release is None:
        return
    facts: dict[str, Any] = {"rows": order.rows or 1_000, "seed": order.seed}
    form = "test data in a database" if order.form == "database" else f"test data ({FORMS[order.form]})"
    method = followed(order, project).method
    entry = entry_of(release, table=project.table.fingerprint, method=method, forms=[form], **facts)
    project.note("download", {"form": form, "rows": entry.rows, "sha256": entry.sha256})
    write_down(project.folder / "releases.json", entry)
