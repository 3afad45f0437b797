"""The frame around every page: navigation, project, run line, lamp."""

from __future__ import annotations

import doctest
import os
import time

import pytest

from pages.ui import parts, theme
from pages.ui.parts import PAGES
from synth_core import jobs
from synth_core.project import Project
from synth_core.run import Run, Status
from tests.pages.conftest import open_page


def running(project: Project) -> Run:
    """Return a run that this process pretends to do."""
    run = project.new_run(project.draft)
    jobs.remember_process(run, os.getpid())
    run.write_status(Status(state="running", stage="Learn", share=0.43, started=time.time(), seconds_left=75))
    return run


@pytest.mark.parametrize("page", list(PAGES))
def test_every_page_opens_without_a_project(page: str) -> None:
    at = open_page(page)
    assert len(at.title) == 1
    assert any("Data stays on this machine" in caption.value for caption in at.sidebar.caption)


def test_the_sidebar_names_the_project_on_every_page(project: Project) -> None:
    for page in ("upload", "constraints", "report"):
        at = open_page(page, project)
        assert any("Visits" in item.value for item in at.sidebar.markdown), page


def test_a_run_at_work_is_shown_on_every_page_with_its_time(project: Project) -> None:
    running(project)
    at = open_page("profiling", project)
    assert [button.label for button in at.main.button if button.key == "shell.cancel"] == ["Cancel"]
    text = at.main.get("progress")[0].proto.text
    assert "Learn" in text
    assert text.endswith("1 min 15 s left")


def test_a_run_that_ends_is_announced_once(project: Project) -> None:
    run = running(project)
    at = open_page("upload", project)
    run.write_status(Status(state="done", share=1.0))
    at.session_state["watch.over"] = run.id
    at.run()
    assert len(at.toast) == 1
    assert "judged" in at.toast[0].value
    at.run()
    assert len(at.toast) == 0


def test_a_damaged_project_is_said_and_the_others_stay_open(project: Project) -> None:
    at = open_page("upload", project)
    (project.folder / "project.json").write_text("{")
    at.run()
    assert not at.exception
    assert "cannot be opened" in at.error[0].value


def test_numbers_are_written_as_people_read_them() -> None:
    assert doctest.testmod(theme).failed == doctest.testmod(parts).failed == 0
    assert doctest.testmod(theme).attempted >= 5
