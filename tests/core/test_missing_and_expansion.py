"""Missing cells beyond rates, and what further rows are worth."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from synth_core.scores import expansion, fidelity, missing_cells
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.table import Table
from tests.core.judged_tables import bootstrap, changed, independent, people


def with_reasons(rows: int, seed: int) -> Table:
    """Income and grade are missing in the same rows, those with a high score."""
    table = people(rows, seed)
    high = table.frame["score"] > 1.5
    frame = table.frame
    return changed(
        table,
        income=frame["income"].fillna(1.0).where(~high),
        grade=frame["grade"].fillna("B").where(~high, None),
    )


def found(made: Table) -> dict[str, Score]:
    sides = Sides(with_reasons(1500, 1), with_reasons(1000, 2), made, 0)
    return {score.name: score for score in missing_cells.measure(sides)}


def test_real_gaps_are_as_alike_as_real_rows_are() -> None:
    for score in found(with_reasons(1500, 3)).values():
        assert score.value is not None
        assert score.low is not None
        assert score.reference is not None
        assert score.baseline is not None
        assert score.low <= 2 * score.reference
        assert score.baseline > 3 * score.value


def test_gaps_without_reason_are_found() -> None:
    scores = found(independent(with_reasons(1500, 3), 1500))
    for score in scores.values():
        assert score.low is not None
        assert score.reference is not None
        assert score.low > 3 * score.reference
        assert score.skill == pytest.approx(0, abs=0.3)


def test_without_gaps_nothing_is_claimed() -> None:
    whole = [people(200, seed).select(["age", "score"]) for seed in (1, 2, 3)]
    notes = {score.note for score in missing_cells.measure(Sides(*whole, 0))}
    assert all(note.startswith("not enough data") for note in notes)


def test_many_rows_from_few_people_are_worth_few() -> None:
    train, holdout = people(400, 1), people(3000, 2)
    many = expansion.worth(Sides(train, holdout, bootstrap(train, 8000), 0))
    assert many.value is not None
    assert many.value <= 400
    assert many.high is not None
    assert many.high <= 400
    assert "times too narrow" in many.note


def test_rows_that_are_wrong_are_worth_less_than_their_number() -> None:
    train, holdout = people(3000, 1), people(3000, 2)
    right, wrong = (
        expansion.worth(Sides(train, holdout, made, 0)) for made in (people(3000, 3), independent(train, 3000))
    )
    assert right.value is not None
    assert wrong.high is not None
    assert right.value > 700
    assert wrong.high < 200


def test_the_curve_grows_with_rows_and_has_its_reference() -> None:
    with threadpool_limits(1, user_api="openmp"):  # as the judgement does: threads that wait spin
        points = expansion.curve(Sides(people(300, 1), people(300, 2), people(1500, 3), 0))
    assert [point.rows for point in points] == [75, 150, 300, 600, 1200, 1500]
    coverage = [point.coverage for point in points]
    assert all(c is not None for c in coverage)
    assert coverage == sorted(coverage, key=lambda value: value or 0)
    assert (coverage[-1] or 0) > (coverage[0] or 0)
    assert points[0].coverage_real is not None
    assert points[0].score_real is not None
    assert points[-1].coverage_real is None
    assert all(point.score_low is not None and point.metric == "AUC" for point in points)
    assert expansion.curve(Sides(people(60, 1), people(10, 2), people(60, 3), 0)) == []


def test_a_lost_category_has_an_interval() -> None:
    train = people(1000, 1)
    made = people(1000, 3)
    lost = made.rows(np.flatnonzero(made.frame["region"] != "west"))
    scores = fidelity.measure(Sides(train, people(500, 2), lost, 0)).scores
    score = next(score for score in scores if score.name == "rare")
    assert (score.low or 0) < (score.value or 0) < (score.high or 0)
    assert "1 of 9" in score.note
