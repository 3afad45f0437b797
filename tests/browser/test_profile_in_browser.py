"""Profile by hand: a click on a cell, an alert done and taken back, downloads, a large table, a hundred columns."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.project import Project, open_project
from synth_core.reading import read_bytes
from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, demo_project, download, inside, named, people_project, picture, settled

TABS = ("Columns", "Pairs", "Triples", "Time", "Exposed rows", "Missing")


def open_tab(page: Page, name: str) -> None:
    """Open a tab of the Profile page, and wait for it."""
    page.get_by_role("tab", name=name, exact=True).click()
    expect(page.get_by_role("tab", name=name, exact=True)).to_have_attribute("aria-selected", "true")
    settled(page)


def made(home: Path, frame: pd.DataFrame, label: str) -> Project:
    """Make a project of a frame."""
    data = frame.to_csv(index=False).encode()
    with inside(home):
        return projects.create(label, read_bytes(data, "made.csv"), source=data, filename="made.csv")


@pytest.fixture(scope="module")
def hospital(server: Server) -> Project:
    """The hospital demo with its target."""
    return demo_project(server.home)


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (1440, "dark"), (1024, "light")])
def test_every_tab_is_whole(
    server: Server, hospital: Project, open_page: Callable[..., Page], width: int, scheme: str
) -> None:
    page = at(open_page(server.page("profiling", hospital.id), width=width, scheme=scheme), "profiling")
    for name in TABS:
        open_tab(page, name)
        at_rest(page, "profiling")
        body = (
            "() => { const m = document.querySelector('[data-testid=stMain]'); return m.scrollWidth - m.clientWidth }"
        )
        assert int(page.evaluate(body)) <= 1, f"{name} is wider than a window of {width} pixels"
        picture(page, f"{scheme}-{width}-profiling-{name.lower().replace(' ', '-')}")


def test_a_click_on_a_cell_opens_its_pair(server: Server, hospital: Project, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.page("profiling", hospital.id), height=1600), "profiling")
    open_tab(page, "Pairs")
    at_rest(page, "profiling")
    heat = named(page, "profiling.heat")
    names = heat.locator(".js-plotly-plot").evaluate("plot => plot.layout.xaxis.ticktext")
    box = heat.locator(".nsewdrag").first.bounding_box()
    assert box is not None
    side = len(names)
    for across, up in ((1, side - 2), (side - 1, 2)):
        x, y = box["x"] + (across + 0.5) * box["width"] / side, box["y"] + (up + 0.5) * box["height"] / side
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        expect(named(page, "profiling.x").locator("input")).to_have_value(names[across])
        expect(named(page, "profiling.y").locator("input")).to_have_value(names[up])
        settled(page)


def test_an_alert_is_done_and_taken_back(server: Server, open_page: Callable[..., Page]) -> None:
    project = demo_project(server.home)
    page = at(open_page(server.page("profiling", project.id)), "profiling")
    page.get_by_role("button", name="Make these rules").first.click()
    expect(named(page, "profiling_done")).to_contain_text("2 rules added")
    settled(page)
    with inside(server.home):
        assert len(open_project(project.id).rules) == 2
    named(page, "profiling.undo").get_by_role("button").click()
    expect(named(page, "profiling_done")).to_have_count(0)
    settled(page)
    with inside(server.home):
        assert open_project(project.id).rules == []


def test_the_profile_comes_as_one_page_and_as_json(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home, "Sent away")
    page = at(open_page(server.page("profiling", project.id)), "profiling")
    named(page, "profiling.downloads").get_by_role("button").click()
    whole = download(page, "profiling.html")
    assert whole.name == "sent-away-profile.html"
    assert 4_000_000 < whole.stat().st_size < 8_000_000
    assert "R-000" not in whole.read_text(encoding="utf-8"), "no identifier of the table is in the file"
    document = json.loads(download(page, "profiling.json").read_text(encoding="utf-8"))
    assert document["profile"]["rows"] == 400
    opened = open_page(whole.as_uri())  # open_page sees every request
    expect(opened.get_by_role("heading", level=1)).to_contain_text("Sent away")


def test_a_large_table_shows_a_sample_and_then_exact_figures(server: Server, open_page: Callable[..., Page]) -> None:
    rng = np.random.default_rng(0)
    rows = 120_000
    frame = pd.DataFrame({"amount": rng.normal(100, 15, rows).round(2), "plan": rng.choice(["a", "b"], rows)})
    project = made(server.home, frame, "Large")
    page = open_page(server.page("profiling", project.id))
    expect(page.get_by_text("120,000 rows × 2 columns")).to_be_visible()
    expect(page.get_by_text("exact figures follow")).to_have_count(0)
    at_rest(page, "profiling")
    expect(named(page, "profiling_detail")).to_contain_text("120,000 filled")


def test_a_hundred_columns_can_be_searched_and_chosen(server: Server, open_page: Callable[..., Page]) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"column_{i:03d}": rng.normal(i, 1, 2000).round(3) for i in range(100)})
    project = made(server.home, frame, "Wide")
    page = at_rest(open_page(server.page("profiling", project.id)), "profiling")
    page.get_by_role("textbox", name="Search columns").fill("_077")
    page.get_by_role("textbox", name="Search columns").press("Enter")
    expect(named(page, "profiling_detail").get_by_role("heading")).to_have_text("column_077")
    settled(page)


def test_the_tabs_are_reached_by_keyboard(server: Server, hospital: Project, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.page("profiling", hospital.id)), "profiling")
    page.get_by_role("tab", name="Columns", exact=True).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(named(page, "profiling.heat")).to_be_visible()
    settled(page)
