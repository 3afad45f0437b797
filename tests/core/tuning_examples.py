"""Tries made up by hand: a recipe, and how its targets stand."""

from __future__ import annotations

from synth_core.recipe import Recipe
from synth_core.scores.statistics import Estimate
from synth_core.tuning.record import Budget, Held, Try, Tuning
from synth_core.tuning.standing import shortfall_of


def held(score: str, word: str = "fail", excess: float = 0.5, judged: float = 0.6, limit: float = 0.55) -> Held:
    """Return a target that stands so; one that passes lies inside."""
    return Held.model_validate(
        {"score": score, "word": word, "excess": excess if word in ("fail", "watch") else -0.2, "judged": judged,
         "limit": limit, "unit": "AUC"}
    )  # fmt: skip


def attempt(number: int, recipe: Recipe, *stands: Held, **fields: object) -> Try:
    """Return a judged try."""
    known: dict[str, object] = {
        "number": number,
        "recipe": recipe,
        "changed": f"Change {number}.",
        "gained": "Something.",
        "seconds": 10.0 * number,
        "held": stands,
        "shortfall": shortfall_of(stands),
        "attack": Estimate(0.5 + number / 100, 0.49, 0.58),
        "likeness": Estimate(0.7 - number / 20, 0.5, 0.75),
    }
    return Try.model_validate(known | fields)


def tuning(*tries: Try, **fields: object) -> Tuning:
    """Return an iteration of these tries."""
    known: dict[str, object] = {"budget": Budget(), "targets": [], "tries": tries, "learned": 900, "judged": 300}
    return Tuning.model_validate(known | fields)
