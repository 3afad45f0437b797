"""A dry run: a few rows through the whole path, and what the full run will take."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth_core.generation import generate
from synth_core.methods import method_class
from synth_core.recipe import Recipe
from synth_core.table import Table

LEARNED, MADE = 3_000, 8_000
LIGHT = ("trees", "copula", "bayesian_network", "independent")


@dataclass(frozen=True)
class Pilot:
    """What a dry run found.

    Attributes
    ----------
    seconds
        Estimate for learning and making all rows of the recipe, without the judgement.
    acceptance
        Share of drawn rows that keep the rules and conditions (0..1).
    """

    seconds: float
    acceptance: float


def pilot(table: Table, recipe: Recipe) -> Pilot | None:
    """Return what the recipe will take on this table; None for engines that train for minutes.

    At most 3,000 real rows are learned from and 8,000 made, which takes a second or two; learning is taken to grow
    with the real rows, the rest with the rows made.

    Raises
    ------
    SimileError
        The recipe would fail: better now than after a long wait.
    """
    if recipe.method not in LIGHT:
        method_class(recipe.method)
        return None
    few = _some(table, LEARNED, recipe.seed)
    made = min(MADE, recipe.rows)
    with tempfile.TemporaryDirectory(prefix="simile-pilot-") as folder:
        synthesis = generate(few, recipe.model_copy(update={"rows": made}), Path(folder))
    took = synthesis.seconds
    growth = {"Split": len(table) / max(len(few), 1), "Learn": len(table) / max(len(few), 1)}
    seconds = sum(spent * growth.get(stage, recipe.rows / made) for stage, spent in took.items())
    return Pilot(seconds, synthesis.acceptance)


def _some(table: Table, rows: int, seed: int) -> Table:
    """Return at most this many rows, drawn at random."""
    if len(table) <= rows:
        return table
    chosen = np.random.default_rng(seed).choice(len(table), rows, replace=False)
    return table.rows(np.sort(chosen))
