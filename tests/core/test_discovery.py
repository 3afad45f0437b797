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


def test_codes_of_a_span_that_mean_one_thing_are_a_rule_over_like_columns(rng) -> None:
    codes = np.arange(100, 180)
    frame = pd.DataFrame({f"diag_{i}": rng.choice(codes, ROWS) for i in (1, 2)}).astype(str).astype(object)
    frame.loc[rng.random(ROWS) < 0.05, "diag_1"] = "V27"
    child = frame.apply(lambda cells: pd.to_numeric(cells, errors="coerce").between(130, 139)).any(axis=1)
    frame["sex"] = np.where(child, "F", words(rng, "F", "M")).astype(object)
    found = of_type(discover(table(frame)), "implies")
    spans = [s.rule.if_ for s in found if s.rule.then == "sex = 'F'"]
    assert spans == ["count_between(130, 139, diag_1, diag_2) > 0"]
    assert found[0].rule.sentence() == "if any of diag_1, diag_2 is between 130 and 139, then sex is 'F'"


def test_a_span_of_amounts_is_open_at_one_end(rng) -> None:
    age = rng.integers(0, 90, ROWS * 2)
    status = np.where(age < 16, "single", rng.choice(["single", "married"], ROWS * 2)).astype(object)
    found = discover(table(pd.DataFrame({"years_old": age, "status": status})))
    assert [s.rule.if_ for s in of_type(found, "implies")] == ["years_old <= 15"]


def test_a_span_does_not_end_at_a_code_of_few_rows(rng) -> None:
    code = rng.integers(100, 180, ROWS)
    code[code == 139] = 138
    code[:3] = 139
    sex = np.where((code >= 130) & (code <= 139), "F", words(rng, "F", "M")).astype(object)
    found = discover(table(pd.DataFrame({"code": pd.Series(code).astype(str).astype(object), "sex": sex})))
    assert "code between 130 and 138" in [s.rule.if_ for s in of_type(found, "implies")]


def test_some_values_of_like_columns_mean_one_thing(rng) -> None:
    drugs = {f"drug{i}": words(rng, "No", "Steady", "Up", "Down", share=[0.7, 0.2, 0.05, 0.05]) for i in range(4)}
    frame = pd.DataFrame(drugs)
    moved = frame.isin(["Up", "Down"]).any(axis=1)
    frame["change"] = np.where(moved, "Ch", words(rng, "Ch", "No")).astype(object)
    found = of_type(discover(table(frame)), "implies")
    listed = "drug0, drug1, drug2, drug3"
    assert [s.rule.if_ for s in found] == [f"count_equal('Down', {listed}) > 0 or count_equal('Up', {listed}) > 0"]


def test_a_column_that_seldom_differs_belongs_to_its_like(rng) -> None:
    drugs = {f"drug{i}": words(rng, "No", "Yes", share=[0.8, 0.2]) for i in range(4)}
    frame = pd.DataFrame({**drugs, "rare": np.where(np.arange(ROWS) < 3, "Yes", "No").astype(object)})
    frame["treated"] = np.where((frame == "Yes").any(axis=1), "yes", "no").astype(object)
    found = of_type(discover(table(frame)), "implies")
    assert {s.rule.if_ for s in found} >= {"treated = 'no'", "count_other('No', drug0, drug1, drug2, drug3, rare) = 0"}


def test_exactly_one_of_several_is_found(rng) -> None:
    place = rng.integers(0, 4, ROWS)
    frame = pd.DataFrame({f"is_{i}": (place == i).astype(int) for i in range(4)})
    frame["other"] = rng.integers(0, 2, ROWS)
    found = discover(table(frame))
    assert [s.rule.columns for s in of_type(found, "one_hot")] == [("is_0", "is_1", "is_2", "is_3")]
    assert of_type(found, "implies") == []


def test_a_column_that_is_missing_under_a_condition_says_so(rng) -> None:
    state = words(rng, "open", "sent", "back")
    frame = pd.DataFrame({"state": state, "weight": rng.normal(70, 9, ROWS)})
    frame["weight"] = frame["weight"].mask((state == "open") | (rng.random(ROWS) < 0.3))
    found = of_type(discover(table(frame)), "null_if")
    assert [(s.rule.column, s.rule.when) for s in found] == [("weight", "state = 'open'")]
    assert found[0].support == (state == "open").sum()


@pytest.mark.parametrize(
    ("output", "expression"),
    [
        ("days", "end - start"),
        ("price", "unit * count"),
        ("bmi", "weight / (height * height)"),
        ("fahrenheit", "celsius * 1.8 + 32"),
        ("hour_of_day", "hour(moment)"),
    ],
)
def test_formulas_are_found(rng, output: str, expression: str) -> None:
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, ROWS), unit="D")
    gap = rng.integers(1, 90, ROWS)
    unit, count = rng.uniform(1, 50, ROWS).round(2), rng.integers(1, 9, ROWS)
    weight, height = rng.normal(70, 9, ROWS).round(1), rng.normal(1.7, 0.1, ROWS).round(2)
    celsius = rng.normal(10, 9, ROWS).round(1)
    moment = start + pd.to_timedelta(rng.integers(0, 24 * 60, ROWS), unit="min")
    given = {
        "days": {"start": start, "end": start + pd.to_timedelta(gap, unit="D"), "days": gap},
        "price": {"unit": unit, "count": count, "price": (unit * count).round(2), "else": unit[::-1]},
        "bmi": {"weight": weight, "height": height, "bmi": (weight / height**2).round(1)},
        "fahrenheit": {"celsius": celsius, "fahrenheit": (celsius * 1.8 + 32).round(2)},
        "hour_of_day": {"moment": moment, "hour_of_day": moment.hour.to_numpy()},
    }
    found = of_type(discover(table(pd.DataFrame(given[output]))), "formula")
    assert [(s.rule.output, s.rule.expression) for s in found] in (
        [(output, expression)],
        [("celsius", found[0].rule.expression)],
    )
    assert found[0].exceptions == 0


def test_an_article_determines_its_price(rng) -> None:
    article = rng.choice([f"art {c}" for c in "abcdefghij"], ROWS).astype(object)
    price = pd.Series(article).map({f"art {c}": 3.17 * (n + 2) for n, c in enumerate("abcdefghij")}).round(2)
    found = of_type(discover(table(pd.DataFrame({"article": article, "price": price}))), "functional_dependency")
    assert [(s.rule.determinants, s.rule.dependent) for s in found] == [(("article",), "price")]


def test_steps_and_forms_are_found(rng) -> None:
    frame = pd.DataFrame(
        {
            "loan": rng.integers(10, 400, ROWS) * 250,
            "sku": [f"EL-{n:04d}" for n in rng.integers(0, 9999, ROWS)],
            "note": [f"note {n} {'x' * (n % 5)}" for n in range(ROWS)],
        }
    )
    found = discover(table(frame, sku=Kind.TEXT, note=Kind.TEXT))
    assert [(s.rule.column, s.rule.increment_value) for s in of_type(found, "increment")] == [("loan", 250)]
    assert [(s.rule.column, s.rule.regex) for s in of_type(found, "format")] == [("sku", r"EL-\d{4}")]


def test_what_follows_from_two_others_is_left_out(rng) -> None:
    a = words(rng, "x", "y", "z")
    b = np.where(a == "x", "p", words(rng, "p", "q", "r")).astype(object)
    c = np.where(b == "p", "k", words(rng, "k", "l", "m")).astype(object)
    found = sentences(discover(table(pd.DataFrame({"a": a, "b": b, "c": c}))))
    assert "if a is 'x', then b is 'p'" in found
    assert "if b is 'p', then c is 'k'" in found
    assert not any("a is" in one and "c is" in one for one in found)


def test_two_columns_do_not_take_all_the_room(rng) -> None:
    first = words(rng, *"abcdef")
    allowed = dict(zip("abcdef", ["uv", "vw", "wx", "xy", "yz", "zu"], strict=True))
    second = np.array([rng.choice(list(allowed[c] + "s")) for c in first], dtype=object)
    frame = pd.DataFrame({"first": first, "second": second})
    for i in range(8):
        frame[f"c{i}"] = np.where(first == "abcdefab"[i], "p", words(rng, "p", "q", "r")).astype(object)
    found = discover(table(frame))
    assert sum(set(s.rule.columns_used) == {"first", "second"} for s in found) <= 4
    assert sum(s.rule.then.startswith("c") for s in of_type(found, "implies")) >= 4


def test_a_value_of_few_rows_is_not_named_beside_frequent_ones() -> None:
    rng = np.random.default_rng(0)
    names = ["d1", "d2", "d3", "d4"]
    frame = pd.DataFrame({name: rng.choice(["No", "Steady", "Up"], 3000, p=[0.9, 0.08, 0.02]) for name in names})
    for row, name in enumerate(names):
        frame.loc[row, name] = "Zorp"
    moved = frame[names].isin(["Up", "Zorp"]).any(axis=1) | (rng.random(3000) < 0.3)
    frame["change"] = np.where(moved, "Ch", "No")
    columns = tuple(Column(name=name, kind=Kind.CATEGORY) for name in frame)
    said = " ".join(found.rule.model_dump_json() for found in discover(Table(frame.astype(object), columns), limit=40))
    assert "'Up'" in said
    assert "Zorp" not in said
