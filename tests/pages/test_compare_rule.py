"""What is marked on a picture of Compare becomes a rule."""

from __future__ import annotations

from typing import Any

import pytest

from pages.ui import compare_rule
from synth_core.constraints.kinds import ForbiddenCombinations, ScalarRange, parse
from synth_core.project import Project


@pytest.fixture
def marked(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    monkeypatch.setattr(compare_rule.state, "get", lambda key, default: kept.get(key, default))
    monkeypatch.setattr(compare_rule.state, "put", kept.__setitem__)
    return kept


def test_a_box_over_a_histogram_is_a_range_that_can_be_counted(project: Project, marked: dict[str, Any]) -> None:
    table = project.table
    assert compare_rule.span(table, "age", "figure") is None
    marked["figure"] = {"selection": {"box": [{"x": [61.8, 30.2]}]}}
    fields = compare_rule.span(table, "age", "figure")
    assert fields is not None
    rule = parse(fields)
    assert isinstance(rule, ScalarRange)
    assert (rule.low_value, rule.high_value) == (30, 62)
    ages = table.frame["age"].dropna()
    assert int(rule.violations(table.frame).sum()) == int(((ages < 30) | (ages > 62)).sum())
    marked["dates"] = {"selection": {"box": [{"x": ["2024-01-03 10:00", "2024-01-09 23:00"]}]}}
    assert compare_rule.span(table, "start", "dates") == {
        "type": "scalar_range",
        "column": "start",
        "low_value": "2024-01-03",
        "high_value": "2024-01-09",
    }


def test_marked_cells_of_two_categories_never_occur(project: Project, marked: dict[str, Any]) -> None:
    table = project.table
    marked["figure"] = {"selection": {"points": [{"customdata": ["Ghent", "East"]}, {"customdata": ["other", "East"]}]}}
    fields = compare_rule.cells(table, "town", "region", "figure")
    assert fields is not None
    rule = parse(fields)
    assert isinstance(rule, ForbiddenCombinations)
    assert rule.combinations == (("Ghent", "East"),)
    assert int(rule.violations(table.frame).sum()) == 80
    assert compare_rule.cells(table, "town", "net", "figure") is None


def test_the_made_rule_is_in_the_list_of_constraints(
    project: Project, marked: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_rule.state, "project", lambda: project)
    monkeypatch.setattr(compare_rule.state, "drop", lambda *keys: None)
    compare_rule._make({"type": "scalar_range", "column": "age", "low_value": 30})
    assert [rule.sentence() for rule in project.rules] == ["age is at least 30"]
    assert "Rule added" in marked[compare_rule.MADE]
