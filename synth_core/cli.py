"""The ``simile`` command: everything that the studio does, without a browser.

Exit codes: 0 done; 1 a gate or target failed, or the work could not finish; 2 bad input, with one sentence on stderr.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_augment import augment
from synth_core.cli_fairness import fairness
from synth_core.cli_monitor import monitor
from synth_core.cli_options import (
    Client,
    Cluster,
    File,
    Given,
    Json,
    Logo,
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
    Title,
    UseName,
    check_place,
    check_suffix,
    given_in,
    left_out_notes,
    logo_in,
    missing_of,
    on_cluster,
    params_of,
    place_of,
    read_table,
    recipe_of,
    rules_in,
    split_by,
    steering_of,
    told_missing,
    use_of,
    with_roles,
)
from synth_core.cli_output import (
    Bar,
    conclude,
    fail,
    figure,
    info_json,
    note,
    say,
    steering_lines,
    told_by_pilot,
    write,
    write_text,
)
from synth_core.cli_testdata import make_testdata
from synth_core.errors import InputError, SimileError
from synth_core.progress import within

app = typer.Typer(
    name="simile",
    help="From a real table to a synthetic one, with a verdict that is right.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.command()
def demo(
    name: Annotated[str, typer.Argument(help="hospital, fraud, loans or orders.")],
    out: Out,
    seed: Annotated[int | None, typer.Option(min=0, help="Another seed gives fresh rows from the same world.")] = None,
) -> None:
    """Write one of the demo tables."""
    from synth_core.demos import DEMOS, demo_table
    from synth_core.table import did_you_mean

    if name not in DEMOS:
        raise InputError(f"There is no demo '{name}'.{did_you_mean(name, list(DEMOS)).replace('columns', 'demos')}")
    table = demo_table(name) if seed is None else demo_table(name, seed=seed)
    write(table, out)
    say(f"{DEMOS[name].title}: {len(table):,} rows x {len(table.columns)} columns -> {out}")


@app.command()
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


@app.command()
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


@app.command()
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


@app.command()
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
    note(*told_by_pilot(table, recipe))
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


@app.command()
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


@app.command()
def judge(
    real: Annotated[
        str, typer.Argument(metavar="REAL", help="The rows that were learned from: a file, or a URL with --query.")
    ],
    synth: Annotated[Path, typer.Argument(metavar="SYNTH", help="The synthetic rows.")],
    holdout: Annotated[
        str,
        typer.Option(
            metavar="FILE|SHARE",
            help="Real rows that nobody learned from: a file, or the share that `simile generate` kept out of REAL "
            "(0.2 by default; give the same seed and roles).",
        ),
    ] = "",
    target: Name = None,
    sensitive: Names = None,
    entity: Name = None,
    rules: RuleFile = None,
    use: UseName = "share",
    seed: Annotated[int, typer.Option(help="Seed of the judgement, and of the split where --holdout is a share.")] = 0,
    full: Annotated[bool, typer.Option("--full", help="Also guess sensitive columns and single people out.")] = False,
    shadow: Annotated[
        Path | None,
        typer.Option(
            metavar="RECIPE.json",
            help="Also audit the recipe that made SYNTH (recipe.json of its release pack): fit it with and without the "
            "most exposed people.",
        ),
    ] = None,
    json_out: Json = None,
    html_out: Annotated[Path | None, typer.Option("--html", metavar="OUT")] = None,
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
    """Judge SYNTH against REAL and hold it to the targets of its use."""
    from synth_core.cli_shadow import audited, lines
    from synth_core.judging import judge as judge_tables
    from synth_core.reading import read_like
    from synth_core.scorecard import default_targets

    check_place(json_out, "--json")
    check_place(html_out, "--html")
    front = {"title": title, "client": client, "logo": logo_in(logo)}
    reading = read_table(real, query, query_rows, query_seconds, read_as, sample_rows)
    real_table = told_missing(reading, missing_of(missing or []))
    train, held = split_by(with_roles(real_table, target, sensitive or [], entity, None), holdout, seed)
    bar = Bar()
    chosen = [rule.fitted(train) for rule in rules_in(rules) if rule.enabled]
    made = read_like(synth, train)
    card = judge_tables(
        train,
        held,
        made,
        rules=chosen,
        seed=seed,
        progress=bar,
        full=full,
    )
    bar.close()
    if shadow is not None:
        card = audited(card, train, made, shadow)
    note(*reading.notes)
    for attack in card.privacy.attacks:
        control = attack.chance if attack.control is None else attack.control
        say(f"  attack    {attack.title}: {figure(attack.value)}, control {figure(control)}  {attack.note}")
    for line in () if card.privacy.audit is None else lines(card.privacy.audit):
        say(line)
    conclude(card, default_targets(use_of(use)), use_of(use), json_out, html_out, rules=chosen, front=front)


@app.command()
def replicate(
    real: Annotated[Path, typer.Argument(metavar="REAL", help="The real rows.")],
    synth: Annotated[Path, typer.Argument(metavar="SYNTH", help="The synthetic rows.")],
    analysis: Annotated[
        str,
        typer.Argument(
            metavar="ANALYSIS", help="'outcome ~ column + column', 'mean(column) by column', 'count by column'."
        ),
    ],
    json_out: Json = None,
    missing: Missing = None,
) -> None:
    """Run one regression or group-by on both tables: figures with intervals side by side."""
    from synth_core.reading import read, read_like
    from synth_core.replication import replicate as replicate_on

    check_place(json_out, "--json")
    table = told_missing(read(real), missing_of(missing or []))
    found = replicate_on(table, read_like(synth, table), analysis)
    say(f"{found.analysis}  ({found.method}{f': {found.outcome}' if found.outcome else ''})")
    for term in found.terms:
        sides = [
            f"{figure(value)} [{figure(low)}, {figure(high)}]"
            for value, low, high in (
                (term.real, term.real_low, term.real_high),
                (term.synthetic, term.synthetic_low, term.synthetic_high),
            )
        ]
        overlap = "" if term.overlap is None else f"  overlap {term.overlap:.0%}"
        say(f"  {term.name}: real {sides[0]}, synthetic {sides[1]}{overlap}{'' if term.agrees else '  differs'}")
    note(*found.notes)
    say(found.sentence)
    if json_out is not None:
        write_text(json_out, found.model_dump_json(indent=1))


@app.command()
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


app.command()(fairness)


@app.command()
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


@app.command()
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
    note(*told_by_pilot(table, recipe))
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


app.command()(augment)
app.command(name="testdata")(make_testdata)
app.command()(monitor)


@app.command(name="app")
def studio(
    port: Annotated[int, typer.Option()] = 8501,
    headless: Annotated[bool, typer.Option("--headless", help="Do not open a browser.")] = False,
) -> None:
    """Open the studio in the browser (127.0.0.1 only)."""
    root = Path(__file__).resolve().parent.parent
    command = [sys.executable, "-m", "streamlit", "run", str(root / "app.py"), "--server.address=127.0.0.1"]
    command += [f"--server.port={port}", f"--server.headless={'true' if headless else 'false'}"]
    raise typer.Exit(subprocess.call(command, cwd=root))


def main() -> None:
    """Run the command; turn every expected error into one sentence and an exit code."""
    try:
        code = app(standalone_mode=False)
        sys.exit(code if isinstance(code, int) else 0)
    except InputError as error:
        fail(str(error), 2)
    except SimileError as error:
        fail(str(error), 1)
    except (KeyboardInterrupt, typer.Abort):
        fail("Stopped.", 1)
    except OSError as error:
        fail(f"{error.filename or 'A file'} cannot be read or written: {error.strerror or error}.", 2)
    except MemoryError:
        fail("Memory ran out. Make fewer rows, leave out columns with very many categories, or use 'trees'.", 1)
    except Exception as error:
        # typer carries a copy of click of its own, whose usage errors have no public name
        if not hasattr(error, "format_message"):
            raise
        fail(error.format_message() or "Say what to do; `simile --help` lists the commands.", 2)


if __name__ == "__main__":
    main()
