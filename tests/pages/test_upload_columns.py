"""Upload's grid of columns and the offers above it: what they say, and what one click does."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.ui import column_editor, column_words
from synth_core import project as projects
from synth_core.project import Project
from synth_core.reading import ColumnChoice, read_bytes
from synth_core.table import Column, Kind, Role
from tests.pages.conftest import open_page, words


def made(text: str, label: str = "Air") -> Project:
    data = text.encode()
    return projects.create(label, read_bytes(data, "air.csv"), source=data, filename="air.csv")


@pytest.fixture
def air() -> Project:
    """Visits of patients: -200 in two columns, 'unknown' in one, a key that repeats, rows in the order of a date."""
    lines = ["patient_id,day,co,nox,job,result"]
    for i in range(300):
        gone = i % 10 == 0
        lines.append(
            f"{7000 + i // 3},2024-{1 + i // 28:02d}-{1 + i % 28:02d},{-200 if gone else 80 + i % 90},"
            f"{-200 if gone else 120 + i % 70},{('unknown', 'nurse', 'cook')[i % 3]},{('good', 'bad')[i % 2]}"
        )
    return made("\n".join(lines) + "\n")


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label.split(" :gray[")[0] == label).click().run()
    assert not at.exception, at.exception
    return at


def test_offers_say_how_many_rows_and_why(air: Project) -> None:
    said = words(open_page("upload", air))
    assert "“-200” in 2 columns, up to 30 of 300 rows: **co**, **nox** look like" in said
    assert "“unknown” in 100 of 300 rows of **job** looks like" in said
    assert "patient\\_id** looks like whom a row is about" in said
    assert "day** looks like the time order" in said


def test_one_click_takes_an_offer_for_all_its_columns_and_undo_takes_it_back(air: Project) -> None:
    at = press(open_page("upload", air), "Missing in all 2")
    assert int(projects.open_project(air.id).table.frame["co"].isna().sum()) == 30
    assert "“-200” in 2 columns counts as missing" in words(at)
    assert "“-200” in 2 columns, up to" not in words(at)
    press(at, "Undo")
    again = projects.open_project(air.id)
    assert again.choices == {}
    assert int(again.table.frame["co"].isna().sum()) == 0


def test_a_role_is_set_with_one_click_and_is_not_offered_again(air: Project) -> None:
    at = press(open_page("upload", air), "Set “who it is about”")
    assert projects.open_project(air.id).table.column("patient_id").role is Role.ENTITY
    assert "looks like whom a row is about" not in words(at)
    press(at, "result")
    assert projects.open_project(air.id).table.target is not None


def test_an_offer_passed_over_is_hidden(air: Project) -> None:
    at = open_page("upload", air)
    at.button(key="upload.pass_role entity").click().run()
    assert "looks like whom a row is about" not in words(at)
    assert projects.open_project(air.id).choices == {}


def test_a_table_with_nothing_to_decide_has_no_box() -> None:
    plain = made("a,b\n" + "".join(f"{i % 7},{i % 5 + 0.5}\n" for i in range(200)))
    assert "Please decide" not in words(open_page("upload", plain))


def edit(project: Project, name: str, monkeypatch: pytest.MonkeyPatch, **cells: Any) -> dict[str, Any]:
    """Run the editor's callback as Streamlit does when a person edits cells; return what it keeps."""
    kept: dict[str, Any] = {"k": {"edited_rows": {1: cells}}}
    monkeypatch.setattr(column_editor.state, "get", lambda key, default: kept.get(key, default))
    monkeypatch.setattr(column_editor.state, "put", kept.__setitem__)
    column_editor._apply(project, project.table, "k", ["co", name])
    return kept


def test_missing_words_are_typed_into_the_grid_and_taken_out_again(
    air: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(air, "nox", monkeypatch, Missing="-200, 9999")
    assert air.choices["nox"].missing == ("-200", "9999")
    assert int(air.table.frame["nox"].isna().sum()) == 30
    edit(air, "nox", monkeypatch, Missing="")
    assert air.choices["nox"].missing is None
    assert int(air.table.frame["nox"].isna().sum()) == 0


def test_a_word_that_no_cell_holds_is_said(air: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(column_editor.state, "drop", lambda *keys: None)
    kept = edit(air, "nox", monkeypatch, Missing="-200, n/k")
    assert kept["upload.absent"] == (air.id, "No cell of **nox** is “n/k”, so nothing became empty by it.")
    at = open_page("upload", air, **{"upload.absent": kept["upload.absent"]})
    assert "“n/k”" in words(at)


def test_one_column_is_told_in_full_the_first_with_a_note(air: Project) -> None:
    said = words(open_page("upload", air)).replace("\\", "")
    assert "Repeats: 100 different values. If it says whom a row is about, give it that role." in said


def test_repeated_personal_data_is_never_called_free_text() -> None:
    names = ("Anna Smith", "Peter Jones", "Mary Brown", "John Miller")
    people = made("name,visits\n" + "".join(f"{names[i % 4]},{i % 9}\n" for i in range(200)))
    column = people.table.column("name").model_copy(update={"kind": Kind.TEXT, "semantic": "person_name"})
    assert "free" not in f"{column_words.KINDS[column.kind]} {column_words.consequence(column)}"
    assert column_words.consequence(Column(name="a", kind=Kind.TEXT)) == "Left out: free text"


def test_a_role_of_one_column_moves_from_the_other(air: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(air, "patient_id", monkeypatch, Role="who it is about")
    edit(air, "job", monkeypatch, Role="who it is about")
    assert [column.name for column in air.table.having(role=Role.ENTITY)] == ["job"]


def test_another_kind_for_free_text_brings_the_column_back(monkeypatch: pytest.MonkeyPatch) -> None:
    told = made(
        "n,story\n"
        + "".join(f"{i % 9},the parcel number {i} came late again and nobody told us why\n" for i in range(90))
    )
    assert told.table.column("story").role is Role.DROP
    edit(told, "story", monkeypatch, Kind="category")
    assert told.table.column("story").learned


BECOMES = [
    (Column(name="a", kind=Kind.INTEGER), "Learned; whole numbers"),
    (Column(name="a", kind=Kind.NUMBER, format="$#,##0.00"), "Learned; numbers like $1,234.50"),
    (Column(name="a", kind=Kind.DATETIME, format="%d.%m.%Y"), "Learned; dates like 31.12.2026"),
    (Column(name="a", kind=Kind.CATEGORY, nullable=True, missing_token="?"), "Learned; its words; empty as “?”"),
    (Column(name="a", kind=Kind.CATEGORY, role=Role.TARGET), "Learned; its words; tests how useful"),
    (Column(name="a", kind=Kind.BOOLEAN, protect=False), "Learned; its two answers; rare values too"),
    (Column(name="a", kind=Kind.TEXT), "Left out: free text"),
    (Column(name="a", kind=Kind.IDENTIFIER), "Made anew in the same form"),
    (Column(name="a", kind=Kind.IDENTIFIER, role=Role.ENTITY), "New keys in the same form; rows of one stay together"),
    (Column(name="a", kind=Kind.IDENTIFIER, semantic="email"), "Invented: e-mail"),
    (Column(name="a", kind=Kind.NUMBER, role=Role.DROP), "Left out"),
]


@pytest.mark.parametrize(("column", "sentence"), BECOMES)
def test_the_grid_says_what_a_choice_means_for_the_output(column: Column, sentence: str) -> None:
    assert column_words.consequence(column) == sentence


def test_the_legend_explains_every_kind_and_role() -> None:
    legend = column_words.legend()
    assert {*column_words.KINDS.values(), *column_words.ROLES.values()} <= set(legend["Choice"])
    assert legend["Means"].str.endswith(".").all()


@pytest.fixture
def wide() -> Project:
    """A table of 230 columns."""
    head = ",".join(f"gene{i}" for i in range(230))
    return made(head + "\n" + "\n".join(",".join(str((i * 7 + j) % 50) for i in range(230)) for j in range(40)), "Wide")


def grid(at: AppTest) -> list[str]:
    return next(list(frame.value["Column"]) for frame in at.dataframe if "Kind" in frame.value)


def test_many_columns_come_in_pages_and_can_be_searched(wide: Project) -> None:
    at = open_page("upload", wide)
    assert grid(at) == [f"gene{i}" for i in range(100)]
    next(box for box in at.number_input if box.label == "Page of 3").set_value(3).run()
    assert grid(at) == [f"gene{i}" for i in range(200, 230)]
    at.text_input(key="upload.search").set_value("gene22").run()
    assert grid(at) == ["gene22", *[f"gene{i}" for i in range(220, 230)]]
    at.text_input(key="upload.search").set_value("no such").run()
    assert "No column fits" in words(at)


def test_only_changed_columns_can_be_shown(wide: Project) -> None:
    wide.set_choices({"gene7": ColumnChoice(kind=Kind.CATEGORY)})
    at = open_page("upload", wide)
    at.selectbox(key="upload.filter").set_value("changed").run()
    assert grid(at) == ["gene7"]


def test_a_column_that_is_not_learned_has_no_role_and_shows_what_is_read_as_empty() -> None:
    data = b"id,who,age\n" + b"".join(
        b"K%d,p%d@x.org,%s\n" % (i, i, b"?" if i % 9 == 0 else b"%d" % i) for i in range(90)
    )
    table = read_bytes(data, "t.csv").table
    rows = column_editor.rows_of(table, tuple(table.names), {})
    assert list(rows["Role"]) == ["not learned", "not learned", "feature"]
    assert list(rows["Missing"]) == ["", "", "?"]
    age, who = table.column("age"), table.column("who")
    assert column_editor._update(age, {"Role": "not learned"}) == {"role": Role.DROP}
    assert column_editor._update(who, {"Role": "not learned"}) == {"role": Role.FEATURE}


def test_a_column_without_a_value_stays_empty() -> None:
    data = b"a,b\n" + b"".join(b"%d,\n" % i for i in range(40))
    assert column_words.consequence(read_bytes(data, "t.csv").table.column("b")) == "Stays empty: it has no value"
