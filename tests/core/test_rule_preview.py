"""A glance at what rules do."""

from __future__ import annotations

import pytest

from synth_core.constraints.kinds import parse
from synth_core.errors import InfeasibleError
from synth_core.rule_preview import preview
from tests.conftest import make_people


def test_no_row_breaks_a_hard_rule_and_each_rule_says_what_it_took() -> None:
    table = make_people(400)
    rules = [
        parse({"type": "scalar_range", "id": "age", "column": "age", "low_value": 30, "high_value": 50}),
        parse({"type": "not_null", "id": "off", "column": "age", "enabled": False}),
    ]
    made = preview(table, rules, rows=120)
    assert len(made.frame) == 120
    assert made.frame["age"].dropna().between(30, 50).all()
    assert (made.broken, list(made.rules)) == (0, ["age"])
    assert made.rules["age"].cost.startswith(("by ", "holds by construction"))


def test_rules_that_cannot_be_kept_are_named() -> None:
    rules = [
        parse({"type": "scalar_range", "column": "age", "low_value": 60}),
        parse({"type": "scalar_range", "column": "age", "high_value": 40}),
    ]
    with pytest.raises(InfeasibleError, match=r"age is at least 60.*age is at most 40"):
        preview(make_people(300), rules, rows=50)


def test_a_rule_that_is_completed_from_the_rows_needs_no_completing_before() -> None:
    table = make_people(400)
    name = next(column.name for column in table.columns if column.kind.value == "category" and column.learned)
    made = preview(table, [parse({"type": "sequence_rule", "id": "steps", "column": name})], rows=60)
    assert (made.broken, list(made.rules)) == (0, ["steps"])
