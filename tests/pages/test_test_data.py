"""Test data: without a project, with one, with a schema that is wrong, and to the end."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from streamlit.testing.v1 import AppTest

from pages.ui.test_data_source import FIRST
from synth_core.project import Project
from synth_core.testdata import orders
from tests.pages.conftest import open_page, words

SCHEMA = """\
name: people
rows: 50
columns:
  id: {kind: integer, unique: true, distribution: sequence}
  age: {kind: integer, min: 18, max: 90}
"""


def labels(at: AppTest) -> list[str]:
    return [field.label for field in at.number_input]


def ended(at: AppTest) -> orders.OrderRun:
    """Return the order of the page when it is over."""
    run = orders.orders()[0]
    end = time.monotonic() + 60
    while run.status().active and time.monotonic() < end:
        time.sleep(0.05)
    at.run()
    assert not at.exception
    return run


def test_it_opens_without_a_project_and_shows_rows_at_once() -> None:
    at = open_page("test_data")
    assert "customers" in words(at)
    assert len(at.dataframe[0].value) == 20
    assert not at.error


def test_an_error_in_the_schema_is_a_card_with_its_line() -> None:
    at = open_page("test_data", **{"test_data.text": "columns:\n  a: integer\n  b: {kind: integr}"})
    assert "Line 3, column 'b'" in at.error[0].value
    assert not [button for button in at.button if button.key == "test_data.make"]


def test_every_case_once_fills_the_counts_and_tags_the_glance() -> None:
    at = open_page("test_data", **{"test_data.text": SCHEMA})
    at.button(key="test_data.all").click().run()
    assert not at.exception
    shown = at.dataframe[0].value
    assert {"boundary", "broken", "duplicate"} <= {str(tag).partition(":")[0] for tag in shown["simile_case"]}
    at.button(key="test_data.none").click().run()
    assert "simile_case" not in at.dataframe[0].value


def test_the_grid_begins_with_what_was_left_in_it() -> None:
    left = FIRST.assign(name=["code", "name", "years", "plan", "joined"]).head(4)
    at = open_page("test_data", **{"test_data.how": "As a table", "test_data.grid_left": left})
    assert list(at.dataframe[-1].value.columns) == ["code", "name", "years", "plan"]
    assert "people** (4 columns" in words(at)


def test_words_in_wrong_places_are_not_offered_where_columns_have_a_type() -> None:
    at = open_page("test_data", **{"test_data.text": SCHEMA, "test_data.form": "parquet"})
    assert any(label.startswith("Wrong type (a column has one type") for label in labels(at))


def test_a_schema_becomes_a_table_in_a_database_and_the_page_says_so(tmp_path: Path) -> None:
    state = {"test_data.text": SCHEMA, "test_data.form": "database", "test_data.db_path": str(tmp_path / "x.db")}
    at = open_page("test_data", **state)
    at.button(key="test_data.make").click().run()
    assert not at.exception
    run = ended(at)
    assert run.status().state == "done", run.status().error
    assert "people**: 50 rows" in words(at)
    with sqlite3.connect(tmp_path / "x.db") as lite:
        assert lite.execute("select count(*), min(age) >= 18 from people").fetchone() == (50, 1)
    at.button(key="test_data.make").click().run()
    assert ended(at).status().state == "failed"
    assert "There is a table 'people'" in at.error[0].value


def test_a_missing_file_name_is_said_before_anything_starts() -> None:
    at = open_page("test_data", **{"test_data.text": SCHEMA, "test_data.form": "database"})
    at.button(key="test_data.make").click().run()
    assert "Write the folder and the name" in at.error[0].value
    assert not orders.orders()


def test_a_projects_table_is_the_source_where_one_is_open(ruled: Project) -> None:
    at = open_page("test_data", ruled)
    assert "3 rules" in words(at)
    at.button(key="test_data.all").click().run()
    assert not at.exception
    shown = at.dataframe[0].value
    real = ruled.table.frame
    assert not set(shown["id"].dropna()) & set(real["id"])
    assert not set(shown["email"].dropna()) & set(real["email"])
    assert any(str(tag).startswith("broken: ") for tag in shown["simile_case"])
