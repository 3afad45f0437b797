"""Rules of other tools are read and written."""

import json

import pandas as pd
import pytest

from synth_core.constraints.exchange import pandera_module, read_rules, rules_from_sdv, to_pandera
from synth_core.constraints.kinds import parse, rules_from_json, rules_to_json
from synth_core.errors import ConstraintError
from synth_core.table import Column, Kind, Table


def of_sdv_1(name: str, **parameters: object) -> dict:
    return {"constraint_class": name, "constraint_parameters": parameters}


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (of_sdv_1("Inequality", low_column_name="a", high_column_name="b"), "a is at most b"),
        (of_sdv_1("ScalarRange", column_name="a", low_value=1, high_value=5), "between 1 and 5, both excluded"),
        (of_sdv_1("ScalarInequality", column_name="a", relation=">=", value=3), "a is at least 3"),
        (of_sdv_1("Positive", column_name="a", strict_boundaries=True), "a is above 0"),
        (of_sdv_1("Negative", column_name="a"), "a is at most 0"),
        (of_sdv_1("Unique", column_names=["a", "b"]), "a and b together are different"),
    ],
)
def test_constraints_of_sdv_1_are_read(given: dict, said: str) -> None:
    found = rules_from_sdv([given])
    assert found.notes == []
    assert said in found.rules[0].sentence()
    assert found.rules[0].source == "imported"


def test_constraints_that_sdv_2_writes_are_read() -> None:
    cag = pytest.importorskip("sdv.cag")
    written = [
        cag.Inequality(low_column_name="a", high_column_name="b", strict_boundaries=True).to_dict(),
        cag.Range(low_column_name="a", middle_column_name="b", high_column_name="c").to_dict(),
        cag.FixedCombinations(column_names=["a", "b"]).to_dict(),
        cag.FixedIncrements(column_name="a", increment_value=5).to_dict(),
        cag.OneHotEncoding(column_names=["a", "b"]).to_dict(),
    ]
    found = read_rules(json.dumps(written))
    assert found.notes == []
    assert [rule.sentence() for rule in found.rules] == [
        "a is below b",
        "b is between a and c, never equal to either",
        "a and b occur only in known combinations",
        "a is a multiple of 5",
        "exactly one of a and b is 1",
    ]


def test_what_sdv_has_and_simile_has_not_is_told_and_nothing_else_is_lost() -> None:
    found = rules_from_sdv([of_sdv_1("CustomThing", x=1), of_sdv_1("Positive", column_name="a"), 3])
    assert [rule.sentence() for rule in found.rules] == ["a is at least 0"]
    assert "Constraint 1 of 3" in found.notes[0]
    assert "no counterpart" in found.notes[0]
    assert "Constraint 3 of 3" in found.notes[1]


def test_a_rule_file_has_a_version_and_a_later_one_is_refused() -> None:
    text = rules_to_json([parse({"type": "not_null", "column": "a"})])
    assert json.loads(text)["version"] == 1
    assert read_rules(text).rules == rules_from_json(text)
    with pytest.raises(ConstraintError, match="version 9"):
        rules_from_json(text.replace('"version": 1', '"version": 9'))


def test_an_exported_schema_fails_on_the_rows_that_break_a_rule() -> None:
    import pandera.pandas as pandera

    frame = pd.DataFrame({"low": [1, 2, 9], "high": [2, 3, 4]})
    table = Table(frame, (Column(name="low", kind=Kind.INTEGER), Column(name="high", kind=Kind.INTEGER)), "t")
    rule = parse({"type": "inequality", "low_column": "low", "high_column": "high"})
    schema = to_pandera([rule], table)
    schema.validate(frame.iloc[:2])
    with pytest.raises(pandera.errors.SchemaErrors) as failed:
        schema.validate(frame, lazy=True)
    assert set(failed.value.failure_cases["check"]) == {"low is at most high"}
    assert 2 in set(failed.value.failure_cases["index"])


def test_an_exported_module_is_a_schema_by_itself() -> None:
    import pandera.pandas as pandera

    frame = pd.DataFrame({"low": [1, 2, 9], "high": [2, 3, 4], "city": ["Ulm", "Bonn", "Ulm"]})
    kinds = {"city": Kind.CATEGORY}
    table = Table(frame, tuple(Column(name=n, kind=kinds.get(n, Kind.INTEGER)) for n in frame), "the 'table'")
    given = [
        {"type": "inequality", "low_column": "low", "high_column": "high"},
        {"type": "allowed_values", "column": "city", "values": ["Ulm", "Bonn"]},
        {"type": "not_null", "column": "high", "enabled": False},
        {"type": "scalar_range", "column": "high", "high_value": 1, "hard": False},
    ]
    text = pandera_module([parse(one) for one in given], table)
    module: dict = {}
    exec(compile(text, "schema.py", "exec"), module)
    module["schema"].validate(frame.iloc[:2])
    with pytest.raises(pandera.errors.SchemaErrors) as failed:
        module["schema"].validate(frame.assign(city=["Ulm", "Rome", "Ulm"]), lazy=True)
    cases = failed.value.failure_cases
    assert set(zip(cases["check"], cases["index"], strict=True)) >= {
        ("low is at most high", 2),
        ("city is 'Ulm' or 'Bonn'", 1),
    }
    with pytest.raises(ConstraintError, match="Did you mean 'high'"):
        pandera_module([parse({"type": "not_null", "column": "hihg"})], table)
