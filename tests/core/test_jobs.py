"""Runs as processes: they finish, fail, stop and go on, and say so."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from synth_core import jobs
from synth_core.deletion import delete_project, delete_run
from synth_core.errors import ProjectError
from synth_core.frontier import stops
from synth_core.generation import generate
from synth_core.project import Project, create, duplicate
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe
from synth_core.run import Run, Status

CSV = b"id,age,sex,height\n" + b"".join(
    f"A{n:04d},{20 + n * 7 % 50},{'FM'[n % 2]},{150 + n * 13 % 47 + n / 1000:.3f}\n".encode() for n in range(300)
)


def project_of(data: bytes = CSV) -> Project:
    return create("Clients", read_bytes(data, "clients.csv"), source=data, filename="clients.csv")


def wait_for(run: Run, *states: str, seconds: float = 90) -> str:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = run.status().state
        if state in states or state in ("done", "failed", "cancelled", "lost"):
            return state
        time.sleep(0.1)
    raise AssertionError(f"still {run.status()} after {seconds} s: {run.log()}")


def test_a_run_goes_from_queued_to_done_with_rows_and_a_scorecard() -> None:
    project = project_of()
    run = jobs.start(project, Recipe(method="independent", rows=500, seed=1))
    assert run.status().active
    with pytest.raises(ProjectError, match="in progress"):
        jobs.start(project, Recipe(method="independent", rows=500))
    assert wait_for(run, "done", "failed", "lost") == "done", run.status().error + run.log()
    assert run.synthesis().rows == 500
    assert run.scorecard().rows_synthetic == 500
    assert len(run.preview(20)) == 20
    assert project.latest_done().id == run.id
    assert run.status().share == 1.0
    assert set(run.status().seconds) >= {"Learn", "Sample", "Compare", "Attack"}
    jobs.judge_again(run)
    assert wait_for(run, "done", "failed", "lost") == "done"
    assert run.scorecard() is not None


def test_the_full_attacks_join_the_scorecard_and_cancelling_them_leaves_the_run_done() -> None:
    project = project_of()
    run = jobs.start(project, Recipe(method="independent", rows=500, seed=1))
    assert wait_for(run, "done") == "done"
    rows, quick = run.parquet.read_bytes(), {attack.name for attack in run.scorecard().privacy.attacks}
    jobs.judge_again(run, full=True)
    assert run.scorecard() is not None, "the scores so far stay while the attacks are at work"
    jobs.cancel(run)
    assert (run.status().state, run.attacks_fully) == ("done", False)
    jobs.judge_again(run, full=True)
    assert wait_for(run, "done", "failed", "lost") == "done", run.status().error + run.log()
    found = {attack.name for attack in run.scorecard().privacy.attacks}
    assert found > quick
    assert any(name.startswith("singling") for name in found)
    assert run.parquet.read_bytes() == rows, "attacked, not made again"


def test_a_shadow_audit_joins_the_scorecard_and_cancelling_it_leaves_nothing_half_made() -> None:
    project = project_of()
    run = jobs.start(project, Recipe(method="independent", rows=300, seed=1))
    with pytest.raises(ProjectError, match="at its end"):
        jobs.audit(run)
    assert wait_for(run, "done") == "done"
    card, rows = (run.folder / "scorecard.json").read_bytes(), run.parquet.read_bytes()
    jobs.audit(run)
    assert (run.status().active, run.is_audited) == (True, True)
    jobs.cancel(run)
    assert (run.status().state, run.is_audited, run.audit()) == ("done", False, None)
    assert (run.folder / "scorecard.json").read_bytes() == card
    assert not (run.folder / "scratch").exists()
    jobs.audit(run)
    assert wait_for(run, "done", "failed", "lost") == "done", run.status().error + run.log()
    audited = run.scorecard().privacy.audit
    assert audited == run.audit()
    assert audited.attacks
    assert "shadow_advantage" in run.scorecard().scores
    assert run.parquet.read_bytes() == rows
    assert not (run.folder / "scratch").exists()
    assert not run.is_audited
    made = run.synthesis()
    (run.folder / "synthesis.json").write_text(made.model_copy(update={"method": "nobody"}).model_dump_json())
    jobs.audit(run)
    assert wait_for(run, "done", "failed", "lost") == "done", "an audit that fails leaves the run as it was"
    assert "nobody" in run.audit_problem
    assert run.scorecard().privacy.audit == audited
    (run.folder / "synthesis.json").write_text(made.model_dump_json())
    jobs.judge_again(run)
    assert wait_for(run, "done", "failed", "lost") == "done"
    assert (run.scorecard().privacy.audit, run.is_audited) == (audited, False)


def test_a_cancelled_run_stops_at_once_and_can_be_resumed() -> None:
    project = project_of()
    recipe = Recipe(method="independent", rows=40_000_000, seed=1, chunk_rows=20_000)
    run = jobs.start(project, recipe)
    end = time.monotonic() + 60
    while run.status().stage != "Sample" and time.monotonic() < end:
        assert run.status().active
        time.sleep(0.05)
    began = time.monotonic()
    jobs.cancel(run)
    assert run.status().state == "cancelled"
    assert not run.alive()
    assert time.monotonic() - began < 10
    jobs.resume(run)
    assert wait_for(run, "running") == "running"
    jobs.cancel(run)
    assert project.active_run() is None


def resting(project: Project, seed: int) -> Run:
    """Return a run that was lost."""
    run = project.new_run(Recipe(method="independent", rows=100, seed=seed))
    (run.folder / "pid").write_text("999999999 1.0 1")
    assert run.status().state == "lost"
    return run


@pytest.mark.parametrize("go_on", [jobs.resume, jobs.judge_again, jobs.audit])
def test_nothing_goes_on_beside_other_work_or_without_its_rows(go_on, monkeypatch: pytest.MonkeyPatch) -> None:
    spawned: list[str] = []
    monkeypatch.setattr(jobs, "_spawn", lambda run: spawned.append(run.id))
    project = project_of()
    first, second = resting(project, 1), project.new_run(Recipe(method="independent", rows=100, seed=2))
    with pytest.raises(ProjectError, match="Other work at this project is in progress"):
        go_on(first)
    second.write_status(Status(state="done"))
    marked = sorted(path.name for path in first.folder.iterdir())
    project.set_removed()
    with pytest.raises(ProjectError, match="real rows of this project were removed"):
        go_on(first)
    assert sorted(path.name for path in first.folder.iterdir()) == marked
    delete_run(project, first.id)
    with pytest.raises(ProjectError, match="This run was deleted"):
        go_on(first)
    delete_project(project.id)
    with pytest.raises(ProjectError, match="This project was deleted"):
        go_on(first)
    assert spawned == []
    assert not project.folder.exists()


def test_a_run_goes_on_beside_an_iteration_but_not_two_iterations(monkeypatch: pytest.MonkeyPatch) -> None:
    spawned: list[str] = []
    monkeypatch.setattr(jobs, "_spawn", lambda run: spawned.append(run.id))
    project = project_of()
    run, iteration = resting(project, 1), project.new_tuning(Recipe(rows=100), "{}")
    jobs.resume(run)
    assert spawned == [run.id]
    other = project.new_tuning(Recipe(rows=100), "{}")
    (iteration.folder / "pid").write_text("999999999 1.0 1")
    with pytest.raises(ProjectError, match="Other work"):
        jobs.resume(iteration)
    other.write_status(Status(state="failed"))
    jobs.resume(iteration)
    assert spawned == [run.id, iteration.id]


def at_work(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_run_whose_processes_sample_is_cancelled_with_all_of_them() -> None:
    run = jobs.start(project_of(), Recipe(method="independent", rows=40_000_000, seed=1))
    end = time.monotonic() + 120
    while not list((run.folder / "parts").glob("part-*.json")) and time.monotonic() < end:
        assert run.status().active, run.status().error
        time.sleep(0.05)
    family = psutil.Process(int((run.folder / "pid").read_text().split()[0])).children(recursive=True)
    began = time.monotonic()
    jobs.cancel(run)
    took = time.monotonic() - began
    assert run.status().state == "cancelled"
    assert family
    assert not [process for process in family if at_work(process)]
    assert took < 10


def test_a_failed_run_keeps_its_sentence_and_logs_no_cell() -> None:
    run = jobs.start(project_of(), Recipe(method="independent", rows=50, where="age > 900"))
    assert wait_for(run, "failed", "done") == "failed"
    assert "No real row keeps 'age is above 900'" in run.status().error
    assert "A0001" not in run.log()


def test_a_killed_worker_is_lost_not_running_for_ever() -> None:
    import psutil

    run = jobs.start(project_of(), Recipe(method="independent", rows=40_000_000, chunk_rows=20_000))
    assert wait_for(run, "running") == "running"
    number = int((run.folder / "pid").read_text().split()[0])
    psutil.Process(number).kill()
    assert wait_for(run, "lost") == "lost"
    jobs.cancel(run)


def test_a_second_run_on_the_machine_waits_for_its_turn() -> None:
    first = jobs.start(project_of(), Recipe(method="independent", rows=40_000_000, chunk_rows=20_000))
    assert wait_for(first, "running") == "running"
    second = jobs.start(project_of(), Recipe(method="independent", rows=100))
    assert jobs.queue_place(second) == 1
    assert second.status().state == "queued"
    jobs.cancel(first)
    assert wait_for(second, "done") == "done"


def test_who_looks_while_a_run_is_being_cancelled_never_sees_it_lost() -> None:
    run = jobs.start(project_of(), Recipe(method="independent", rows=40_000_000, chunk_rows=20_000))
    assert wait_for(run, "running") == "running"
    seen: list[str] = []
    with ThreadPoolExecutor(1) as pool:
        ending = pool.submit(jobs.cancel, run)
        while not ending.done():
            seen.append(run.status().state)
        ending.result()
    seen.append(run.status().state)
    assert set(seen) <= {"running", "cancelled"}
    assert seen[-1] == "cancelled"


def test_a_run_killed_while_sampling_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    import psutil

    project = project_of()
    recipe = Recipe(method="independent", rows=150_000, seed=3, chunk_rows=5_000)
    generate(project.table, recipe, tmp_path)
    run = jobs.start(project, recipe)
    end = time.monotonic() + 60
    while not list((run.folder / "parts").glob("part-*.json")) and time.monotonic() < end:
        time.sleep(0.01)
    psutil.Process(int((run.folder / "pid").read_text().split()[0])).kill()
    assert wait_for(run, "lost") == "lost"
    assert not run.parquet.exists()
    jobs.resume(run)
    assert wait_for(run, "done") == "done", run.status().error
    assert run.parquet.read_bytes() == (tmp_path / "synthetic.parquet").read_bytes()


def test_a_measurement_is_a_process_of_its_own_and_the_same_question_has_the_same_answer() -> None:
    data = b"age,sex,height\n" + b"".join(
        f"{20 + n * 7 % 50},{'FM'[n * n % 3 > 0]},{150 + n * 13 % 47 + n / 1000:.3f}\n".encode() for n in range(800)
    )
    project = project_of(data)
    recipe = Recipe(rows=800, params={"trees": 1, "candidates": 1})
    asked = stops(recipe)[:2]
    job = jobs.measure(project, recipe, asked)
    assert jobs.measure(project, recipe, asked).id == job.id, "one that is at work is not started again"
    with pytest.raises(ProjectError, match="Another measurement"):
        jobs.measure(project, recipe, stops(recipe)[2:])
    assert wait_for(job, "done", "failed", "lost") == "done", job.status().error + job.log()
    found = job.frontier()
    assert found is not None
    assert [point.candidate.label for point in found.points] == ["strict", "private"]
    assert job.status().stage == "Measure"
    assert job.status().share == 1.0
    assert project.runs() == []
    assert jobs.measure(project, recipe, asked).frontier() == found


def test_a_measurement_is_cancelled_like_a_run_and_can_be_asked_for_again() -> None:
    project = project_of()
    recipe = Recipe(rows=900_000, params={"trees": 1})
    job = jobs.measure(project, recipe, stops(recipe))
    end = time.monotonic() + 60
    while not (job.folder / "scratch").exists() and time.monotonic() < end:
        time.sleep(0.05)
    jobs.cancel(job)
    assert not (job.folder / "scratch").exists(), "what was made for the measurement is gone with it"
    assert job.status().state == "cancelled"
    assert job.frontier() is None
    again = jobs.measure(project, recipe, stops(recipe))
    assert again.status().active
    assert duplicate(project.id).measurements() == []
    number = int((again.folder / "pid").read_text().split()[0])
    delete_project(project.id)
    assert not psutil.pid_exists(number) or psutil.Process(number).status() == psutil.STATUS_ZOMBIE
    assert not project.folder.exists()
