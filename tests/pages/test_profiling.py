"""Profile: alerts first, then columns, then pairs."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from pages.ui import alerts, cache
from synth_core import project as projects
from synth_core.errors import TableError
from synth_core.profile import Alert
from synth_core.profile.alerts import Action
from synth_core.project import Project
from synth_core.table import Role
from tests.pages.conftest import open_page, words


def test_without_a_project_it_points_to_start() -> None:
    assert "No table yet" in words(open_page("profiling"))


def test_alerts_come_first_and_a_column_has_its_picture(project: Project) -> None:
    at = open_page("profiling", project)
    assert at.subheader[0].value == "Look at this first"
    assert len(at.get("plotly_chart")) == 1
    assert at.get("plotly_chart")[0].proto.alt


def test_an_alert_becomes_a_rule_with_one_click(project: Project) -> None:
    at = open_page("profiling", project)
    button = next(button for button in at.button if button.label == "Make this a rule")
    button.click().run()
    assert not at.exception
    assert len(project.rules) == 1
    assert project.rules[0].violations(project.table.frame).sum() < len(project.table) / 10


def test_the_search_narrows_the_table_and_says_when_nothing_is_left(project: Project) -> None:
    at = open_page("profiling", project)
    at.text_input(key="profiling.search").set_value("tow").run()
    assert [frame.value["Column"].tolist() for frame in at.dataframe if "Column" in frame.value] == [["town"]]
    at.text_input(key="profiling.search").set_value("no such thing").run()
    assert not at.exception
    assert "No column has" in words(at)


def test_the_pairs_tab_draws_the_heat_map_and_one_pair(project: Project) -> None:
    at = open_page("profiling", project, **{"profiling.tab": "Pairs"})
    assert len(at.get("plotly_chart")) == 2
    assert at.selectbox(key="profiling.x").value != at.selectbox(key="profiling.y").value


def test_a_table_that_cannot_be_profiled_says_so(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(table: object) -> None:
        raise TableError("The table has a flaw. Mend it.")

    at = open_page("upload", project)
    monkeypatch.setattr("pages.ui.cache.profile", fail)
    at.switch_page("profiling.py").run()
    assert not at.exception
    assert "The table has a flaw" in at.error[0].value


def alert(code: str, *columns: str, severity: Literal["info", "watch"] = "info", **more: Any) -> Alert:
    return Alert(code=code, columns=list(columns), severity=severity, sentence=f"{columns}", consequence="So.", **more)


def test_three_alerts_of_one_sort_share_a_line_that_names_the_columns() -> None:
    rare = [alert("rare", name) for name in "abc"]
    zeros = [alert("zeros", name) for name in "de"]
    other = alert("rare", "f", severity="watch")
    lines = alerts.grouped([other, rare[0], zeros[0], *rare[1:], zeros[1]])
    assert lines == [[other], rare, [zeros[0]], [zeros[1]]]
    assert alerts.group_sentence(rare) == "3 columns have categories with fewer than 5 rows: 'a', 'b', 'c'."
    many = alerts.group_sentence([alert("rare", f"n{i}") for i in range(20)])
    assert many.endswith("'n11' and 8 more.")


def test_every_column_of_a_line_can_be_left_out_at_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [alert("constant", name, action=Action(kind="drop", column=name)) for name in ("town", "region", "net")]
    original = cache.profile
    monkeypatch.setattr("pages.ui.cache.profile", lambda table: original(table).model_copy(update={"alerts": found}))
    at = open_page("profiling", project)
    assert "3 columns hold one value only" in words(at)
    next(button for button in at.button if button.label == "Leave out all").click().run()
    assert not at.exception
    assert {name for name, choice in projects.open_project(project.id).choices.items() if choice.role is Role.DROP} == {
        "town",
        "region",
        "net",
    }


def test_a_category_is_shown_by_its_most_frequent_values(project: Project) -> None:
    at = open_page("profiling", project)
    frame = next(frame.value for frame in at.dataframe if "Column" in frame.value).set_index("Column")
    assert sorted(frame.loc["region", "Values"].split(", ")) == ["East", "West"]
    assert sorted(frame.loc["town", "Values"].split(", ")) == ["Aalst", "Bruges", "Ghent"]
