"""Logs and status files say where something broke, never with which cells."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from synth_core import cli, worker
from synth_core import project as projects
from synth_core.demos import demo_path
from synth_core.errors import GenerationError
from synth_core.project import Project
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe
from synth_core.run import Run

MARKER = "cell-of-somebody-7731"

LOUD = f"""
import logging, os, sys, threading, warnings
from synth_core import quiet
quiet.install(); quiet.install()
assert os.umask(0o077) == 0o077
def broken(): raise ValueError("{MARKER}")
try:
    broken()
except ValueError as error:
    logging.getLogger("a").error("Uncaught %s", "execution", exc_info=error)
    logging.getLogger("b").exception("It broke")
warnings.warn("{MARKER}")
thread = threading.Thread(target=broken); thread.start(); thread.join()
try:
    broken()
except ValueError as error:
    raise RuntimeError("{MARKER}") from error
"""


def test_a_quiet_process_says_where_and_not_what() -> None:
    done = subprocess.run([sys.executable, "-c", LOUD], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert MARKER not in done.stdout + done.stderr
    assert "Uncaught execution" in done.stderr
    assert done.stderr.count("broken") >= 4  # the function's name
    assert "RuntimeError" in done.stderr
    assert "UserWarning at" in done.stderr


def marked_project() -> Project:
    rows = [f"{n},{MARKER if n % 9 == 0 else 'plain'},{n * 7 % 40},{'yes' if n % 3 else 'no'}" for n in range(200)]
    data = ("key,word,age,bought\n" + "\n".join(rows) + "\n").encode()
    return projects.create("marked", read_bytes(data, "a.csv"), source=data, filename="a.csv")


def told(run: Run) -> str:
    """Return everything that a run says in words: its status and its log."""
    return (
        "".join(path.read_text(errors="replace") for path in run.folder.glob("*.txt")) + run.status().model_dump_json()
    )


STAGES = [
    "synth_core.project.Project.table_of",
    "synth_core.pipeline.generate",
    "synth_core.codec.Codec.fit",
    "synth_core.methods.independent.Independent.fit",
    "synth_core.codec.Codec.decode",
    "synth_core.pipeline.judge",
]


@pytest.mark.parametrize("broken", STAGES)
def test_no_stage_of_a_run_repeats_cells_when_it_breaks(
    broken: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    project = marked_project()
    run = project.new_run(Recipe(rows=50, method="independent"))

    def breaks(*_: object, **__: object) -> object:
        raise ValueError(f"could not convert string to float: '{MARKER}'")

    monkeypatch.setattr(broken, breaks)
    assert worker.main(str(run.folder)) == 1
    out, err = capfd.readouterr()
    assert "ValueError" in run.status().error
    assert "ValueError" in err
    assert MARKER not in out + err + told(run)


def test_a_worker_that_dies_outside_its_work_repeats_no_cells(tmp_path: Path) -> None:
    run = marked_project().new_run(Recipe(rows=50, method="independent"))
    (run.folder / "recipe.json").write_text(f'{{"rows": "{MARKER}"}}')
    done = subprocess.run(
        [sys.executable, "-m", "synth_core.worker", str(run.folder)], capture_output=True, text=True, check=False
    )
    assert done.returncode
    assert MARKER not in done.stdout + done.stderr + told(run)


def test_the_command_repeats_no_cells_when_it_breaks(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object, **__: object) -> object:
        raise ValueError(MARKER)

    monkeypatch.setattr("synth_core.reading.read_bytes", breaks)
    monkeypatch.setattr(sys, "argv", ["simile", "profile", str(demo_path("hospital"))])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    out, err = capsys.readouterr()
    assert stop.value.code == 1
    assert "ValueError" in err
    assert MARKER not in out + err


def test_errors_that_are_meant_for_people_keep_their_words(monkeypatch: pytest.MonkeyPatch) -> None:
    run = marked_project().new_run(Recipe(rows=50, method="independent"))

    def refuses(*_: object, **__: object) -> object:
        raise GenerationError("Too few rows.")

    monkeypatch.setattr("synth_core.pipeline.generate", refuses)
    assert worker.main(str(run.folder)) == 1
    assert run.status().error == "Too few rows."
