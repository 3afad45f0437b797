"""Iterate to the targets from the page: asked for, watched, drawn, a try opened, and the last choice looked at."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.recipe import Recipe, Use
from tests.browser.conftest import Server
from tests.browser.studio import at, inside, named, people_project, picture


def test_it_iterates_from_the_page_to_its_end(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home, "Iterate", rows=500)
    with inside(server.home):
        project.set_use(Use.DEVELOP)
        project.set_draft(Recipe(method="independent", rows=500))

    page = at(open_page(server.page("generate", project.id)), "generate")
    box = page.locator(".st-key-tuning_box")
    box.get_by_label("Tries").fill("2")
    box.get_by_label("Tries").press("Tab")
    named(page, "tuning.start").get_by_role("button").click()
    expect(named(page, "tuning.cancel").or_(named(page, "tuning.final"))).to_be_visible(timeout=60_000)
    expect(named(page, "tuning.final")).to_be_visible(timeout=180_000)
    expect(box.get_by_text("looked at once, for this")).to_be_visible()
    expect(box.get_by_text("The recipe as it was asked for.").first).to_be_visible()
    expect(box.locator(".js-plotly-plot .scatterlayer .point").first).to_be_visible()
    picture(page, "iterated")

    named(page, "tuning.open").get_by_role("button").click()
    at(page, "generate")
    with inside(server.home):
        assert len(projects.open_project(project.id).runs()) == 2
    named(page, "tuning.final").get_by_role("button").click()
    page.goto(server.page("report", project.id))
    at(page, "report")
    expect(page.locator(".st-key-tuning_box").get_by_text("looked at once, for this")).to_be_visible()
