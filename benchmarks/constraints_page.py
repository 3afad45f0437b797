"""Measure how long the Constraints page takes to answer, and how long rules take to count.

    python -m benchmarks.constraints_page [rows]

In Chromium, with Hospital stays (12,000 rows) and six rules: from the key, the end of the drag or the click to the new
count on the screen, the middle of five; and once more with so many rows (default 1,000,000) drawn from the same table.
Then every kind of rule is counted once on these, and a preview is made three times. Prints Markdown tables of seconds
on this machine.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, sync_playwright

from synth_core import project as projects
from synth_core.constraints.kinds import KINDS, parse
from synth_core.demos import demo_path
from synth_core.project import Project
from synth_core.reading import read
from synth_core.rule_preview import preview
from synth_core.table import Table
from tests.browser.conftest import CHROMIUM, QUIET, Server
from tests.browser.studio import at_rest, demo_project, inside, named, settled

TIMES = 5
RULES = [
    {"type": "scalar_range", "id": "ages", "column": "age", "low_value": 18, "high_value": 100},
    {"type": "inequality", "id": "stay", "low_column": "admission", "high_column": "discharge"},
    {"type": "fixed_combinations", "id": "wards", "columns": ["icd_chapter", "ward"]},
    {"type": "implies", "id": "births", "if": "admission_type = 'Maternity'", "then": "sex = 'F'"},
    {"type": "formula", "id": "days", "output": "length_of_stay", "expression": "discharge - admission"},
    {"type": "null_together", "id": "blood", "columns": ["glucose", "creatinine"]},
]
OTHERS = [
    {"type": "not_null", "column": "glucose"},
    {"type": "unique", "columns": ["record_number"]},
    {"type": "scalar_inequality", "column": "bmi", "relation": "<=", "value": 40},
    {"type": "allowed_values", "column": "ward", "values": ["Surgery", "Cardiology"]},
    {"type": "forbidden_values", "column": "ward", "values": ["Oncology"]},
    {"type": "range", "low_column": "prior_stays", "middle_column": "age", "high_column": "systolic_bp"},
    {"type": "chained_inequality", "columns": ["prior_stays", "age", "systolic_bp"]},
    {"type": "forbidden_combinations", "columns": ["sex", "ward"], "combinations": [["M", "Maternity"]]},
    {"type": "functional_dependency", "determinants": ["icd_code"], "dependent": "icd_chapter"},
    {"type": "null_if", "column": "hba1c", "when": "diabetes = 'no'"},
    {"type": "sum_equals", "columns": ["age", "prior_stays"], "total": "systolic_bp"},
    {"type": "one_hot", "columns": ["diabetes", "smoker"]},
    {"type": "increment", "column": "systolic_bp", "increment_value": 5},
    {"type": "precision", "column": "bmi", "decimals": 1},
    {"type": "format", "column": "icd_code", "regex": "[A-Z][0-9]{2}"},
    {"type": "monotonic", "column": "age", "order_by": "admission"},
    {"type": "sequence_rule", "column": "admission_type", "order_by": "admission"},
    {"type": "share", "column": "sex", "probabilities": {"F": 0.5}},
    {"type": "custom", "expression": "glucose > hba1c"},
]
_SAYS = "([key, text]) => document.querySelector('.st-key-' + key)?.innerText.includes(text)"


def until(page: Page, key: str, text: str, act: Callable[[], None]) -> float:
    """Return the seconds from an act to a text in the container with this key."""
    settled(page)
    began = time.perf_counter()
    act()
    page.wait_for_function(_SAYS, arg=[key, text], polling="raf")
    return time.perf_counter() - began


def drag(page: Page, left: float, right: float) -> None:
    """Drag a box over the chosen rule's histogram, from and to these shares of its width; the mouse is still down."""
    plot = named(page, "constraints_picture").locator(".nsewdrag").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box is not None
    height = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + left * box["width"], height)
    page.mouse.down()
    page.mouse.move(box["x"] + right * box["width"], height, steps=4)


def page_times(page: Page, server: Server, project: Project) -> list[tuple[str, float]]:
    """Return the middle seconds of each way to change a rule."""
    ages = project.table.frame["age"]
    took: dict[str, list[float]] = {}
    page.goto(server.page("constraints", project.id))
    at_rest(page, "constraints")
    for turn in range(TIMES):
        wanted = int((ages < 30 + turn).sum() + (ages > 100).sum())
        settled(page)
        field = page.get_by_role("spinbutton", name="At least")
        field.fill(str(30 + turn))
        card = "constraints_rule_ages"
        count = f"{wanted:,} of"
        took.setdefault("a bound typed", []).append(until(page, card, count, lambda: page.keyboard.press("Enter")))
        undo = page.get_by_role("button", name="Undo")
        before = "0 broken" if not int((ages < 18).sum() + (ages > 100).sum()) else f"{int((ages < 18).sum()):,} of"
        took.setdefault("undo", []).append(until(page, card, before, undo.click))
        settled(page)
        page.evaluate("() => { window.before = document.querySelector('.st-key-constraints_rule_ages').innerText }")
        drag(page, 0.3, 0.6 + 0.02 * turn)
        began = time.perf_counter()
        page.mouse.up()
        page.wait_for_function(
            "() => document.querySelector('.st-key-constraints_rule_ages').innerText !== window.before", polling="raf"
        )
        took.setdefault("a box dragged", []).append(time.perf_counter() - began)
        until(page, card, before, undo.click)
    return [(what, statistics.median(times)) for what, times in took.items()]


def drawn(home: Path, path: Path, rows: int) -> Project:
    """Return a project with so many rows drawn from Hospital stays."""
    frame = read(demo_path("hospital")).table.frame
    frame.sample(rows, replace=True, random_state=0).to_parquet(path)
    with inside(home):
        return projects.create("Many stays", read(path), source=path, filename=path.name)


def core_times(table: Table, rows: int) -> list[tuple[str, float]]:
    """Return the seconds to count each kind of rule on so many rows."""
    picked = np.random.default_rng(0).integers(0, len(table), rows)
    large = table.with_frame(table.frame.iloc[picked].reset_index(drop=True))
    found = []
    for fields in [*RULES, *OTHERS]:
        rule = parse(fields).fitted(table)
        began = time.perf_counter()
        rule.violations(large.frame)
        found.append((rule.type, time.perf_counter() - began))
    assert {name for name, _ in found} == set(KINDS)
    return sorted(found, key=lambda one: -one[1])


def main() -> None:
    """Measure once and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        server = Server(home).start()
        try:
            with sync_playwright() as playwright:
                page = playwright.chromium.launch(executable_path=CHROMIUM, args=QUIET).new_page(
                    viewport={"width": 1440, "height": 1000}
                )
                found = []
                for size in (0, rows):
                    project = demo_project(home) if not size else drawn(home, Path(folder) / "many.parquet", size)
                    with inside(home):
                        project.set_rules([parse(rule).fitted(project.table) for rule in RULES])
                    found.append(page_times(page, server, project))
        finally:
            server.stop()
    print(f"| to the new count, seconds | 12,000 rows | {rows:,} rows |\n|---|---|---|")
    for (what, few), (_, many) in zip(*found, strict=True):
        print(f"| {what} | {few:.2f} | {many:.2f} |")
    table = read(demo_path("hospital")).table
    rules = [parse(rule).fitted(table) for rule in RULES]
    previews = [preview(table, rules).seconds for _ in range(3)]
    print(f"\nPreview of 500 rows with the six rules: {', '.join(f'{one:.2f} s' for one in previews)}")
    print(f"\n| counted once, {rows:,} rows | seconds |\n|---|---|")
    for what, seconds in core_times(table, rows):
        print(f"| {what} | {seconds:.2f} |")


if __name__ == "__main__":
    main()
