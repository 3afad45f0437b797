"""Deleted means deleted: no byte of it is left under SIMILE_HOME, and what is at work is ended."""

import gc
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from synth_core import extracts, jobs
from synth_core.audit import check
from synth_core.deletion import delete_project, delete_run, finish_deletions, tidy, tombstones
from synth_core.errors import ProjectError
from synth_core.owners import owner_id
from synth_core.project import Project, create, duplicate, open_project, projects
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe
from synth_core.retention import remove_real_rows
from synth_core.run import write_whole
from synth_core.steering.given import GivenRows
from synth_core.table import Role
from synth_core.testdata.making import Order, Secrets
from synth_core.testdata.orders import start as start_order
from synth_core.worker import main

MARKER = "Zanzibarmarker"
CSV = b"id,age,city\n" + b"".join(
    f"A{n:04d},{20 + n % 50},{MARKER if n % 3 else 'Lyon'}\n".encode() for n in range(300)
)


def made(owner: str = "") -> Project:
    return create(MARKER, read_bytes(CSV, f"{MARKER}.csv"), source=CSV, filename=f"{MARKER}.csv", owner=owner)


def holding(home: Path, *words: str) -> list[str]:
    """Return the files under ``home`` whose name or bytes hold one of these words."""
    found = []
    for path in home.rglob("*"):
        held = path.read_bytes() if path.is_file() else b""
        if any(word in str(path.relative_to(home)) or word.encode() in held for word in words):
            found.append(str(path.relative_to(home)))
    return found


def test_nothing_of_a_deleted_project_is_left(own_home: Path) -> None:
    project = made()
    project.set_choices({"age": ColumnChoice(role=Role.DROP)})
    for number in range(2):
        run = project.new_run(Recipe(method="independent", rows=200, seed=number))
        assert main(str(run.folder)) == 0
    extracts.look(project, CSV, f"{MARKER}.csv")
    order = own_home / "testdata" / ("a" * 32)
    (order / "files").mkdir(parents=True)
    write_whole(order / "order.json", Order(project=project.id, table=MARKER).model_dump_json())
    (order / "files" / "rows.csv").write_text(MARKER)
    other = own_home / "testdata" / ("b" * 32)
    other.mkdir()
    write_whole(other / "order.json", Order(project="c" * 32).model_dump_json())
    assert len(holding(own_home, MARKER)) >= 5
    delete_project(project.id)
    assert holding(own_home, MARKER, project.id, "A0001", run.id) == []
    assert projects() == []
    assert other.exists(), "an order of another project stays"


def test_a_line_says_that_it_was_deleted_by_whom_and_nothing_more(own_home: Path) -> None:
    ann = owner_id("https://id.example.org", "ann")
    project = made(ann)
    head = check(project.log).head
    with pytest.raises(ProjectError, match="no such project"):
        delete_project(project.id)
    delete_project(project.id, ann)
    found = check(tombstones())
    assert found.problems == ()
    assert [(line.what, line.who, line.about["head"]) for line in found.lines] == [("project deleted", ann, head)]
    assert set(found.lines[0].about) == {"project", "lines", "head"}


def test_work_is_cancelled_first_and_its_processes_are_gone(own_home: Path) -> None:
    project = made()
    run = jobs.start(project, Recipe(method="trees", rows=900_000, seed=1))
    number = int((run.folder / "pid").read_text().split()[0])
    family = [number, *(child.pid for child in psutil.Process(number).children(recursive=True))]
    delete_project(project.id)
    for one in family:
        assert not psutil.pid_exists(one) or psutil.Process(one).status() == psutil.STATUS_ZOMBIE
    assert holding(own_home, MARKER, run.id) == []


def test_a_deleted_run_is_gone_with_the_tables_that_only_it_needed() -> None:
    project = made()
    first = project.new_run(Recipe(method="independent", rows=200, seed=1))
    assert main(str(first.folder)) == 0
    earlier = project.table_name
    project.record_release(first, "CSV")
    project.set_choices({"age": ColumnChoice(role=Role.DROP)})
    second = project.new_run(Recipe(method="independent", rows=200, seed=2))
    assert main(str(second.folder)) == 0
    delete_run(project, second.id)
    assert [run.id for run in project.runs()] == [first.id]
    assert (project.folder / "tables" / earlier).exists(), "the other run needs it"
    delete_run(project, first.id)
    assert project.runs() == []
    assert [path.name for path in (project.folder / "tables").iterdir()] == [project.table_name]
    assert len(project.releases()) == 1, "what is out is out"
    assert [line.what for line in check(project.log).lines][-2:] == ["run deleted", "run deleted"]
    with pytest.raises(ProjectError, match="no such run"):
        delete_run(project, first.id)


def test_a_deletion_that_was_cut_short_is_finished_at_the_next_start(own_home: Path) -> None:
    project, kept = made(), made()
    os.rename(project.folder, project.folder.with_name(f".{project.id}.deleted"))
    finish_deletions()
    assert holding(own_home, project.id) == []
    assert open_project(kept.id).label == MARKER


def given(project: Project) -> None:
    project.set_given(GivenRows(project.table.frame[["city"]].head(20)))


@pytest.mark.parametrize(
    "put",
    [
        lambda project: project.set_choices({"age": ColumnChoice(role=Role.DROP)}),
        lambda project: project.read_again(project.options),
        lambda project: project.drop_rows(project.table.frame["age"].to_numpy() > 40),
        lambda project: project.bring_back(),
        given,
        lambda project: extracts.look(project, CSV, f"{MARKER}.csv"),
    ],
)
@pytest.mark.parametrize("gone", ["deleted", "removed"])
def test_rows_that_a_page_was_about_to_keep_do_not_come_back(
    put: Callable[[Project], object], gone: str, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = made()
    held = Project.held
    done: list[bool] = []

    @contextmanager
    def late(self: Project) -> Iterator[None]:
        """Somebody else is faster, after everything was read."""
        if not done:
            done.append(True)
            with monkeypatch.context() as patch:
                patch.setattr(Project, "held", held)
                delete_project(project.id) if gone == "deleted" else remove_real_rows(open_project(project.id))
        with held(self):
            yield

    monkeypatch.setattr(Project, "held", late)
    with pytest.raises(ProjectError, match=r"This project was deleted|real rows of this project were removed"):
        put(project)
    assert done
    assert holding(own_home, "A0001") == []
    assert project.folder.exists() == (gone == "removed")


def test_an_order_of_test_data_that_starts_beside_a_deletion_goes_with_it_or_is_refused(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project, held = made(), Project.held
    meanwhile: list[Callable[[], object]] = []

    @contextmanager
    def late(self: Project) -> Iterator[None]:
        if meanwhile:
            meanwhile.pop()()
        with held(self):
            yield

    monkeypatch.setattr(Project, "held", late)
    order = Order(project=project.id)
    folder = own_home / "testdata" / ("a" * 32)

    def ordered() -> None:
        folder.mkdir(parents=True)
        write_whole(folder / "order.json", order.model_dump_json())

    (own_home / "testdata" / ("d" * 32)).mkdir(parents=True)
    (own_home / "testdata" / ("d" * 32) / "order.json").write_text("{")  # stands in nobody's way
    other = made()
    order = Order(project=other.id)
    meanwhile.append(ordered)
    delete_project(other.id)
    assert not folder.exists()
    order = Order(project=project.id)
    meanwhile.append(lambda: delete_project(project.id))
    with pytest.raises(ProjectError, match="This project was deleted"):
        start_order(order, Secrets())
    assert not list((own_home / "testdata").iterdir()), "the damaged one may have been of the deleted project"


def test_what_cannot_be_finished_keeps_nothing_else_from_being_done(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    deleted, removed = made(), made()
    os.rename(deleted.folder, deleted.folder.with_name(f".{deleted.id}.deleted"))
    removed.set_removed()  # and then the machine stopped

    def fails(*told: object) -> None:
        raise ValueError(MARKER)

    monkeypatch.setattr("synth_core.deletion.sweep", fails)
    tidy()
    assert holding(own_home, "A0001") == []
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert MARKER not in said
    monkeypatch.setattr("synth_core.deletion.finish_deletions", fails)
    monkeypatch.setattr("synth_core.deletion.finish_removals", fails)
    swept: list[Path] = []
    monkeypatch.setattr("synth_core.deletion.sweep", swept.append)
    tidy()
    assert swept == [own_home]


def test_a_copy_outlives_its_original() -> None:
    project = made()
    copy = duplicate(project.id)
    delete_project(project.id)
    assert len(open_project(copy.id).table) == 300


def test_a_table_that_is_dropped_is_in_memory_no_longer() -> None:
    project = made()
    table = weakref.ref(project.table)
    project.drop_table()
    gc.collect()
    assert table() is None
