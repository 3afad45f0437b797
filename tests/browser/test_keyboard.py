"""The journey without a mouse: a rule, an engine, a run that is cancelled and one that is not, and the pack."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core.project import open_project
from tests.browser.conftest import Server
from tests.browser.studio import at, at_rest, inside, named, people_project, settled

# of what has the focus: why one does not see it, and whether it is inside the selector. A ring is on it or on the field
# around it; tables draw their own, and after the last element of the page nothing has the focus for a moment
FOCUS = """selector => {
    const one = document.activeElement, box = (one.closest('canvas') ?? one).getBoundingClientRect();
    let unseen = one === document.body || one.closest('canvas') ? '' : one.outerHTML.slice(0, 200);
    for (let part = one, up = 0; unseen && part && up < 4; part = part.parentElement, up++) {
        const look = getComputedStyle(part), ring = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth);
        if (ring || look.boxShadow !== 'none' || look.borderTopColor === 'rgb(11, 92, 173)') unseen = '';
    }
    if (box.bottom < 0 || box.top > innerHeight) unseen = 'out of view: ' + one.outerHTML.slice(0, 200);
    return [unseen, Boolean(one.closest(selector))];
}"""


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until something inside this selector has the focus, which is seen on the way."""
    for _ in range(most):
        page.keyboard.press("Tab")
        unseen, reached = page.evaluate(FOCUS, selector)
        if unseen:
            page.wait_for_timeout(400)  # a border may take its time to turn
            unseen, reached = page.evaluate(FOCUS, selector)
        assert not unseen, unseen
        if reached:
            return
    raise AssertionError(f"Tab never reaches {selector}")


def press(page: Page, selector: str) -> None:
    """Go to a button and press it."""
    tab_to(page, selector)
    page.keyboard.press("Enter")


def on(page: Page, name: str) -> None:
    """Go on by the shortcut."""
    page.keyboard.press("Alt+n")
    at(page, name)


def test_the_journey_without_a_mouse(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home)
    page = at(open_page(server.url), "start")
    press(page, f".st-key-start-open_{project.id}")
    at(page, "upload")
    on(page, "profiling")
    on(page, "constraints")
    a_rule(page, server, project.id)
    on(page, "method")
    press(page, ".st-key-method-choose_independent")
    expect(named(page, "method_card_independent")).to_contain_text("Chosen")
    settled(page)
    on(page, "generate")
    page.keyboard.press("Control+Enter")
    expect(named(page, "generate.cancel")).to_be_visible()
    press(page, ".st-key-generate-cancel")
    expect(page.get_by_text("Cancelled").first).to_be_visible()
    settled(page)
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("The first 50 synthetic rows")).to_be_visible(timeout=180_000)
    settled(page)
    judge(page)
    on(page, "report")
    tab_to(page, ".st-key-report-pack, .st-key-report-reason input")
    if named(page, "report.reason").count():
        page.keyboard.type("A. Tester: for this test")
        page.keyboard.press("Enter")
        settled(page)
        tab_to(page, ".st-key-report-pack")
    with page.expect_download() as waiting:
        page.keyboard.press("Enter")
    assert "synthetic.csv" in zipfile.ZipFile(waiting.value.path()).namelist()


def a_rule(page: Page, server: Server, project: str) -> None:
    """Accept what was found and edit it in its dialog."""
    press(page, "[class*=st-key-constraints-accept_]:not([class*=accept_all])")
    expect(named(page, "constraints_found")).to_be_visible()
    settled(page)
    press(page, "[class*=st-key-constraints-edit_]")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    settled(page)
    tab_to(page, ".st-key-constraints-form-description")
    page.keyboard.type("Said by the doctors")
    page.keyboard.press("Enter")
    settled(page)
    press(page, ".st-key-constraints-save")
    expect(dialog).to_have_count(0)
    settled(page)
    with inside(server.home):
        assert [rule.description for rule in open_project(project).rules] == ["Said by the doctors"]


def judge(page: Page) -> None:
    """Compare by its tabs, Privacy by its list of pairs."""
    on(page, "compare")
    tab_to(page, "[role=tab]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", name="Pairs")).to_have_attribute("aria-selected", "true")
    at_rest(page, "compare")
    on(page, "privacy")
    tab_to(page, ".st-key-privacy-pairs-number")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Pair to look at")).not_to_have_value("1")
    settled(page)
