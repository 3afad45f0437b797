"""A table in time: its order, its step and gaps, and trend, seasons and autocorrelation of its columns.

A table with one row per step is taken as it is. Events (stays, orders) and several rows per time are brought to the
finest period that holds about five rows: counts of rows, means of numbers, shares of yes/no columns.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import TableError
from synth_core.profile.entities import entity_facts
from synth_core.profile.series import Line, describe
from synth_core.profile.shown import RARE_ROWS
from synth_core.profile.time_axis import order_column, row_positions, times_of, usual_span, usual_step
from synth_core.profile.time_facts import (
    ROW_ORDER,
    EntityColumn,
    EntityFacts,
    Season,
    SeriesProfile,
    TimeGap,
    TimeProfile,
)
from synth_core.profile.time_grid import Grid, calendar_cycles, grid_of, holes, period_counts
from synth_core.profile.time_sentences import time_sentences
from synth_core.profile.trends import autocorrelations
from synth_core.table import Column, Kind, Role, Table, numbers

__all__ = [
    "ROW_ORDER",
    "EntityColumn",
    "EntityFacts",
    "Season",
    "SeriesProfile",
    "TimeGap",
    "TimeProfile",
    "looks_ordered",
    "time_profile",
]

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int64]

FEWEST = 10
MOST_COLUMNS = 40
GAPS_KEPT = 50
SMOOTHED = np.full(11, 1 / 11)
LARGEST = 1e120  # squares of larger ones overflow
ENTITY_ROWS = 100_000
_YES = frozenset(["yes", "y", "true", "t", "1", "j", "ja", "oui", "si", "sí", "on"])


def time_profile(
    table: Table,
    *,
    order: str | None = None,
    entity: str | None = None,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> TimeProfile | None:
    """Return what the table is like in time; None where no column orders its rows.

    Parameters
    ----------
    order
        A date or number column, or ``ROW_ORDER`` for the rows as they come. None: the column in the role "order",
        else the best date.
    entity
        The column that says who a row is about; None: the one in that role, if any.
    columns
        Columns to follow over time; None: learned numbers and yes/no columns, the target first, at most 40.

    Raises
    ------
    TableError
        No such column, or one without an order.
    """
    chosen = None if order == ROW_ORDER else order_column(table, order)
    if order != ROW_ORDER and chosen is None:
        return None
    times = row_positions(len(table)) if chosen is None else _times(table, chosen)
    known = np.isfinite(times)
    if known.sum() < FEWEST:
        return None
    dates = chosen is not None and chosen.kind is Kind.DATETIME
    ranked = chosen is None or (not dates and _only_an_order(times[known], chosen))
    if ranked:
        times = _ranks(times)
    hidden = not ranked and chosen is not None and chosen.protect
    low, high = usual_span(times[known], dates, hidden)
    step = usual_step(np.unique(times[known & (times >= low) & (times <= high)]), dates)
    codes = _entity_codes(table, entity)
    repeated = _repeated(times, known, codes)
    several = codes is not None and codes[1].max(initial=-1) > 0
    grid = grid_of(times, usual_span(times[known], dates, False), step, dates, several=several, repeated=repeated)
    followed = _followed(table, chosen, columns)
    rng = np.random.default_rng(seed)
    series = [describe(line, rng) for line in _lines(table, grid, followed, dates)]
    edges, counts = ([], []) if ranked else period_counts(times[known & (times >= low) & (times <= high)], dates)
    gaps = holes(grid, RARE_ROWS if hidden else 0)
    shown = sorted(sorted(gaps, key=lambda gap: -gap.steps)[:GAPS_KEPT], key=lambda gap: gap.start)
    found = TimeProfile(
        order=chosen.name if chosen is not None else ROW_ORDER,
        entity=codes[0] if codes is not None else None,
        entities=int(codes[1].max(initial=-1)) + 1 if codes is not None else 0,
        rows=len(table),
        unknown=int((~known).sum()),
        dates=dates,
        start=low,
        end=high,
        ends_hidden=hidden,
        step=step.seconds if step else None,
        step_words="row by row" if ranked else step.words(dates) if step else "at any time",
        regular_share=round(step.share, 4) if step else 0.0,
        aggregated=grid.aggregated,
        period_words=grid.step,
        gaps=shown,
        gap_count=len(gaps),
        missing_steps=sum(gap.steps for gap in gaps),
        repeated=repeated,
        period_edges=edges,
        period_counts=counts,
        series=series,
        per_entity=_per_entity(table, codes, times, followed, dates, grid),
    )
    return found.model_copy(update={"sentences": time_sentences(found, _left_out(table, chosen, followed, columns))})


def looks_ordered(table: Table) -> bool:
    """Return whether rows resemble the rows beside them, so that their order seems to carry time.

    True where at least two number columns (or the only one), and half of all, correlate above .5 with the row before,
    and still do once what sorting and repeating make of it is taken out.
    """
    names = [c.name for c in table.having(learned=True) if c.kind in (Kind.INTEGER, Kind.NUMBER)][:40]
    if len(table) < 50 or not names:
        return False
    start = table.frame.iloc[:20_000]
    near = sum(_remembers(numbers(start[name])) for name in names)
    return near >= max(min(2, len(names)), len(names) / 2)


def _remembers(values: Floats) -> bool:
    """Whether a value goes with the one before, other than by lying in a table that is sorted or cut into groups.

    Of equal neighbours one is kept (rows of one group repeat its traits), and a running mean taken out: what lies
    around that of a table sorted by something does not remember.
    """
    values = values[np.isfinite(values) & (np.abs(values) < LARGEST)]
    if len(values) < 50 or abs(float(autocorrelations(values, 1)[1])) <= 0.5:
        return False
    values = values[np.r_[True, values[1:] != values[:-1]]]
    if len(values) < 30:
        return False
    beside = len(SMOOTHED) // 2
    rest = values[beside:-beside] - np.convolve(values, SMOOTHED, "valid")
    return bool(autocorrelations(rest, 1)[1] > max(0.2, 2.5 / np.sqrt(len(rest))))


def _times(table: Table, column: Column) -> Floats:
    times = times_of(table.frame[column.name])
    filled = int(table.frame[column.name].notna().sum())
    if np.isfinite(times).sum() < max(FEWEST, 0.5 * filled):
        raise TableError(
            f"'{column.name}' cannot order the rows of '{table.name}': a date or a number in at least {FEWEST} rows is "
            f"needed, and it is read as {column.kind.in_words} with {filled:,} filled cells. Choose another column."
        )
    return times


def _only_an_order(times: Floats, column: Column) -> bool:
    """Whether numbers tell the order of rows and nothing more: identifiers, and numbers at any distance."""
    if column.kind is Kind.IDENTIFIER or column.regenerated:
        return True
    levels = np.unique(times)
    step = usual_step(levels, False)
    return len(levels) > 0.5 * len(times) and (step is None or step.share < 0.7)


def _ranks(times: Floats) -> Floats:
    """Return the place of each row in order of time, NaN where that is unknown."""
    known = np.flatnonzero(np.isfinite(times))
    ranks = np.full(len(times), np.nan)
    ranks[known[np.argsort(times[known], kind="stable")]] = np.arange(len(known))
    return ranks


def _entity_codes(table: Table, entity: str | None) -> tuple[str, Places] | None:
    if entity is None:
        named = table.having(role=Role.ENTITY)
        if not named:
            return None
        entity = named[0].name
    values = table.frame[table.column(entity).name]
    return entity, np.asarray(pd.factorize(values)[0], dtype=np.int64)


def _repeated(times: Floats, known: npt.NDArray[np.bool_], codes: tuple[str, Places] | None) -> int:
    """Return rows that share their time, and their entity where there is one, with an earlier row."""
    stamps = np.asarray(pd.factorize(times[known])[0], dtype=np.int64)
    if codes is not None:
        stamps = stamps * (int(codes[1].max(initial=0)) + 2) + codes[1][known] + 1
    return len(stamps) - len(pd.unique(stamps))


def _followed(table: Table, order: Column | None, columns: Sequence[str] | None) -> list[Column]:
    if columns is not None:
        wanted = [table.column(name) for name in columns]
        for column in wanted:
            if column.kind not in (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN):
                raise TableError(
                    f"'{column.name}' is no number and no yes/no column, so it has no course over time. Choose "
                    "another column."
                )
        return wanted
    return _candidates(table, order)[:MOST_COLUMNS]


def _candidates(table: Table, order: Column | None) -> list[Column]:
    kinds = (Kind.INTEGER, Kind.NUMBER, Kind.BOOLEAN)
    found = [c for c in table.having(learned=True) if c.kind in kinds and c != order and c.role is not Role.ENTITY]
    return sorted(found, key=lambda c: c.role is not Role.TARGET)


def _left_out(table: Table, order: Column | None, followed: list[Column], columns: Sequence[str] | None) -> int:
    return 0 if columns is not None else len(_candidates(table, order)) - len(followed)


def _lines(table: Table, grid: Grid, columns: list[Column], dates: bool) -> list[Line]:
    inside = grid.place >= 0
    place, points = grid.place[inside], len(grid.at)
    rows = np.bincount(place, minlength=points).astype(np.float64)
    common = (grid.at, grid.seconds, grid.step, *(calendar_cycles(grid) if dates else ((), ())))
    lines, shortest = [], 3.0 if grid.aggregated else 2.0
    if grid.aggregated and dates:
        even = np.sqrt(rows / grid.lengths + 0.375)
        lines.append(Line("", f"Rows per {grid.step}", "rows", rows, np.full(points, 5.0), *common, False, even, 3.0))
    for column in columns:
        values, unit = _values(table, column)
        values = values[inside]
        known = np.isfinite(values)
        held = np.bincount(place[known], minlength=points).astype(np.float64)
        sums = np.bincount(place[known], values[known], minlength=points)
        means = np.divide(sums, held, out=np.full(points, np.nan), where=held > 0)
        if grid.aggregated:
            unit = f"{unit} per {grid.step}".replace("value per", "mean per")
        lines.append(Line(column.name, column.name, unit, means, held, *common, column.protect, None, shortest))
    return lines


def _values(table: Table, column: Column) -> tuple[Floats, str]:
    """Return a column as numbers; a yes/no column as 1 where it says yes, or has the rarer value."""
    values = table.frame[column.name]
    if column.kind is not Kind.BOOLEAN:
        found = numbers(values)
        return np.where(np.abs(found) < LARGEST, found, np.nan), "value"
    counts = values.value_counts()
    if not len(counts):
        return np.full(len(values), np.nan), "value"
    yes = next((level for level in counts.index if str(level).strip().casefold() in _YES), counts.index[-1])
    found = np.where(values.isna().to_numpy(), np.nan, (values == yes).to_numpy(dtype=np.float64, na_value=0.0))
    named = counts[yes] >= RARE_ROWS or not column.protect
    return found, f"share of '{yes}'" if named else "share of the rarer value"


def _per_entity(
    table: Table, codes: tuple[str, Places] | None, times: Floats, followed: list[Column], dates: bool, grid: Grid
) -> EntityFacts | None:
    if codes is None or codes[1].max(initial=-1) < 1:
        return None
    columns = [column for column in followed if column.kind is not Kind.BOOLEAN]
    names, places, among = codes[1], grid.place if grid.stepped else None, None
    if len(table) > ENTITY_ROWS:  # whole entities, drawn
        among = int(names.max()) + 1
        turn = np.random.default_rng(0).permutation(among)
        kept = np.flatnonzero((names >= 0) & (turn[names] < max(2, among * ENTITY_ROWS / len(table))))
        table, times = table.select([column.name for column in columns]).rows(kept), times[kept]
        names = np.asarray(pd.factorize(names[kept])[0], dtype=np.int64)
        places = places[kept] if places is not None else None
    return entity_facts(names, times, table, columns, dates, places=places, among=among)
