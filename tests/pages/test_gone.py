"""What a page deletes is gone from the server's memory too; what was removed after a run says so on each page."""

from __future__ import annotations

import gc
import weakref

import pytest

from pages.ui import cache, removed
from synth_core import project as projects
from synth_core.retention import remove_real_rows
from tests.pages.conftest import open_page, words
from tests.pages.judged_run import make_project, make_run


def judged_project() -> projects.Project:
    project = make_project()
    make_run(project)
    return project


def test_a_deleted_project_is_in_no_cache_and_no_session() -> None:
    project = judged_project()
    at = open_page("profiling", project)
    other = open_page("start", project)
    table = weakref.ref(cache.table(projects.open_project(project.id)))
    assert table() is not None
    at.session_state["shell.ask_delete"] = True
    at.run()
    at.button(key="shell.delete").click().run()
    assert not project.folder.exists()
    assert "state.project" not in at.session_state
    del project
    gc.collect()
    assert table() is None
    other.run()
    assert not other.exception


def test_a_run_is_deleted_on_the_generate_page_after_a_question() -> None:
    project = judged_project()
    run = project.runs()[0]
    at = open_page("generate", project)
    at.button(key="generate.delete").click().run()
    assert run.folder.exists(), "it asks first"
    at.button(key="generate.delete_now").click().run()
    assert not run.folder.exists()
    assert not at.exception
    assert "No synthetic table yet" in words(at)


@pytest.mark.parametrize("page", sorted(removed.NEEDING))
def test_each_page_that_needs_real_rows_says_what_no_longer_works(page: str) -> None:
    project = judged_project()
    remove_real_rows(project)
    at = open_page(page, project)
    assert removed.NEEDING[page] in words(at)
    assert at.button(key="removed.report")


@pytest.mark.parametrize("page", ["start", "report", "value"])
def test_the_other_pages_work_as_before(page: str) -> None:
    project = judged_project()
    remove_real_rows(project)
    at = open_page(page, project)
    assert "of this project were removed" not in words(at)


def test_test_data_of_a_schema_can_still_be_made() -> None:
    project = judged_project()
    remove_real_rows(project)
    at = open_page("test_data", project)
    assert "of this project were removed" in at.error[0].value
    assert at.segmented_control(key="test_data.source")


def test_the_switch_is_off_at_first_and_is_kept_and_logged() -> None:
    project = judged_project()
    at = open_page("generate", project)
    switch = at.toggle(key=f"generate.remove_{project.id}")
    assert switch.value is False
    switch.set_value(True).run()
    assert not projects.open_project(project.id).keeps_real_rows
    assert removed.KEEP in words(at)


def test_the_report_shows_the_log_and_whether_it_is_whole() -> None:
    project = judged_project()
    at = open_page("report", project, **{"report.audit": True})
    assert "The log was changed" not in words(at)
    assert any("Each holds the hash of the line before" in one.value for one in at.caption)
    text = project.log.read_text()
    project.log.write_text(text.replace('"what":"upload"', '"what":"nothing"'))
    at = open_page("report", project, **{"report.audit": True})
    assert "Line 1 was changed after it was written" in words(at)
