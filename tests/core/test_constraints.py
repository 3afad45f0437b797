"""Each kind of rule, with rows worked by hand."""

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.kinds import (
    FixedCombinations,
    Implies,
    Inequality,
    NotNull,
    ScalarRange,
    SumEquals,
    Unique,
    parse,
    rules_from_json,
    rules_to_json,
)
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Role, Table

RNG = np.random.default_rng(0)


def dates(*days: str | None) -> pd.Series:
    return pd.Series(days).astype("datetime64[ns]")


def table(frame: pd.DataFrame, **kinds: Kind) -> Table:
    guess = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=n, kind=kinds.get(n, guess[frame[n].dtype.kind])) for n in frame))


def broken(rule, frame: pd.DataFrame) -> list[bool]:
    return rule.violations(frame).tolist()


def test_a_range_holds_its_bounds_unless_strict() -> None:
    frame = pd.DataFrame({"x": [0.9, 1.0, 2.0, 2.1, np.nan]})
    assert broken(ScalarRange(column="x", low_value=1, high_value=2), frame) == [True, False, False, True, False]
    strict = ScalarRange(column="x", low_value=1, high_value=2, strict_boundaries=True)
    assert broken(strict, frame) == [True, True, True, True, False]


def test_a_range_of_dates_reads_text_bounds() -> None:
    frame = pd.DataFrame({"d": dates("2023-12-31", "2024-01-01", None)})
    rule = ScalarRange(column="d", low_value="2024-01-01")
    assert broken(rule, frame) == [True, False, False]
    assert rule.repair(frame, RNG)["d"].tolist()[:2] == [pd.Timestamp("2024-01-01")] * 2


def test_a_strict_range_repairs_to_the_next_value_inside() -> None:
    frame = pd.DataFrame({"n": [0, 5, 11], "x": [0.0, 5.5, 11.0], "d": dates("2024-01-01", "2024-01-02", "2024-02-01")})
    bounds = {"low_value": 0, "high_value": 10, "strict_boundaries": True}
    assert ScalarRange(column="n", **bounds).repair(frame, RNG)["n"].tolist() == [1, 5, 9]
    assert ScalarRange(column="x", **bounds).repair(frame, RNG)["x"].tolist() == [0.1, 5.5, 9.9]
    rule = ScalarRange(column="d", low_value="2024-01-01", strict_boundaries=True)
    assert rule.repair(frame, RNG)["d"].iloc[0] == pd.Timestamp("2024-01-02")


def test_whole_numbers_stay_whole_when_a_bound_has_decimals() -> None:
    frame = pd.DataFrame({"n": [0, 9]})
    fixed = ScalarRange(column="n", low_value=0.5, high_value=3.5).repair(frame, RNG)
    assert fixed["n"].tolist() == [1, 3]
    assert fixed["n"].dtype == np.int64


def test_a_range_needs_a_bound_of_the_right_sort() -> None:
    data = table(pd.DataFrame({"x": [1.0], "d": dates("2024-01-01")}))
    with pytest.raises(ConstraintError, match="lower bound, an upper bound"):
        ScalarRange(column="x").check(data)
    with pytest.raises(ConstraintError, match="must be a number"):
        ScalarRange(column="x", low_value="2024-01-01").check(data)
    with pytest.raises(ConstraintError, match="must be a date"):
        ScalarRange(column="d", low_value=3).check(data)
    with pytest.raises(ConstraintError, match="neither a number nor a date"):
        ScalarRange(column="x", low_value="soon")


def test_the_gap_between_two_days_is_learned_in_whole_days() -> None:
    data = table(pd.DataFrame({"start": dates("2024-01-01", "2024-01-05"), "end": dates("2024-01-03", "2024-01-05")}))
    encoding = Inequality(low_column="start", high_column="end").encode(data)
    gap = encoding.table.column("end minus start")
    assert gap.kind is Kind.INTEGER
    assert encoding.table.frame["end minus start"].tolist() == [2, 0]
    drawn = encoding.table.frame.assign(**{"end minus start": [-3, 7]})
    assert encoding.decode(drawn)["end"].tolist() == [pd.Timestamp("2024-01-01"), pd.Timestamp("2024-01-12")]


def test_the_gap_between_times_keeps_their_unit() -> None:
    data = table(pd.DataFrame({"start": dates("2024-01-01T08:30"), "end": dates("2024-01-01T09:15")}))
    assert Inequality(low_column="start", high_column="end").encode(data).table.frame.iloc[0, 1] == 45


def test_a_decoded_order_keeps_decimals_and_strictness() -> None:
    data = table(pd.DataFrame({"low": [1.25, 2.0], "high": [1.5, 2.5]}))
    rule = Inequality(low_column="low", high_column="high", strict_boundaries=True)
    encoding = rule.encode(data)
    back = encoding.decode(pd.DataFrame({"low": [1.26, 1.2], "high minus low": [0.0, 0.333]}))
    assert back["high"].tolist() == [1.3, 1.5]
    assert not rule.violations(back).any()


def test_the_target_is_not_the_column_that_is_left_out() -> None:
    data = table(pd.DataFrame({"low": [1, 2], "high": [3, 4]}))
    data = data.with_columns([data.column("high").model_copy(update={"role": Role.TARGET})])
    assert Inequality(low_column="low", high_column="high").derivations(data)[0].derived == ("low",)


def test_dates_are_not_held_against_numbers() -> None:
    data = table(pd.DataFrame({"x": [1.0], "d": dates("2024-01-01"), "c": ["a"]}))
    with pytest.raises(ConstraintError, match="two numbers or two dates"):
        Inequality(low_column="x", high_column="d").check(data)
    with pytest.raises(ConstraintError, match="is read as category, but a number or a date is needed"):
        Inequality(low_column="x", high_column="c").check(data)


def test_combinations_are_learned_and_held() -> None:
    frame = pd.DataFrame({"city": ["Ulm", "Bern"] * 10, "country": ["DE", "CH"] * 10, "zone": [1, 2] * 10})
    rule = FixedCombinations(columns=("city", "country", "zone")).fitted(table(frame))
    tried = pd.DataFrame(
        {"city": ["Ulm", "Ulm", "Rom", None], "country": ["DE", "CH", "IT", "DE"], "zone": [1, 1, 3, 2]}
    )
    assert broken(rule, tried) == [False, True, True, False]
    assert broken(rule.model_copy(update={"on_null": "violates"}), tried)[3] is True
    assert rule.repair(tried, RNG).iloc[1].tolist() == ["Ulm", "DE", 1]


def test_rare_combinations_are_not_written_into_a_rule() -> None:
    common = pd.DataFrame({"city": ["Ulm", "Bern"] * 100, "country": ["DE", "CH"] * 100})
    rare = pd.DataFrame({"city": ["Vaduz"], "country": ["LI"]})
    rule = FixedCombinations(columns=("city", "country")).fitted(table(pd.concat([common, rare], ignore_index=True)))
    assert "Vaduz" not in rules_to_json([rule])
    assert len(rule.combinations) == 2


def test_a_combination_rule_that_was_not_learned_says_so_instead_of_passing() -> None:
    with pytest.raises(ConstraintError, match="not known yet"):
        FixedCombinations(columns=("a", "b")).violations(pd.DataFrame({"a": ["x"], "b": ["y"]}))


def test_a_state_that_was_never_seen_decodes_to_a_known_combination() -> None:
    frame = pd.DataFrame({"city": ["Ulm", "Bern"], "country": ["DE", "CH"]})
    rule = FixedCombinations(columns=("city", "country")).fitted(table(frame))
    back = rule.encode(table(frame)).decode(pd.DataFrame({"city × country": ["other", None, "?"]}))
    assert not rule.violations(back).any()
    assert back.notna().all(axis=None)


def test_an_implication_ignores_unknown_cells_but_not_those_it_asks_about() -> None:
    frame = pd.DataFrame({"work": [None, None, "a", "a"], "job": ["x", None, None, "x"]})
    assert broken(Implies(if_="work is null", then="job is null"), frame) == [True, False, False, False]
    assert broken(Implies(if_="work = 'a'", then="job = 'y'"), frame) == [False, False, False, True]
    assert broken(Implies(if_="work = 'a'", then="job = 'y'", on_null="violates"), frame) == [True, True, True, True]


def test_an_implication_repairs_what_it_names() -> None:
    frame = pd.DataFrame(
        {"who": ["Wife", "Wife", "Son"], "sex": ["M", "F", "M"], "n": [3, 0, 3], "code": ["01", "2", "2"]}
    )
    for then, column, cells in [
        ("sex = 'F'", "sex", ["F", "F", "M"]),
        ("n = 0", "n", [0, 0, 3]),
        ("sex is null", "sex", [None, None, "M"]),
        ("code = 2", "code", ["2", "2", "2"]),
    ]:
        rule = Implies(if_="who = 'Wife'", then=then)
        mended = rule.repair(frame, RNG)
        assert mended[column].tolist() == cells
        assert mended[column].dtype == frame[column].dtype
        assert not rule.violations(mended).any()
    both = Implies(if_="who = 'Wife'", then="sex = 'F' and n in (1, 2)").repair(frame, RNG)
    assert both["sex"].tolist() == ["F", "F", "M"]
    assert set(both["n"][:2]) <= {1, 2}


def test_an_implication_without_a_value_to_set_is_kept_by_rejection() -> None:
    data = table(pd.DataFrame({"a": ["x"], "n": [1]}))
    assert Implies(if_="a = 'x'", then="n > 3").ways_for(data)[0] == "reject"
    assert "repair" not in Implies(if_="a = 'x'", then="n > 3").ways_for(data)
    assert Implies(if_="a = 'x'", then="n = 3").ways_for(data)[0] == "repair"


def test_a_repair_to_several_values_follows_their_shares() -> None:
    frame = pd.DataFrame({"a": ["x"] * 500 + ["y"] * 500, "b": ["z"] * 500 + ["p"] * 490 + ["q"] * 10})
    mended = Implies(if_="a = 'x'", then="b in ('p', 'q')").repair(frame, np.random.default_rng(0))
    assert 0 <= (mended["b"][:500] == "q").mean() < 0.1


def test_a_sum_is_held_within_its_tolerance() -> None:
    frame = pd.DataFrame({"a": [0.1, 1.0, 1.0, np.nan], "b": [0.2, 2.0, 2.0, 1.0], "t": [0.3, 3.005, 4.0, 9.0]})
    assert broken(SumEquals(columns=("a", "b"), total="t"), frame) == [False, True, True, False]
    assert broken(SumEquals(columns=("a", "b"), total="t", tolerance=0.01), frame) == [False, False, True, False]


def test_shares_that_exceed_the_whole_are_scaled_down_not_left_negative() -> None:
    data = table(pd.DataFrame({"a": [50, 20], "b": [30, 30], "c": [20, 50]}))
    rule = SumEquals(columns=("a", "b", "c"), total=100)
    encoding = rule.encode(data)
    assert encoding.table.names == ["b", "c"]
    back = encoding.decode(pd.DataFrame({"b": [80, 10], "c": [70, 10]}))
    assert back[["a", "b", "c"]].sum(axis=1).tolist() == [100, 100]
    assert (back >= 0).all(axis=None)
    assert back["a"].dtype == np.int64
    assert back["a"].iloc[1] == 80


def test_a_total_with_missing_cells_is_repaired_not_left_out() -> None:
    data = table(pd.DataFrame({"a": [1.0, 2.0], "b": [1.0, 2.0], "t": [2.0, np.nan]}))
    rule = SumEquals(columns=("a", "b"), total="t")
    assert rule.ways_for(data)[0] == "repair"
    mended = rule.repair(pd.DataFrame({"a": [1.0, 1.5], "b": [1.0, 2.0], "t": [7.0, np.nan]}), RNG)
    assert mended["t"].iloc[0] == 2.0
    assert np.isnan(mended["t"].iloc[1])


def test_missing_cells_are_filled_from_the_filled_ones() -> None:
    frame = pd.DataFrame({"a": ["x", None, "x"], "n": pd.array([1, None, 1], dtype="Int64")})
    assert NotNull(column="a").repair(frame, RNG)["a"].tolist() == ["x", "x", "x"]
    assert NotNull(column="n").repair(frame, RNG)["n"].tolist() == [1, 1, 1]


def test_the_first_of_equal_rows_is_not_a_violation() -> None:
    frame = pd.DataFrame({"a": [1, 1, 2, 1], "b": ["x", "x", "x", None]})
    assert broken(Unique(columns=("a", "b")), frame) == [False, True, False, False]
    assert broken(Unique(columns="a"), frame) == [False, True, False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("3", "must be a JSON list"),
        (
            '[{"type": "scalar_rnge"}]',
            "Rule 1 of 1: There is no rule of type 'scalar_rnge'. Did you mean 'scalar_range'",
        ),
        ('[{"column": "a"}]', "needs a 'type'"),
        ("[3]", "must be a JSON object"),
        ('[{"type": "not_null", "column": "a"}, {"type": "unique"}]', "Rule 2 of 2: .* field 'columns' is missing"),
        ('[{"type": "implies", "if": "a >", "then": "b = 1"}]', 'Expression "a >", character 4'),
        ('[{"type": "sum_equals", "columns": ["a", "b"], "total": "t", "tolerance": -1}]', "at 'tolerance'"),
        ('[{"type": "unique", "columns": []}]', "at 'columns'"),
    ],
)
def test_a_wrong_rule_file_gets_one_clear_sentence(text, said) -> None:
    with pytest.raises(ConstraintError, match=said):
        rules_from_json(text)


def test_an_implication_is_written_with_if_and_then() -> None:
    rule = parse({"type": "implies", "if": "a = 1", "then": "b = 2"})
    assert rule.model_dump(mode="json")["if"] == "a = 1"
    assert rule == parse({"type": "implies", "if_": "a = 1", "then": "b = 2", "id": rule.id})


def test_a_small_column_is_not_computed_from_two_large_ones() -> None:
    rng = np.random.default_rng(0)
    price = np.round(rng.uniform(10, 900, 200), 2)
    data = table(pd.DataFrame({"tax": np.round(price * 0.07, 2), "price": price}))
    ways = Inequality(low_column="tax", high_column="price").derivations(data)
    assert [way.derived for way in ways] == [("price",)]


def test_a_decoded_order_of_unrounded_numbers_never_crosses() -> None:
    low = np.random.default_rng(0).random(50)
    rule = Inequality(low_column="low", high_column="high")
    encoding = rule.encode(table(pd.DataFrame({"low": low, "high": low + np.pi})))
    drawn = encoding.table.frame.assign(**{"high minus low": -0.001})
    assert encoding.decode(drawn)["high"].tolist() == low.tolist()
