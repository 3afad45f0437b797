"""Discovery: known truths are found, chance and rare rows are not."""

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.discovery import Suggestion, discover
from synth_core.constraints.kinds import rules_to_json
from synth_core.table import Column, Kind, Table

ROWS = 1500


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def table(frame: pd.DataFrame, **kinds: Kind) -> Table:
    guess = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=n, kind=kinds.get(n, guess[frame[n].dtype.kind])) for n in frame))


def words(rng: np.random.Generator, *values: str, share: list[float] | None = None) -> np.ndarray:
    return rng.choice(values, ROWS, p=share).astype(object)


def sentences(found: list[Suggestion]) -> list[str]:
    return [suggestion.rule.sentence() for suggestion in found]


def of_type(found: list[Suggestion], kind: str) -> list[Suggestion]:
    return [suggestion for suggestion in found if suggestion.rule.type == kind]


def test_columns_that_have_nothing_to_do_with_each_other_give_no_rules(rng) -> None:
    frame = pd.DataFrame({f"word{i}": words(rng, *"abcdefgh") for i in range(8)})
    for i in range(8):
        frame[f"number{i}"] = rng.normal(size=ROWS)
        frame[f"count{i}"] = rng.integers(1, 9, ROWS)
    assert discover(table(frame)) == []


def test_chance_in_a_small_table_is_not_taken_for_a_rule(rng) -> None:
    frame = pd.DataFrame({f"w{i}": rng.choice(["a", "b"], 90, p=[0.88, 0.12]).astype(object) for i in range(12)})
    frame["group"] = rng.choice(["x", "y", "z"], 90).astype(object)
    assert discover(table(frame)) == []


def test_columns_that_go_together_are_one_rule(rng) -> None:
    city = words(rng, "Ulm", "Bonn", "Bern", "Basel", "Graz")
    country = {"Ulm": "DE", "Bonn": "DE", "Bern": "CH", "Basel": "CH", "Graz": "AT"}
    zone = {"Ulm": 49, "Bonn": 49, "Bern": 41, "Basel": 41, "Graz": 43}
    frame = pd.DataFrame({"city": city, "country": [country[c] for c in city], "zone": [zone[c] for c in city]})
    found = discover(table(frame))
    assert [set(s.rule.columns_used) for s in found] == [{"city", "country", "zone"}]
    assert found[0].exceptions == 0
    assert found[0].strength > 0.5
    assert "none of 1,500" in found[0].reason


def test_an_implication_is_found_once_with_its_values(rng) -> None:
    role = words(rng, "Husband", "Wife", "Single", "Other")
    married = np.isin(role, ["Husband", "Wife"])
    status = np.where(married, "married", words(rng, "single", "divorced", "widowed", "married")).astype(object)
    found = discover(table(pd.DataFrame({"role": role, "status": status})))
    assert len(found) == 1
    assert found[0].rule.then == "status = 'married'"
    assert sorted(found[0].rule.if_.removeprefix("role in (").rstrip(")").split(", ")) == ["'Husband'", "'Wife'"]
    assert found[0].support == married.sum()


def test_a_rule_with_few_exceptions_is_soft_and_says_how_many(rng) -> None:
    role = words(rng, "Husband", "Other")
    sex = np.where(role == "Husband", "M", words(rng, "F", "M")).astype(object)
    sex[np.flatnonzero(role == "Husband")[0]] = "F"
    found = discover(table(pd.DataFrame({"role": role, "sex": sex})))
    assert [(s.rule.hard, s.exceptions, s.rule.exceptions) for s in found] == [(False, 1, 1)]


def test_columns_that_are_missing_together_are_found(rng) -> None:
    gone = rng.random(ROWS) < 0.2
    frame = pd.DataFrame({"lab": rng.normal(size=ROWS), "unit": words(rng, "mg", "ml")})
    frame["lab"] = frame["lab"].mask(gone)
    frame["unit"] = frame["unit"].mask(gone, None)
    found = discover(table(frame))
    assert [(s.rule.type, s.rule.columns) for s in found] == [("null_together", ("lab", "unit"))]
    assert not found[0].rule.violations(frame).any()


def test_one_column_missing_when_another_is_stays_one_way(rng) -> None:
    work = words(rng, "a", "b", "c")
    job = words(rng, "x", "y", "z")
    gone = rng.random(ROWS) < 0.1
    work[gone] = None
    job[gone | (rng.random(ROWS) < 0.05)] = None
    found = discover(table(pd.DataFrame({"work": work, "job": job})))
    assert "if work is missing, then job is missing" in sentences(found)
    assert "if job is missing, then work is missing" not in sentences(found)


def test_two_amounts_that_are_never_both_there_are_found(rng) -> None:
    gain = np.where(rng.random(ROWS) < 0.2, rng.integers(1, 5000, ROWS), 0)
    loss = np.where((gain == 0) & (rng.random(ROWS) < 0.3), rng.integers(1, 5000, ROWS), 0)
    found = of_type(discover(table(pd.DataFrame({"gain": gain, "loss": loss}))), "implies")
    assert len(found) == 1
    assert {found[0].rule.if_, found[0].rule.then} in ({"gain > 0", "loss = 0"}, {"loss > 0", "gain = 0"})


def test_dates_in_order_are_a_chain_without_its_shortcut(rng) -> None:
    first = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), unit="D")
    second = first + pd.to_timedelta(rng.integers(0, 30, ROWS), unit="D")
    third = second + pd.to_timedelta(rng.integers(0, 30, ROWS), unit="D")
    found = discover(table(pd.DataFrame({"ordered": first, "sent": second, "paid": third})))
    assert [s.rule.columns for s in of_type(found, "chained_inequality")] == [("ordered", "sent", "paid")]
    assert of_type(found, "inequality") == []


def test_equal_columns_are_tied_to_the_first_and_hide_no_order(rng) -> None:
    low = rng.normal(100, 20, ROWS).round(2)
    close = (low + rng.gamma(2, 5, ROWS)).round(2)
    high = (close + rng.gamma(2, 5, ROWS)).round(2)
    found = discover(table(pd.DataFrame({"high": high, "low": low, "close": close, "adjusted": close})))
    assert [s.rule.columns for s in of_type(found, "chained_inequality")] == [("low", "close", "high")]
    assert sentences(of_type(found, "formula")) == ["adjusted equals close"]
    assert of_type(found, "inequality") == []


def test_rows_are_counted_on_the_whole_table_for_every_kind_of_rule(rng) -> None:
    start = rng.integers(0, 500, 25_000)
    found = discover(table(pd.DataFrame({"visits_start": start, "visits_end": start + rng.integers(0, 400, 25_000)})))
    assert {suggestion.support for suggestion in found} == {25_000}


def test_columns_of_different_size_are_not_an_order(rng) -> None:
    frame = pd.DataFrame({"rooms": rng.integers(1, 9, ROWS), "salary": rng.integers(20_000, 90_000, ROWS)})
    assert of_type(discover(table(frame)), "inequality") == []


@pytest.mark.parametrize("parts", [2, 3, 4])
def test_a_total_is_found_with_its_parts_only(rng, parts: int) -> None:
    frame = pd.DataFrame({f"part{i}": np.round(rng.uniform(0, 50, ROWS), 2) for i in range(parts)})
    frame["total"] = np.round(frame.sum(axis=1), 2)
    frame["else"] = np.round(rng.uniform(0, 50, ROWS), 2)
    found = discover(table(frame))
    sums = of_type(found, "sum_equals")
    assert [(set(s.rule.columns), s.rule.total) for s in sums] == [({f"part{i}" for i in range(parts)}, "total")]
    assert of_type(found, "inequality") == []


def test_shares_that_add_up_to_a_hundred_are_found(rng) -> None:
    first, second = rng.integers(0, 50, ROWS), rng.integers(0, 50, ROWS)
    frame = pd.DataFrame({"a": first, "b": second, "c": 100 - first - second})
    assert [s.rule.total for s in of_type(discover(table(frame)), "sum_equals")] == [100.0]


def test_a_range_is_natural_and_never_the_extremes(rng) -> None:
    frame = pd.DataFrame({"wait": np.round(rng.exponential(37, ROWS), 1) + 0.3, "level": rng.normal(50, 9, ROWS)})
    found = discover(table(frame))
    assert [(s.rule.column, s.rule.low_value, s.rule.high_value) for s in found] == [("wait", 0, None)]


def test_a_key_is_found_but_a_measured_number_is_not(rng) -> None:
    frame = pd.DataFrame({"policy": rng.permutation(ROWS), "weight": rng.normal(70, 9, ROWS)})
    frame["record"] = [f"r{i}" for i in range(ROWS)]
    found = of_type(discover(table(frame, record=Kind.IDENTIFIER)), "unique")
    assert {s.rule.columns for s in found} == {("policy",), ("record",)}


def test_no_suggestion_names_a_value_of_fewer_than_five_rows(rng) -> None:
    city = words(rng, "Ulm", "Bonn", "Bern")
    country = np.array([{"Ulm": "DE", "Bonn": "DE", "Bern": "CH"}[c] for c in city], dtype=object)
    city[:4], country[:4] = "Vaduz", "LI"
    country[4] = "Secret"
    found = discover(table(pd.DataFrame({"city": city, "country": country})))
    text = rules_to_json([s.rule for s in found])
    assert found
    assert "Ulm" in text
    assert "Vaduz" not in text
    assert "Secret" not in text


def test_every_suggestion_can_be_counted_again_on_the_rows(rng) -> None:
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), unit="D")
    frame = pd.DataFrame({"start": start, "end": start + pd.to_timedelta(rng.integers(0, 30, ROWS), unit="D")})
    frame["a"] = words(rng, "x", "y", "z")
    frame["b"] = np.where(frame["a"] == "x", "p", words(rng, "p", "q")).astype(object)
    found = discover(table(frame))
    assert len(found) == 2
    for one in found:
        assert one.rule.violations(frame).sum() == one.exceptions == one.rule.exceptions
        assert one.rule.source == "discovered"
        one.rule.check(table(frame))
    assert [one.strength for one in found] == sorted((one.strength for one in found), reverse=True)


def test_the_limit_holds_and_the_answer_is_always_the_same(rng) -> None:
    base = words(rng, "x", "y", "z")
    frame = pd.DataFrame({"base": base})
    for i in range(9):
        frame[f"c{i}"] = np.where(base == "x", "p", words(rng, "p", "q", "r")).astype(object)
        frame[f"n{i}"] = rng.exponential(size=ROWS)
    found = discover(table(frame), limit=3)
    assert 1 <= len(found) <= 3
    assert discover(table(frame), limit=3) == found


def test_tiny_and_odd_tables_give_no_rules() -> None:
    assert discover(table(pd.DataFrame({"a": ["x"], "b": ["y"]}))) == []
    odd = pd.DataFrame({"same": ["x"] * 50, "none": pd.Series([None] * 50, dtype=object), "nan": [np.nan] * 50})
    assert discover(table(odd)) == []
    assert discover(table(odd.iloc[:0])) == []


def test_an_answer_that_means_none_of_several_columns_is_found_both_ways(rng) -> None:
    drugs = {f"drug{i}": words(rng, "No", "Steady", "Up", share=[0.8, 0.15, 0.05]) for i in range(5)}
    frame = pd.DataFrame(drugs)
    none = (frame == "No").all(axis=1)
    frame["treated"] = np.where(none, "No", "Yes").astype(object)
    frame["prescriptions"] = (frame[list(drugs)] != "No").sum(axis=1) + rng.integers(0, 3, ROWS)
    found = discover(table(frame))
    listed = "count_other('No', drug0, drug1, drug2, drug3, drug4)"
    pairs = {(s.rule.if_, s.rule.then) for s in of_type(found, "implies")}
    assert {("treated = 'No'", f"{listed} = 0"), (f"{listed} = 0", "treated = 'No'")} <= pairs
    assert [s.rule.expression for s in of_type(found, "custom")] == [f"prescriptions >= {listed}"]


def test_a_column_that_determines_another_is_a_dependency(rng) -> None:
    age = rng.integers(18, 60, ROWS)
    band = np.array(["young", "middle", "old"], dtype=object)[np.digitize(age, [30, 45])]
    found = discover(table(pd.DataFrame({"age": age, "band": band})))
    rules = of_type(found, "functional_dependency")
    assert [(s.rule.determinants, s.rule.dependent, s.exceptions) for s in rules] == [(("age",), "band", 0)]


def test_shuffled_columns_of_a_table_full_of_rules_give_none(rng) -> None:
    base = words(rng, "x", "y", "z", share=[0.7, 0.2, 0.1])
    frame = pd.DataFrame(
        {f"c{i}": np.where(base == "x", "No", words(rng, "No", "Up")).astype(object) for i in range(6)}
    )
    frame["n"] = (frame == "Up").sum(axis=1)
    for i in (1, 2, 3):
        frame[f"part_{i}"] = pd.Series(words(rng, "a", "b")).mask(rng.random(ROWS) < 0.3, None)
    assert discover(table(frame)) != []
    shuffled = pd.DataFrame({name: frame[name].sample(frac=1, random_state=rng).to_numpy() for name in frame})
    assert [s for s in discover(table(shuffled)) if s.rule.type != "scalar_range"] == []
