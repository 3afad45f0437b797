"""Ten people at once in one studio: each uploads a table of their own, generates, and looks at the judgement.

::

    python -m benchmarks.ten_users --users 10

A real server and a real Chromium with a context per person. It prints how long each took by the clock, what the server
held in memory, and every error that was seen; each person must find their own number of rows at the end.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.browser.conftest import CHROMIUM, QUIET, Server
from tests.browser.studio import _AT_REST, inside, people_csv

PATIENCE = 600_000  # milliseconds


async def settled(page: Any) -> None:
    """Wait until the app is at rest, and see that no page ended in an error."""
    await page.evaluate("() => { window.atRestSince = null }")
    await page.wait_for_function(_AT_REST, polling=100)
    errors = await page.get_by_test_id("stException").all_inner_texts()
    assert not errors, errors


async def journey(browser: Any, url: str, number: int, steps: dict[str, list[float]]) -> float:
    """Go from Start to Report as person ``number`` and return the seconds that it took."""
    rows = 200 + number
    context = await browser.new_context(viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE)
    page = await context.new_page()
    began = last = time.monotonic()

    def step(name: str) -> None:
        nonlocal last
        steps.setdefault(name, []).append(time.monotonic() - last)
        last = time.monotonic()

    async def go(title: str) -> None:
        await page.get_by_test_id("stSidebarNav").get_by_role("link", name=title, exact=True).click()
        await page.get_by_role("heading", level=1, name=title, exact=True).wait_for()
        await settled(page)
        step(title)

    await page.goto(url)
    await page.get_by_role("heading", level=1, name="Start", exact=True).wait_for()
    await settled(page)
    step("Start")
    file = {"name": f"people-{number}.csv", "mimeType": "text/csv", "buffer": people_csv(rows)}
    await page.locator("input[type=file]").set_input_files(file)
    await page.get_by_role("heading", level=1, name="Upload", exact=True).wait_for()
    await settled(page)
    step("Upload")
    for title in ("Profile", "Constraints", "Method", "Generate"):
        await go(title)
    await page.locator(".st-key-generate-start").get_by_role("button").click()
    await page.locator(".st-key-generate-compare").wait_for()
    await settled(page)
    step("the run, waiting for its place included")
    for title in ("Compare", "Privacy", "Report"):
        await go(title)
    project = await page.locator(".st-key-shell_project").inner_text()
    project = project.replace("\u200b", "")  # where long names may break
    assert f"people-{number}" in project, f"person {number} sees the project {project!r}"
    await go("Upload")
    shown = await page.get_by_test_id("stMetric").first.inner_text()
    assert f"{rows}" in shown, f"person {number} of {rows} rows sees {shown!r}"
    took = time.monotonic() - began
    await context.close()
    return took


async def watch(process: int, held: list[float]) -> None:
    """Note what the server holds, in MB, twice a second."""
    import psutil

    while True:
        held.append(psutil.Process(process).memory_info().rss / 1e6)
        await asyncio.sleep(0.5)


async def visit(server: Server, users: int) -> None:
    """Let them all in at once and print what was seen."""
    from playwright.async_api import async_playwright

    assert server.process is not None
    held: list[float] = []
    steps: dict[str, list[float]] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET)
        watching = asyncio.create_task(watch(server.process.pid, held))
        began = time.monotonic()
        ends = await asyncio.gather(
            *(journey(browser, server.url, number, steps) for number in range(users)), return_exceptions=True
        )
        seconds = time.monotonic() - began
        watching.cancel()
        await browser.close()
    took = sorted(end for end in ends if isinstance(end, float))
    errors = [f"{type(end).__name__}: {str(end)[:300]}" for end in ends if not isinstance(end, float)]
    say = sys.stdout.write
    say(
        f"{users} people, {seconds:.0f} s until the last was done; each took {took[0]:.0f} to {took[-1]:.0f} s\n"
        if took
        else ""
    )
    for name, times in steps.items():
        times.sort()
        say(f"  {name}: median {times[len(times) // 2]:.1f} s, longest {times[-1]:.1f} s, of {len(times)}\n")
    say(f"The server held {held[0]:.0f} MB before, {max(held):.0f} MB at most, {held[-1]:.0f} MB after\n")
    say(f"Errors: {errors or 'none'}\n")


def main() -> None:
    """Start a studio of its own, let them in, and look at what they left."""
    from synth_core import project

    told = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    told.add_argument("--users", type=int, default=10)
    asked = told.parse_args()
    home = Path(tempfile.mkdtemp(prefix="ten-users-")) / "home"
    server = Server(home).start()
    try:
        asyncio.run(visit(server, asked.users))
        with inside(home):
            found = [one.runs()[0].status().state if one.runs() else "none" for one in project.projects()]
        said = server.log.read_text(errors="replace")
        sys.stdout.write(f"Projects: {len(found)}, their runs: {sorted(found)}\n")
        sys.stdout.write(f"Tracebacks in the server's log: {said.count('Traceback')}; load: {os.getloadavg()[0]:.1f}\n")
    finally:
        server.clear()
        shutil.rmtree(home.parent, ignore_errors=True)


if __name__ == "__main__":
    main()
