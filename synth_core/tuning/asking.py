"""What an iteration is asked on: whether it can be done at all, and how the real rows are shared out."""

from __future__ import annotations

from collections.abc import Sequence

from synth_core.errors import InputError
from synth_core.methods import create, method_class
from synth_core.recipe import AUTO, Recipe
from synth_core.scorecard import Target
from synth_core.scores.sides import ENOUGH
from synth_core.table import Table
from synth_core.tuning.record import Budget


def check_askable(
    table: Table, recipe: Recipe, targets: Sequence[Target], budget: Budget
) -> tuple[Table, Table, Table, Table]:
    """Return the rows to learn from, those that tries learn from, those that judge tries, and those held out.

    InputError where there is nothing to reach, nothing to spend, nothing held out, or too few rows to judge on.
    """
    if not targets:
        raise InputError("There are no targets to reach; choose an intended use, or set a limit.")
    budget.check()
    with_typed(recipe)
    if recipe.what_if is not None:
        raise InputError("A what-if is no likeness of the real rows, so there are no targets to iterate to.")
    if not recipe.holdout:
        raise InputError(
            "Nothing is held out, so the result could not be judged on rows that no try saw; hold out a share of "
            "the rows, such as 0.2."
        )
    train, held_out = table.split(recipe.holdout, recipe.seed)
    known, unseen = train.split(validation_share(recipe.holdout), recipe.seed)
    if min(len(unseen), len(held_out)) < ENOUGH:
        raise InputError(
            f"Table '{table.name}' is too small to iterate on: of its {len(table):,} rows, {len(unseen):,} would "
            f"judge the tries and {len(held_out):,} the last choice, and {ENOUGH} of each are needed."
        )
    return train, known, unseen, held_out


def validation_share(holdout: float) -> float:
    """Return the share of the rows to learn from that tries are judged on: as many rows as are held out, at most 40 %.

    >>> round(validation_share(0.2), 4)
    0.25
    """
    return min(holdout / (1 - holdout), 0.4)


def validation_recipe(recipe: Recipe) -> Recipe:
    """Return the recipe as it is followed in a try: on the rows to learn from, of which a share judges it."""
    return recipe.model_copy(update={"holdout": validation_share(recipe.holdout)})


def with_protection(table: Table, protected: Sequence[str]) -> Table:
    """Return the table with the protection of these columns switched on."""
    return table.with_columns([table.column(name).model_copy(update={"protect": True}) for name in protected])


def with_typed(recipe: Recipe) -> Recipe:
    """Return the recipe with its settings as their own types; MethodError where the engine or a setting is wrong."""
    if recipe.method == AUTO:
        return recipe
    create(recipe.method, recipe.params)
    known = {param.name: param for param in method_class(recipe.method).info.params}
    params = {name: known[name].check(value, recipe.method) for name, value in recipe.params.items()}
    return recipe.model_copy(update={"params": params})
