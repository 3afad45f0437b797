"""``simile judge --shadow RECIPE.json``: the shadow audit from the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from synth_core.cli_output import Bar, note
from synth_core.errors import InputError
from synth_core.progress import within
from synth_core.scores import shadow_words

if TYPE_CHECKING:
    from synth_core.scorecard import Scorecard
    from synth_core.scores.results import ShadowAudit
    from synth_core.table import Table


def audited(card: Scorecard, train: Table, made: Table, recipe_file: Path) -> Scorecard:
    """Return the scorecard with a shadow audit of the recipe in a file; what it takes is said first.

    Raises InputError where the recipe cannot be audited, or its engine takes too long to be fitted many times.
    """
    from synth_core.estimates import resolved
    from synth_core.recipe import read_recipe
    from synth_core.shadow_audit import audit, cost, expected_fit_seconds, why_not, with_audit

    recipe = resolved(train, read_recipe(recipe_file))
    each = expected_fit_seconds(train, recipe)
    if why := why_not(recipe, len(train), each):
        raise InputError(why)
    note(f"The shadow audit takes {cost(each)}.")
    bar = Bar()
    found = audit(train, recipe, release=made, progress=within(bar, "Audit"))
    bar.close()
    return with_audit(card, found)


def lines(audit: ShadowAudit) -> Iterator[str]:
    """Yield what was done, found, and what it does not show, a line each; nobody is named."""
    yield "Shadow audit"
    for sentence in (shadow_words.done(audit), *shadow_words.found(audit), *shadow_words.limits(audit)):
        yield f"  {sentence}"
