"""Tables: kinds, fingerprints and honest splits."""

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import TableError
from synth_core.table import Column, Kind, Role, Table, numbers


def one_column(values: list[object], kind: Kind = Kind.CATEGORY, **facts: object) -> Table:
    return Table(pd.DataFrame({"x": values}), (Column(name="x", kind=kind, **facts),))


def test_a_split_is_disjoint_complete_and_repeatable(people: Table) -> None:
    train, holdout = people.split(0.25, seed=3)
    assert len(train) + len(holdout) == len(people)
    assert not set(train.frame["record"]) & set(holdout.frame["record"])
    assert train.fingerprint == people.split(0.25, seed=3)[0].fingerprint
    assert train.fingerprint != people.split(0.25, seed=4)[0].fingerprint
    assert abs(len(holdout) / len(people) - 0.25) < 0.02


def test_shares_of_the_target_hold_on_both_sides(people: Table) -> None:
    train, holdout = people.split(0.2, seed=0)
    share = [(part.frame["churn"] == "yes").mean() for part in (train, holdout)]
    assert abs(share[0] - share[1]) < 0.02


def test_rows_about_one_entity_stay_together() -> None:
    frame = pd.DataFrame({"who": [f"p{i % 50}" for i in range(500)], "x": np.arange(500.0)})
    table = Table(
        frame,
        (Column(name="who", kind=Kind.IDENTIFIER, role=Role.ENTITY), Column(name="x", kind=Kind.NUMBER)),
    )
    train, holdout = table.split(0.3, seed=1)
    assert len(holdout) > 50
    assert not set(train.frame["who"]) & set(holdout.frame["who"])


def test_exact_duplicates_never_straddle_the_split() -> None:
    table = one_column([f"v{i}" for i in range(800)] + [f"twin{i % 60}" for i in range(180)])
    train, holdout = table.split(0.2, seed=5)
    assert abs(len(holdout) - 196) < 10
    assert not set(train.frame["x"]) & set(holdout.frame["x"])


def test_where_most_rows_have_a_twin_every_value_stays_on_both_sides() -> None:
    table = one_column([f"v{i % 10}" for i in range(1000)])
    train, holdout = table.split(0.2, seed=5)
    assert abs(len(holdout) - 200) <= 1
    assert set(train.frame["x"]) == set(holdout.frame["x"])


def test_a_holdout_of_zero_learns_from_every_row(people: Table) -> None:
    train, holdout = people.split(0, seed=0)
    assert (len(train), len(holdout)) == (600, 0)
    with pytest.raises(TableError, match="below 1"):
        people.split(1.0, seed=0)


def test_the_fingerprint_sees_every_cell_kind_and_role(people: Table) -> None:
    frame = people.frame.copy()
    frame.loc[599, "income"] += 0.01
    changed = [
        Table(frame, people.columns),
        people.with_columns([people.column("age").model_copy(update={"kind": Kind.CATEGORY})]),
        people.with_columns([people.column("age").model_copy(update={"role": Role.SENSITIVE})]),
    ]
    prints = {people.fingerprint, *(table.fingerprint for table in changed)}
    assert len(prints) == 4
    assert Table(people.frame.copy(), people.columns).fingerprint == people.fingerprint


def test_an_unknown_column_gets_the_nearest_name(people: Table) -> None:
    with pytest.raises(TableError, match="Did you mean 'income'"):
        people.column("incme")


def test_numbers_are_floats_and_dates_are_seconds() -> None:
    assert numbers(pd.Series([1, None], dtype="Int64")).tolist()[0] == 1.0
    dates = pd.Series(pd.to_datetime(["1970-01-02", None]))
    seconds = numbers(dates)
    assert seconds[0] == 86_400
    assert np.isnan(seconds[1])


def test_a_frame_that_does_not_match_its_columns_is_refused(people: Table) -> None:
    with pytest.raises(TableError, match="must be the same"):
        Table(people.frame, people.columns[:-1])


def test_a_table_remembers_whom_its_rows_are_about_when_that_column_is_left_out() -> None:
    frame = pd.DataFrame({"who": ["a", "b", "a", "c"], "x": [1.0, 2.0, 3.0, 4.0]})
    columns = (Column(name="who", kind=Kind.IDENTIFIER, role=Role.ENTITY), Column(name="x", kind=Kind.NUMBER))
    table = Table(frame, columns).select(["x"])
    assert table.entities().tolist() == [0, 1, 0, 2]
    assert table.rows(np.array([2, 3])).row_groups().tolist() == [0, 2]
    assert table.privacy_units() is None  # three people cannot hide among each other
    assert table.with_frame(pd.DataFrame({"x": [9.0]})).entities() is None
    many = Table(pd.DataFrame({"who": [f"p{i // 2}" for i in range(60)], "x": np.arange(60.0)}), columns)
    assert len(np.unique(many.select(["x"]).privacy_units())) == 30
