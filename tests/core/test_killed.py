"""A worker killed at any stage: the run says so, offers nothing half made, and goes on to the same bytes."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from synth_core import worker
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.run import Run
from tests.core.test_jobs import project_of

ROOT = Path(__file__).resolve().parents[2]
RECIPE = Recipe(method="independent", rows=400, seed=3, chunk_rows=100)


@pytest.fixture(scope="module")
def killer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., int]]:
    """Return a function that does a job in a process of its own, killed on the way."""
    home = tmp_path_factory.mktemp("killer")
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.core.killed_worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        cwd=ROOT, env=os.environ | {"OMP_NUM_THREADS": "1", "SIMILE_HOME": str(home)},
    )  # fmt: skip
    assert process.stdin is not None
    assert process.stdout is not None

    def kill(folder: Path, **at: Any) -> int:
        process.stdin.write(json.dumps({"folder": str(folder), **at}) + "\n")
        process.stdin.flush()
        return int(process.stdout.readline())

    yield kill
    process.stdin.close()
    process.wait(20)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, str]:
    """Return the release and the scorecard of a run that nothing happened to."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SIMILE_HOME", str(tmp_path_factory.mktemp("whole") / "home"))
        run = project_of().new_run(RECIPE)
        worker.main(str(run.folder))
        assert run.status().state == "done"
        return run.parquet.read_bytes(), card_of(run)


def card_of(run: Run) -> str:
    """Return the scorecard without the time that it took."""
    return run.scorecard().model_dump_json(exclude={"made", "seconds"})


def killed(project: Project, kill: Callable[..., int], **at: Any) -> Run:
    """Return a run whose worker was killed there, looked at as a page does."""
    run = project.new_run(RECIPE)
    assert kill(run.folder, **at) == -9
    status = run.status()
    assert status.state == "lost"
    assert status.error.endswith("Resume it: what is finished is kept.")
    assert project.active_run() is None
    assert project.latest_done() is None, "nothing half made is offered"
    assert run.scorecard() is None
    return run


def goes_on(run: Run, whole: tuple[bytes, str]) -> None:
    """See that the run goes on to what it would have been."""
    worker.main(str(run.folder))
    assert run.status().state == "done", run.status().error
    assert run.parquet.read_bytes() == whole[0]
    assert card_of(run) == whole[1]
    assert not [path.name for path in run.folder.iterdir() if path.name.startswith("part") or "last-word" in path.name]


@pytest.mark.parametrize("stage", ["Learn", "Sample", "Keep the rules", "Compare"])
def test_a_killed_worker_is_lost_and_its_run_goes_on_to_the_same_bytes(
    killer: Callable[..., int], whole: tuple[bytes, str], stage: str
) -> None:
    goes_on(killed(project_of(), killer, stage=stage), whole)
