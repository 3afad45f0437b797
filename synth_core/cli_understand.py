"""What ``simile profile``, ``simile constraints`` and ``simile methods`` do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_options import (
    File,
    Json,
    Name,
    Query,
    QueryRows,
    QuerySeconds,
    ReadAs,
    SampleRows,
    UseName,
    check_place,
    read_table,
    use_of,
    with_roles,
)
from synth_core.cli_output import Bar, info_json, note, say


def profile(
    file: File,
    json_out: Json = None,
    html_out: Annotated[Path | None, typer.Option("--html", metavar="OUT", help="Also write one HTML page.")] = None,
    target: Name = None,
    entity: Name = None,
    order: Annotated[
        str | None, typer.Option(metavar="COL", help="What orders the rows in time; 'rows': as they come.")
    ] = None,
    sample: Annotated[
        int | None, typer.Option(min=100, help="Facts from so many evenly drawn rows; all when not given.")
    ] = None,
    use: UseName = "share",
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Say what is in a table and what it means: alerts, columns, time, exposed rows."""
    from synth_core.cli_profile import lines, save, understand

    check_place(json_out, "--json")
    check_place(html_out, "--html")
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    bar = Bar()
    found = understand(
        reading.table, use=use_of(use), progress=bar, target=target, entity=entity, order=order, sample=sample
    )
    bar.close()
    for line in lines(found, reading.notes):
        say(line)
    for path in save(found, json_out, html_out):
        say(f"-> {path}")


def constraints(
    file: File,
    json_out: Annotated[Path | None, typer.Option("--json", metavar="OUT", help="Write the rules as a file.")] = None,
    pandera_out: Annotated[
        Path | None, typer.Option("--pandera", metavar="OUT.py", help="Write the hard rules as a pandera schema.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", metavar="RULES.json", help="Check these rules instead of finding some.")
    ] = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Find rules that hold in a table, or check those of a file on it (exit code 1: one is broken)."""
    from synth_core.cli_rules import checked_on, found_in, write_rules

    check_place(json_out, "--json")
    check_place(pandera_out, "--pandera")
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    note(*reading.notes)
    rules, kept = (found_in(reading.table), True) if check is None else checked_on(reading.table, check)
    write_rules(rules, reading.table, json_out, pandera_out)
    if not kept:
        raise typer.Exit(1)


def methods(
    file: Annotated[
        str | None, typer.Argument(metavar="[FILE]", help="A table: what each engine would take on it, and the advice.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    rows: Annotated[int | None, typer.Option(min=1, help="Synthetic rows; as many as in FILE when not given.")] = None,
    target: Name = None,
    use: UseName = "share",
    minutes: Annotated[float, typer.Option(min=0, help="Time that there is; 0: as long as it takes.")] = 0.0,
) -> None:
    """List the engines, their settings and licences; with FILE also what each takes on it, and which to take."""
    from synth_core.cli_methods import about, lines
    from synth_core.methods import broken
    from synth_core.methods import methods as registered

    infos = [cls.info for cls in registered().values()]
    found = {}
    if file is not None:
        table = with_roles(read_table(file, "", 1, 1, None, None).table, target, [], None, None)
        found = about(table, use_of(use), rows or max(len(table), 1), minutes)
    if as_json:
        say(json.dumps([info_json(info) | found.get(info.name, {}) for info in infos], indent=1))
    else:
        for line in lines(infos, found):
            say(line)
    note(*broken())
