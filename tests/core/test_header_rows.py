"""Whether a file has a row of names is guessed from the rows below it, said, and can be corrected."""

import gzip
import io

import pandas as pd
import pytest

from synth_core.errors import ReadingError
from synth_core.header_rows import lacks_names
from synth_core.reading import Reading, ReadOptions, read, read_bytes

FLOWERS = "5.1,3.5,1.4,0.2,setosa\n4.9,3.0,1.4,0.2,setosa\n7.0,3.2,4.7,1.4,versicolor\n6.4,3.2,4.5,1.5,versicolor\n" * 5
PEOPLE = "39, State, 77516, 13, Never\n50, Self, 83311, 13, Married\n38, Private, 215646, 9, Divorced\n" * 4
MUSHROOMS = "p,x,s,n\ne,x,s,y\ne,b,s,w\np,x,y,w\n" * 10
COUNTS = "3,88,7\n1,90,2\n4,70,9\n2,91,5\n5,60,1\n"


def text_of(reading: Reading) -> str:
    return " ".join(reading.notes)


@pytest.mark.parametrize("data", [FLOWERS, PEOPLE, MUSHROOMS, COUNTS], ids=["decimals", "mixed", "letters", "counts"])
def test_a_file_without_names_keeps_its_first_row(data: str) -> None:
    reading = read_bytes(data.encode(), "t.csv")
    width = data.splitlines()[0].count(",") + 1
    assert list(reading.raw.columns) == [f"column_{place}" for place in range(1, width + 1)]
    assert len(reading.raw) == data.count("\n")
    assert reading.options.header is False
    assert "no row of names" in text_of(reading)
    assert "first row is like the others" in reading.evidence["header"]


@pytest.mark.parametrize(
    "names",
    [
        "sepal,petal,width,2020,kind",  # one number among words
        "2019,2020,2021,2022,country",  # years
        "2022,2018,2010,2000,country",
        "1,2,3,4,kind",  # numbered
        ",0,1,2,kind",  # as a frame without names is written
    ],
)
def test_a_row_of_names_stays_one(names: str) -> None:
    reading = read_bytes(f"{names}\n{FLOWERS}".encode(), "t.csv")
    assert len(reading.raw) == FLOWERS.count("\n")
    assert reading.options.header is True
    assert str(reading.raw.columns[-1]) == names.rsplit(",", 1)[-1]


@pytest.mark.parametrize("rows", ["1,2,3\n4,5,6\n", "7.5,x,3\n1.5,y,4\n", "1,2,3\n"])
def test_a_row_with_one_name_and_blank_ones_is_the_row_of_names(rows: str) -> None:
    reading = read_bytes(f"a,,\n{rows}".encode(), "t.csv")
    assert list(reading.raw.columns) == ["a", "column_2", "column_3"]
    assert len(reading.raw) == rows.count("\n")


@pytest.mark.parametrize("names", ["id,name,size", "town,2020,2021", "2019,2020,2021"])
def test_a_title_filled_up_with_blank_cells_is_no_row_of_names(names: str) -> None:
    reading = read_bytes(f"A report,,\n{names}\n1,2,3\n4,5,6\n7,8,9\n".encode(), "t.csv")
    assert ",".join(map(str, reading.raw.columns)) == names


def test_words_alone_are_names_unless_they_stand_in_their_columns() -> None:
    rows = [[town, kind] for town in ("Lyon", "Gent") for kind in ("new", "old")] * 4
    assert lacks_names([["town", "kind"], *rows]) == ""
    assert lacks_names([["Lyon", "kind"], *rows]) == ""
    assert lacks_names([["Lyon", "old"], *rows]) != ""
    assert lacks_names(rows[:3]) == ""  # too few rows to tell


def test_the_guess_can_be_corrected_both_ways() -> None:
    kept = read_bytes(COUNTS.encode(), "t.csv", ReadOptions(header=True))
    assert list(kept.raw.columns) == ["3", "88", "7"]
    assert len(kept.raw) == 4
    assert kept.evidence["header"] == "As chosen."
    towns = b"town,n\nLyon,1\nGent,2\n"
    all_rows = read_bytes(towns, "t.csv", ReadOptions(header=False))
    assert all_rows.raw.iloc[:, 0].tolist() == ["town", "Lyon", "Gent"]
    assert "no row of names" not in text_of(all_rows)  # it was said to us


def test_titles_above_data_without_names_are_left_out() -> None:
    reading = read_bytes(f"Measured in 1936\n\n{FLOWERS}".encode(), "t.csv")
    assert len(reading.raw) == FLOWERS.count("\n")
    assert reading.raw.iloc[0, 0] == "5.1"
    assert "1 line above the data left out." in reading.notes


def test_a_ragged_line_is_counted_from_the_first_line_of_the_file() -> None:
    with pytest.raises(ReadingError, match="line 7: 2 cells, but the header has 3"):
        read_bytes(f"{COUNTS}9,9,9\n1,2\n".encode(), "t.csv")


def test_a_sample_of_a_large_file_has_no_names_either(tmp_path) -> None:
    path = tmp_path / "flowers.csv.gz"
    path.write_bytes(gzip.compress((FLOWERS * 200).encode()))
    reading = read(path, ReadOptions(sample_rows=50), limit_mb=0.01)
    assert len(reading.raw) == 50
    assert str(reading.raw.columns[0]) == "column_1"
    assert reading.options.header is False


def test_a_sheet_can_be_read_without_names() -> None:
    book = io.BytesIO()
    pd.DataFrame([[1, "a", None], [2, "b", None], [3, "c", 4.5]]).to_excel(book, index=False, header=False)
    reading = read_bytes(book.getvalue(), "t.xlsx", ReadOptions(header=False))
    assert list(reading.raw.columns) == ["column_1", "column_2", "column_3"]
    assert reading.raw["column_1"].tolist() == [1, 2, 3]
