"""The series of the single entities (patients, shops, machines), taken together; none of them is named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from synth_core.profile.findings import number, percent
from synth_core.profile.time_facts import EntityColumn, EntityFacts
from synth_core.profile.time_words import duration
from synth_core.table import Column, Table, numbers

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

FEWEST_PAIRS = 30


def entity_facts(
    codes: Codes,
    times: Floats,
    table: Table,
    columns: Sequence[Column],
    dates: bool,
    *,
    places: Codes | None = None,
    among: int | None = None,
) -> EntityFacts:
    """Return how long the entities' series are and how columns vary between and within them.

    Parameters
    ----------
    codes
        The entity of each row as 0, 1, 2, ...; rows with -1 are about nobody and are left out.
    times
        The time of each row, NaN where unknown.
    places
        The step of each row on a regular axis (-1: outside), to count what an entity lacks; None: no such axis.
    among
        How many entities the whole table has, where these are drawn from it.
    """
    order = np.lexsort((times, codes))
    order = order[codes[order] >= 0]
    codes, times = codes[order], times[order]
    sizes = np.bincount(codes)
    same = codes[1:] == codes[:-1]
    labels, counts = _lengths(sizes)
    gaps = np.diff(times)[same]
    gaps = gaps[np.isfinite(gaps)]
    usual = float(np.median(gaps)) if len(gaps) >= FEWEST_PAIRS else None
    with_gaps, lacking = (None, None) if places is None else _lacking(places[order], codes, same)
    found = [_between_and_within(column, numbers(table.frame[column.name])[order], codes, same) for column in columns]
    facts = EntityFacts(
        entities=len(sizes),
        single=int((sizes == 1).sum()),
        rows_middle=float(np.median(sizes)),
        rows_most=float(np.sort(sizes)[-min(5, len(sizes))]),
        row_labels=labels,
        row_counts=counts,
        usual_gap=usual,
        gap_words="" if usual is None else _gap_words(usual, dates),
        with_gaps=with_gaps,
        missing_steps=lacking,
        columns=[one for one in found if one is not None],
    )
    return facts.model_copy(update={"sentences": _sentences(facts, among)})


def _lacking(places: Codes, codes: Codes, same: npt.NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many entities lack steps between their first and last row, and how many steps that are."""
    jumps = np.where(same & (places[1:] >= 0) & (places[:-1] >= 0), np.maximum(np.diff(places) - 1, 0), 0)
    return len(np.unique(codes[1:][jumps > 0])), int(jumps.sum())


def _gap_words(usual: float, dates: bool) -> str:
    if usual == 0:
        return "the same time"
    return duration(usual) if dates else f"{number(usual)} {'step' if usual == 1 else 'steps'}"


def _lengths(sizes: Codes) -> tuple[list[str], list[int]]:
    """Return entities by rows: 1, 2, 3-4, 5-8, 9-16, ..."""
    labels, counts, low = ["1", "2"], [int((sizes == 1).sum()), int((sizes == 2).sum())], 3
    while low <= sizes.max(initial=0):
        high = 2 * (low - 1)
        labels.append(f"{low:,}–{high:,}")
        counts.append(int(((sizes >= low) & (sizes <= high)).sum()))
        low = high + 1
    return labels, counts


def _between_and_within(
    column: Column, values: Floats, codes: Codes, same: npt.NDArray[np.bool_]
) -> EntityColumn | None:
    """Return the share of variance between entities (one-way random effects, ICC(1)) and the pooled autocorrelation."""
    values = np.where(np.abs(values) < 1e120, values, np.nan)  # squares of larger ones overflow
    known = np.isfinite(values)
    if known.sum() < FEWEST_PAIRS:
        return None
    low, high = np.quantile(values[known], (0.005, 0.995))
    values = np.clip(values, low, high)
    sizes = np.bincount(codes[known], minlength=int(codes.max()) + 1).astype(np.float64)
    groups, total = int((sizes > 0).sum()), float(sizes.sum())
    if groups < 5 or total - groups < FEWEST_PAIRS:
        return None
    means = np.bincount(codes[known], values[known], minlength=len(sizes)) / np.maximum(sizes, 1)
    rest = np.where(known, values - means[codes], np.nan)
    within = float((rest[known] ** 2).sum()) / (total - groups)
    grand = float(values[known].mean())
    between = float((sizes * (means - grand) ** 2).sum()) / (groups - 1)
    usual = (total - float((sizes**2).sum()) / total) / (groups - 1)
    whole = between + (usual - 1) * within
    if whole <= 0:
        return None
    share = float(np.clip((between - within) / whole, 0.0, 1.0))
    memory, pairs = _memory(rest, sizes[codes], same)
    words = f"'{column.name}': {percent(share)} of its variance lies between entities"
    if memory is not None:
        words += f"; within one, a row goes with the row before it by {memory:.2f}"
    return EntityColumn(
        column=column.name,
        between=round(share, 4),
        autocorrelation=None if memory is None else round(memory, 4),
        pairs=pairs,
        sentence=words + ".",
    )


def _memory(rest: Floats, length: Floats, same: npt.NDArray[np.bool_]) -> tuple[float | None, int]:
    """Return the lag-1 autocorrelation pooled over entities with four rows or more, and its pairs.

    Taking an entity's own mean out pulls it down by about 1 / (length - 1) (Nickell 1981); that is added back.
    """
    first, second = rest[:-1], rest[1:]
    use = same & np.isfinite(first) & np.isfinite(second) & (length[1:] >= 4)
    pairs = int(use.sum())
    held = np.isfinite(rest) & (length >= 4)
    spread = float((rest[held] ** 2).mean()) if held.any() else 0.0
    if pairs < FEWEST_PAIRS or spread <= 0:
        return None, pairs
    raw = float((first[use] * second[use]).mean()) / spread
    pull = float((1 / (length[1:][use] - 1)).mean())
    return float(np.clip((raw + pull) / (1 - pull), -1, 1)), pairs


def _sentences(facts: EntityFacts, among: int | None) -> list[str]:
    lone = f"; {percent(facts.single / facts.entities)} of them have a single row" if facts.single else ""
    rows = f"{number(facts.rows_middle)} {'row' if facts.rows_middle == 1 else 'rows'}"
    drawn = f"{among:,} entities; of {facts.entities:,} drawn" if among is not None else f"{facts.entities:,} entities"
    words = [f"{drawn}, half of them with at most {rows}{lone}."]
    if facts.gap_words:
        words.append(f"Between two rows of an entity usually lies {facts.gap_words}.")
    if facts.with_gaps is not None and facts.missing_steps:
        words.append(f"{facts.with_gaps:,} entities have gaps; {facts.missing_steps:,} steps are missing in all.")
    elif facts.with_gaps is not None:
        words.append("No entity has a gap between its first and last row.")
    steady = [c.column for c in facts.columns if c.between >= 0.7]
    if steady:
        named = ", ".join(f"'{name}'" for name in steady[:5]) + (" and more" if len(steady) > 5 else "")
        words.append(f"Mostly the same for all rows of an entity: {named}.")
    return words
