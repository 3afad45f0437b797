"""Synthetic rows that lie on one real person, drawn again.

A row counts as exposed when it is far nearer to one real row than other real rows are: below 15 % of that row's
distance to the next. This is what the judgement looks for afterwards, with held-out rows in the place of the others;
here only rows that were learned from are used. It mends the release, not the model: what an attack finds then is
measured, and a gap around a person can itself say something (Ganev and De Cristofaro 2023, "On the inadequacy of
similarity-based privacy metrics").
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from synth_core.parts import MadePart, Model, Part, mark_of, more_rows, parts_of
from synth_core.progress import StageProgress
from synth_core.recipe import Recipe
from synth_core.scores.features import Coding
from synth_core.scores.leaves import Points
from synth_core.scores.space import Space, nearest_of
from synth_core.scores.statistics import Floats
from synth_core.source_types import from_arrow
from synth_core.table import Table
from synth_core.writing import parquet_bytes, to_arrow

NEAR = 0.15  # as the judgement has it
REFERENCE = 4_000  # other real rows that say how far the next person is
ROUNDS = 8
SPARE = 1.3  # rows drawn per row to be replaced: some of them are exposed again


@dataclass(frozen=True)
class Guard:
    """Where the real rows lie, and how near a synthetic row may come to each (``reach``)."""

    coding: Coding
    space: Space
    points: Points
    reach: Floats

    @classmethod
    def learn(cls, train: Table, seed: int) -> Guard:
        """Return the guard of these rows; a row that another one equals protects nobody."""
        coding = Coding.learn(train)
        real = coding.apply(train.frame)
        space = Space.learn(coding, real)
        points = space.place(real)
        chance = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(4,)))
        chosen = chance.permutation(len(points))[: min(REFERENCE, len(points))]
        own = np.full(len(points), -1, dtype=np.int64)
        own[chosen] = np.arange(len(chosen))
        usual = nearest_of(points, points[chosen], own).distance
        return cls(coding, space, points, np.where(np.isfinite(usual), NEAR * usual, 0.0))

    def exposed(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return which rows lie on one real person."""
        found = nearest_of(self.space.place(self.coding.apply(frame)), self.points)
        return np.asarray(found.distance < self.reach[found.row], dtype=np.bool_)


@dataclass(frozen=True)
class Redrawn:
    """Rows that were exposed and were drawn again, and rows that still are, of all."""

    rows: int = 0
    left: int = 0


def refusal(recipe: Recipe) -> str:
    """Return why exposed rows of this recipe cannot be drawn again, as a sentence; "" where they can."""
    if recipe.what_if is not None:
        return "Exposed rows cannot be drawn again in a what-if: its rows were moved away from the real ones by hand."
    if recipe.steering.asked:
        return (
            "Exposed rows cannot be drawn again where rows are steered: the new ones would not be what was asked for."
        )
    together = [rule for rule in recipe.rules if rule.hard and not rule.row_wise]
    if together:
        return (
            f"Exposed rows cannot be drawn again while the rule '{together[0].sentence()}' holds for rows together; "
            "new rows would break it."
        )
    return ""


def redraw(model: Model, train: Table, out: Path, progress: StageProgress) -> Redrawn:
    """Replace the exposed rows in every part under ``out/parts``; rows of the same person are counted once each.

    Each round draws replacements with a seed of its own, and what is exposed again waits for the next. After eight
    rounds what is left stays, and is counted. A part whose rows were replaced is written anew, whole.
    The recipe must be one that :func:`refusal` has nothing against.
    """
    recipe = model.plan.recipe
    guard = Guard.learn(train, recipe.seed)
    rows = left = done = 0
    for part in parts_of(recipe):
        progress("Keep the rules", done, recipe.rows, f"Looking for exposed rows: {done:,} of {recipe.rows:,}")
        found = _redrawn(model, guard, part, out / "parts")
        rows, left, done = rows + found.rows, left + found.left, done + part.rows
    return Redrawn(rows, left)


def _redrawn(model: Model, guard: Guard, part: Part, folder: Path) -> Redrawn:
    plan, recipe = model.plan, model.plan.recipe
    known = part.facts(folder)
    if known.looked_at:
        return Redrawn(known.redrawn, known.exposed)
    frame = from_arrow(pq.read_table(part.file(folder)), plan.columns)
    names = [column.name for column in plan.enforcement.columns]
    learned = frame[names].copy()
    waiting = np.flatnonzero(guard.exposed(learned))
    first = len(waiting)
    for round_number in range(ROUNDS):
        if not len(waiting):
            break
        seed = int(np.random.SeedSequence(recipe.seed, spawn_key=(3, part.number, round_number)).generate_state(1)[0])
        fresh = more_rows(model, int(np.ceil(SPARE * len(waiting))) + 4, seed)
        fit = fresh[~guard.exposed(fresh)].head(len(waiting))
        taken = waiting[: len(fit)]
        for name in names:
            learned[name] = _replaced(learned[name], taken, fit[name])
        waiting = waiting[len(fit) :]
    facts = known.model_copy(update={"looked_at": True, "redrawn": first - len(waiting), "exposed": len(waiting)})
    made = part.file(folder).read_bytes()
    if first > len(waiting):
        whole = plan.regenerator.fill(learned, first_row=part.first_row, seed=recipe.seed)
        arrow = to_arrow(whole[[column.name for column in plan.columns]], plan.columns)
        made = parquet_bytes(arrow, plan.columns, mark_of(recipe))
    part.keep(folder, MadePart(made, facts))
    return Redrawn(facts.redrawn, facts.exposed)


def _replaced(column: pd.Series, taken: npt.NDArray[np.intp], fresh: pd.Series) -> pd.Series:
    """Return the column with fresh cells at these places."""
    if fresh.isna().any() and pd.api.types.is_integer_dtype(column.dtype):
        column = column.astype("Int64")  # a part without an empty cell is read as plain whole numbers
    cells = column.array.copy()
    cells[taken] = fresh.array.astype(cells.dtype) if fresh.dtype != cells.dtype else fresh.array
    return pd.Series(cells, index=column.index)
