"""What hands do: keys, and a rule tuned by its number field."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from synth_core.constraints.kinds import parse
from synth_core.project import open_project
from tests.browser.conftest import Server
from tests.browser.studio import at, inside, named, people_project, settled

FOCUSED = "key => { const box = document.querySelector('.st-key-' + key); return box.contains(document.activeElement) }"


@pytest.mark.parametrize("start", ["upload", "method"])
def test_the_keyboard_reaches_the_next_step(server: Server, open_page: Callable[..., Page], start: str) -> None:
    following = {"upload": "profiling", "method": "generate"}[start]
    project = people_project(server.home)
    page = at(open_page(server.page(start, project.id)), start)
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate(FOCUSED, "step-next"):
            break
    button = named(page, "step.next").get_by_role("button")
    expect(button).to_be_focused()
    ring = button.evaluate("one => getComputedStyle(one).boxShadow + getComputedStyle(one).outlineStyle")
    assert ring != "nonenone", "the focused button is marked"
    page.keyboard.press("Enter")
    at(page, following)


def tab_to(page: Page, selector: str, most: int = 120) -> None:
    """Press Tab until something inside this selector has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("selector => Boolean(document.activeElement.closest(selector))", selector):
            return
    raise AssertionError(f"Tab never reaches {selector}")


def test_rules_are_accepted_and_one_switched_off_by_keyboard(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home)
    page = at(open_page(server.page("constraints", project.id)), "constraints")
    switches = page.locator("[class*=st-key-constraints-on_]")
    tab_to(page, "[class*=st-key-constraints-accept_all]")
    page.keyboard.press("Enter")
    expect(switches.first).to_be_visible()
    settled(page)
    tab_to(page, "[class*=st-key-constraints-on_]")
    page.keyboard.press("Space")
    expect(page.locator("[class*=st-key-constraints-on_][class*=_False]")).to_have_count(1)
    settled(page)
    with inside(server.home):
        assert [rule.enabled for rule in open_project(project.id).rules].count(False) == 1


def test_alt_n_goes_on(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home)
    page = at(open_page(server.page("upload", project.id)), "upload")
    page.keyboard.press("Alt+n")
    at(page, "profiling")


def test_a_bound_typed_by_hand_moves_the_count_and_can_be_undone(
    server: Server, open_page: Callable[..., Page]
) -> None:
    project = people_project(server.home, "Tuned")
    rule = parse({"type": "scalar_range", "id": "ages", "column": "age", "low_value": 18, "high_value": 80})
    with inside(server.home):
        project.set_rules([rule])
    older = int((project.table.frame["age"] > 60).sum())
    page = at(open_page(server.page("constraints", project.id)), "constraints")
    card = named(page, "constraints_rule_ages")
    expect(card).to_contain_text("0 broken")

    field = page.get_by_role("spinbutton", name="At most")
    field.fill("60")
    field.press("Enter")
    expect(card).to_contain_text(f"{older} of 400 broken")
    expect(page.get_by_role("heading", name=f"{older} real rows break it")).to_be_visible()
    settled(page)

    page.get_by_role("button", name="Undo").click()
    expect(card).to_contain_text("0 broken")
    expect(field).to_have_value("80")
    settled(page)
    with inside(server.home):
        assert open_project(project.id).rules == [rule]
