"""Monitor, What-if and Value, each from the page to its end: a new version, marked rows, a printed page."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from synth_core import extracts, jobs
from synth_core import project as projects
from synth_core.generation import read_synthetic
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, download, inside, named, people_project, picture, settled
from tests.conftest import make_people

LONG = 300_000


@pytest.fixture(scope="module")
def people(server: Server) -> str:
    """Return the id of a project with a finished, judged run."""
    project = people_project(server.home, "Plans", rows=600)
    recipe = Recipe(method="independent", rows=400)
    with inside(server.home):
        project.set_draft(recipe)
        run = jobs.start(project, recipe)
        while run.status().active:
            time.sleep(0.2)
        assert run.status().state == "done", run.status()
    return project.id


def test_a_drifted_extract_becomes_a_new_version(
    server: Server, people: str, open_page: Callable[..., Page], tmp_path: Path
) -> None:
    frame = make_people(600, 5).frame
    frame["age"] += 15
    frame.to_csv(tmp_path / "autumn.csv", index=False)
    page = at(open_page(server.page("monitor", people)), "monitor")
    page.locator("input[type=file]").set_input_files(tmp_path / "autumn.csv")
    expect(page.get_by_text("Drift in ")).to_be_visible()
    at_rest(page, "monitor")
    picture(page, "monitor")
    named(page, "monitor.regenerate").get_by_role("button").click()
    at(page, "generate")
    expect(page.get_by_text("Held against the targets")).to_be_visible(timeout=LONG)
    with inside(server.home):
        sibling = next(one for one in projects.projects() if "extract of" in one.label)
        assert sibling.table.frame["age"].median() > 55
        assert [one.project.id for one in extracts.versions(sibling)] == [people, sibling.id]
    page.goto(server.page("monitor", sibling.id))
    at_rest(page, "monitor")
    expect(page.get_by_text("One line per target")).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(6)
    picture(page, "monitor-versions")


def test_an_edited_profile_becomes_marked_rows(server: Server, people: str, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.page("what_if", people)), "what_if")
    thumb = named(page, "what_if.add").get_by_role("slider")
    thumb.focus()
    for _ in range(5):
        thumb.press("ArrowRight")
    expect(page.get_by_text("age: moved by +5.")).to_be_visible()
    settled(page)
    page.get_by_role("tab", name="New category").click()
    settled(page)
    named(page, "what_if.added_name").get_by_role("textbox").fill("green")
    named(page, "what_if.added_name").get_by_role("textbox").press("Enter")
    settled(page)
    named(page, "what_if.add_category").get_by_role("button").click()
    expect(page.get_by_text("new category 'green'")).to_be_visible()
    at_rest(page, "what_if")
    picture(page, "what-if")
    named(page, "what_if.make").get_by_role("button").click()
    at(page, "generate")
    expect(page.get_by_text("Held against the targets")).to_be_visible(timeout=LONG)
    page.goto(server.page("report", people))
    at(page, "report")
    expect(page.get_by_text("no likeness of the real rows").first).to_be_visible()
    page.goto(server.page("what_if", people))
    at_rest(page, "what_if")
    expect(page.get_by_text("The latest what-if")).to_be_visible()
    with inside(server.home):
        run = projects.open_project(people).runs()[0]
        synthesis = run.synthesis()
        assert synthesis is not None
        made = read_synthetic(run.folder, synthesis).frame
    assert 0.08 < (made["plan"] == "green").mean() < 0.12
    assert run.recipe.what_if is not None


def test_the_value_page_takes_figures_and_prints(server: Server, people: str, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.page("value", people)), "value")
    expect(page.get_by_text("Trained on synthetic:")).to_be_visible()
    field = named(page, "value.partnership").get_by_role("spinbutton")
    field.fill("77000")
    field.press("Enter")
    expect(page.get_by_text("1 of 5 yours")).to_be_visible()
    client = named(page, "value.client").get_by_role("textbox")
    client.fill("Northern Hospitals")
    client.press("Enter")
    settled(page)
    file = download(page, "value.download")
    page.goto(file.as_uri())
    expect(page.get_by_text("Prepared for Northern Hospitals")).to_be_visible()
    expect(page.get_by_text("EUR 77,000")).to_be_visible()
    assert page.pdf(format="A4", prefer_css_page_size=True).count(b"/Type /Page\n") == 1
