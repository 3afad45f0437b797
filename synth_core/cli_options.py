"""The arguments of the command line and what their words mean; where they mean nothing, one InputError says so."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from synth_core.errors import InputError

if TYPE_CHECKING:
    from synth_core.constraints.base import Constraint
    from synth_core.reading import Reading, ReadOptions
    from synth_core.recipe import Recipe, Use
    from synth_core.steering.asks import Steering
    from synth_core.steering.given import GivenRows
    from synth_core.table import Column, Table

PASSWORD_VARIABLE = "SIMILE_DATABASE_PASSWORD"

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="CSV, TSV, Excel, Parquet or JSON lines, also .gz or .zip; or with --query a database URL: "
        "postgresql://user@host/database, sqlite:///file.db or duckdb:///file.duckdb.",
    ),
]
Query = Annotated[
    str,
    typer.Option(
        "--query",
        metavar="SQL",
        help="What to read from a database URL, like 'select * from visits'. The password is taken from the URL, or "
        "from the environment variable SIMILE_DATABASE_PASSWORD.",
    ),
]
QueryRows = Annotated[int, typer.Option("--query-rows", min=1, help="Read at most this many rows from a database.")]
QuerySeconds = Annotated[int, typer.Option("--query-seconds", min=1, help="Cancel the query after this many seconds.")]
ReadAs = Annotated[
    list[str] | None,
    typer.Option(
        "--read",
        metavar="KEY=VALUE",
        help="How FILE is read, where the guess is wrong: delimiter (one mark, or tab), quote, encoding, decimal, "
        "thousands, date_order (day, month or year), sheet (or the file in a .zip), header (no: there is no row of "
        "names), header_row (1 is the first), skip_ragged (yes). May be given several times.",
    ),
]
SampleRows = Annotated[
    int | None,
    typer.Option("--sample-rows", min=1, help="Read so many evenly drawn rows of FILE, which may then be over 500 MB."),
]
Out = Annotated[Path, typer.Option("--out", help="Where to write; .csv, .xlsx or .parquet decides the format.")]
OutRows = Annotated[
    str,
    typer.Option(
        "--out",
        metavar="OUT",
        help="Where to write; .csv, .xlsx or .parquet decides the format, and a name that ends in / makes a folder of "
        "Parquet parts.",
    ),
]
Partitioned = Annotated[
    bool, typer.Option("--partitioned", help="Write a folder with one Parquet file per part instead of one file.")
]
Given = Annotated[
    Path | None,
    typer.Option(
        "--given",
        metavar="ROWS",
        help="A file of rows with some of the columns of FILE: each becomes a synthetic row that keeps these cells.",
    ),
]
Cluster = Annotated[
    str,
    typer.Option(
        "--cluster",
        metavar="tcp://HOST:PORT",
        help="Sample on the workers of this dask scheduler; the rows do not depend on it.",
    ),
]
Name = Annotated[str | None, typer.Option(metavar="COL")]
Names = Annotated[list[str] | None, typer.Option(metavar="COL", help="May be given several times.")]
Missing = Annotated[
    list[str] | None,
    typer.Option("--missing", metavar="COL=WORD,...", help="Words that mean an empty cell: pdays=999,-1"),
]
RuleFile = Annotated[Path | None, typer.Option("--constraints", "--rules", metavar="RULES.json")]
UseName = Annotated[
    str, typer.Option("--for", help="share, train (or augment, fairness), develop (or test) or explore: the targets.")
]
Title = Annotated[str, typer.Option(help="Title of the report; the table's name when not given.")]
Client = Annotated[str, typer.Option(help="For whom the report is made.")]
Logo = Annotated[
    Path | None,
    typer.Option(metavar="IMAGE", help="Logo on the report: a PNG or JPEG of up to 300 kB, made part of it."),
]
Json = Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Also write all of it as JSON.")]


def _options_of(texts: list[str], sample_rows: int | None) -> ReadOptions:
    """Return the options of every --read, from texts such as ``delimiter=;``, and of --sample-rows."""
    from pydantic import ValidationError

    from synth_core.reading import ReadOptions
    from synth_core.table import did_you_mean

    said: dict[str, str | int | None] = {"sample_rows": sample_rows}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or name not in _READ_KEYS:
            near = did_you_mean(name, list(_READ_KEYS)).replace("columns", "keys")
            raise InputError(f"--read {text}: write it as KEY=VALUE, such as delimiter=tab or sheet=Data.{near}")
        said[name] = {"tab": "\t", "space": " "}.get(value, value) if name in ("delimiter", "thousands") else value
        if name == "header_row":
            said[name] = int(value) - 1 if value.isdecimal() and int(value) > 0 else None
            if said[name] is None:
                raise InputError(f"--read {text}: the header row is a whole number from 1.")
    try:
        return ReadOptions.model_validate(said)
    except ValidationError as error:
        key = error.errors()[0]["loc"][0]
        wanted = "yes or no" if key in ("header", "skip_ragged") else "day, month or year"
        raise InputError(f"--read {key}={said[str(key)]}: it must be {wanted}.") from None


_READ_KEYS = (
    "delimiter", "quote", "encoding", "decimal", "thousands", "date_order", "sheet", "header", "header_row",
    "skip_ragged",
)  # fmt: skip


def read_table(
    place: str, query: str, rows: int, seconds: float, read_as: list[str] | None, sample_rows: int | None
) -> Reading:
    """Return the table in a file, or the one that a query gives at a database URL."""
    from synth_core.databases import is_database_url
    from synth_core.databases import safe_url as safe
    from synth_core.errors import RaggedError, TooLargeError
    from synth_core.reading import read

    options = _options_of(read_as or [], sample_rows)
    if is_database_url(place):
        if options.model_fields_set - {"sample_rows"} or options.sample_rows:
            raise InputError("--read and --sample-rows are for files; let the query itself choose, with --query-rows.")
        if not query:
            raise InputError(_say_query(place, safe(place)))
        return _ask(place, query, rows, seconds)
    if query:
        raise InputError(
            f"--query goes with a database URL, and '{place}' is the name of a file; write sqlite:///{place} or "
            f"duckdb:///{place} where it is a database."
        )
    try:
        return read(Path(place), options)
    except TooLargeError as error:
        hint = "" if options.sample_rows else " On the command line: --sample-rows 100000."
        raise InputError(f"{error}{hint}") from None
    except RaggedError as error:
        raise InputError(f"{error} To leave such lines out: --read skip_ragged=yes.") from None


def _ask(url: str, query: str, rows: int, seconds: float) -> Reading:
    from synth_core.databases import read_query

    return read_query(url, query, password=_password(url), limit_rows=rows, timeout_s=seconds)


def _password(url: str) -> str | None:
    """Return the password of the environment where the URL has none."""
    from synth_core.databases.addresses import address_of

    return None if address_of(url).password else os.environ.get(PASSWORD_VARIABLE) or None


def _say_query(url: str, shown: str) -> str:
    """Return the sentence for a URL without a query, with the tables that could be asked for."""
    from synth_core.databases import database_tables

    tables = database_tables(url, password=_password(url))
    if not tables:
        return f"{shown} shows no table that may be read; check the database and the rights of the user."
    names = ", ".join(table.name for table in tables[:8]) + (", ..." if len(tables) > 8 else "")
    return f"{shown}: say what to read with --query, like --query '{tables[0].query}'. Its tables: {names}."


def with_roles(table: Table, target: str | None, sensitive: list[str], entity: str | None, order: str | None) -> Table:
    """Return the table with these columns in these roles."""
    from synth_core.table import Role

    wanted: list[tuple[str, Role]] = [(name, Role.SENSITIVE) for name in sensitive]
    single = ((target, Role.TARGET), (entity, Role.ENTITY), (order, Role.ORDER))
    wanted += [(name, role) for name, role in single if name is not None]
    names = [name for name, _ in wanted]
    for name in names:
        if len({role for other, role in wanted if other == name}) > 1:
            raise InputError(f"Column '{name}' is given two roles; a column has one. Leave one of the options out.")
    if target is not None and not table.column(target).learned:
        raise InputError(
            f"--target {target}: the column was taken for {_never_learned(table.column(target))}, which is never "
            "learned. Choose another target, or another kind for it on the Upload page (`simile app`)."
        )
    if target is not None:
        old = [column for column in table.having(role=Role.TARGET) if column.name != target]
        table = table.with_columns([column.model_copy(update={"role": Role.FEATURE}) for column in old])
    return table.with_columns([table.column(name).model_copy(update={"role": role}) for name, role in wanted])


def _never_learned(column: Column) -> str:
    """Return why engines do not learn a column, in words."""
    if column.semantic is not None:
        return f"personal data ({column.semantic.replace('_', ' ')})"
    return "an identifier" if column.kind.value == "identifier" else "free text"


def left_out_notes(table: Table, released: Sequence[Column]) -> list[str]:
    """Return a sentence on the columns of the table that a release lacks; none when it has them all."""
    kept = {column.name for column in released}
    lost = [column for column in table.columns if column.name not in kept]
    if not lost:
        return []
    shown = ", ".join(
        f"'{column.name}' ({'left out' if column.kind.value not in ('text', 'identifier') else _never_learned(column)})"
        for column in lost[:5]
    )
    more = f" and {len(lost) - 5} more" if len(lost) > 5 else ""
    return [f"Not in the release: {shown}{more}."]


def logo_in(file: Path | None) -> bytes:
    """Return the bytes of a logo, checked; empty without a file."""
    from synth_core.report import check_logo

    if file is None:
        return b""
    data = file.read_bytes()
    check_logo(data)
    return data


def missing_of(texts: list[str]) -> dict[str, tuple[str, ...]]:
    """Return the words of every --missing by column, from texts such as ``pdays=999,-1``."""
    missing: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, words = text.rpartition("=")
        found = tuple(word.strip() for word in words.split(",") if word.strip())
        if not equals or not name.strip() or not found:
            raise InputError(f"--missing {text}: write it as COL=WORD,WORD, such as pdays=999,-1.")
        missing[name.strip()] = (*missing.get(name.strip(), ()), *found)
    return missing


def told_missing(reading: Reading, missing: Mapping[str, tuple[str, ...]]) -> Table:
    """Return the table of a reading with further words of some columns read as missing cells."""
    from synth_core.inference import ColumnChoice, table_from_frame
    from synth_core.table import Table

    if not missing:
        return reading.table
    for name in missing:
        reading.table.column(name)
    choices = {name: ColumnChoice(missing=words) for name, words in missing.items()}
    made = table_from_frame(reading.raw, reading.table.name, choices, reading.options.missing_tokens)
    return Table(made.frame, made.columns, made.name, reading.table.source)


def recipe_of(table: Table, *, method: str, **fields: Any) -> Recipe:
    """Return the recipe that the options describe; `auto` asks the recommender."""
    from pydantic import ValidationError

    from synth_core.estimates import resolved
    from synth_core.methods import create
    from synth_core.recipe import AUTO, Recipe, reason

    use = use_of(fields.pop("use"))
    if method != AUTO:
        create(method, fields["params"])
    try:
        recipe = resolved(table, Recipe(method=method, use=use, **fields))
        create(recipe.method, recipe.params)
        return recipe
    except ValidationError as error:
        raise InputError(f"--{error.errors()[0]['loc'][0]}: {reason(error)}.") from None


def on_cluster(recipe: Recipe, cluster: str) -> Recipe:
    """Return the recipe to be followed on this cluster; on its own one, or this machine, where none is given."""
    from synth_core.recipe import cluster_address

    try:
        return recipe.model_copy(update={"cluster": cluster_address(cluster)}) if cluster else recipe
    except ValueError as error:
        raise InputError(f"--cluster: {error}.") from None


def split_by(table: Table, holdout: str, seed: int) -> tuple[Table, Table | None]:
    """Return the rows learned from and the rows held out: those of a file, or the share that a run kept out."""
    from synth_core.reading import read_like

    if not holdout:
        return table, None
    try:
        share = float(holdout)
    except ValueError:
        return table, read_like(Path(holdout), table)
    return table.split(share, seed)


def use_of(word: str) -> Use:
    """Return the use that a word stands for; InputError names the words there are."""
    from synth_core.recipe import Use

    # the four jobs of the studio, in the words of the targets
    jobs = {"augment": Use.TRAIN, "fairness": Use.TRAIN, "test": Use.DEVELOP}
    try:
        return jobs.get(word) or Use(word)
    except ValueError:
        words = ", ".join([*jobs, *(use.value for use in Use)])
        raise InputError(f"--for {word}: there is no such use; choose one of {words}.") from None


def rules_in(file: Path | None) -> list[Constraint]:
    """Return the rules in a JSON file, none without a file."""
    from synth_core.cli_output import note
    from synth_core.constraints.exchange import read_rules

    if file is None:
        return []
    found = read_rules(rule_text(file))
    note(*found.notes)
    return found.rules


def rule_text(file: Path) -> str:
    """Return the text of a rule file; InputError when it is not text."""
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise InputError(
            f"{file.name} is not a text file; rules are JSON, as `simile constraints --json` writes them."
        ) from None


def steering_of(share: list[str], where: str, make: str, way: str, given: GivenRows | None) -> Steering:
    """Return what --share, --where, --make, --steer and --given ask of the rows."""
    from pydantic import ValidationError

    from synth_core.steering.asks import Steering, parse_counts, parse_shares

    shares: dict[str, dict[str, float]] = {}
    for text in share:
        shares |= parse_shares(text)
    try:
        return Steering(
            where=where,
            shares=shares,
            make=parse_counts(make) if make else {},
            given=None if given is None else given.described,
            way=way,
        )
    except ValidationError as error:
        option = {"way": "steer"}.get(str(error.errors()[0]["loc"][0]), str(error.errors()[0]["loc"][0]))
        what = error.errors()[0]["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
        raise InputError(f"--{option}: {what}.") from None


def given_in(file: Path | None, table: Table) -> GivenRows | None:
    """Return the rows of a file some of whose columns are those of the table; None without a file."""
    from synth_core.reading import frame_like, read
    from synth_core.steering.given import given_rows
    from synth_core.table import did_you_mean

    if file is None:
        return None
    raw = read(file).raw
    names = [name for name in table.names if name in raw.columns]
    for name in raw.columns:
        if name not in table.names:
            raise InputError(
                f"--given {file.name}: there is no column '{name}' in the table.{did_you_mean(str(name), table.names)}"
            )
    return given_rows(frame_like(raw, table.select(names), file.name), table)


def params_of(texts: list[str]) -> dict[str, str]:
    """Return the settings of every --param, as words."""
    params = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise InputError(f"--param {text}: write it as KEY=VALUE.")
        params[name.strip()] = value.strip()
    return params


def check_suffix(out: Path) -> None:
    """Raise InputError when a table of this name cannot be written."""
    if out.suffix.lower() not in (".csv", ".xlsx", ".parquet"):
        raise InputError(f"--out {out.name}: the name must end in .csv, .xlsx or .parquet, which decides the format.")
    check_place(out, "--out")


def place_of(out: str, partitioned: bool) -> tuple[Path, bool]:
    """Return where a release goes and whether it is a folder of parts; InputError when it cannot go there."""
    from synth_core.partitions import check_folder

    path = Path(out)
    if not (partitioned or out.endswith("/") or path.is_dir()):
        check_suffix(path)
        return path, False
    if path.suffix.lower() not in ("", ".parquet"):
        raise InputError(f"--out {out}: a folder of parts holds Parquet files; leave '{path.suffix}' out of its name.")
    check_folder(path)
    if not path.resolve().parent.is_dir():
        raise InputError(f"--out {out}: the folder {path.parent} does not exist. Make it, or choose another.")
    return path, True


def check_place(path: Path | None, option: str) -> None:
    """Raise InputError when a file cannot be written here: before the work, not after it."""
    if path is None:
        return
    if not path.parent.is_dir():
        raise InputError(f"{option} {path}: the folder {path.parent} does not exist. Make it, or choose another.")
    if path.is_dir():
        raise InputError(f"{option} {path}: this is a folder; name a file in it.")
    if not os.access(path.parent, os.W_OK):
        raise InputError(f"{option} {path}: the folder {path.parent} may not be written to. Choose another.")
