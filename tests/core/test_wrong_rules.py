"""Rules that are wrong get one clear sentence, from a file to the run; nothing crashes and nothing else is lost."""

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.enforcement import Enforcement
from synth_core.constraints.exchange import import_rules, read_rules
from synth_core.constraints.kinds import rules_to_json
from synth_core.errors import SimileError
from synth_core.table import Column, Kind, Table

ROWS = 120
AGES = {"type": "scalar_range", "column": "age", "low_value": 0}


@pytest.fixture
def people() -> Table:
    rng = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": rng.integers(18, 80, ROWS),
            "weight": rng.normal(70, 9, ROWS).round(1),
            "height": np.append(0.0, rng.normal(1.7, 0.1, ROWS - 1).round(2)),
            "bmi": rng.normal(25, 3, ROWS).round(1),
            "sex": rng.choice(["F", "M"], ROWS).astype(object),
            "start": pd.date_range("2024-01-01", periods=ROWS),
        }
    )
    kinds = {"age": Kind.INTEGER, "sex": Kind.CATEGORY, "start": Kind.DATETIME}
    return Table(frame, tuple(Column(name=name, kind=kinds.get(name, Kind.NUMBER)) for name in frame), "people")


def formula(output: str, expression: str) -> dict[str, Any]:
    return {"type": "formula", "output": output, "expression": expression}


WRONG = [
    ([{"type": "scalar_range", "column": "agee", "low_value": 0}], "no column 'agee'. Did you mean 'age'"),
    (
        [{"type": "scalar_range", "column": "sex", "low_value": 0}],
        "'sex' is read as category, but a number or a date is needed",
    ),
    ([{"type": "inequality", "low_column": "age", "high_column": "start"}], "two numbers or two dates are needed"),
    (
        [formula("bmi", "weight / (heigth * height)")],
        "character 11: there is no column 'heigth'. Did you mean 'height'",
    ),
    ([formula("bmi", "weight / (height * height")], "character 26: the expression ends here, but ')' is missing"),
    ([formula("bmi", "weight / (height - height)")], "divides by zero"),
    ([{"type": "format", "column": "sex", "regex": "(?=a)b"}], "its time has no bound"),
    ([{"type": "format", "column": "sex", "regex": "[a-"}], "cannot be read"),
    ([{"type": "scalar_rnge", "column": "age"}], "no rule of type 'scalar_rnge'. Did you mean"),
    ([{"type": "scalar_range", "column": "age", "lowvalue": 3}], "no field 'lowvalue'. Did you mean"),
    ([formula("bmi", "weight * 2"), formula("weight", "bmi / 2")], "in a circle"),
    ([{"type": "scalar_range", "column": "age", "low_value": 100}], "0 of 120 real rows keep rule"),
    ([{**AGES, "low_value": 9}, {**AGES, "low_value": None, "high_value": 5}], "contradict"),
]


@pytest.mark.parametrize(("given", "said"), WRONG)
def test_a_wrong_rule_stops_the_run_with_one_sentence(people: Table, given: list[dict[str, Any]], said: str) -> None:
    with pytest.raises(SimileError) as error:
        Enforcement.prepare(people, read_rules(json.dumps(given)).rules)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(("given", "said"), [one for one in WRONG if len(one[0]) == 1 and "real rows" not in one[1]])
def test_on_import_the_other_rules_are_kept(people: Table, given: list[dict[str, Any]], said: str) -> None:
    found = import_rules(json.dumps([AGES, *given, {"type": "not_null", "column": "sex"}]), people)
    assert [rule.type for rule in found.rules] == ["scalar_range", "not_null"]
    assert len(found.notes) == 1
    assert found.notes[0].startswith("Rule 2 of 3 was left out")
    assert said in found.notes[0]


def test_on_import_a_rule_that_every_real_row_breaks_is_kept_and_told(people: Table) -> None:
    found = import_rules(json.dumps([{"type": "scalar_range", "column": "age", "low_value": 100}]), people)
    assert len(found.rules) == 1
    assert "all 120 real rows break it" in found.notes[0]


def test_on_import_a_formula_that_divides_by_zero_somewhere_says_in_how_many_rows(people: Table) -> None:
    found = import_rules(json.dumps([formula("bmi", "weight / (height * height)")]), people)
    assert len(found.rules) == 1
    assert any("divides by zero in 1 of 120 rows" in one for one in found.notes)


def test_a_file_of_another_table_is_refused_as_a_whole(people: Table) -> None:
    given = [{"type": "not_null", "column": "sku"}, {"type": "inequality", "low_column": "net", "high_column": "gross"}]
    with pytest.raises(SimileError, match=r"None of the 2 rules fits this table.*another table"):
        import_rules(json.dumps(given), people)


def test_rules_that_are_imported_twice_get_ids_of_their_own(people: Table) -> None:
    first = import_rules(json.dumps([AGES]), people).rules
    again = import_rules(rules_to_json(first), people, taken=[rule.id for rule in first]).rules
    assert len(again) == 1
    assert again[0].id != first[0].id
    assert again[0].model_copy(update={"id": first[0].id}) == first[0]
    twice = import_rules(json.dumps([{**AGES, "id": "x"}, {**AGES, "id": "x"}]), people).rules
    assert len({rule.id for rule in twice}) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON"),
        ("{", "not JSON"),
        ('[{"type": "not_null", "column": "age"},', "not JSON"),
        ("[" * 100_000, "nested too deep"),
        ('[{"type": "scalar_range", "column": "age", "low_value": NaN}]', "NaN is not a value"),
        ("null", "must be a JSON list"),
        ('{"rules": 3}', "must be a JSON list"),
        ('{"version": 2, "rules": []}', "version 2; this Simile reads up to 1"),
        ('{"version": true, "rules": []}', "version True"),
        ('{"version": "new", "rules": []}', "version new"),
    ],
)
def test_a_broken_file_or_a_newer_one_gets_one_sentence(people: Table, text: str, said: str) -> None:
    for read in (read_rules, lambda given: import_rules(given, people)):
        with pytest.raises(SimileError) as error:
            read(text)
        assert said in str(error.value)


def test_a_file_with_a_byte_order_mark_is_read(people: Table) -> None:
    assert len(import_rules("\ufeff" + json.dumps([AGES]), people).rules) == 1


def test_a_pattern_that_never_ends_elsewhere_ends_here(people: Table) -> None:
    text = "a" * 5_000 + "!"
    frame = people.frame.assign(sex=text)
    rule = read_rules(json.dumps([{"type": "format", "column": "sex", "regex": "(a+)+$"}])).rules[0]
    assert rule.violations(frame).all()  # a matcher that goes back would not come here in the age of the universe


def test_broken_rules_of_sdv_leave_the_others(people: Table) -> None:
    given = [
        {
            "constraint_class": "Inequality",
            "constraint_parameters": {"low_column_name": "agee", "high_column_name": "bmi"},
        },
        {"constraint_class": "Positive", "constraint_parameters": {"column_name": "age"}},
    ]
    found = import_rules(json.dumps(given), people)
    assert [rule.sentence() for rule in found.rules] == ["age is at least 0"]
    assert "Did you mean 'age'" in found.notes[0]
