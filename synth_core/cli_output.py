"""What the ``simile`` command says: progress, figures, verdicts, and why it failed."""

from __future__ import annotations

import json
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from synth_core.cli_options import check_suffix
from synth_core.errors import StorageError
from synth_core.progress import Pace
from synth_core.whole_files import write_whole

if TYPE_CHECKING:
    from synth_core.generation import Synthesis
    from synth_core.recipe import Recipe
    from synth_core.scorecard import Scorecard, Target, Verdict
    from synth_core.table import Table


LONG_RUN = 50_000  # rows


class Bar:
    """Progress of stages on stderr: one line per finished stage, or a live line on a terminal."""

    def __init__(self) -> None:
        self._stage = ""
        self._began = 0.0
        self._pace = Pace(0.0)
        self._live = sys.stderr.isatty()
        self._written = 0.0

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Show where the work is."""
        if stage != self._stage:
            self.close()
            self._stage, self._began = stage, time.monotonic()
            self._pace = Pace(done / total if total else 0.0)
        if self._live and time.monotonic() - self._written > 0.1:
            self._written = time.monotonic()
            share = done / total if total else 0.0
            left = self._pace.seconds_left(share)
            sys.stderr.write(f"\r\x1b[K{stage}  {share:4.0%}  {note}{_in_words(left)}")
            sys.stderr.flush()

    def close(self) -> None:
        """End the stage: its live line goes, or a line says how long it took."""
        if self._live and self._stage:
            sys.stderr.write("\r\x1b[K")
        elif self._stage:
            sys.stderr.write(f"{self._stage}: {time.monotonic() - self._began:.1f} s\n")
        self._stage = ""


def _in_words(left: float | None) -> str:
    if left is None or left < 2:
        return ""
    return f", about {left:.0f} s left" if left < 90 else f", about {left / 60:.0f} min left"


def told_by_pilot(table: Table, recipe: Recipe) -> list[str]:
    """Return what a dry run says before a long run with rules: seconds, rows accepted, and what each rule takes."""
    from synth_core.pilot import pilot

    if recipe.rows < LONG_RUN or not recipe.rules or recipe.steering.given is not None:
        return []
    found = pilot(table, recipe)
    if found is None:
        return []
    first = f"A dry run: about {max(found.seconds, 1):.0f} s, {found.acceptance:.0%} of drawn rows kept."
    return [first, *(f"  {rule.sentence}: {rule.words()}" for rule in found.rules)]


def whose_rows(table: Table) -> list[str]:
    """Return a sentence on the column that seems to say who a row is about, where nobody has said so."""
    from synth_core.roles import entity_offer

    offer = entity_offer(table)
    if offer is None:
        return []
    option = shlex.quote(offer.column)
    return [
        f"'{offer.column}' seems to say who a row is about. Add --entity {option}, and protection counts people, not "
        "rows, and all rows of one are learned from or held out together."
    ]


def conclude(
    card: Scorecard,
    targets: list[Target],
    use: Any,
    json_out: Path | None,
    html_out: Path | None,
    *,
    rules: list[Any],
    front: dict[str, Any] | None = None,
) -> None:
    """Print the verdicts, write what was asked for, and exit with 1 when a gate failed."""
    from synth_core.report import html
    from synth_core.scorecard import not_run, verdicts

    found = verdicts(card, targets)
    for score in card.scores.values():
        floor = f"floor {figure(score.reference):>7}"
        say(f"  {score.dimension:<9} {score.name:<16} {figure(score.value):>9} {score.unit:<5} {floor}  {score.note}")
    for verdict in found:
        say(f"{verdict.word.upper():<16} {verdict.target.score:<16} {verdict.sentence}")
    for target in not_run(card, targets):
        say(f"{'NOT RUN':<16} {target.score:<16} Run on request; says nothing and keeps nothing back until then.")
    if json_out is not None:
        body = json.loads(card.model_dump_json()) | {"verdicts": [json.loads(v.model_dump_json()) for v in found]}
        write_text(json_out, json.dumps(body, indent=1))
    if html_out is not None:
        words = {**(front or {}), "title": (front or {}).get("title") or card.table}
        write_text(html_out, html(card, use=use, targets=targets, rules=rules, **words))
    if _failed(found):
        raise typer.Exit(1)


def _failed(found: list[Verdict]) -> bool:
    return any(verdict.word == "fail" and verdict.target.gate for verdict in found)


def figure(value: float | None) -> str:
    """Return a score with four significant digits, "-" where there is none."""
    return "-" if value is None else f"{value:.4g}"


def info_json(info: Any) -> dict[str, Any]:
    """Return what is known of an engine as plain JSON."""
    from dataclasses import asdict

    return asdict(info) | {
        "params": [asdict(param) | {"kind": param.kind.__name__} for param in info.params],
        "missing": list(info.missing),
    }


def write(table: Table, out: Path) -> None:
    """Write a table in the format that the file's name asks for."""
    from synth_core.writing import write_table

    check_suffix(out)
    write_table(table, out)


def steering_lines(synthesis: Synthesis) -> list[str]:
    """Return how the rows were steered; no lines where nothing was asked."""
    facts = synthesis.steering
    return [] if facts is None else [f"  steered   {line}" for line in facts.sentences(synthesis.rows)]


def keep_text(path: Path, text: str) -> None:
    """Write a file, whole or not at all; into a pipe or through a link as it comes."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        path.write_text(text, encoding="utf-8")
        return
    try:
        write_whole(path, text)
    except StorageError as error:  # told with the path, not with where projects are
        raise OSError(error.errno, error.strerror, str(path)) from None


def write_text(path: Path, text: str) -> None:
    """Write a file as :func:`keep_text` does, and say so."""
    keep_text(path, text)
    say(f"-> {path}")


def say(text: str) -> None:
    """Write a line on stdout."""
    sys.stdout.write(text + "\n")


def note(*sentences: str) -> None:
    """Write each sentence on stderr."""
    for sentence in sentences:
        sys.stderr.write(sentence + "\n")


def fail(text: str, code: int) -> NoReturn:
    """Say why on stderr, in one sentence, and exit."""
    sys.stderr.write(f"simile: {text}\n")
    sys.exit(code)
