"""Projects: folders that survive everything and never see each other."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from synth_core import project as projects_module
from synth_core.constraints.kinds import ScalarRange
from synth_core.deletion import delete_project
from synth_core.errors import ProjectError, ReadingError
from synth_core.project import Project, create, duplicate, open_project, projects
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.recipe import Recipe, Use
from synth_core.run import Status
from synth_core.table import Kind, Role

CSV = b"id,age,city\n" + b"".join(
    f"A{n:04d},{20 + n % 50},{'Ghent' if n % 3 else 'Lyon'}\n".encode() for n in range(300)
)


def made(label: str = "Clients", filename: str = "clients.csv", data: bytes = CSV) -> Project:
    return create(label, read_bytes(data, filename), source=data, filename=filename)


def test_a_project_survives_a_restart() -> None:
    project = made()
    project.set_rules([ScalarRange(column="age", low_value=18, high_value=99)])
    project.set_use(Use.TRAIN)
    project.set_draft(Recipe(method="independent", rows=77))
    again = open_project(project.id)
    assert again.label == "Clients"
    assert again.table.fingerprint == project.table.fingerprint
    assert again.rules == project.rules
    assert again.use is Use.TRAIN
    assert (again.draft.rows, again.draft.method) == (77, "independent")
    assert again.draft.constraints == project.rules


def test_a_choice_about_a_column_rebuilds_the_table_from_the_cells_as_read() -> None:
    project = made()
    assert project.table.column("age").kind is Kind.INTEGER
    table = project.set_choices({"age": ColumnChoice(kind=Kind.CATEGORY), "city": ColumnChoice(role=Role.TARGET)})
    assert table.column("age").kind is Kind.CATEGORY
    assert open_project(project.id).table.target.name == "city"
    assert set(table.frame["age"]) == {str(n) for n in range(20, 70)}
    assert project.set_choices({}).column("age").kind is Kind.INTEGER


def test_the_file_can_be_read_again_with_other_options() -> None:
    data = CSV.replace(b",", b";")
    project = made(data=data)
    assert len(project.table.columns) == 3
    project.set_choices({"age": ColumnChoice(kind=Kind.CATEGORY)})
    with pytest.raises(ReadingError, match="semicolon"):
        project.read_again(project.options.model_copy(update={"delimiter": "|"}))
    assert len(open_project(project.id).table.columns) == 3
    again = project.read_again(project.options.model_copy(update={"header_row": 0, "missing_tokens": ("Lyon",)}))
    assert again.column("age").kind is Kind.CATEGORY
    assert again.frame["city"].isna().sum() == 100


def test_labels_and_file_names_never_become_paths() -> None:
    project = made(label="../../etc/passwd\n\x00<b>", filename="../../evil/../x.csv")
    assert project.folder.parent == projects_module.home() / "projects"
    assert len(project.id) == 32
    assert [path.name for path in (project.folder / "source").iterdir()] == ["upload.csv"]
    assert "\n" not in project.label


@pytest.mark.parametrize("bad", ["", "..", "../other", "0" * 31, "Z" * 32, "a" * 32])
def test_an_unknown_project_id_gets_one_sentence(bad: str) -> None:
    with pytest.raises(ProjectError, match="no such project"):
        open_project(bad)


def test_a_run_of_another_project_cannot_be_opened() -> None:
    one, two = made("One"), made("Two")
    run = one.new_run(one.draft)
    assert one.run(run.id).id == run.id
    for bad in (run.id, f"../../{one.id}/runs/{run.id}"):
        with pytest.raises(ProjectError, match="no such run"):
            two.run(bad)


def test_a_damaged_project_is_left_out_of_the_list_and_harms_no_other() -> None:
    good, bad = made("Good"), made("Bad")
    (bad.folder / "project.json").write_text("{")
    assert [project.label for project in projects()] == ["Good"]
    with pytest.raises(ProjectError, match="damaged"):
        open_project(bad.id)
    assert open_project(good.id).label == "Good"


def test_the_folder_is_only_for_its_owner() -> None:
    made()
    assert oct(os.stat(projects_module.home()).st_mode & 0o777) == "0o700"


def test_a_copy_has_the_rules_and_not_the_runs() -> None:
    project = made()
    project.set_rules([ScalarRange(column="age", low_value=18, high_value=99)])
    project.new_run(project.draft)
    copy = duplicate(project.id)
    assert copy.id != project.id
    assert copy.rules == project.rules
    assert copy.runs() == []
    assert copy.label == "Clients (copy)"


def test_deleted_means_deleted() -> None:
    project = made()
    delete_project(project.id)
    assert not project.folder.exists()
    assert projects() == []


def test_a_run_is_stale_after_the_table_or_the_rules_change() -> None:
    project = made()
    run = project.new_run(project.draft)
    assert not run.stale(project)
    project.set_rules([ScalarRange(column="age", low_value=18, high_value=99)])
    assert run.stale(project)
    project.set_rules([])
    assert not run.stale(project)
    project.set_choices({"age": ColumnChoice(kind=Kind.CATEGORY)})
    assert run.stale(project)


def test_a_run_keeps_the_table_it_learned_from() -> None:
    project = made()
    run = project.new_run(project.draft)
    project.set_choices({"age": ColumnChoice(kind=Kind.CATEGORY)})
    assert project.table_of(run.table_name).column("age").kind is Kind.INTEGER


def test_a_run_whose_process_is_gone_is_lost_and_says_what_to_do(tmp_path: Path) -> None:
    run = made().new_run(Recipe(rows=10))
    run.write_status(Status(state="running", started=1.0))
    (run.folder / "pid").write_text("999999999 1.0 1")
    status = run.status()
    assert status.state == "lost"
    assert "Resume" in status.error


def test_a_corrupt_status_is_told_and_not_raised() -> None:
    run = made().new_run(Recipe(rows=10))
    (run.folder / "status.json").write_text("\x00{half")
    assert run.status().state == "lost"


def test_two_tabs_do_not_undo_each_other() -> None:
    one = made()
    other = open_project(one.id)
    one.rename("Renamed")
    other.set_use(Use.EXPLORE)
    assert (open_project(one.id).label, open_project(one.id).use) == ("Renamed", Use.EXPLORE)


def test_raw_cells_are_kept_as_text() -> None:
    project = made(data=b"code,x\n007,1\n008,2\n", filename="a.csv")
    assert pd.read_parquet(project.folder / "raw.parquet")["code"].tolist() == ["007", "008"]


def test_dropped_rows_can_be_brought_back_and_survive_a_restart() -> None:
    project = made()
    young = (project.table.frame["age"] < 30).to_numpy()
    project.drop_rows(young)
    assert len(open_project(project.id).table) == 300 - young.sum()
    assert open_project(project.id).dropped == young.sum()
    again = project.drop_rows((project.table.frame["age"] > 60).to_numpy())
    assert project.dropped == 300 - len(again)
    assert len(project.bring_back()) == 300
    assert project.dropped == 0
    project.drop_rows((project.table.frame["age"] < 30).to_numpy())
    assert len(project.read_again(project.options)) == 300
    assert project.dropped == 0


def people_with_neighbours() -> Project:
    rng = np.random.default_rng(3)
    born = pd.Timestamp("1930-01-01") + pd.to_timedelta(rng.integers(0, 27_000, 60), unit="D")
    frame = pd.DataFrame({
        "email": [f"anna{i}@example.org" for i in range(60)],
        "col 2": born.strftime("%Y-%m-%d"),
        "home.lat": np.round(rng.uniform(47, 48, 60), 5),
        "stay": rng.integers(1, 9, 60),
        "answer": rng.choice(["yes", "no", "-9"], 60),
    })  # fmt: skip
    return made("People", "people.csv", frame.to_csv(index=False).encode())


@pytest.mark.parametrize(
    "choices",
    [
        {"stay": ColumnChoice(kind=Kind.CATEGORY)},
        {"answer": ColumnChoice(missing=("-9",)), "stay": ColumnChoice(role=Role.TARGET)},
        {"email": ColumnChoice(semantic="")},  # then nobody is beside the dates and the coordinates any more
        {"home.lat": ColumnChoice(semantic="")},
        {"col 2": ColumnChoice(kind=Kind.CATEGORY)},
    ],
)
def test_a_changed_kind_gives_what_reading_every_cell_anew_gives(choices: dict[str, ColumnChoice]) -> None:
    project = people_with_neighbours()
    assert project.table.column("home.lat").semantic == "location"
    assert project.table.column("col 2").semantic == "date_of_birth"
    project.set_choices({"stay": ColumnChoice(role=Role.DROP)})
    quick = project.set_choices(choices)
    whole = project.set_choices(choices)  # the same ones again: the table is built from its cells
    assert quick.columns == whole.columns
    assert quick.fingerprint == whole.fingerprint
    assert project.set_choices({}).columns == people_with_neighbours().table.columns


def test_roles_and_protection_change_without_reading_the_cells_anew() -> None:
    project = made()
    choices = {"age": ColumnChoice(role=Role.TARGET), "city": ColumnChoice(protect=False)}
    quick = project.set_choices(choices)
    assert quick.target is not None
    assert not quick.column("city").protect
    whole = project.set_choices(choices)  # the same ones again: the table is built from its cells
    assert quick.columns == whole.columns
    assert quick.fingerprint == whole.fingerprint
    assert project.set_choices({}).columns == project.set_choices({}).columns
