"""Cells as read are kept on disk as they are, and words stay in Arrow until they are looked at."""

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from synth_core.raw_cells import open_cells, save_cells
from synth_core.reading import ReadOptions, frame_like, read_bytes
from synth_core.table import Table
from synth_core.values import parse_dates, parse_numbers
from synth_core.words import Marks, Texts, Words, in_set, stripped


def test_cells_come_back_from_disk_with_their_marks(tmp_path: Path) -> None:
    data = b"a;b;seen\n" + b"".join(b"%d,5;x;%02d/03/2024\n" % (i, i % 28 + 1) for i in range(60))
    reading = read_bytes(data, "t.csv")
    save_cells(reading.raw, tmp_path / "raw.parquet")
    back = open_cells(tmp_path / "raw.parquet")
    assert back.to_dict("list") == reading.raw.to_dict("list")
    assert back.attrs == reading.raw.attrs
    assert back.attrs["decimal"] == ","
    assert set(back.dtypes.astype(str)) == {"string"}


def test_typed_and_mixed_cells_come_back_as_well(tmp_path: Path) -> None:
    raw = pd.DataFrame({"n": [1, 2], "mixed": ["x", 3], "at": pd.to_datetime(["2024-01-01", None]), "t": ["a", None]})
    raw.attrs["text"] = False
    save_cells(raw, tmp_path / "raw.parquet")
    back = open_cells(tmp_path / "raw.parquet")
    assert back["mixed"].tolist() == ["x", "3"]
    assert back["t"].isna().tolist() == [False, True]
    assert (str(back["n"].dtype), back["at"].isna().tolist()) == ("int64", [False, True])
    assert list(tmp_path.iterdir()) == [tmp_path / "raw.parquet"]


def test_words_from_arrow_are_those_from_python() -> None:
    cells = ["b", "a", None, "b", " c "]
    arrow, plain = Words.of_arrow(pa.chunked_array([cells[:2], cells[2:]])), Words.of(np.array(cells, dtype=object))
    for words in (arrow, plain):
        assert words.codes.tolist() == [0, 1, -1, 0, 2]
        assert words.levels.tolist() == ["b", "a", " c "]
        assert words.counts.tolist() == [2, 1, 1]
        assert words.values().tolist() == cells
        assert list(stripped(words)) == ["b", "a", "c"]
        fewer = words.without(in_set(stripped(words), {"a"}))
        assert (fewer.codes.tolist(), fewer.levels.tolist()) == ([0, -1, -1, 0, 1], ["b", " c "])


@pytest.mark.parametrize(
    "levels",
    [
        ["1", "2"],
        ["1.5", "-2"],
        ["1e3", "2"],
        ["x", "1"],
        ["1,5", "2,5"],
        ["007", "8"],
        ["9" * 25, "1"],
        ["+5", "3"],
        ["inf"],
    ],
)
def test_numbers_are_the_same_in_arrow_and_in_python(levels: list[str]) -> None:
    fast, slow = parse_numbers(Texts(pa.array(levels, pa.large_string()))), parse_numbers(levels)
    assert fast.odd.tolist() == slow.odd.tolist()
    assert fast.values[~fast.odd].tolist() == slow.values[~slow.odd].tolist()
    assert fast.whole == slow.whole


@pytest.mark.parametrize("pattern", ["%d.%m.%Y", "%Y-%m-%d %H:%M:%S", "%m/%d/%Y %H:%M", "%Y-%m-%dT%H:%M"])
def test_many_dates_are_read_like_few(pattern: str) -> None:
    levels = pd.date_range("1950-01-01", periods=25_000, freq="31h").strftime(pattern).unique().tolist()
    fast, slow = parse_dates(Texts(pa.array(levels, pa.large_string())), dated=True), parse_dates(levels, dated=True)
    assert fast is not None
    assert slow is not None
    assert fast.format == slow.format == pattern
    assert (fast.values == slow.values).all()


def test_a_day_that_there_is_not_is_no_date_among_many() -> None:
    levels = [*pd.date_range("1950-01-01", periods=25_000).strftime("%d.%m.%Y"), "31.02.2020"]
    assert parse_dates(Texts(pa.array(levels, pa.large_string())), Marks(), dated=True) is None


def test_cells_of_another_file_are_fitted_to_a_table() -> None:
    def table(options: ReadOptions | None = None) -> tuple[pd.DataFrame, Table]:
        found = read_bytes(b"a,b\n" + b"".join(b"%d,w%d\n" % (i, i % 3) for i in range(50)), "t.csv", options)
        return found.raw, found.table

    (raw, _), (_, like) = table(ReadOptions(sample_rows=20)), table()
    fitted = frame_like(raw, like, "u.csv")
    assert (len(fitted), fitted.names) == (20, ["a", "b"])


@pytest.mark.parametrize("mark", ["\u2028", "\u2029", "\x85"])
def test_only_line_feeds_and_carriage_returns_end_a_line(mark: str) -> None:
    lines = read_bytes(f'{{"a": "x{mark}y", "b": 1}}\n{{"a": "z", "b": 2}}\n'.encode(), "t.jsonl")
    assert lines.raw["a"].tolist() == [f"x{mark}y", "z"]
    named = read_bytes(f"a{mark}x,b\n1,2\n3,4\n".encode(), "t.csv")
    assert named.raw.columns.tolist() == [f"a{mark}x", "b"]
    assert len(named.raw) == 2
    single = read_bytes(f"name\nAnn{mark}Lee\nBo\n".encode(), "t.csv")
    assert single.raw["name"].tolist() == [f"Ann{mark}Lee", "Bo"]


def test_a_first_cell_longer_than_what_is_guessed_from_is_a_cell() -> None:
    long = "x\n" * 200_000
    reading = read_bytes(f'a,b\n"{long}",1\nz,2\n'.encode(), "t.csv")
    assert reading.raw["a"].tolist() == [long, "z"]
    assert reading.raw["b"].tolist() == ["1", "2"]
