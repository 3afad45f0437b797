"""The codec: what comes back exactly, and what never comes back."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_core.codec import Codec, Encoded
from synth_core.errors import TableError
from synth_core.table import Column, Kind, Role, Table

NUMBERS = st.one_of(
    st.floats(-1e9, 1e9).map(lambda value: value + 0.0),
    st.integers(-500, 500).map(lambda value: value / 100),
    st.sampled_from([0.0, 1.0, 99.5]),
)
DATES = st.datetimes(min_value=pd.Timestamp(1700, 1, 1), max_value=pd.Timestamp(2200, 1, 1))


def table_of(values, kind: Kind, *, protect: bool = False) -> Table:
    return Table(pd.DataFrame({"x": values}), (Column(name="x", kind=kind, protect=protect),))


def integers(values: list[int | None]) -> pd.Series:
    return pd.Series(values, dtype="Int64" if None in values else "int64")


def comes_back(table: Table) -> None:
    codec = Codec.fit(table, seed=3)
    pd.testing.assert_frame_equal(codec.decode(codec.encode(table.frame)), table.frame)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(st.none(), NUMBERS), min_size=1, max_size=60))
def test_unprotected_numbers_come_back_exactly(values):
    comes_back(table_of(pd.Series(values, dtype="float64"), Kind.NUMBER))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.integers(-(2**53) + 1, 2**53 - 1), st.integers(0, 3)), min_size=1, max_size=60))
def test_unprotected_integers_come_back_exactly_with_their_dtype(values):
    comes_back(table_of(integers(values), Kind.INTEGER))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), DATES), min_size=1, max_size=60))
def test_unprotected_dates_come_back_exactly(values):
    comes_back(table_of(pd.Series(pd.to_datetime(pd.Series(values)), dtype="datetime64[ns]"), Kind.DATETIME))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=4), st.sampled_from("ab")), min_size=1, max_size=60))
def test_unprotected_categories_come_back_exactly(values):
    comes_back(table_of(pd.Series(values, dtype=object), Kind.CATEGORY))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), NUMBERS), min_size=1, max_size=80), st.integers(0, 20))
def test_any_rank_stays_inside_the_reach_of_a_protected_number(values, seed):
    table = table_of(pd.Series(values, dtype="float64"), Kind.NUMBER, protect=True)
    codec = Codec.fit(table, seed=seed)
    ranks = np.linspace(0, 1, 41)
    if not codec.continuous("x"):
        return
    made = codec.decode(Encoded({"x": np.full(41, codec.states["x"] - 1, dtype=np.int32)}, {"x": ranks}))["x"]
    ordered = np.sort(pd.Series(values, dtype="float64").dropna().to_numpy())
    fifth = min(5, (len(ordered) + 1) // 2)
    assert made.min() >= ordered[fifth - 1]
    assert made.max() <= ordered[-fifth]


def test_a_protected_category_is_never_shown():
    values = ["common"] * 40 + ["usual"] * 20 + ["rare"] * 4
    for seed in range(10):
        codec = Codec.fit(table_of(values, Kind.CATEGORY, protect=True), seed=seed)
        assert codec.labels("x") == ["common", "usual"]
        assert set(codec.decode(codec.encode(pd.DataFrame({"x": values})))["x"]) == {"common", "usual"}


def test_a_rare_code_becomes_one_with_the_same_beginning():
    values = ["I11"] * 30 + ["I12"] * 30 + ["S72"] * 200 + ["I19"] * 2 + ["S71"]
    codec = Codec.fit(table_of(values, Kind.CATEGORY, protect=True), seed=0)
    decoded = codec.decode(codec.encode(pd.DataFrame({"x": ["I19", "S71"]})))["x"]
    assert decoded[0] in {"I11", "I12"}
    assert decoded[1] == "S72"


def test_categories_that_are_all_rare_become_other():
    values = [f"level {i}" for i in range(2000)]
    codec = Codec.fit(table_of(values, Kind.CATEGORY, protect=True), seed=0)
    assert codec.labels("x") == ["other"]


def test_rare_categories_of_a_column_of_numbers_become_kept_ones():
    column = Column(name="x", kind=Kind.CATEGORY, storage="integer", protect=True)
    values = ["42"] * 9 + [str(i) for i in range(100, 160)]
    codec = Codec.fit(Table(pd.DataFrame({"x": values}), (column,)), seed=0)
    assert codec.labels("x") == ["42"]


def test_a_category_of_numbers_that_are_all_rare_says_what_to_do():
    column = Column(name="x", kind=Kind.CATEGORY, storage="integer", protect=True)
    with pytest.raises(TableError, match=r"'x' is a category, and none of its values .* Read it as a number"):
        Codec.fit(Table(pd.DataFrame({"x": [str(i) for i in range(60)]}), (column,)), seed=0)


def test_extremes_are_not_reached_and_the_limit_depends_on_the_seed():
    values = pd.Series(np.arange(1000.0))
    tops = set()
    for seed in range(12):
        codec = Codec.fit(table_of(values, Kind.NUMBER, protect=True), seed=seed)
        decoded = codec.decode(codec.encode(pd.DataFrame({"x": values})))["x"]
        tops.add(decoded.max())
        assert decoded.min() >= 4
    assert tops == {993.0, 994.0, 995.0}


def test_a_value_that_many_rows_share_is_an_atom_and_the_rest_has_uniform_ranks():
    values = pd.Series([0.0] * 50 + [float(i) + 0.5 for i in range(100)])
    codec = Codec.fit(table_of(values, Kind.NUMBER), seed=0)
    encoded = codec.encode(pd.DataFrame({"x": values}))
    assert codec.states["x"] == 3
    assert (encoded.states["x"][:50] == 1).all()
    np.testing.assert_allclose(encoded.ranks["x"][50:], (np.arange(100) + 0.5) / 100)
    np.testing.assert_allclose(codec.shares("x"), [0, 1 / 3, 2 / 3])


def test_positions_count_atoms_and_rest_together():
    values = pd.Series([0.0] * 50 + [float(i) + 0.5 for i in range(50)])
    codec = Codec.fit(table_of(values, Kind.NUMBER), seed=0)
    encoded = codec.encode(pd.DataFrame({"x": values}))
    positions = codec.positions("x", encoded.states["x"], encoded.ranks["x"])
    np.testing.assert_allclose(positions[[0, 50, 99]], [0.25, 0.505, 0.995])


def test_a_number_with_few_values_has_no_continuous_state():
    codec = Codec.fit(table_of(integers(list(range(7)) * 15 + [70]), Kind.INTEGER), seed=0)
    assert codec.states["x"] == 9
    assert not codec.continuous("x")


def test_a_rare_value_of_a_number_with_few_values_becomes_the_nearest_kept_one():
    codec = Codec.fit(table_of(integers([1] * 60 + [2] * 40 + [9] * 2), Kind.INTEGER, protect=True), seed=0)
    assert codec.decode(codec.encode(pd.DataFrame({"x": [1, 9]})))["x"].tolist() == [1, 2]


@pytest.mark.parametrize(
    ("values", "step"),
    [([0.25 * i for i in range(300)], 0.25), ([100.0 * i + 5 for i in range(300)], 100.0)],
)
def test_new_numbers_lie_on_the_grid_of_the_real_ones(values, step):
    codec = Codec.fit(table_of(pd.Series(values)[::3].reset_index(drop=True), Kind.NUMBER), seed=0)
    ranks = np.random.default_rng(0).random(500)
    made = codec.decode(Encoded({"x": np.ones(500, dtype=np.int32)}, {"x": ranks}))["x"].to_numpy()
    steps = (made - values[0]) / (3 * step)
    np.testing.assert_array_equal(steps, np.rint(steps))


def test_rounding_noise_beside_zero_does_not_give_every_number_sixteen_decimals():
    values = np.round(np.random.default_rng(0).normal(size=500), 1)
    values[7] = 1.11e-16
    table = table_of(pd.Series(values), Kind.NUMBER)
    codec = Codec.fit(table, seed=0)
    coded = codec.encode(table.frame)
    made = codec.decode(coded)["x"].to_numpy()
    assert np.array_equal(made, np.round(made, 1))


def test_days_stay_days():
    days = pd.Series(pd.date_range("2020-01-01", periods=200, freq="D"))
    codec = Codec.fit(table_of(days, Kind.DATETIME), seed=0)
    made = codec.decode(Encoded({"x": np.ones(500, dtype=np.int32)}, {"x": np.random.default_rng(0).random(500)}))["x"]
    assert (made == made.dt.normalize()).all()
    assert made.dtype == "datetime64[ns]"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.Series([np.nan] * 5), Kind.NUMBER),
        (integers([None] * 5), Kind.INTEGER),
        (pd.Series([None] * 5, dtype=object), Kind.CATEGORY),
        (pd.Series([pd.NaT] * 5, dtype="datetime64[ns]"), Kind.DATETIME),
        (pd.Series([4.0] * 30), Kind.NUMBER),
        (pd.Series([2.5]), Kind.NUMBER),
        (pd.Series(["only"] * 9, dtype=object), Kind.BOOLEAN),
    ],
)
def test_all_missing_constant_and_one_row_columns_work(values, kind):
    table = table_of(values, kind, protect=True)
    codec = Codec.fit(table, seed=0)
    pd.testing.assert_frame_equal(codec.decode(codec.encode(table.frame)), table.frame)


def test_missing_integers_keep_the_dtype_even_in_a_part_without_any():
    table = table_of(integers([1, None, 3]), Kind.INTEGER)
    codec = Codec.fit(table, seed=0)
    assert codec.decode(codec.encode(table.frame).take(np.array([0, 2])))["x"].dtype == "Int64"


def test_a_saved_codec_codes_alike(tmp_path: Path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "n": rng.normal(size=300).round(2),
            "c": rng.choice([f"k{i}" for i in range(60)], 300).astype(object),
            "d": pd.Series(pd.date_range("2020-01-01", periods=300, freq="h")),
            "i": pd.Series(rng.integers(0, 900, 300)).astype("Int64").where(rng.random(300) > 0.2),
        }
    )
    kinds = {"n": Kind.NUMBER, "c": Kind.CATEGORY, "d": Kind.DATETIME, "i": Kind.INTEGER}
    codec = Codec.fit(Table(frame, tuple(Column(name=n, kind=k) for n, k in kinds.items())), seed=5)
    codec.save(tmp_path / "model")
    loaded = Codec.load(tmp_path / "model")
    assert loaded.states == codec.states
    pd.testing.assert_frame_equal(loaded.decode(loaded.encode(frame)), codec.decode(codec.encode(frame)))
    assert not list((tmp_path / "model").glob("*.pkl"))


def test_asking_for_positions_of_a_category_says_so():
    codec = Codec.fit(table_of(["a", "b"], Kind.CATEGORY), seed=0)
    encoded = codec.encode(pd.DataFrame({"x": ["a"]}))
    with pytest.raises(TableError, match="'x' is a category"):
        codec.positions("x", encoded.states["x"], encoded.ranks["x"])


def drawn_with(codec: Codec, rows: int = 2_000) -> pd.Series:
    ranks = np.random.default_rng(1).random(rows)
    return codec.decode(Encoded({"x": np.full(rows, codec.states["x"] - 1, dtype=np.int32)}, {"x": ranks}))["x"]


def test_a_number_of_few_people_stands_for_its_surroundings_and_one_of_many_comes_back() -> None:
    alone = np.random.default_rng(0).uniform(0, 1e6, 300).round(2)
    shared, common = [123_456.78] * 4 + [654_321.09] * 4, [500_000.0] * 15
    values = pd.Series([*alone, *shared, *common])
    protected = drawn_with(Codec.fit(table_of(values, Kind.NUMBER, protect=True), seed=0))
    assert not protected.isin(shared).any()
    assert (protected == 500_000).mean() == pytest.approx(15 / len(values), abs=0.02)
    assert drawn_with(Codec.fit(table_of(values, Kind.NUMBER), seed=0)).isin(shared).mean() > 0.01


def test_rows_that_share_a_protected_number_are_learned_apart() -> None:
    values = pd.Series([*np.arange(100.0, 160, 2), *[171.0] * 4, *np.arange(180.0, 240, 2)])
    codec = Codec.fit(table_of(values, Kind.NUMBER, protect=True), seed=0)
    ranks = codec.encode(pd.DataFrame({"x": [171.0] * 4})).ranks["x"]
    assert len(set(ranks)) == 4
    made = codec.decode(Encoded({"x": np.full(4, codec.states["x"] - 1, dtype=np.int32)}, {"x": ranks}))["x"]
    assert made.between(165, 180).all()
    assert not (made == 171).any()


def test_protected_numbers_that_fill_their_grid_come_back_exactly() -> None:
    ages = integers(sorted(list(range(20, 90)) * 3))
    codec = Codec.fit(table_of(ages, Kind.INTEGER, protect=True), seed=0)
    made = codec.decode(codec.encode(pd.DataFrame({"x": ages})))["x"]
    inner = ages.between(23, 86)
    assert made[inner].tolist() == ages[inner].tolist()


def visits(people: int) -> Table:
    """Return five visits per person; person 0 has many, at a place and with a value of their own."""
    rng = np.random.default_rng(0)
    who = np.r_[np.repeat(np.arange(people), 5), np.zeros(40, dtype=int)]
    own = np.r_[np.zeros(5 * people, dtype=bool), np.ones(40, dtype=bool)]
    frame = pd.DataFrame(
        {
            "patient": [f"P{number}" for number in who],
            "place": np.where(own, "Lonely Hill", rng.choice(["North", "South"], len(who))),
            "dose": np.where(own, 999.25, rng.integers(10, 60, len(who)) / 4),
        }
    )
    columns = (
        Column(name="patient", kind=Kind.IDENTIFIER, role=Role.ENTITY),
        Column(name="place", kind=Kind.CATEGORY),
        Column(name="dose", kind=Kind.NUMBER),
    )
    return Table(frame, columns)


def test_protection_counts_people_where_it_is_known_whom_rows_are_about() -> None:
    learned = visits(60).select(["place", "dose"])
    codec = Codec.fit(learned, seed=0)
    shown = codec.decode(codec.encode(learned.frame))
    assert set(shown["place"]) == {"North", "South"}
    assert shown["dose"].max() < 20
    by_rows = Codec.fit(Table(learned.frame, learned.columns), seed=0)
    shown = by_rows.decode(by_rows.encode(learned.frame))
    assert "Lonely Hill" in set(shown["place"])
    assert shown["dose"].max() == 999.25


def test_of_very_few_people_protection_counts_rows() -> None:
    learned = visits(8).select(["place", "dose"])
    codec = Codec.fit(learned, seed=0)
    assert "Lonely Hill" in set(codec.decode(codec.encode(learned.frame))["place"])


def test_many_rows_of_few_people_beyond_all_others_are_no_heap_at_the_end() -> None:
    who = np.r_[np.repeat(np.arange(4), 50), np.arange(4, 404)]
    x = np.r_[np.linspace(0, 50, 200), np.linspace(100, 500, 400)]
    frame = pd.DataFrame({"who": [f"P{number}" for number in who], "x": x})
    columns = (Column(name="who", kind=Kind.IDENTIFIER, role=Role.ENTITY), Column(name="x", kind=Kind.NUMBER))
    learned = Table(frame, columns).select(["x"])
    codec = Codec.fit(learned, seed=0)
    shown = codec.decode(codec.encode(learned.frame))["x"]
    assert shown.min() >= 100
    assert shown.value_counts().max() < 10
    assert shown[:200].max() < 320  # they stand for the rows next to them
