"""A cluster: the same bytes as this machine alone, whatever dies on the way."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth_core import cluster as module
from synth_core import jobs, project
from synth_core.cluster import require_workers
from synth_core.constraints.kinds import Inequality
from synth_core.errors import Cancelled, InputError
from synth_core.generation import generate
from synth_core.parts import parts_of
from synth_core.recipe import Recipe
from synth_core.table import Table
from tests.core.scheduler import PATIENCE, Cluster, free_port, require_distributed, running
from tests.core.test_jobs import CSV, wait_for


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A scheduler and two workers for the tests of this module."""
    with running(2) as started:
        yield started


def recipe(**changed: object) -> Recipe:
    return Recipe(**{"method": "trees", "rows": 3000, "seed": 5, "chunk_rows": 100, **changed})


def test_it_listens_on_this_machine_alone(cluster: Cluster) -> None:
    assert cluster.listening() == {"127.0.0.1"}


def test_a_killed_worker_loses_no_part_and_changes_no_byte(people: Table, tmp_path: Path) -> None:
    rules = [Inequality(low_column="start", high_column="end")]
    plan = recipe(constraints=rules, rows=6000, holdout=0.25)
    generate(people, plan, tmp_path / "here")
    with running(2) as own:
        killed = []

        def kill_one(stage: str, done: float, total: float, note: str = "") -> None:
            if stage == "Sample" and 1000 <= done < total and not killed:
                killed.append(done)
                own.kill_worker(0)

        there = plan.model_copy(update={"cluster": own.address})
        synthesis = generate(people, there, tmp_path / "there", progress=kill_one)
        assert killed
        assert own.workers[0].wait(PATIENCE) == -9
        assert own.workers[1].poll() is None
        assert own.tasks() == 0
    assert synthesis.rows == 6000
    assert (tmp_path / "there/synthetic.parquet").read_bytes() == (tmp_path / "here/synthetic.parquet").read_bytes()


def test_workers_get_no_real_row(
    people: Table, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cluster: Cluster
) -> None:
    sent = []
    original = module._packed
    monkeypatch.setattr(module, "_packed", lambda plan, folder: sent.append(original(plan, folder)) or sent[0])
    generate(people, recipe(method="independent", rows=200, cluster=cluster.address), tmp_path)
    assert not len(module.pickle.loads(sent[0])[0].enforcement.encoded)


def test_a_stopped_run_takes_back_what_it_asked_for_and_goes_on_to_the_same_bytes(
    people: Table, tmp_path: Path, cluster: Cluster
) -> None:
    generate(people, recipe(), tmp_path / "here")

    def stop(stage: str, done: float, total: float, note: str = "") -> None:
        if stage == "Sample" and done >= 500:
            raise Cancelled("stop")

    there = recipe(cluster=cluster.address)
    with pytest.raises(Cancelled):
        generate(people, there, tmp_path / "there", progress=stop)
    whole = [part for part in parts_of(there) if part.whole(tmp_path / "there/parts")]
    assert 5 <= len(whole) < 30
    assert cluster.tasks() == 0
    generate(people, recipe(), tmp_path / "there")
    assert (tmp_path / "there/synthetic.parquet").read_bytes() == (tmp_path / "here/synthetic.parquet").read_bytes()


def test_a_run_of_the_studio_uses_it_and_cancelling_frees_it(cluster: Cluster) -> None:
    from synth_core.reading import read_bytes

    made = project.create("Clients", read_bytes(CSV, "clients.csv"), source=CSV, filename="clients.csv")
    run = jobs.start(made, Recipe(method="independent", rows=20_000_000, chunk_rows=20_000, cluster=cluster.address))
    assert "cluster" not in (run.folder / "recipe.json").read_text()
    assert run.recipe.cluster == cluster.address
    end = time.monotonic() + PATIENCE
    while not list((run.folder / "parts").glob("part-*.json")) and time.monotonic() < end:
        assert run.status().active, run.status().error + run.log()
        time.sleep(0.05)
    began = time.monotonic()
    jobs.cancel(run)
    assert time.monotonic() - began < 10
    assert wait_for(run, "cancelled") == "cancelled"
    end = time.monotonic() + PATIENCE
    while cluster.tasks() and time.monotonic() < end:
        time.sleep(0.1)
    assert cluster.tasks() == 0


def test_where_nothing_answers_one_sentence_says_so(people: Table, tmp_path: Path) -> None:
    require_distributed()
    address = f"tcp://127.0.0.1:{free_port()}"
    with pytest.raises(InputError, match=rf"No dask scheduler answers at {address}"):
        generate(people, recipe(cluster=address), tmp_path)
    assert not (tmp_path / "model").exists()


def test_a_scheduler_without_workers_is_no_cluster() -> None:
    with running(0) as empty, pytest.raises(InputError, match="has no workers"):
        require_workers(empty.address)


def test_workers_with_other_versions_are_refused() -> None:
    class Workers:
        def run(self, function: object) -> dict[str, dict[str, str]]:
            return {"tcp://10.0.0.7:4000": module._software() | {"numpy": "0.1"}}

    with pytest.raises(InputError, match=r"Worker tcp://10.0.0.7:4000 has numpy 0.1 and this machine has"):
        module._check_workers(Workers(), "tcp://10.0.0.5:8786")


def test_without_the_package_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"pip install 'simile\[cluster\]'"):
        require_workers("tcp://127.0.0.1:8786")


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8786", "http://10.0.0.5:8786", "tcp://10.0.0.5", "tcp://a b:1", "tcp://h:0"]
)
def test_what_is_no_address_is_refused_with_what_one_looks_like(address: str) -> None:
    with pytest.raises(ValueError, match="looks like tcp://"):
        Recipe(cluster=address)


def test_where_the_work_is_done_is_no_part_of_what_repeats_it() -> None:
    there = Recipe.model_validate_json('{"rows": 5, "cluster": "tcp://10.0.0.5:8786"}')
    assert there.cluster == "tcp://10.0.0.5:8786"
    assert there.model_dump_json() == Recipe(rows=5).model_dump_json()
