"""Constraints: suggestions, rules with live counts, their pictures, and the ways out."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from pages.ui import cache, rule_book, rule_combinations, rule_list
from pages.ui.table_preview import written
from synth_core import project as projects
from synth_core.constraints.kinds import KINDS, FixedCombinations, ScalarRange, parse
from synth_core.project import Project
from synth_core.reading import table_from_frame
from tests.pages.conftest import open_page, words


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in words(open_page("constraints"))


def test_without_rules_it_says_what_was_found(project: Project) -> None:
    at = open_page("constraints", project)
    assert "No rules yet" in words(at)


def test_every_rule_is_a_sentence_with_its_count(ruled: Project) -> None:
    at = open_page("constraints", ruled)
    text = words(at)
    assert "net \\+ tax equals gross" in text
    badges = [str(item.value) for item in at.markdown if "broken" in str(item.value)]
    assert any("0 broken" in badge for badge in badges)
    assert any("of 240 broken" in badge for badge in badges)


def test_a_suggestion_is_accepted_with_one_click_and_can_be_undone(project: Project) -> None:
    at = open_page("constraints", project)
    accept = [button for button in at.button if button.label.startswith("Accept :gray[")]
    assert accept, "discovery finds rules in this table"
    accept[0].click().run()
    assert not at.exception
    assert len(project.rules) == 1
    at.button(key="constraints.undo").click().run()
    assert project.rules == []
    at.button(key="constraints.redo").click().run()
    assert len(project.rules) == 1


@pytest.fixture
def forgotten() -> Iterator[None]:
    """Rules are looked for anew, whatever other tests found, and what is found stays in this test."""
    cache.suggestions.clear()
    yield
    cache.suggestions.clear()


@pytest.mark.usefixtures("forgotten")
def test_a_large_table_is_not_waited_for(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth_core.constraints import discovery

    go, found = threading.Event(), discovery.discover
    monkeypatch.setattr(discovery, "discover", lambda train: found(train) if go.wait(30) else [])
    monkeypatch.setattr(rule_list, "MANY_ROWS", 100)
    at = open_page("constraints", project)
    assert not at.exception
    assert "Looking for rules in 240 rows" in words(at)
    assert at.button(key="step.next")  # the page is whole meanwhile
    go.set()
    cache.suggestions(project.table, project.draft.holdout, project.draft.seed).done(30)
    at.run()
    assert "Found in your data" in words(at)


@pytest.mark.usefixtures("forgotten")
def test_rules_that_cannot_be_looked_for_are_said_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    from synth_core.constraints import discovery

    monkeypatch.setattr(discovery, "discover", lambda train: train.no_such_thing)
    at = open_page("constraints", project)
    assert not at.exception
    assert "Looking for rules in this table failed" in words(at)


def test_every_kind_of_rule_has_a_picture(project: Project) -> None:
    given = [
        {"type": "scalar_range", "id": "a", "column": "start", "low_value": "2024-01-05"},
        {"type": "inequality", "id": "b", "low_column": "start", "high_column": "end"},
        {"type": "fixed_combinations", "id": "c", "columns": ["town", "region"]},
        {"type": "implies", "id": "d", "if": "town = 'Ghent'", "then": "region = 'East'"},
        {"type": "sum_equals", "id": "e", "columns": ["net", "tax"], "total": "gross"},
        {"type": "not_null", "id": "f", "column": "age"},
        {"type": "unique", "id": "g", "columns": ["id"]},
        {"type": "scalar_inequality", "id": "h", "column": "net", "relation": ">", "value": 1},
        {"type": "allowed_values", "id": "i", "column": "town", "values": ["Ghent", "Bruges", "Aalst"]},
        {"type": "forbidden_values", "id": "j", "column": "town", "values": ["Lier"]},
        {"type": "range", "id": "k", "low_column": "tax", "middle_column": "net", "high_column": "gross"},
        {"type": "chained_inequality", "id": "l", "columns": ["tax", "net", "gross"]},
        {
            "type": "forbidden_combinations",
            "id": "m",
            "columns": ["town", "region"],
            "combinations": [["Aalst", "West"]],
        },
        {"type": "functional_dependency", "id": "n", "determinants": ["town"], "dependent": "region"},
        {"type": "null_together", "id": "o", "columns": ["town", "region"]},
        {"type": "null_if", "id": "p", "column": "age", "when": "net < 0"},
        {"type": "formula", "id": "q", "output": "gross", "expression": "net + tax"},
        {"type": "increment", "id": "r", "column": "net", "increment_value": 1},
        {"type": "precision", "id": "s", "column": "net", "decimals": 0},
        {"type": "format", "id": "t", "column": "town", "max_length": 9},
        {"type": "monotonic", "id": "u", "column": "net", "order_by": "gross"},
        {"type": "sequence_rule", "id": "v", "column": "town", "order_by": "start"},
        {"type": "share", "id": "w", "column": "town", "probabilities": {"Ghent": 0.3}},
        {"type": "custom", "id": "x", "expression": "net > tax"},
        {"type": "one_hot", "id": "y", "columns": ["net", "tax"]},
    ]
    assert {item["type"] for item in given} == set(KINDS)
    project.set_rules([parse(item).fitted(project.table) for item in given])
    at = open_page("constraints", project)
    for item in given:
        at.session_state["constraints.chosen"] = item["id"]
        at.run()
        assert not at.exception, item
        if item["type"] == "one_hot":
            assert "no cell of 'net' is 0 or 1" in words(at)
            continue
        assert len(at.error) == 0, item
        if item["type"] == "format":
            assert "Have the form" in words(at)
        else:
            assert len(at.get("plotly_chart")) == 1, item


def test_the_number_fields_move_the_bounds(ruled: Project) -> None:
    at = open_page("constraints", ruled, **{"constraints.chosen": "range"})
    at.number_input(key="constraints.low_value_range").set_value(25).run()
    assert not at.exception
    changed = next(rule for rule in ruled.rules if rule.id == "range")
    assert isinstance(changed, ScalarRange)
    assert changed.low_value == 25


def test_loosen_to_fit_leaves_no_broken_row(ruled: Project) -> None:
    at = open_page("constraints", ruled, **{"constraints.chosen": "range"})
    at.button(key="constraints.loosen").click().run()
    assert not at.exception
    rule = next(rule for rule in ruled.rules if rule.id == "range")
    assert not rule.violations(ruled.table.frame).any()
    assert "Every real row keeps this rule" in words(at)


def test_dropped_rows_can_be_brought_back(ruled: Project) -> None:
    at = open_page("constraints", ruled, **{"constraints.chosen": "order"})
    at.button(key="constraints.drop").click().run()
    assert not at.exception
    assert len(projects.open_project(ruled.id).table) == 237
    assert "3 real rows are left out" in words(at)
    at.button(key="constraints.bring_back").click().run()
    assert len(projects.open_project(ruled.id).table) == 240
    for name, rows in (("undo", 237), ("undo", 240), ("redo", 237)):
        at.button(key=f"constraints.{name}").click().run()
        assert not at.exception
        assert len(projects.open_project(ruled.id).table) == rows
    assert len(projects.open_project(ruled.id).rules) == 3


def test_a_soft_rule_is_marked_and_can_be_made_hard_again(ruled: Project) -> None:
    at = open_page("constraints", ruled, **{"constraints.chosen": "order"})
    at.button(key="constraints.soft").click().run()
    assert not next(rule for rule in ruled.rules if rule.id == "order").hard
    at.button(key="constraints.soft").click().run()
    assert next(rule for rule in ruled.rules if rule.id == "order").hard


def test_a_rule_can_be_switched_off_and_deleted(ruled: Project) -> None:
    at = open_page("constraints", ruled)
    at.toggle(key="constraints.on_sum_True").set_value(False).run()
    assert not next(rule for rule in ruled.rules if rule.id == "sum").enabled
    at.button(key="constraints.delete_sum").click().run()
    assert [rule.id for rule in ruled.rules] == ["order", "range"]


def test_a_rule_that_fits_the_table_no_more_says_so(project: Project) -> None:
    project.set_rules([parse({"type": "not_null", "id": "gone", "column": "salary"})])
    at = open_page("constraints", project)
    assert "Does not fit the table" in words(at)
    assert "there is no column 'salary'" in words(at)


def test_the_dialog_edits_a_rule_and_keeps_its_id(ruled: Project) -> None:
    at = open_page("constraints", ruled)
    at.button(key="constraints.edit_range").click().run()
    assert not at.exception
    at.text_input(key="constraints.form.high_value").set_value("70")
    at.button(key="constraints.save").click().run()
    assert not at.exception
    rule = next(rule for rule in ruled.rules if rule.id == "range")
    assert isinstance(rule, ScalarRange)
    assert (rule.low_value, rule.high_value) == (30, 70)


def test_the_dialog_does_not_save_a_rule_that_is_not_right(ruled: Project) -> None:
    at = open_page("constraints", ruled)
    at.button(key="constraints.edit_range").click().run()
    at.text_input(key="constraints.form.low_value").set_value("soon")
    at.button(key="constraints.save").click().run()
    assert not at.exception
    rule = next(rule for rule in ruled.rules if rule.id == "range")
    assert isinstance(rule, ScalarRange)
    assert rule.low_value == 30


def test_a_click_on_the_matrix_allows_and_forbids_a_pair(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    made = parse({"type": "fixed_combinations", "id": "pairs", "columns": ["town", "region"]}).fitted(project.table)
    project.set_rules([made])
    kept: dict[str, Any] = {}
    monkeypatch.setattr(rule_combinations.state, "get", lambda key, default: kept.get(key, default))
    monkeypatch.setattr(rule_combinations.state, "put", kept.__setitem__)
    monkeypatch.setattr(rule_combinations.state, "drop", lambda *keys: None)

    def click(town: str, region: str) -> set[tuple[Any, ...]]:
        rule = project.rules[0]
        assert isinstance(rule, FixedCombinations)
        kept["figure"] = {"selection": {"points": [{"customdata": [town, region, 1]}]}}
        rule_combinations._click(project, rule, rule_combinations.counts_of(project.table, rule), "figure")
        changed = project.rules[0]
        assert isinstance(changed, FixedCombinations)
        return set(changed.combinations or ())

    everything = {("Ghent", "East"), ("Bruges", "West"), ("Aalst", "East")}
    assert click("Ghent", "East") == everything - {("Ghent", "East")}
    assert click("Ghent", "East") == everything
    assert click("Ghent", "West") == everything | {("Ghent", "West")}
    assert click("Ghent", "West") == everything


def test_a_rule_that_says_the_same_as_one_in_the_list_is_not_suggested() -> None:
    kept = parse({"type": "implies", "if": "town = 'Ghent'", "then": "region = 'East'", "on_null": "violates"})
    found = parse({"type": "implies", "if": "town == 'Ghent'", "then": "region = 'East'"})
    other = parse({"type": "implies", "if": "town = 'Ghent'", "then": "region = 'West'"})
    assert not rule_book.same(found, kept)
    assert rule_book.covered(found, [kept])
    assert not rule_book.covered(other, [kept])


def test_broken_rows_write_their_numbers_and_dates_as_every_table_does() -> None:
    cells = pd.DataFrame({"weight": [42.5, 0.123456], "stays": [3, 12000], "day": pd.to_datetime(["2024-01-20"] * 2)})
    ways = written(table_from_frame(cells).columns)
    texts = [[ways[name](cell) for cell in cells[name]] for name in cells]
    assert texts == [["42.5", "0.1235"], ["3", "12000"], ["2024-01-20", "2024-01-20"]]


FORMS: list[tuple[str, dict[str, Any], str]] = [
    ("scalar_inequality", {"column": "net", "relation": ">=", "value": "100"}, "net is at least 100"),
    ("allowed_values", {"column": "town", "values": ["Ghent", "Lier"]}, "town is 'Ghent' or 'Lier'"),
    ("range", {"low_column": "tax", "middle_column": "net", "high_column": "gross"}, "net is between tax and gross"),
    ("chained_inequality", {"columns": ["tax", "net", "gross"]}, "tax ≤ net ≤ gross"),
    (
        "functional_dependency",
        {"determinants": ["town"], "dependent": "region"},
        "town determines region",
    ),
    ("null_if", {"column": "age", "when": "net < 0"}, "age is missing where net is below 0"),
    ("formula", {"output": "gross", "expression": "net + tax"}, "gross equals net + tax"),
    ("increment", {"column": "net", "increment_value": 5.0}, "net is a multiple of 5"),
    ("precision", {"column": "net", "decimals": 1}, "net has at most 1 decimal"),
    ("format", {"column": "town", "max_length": 9}, "town has at most 9 characters"),
    ("monotonic", {"column": "net", "order_by": "start", "direction": "decreasing"}, "net never rises by start"),
    ("share", {"column": "town"}, "the shares of town are 0.3333 Ghent, 0.3333 Bruges, 0.3333 Aalst (within 0.01)"),
    ("custom", {"expression": "net > tax"}, "net is above tax"),
    (
        "forbidden_combinations",
        {"columns": ["town", "region"], "cell_town": "Aalst", "cell_region": "West"},
        "town and region are never Aalst, West",
    ),
]


@pytest.mark.parametrize(("kind", "fields", "sentence"), FORMS, ids=[kind for kind, *_ in FORMS])
def test_every_kind_has_a_form_of_its_fields(
    project: Project, kind: str, fields: dict[str, Any], sentence: str
) -> None:
    at = open_page("constraints", project, **{"constraints.dialog": (kind, "")})
    for name, value in fields.items():
        at.session_state[f"constraints.form.{name}"] = value
    at.button(key="constraints.save").click().run()
    assert not at.exception
    said = at.session_state["constraints.form.problem"] if not project.rules else ""
    assert [rule.sentence() for rule in project.rules] == [sentence], said


def test_an_expression_that_is_wrong_shows_where(project: Project) -> None:
    project.set_rules([parse({"type": "custom", "id": "wrong", "expression": "net > taks"})])
    at = open_page("constraints", project, **{"constraints.dialog": ("custom", "wrong")})
    assert "there is no column 'taks'" in words(at).replace("\\", "")
    assert [code.value for code in at.code] == ["net > taks\n      ^"]


def test_editing_a_rule_keeps_what_was_learned_and_its_condition(project: Project) -> None:
    given = {"type": "functional_dependency", "id": "town", "determinants": ["town"], "dependent": "region"}
    rule = parse(given | {"mapping": [["Ghent", "West"]], "when": "net > 0"})
    project.set_rules([rule])
    at = open_page("constraints", project)
    at.button(key="constraints.edit_town").click().run()
    at.text_input(key="constraints.form.description").set_value("Told by the office")
    at.button(key="constraints.save").click().run()
    assert not at.exception
    assert project.rules == [rule.model_copy(update={"description": "Told by the office"})]


def test_rules_that_contradict_each_other_name_each_other(project: Project) -> None:
    given = [
        {"type": "scalar_range", "id": "low", "column": "age", "high_value": 30},
        {"type": "not_null", "id": "other", "column": "net"},
        {"type": "scalar_inequality", "id": "high", "column": "age", "relation": ">", "value": 60},
    ]
    project.set_rules([parse(item) for item in given])
    at = open_page("constraints", project)
    badges = [str(item.value) for item in at.markdown if "Contradicts" in str(item.value)]
    assert ["rule 3" in badges[0], "rule 1" in badges[1], len(badges)] == [True, True, 2]
    assert "contradict each other" in str(at.error[0].value)
    project.set_rules([rule.model_copy(update={"hard": rule.id != "high"}) for rule in project.rules])
    assert "Contradicts" not in words(open_page("constraints", project))


def test_rules_come_from_a_file_and_the_wrong_ones_say_why(project: Project) -> None:
    at = open_page("constraints", project)
    name = project.table.names[0]
    given = [{"type": "not_null", "column": name}, {"type": "not_null", "column": f"{name}x"}, {"type": "nul"}]
    at.file_uploader(key="constraints.rule_file").upload("rules.json", json.dumps(given).encode()).run()
    assert not at.exception
    assert [rule.type for rule in project.rules] == ["not_null"]
    text = words(at)
    assert "1 rule added" in text
    assert "Rule 2 of 3 was left out" in text
    assert "Did you mean" in text
    at.button(key="constraints.undo").click().run()
    assert project.rules == []


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"[{", "not JSON"),
        (b"\xff\xfe\x00", "not a text file"),
        (b'{"version": 7, "rules": []}', "version 7"),
        (b'[{"type": "not_null", "column": "of another table"}]', "another table"),
    ],
)
def test_a_rule_file_that_cannot_be_used_is_one_sentence_and_changes_nothing(
    ruled: Project, data: bytes, said: str
) -> None:
    before = ruled.rules
    at = open_page("constraints", ruled)
    at.file_uploader(key="constraints.rule_file").upload("rules.json", data).run()
    assert not at.exception
    assert said in words(at)
    assert ruled.rules == before
