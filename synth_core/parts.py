"""The parts of a release: each a pure function of what was learned and of a seed spawned for its number.

:func:`generate_part` is all that sampling does, wherever it runs: it does nothing when the part is there whole, and
otherwise writes it under a temporary name and renames it. So the release is the same, byte for byte, for any
number of processes or machines, and a killed run goes on after its last whole part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from pydantic import BaseModel

from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.methods.base import Fitted
from synth_core.progress import Progress, silent
from synth_core.recipe import Recipe
from synth_core.regenerate import Regenerator
from synth_core.steering import Quotas
from synth_core.table import Column
from synth_core.whole_files import replace_whole
from synth_core.writing import parquet_bytes, to_arrow


@dataclass(frozen=True)
class Plan:
    """Everything beside the engine's model that a part is made from.

    ``rules`` are the hard ones, identifiers' too: all of them must hold in the written rows.
    """

    recipe: Recipe
    columns: tuple[Column, ...]
    enforcement: Enforcement
    regenerator: Regenerator
    quotas: Quotas | None
    rules: tuple[Constraint, ...]

    def without_rows(self) -> Plan:
        """Return the plan without the real rows that were learned from: sampling needs none, and none shall travel."""
        encoded = self.enforcement.encoded.rows(np.zeros(0, dtype=np.intp))
        return replace(self, enforcement=replace(self.enforcement, encoded=encoded))


@dataclass(frozen=True)
class Model:
    """What a process that samples holds: the plan and the fitted engine."""

    plan: Plan
    fitted: Fitted


@dataclass(frozen=True)
class Part:
    """One stretch of the release: its number and first row, both from 0, and its rows."""

    number: int
    first_row: int
    rows: int

    @property
    def name(self) -> str:
        """Its file name, without the suffix."""
        return f"part-{self.number:06d}"

    def file(self, folder: Path) -> Path:
        """Return its Parquet file in the folder of parts."""
        return folder / f"{self.name}.parquet"

    def whole(self, folder: Path) -> bool:
        """Return whether it is there, with all of its rows; the facts are written last."""
        return self._facts(folder).exists() and self.file(folder).exists()

    def facts(self, folder: Path) -> PartFacts:
        """Return what is known of a part that is there."""
        return PartFacts.model_validate_json(self._facts(folder).read_text(encoding="utf-8"))

    def _facts(self, folder: Path) -> Path:
        return folder / f"{self.name}.json"

    def keep(self, folder: Path, made: MadePart) -> None:
        """Write a part that was made: the rows, then the facts, each whole or not at all."""
        replace_whole(self.file(folder), lambda path: path.write_bytes(made.parquet))
        replace_whole(self._facts(folder), lambda path: path.write_text(made.facts.model_dump_json(), "utf-8"))


class PartFacts(BaseModel):
    """Rows of a part, rows drawn for it, and per rule id the rows repaired and the drawn rows that broke it."""

    rows: int
    drawn: int
    repaired: dict[str, int]
    raw_broken: dict[str, int]


@dataclass(frozen=True)
class MadePart:
    """A part as the bytes of its Parquet file, and the facts about it."""

    parquet: bytes
    facts: PartFacts


def parts_of(recipe: Recipe) -> list[Part]:
    """Return the parts of a recipe's release, in order.

    >>> parts_of(Recipe(rows=120, chunk_rows=50))[-1]
    Part(number=2, first_row=100, rows=20)
    """
    size = recipe.chunk_rows
    return [
        Part(number, first, min(size, recipe.rows - first)) for number, first in enumerate(range(0, recipe.rows, size))
    ]


def generate_part(model: Model, folder: Path, part: Part, progress: Progress = silent) -> None:
    """Make a part and write it to ``folder``, unless it is there whole."""
    if not part.whole(folder):
        part.keep(folder, make_part(model, part, progress))


def make_part(model: Model, part: Part, progress: Progress = silent) -> MadePart:
    """Return a part: the same bytes for the same model, recipe and number, wherever it is made.

    Its seed is spawned from the recipe's: ``SeedSequence(seed, spawn_key=(2, number))``. ``progress`` is told while
    the engine draws, and may raise :class:`~synth_core.errors.Cancelled`.
    """
    plan, recipe = model.plan, model.plan.recipe
    seed = int(np.random.SeedSequence(recipe.seed, spawn_key=(2, part.number)).generate_state(1)[0])
    draw = _Draw(model, progress)
    if plan.quotas is None:
        frame = draw(part.rows, seed)
    else:
        frame, _ = plan.quotas.fill(draw, part.first_row, part.rows, seed)
    frame = plan.regenerator.fill(frame, first_row=part.first_row, seed=recipe.seed)
    arrow = to_arrow(frame[[column.name for column in plan.columns]], plan.columns)
    return MadePart(parquet_bytes(arrow, plan.columns, mark_of(recipe)), draw.facts(part.rows))


def mark_of(recipe: Recipe) -> dict[str, str]:
    """Return what every file of a release says of itself, beside that it is synthetic."""
    return {"simile.recipe": recipe.model_dump_json()}


class _Draw:
    """Rows of the engine that keep the rules, and the count of what it took."""

    def __init__(self, model: Model, progress: Progress) -> None:
        self.enforcement = model.plan.enforcement
        self.engine: Callable[[int, int], pd.DataFrame] = lambda rows, seed: model.fitted.sample(
            rows, seed=seed, progress=progress
        )
        self.drawn = 0
        self.repaired: list[dict[str, int]] = []
        self.raw_broken: list[dict[str, int]] = []

    def __call__(self, rows: int, seed: int) -> pd.DataFrame:
        result = self.enforcement.apply(self.engine, rows, seed)
        self.drawn += result.drawn
        self.repaired.append(result.repaired)
        self.raw_broken.append(result.raw_broken)
        return result.frame

    def facts(self, rows: int) -> PartFacts:
        return PartFacts(rows=rows, drawn=self.drawn, repaired=added(self.repaired), raw_broken=added(self.raw_broken))


def added(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    """Return counts by name, summed.

    >>> added([{"a": 1}, {"a": 2, "b": 1}])
    {'a': 3, 'b': 1}
    """
    total: dict[str, int] = {}
    for one in counts:
        for key, value in one.items():
            total[key] = total.get(key, 0) + int(value)
    return total
