"""The parts of a release: each a pure function of what was learned and of a seed spawned for its number.

:func:`generate_part` is all that sampling does, wherever it runs: it does nothing when the part is there whole, and
otherwise writes it under a temporary name and renames it. So the release is the same, byte for byte, for any
number of processes or machines, and a killed run goes on after its last whole part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq
from pydantic import BaseModel

from synth_core.codec import Codec
from synth_core.constraints.base import Constraint
from synth_core.constraints.enforcement import Enforcement
from synth_core.errors import InfeasibleError
from synth_core.methods.base import Fitted
from synth_core.progress import Progress, silent
from synth_core.recipe import Recipe
from synth_core.regenerate import Regenerator
from synth_core.steering.facts import SteeringFacts
from synth_core.steering.given import GivenRows, matched
from synth_core.steering.plan import ROUNDS, Filled, Prescribe, Steered
from synth_core.table import Column
from synth_core.whole_files import replace_whole
from synth_core.writing import parquet_bytes, to_arrow

MOST_LIKE = 8_000  # drawn rows among which given ones look for like rows


@dataclass(frozen=True)
class Plan:
    """Everything beside the engine's model that a part is made from.

    ``rules`` are the hard ones, identifiers' too: all of them must hold in the written rows.
    """

    recipe: Recipe
    columns: tuple[Column, ...]
    enforcement: Enforcement
    regenerator: Regenerator
    steered: Steered | None
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
        try:
            return self.facts(folder).rows == self.rows == int(pq.read_metadata(self.file(folder)).num_rows)
        except (OSError, ValueError):  # not there yet, or damaged
            return False

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
    """Rows of a part, rows drawn for it, and per rule id the rows repaired and the drawn rows that broke it
    at first.

    ``effective``: rows without repeats that are worth as much; ``choices``: like rows that each given row could be
    completed by, where the engine takes no given values; ``levels``: rows per category of the steered columns.
    ``looked_at``: exposed rows were looked for; ``redrawn`` of them were drawn again, ``exposed`` still are.
    """

    rows: int
    drawn: int
    repaired: dict[str, int]
    raw_broken: dict[str, int]
    effective: float = 0.0
    choices: float = 0.0
    levels: dict[str, dict[str, int]] = {}
    looked_at: bool = False
    redrawn: int = 0
    exposed: int = 0


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
    filled = (
        Filled(draw(part.rows, seed), part.rows) if plan.steered is None else _steered(plan.steered, draw, part, seed)
    )
    frame = plan.regenerator.fill(filled.frame, first_row=part.first_row, seed=recipe.seed)
    levels = {name: _tally(frame, name) for name in recipe.steering.wanted_shares if name in frame}
    if recipe.what_if is not None:
        rng = np.random.default_rng(np.random.SeedSequence(recipe.seed, spawn_key=(5, part.number)))
        frame = recipe.what_if.split(frame, recipe.steering.wanted_shares, rng)
    arrow = to_arrow(frame[[column.name for column in plan.columns]], plan.columns)
    facts = draw.facts(part.rows).model_copy(update={"effective": filled.effective, "levels": levels})
    return MadePart(parquet_bytes(arrow, plan.columns, mark_of(recipe)), facts)


def more_rows(model: Model, rows: int, seed: int) -> pd.DataFrame:
    """Return further rows of a release that is not steered, in the learned columns, keeping the rules."""
    return _Draw(model, silent)(rows, seed)


def _steered(steered: Steered, draw: _Draw, part: Part, seed: int) -> Filled:
    if steered.given is None:
        return steered.fill(draw, part.first_row, part.rows, seed)
    return Filled(_completed(steered.given, steered.matching, draw, part, seed), part.rows)


def _completed(told: GivenRows, codec: Codec | None, draw: _Draw, part: Part, seed: int) -> pd.DataFrame:
    """Return a row for each given one, with its cells; rows that break a rule are tried again."""
    given = told.at(part.first_row, part.rows)
    left = np.arange(len(given))
    done: list[pd.DataFrame] = []
    for attempt in range(ROUNDS):
        state = int(np.random.SeedSequence(seed, spawn_key=(attempt,)).generate_state(1)[0])
        asked = given.iloc[left].reset_index(drop=True)
        frame, keeps = draw.given(asked, state) if codec is None else draw.like(asked, codec, state)
        done.append(frame[keeps].set_axis(left[keeps]))
        left = left[~keeps]
        if not len(left):
            return pd.concat(done).sort_index().reset_index(drop=True)
    first = (part.first_row + int(left[0])) % len(told.frame) + 1
    raise InfeasibleError(
        f"{len(left):,} of {len(given):,} given rows cannot be completed so that every rule holds (first: given row "
        f"{first}). Correct its cells, or loosen the rules on these columns."
    )


def _tally(frame: pd.DataFrame, name: str) -> dict[str, int]:
    return {str(level): int(rows) for level, rows in frame[name].value_counts().items()}


def mark_of(recipe: Recipe) -> dict[str, str]:
    """Return what every file of a release says of itself, beside that it is synthetic."""
    return {"simile.recipe": recipe.model_dump_json()}


class _Draw:
    """Rows of the engine that keep the rules, and the count of what it took."""

    def __init__(self, model: Model, progress: Progress) -> None:
        self.enforcement = model.plan.enforcement
        self.fitted, self.progress = model.fitted, progress
        self.restrictions = self.enforcement.restrictions()
        self.within: dict[str, Any] = {"restrictions": self.restrictions} if self.restrictions else {}
        self.drawn = 0
        self.choices: list[float] = []
        self.repaired: list[dict[str, int]] = []
        self.raw_broken: list[dict[str, int]] = []

    def __call__(self, rows: int, seed: int, prescribe: Prescribe | None = None) -> pd.DataFrame:
        def engine(size: int, state: int) -> pd.DataFrame:
            wanted = None if prescribe is None else prescribe(size, state)
            return self.fitted.sample(size, seed=state, conditions=wanted, progress=self.progress, **self.within)

        result = self.enforcement.apply(engine, rows, seed)
        self.drawn += result.drawn
        self.repaired.append(result.repaired)
        self.raw_broken.append(result.raw_broken)
        return result.frame

    def given(self, cells: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
        """Return a row for each row of given cells, and which keep these cells and every rule."""
        drawn = self.fitted.sample(len(cells), seed=seed, conditions=cells, progress=self.progress, **self.within)
        self.drawn += len(cells)
        frame, keeps = self.enforcement.checked(drawn, seed)
        return frame, keeps & _same(frame, cells)

    def like(self, cells: pd.DataFrame, codec: Codec, seed: int) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
        """Return the same for an engine that takes no given values: drawn rows that are like the given cells."""
        pool = self(min(max(4 * len(cells), 2_000), MOST_LIKE), seed)
        known = cells[codec.names]
        chosen, choices = matched(known, pool, codec, np.random.default_rng(seed))
        self.choices.append(choices)
        frame = pool.iloc[chosen].reset_index(drop=True)
        for name in cells.columns:
            frame[name] = cells[name].array
        keeps = np.ones(len(frame), dtype=bool)
        for rule in self.enforcement.rules:
            if rule.hard and rule.enforcement != "check_only" and set(rule.columns_used) <= set(frame):
                keeps &= ~rule.violations(frame).to_numpy(dtype=bool)
        return frame, keeps

    def facts(self, rows: int) -> PartFacts:
        raw = added(self.raw_broken)
        looked_at = max(self.restrictions.drawn, 1)  # candidates too
        raw |= {key: round(count * self.drawn / looked_at) for key, count in self.restrictions.broken.items()}
        return PartFacts(
            rows=rows,
            drawn=self.drawn,
            repaired=added(self.repaired),
            raw_broken=raw,
            choices=self.choices[0] if self.choices else 0.0,
        )


def _same(frame: pd.DataFrame, cells: pd.DataFrame) -> npt.NDArray[np.bool_]:
    same = np.ones(len(cells), dtype=bool)
    for name in cells.columns:
        here, there = frame[name], cells[name]
        same &= ((here == there).fillna(False) | (here.isna() & there.isna())).to_numpy(dtype=bool)
    return same


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


def steering_facts(steered: Steered, recipe: Recipe, facts: Sequence[PartFacts]) -> SteeringFacts:
    """Return how what was asked was honoured, over all parts."""
    effective = recipe.rows**2 / max(sum(part.rows**2 / max(part.effective, 1e-9) for part in facts), 1e-9)
    notes = list(steered.notes)
    if effective < 0.995 * recipe.rows:
        notes.append(
            f"Too few drawn rows fitted, so some stand in the release more than once: {recipe.rows:,} rows are worth "
            f"about {effective:,.0f} without repeats."
        )
    reached = {}
    for name, levels in recipe.steering.wanted_shares.items():
        made = added(part.levels.get(name, {}) for part in facts)
        shown = {level: made.get(level, 0) for level in [*levels, *made]}
        reached[name] = {level: rows / recipe.rows for level, rows in shown.items()}
    return SteeringFacts(
        way=steered.way,
        columns=list(steered.anchors.names) if steered.anchors is not None else [],
        support=steered.support,
        of=steered.of,
        effective_rows=round(min(effective, float(recipe.rows)), 1),
        choices=round(sum(part.choices * part.rows for part in facts) / recipe.rows, 1),
        asked=recipe.steering.wanted_shares,
        reached=reached,
        notes=notes,
    )
