"""The Constraints page as hands use it: a bound dragged, a suggestion accepted, a bar and a cell clicked, undo."""

from __future__ import annotations

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect

from synth_core.constraints.kinds import AllowedValues, ForbiddenCombinations, ScalarRange, parse
from synth_core.project import Project, open_project
from tests.browser.conftest import Server
from tests.browser.studio import at_rest, inside, named, people_project, settled


def rule_of(server: Server, project: Project, kind: type) -> object:
    with inside(server.home):
        return next(rule for rule in open_project(project.id).rules if isinstance(rule, kind))


def test_a_bound_is_dragged_a_suggestion_accepted_and_both_are_undone(
    server: Server, open_page: Callable[..., Page]
) -> None:
    project = people_project(server.home, "Dragged")
    with inside(server.home):
        project.set_rules([parse({"type": "scalar_range", "id": "ages", "column": "age", "low_value": 0})])
    page = at_rest(open_page(server.page("constraints", project.id)), "constraints")
    card = named(page, "constraints_rule_ages")
    expect(card).to_contain_text("0 broken")

    plot = named(page, "constraints_picture").locator(".nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], height, steps=6)
    page.mouse.up()
    expect(card).to_contain_text("of 400 broken")
    settled(page)
    dragged = rule_of(server, project, ScalarRange)
    assert isinstance(dragged, ScalarRange)
    assert dragged.high_value is not None
    assert dragged.low_value is not None
    ages = project.table.frame["age"]
    outside = int(((ages < float(dragged.low_value)) | (ages > float(dragged.high_value))).sum())
    expect(card).to_contain_text(f"{outside} of 400 broken")
    expect(page.get_by_role("spinbutton", name="At most")).to_have_value(str(dragged.high_value))

    page.get_by_role("button", name=re.compile("^Accept (?!all)")).first.click()
    expect(page.get_by_text("2 rules on")).to_be_visible()
    settled(page)
    for count in ("1 rule on", "0 broken"):
        page.get_by_role("button", name="Undo").click()
        expect(page.get_by_text(count).first).to_be_visible()
        settled(page)
    with inside(server.home):
        assert [rule.sentence() for rule in open_project(project.id).rules] == ["age is at least 0"]


def test_a_click_on_a_bar_and_on_a_cell_changes_the_rule(server: Server, open_page: Callable[..., Page]) -> None:
    project = people_project(server.home, "Clicked")
    names = [c.name for c in project.table.columns if c.kind.value == "category"][:2]
    levels = [[str(v) for v in project.table.frame[name].value_counts().index] for name in names]
    with inside(server.home):
        project.set_rules(
            [
                parse({"type": "allowed_values", "id": "bars", "column": names[0], "values": levels[0]}),
                parse(
                    {
                        "type": "forbidden_combinations",
                        "id": "cells",
                        "columns": names,
                        "combinations": [[levels[0][0], levels[1][0]]],
                    }
                ),
            ]
        )
    page = at_rest(open_page(server.page("constraints", project.id)), "constraints")
    expect(named(page, "constraints_rule_bars")).to_contain_text("0 broken")
    bar = named(page, "constraints_picture").locator(".bars .point path").first
    bar.scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(named(page, "constraints_rule_bars")).to_contain_text("of 400 broken")
    settled(page)
    listed = rule_of(server, project, AllowedValues)
    assert isinstance(listed, AllowedValues)
    assert set(listed.values) == set(levels[0][1:])

    named(page, "constraints.show_cells").get_by_role("button").click()
    settled(page)
    at_rest(page, "constraints")
    cell = named(page, "constraints_picture").locator(".scatterlayer .point").nth(1)
    cell.scroll_into_view_if_needed()
    box = cell.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(page.get_by_role("heading", name="2 forbidden combinations")).to_be_visible()
    settled(page)
    forbidden = rule_of(server, project, ForbiddenCombinations)
    assert isinstance(forbidden, ForbiddenCombinations)
    assert len(forbidden.combinations) == 2
