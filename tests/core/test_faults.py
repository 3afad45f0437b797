"""Full disks, damaged folders, clocks that go back, two servers, memory that runs out: said, and survived."""

import errno
import io
import json
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from synth_core import audit, jobs, run, whole_files, worker
from synth_core.cli_output import keep_text
from synth_core.errors import InputError, ProjectError, StorageError
from synth_core.generation import generate
from synth_core.leftovers import sweep
from synth_core.project import create, damaged, duplicate, open_project, projects
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.run import Run, Status, birth
from synth_core.table import Role
from synth_core.whole_files import locked, write_whole
from tests.core.test_jobs import CSV, project_of, wait_for

ROOT = Path(__file__).resolve().parents[2]
SMALL = Recipe(method="independent", rows=400, seed=3, chunk_rows=100)


def number_of(run: Run) -> int:
    return int((run.folder / "pid").read_text().split()[0])


# a full disk


def no_room(*paths: object, **more: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class FullLog(io.StringIO):
    """The log of a process whose disk is full."""

    def write(self, text: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("nth", [1, 4, 9])
def test_a_disk_that_fills_up_ends_a_run_with_a_sentence_and_it_goes_on_when_there_is_room(
    nth: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = project_of()
    done = made.new_run(SMALL)
    into_place, seen = os.replace, 0

    def fills_up(old: object, new: Path) -> None:
        nonlocal seen
        if Path(new).name not in ("status.json", "last-word", "pid"):
            seen += 1
            if seen >= nth:
                no_room()
        into_place(old, new)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(whole_files.os, "replace", fills_up)
        patch.setattr(sys, "stderr", FullLog())
        worker.main(str(done.folder))
    status = done.status()
    assert (status.state, status.error) == ("failed", whole_files.refusal(OSError(errno.ENOSPC, "")))
    assert made.latest_done() is None
    assert not list(done.folder.rglob("*.building"))
    worker.main(str(done.folder))
    assert done.status().state == "done"
    generate(made.table, SMALL, tmp_path)
    assert done.parquet.read_bytes() == (tmp_path / "synthetic.parquet").read_bytes()


def test_the_last_word_has_room_put_by(monkeypatch: pytest.MonkeyPatch) -> None:
    done = project_of().new_run(SMALL)
    done.make_room()
    into_place = os.replace

    def full_but_for_what_was_put_by(old: object, new: Path) -> None:
        if (done.folder / "last-word").exists():
            no_room()
        into_place(old, new)  # type: ignore[arg-type]

    monkeypatch.setattr(whole_files.os, "replace", full_but_for_what_was_put_by)
    done.say_last(Status(state="failed", error="The disk is full."))
    assert done.status().error == "The disk is full."
    monkeypatch.setattr(whole_files.os, "replace", no_room)
    done.say_last(Status(state="failed", error="Lost."))  # nothing can be written: no error, and the old word stands
    assert done.status().error == "The disk is full."


def test_a_full_disk_leaves_a_project_as_it_was_and_no_half_of_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    changes: list[Callable[[], object]] = [
        lambda: made.rename("Other"), lambda: made.set_rules([]), lambda: made.set_draft(SMALL),
        lambda: made.new_run(SMALL), lambda: duplicate(made.id), lambda: made.set_logo(b"\xff\xd8\xff" + bytes(64)),
        lambda: create("New", read_bytes(CSV, "c.csv"), source=CSV, filename="c.csv"),
    ]  # fmt: skip
    monkeypatch.setattr(whole_files.os, "replace", no_room)
    monkeypatch.setattr(shutil, "copytree", no_room)
    for change in changes:
        with pytest.raises(InputError, match=r"disk is full|No space left"):
            change()
    assert [one.label for one in projects()] == ["Clients"]
    assert not [path.name for path in made.folder.parent.iterdir() if path.name != made.id]
    assert made.runs() == []


@pytest.mark.parametrize("part", ["table.parquet", "columns.json"])
def test_a_table_that_found_no_room_is_kept_when_there_is_some(part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    first = made.table.names[0]
    into_place = os.replace

    def full(old: object, new: Path) -> None:
        no_room() if Path(new).name == part else into_place(old, new)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(whole_files.os, "replace", full)
        with pytest.raises(StorageError, match="disk is full"):
            made.set_choices({first: ColumnChoice(role=Role.DROP)})
    assert open_project(made.id).table.column(first).role is not Role.DROP
    made.set_choices({first: ColumnChoice(role=Role.DROP)})
    assert open_project(made.id).table.column(first).role is Role.DROP


@pytest.mark.parametrize("name", ["facts.json", "recipe.json", "audit.head", "pid"])
def test_a_job_that_finds_no_room_to_start_leaves_nothing(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    rested = made.new_run(SMALL)
    rested.write_status(Status(state="cancelled", note="Cancelled"))
    into_place = os.replace

    def full(old: object, new: Path) -> None:
        no_room() if Path(new).name == name else into_place(old, new)  # type: ignore[arg-type]

    monkeypatch.setattr(whole_files.os, "replace", full)
    with pytest.raises(InputError, match="disk is full"):
        jobs.start(made, SMALL)
    assert [one.id for one in made.runs()] == [rested.id]
    if name == "pid":
        with pytest.raises(StorageError, match="disk is full"):
            jobs.resume(rested)
        assert rested.status().state == "cancelled"
    assert [path.name for path in (made.folder / "runs").iterdir()] == [rested.id]
    living = [one for one in psutil.Process().children() if one.status() != psutil.STATUS_ZOMBIE]
    assert not [one for one in living if made.id in " ".join(one.cmdline())]


@pytest.mark.parametrize("written", [0, 20, -1])
def test_the_audit_log_keeps_no_half_of_a_line(written: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    before, write = made.log.read_bytes(), os.write

    def some(number: int, text: bytes) -> int:
        return write(number, text[:written])

    with monkeypatch.context() as patch:
        if written >= 0:
            patch.setattr(audit.os, "write", some)
        else:  # the line finds room, and the head of the log does not
            patch.setattr(whole_files.os, "replace", no_room)
        with pytest.raises(ProjectError, match=r"nothing is done unlogged\. The disk is full"):
            made.note("looked")
    assert made.log.read_bytes() == before
    made.note("looked")
    assert audit.check(made.log).problems == ()


def test_what_a_command_writes_is_whole_or_as_it_was(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    out, link = tmp_path / "card.json", tmp_path / "link.json"
    keep_text(out, "old")
    link.symlink_to(out)
    with monkeypatch.context() as patch:
        patch.setattr(whole_files.os, "replace", no_room)
        with pytest.raises(OSError, match="No space left") as failed:
            keep_text(out, "new")
    assert (failed.value.filename, out.read_text()) == (str(out), "old")
    keep_text(link, "new")
    assert link.is_symlink()
    assert out.read_text() == "new"


@pytest.mark.parametrize("code", [errno.EROFS, errno.EACCES])
def test_a_folder_that_may_not_be_written_is_said(code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()

    def forbidden(*paths: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(whole_files.os, "replace", forbidden)
    with pytest.raises(StorageError, match=r"may not be written\. Give the right to write it, or set SIMILE_HOME"):
        made.rename("Other")
    assert open_project(made.id).label == "Clients"


# damage


def test_a_damaged_project_is_named_and_the_others_open() -> None:
    sound, broken = project_of(), project_of()
    (broken.folder / "project.json").write_text('{"label": "x", "created": "2026-01-01T00:00:00"}')
    assert [one.id for one in projects()] == [sound.id]
    assert [(one.id, "start a new project" in one.reason) for one in damaged()] == [(broken.id, True)]
    facts = json.loads((sound.folder / "project.json").read_text())
    (sound.folder / "project.json").write_text(json.dumps(facts | {"version": 99}))
    assert "newer Simile" in next(one.reason for one in damaged() if one.id == sound.id)


@pytest.mark.parametrize("name", ["synthesis.json", "model", "made-from", "synthetic.parquet"])
def test_damage_in_a_runs_folder_is_made_good_by_doing_it_again(name: str, tmp_path: Path) -> None:
    made = project_of()
    generate(made.table, SMALL, tmp_path)
    whole = (tmp_path / "synthetic.parquet").read_bytes()
    if name == "model":
        (tmp_path / "synthesis.json").unlink()
    for path in (tmp_path / "model").iterdir() if name == "model" else [tmp_path / name]:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2] + b"\x00")
    generate(made.table, SMALL, tmp_path)
    assert (tmp_path / "synthetic.parquet").read_bytes() == whole


def test_a_damaged_part_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    generate(made.table, SMALL, tmp_path / "whole")

    def stop(*told: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("synth_core.generation._publish", stop)
        with pytest.raises(KeyboardInterrupt):
            generate(made.table, SMALL, tmp_path / "stopped")
    first, second, third = sorted((tmp_path / "stopped" / "parts").glob("part-*.parquet"))[:3]
    first.write_bytes(first.read_bytes()[:200])
    second.unlink()
    third.with_suffix(".json").write_text("{")
    generate(made.table, SMALL, tmp_path / "stopped")
    assert (tmp_path / "stopped/synthetic.parquet").read_bytes() == (tmp_path / "whole/synthetic.parquet").read_bytes()


# the clock


def test_a_clock_that_goes_back_loses_no_run_and_no_order(monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    first = made.new_run(SMALL)
    jobs.remember_process(first, os.getpid())
    born = birth(os.getpid())
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() - 7200)
    monkeypatch.setattr(psutil, "boot_time", lambda: real() - 9_000)
    assert birth(os.getpid()) == born
    assert first.status().active, "its process lives, whatever the clock says"

    class Earlier(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.fromtimestamp(real() - 7200, UTC)

    monkeypatch.setattr(run, "datetime", Earlier)
    second = made.new_run(SMALL)
    assert second.started_at < first.started_at
    assert [one.id for one in made.runs()] == [second.id, first.id], "the one that was asked for last is first"


def test_time_is_never_negative_where_the_clock_goes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    now = time.time()
    ahead = now + 5_000
    assert Status(state="running", started=ahead, spent=12.0).elapsed == 12.0
    assert Status(state="done", started=ahead, finished=now, spent=30.0).elapsed == 30.0
    made = project_of().new_run(SMALL)
    reporter = worker.Reporter(made)
    monkeypatch.setattr(time, "time", lambda: now - 90_000)
    reporter("Learn", 0, 1)
    later = time.monotonic() + 60
    monkeypatch.setattr(time, "monotonic", lambda: later)
    reporter("Learn", 0.5, 1)
    reporter.finish("done", "Done")
    status = made.status()
    assert all(seconds >= 0 for seconds in status.seconds.values())
    assert (reporter.status.seconds_left or 0) >= 0
    assert status.elapsed >= 59


def test_a_run_that_nobody_does_is_not_waited_for_where_the_clock_went_back() -> None:
    made = project_of().new_run(SMALL)
    later = time.time() + 3600  # written before the clock was set back by an hour
    os.utime(made.folder / "status.json", (later, later))
    assert made.status().state == "lost"


# two servers


def test_a_project_edited_by_two_servers_is_whole_and_keeps_both_changes() -> None:
    made = project_of()
    one, other = open_project(made.id), open_project(made.id)
    with ThreadPoolExecutor(2) as pool:
        said = [
            pool.submit(lambda: [one.rename(f"Label {n}") for n in range(40)]),
            pool.submit(lambda: [other.set_client(f"Client {n}") for n in range(40)]),
        ]
        for changes in said:
            changes.result()
    again = open_project(made.id)
    assert (again.label, again.client) == ("Label 39", "Client 39")


def _write_often(path: Path, letter: str, number: int) -> None:
    for _ in range(number):
        write_whole(path, letter * 40_000)


def test_two_processes_that_write_one_file_never_tear_it(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    writers = [multiprocessing.get_context("fork").Process(target=_write_often, args=(path, one, 60)) for one in "ab"]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        if path.exists():
            assert len(set(path.read_text())) == 1
    assert [writer.exitcode for writer in writers] == [0, 0]
    assert [one.name for one in tmp_path.iterdir()] == ["file.json"]


def test_a_job_that_is_asked_for_twice_at_once_starts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    spawned: list[str] = []

    def spawn(one: Run) -> None:
        spawned.append(one.id)
        time.sleep(0.05)
        jobs.remember_process(one, os.getpid())

    monkeypatch.setattr(jobs, "_spawn", spawn)
    monkeypatch.setattr(jobs, "require_memory", lambda *a, **k: None)

    def ask(what: Callable[[], object]) -> str:
        try:
            what()
        except ProjectError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: ask(lambda: jobs.start(open_project(made.id), SMALL)), range(4)))
    assert len(spawned) == 1
    assert sum("in progress" in one for one in said) == 3
    stopped = project_of().new_run(SMALL)
    (stopped.folder / "pid").write_text("999999999 1.0 1")
    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(lambda _: ask(lambda: jobs.resume(Run(stopped.folder))), range(4)))
    assert spawned.count(stopped.id) == 1


def test_a_second_worker_in_a_runs_folder_leaves_it_alone(capfd: pytest.CaptureFixture[str]) -> None:
    made = project_of().new_run(SMALL)
    with worker.alone(made) as first:
        assert first
        assert worker.main(str(made.folder)) == 0
    assert made.status().state == "queued"
    assert "Another process does this run already" in capfd.readouterr().err
    assert worker.main(str(made.folder)) == 0
    assert made.status().state == "done"


# what was killed


def test_a_server_that_is_killed_leaves_its_run_at_work_and_another_follows_it() -> None:
    made = project_of()
    code = (
        "import os, signal, sys; from synth_core import jobs; from synth_core.project import open_project; "
        "from synth_core.recipe import Recipe; "
        "print(jobs.start(open_project(sys.argv[1]), Recipe(method='independent', rows=40_000_000)).id, flush=True); "
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    server = subprocess.run(
        [sys.executable, "-c", code, made.id], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert server.returncode == -9
    followed = made.run(server.stdout.strip())
    assert wait_for(followed, "running") == "running"
    assert not jobs.started_here(followed), "closing this studio does not end it"
    end = time.monotonic() + 90
    while not (family := psutil.Process(number_of(followed)).children(recursive=True)) and time.monotonic() < end:
        time.sleep(0.1)
    psutil.Process(number_of(followed)).kill()
    _, left = psutil.wait_procs(family, timeout=120)
    assert not left, "processes that sample end with the worker that was killed"
    assert followed.status().state == "lost"


def test_what_a_killed_studio_left_half_made_is_swept_away(own_home: Path) -> None:
    made = project_of()
    half = made.folder.with_name("f" * 32 + ".new")
    shutil.copytree(made.folder, half)
    torn = made.folder / ".project.json.999999999.1.building"
    torn.write_text("{")
    mine = made.folder / f".rules.json.{os.getpid()}.1.building"
    mine.write_text("[")
    before = made.folder / f".rules.json.{os.getpid()}.2.building"  # of a process that had this number earlier
    before.write_text("[")
    os.utime(before, (1e9, 1e9))
    assert [one.id for one in projects()] == [made.id]
    sweep(own_home)
    assert half.exists(), "it may be on its way in another studio"
    old = time.time() - 7200
    os.utime(half, (old, old))
    sweep(own_home)
    assert not half.exists()
    assert not torn.exists()
    assert not before.exists()
    assert mine.exists()
    assert open_project(made.id).table.fingerprint == made.table.fingerprint


# memory


def test_a_job_beyond_memory_fails_alone_with_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of().new_run(SMALL)
    code = (
        "import resource, sys; from synth_core import worker, pipeline; "
        "from synth_core.methods import method_class; "
        "cls = method_class('independent'); fit = cls.fit; "
        "cls.fit = lambda self, *a, **k: (bytearray(10 * 10**9), fit(self, *a, **k))[1]; "
        "resource.setrlimit(resource.RLIMIT_AS, (6 * 10**9, 6 * 10**9)); "
        "sys.exit(worker.main(sys.argv[1]))"
    )
    ended = subprocess.run([sys.executable, "-c", code, str(made.folder)], cwd=ROOT, check=False, capture_output=True)
    assert ended.returncode == 1, ended.stderr
    assert made.status().state == "failed"
    assert made.status().error.startswith("Memory ran out. Make fewer rows")


def test_a_job_that_asks_for_too_much_is_refused_before_it_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    made = project_of()
    monkeypatch.setattr("synth_core.needs.free_memory", lambda: 3e8)
    with pytest.raises(InputError, match="memory"):
        jobs.start(made, Recipe(method="independent", rows=400))
    assert made.runs() == []


def test_locks_go_with_the_process_that_holds_them(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import os, signal, sys; from pathlib import Path; from synth_core.whole_files import locked\n"
        "with locked(Path(sys.argv[1])):\n os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert subprocess.run([sys.executable, "-c", code, path], cwd=ROOT, check=False).returncode == -9
    with locked(path):
        pass
