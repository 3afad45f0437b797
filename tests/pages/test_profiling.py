"""Profile: alerts first, then columns, then pairs."""

from __future__ import annotations

import pytest

from synth_core.errors import TableError
from synth_core.project import Project
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
