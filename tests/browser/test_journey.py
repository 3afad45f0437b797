"""From the demo card to the files one takes home, in one sitting."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pyarrow.parquet as parquet
from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.demos import demo_path
from synth_core.recipe import read_recipe
from synth_core.writing import MARK
from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, download, expect_tile, inside, named, next_step, settled

ROWS = 1_200


def test_a_first_address_deep_in_the_app_has_the_frame(fresh_server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(fresh_server.page("compare")), "compare")
    sidebar = page.get_by_test_id("stSidebarNav")
    for title in ("Start", "Upload", "Profile", "Constraints", "Method", "Generate", "Compare", "Privacy", "Report"):
        expect(sidebar.get_by_role("link", name=title)).to_be_visible()
    expect(page.get_by_text("No table yet.")).to_be_visible()
    page.get_by_role("button", name="Go to Start").click()
    at(page, "start")


def test_the_whole_journey(server: Server, open_page: Callable[..., Page]) -> None:
    page = at(open_page(server.url), "start")
    named(page, "start.demo_hospital").get_by_role("button").click()
    understand(page)
    make(page, server)
    judge(page)
    report = take_the_report(page)
    take_the_rows(page, server)
    read_offline(report, open_page)


def understand(page: Page) -> None:
    """Upload and Profile: what was found is on the page."""
    at(page, "upload")
    expect_tile(page, "Rows", "12,000")
    expect(page.get_by_text("3 made anew")).to_be_visible()
    at_rest(next_step(page, "profiling"), "profiling")
    expect(page.get_by_text("look like personal data")).to_be_visible()
    page.get_by_role("tab", name="Pairs").click()
    expect(page.get_by_test_id("stPlotlyChart").first).to_be_visible()
    settled(page)


def make(page: Page, server: Server) -> None:
    """Constraints, Method, Generate: one rule, few rows, a run to its end."""
    next_step(page, "constraints")
    expect(page.get_by_text("No rules yet")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Accept (?!all)")).first.click()
    expect(page.get_by_text("1 rule on · every real row keeps them")).to_be_visible()
    settled(page)

    next_step(page, "method")
    expect(named(page, "method_card_trees")).to_contain_text("Recommended")
    settled(page)
    field = page.get_by_role("spinbutton", name="Rows to make")
    for _ in range(5):  # the page may be drawn anew, by estimates that arrive, while the number is typed
        field.fill(str(ROWS))
        field.press("Enter")
        settled(page)
        with inside(server.home):
            if projects.projects()[0].draft.rows == ROWS:
                break

    next_step(page, "generate")
    named(page, "generate.start").get_by_role("button", name=f"Generate {ROWS:,} rows").click()
    expect(page.get_by_role("progressbar").first).to_be_visible()
    expect(page.get_by_text("The first 50 synthetic rows")).to_be_visible(timeout=180_000)
    expect_tile(page, "Rows made", f"{ROWS:,}")
    settled(page)
    with inside(server.home):
        (project,) = projects.projects()
        run = project.latest_done()
        assert run is not None
        assert [rule.id for rule in run.recipe.rules] == [rule.id for rule in project.rules]


def judge(page: Page) -> None:
    """Compare with its tabs, and Privacy."""
    at_rest(next_step(page, "compare"), "compare")
    for tile in ("Column shapes", "Pairs of columns", "Told apart", "Loss in use"):
        expect_tile(page, tile, "real rows")
    for tab, words in (
        ("Pairs", "Pairs, worst first"),
        ("Together", "What gives them away."),
        ("Use", "Both are tested on the same real rows"),
        ("Rules", "Every hard rule holds in the release."),
        ("Columns", "Only worse than"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel").filter(visible=True)).to_contain_text(words)
        at_rest(page, "compare")
    at_rest(next_step(page, "privacy"), "privacy")
    for words in ("Attacks", "Copying check", "Closest pairs"):
        expect(page.get_by_role("heading", name=words)).to_be_visible()


def take_the_report(page: Page) -> Path:
    """Report: the preview stands, the file comes."""
    at(next_step(page, "report"), "report")
    page.get_by_role("textbox", name="Author").fill("A. Tester")
    page.get_by_role("textbox", name="Author").press("Enter")
    settled(page)
    preview = page.get_by_test_id("stIFrame").content_frame.frame_locator("iframe")
    expect(preview.get_by_role("heading", level=1)).to_have_text("Hospital stays")
    report = download(page, "report.html")
    assert report.name == "hospital-stays-report.html"
    assert report.stat().st_size < 8_000_000
    assert "A. Tester" in report.read_text(encoding="utf-8")
    return report


def take_the_rows(page: Page, server: Server) -> None:
    """CSV, Parquet and the recipe hold what they say."""
    real = pd.read_csv(demo_path("hospital"))
    rows = pd.read_csv(download(page, "report.rows_csv"))
    assert rows.shape == (ROWS, real.shape[1])
    assert list(rows.columns) == list(real.columns)
    assert rows["record_number"].is_unique
    assert rows["record_number"].isin(real["record_number"]).mean() < 0.01, "equal by chance only"
    file = parquet.ParquetFile(marked := download(page, "report.rows_parquet"))
    assert marked.name == "hospital-stays-synthetic.parquet"
    assert file.metadata.num_rows == ROWS
    kept = {key.decode(): value.decode() for key, value in file.schema_arrow.metadata.items()}
    assert kept.items() >= MARK.items()
    recipe = read_recipe(download(page, "report.recipe"))
    assert (recipe.rows, recipe.method, len(recipe.rules)) == (ROWS, "trees", 1)
    card = json.loads(download(page, "report.card").read_text(encoding="utf-8"))
    assert card["rows_synthetic"] == ROWS
    with inside(server.home):
        (project,) = projects.projects()
        run = project.latest_done()
        assert run is not None
        assert run.recipe == recipe


def read_offline(report: Path, open_page: Callable[..., Page]) -> None:
    """The report opens from disk, draws its charts, asks for nothing and offers to upload nothing."""
    page = open_page(report.as_uri())  # open_page sees every request
    expect(page.get_by_role("heading", level=1)).to_have_text("Hospital stays")
    charts = page.locator(".js-plotly-plot")
    expect(charts.first.locator(".main-svg").first).to_be_visible()
    assert charts.count() > 3
    charts.first.scroll_into_view_if_needed()
    charts.first.hover()
    said = page.locator("[data-title]").evaluate_all("marks => marks.map(mark => mark.dataset.title)")
    assert not [words for words in said if "share" in words.lower() or "cloud" in words.lower()]
    expect(page.locator("link[href^=http], script[src], img[src^=http], iframe[src^=http]")).to_have_count(0)
