"""Upload: what was found, and every change saved at once."""

from __future__ import annotations

from typing import Any

import pytest

from synth_core import project as projects
from synth_core.project import Project
from synth_core.table import Kind, Role
from tests.pages.conftest import open_page, words


def test_without_a_project_it_points_to_start() -> None:
    at = open_page("upload")
    assert "No table yet" in words(at)
    at.button(key="need.project").click().run()
    assert at.title[0].value == "Start"


def test_the_tiles_count_the_table(project: Project) -> None:
    at = open_page("upload", project)
    tiles = {metric.label: metric.value for metric in at.metric}
    assert tiles["Rows"] == "240"
    assert tiles["Columns"] == "10"
    assert tiles["Duplicate rows"] == "0"


def test_personal_cells_are_covered_in_examples_and_preview(project: Project) -> None:
    at = open_page("upload", project)
    frames = [frame.value for frame in at.dataframe]
    assert not any("@example.com" in frame.to_csv() for frame in frames)
    assert any("•••" in frame.to_csv() for frame in frames)


def apply(project: Project, name: str, monkeypatch: pytest.MonkeyPatch, **cells: Any) -> None:
    """Run the editor's callback with edited cells, as Streamlit does when a person edits."""
    from pages.ui import column_editor

    kept: dict[str, Any] = {"k": {"edited_rows": {project.table.names.index(name): cells}}}
    monkeypatch.setattr(column_editor.state, "get", lambda key, default: kept.get(key, default))
    monkeypatch.setattr(column_editor.state, "put", kept.__setitem__)
    column_editor._apply(project, project.table, "k", project.table.names)
    if "upload.problem" in kept:
        raise AssertionError(kept["upload.problem"])


def test_a_changed_role_is_saved_and_moves_the_target(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(project, "town", monkeypatch, Role="target")
    apply(project, "region", monkeypatch, Role="target")
    table = projects.open_project(project.id).table
    assert table.column("region").role is Role.TARGET
    assert table.column("town").role is Role.FEATURE


def test_a_changed_kind_and_personal_data_are_saved(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    apply(project, "age", monkeypatch, Kind="category")
    apply(project, "email", monkeypatch, **{"Identifies": "no", "Kind": "category"})
    table = projects.open_project(project.id).table
    assert table.column("age").kind is Kind.CATEGORY
    assert table.column("email").semantic is None


def test_reading_again_in_a_way_that_fails_keeps_the_table(project: Project) -> None:
    at = open_page("upload", project)
    at.number_input(key="upload.reading.header").set_value(100)
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception
    assert len(at.error) == 1
    assert len(projects.open_project(project.id).table) > 0


def test_few_rows_are_said_before_and_not_after() -> None:
    from synth_core.reading import read_bytes

    data = b"a,b\n" + b"".join(b"%d,%d\n" % (i, i * i) for i in range(30))
    few = projects.create("Few", read_bytes(data, "few.csv"), source=data, filename="few.csv")
    at = open_page("upload", few)
    assert "30 rows are few" in words(at)


def test_odd_cells_are_named_by_their_rows_and_never_shown() -> None:
    from synth_core.reading import read_bytes

    cells = ["secret" if i in (4, 90) else str(i % 60) for i in range(300)]
    data = ("v,w\n" + "\n".join(f"{cell},{i % 7}" for i, cell in enumerate(cells))).encode()
    odd = projects.create("Odd", read_bytes(data, "odd.csv"), source=data, filename="odd.csv")
    at = open_page("upload", odd)
    warnings = " ".join(warning.value for warning in at.warning)
    assert "first in rows 5, 91" in warnings
    assert "secret" not in warnings


def test_every_guess_is_filled_in_with_what_it_was_drawn_from() -> None:
    from synth_core.reading import read_bytes

    data = ("a;seen\n" + "\n".join(f"{i},5;{i % 28 + 1:02d}/03/2024" for i in range(200))).encode()
    made = projects.create("Guesses", read_bytes(data, "g.csv"), source=data, filename="g.csv")
    at = open_page("upload", made)
    form = {name: at.selectbox(key=f"upload.reading.{name}").value for name in ("delimiter", "decimal", "date_order")}
    assert form == {"delimiter": "Semicolon ;", "decimal": "Comma 1,5", "date_order": "Day first"}
    said = " ".join(caption.value for caption in at.caption)
    assert "Fractions after a comma in 'a'" in said
    assert "the day comes first" in said
    at.selectbox(key="upload.reading.date_order").set_value("Month first")
    at.number_input(key="upload.reading.sample").set_value(50)
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception
    again = projects.open_project(made.id)
    assert (len(again.table), again.options.date_order, again.options.sample_rows) == (50, "month", 50)


def test_a_file_without_names_is_said_and_can_be_read_with_names() -> None:
    from synth_core.reading import read_bytes

    data = ("2.5,7,x\n" + "\n".join(f"{i / 4},{i * 7 % 50},{'xyz'[i % 3]}" for i in range(200))).encode()
    made = projects.create("Nameless", read_bytes(data, "n.csv"), source=data, filename="n.csv")
    at = open_page("upload", made)
    assert any("no row of names" in note.value for note in [*at.warning, *at.info, *at.markdown])
    at.selectbox(key="upload.reading.names").set_value("A row of the file")
    next(button for button in at.button if button.label == "Read again").click().run()
    assert not at.exception
    again = projects.open_project(made.id)
    assert (again.table.names, len(again.table)) == (["2.5", "7", "x"], 200)


def test_what_must_be_seen_stands_above_the_fold_and_the_fold_says_the_rest_in_short() -> None:
    from pages.ui.reading_form import in_short, sorted_notes
    from synth_core.reading import ReadOptions

    doubts, plain = sorted_notes(["Cells are separated by a tab.", "No cell is filled in 'c'."], {})
    assert (doubts, plain) == (["No cell is filled in 'c'."], ["Cells are separated by a tab."])
    short = in_short(ReadOptions(delimiter=";", encoding="utf-8", header_row=2))
    assert [part in short for part in ("semicolons", "UTF-8", "names in line 3")] == [True] * 3


def test_the_line_of_the_names_is_that_of_the_file() -> None:
    from io import BytesIO

    import pandas as pd

    from pages.ui.reading_form import in_short
    from synth_core.reading import read_bytes

    rows = "".join(f"{i};{i % 7}\n" for i in range(50))
    titled = read_bytes(f"Report of March\n\n\na;b\n{rows}".encode(), "t.csv")
    assert titled.options.header_row == 1, "rows with cells are counted"
    assert "names in line 4" in in_short(titled.options, titled.evidence)
    assert titled.evidence["header_row"].endswith("it is line 4 of the file, empty lines counted.")
    plain = read_bytes(f"a;b\n{rows}".encode(), "t.csv")
    assert "names in line 1" in in_short(plain.options, plain.evidence)
    assert "line" not in plain.evidence["header_row"]
    book = BytesIO()
    grid = [["Visit", None, "Cost", None], ["from", "to", "net", "tax"], *([i, i + 1, i, i] for i in range(9))]
    pd.DataFrame(grid).to_excel(book, header=False, index=False)
    merged = read_bytes(book.getvalue(), "t.xlsx")
    assert merged.table.names[0] == "Visit / from"
    assert "names in rows 1 and 2" in in_short(merged.options, merged.evidence)


def test_an_error_of_reading_again_names_the_file_as_it_came() -> None:
    from synth_core.errors import ReadingError
    from synth_core.reading import ReadOptions, read_bytes

    data = b"a;b\n" + b"".join(b"%d;%d\n" % (i, i % 7) for i in range(200))
    made = projects.create("Mine", read_bytes(data, "mine.csv"), source=data, filename="mine.csv")
    with pytest.raises(ReadingError, match=r"'mine\.csv': with a bar"):
        made.read_again(ReadOptions(delimiter="|"))
