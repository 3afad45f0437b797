"""Projects belong to their user: to others they do not exist."""

from pathlib import Path

import pytest

from synth_core import extracts, jobs
from synth_core.audit import check
from synth_core.deletion import delete_project
from synth_core.errors import InputError, ProjectError
from synth_core.owners import ANYONE, LOCAL, checked_owner, owner_id
from synth_core.project import Project, create, duplicate, open_project, projects
from synth_core.reading import read_bytes
from synth_core.recipe import Recipe
from synth_core.retention import remove_real_rows
from synth_core.run import Status, write_whole
from synth_core.testdata.making import Order
from synth_core.testdata.orders import order_of, orders

CSV = b"id,age,city\n" + b"".join(
    f"A{n:04d},{20 + n % 50},{'Ghent' if n % 3 else 'Lyon'}\n".encode() for n in range(300)
)
ANN, BOB = owner_id("https://id.example.org", "ann"), owner_id("https://id.example.org", "bob")


def made(owner: str, label: str = "Clients") -> Project:
    return create(label, read_bytes(CSV, "clients.csv"), source=CSV, filename="clients.csv", owner=owner)


def test_a_person_is_known_by_issuer_and_subject_together() -> None:
    assert owner_id("https://id.example.org", "ann") == ANN
    assert len({ANN, BOB, owner_id("https://other.example.org", "ann"), LOCAL}) == 4
    with pytest.raises(InputError, match="'iss' and 'sub'"):
        owner_id("https://id.example.org", "")


@pytest.mark.parametrize("asking", [BOB, LOCAL, ANN[:16], ""])
def test_what_is_not_yours_is_told_as_what_is_not_there(asking: str) -> None:
    project = made(ANN)
    with pytest.raises(ProjectError) as nowhere:
        open_project("0" * 32, asking)
    with pytest.raises(ProjectError) as theirs:
        open_project(project.id, asking)
    assert str(theirs.value) == str(nowhere.value)
    with pytest.raises(ProjectError, match="no such project"):
        duplicate(project.id, asking)
    assert projects(asking) == []


def test_a_damaged_project_of_somebody_is_not_told_from_none() -> None:
    project = made(ANN)
    (project.folder / "project.json").write_text("{")
    with pytest.raises(ProjectError, match="no such project"):
        open_project(project.id, BOB)


def test_everyone_sees_their_own_and_the_machine_sees_all() -> None:
    local, ann, bob = made(LOCAL), made(ANN), made(BOB)
    assert [one.id for one in projects(ANN)] == [ann.id]
    assert [one.id for one in projects(BOB)] == [bob.id]
    assert [one.id for one in projects()] == [local.id]
    assert {one.id for one in projects(ANYONE)} == {local.id, ann.id, bob.id}
    assert open_project(ann.id, ANN).owner == ANN
    assert duplicate(ann.id, ANN).owner == ANN
    assert check(ann.log).lines[0].who == ANN


def test_runs_of_others_count_in_the_queue() -> None:
    first, second = made(ANN), made(BOB)
    run = first.new_run(Recipe(method="independent", rows=10))
    waiting = second.new_run(Recipe(method="independent", rows=10))
    for one in (run, waiting):
        one.write_status(Status(state="queued"))
        (one.folder / "pid").unlink(missing_ok=True)
    assert jobs.queue_place(waiting) == 1


def test_a_project_is_handed_over_and_the_log_says_so() -> None:
    project = made(LOCAL)
    project.hand_over(checked_owner(ANN))
    assert projects() == []
    assert open_project(project.id, ANN).label == "Clients"
    last = check(project.log).lines[-1]
    assert (last.what, last.who, last.about) == ("handed over", "local", {"from": "local", "to": ANN})
    assert checked_owner("local") == LOCAL
    for wrong in ("*", "", "ann@example.org", ANN[:31]):
        with pytest.raises(InputError, match="nobody's id"):
            checked_owner(wrong)


def test_orders_of_test_data_are_their_owners(own_home) -> None:
    for number, owner in enumerate((ANN, BOB)):
        folder = own_home / "testdata" / f"{number:032x}"
        folder.mkdir(parents=True)
        write_whole(folder / "order.json", Order(owner=owner, schema_text="tables: {}").model_dump_json())
    assert [run.order.owner for run in orders(ANN)] == [ANN]
    assert orders() == []
    assert order_of(f"{0:032x}", ANN) is not None
    assert order_of(f"{0:032x}", BOB) is None
    assert order_of(f"{0:032x}") is None


def test_the_version_made_from_a_new_extract_belongs_to_the_same_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_spawn", lambda run: None)
    project = made(ANN)
    found = extracts.look(project, CSV, "clients.csv")
    sibling, _ = extracts.regenerate(project, found)
    assert sibling.owner == ANN
    assert {one.id for one in projects(ANN)} == {project.id, sibling.id}


@pytest.mark.parametrize("spoilt", ["{", "[]", "\x00", '{"owner": 3}'])
def test_a_damaged_order_of_test_data_hides_no_other_and_goes_with_the_next_deletion(
    own_home: Path, spoilt: str
) -> None:
    whole, broken = own_home / "testdata" / ("a" * 32), own_home / "testdata" / ("b" * 32)
    for folder, text in ((whole, Order(schema_text="tables: {}").model_dump_json()), (broken, spoilt)):
        folder.mkdir(parents=True)
        (folder / "order.json").write_text(text)
        (folder / "files").mkdir()
    assert [run.folder for run in orders()] == [whole]
    project, other = made(LOCAL), made(LOCAL)
    remove_real_rows(other)
    assert open_project(other.id).removed is not None
    delete_project(project.id)
    assert whole.exists()
    assert not broken.exists(), "it may have been made of this project"
