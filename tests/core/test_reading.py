"""Files of every kind become tables; what cannot is refused in one sentence."""

import gzip
import io
import pickle
import traceback
import zipfile

import openpyxl
import pandas as pd
import pytest

from synth_core import reading
from synth_core.errors import ReadingError
from synth_core.reading import ColumnChoice, ReadOptions, read, read_bytes, read_like
from synth_core.table import Kind, Role

PLAIN = "a,b,c\n1,2.5,x\n2,3.5,y\n3,4.25,z\n"


def workbook(*sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"s{number + 1}")
        for row in rows:
            sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return out.getvalue()


def parquet(frame: pd.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.to_parquet(out)
    return out.getvalue()


RECORDS = b'[{"a":1,"b":2.5,"c":"x"},{"a":2,"b":3.5,"c":"y"},{"a":3,"b":4.25,"c":"z"}]'
SAME_TABLE = {
    "comma.csv": PLAIN.encode(),
    "semicolon.csv": PLAIN.replace(",", ";").replace(".", ",").encode(),
    "tab.tsv": PLAIN.replace(",", "\t").encode(),
    "bar.txt": PLAIN.replace(",", "|").encode(),
    "windows.csv": PLAIN.replace("\n", "\r\n").encode("utf-8-sig"),
    "wide.csv": PLAIN.encode("utf-16"),
    "wide_without_mark.csv": PLAIN.encode("utf-16-le"),
    "packed.csv.gz": gzip.compress(PLAIN.encode()),
    "packed.zip": zipped(table_csv=PLAIN.encode()),
    "titled.csv": ("Report of May\n\n" + PLAIN).encode(),
    "quoted.csv": b'"a","b","c"\n"1","2.5","x"\n"2","3.5","y"\n"3","4.25","z"\n',
    "trailing.csv": b"a,b,c,\n1,2.5,x,\n2,3.5,y,\n3,4.25,z,\n,,,\n",
    "book.xlsx": workbook([["a", "b", "c"], [1, 2.5, "x"], [2, 3.5, "y"], [3, 4.25, "z"]]),
    "titled.xlsx": workbook([], [["Report"], [], ["a", "b", "c"], [1, 2.5, "x"], [2, 3.5, "y"], [3, 4.25, "z"]]),
    "frame.parquet": parquet(pd.DataFrame({"a": [1, 2, 3], "b": [2.5, 3.5, 4.25], "c": ["x", "y", "z"]})),
    "records.json": RECORDS,
    "lines.jsonl": b'{"a":1,"b":2.5,"c":"x"}\n{"a":2,"b":3.5,"c":"y"}\n{"a":3,"b":4.25,"c":"z"}\n',
}


@pytest.mark.parametrize("name", SAME_TABLE)
def test_the_same_table_comes_out_of_every_kind_of_file(name: str) -> None:
    table = read_bytes(SAME_TABLE[name], name).table
    assert table.frame.to_dict("list") == {"a": [1, 2, 3], "b": [2.5, 3.5, 4.25], "c": ["x", "y", "z"]}
    assert [column.kind for column in table.columns] == [Kind.INTEGER, Kind.NUMBER, Kind.CATEGORY]
    assert [column.storage for column in table.columns] == ["integer", "number", "string"]


REFUSED = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n \n", "is empty"),
    "header.csv": (b"a,b,c\n", "no rows below"),
    "twice.csv": (b"a,b,a\n1,2,3\n", "2 columns called 'a' (columns 1, 3)"),
    "nameless.csv": (b",,\n1,2,3\n", "no column names"),
    "ragged.csv": (b"a,b\n1,2\n3,4,5\n6,7\n", "line 3: 3 cells, but the header has 2"),
    "broken.xlsx": (SAME_TABLE["book.xlsx"][:300], "damaged"),
    "fake.xlsx": (PLAIN.encode(), "not an Excel workbook"),
    "locked.xlsx": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "password"),
    "old.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "save it as .xlsx"),
    "empty.xlsx": (workbook([]), "is empty"),
    "none.zip": (zipped(a_md=b"a"), "no table"),
    "bad.zip": (b"PK\x03\x04" + bytes(50), "damaged"),
    "bomb.zip": (zipped(a_csv=bytes(90_000_000)), "unpacks to more than the limit"),
    "bomb.csv.gz": (gzip.compress(bytes(90_000_000), 1), "unpacks to more than the limit"),
    "bomb.xlsx": (zipped(**{"xl/workbook_xml": b"<x/>", "xl/sheet_xml": bytes(150_000_000)}), "unpacks to more than"),
    "cut.csv.gz": (gzip.compress(PLAIN.encode() * 2000)[:60], "ends too early"),
    "nested.csv.gz": (gzip.compress(gzip.compress(PLAIN.encode())), "archive inside an archive"),
    "paper.pdf": (b"%PDF-1.7 and so on", "PDF"),
    "picture.csv": (b"\x89PNG\r\n\x1a\n", "picture"),
    "page.csv": (b"\n<!DOCTYPE html><html></html>", "HTML"),
    "binary.csv": (bytes(range(256)) * 4, "binary"),
    "model.pkl": (pickle.dumps([1]), "pickle"),
    "hidden.csv": (pickle.dumps([1]), "pickle"),
    "broken.parquet": (b"PAR1 nothing PAR1", "Parquet"),
    "bare.parquet": (parquet(pd.DataFrame(index=range(3))), "no columns"),
    "rowless.parquet": (parquet(pd.DataFrame({"a": [], "b": []})), "no rows below"),
    "list.json": (b"[1, 2]", "not a table"),
    "line.jsonl": (b'{"a":1}\n{"a":\n', "line 2"),
    "quote.csv": (b'a,b\n"x,2\n1,3\n', "Quote cells"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_table_is_refused_in_one_sentence_with_a_way_out(name: str) -> None:
    data, words = REFUSED[name]
    with pytest.raises(ReadingError) as caught:
        read_bytes(data, name, limit_mb=20)
    sentence = str(caught.value)
    assert words.lower() in sentence.lower()
    assert "\n" not in sentence
    assert len(sentence) < 260
    assert name.split(".")[0] in sentence


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path) -> None:
    path = tmp_path / "big.csv"
    with path.open("wb") as file:
        file.truncate(600_000_000)
    with pytest.raises(ReadingError, match="600 MB, more than the limit of 500 MB"):
        read(path)


def test_a_missing_file_and_a_folder_say_so(tmp_path) -> None:
    with pytest.raises(ReadingError, match="no file"):
        read(tmp_path / "nothing.csv")
    with pytest.raises(ReadingError, match="folder"):
        read(tmp_path)


def test_latin_letters_are_read_and_the_guess_is_noted() -> None:
    reading = read_bytes("name,v\nJosé,1\nZoë,2\n".encode("latin-1"), "l.csv")
    assert reading.table.frame["name"].tolist() == ["José", "Zoë"]
    assert reading.options.encoding == "latin-1"
    assert "not UTF-8" in " ".join(reading.notes)


def test_a_wrong_encoding_says_where_it_fails() -> None:
    with pytest.raises(ReadingError, match="byte 10"):
        read_bytes("name,v\nJosé,1\n".encode("latin-1"), "l.csv", ReadOptions(encoding="utf-8"))
    with pytest.raises(ReadingError, match="no encoding 'klingon'"):
        read_bytes(b"a,b\n1,2\n", "l.csv", ReadOptions(encoding="klingon"))


@pytest.mark.parametrize("wrong", ["|", "\t", ","])
def test_a_wrong_delimiter_names_the_one_that_fits(wrong: str) -> None:
    data = SAME_TABLE["semicolon.csv"]
    with pytest.raises(ReadingError, match="looks separated by a semicolon"):
        read_bytes(data, "t.csv", ReadOptions(delimiter=wrong))
    assert read_bytes(data, "t.csv", ReadOptions(delimiter=";")).table.frame.shape == (3, 3)


def test_one_column_is_read_and_the_delimiters_tried_are_named() -> None:
    reading = read_bytes(b"a\n1\n2\n\n4\n", "one.csv")
    assert reading.table.frame["a"].isna().tolist() == [False, False, True, False]
    assert "comma, semicolon, tab, bar" in reading.notes[0]


def test_the_options_used_are_given_back_and_can_be_given_again() -> None:
    reading = read_bytes(SAME_TABLE["semicolon.csv"], "t.csv")
    assert (reading.options.delimiter, reading.options.decimal, reading.options.header_row) == (";", ",", 0)
    again = read_bytes(SAME_TABLE["semicolon.csv"], "t.csv", reading.options)
    assert again.table.fingerprint == reading.table.fingerprint


def test_raw_cells_are_text_as_they_stand_in_the_file() -> None:
    reading = read_bytes(b"a,b\n007,None\n08,\n", "t.csv")
    assert reading.raw.to_dict("list") == {"a": ["007", "08"], "b": ["None", ""]}


def test_a_sheet_can_be_chosen_and_a_wrong_one_lists_those_there() -> None:
    data = workbook([["a"], [1]], [["b", "c"], [1, "x"], [2, "y"]])
    assert read_bytes(data, "b.xlsx").sheets == ["s1", "s2"]
    assert read_bytes(data, "b.xlsx", ReadOptions(sheet="s2")).table.names == ["b", "c"]
    with pytest.raises(ReadingError, match="'s1', 's2'"):
        read_bytes(data, "b.xlsx", ReadOptions(sheet="q"))


def test_a_row_below_can_hold_the_names() -> None:
    table = read_bytes(b"x,y\na,b\n1,2\n3,4\n", "t.csv", ReadOptions(header_row=1)).table
    assert table.names == ["a", "b"]
    with pytest.raises(ReadingError, match="counts from 0"):
        read_bytes(b"a,b\n1,2\n", "t.csv", ReadOptions(header_row=-1))


def test_one_row_columns_without_name_and_empty_columns_are_noted() -> None:
    reading = read_bytes(b",b,c\n1,2,\n", "t.csv")
    notes = " ".join(reading.notes)
    assert reading.table.names == ["column_1", "b", "c"]
    assert "one row" in notes
    assert "column_1" in notes
    assert "No cell is filled in 'c'" in notes


def test_cells_may_hold_delimiters_quotes_and_line_breaks() -> None:
    table = read_bytes(b'a,b\n"x, y",1\n"say ""hi""",2\n"two\nlines",3\n', "t.csv").table
    assert table.frame["a"].tolist() == ["x, y", 'say "hi"', "two\nlines"]


def test_nested_cells_are_left_out_with_a_note() -> None:
    column = read_bytes(b'[{"a":[1,2],"b":1},{"a":[3],"b":2}]', "t.json").table.column("a")
    assert (column.kind, column.role) == (Kind.TEXT, Role.DROP)
    assert "Lists" in column.note


def test_a_second_file_is_read_with_the_kinds_of_the_first(tmp_path) -> None:
    first = read_bytes(b"code,v\n1,?\n2,5\n3,6\n", "t.csv").table
    first = first.with_columns([first.column("code").model_copy(update={"kind": Kind.CATEGORY})])
    path = tmp_path / "other.parquet"
    path.write_bytes(parquet(pd.DataFrame({"v": [7, 8], "more": [0, 0], "code": [2, 1]})))
    other = read_like(path, first)
    assert other.names == ["code", "v"]
    assert other.frame["code"].tolist() == ["2", "1"]
    assert other.column("code").kind is Kind.CATEGORY
    path.write_bytes(parquet(pd.DataFrame({"v": [7, 8]})))
    with pytest.raises(ReadingError, match="lacks 1 of the 2 columns"):
        read_like(path, first)


def test_a_choice_is_kept_when_the_table_is_read_anew() -> None:
    from synth_core.reading import table_from_frame

    raw = read_bytes(PLAIN.encode(), "t.csv").raw
    table = table_from_frame(raw, "t", {"a": ColumnChoice(kind=Kind.CATEGORY, role=Role.TARGET, protect=False)})
    column = table.column("a")
    assert (column.kind, column.role, column.protect, column.storage) == (Kind.CATEGORY, Role.TARGET, False, "integer")
    assert table.frame["a"].tolist() == ["1", "2", "3"]


def test_row_numbers_without_a_name_leave_the_header_where_it_is() -> None:
    table = read_bytes(b",co2\n1958-03-29,316.1\n1958-04-05,317.3\n1958-04-12,317.6\n", "co2.csv").table
    assert table.names == ["column_1", "co2"]
    assert len(table) == 3


def test_an_error_that_nobody_foresaw_carries_no_cells_along(monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise ValueError("could not read 'Jane Miller'")

    monkeypatch.setattr(reading, "_read_text", fails)
    with pytest.raises(ReadingError) as caught:
        read_bytes(b"a,b\n1,2\n", "a.csv")
    assert "Miller" not in "".join(traceback.format_exception(caught.value))
