"""Measure how long a person waits: the demo generated and judged, the profile, and every page change.

    python -m benchmarks.pages

Drives the running app in Chromium, as the browser tests do; prints a Markdown table of seconds on this machine.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from tests.browser.conftest import CHROMIUM, QUIET, Server
from tests.browser.studio import at, demo_project, inside, run_now

PAGES = ("upload", "profiling", "constraints", "method", "generate", "compare", "privacy", "report")
TITLES = {"profiling": "Profile"}


def visit(page: Page, name: str) -> float:
    """Return the seconds from a click in the navigation to a page that is whole and at rest."""
    began = time.perf_counter()
    page.get_by_role("link", name=TITLES.get(name, name.title())).first.click()
    at(page, name)
    return time.perf_counter() - began


def main() -> None:
    """Measure once and print."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        server = Server(home).start()
        rows: list[tuple[str, float]] = []
        try:
            with sync_playwright() as playwright:
                page = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET).new_page()
                page.goto(server.page("method"))  # the first request of a server imports; it is not what is measured
                page.get_by_role("heading", level=1).first.wait_for()
                project = demo_project(home)
                page.goto(server.page("upload", project.id))
                at(page, "upload")
                rows.append(("Profile of Hospital stays (12,000 x 23), first time", visit(page, "profiling")))
                began = time.perf_counter()
                run = run_now(home, project, project.draft)
                with inside(home):
                    assert run.status().state == "done", run.status()
                rows.append(("Hospital stays: 12,000 rows generated and judged", time.perf_counter() - began))
                for turn in ("first", "second"):
                    page.goto(server.page("start", project.id))
                    page.get_by_role("heading", level=1).first.wait_for()
                    rows += [(f"To {name}, {turn} visit", visit(page, name)) for name in PAGES]
        finally:
            server.stop()
    print("| what | seconds |\n|---|---|")
    for what, seconds in rows:
        print(f"| {what} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
