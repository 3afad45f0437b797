"""What ``simile judge`` and ``simile replicate`` do: a synthetic table held against the real one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from synth_core.cli_options import (
    Client,
    Json,
    Logo,
    Missing,
    Name,
    Names,
    Query,
    QueryRows,
    QuerySeconds,
    ReadAs,
    RuleFile,
    SampleRows,
    Title,
    UseName,
    check_place,
    logo_in,
    missing_of,
    read_table,
    rules_in,
    split_by,
    told_missing,
    use_of,
    with_roles,
)
from synth_core.cli_output import Bar, conclude, figure, note, say, write_text


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
