"""What ``simile frontier`` and ``simile tune`` do: measure and try until it fits."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_options import (
    File,
    Json,
    Missing,
    Name,
    Names,
    Query,
    QueryRows,
    QuerySeconds,
    ReadAs,
    RuleFile,
    SampleRows,
    UseName,
    check_place,
    check_suffix,
    missing_of,
    params_of,
    read_table,
    recipe_of,
    rules_in,
    told_missing,
    use_of,
    with_roles,
)
from synth_core.cli_output import Bar, fail, note, say, write_text
from synth_core.progress import within


def frontier(
    file: File,
    rows: Annotated[int | None, typer.Option(help="Rows to be released; as many as in FILE when not given.")] = None,
    target: Name = None,
    entity: Name = None,
    order: Name = None,
    seed: Annotated[int, typer.Option(help="Same seed, same figures.")] = 0,
    holdout: Annotated[float, typer.Option(help="Share of rows that is not looked at, as by `simile generate`.")] = 0.2,
    param: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A setting of trees.")] = None,
    rules: RuleFile = None,
    beside: Annotated[bool, typer.Option("--engines", help="Also measure the other light engines.")] = False,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make rows; the figures do not depend on it.")] = 1,
    use: UseName = "share",
    json_out: Json = None,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Measure on FILE what each stop of the dial of 'trees' gives away and keeps."""
    from synth_core.cli_frontier import lines
    from synth_core.frontier import engines, expected_seconds, measure, released_rows, stops
    from synth_core.needs import require_memory

    check_place(json_out, "--json")
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    words = missing_of(missing or [])
    table = with_roles(told_missing(reading, words), target, [], entity, order)
    recipe = recipe_of(
        table,
        method="trees",
        rows=rows if rows is not None else max(len(table), 1),
        seed=seed,
        holdout=holdout,
        constraints=rules_in(rules),
        params=params_of(param or []),
        missing=words,
        use=use,
    )
    candidates = engines(recipe) if beside else stops(recipe)
    require_memory(table, recipe, workers=workers)
    learned, columns = round(len(table) * (1 - holdout)), len(table.having(learned=True))
    seconds = expected_seconds(learned, columns, released_rows(recipe), len(candidates))
    note(f"{len(candidates)} candidates; about {seconds:.0f} s on two free cores")
    bar = Bar()
    found = measure(table, recipe, candidates, workers=workers, progress=within(bar, "Measure"))
    bar.close()
    for line in lines(found, use_of(use)):
        say(line)
    note(*reading.notes)
    if json_out is not None:
        write_text(json_out, found.model_dump_json(indent=1))


def tune(
    file: File,
    method: Annotated[str, typer.Option(help="The engine to start from, or auto.")] = "auto",
    rows: Annotated[int | None, typer.Option(help="Rows to be released; as many as in FILE when not given.")] = None,
    minutes: Annotated[float, typer.Option(help="Budget of time, the last choice included.")] = 5.0,
    tries: Annotated[int, typer.Option(help="Budget of tries.")] = 12,
    limit: Annotated[
        list[str] | None,
        typer.Option(metavar="SCORE=NUMBER", help="Another limit for a target, like c2st=0.6. May be given often."),
    ] = None,
    fewer_rows: Annotated[
        bool, typer.Option("--fewer-rows", help="Fewer rows may be released where an attack finds too much.")
    ] = False,
    param: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A setting of the first try.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", help="Write the rows of the last choice: .csv, .xlsx or .parquet.")
    ] = None,
    recipe_out: Annotated[
        Path | None, typer.Option("--recipe", metavar="OUT.json", help="Write the recipe of the last choice.")
    ] = None,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Keep every try here; a second call goes on from there."),
    ] = None,
    target: Name = None,
    sensitive: Names = None,
    entity: Name = None,
    order: Name = None,
    seed: Annotated[int, typer.Option(help="Same seed, same tries.")] = 0,
    holdout: Annotated[float, typer.Option(help="Share of rows that only the last choice is judged on.")] = 0.2,
    rules: RuleFile = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make rows; no figure depends on it.")] = 1,
    use: UseName = "share",
    json_out: Json = None,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Iterate to the targets: try, judge, change what failed, try again (exit code 1: not reached)."""
    from synth_core.cli_tune import lines, with_limits
    from synth_core.errors import Cancelled
    from synth_core.generation import Synthesis
    from synth_core.partitions import FILE
    from synth_core.scorecard import default_targets
    from synth_core.tuning.loop import read_tuning
    from synth_core.tuning.loop import tune as iterate
    from synth_core.tuning.record import Budget
    from synth_core.writing import export

    check_place(json_out, "--json")
    check_place(recipe_out, "--recipe")
    if out is not None:
        check_suffix(out)
    targets, budget = (
        with_limits(default_targets(use_of(use)), limit or []),
        Budget(minutes=minutes, tries=tries, fewer_rows=fewer_rows),
    )
    budget.check()
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    words = missing_of(missing or [])
    table = with_roles(told_missing(reading, words), target, sensitive or [], entity, order)
    recipe = recipe_of(
        table,
        method=method,
        rows=rows if rows is not None else max(len(table), 1),
        seed=seed,
        holdout=holdout,
        constraints=rules_in(rules),
        params=params_of(param or []),
        missing=words,
        use=use,
    )
    note(*reading.notes)
    bar = Bar()
    with tempfile.TemporaryDirectory(prefix="simile-") as scratch:
        folder = keep if keep is not None else Path(scratch)
        try:
            found = iterate(table, recipe, targets, budget, folder, workers=workers, progress=within(bar, "Iterate"))
        except (Cancelled, KeyboardInterrupt):
            bar.close()
            kept = read_tuning(folder)
            for line in () if kept is None else lines(kept):
                say(line)
            fail("Stopped.", 1)
        bar.close()
        for line in lines(found):
            say(line)
        chosen = found.attempt(found.chosen)
        if json_out is not None:
            write_text(json_out, found.model_dump_json(indent=1))
        if recipe_out is not None and chosen is not None:
            write_text(recipe_out, chosen.recipe.model_dump_json(indent=1))
        if out is not None and found.final is not None:
            made = Synthesis.model_validate_json((folder / "final" / "synthesis.json").read_text(encoding="utf-8"))
            export(folder / "final" / FILE, out, tuple(made.columns))
            say(f"{made.rows:,} rows of the last choice -> {out}")
    if found.final is None or not found.final.reached:
        raise typer.Exit(1)
