"""What the browser tests do again and again: make projects and runs by the core, and wait for a page."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from synth_core import project as projects
from synth_core import worker
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.recorded import create_demo
from synth_core.run import Run
from synth_core.table import Role
from tests.conftest import make_people

TITLES = {
    "start": "Start",
    "upload": "Upload",
    "profiling": "Profile",
    "constraints": "Constraints",
    "method": "Method",
    "generate": "Generate",
    "compare": "Compare",
    "privacy": "Privacy",
    "report": "Report",
    "test_data": "Test data",
    "fairness": "Fairness lab",
    "monitor": "Monitor",
    "what_if": "What-if",
    "value": "Value",
    "augmentation": "Augmentation lab",
}


@contextmanager
def inside(home: Path) -> Iterator[None]:
    """Work with the projects in a studio's folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMILE_HOME", str(home))
        yield


def people_csv(rows: int = 400) -> bytes:
    """Return the small table of people as a CSV file."""
    return make_people(rows).frame.to_csv(index=False).encode()


def people_project(home: Path, label: str = "People", rows: int = 400) -> Project:
    """Make a project of people, with churn as the target."""
    data = people_csv(rows)
    with inside(home):
        made = projects.create(label, read_bytes(data, "people.csv"), source=data, filename="people.csv")
        made.set_choices({"churn": ColumnChoice(role=Role.TARGET)})
    return made


def demo_project(home: Path, name: str = "hospital") -> Project:
    """Make a project of a demo table as the Start page does."""
    with inside(home):
        return create_demo(name)


def run_now(home: Path, project: Project, recipe: Recipe) -> Run:
    """Do a run here, to its end, whatever that is."""
    with inside(home):
        run = project.new_run(recipe.model_copy(update={"constraints": project.rules, "use": project.use}))
        worker.main(str(run.folder))
    return run


def at(page: Page, name: str) -> Page:
    """Wait until the page of this name (``"profiling"``) is whole: its title, its last button, no error."""
    expect(page.get_by_role("heading", level=1, name=TITLES[name], exact=True)).to_be_visible()
    settled(page)
    return page


# at rest for a while: just after a click, and between a script and its rerun, the page looks at rest but is not
_AT_REST = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    const idle = app && app.dataset.testScriptState === 'notRunning';
    if (!idle || document.querySelector('[data-testid=stSkeleton]')) window.atRestSince = null;
    else window.atRestSince ??= performance.now();
    return window.atRestSince !== null && performance.now() - window.atRestSince > 400;
}"""


def settled(page: Page) -> None:
    """Wait until the app is at rest and stays so, and see that it ended well."""
    page.evaluate("() => { window.atRestSince = null }")
    page.wait_for_function(_AT_REST, polling=50)
    errors = page.get_by_test_id("stException").all_inner_texts()
    assert not errors, errors


def at_rest(page: Page, name: str) -> Page:
    """Wait as :func:`at`, and for every chart to be drawn."""
    at(page, name)
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-testid=stPlotlyChart]')]"
        ".every(chart => chart.querySelector('.main-svg') || chart.closest('[hidden]'))"
    )
    return page


def next_step(page: Page, name: str) -> Page:
    """Press the button to the next step, and wait for it."""
    named(page, "step.next").get_by_role("button").click()
    return at(page, name)


def expect_tile(page: Page, title: str, words: str) -> None:
    """See that the tile of this title says these words."""
    tile = page.get_by_test_id("stMetric").filter(has=page.get_by_text(title, exact=True))
    expect(tile).to_contain_text(words)


def named(page: Page, key: str) -> Locator:
    """Return what was drawn with this Streamlit key (``"generate.start"``)."""
    return page.locator(f".st-key-{key.replace('.', '-')}")


def picture(page: Page, name: str) -> None:
    """Keep the whole page as a picture in ``SIMILE_ARTEFACTS``, for people to look at; without it nothing is kept."""
    folder = os.environ.get("SIMILE_ARTEFACTS")
    if not folder:
        return
    Path(folder).mkdir(parents=True, exist_ok=True)
    size = page.viewport_size or {"width": 1440, "height": 900}
    page.screenshot(path=Path(folder) / f"{name}.png")
    tall = int(page.evaluate("() => document.querySelector('[data-testid=stMain]').scrollHeight"))
    if tall > size["height"]:
        page.set_viewport_size({"width": size["width"], "height": min(tall, 4000)})
        settled(page)
        page.screenshot(path=Path(folder) / f"{name}.whole.png")
        page.set_viewport_size(size)


def download(page: Page, key: str) -> Path:
    """Press the download button with this key and return the file, under the name that the browser gives it."""
    with page.expect_download() as waiting:
        named(page, key).get_by_role("button").click()
    kept = waiting.value.path()
    return kept.rename(kept.with_name(waiting.value.suggested_filename))
