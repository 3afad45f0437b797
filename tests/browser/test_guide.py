"""The guide of a job leads from Start along its pages to its end."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.patterns import PATTERNS
from tests.browser.conftest import Server
from tests.browser.studio import at, inside, named, next_step, picture, settled


def test_sharing_privately_is_led_to_the_release_pack(server: Server, open_page: Callable[..., Page]) -> None:
    path = PATTERNS["share"]
    page = at(open_page(server.url), "start")
    named(page, "start.guide_share").get_by_role("button").click()
    for step in path.steps:
        at(page, step.page)
        guide = named(page, "guide")
        expect(guide).to_contain_text(step.task)
        if step.page == "upload":
            with inside(server.home):  # so many rows as a test has time for
                (project,) = projects.projects()
                project.set_draft(project.draft.model_copy(update={"rows": 1_000}))
            picture(page, "guide.upload")
        if step.page == "generate":
            named(page, "generate.start").get_by_role("button", name="Generate 1,000 rows").click()
            expect(page.get_by_text("The first 50 synthetic rows")).to_be_visible(timeout=180_000)
            settled(page)
        if step.page != path.steps[-1].page:
            next_step(page, str(path.after(step.page)))
    expect(named(page, "guide")).to_contain_text("Done when:")
    with inside(server.home):
        run = projects.open_project(project.id).latest_done()
    assert run is not None
    assert run.recipe.params["privacy"] == "private"
    assert run.recipe.use is path.use

    named(page, "guide.leave").get_by_role("button").click()
    settled(page)
    expect(named(page, "guide")).to_have_count(0)
