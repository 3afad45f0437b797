"""Columns as plain numbers and back, by hand: dtypes, missing cells, decimals, codes."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.values import (
    as_kind,
    canonical,
    decimals,
    drawn_into,
    joint_codes,
    known_codes,
    known_numbers,
    plain_value,
    quantity,
    round_down,
    round_up,
    text_to_date,
    text_to_number,
)
from synth_core.table import Column, Kind


def test_a_column_is_read_as_numbers() -> None:
    assert quantity(pd.Series(["1", "2.5", None, "x"], dtype=object)).tolist()[:2] == [1, 2.5]
    assert np.isnan(quantity(pd.Series(["1", "2.5", None, "x"], dtype=object))[2:]).all()
    moments = pd.Series(["1970-01-02", None, "1969-12-31T23:59:59.5"]).astype("datetime64[ns]")
    assert quantity(moments)[[0, 2]].tolist() == [86_400, -0.5]
    assert known_numbers(pd.Series([1.0, np.nan, np.inf, 3.0])).tolist() == [1, 3]


@pytest.mark.parametrize(
    ("values", "kind", "dtype", "cells"),
    [
        ([1.2, 2.7], Kind.INTEGER, "int64", [1, 3]),
        ([1.2, np.nan], Kind.INTEGER, "Int64", [1, None]),
        (pd.array([1, None], dtype="Int64"), Kind.INTEGER, "Int64", [1, None]),
        (pd.array([1, 2], dtype="Int64"), Kind.INTEGER, "int64", [1, 2]),
        ([1, 2], Kind.INTEGER, "int64", [1, 2]),
        ([1, 2], Kind.NUMBER, "float64", [1.0, 2.0]),
        (["1.5", None], Kind.NUMBER, "float64", [1.5, None]),
        ([0.5, np.nan], Kind.DATETIME, "datetime64[ns]", [pd.Timestamp("1970-01-01T00:00:00.5"), None]),
        ([1e-6], Kind.DATETIME, "datetime64[ns]", [pd.Timestamp(1000)]),
        (["2024-02-29", None], Kind.DATETIME, "datetime64[ns]", [pd.Timestamp("2024-02-29"), None]),
        (["a", np.nan], Kind.CATEGORY, "object", ["a", None]),
        (["a", "b"], Kind.CATEGORY, "object", ["a", "b"]),
        (pd.array([True, None], dtype="boolean"), Kind.BOOLEAN, "object", [True, None]),
    ],
)
def test_values_come_back_in_the_dtype_of_their_kind(values: Any, kind: Kind, dtype: str, cells: list[Any]) -> None:
    found = as_kind(pd.Series(values), kind)
    assert found.dtype == dtype
    assert [None if pd.isna(cell) else cell for cell in found] == cells
    if dtype == "object":
        assert all(cell is None for cell in found[found.isna()]), "missing words are None, not NaN"
    assert as_kind(np.array([1.0, 2.0]), Kind.NUMBER, pd.Index([7, 9])).index.tolist() == [7, 9]


def test_described_columns_only_in_their_order_with_rows_from_zero() -> None:
    frame = pd.DataFrame({"b": [1.0, 2.0], "c": [0, 0], "a": ["x", None]}, index=[5, 6])
    found = canonical(frame, [Column(name="a", kind=Kind.CATEGORY), Column(name="b", kind=Kind.INTEGER)])
    assert list(found) == ["a", "b"]
    assert found.index.tolist() == [0, 1]
    assert found["b"].dtype == np.int64


@pytest.mark.parametrize(
    ("values", "most", "places"),
    [
        ([1.5, 2.25], 6, 2),
        ([3.0, np.nan, np.inf], 6, 0),
        ([np.pi], 6, None),
        ([0.000001], 6, 6),
        ([0.0000001], 6, None),
        ([0.1 + 0.2], 6, 1),
        ([1_234_567_890.5, 9_876_543_210.25], 6, 2),
        ([1e12 + 0.5], 6, 1),
        ([1_234_567.891234, 7_654_321.432197], 6, 6),
        ([1e6 * np.pi, 1e6 * np.e], 6, None),
        ([1e6 / 3 * 3, 1e9 * 0.1 * 3], 6, 0),  # what is left of products does not count
        ([0.125], 2, None),
        ([], 6, 0),
    ],
)
def test_the_decimals_that_numbers_are_written_with(values: list[float], most: int, places: int | None) -> None:
    assert decimals(np.array(values), most) == places


def test_decimals_of_many_numbers_are_looked_up_in_a_sample() -> None:
    assert decimals(np.arange(20_000) / 100) == 2


def test_numbers_are_rounded_to_one_side() -> None:
    values = np.array([1.21, 1.2, -1.21, 1.2000000000001])
    assert round_up(values, 1).tolist() == [1.3, 1.2, -1.2, 1.2]  # what is left of sums does not count
    assert round_down(values, 1).tolist() == [1.2, 1.2, -1.3, 1.2]
    assert round_up(np.array([0.1 + 0.2]), 1).tolist() == [0.3]


def test_text_is_read_where_it_is_a_number_or_a_date() -> None:
    cells = np.array(["2", "x", None, "2"], dtype=object)
    assert text_to_number(cells)[[0, 3]].tolist() == [2, 2]
    assert np.isnan(text_to_number(cells)[1:3]).all()
    days = text_to_date(np.array(["2024-01-05", "soon", None], dtype=object))
    assert days[0] == np.datetime64("2024-01-05")
    assert np.isnat(days[1:]).all()
    assert text_to_number("3.5") == 3.5
    assert np.isnat(text_to_date("soon"))


def test_cells_as_json_holds_them() -> None:
    assert plain_value(np.int64(3)) == 3
    assert type(plain_value(np.int64(3))) is int
    assert plain_value("a") == "a"
    assert plain_value(np.nan) is None
    assert plain_value(pd.NaT) is None


def test_equal_rows_have_one_number_whatever_is_missing() -> None:
    frame = pd.DataFrame({"a": ["x", "x", None, None, "y"], "b": [1.0, 1.0, 1.0, np.nan, np.nan], "c": range(5)})
    code, rows = joint_codes(frame, ["a", "b"])
    assert code.tolist() == [0, 0, 1, 2, 3]
    assert list(rows) == ["a", "b"]
    assert rows.index.tolist() == [0, 2, 3, 4]
    # with as many levels on each side, no two pairs may meet
    grid = pd.DataFrame({"a": np.repeat(range(7), 7), "b": np.tile(range(7), 7)})
    assert len(set(joint_codes(grid, ["a", "b"])[0])) == 49


def test_known_values_are_found_as_words_or_as_numbers() -> None:
    found, known = known_codes(pd.Series([2.0, 1.0, np.nan, 5.0]), ["1", 2, None, "1.0"])
    assert found.tolist() == [1, 0, 2, -1]
    assert known.tolist() == [0, 1, 2, 0]
    found, known = known_codes(pd.Series(["1", "1.0", None], dtype=object), [1, "x"])
    assert found.tolist() == [0, -1, -1]
    assert known.tolist() == [0, 1]
    found, known = known_codes(pd.Series([1.0]), ["high"])
    assert (found.tolist(), known.tolist()) == ([-1], [0])
    assert known_codes(pd.Series([], dtype=object), ["x"])[0].tolist() == []


def test_cells_are_drawn_anew_where_asked_and_where_there_is_something_to_draw() -> None:
    values, rows = pd.Series([1, 2, 3]), np.array([False, True, True])
    rng = np.random.default_rng(0)
    assert drawn_into(values, rows, pd.Series([9]), rng).tolist() == [1, 9, 9]
    assert values.tolist() == [1, 2, 3]
    assert drawn_into(values, rows, pd.Series([], dtype="int64"), rng) is values
    assert drawn_into(values, ~rows & False, pd.Series([9]), rng) is values
