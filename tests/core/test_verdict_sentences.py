"""The sentence of a verdict names its figures as the pages do."""

from __future__ import annotations

from typing import Any

import pytest

from synth_core.scorecard import Target, verdicts
from synth_core.scores.score import Score
from tests.core import scorecard_example as example


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"name": "literals", "value": 1.0, "unit": "rows"}, "The value is 1 row, beyond the limit of 0 rows."),
        ({"name": "membership_tpr", "value": 0.02}, "The value is 2 %, beyond the limit of 0 %."),
        ({"name": "copies", "value": 1.5, "unit": "%"}, "The value is 1.5 %, beyond the limit of 0 %."),
    ],
)
def test_a_verdict_names_its_figures_with_their_unit(facts: dict[str, Any], said: str) -> None:
    score = Score.model_validate({"dimension": "privacy", "question": "?", **facts})
    card = example.scorecard()
    card = card.model_copy(update={"privacy": card.privacy.model_copy(update={"scores": [score]})})
    target = Target(score=score.name, dimension="privacy", limit=0.0)
    assert [verdict.sentence for verdict in verdicts(card, [target])] == [said]
