"""What ``simile run`` does: a recipe followed to its release pack."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_options import (
    Client,
    Cluster,
    File,
    Given,
    Logo,
    Missing,
    Name,
    Names,
    Partitioned,
    Query,
    QueryRows,
    QuerySeconds,
    ReadAs,
    SampleRows,
    Title,
    check_place,
    given_in,
    left_out_notes,
    logo_in,
    missing_of,
    on_cluster,
    read_table,
    told_missing,
    with_roles,
)
from synth_core.cli_output import Bar, conclude, note, say, steering_lines, told_by_pilot, whose_rows


def run(
    recipe_file: Annotated[Path, typer.Argument(metavar="RECIPE.json")],
    file: File,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the release pack.")],
    target: Name = None,
    sensitive: Names = None,
    entity: Name = None,
    order: Name = None,
    workers: Annotated[int, typer.Option(min=1)] = 1,
    cluster: Cluster = "",
    partitioned: Partitioned = False,
    given: Given = None,
    override: Annotated[
        str, typer.Option(metavar="REASON", help="Write the pack although a gate failed; the reason is kept in it.")
    ] = "",
    ledger: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json",
            help="List of releases from the same real rows: earlier ones go into the pack, this one is added.",
        ),
    ] = None,
    title: Title = "",
    client: Client = "",
    logo: Logo = None,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Follow a recipe from split to release pack: generate, judge, report."""
    from synth_core.estimates import resolved
    from synth_core.ledger import read_ledger, write_down
    from synth_core.needs import require_memory
    from synth_core.pipeline import follow
    from synth_core.recipe import read_recipe
    from synth_core.release import release
    from synth_core.report import Front
    from synth_core.scorecard import default_targets

    front = Front(client=client, logo=logo_in(logo))
    check_place(ledger, "--ledger")
    known = [] if ledger is None else read_ledger(ledger)
    recipe = on_cluster(read_recipe(recipe_file), cluster)
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    read_so = told_missing(reading, {**recipe.missing, **missing_of(missing or [])})
    table = with_roles(read_so, target, sensitive or [], entity, order)
    recipe = resolved(table, recipe)
    require_memory(table, recipe, workers=workers, judged=True, reuse=True)
    note(*whose_rows(table), *told_by_pilot(table, recipe))
    bar = Bar()
    with tempfile.TemporaryDirectory(prefix="simile-") as scratch:
        folder = Path(scratch)
        synthesis, card = follow(
            table, recipe, folder, workers=workers, partitioned=partitioned, given=given_in(given, table), progress=bar
        )
        bar.close()
        for line in steering_lines(synthesis):
            say(line)
        note(*reading.notes, *left_out_notes(table, synthesis.columns))
        targets = default_targets(recipe.use)
        pack = release(
            folder,
            out,
            synthesis=synthesis,
            recipe=recipe,
            card=card,
            targets=targets,
            override=override,
            title=title,
            front=front,
            earlier=[entry for entry in known if entry.table == synthesis.fingerprint],
        )
    if ledger is not None and pack.entry is not None:
        write_down(ledger, pack.entry)
    if pack.blocked_by:
        say(f"Judgement -> {pack.folder}; the rows are held back while a gate fails (--override REASON releases them)")
    else:
        say(f"Release pack -> {pack.folder}")
    conclude(card, targets, recipe.use, None, None, rules=recipe.rules)
