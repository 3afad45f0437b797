"""Files that are too large to be read whole, and archives that hold several tables."""

import csv
import gzip
import io
import os
import zipfile
from pathlib import Path

import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_core.errors import ReadingError, TooLargeError
from synth_core.reading import ReadOptions, read, read_bytes
from synth_core.thinning import _ends

ROWS = 30_000
TINY = 0.1  # MB: the limit in these tests, so that small files are over it


def table() -> pd.DataFrame:
    return pd.DataFrame({"n": range(ROWS), "word": [f'a "{i}",\nnext' if i % 3 == 0 else f"w{i}" for i in range(ROWS)]})


def text(**how: str) -> bytes:
    return table().to_csv(index=False, **how).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return data.getvalue()


def parquet() -> bytes:
    data = io.BytesIO()
    pq.write_table(pa.Table.from_pandas(table()), data, row_group_size=4000)
    return data.getvalue()


LARGE = {
    "large.csv": text(),
    "large.tsv": text(sep="\t"),
    "large.csv.gz": gzip.compress(text()),
    "large.zip": zipped({"large.csv": text()}),
    "large.jsonl": table().to_json(orient="records", lines=True).encode(),
    "large.parquet": parquet(),
    "mac.csv": table().assign(word="w" + table()["n"].astype(str)).to_csv(index=False).replace("\n", "\r").encode(),
    "titled.csv": b"A title\n" + text(),
}


@pytest.mark.parametrize("name", LARGE)
def test_a_file_over_the_limit_is_refused_whole_and_read_as_a_sample(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(LARGE[name])
    with pytest.raises(TooLargeError, match="limit of"):
        read(tmp_path / name, limit_mb=TINY / 10)
    found = read(tmp_path / name, ReadOptions(sample_rows=500), limit_mb=TINY)
    numbers = found.table.frame["n"]
    assert len(found.table) == 500
    assert numbers.is_monotonic_increasing
    assert numbers.is_unique
    assert 12_000 < numbers.mean() < 18_000
    assert f"A sample: 500 of {ROWS:,} rows, drawn evenly over the file." in found.notes
    whole = table().set_index("n")["word"]
    if name != "mac.csv":
        assert list(found.raw["word"]) == list(whole.loc[numbers])


def test_a_sample_larger_than_the_file_is_the_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(LARGE["large.csv"])
    found = read(tmp_path / "a.csv", ReadOptions(sample_rows=10 * ROWS), limit_mb=TINY)
    assert len(found.table) == ROWS
    assert not any("sample" in note for note in found.notes)


WITH_QUOTES = {
    "inch marks": ['pipe 5" x,{}', "rod,{}", '5",{}', 'pipe"" 7"""x,{}'],
    "quoted": ['"a, ""b""\n5"" c",{}', "rod,{}", '"",{}', '"""",{}', '"""\n""",{}', '"a\n",{}'],
    "text after a quote": ['"a\nb"c"d,{}', "rod,{}", '"a"" \n,"5" x,{}'],
}


@pytest.mark.parametrize("kind", WITH_QUOTES)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_sample_has_the_rows_of_the_whole_file_whatever_its_quotes(kind: str, end: str) -> None:
    rows = WITH_QUOTES[kind]
    data = ("size,v" + end + "".join(rows[i * i % len(rows)].format(i) + end for i in range(5_000))).encode()
    whole = read_bytes(data, "a.csv")
    found = read_bytes(data, "a.csv", ReadOptions(sample_rows=700), limit_mb=0.01)
    assert len(whole.raw) == 5_000
    assert [note for note in found.notes if "sample" in note] == [
        "A sample: 700 of 5,000 rows, drawn evenly over the file."
    ]
    assert found.raw.equals(whole.raw.iloc[found.table.frame["v"]].reset_index(drop=True))
    assert found.options.sample_rows == 700


@given(st.lists(st.sampled_from(['"', ",", "\n", "x"]), max_size=40))
def test_rows_end_where_the_csv_module_ends_them(letters: list[str]) -> None:
    text = "".join(letters) + "\n"
    lines = text.splitlines(keepends=True)
    reader = csv.reader(iter(lines))
    ends = [sum(map(len, lines[: reader.line_num])) for _ in reader]
    found = _ends(text.encode(), '"', ",").tolist()
    assert found == (ends if found[-1:] == ends[-1:] else ends[:-1])  # the last quote may never be closed


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", ["", "\n", "\n\n"])
def test_short_rows_are_rows_and_empty_lines_are_none(end: str, last: str) -> None:
    lines = [str(i % 12) if i % 5 else "" for i in range(24_000)]
    table = ["a,b", *(f"{line},{line}" if line else "" for line in lines)]
    for content, rows in ((["grade", *lines], 24_000), (table, 19_200)):
        data = (end.join(content) + last.replace("\n", end)).encode()
        found = read_bytes(data, "a.csv", ReadOptions(sample_rows=6_000), limit_mb=TINY / 10)
        assert f"A sample: 6,000 of {rows:,} rows, drawn evenly over the file." in found.notes
        first = found.table.frame.iloc[:, 0]
        assert first.nunique() == 12
        assert first.isna().mean() == pytest.approx(0.2 if rows == 24_000 else 0, abs=0.02)


def test_a_large_upload_is_sampled_like_a_large_file() -> None:
    found = read_bytes(LARGE["large.csv"], "large.csv", ReadOptions(sample_rows=100), limit_mb=TINY)
    assert len(found.table) == 100


@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("list.json", table().to_json(orient="records").encode(), "only delimited text, JSON lines and"),
        ("wide.csv", text().decode().encode("utf-16"), "UTF-16 or binary"),
        ("cut.csv.gz", gzip.compress(os.urandom(400_000) + text())[:-9000], "damaged|binary"),
    ],
)
def test_what_cannot_be_sampled_says_so(tmp_path: Path, name: str, data: bytes, sentence: str) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(ReadingError, match=sentence):
        read(tmp_path / name, ReadOptions(sample_rows=10), limit_mb=TINY)


def test_a_file_that_needs_more_memory_than_there_is_says_so_and_can_be_sampled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Little:
        available = 100_000_000

    monkeypatch.setattr(psutil, "virtual_memory", lambda: Little)
    data = b"n,word\n" + b"".join(b"%d,%s\n" % (i, b"x" * 1000) for i in range(60_000))
    with pytest.raises(TooLargeError, match=r"GB of memory and 0\.1 GB are free; read a sample"):
        read_bytes(data, "a.csv")
    assert len(read_bytes(data, "a.csv", ReadOptions(sample_rows=50)).table) == 50


def test_of_several_tables_in_an_archive_the_first_is_read_and_any_can_be_chosen() -> None:
    data = zipped({"README.txt": b"words\nabout\nit\n", "a.csv": b"x\n1\n2\n", "in/b.csv": b"y;z\n3;4\n5;6\n"})
    first = read_bytes(data, "two.zip")
    assert first.sheets == ["a.csv", "in/b.csv", "README.txt"]
    assert first.options.sheet == "a.csv"
    assert first.notes[0] == "'a.csv' of the 3 tables in 'two.zip' was read."
    second = read_bytes(data, "two.zip", ReadOptions(sheet="in/b.csv"))
    assert second.table.names == ["y", "z"]
    assert second.table.name == "b"
    with pytest.raises(ReadingError, match=r"holds no table 'c\.csv'; it holds 'a\.csv', 'in/b\.csv'"):
        read_bytes(data, "two.zip", ReadOptions(sheet="c.csv"))


def test_names_that_lead_out_of_an_archive_lead_nowhere() -> None:
    with pytest.raises(ReadingError, match="holds no table"):
        read_bytes(zipped({"../../etc/a.csv": b"x,y\n1,2\n3,4\n"}), "out.zip")
    assert read_bytes(zipped({"/etc/a.csv": b"x,y\n1,2\n3,4\n"}), "out.zip").table.names == ["x", "y"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(ReadingError, match="a pipe or a device"):
        read(tmp_path / "pipe.csv")
