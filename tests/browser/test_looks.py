"""Every page with a finished run: light and dark, wide and narrow, by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from synth_core.constraints.discovery import discover
from synth_core.recipe import Recipe
from tests.browser.conftest import Server
from tests.browser.studio import TITLES, at_rest, demo_project, inside, picture, run_now

WIDTHS = (1440, 1024)
# words below 4.5:1 (3:1 where large); not judged: what is disabled, pictures, and slider values, which lie on no box
HARD_TO_READ = """() => {
    const colour = text => {
        const parts = text.match(/^rgba?\\(([^)]+)\\)$/);
        const [r, g, b, a = 1] = parts ? parts[1].split(',').map(Number) : [0, 0, 0, 0];
        return [r, g, b, a];
    };
    const over = (top, under) => [0, 1, 2].map(i => top[i] * top[3] + under[i] * (1 - top[3]));
    const light = rgb => {
        const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const idle = '[data-testid=stSliderThumbValue], :disabled, [aria-disabled=true], svg, [aria-hidden=true] > svg';
    const found = {}, texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const words = texts.currentNode.textContent.trim(), box = texts.currentNode.parentElement;
        const size = box.getBoundingClientRect(), style = getComputedStyle(box);
        if (!words || size.width < 2 || size.height < 2 || style.visibility === 'hidden') continue;
        if (box.closest(idle) || box.closest('.stElementContainer')?.querySelector('input:disabled')) continue;
        let opacity = 1;
        const grounds = [];
        for (let at = box; at; at = at.parentElement) {
            opacity *= Number(getComputedStyle(at).opacity);
            grounds.unshift(colour(getComputedStyle(at).backgroundColor));
        }
        const ground = grounds.reduce((under, top) => over(top, under), [255, 255, 255]);
        const ink = colour(style.color);
        if (opacity < 0.05 || ink[3] === 0) continue;
        const both = [light(over([...ink.slice(0, 3), ink[3] * opacity], ground)), light(ground)];
        const low = Math.min(...both), high = Math.max(...both);
        const large = parseFloat(style.fontSize) >= 24;
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < (large ? 3 : 4.5)) found[words.slice(0, 40)] = ratio.toFixed(2);
    }
    return found;
}"""


@pytest.fixture(scope="module")
def hospital(server: Server) -> str:
    """Return the id of a project with two rules and a finished, judged run."""
    project = demo_project(server.home)
    with inside(server.home):
        project.set_rules([found.rule.fitted(project.table) for found in discover(project.table)[:2]])
    run = run_now(server.home, project, Recipe(method="trees", rows=1500))
    assert run.status().state == "done", run.status()
    return project.id


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_is_whole(server: Server, hospital: str, open_page: Callable[..., Page], scheme: str) -> None:
    page = open_page(server.page("start", hospital), scheme=scheme)
    for name in TITLES:
        page.goto(server.page(name, hospital))
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 900})
            at_rest(page, name)
            expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
            assert too_wide(page) <= 1, f"{name} is wider than a window of {width} pixels"
            assert page.evaluate(HARD_TO_READ) == {}, f"{name} has words that are hard to read"
            picture(page, f"{scheme}-{width}-{name}")


def too_wide(page: Page) -> int:
    """Return by how many pixels the page is wider than the window."""
    boxes = "[document.scrollingElement, document.querySelector('[data-testid=stMain]')]"
    return int(page.evaluate(f"() => Math.max(...{boxes}.map(box => box.scrollWidth - box.clientWidth))"))
