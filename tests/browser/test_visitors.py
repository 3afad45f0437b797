"""Files come in through the browser, good and bad; two visitors stay apart; a restart loses nothing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from synth_core.constraints.kinds import parse
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import at, expect_tile, inside, named, people_csv, people_project, settled

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 8
BAD = {
    "picture.csv": PNG,
    "empty.csv": b"",
    "header.csv": b"age,income,plan\n",
}


def upload(page: Page, name: str, data: bytes) -> None:
    """Give a file to the uploader of the Start page."""
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": data})


def test_an_uploaded_file_becomes_a_project(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.url), "start")
    upload(page, "people.csv", people_csv(321))
    at(page, "upload")
    expect_tile(page, "Rows", "321")
    expect(named(page, "shell_project")).to_contain_text("people")
    expect(page).to_have_url(re.compile(r"/upload\?project=[0-9a-f]{32}$"))


@pytest.mark.parametrize("name", list(BAD))
def test_a_file_that_is_no_table_says_so_and_harms_nothing(
    server: Server, open_page: Callable[..., Page], name: str
) -> None:
    project = people_project(server.home, f"Before {name}", rows=123)
    page = at(open_page(server.page("start", project.id)), "start")
    upload(page, name, BAD[name])
    card = page.get_by_test_id("stAlert")
    expect(card).to_contain_text(f"{name} cannot be read")
    settled(page)
    said = card.inner_text()
    assert "Traceback" not in said
    assert said.rstrip().endswith("."), said
    expect(named(page, "shell_project")).to_contain_text(f"Before {name}")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Upload").click()
    at(page, "upload")
    expect_tile(page, "Rows", "123")


def test_two_visitors_work_apart(server: Server, open_page: Callable[..., Page]) -> None:
    one = at(open_page(server.url), "start")
    upload(one, "mine.csv", people_csv(111))
    at(one, "upload")
    other = at(open_page(server.url), "start")
    upload(other, "yours.csv", people_csv(222))
    at(other, "upload")
    for page, label, rows in ((one, "mine", "111"), (other, "yours", "222")):
        page.reload()
        at(page, "upload")
        expect(named(page, "shell_project")).to_contain_text(label)
        expect_tile(page, "Rows", rows)
    assert one.url.split("project=")[1] != other.url.split("project=")[1]

    third = at(open_page(server.page("upload")), "upload")
    expect(third.get_by_text("No table yet.")).to_be_visible()


def test_three_people_at_once_each_see_their_own_run_and_no_other(
    server: Server, open_page: Callable[..., Page]
) -> None:
    pages = {}
    for label, rows, made in (("Ada's", 130, 51), ("Bo's", 260, 62), ("Cy's", 390, 73)):
        project = people_project(server.home, label, rows)
        with inside(server.home):
            project.set_draft(Recipe(method="independent", rows=made))
        pages[label] = at(open_page(server.page("generate", project.id)), "generate"), project, rows, made
    for page, *_ in pages.values():
        named(page, "generate.start").get_by_role("button").click()
    for label, (page, project, rows, made) in pages.items():
        expect(page.get_by_text("The first 50 synthetic rows")).to_be_visible(timeout=180_000)  # one after the other
        expect_tile(page, "Rows made", str(made))
        settled(page)
        (run,) = project.runs()
        card = run.scorecard()
        assert card is not None
        assert (card.rows_train + card.rows_holdout, card.rows_synthetic) == (rows, made)
        page.get_by_test_id("stSidebarNav").get_by_role("link", name="Compare").click()
        at(page, "compare")
        text = page.get_by_test_id("stApp").inner_text()
        assert label in text
        assert not [other for other in pages if other != label and other in text]


def test_an_unknown_project_says_so(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.page("upload", "0" * 32)), "upload")
    expect(page.get_by_test_id("stAlert")).to_contain_text("There is no such project on this machine.")
    page.goto(server.page("upload", "../../etc/passwd"))
    at(page, "upload")
    expect(page.get_by_test_id("stAlert")).to_contain_text("There is no such project on this machine.")
    page.get_by_role("button", name="Go to Start").click()
    at(page, "start")


def test_a_project_survives_a_restart(fresh_server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(fresh_server.home, "Kept", rows=200)
    with inside(fresh_server.home):
        project.set_rules([parse({"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"})])
    page = at(open_page(fresh_server.page("constraints", project.id)), "constraints")
    expect(named(page, "constraints_rule_order")).to_be_visible()
    fresh_server.stop()
    fresh_server.start()
    page.goto(fresh_server.page("constraints", project.id))
    at(page, "constraints")
    expect(named(page, "constraints_rule_order")).to_contain_text("0 broken")
    page.goto(fresh_server.url)
    at(page, "start")
    named(page, f"start_row_{project.id}").get_by_role("button", name="Open").click()
    at(page, "upload")
    expect_tile(page, "Rows", "200")
