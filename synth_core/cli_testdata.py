"""``simile testdata``: rows from a schema, or from a table by an engine, with edge cases, to files or a database."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synth_core.cli_options import PASSWORD_VARIABLE, check_place, read_table, rules_in
from synth_core.cli_output import Bar, note, say
from synth_core.databases import is_database_url
from synth_core.errors import InputError
from synth_core.progress import within

if TYPE_CHECKING:
    from synth_core.testdata.making import Order, Secrets
    from synth_core.testdata.sources import TestTable

PHRASE_VARIABLE = "SIMILE_TESTDATA_PHRASE"
SCHEMAS = (".json", ".yaml", ".yml", ".sql")


def make_testdata(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="A schema (.json, .yaml, or .sql with CREATE TABLE), which needs no real data; or a table.",
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            metavar="OUT",
            help="A file (.csv, .parquet, .xlsx, .jsonl, .sql), for several tables a folder with --form, or a database "
            "URL: sqlite:///file.db or postgresql://user@host/database.",
        ),
    ],
    rows: Annotated[
        int | None,
        typer.Option(min=1, max=100_000_000, help="Ordinary rows; as the schema says, or 1,000, when not given."),
    ] = None,
    edges: Annotated[
        str,
        typer.Option(
            metavar="KINDS",
            help="Edge cases: none, all, or a list such as boundary,unicode=5,broken. Kinds: boundary, unicode, "
            "longest, dates, nulls, broken, wrong_type, out_of_range, duplicate.",
        ),
    ] = "none",
    case_column: Annotated[
        str, typer.Option(metavar="NAME", help="The extra column that names the case.")
    ] = "simile_case",
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="The same seed gives the same rows and keys.")] = 0,
    form: Annotated[str, typer.Option(help="With a folder: csv, parquet, xlsx, jsonl or sql.")] = "csv",
    table: Annotated[str, typer.Option(metavar="NAME", help="Name of the table in a database and in SQL.")] = "",
    if_exists: Annotated[str, typer.Option(help="With a database: fail, append or replace.")] = "fail",
    method: Annotated[str, typer.Option(help="With a table: an engine of `simile methods`.")] = "independent",
    rules: Annotated[
        Path | None, typer.Option("--constraints", metavar="RULES.json", help="With a table: rules that rows keep.")
    ] = None,
) -> None:
    """Make test data: any number of rows, edge cases that are tagged, keys that stay the same.

    The password of a database is taken from its URL or from SIMILE_DATABASE_PASSWORD, a key phrase from
    SIMILE_TESTDATA_PHRASE; neither is written anywhere.
    """
    from synth_core.databases import without_password
    from synth_core.testdata.cases import Edges
    from synth_core.testdata.files import FORMS, form_of
    from synth_core.testdata.making import Order, Secrets, check_order

    if if_exists not in ("fail", "append", "replace"):
        raise InputError(f"--if-exists is fail, append or replace, not '{if_exists}'.")
    url, password, folder = "", os.environ.get(PASSWORD_VARIABLE), Path(out)
    if is_database_url(out):
        url, inside = without_password(out)
        password, form = inside or password, "database"
    elif Path(out).suffix:
        check_place(Path(out), "--out")
        form, folder = form_of(Path(out)), Path(out).parent
    elif form not in FORMS:
        raise InputError(f"--form is one of {', '.join(FORMS)}, not '{form}'.")
    wanted = Edges.from_text(edges)
    if edges.strip() == "all" and form in ("parquet", "database"):
        wanted = wanted.model_copy(update={"wrong_type": 0})
        note("No rows of the wrong type: a column has one type there.")
    order = Order(
        rows=rows, seed=seed, edges=wanted, case_column=case_column, form=form, url=url, table=table,
        if_exists=if_exists,
    )  # fmt: skip
    check_order(order)
    secrets = Secrets(password=password, phrase=os.environ.get(PHRASE_VARIABLE, ""))
    _make(source, order, secrets, Path(out) if not url and Path(out).suffix else None, folder, method, rules)


def _make(
    source: str, order: Order, secrets: Secrets, file: Path | None, folder: Path, method: str, rules: Path | None
) -> None:
    from synth_core.testdata.files import write_file
    from synth_core.testdata.loading import Loader, writing_address
    from synth_core.testdata.making import write_all

    bar = Bar()
    with tempfile.TemporaryDirectory(prefix="simile-") as scratch:
        loader = None
        if order.form == "database":
            loader = Loader(writing_address(order.url, password=secrets.password), order.if_exists)
        try:
            tables = _tables(source, order, secrets, Path(scratch), method, rules, bar)
            if loader is not None:
                loader.check([order.table or table.name for table in tables])
            if file is not None and len(tables) > 1:
                raise InputError(
                    f"The schema has {len(tables)} tables; let --out name a folder, and choose the format with --form."
                )
            if file is not None:
                one, name = tables[0], order.table or tables[0].name
                write_file(one.parts(), one.schema, file, order.form, table=name, rows=one.total)
                said = [f"{name}: {one.total:,} rows, {one.total - one.rows:,} of them edge cases -> {file}"]
            else:
                made = write_all(order, tables, folder, loader, within(bar, "Write"))
                where = "" if loader is not None else f"{folder}/"
                said = [f"{t.name}: {t.rows:,} rows, {t.edges:,} of them edge cases -> {where}{t.place}" for t in made]
        finally:
            if loader is not None:
                loader.engine.dispose()
        bar.close()
    for line in said:
        say(line)
    note(*dict.fromkeys(sentence for table in tables for sentence in table.notes))


def _tables(
    source: str, order: Order, secrets: Secrets, scratch: Path, method: str, rules: Path | None, bar: Bar
) -> list[TestTable]:
    from synth_core.recipe import Recipe
    from synth_core.testdata.schema_files import schema_from_file
    from synth_core.testdata.sources import from_schema, from_table

    if Path(source).suffix.lower() in SCHEMAS and not is_database_url(source):
        if rules is not None:
            raise InputError("Rules stand in the schema itself, under 'rules'; leave --constraints out.")
        schema = schema_from_file(Path(source))
        schema = schema if order.rows is None else schema.with_rows(order.rows)
        if order.table and len(schema.tables) > 1:
            raise InputError("The schema has several tables, which keep their own names; leave --table out.")
        return from_schema(
            schema, seed=order.seed, phrase=secrets.phrase, edges=order.edges, case_column=order.case_column
        )
    reading = read_table(source, "", 1, 1, None, None)
    note(*reading.notes)
    recipe = Recipe(method=method, rows=order.rows or 1_000, seed=order.seed, constraints=rules_in(rules))
    made, _ = from_table(reading.table, recipe, scratch, edges=order.edges, case_column=order.case_column, progress=bar)
    return [made]
