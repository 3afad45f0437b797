"""What the README says exists, exists."""

import re
from pathlib import Path

from typer.main import get_command

from synth_core.cli import app
from synth_core.methods import methods

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_file_that_the_readme_points_to_is_there() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README) + re.findall(r"`(docs/[\w./-]+|tests/[\w./-]+)`", README):
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


def test_every_make_target_in_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"^    make (\w+)", README, flags=re.M):
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
    assert "http" not in lock
