"""From a recipe to a judged release."""

from pathlib import Path

import pytest

from synth_core import pipeline
from synth_core.constraints.kinds import FixedCombinations, Inequality
from synth_core.recipe import Recipe
from synth_core.run import SO_FAR
from synth_core.scorecard import Scorecard, default_targets, verdicts
from synth_core.scores.score import Score
from synth_core.table import Table


def test_a_recipe_ends_in_a_judged_release(people: Table, tmp_path: Path) -> None:
    rules = [Inequality(low_column="start", high_column="end"), FixedCombinations(columns=("plan", "churn"))]
    recipe = Recipe(method="trees", rows=600, constraints=rules, seed=1)
    synthesis, card = pipeline.follow(people, recipe, tmp_path)
    assert (card.rows_synthetic, card.method) == (synthesis.rows, "trees") == (600, "trees")
    assert card.rows_train + card.rows_holdout == len(people)
    assert {rule.how for rule in card.validity.rules} == {"transform"}
    assert card.scores["rules_broken"].value == 0
    assert {verdict.word for verdict in verdicts(card, default_targets(recipe.use))} <= {
        "pass", "watch", "fail", "not enough data",
    }  # fmt: skip
    assert Scorecard.model_validate_json((tmp_path / "scorecard.json").read_text()) == card


def test_scores_come_a_dimension_at_a_time_while_the_rest_is_judged(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[list[Score]] = []
    monkeypatch.setattr(pipeline, "write_scores", lambda path, scores: written.append(scores) or path.touch())
    _, card = pipeline.follow(people, Recipe(method="independent", rows=300), tmp_path)
    assert [scores[-1].dimension for scores in written] == ["validity", "fidelity", "utility"]
    assert all(card.scores[score.name] == score for score in written[-1])
    assert not (tmp_path / SO_FAR).exists()


def test_a_release_too_large_to_judge_whole_says_so(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "MOST", 500)
    _, card = pipeline.follow(people, Recipe(method="independent", rows=1000, chunk_rows=250), tmp_path)
    assert card.rows_synthetic == 500
    assert "first 500 of 1,000" in card.notes[0]
