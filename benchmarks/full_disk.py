"""Fill a real, small disk at many points of the journey: what is said, what is left, and whether it goes on.

::

    python -m benchmarks.full_disk [jobs] [changes] [commands]      # Linux, as root: it mounts a tmpfs of 24 MB

Each case leaves so many kilobytes free, does one thing, looks at what came of it, makes room and does it again. Jobs
must end in a sentence, offer nothing half made and give the same rows afterwards; changes of a project must leave it
as it was; commands must end with one sentence and leave no half of a file.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIZE = 24  # MB
ROOM = (0, 4, 8, 16, 32, 48, 64, 96, 128, 160, 200, 240)  # kB left free for a job
LITTLE = (0, 4, 8, 64)  # kB left free for a change or a command


def say(words: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


@contextmanager
def little(disk: Path, room: int) -> Iterator[None]:
    """Leave ``room`` kB on the disk while the block lasts."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        while (free := shutil.disk_usage(disk).free - room * 1024) > 0:
            file.write(bytes(min(free, 1 << 20)))
    try:
        yield
    finally:
        filler.unlink(missing_ok=True)


def halves(folder: Path) -> list[str]:
    """Return what lies there that is not whole."""
    return [str(path.relative_to(folder)) for path in folder.rglob(".*building*")]


def ended(job: Any) -> Any:
    """Return the last word of a job."""
    while job.status().active:
        time.sleep(0.2)
    return job.status()


def try_jobs(disk: Path) -> None:
    """Runs, a measurement's and an audit's like, that find so much room."""
    from synth_core import audit, jobs
    from synth_core.errors import SimileError
    from synth_core.recipe import Recipe

    recipe = Recipe(method="independent", rows=2000, seed=3, chunk_rows=500)
    made = people()
    before = shutil.disk_usage(disk).used
    first = jobs.start(made, recipe)
    say(f"A run with room: {ended(first).state}, {(shutil.disk_usage(disk).used - before) // 1024} kB")
    wanted = first.parquet.read_bytes()
    for room in ROOM:
        known, started = len(made.runs()), None
        with little(disk, room):
            try:
                started = jobs.start(made, recipe)
                status = ended(started)
                said = f"{status.state} at '{status.stage}': {status.error or status.note}"
            except SimileError as error:
                said = f"not started: {error}"
            fresh = made.runs()[: len(made.runs()) - known]
            latest = made.latest_done()
            offered = latest is not None and latest.id != first.id and (started is None or not started.is_judged)
            left = halves(made.folder)
        log = audit.check(made.log).problems
        if fresh and ended(fresh[0]).state != "done":
            jobs.resume(fresh[0])
        again = fresh[0] if fresh else jobs.start(made, recipe)
        same = ended(again).state == "done" and again.parquet.read_bytes() == wanted
        say(
            f"job, {room} kB: {said} | offered half made: {offered}, left {left or 'nothing'}, "
            f"runs more {len(fresh)}, log {log or 'whole'} | with room again: "
            f"{'the same rows' if same else f'NOT the same: {again.status()}'}"
        )
        for run in made.runs():
            if run.id != first.id:
                shutil.rmtree(run.folder)


def try_changes(disk: Path) -> None:
    """Changes of a project, and new projects."""
    from synth_core import audit
    from synth_core.constraints.kinds import parse
    from synth_core.errors import SimileError
    from synth_core.project import create, duplicate, open_project, projects
    from synth_core.reading import ColumnChoice, read_bytes
    from synth_core.recipe import Recipe

    made = people()
    data = made.table.frame.to_csv(index=False).encode()
    rule = parse({"type": "inequality", "id": "order", "low_column": "start", "high_column": "end"})
    changes: dict[str, Callable[[], Any]] = {
        "rename": lambda: made.rename("Other " * 10),
        "draft": lambda: made.set_draft(Recipe(rows=77)),
        "rules": lambda: made.set_rules([rule]),
        "choices": lambda: made.set_choices({"plan": ColumnChoice(protect=False)}),
        "logo": lambda: made.set_logo(b"\xff\xd8\xff" + bytes(90_000)),
        "note": lambda: made.note("looked", {"why": "x" * 3_000}),
        "copy": lambda: duplicate(made.id),
        "new": lambda: create("New", read_bytes(data, "new.csv"), source=data, filename="new.csv"),
    }
    for name, change in changes.items():
        for room in LITTLE:
            facts, known = (made.folder / "project.json").read_bytes(), len(projects())
            with little(disk, room):
                try:
                    change()
                    said = "done"
                except SimileError as error:
                    said = str(error)
                same = (made.folder / "project.json").read_bytes() == facts
                number = len(projects())
                left = [*halves(made.folder), *(path.name for path in made.folder.parent.glob("*.new"))]
            problems = audit.check(made.log).problems
            say(
                f"{name}, {room} kB: {said} | project.json {'as it was' if same else 'changed'}, "
                f"projects {number - known:+d}, left {left or 'nothing'}, log {problems or 'whole'}"
            )
            open_project(made.id).table  # noqa: B018 - opens
        change()


def try_commands(disk: Path) -> None:
    """Commands whose output finds no room."""
    table, out = disk.parent / "people.csv", disk / "out"
    people().table.frame.to_csv(table, index=False)
    given = [str(table), "--method", "independent", "--rows", "20000", "--out"]
    commands = {
        "demo": ["demo", "hospital", "--out", str(out / "demo.csv")],
        "csv": ["generate", *given, str(out / "made.csv")],
        "parquet": ["generate", *given, str(out / "made.parquet")],
        "excel": ["generate", *given, str(out / "made.xlsx")],
        "judge": ["judge", str(table), str(table), "--html", str(out / "card.html"), "--json", str(out / "card.json")],
        "profile": ["profile", str(table), "--json", str(out / "profile.json")],
        "testdata": ["testdata", str(table), "--rows", "20000", "--out", str(out / "test.csv")],
    }
    for name, arguments in commands.items():
        for room in (0, 64):
            shutil.rmtree(out, ignore_errors=True)
            out.mkdir()
            with little(disk, room):
                ran = subprocess.run(
                    [sys.executable, "-m", "synth_core.cli", *arguments], capture_output=True, text=True, check=False
                )
                left = {path.name: path.stat().st_size for path in out.rglob("*") if path.is_file()}
            words = ran.stderr.strip().splitlines()
            say(f"simile {name}, {room} kB: exit {ran.returncode}, {words[-1:] or 'no word'} | files left {left}")


def people() -> Any:
    """Make a project of two thousand people."""
    from synth_core.project import create
    from synth_core.reading import read_bytes
    from tests.conftest import make_people

    data = make_people(2000).frame.to_csv(index=False).encode()
    return create("People", read_bytes(data, "people.csv"), source=data, filename="people.csv")


def main() -> None:
    """Mount the small disk, and try what the command line names, or all."""
    with tempfile.TemporaryDirectory(prefix="full-disk-") as above:
        disk = Path(above) / "disk"
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(disk)], check=True)
        os.environ["SIMILE_HOME"] = str(disk / "home")
        try:
            for name, tried in {"jobs": try_jobs, "changes": try_changes, "commands": try_commands}.items():
                if name in sys.argv[1:] or not sys.argv[1:]:
                    tried(disk)
        finally:
            subprocess.run(["umount", "-l", str(disk)], check=True)


if __name__ == "__main__":
    main()
