"""Which remedies are tried for which failed target, in which order; and the choice of the next one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from synth_core.recipe import Recipe
from synth_core.tuning.moves import MOVES, Case, Facts
from synth_core.tuning.record import Held, Try

# Read a line as: where this target fails, try these in turn.
REMEDIES: dict[str, tuple[str, ...]] = {
    "shape": (
        "learn longer", "calibrate more", "smooth less", "turn the dial towards faithful", "smaller leaves",
        "keep a rule another way", "another engine",
    ),
    "pairs": (
        "learn longer", "turn the dial towards faithful", "smaller leaves", "calibrate more",
        "another order of columns", "keep a rule another way", "another engine",
    ),
    "c2st": (
        "learn longer", "calibrate more", "turn the dial towards faithful", "smaller leaves",
        "another order of columns", "keep a rule another way", "another engine",
    ),
    "tstr_loss": (
        "learn longer", "turn the dial towards faithful", "smaller leaves", "another order of columns",
        "another engine",
    ),
    "subgroup_shape": (
        "learn longer", "turn the dial towards faithful", "smaller leaves", "calibrate more", "another engine",
    ),
    "subgroup_loss": (
        "learn longer", "turn the dial towards faithful", "smaller leaves", "another order of columns",
        "another engine",
    ),
    "repeats": ("smooth more", "more trees", "larger leaves", "another engine"),
    "membership_auc": (
        "turn the dial towards private", "larger leaves", "more trees", "smooth more", "release fewer rows",
        "another engine",
    ),
    "membership_tpr": (
        "turn the dial towards private", "larger leaves", "more trees", "smooth more", "release fewer rows",
        "another engine",
    ),
    "copies": (
        "smooth more", "protect rare values", "turn the dial towards private", "larger leaves", "release fewer rows",
        "another engine",
    ),
    "near_copies": (
        "turn the dial towards private", "larger leaves", "another order of columns", "smooth more",
        "protect rare values", "release fewer rows", "another engine",
    ),
    "holdout_copies": ("smooth more", "larger leaves", "release fewer rows", "another engine"),
    "literals": ("protect rare values", "smooth more", "larger leaves"),
    "rules_broken": ("keep every rule",),
    "keys_repeated": (),
}  # fmt: skip
UNRUN = "run"  # the try itself: it failed, or took too long
REMEDIES[UNRUN] = ("learn shorter", "another engine")
_FAR = 1.0  # an excess of so many rooms is not mended by settings of the same engine


@dataclass(frozen=True)
class Proposal:
    """What to try next: a recipe that is one change away from ``base``.

    ``passed``: remedies that were left out, and why, in sentences.
    """

    base: Try
    target: str
    move: str
    recipe: Recipe
    protected: tuple[str, ...]
    sentence: str
    passed: tuple[str, ...] = ()


def key_of(recipe: Recipe, protected: Sequence[str] = ()) -> str:
    """Return what two tries that would be the same have in common."""
    return recipe.model_copy(update={"reason": ""}).model_dump_json() + "|" + ",".join(protected)


def in_order(held: Held, recipe: Recipe, facts: Facts) -> tuple[str, ...]:
    """Return the remedies of a target in the order for this case.

    A target that is far off is not mended by small changes: another engine then follows learning longer, unless
    the engine is the one that is advised for the table.
    """
    found = REMEDIES.get(held.score, ("another engine",))
    advised = facts.engines[0] if facts.engines else ""
    if held.excess < _FAR or recipe.method == advised or "another engine" not in found:
        return found
    first = tuple(name for name in ("learn longer", "another engine") if name in found)
    return first + tuple(name for name in found if name not in first)


def propose(base: Try, facts: Facts) -> Proposal | None:
    """Return the first remedy that applies and was not tried, of the targets that ``base`` misses or may miss.

    None: there is none.
    """
    seen = {key_of(one.recipe, one.protected) for one in facts.tries}
    failing = base.pressing or ((Held(score=UNRUN, word="fail"),) if base.problem else ())
    passed: dict[str, None] = {}
    for held in failing:
        for name in in_order(held, base.recipe, facts):
            change = MOVES[name](Case(base, held, facts))
            if change is None:
                continue
            if change.recipe is None:
                passed[change.sentence] = None
                continue
            protected = change.protected or base.protected
            if key_of(change.recipe, protected) in seen:
                continue
            return Proposal(base, held.score, name, change.recipe, protected, change.sentence, tuple(passed))
    return None
