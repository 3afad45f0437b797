"""The advice on engines: one is recommended, with a true reason; what does not fit is refused with why."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from synth_core import recommend as module
from synth_core.methods.base import MethodInfo
from synth_core.recipe import Use
from synth_core.recommend import assess, recommend
from synth_core.table import Column, Kind, Table
from tests.conftest import make_people


def _engine(name: str, requires: tuple[str, ...] = ()) -> Any:
    info = MethodInfo(name, name.title(), "", "", "", "seconds", requires=requires)
    return SimpleNamespace(info=info)


@pytest.fixture(autouse=True)
def engines(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    known = {name: _engine(name) for name in ("trees", "copula", "independent", "ctgan", "tvae", "diffusion")}
    monkeypatch.setattr(module, "methods", lambda: known)
    return known


def test_a_usual_table_gets_trees_with_its_own_size_in_the_reason() -> None:
    best = recommend(make_people(1200), Use.SHARE)
    assert best.method == "trees"
    assert "1,200 rows" in best.reason
    assert "7 learned columns" in best.reason
    assert "mixed kinds" in best.reason


def test_exactly_one_engine_is_recommended_and_every_engine_is_assessed(engines: dict[str, Any]) -> None:
    found = assess(make_people(1200), Use.TRAIN)
    assert sum(one.recommended for one in found) == 1
    assert {one.method for one in found} == set(engines)
    assert found[0].recommended


def test_few_rows_get_the_copula_and_refuse_trees_and_networks() -> None:
    found = {one.method: one for one in assess(make_people(120), Use.SHARE)}
    assert found["copula"].recommended
    assert "120 rows" in found["trees"].refused
    assert found["ctgan"].refused
    assert "a network needs more to learn from" in found["diffusion"].refused


def test_one_learned_column_gets_independent() -> None:
    table = Table(pd.DataFrame({"age": range(500)}), (Column(name="age", kind=Kind.INTEGER),), "ages")
    assert recommend(table, Use.EXPLORE).method == "independent"


def test_networks_are_refused_for_a_column_with_very_many_categories_and_it_is_named() -> None:
    frame = pd.DataFrame({"diag_1": [f"c{i % 696}" for i in range(2000)], "age": range(2000)})
    table = Table(frame, (Column(name="diag_1", kind=Kind.CATEGORY), Column(name="age", kind=Kind.INTEGER)), "stays")
    found = {one.method: one for one in assess(table, Use.SHARE)}
    assert "'diag_1' has 696 levels, about 0." in found["ctgan"].refused
    assert not found["trees"].refused
    assert not found["diffusion"].refused


def test_an_engine_whose_package_is_missing_is_never_recommended(engines: dict[str, Any]) -> None:
    engines["trees"] = _engine("trees", requires=("a_package_that_is_not_there",))
    assert recommend(make_people(1200), Use.SHARE).method == "copula"


def test_the_reason_follows_the_use() -> None:
    table = make_people(1200)
    assert recommend(table, Use.SHARE).reason != recommend(table, Use.TRAIN).reason


def test_a_table_without_a_learned_column_is_sent_back_to_upload() -> None:
    frame = pd.DataFrame({"id": [f"R-{i:05d}" for i in range(400)]})
    table = Table(frame, (Column(name="id", kind=Kind.IDENTIFIER),), "ids")
    assert "choose kinds and roles on Upload" in recommend(table, Use.SHARE).reason
