"""Membership by agreement: pieces of people are found, single values and fresh people are not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synth_core.methods import create
from synth_core.scores.agreement import BLOCK, Agreement, _largest
from synth_core.scores.compiled import compiled
from synth_core.scores.features import Coding
from synth_core.scores.privacy import measure
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import Estimate, auc
from synth_core.table import Column, Kind, Table
from tests.core.judged_tables import bootstrap, independent, people

TRAIN, HOLDOUT = people(1200, 21), people(900, 22)


def found(made: Table, train: Table = TRAIN, holdout: Table = HOLDOUT) -> Estimate:
    sides = Sides(train, holdout, made)
    members = len(train)
    attack = Agreement.learn(sides.coding, sides.real, sides.held, np.arange(members), np.arange(len(holdout)))
    score = attack.shared(sides.made, np.random.default_rng(0)).score
    return auc(score[:members], score[members:])


def test_a_bootstrap_is_found() -> None:
    assert found(bootstrap(TRAIN, 1500)).low > 0.8


def test_fresh_people_are_at_chance_over_ten_worlds() -> None:
    worlds = [found(people(800, 50 + i), people(700, 70 + i), people(600, 90 + i)) for i in range(10)]
    assert abs(np.mean([world.value for world in worlds]) - 0.5) < 0.02  # four standard errors
    assert sum(world.low < 0.5 < world.high for world in worlds) >= 8


def test_single_values_of_members_in_independent_columns_are_taken_off() -> None:
    coin = found(independent(TRAIN, 3000))
    assert coin.low < 0.51


def test_weights_and_sums_by_hand() -> None:
    columns = (Column(name="a", kind=Kind.CATEGORY), Column(name="n", kind=Kind.NUMBER))

    def rows(words: list[str], numbers: list[float]) -> Table:
        return Table(pd.DataFrame({"a": pd.Series(words, dtype=object), "n": numbers}), columns)

    train, held = rows(["x", "x", "y", "y"], [1.0, 2.0, np.nan, 4.0]), rows(["x", "y"], [5.0, 6.0])
    made = rows(["x", "y", "z"], [2.0, np.nan, 9.0])
    coding = Coding.learn(train)
    attack = Agreement.learn(coding, *(coding.apply(t.frame) for t in (train, held)), np.arange(4), np.arange(2))
    half, sixth = np.log(2), np.log(6)
    whole = attack.shared(coding.apply(made.frame), np.random.default_rng(0)).whole / 100
    assert np.allclose(whole, [half, half + sixth, half + sixth, half, half, half], atol=0.011)


def test_parts_of_a_release_join_to_the_whole() -> None:
    coding = Coding.learn(TRAIN)
    real, held, made = (coding.apply(t.frame) for t in (TRAIN, HOLDOUT, people(3000, 24)))
    attack = Agreement.learn(coding, real, held, np.arange(300), np.arange(200))
    parts = attack.nothing
    for part in np.array_split(np.arange(3000), 3):
        parts |= attack.shared(made.take(part), np.random.default_rng(1))
    assert np.array_equal(parts.whole, attack.shared(made, np.random.default_rng(1)).whole)


def test_an_engine_that_repeats_pieces_of_people_fails_although_no_row_is_near() -> None:
    params = {"leaf": 1, "trees": 1, "candidates": 1, "smoothing": 0.0}
    made = Table(create("trees", params).fit(TRAIN, seed=1).sample(3000, seed=2), TRAIN.columns, "made")
    attacks = {attack.name: attack for attack in measure(Sides(TRAIN, HOLDOUT, made)).attacks}
    assert attacks["membership_agreement"].low is not None
    assert attacks["membership_agreement"].low > 0.5


def test_the_loop_finds_the_same_without_being_compiled() -> None:
    rng = np.random.default_rng(0)
    values, weights = (rng.integers(0, 5, (6, 3)).astype(np.int16) for _ in range(2))
    rows = rng.integers(-1, 5, (3, BLOCK + 7)).astype(np.int16)
    rows[:, -1] = values[0]  # the last row, in a block of its own, is the first person's
    found = _largest(values, weights, rows)
    every = (weights[:, :, None] * (values[:, :, None] == rows[None])).sum(axis=1).max(axis=1)
    assert found.tolist() == every.tolist()
    assert found[0] == weights[0].sum()
    assert compiled(_largest)(values, weights, rows).tolist() == found.tolist()
