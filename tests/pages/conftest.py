"""Pages are opened through the shell, as a browser opens them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from synth_core import project as projects
from synth_core.constraints.kinds import parse
from synth_core.project import Project
from synth_core.reading import read_bytes

SHELL = Path(__file__).parents[2] / "pages" / "shell.py"


def open_page(page: str, project: Project | None = None, **state: Any) -> AppTest:
    """Return the app with this page open (``"upload"``), in the project, with these session values."""
    at = AppTest.from_file(str(SHELL), default_timeout=30)
    if project is not None:
        at.query_params["project"] = project.id
    for key, value in state.items():
        at.session_state[key] = value
    at.run()
    assert not at.exception, at.exception
    if page != "start":
        at.switch_page(f"{page}.py").run()
        assert not at.exception, at.exception
    return at


def words(at: AppTest) -> str:
    """Return everything that the page says, as one text."""
    parts = [*at.title, *at.header, *at.markdown, *at.caption, *at.error, *at.warning, *at.info]
    return "\n".join(str(part.value) for part in parts)


def table_text(rows: int = 240) -> str:
    """Return a small CSV: ids, e-mails, two dates in order (three slips), a town that decides the region, amounts."""
    lines = ["id,email,age,town,region,start,end,net,tax,gross"]
    towns = (("Ghent", "East"), ("Bruges", "West"), ("Aalst", "East"))
    for i in range(rows):
        town, region = towns[i % 3]
        first, last = 1 + i % 20, 1 + i % 20 + i % 7
        if i < 3:
            first, last = 20, 10
        age = "" if i % 10 == 9 else str(20 + (i * 7) % 60)
        net, tax = 100 + i % 50, 20 + i % 9
        lines.append(
            f"R{1000 + i * 37 % 4001},person{i}@example.com,{age},{town},{region},"
            f"2024-01-{first:02d},2024-01-{last:02d},{net},{tax},{net + tax}"
        )
    return "\n".join(lines) + "\n"


@pytest.fixture
def project() -> Project:
    """A project with the small table, no rules, no runs."""
    data = table_text().encode()
    return projects.create("Visits", read_bytes(data, "visits.csv"), source=data, filename="visits.csv")


@pytest.fixture
def ruled(project: Project) -> Project:
    """The project with three rules: one that every row keeps, two that some rows break."""
    table = project.table
    project.set_rules(
        [
            parse({"type": "sum_equals", "id": "sum", "columns": ["net", "tax"], "total": "gross"}),
            parse({"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"}),
            parse({"type": "scalar_range", "id": "range", "column": "age", "low_value": 30, "high_value": 90}),
        ]
    )
    assert [int(rule.violations(table.frame).sum()) > 0 for rule in project.rules] == [False, True, True]
    return project


@pytest.fixture(autouse=True)
def estimates_are_not_tried(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Say 40 s and 0.4 GB for every engine: pilots of the networks take seconds. Tests of their own try them."""
    if request.node.get_closest_marker("pilots") is None:
        from synth_core import estimates

        monkeypatch.setattr(estimates, "estimate", lambda table, recipe: estimates.Estimate(40.0, 40.0, 0.4e9))
