"""Every page with a finished run: light and dark, wide and narrow, by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from synth_core.constraints.discovery import discover
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import TITLES, at_rest, demo_project, inside, picture, run_now

WIDTHS = (1440, 1024)


@pytest.fixture(scope="module")
def hospital(server: Server) -> str:
    """Return the id of a project with two rules and a finished, judged run."""
    project = demo_project(server.home)
    with inside(server.home):
        project.set_rules([found.rule.fitted(project.table) for found in discover(project.table)[:2]])
    run = run_now(server.home, project, Recipe(method="trees", rows=1500))
    assert run.status().state == "done", run.status()
    return project.id


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_whole(server: Server, hospital: str, open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(server.page("start", hospital), scheme=scheme)
    for name in TITLES:
        page.goto(server.page(name, hospital))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            at_rest(page, name)
            expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
            assert too_wide(page) <= 1, f"{name} is wider than a window of {width} pixels"
            picture(page, f"{scheme}-{width}-{name}")


def too_wide(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    boxes = "[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
    return int(page.evaluate(f"() => Math.max(...{boxes}.map(box => box.scrollWidth - box.clientWidth))"))
