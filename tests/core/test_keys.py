"""Row keys: equal rows have equal keys, whatever holds their values, and different rows have different ones."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from synth_core.scores.features import Coding
from synth_core.scores.keys import _mixed, row_keys
from synth_core.table import Column, Kind, Table


def keys_of(frame: pd.DataFrame) -> npt.NDArray[np.uint64]:
    kinds = {"f": Kind.NUMBER, "O": Kind.CATEGORY}
    columns = tuple(Column(name=name, kind=kinds[frame[name].dtype.kind]) for name in frame)
    coding = Coding.learn(Table(frame, columns))
    return row_keys(coding.apply(frame), coding)


def test_the_mixing_is_splitmix64() -> None:
    """The first three numbers of the generator from seed 0, as published with it."""
    step = 0x9E3779B97F4A7C15
    states = np.array([step * i % 2**64 for i in (1, 2, 3)], dtype=np.uint64)
    assert [hex(value) for value in _mixed(states)] == ["0xe220a8397b1dcdaf", "0x6e789e6aa1b965f4", "0x6c45d188009454f"]


@pytest.mark.parametrize(
    ("first", "second", "equal"),
    [
        (0.0, -0.0, True),
        (np.nan, np.nan, True),
        (np.nan, 0.0, False),
        (1.0000001, 1.0000002, True),  # six decimals
        (1.000001, 1.000002, False),
        (0.30000000000000004, 0.3, True),
        (1.0, -1.0, False),
        (5e-324, 0.0, True),
        (1e20, 2e20, False),
    ],
)
def test_numbers_are_compared_to_six_decimals(first: float, second: float, equal: bool) -> None:
    a, b = keys_of(pd.DataFrame({"n": [first, second]}))
    assert (a == b) == equal


def test_words_and_missing_words_are_told_apart() -> None:
    keys = keys_of(pd.DataFrame({"w": ["a", "b", None, "a", None]}, dtype=object))
    assert len(set(keys)) == 3
    assert keys[0] == keys[3]
    assert keys[2] == keys[4]


def test_values_in_other_columns_are_other_rows() -> None:
    frame = pd.DataFrame({"a": [1.0, 2.0, 1.0, 2.0], "b": [2.0, 1.0, 1.0, 2.0]})
    assert len(set(keys_of(frame))) == 4
    words = pd.DataFrame({"a": ["x", "y"], "b": ["y", "x"]}, dtype=object)
    assert len(set(keys_of(words))) == 2


def test_a_hundred_thousand_different_rows_have_different_keys() -> None:
    grid = np.arange(100_000)
    assert len(np.unique(keys_of(pd.DataFrame({"a": grid // 400.0, "b": grid % 400.0})))) == 100_000


def test_row_keys_follow_values_not_storage() -> None:
    columns = (Column(name="n", kind=Kind.INTEGER, nullable=True), Column(name="w", kind=Kind.CATEGORY))
    words = pd.Series(["a", "b", None], dtype=object)
    first = Table(pd.DataFrame({"n": np.array([1, 2, 3]), "w": words}), columns)
    second = pd.DataFrame({"n": pd.array([1, None, 3], dtype="Int64"), "w": words})
    coding = Coding.learn(first)
    a, b = (row_keys(coding.apply(frame), coding) for frame in (first.frame, second))
    assert (a == b).tolist() == [True, False, True]
    assert len(set(a)) == 3
