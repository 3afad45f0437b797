"""Singling out by anonymeter: a copy is caught, fresh rows are not."""

import numpy as np
import pandas as pd

from synth_core.scores.sides import Sides
from synth_core.scores.singling import _Sorted, singling_out
from synth_core.table import Column, Kind, Table

COLUMNS = (*(Column(name=name, kind=Kind.NUMBER) for name in "abc"), Column(name="d", kind=Kind.CATEGORY))


def some(rows: int, seed: int) -> Table:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({name: rng.normal(size=rows) for name in "abc"})
    frame["d"] = rng.choice(["x", "y", "z"], rows).astype(object)
    return Table(frame, COLUMNS)


def test_a_copy_of_the_real_rows_singles_people_out_and_fresh_rows_do_not() -> None:
    train, holdout = some(400, 1), some(400, 2)
    copied = {attack.name: attack for attack in singling_out(Sides(train, holdout, train, 0))}
    fresh = {attack.name: attack for attack in singling_out(Sides(train, holdout, some(400, 3), 0))}
    leaked, safe = copied["singling_univariate"], fresh["singling_univariate"]
    assert leaked.low is not None
    assert leaked.control is not None
    assert leaked.low > leaked.control + 0.2
    assert safe.value is not None
    assert safe.value < 0.1


def test_the_same_seed_gives_the_same_attack() -> None:
    sides = Sides(some(300, 1), some(300, 2), some(300, 3), 5)
    assert singling_out(sides) == singling_out(sides)


def test_guesses_are_shuffled_the_same_in_whatever_order_they_come() -> None:
    one, other = list("abcdefgh"), list("hgfedcba")
    _Sorted(np.random.PCG64(3)).shuffle(one)
    _Sorted(np.random.PCG64(3)).shuffle(other)
    assert one == other
    assert one not in (list("abcdefgh"), list("hgfedcba"))


def test_a_release_of_two_words_gives_nobody_away() -> None:
    frame = pd.DataFrame({"d": ["x", "y"] * 100}).astype(object)
    flat = Table(frame, (Column(name="d", kind=Kind.CATEGORY),))
    (attack,) = singling_out(Sides(flat, flat, flat, 0))
    assert attack.value == attack.control
