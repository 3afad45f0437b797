"""A glance at what rules do: a few hundred rows from a quick engine, with the rules on."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from synth_core.constraints.base import Constraint
from synth_core.constraints.planning import cost_line
from synth_core.generation import generate
from synth_core.pilot import some_rows
from synth_core.recipe import Recipe
from synth_core.table import Table
from synth_core.writing import from_arrow

ROWS, LEARNED = 500, 1_000
WIDE = 30  # columns from which on the quickest engine takes over


@dataclass(frozen=True)
class RulePreview:
    """How one rule fared in a preview.

    Attributes
    ----------
    before
        Share of drawn rows that broke it before it was enforced (0..1).
    broken
        Rows of the preview that break it.
    cost
        What keeping it takes, in words: "holds by construction", "by retry: about 8 % of rows accepted".
    """

    before: float
    broken: int
    cost: str


@dataclass(frozen=True)
class Preview:
    """A few synthetic rows made with the rules on.

    Attributes
    ----------
    frame
        The rows, as a release holds them.
    broken
        Rows that break at least one rule.
    acceptance
        Kept rows / drawn rows (0..1).
    rules
        By rule id.
    """

    frame: pd.DataFrame
    method: str
    broken: int
    acceptance: float
    rules: dict[str, RulePreview]
    seconds: float


def preview(table: Table, rules: Sequence[Constraint], seed: int = 0, rows: int = ROWS) -> Preview:
    """Return ``rows`` rows from a quick engine that learned at most 1,000 real ones, with the enabled rules kept.

    Raises
    ------
    SimileError
        The rules cannot be kept; the message names them.
    """
    began = time.perf_counter()
    on = [rule.fitted(table) for rule in rules if rule.enabled]
    method = "copula" if len(table.having(learned=True)) <= WIDE else "independent"
    recipe = Recipe(rows=rows, method=method, constraints=on, seed=seed)
    with tempfile.TemporaryDirectory(prefix="simile-preview-") as folder:
        made = generate(some_rows(table, LEARNED, recipe), recipe, Path(folder))
        frame = from_arrow(pq.read_table(Path(folder) / "synthetic.parquet", partitioning=None), made.columns)
    any_broken = pd.Series(False, index=frame.index)
    found = {}
    for rule in on:
        broken = rule.violations(frame) if set(rule.columns_used) <= set(frame.columns) else any_broken & False
        any_broken |= broken
        before, how = made.raw_broken.get(rule.id, 0.0), made.how.get(rule.id, "check_only")
        found[rule.id] = RulePreview(before, int(broken.sum()), cost_line(how, 1 - before, hard=rule.hard))
    seconds = time.perf_counter() - began
    return Preview(frame, method, int(any_broken.sum()), made.acceptance, found, seconds)
