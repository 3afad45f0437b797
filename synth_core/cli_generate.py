"""What ``simile generate`` and ``simile fill`` do: rows and cells made."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_options import (
    Cluster,
    File,
    Given,
    Missing,
    Name,
    Names,
    Out,
    OutRows,
    Partitioned,
    Query,
    QueryRows,
    QuerySeconds,
    ReadAs,
    RuleFile,
    SampleRows,
    UseName,
    check_suffix,
    given_in,
    left_out_notes,
    missing_of,
    params_of,
    place_of,
    read_table,
    recipe_of,
    rules_in,
    steering_of,
    told_missing,
    with_roles,
)
from synth_core.cli_output import Bar, note, say, steering_lines, told_by_pilot, whose_rows, write
from synth_core.progress import within


def generate(
    file: File,
    out: OutRows,
    method: Annotated[str, typer.Option(help="An engine of `simile methods`, or auto.")] = "auto",
    rows: Annotated[
        int | None,
        typer.Option(help="Synthetic rows; when not given, as many as in FILE, or as --make or --given says."),
    ] = None,
    minutes: Annotated[
        float, typer.Option(min=0, help="Time that there is, for auto to choose by; 0: as long as it takes.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 0,
    holdout: Annotated[float, typer.Option(help="Share of rows kept out of learning; 0 learns from all.")] = 0.2,
    rules: RuleFile = None,
    target: Name = None,
    sensitive: Names = None,
    entity: Name = None,
    order: Name = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COL=CAT:SHARE,...",
            help="Wanted shares of a column, like sex=F:0.5,M:0.5; categories not named keep their proportions "
            "among the rest. For up to two columns.",
        ),
    ] = None,
    where: Annotated[
        str,
        typer.Option(help="Condition that every synthetic row keeps, like 'age >= 65 and region in ('N', 'S')'"),
    ] = "",
    make: Annotated[
        str,
        typer.Option(metavar="COL=CAT:ROWS,...", help="Rows of each class, like fraud=1:10000; no others are made."),
    ] = "",
    given: Given = None,
    steer: Annotated[
        str,
        typer.Option(
            help="auto; prescribe: give wanted values to the engine wherever it can; draw: draw and keep what fits."
        ),
    ] = "auto",
    param: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A setting of the engine.")] = None,
    use: UseName = "share",
    workers: Annotated[int, typer.Option(min=1, help="Processes that sample; the rows do not depend on it.")] = 1,
    cluster: Cluster = "",
    partitioned: Partitioned = False,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Learn FILE and write a synthetic table."""
    from synth_core.generation import generate as generate_table
    from synth_core.needs import require_memory
    from synth_core.partitions import FILE, FOLDER, move_release
    from synth_core.writing import export

    place, partitioned = place_of(out, partitioned)
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    words = missing_of(missing or [])
    table = with_roles(told_missing(reading, words), target, sensitive or [], entity, order)
    seeds = given_in(given, table)
    steering = steering_of(share or [], where, make, steer, seeds)
    usual = steering.rows or (len(seeds.frame) if seeds is not None else max(len(table), 1))
    recipe = recipe_of(
        table,
        method=method,
        rows=rows if rows is not None else usual,
        seed=seed,
        holdout=holdout,
        constraints=rules_in(rules),
        steering=steering,
        params=params_of(param or []),
        missing=words,
        use=use,
        minutes=minutes,
        cluster=cluster,
    )
    if recipe.reason:
        note(f"'{recipe.method}' was chosen: {recipe.reason}")
    require_memory(table, recipe, workers=workers, reuse=True)
    note(*whose_rows(table), *told_by_pilot(table, recipe))
    began = time.perf_counter()
    bar = Bar()
    with tempfile.TemporaryDirectory(prefix="simile-") as scratch:
        folder = Path(scratch)
        synthesis = generate_table(
            table, recipe, folder, workers=workers, partitioned=partitioned, given=seeds, progress=bar
        )
        bar.close()
        if partitioned:
            move_release(folder / FOLDER, place)
        else:
            export(folder / FILE, place, tuple(synthesis.columns))
    say(
        f"{synthesis.rows:,} rows x {len(synthesis.columns)} columns by '{recipe.method}' -> {place} "
        f"({time.perf_counter() - began:.1f} s, {synthesis.acceptance:.0%} of drawn rows kept)"
    )
    for line in steering_lines(synthesis):
        say(line)
    note(*reading.notes, *left_out_notes(table, synthesis.columns))


def fill(
    file: File,
    out: Out,
    method: Annotated[str, typer.Option(help="An engine of `simile methods`.")] = "trees",
    columns: Annotated[
        list[str] | None, typer.Option("--column", metavar="COL", help="Fill this one; all when not given.")
    ] = None,
    imputations: Annotated[
        int, typer.Option(min=1, max=100, help="So many fillings with different seeds, OUT-1, OUT-2 and so on.")
    ] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same cells.")] = 0,
    param: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A setting of the engine.")] = None,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Fill the missing cells of FILE; observed cells stay, and OUT.filled.json lists the cells that were drawn."""
    from synth_core.filling import fill as fill_table

    check_suffix(out)
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    table = told_missing(reading, missing_of(missing or []))
    for number in range(imputations):
        bar = Bar()
        found = fill_table(
            table,
            method=method,
            params=params_of(param or []),
            columns=columns or (),
            seed=seed + number,
            progress=within(bar, "Learn"),
        )
        bar.close()
        place = out if imputations == 1 else out.with_name(f"{out.stem}-{number + 1}{out.suffix}")
        write(found.table, place)
        names = list(found.cells)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        listed = found.write_list(place.with_name(place.name + ".filled.json"))
        say(f"{found.filled:,} cells by '{method}' in {shown} -> {place}, listed in {listed.name}")
        for name, rows in found.left.items():
            note(f"{rows:,} cells of '{name}' stay empty: the engine left them so each time.")
    note(
        "Filled cells are drawn, not measured: keep the list with the table.",
        *reading.notes,
    )
