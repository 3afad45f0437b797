"""Kill the process of every kind of job at every stage, look at what is said and offered, and do the job again.

::

    python -m benchmarks.faults [KIND ...]
    # run, full, audit, mend, measurement, augmentation, fairness, tuning, taken, testdata

"full" and "audit" are the full attacks and the shadow audit of a run that is judged; "taken" is an iteration killed
when its last choice has become a run of the project, before it knows of it.

A job that was killed must be "lost" with one way on, offer nothing half made, and give the same when it is done again:
the bytes of the rows for runs, what was found (without its times) for the others.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

STAGES = ("Read", "Split", "Learn", "Sample", "Keep the rules", "Compare", "Attack")
TIMES = ("made", "seconds", "learning", "when", "spent")


@dataclass(frozen=True)
class Kind:
    """A kind of job: how its folder is made, where it is killed, and what it found."""

    make: Callable[[], Any]
    places: tuple[dict[str, Any], ...]
    found: Callable[[Any], Any]


class Killer:
    """The process that does jobs in children of its own, killed on the way."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.core.killed_worker"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip

    def __call__(self, folder: Path, **at: Any) -> int:
        """Do the job; return minus the signal that ended it, or its exit code."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({"folder": str(folder), **at}) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def without_times(found: Any) -> Any:
    """Return plain values without what the clock decides."""
    if isinstance(found, dict):
        return {key: without_times(value) for key, value in found.items() if key not in TIMES}
    return [without_times(one) for one in found] if isinstance(found, list) else found


def kinds(kill: Killer) -> dict[str, Kind]:
    """Return the kinds of jobs, by name; each makes a folder of its own in a project of its own."""
    from synth_core import jobs
    from synth_core.frontier import stops
    from synth_core.labs import augmentation, fair_project
    from synth_core.labs.fair_corrections import FairnessPlan
    from synth_core.project import Project, create
    from synth_core.reading import ColumnChoice, read_bytes
    from synth_core.recipe import Recipe
    from synth_core.scorecard import Target
    from synth_core.table import Role
    from synth_core.testdata import orders
    from synth_core.testdata.making import Order, Secrets
    from synth_core.tuning.record import Asked, Budget
    from tests.conftest import make_people

    data = make_people(700).frame.to_csv(index=False).encode()
    spawned: list[Any] = []
    jobs._spawn = spawned.append  # type: ignore[assignment]

    def project() -> Any:
        made = create("People", read_bytes(data, "people.csv"), source=data, filename="people.csv")
        made.set_choices({"churn": ColumnChoice(role=Role.TARGET), "plan": ColumnChoice(role=Role.SENSITIVE)})
        return made

    recipe = Recipe(method="independent", rows=400, seed=3, chunk_rows=100)

    treed = Recipe(rows=400, seed=3, params={"trees": 1, "candidates": 1})

    def run(**more: Any) -> Any:
        return jobs.start(project(), recipe.model_copy(update=more))

    def rows(job: Any) -> Any:
        return [job.parquet.read_bytes().hex(), without_times(job.scorecard().model_dump(mode="json"))]

    def judged(further: Callable[[Any], None], **more: Any) -> Any:
        job = run(**more)
        if kill(job.folder) != 0:
            raise RuntimeError(job.log()[-500:])
        further(job)
        return job

    def file(name: str) -> Callable[[Any], Any]:
        return lambda job: without_times(json.loads((job.folder / name).read_text(encoding="utf-8")))

    def tuning() -> Any:
        asked = Asked(
            targets=[Target(score="c2st", dimension="fidelity", limit=0.5)], budget=Budget(minutes=5, tries=2)
        )
        return jobs.tune(project(), recipe, asked)

    def iterated(job: Any) -> Any:
        found, made = job.tuning(), Project(job.folder.parent.parent).runs()
        words = [found.chosen, found.final.sentence, [run.id == found.final.run for run in made]]
        return [*words, [[run.status().state, *rows(run)] for run in made]]

    def order() -> Any:
        start = orders.jobs.start_process

        def none(run: Any, module: str, stdin: int = 0) -> Any:
            class Gone:
                stdin = io.BytesIO()

            return Gone

        orders.jobs.start_process = none  # type: ignore[assignment]
        try:
            return orders.start(Order(project=project().id, recipe=recipe, rows=400, form="csv"), Secrets())
        finally:
            orders.jobs.start_process = start

    places = tuple({"stage": stage} for stage in STAGES)
    writes = tuple({"write": number} for number in (1, 2, 4, 8, 12, 16, 20, 24, 28, 32))
    labs = tuple({"stage": "Measure", "nth": number} for number in (1, 6, 15))
    lab = augmentation.Settings(rare="yes", method="independent", ratios=(1.0,), folds=3, inner=2)
    plan = FairnessPlan(sensitive=("plan",), target="churn", favourable="yes", corrections=("represent",), folds=2)
    return {
        "run": Kind(run, (*places, *writes), rows),
        "full": Kind(
            lambda: judged(partial(jobs.judge_again, full=True)),
            (*({"stage": stage} for stage in ("Read", "Compare", "Attack")), *({"write": n} for n in range(1, 9))),
            rows,
        ),
        "audit": Kind(
            lambda: judged(jobs.audit),
            (*({"stage": "Audit", "nth": number} for number in (1, 5, 15)), *({"write": n} for n in (1, 2, 3, 5, 9))),
            rows,
        ),
        "mend": Kind(
            lambda: run(redraw_exposed=True, method="trees"), (*places, {"stage": "Keep the rules", "nth": 3}), rows
        ),
        "measurement": Kind(
            lambda: jobs.measure(project(), treed, stops(treed)[:1]), (*labs, {"stage": "Read"}),
            file("frontier.json"),
        ),
        "augmentation": Kind(
            lambda: jobs.start_lab(project(), augmentation.NAME, "a" * 32, recipe, lab), labs, file("result.json")
        ),
        "fairness": Kind(lambda: fair_project.start(project(), plan), labs, file("result.json")),
        "tuning": Kind(
            tuning, tuple({"stage": "Iterate", "nth": number} for number in (1, 8, 20, 30)),
            iterated,
        ),
        "taken": Kind(
            tuning, ({"once": "runs/.*/recipe.json"}, {"once": "runs/[!.]*/recipe.json"}), iterated,
        ),
        "testdata": Kind(
            order, tuple({"stage": stage} for stage in ("Prepare", "Learn", "Sample", "Write")),
            lambda job: [path.read_bytes().hex() for path in job.files],
        ),
    }  # fmt: skip


def offered(job: Any) -> list[str]:
    """Return what the pages would show of a job that was killed as if it were whole."""
    found = []
    if job.folder.parent.name == "runs" and job.is_judged:
        found.append("scorecard")
    if job.folder.parent.name == "frontiers" and job.frontier() is not None:
        found.append("frontier")
    if job.folder.parent.name == "testdata" and job.outcome() is not None:
        found.append("outcome")
    return found


def try_kind(name: str, kind: Kind, kill: Killer) -> None:
    """Kill a kind of job at each of its places and print what happened."""
    sound = kind.make()
    code = kill(sound.folder)
    if code != 0:
        sys.stdout.write(f"{name}: ends with {code} unharmed: {sound.status().error} {sound.log()[-500:]}\n")
        return
    wanted = kind.found(sound)
    for place in kind.places:
        job = kind.make()
        code = kill(job.folder, **place)
        if code == 0:
            sys.stdout.write(f"{name} at {place}: over before it got there\n")
            continue
        status, shown = job.status(), offered(job)
        again = kill(job.folder)
        same = again == 0 and kind.found(job) == wanted
        litter = [path.name for path in job.folder.rglob(".*")]
        words = "the same" if same else f"NOT the same ({again}, {job.status().error})"
        sys.stdout.write(
            f"{name} at {place}: {code}, {status.state}, '{status.error.rsplit('. ', 1)[-1]}', "
            f"offered {shown or 'nothing'}; again: {words}"
            f"{f', litter {litter}' if litter else ''}\n"
        )
        sys.stdout.flush()


def main() -> None:
    """Try the kinds named on the command line, or all."""
    home = Path(tempfile.mkdtemp(prefix="faults-"))
    os.environ["SIMILE_HOME"] = str(home)
    kill = Killer()
    try:
        for name, kind in kinds(kill).items():
            if name in sys.argv[1:] or not sys.argv[1:]:
                try_kind(name, kind, kill)
    finally:
        if kill.process.stdin is not None:
            kill.process.stdin.close()
        kill.process.wait(30)
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
