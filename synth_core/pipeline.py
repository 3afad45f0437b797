"""A recipe from split to judgement: what a worker and ``simile run`` both do."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from synth_core.generation import Synthesis, generate, read_synthetic
from synth_core.judging import judge
from synth_core.needs import JUDGED_ROWS
from synth_core.price import price_of
from synth_core.progress import StageProgress, silent_stages
from synth_core.recipe import Recipe
from synth_core.run import SO_FAR, write_scores, write_whole
from synth_core.scorecard import Scorecard
from synth_core.steered_judging import judge_steered
from synth_core.steering.given import GivenRows
from synth_core.table import Table
from synth_core.what_if_judging import judge_what_if

MOST = JUDGED_ROWS


def follow(
    table: Table,
    recipe: Recipe,
    folder: Path,
    *,
    workers: int = 1,
    partitioned: bool = False,
    given: GivenRows | None = None,
    full: bool = False,
    price: bool = True,
    progress: StageProgress = silent_stages,
) -> tuple[Synthesis, Scorecard]:
    """Return what was made and its judgement; both are also in ``folder`` as JSON, beside the rows.

    ``full``: judged with the attacks that take minutes. ``price``: also measured what keeping the rules costs.
    """
    synthesis = generate(
        table, recipe, folder, workers=workers, partitioned=partitioned, given=given, progress=progress
    )
    train, holdout = table.split(recipe.holdout, recipe.seed)
    names = [column.name for column in synthesis.columns]
    made = read_synthetic(folder, synthesis, MOST)
    early = folder / SO_FAR
    early.unlink(missing_ok=True)
    judged_as = partial(judge, so_far=lambda scores: write_scores(early, scores))
    judged_as = judged_as if recipe.what_if is None else partial(judge_what_if, edits=recipe.what_if)
    if recipe.what_if is None and recipe.steering.asked:
        judged_as = partial(judge_steered, steering=recipe.steering)
    card = judged_as(
        train.select(names),
        holdout.select(names),
        made,
        rules=[rule.fitted(train) for rule in recipe.rules],
        seed=recipe.seed,
        progress=progress,
        raw_broken=synthesis.raw_broken,
        repaired=synthesis.repaired,
        rejected=synthesis.rejected,
        how=synthesis.how,
        method=synthesis.method or recipe.method,
        full=full,
    )
    if len(made) < synthesis.rows:
        note = (
            f"The first {len(made):,} of {synthesis.rows:,} released rows were judged and attacked; an attack on "
            "all of them could find more."
        )
        card = card.model_copy(update={"notes": [note, *card.notes]})
    if recipe.redraw_exposed:
        left = f"; {synthesis.exposed:,} could not be replaced" if synthesis.exposed else ""
        note = (
            f"{synthesis.redrawn:,} rows that lay far nearer to one real person than other real rows do were drawn "
            f"again{left}. That mends these rows, not what the engine learned."
        )
        card = card.model_copy(update={"notes": [note, *card.notes]})
    if synthesis.steering is not None and recipe.what_if is None:
        card = card.model_copy(update={"notes": [*card.notes, *synthesis.steering.sentences(synthesis.rows)]})
    if recipe.what_if is None and (cuts := recipe.cut_words()):
        card = card.model_copy(update={"on_purpose": [*card.on_purpose, *cuts]})
    if recipe.rules and price and recipe.what_if is None:
        progress("Compare", 0, 1, "What the rules cost")
        made_by = recipe.model_copy(update={"method": synthesis.method or recipe.method})
        cost = price_of(train.select(names), holdout.select(names), made_by)
        card = card.model_copy(update={"validity": card.validity.model_copy(update={"price": cost})})
    write_whole(folder / "scorecard.json", card.model_dump_json())
    early.unlink(missing_ok=True)
    return synthesis, card
