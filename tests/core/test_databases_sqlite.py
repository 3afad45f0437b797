"""SQLite: cells that each have a type of their own, and virtual tables, which are read and not changed."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from synth_core.databases import database_tables, read_query
from synth_core.databases.addresses import address_of
from synth_core.databases.deadline import Deadline
from synth_core.databases.sqlite_files import SQLiteSession
from tests.core.test_databases import refused


def test_sqlite_cells_of_several_types_become_words_and_numbers_stay_numbers(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "mixed.db") as lite:
        lite.execute("create table t (mixed, number, empty, odd)")
        rows = [(1, 1, None, b"\xffA"), ("two", 2.5, None, "b"), (None, None, None, "c")]
        lite.executemany("insert into t values (?, ?, ?, ?)", rows)
        lite.execute("update t set odd = cast(odd as text)")
    raw = read_query(f"sqlite:///{tmp_path / 'mixed.db'}", "select * from t").raw
    assert raw["mixed"].tolist()[:2] == ["1", "two"]
    assert raw["number"].tolist()[:2] == [1.0, 2.5]
    assert raw["empty"].isna().all()
    assert raw["odd"].tolist()[1:] == ["b", "c"]


@pytest.mark.parametrize("apart", [0, 2000])
def test_long_whole_numbers_beside_fractions_are_words_with_every_digit(tmp_path: Path, apart: int) -> None:
    with sqlite3.connect(tmp_path / "long.db") as lite:
        lite.execute("create table t (n)")
        lite.executemany("insert into t values (?)", [(2**53 + 1,), *((i,) for i in range(apart)), (0.5,), (1.0,)])
    raw = read_query(f"sqlite:///{tmp_path / 'long.db'}", "select * from t").raw
    assert raw["n"].tolist() == ["9007199254740993", *map(str, range(apart)), "0.5", "1"]


def test_a_value_is_one_word_wherever_it_stands(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "words.db") as lite:
        lite.execute("create table t (n)")
        cells = [1, 2.5, *[1.0] * 20, *["x", 1, 1.0, 2.5] * 2000, *[1] * 9000, 3.0]
        lite.executemany("insert into t values (?)", [(cell,) for cell in cells])
    raw = read_query(f"sqlite:///{tmp_path / 'words.db'}", "select * from t").raw
    assert set(raw["n"]) == {"1", "2.5", "x", "3"}


VIRTUAL = (
    "create virtual table notes using fts4(body)", "create virtual table texts using fts5(body)",
    "create virtual table boxes using rtree(id, low, high, +label)", "create table lists (list)",
    "insert into notes values ('hello world')", "insert into texts values ('hello world')",
    "insert into boxes values (1, 2, 3, 'a')", "insert into lists values ('[1, 2]')",
)  # fmt: skip


@pytest.fixture(scope="module")
def virtual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with virtual tables."""
    path = tmp_path_factory.mktemp("virtual") / "virtual.db"
    with sqlite3.connect(path) as lite:
        for statement in VIRTUAL:
            lite.execute(statement)
    lite.close()
    return path


@pytest.mark.parametrize(
    ("query", "cells"),
    [
        ("select * from notes", ["hello world"]), ("select body from notes where body match 'hello'", ["hello world"]),
        ("select * from texts", ["hello world"]), ("select body from texts where texts match 'hello'", ["hello world"]),
        ("select * from boxes where low > 1", [1, 2.0, 3.0, "a"]),
        ("select value from lists, json_each(lists.list) limit 1", [1]),
    ],
)  # fmt: skip
def test_virtual_tables_of_sqlite_are_read(virtual: Path, query: str, cells: list[object]) -> None:
    before = virtual.read_bytes()
    assert read_query(f"sqlite:///{virtual}", query).raw.iloc[0].tolist() == cells
    assert "texts" in [table.name for table in database_tables(f"sqlite:///{virtual}")]
    assert virtual.read_bytes() == before


@pytest.mark.parametrize(
    "query",
    ["insert into texts values ('x')", "insert into texts (texts) values ('rebuild')", "delete from boxes",
     "insert into boxes_node values (9, null)", "delete from boxes_rowid", "update sqlite_master set sql = ''",
     "update sqlite_schema set sql = ''", "pragma page_size = 512", "pragma writable_schema = on", "drop table texts",
     "create virtual table more using fts5(a)", "select fts3_tokenizer('simple')"],
)  # fmt: skip
def test_virtual_tables_of_sqlite_are_not_changed(virtual: Path, query: str) -> None:
    before = virtual.read_bytes()
    session = SQLiteSession(address_of(f"sqlite:///{virtual}"), Deadline(60))
    try:
        with pytest.raises(sqlite3.Error):
            list(session.ask(query).chunks)
    finally:
        session.close()
    assert virtual.read_bytes() == before


def test_a_virtual_table_of_an_unknown_kind_says_so(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "odd.db") as lite:
        lite.execute("create table t as select 1 as a")
        lite.execute("pragma writable_schema = on")
        kept = "create virtual table maps using spatial(a)"
        lite.execute("insert into sqlite_master values ('table', 'maps', 'maps', 0, ?)", (kept,))
    lite.close()
    with refused() as caught:
        read_query(f"sqlite:///{tmp_path / 'odd.db'}", "select * from maps")
    assert "virtual table of kind 'spatial' cannot be read" in str(caught.value)
