"""Many runs in a row, each looked at as the pages do: what is left of them in memory, files and processes.

::

    python -m benchmarks.soak --runs 200

One process starts every run (``jobs.start``), as the studio's server does, waits for it, reads its status, scorecard
and first rows, lists the projects. A project is deleted after twenty runs. It prints, over
time: its resident memory, open files, children and zombies, files under SIMILE_HOME per run that is kept, and what is
new in the folder for temporary files.
"""

from __future__ import annotations

import argparse
import gc
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

TABLE = b"id,age,sex,height\n" + b"".join(
    f"A{n:04d},{20 + n * 7 % 50},{'FM'[n % 2]},{150 + n * 13 % 47 + n / 1000:.3f}\n".encode() for n in range(40)
)
ROWS = 40
EACH = 20  # runs in a project, before it is deleted and another one made


def look(home: Path, before: set[str], kept: int) -> str:
    """Return a line of figures."""
    import psutil

    gc.collect()
    me = psutil.Process()
    children = me.children(recursive=True)
    zombies = sum(child.status() == psutil.STATUS_ZOMBIE for child in children)
    files = [path for path in home.rglob("*") if path.is_file()]
    fresh = [name for name in os.listdir(tempfile.gettempdir()) if name.startswith("simile-") and name not in before]
    return (
        f"{me.memory_info().rss / 1e6:7.1f} MB, {me.num_fds():3d} open files, "
        f"{len(children)} children ({zombies} zombies), "
        f"{len(files):5d} files for {kept:2d} runs kept, {sum(path.stat().st_size for path in files) / 1e6:6.2f} MB, "
        f"{len(fresh)} temporary folders"
    )


def main() -> None:
    """Soak, and print a line every ten runs."""
    told = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    told.add_argument("--runs", type=int, default=200)
    asked = told.parse_args()
    home = Path(tempfile.mkdtemp(prefix="soak-"))
    os.environ["SIMILE_HOME"] = str(home)
    from synth_core import jobs
    from synth_core import project as projects
    from synth_core.deletion import delete_project
    from synth_core.reading import read_bytes
    from synth_core.recipe import Recipe

    before = {name for name in os.listdir(tempfile.gettempdir()) if name.startswith("simile-")}
    began, states = time.monotonic(), dict.fromkeys(("done", "failed", "lost"), 0)
    project = None
    for number in range(asked.runs):
        if project is None or number % EACH == 0:
            if project is not None:
                delete_project(project.id)
            project = projects.create(
                f"Soak {number}", read_bytes(TABLE, "soak.csv"), source=TABLE, filename="soak.csv"
            )
        run = jobs.start(project, Recipe(method="independent", rows=ROWS, seed=number))
        while run.status().active:
            jobs.queue_place(run)
            time.sleep(0.2)
        states[run.status().state] += 1
        if run.status().state == "done":
            assert run.scorecard() is not None
            preview = run.preview()
            assert preview is not None
            assert len(preview) == ROWS
        for known in projects.projects():
            known.latest_done()
        if number % 10 == 9 or number in (0, 4):
            line = look(home, before, len(project.runs()))
            sys.stdout.write(f"{number + 1:4d} runs, {time.monotonic() - began:6.0f} s: {line}\n")
            sys.stdout.flush()
    sys.stdout.write(f"{states}\n")
    if project is not None:
        delete_project(project.id)
    left = [str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()]
    sys.stdout.write(f"Left after the last project was deleted: {left}\n")
    shutil.rmtree(home)


if __name__ == "__main__":
    main()
