"""Every kind of rule on a small table, with the broken rows worked out by hand."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from synth_core.constraints.kinds import KINDS, parse

DAYS = pd.to_datetime(["2024-01-01", "2024-01-05", None, "2024-02-29", "2024-03-01"])
TABLE = pd.DataFrame(
    {
        "a": pd.array([1, 5, None, 7, 3], "Int64"),
        "b": pd.array([1, 4, 6, None, 9], "Int64"),
        "c": [2.0, 3.5, 6.25, 8.0, np.nan],
        "sum": [2.0, 9.0, 6.0, np.nan, 12.5],
        "day": DAYS,
        "sex": pd.Series(["F", "M", None, "F", "X"], dtype=object),
        "code": pd.Series(["A-01", "A-1", None, "B-22", "a-33"], dtype=object),
        "on": pd.Series(["yes", "no", "no", None, "yes"], dtype=object),
        "off": pd.Series(["no", "yes", "no", "yes", "yes"], dtype=object),
        "who": pd.Series(["p", "p", "q", "q", "p"], dtype=object),
        "step": pd.array([1, 3, 1, 2, 2], "Int64"),
        "state": pd.Series(["new", "back", "new", "sent", "sent"], dtype=object),
    }
)
# kind, fields, rows (0-based) that break it
CASES: list[tuple[str, dict[str, Any], list[int]]] = [
    ("not_null", {"column": "a"}, [2]),
    ("not_null", {"column": "a", "when": "b < 6"}, []),
    ("unique", {"columns": ["who"]}, [1, 3, 4]),
    ("unique", {"columns": ["who", "state"]}, []),
    ("scalar_range", {"column": "a", "low_value": 3, "high_value": 5}, [0, 3]),
    ("scalar_range", {"column": "a", "low_value": 3, "high_value": 5, "strict_boundaries": True}, [0, 1, 3, 4]),
    ("scalar_inequality", {"column": "c", "relation": ">", "value": 3.5}, [0, 1]),
    ("scalar_inequality", {"column": "day", "relation": "<=", "value": "2024-02-29"}, [4]),
    ("allowed_values", {"column": "sex", "values": ["F", "M"]}, [4]),
    ("allowed_values", {"column": "a", "values": [1, 5], "on_null": "violates"}, [2, 3, 4]),
    ("forbidden_values", {"column": "sex", "values": ["X", "F"]}, [0, 3, 4]),
    ("inequality", {"low_column": "a", "high_column": "b"}, [1]),
    ("inequality", {"low_column": "a", "high_column": "b", "strict_boundaries": True}, [0, 1]),
    ("range", {"low_column": "a", "middle_column": "b", "high_column": "c"}, [1]),
    ("range", {"low_column": "a", "middle_column": "b", "high_column": "sum", "strict_boundaries": True}, [0, 1, 2]),
    ("chained_inequality", {"columns": ["a", "b", "sum"]}, [1]),
    ("fixed_combinations", {"columns": ["sex", "who"], "combinations": [["F", "p"], ["M", "p"], [None, "q"]]}, [3, 4]),
    ("forbidden_combinations", {"columns": ["sex", "who"], "combinations": [["F", "q"], ["M", "q"]]}, [3]),
    (
        "functional_dependency",
        {"determinants": ["who"], "dependent": "state", "mapping": [["q", "new"]]},
        [3],
    ),
    ("implies", {"if": "sex = 'F'", "then": "a < 5"}, [3]),
    ("implies", {"if": "sex = 'F' or who = 'p'", "then": "c is not null"}, [4]),
    ("null_together", {"columns": ["a", "sex"]}, []),
    ("null_together", {"columns": ["a", "b"]}, [2, 3]),
    ("null_if", {"column": "c", "when": "who = 'p'"}, [0, 1]),
    ("formula", {"output": "sum", "expression": "a + b"}, [4]),
    ("formula", {"output": "sum", "expression": "a + b", "tolerance": 0.5}, []),
    ("formula", {"output": "c", "expression": "b / (a - 1)", "on_null": "violates"}, [0, 1, 2, 3, 4]),
    ("sum_equals", {"columns": ["a", "b"], "total": "sum"}, [4]),
    ("sum_equals", {"columns": ["a", "b"], "total": 9, "tolerance": 3}, [0]),
    ("one_hot", {"columns": ["on", "off"]}, [2, 4]),
    ("increment", {"column": "c", "increment_value": 0.5}, [2]),
    ("precision", {"column": "c", "decimals": 1}, [2]),
    ("precision", {"column": "sum", "decimals": 0}, [4]),
    ("format", {"column": "code", "regex": r"[A-Z]-\d{2}"}, [1, 4]),
    ("format", {"column": "code", "min_length": 4, "max_length": 4}, [1]),
    ("monotonic", {"column": "a"}, [4]),
    ("monotonic", {"column": "b", "entity": "who", "order_by": "step"}, [1]),
    ("monotonic", {"column": "b", "entity": "who", "order_by": "step", "direction": "decreasing"}, [4]),
    (
        "sequence_rule",
        {
            "column": "state",
            "entity": "who",
            "order_by": "step",
            "transitions": [["new", "sent"], ["sent", "sent"]],
            "first": ["new"],
        },
        [1],
    ),
    ("share", {"column": "who", "probabilities": {"p": 0.4, "q": 0.6}, "tolerance": 0.0}, [4]),
    ("share", {"column": "who", "probabilities": {"p": 0.6}, "tolerance": 0.05}, []),
    ("custom", {"expression": "a * 2 > c and sex != 'X'"}, [0]),
    ("custom", {"expression": "count_filled(a, b, sex) >= 2"}, [2]),
]


def test_every_kind_has_a_table() -> None:
    assert {kind for kind, _, _ in CASES} == set(KINDS)


@pytest.mark.parametrize(("kind", "fields", "broken"), CASES)
def test_the_broken_rows_are_those_worked_out_by_hand(kind: str, fields: dict[str, Any], broken: list[int]) -> None:
    rule = parse({"type": kind, **fields})
    assert np.flatnonzero(rule.violations(TABLE)).tolist() == broken
