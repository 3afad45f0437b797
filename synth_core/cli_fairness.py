"""``simile fairness``: the fairness lab from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    check_place,
    missing_of,
    params_of,
    read_table,
    recipe_of,
    rules_in,
    told_missing,
    with_roles,
)
from synth_core.cli_output import Bar, note, say, write_text
from synth_core.errors import InputError
from synth_core.progress import within

if TYPE_CHECKING:
    from synth_core.labs.fair_corrections import FairnessPlan
    from synth_core.labs.fair_results import Arm, Fairness
    from synth_core.scores.statistics import Estimate

Correct = Annotated[
    list[str] | None,
    typer.Option("--correct", metavar="NAME", help="represent, balance (a what-if) or cut; all three when not given."),
]


def fairness(
    file: File,
    target: Name = None,
    sensitive: Names = None,
    favourable: Annotated[
        str | None, typer.Option(metavar="CLASS", help="The class of the target that is good to get, such as yes.")
    ] = None,
    correct: Correct = None,
    share: Annotated[
        list[str] | None,
        typer.Option(metavar="GROUP:SHARE", help="For represent: the share of a group (B:0.5); equal when not given."),
    ] = None,
    rate: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP:RATE", help="For balance: its rate of the favourable class; else that of all rows."
        ),
    ] = None,
    cut: Annotated[
        list[str] | None,
        typer.Option(metavar="ONE->OTHER", help="For cut: no edge between these; sensitive and target when not given."),
    ] = None,
    engine: Annotated[str, typer.Option(help="trees, bayesian_network or copula.")] = "trees",
    model: Annotated[str, typer.Option(help="What is trained: boosted or linear.")] = "boosted",
    folds: Annotated[int, typer.Option(min=2, max=10, help="Parts of the rows; each is judged once.")] = 3,
    rows: Annotated[int, typer.Option(min=100, max=1_000_000, help="Real rows to learn from, at most.")] = 20_000,
    sees: Annotated[bool, typer.Option("--sees-sensitive", help="The model may see the sensitive column.")] = False,
    entity: Name = None,
    seed: Annotated[int, typer.Option(help="Same seed, same figures.")] = 0,
    holdout: Annotated[float, typer.Option(help="Share of rows that is not looked at, as by `simile generate`.")] = 0.2,
    param: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A setting of the engine.")] = None,
    rules: RuleFile = None,
    json_out: Json = None,
    csv_out: Annotated[Path | None, typer.Option("--csv", metavar="OUT", help="Also write all figures as CSV.")] = None,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Measure on FILE whether a correction makes a model fairer, and what it costs."""
    from synth_core.labs import fairness as lab
    from synth_core.labs.fair_groups import default_columns
    from synth_core.labs.fair_words import as_csv
    from synth_core.methods.network_edges import parse_edges
    from synth_core.needs import require_memory

    check_place(json_out, "--json")
    check_place(csv_out, "--csv")
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    words = missing_of(missing or [])
    table = with_roles(told_missing(reading, words), target, sensitive or [], entity, None)
    plan = _plan_of(
        sensitive=tuple(sensitive or default_columns(table)),
        target=target or "",
        favourable=favourable or "",
        corrections=tuple(correct) if correct else ("represent", "balance", "cut"),
        shares=_numbers("--share", share or []),
        rates=_numbers("--rate", rate or []),
        cuts=tuple(edge for text in cut or [] for edge in parse_edges(text, "--cut")),
        engine=engine,
        model=model,
        folds=folds,
        rows=rows,
        sees=sees,
    )
    if not plan.sensitive:
        raise InputError("No sensitive column is chosen; name one with --sensitive, such as sex.")
    if table.target is None:
        raise InputError("No target is chosen; name the decision that people are given with --target.")
    recipe = recipe_of(
        table, method=engine, rows=max(len(table), 1), seed=seed, holdout=holdout, constraints=rules_in(rules),
        params=params_of(param or []), missing=words, use="share",
    )  # fmt: skip
    require_memory(table, recipe)
    bar = Bar()
    found = lab.measure(table, recipe, plan, progress=within(bar, "Measure"))
    bar.close()
    for line in lines(found):
        say(line)
    note(*reading.notes)
    if json_out is not None:
        write_text(json_out, found.model_dump_json(indent=1))
    if csv_out is not None:
        write_text(csv_out, as_csv(found))


def lines(found: Fairness) -> Iterator[str]:
    """Yield the result: per arm the gaps and the cost, per group the rates, and what won."""
    from synth_core.labs.fair_words import CAVEATS, GAP_TITLES, story

    plan = found.plan
    yield (
        f"{plan.target} = {plan.favourable} by {' and '.join(plan.sensitive)}: {found.judged:,} real rows judged in "
        f"{plan.folds} folds, by models that never saw them"
    )
    yield f"  {'trained on':<32} {'gap in outcomes':<24} {'gap in errors':<24} {'accuracy':<10} {'AUC':<8}"
    for arm in found.arms:
        cells = f"{_cell(arm.parity):<24} {_cell(arm.odds):<24} {arm.accuracy.value:<10.3f} {arm.auc.value:<8.3f}"
        yield f"  {found.titles[arm.name]:<32} {cells}".rstrip()
        yield from _group_lines(arm)
    for name, rows in found.few.items():
        yield f"  not judged: {name}, not enough data ({rows:,} rows)"
    for gap, title in GAP_TITLES.items():
        yield f"{title}: {' '.join(story(found, gap))}"
    yield from CAVEATS


def _group_lines(arm: Arm) -> Iterator[str]:
    for group in arm.groups:
        if group.selection is None or group.accuracy is None:
            yield f"    {group.group:<30} {group.note}"
            continue
        error = "" if group.true_positive is None else f", true positives {100 * group.true_positive.value:.1f} %"
        yield (
            f"    {group.group:<30} given it {100 * group.selection.value:.1f} % (in truth {100 * group.base:.1f} %)"
            f"{error}, accuracy {group.accuracy.value:.3f}"
        )


def _cell(found: Estimate | None) -> str:
    if found is None:
        return "not enough data"
    return f"{100 * found.value:.1f} ({100 * found.low:.1f} - {100 * found.high:.1f})"


def _numbers(option: str, texts: list[str]) -> dict[str, float]:
    """Return what is written as GROUP:NUMBER."""
    found = {}
    for text in texts:
        group, colon, number = text.rpartition(":")
        try:
            found[group.strip()] = float(number)
        except ValueError:
            colon = ""
        if not colon:
            raise InputError(f"{option} '{text}' is not understood. Write a group and a number, such as B:0.5")
    return found


def _plan_of(**told: Any) -> FairnessPlan:
    from pydantic import ValidationError

    from synth_core.labs.fair_corrections import FairnessPlan

    options = {"corrections": "--correct", "model": "--model", "folds": "--folds", "rows": "--rows"}
    choices = {"corrections": "represent, balance or cut", "model": "boosted or linear"}
    try:
        return FairnessPlan(**told)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0])
        wanted = choices.get(name, "a number in its range")
        raise InputError(f"{options.get(name, name)}: it must be {wanted}.") from None
