"""What rules make of broken rows and of left-out columns, cell by cell."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.base import Derivation
from synth_core.constraints.kinds import (
    ChainedInequality,
    Format,
    Formula,
    FunctionalDependency,
    Increment,
    Inequality,
    NullIf,
    NullTogether,
    OneHot,
    Precision,
    Range,
    SumEquals,
)
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Role, Table


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def table(frame: pd.DataFrame) -> Table:
    kinds = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=n, kind=kinds[frame[n].dtype.kind]) for n in frame))


def cells(frame: pd.DataFrame, name: str) -> list[Any]:
    return [None if pd.isna(value) else value for value in frame[name]]


# the order of several columns


def test_values_of_a_broken_chain_change_places_and_missing_ones_stay() -> None:
    frame = pd.DataFrame({"a": [3.0, 1.0, np.nan, 2.0], "b": [1.0, 2.0, 5.0, np.nan], "c": [2.0, 3.0, 4.0, 1.0]})
    rule = ChainedInequality(columns=("a", "b", "c"))
    assert rule.violations(frame).tolist() == [True, False, True, False], "a gap is passed over, not jumped"
    mended = rule.repair(frame, rng())
    assert [cells(mended, name) for name in "abc"] == [[1, 1, None, 2], [2, 2, 4, None], [3, 3, 5, 1]]
    assert rule.repair(mended, rng()) is mended


def test_missing_cells_are_passed_over_or_break_a_chain_and_neighbours_are_held_together() -> None:
    frame = pd.DataFrame({"a": [3.0, 1.0, np.nan], "b": [1.0, np.nan, 2.0], "c": [np.nan, 0.0, 3.0]})
    rule = ChainedInequality(columns=("a", "b", "c"))
    assert rule.violations(frame).tolist() == [True, False, False]
    assert rule.model_copy(update={"on_null": "violates"}).violations(frame).tolist() == [True, True, True]
    assert [part.own_columns for part in rule.parts()] == [("a", "b"), ("b", "c")]
    strict = rule.model_copy(update={"strict_boundaries": True}).parts()[0]
    assert strict.violations(pd.DataFrame({"a": [1.0], "b": [1.0]})).tolist() == [True]


@pytest.mark.parametrize(
    ("anchor", "strict", "near", "gaps", "found"),
    [
        ("low", False, [1.2, 1.26, 1.2], [0.0, 0.0, 0.333], [1.2, 1.3, 1.5]),
        ("low", True, [1.2, 1.26, 1.2], [0.0, 0.0, -5.0], [1.3, 1.3, 1.3]),
        ("high", False, [1.2, 1.26, 1.2], [0.0, 0.0, 0.333], [1.2, 1.2, 0.9]),
        ("high", True, [1.2, 1.26, 1.2], [0.0, 0.0, -5.0], [1.1, 1.2, 1.1]),
    ],
)
def test_a_computed_end_keeps_its_decimals_and_its_side(
    anchor: str, strict: bool, near: list[float], gaps: list[float], found: list[float]
) -> None:
    other = "high" if anchor == "low" else "low"
    data = table(pd.DataFrame({anchor: [5.25, 5.5], other: [9.5, 9.1] if other == "high" else [1.5, 1.1]}))
    rule = Inequality(low_column="low", high_column="high", strict_boundaries=strict)
    encoding = rule.encode(data, Derivation((other,), (anchor,)))
    back = encoding.decode(pd.DataFrame({anchor: near, "high minus low": gaps}))
    assert back[other].tolist() == found
    assert not rule.violations(back).any()


def test_a_computed_end_of_unrounded_numbers_is_strictly_beyond_only_where_it_must() -> None:
    data = table(pd.DataFrame({"low": [0.0, np.pi], "high": [np.e, 2 * np.pi]}))
    rule = Inequality(low_column="low", high_column="high", strict_boundaries=True)
    back = rule.encode(data).decode(pd.DataFrame({"low": [1.0, 1.0, np.nan], "high minus low": [0.5, 0.0, 0.25]}))
    assert back["high"].tolist() == [1.5, np.nextafter(1.0, 2.0), np.pi + 0.25], (
        "from a usual value where it is unknown"
    )


def test_a_chain_of_mixed_dtypes_is_left_to_rejection() -> None:
    frame = pd.DataFrame({"a": [3], "b": [1.5]})
    assert ChainedInequality(columns=("a", "b")).repair(frame, rng()) is frame


def test_a_range_learns_gaps_from_its_first_column_or_to_its_last_one() -> None:
    frame = pd.DataFrame({"low": [1, 2], "mid": [4, 2], "high": [9, 5]})
    rule = Range(low_column="low", middle_column="mid", high_column="high")
    up, down = rule.derivations(table(frame))
    assert (up.anchors, down.anchors) == (("low",), ("high",))
    assert (up.derived, down.derived) == (("mid", "high"), ("low", "mid"))
    for way, kept in ((up, "low"), (down, "high")):
        encoding = rule.encode(table(frame), way)
        assert kept in encoding.table.names
        assert "mid" not in encoding.table.names
        assert encoding.decode(encoding.table.frame)[["low", "mid", "high"]].equals(frame)
        shaken = encoding.table.frame.assign(**{kept: [7, -7]})
        assert not rule.violations(encoding.decode(shaken)).any()
    target = table(frame).with_columns([Column(name="high", kind=Kind.INTEGER, role=Role.TARGET)])
    assert rule.derivations(target)[0].anchors == ("high",)
    assert rule.words() == "mid is between low and high"
    strict = rule.model_copy(update={"strict_boundaries": True})
    assert strict.words() == "mid is between low and high, never equal to either"
    assert ChainedInequality(columns=("a", "b"), strict_boundaries=True).words() == "a < b"


# exactly one of several


def test_one_column_stays_on_and_one_is_switched_on_as_often_as_usual() -> None:
    on = pd.DataFrame({"a": [1] * 90 + [0] * 10, "b": [0] * 90 + [1] * 10, "c": [0] * 100})
    broken = pd.DataFrame({"a": [0] * 200 + [0], "b": [0] * 200 + [1], "c": [0] * 200 + [1]})
    frame = pd.concat([on, broken], ignore_index=True)
    rule = OneHot(columns=("a", "b", "c"))
    assert rule.violations(frame).sum() == 201
    mended = rule.repair(frame, rng())
    assert not rule.violations(mended).any()
    assert mended.iloc[:100].equals(frame.iloc[:100])
    assert mended["a"].dtype == np.int64
    assert 0.8 < mended["a"].iloc[100:300].mean() < 0.98
    assert mended["c"].iloc[100:300].sum() == 0, "it is never on among the other rows"
    assert mended.iloc[300].tolist() in ([0, 1, 0], [0, 0, 1]), "one of those that were on stays on"
    assert rule.repair(mended, rng()) is mended


def test_yes_and_no_are_written_as_the_column_writes_them() -> None:
    frame = pd.DataFrame({"a": ["Y", "N", "N"], "b": ["no", "yes", "no"]}, dtype=object)
    rule = OneHot(columns=("a", "b"))
    mended = rule.repair(frame, rng())
    assert (mended["a"][2], mended["b"][2]) in (("Y", "no"), ("N", "yes"))
    encoding = rule.encode(table(frame.iloc[:2]))
    assert encoding.table.frame["a | b"].tolist() == ["a", "b"]
    back = encoding.decode(pd.DataFrame({"a | b": ["b", "a", "other", None]}, dtype=object))
    assert back.iloc[:2].to_numpy().tolist() == [["N", "yes"], ["Y", "no"]]
    assert not rule.violations(back).any(), "a state of the engine's own becomes one of the columns"


def test_a_cell_that_is_neither_yes_nor_no_breaks_the_rule() -> None:
    rule = OneHot(columns=("a", "b"))
    assert rule.violations(pd.DataFrame({"a": ["1", "1"], "b": ["0", "maybe"]})).tolist() == [False, True]
    with pytest.raises(ConstraintError, match="no cell of 'b' is 0 or 1, or yes or no"):
        rule.check(table(pd.DataFrame({"a": ["1", "0"], "b": ["red", "green"]})))
    holed = pd.DataFrame({"a": ["1", None], "b": ["0", "1"]}, dtype=object)
    assert "transform" not in rule.ways_for(table(holed))
    assert "transform" in rule.ways_for(table(holed.iloc[:1]))


# determined by others

TOWNS = pd.DataFrame({"town": ["Ulm"] * 9 + ["Bern"] * 8 + ["Vaduz"], "land": ["DE"] * 9 + ["CH"] * 8 + ["LI"]})
RULE = FunctionalDependency(determinants=("town",), dependent="land")


def test_what_is_determined_is_learned_without_rare_ones_and_looked_up() -> None:
    rule = RULE.fitted(table(TOWNS))
    assert rule.mapping == (("Bern", "CH"), ("Ulm", "DE"))
    assert rule.fitted(table(TOWNS.iloc[:0])) is rule
    frame = pd.DataFrame({"town": ["Ulm", "Bern", "Rom", None], "land": ["CH", "CH", "IT", "DE"]}, dtype=object)
    assert rule.violations(frame).tolist() == [True, False, False, False], "an unknown town is not judged"
    assert cells(rule.repair(frame, rng()), "land") == ["DE", "CH", "IT", "DE"]
    assert rule.repair(frame.iloc[1:], rng()).equals(frame.iloc[1:])
    with pytest.raises(ConstraintError, match="not known yet"):
        RULE.violations(frame)


def test_the_usual_value_wins_where_the_real_rows_disagree() -> None:
    mixed = pd.concat([TOWNS, pd.DataFrame({"town": ["Ulm"] * 8, "land": ["AT"] * 8})], ignore_index=True)
    assert RULE.fitted(table(mixed)).mapping == (("Bern", "CH"), ("Ulm", "DE"))
    assert "transform" not in RULE.ways_for(table(mixed))
    assert "transform" in RULE.ways_for(table(TOWNS))
    target = table(TOWNS).with_columns([Column(name="land", kind=Kind.CATEGORY, role=Role.TARGET)])
    assert "transform" not in RULE.ways_for(target)


def test_a_mapping_must_be_whole_and_say_one_thing() -> None:
    with pytest.raises(ConstraintError, match="needs 2 values"):
        RULE.model_copy(update={"mapping": (("Ulm",),)}).check(table(TOWNS))
    with pytest.raises(ConstraintError, match="two values for the same"):
        RULE.model_copy(update={"mapping": (("Ulm", "DE"), ("Ulm", "AT"))}).check(table(TOWNS))
    two = FunctionalDependency(determinants=("a", "b"), dependent="c")
    assert (RULE.words(), two.words()) == ("town determines land", "a and b determine c")


def test_numbers_that_were_never_seen_take_the_answer_of_the_nearest() -> None:
    data = table(pd.DataFrame({"age": [30, 10, 20, 20], "group": ["old", "young", "mid", "mid"]}))
    encoding = FunctionalDependency(determinants=("age",), dependent="group").encode(data)
    assert encoding.table.names == ["age"]
    asked = pd.DataFrame({"age": [-5, 10, 14, 15, 16, 20, 26, 99]})
    assert encoding.decode(asked)["group"].tolist() == [
        *("young", "young", "young", "young"),  # as near to 10 as to 20: the lower
        *("mid", "mid", "old", "old"),
    ]
    one = FunctionalDependency(determinants=("age",), dependent="group").encode(data.rows(np.array([0])))
    assert one.decode(asked)["group"].unique().tolist() == ["old"]


def test_words_that_were_never_seen_take_an_answer_by_its_share() -> None:
    encoding = RULE.encode(table(TOWNS))
    back = encoding.decode(pd.DataFrame({"town": ["Ulm", *["Rom"] * 400]}, dtype=object))
    assert back["land"][0] == "DE"
    assert (back["land"][1:] == "DE").mean() == pytest.approx(9 / 18, abs=0.1)


# how values are written


@pytest.mark.parametrize(
    ("rule", "broken", "mended", "words"),
    [
        (Increment(column="x", increment_value=0.1), [0, 1, 1, 0], [0.3, 0.2, -1.2, None], "a multiple of 0.1"),
        (Increment(column="x", increment_value=5), [1, 1, 1, 0], [0.0, 0.0, 0.0, None], "a multiple of 5"),
        (Precision(column="x", decimals=0), [1, 1, 1, 0], [0.0, 0.0, -1.0, None], "x is a whole number"),
        (Precision(column="x", decimals=1), [0, 1, 1, 0], [0.3, 0.2, -1.2, None], "at most 1 decimal"),
        (Precision(column="x", decimals=2), [0, 0, 0, 0], [0.3, 0.22, -1.21, None], "at most 2 decimals"),
    ],
)
def test_numbers_off_their_grid_are_rounded(rule: Any, broken: list[int], mended: list[Any], words: str) -> None:
    frame = pd.DataFrame({"x": [0.3, 0.22, -1.21, np.nan]})
    assert rule.violations(frame).tolist() == [bool(one) for one in broken]
    assert [None if v is None else round(v, 9) for v in cells(rule.repair(frame, rng()), "x")] == mended
    assert words in rule.words()
    assert rule.encode(table(frame)).decode(frame).equals(rule.repair(frame, rng()))


def test_text_of_another_form_is_drawn_from_what_keeps_the_rule() -> None:
    frame = pd.DataFrame({"x": ["A1", "b", None, "2024-02-30", "2024-02-29"]}, dtype=object)
    code = Format(column="x", regex=r"[A-Z]\d")
    assert code.violations(frame).tolist() == [False, True, False, True, True]
    assert cells(code.repair(frame, rng()), "x") == ["A1", "A1", None, "A1", "A1"]
    day = Format(column="x", strftime="%Y-%m-%d")
    assert day.violations(frame).tolist() == [True, True, False, True, False]
    short = Format(column="x", min_length=2, max_length=9)
    assert short.violations(frame).tolist() == [False, True, False, True, True]
    assert Format(column="x", min_length=10, max_length=10).words() == "x has 10 characters"
    assert short.words() == "x has at least 2 and at most 9 characters"
    assert Format(column="x", max_length=9, regex="a").words() == "x looks like a and has at most 9 characters"
    assert day.words() == "x is a date written as %Y-%m-%d"


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "needs a regex, a strftime form"),
        ({"min_length": 3, "max_length": 2}, "at least 3 and at most 2"),
        ({"strftime": "day"}, "'day' is not a date form"),
    ],
)
def test_a_form_that_no_text_has_is_refused(fields: dict[str, Any], said: str) -> None:
    with pytest.raises(ConstraintError, match=said):
        Format(column="x", **fields)


# missing cells


def test_cells_are_missing_together() -> None:
    frame = pd.DataFrame({"a": ["x", None, None], "b": [1, 2, 3], "c": pd.array([1, None, None], dtype="Int64")})
    rule = NullTogether(columns=("a", "b", "c"))
    assert rule.violations(frame).tolist() == [False, True, True]
    mended = rule.repair(frame, rng())
    assert [cells(mended, name) for name in "abc"] == [["x", None, None], [1, None, None], [1, None, None]]
    assert rule.repair(mended, rng()) is mended
    encoding = rule.encode(table(mended))
    assert encoding.table.frame[["b", "c"]].notna().all(axis=None), "learned as always filled"
    assert encoding.table.frame["a"].isna().sum() == 2
    gap = pd.DataFrame({"a": ["x", None, "x"], "b": [1, 2, 3], "c": pd.array([1, 2, None], dtype="Int64")})
    back = encoding.decode(gap)
    assert [cells(back, name) for name in "abc"] == [["x", None, None], [1, None, None], [1, None, None]]
    assert [part.columns for part in rule.parts()] == [("a", "b"), ("a", "c")]
    assert NullTogether(columns=("a", "b")).parts() == ()


def test_a_column_is_missing_where_a_condition_holds() -> None:
    frame = pd.DataFrame({"sex": ["M", "F", "M"], "births": [2, 1, 0]})
    rule = NullIf(column="births", when="sex = 'M'")
    assert rule.violations(frame).tolist() == [True, False, True]
    for mended in (rule.repair(frame, rng()), rule.encode(table(frame)).decode(frame)):
        assert cells(mended, "births") == [None, 1, None]
    assert rule.sentence() == "births is missing where sex is 'M'"
    assert rule.derivations(table(frame))[0].anchors == ("sex",)
    with pytest.raises(ConstraintError, match="asks about the column itself"):
        NullIf(column="births", when="births > 1").check(table(frame))


# formulas


def test_a_formula_mends_and_computes_to_its_decimals() -> None:
    frame = pd.DataFrame({"a": [1, 2, 0], "b": [3.0, 5.0, 1.0], "c": [0.33, 9.0, 7.0]})
    rule = Formula(output="c", expression="a / b", tolerance=0.005)
    assert rule.violations(frame).tolist() == [False, True, True]
    assert cells(rule.repair(frame, rng()), "c") == [0.33, 0.4, 0.0]
    right = frame.assign(c=[0.33, 0.4, 0.0])
    encoding = rule.encode(table(right))
    assert encoding.table.names == ["a", "b"]
    assert encoding.decode(right[["a", "b"]])["c"].tolist() == [0.33, 0.4, 0.0]
    exact = Formula(output="c", expression="a / b").encode(table(right))
    assert exact.decode(right[["a", "b"]])["c"].tolist() == [1 / 3, 0.4, 0.0]


def test_a_formula_without_a_result_is_not_judged_unless_asked() -> None:
    frame = pd.DataFrame({"a": [1.0, 1.0, np.nan], "b": [0.0, 2.0, 1.0], "c": [9.0, 0.5, np.nan]})
    rule = Formula(output="c", expression="a / b")
    assert rule.violations(frame).tolist() == [False, False, False]
    assert rule.undefined(frame) == 1
    strict = rule.model_copy(update={"on_null": "violates"})
    assert strict.violations(frame).tolist() == [True, False, True]
    assert "transform" not in rule.ways_for(table(frame))
    assert "transform" in rule.ways_for(table(frame.iloc[1:]))


@pytest.mark.parametrize(
    ("output", "expression", "said"),
    [
        ("a", "1 + 1", "names no column"),
        ("a", "a + b", "computed from itself"),
        ("a", "day + 1", "gives a date, but 'a' is read as number"),
        ("day", "a + 1", "gives a number, but 'day' is read as date"),
        ("a", "b > 1", "gives a comparison"),
        ("a", "word", "gives text"),
        ("a", "b / (b - b)", "divides by zero"),
    ],
)
def test_a_formula_that_cannot_give_its_column_is_refused(output: str, expression: str, said: str) -> None:
    day = pd.Series(["2024-01-01", "2024-01-02"]).astype("datetime64[ns]")
    data = table(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0], "day": day, "word": ["x", "y"]}))
    with pytest.raises(ConstraintError, match=said):
        Formula(output=output, expression=expression).check(data)


# sums


def test_parts_that_were_never_negative_are_scaled_down_and_others_are_not() -> None:
    for parts, shrunk in (({"a": [0, 5], "b": [5, 0]}, True), ({"a": [-1, 5], "b": [6, 0]}, False)):
        data = table(pd.DataFrame(parts | {"t": [5, 5]}))
        rule = SumEquals(columns=("a", "b"), total="t")
        encoding = rule.encode(data, Derivation(("a",), ("b", "t")))
        back = encoding.decode(pd.DataFrame({"b": [9, 2], "t": [5, 5]}))
        assert back["a"].tolist() == ([0, 3] if shrunk else [-4, 3])
        assert back["b"].tolist() == ([5, 2] if shrunk else [9, 2])
        assert not rule.violations(back).any()


def test_a_computed_total_changes_no_part() -> None:
    data = table(pd.DataFrame({"a": [1.5, 2.0], "b": [0.25, 1.0], "t": [1.75, 3.0]}))
    encoding = SumEquals(columns=("a", "b"), total="t").encode(data)
    assert encoding.table.names == ["a", "b"]
    back = encoding.decode(pd.DataFrame({"a": [100.04, 1.0], "b": [0.333, 2.0]}))
    assert back["a"].tolist() == [100.0, 1.0]
    assert back["t"].tolist() == [100.33, 3.0]


def test_the_largest_part_is_computed_first_and_the_target_last() -> None:
    data = table(pd.DataFrame({"a": [1, 2], "b": [50, -70], "t": [51, -68]}))
    rule = SumEquals(columns=("a", "b"), total=100)
    assert [way.derived for way in rule.derivations(data)] == [("b",), ("a",)]
    assert rule.derivations(data)[0].anchors == ("a",)
    target = data.with_columns([Column(name="b", kind=Kind.INTEGER, role=Role.TARGET)])
    assert [way.derived for way in rule.derivations(target)] == [("a",), ("b",)]
    named = SumEquals(columns=("a", "b"), total="t")
    assert [way.derived for way in named.derivations(data)] == [("t",), ("b",), ("a",)]
    assert (named.words(), rule.words()) == ("a + b equals t", "a + b equals 100")
