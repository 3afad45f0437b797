"""Expressions: what they are worth, what they refuse, how they read."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_core.constraints.expressions import (
    DEEPEST,
    LONGEST,
    parse_condition,
    parse_expression,
    quote_name,
    quote_text,
)
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind

FRAME = pd.DataFrame(
    {
        "age": pd.array([1, 70, None], dtype="Int64"),
        "sex": ["F", None, "M"],
        "code": ["1", "02", "x"],
        "start": pd.to_datetime(["2024-01-01", None, "2024-03-05"]),
        "end": pd.to_datetime(["2024-01-03", None, "2024-03-05T12:00"], format="ISO8601"),
        "hours-per-week": [1.0, 2.5, 3.0],
        "month": [1, 2, 12],
    },
    index=[10, 20, 30],
)
KINDS = {"age": Kind.INTEGER, "sex": Kind.CATEGORY, "code": Kind.CATEGORY, "start": Kind.DATETIME}
COLUMNS = [Column(name=name, kind=kind) for name, kind in KINDS.items()]
COLUMNS += [Column(name="end", kind=Kind.DATETIME), Column(name="hours-per-week", kind=Kind.NUMBER)]


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("age >= 65", [False, True, False]),
        ("not age >= 65", [True, False, True]),
        ("age < 65 or age is null", [True, False, True]),
        ("age != 1", [False, True, False]),
        ("age <> 1 AND age == 70", [False, True, False]),
        ("0 <= age < 50", [True, False, False]),
        ("age between 1 and 69", [True, False, False]),
        ("age not between 1 and 69", [False, True, False]),
        ("sex = 'F'", [True, False, False]),
        ("sex != 'F'", [False, False, True]),
        ("'F' = sex", [True, False, False]),
        ("sex in ('F', 'D')", [True, False, False]),
        ("sex not in ('F')", [False, False, True]),
        ("sex is not null", [True, False, True]),
        ("sex < 'G'", [True, False, False]),
        ("code = 2", [False, True, False]),
        ("code > 1", [False, True, False]),
        ("code in (1, 2)", [True, True, False]),
        ("age in ('70')", [False, True, False]),
        ("age in (-1, 70)", [False, True, False]),
        ("start < 2024-02-01", [True, False, False]),
        ("start = '2024-03-05'", [False, False, True]),
        ("end > 2024-03-05T06:00", [False, False, True]),
        ("end - start > 1", [True, False, False]),
        ("days(end - start) = 0.5", [False, False, True]),
        ("start + 2 = end", [True, False, False]),
        ("end - 2 = start", [True, False, False]),
        ("year(start) = 2024 and month(start) = 3", [False, False, True]),
        ("max(start, end) = end", [True, False, True]),
        ("month = 12", [False, False, True]),
        ("`hours-per-week` * 2 - 1 > 3", [False, True, True]),
        ("-`hours-per-week` < -2", [False, True, True]),
        ("abs(2 - `hours-per-week`) <= 0.5", [False, True, False]),
        ("round(`hours-per-week`) = 2", [False, True, False]),
        ("min(age, 5, month) = 1", [True, False, False]),
        ("1 / (month - 1) > 0", [False, True, True]),
        ("age > 0 or sex = 'M' and sex = 'F'", [True, True, False]),
        ("not age > 0 and sex = 'M'", [False, False, True]),
        ("age is null and not sex is null", [False, False, True]),
        ("month - 1 - 1 = 0", [False, True, False]),
        ("month / 2 / 2 = 3", [False, False, True]),
        ("month + 2 * 5 = 11", [True, False, False]),
        ("(month + 2) * 5 = 15", [True, False, False]),
        ("- month + 3 = 1", [False, True, False]),
        ("`hours-per-week` between 1 and 2.5", [True, True, False]),
        ("`hours-per-week` not between 1 and 2.5", [False, False, True]),
        ("start between 2024-01-01 and 2024-01-31", [True, False, False]),
        ("1 < month <= 12", [False, True, True]),
        ("sex >= code", [True, False, False]),
        ("sex IS NULL", [False, True, False]),
        ("age IN (1) Or sex Is Not Null", [True, False, True]),
        ('sex = "F"', [True, False, False]),
        ("start in (2024-03-05, '2024-01-01')", [True, False, True]),
        ("MONTH(start) = 3 and year(end) = 2024", [False, False, True]),
        ("abs(month - 2) = 1", [True, False, False]),
        ("round(`hours-per-week` / 3, 1) = 0.8", [False, True, False]),
        ("min(`hours-per-week`, month) = 2", [False, True, False]),
        ("max(month, 3, age) = 70", [False, True, False]),
        ("min(start, 2024-02-01) = start", [True, False, False]),
        ("start - 0.5 < 2024-01-01", [True, False, False]),
    ],
)
def test_a_condition_holds_where_it_should(text, held) -> None:
    result = parse_condition(text).holds(FRAME)
    assert result.tolist() == held
    assert result.dtype == bool
    assert result.index.equals(FRAME.index)


def test_arithmetic_gives_numbers_with_nan_where_missing() -> None:
    values = parse_expression("age / 2 + 1").evaluate(FRAME)
    np.testing.assert_array_equal(values.to_numpy(), [1.5, 36.0, np.nan])


def test_all_of_it_works_on_no_rows() -> None:
    condition = parse_condition("start < 2024-02-01 and sex < 'G' and code > 1 and age in (1)")
    assert condition.holds(FRAME.iloc[:0]).tolist() == []


@pytest.mark.parametrize(
    ("text", "place", "said"),
    [
        ("", 1, "empty"),
        ("age >", 6, "ends here"),
        ("agee > 3", 1, "Did you mean 'age'"),
        ("hours-per-week > 3", 1, "Did you mean `hours-per-week`"),
        ("age >> 3", 6, "needed here, not '>'"),
        ("sex = F", 7, "Text values need quotes"),
        ("sex = 'F", 7, "not closed"),
        ("age > 'x'", 7, "not a number"),
        ("start > 3", 9, "date is compared with a number"),
        ("start > 'soon'", 9, "not a date"),
        ("2024-13-45 < start", 1, "calendar"),
        ("start * 2 > 3", 9, "subtracted"),
        ("foo(3) > 1", 1, "no function 'foo'"),
        ("abs(1, 2) > 1", 1, "takes 1 value"),
        ("round(age, 99) > 1", 12, "0 to 12"),
        ("age between 1", 14, "'and'"),
        ("age is 3", 8, "'null'"),
        ("age not 3", 9, "in or between"),
        ("age in (sex)", 9, "a list holds values"),
        ("(age > 3) > 2", 6, "cannot be compared again"),
        ("age and sex = 'F'", 1, "a comparison is needed"),
        ("age + 1", 1, "a comparison is needed"),
        ("a[0] > 1", 2, "not part of an expression"),
        ("1age > 1", 1, "backticks"),
        ("age > 3 sex", 9, "needed here, not 'sex'"),
        ("age + 'x' > 1", 7, "a number is needed here, but this is text"),
        ("abs(start) > 1", 5, "a number is needed here, but this is a date"),
        ("year(age) > 1", 6, "a date is needed here, but this is a number"),
        ("3 < start", 1, "date is compared with a number"),
        ("2 > (age > 3)", 10, "cannot be compared again"),
        ("round(age, 13) > 1", 12, "0 to 12"),
        ("round(age, -1) > 1", 12, "0 to 12"),
        ("min(age) > 1", 1, "min takes 2 to 20 values, not 1"),
        ("count_between(1, age) > 1", 1, "count_between takes 3 to 102 values, not 2"),
        ("year() > 1", 6, "a column, a number, a date or text in quotes is needed here"),
        ("age > 3 and", 12, "the expression ends here, but a column"),
        ("(age > 3", 9, "the expression ends here, but ')' is missing"),
        ("age or sex = 'F'", 1, "a comparison is needed"),
        ("not age", 5, "a comparison is needed here, such as age >= 65, not a number"),
        ("2024-02-30 < start", 1, "2024-02-30 is not a day in the calendar"),
        ("`age > 3", 1, "the quote ` is not closed"),
        ("age > 3 ; sex = 'F'", 9, "';' is not part of an expression"),
        ("age in ()", 9, "needed here, not ')'"),
    ],
)
def test_an_error_gives_the_character_and_the_way_out(text, place, said) -> None:
    with pytest.raises(ConstraintError) as error:
        parse_condition(text, COLUMNS)
    assert f"character {place}:" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "age.__class__ = 1",
        "lambda: 0",
        "(age := 3)",
        "[x for x in age]",
        "age; 1",
        "f'{age}'",
        "age @ 3",
    ],
)
def test_python_is_refused(text) -> None:
    with pytest.raises(ConstraintError):
        parse_condition(text, COLUMNS)


@pytest.mark.parametrize(
    "text", ["(" * 500, "not " * 500 + "age > 1", "-" * 500 + "1 > 0", "age > 1 and " * 2000 + "age > 1"]
)
def test_endless_expressions_are_refused_not_crashed_on(text) -> None:
    with pytest.raises(ConstraintError, match=rf"deep|longer than {LONGEST:,}"):
        parse_condition(text)


def test_a_long_flat_expression_is_fine() -> None:
    assert parse_condition(" and ".join(["age > 0"] * 300)).holds(FRAME).tolist() == [True, True, False]


def test_an_expression_may_be_as_long_and_as_deep_as_is_said() -> None:
    longest = "age > 1" + " " * (LONGEST - 7)
    assert parse_condition(longest).holds(FRAME).tolist() == [False, True, False]
    with pytest.raises(ConstraintError, match=rf"character {LONGEST + 1}: .*longer than {LONGEST:,}"):
        parse_condition(longest + " ")
    deepest = "(" * (DEEPEST - 1) + "age" + ")" * (DEEPEST - 1) + " > 1"
    assert parse_condition(deepest).holds(FRAME).tolist() == [False, True, False]
    with pytest.raises(ConstraintError, match=f"nested more than {DEEPEST} deep"):
        parse_condition(f"({deepest})")
    flat = " and ".join(["not (age > 1)"] * DEEPEST)  # side by side is not deep
    assert parse_condition(flat).holds(FRAME).tolist() == [True, False, True]


def test_a_long_expression_is_shown_by_its_beginning() -> None:
    with pytest.raises(ConstraintError) as error:
        parse_condition("age > 1 and " * 9)
    assert str(error.value).startswith('Expression "' + ("age > 1 and " * 9)[:77] + '...", character 109')
    with pytest.raises(ConstraintError, match=f'Expression "{"a" * 80}", character 1'):
        parse_condition("a" * 80, COLUMNS)


def test_cells_of_other_dtypes_are_read() -> None:
    frame = pd.DataFrame({"flag": [True, False], "when": ["2024-01-05", "soon"], "n": ["3", "x"]})
    assert parse_condition("flag = 'True'").holds(frame).tolist() == [True, False]
    assert parse_condition("year(when) = 2024").holds(frame).tolist() == [True, False]
    assert parse_condition("when >= 2024-01-01").holds(frame).tolist() == [True, False]
    assert parse_condition("n + 1 = 4").holds(frame).tolist() == [True, False]
    assert parse_expression("3").evaluate(frame).tolist() == [3, 3]
    assert parse_expression("2024-01-05").evaluate(frame).tolist() == [pd.Timestamp("2024-01-05")] * 2
    assert parse_expression("'it''s'").evaluate(frame).tolist() == ["it's"] * 2
    assert parse_condition("`a``b` = 1").holds(pd.DataFrame({"a`b": [1, 2]})).tolist() == [True, False]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("age >= 65", "age is at least 65"),
        ("start < 2024-02-01", "start is before 2024-02-01"),
        ("age between 1 and 5 or sex is null", "age is between 1 and 5 or sex is missing"),
        ("sex in ('a', 'b', 'c')", "sex is one of 'a', 'b' or 'c'"),
        ("not (age = 1)", "not (age is 1)"),
        ("(age = 1 or age = 2) and sex = 'F'", "(age is 1 or age is 2) and sex is 'F'"),
        ("year(start) = 2024", "the year of start is 2024"),
        ("start >= 2024-02-01T06:00", "start is on or after 2024-02-01 06:00"),
        (
            "start > 2024-02-01 and start <= 2024-03-01",
            "start is after 2024-02-01 and start is on or before 2024-03-01",
        ),
        ("start = 2024-02-01", "start is 2024-02-01"),
        ("age != 1 and age <= 12000 and age > 0.25", "age is not 1 and age is at most 12,000 and age is above 0.25"),
        ("max(age, 9999) < 1e15", "max(age, 9999) is below 1e+15"),
        ("count_filled(a, b, c, d, e, f) > 0", "any of a, b, c, d, e, f is filled"),
        ("count_filled(a, b, c, d, e, f, g) = 0", "none of a, b, c, d, 3 more is filled"),
        ("count_filled(a, b) >= 0", "the number of cells filled among a, b is at least 0"),
        ("count_filled(a, b) > 1", "the number of cells filled among a, b is above 1"),
    ],
)
def test_an_expression_reads_as_words(text, words) -> None:
    assert parse_expression(text).sentence() == words


def test_the_columns_and_those_asked_about_missing_are_known() -> None:
    expression = parse_expression("age > 1 and (sex is null or age < `hours-per-week`)")
    assert expression.columns == ("age", "sex", "hours-per-week")
    assert expression.null_tested == ("sex",)


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=12), st.text(max_size=12))
def test_any_name_and_value_can_be_quoted(name: str, value: str) -> None:
    frame = pd.DataFrame({name: pd.Series([value, None], dtype=object)})
    assert parse_condition(f"{quote_name(name)} = {quote_text(value)}").holds(frame).tolist() == [True, False]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="age sx='F`()<>=!+-*/,.0192and or not in is null between", max_size=40))
def test_any_text_is_understood_or_refused_in_a_sentence(text: str) -> None:
    try:
        expression = parse_expression(text, COLUMNS)
    except ConstraintError:
        return
    assert len(expression.evaluate(FRAME)) == 3


def test_cells_are_counted_over_columns() -> None:
    frame = pd.DataFrame({"a": ["No", "Up", None], "b": ["No", "No", "Up"], "n": [0, 1, 1]})
    assert parse_expression("count_filled(a, b)").evaluate(frame).tolist() == [2, 2, 1]
    assert parse_expression("count_equal('No', a, b)").evaluate(frame).tolist() == [2, 1, 0]
    assert parse_expression("count_other('No', a, b)").evaluate(frame).tolist() == [0, 1, 1]
    assert parse_condition("n >= count_other('No', a, b)").holds(frame).all()
    assert parse_condition("n >= count_filled(a, b)").null_tested == ("a", "b")
    with pytest.raises(ConstraintError, match="begins with the value"):
        parse_expression("count_equal(a, b)").evaluate(frame)
    with pytest.raises(ConstraintError, match="name a column here"):
        parse_expression("count_filled(a, 3)").evaluate(frame)


@pytest.mark.parametrize("value", ["\x00", "a\x00", "\x00a"])
@pytest.mark.parametrize(("sign", "holds"), [("=", True), ("!=", False), ("<=", True), ("<", False)])
def test_a_text_that_ends_in_nul_is_compared_as_it_is(value: str, sign: str, holds: bool) -> None:
    frame = pd.DataFrame({"note": pd.Series([value, None], dtype=object)})
    assert parse_condition(f"note {sign} {quote_text(value)}").holds(frame).tolist() == [holds, False]
    assert not parse_condition(f"note = {quote_text(value.rstrip(chr(0)) + 'b')}").holds(frame).any()


def test_cells_between_two_values_are_counted_over_columns() -> None:
    frame = pd.DataFrame({"d1": ["630", "V27", None, "700"], "d2": ["1", "679.5", "640", "x"]}, dtype=object)
    count = parse_expression("count_between(630, 680, d1, d2)")
    assert count.evaluate(frame).tolist() == [1, 1, 1, 0]
    assert parse_expression("count_between(640, 679.5, d1, d2)").evaluate(frame).tolist() == [0, 1, 1, 0]
    assert count.null_tested == ("d1", "d2")
    words = parse_condition("count_between(630, 680, d1, d2) > 0 or count_equal(1, d1, d2) > 0").sentence()
    assert words == "any of d1, d2 is between 630 and 680 or equal to 1"
    assert parse_condition("count_other('No', d1, d2) = 0").sentence() == "none of d1, d2 is other than 'No'"
    with pytest.raises(ConstraintError, match="begins with two values"):
        parse_expression("count_between(d1, 3, d2)").evaluate(frame)


def test_the_hour_of_a_moment_is_known() -> None:
    frame = pd.DataFrame({"at": pd.to_datetime(["2024-03-01 23:59", None, "1969-12-31 05:00"])})
    assert parse_expression("hour(at)").evaluate(frame).fillna(-1).tolist() == [23, -1, 5]
