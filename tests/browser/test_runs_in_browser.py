"""A run outlives the page that started it; it can be cancelled, and says why when it fails."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core import jobs
from synth_core import project as projects
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.run import Run
from tests.browser.conftest import Server
from tests.browser.studio import at, download, expect_tile, inside, named, people_project, settled

LONG = Recipe(method="trees", rows=100_000_000)  # minutes of work; every test cancels it
MADE = "Number((document.querySelector('[data-testid=stMain]').innerText.match(/([\\d,]+) of 100,000,000 rows/)"
MADE += " || ['', '-1'])[1].replaceAll(',', ''))"


def rows_made(page: Page) -> int:
    """Return how many rows the page says are made; -1 while it does not say."""
    return int(page.evaluate(f"() => {MADE}"))


def expect_more_rows(page: Page, than: int) -> None:
    """Wait until the page says that more rows are made."""
    page.wait_for_function(f"than => {MADE} > than", arg=than)


def start_long_run(server: Server, open_page: Callable[..., Page], label: str) -> tuple[Page, Project]:
    """Press the button on the Generate page and wait until the run has moved."""
    project = people_project(server.home, label)
    with inside(server.home):
        project.set_draft(LONG)
    page = at(open_page(server.page("generate", project.id)), "generate")
    named(page, "generate.start").get_by_role("button").click()
    expect(named(page, "generate.cancel").get_by_role("button")).to_be_visible()
    expect_more_rows(page, 0)
    return page, project


def only_run(server: Server, project: Project) -> Run:
    """Return the run of a project that has one."""
    with inside(server.home):
        (run,) = projects.open_project(project.id).runs()
    return run


def test_a_run_survives_reload_second_tab_and_page_switch(server: Server, open_page: Callable[..., Page]) -> None:
    page, project = start_long_run(server, open_page, "Long")
    run = only_run(server, project)

    page.reload()
    at(page, "generate")
    expect(named(page, "generate.start").get_by_role("button")).to_be_disabled()
    expect_more_rows(page, max(rows_made(page), 0))

    other = page.context.new_page()
    other.goto(server.page("generate", project.id))
    at(other, "generate")
    expect_more_rows(other, max(rows_made(other), 0))
    other.close()

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Compare").click()
    at(page, "compare")
    expect(page.get_by_text("A run is at work")).to_be_visible()
    expect(named(page, "shell_run").get_by_role("progressbar")).to_be_visible()
    page.get_by_role("button", name="Watch it").click()
    at(page, "generate")
    expect_more_rows(page, 0)

    assert only_run(server, project).id == run.id, "looking must not start another run"
    assert run.status().state == "running"
    with inside(server.home):
        jobs.cancel(run)


def test_cancel_on_the_page_ends_the_run_and_its_process(server: Server, open_page: Callable[..., Page]) -> None:
    page, project = start_long_run(server, open_page, "To cancel")
    named(page, "generate.cancel").get_by_role("button").click()
    expect(page.get_by_text("This run was cancelled.")).to_be_visible()
    expect(named(page, "generate.resume").get_by_role("button")).to_be_enabled()
    expect(named(page, "generate.start").get_by_role("button")).to_be_enabled()
    run = only_run(server, project)
    assert run.status().state == "cancelled"
    assert not run.alive()


def test_cancel_above_the_page_works_on_every_page(server: Server, open_page: Callable[..., Page]) -> None:
    page, project = start_long_run(server, open_page, "To cancel elsewhere")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Upload").click()
    at(page, "upload")
    named(page, "shell.cancel").get_by_role("button").click()
    expect(named(page, "shell.cancel")).to_have_count(0)
    expect(named(page, "shell_run")).to_have_count(0)
    settled(page)
    run = only_run(server, project)
    assert run.status().state == "cancelled"
    assert not run.alive()


def test_an_open_page_goes_on_with_the_server_that_takes_a_killed_ones_place(
    fresh_server: Server, open_page: Callable[..., Page]
) -> None:
    server = fresh_server
    page, project = start_long_run(server, open_page, "Killed server")
    run, port = only_run(server, project), server.port
    server.kill()
    assert run.status().state == "running", "it does not need the server"
    shown = rows_made(page)
    server.start(port)
    expect_more_rows(page, shown)
    assert only_run(server, project).id == run.id, "nothing was started twice"

    named(page, "generate.cancel").get_by_role("button").click()
    expect(page.get_by_text("This run was cancelled.")).to_be_visible()

    short = people_project(server.home, "Over meanwhile")
    with inside(server.home):
        short.set_draft(Recipe(method="independent", rows=123))
    page.goto(server.page("generate", short.id))
    at(page, "generate")
    named(page, "generate.start").get_by_role("button").click()
    expect(named(page, "generate.cancel").get_by_role("button")).to_be_visible()
    server.kill()
    run = only_run(server, short)
    while run.status().active:
        page.wait_for_timeout(100)
    server.start(port)
    expect_tile(page, "Rows made", "123")
    settled(page)


def test_a_run_that_fails_says_why_and_what_to_try(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home, "To fail")
    with inside(server.home):
        project.set_draft(Recipe(method="independent", rows=200, where="age > 500"))
    page = at(open_page(server.page("generate", project.id)), "generate")
    named(page, "generate.start").get_by_role("button").click()
    expect(page.get_by_text("What you can try")).to_be_visible()
    expect(page.get_by_test_id("stAlert").filter(has_text="Stopped")).to_contain_text("age is above 500")
    settled(page)
    run = only_run(server, project)
    assert run.status().state == "failed"
    log = download(page, "generate.log").read_text(encoding="utf-8")
    assert log.strip()
    assert "R-000" not in log, "no cell of the table is in the log"
