"""Loans, in a browser: see who fares worse, correct it, measure what that does, take the correction, make the table."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from synth_core import project as projects
from synth_core.demos import DEMOS, demo_csv
from synth_core.labs import fair_project
from synth_core.labs.fair_corrections import FairnessPlan
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.table import Role
from tests.browser import studio

if TYPE_CHECKING:
    from playwright.sync_api import Page

    from tests.browser.conftest import Server

WORK = 240_000  # milliseconds; other tests share the cores
expect = pytest.importorskip("playwright.sync_api").expect


def loans(home: Path, rows: int = 1_200) -> Project:
    """Make a project of the first rows of the loans demo, with its roles, and small settings for the lab."""
    data = b"\n".join(demo_csv("loans").split(b"\n")[: rows + 1])
    demo = DEMOS["loans"]
    with studio.inside(home):
        made = projects.create(demo.title, read_bytes(data, "loans.csv"), source=data, filename="loans.csv")
        roles = {name: ColumnChoice(role=Role.SENSITIVE) for name in demo.sensitive}
        made.set_choices(roles | {"approved": ColumnChoice(role=Role.TARGET)})
        made.set_draft(Recipe(rows=400))
        fair_project.keep_plan(made, FairnessPlan(model="linear", folds=2, corrections=("represent", "balance")))
    return made


def test_from_a_gap_to_a_corrected_table(server: Server, open_page: Callable[..., Page]) -> None:
    project = loans(server.home)
    page = studio.at(open_page(server.page("upload", project.id)), "upload")
    page.get_by_role("link", name="Fairness lab").click()
    studio.at_rest(page, "fairness")
    expect(page.get_by_text("In the real rows A gets 'yes' most often")).to_be_visible()

    # a share moved by hand moves the other; a correction is left out
    studio.named(page, "fairness.share_1").get_by_role("slider").press("ArrowLeft")
    studio.settled(page)
    expect(studio.named(page, "fairness_represent")).to_contain_text("50.5 %")
    studio.named(page, "fairness.try_represent").locator("label").click()
    studio.settled(page)

    # the lab, to its end; it goes on while the page is left
    studio.named(page, "fairness.start").get_by_role("button").click()
    expect(page.get_by_text("The lab is at work.")).to_be_visible()
    page.reload()
    story = studio.named(page, "fairness_story")
    expect(story).to_contain_text("Trained on the real rows as they are, the model gives 'yes'", timeout=WORK)
    studio.at_rest(page, "fairness")
    studio.picture(page, "fairness")
    rows = list(csv.DictReader(studio.download(page, "fairness.csv").open(encoding="utf-8")))
    assert {row["arm"] for row in rows if row["arm"]} == {"real", "reweigh", "synthetic", "balance"}
    assert {row["group"] for row in rows} >= {"(all)", "A", "B"}

    # the correction goes into the next run, and what comes out has it
    studio.named(page, "fairness.use_balance").get_by_role("button").click()
    studio.at(page, "generate")
    studio.named(page, "generate.start").get_by_role("button").click()
    expect(page.get_by_text("Result ready: compare")).to_be_visible(timeout=WORK)
    page.get_by_role("link", name="Fairness lab").click()
    studio.at_rest(page, "fairness")
    expect(page.get_by_text("Generate a table, and it stands beside")).to_have_count(0)
    with studio.inside(server.home):
        run = projects.open_project(project.id).latest_done()
        assert run is not None
        made = run.preview(400)
        steering = run.synthesis().steering  # type: ignore[union-attr]
    assert made is not None
    assert steering is not None
    assert steering.notes[0].startswith("This is a what-if")
    rates = made.groupby("group")["approved"].agg(lambda cells: (cells == "yes").mean())
    assert abs(rates["A"] - rates["B"]) < 0.03, "the what-if gives both groups the same rate"
