"""Commands for whoever runs the machine: what is there, whose it is, what was done, and real rows that go."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from synth_core.cli import app
from synth_core.errors import InputError, ProjectError
from synth_core.owners import LOCAL, owner_id
from synth_core.project import Project, create, open_project
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe
from synth_core.run import Status

CSV = b"id,age,city\n" + b"".join(
    f"A{n:04d},{20 + n % 50},{'Ghent' if n % 3 else 'Lyon'}\n".encode() for n in range(300)
)
ANN = owner_id("https://id.example.org", "ann")


def made(label: str = "Clients", owner: str = LOCAL) -> Project:
    return create(label, read_bytes(CSV, "clients.csv"), source=CSV, filename="clients.csv", owner=owner)


def said(*words: str, code: int = 0) -> str:
    found = CliRunner().invoke(app, list(words), catch_exceptions=False, standalone_mode=False)
    assert (found.return_value or 0) == code
    return found.stdout


def test_projects_of_everybody_are_listed() -> None:
    assert said("projects") == "No project yet.\n"
    mine, theirs = made("Mine"), made("Theirs", ANN)
    lines = {line.split()[0]: line for line in said("projects").splitlines()}
    assert lines.keys() == {mine.id, theirs.id}
    assert lines[mine.id].endswith("Mine")
    assert lines[theirs.id].endswith("Theirs")


def test_a_project_is_handed_over_and_back() -> None:
    project = made()
    assert project.id in said("hand-over", project.id, "--to", ANN)
    assert open_project(project.id, ANN).label == "Clients"
    with pytest.raises(ProjectError):
        open_project(project.id, LOCAL)
    said("hand-over", project.id, "--to", "local")
    assert open_project(project.id, LOCAL).label == "Clients"
    with pytest.raises(InputError):
        said("hand-over", project.id, "--to", "somebody")
    assert open_project(project.id, LOCAL).label == "Clients"


def test_the_log_is_printed_and_checked(tmp_path: Path) -> None:
    project = made()
    project.set_keeps_real_rows(False)
    printed = said("audit-log", project.id, "--out", str(tmp_path / "log.jsonl"))
    assert [line.split()[4] for line in printed.splitlines()[:2]] == ["upload", "retention"]
    assert printed.splitlines()[-1].startswith("Whole: 2 lines, last hash ")
    assert (tmp_path / "log.jsonl").read_text() == project.log.read_text()
    assert "Ghent" not in printed
    lines = project.log.read_text().splitlines(keepends=True)
    project.log.write_text("".join(lines[1:]))
    broken = said("audit-log", project.id, code=1)
    assert "BROKEN  " in broken
    assert "Whole" not in broken


def test_real_rows_go_on_command_but_not_from_under_a_run() -> None:
    project = made()
    run = project.new_run(Recipe(method="independent", rows=10, seed=1))
    run.write_status(Status(state="running"))
    with pytest.raises(ProjectError, match="Work of this project goes on"):
        said("remove-real-rows", project.id)
    assert len(open_project(project.id).table) == 300
    run.write_status(Status(state="failed"))
    assert "are removed" in said("remove-real-rows", project.id)
    assert open_project(project.id).removed is not None
