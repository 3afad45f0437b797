"""Two runs side by side, and a release that is blocked, then released with a reason that stands in the pack."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from synth_core.project import Project
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, download, inside, named, people_project, picture, run_now, settled


@pytest.fixture(scope="module")
def judged(server: Server) -> Project:
    """A project with two finished runs."""
    project = people_project(server.home, "Judged", rows=900)
    for method in ("independent", "trees"):
        run = run_now(server.home, project, Recipe(method=method, rows=900))
        assert run.status().state == "done", run.status().error
    return project


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_second_run_stands_beside_the_first_on_every_tab(
    server: Server, open_page: Callable[..., Page], judged: Project, scheme: str
) -> None:
    page = at_rest(open_page(server.page("compare", judged.id), scheme=scheme), "compare")
    expect(page.get_by_test_id("stMetric")).to_have_count(4)
    named(page, "compare.other").locator("input").click()
    page.get_by_role("option").filter(has_text="Independent columns").click()
    at_rest(page, "compare")
    expect(page.get_by_text("Better in A:")).to_be_visible()
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
    for tab, key in (
        ("Pairs", "joint"),
        ("Use", "utility"),
        ("Together", "giveaways"),
        ("Groups", "groups"),
        ("Columns", ""),
    ):
        page.get_by_role("tab", name=tab, exact=True).click()
        at_rest(page, "compare")
        for suffix in ("", "_b") if key else ():
            expect(named(page, f"compare.{key}{suffix}").locator(".main-svg").first).to_be_visible()
        if not key:  # a chart on which a span can become a rule has its column in its key
            expect(named(page, "compare_detail").get_by_test_id("stPlotlyChart")).to_have_count(2)
        picture(page, f"compare-ab-{tab.lower()}-{scheme}")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Privacy").click()
    at(page, "privacy")
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Compare").click()
    at_rest(page, "compare")
    expect(page.get_by_text("Better in A:")).to_be_visible()


def test_a_blocked_release_needs_a_reason_which_stands_in_the_pack_and_the_ledger(
    server: Server, open_page: Callable[..., Page], judged: Project
) -> None:
    with inside(server.home):  # independent columns lose how columns go together
        poor = next(run for run in judged.runs() if run.recipe.method == "independent")
    page = at(open_page(f"{server.page('report', judged.id)}&run={poor.id}"), "report")
    expect(page.get_by_text("The rows are locked")).to_be_visible()
    for key in ("pack", "rows_csv", "rows_parquet", "rows_xlsx"):
        expect(named(page, f"report.{key}").get_by_role("button")).to_be_disabled()
    picture(page, "report-blocked")
    reason = named(page, "report.reason").locator("input")
    reason.fill("Agreed by N. N. on paper")
    reason.press("Enter")
    settled(page)
    expect(named(page, "report.pack").get_by_role("button")).to_be_enabled()
    with zipfile.ZipFile(download(page, "report.pack")) as pack:
        manifest = json.loads(pack.read("manifest.json"))
        assert manifest["override"] == "Agreed by N. N. on paper"
        assert set(manifest["sha256"]) == set(pack.namelist()) - {"manifest.json"}
        assert "Agreed by N. N. on paper" in pack.read("data-card.md").decode()
        assert b"Agreed by N. N. on paper" in pack.read("report.html")
    page.reload()
    at(page, "report")
    expect(page.get_by_text("1 release, 900 rows in all")).to_be_visible()
    picture(page, "report-released")


def test_a_click_on_a_cell_shows_its_two_columns_and_a_third_splits_them(
    server: Server, open_page: Callable[..., Page], judged: Project
) -> None:
    page = at_rest(open_page(server.page("compare", judged.id)), "compare")
    page.get_by_role("tab", name="Pairs", exact=True).click()
    at_rest(page, "compare")
    triplet = named(page, "compare.triplet")
    triplet.scroll_into_view_if_needed()
    names = triplet.locator(".js-plotly-plot").evaluate("plot => plot.layout.xaxis.ticktext")
    box = triplet.locator(".nsewdrag").nth(1).bounding_box()  # of the matrix of synthetic rows
    assert box is not None
    side, across, up = len(names), len(names) - 1, 0
    x, y = box["x"] + (across + 0.5) * box["width"] / side, box["y"] + (up + 0.5) * box["height"] / side
    page.mouse.move(x - 2, y)
    page.mouse.move(x, y)
    page.mouse.click(x, y)
    for title, place in (("Across", across), ("Up", up)):  # the earlier widgets stay for a moment
        expect(page.get_by_role("combobox", name=title, exact=True).first).to_have_value(names[place])
    settled(page)
    named(page, "compare.third").locator("input").click()
    page.get_by_role("option").nth(1).click()
    at_rest(page, "compare")
    expect(page.get_by_text("real above synthetic").first).to_be_visible()
    picture(page, "compare-three-way")


def test_a_remedy_is_applied_judged_again_and_stands_beside_the_run_that_it_mends(
    server: Server, open_page: Callable[..., Page], judged: Project
) -> None:
    with inside(server.home):
        trees = next(run for run in judged.runs() if run.recipe.method == "trees")
    page = at(open_page(f"{server.page('privacy', judged.id)}&run={trees.id}"), "privacy")
    if not named(page, "privacy.apply_fewer").is_visible():  # folded where every privacy target holds
        page.get_by_text("Make it more private").click()
        settled(page)
    picture(page, "privacy-remedies")
    named(page, "privacy.apply_fewer").get_by_role("button").click()
    expect(page.get_by_text("Made to mend another run")).to_be_visible(timeout=180_000)
    at_rest(page, "privacy")
    expect(page.get_by_text("Better in A:")).to_be_visible()
    for suffix in ("", "_b"):
        expect(named(page, f"privacy.forest{suffix}").locator(".main-svg").first).to_be_visible()
    picture(page, "privacy-mended")
    with inside(server.home):
        made = judged.runs()[0]
        assert made.recipe.rows == trees.recipe.rows // 2
        mended = made.mended()
        assert mended is not None
        assert mended.run == trees.id
