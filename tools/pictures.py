"""Take the README's pictures from the running app: ``python -m tools.pictures`` (needs Chromium).

A studio is started on a folder of its own, the recorded demo is opened, and each page is photographed as a browser of
1440 pixels shows it, in light. The colours are counted down to keep the files small.
"""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from synth_core.project import Project
from synth_core.recorded import MARK, open_recorded
from tests.browser.conftest import CHROMIUM, INSTALL, PATIENCE, QUIET, Server
from tests.browser.studio import at_rest

ASSETS = Path(__file__).resolve().parents[1] / "assets"
WIDTH, HEIGHT = 1440, 1000
COLOURS = 256
MOST = 250_000  # bytes


def open_pairs(page: Page) -> None:
    """Show the matrix of pairs."""
    page.get_by_role("tab", name="Pairs").click()


def stay(page: Page) -> None:
    """Leave the page as it opens."""


# file, page, what is done before the picture is taken
PICTURES: tuple[tuple[str, str, Callable[[Page], None]], ...] = (
    ("screenshot", "compare", stay),
    ("picture-constraints", "constraints", stay),
    ("picture-pairs", "compare", open_pairs),
    ("picture-privacy", "privacy", stay),
    ("picture-report", "report", stay),
)


def demo() -> Project:
    """Return the recorded demo as a project without the guide, and without the line that says it was recorded."""
    made = open_recorded("hospital")
    made.set_guide(None)
    made.rename("Hospital stays")
    for run in made.runs():
        (run.folder / MARK).unlink()
    return made


def small(picture: bytes) -> bytes:
    """Return a picture with few colours, as a PNG."""
    kept = io.BytesIO()
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, kmeans=4, dither=Image.Dither.NONE)
    few.save(kept, "PNG", optimize=True)
    return kept.getvalue()


def take(page: Page, server: Server, project: str) -> None:
    """Take every picture."""
    for file, name, first in PICTURES:
        page.goto(server.page(name, project))
        at_rest(page, name)
        first(page)
        at_rest(page, name)
        picture = small(page.screenshot(animations="disabled", timeout=PATIENCE))
        if len(picture) > MOST:
            raise SystemExit(f"{file}.png has {len(picture):,} bytes; at most {MOST:,} are wanted.")
        (ASSETS / f"{file}.png").write_bytes(picture)
        print(f"{file}.png {len(picture):,}")


def main() -> None:
    """Start the studio, take the pictures, and end it."""
    if CHROMIUM is None:
        raise SystemExit(INSTALL)
    expect.set_options(timeout=PATIENCE)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        home = Path(folder) / "home"
        home.mkdir()
        os.environ["SIMILE_HOME"] = str(home)
        project = demo()
        server = Server(home).start()
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        try:
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            page.set_default_timeout(PATIENCE)
            take(page, server, project.id)
        finally:
            browser.close()
            server.stop()


if __name__ == "__main__":
    main()
