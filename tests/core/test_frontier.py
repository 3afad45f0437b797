"""The frontier: what each stop of the dial gives away and keeps, measured on rows that a run would learn from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from synth_core.cli import app
from synth_core.errors import Cancelled, InputError
from synth_core.figures.frontier import alt_frontier, beyond, frontier_figure, frontier_words
from synth_core.frontier import (
    HELD,
    Candidate,
    Frontier,
    Point,
    carried,
    engines,
    expected_seconds,
    key_of,
    measure,
    released_rows,
    stops,
)
from synth_core.recipe import Recipe
from synth_core.scores.statistics import Estimate
from synth_core.steering.asks import Steering
from synth_core.steering.given import given_rows
from tests.core.judged_tables import people

RECIPE = Recipe(rows=20_000, seed=3, chunk_rows=5_000)


@pytest.fixture(scope="module")
def planted() -> Frontier:
    """Two candidates on 700 people: leaves of one row repeat their donors, leaves of 120 hardly know them."""
    candidates = [
        Candidate(label="open", method="trees", params={"leaf": 1, "trees": 1, "smoothing": 0.0, "candidates": 1}),
        Candidate(label="closed", method="trees", params={"leaf": 120, "trees": 2, "candidates": 1}),
    ]
    return measure(people(700, 1), RECIPE, candidates)


def test_the_faithful_end_leaks_more_and_the_strict_end_keeps_less(planted: Frontier) -> None:
    open_, closed = planted.points
    assert open_.leak.value > closed.leak.value + 0.05
    assert open_.leak.low > 0.55
    assert closed.leak.low < 0.5
    assert closed.loss is not None
    assert closed.pairs is not None
    assert open_.pairs is not None
    assert closed.pairs.value > open_.pairs.value
    assert closed.leak.low <= closed.leak.value <= closed.leak.high


def test_leakage_is_told_as_rows_are_added_and_a_larger_release_gives_more_away(planted: Frontier) -> None:
    fewer = measure(people(700, 1), RECIPE.model_copy(update={"rows": 1_000}), [planted.points[0].candidate])
    assert fewer.points[0].leak.value < planted.points[0].leak.value
    growth = planted.points[0].growth
    assert [rows for rows, _ in growth] == [5_000, 10_000, 20_000]
    assert growth[0][1] < growth[-1][1]
    assert planted.rows == planted.made == 20_000
    assert not planted.points[0].extrapolated


def test_the_rows_that_the_run_holds_out_are_not_looked_at(planted: Frontier) -> None:
    table = people(700, 1)
    train, held = table.split(RECIPE.holdout, RECIPE.seed)
    frame = table.frame.copy()
    rows = table.frame.merge(held.frame.assign(held=True), how="left")["held"].eq(True).to_numpy()
    assert rows.sum() == len(held)
    frame.loc[rows, "age"] = 25 + np.arange(len(held)) % 40
    other = table.with_frame(frame)
    again = measure(other, RECIPE, [planted.points[1].candidate])
    assert [p.model_copy(update={"seconds": 0}) for p in again.points] == [
        planted.points[1].model_copy(update={"seconds": 0})
    ]
    assert planted.learned == pytest.approx(len(train) * (1 - HELD), abs=1)


def test_it_can_be_cancelled_and_tells_where_it_is() -> None:
    told: list[tuple[float, float, str]] = []

    def stop(done: float, total: float, note: str = "") -> None:
        told.append((done, total, note))
        if note.startswith("balanced"):
            raise Cancelled

    with pytest.raises(Cancelled):
        measure(people(500, 2), Recipe(rows=500), stops(Recipe(params={"trees": 1}))[1:], progress=stop)
    done = [each[0] for each in told]
    assert done == sorted(done)
    assert {each[2].split(":")[0] for each in told} == {"private", "balanced"}
    assert any("attacking 500 rows" in each[2] for each in told)


def test_the_stops_of_the_dial_keep_the_other_settings() -> None:
    found = stops(Recipe(params={"privacy": "faithful", "trees": 4}))
    assert [one.label for one in found] == ["strict", "private", "balanced", "faithful"]
    assert all(one.params == {"trees": 4, "privacy": one.label} for one in found)
    assert [one.label for one in engines(Recipe())][-4:] == [one.label for one in found]
    with pytest.raises(InputError, match="no dial"):
        stops(Recipe(method="copula"))


def test_rows_given_away_elsewhere_count() -> None:
    assert released_rows(Recipe(rows=500)) == 500
    assert released_rows(Recipe(rows=500, params={"release_rows": 90_000})) == 90_000


def test_what_is_asked_decides_the_key() -> None:
    recipe = Recipe(rows=500)
    key = key_of("table", recipe, stops(recipe))
    assert key == key_of("table", recipe.model_copy(update={"params": {"privacy": "faithful"}}), stops(recipe))
    assert key != key_of("other", recipe, stops(recipe))
    assert key != key_of("table", recipe.model_copy(update={"rows": 501}), stops(recipe))
    fewer = recipe.model_copy(update={"params": {"trees": 2}})
    assert key != key_of("table", fewer, stops(fewer))


def test_too_few_rows_get_one_sentence() -> None:
    with pytest.raises(InputError, match="Too few rows to measure on"):
        measure(people(150, 1), Recipe(rows=100), stops(Recipe()))


def test_a_release_larger_than_what_is_made_is_carried_on_and_never_downwards() -> None:
    falling = [(250, 0.53), (500, 0.52), (1000, 0.51)]
    half = Estimate(0.51, 0.5, 0.52)
    assert carried(half, falling, 8000) == half
    assert carried(half, falling[:1], 8000) == half
    assert carried(Estimate(0.99, 0.98, 1.0), [(1, 0.8), (2, 0.99)], 2**20).high == 1.0


def test_more_rows_and_more_candidates_take_longer() -> None:
    few = expected_seconds(1000, 10, 1000, 4)
    assert few < expected_seconds(1000, 10, 100_000, 4) < expected_seconds(20_000, 10, 100_000, 4)
    assert expected_seconds(1000, 10, 1000, 8) == pytest.approx(2 * few)


def _point(label: str, leak: float, likeness: float, loss: float | None = None) -> Point:
    def around(value: float) -> Estimate:
        return Estimate(value, value - 0.01, value + 0.01)

    return Point(
        candidate=Candidate(label=label, method="trees", params={"privacy": label}),
        leak=around(leak),
        found=around(0.02),
        likeness=around(likeness),
        loss=None if loss is None else around(loss),
    )


def _frontier(*points: Point) -> Frontier:
    floor = Estimate(0.5, 0.49, 0.51)
    return Frontier(rows=9, made=9, learned=9, members=9, others=9, target="y", floor=floor, points=points)


def test_the_picture_fills_the_chosen_point_and_shades_what_is_beyond_the_limits() -> None:
    found = _frontier(_point("private", 0.53, 0.56), _point("faithful", 0.58, 0.52))
    limits = {"membership_auc": 0.55, "c2st": 0.65, "membership_tpr": 0.03}
    figure = frontier_figure(found, "faithful", limits)
    marks = figure.data[-1]
    assert list(marks.x) == [0.53, 0.58]
    assert marks.text == ("private", "<b>faithful</b>")
    assert marks.marker.color[1] != marks.marker.color[0]
    assert [shape.x0 for shape in figure.layout.shapes if shape.type == "rect"] == [0.55]
    assert "private: attack AUC 0.530" in alt_frontier(found)
    assert "needs a target" in frontier_figure(found, "private", limits, "loss").layout.annotations[0].text
    assert beyond(found.points[0], limits) == []
    assert beyond(found.points[1], limits) == ["the attack"]
    assert beyond(_point("x", 0.5, 0.7, 6), limits | {"tstr_loss": 5}) == ["likeness", "the model's loss"]


def test_the_words_say_what_an_attacker_and_a_model_reach() -> None:
    words = frontier_words(_frontier(), _point("private", 0.53, 0.56, 1.25))
    assert "At private: " in words
    assert "picks the right one 53 % of the time (52 to 54 %); a coin, 50 %" in words
    assert "2.0 % of the people are found" in words
    assert "loses 1.2 %" in words


def test_the_command_prints_every_stop_and_writes_the_figures(tmp_path: Path) -> None:
    file, out = tmp_path / "people.csv", tmp_path / "out.json"
    people(600, 4).frame.to_csv(file, index=False)
    given = ["frontier", str(file), "--rows", "700", "--target", "bought", "--param", "trees=2", "--json", str(out)]
    done = CliRunner().invoke(app, given)
    assert done.exit_code == 0, done.output
    for stop in ("strict", "private", "balanced", "faithful"):
        assert stop in done.output
    assert "about" in done.output
    written = Frontier.model_validate_json(out.read_text(encoding="utf-8"))
    assert written.rows == 700
    assert written.target == "bought"
    assert [point.candidate.params["trees"] for point in written.points] == ["2"] * 4 or [
        point.candidate.params["trees"] for point in written.points
    ] == [2] * 4


def test_given_rows_and_counts_of_a_class_are_measured_too() -> None:
    table = people(700, 1)
    quick = [Candidate(label="quick", method="independent")]
    category = next(column.name for column in table.columns if column.kind.categorical and column.learned)
    told = given_rows(table.select([category]).rows(np.arange(20)), table)
    found = measure(table, Recipe(rows=400, steering=Steering(given=told.described)), quick, given=told)
    assert found.made == 400
    level = str(table.frame[category].mode()[0])
    asked = Recipe(rows=400, params={"release_rows": 900}, steering=Steering(make={category: {level: 400}}))
    assert measure(table, asked, quick).made == 900
