"""The dial: measured from the page, drawn, chosen by the keyboard and by a click on a point."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import at, inside, named, people_project


def test_the_dial_is_measured_drawn_and_turned(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home, "Dial", rows=700)
    with inside(server.home):
        project.set_draft(Recipe(method="trees", rows=700, params={"trees": 1, "candidates": 1}))

    def kept() -> object:
        with inside(server.home):
            return projects.open_project(project.id).draft.params.get("privacy", "private")

    page = at(open_page(server.page("method", project.id)), "method")
    dial = page.locator(".st-key-method_dial")
    named(page, "method.measure").get_by_role("button").click()
    expect(dial.get_by_text("At private")).to_be_visible(timeout=180_000)
    points = dial.locator(".js-plotly-plot .scatterlayer .point")
    expect(points).to_have_count(4)

    page.reload()
    at(page, "method")
    expect(dial.get_by_text("At private")).to_be_visible()

    thumb = dial.get_by_role("slider").first
    thumb.focus()
    thumb.press("ArrowRight")
    expect(dial.get_by_text("At balanced")).to_be_visible()
    assert kept() == "balanced"

    expect(dial.locator(".textpoint text").filter(has_text="balanced").locator("tspan[style*=bold]")).to_be_visible()
    points.nth(3).hover(force=True)
    expect(dial.locator(".hovertext")).to_be_visible()
    page.mouse.down()
    page.mouse.up()
    expect(dial.get_by_text("At faithful")).to_be_visible()
    assert kept() == "faithful"
