"""The labs by name, for the worker: settings as JSON go in, the result as JSON comes out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel

from synth_core.errors import ProjectError
from synth_core.labs import augmentation, fairness
from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.labs.nested import compare
from synth_core.progress import Progress
from synth_core.recipe import Recipe
from synth_core.table import Table

RESULT = "result.json"


class Lab(Protocol):
    """Does the experiment that ``settings`` describe on a table and returns the result."""

    def __call__(
        self, table: Table, recipe: Recipe, settings: Any, *, workers: int, scratch: Path, progress: Progress
    ) -> BaseModel:
        """Return the result."""


def _augmentation(
    table: Table, recipe: Recipe, settings: Any, *, workers: int, scratch: Path, progress: Progress
) -> BaseModel:
    asked = augmentation.Settings.model_validate(settings)
    return compare(table, recipe, asked, workers=workers, scratch=scratch, progress=progress)


def _fairness(
    table: Table, recipe: Recipe, settings: Any, *, workers: int, scratch: Path, progress: Progress
) -> BaseModel:
    plan = FairnessPlan.model_validate(settings)
    return fairness.measure(table, recipe, plan, workers=workers, scratch=scratch, progress=progress)


LABS: dict[str, Lab] = {augmentation.NAME: _augmentation, fairness.NAME: _fairness}


def lab_named(name: str) -> Lab:
    """Return the lab of this name; ProjectError where an older or newer version left one that is unknown."""
    if name not in LABS:
        raise ProjectError(f"There is no lab '{name}'; start the experiment again from its page.")
    return LABS[name]
