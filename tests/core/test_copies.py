"""Real things in a release, counted by hand: whole rows, rare words, extremes, identifiers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from synth_core.scores.copies import dense, literals, repeats, telling
from synth_core.scores.sides import Sides
from synth_core.table import Column, Kind, Role, Table


def test_the_natural_rate_of_copies_is_counted_by_hand() -> None:
    train = np.array([1, 1, 2, 2, 2, 3, 4, 5], dtype=np.uint64)
    found = repeats(train, np.array([9], dtype=np.uint64), np.array([1, 3, 3, 7], dtype=np.uint64))
    assert found.expected_single == 2 / 8
    assert found.expected_any == 5 / 8
    assert found.any_match.tolist() == [True, True, True, False]
    assert found.single_match.tolist() == [False, True, True, False]
    assert found.alone_train.sum() == 3


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


def uints(*values: int) -> npt.NDArray[np.uint64]:
    return np.array(values, dtype=np.uint64)


def test_a_holdout_drawn_elsewhere_adds_its_own_rate_of_twins() -> None:
    found = repeats(uints(1, 1, 2, 3), uints(3, 9, 1), uints(2))
    assert (found.expected_any, found.expected_single) == (4 / 7, 3 / 7)
    assert found.alone_train.tolist() == [False, False, True, False]
    assert found.alone_holdout.tolist() == [False, True, False]
    apart = repeats(uints(1, 1, 2, 3), uints(8, 9), uints(2))
    assert (apart.expected_any, apart.expected_single) == (2 / 4, 2 / 4)


def test_no_rows_are_no_repeats() -> None:
    found = repeats(uints(), uints(), uints(1))
    assert (found.expected_any, found.expected_single) == (0, 0)
    assert not found.any_match.any()


def test_a_word_of_four_rows_is_somebodys_and_one_of_five_is_not() -> None:
    column = (Column(name="job", kind=Kind.CATEGORY),)
    jobs = ["clerk"] * 50 + ["pilot"] * 5 + ["astronaut"] * 4 + ["pope"]
    train, held = release({"job": jobs}, column), release({"job": ["astronaut", "pilot", "king"]}, column)
    made = release({"job": ["clerk", "pilot", "astronaut", "pope", "king"]}, column)
    found = literals(Sides(train, held, made))
    assert (found.rows, found.columns, found.exact) == (2, {"job": 2}, False)
    # of the real rows: one held-out astronaut; and, each left out of train in turn, five pilots and four astronauts
    assert (found.real_hits, found.real_rows) == (10, 63)


def numbers_of(*values: float) -> Table:
    return Table(pd.DataFrame({"x": np.array(values, dtype=np.float64)}), (Column(name="x", kind=Kind.NUMBER),))


def test_the_four_values_at_each_end_are_extremes() -> None:
    train = numbers_of(*range(100), np.nan)
    found = literals(Sides(train, numbers_of(0, 50), numbers_of(*range(100), np.nan)))
    assert found.rows == 8
    assert (found.real_hits, found.real_rows) == (1, 103)  # the held-out 0; each train row is the only one of its value
    assert literals(Sides(train, numbers_of(0), numbers_of(3, 4, 95, 96))).rows == 2
    shuffled = numbers_of(*np.random.default_rng(4).permutation(1000))
    assert literals(Sides(shuffled, numbers_of(), numbers_of(*range(1000)))).rows == 8


def test_an_extreme_that_two_people_share_is_found_among_real_rows_too() -> None:
    train = numbers_of(0, 0, *range(1, 60))
    assert literals(Sides(train, numbers_of(), numbers_of(0))).real_hits == 2


def test_extremes_need_twenty_values() -> None:
    for rows, found in ((19, 0), (20, 1)):
        train = numbers_of(*range(rows))
        assert literals(Sides(train, numbers_of(), numbers_of(0))).rows == found


def test_numbers_in_a_row_are_not_identifiers_that_leak() -> None:
    column = (Column(name="id", kind=Kind.IDENTIFIER),)
    counted = release({"id": [f"A-{i:04d}" for i in range(60)]}, column)
    found = literals(Sides(counted, counted.rows(np.arange(0)), counted))
    assert (found.rows, found.skipped, found.exact) == (0, ["id"], False)
    drawn = release({"id": [f"A-{i**5:012d}" for i in range(60)]}, column)
    leaked = literals(Sides(drawn, drawn.rows(np.arange(0)), drawn.rows(np.arange(7))))
    assert (leaked.rows, leaked.skipped, leaked.exact) == (7, [], True)
    fresh = release({"id": ["B-1", "B-2"]}, column)
    assert literals(Sides(drawn, drawn.rows(np.arange(0)), fresh)).exact is False


@pytest.mark.parametrize(
    ("semantic", "kind", "tells"),
    [
        (None, Kind.IDENTIFIER, True),
        ("sequence", Kind.IDENTIFIER, False),
        (None, Kind.TEXT, False),
        ("person_name", Kind.TEXT, False),
        ("ip_address", Kind.TEXT, True),
        ("credit card", Kind.CATEGORY, True),
        ("Work-Email", Kind.TEXT, True),
    ],
)
def test_a_column_that_points_at_one_person_is_known(semantic: str | None, kind: Kind, tells: bool) -> None:
    assert telling(Column(name="x", kind=kind, semantic=semantic)) == tells


@pytest.mark.parametrize(
    ("values", "fills"),
    [
        ([f"{i * 100}" for i in range(1, 101)], True),  # 100 of 9,901 numbers
        ([f"{i * 102}" for i in range(1, 101)], False),  # 100 of 10,099
        (["1000", "1099", "x1000", "x1099"], True),  # two spellings have twice the room: 4 of 200
        (["1000", "1399", "x1000", "x1399"], False),  # 4 of 800
        (["1", "none"], False),
        (["1234567890123456", "1234567890123457"], False),  # longer than whole numbers are exact
        (["123456789012345", "123456789012346"], True),
        ([], True),
    ],
)
def test_numbers_that_fill_their_range_collide_by_chance(values: list[str], fills: bool) -> None:
    assert dense(pd.Series(values, dtype=object)) == fills


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
