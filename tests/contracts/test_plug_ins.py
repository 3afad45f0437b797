"""Engines of other packages: found where they are installed, and no harm where they are broken."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import synth_core.methods as registry
from synth_core import estimates
from synth_core.methods import broken, method_class, methods
from tests.pages.judged_run import make_project, open_page, text_of

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = Path(__file__).parent / "neighbours_method"


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example package, built and installed into a folder of its own."""
    place = tmp_path_factory.mktemp("plug_in")
    shutil.copytree(EXAMPLE, place / "source")
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    done = subprocess.run(
        [*command, "--target", str(place / "installed"), str(place / "source")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return place / "installed"


def offer(folder: Path, name: str, value: str, code: str = "") -> None:
    """Write what an installed package leaves: its description, and a module."""
    described = folder / f"{name}-1.0.dist-info"
    described.mkdir(parents=True)
    (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (described / "entry_points.txt").write_text(f"[simile.methods]\n{name} = {value}\n")
    if code:
        (folder / f"{value.partition(':')[0]}.py").write_text(code)


@pytest.fixture
def fresh(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """A registry that looks again what is installed, before and after."""
    own = {name: cls for name, cls in methods().items() if cls.__module__.startswith("synth_core.")}
    monkeypatch.setattr(registry, "_registry", own)
    monkeypatch.setattr(registry, "_broken", [])
    monkeypatch.setattr(estimates, "estimate", lambda table, recipe: estimates.Estimate(40.0, 40.0, 0.4e9))
    registry._loaded.cache_clear()
    yield monkeypatch
    monkeypatch.undo()
    registry._loaded.cache_clear()


def simile(paths: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "synth_core.cli", *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(paths)},
        check=False,
    )


def test_an_installed_package_is_found_by_the_registry_and_has_a_card(
    installed: Path, fresh: pytest.MonkeyPatch
) -> None:
    fresh.syspath_prepend(str(installed))
    assert list(methods())[-1] == "neighbours"
    assert method_class("neighbours").info.title == "Crossed neighbours"
    assert broken() == []
    at = open_page("method", make_project())
    assert "**Crossed neighbours**" in text_of(at)
    at.button(key="method.choose_neighbours").click().run()
    assert not at.exception
    assert at.number_input(key="method.neighbours.k").value == 10


def test_the_command_line_lists_it_and_makes_rows_with_it(installed: Path, tmp_path: Path) -> None:
    listed = simile(installed, "methods")
    assert "neighbours" in listed.stdout
    table = tmp_path / "t.csv"
    table.write_text("x,y\n" + "".join(f"{n % 37},{'ab'[n % 2]}\n" for n in range(300)))
    made = simile(
        installed, "generate", str(table), "--method", "neighbours", "--rows", "40", "--out", f"{tmp_path}/s.csv"
    )
    assert made.returncode == 0, made.stderr
    assert len((tmp_path / "s.csv").read_text().splitlines()) == 41


CARD = (
    "from synth_core.methods import Engine, MethodInfo\n"
    "class Mine(Engine):\n"
    "    info = MethodInfo('{name}', 'Mine', 'Makes.', 'Good.', 'Weak.', 'seconds')\n"
    "    def fit(self, table, *, seed, progress=None): ...\n"
)
LOAD = "    @classmethod\n    def load(cls, folder): ...\n"
REGISTERS = "from synth_core.methods import register\n"
BROKEN = {
    "no module": ("gone_away:Mine", "", r"'gone_away:Mine' cannot be read \(ModuleNotFoundError\)"),
    "error when read": ("raises_it:Mine", "1 / 0\n", r"'raises_it:Mine' cannot be read \(ZeroDivisionError\)"),
    "no such class": ("empty_one:Mine", "x = 1\n", r"'empty_one:Mine' cannot be read \(AttributeError\)"),
    "not a class": ("function_one:Mine", "def Mine(): ...\n", "it is a function, not a class"),
    "no card": ("cardless:Mine", "class Mine: ...\n", "its 'info' is not a MethodInfo"),
    "no load": ("loadless:Mine", CARD.format(name="loadless"), "it has no 'load'"),
    "a bad name": ("ill_named:Mine", CARD.format(name="My engine") + LOAD, "its name is not of small letters"),
    "takes a name by itself": (
        "greedy:Mine",
        REGISTERS + CARD.format(name="trees").replace("class ", "@register\nclass ") + LOAD,
        "another engine called 'trees' already",
    ),
    "a name that is taken": ("taken:Mine", CARD.format(name="trees") + LOAD, "another engine called 'trees' already"),
}


@pytest.mark.parametrize("case", sorted(BROKEN))
def test_a_broken_one_is_left_out_with_a_sentence_and_nothing_else_is_lost(
    case: str, tmp_path: Path, fresh: pytest.MonkeyPatch
) -> None:
    value, code, sentence = BROKEN[case]
    own = methods()
    registry._loaded.cache_clear()
    offer(tmp_path, "broken-engine", value, code)
    fresh.syspath_prepend(str(tmp_path))
    assert methods() == own
    (said,) = broken()
    assert said.startswith("The package 'broken-engine' offers the engine 'broken-engine', which is left out: ")
    assert re.search(sentence, said), said
    assert said.endswith(("Update or remove the package.", "Remove one of the two."))


def test_the_page_and_the_command_line_say_it_and_work_on(tmp_path: Path, fresh: pytest.MonkeyPatch) -> None:
    offer(tmp_path, "broken-engine", "gone_away:Mine")
    listed = simile(tmp_path, "methods")
    assert listed.returncode == 0
    assert "trees" in listed.stdout
    assert "'broken-engine', which is left out" in listed.stderr
    fresh.syspath_prepend(str(tmp_path))
    at = open_page("method", make_project())
    assert "'broken-engine', which is left out" in at.warning[0].value
    assert "Recommended]" in text_of(at)
