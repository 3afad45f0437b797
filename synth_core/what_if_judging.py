"""The judgement of a what-if: privacy and rules; likeness and use are shown, and never judged."""

from __future__ import annotations

from typing import Unpack

from synth_core.judging import Told, judge
from synth_core.scorecard import Scorecard
from synth_core.scores import fidelity, validity
from synth_core.scores.results import Utility
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.subgroups import LOSS_QUESTION
from synth_core.scores.utility import QUESTION
from synth_core.table import Table
from synth_core.what_if import CALLED, NOT_APPLYING, WhatIf

_USE = tuple(
    Score(name=name, dimension="utility", question=question, value=None, better="lower", unit="%", note=NOT_APPLYING)
    for name, question in (
        ("tstr_loss", QUESTION),
        ("subgroup_loss", LOSS_QUESTION),
    )
)


def judge_what_if(train: Table, holdout: Table, made: Table, edits: WhatIf, **told: Unpack[Told]) -> Scorecard:
    """Return the scorecard of a what-if, with the arguments of :func:`~synth_core.judging.judge`.

    Privacy is judged with the edits undone: an attacker who knows them can do the same. Rules are judged on the rows as
    released, a new category counted as the one that it is like. The scores of likeness and use have no value.
    """
    merged = made.with_frame(edits.merged(made.frame))
    undone = merged.with_frame(edits.unmoved(merged.frame, {column.name: column for column in made.columns}))
    card = judge(train, holdout, undone, **told | {"rules": ()}, likeness=False)
    seed = told.get("seed", 0)
    seen = fidelity.measure(Sides(train, holdout, made, seed))
    kept = validity.measure(
        Sides(train, holdout, merged, seed),
        told.get("rules", ()),
        raw_broken=told.get("raw_broken"),
        repaired=told.get("repaired"),
        rejected=told.get("rejected"),
        how=told.get("how"),
    )
    sentences = edits.sentences({column.name: column.kind for column in made.columns})
    undone_note = (
        "The attacks on privacy were made with the edits undone, because an attacker who knows them can undo them."
    )
    return card.model_copy(
        update={
            "fidelity": seen.model_copy(update={"scores": [_void(score) for score in seen.scores]}),
            "utility": Utility(scores=list(_USE), target=None if train.target is None else train.target.name),
            "validity": kept,
            "what_if": sentences,
            "notes": [CALLED, undone_note, *card.notes],
        }
    )


def _void(score: Score) -> Score:
    nothing = {"value": None, "low": None, "high": None, "reference": None, "baseline": None, "note": NOT_APPLYING}
    return score.model_copy(update=nothing)
