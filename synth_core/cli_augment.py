"""``simile augment``: whether made rows of a rare class help a model, beside the usual remedies."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synth_core.cli_options import (
    File,
    Json,
    Missing,
    Name,
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
    from synth_core.labs.augmentation import Comparison, Settings
    from synth_core.scores.statistics import Estimate


def augment(
    file: File,
    target: Name = None,
    rare: Annotated[str, typer.Option(metavar="CLASS", help="The class to be found; the rarest when not given.")] = "",
    method: Annotated[str, typer.Option(help="The engine that makes rows of it, or auto.")] = "auto",
    param: Annotated[list[str] | None, typer.Option(metavar="KEY=VALUE", help="A setting of the engine.")] = None,
    model: Annotated[str, typer.Option(help="What is trained: boosted, forest or linear.")] = "boosted",
    ratio: Annotated[
        list[str] | None,
        typer.Option(metavar="1:N", help="Rare rows to others after a remedy; may be given several times."),
    ] = None,
    precision: Annotated[float, typer.Option(help="Share of alarms that must be right, for recall at it.")] = 0.5,
    folds: Annotated[int, typer.Option(help="Outer folds, which are scored on.")] = 5,
    inner: Annotated[int, typer.Option(help="Inner folds, which choose ratio and threshold.")] = 2,
    seed: Annotated[int, typer.Option(help="Same seed, same figures.")] = 0,
    holdout: Annotated[float, typer.Option(help="Share of rows that is not looked at, as by `simile generate`.")] = 0.2,
    entity: Name = None,
    rules: RuleFile = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes that make rows; the figures do not depend on it.")] = 1,
    csv_out: Annotated[Path | None, typer.Option("--csv", metavar="OUT", help="Also write the table as CSV.")] = None,
    json_out: Json = None,
    missing: Missing = None,
    query: Query = "",
    query_rows: QueryRows = 1_000_000,
    query_seconds: QuerySeconds = 60,
    read_as: ReadAs = None,
    sample_rows: SampleRows = None,
) -> None:
    """Compare remedies for a rare class on real rows that nothing learned from: made rows, SMOTE, weights, nothing."""
    from synth_core.labs.nested import compare
    from synth_core.labs.tables import figures_csv

    check_place(csv_out, "--csv")
    check_place(json_out, "--json")
    reading = read_table(file, query, query_rows, query_seconds, read_as, sample_rows)
    words = missing_of(missing or [])
    table = with_roles(told_missing(reading, words), target, [], entity, None)
    recipe = recipe_of(
        table,
        method=method,
        params=params_of(param or []),
        rows=max(len(table), 1),
        seed=seed,
        holdout=holdout,
        constraints=rules_in(rules),
        missing=words,
        use="augment",
    )
    asked = {"rare": rare, "model": model, "precision": precision, "folds": folds, "inner": inner, "seed": seed}
    settings = settings_of(ratio or [], method=recipe.method, params=recipe.params, **asked)
    bar = Bar()
    found = compare(table, recipe, settings, workers=workers, progress=within(bar, "Compare"))
    bar.close()
    for line in lines(found):
        say(line)
    note(*reading.notes)
    if csv_out is not None:
        write_text(csv_out, figures_csv(found))
    if json_out is not None:
        write_text(json_out, found.model_dump_json(indent=1))


def settings_of(ratios: list[str], **fields: object) -> Settings:
    """Return the settings of the lab; InputError names the option that is wrong."""
    from pydantic import ValidationError

    from synth_core.labs.augmentation import Settings

    try:
        return Settings.model_validate({**fields, **({"ratios": [_ratio(text) for text in ratios]} if ratios else {})})
    except ValidationError as error:
        first = error.errors()[0]
        option = {"ratios": "ratio"}.get(str(first["loc"][0]), str(first["loc"][0]))
        what = first["msg"].removeprefix("Value error, ").replace("Input should be", "it must be")
        raise InputError(f"--{option}: {what}.") from None


def _ratio(text: str) -> float:
    """Return how many other rows there are per rare one, from ``1:20``."""
    one, colon, others = text.partition(":")
    try:
        return float(others) / float(one) if colon else float(text)
    except (ValueError, ZeroDivisionError):
        raise InputError(f"--ratio {text}: write it like 1:20, one rare row to twenty others.") from None


def lines(found: Comparison) -> Iterator[str]:
    """Yield the comparison as a table, and what it comes to."""
    from synth_core.labs.augmentation import ratio_words
    from synth_core.labs.tables import verdict

    settings = found.settings
    yield (
        f"{found.rare_rows:,} of {found.rows:,} real rows have {found.target} = {found.rare}; {settings.folds} outer "
        f"folds, {settings.inner} inner; {found.seconds:.0f} s"
    )
    heads = ("remedy", "ratio", "PR-AUC", "gain", f"recall at {settings.precision:.0%}", "gain", "found", "right")
    yield "  " + " ".join(f"{head:<{width}}" for head, width in zip(heads, _WIDTHS, strict=True))
    for one in found.contenders:
        cells = [one.title, "" if one.usual_ratio is None else ratio_words(one.usual_ratio)]
        cells += [_cell(one.pr_auc), _cell(one.pr_auc_gain, "+"), _cell(one.recall), _cell(one.recall_gain, "+")]
        cells += [f"{one.found.value:.0%}", "-" if one.silent else f"{one.right.value:.0%}"]
        yield "  " + " ".join(f"{cell:<{width}}" for cell, width in zip(cells, _WIDTHS, strict=True))
    for judge in ("pr_auc", "recall"):
        yield verdict(found, judge)
    yield from found.notes


_WIDTHS = (32, 7, 22, 26, 22, 26, 6, 6)


def _cell(found: Estimate | None, sign: str = "") -> str:
    if found is None:
        return "-"
    value, low, high = (f"{end:{sign}.3f}" for end in found)
    return f"{value} ({low} to {high})"
