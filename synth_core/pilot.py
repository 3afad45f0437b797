"""A dry run: a few rows through the whole path, and what the full run will take."""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from synth_core.constraints.planning import cost_line
from synth_core.generation import Synthesis, generate
from synth_core.methods import method_class
from synth_core.recipe import Recipe
from synth_core.recommend import with_engine
from synth_core.sampling import usual_workers
from synth_core.steering.given import GivenRows
from synth_core.steering.support import require_support
from synth_core.table import Table

FEW, LEARNED = 1_000, 3_000
MADE_FEW, MADE = 1_000, 12_000
LIGHT = ("trees", "copula", "bayesian_network", "independent")
_START = 2.5  # seconds until a process that samples is ready


@dataclass(frozen=True)
class RulePilot:
    """How one rule is kept, and the share of drawn rows that keep it at first (0..1).

    ``anew``: its columns are not learned but made anew, and checked on the release.
    """

    id: str
    sentence: str
    how: str
    kept: float
    hard: bool
    anew: bool = False

    def words(self) -> str:
        """Return what keeping the rule takes: "holds by construction", "by retry: about 8 % of rows accepted"."""
        if self.anew:
            return "its columns are made anew; checked on the release"
        return cost_line(self.how, self.kept, hard=self.hard)


@dataclass(frozen=True)
class Pilot:
    """What a dry run found.

    Attributes
    ----------
    seconds
        Estimate for learning and making all rows of the recipe, without the judgement.
    work
        The same in processor seconds: what it takes where nothing else runs, on one core.
    acceptance
        Share of drawn rows that keep the rules and conditions (0..1).
    rules
        What each rule takes, in the order of the recipe.
    """

    seconds: float
    work: float
    acceptance: float
    rules: tuple[RulePilot, ...] = ()


def pilot(table: Table, recipe: Recipe, given: GivenRows | None = None) -> Pilot | None:
    """Return what the recipe will take on this table; None for engines that train for minutes.

    Two dry runs of different size, after one that warms up, tell what grows with the rows from what does not: at most
    3,000 real rows are learned from and 12,000 made, which takes a few seconds.

    Raises
    ------
    SimileError
        The recipe would fail: better now than after a long wait.
    """
    recipe = with_engine(table, recipe)
    if recipe.method not in LIGHT:
        method_class(recipe.method)
        return None
    _try(table, recipe, FEW // 2, 10, given)
    small, large = _try(table, recipe, FEW, MADE_FEW, given), _try(table, recipe, LEARNED, MADE, given)
    return Pilot(
        seconds=_expected(table, recipe, small.seconds, large.seconds, usual_workers(recipe.rows)),
        work=_expected(table, recipe, small.work, large.work, 1),
        acceptance=large.acceptance,
        rules=tuple(
            RulePilot(
                rule.id,
                rule.sentence(),
                large.how.get(rule.id, "check_only"),
                1 - large.raw_broken.get(rule.id, 0.0),
                rule.hard,
                rule.enforcement != "check_only" and large.how.get(rule.id) in (None, "check_only"),
            )
            for rule in recipe.rules
        ),
    )


def _try(table: Table, recipe: Recipe, learned: int, made: int, given: GivenRows | None) -> Synthesis:
    """Learn a few rows and make a few; as many are said to be released per real row as by the recipe."""
    few = some_rows(table, learned, recipe)
    params = dict(recipe.params)
    known = {param.name for param in method_class(recipe.method).info.params}
    if "release_rows" in known and not int(params.get("release_rows", 0)):
        params["release_rows"] = max(1, round(recipe.rows * len(few) / len(table)))
    rows = min(made, recipe.rows)
    steering = recipe.steering
    if steering.make:  # shares of fewer rows
        steering = steering.model_copy(update={"make": {}, "shares": steering.wanted_shares})
    small = {"rows": rows, "params": params, "cluster": "", "steering": steering}
    with tempfile.TemporaryDirectory(prefix="simile-pilot-") as folder:
        return generate(few, recipe.model_copy(update=small), Path(folder), given=given)


def _expected(table: Table, recipe: Recipe, small: dict[str, float], large: dict[str, float], workers: int) -> float:
    """Return what all stages will take together, from what they took of two sizes."""
    few, some = min(FEW, len(table)), min(LEARNED, len(table))
    made_few, made = min(MADE_FEW, recipe.rows), min(MADE, recipe.rows)
    parts = -(-recipe.rows // recipe.chunk_rows)
    total = 0.0
    for stage, took in large.items():
        before = small.get(stage, 0.0)
        if stage in ("Split", "Learn"):
            each = max(took - before, 0.0) / (some - few) if some > few else 0.0
            more = math.log(max(len(table), 2)) / math.log(max(some, 2))  # trees get deeper
            total += took + each * (len(table) - some) * more
        else:
            each = max(took - before, 0.0) / (made - made_few) if made > made_few else took / made
            fixed = max(took - each * made, 0.0)
            here = min(workers, parts) if stage == "Sample" else 1
            total += (fixed * parts + each * recipe.rows) / here + (_START if here > 1 else 0.0)
    return total


def some_rows(table: Table, rows: int, recipe: Recipe) -> Table:
    """Return at most this many rows, drawn at random; of what is asked for, as many as half of them.

    Without the latter a rare class that the whole table supports would seem to have no support.
    """
    if len(table) <= rows:
        return table
    rng = np.random.default_rng(recipe.seed)
    chosen = rng.choice(len(table), rows, replace=False)
    if recipe.steering.asked and recipe.steering.given is None:
        wanted = require_support(table, recipe.steering).kept.copy()
        for name, levels in recipe.steering.wanted_shares.items():
            rarest = min(levels, key=lambda level: int((table.frame[name] == level).sum()), default=None)
            wanted &= True if rarest is None or not levels[rarest] else (table.frame[name] == rarest).to_numpy()
        held = np.flatnonzero(wanted)
        if wanted[chosen].sum() < min(len(held), rows // 10):
            some = rng.choice(held, min(len(held), rows // 2), replace=False)
            chosen = np.unique(np.concatenate([some, chosen]))
    return table.rows(np.sort(chosen))
