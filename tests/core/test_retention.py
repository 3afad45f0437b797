"""Real rows that go once a run is judged: what is gone, what still works, what says why it does not."""

import os
from pathlib import Path

import pytest

from synth_core import jobs
from synth_core.audit import check
from synth_core.errors import ProjectError
from synth_core.project import Project, create, open_project
from synth_core.reading import ReadOptions, read_bytes
from synth_core.recipe import Recipe
from synth_core.retention import due, remove_real_rows
from synth_core.run import Run, Status, write_whole
from synth_core.testdata.making import Order
from synth_core.testdata.work import main as make_order
from synth_core.worker import main
from tests.core.test_deletion import holding

CSV = b"id,age,city,note\n" + b"".join(
    f"A{n:04d},{20 + n % 50},{'Ghent' if n % 3 else 'Lyon'},Realcell{n:05d}\n".encode() for n in range(300)
)


def made(keeps: bool) -> tuple[Project, Run]:
    project = create("Clients", read_bytes(CSV, "clients.csv"), source=CSV, filename="clients.csv")
    project.set_keeps_real_rows(keeps)
    return project, project.new_run(Recipe(method="independent", rows=200, seed=1))


def test_by_default_real_rows_stay(own_home: Path) -> None:
    project, run = made(True)
    assert main(str(run.folder)) == 0
    assert len(open_project(project.id).table) == 300
    assert holding(own_home, "Realcell00001")


def test_real_rows_and_what_was_learned_go_when_the_run_is_judged(own_home: Path) -> None:
    project, run = made(False)
    name = project.table_name
    (project.folder / "extracts" / "e").mkdir(parents=True)
    (project.folder / "extracts" / "e" / "upload.csv").write_bytes(CSV)
    assert main(str(run.folder)) == 0
    assert run.status().note == "Done; the real rows were removed"
    assert holding(own_home, "Realcell00001", "A0001") == []
    assert not list(project.folder.rglob("model"))
    assert not (project.folder / "tables" / name).exists()
    again = open_project(project.id)
    assert again.removed is not None
    assert again.rows == 300
    assert run.scorecard() is not None
    assert len(run.preview(200)) == 200
    assert again.record_release(run, "CSV").rows == 200
    assert again.draft.method
    assert [line.what for line in check(again.log).lines] == [
        "upload", "retention", "generate", "judged", "real rows removed", "download",
    ]  # fmt: skip


def test_what_needs_real_rows_says_that_they_were_removed() -> None:
    project, run = made(False)
    assert main(str(run.folder)) == 0
    project = open_project(project.id)
    for needs in (
        lambda: project.table,
        lambda: jobs.start(project, Recipe(method="independent", rows=10)),
        lambda: project.read_again(ReadOptions()),
        lambda: project.set_choices({}),
        lambda: jobs.judge_again(run, full=True),
    ):
        with pytest.raises(ProjectError, match="real rows of this project were removed"):
            needs()
    assert run.status().state == "done"


def test_they_stay_while_nothing_is_judged_or_something_else_is_at_work() -> None:
    project, run = made(False)
    assert not due(project, run), "nothing is judged yet"
    assert main(str(run.folder)) == 0
    project, run = made(False)
    waiting = project.new_lab("lab", Recipe(rows=10), "{}")
    waiting.write_status(Status(state="queued"))
    assert main(str(run.folder)) == 0
    assert open_project(project.id).removed is None, "the lab still reads them"
    waiting.write_status(Status(state="failed"))
    assert due(project, waiting), "and they go when it is over"


def test_removing_them_again_does_nothing(own_home: Path) -> None:
    project, run = made(True)
    assert main(str(run.folder)) == 0
    remove_real_rows(project, who="local")
    remove_real_rows(project, who="local")
    assert [line.what for line in check(project.log).lines].count("real rows removed") == 1
    assert holding(own_home, "Realcell00001") == []


def order_of(home: Path, project: Project, state: str) -> Run:
    """Return an order of test data that learned from the project's table."""
    folder = home / "testdata" / ("a" * 32)
    (folder / "made" / "model").mkdir(parents=True)
    (folder / "made" / "model" / "learned.json").write_text("Realcell00001")
    (folder / "files").mkdir()
    (folder / "files" / "rows.csv").write_text("drawn")
    write_whole(folder / "order.json", Order(project=project.id).model_dump_json())
    order = Run(folder)
    order.write_status(Status(state=state))
    return order


def test_what_a_stop_left_half_written_and_what_an_order_learned_go_too(own_home: Path) -> None:
    project, run = made(False)
    (project.folder / ".raw.parquet.999999999.1.building").write_text("Realcell00001")
    (project.folder / f".raw.full.parquet.{os.getpid()}.1.building").write_text("Realcell00001")
    order = order_of(own_home, project, "failed")
    assert main(str(run.folder)) == 0
    assert run.status().note == "Done; the real rows were removed"
    assert holding(own_home, "Realcell00001") == []
    assert (order.folder / "files" / "rows.csv").exists(), "these were drawn"


def test_real_rows_wait_for_an_order_that_learns_from_them(own_home: Path) -> None:
    project, run = made(False)
    order = order_of(own_home, project, "queued")
    assert main(str(run.folder)) == 0
    assert run.status().note == "Done"
    assert len(open_project(project.id).table) == 300
    with pytest.raises(ProjectError, match="goes on"):
        remove_real_rows(project)
    assert make_order(str(order.folder), "") == 0
    assert order.status().state == "done", order.status().error
    assert open_project(project.id).removed is not None
    assert holding(own_home, "Realcell00001") == []
