"""Rows that repeat each other: counted by hand, beside the real rows and with both uncertainties."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.scores import twins
from synth_core.scores.sides import Sides
from synth_core.scores.statistics import poisson_interval
from synth_core.table import Column, Kind, Table

COLUMNS = (Column(name="n", kind=Kind.NUMBER),)


def rows(pairs: int, alone: int) -> Table:
    """Return a table of ``pairs`` rows that occur twice and ``alone`` rows that occur once."""
    numbers = np.r_[np.repeat(np.arange(pairs), 2), 1000 + np.arange(alone)].astype(np.float64)
    return Table(pd.DataFrame({"n": numbers}), COLUMNS)


def score_of(train: Table, made: Table):
    return twins.measure(Sides(train, train.rows(np.arange(0)), made))


def test_equal_others_are_counted_as_in_a_table_as_large_as_train() -> None:
    found = score_of(rows(0, 60), rows(10, 80))
    scale = 100 * 59 / 99  # 20 of 100 rows have one equal other; in 60 rows there would be fewer
    assert found.value == pytest.approx(0.2 * scale, abs=1e-4)
    assert found.reference == 0
    assert found.n == 100
    low, high = poisson_interval(10)
    spread = 2 * 1.959964 * 0.4 / 10  # of equal others, 0 or 1 a row: their standard deviation is 0.4
    floor_high = 100 * 2 * poisson_interval(0)[1] / 60
    below = np.hypot(scale * np.hypot(0.2 - 2 * low / 100, spread), floor_high)
    assert found.low == pytest.approx(max(0.2 * scale - below, 0), abs=1e-3)
    assert found.high == pytest.approx(0.2 * scale + scale * np.hypot(2 * high / 100 - 0.2, spread), abs=1e-3)


def test_many_repeats_are_sure_and_real_ones_are_the_reference() -> None:
    found = score_of(rows(10, 180), rows(100, 0))
    assert found.value == pytest.approx(100 * 199 / 199)
    assert found.reference == pytest.approx(10)
    assert found.low is not None
    assert found.low > 70
    assert "real rows have 10" in found.note


def test_three_equal_rows_have_two_others_each() -> None:
    train, made = rows(0, 60), rows(0, 60)
    made.frame.loc[:2, "n"] = 5.0
    assert score_of(train, made).value == pytest.approx(100 * 6 / 60, abs=1e-4)


def test_fifty_rows_are_enough_and_fewer_are_not() -> None:
    assert score_of(rows(0, 50), rows(0, 50)).value == 0
    for train, made in ((rows(0, 49), rows(0, 50)), (rows(0, 50), rows(0, 49))):
        few = score_of(train, made)
        assert few.value is None
        assert few.note == "not enough data: 49 rows, at least 50 are needed"


def test_a_table_of_identifiers_has_nothing_to_compare() -> None:
    names = Table(pd.DataFrame({"id": [f"p{i}" for i in range(60)]}), (Column(name="id", kind=Kind.IDENTIFIER),))
    assert score_of(names, names).note == "not enough data: no column was learned"
