"""What was read is written back: types, formats, missing tokens, marks."""

import numpy as np
import openpyxl
import pandas as pd
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth_core.errors import InputError, TableError
from synth_core.inference import ColumnChoice, table_from_frame
from synth_core.reading import read
from synth_core.table import Kind, Table
from synth_core.writing import export, from_arrow, open_table, save_table, to_arrow, write_parts, write_table

N = 40


def sample() -> Table:
    raw = pd.DataFrame(
        {
            "age": [str(20 + i % 30) for i in range(N)],
            "workclass": ["?" if i % 5 == 0 else "Private" for i in range(N)],
            "income": ["?" if i % 7 == 0 else str(1000 + i) for i in range(N)],
            "weight": ["" if i % 3 == 0 else f"{50 + i / 4}" for i in range(N)],
            "type_id": [str(i % 3 + 1) for i in range(N)],
            "seen": [f"{i % 28 + 1:02d}.02.2024" for i in range(N)],
            "at": [f"2024-01-01T10:00:{i:02d}.500" for i in range(N)],
            "smoker": ["yes" if i % 2 else "no" for i in range(N)],
            "record_id": [f"{7000 + 3 * i}" for i in range(N)],
            "name": [f"Ann Lee{'abcdefgh'[i % 8]}{'klmno'[i // 8]}" for i in range(N)],
        }
    )
    return table_from_frame(raw, "sample", text=True)


def typed() -> Table:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None] * 20, dtype="Int64"),
            "floaty": [1.0, np.nan, 30.0, 4.0] * 10,
            "flag": [True, False] * 20,
            "gap": [True, None] * 20,
            "when": pd.date_range("2024-01-01 10:00", periods=N, freq="h"),
            "digits": ["07", "12"] * 20,
            "empty": [None] * N,
        }
    )
    return table_from_frame(frame, "typed", text=False)


@pytest.mark.parametrize("made", [sample, typed])
def test_a_table_comes_back_from_arrow_cell_by_cell(made) -> None:
    table = made()
    back = table.with_frame(from_arrow(to_arrow(table.frame, table.columns), table.columns))
    assert back.fingerprint == table.fingerprint
    assert list(back.frame.dtypes) == list(table.frame.dtypes)


def test_a_release_has_the_types_and_words_of_the_source() -> None:
    arrow = to_arrow(sample().frame, sample().columns)
    types = {name: str(arrow.schema.field(name).type) for name in arrow.column_names}
    assert types["age"] == types["type_id"] == types["record_id"] == "int64"
    assert types["weight"] == "double"
    assert types["workclass"] == types["income"] == types["seen"] == "string"
    assert arrow["workclass"][0].as_py() == arrow["income"][0].as_py() == "?"
    assert arrow["income"][1].as_py() == "1001"
    assert arrow["seen"][3].as_py() == "04.02.2024"
    assert arrow["at"][3].as_py() == "2024-01-01T10:00:03.500000"
    assert arrow["weight"].null_count == 14


def test_the_schema_does_not_depend_on_the_values() -> None:
    table = sample()
    assert to_arrow(table.frame.iloc[:0], table.columns).schema == to_arrow(table.frame, table.columns).schema


def test_words_where_the_source_had_numbers_are_refused_by_name() -> None:
    table = sample()
    frame = table.frame.assign(record_id="R-77")
    with pytest.raises(TableError, match="'record_id' was stored as integer"):
        to_arrow(frame, table.columns)


@pytest.mark.parametrize("made", [sample, typed])
def test_a_project_table_is_saved_and_opened_exactly(tmp_path, made) -> None:
    table = made()
    opened = open_table(save_table(table, tmp_path / "t"))
    assert opened.fingerprint == table.fingerprint
    assert opened.columns == table.columns
    assert (opened.name, opened.source) == (table.name, table.source)
    pd.testing.assert_frame_equal(opened.frame, table.frame)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.none() | st.text(max_size=6), st.none() | st.floats(allow_nan=False, allow_infinity=False),
                  st.none() | st.integers(-(2**53), 2**53),
                  st.none() | st.datetimes(min_value=pd.Timestamp("1700-01-01").to_pydatetime(),
                                           max_value=pd.Timestamp("2200-01-01").to_pydatetime())),
        min_size=1, max_size=20,
    )
)  # fmt: skip
def test_any_cells_survive_saving_and_opening(tmp_path_factory, rows) -> None:
    words, floats, whole, when = (list(cells) for cells in zip(*rows, strict=True))
    raw = pd.DataFrame({"w": pd.Series(words, dtype=object), "f": pd.Series(floats, dtype="float64")})
    raw = raw.assign(i=pd.Series(whole, dtype="Int64"), d=pd.Series(when, dtype="datetime64[ns]"))
    choices = {"w": ColumnChoice(kind=Kind.CATEGORY), "f": ColumnChoice(kind=Kind.NUMBER)}
    table = table_from_frame(raw, "any", choices, text=False)
    folder = tmp_path_factory.mktemp("any")
    assert open_table(save_table(table, folder)).fingerprint == table.fingerprint


def test_parts_become_row_groups_with_a_mark_and_the_same_bytes(tmp_path) -> None:
    table = sample()
    parts = [table.frame.iloc[:25], table.frame.iloc[25:]]
    first = write_parts(parts, table.columns, tmp_path / "a.parquet", mark={"simile.method": "trees"})
    second = write_parts(iter(parts), table.columns, tmp_path / "b.parquet", mark={"simile.method": "trees"})
    assert first.read_bytes() == second.read_bytes()
    file = pq.ParquetFile(first)
    assert [file.metadata.row_group(i).num_rows for i in range(file.num_row_groups)] == [25, 15]
    assert file.metadata.metadata[b"simile.synthetic"] == b"true"
    assert file.metadata.metadata[b"simile.method"] == b"trees"
    assert read(first).table.frame.shape == table.frame.shape


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path) -> None:
    table, path = sample(), tmp_path / "a.parquet"
    write_parts([table.frame], table.columns, path)
    before = path.read_bytes()

    def parts():
        yield table.frame
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_parts(parts(), table.columns, path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.parquet"]


def released(tmp_path, frame: pd.DataFrame):
    table = table_from_frame(frame, "t", text=False)
    return write_parts([table.frame], table.columns, tmp_path / "r.parquet", mark={"simile.seed": "7"})


RISKY = ["=1+1", "+cmd", "-cmd|' /C calc'!A0", "@SUM(A1)", "\tx", "plain", "-5.2", "+49", "-", "-$1.5", "-A1", "-5+A1"]
SAFE = [
    "'=1+1",
    "'+cmd",
    "'-cmd|' /C calc'!A0",
    "'@SUM(A1)",
    "'\tx",
    "plain",
    "-5.2",
    "+49",
    "-",
    "-$1.5",
    "'-A1",
    "'-5+A1",
]


def test_csv_has_a_sidecar_and_no_live_formulas(tmp_path) -> None:
    parquet = released(tmp_path, pd.DataFrame({"text": [*RISKY, 'a,b"c'], "=name": np.arange(13) - 5.5}))
    out = export(parquet, tmp_path / "r.csv")
    back = pd.read_csv(out, dtype=str, keep_default_na=False)
    assert list(back.columns) == ["text", "'=name"]
    assert back["text"].tolist() == [*SAFE, 'a,b"c']
    assert back["'=name"].iloc[0] == "-5.5"
    note = (tmp_path / "r.csv.SYNTHETIC.txt").read_text()
    assert "SYNTHETIC" in note
    assert "seed: 7" in note


def test_excel_has_the_mark_as_sheet_name_types_and_no_live_formulas(tmp_path) -> None:
    parquet = released(tmp_path, pd.DataFrame({"text": RISKY, "v": np.arange(12) / 2, "bad": ["a\x01b"] * 12}))
    book = openpyxl.load_workbook(export(parquet, tmp_path / "r.xlsx"))
    assert book.sheetnames == ["SYNTHETIC"]
    rows = list(book.active.iter_rows(values_only=True))
    assert rows[0] == ("text", "v", "bad")
    assert [row[0] for row in rows[1:]] == SAFE
    assert rows[2][1:] == (0.5, "ab")
    assert book.active is not None
    assert all(cell.data_type != "f" for row in book.active.iter_rows() for cell in row)


def test_too_many_rows_for_excel_say_what_to_use_instead(tmp_path) -> None:
    parquet = released(tmp_path, pd.DataFrame({"v": np.zeros(1_048_576, dtype=np.int64)}))
    with pytest.raises(InputError, match=r"1,048,576 rows.*write \.csv or \.parquet"):
        export(parquet, tmp_path / "r.xlsx")


def test_an_unknown_suffix_is_refused(tmp_path) -> None:
    with pytest.raises(InputError, match=r"must end in \.csv, \.xlsx or \.parquet"):
        export(released(tmp_path, pd.DataFrame({"v": [1]})), tmp_path / "r.sav")


def test_what_is_exported_as_csv_reads_back_as_the_same_table(tmp_path) -> None:
    table = sample()
    parquet = write_parts([table.frame.iloc[:20], table.frame.iloc[20:]], table.columns, tmp_path / "r.parquet")
    again = read(export(parquet, tmp_path / "r.csv")).table
    assert again.frame.equals(table.frame)
    assert [c.kind for c in again.columns] == [c.kind for c in table.columns]


@pytest.mark.parametrize("suffix", ["csv", "xlsx", "parquet"])
def test_a_real_table_is_written_without_the_mark(tmp_path, suffix: str) -> None:
    out = write_table(sample(), tmp_path / f"t.{suffix}")
    assert read(out).table.frame["age"].tolist() == sample().frame["age"].tolist()
    assert [path.name for path in tmp_path.iterdir()] == [f"t.{suffix}"]


def test_exported_dates_and_times_have_no_needless_parts(tmp_path) -> None:
    times = pd.to_datetime(["2024-01-01 10:00", "2024-01-02 11:30"])
    text = export(released(tmp_path, pd.DataFrame({"t": times, "v": [1, 2]})), tmp_path / "r.csv").read_text()
    assert text.splitlines()[1] == "2024-01-01 10:00:00,1"
