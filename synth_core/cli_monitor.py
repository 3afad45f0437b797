"""``simile monitor``: a new extract against the rows that were learned from."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from synth_core.cli_options import Json, Name, RuleFile, check_place, rules_in, with_roles
from synth_core.cli_output import Bar, say, write_text

if TYPE_CHECKING:
    from synth_core.monitoring.results import Drift

WIDTH = 110
SHOWN = 12


def monitor(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="The real rows that were learned from.")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="The new extract of the same table.")],
    constraints: RuleFile = None,
    target: Name = None,
    entity: Name = None,
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other halves of the old rows.")] = 0,
    json_out: Json = None,
) -> None:
    """Say what moved in a new extract, per column, pair and rule; exit 1 when it drifted."""
    from synth_core.monitoring.drift import drift
    from synth_core.reading import read

    check_place(json_out, "--json")
    before = with_roles(read(old).table, target, [], entity, None)
    rules = rules_in(constraints)
    for rule in rules:
        rule.check(before)
    bar = Bar()
    found = drift(before, read(new), rules=rules, seed=seed, progress=bar)
    bar.close()
    for line in lines(found):
        say(line)
    if json_out is not None:
        write_text(json_out, found.model_dump_json(indent=1))
    if found.word == "drift":
        raise typer.Exit(1)


def lines(found: Drift) -> Iterator[str]:
    """Yield the finding as text: the verdict, the make-up, columns, pairs and rules that moved."""
    from synth_core.monitoring.results import WORDS

    yield f"{found.name_before}: {found.rows_before:,} rows; {found.name_now}: {found.rows_now:,} rows"
    yield from _wrapped(f"{WORDS[found.word].upper():<7} ", found.sentence())
    for one in found.schema_differences:
        yield from _wrapped(f"  {WORDS[one.word]:<7} ", one.sentence)
    moved = [one for one in found.columns if one.word != "steady"]
    if moved:
        yield ""
        yield f"  {'column':<24} {'':<7} {'distance %':>10} {'by chance':>10} {'PSI':>7}"
    for column in moved[:SHOWN]:
        figures = f"{column.distance:>10.2f} {column.floor:>10.2f} {column.psi:>7.3f}"
        unseen = f" {column.unseen_rows:,} rows hold categories not seen before." if column.unseen_rows else ""
        yield f"  {column.name[:24]:<24} {WORDS[column.word]:<7} {figures}  {column.sentence}{unseen}"
    apart = [one for one in found.pairs if one.word != "steady"]
    if apart:
        yield ""
        yield f"  {'pair':<40} {'':<7} {'before':>7} {'now':>7} {'by chance':>10}"
    for pair in apart[:SHOWN]:
        name = f"{pair.first} - {pair.second}"
        yield f"  {name[:40]:<40} {WORDS[pair.word]:<7} {pair.before:>7.2f} {pair.now:>7.2f} {pair.floor:>10.2f}"
    if found.rules:
        yield ""
    for rule in found.rules:
        said = rule.problem or f"broken by {rule.before:.2%} of rows before, {rule.now:.2%} now ({rule.rows:,})"
        yield from _wrapped(f"  {WORDS[rule.word]:<7} ", f"{rule.sentence}: {said}")
    for note in found.notes:
        yield from _wrapped("  Note    ", note)


def _wrapped(start: str, sentence: str) -> list[str]:
    return textwrap.wrap(sentence, WIDTH, initial_indent=start, subsequent_indent=" " * len(start))
