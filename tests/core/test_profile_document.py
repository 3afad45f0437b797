"""The profile as files: one page that asks nothing of the network, stays small and masked; JSON that reads back."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core.errors import InputError
from synth_core.profile import profile
from synth_core.profile.exposure import exposure, suggested_quasi_identifiers, suggested_widths
from synth_core.profile.temporal import time_profile
from synth_core.profile.triples import triples
from synth_core.recipe import Use
from synth_core.recommend import meaning
from synth_core.report.profile_document import profile_html, profile_json, read_profile
from synth_core.table import Column, Kind, Table
from tests.conftest import make_people
from tests.core.test_report import Page


def everything(table: Table) -> dict[str, object]:
    known = suggested_quasi_identifiers(table)
    found = profile(table)
    return {
        "profile": found,
        "time": time_profile(table),
        "triples": triples(table),
        "exposure": exposure(table, known, widths=suggested_widths(table, known)),
        "advice": meaning(table, found, Use.SHARE),
    }


@pytest.fixture(scope="module")
def parts() -> dict[str, object]:
    return everything(make_people())


@pytest.fixture(scope="module")
def page(parts: dict[str, object]) -> str:
    return profile_html("Our <people>", **parts)  # type: ignore[arg-type]


def test_the_page_loads_nothing_from_anywhere(page: str) -> None:
    read = Page(page)
    loads = [attrs.get(key) for tag, attrs in read.tags for key in ("src", "href", "action", "data") if attrs.get(key)]
    assert not loads
    assert not [tag for tag, _ in read.tags if tag in ("link", "iframe", "img", "object", "embed", "base")]
    assert "@import" not in page.split("<script>")[0]
    assert "default-src 'none'" in page
    assert "connect-src" not in page


def test_kinds_have_the_names_that_the_app_gives_them(page: str) -> None:
    told = re.findall(r"<small>([^<]*)</small>", page)
    assert {"whole number", "date", "category"} <= {kind.split(",")[0] for kind in told}
    assert not {"integer", "boolean", "datetime"} & {kind.split(",")[0] for kind in told}


def test_the_page_offers_no_sharing(page: str) -> None:
    drawing = Page(page).scripts[-1]
    assert '"showSendToCloud":false' in drawing
    assert '"displayModeBar":false' in drawing


def test_the_page_says_everything_and_draws_it(page: str) -> None:
    read = Page(page)
    for heading in (
        "What this means for you", "Look at this first", "Columns at a glance", "How columns go together", "In time",
        "Exposed rows", "Column by column", "How this was measured",
    ):  # fmt: skip
        assert heading in read.text, heading
    names = re.findall(r'id="(chart\d+)"', page)
    assert len(names) > 10
    assert all(f'["{name}",' in read.scripts[-1] for name in names)
    assert all(attrs.get("aria-label") for tag, attrs in read.tags if attrs.get("role") == "img")


def test_plotly_is_in_the_page_once_and_the_page_is_under_eight_megabytes(page: str) -> None:
    assert len(Page(page).scripts) == 2
    assert len(page.encode()) < 8e6


def test_names_are_shown_as_they_are(page: str) -> None:
    assert "Our &lt;people&gt;" in page
    assert "<people>" not in page


def test_nothing_of_identifiers_or_of_fewer_than_five_rows_is_in_the_files(parts: dict[str, object], page: str) -> None:
    people = make_people()
    text = profile_json("people", **parts)  # type: ignore[arg-type]
    for secret in people.frame["record"].head(50):
        assert secret not in page
        assert secret not in text
    lowest, highest = people.frame["income"].min(), people.frame["income"].max()
    for secret in (lowest, highest):
        assert repr(float(secret)) not in text
        assert repr(float(secret)) not in Page(page).scripts[-1]


def test_a_wide_table_stays_under_eight_megabytes_and_says_what_is_left_out() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({f"a_rather_long_name_of_column_{i}": rng.normal(size=400) for i in range(150)})
    table = Table(frame, tuple(Column(name=name, kind=Kind.NUMBER) for name in frame))
    made = profile_html("wide", profile(table))
    assert len(made.encode()) < 8e6
    assert "60 of 150 columns have a large picture" in made
    assert made.count("<svg") >= 150


def test_a_bare_profile_makes_a_page_too() -> None:
    made = Page(profile_html("bare", profile(make_people(20).rows(np.arange(3))))).text
    assert "In time" not in made
    assert "Exposed rows" not in made


def test_the_document_reads_back_the_same(parts: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    path.write_text(profile_json("people", **parts), encoding="utf-8")  # type: ignore[arg-type]
    found = read_profile(path)
    assert (found.kind, found.version, found.table) == ("simile-profile", 1, "people")
    assert found.time == parts["time"]
    assert found.exposure == parts["exposure"]
    assert found.advice == parts["advice"]
    assert found.profile.columns == parts["profile"].columns  # type: ignore[attr-defined]


def test_another_version_or_another_file_is_refused_with_a_sentence(parts: dict[str, object], tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    body = json.loads(profile_json("people", **parts))  # type: ignore[arg-type]
    for wrong in (body | {"version": 2}, {"rows": 3}, body | {"more": 1}):
        path.write_text(json.dumps(wrong), encoding="utf-8")
        with pytest.raises(InputError, match="no profile of this version"):
            read_profile(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="no profile"):
        read_profile(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_profile(tmp_path / "nowhere.json")
