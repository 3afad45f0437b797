"""Privacy: copies against the natural rate, attacks against chance, literals by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.scores import privacy
from synth_core.scores.attacks import attribute_inference
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
    assert "no real row differs from all others" in found["membership_auc"].note


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
