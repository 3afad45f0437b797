"""Names that are Markdown, HTML, formulas and colours at once are shown as they are, on every page that names them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from synth_core import project as projects
from synth_core import worker
from synth_core.constraints.kinds import parse
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.table import Role
from tests.pages.judged_run import open_page

# where it was drawn as Markdown, the picture would be asked for, the colour set, the formula typeset
_HOSTILE = "![zq](//zq.invalid/{0}) :red[zq] $zq$ **zq** <img src=x onerror=zq()>"
_LOOSE = re.compile(r"(?<!\\)!\[zq|(?<!\\):red\[|(?<!\\)\$zq|(?<!\\)\*\*zq|(?<!\\)<img")
# what Streamlit draws as Markdown; options of lists, cells, keys and the words of screen readers it draws as they are
_MARKDOWN = {"body", "label", "help", "text", "title", "caption", "icon", "delta", "message"}
_DRAWN_AS_MARKDOWN = {"button_group", "radio"}  # their options, too
_IN_FIGURES = {"text", "hovertext", "hovertemplate", "name", "ticktext", "title", "annotations", "labels"}


def hostile(word: str) -> str:
    return _HOSTILE.format(word)


def hostile_csv(rows: int = 300) -> bytes:
    """Return a table of every kind whose names and categories are all hostile."""
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, rows)
    levels = np.array([hostile("L1"), hostile("L2"), hostile("L3"), "plain"], dtype=object)
    day = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D")
    frame = pd.DataFrame(
        {
            hostile("id"): [f"R{n * 37 % 4001}" for n in range(rows)],
            hostile("age"): age,
            hostile("pay"): np.round(age * 600 + rng.normal(0, 6_000, rows), 2),
            hostile("kind"): levels[rng.choice(4, rows, p=[0.5, 0.3, 0.15, 0.05])],
            hostile("group"): levels[(age > 50).astype(int)],
            hostile("mail"): [f"p{n}@example.com" for n in range(rows)],
            hostile("from"): day,
            hostile("till"): day + pd.to_timedelta(rng.integers(0, 90, rows), unit="D"),
            hostile("target"): np.where(
                rng.random(rows) < 1 / (1 + np.exp(-(age - 50) / 8)), hostile("Y"), hostile("N")
            ),
        }
    )
    frame.loc[rng.random(rows) < 0.1, [hostile("pay"), hostile("kind")]] = None
    return frame.to_csv(index=False).encode()


def hostile_project() -> Project:
    """Return a project of that table, with rules and a finished run."""
    data, name = hostile_csv(), f"{hostile('file')}.csv"
    made = projects.create(hostile("project"), read_bytes(data, name), source=data, filename=name)
    roles = {"target": Role.TARGET, "group": Role.SENSITIVE}
    made.set_choices({hostile(column): ColumnChoice(role=role) for column, role in roles.items()})
    described = {"description": hostile("description")}
    made.set_rules(
        [
            parse({"type": "inequality", "low_column": hostile("from"), "high_column": hostile("till")} | described),
            parse({"type": "scalar_range", "column": hostile("age"), "low_value": 30, "high_value": 90}),
            parse({"type": "fixed_combinations", "columns": [hostile("kind"), hostile("group")]}),
        ]
    )
    made.set_client(hostile("client"))
    made.set_draft(Recipe(rows=200, method="independent"))
    run = made.new_run(made.draft)
    assert worker.main(str(run.folder)) == 0, run.status()
    return made


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Project]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMILE_HOME", str(tmp_path_factory.mktemp("home")))
        yield hostile_project()


def _texts(message: Any) -> Iterator[tuple[str, str]]:
    for field, value in message.ListFields():
        held = [value] if isinstance(value, str | bytes) or hasattr(value, "ListFields") else value
        if field.type == field.TYPE_STRING:
            yield from ((field.name, one) for one in ([held] if isinstance(held, str) else held))
        elif field.type == field.TYPE_MESSAGE and not field.message_type.GetOptions().map_entry:
            for one in held:
                yield from _texts(one)


def _nodes(node: Any) -> Iterator[Any]:
    if getattr(node, "proto", None) is not None:
        yield node
    for child in getattr(node, "children", {}).values():
        yield from _nodes(child)


def _figure_texts(part: Any, name: str = "") -> Iterator[str]:
    if isinstance(part, dict):
        for key, inner in part.items():
            yield from _figure_texts(inner, key)
    elif isinstance(part, list):
        for inner in part:
            yield from _figure_texts(inner, name)
    elif isinstance(part, str) and name in _IN_FIGURES:
        yield part


def loose(at: AppTest) -> list[str]:
    """Return what of the page would be drawn as Markdown or as a tag of a figure although it is somebody's name."""
    found = []
    for node in _nodes(at._tree):
        for field, text in _texts(node.proto):
            markdown = field in _MARKDOWN or node.type in _DRAWN_AS_MARKDOWN
            if node.type not in ("dataframe", "arrow_data_frame") and markdown and _LOOSE.search(text):
                found.append(f"{node.type}.{field}: {text[:200]}")
            if field == "spec":
                tags = [one for one in _figure_texts(json.loads(text)) if "<img" in one]
                found += [f"{node.type}: {one[:200]}" for one in tags]
    return found


PAGES = (
    "upload", "profiling", "constraints", "method", "generate", "compare", "privacy", "report", "fairness", "what_if",
    "monitor", "augmentation",
)  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
def test_names_are_shown_as_they_are(page: str, attacked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMILE_HOME", str(attacked.folder.parent.parent))
    assert not loose(open_page(page, attacked))


def test_the_search_for_loose_names_finds_them() -> None:
    def script() -> None:
        import streamlit as st

        from tests.pages.test_hostile_names import hostile

        st.caption(hostile("a"))
        st.metric("a", 1, help=hostile("b"))
        st.radio("a", [hostile("c")])

    assert len(loose(AppTest.from_function(script).run())) == 3


def test_errors_are_shown_as_they_are() -> None:
    def script() -> None:
        from pages.ui import parts
        from synth_core.errors import ReadingError
        from tests.pages.test_hostile_names import hostile

        parts.error_card(ReadingError(hostile("a")))
        parts.error_card(hostile("b"))
        with parts.guarded():
            raise ReadingError(hostile("c"))

    at = AppTest.from_function(script).run()
    assert len(at.error) == 3
    assert not loose(at)


@pytest.mark.parametrize(
    "wanted", ["../../etc/passwd", "/etc", "0" * 32, "<script>alert(1)</script>", "a" * 5_000, "%00", "☃"]
)
def test_an_address_that_leads_nowhere_says_so(wanted: str) -> None:
    at = open_page("start", None)
    at.query_params["project"] = wanted
    at.query_params["run"] = wanted
    at.query_params["demo"] = wanted
    at.run()
    at.switch_page("compare.py").run()
    assert not at.exception
    assert "project" not in at.query_params


def test_a_run_of_another_project_is_not_shown(attacked: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIMILE_HOME", str(attacked.folder.parent.parent))
    for wanted in ("../" * 3, f"../../{attacked.id}/runs/{attacked.runs()[0].id}", "0" * 32):
        at = open_page("start", attacked)
        at.query_params["run"] = wanted
        at.run()
        at.switch_page("generate.py").run()
        assert not at.exception
