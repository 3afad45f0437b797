"""What the README and its neighbours say exists, exists."""

import re
from pathlib import Path

import pytest
from typer.main import get_command

from synth_core.cli import app
from synth_core.methods import methods

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXTS = [path for folder in (ROOT, ROOT / "docs", ROOT / "benchmarks") for path in sorted(folder.glob("*.md"))]
TOP = [ROOT / "README.md", ROOT / "CONTRIBUTING.md"]


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_every_file_that_a_text_points_to_is_there(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#\s]+)\)", text) + re.findall(r'(?:src|srcset)="([^"]+)"', text):
        assert target.startswith("http") or (path.parent / target).exists(), target


@pytest.mark.parametrize("path", TOP, ids=lambda path: path.name)
def test_every_file_of_the_repository_that_is_named_is_there(path: Path) -> None:
    named = re.findall(
        r"`((?:docs|tests|pages|synth_core|benchmarks|tools)/[\w./-]+)`", path.read_text(encoding="utf-8")
    )
    assert named
    for target in named:
        assert (ROOT / target).exists(), target


def test_what_contributing_names_in_short_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for target in re.findall(r"`((?:constraints|scores)/\w+\.py)`", text):
        assert (ROOT / "synth_core" / target).exists(), target
    for target in re.findall(r"-n0 ([\w/]+\.py)", text):
        assert (ROOT / target).exists(), target


def test_every_command_and_option_in_the_readme_exists() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    for line in re.findall(r"^    simile (.+)$", README, flags=re.M):
        name, *words = line.split()
        assert name in commands, name
        options = {option for parameter in commands[name].params for option in parameter.opts}
        for word in words:
            assert not word.startswith("--") or word in options, f"simile {name} has no {word}"
    assert set(commands) == {line.split()[0] for line in re.findall(r"^    simile (.+)$", README, flags=re.M)}


def test_every_engine_is_in_the_readme_with_its_licence() -> None:
    for name, method in methods().items():
        row = next((line for line in README.splitlines() if line.startswith("|") and f"`{name}`" in line), "")
        assert method.info.licence in row, name


@pytest.mark.parametrize("path", TOP, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"\bmake ([a-z]+)(?=`|$| {2,})", path.read_text(encoding="utf-8"), flags=re.M)
    assert targets
    for target in targets:
        assert re.search(rf"^{target}:", makefile, flags=re.M), target


def test_the_lock_pins_every_package_that_the_project_asks_for() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = project["dependencies"] + project["optional-dependencies"]["dev"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8").lower()
    for requirement in wanted:
        name = re.split(r"[<>=\[ ]", requirement)[0].lower()
        assert re.search(rf"^{re.escape(name)}==", lock, flags=re.M), name
    assert "torch==2.13.0" in lock
    assert "+" not in lock, "a local build in the lock cannot be installed elsewhere"
    assert "://" not in lock
