"""What ``simile profile`` finds and prints: one table understood, as text, as profile.json, as one HTML page."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from synth_core.cli_options import with_roles
from synth_core.cli_output import keep_text

if TYPE_CHECKING:
    from synth_core.advice import Advice
    from synth_core.profile import Alert, ColumnProfile, Profile
    from synth_core.profile.exposure import Exposure
    from synth_core.profile.temporal import TimeProfile
    from synth_core.profile.triples import Triples
    from synth_core.progress import StageProgress
    from synth_core.recipe import Use
    from synth_core.table import Table

WIDTH = 110
ROWS = "rows"
ALIKE = 4
TRIPLES_SHOWN = 5


@dataclass(frozen=True)
class Understood:
    """Everything that is found about a table."""

    table: Table
    profile: Profile
    time: TimeProfile | None
    triples: Triples
    exposure: Exposure | None
    advice: list[Advice]

    def json(self) -> str:
        """Return ``profile.json``."""
        from synth_core.report.profile_document import profile_json

        return self._written(profile_json)

    def html(self) -> str:
        """Return the profile as one page."""
        from synth_core.report.profile_document import profile_html

        return self._written(profile_html)

    def _written(self, write: Callable[..., str]) -> str:
        return write(
            self.table.name,
            self.profile,
            time=self.time,
            triples=self.triples,
            exposure=self.exposure,
            advice=self.advice,
        )


def understand(
    table: Table,
    *,
    use: Use,
    progress: StageProgress,
    target: str | None = None,
    entity: str | None = None,
    order: str | None = None,
    sample: int | None = None,
) -> Understood:
    """Return everything that is found about a table.

    Parameters
    ----------
    order
        The column that orders the rows in time; "rows" for the rows as they come.
    sample
        Facts per column and pair from that many evenly drawn rows; time and exposed rows are always counted in full.
    """
    from synth_core.profile import profile
    from synth_core.profile.exposure import exposure, suggested_quasi_identifiers, suggested_widths
    from synth_core.profile.temporal import ROW_ORDER, time_profile
    from synth_core.profile.triples import triples
    from synth_core.progress import within
    from synth_core.recommend import meaning

    as_they_come = order == ROWS and ROWS not in table.names
    table = with_roles(table, target, [], entity, None if as_they_come else order)
    found = profile(table, sample=sample, progress=within(progress, "Columns"))
    progress("Time", 0, 1)
    time = time_profile(table, order=ROW_ORDER if as_they_come else None)
    three = triples(table, progress=within(progress, "Triples"))
    progress("Exposed rows", 0, 1)
    known = suggested_quasi_identifiers(table)
    exposed = exposure(table, known, widths=suggested_widths(table, known)) if known else None
    return Understood(table, found, time, three, exposed, meaning(table, found, use))


def save(found: Understood, json_out: Path | None, html_out: Path | None) -> Iterator[Path]:
    """Write what was asked for; give each path once it is there."""
    for path, text in ((json_out, found.json), (html_out, found.html)):
        if path is not None:
            keep_text(path, text())
            yield path


def lines(found: Understood, notes: list[str]) -> Iterator[str]:
    """Return the print-out, line by line."""
    from synth_core.profile.words import counted

    table, profile = found.table, found.profile
    yield f"{table.name}: {counted(profile.rows, 'row')} x {counted(len(table.columns), 'column')}"
    if profile.sampled is not None:
        yield f"  facts from {profile.sampled:,} evenly drawn rows"
    for note in notes:
        yield from _wrapped(f"  {'read':<8} ", note)
    yield from ("", "Look at this first")
    yield from _alerts(profile)
    yield from ("", "Columns")
    width = min(max(len(name) for name in table.names), 40)
    for column in profile.columns:
        facts = f"{column.missing_share:6.1%} empty  {column.distinct:>9,} distinct"
        yield f"  {column.name:<{width}}  {column.kind:<10}  {facts}  {_middle(column)}".rstrip()
    if found.time is not None:
        yield from ("", "In time")
        for sentence in found.time.sentences:
            yield from _wrapped("  ", sentence)
    if found.triples.found:
        yield from ("", "Three columns together")
        for triple in found.triples.found[:TRIPLES_SHOWN]:
            yield from _wrapped("  ", triple.sentence)
    if found.exposure is not None:
        yield from ("", "Exposed rows")
        coarse = ", ".join(f"'{name}' {words}" for name, words in found.exposure.widths.items())
        yield from _wrapped("  ", found.exposure.sentence + (f" ({coarse})" if coarse else ""))
    yield from ("", "What this means for you")
    for one in found.advice:
        yield from _wrapped("  ", f"{one.title}. {one.sentence}")


def _alerts(profile: Profile) -> Iterator[str]:
    """Return the alerts; of one sort and severity at most four in words, the others by the names of their columns."""
    seen: dict[tuple[str, str], list[Alert]] = {}
    for alert in profile.alerts:
        seen.setdefault((alert.code, alert.severity), []).append(alert)
    if not profile.alerts:
        yield "  Nothing in this table stands out."
    for (_, severity), alike in seen.items():
        for alert in alike[:ALIKE]:
            yield from _wrapped(f"  {severity.upper():<6} ", f"{alert.sentence} {alert.consequence}")
        if len(alike) > ALIKE:
            names = ", ".join(" - ".join(alert.columns) for alert in alike[ALIKE:])
            yield from _wrapped("         ", f"and {len(alike) - ALIKE} more like it: {names}")


def _middle(column: ColumnProfile) -> str:
    from synth_core.figures.style import value_text
    from synth_core.profile import OTHER, RARE
    from synth_core.profile.levels import are_years
    from synth_core.table import Kind

    if column.quantiles:
        dates, years = column.kind is Kind.DATETIME, are_years(column.name, column.kind, *column.quantiles[::6])
        texts = (f"{q:.0f}" if years else value_text(q, dates) for q in (column.quantiles[i] for i in (1, 3, 5)))
        low, middle, high = texts
        return f"{middle} ({low} to {high})"
    top = next((value for value in column.values if value.label not in (OTHER, RARE)), None)
    return f"{top.label} ({top.share:.0%})" if top is not None else ""


def _wrapped(start: str, sentence: str) -> list[str]:
    return textwrap.wrap(
        sentence, WIDTH, initial_indent=start, subsequent_indent=" " * len(start), break_long_words=False
    )
