"""Steering by hand: a slider moved and a condition added on Method are met by the run."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.generation import read_synthetic
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import at, inside, named, next_step, people_project, picture, settled


def test_a_moved_slider_and_a_condition_are_met_by_the_run(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home, "Steered")
    with inside(server.home):
        project.set_draft(Recipe(method="independent", rows=400))
    page = at(open_page(server.page("method", project.id)), "method")
    settled(page)

    slider = named(page, "method.steer_share_0_0_box").get_by_role("slider")
    slider.focus()
    slider.press("End")
    settled(page)
    expect(named(page, "method.steer_share_0_1_box").get_by_role("slider")).to_have_value("0")
    for share in ("90", "80"):  # the page is drawn anew after each key
        slider.press("PageDown")
        expect(named(page, "method.steer_share_0_0_box").get_by_role("slider")).to_have_value(share)
        expect(named(page, "method.steer_share_0_1_box").get_by_role("slider")).to_have_value(str(100 - int(share)))
        settled(page)

    named(page, "method.steer_condition_add").get_by_role("button").click()
    settled(page)
    expect(page.get_by_text("real rows keep every condition")).to_be_visible()
    picture(page, "steering.method")

    next_step(page, "generate")
    expect(page.get_by_text("churn is set to no 80 %, yes 20 %.")).to_be_visible()
    named(page, "generate.start").get_by_role("button").click()
    expect(page.get_by_text("Effective sample size 400 of 400").first).to_be_visible(timeout=90_000)
    settled(page)
    picture(page, "steering.generate")

    with inside(server.home):
        (run,) = projects.open_project(project.id).runs()
        made = read_synthetic(run.folder, run.synthesis()).frame  # type: ignore[arg-type]
        (ask,) = run.recipe.steering.conditions
    assert (made["churn"] == "no").sum() == 320
    assert made[ask.column].min() >= float(ask.values[0])
