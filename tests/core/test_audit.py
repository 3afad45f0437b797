"""The audit log: what is in it, what is not, and that a change to it is found."""

import errno
import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from synth_core.audit import DAMAGED, NAME, check, note
from synth_core.constraints.kinds import ScalarRange
from synth_core.errors import ProjectError
from synth_core.project import Project, create, duplicate
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe, Use
from synth_core.table import Role
from synth_core.worker import main

CSV = b"code,secretname,age\n" + b"".join(f"Q{n:04d},Marker{n % 7}word,{20 + n % 50}\n".encode() for n in range(300))


def made() -> Project:
    return create("Clients", read_bytes(CSV, "private-clients.csv"), source=CSV, filename="private-clients.csv")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / NAME
    for number in range(5):
        note(path, "local", "rules", {"rules": number})
    return path


def test_a_log_that_nobody_touched_is_whole(log: Path) -> None:
    found = check(log)
    assert [line.n for line in found.lines] == [1, 2, 3, 4, 5]
    assert found.problems == ()
    assert oct(log.stat().st_mode)[-3:] == "600"


def _sealed_anew(line: str) -> str:
    """Return a line that was changed by somebody who knows how hashes are made."""
    from synth_core.audit import Line

    read = Line.model_validate_json(line).model_copy(update={"who": "someone else"})
    return json.dumps(read.model_copy(update={"hash": read.sealed()}).model_dump(mode="json"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda lines: [*lines[:1], lines[1].replace('"rules":1', '"rules":9'), *lines[2:]], "Line 2 was changed"),
        (lambda lines: [lines[0], *lines[2:]], "Before line 2"),
        (lambda lines: [*lines[:2], lines[3], lines[2], lines[4]], "Before line 3"),
        (lambda lines: lines[1:], "Before line 1"),
        (lambda lines: lines[:4], "5 were written, the last that is here is 4"),
        (lambda lines: [], "5 were written, the last that is here is 0"),
        (lambda lines: [*lines[:2], "nonsense", *lines[2:]], "Line 3 cannot be read"),
        (lambda lines: [lines[0], _sealed_anew(lines[1]), *lines[2:]], "Before line 3"),
        (lambda lines: [*lines[:4], _sealed_anew(lines[4])], "Lines at the end"),
    ],
)
def test_a_change_is_found(log: Path, change, words: str) -> None:
    lines = change(log.read_text().splitlines())
    log.write_text("".join(f"{line}\n" for line in lines))
    assert any(words in problem for problem in check(log).problems), check(log).problems
    for _ in range(2):
        note(log, "local", "use")
    assert len(check(log).problems) >= 1, "going on hides nothing"


@pytest.mark.parametrize("end", ["cut off", "damaged", "changed", "forged", "all gone"])
def test_a_log_whose_end_is_not_as_it_was_left_says_so_and_goes_on_from_what_was_written(log: Path, end: str) -> None:
    lines = log.read_text().splitlines()
    last = check(log).lines[-1]
    ends = {
        "cut off": lines[:4], "damaged": [*lines[:4], "x" + lines[4]], "all gone": [],
        "changed": [*lines[:4], lines[4].replace('"rules":4', '"rules":9')],
        "forged": [*lines[:4], _sealed_anew(lines[4])],
    }  # fmt: skip
    log.write_text("".join(f"{line}\n" for line in ends[end]))
    found = hashlib.sha256(log.read_bytes()).hexdigest()
    note(log, "local", "use")
    note(log, "local", "use")
    told, first, second = check(log).lines[-3:]
    assert (told.n, told.what, told.who) == (6, DAMAGED, "simile")
    assert (told.about["written"], told.about["sha256"]) == (5, found)
    assert told.previous == last.hash, "what was written, not what was found"
    assert first.previous == told.hash
    assert second.previous == first.hash, "told once"
    assert any("found damaged" in problem for problem in check(log).problems)
    log.write_text("".join(f"{line}\n" for line in log.read_text().splitlines() if DAMAGED not in line))
    assert check(log).problems, "taking that line out is found too"


def test_a_lost_head_is_told_but_not_that_of_a_writer_who_was_stopped(log: Path) -> None:
    head = log.with_suffix(".head")
    before = head.read_text()
    note(log, "local", "use")
    head.write_text(before)  # stopped between the line and the head
    assert check(log).problems == ()
    assert note(log, "local", "use").n == 7
    assert check(log).problems == ()
    head.unlink()
    assert "cannot be told" in check(log).problems[0]
    note(log, "local", "use")
    assert "found damaged" in check(log).problems[0]


def test_a_line_that_cannot_be_written_whole_is_taken_back(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = log.read_bytes()

    def full(*paths: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    for name in ("replace", "write"):
        with monkeypatch.context() as patch:
            patch.setattr(f"synth_core.audit.os.{name}", full)
            with pytest.raises(ProjectError, match=r"[Nn]othing is done unlogged"):
                note(log, "local", "use")
        assert log.read_bytes() == before
    note(log, "local", "use")
    assert check(log).problems == ()


def test_a_line_cut_short_is_told_and_the_log_goes_on(log: Path) -> None:
    with open(log, "ab") as file:
        file.write(b'{"n":6,"wh')
    assert "cut short" in check(log).problems[0]
    note(log, "local", "use")
    found = check(log)
    assert found.lines[-1].n == 6
    assert found.lines[-1].previous == found.lines[-2].hash
    assert found.problems == ("Line 6 cannot be read.",)


def test_lines_of_several_processes_at_once_are_all_there_and_whole(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from synth_core.audit import note\n"
        "for n in range(60): note(Path(sys.argv[1]), sys.argv[2], 'rules', {'rules': n})"
    )
    path = tmp_path / NAME
    processes = [subprocess.Popen([sys.executable, "-c", code, str(path), f"p{number}"]) for number in range(3)]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    found = check(path)
    assert found.problems == ()
    assert len(found.lines) == 180
    for number in range(3):
        assert [line.about["rules"] for line in found.lines if line.who == f"p{number}"] == list(range(60))


def test_a_project_logs_what_is_done_with_it_and_neither_values_nor_names() -> None:
    project = made()
    project.set_choices({"secretname": ColumnChoice(role=Role.DROP)})
    project.set_rules([ScalarRange(column="age", low_value=18, high_value=99)])
    project.set_rules(project.rules)  # nothing changed: no line
    project.set_use(Use.DEVELOP)
    run = project.new_run(Recipe(method="independent", rows=120, seed=1))
    assert main(str(run.folder)) == 0
    project.record_release(run, "CSV", override="Marker3word asked for it")
    found = check(project.log)
    assert [line.what for line in found.lines] == [
        "upload", "table", "rules", "use", "generate", "judged", "download",
    ]  # fmt: skip
    assert found.problems == ()
    upload, download = found.lines[0].about, found.lines[-1].about
    assert len(str(upload["sha256"])) == 64
    assert download["override"] is True
    text = project.log.read_text()
    for word in ("Marker", "secretname", '"age"', "Clients", "private", "Q0001"):
        assert word not in text


def test_a_copy_begins_a_log_of_its_own() -> None:
    project = made()
    copy = duplicate(project.id)
    assert [line.what for line in check(copy.log).lines] == ["duplicated"]
    assert project.id not in copy.log.read_text()
