"""What an engine will take is told before it starts; `auto` takes the recommended engine that fits the time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from synth_core import estimates, jobs
from synth_core.cli import app
from synth_core.estimates import Estimate, estimate, in_time, resolved
from synth_core.generation import generate
from synth_core.machine import Machine
from synth_core.recipe import Recipe, Use
from synth_core.recommend import assess
from synth_core.steering.asks import Steering
from synth_core.steering.given import given_rows
from synth_core.writing import write_table
from tests.conftest import make_people
from tests.core.test_jobs import project_of
from tests.core.test_needs import wide

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = {
    "tvae": {"epochs": 20, "patience": 0},
    "ctgan": {"epochs": 6, "patience": 0},
    "diffusion": {"minutes": 0.1},
}


def work_of(*words: str) -> float:
    """Return the processor seconds that a command of ours takes."""
    before = os.times()
    done = subprocess.run([sys.executable, "-m", "synth_core.cli", *words], cwd=ROOT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


@pytest.mark.parametrize("method", sorted(NETWORKS))
def test_the_work_of_a_network_is_told_to_within_a_factor_of_two(method: str, tmp_path: Path) -> None:
    """In processor seconds, in one of two tries; diffusion may stop long before its time is up."""
    table = make_people(3_000)
    write_table(table, tmp_path / "people.parquet")
    recipe = Recipe(method=method, params=NETWORKS[method], rows=3_000)
    ratios = []
    for _ in range(2):
        told = estimate(table, recipe)
        assert told.at_most
        words = [f"{name}={value}" for name, value in NETWORKS[method].items()]
        params = [part for word in words for part in ("--param", word)]
        out = str(tmp_path / "out.parquet")
        took = work_of("generate", str(tmp_path / "people.parquet"), "--method", method, "--out", out, *params)
        ratios.append(told.work / took)
        if 0.5 < ratios[-1] < 2:
            return
    raise AssertionError(ratios)


def test_a_recipe_that_would_fail_says_why_and_raises_nothing() -> None:
    found = estimate(make_people(300), Recipe(method="trees", params={"leaves": 3}))
    assert found.seconds is None
    assert "has no setting 'leaves'" in found.problem
    many = estimate(wide(1500, 30_000), Recipe(method="tvae", rows=10))
    assert "Column 'diag_1' has 1,500 levels" in many.problem


def test_auto_takes_the_engine_that_fits_the_time_and_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    took = {"trees": 600.0, "copula": 20.0, "independent": 2.0}
    asked: list[str] = []

    def told(table: object, recipe: Recipe) -> Estimate:
        asked.append(recipe.method)
        return Estimate(took[recipe.method], 0.0, 1e8)

    monkeypatch.setattr(estimates, "estimate", told)
    table = make_people(1200)
    assert resolved(table, Recipe(method="auto")).method == "trees"
    assert asked == [], "without a budget nothing is tried"
    chosen = resolved(table, Recipe(method="auto", minutes=5))
    assert (chosen.method, asked) == ("copula", ["trees", "copula"])
    assert "It takes about 20 s of the 5 min that you have" in chosen.reason
    by_name = {one.method: one for one in in_time(table, Recipe(method="auto", minutes=5))}
    assert by_name["trees"].refused == "it would take about 10 min, and you have 5 min."
    assert set(by_name) >= set(took), "alternatives are never hidden"
    assert resolved(table, Recipe(method="auto", minutes=0.1)).method == "independent"
    asked.clear()
    took["bayesian_network"] = 30.0
    least = resolved(table, Recipe(method="auto", minutes=0.01))
    assert (least.method, set(asked)) == ("independent", set(took)), "networks are not tried in their place"
    assert "no engine is expected to fit the time that you have; this one is the quickest." in least.reason
    named = Recipe(method="diffusion", minutes=1)
    assert resolved(table, named) is named


def test_memory_and_a_graphics_card_count() -> None:
    table = make_people(1200)
    small = {one.method: one for one in assess(table, Use.SHARE, machine=Machine(2, 0.5e9, False))}
    assert "0.8 GB of memory, and 0.5 GB are free" in small["tvae"].refused
    assert small["trees"].recommended
    big = wide(100, 150_000)
    by_card = {
        card: {one.method: one.refused for one in assess(big, Use.TRAIN, machine=Machine(2, 64e9, card))}
        for card in (False, True)
    }
    assert "no graphics card: it would learn for hours" in by_card[False]["ctgan"]
    assert not by_card[True]["ctgan"]


def test_cells_that_are_missing_are_named_among_the_facts() -> None:
    table = make_people(1200)
    frame = table.frame.copy()
    frame.loc[:700, [c.name for c in table.columns if c.learned][:3]] = None
    holed = type(table)(frame, tuple(c.model_copy(update={"nullable": True}) for c in table.columns), "holed")
    assert "% of the cells empty" in assess(holed, Use.SHARE)[0].reason


def test_a_run_of_auto_records_which_engine_it_took(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = generate(make_people(200), Recipe(method="auto", rows=50), tmp_path)
    assert made.method == "copula"
    started: list[Recipe] = []
    monkeypatch.setattr(jobs, "_spawn", lambda run: started.append(run.recipe))
    jobs.start(project_of(), Recipe(method="auto", rows=50))
    assert started[0].method != "auto"
    assert "300 rows" in started[0].reason


def test_a_recipe_of_auto_survives_its_file() -> None:
    recipe = Recipe(method="auto", minutes=2.5)
    assert Recipe.model_validate_json(recipe.model_dump_json()) == recipe


def test_the_command_line_lists_what_engines_take_on_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"trees": Estimate(40.2, 40.0, 0.41e9), "tvae": Estimate(300.0, 300.0, 0.8e9, at_most=True)}
    monkeypatch.setattr(estimates, "estimate", lambda table, recipe: told.get(recipe.method, Estimate(None, 0.0, 1e8)))
    write_table(make_people(1200), tmp_path / "people.csv")
    monkeypatch.setattr(sys, "argv", ["simile"])
    listed = CliRunner().invoke(app, ["methods", str(tmp_path / "people.csv"), "--minutes", "2"])
    assert listed.exit_code == 0, listed.output
    assert "about 40 s, 0.4 GB for this table" in listed.stdout
    assert "at most about 5 min, 0.8 GB for this table" in listed.stdout
    assert "not advised: it would take about 5 min, and you have 2 min." in listed.stdout
    assert "recommended: 1,200 rows" in listed.stdout
    found = CliRunner().invoke(app, ["methods", str(tmp_path / "people.csv"), "--json"])
    by_name = {one["name"]: one for one in json.loads(found.stdout)}
    assert by_name["trees"]["estimate"]["memory_gb"] == 0.41
    assert by_name["trees"]["advice"]["recommended"]


def test_the_cards_tell_the_time_of_an_engine_without_what_is_asked() -> None:
    from pages.ui.method_cards import _tried

    table = make_people(300)
    told = given_rows(table.select(["city"]).rows(np.flatnonzero(table.frame["city"].notna())[:9]), table)
    draft = Recipe(method="trees", rows=100, steering=Steering(given=told.described))
    assert "none were brought" in estimate(table, draft).problem
    assert estimate(table, _tried(draft, "trees")).problem == ""
