"""The augmentation lab: do made rows of a rare class help a model, and more than the usual remedies do?

Nested cross-validation. Outer folds of real rows are scored on and seen by nothing before; within the rest, inner folds
choose the ratio of each remedy and the threshold. Whatever learns (the model, SMOTE, the engine) learns anew from
exactly the rows that it may see.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from synth_core.errors import InputError, ProjectError
from synth_core.labs.models import Event, rare_event
from synth_core.labs.remedies import Remedy, rows_wanted
from synth_core.recipe import Recipe
from synth_core.scores.statistics import Estimate
from synth_core.table import Table

NAME = "augmentation"
LAB = "The augmentation lab"
MOST_ROWS = 60_000  # rows compared on; of more, a sample that keeps the rare ones
LEAST = 8  # rare rows that every model learns from: engines protect a class of fewer than 7
FIT_SECONDS = {"boosted": (0.5, 1e-6), "forest": (0.3, 5e-6), "linear": (0.4, 3e-7)}  # per model, and per cell
Judge = Literal["pr_auc", "recall"]


class Settings(BaseModel):
    """What is compared, and how.

    Attributes
    ----------
    rare
        The class to be found; "": the rarest.
    method, params
        The engine that makes rows, and its settings.
    model
        What is trained: "boosted", "forest" or "linear".
    ratios
        Other rows per row of the rare class after a remedy: 20, 5 and 1 stand for 1:20, 1:5 and 1:1.
    precision
        Share (0..1) of alarms that must be right, for recall at this precision.
    folds, inner
        Outer folds that are scored on, and inner folds that choose.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rare: str = ""
    method: str = "trees"
    params: dict[str, Any] = Field(default_factory=dict)
    model: Literal["boosted", "forest", "linear"] = "boosted"
    ratios: tuple[float, ...] = Field(default=(20.0, 5.0, 1.0), min_length=1, max_length=6)
    precision: float = Field(default=0.5, ge=0.01, le=0.99)
    folds: int = Field(default=5, ge=2, le=10)
    inner: int = Field(default=2, ge=2, le=10)
    seed: int = Field(default=0, ge=0, lt=2**31)

    @field_validator("ratios")
    @classmethod
    def _positive(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not all(0.1 <= ratio <= 100_000 for ratio in value):
            raise ValueError("each ratio is a number of other rows per rare row, from 0.1 to 100,000")
        return tuple(sorted(set(value), reverse=True))


class Contender(BaseModel):
    """A remedy with the ratio and threshold that inner folds chose, scored on outer folds.

    Attributes
    ----------
    ratios, thresholds
        What was chosen, per outer fold; no ratios for remedies that have none.
    pr_auc, recall
        Mean over outer folds with 95 % intervals: average precision, and recall at the wanted precision.
    pr_auc_gain, recall_gain
        The same less that of doing nothing, row by row on the same resamples; the interval holds for all remedies
        together at 95 %. None where the ranking is that of doing nothing.
    found, right
        At the thresholds chosen: share (0..1) of the rare class found, and share of alarms that are right.
    """

    model_config = ConfigDict(frozen=True)

    remedy: Remedy
    title: str
    ratios: tuple[float, ...] = ()
    thresholds: tuple[float, ...]
    pr_auc: Estimate
    recall: Estimate
    pr_auc_gain: Estimate | None = None
    recall_gain: Estimate | None = None
    found: Estimate
    right: Estimate

    def score(self, judge: Judge) -> Estimate:
        """Return the score of this name."""
        return self.pr_auc if judge == "pr_auc" else self.recall

    def gain(self, judge: Judge) -> Estimate | None:
        """Return the gain over doing nothing in the score of this name."""
        return self.pr_auc_gain if judge == "pr_auc" else self.recall_gain

    @property
    def silent(self) -> bool:
        """Whether no row is above its thresholds, so that of its alarms nothing can be said."""
        return self.right.low == 0 and self.right.high == 1

    @property
    def usual_ratio(self) -> float | None:
        """The ratio that was chosen most often; of several, the one with fewer added rows."""
        counts = {ratio: self.ratios.count(ratio) for ratio in sorted(set(self.ratios), reverse=True)}
        return max(counts, key=lambda ratio: counts[ratio]) if counts else None


class AtRatio(BaseModel):
    """A remedy at one ratio on the outer folds, with 95 % intervals; nothing was chosen by these figures."""

    model_config = ConfigDict(frozen=True)

    remedy: Remedy
    ratio: float | None
    pr_auc: Estimate
    recall: Estimate

    def score(self, judge: Judge) -> Estimate:
        """Return the score of this name."""
        return self.pr_auc if judge == "pr_auc" else self.recall


class Comparison(BaseModel):
    """What the lab found.

    Attributes
    ----------
    rows, rare_rows
        Real rows that a run learns from, and how many of them are of the rare class; a note says where only some
        of them were compared on.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    settings: Settings
    target: str
    rare: str
    rows: int
    rare_rows: int
    contenders: tuple[Contender, ...]
    ratios: tuple[AtRatio, ...]
    notes: tuple[str, ...] = ()
    seconds: float = 0.0

    def contender(self, remedy: Remedy) -> Contender:
        """Return the contender of a remedy."""
        return next(one for one in self.contenders if one.remedy == remedy)

    def winner(self, judge: Judge) -> Contender | None:
        """Return the remedy whose gain is largest among those whose interval lies above zero; None: doing nothing."""
        better = [one for one in self.contenders if (gain := one.gain(judge)) is not None and gain.low > 0]
        return max(better, key=lambda one: one.score(judge).value, default=None)

    def worse(self, judge: Judge) -> list[Contender]:
        """Return the remedies whose interval of the gain lies below zero."""
        return [one for one in self.contenders if (gain := one.gain(judge)) is not None and gain.high < 0]

    def rows_to_make(self, real_rows: int | None = None) -> int:
        """Return how many rows of the rare class bring the table to the ratio that suited made rows."""
        ratio = self.contender("made").usual_ratio or self.settings.ratios[0]
        wanted = rows_wanted(self.rare_rows, self.rows - self.rare_rows, ratio)
        return max(round(wanted * (real_rows or self.rows) / self.rows), 1)


def expected_seconds(rows: int, columns: int, rare: float, settings: Settings) -> float:
    """Return about how long training the models takes on a free core, without the engine's work.

    ``rows`` are those compared on, ``rare`` the share (0..1) of the rare class among them.
    """
    each = []
    for ratio in (None, *settings.ratios):
        added = 0.0 if ratio is None else max((1 - rare) / ratio - rare, 0.0)
        # weights add no rows, the three others do
        each += [1.0] if ratio is None else [1.0, *[1.0 + added] * 3]
    grown = rows * columns * sum(each)
    per_fold = (1 - 1 / settings.folds) * (1 + settings.inner * (1 - 1 / settings.inner))
    fits = len(each) * settings.folds * (settings.inner + 1)
    return fits * FIT_SECONDS[settings.model][0] + FIT_SECONDS[settings.model][1] * grown * per_fold * settings.folds


def key_of(table_print: str, recipe: Recipe, settings: Settings) -> str:
    """Return what changes whenever a comparison no longer answers for this table, these rules and settings."""
    kept = recipe.model_dump_json(include={"constraints", "missing", "holdout", "seed"})
    text = table_print + kept + settings.model_dump_json()
    return f"{NAME}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


def read_comparison(file: Path) -> Comparison | None:
    """Return the comparison in a file, or None when there is nothing yet."""
    try:
        return Comparison.model_validate_json(file.read_bytes()) if file.exists() else None
    except ValidationError:
        raise ProjectError("The file of this comparison is damaged. Run it again.") from None


def rows_used(table: Table, recipe: Recipe, target: str) -> Table:
    """Return the rows that the lab compares on: those that a run learns from, where the target is known."""
    train, _ = table.split(recipe.holdout, recipe.seed)
    return train.rows(train.frame[target].notna().to_numpy(dtype=bool))


def _at_most(table: Table, event: Event, seed: int) -> Table:
    """Return the rows, or where they are more than can be compared on: every rare one up to half, and some others.

    A case-control sample; :func:`weight_of_others` is how many rows each of the others stands for.
    """
    if len(table) <= MOST_ROWS:
        return table
    rng, happened = np.random.default_rng([seed, 50]), event.of(table.frame)
    rare, others = rng.permutation(np.flatnonzero(happened)), rng.permutation(np.flatnonzero(~happened))
    most = max(MOST_ROWS // 2, MOST_ROWS - len(others))
    rare = rare[:most]
    return table.rows(np.sort(np.r_[rare, others[: MOST_ROWS - len(rare)]]))


def weight_of_others(known: Table, used: Table, event: Event) -> float:
    """Return how much each other row counts per rare one, so that the class is as rare among ``used`` as it is."""
    of_known, of_used = (event.of(table.frame) for table in (known, used))
    kept = [float((of_used == side).sum() / max((of_known == side).sum(), 1)) for side in (True, False)]
    return kept[0] / max(kept[1], 1e-12) if len(used) < len(known) else 1.0


def check(table: Table, recipe: Recipe, settings: Settings) -> tuple[Table, Event]:
    """Return the rows to compare on and the rare class; InputError says in one sentence why there is none."""
    event = rare_event(table, settings.rare, LAB)
    known = rows_used(table, recipe, event.target)
    used = _at_most(known, event, settings.seed)
    happened = event.of(used.frame)
    rare, others = int(happened.sum()), int((~happened).sum())
    kept = (1 - 1 / settings.folds) * (1 - 1 / settings.inner)
    needed = max(int(np.ceil(LEAST / kept)), 2 * settings.folds)
    if min(rare, others) < needed:
        which = f"'{event.target}' = '{event.level}'" if rare < needed else "All other classes together"
        drawn = f" among the {len(used):,} that are drawn of {len(known):,}" if len(used) < len(known) else ""
        rows = rare if rare < needed else others
        raise InputError(
            f"{which} has {rows:,} rows to learn from{drawn}, and {settings.folds} outer folds with "
            f"{settings.inner} inner ones need {needed}. Bring more such rows, or take fewer folds."
        )
    group = used.row_groups()  # they are dealt into folds whole
    together = len(np.unique(group[happened])), len(np.unique(group[~happened]))
    if together[0] < needed or together[1] < 2 * settings.folds:
        few = together[0] < needed
        which = f"'{event.target}' = '{event.level}'" if few else "All other classes together"
        raise InputError(
            f"{which} has {together[not few]:,} entities or different rows, which stay in one fold each, and "
            f"{settings.folds} outer folds with {settings.inner} inner ones need "
            f"{needed if few else 2 * settings.folds}. Bring more of them, or take fewer folds."
        )
    if not [column for column in used.having(learned=True) if column.name != event.target]:
        raise InputError(f"Table '{table.name}' has no column to predict '{event.target}' from.")
    if not feasible(rare, round(others * weight_of_others(known, used, event)), settings.ratios):
        raise InputError(
            f"'{event.target}' = '{event.level}' has {rare:,} rows beside {others:,} others, which is as many as the "
            "ratios ask for: there is nothing to add. Choose a rarer class, or a ratio nearer to 1:1."
        )
    return used, event


def feasible(rare: int, others: int, ratios: Sequence[float]) -> tuple[float, ...]:
    """Return the ratios that ask for more rare rows than there are."""
    return tuple(ratio for ratio in ratios if rows_wanted(rare, others, ratio) > 0)


def ratio_words(ratio: float) -> str:
    """Return a ratio as people write it.

    >>> ratio_words(20.0)
    '1:20'
    """
    return f"1:{ratio:g}"
