"""Augment: from the lab's comparison, kept over a reload, to a table of made frauds."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
from playwright.sync_api import Page, expect

from synth_core import project as projects
from synth_core.demos.fraud import simulate
from synth_core.patterns import pattern
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.table import Role
from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, download, inside, named, next_step, picture, settled


def test_remedies_are_compared_and_the_rows_are_made(server: Server, open_page: Callable[..., Page]) -> None:
    data = simulate(1, 900, 60).to_csv(index=False).encode()
    with inside(server.home):
        project = projects.create("Card fraud", read_bytes(data, "fraud.csv"), source=data, filename="fraud.csv")
        project.set_choices({"fraud": ColumnChoice(role=Role.TARGET)})
        project.set_guide(pattern("augment"))
        project.set_draft(project.draft.model_copy(update={"method": "independent", "params": {}}))

    page = at(open_page(server.page("upload", project.id)), "upload")
    next_step(page, "profiling")
    next_step(page, "augmentation")
    named(page, "augmentation.model").locator("input").click()
    page.get_by_role("option", name="Linear model").click()
    settled(page)
    for key in ("folds", "inner"):
        field = named(page, f"augmentation.{key}").locator("input")
        field.fill("2")
        field.press("Enter")
        settled(page)
    named(page, "augmentation.ratios").get_by_text("1:1", exact=True).click()
    settled(page)
    named(page, "augmentation.start").get_by_role("button").click()
    expect(page.get_by_role("heading", name="What it found")).to_be_visible(timeout=180_000)
    verdict = page.get_by_text("PR-AUC:").first
    said = verdict.inner_text()
    assert "doing nothing" in said or "wins" in said

    page.reload()
    at_rest(page, "augmentation")
    expect(page.get_by_text("PR-AUC:").first).to_have_text(said)
    expect(named(page, "augmentation.gains").locator(".main-svg").first).to_be_visible()
    expect(named(page, "augmentation.by_ratio").locator(".main-svg").first).to_be_visible()
    picture(page, "augmentation")
    table = pd.read_csv(download(page, "augmentation.csv"))
    assert table["rare rows"].unique().tolist() == [42], "three tenths are held out"

    named(page, "augmentation.make").get_by_role("button").click()
    at(page, "generate")
    named(page, "generate.start").get_by_role("button").click()
    expect(page.get_by_text("Result ready: compare")).to_be_visible(timeout=180_000)
    with inside(server.home):
        made = projects.open_project(project.id).runs()[0].preview(1_000)
    assert made is not None
    assert set(made["fraud"]) == {"yes"}
    next_step(page, "compare")
    next_step(page, "report")
