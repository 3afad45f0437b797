"""The five minutes of docs/demo.md, by its clicks: everything is there at once, and nothing waits for a run."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, download, expect_tile, named, next_step


def test_the_recorded_demo_from_its_address_to_the_pack(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(f"{server.url}/?demo=hospital"), "upload")
    expect(page).to_have_url(re.compile(r"/upload\?project=[0-9a-f]{32}$"))
    expect(named(page, "shell_project")).to_contain_text("Hospital stays (recorded demo)")
    expect_tile(page, "Rows", "12,000")
    expect(page.get_by_text("3 made anew")).to_be_visible()
    next_step(page, "profiling")
    next_step(page, "constraints")
    expect(page.get_by_text("3 rules on · every real row keeps them")).to_be_visible()
    next_step(page, "method")
    named(page, "step.next").get_by_role("button").click()  # its dry run is not waited for
    expect(page.get_by_role("heading", level=1, name="Generate", exact=True)).to_be_visible()
    expect(page.get_by_text("This run was recorded")).to_be_visible()
    expect_tile(page, "Rows made", "6,000")
    named(page, "guide").get_by_role("link", name="6 Privacy").click()
    at_rest(page, "privacy")
    expect(page.get_by_text("No sign of copying.")).to_be_visible()
    at_rest(next_step(page, "compare"), "compare")
    expect_tile(page, "Told apart", "real rows")
    named(page, "compare.other").locator("input").click()
    page.get_by_role("option").filter(has_text="Independent columns").click()
    expect(page.get_by_text("Better in A:")).to_be_visible()
    at(next_step(page, "report"), "report")
    expect(page.get_by_text(re.compile(r"All \d+ targets hold\."))).to_be_visible()
    assert download(page, "report.html").stat().st_size > 100_000


def test_an_unknown_demo_is_one_sentence_on_the_start_page(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(f"{server.url}/?demo=nothing"), "start")
    expect(page.get_by_text("There is no recorded demo 'nothing'.")).to_be_visible()
