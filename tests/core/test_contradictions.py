"""Rules that cannot be kept together are found before anything learns, and named."""

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.base import Constraint
from synth_core.constraints.contradictions import find_contradictions
from synth_core.constraints.enforcement import Enforcement
from synth_core.constraints.kinds import parse
from synth_core.errors import InfeasibleError
from synth_core.steering.asks import Condition
from synth_core.table import Column, Kind, Table


def table(missing: float = 0.0) -> Table:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "a": rng.integers(0, 10, 300).astype(float),
            "b": rng.integers(0, 10, 300).astype(float),
            "c": rng.integers(0, 10, 300).astype(float),
            "city": rng.choice(["Ulm", "Bonn", "Bern"], 300).astype(object),
        }
    )
    frame.loc[rng.random(300) < missing, ["a", "b", "c"]] = np.nan
    kinds = {"city": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=n, kind=kinds.get(n, Kind.NUMBER)) for n in frame))


def rules(*given: dict) -> list[Constraint]:
    return [parse(one) for one in given]


def at_least(column: str, value: float) -> dict:
    return {"type": "scalar_range", "column": column, "low_value": value}


def at_most(column: str, value: float) -> dict:
    return {"type": "scalar_range", "column": column, "high_value": value}


def order(low: str, high: str, strict: bool = False) -> dict:
    return {"type": "inequality", "low_column": low, "high_column": high, "strict_boundaries": strict}


def formula(output: str, expression: str) -> dict:
    return {"type": "formula", "output": output, "expression": expression}


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([at_least("a", 8), at_most("a", 3)], "Rule 'a is at least 8' and rule 'a is at most 3' contradict each other"),
        (
            [at_least("a", 8), order("a", "b"), at_most("b", 3)],
            "Rule 'a is at least 8', rule 'a is at most b' and rule 'b is at most 3' contradict each other",
        ),
        (
            [at_least("a", 5), order("a", "b", True), order("b", "c", True), at_most("c", 5)],
            "rule 'a is below b', rule 'b is below c' and rule 'c is at most 5' contradict",
        ),
        ([order("a", "b", True), order("b", "a")], "Rule 'a is below b' and rule 'b is at most a' contradict"),
        (
            [{"type": "chained_inequality", "columns": ["a", "b", "c"], "strict_boundaries": True}, order("c", "a")],
            "Rule 'a < b < c' and rule 'c is at most a' contradict",
        ),
        (
            [
                {"type": "allowed_values", "column": "city", "values": ["Ulm"]},
                {"type": "allowed_values", "column": "city", "values": ["Bonn", "Bern"]},
            ],
            "contradict each other: no row can keep both",
        ),
        (
            [
                {"type": "allowed_values", "column": "city", "values": ["Ulm"]},
                {"type": "forbidden_values", "column": "city", "values": ["Ulm", "Bonn"]},
            ],
            "contradict each other: no row can keep both",
        ),
        (
            [formula("a", "b + 1"), formula("b", "c - 1"), formula("c", "a * 1")],
            "compute each other in a circle.*Leave one of the formulas out",
        ),
        (
            [{"type": "implies", "if": "a >= 0", "then": "b > 4"}, at_most("b", 2)],
            r"0 of \d+ real rows.*keep rule 'if a is at least 0, then b is above 4' and rule 'b is at most 2' together",
        ),
        ([at_least("a", 100)], r"0 of \d+ real rows.*keep rule 'a is at least 100'\. Loosen it"),
    ],
)
def test_a_contradiction_is_named_with_its_rules(given, said, missing) -> None:
    with pytest.raises(InfeasibleError, match=said):
        Enforcement.prepare(table(missing), rules(*given))


def test_a_condition_against_a_rule_names_both() -> None:
    clash = [*rules(at_most("a", 4)), Condition(expression="a > 6", id="where")]
    with pytest.raises(InfeasibleError, match=r"rule 'a is at most 4' and rule 'the condition: a is above 6' together"):
        Enforcement.prepare(table(0.2), clash)


def test_of_many_rules_only_those_in_each_others_way_are_named() -> None:
    three = [
        {"type": "custom", "expression": "a = 1 or b = 1"},
        {"type": "custom", "expression": "a = 1 or b = 2"},
        {"type": "custom", "expression": "a != 1"},
    ]
    with pytest.raises(InfeasibleError) as caught:
        Enforcement.prepare(table(), rules(at_least("c", 0), *three, {"type": "not_null", "column": "city"}))
    assert str(caught.value).count("rule '") == 3
    assert "c is at least" not in str(caught.value)


@pytest.mark.parametrize(
    "given",
    [
        [at_least("a", 2), at_most("a", 7), order("a", "b")],
        [order("a", "b"), order("b", "a")],
        [formula("a", "b"), at_least("b", 0)],
        [{"type": "null_together", "columns": ["a", "b"]}, {"type": "implies", "if": "a is null", "then": "c is null"}],
        [{"type": "allowed_values", "column": "a", "values": [1, 2]}, at_most("a", 1)],
    ],
)
def test_rules_that_go_together_are_let_through(given) -> None:
    frame = table(0.2).frame
    frame["b"] = frame["a"]
    frame["c"] = frame["c"].where(frame["a"].notna())
    assert Enforcement.prepare(table().with_frame(frame), rules(*given)).plan


def test_a_soft_rule_contradicts_nothing() -> None:
    soft = {**at_most("a", 3), "hard": False}
    assert Enforcement.prepare(table(), rules(at_least("a", 8), soft)).plan


def test_orders_among_very_many_columns_are_followed_once_each() -> None:
    names = [f"c{number}" for number in range(26)]
    every = [order(low, high) for place, low in enumerate(names) for high in names[place + 1 :]]
    find_contradictions(rules(*every))  # paths through them: 2 ** 24
    find_contradictions(rules(*every, order("c9", "c3")))
    with pytest.raises(InfeasibleError, match="Rule 'c9 is below c3' and rule 'c3 is at most c9' contradict"):
        find_contradictions(rules(*every, order("c9", "c3", strict=True)))
    loop = [order("c9", "c3"), order("c4", "c5", strict=True), at_least("c0", 8), at_most("c25", 8)]
    with pytest.raises(InfeasibleError, match="c9 is at most c3"):
        find_contradictions(rules(*every, *loop))
