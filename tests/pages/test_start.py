"""Start: two ways in, recent projects, and what happens with a file that is not a table."""

from __future__ import annotations

import pytest

from synth_core import project as projects
from synth_core.demos import DEMOS
from synth_core.patterns import PATTERNS
from synth_core.project import Project
from tests.pages.conftest import open_page, table_text, words


def test_a_first_visit_shows_what_simile_does_and_every_demo() -> None:
    at = open_page("start")
    text = words(at)
    assert "1 · Real" in text
    assert "3 · Proof" in text
    for demo in DEMOS.values():
        assert demo.title in text


def test_a_second_visit_lists_the_projects_instead(project: Project) -> None:
    at = open_page("start")
    text = words(at)
    assert "1 · Real" not in text
    assert "Visits" in text
    at.button(key=f"start.open_{project.id}").click().run()
    assert at.query_params["project"] == project.id
    assert at.title[0].value == "Upload"


def test_an_uploaded_table_becomes_a_project_at_once() -> None:
    at = open_page("start")
    at.file_uploader(key="start.file").upload("visits.csv", table_text().encode()).run()
    assert not at.exception
    assert [made.label for made in projects.projects()] == ["visits"]
    assert at.title[0].value == "Upload"


@pytest.mark.parametrize(
    ("name", "data"), [("empty.csv", b""), ("header.csv", b"a,b,c\n"), ("broken.xlsx", b"PK nothing")]
)
def test_a_file_that_is_not_a_table_gets_a_card_and_no_project(name: str, data: bytes) -> None:
    at = open_page("start")
    at.file_uploader(key="start.file").upload(name, data).run()
    assert not at.exception
    assert len(at.error) == 1
    assert name in at.error[0].value.replace("\\", "")
    assert projects.projects() == []


def test_a_demo_is_one_click_away_with_its_target_set() -> None:
    at = open_page("start")
    at.button(key="start.demo_loans").click().run()
    assert not at.exception
    made = projects.projects()[0]
    assert made.table.target is not None
    assert made.table.target.name == DEMOS["loans"].target
    assert at.title[0].value == "Upload"


def test_a_project_in_the_address_that_is_gone_is_said_in_one_sentence() -> None:
    from streamlit.testing.v1 import AppTest

    from tests.pages.conftest import SHELL

    at = AppTest.from_file(str(SHELL), default_timeout=30)
    at.query_params["project"] = "0" * 32
    at.run()
    at.switch_page("upload.py").run()
    assert not at.exception
    assert "No table yet" in words(at)


def test_deleting_asks_first_and_then_removes_the_project(project: Project) -> None:
    at = open_page("upload", project)
    at.session_state["shell.ask_delete"] = True
    at.run()
    assert projects.projects()
    at.button(key="shell.delete").click().run()
    assert projects.projects() == []


def test_a_job_leads_along_its_pages_with_its_defaults() -> None:
    at = open_page("start")
    at.button(key="start.guide_share").click().run()
    assert not at.exception
    made = projects.projects()[0]
    assert made.guide is not None
    assert made.guide.name == "share"
    assert made.draft.params["privacy"] == "private"
    assert "Share privately" in words(at)
    assert made.guide.steps[0].task in words(at)
    assert at.button(key="step.next").label == "Next: Profile"
    at = open_page("generate", made)
    assert at.button(key="step.next").label == "Next: Privacy"  # without a guide it is Compare
    at.button(key="guide.leave").click().run()
    assert projects.open_project(made.id).guide is None
    assert at.button(key="step.next").label == "Next: Compare"


def test_an_uploaded_table_follows_the_job_that_was_chosen() -> None:
    at = open_page("start")
    at.pills(key="start.path").set_value("share").run()
    at.file_uploader(key="start.file").upload("visits.csv", table_text().encode()).run()
    assert not at.exception
    assert projects.projects()[0].guide is PATTERNS["share"]
