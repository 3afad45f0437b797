"""Workbooks, Parquet and JSON: what their cells are, and what is said about the odd ones."""

import datetime as dt
import io
import json
import time
import zipfile
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from synth_core import cells_read
from synth_core.errors import ReadingError
from synth_core.reading import Reading, ReadOptions, read_bytes
from synth_core.table import Kind
from synth_core.workbooks import _filled_down, read_workbook


def workbook(fill: Callable[[Any, Any], None]) -> bytes:
    book = openpyxl.Workbook()
    fill(book, book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def of_rows(*rows: list[object]) -> Reading:
    def fill(_: Any, sheet: Any) -> None:
        for row in rows:
            sheet.append(row)

    return read_bytes(workbook(fill), "b.xlsx")


def said(reading: Reading) -> str:
    return " ".join(reading.notes)


# -- Excel ------------------------------------------------------------------------------------------------------


def test_merged_headers_name_the_columns_below_them() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.append(["id", "Person", None, "Visit", None])
        sheet.append([None, "name", "age", "date", "cost"])
        sheet.merge_cells("A1:A2")
        sheet.merge_cells("B1:C1")
        sheet.merge_cells("D1:E1")
        for i in range(5):
            sheet.append([i, f"n{i}", 30 + i, dt.datetime(2024, 1, 1 + i), i * 1.5])

    reading = read_bytes(workbook(fill), "b.xlsx")
    assert reading.table.names == ["id", "Person / name", "Person / age", "Visit / date", "Visit / cost"]
    assert reading.table.frame["Person / age"].tolist() == [30, 31, 32, 33, 34]
    assert "Two header rows" in said(reading)


def test_a_group_header_that_is_not_merged_is_joined_as_well() -> None:
    reading = of_rows(
        ["Person", None, "Visit", None], ["name", "age", "ward", "cost"], ["a", 1, "x", 2], ["b", 3, "y", 4]
    )
    assert reading.table.names == ["Person / name", "Person / age", "Visit / ward", "Visit / cost"]


def test_a_table_of_words_keeps_its_first_row() -> None:
    reading = of_rows(["name", None, "town"], ["ann", "x", "rome"], ["bob", "y", "oslo"], ["eve", "z", "bonn"])
    assert reading.table.names == ["name", "column_2", "town"]
    assert len(reading.table) == 3


def test_merged_cells_are_filled_down_with_a_note() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.append(["ward", "n"])
        for i in range(6):
            sheet.append(["north" if i == 0 else "south" if i == 3 else None, i * 10 + 5])
        sheet.merge_cells("A2:A4")
        sheet.merge_cells("A5:A7")

    reading = read_bytes(workbook(fill), "b.xlsx")
    assert reading.table.frame["ward"].tolist() == ["north"] * 3 + ["south"] * 3
    assert "2 merged cells were filled down" in said(reading)


def test_a_table_that_starts_elsewhere_with_every_kind_of_cell_is_read() -> None:
    rows = [
        (i, dt.date(2024, 1, 1 + i), i % 2 == 0, str(i) if i % 2 else i, "#N/A" if i == 3 else i / 4) for i in range(9)
    ]

    def fill(_: Any, sheet: Any) -> None:
        for at, row in enumerate([("n", "day", "ok", "text", "part"), *rows]):
            for place, cell in enumerate(row):
                sheet.cell(4 + at, 3 + place, cell)
        sheet["G6"].number_format = "0%"
        sheet.row_dimensions[7].hidden = True

    reading = read_bytes(workbook(fill), "b.xlsx")
    table = reading.table
    assert table.names == ["n", "day", "ok", "text", "part"]
    assert [column.kind for column in table.columns[1:3]] == [Kind.DATETIME, Kind.BOOLEAN]
    assert table.frame["text"].astype(int).tolist() == list(range(9))
    assert table.frame["part"].isna().tolist() == [i == 3 for i in range(9)]
    for words in ("1 cell with an error", "stored as text", "Percentages in 'part'", "1 hidden row"):
        assert words in said(reading)


def test_formulas_without_values_are_counted_and_refused_when_there_is_nothing_else() -> None:
    reading = of_rows(["a", "b"], *[[i, f"=A{i + 2}*2"] for i in range(5)])
    assert "5 formulas without a value" in said(reading)
    assert reading.table.frame["b"].isna().all()
    with pytest.raises(ReadingError, match="1 formula without a value"):
        of_rows(["=1+1"])


def test_dates_counted_from_1904_are_the_same_days() -> None:
    def fill(book: Any, sheet: Any) -> None:
        book.epoch = CALENDAR_MAC_1904
        sheet.append(["day", "n"])
        for i in range(4):
            sheet.append([dt.datetime(2020, 5, 1 + i), i])

    assert str(read_bytes(workbook(fill), "b.xlsx").table.frame["day"][0]) == "2020-05-01 00:00:00"


def test_a_visible_sheet_goes_before_a_hidden_one_which_can_be_chosen() -> None:
    def fill(book: Any, sheet: Any) -> None:
        sheet.append(["x", "y"])
        sheet.append([1, 2])
        sheet.sheet_state = "hidden"
        other = book.create_sheet("seen")
        for row in (["a", "b"], [1, 2], [3, 4]):
            other.append(row)

    data = workbook(fill)
    assert read_bytes(data, "b.xlsx").options.sheet == "seen"
    assert "is hidden in the workbook" in said(read_bytes(data, "b.xlsx", ReadOptions(sheet="Sheet")))


# -- JSON -------------------------------------------------------------------------------------------------------


def test_records_inside_records_become_columns() -> None:
    lines = [{"n": 1, "at": {"town": "Rome", "zip": "1"}}, {"n": 2, "at": {"town": "Oslo"}}, {"n": 3, "at": None}]
    reading = read_bytes("\n".join(json.dumps(line) for line in lines).encode(), "t.jsonl")
    assert reading.table.names == ["n", "at.town", "at.zip"]
    assert reading.table.frame["at.town"].tolist() == ["Rome", "Oslo", None]
    assert "'at'" in said(reading)


def test_a_field_that_is_only_sometimes_a_record_stays_as_it_is() -> None:
    table = read_bytes(b'[{"a":{"b":1},"c":1},{"a":5,"c":2}]', "t.json").table
    assert table.names == ["a", "c"]


# -- Parquet ----------------------------------------------------------------------------------------------------


def parquet(**columns: Any) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out, row_group_size=400)
    return out.getvalue()


def test_every_type_of_parquet_is_read() -> None:
    day = dt.datetime(2024, 5, 1, 12, tzinfo=dt.UTC)
    table = read_bytes(
        parquet(
            word=pa.array(["a", "b", None]).dictionary_encode(),
            price=pa.array([Decimal("1.50"), None, Decimal("3.25")]),
            at=pa.array([day, day, None], pa.timestamp("us", "Europe/Berlin")),
            place=pa.array([{"town": "Rome", "x": 1}, {"town": "Oslo", "x": 2}, None]),
            text=pa.array(["x", "y", None]),
            whole=pa.array([1, None, 3]),
        ),
        "t.parquet",
    ).table
    assert table.names == ["word", "price", "at", "place.town", "place.x", "text", "whole"]
    assert table.column("word").kind is Kind.CATEGORY
    assert table.frame["price"].tolist()[::2] == [1.5, 3.25]
    assert table.frame["at"][0].hour == 14
    assert "Europe/Berlin" in table.column("at").note
    assert table.frame["text"].tolist() == ["x", "y", None]
    assert str(table.frame["whole"].dtype) == "Int64"


def test_a_sample_of_parquet_is_even_and_in_order() -> None:
    reading = read_bytes(parquet(a=list(range(4000)), b=["x", "y"] * 2000), "t.parquet", ReadOptions(sample_rows=300))
    assert len(reading.raw) == 300
    assert pd.Series(reading.raw["a"]).is_monotonic_increasing
    assert "300 of 4,000 rows" in said(reading)


def test_a_parquet_column_that_ends_in_a_missing_whole_number_stays_whole() -> None:
    data = io.BytesIO()
    pq.write_table(pa.table({"n": pa.array([*range(40), 2**60, None], pa.int64()), "w": ["a"] * 42}), data)
    found = read_bytes(data.getvalue(), "a.parquet")
    assert len(found.table) == 42
    assert found.raw["n"].iloc[40] == 2**60
    assert found.raw["n"].isna().tolist() == [False] * 41 + [True]


def test_whole_numbers_in_a_workbook_keep_every_digit() -> None:
    def fill(_: Any, sheet: Any) -> None:
        for row in [["id", "n"], *([7, i] for i in range(40))]:
            sheet.append(row)

    data = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(fill))) as old, zipfile.ZipFile(data, "w") as new:
        for name in old.namelist():  # openpyxl itself writes sixteen digits
            new.writestr(name, old.read(name).replace(b"<v>7</v>", b"<v>123456789012345678</v>"))
    found = read_bytes(data.getvalue(), "b.xlsx")
    assert set(found.raw["id"].iloc[8:]) == {123456789012345678}
    assert {type(cell) for cell in found.raw["n"].drop(7)} == {int}


def test_a_cell_far_from_the_table_is_named_and_nothing_is_laid_out_for_it() -> None:
    def fill(_: Any, sheet: Any) -> None:
        sheet.append(["a", "b"])
        for i in range(40):
            sheet.append([i, i])
        sheet["XFD1048576"] = 1

    with pytest.raises(ReadingError, match="reach to row 1,048,576 and column 16,384 though only 83 are there"):
        read_bytes(workbook(fill), "b.xlsx")


def test_a_workbook_of_the_widest_kind_is_read() -> None:
    def fill(_: Any, sheet: Any) -> None:
        for row in ([f"c{i}" for i in range(16_384)], list(range(16_384))):
            sheet.append(row)

    assert read_workbook(workbook(fill), "b.xlsx", None, None).raw.shape == (1, 16_384)


def test_parquet_dates_that_do_not_fit_are_missing_and_text_that_is_none_is_damage() -> None:
    stamps = pa.array([*range(40), -(2**62), 2**53], pa.timestamp("s"))
    data = io.BytesIO()
    pq.write_table(pa.table({"when": pa.array([*range(40), -(2**60)], pa.timestamp("us")), "n": range(41)}), data)
    assert read_bytes(data.getvalue(), "a.parquet").raw["when"].isna().tolist() == [False] * 40 + [True]
    assert cells_read.stamps(pa.chunked_array([stamps]), None)[1] == 2
    broken = io.BytesIO()
    words = pa.Array.from_buffers(pa.string(), 2, pa.array([b"a", b"\xff"]).buffers())
    pq.write_table(pa.table({"w": words, "n": [1, 2]}), broken)
    with pytest.raises(ReadingError, match="damaged: its cells cannot be read"):
        read_bytes(broken.getvalue(), "a.parquet")


@pytest.mark.parametrize("kind", [pa.date32(), pa.date64(), pa.timestamp("us"), pa.timestamp("s")])
def test_far_dates_in_parquet_are_missing_and_counted(kind: pa.DataType) -> None:
    cells = [dt.datetime(9999, 12, 31), dt.datetime(1, 1, 1), dt.datetime(2024, 2, 29), None]
    reading = read_bytes(parquet(day=pa.array(cells, pa.timestamp("us")).cast(kind), n=[1, 2, 3, 4]), "d.parquet")
    assert reading.table.frame["day"].isna().tolist() == [True, True, False, True]
    assert "Column 'day': 2 dates outside the years 1678 to 2261 are read as missing." in reading.notes


def test_far_dates_in_a_workbook_are_missing_and_counted() -> None:
    reading = of_rows(["day", "n"], *([dt.date(2024, 1, i), i] for i in range(1, 9)), [dt.date(9999, 12, 31), 9])
    assert "1 dates outside the years 1678 to 2261, read as missing." in reading.table.column("day").note


def test_a_dictionary_in_parquet_is_read_as_its_values_are() -> None:
    mails = pa.array([f"mail{i}@example.com" for i in range(60)] * 2)
    days = pa.array([dt.date(2024, 1, 1 + i % 28) for i in range(120)])
    plain, listed = (
        read_bytes(parquet(**cells), "d.parquet").table for cells in (
            {"contact": mails, "day": days}, {"contact": mails.dictionary_encode(), "day": days.dictionary_encode()},
        )
    )  # fmt: skip
    assert listed.columns == plain.columns
    assert [column.semantic for column in listed.columns] == ["email", None]
    assert listed.frame.equals(plain.frame)


def test_merged_cells_that_overlap_fill_each_cell_once() -> None:
    rows = [(i, "a" if i == 0 else None) for i in range(20_000)]
    before = time.process_time()
    filled, _ = _filled_down(rows, 0, [(start, 19_999, 1, 1) for start in range(19_000)])
    assert time.process_time() - before < 2  # filled one over the other: 15 and more
    assert {row[1] for row in filled} == {"a"}
