"""Which sheet is read when nobody says; JSON that holds a list for each column."""

from __future__ import annotations

import io
import json

import pytest
from openpyxl import Workbook

from synth_core.errors import ReadingError
from synth_core.reading import ReadOptions, read_bytes


def book(**sheets: list[list[object]]) -> bytes:
    made = Workbook()
    made.remove(made.active)
    for title, rows in sheets.items():
        sheet = made.create_sheet(title)
        for row in rows:
            sheet.append(row)
    held = io.BytesIO()
    made.save(held)
    return held.getvalue()


ROWS: list[list[object]] = [["a", "b"], *([i, i * 2] for i in range(30))]


def test_a_page_of_remarks_before_the_table_is_passed_over() -> None:
    reading = read_bytes(book(Readme=[["See the next sheet."]], Data=ROWS), "b.xlsx")
    assert (reading.options.sheet, len(reading.table)) == ("Data", 30)
    assert reading.evidence["sheet"] == "The first sheet with a table, of 2."
    assert "no rows below it" in _refused(book(Readme=[["See"]], Data=ROWS), ReadOptions(sheet="Readme"))


def test_formulas_that_were_never_calculated_are_named_as_the_cause() -> None:
    rows: list[list[object]] = [["a", "b"], *(["=ROW()", f"=A{i}*2"] for i in range(2, 30))]
    assert "formulas without a value" in _refused(book(Data=rows), None)


def _refused(data: bytes, options: ReadOptions | None) -> str:
    with pytest.raises(ReadingError) as caught:
        read_bytes(data, "b.xlsx", options)
    return str(caught.value)


def test_json_with_a_list_for_each_column_is_a_table() -> None:
    data = json.dumps({"a": list(range(40)), "b": ["x", "y"] * 20}).encode()
    assert read_bytes(data, "c.json").table.frame.shape == (40, 2)
