"""A database on Start and on Upload: from place to tables to query to project, and no password left behind."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import database_form
from synth_core import project as projects
from synth_core.databases import DatabaseTable, Question, read_query
from synth_core.errors import ReadingError
from tests.pages.conftest import open_page, words

SECRET = "s3cret-of-ann"


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A SQLite file with two tables."""
    path = tmp_path / "shop.db"
    with sqlite3.connect(path) as lite:
        lite.execute("create table visits (id integer, town text)")
        lite.executemany("insert into visits values (?, ?)", [(i, ("Ghent", "Bruges")[i % 2]) for i in range(120)])
        lite.execute('create table "Order lines" as select 1 as a')
    lite.close()
    return path


def at_tables(path: Path) -> AppTest:
    """Return Start with the tables of the file listed."""
    at = open_page("start")
    at.segmented_control(key="start.db_kind").set_value(database_form.SQLITE).run()
    at.text_input(key="start.db_path_db").set_value(str(path))
    at.button(key="start.db_list").click().run()
    assert not at.exception
    return at


def test_the_form_is_there_and_asks_for_a_server_first() -> None:
    at = open_page("start")
    assert at.text_input(key="start.db_host").value == "localhost"
    assert at.text_input(key="start.db_password").proto.type == at.text_input(key="start.db_password").proto.PASSWORD
    assert not [area for area in at.text_area if area.key == "start.db_query"]
    assert "kept nowhere" in words(at)


def test_tables_are_listed_and_the_query_follows_the_chosen_one(shop: Path) -> None:
    at = at_tables(shop)
    assert at.text_area(key="start.db_query").value == 'select * from "Order lines"'
    at.selectbox(key="start.db_table").set_value("visits").run()
    assert at.text_area(key="start.db_query").value == "select * from visits"


def test_an_answer_becomes_a_project_at_once(shop: Path) -> None:
    at = at_tables(shop)
    at.text_area(key="start.db_query").set_value("select * from visits where id < 110")
    at.number_input(key="start.db_rows").set_value(100)
    at.button(key="start.db_read").click().run()
    assert not at.exception
    assert at.title[0].value == "Upload"
    made = projects.projects()[0]
    assert (made.label, len(made.table)) == ("visits", 100)
    assert made.question is not None
    assert made.question.limit_rows == 100
    assert "more than 100 rows" in words(at)


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("delete from visits", "(DELETE)"),
        ("select * from vists", "Did you mean 'visits'?"),
        (" ", "query is empty"),
        ("", "query is empty"),
    ],
)
def test_a_query_that_cannot_be_read_gets_a_card_and_no_project(shop: Path, query: str, part: str) -> None:
    at = at_tables(shop)
    at.text_area(key="start.db_query").set_value(query)
    at.button(key="start.db_read").click().run()
    assert not at.exception
    assert part in at.error[0].value.replace("\\", "")
    assert projects.projects() == []


def test_a_file_that_is_not_there_gets_a_card(tmp_path: Path) -> None:
    at = at_tables(tmp_path / "nowhere.db")
    assert "There is no database file" in at.error[0].value
    assert not (tmp_path / "nowhere.db").exists()


@pytest.fixture
def pretended(monkeypatch: pytest.MonkeyPatch, shop: Path) -> list[Any]:
    """A server that is really the file; what it was told is kept."""
    told: list[Any] = []

    def tables(url: str, **given: Any) -> list[DatabaseTable]:
        told.append((url, given))
        if given.get("password") == "wrong":
            raise ReadingError("The database at host:5432 refused user 'ann': the password is wrong.")
        return [DatabaseTable("visits", 2, 120, "select * from visits")]

    def answer(url: str, query: str, **given: Any) -> Any:
        told.append((url, given))
        return read_query(f"sqlite:///{shop}", query)

    monkeypatch.setattr(database_form, "database_tables", tables)
    monkeypatch.setattr(database_form, "read_query", answer)
    return told


def secrets_in(at: AppTest) -> list[str]:
    """Return the session's keys whose value holds the password."""
    return [str(key) for key in at.session_state if SECRET in str(at.session_state[key])]


def test_the_password_is_used_and_then_gone_from_the_session(pretended: list[Any]) -> None:
    at = open_page("start")
    at.text_input(key="start.db_name").set_value("shop")
    at.text_input(key="start.db_user").set_value("ann")
    at.text_input(key="start.db_password").set_value(SECRET)
    at.button(key="start.db_list").click().run()
    assert secrets_in(at) == ["start.db_password"]
    at.button(key="start.db_read").click().run()
    assert at.title[0].value == "Upload"
    assert pretended[-1][1]["password"] == SECRET
    assert secrets_in(at) == []
    kept = b"".join(path.read_bytes() for path in projects.home().rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    assert b"ann@" not in kept
    assert projects.projects()[0].question == Question(
        url="postgresql://localhost:5432/shop", query="select * from visits"
    )


def test_a_wrong_password_gets_a_card_without_it(pretended: list[Any]) -> None:
    at = open_page("start")
    at.text_input(key="start.db_password").set_value("wrong")
    at.button(key="start.db_list").click().run()
    assert "the password is wrong" in at.error[0].value
    assert not [area for area in at.text_area if area.key == "start.db_query"]


def test_a_password_inside_a_url_moves_to_the_field_that_hides_it(pretended: list[Any]) -> None:
    at = open_page("start")
    at.segmented_control(key="start.db_kind").set_value(database_form.URL).run()
    at.text_input(key="start.db_url").set_value(f"postgresql://ann:{SECRET}@host/shop")
    at.button(key="start.db_list").click().run()
    assert not at.exception
    assert at.text_input(key="start.db_url").value == "postgresql://ann@host/shop"
    assert at.text_input(key="start.db_password").value == SECRET
    at.button(key="start.db_read").click().run()
    assert pretended[-1] == ("postgresql://ann@host/shop", pretended[-1][1] | {"password": SECRET})
    assert secrets_in(at) == []


def test_a_password_inside_a_url_moves_when_the_database_refuses_it_too(pretended: list[Any]) -> None:
    at = open_page("start")
    at.segmented_control(key="start.db_kind").set_value(database_form.URL).run()
    at.text_input(key="start.db_url").set_value("postgresql://ann:wrong@host/shop")
    at.button(key="start.db_list").click().run()
    assert "the password is wrong" in at.error[0].value
    assert at.text_input(key="start.db_url").value == "postgresql://ann@host/shop"
    assert at.text_input(key="start.db_password").value == "wrong"
    assert [str(key) for key in at.session_state if "wrong" in str(at.session_state[key])] == ["start.db_password"]
    at.run()
    assert len(pretended) == 1


def test_upload_asks_a_database_again(shop: Path) -> None:
    url = f"sqlite:///{shop}"
    question = Question.of(url, "select * from visits")
    made = projects.create("Visits", read_query(url, question.query), filename="shop", question=question)
    at = open_page("upload", made)
    assert at.text_area(key="upload.db.query").value == "select * from visits"
    at.text_area(key="upload.db.query").set_value("select * from visits where id < 50")
    at.button(key="upload.db.send").click().run()
    assert not at.exception
    assert len(projects.open_project(made.id).table) == 50
    at.text_area(key="upload.db.query").set_value("select * from nowhere")
    at.button(key="upload.db.send").click().run()
    assert "no table 'nowhere'" in at.error[0].value
    assert len(projects.open_project(made.id).table) == 50
