"""Memory is told before the work starts, to within a factor of two, and a sentence says what to change."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.memory import made_table
from synth_core import jobs, needs
from synth_core.errors import InputError
from synth_core.methods import methods
from synth_core.needs import fitting_workers, free_memory, needed, require_memory
from synth_core.recipe import Recipe
from synth_core.table import Column, Kind, Table

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    "case",
    [
        "independent 12000",
        "independent 4000 --made 300000 --chunk 300000",
        "copula 60000",
        "trees 6000 --numbers 4 --categories 4",
        "trees 3000 --numbers 4 --categories 4 --made 250000 --chunk 250000",
        "independent 2000 --numbers 2 --categories 2 --made 60000 --judged",
        "tvae 4000 --numbers 2 --categories 1 --levels 400",
        "bayesian_network 12000",
        "diffusion 6000",
    ],
)
def test_what_is_expected_is_within_a_factor_of_two_of_what_is_taken(case: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.memory", *case.split()],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    ratio = float(done.stdout.split("|")[-2])
    assert 0.5 < ratio < 2, done.stdout


@pytest.mark.parametrize("method", sorted(methods()))
def test_every_engine_says_what_it_needs_what_there_is_and_what_to_change(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(needs, "free_memory", lambda: 0.05e9)
    with pytest.raises(InputError) as caught:
        require_memory(wide(40), Recipe(method=method, rows=1000))
    said = str(caught.value)
    assert re.match(r"This needs about 0\.\d GB of memory, and 0\.1 GB are free\. [A-Z].*\.$", said)
    ways = said.partition("are free. ")[2]
    assert "'trees'" in ways if method in needs.LEVEL_EACH else "learn from a sample of the rows" in ways.lower()
    if method == "trees":
        assert "Choose 'trees'" not in ways


def wide(levels: int, rows: int = 3000) -> Table:
    frame = pd.DataFrame({"diag_1": [f"c{i % levels}" for i in range(rows)], "age": [float(i) for i in range(rows)]})
    return Table(frame, (Column(name="diag_1", kind=Kind.CATEGORY), Column(name="age", kind=Kind.INTEGER)), "stays")


def test_networks_need_more_for_every_category() -> None:
    few, many = (needed(wide(levels, 6000), Recipe(method="ctgan", rows=10)).total for levels in (10, 2000))
    assert many > few + 6000 * 1900 * 8


def test_what_does_not_fit_is_refused_with_how_much_and_what_to_change(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(needs, "free_memory", lambda: 20e9)
    monkeypatch.setattr(needs, "_WIDTH_CELL", 24e3)
    with pytest.raises(
        InputError,
        match=r"This needs about \d+ GB of memory, and 20 GB are free. Choose 'trees', or leave out 'diag_1', which "
        r"has 696 categories.",
    ):
        require_memory(wide(696), Recipe(method="ctgan", rows=10))


def test_more_rows_need_no_more_memory_but_larger_parts_do() -> None:
    table = made_table(2000, 3, 3, 5)
    few = needed(table, Recipe(rows=100_000), workers=2).total
    assert needed(table, Recipe(rows=50_000_000), workers=2).total == few
    assert needed(table, Recipe(rows=50_000_000, chunk_rows=5_000_000), workers=2).total > 5 * few


def test_the_judgement_needs_more_up_to_the_rows_that_it_reads() -> None:
    table = made_table(2000, 3, 3, 5)
    some, all_of_them = (needed(table, Recipe(rows=rows), judged=True).total for rows in (1_000_000, 5_000_000))
    assert all_of_them > some
    assert needed(table, Recipe(rows=90_000_000), judged=True).total == all_of_them


def test_as_many_processes_sample_as_memory_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    table, recipe = made_table(2000, 3, 3, 5), Recipe(rows=10_000_000)
    monkeypatch.setattr(needs, "free_memory", lambda: needed(table, recipe, workers=3).sample)
    assert fitting_workers(table, recipe, 16) == 3
    monkeypatch.setattr(needs, "free_memory", lambda: 0.0)
    assert fitting_workers(table, recipe, 16) == 1


def test_processes_elsewhere_need_no_memory_here() -> None:
    table = made_table(2000, 3, 3, 5)
    here, there = (
        needed(table, Recipe(rows=10_000_000, cluster=cluster), workers=8).total for cluster in ("", "tcp://h:1")
    )
    assert there < here


def test_the_users_limit_and_the_control_group_count(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert free_memory() > 0
    monkeypatch.setenv(needs.LIMIT, "0.25")
    assert free_memory() == 0.25e9
    monkeypatch.delenv(needs.LIMIT)
    for name, text in (
        ("memory.max", "300000000"),
        ("memory.current", "200000000"),
        ("memory.stat", "inactive_file 5"),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(needs, "_groups", lambda: [tmp_path])
    assert free_memory() == 100_000_005
    (tmp_path / "memory.max").write_text("max")
    assert free_memory() > 100_000_005


def test_a_run_that_would_not_fit_is_not_started(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.core.test_jobs import project_of

    monkeypatch.setenv(needs.LIMIT, "0.01")
    project = project_of()
    with pytest.raises(InputError, match=r"This needs about 0\.\d GB of memory, and 0\.0 GB are free"):
        jobs.start(project, Recipe(method="independent", rows=50))
    assert not project.runs()
