"""Privacy: copies against the natural rate, attacks against chance, literals by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.scores import privacy
from synth_core.scores.attacks import attribute_inference
from synth_core.scores.copies import dense, literals, repeats, row_keys, telling
from synth_core.scores.features import Coding
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.scores.space import Space, nearest_of
from synth_core.table import Column, Kind, Role, Table
from tests.core.judged_tables import bootstrap, people

TRAIN, HOLDOUT = people(900, 1), people(600, 2)


def scores(found: privacy.Privacy) -> dict[str, Score]:
    return {score.name: score for score in found.scores}


@pytest.fixture(scope="module")
def copied() -> privacy.Privacy:
    return privacy.measure(Sides(TRAIN, HOLDOUT, bootstrap(TRAIN, 2000)))


@pytest.fixture(scope="module")
def fresh() -> privacy.Privacy:
    return privacy.measure(Sides(TRAIN, HOLDOUT, people(2000, 3)))


def test_a_bootstrap_is_caught_by_every_measure(copied: privacy.Privacy) -> None:
    found = scores(copied)
    assert found["copies"].value == 100
    assert found["membership_auc"].value > 0.9
    assert found["membership_tpr"].value > 0.5
    assert found["nearer_share"].low > 0.5


def test_fresh_rows_are_at_chance(fresh: privacy.Privacy) -> None:
    found = scores(fresh)
    assert found["copies"].value == 0
    assert found["membership_auc"].low < 0.52 < found["membership_auc"].high + 0.02
    assert found["membership_tpr"].value < 0.05
    assert found["nearer_share"].low < 0.5 < found["nearer_share"].high


def test_attacks_stand_beside_a_control_at_chance(fresh: privacy.Privacy) -> None:
    attacks = {attack.name: attack for attack in fresh.attacks}
    assert {"membership_distance", "membership_calibrated", "membership_tpr"} <= set(attacks)
    assert attacks["membership_distance"].control == pytest.approx(0.5, abs=0.06)


def test_the_closest_pairs_of_a_bootstrap_are_exact(copied: privacy.Privacy) -> None:
    assert len(copied.closest) == 20
    copies = bootstrap(TRAIN, 2000)
    for pair in copied.closest:
        assert pair.distance == 0
        assert copies.frame.iloc[pair.synthetic_row].equals(TRAIN.frame.iloc[pair.train_row])
        assert pair.holdout_distance > 0


def test_the_distance_curves_rise_to_one(fresh: privacy.Privacy) -> None:
    assert [curve.name for curve in fresh.curves] == ["synthetic to training rows", "synthetic to held-out rows"]
    for curve in fresh.curves:
        assert len(curve.x) == len(curve.y) <= 200
        assert curve.x == sorted(curve.x)
        assert curve.y[-1] == 1


def test_releasing_more_rows_leaks_more() -> None:
    few, many = (scores(privacy.measure(Sides(TRAIN, HOLDOUT, bootstrap(TRAIN, n)))) for n in (200, 4000))
    assert many["membership_auc"].value > few["membership_auc"].value + 0.2


def test_rows_that_many_share_are_nobodys_copy() -> None:
    columns = (Column(name="a", kind=Kind.CATEGORY), Column(name="b", kind=Kind.CATEGORY))

    def coins(rows: int, seed: int) -> Table:
        drawn = np.random.default_rng(seed).integers(0, 2, (rows, 2)).astype(str).astype(object)
        return Table(pd.DataFrame(drawn, columns=["a", "b"]), columns)

    found = scores(privacy.measure(Sides(coins(400, 1), coins(100, 2), coins(400, 3))))
    assert found["copies"].value == found["copies"].reference == 0
    assert found["membership_auc"].value is None
    assert "0 real rows differ from all others" in found["membership_auc"].note


def test_the_natural_rate_of_copies_is_counted_by_hand() -> None:
    train = np.array([1, 1, 2, 2, 2, 3, 4, 5], dtype=np.uint64)
    found = repeats(train, np.array([9], dtype=np.uint64), np.array([1, 3, 3, 7], dtype=np.uint64))
    assert found.expected_single == 2 / 8
    assert found.expected_any == 5 / 8
    assert found.any_match.tolist() == [True, True, True, False]
    assert found.single_match.tolist() == [False, True, True, False]
    assert found.alone_train.sum() == 3


def test_row_keys_follow_values_not_storage() -> None:
    columns = (Column(name="n", kind=Kind.INTEGER, nullable=True), Column(name="w", kind=Kind.CATEGORY))
    words = pd.Series(["a", "b", None], dtype=object)
    first = Table(pd.DataFrame({"n": np.array([1, 2, 3]), "w": words}), columns)
    second = pd.DataFrame({"n": pd.array([1, None, 3], dtype="Int64"), "w": words})
    coding = Coding.learn(first)
    a, b = (row_keys(coding.apply(frame), coding) for frame in (first.frame, second))
    assert (a == b).tolist() == [True, False, True]
    assert len(set(a)) == 3


def release(values: dict[str, list[str]], columns: tuple[Column, ...]) -> Table:
    return Table(pd.DataFrame({name: pd.Series(cells, dtype=object) for name, cells in values.items()}), columns)


PERSONAL = (
    Column(name="mail", kind=Kind.TEXT, semantic="email"),
    Column(name="name", kind=Kind.TEXT, semantic="person_name"),
    Column(name="job", kind=Kind.CATEGORY),
)


def test_identifiers_and_rare_values_are_literals_but_common_names_are_not() -> None:
    jobs = ["clerk"] * 57 + ["astronaut"] * 3
    train = release({"mail": [f"p{i}@x.org" for i in range(60)], "name": ["Ann"] * 60, "job": jobs}, PERSONAL)
    made = release(
        {
            "mail": ["p7@x.org", *(f"q{i}@y.org" for i in range(9))],
            "name": ["Ann"] * 10,
            "job": ["clerk"] * 8 + ["astronaut"] * 2,
        },
        PERSONAL,
    )
    found = literals(Sides(train, train.rows(np.arange(0)), made))
    assert found.rows == 3
    assert found.columns == {"mail": 1, "job": 2}
    assert found.exact


def test_unprotected_columns_have_no_literals() -> None:
    columns = (Column(name="job", kind=Kind.CATEGORY, protect=False),)
    train = release({"job": ["clerk"] * 57 + ["astronaut"] * 3}, columns)
    assert literals(Sides(train, train, train)).rows == 0


def test_real_extremes_are_literals() -> None:
    values = np.random.default_rng(0).normal(size=200)
    columns = (Column(name="x", kind=Kind.NUMBER),)
    train = Table(pd.DataFrame({"x": values}), columns)
    order = np.argsort(values)
    made = Table(pd.DataFrame({"x": values[[order[0], order[3], order[4], order[100], order[-1]]]}), columns)
    found = literals(Sides(train, train.rows(np.arange(0)), made))
    assert found.rows == 3
    assert found.real_hits == 0


def test_ids_that_fill_their_range_are_not_judged() -> None:
    assert dense(pd.Series([f"R-{i:05d}" for i in range(500)]))
    assert not dense(pd.Series([f"R-{i:012d}" for i in range(0, 10**11, 10**8)]))
    assert telling(Column(name="id", kind=Kind.IDENTIFIER))
    assert telling(Column(name="b", kind=Kind.TEXT, semantic="iban"))
    assert not telling(Column(name="n", kind=Kind.TEXT, semantic="person_name"))


def test_nearest_agrees_with_all_distances() -> None:
    rng = np.random.default_rng(0)
    targets, points = rng.random((30, 5)).astype(np.float32), rng.random((200, 5)).astype(np.float32)
    every = np.sqrt(((targets[:, None].astype(float) - points[None]) ** 2).sum(axis=2))
    found = nearest_of(targets, points)
    assert (found.row == every.argmin(axis=1)).all()
    assert found.distance == pytest.approx(every.min(axis=1))
    itself = nearest_of(points[:30], points, np.arange(30))
    assert (itself.row != np.arange(30)).all()
    assert (itself.distance > 0).all()


def test_places_do_not_depend_on_the_block() -> None:
    coding = Coding.learn(TRAIN)
    coded = coding.apply(TRAIN.frame)
    space = Space.learn(coding, coded)
    whole = space.place(coded)
    assert np.array_equal(whole[40:60], space.place(coded.take(np.arange(40, 60))))


def test_guessing_a_column_is_held_against_people_who_were_not_there() -> None:
    train = TRAIN.with_columns([TRAIN.column("grade").model_copy(update={"role": Role.SENSITIVE})])
    copied = {attack.name: attack for attack in attribute_inference(Sides(train, HOLDOUT, bootstrap(train, 3000)))}
    clean = {attack.name: attack for attack in attribute_inference(Sides(train, HOLDOUT, people(3000, 4)))}
    assert set(copied) == {"inference_grade", "inference_bought"}
    assert copied["inference_grade"].low > 5
    assert clean["inference_grade"].low < 0 < clean["inference_grade"].high


def test_a_value_of_one_person_with_many_rows_is_a_literal() -> None:
    who = np.r_[np.repeat(np.arange(60), 5), np.zeros(40, dtype=int)]
    own = np.arange(len(who)) >= 300
    frame = pd.DataFrame(
        {
            "patient": [f"P{number}" for number in who],
            "place": np.where(own, "Lonely Hill", np.where(who % 2, "North", "South")),
            "dose": np.where(own, 999.25, who % 7),
        }
    )
    columns = (
        Column(name="patient", kind=Kind.IDENTIFIER, role=Role.ENTITY),
        Column(name="place", kind=Kind.CATEGORY),
        Column(name="dose", kind=Kind.NUMBER),
    )
    train = Table(frame, columns)
    holdout = train.rows(np.arange(0)).select(["place", "dose"])
    made = train.rows(np.arange(290, 310)).select(["place", "dose"])
    found = literals(Sides(train.select(["place", "dose"]), holdout, made))
    assert (found.rows, found.columns) == (10, {"place": 10, "dose": 10})
    assert found.real_hits == 0  # nobody else has it
    by_rows = Sides(Table(made.frame, made.columns), holdout, made)
    assert literals(by_rows).rows == 0
