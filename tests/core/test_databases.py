"""Databases: typed cells, reading only for real, sentences for bad input, and no credentials anywhere."""

from __future__ import annotations

import logging
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pandas as pd
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth_core import cli, databases
from synth_core import project as projects
from synth_core.databases import Question, database_tables, file_url, read_query, safe_url
from synth_core.databases.addresses import address_of, without_password
from synth_core.databases.deadline import Deadline
from synth_core.databases.duckdb_files import DuckDBSession
from synth_core.databases.postgresql_servers import PostgreSQLSession
from synth_core.databases.sqlite_files import SQLiteSession
from synth_core.databases.statements import check_statement
from synth_core.errors import ProjectError, ReadingError
from synth_core.reading import ReadOptions
from synth_core.table import Kind
from tests.core.postgresql import PASSWORD, Server, free_port, running

ENDLESS = {
    "postgresql": "select pg_sleep(600) as pause",
    "sqlite": "with recursive t(n) as (select 1 union all select n + 1 from t) select count(*) from t",
    "duckdb": "select count(*) as n from range(1000000000) a(i), range(1000000) b(j) where i * j % 7 = 3",
}
VISITS = (
    "create table visits (id integer, town varchar(20), cost numeric(8, 2), day date)",
    "insert into visits values (1, 'Ghent', 12.50, '2024-01-31'), (2, 'Bruges', null, '2024-02-29'), "
    "(3, null, 7.25, '2024-03-01'), (4, 'Ghent', 8.00, '2024-03-02')",
    'create table "Order lines" ("Select" integer)',
    "create view towns as select distinct town from visits",
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A PostgreSQL server with the small tables."""
    with running() as found:
        found.run(
            *VISITS,
            "create function wipe() returns integer language sql as 'delete from visits; select 1'",
            "create sequence counter",
            user="reader",
        )
        found.run("create role guest login password 'guest'", "grant select on towns to guest")
        yield found


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A SQLite and a DuckDB file with the small tables."""
    folder = tmp_path_factory.mktemp("databases")
    with sqlite3.connect(folder / "shop.db") as lite:
        for statement in VISITS:
            lite.execute(statement)
    lite.close()
    with duckdb.connect(str(folder / "shop.duckdb")) as duck:
        for statement in VISITS:
            duck.execute(statement)
    return {"sqlite": folder / "shop.db", "duckdb": folder / "shop.duckdb"}


@pytest.fixture(params=["postgresql", "sqlite", "duckdb"])
def kind(request: pytest.FixtureRequest) -> str:
    """Every kind of database in turn."""
    return str(request.param)


@pytest.fixture
def url(kind: str, files: dict[str, Path], request: pytest.FixtureRequest) -> str:
    """The URL of each kind, without the password."""
    if kind == "postgresql":
        return str(request.getfixturevalue("server").url())
    return f"{kind}:///{files[kind]}"


@contextmanager
def refused() -> Iterator[pytest.ExceptionInfo[ReadingError]]:
    """Expect a sentence of our own that carries no driver's error along."""
    with pytest.raises(ReadingError) as caught:
        yield caught
    error = caught.value
    assert PASSWORD not in str(error)
    module = type(error.__context__).__module__.split(".")[0]
    assert module not in ("psycopg", "sqlite3", "duckdb", "_duckdb"), error.__context__
    assert len(str(error)) < 320
    assert str(error)[-1] in ".)?/" or "select" in str(error) or "pip install" in str(error)


# -- what is read -----------------------------------------------------------------------------------------------


def test_a_query_is_read_like_a_file(url: str, kind: str) -> None:
    reading = read_query(url, "select * from visits order by id;", password=PASSWORD)
    table = reading.table
    assert (table.name, len(table), table.names) == ("visits", 4, ["id", "town", "cost", "day"])
    assert table.column("cost").kind is Kind.NUMBER
    assert table.column("day").kind is Kind.DATETIME
    assert table.frame["cost"].tolist()[::2] == [12.5, 7.25]
    assert table.frame["town"].tolist() == ["Ghent", "Bruges", None, "Ghent"]
    assert table.frame["day"].tolist()[1] == pd.Timestamp("2024-02-29")
    assert reading.notes == []
    assert table.source["format"] == kind
    assert "127.0.0.1" not in str(table.source)


def test_tables_and_views_are_listed_with_a_query_that_reads_them(url: str) -> None:
    tables = {table.name: table for table in database_tables(url, password=PASSWORD)}
    assert {"visits", "towns", "Order lines"} <= set(tables)
    assert tables["visits"].columns == 4
    assert tables["Order lines"].query == 'select * from "Order lines"'
    assert len(read_query(url, tables["visits"].query, password=PASSWORD).raw) == 4


def test_rows_over_the_limit_are_not_fetched_and_a_note_says_so(url: str) -> None:
    reading = read_query(url, "select * from visits", password=PASSWORD, limit_rows=3)
    assert len(reading.raw) == 3
    assert "more than 3 rows" in reading.notes[0]
    assert read_query(url, "select * from visits", password=PASSWORD, limit_rows=4).notes == []


def test_progress_counts_rows(url: str) -> None:
    seen: list[float] = []
    read_query(url, "select id from visits", password=PASSWORD, progress=lambda done, total, note="": seen.append(done))
    assert seen[-1] == 4


def test_percent_signs_comments_and_words_in_quotes_are_left_alone(url: str) -> None:
    query = "/* ; */ select '%s; delete from visits' as a, 'it''s 5%' as \"delete\" -- drop; table\n from visits;\n"
    raw = read_query(url, query, password=PASSWORD).raw
    assert raw.iloc[0].tolist() == ["%s; delete from visits", "it's 5%"]


POSTGRESQL_CELLS = {
    "whole": ("i", [1, 2, 3]),
    "big": ("i * 5000000000", [5_000_000_000, 10_000_000_000, 15_000_000_000]),
    "huge": ("i * 1000000000000000000000::numeric(30)", [f"{i}{'0' * 21}" for i in (1, 2, 3)]),
    "money_like": ("(i * 1.25)::numeric(10, 2)", [1.25, 2.5, 3.75]),
    "real": ("i / 2.0::real", [0.5, 1.0, 1.5]),
    "yes": ("i > 1", [False, True, True]),
    "gap": ("case when i <> 2 then i end", [1, None, 3]),
    "day": ("date '2024-02-28' + i", [f"2024-02-29 2024-03-01 2024-03-02".split()[k] for k in range(3)]),  # noqa: F541
    "zoned": ("timestamptz '2024-01-01 01:30+02' + i * interval '1 hour'", None),
    "clock": ("time '10:00' + i * interval '1 minute'", ["10:01:00", "10:02:00", "10:03:00"]),
    "span": ("i * interval '1 day 2 hours'", [93600.0, 187200.0, 280800.0]),
    "uuid": ("('00000000-0000-0000-0000-00000000000' || i)::uuid", None),
    "tags": ("array['a', 'b']", ["{a,b}"] * 3),
    "json": ("'{\"a\": 1}'::jsonb", ['{"a": 1}'] * 3),
    "hash": ("decode('00ff', 'hex')", ["0x00ff"] * 3),
    "address": ("'10.0.0.1'::inet", ["10.0.0.1"] * 3),
}


@pytest.fixture(scope="module")
def cells(server: Server) -> pd.DataFrame:
    """Cells of many PostgreSQL types, three rows."""
    listed = ", ".join(f"{expression} as {name}" for name, (expression, _) in POSTGRESQL_CELLS.items())
    return read_query(server.url(), f"select {listed} from generate_series(1, 3) r(i)", password=PASSWORD).raw


@pytest.mark.parametrize("name", [name for name, (_, expected) in POSTGRESQL_CELLS.items() if expected])
def test_postgresql_types_become_sensible_cells(cells: pd.DataFrame, name: str) -> None:
    found = [None if pd.isna(cell) else cell for cell in cells[name]]
    expected = POSTGRESQL_CELLS[name][1]
    assert (list(map(str, found)) if name == "day" else found) == expected


def test_long_numerics_keep_their_digits_as_words_and_fractions_are_numbers(server: Server) -> None:
    query = "select unnest(array[{}]::numeric[]) as n"
    fractions = read_query(server.url(), query.format("12345678901234567890.12, 1.50"), password=PASSWORD).raw
    assert fractions["n"].tolist() == [12345678901234567890.12, 1.5]
    mixed = query.format("12345678901234567890, 1.50, 2.00") + " union all select 1.5 from generate_series(1, 3000)"
    assert set(read_query(server.url(), mixed, password=PASSWORD).raw["n"]) == {"12345678901234567890", "1.5", "2"}


def test_times_with_a_zone_become_utc(cells: pd.DataFrame) -> None:
    assert cells["zoned"].tolist()[0] == pd.Timestamp("2024-01-01 00:30", tz="UTC")


def test_days_that_no_calendar_has_are_missing_and_counted(server: Server) -> None:
    query = (
        "select * from (values ('infinity'::date, timestamp '3000-01-01'), ('0044-03-15 BC', 'infinity'), "
        "('2024-01-01', '2024-01-01')) t(day, at)"
    )
    reading = read_query(server.url(), query, password=PASSWORD)
    assert reading.raw["day"].isna().tolist() == [True, True, False]
    assert reading.raw["at"].isna().tolist() == [True, True, False]
    assert len(reading.notes) == 3


def test_far_days_of_duckdb_are_missing_and_counted(files: dict[str, Path]) -> None:
    query = "select unnest(['infinity', '-infinity', '12345-01-01', '0044-03-15 (BC)', '2024-02-29'])::date as day"
    reading = read_query(f"duckdb:///{files['duckdb']}", query)
    assert reading.table.frame["day"].isna().tolist() == [True] * 4 + [False]
    assert reading.notes == ["Column 'day': 4 dates outside the years 1678 to 2261 are read as missing."]


def test_duckdb_types_become_sensible_cells(files: dict[str, Path]) -> None:
    query = (
        "select 12::hugeint as h, 1.5::decimal(4, 1) as d, [1, 2] as l, {'a': 1} as s, interval 2 day as span, "
        "time '10:00' as clock, true as yes, 'ab'::blob as b, uuid '00000000-0000-0000-0000-000000000001' as u, "
        "timestamptz '2024-01-01 01:00:00+01' as zoned, 'x'::enum('x', 'y') as e"
    )
    row = read_query(f"duckdb:///{files['duckdb']}", query).raw.iloc[0].tolist()
    assert row[:9] == [12, 1.5, "[1, 2]", 1, 172800.0, "10:00:00", True, "0x6162", row[8]]
    assert row[8].endswith("0001")
    assert row[9] == pd.Timestamp("2024-01-01", tz="UTC")
    assert row[10] == "x"


def test_long_binary_cells_are_left_out_and_named(url: str, kind: str) -> None:
    blob = {"postgresql": "repeat('y', 200)::bytea", "sqlite": "zeroblob(200)", "duckdb": "repeat('y', 200)::blob"}
    reading = read_query(url, f"select id, {blob[kind]} as photo from visits", password=PASSWORD)
    assert list(reading.raw.columns) == ["id"]
    assert "'photo'" in reading.notes[-1]


# -- reading only -----------------------------------------------------------------------------------------------

WRITES = [
    "delete from visits", "insert into visits values (9, 'x', 1, null)", "update visits set town = 'x'",
    "drop table visits", "create table copied as select * from visits", "truncate visits",
    "alter table visits add x int",
    "  -- a comment\n delete from visits where town = 'Ghent'",
    "with gone as (delete from visits returning *) select * from gone", "with a as (select 1) delete from visits",
]  # fmt: skip


@pytest.mark.parametrize("query", WRITES)
def test_a_query_that_writes_is_named_before_it_is_sent(query: str) -> None:
    with pytest.raises(ReadingError, match="would change the database"):
        check_statement(query)


@pytest.mark.parametrize(
    "query",
    [
        "select deleted, \"update\" from t", "select replace(town, 'a', 'b') from visits", "(select 1)",
        "with recursive t as (select 1) select * from t", "select (update_count) from t", "values (1), (2)",
        "select $$delete from t; $$, E'it\\'s; delete' from t", "from visits", "table visits",
        "select password from users where password = 'x' and a = 'b'", "select * from t where a like '%password=%'",
        "select 'a' as b, password = 'x' as c from t", "select 'http://host/a:b' as x, 'c@d' as y",
    ],
)  # fmt: skip
def test_a_query_that_reads_is_not_taken_for_one_that_writes(query: str) -> None:
    assert check_statement(query + " ;\n") == query


@pytest.mark.parametrize(
    "query",
    [
        "select * from dblink('host=x user=ann password=s3cret', 'select 1') t(a integer)",
        "select * from dblink('host=x password=''s3cret''', 'select 1') t(a integer)",
        "select * from dblink($$host=x PASSWORD = s3cret$$, 'select 1') t(a integer)",
        "select * from dblink('postgresql://ann:s3cret@host/shop', 'select 1') t(a integer)",
    ],
)
def test_a_query_with_a_password_in_it_is_refused(query: str) -> None:
    with pytest.raises(ReadingError, match="A password stands in the query") as caught:
        check_statement(query)
    assert "s3cret" not in str(caught.value)


def open_session(url: str, kind: str) -> SQLiteSession | DuckDBSession | PostgreSQLSession:
    sessions = {"postgresql": PostgreSQLSession, "sqlite": SQLiteSession, "duckdb": DuckDBSession}
    return sessions[kind](address_of(url, password=PASSWORD), Deadline(60))


@pytest.mark.parametrize("query", WRITES)
def test_the_database_itself_refuses_to_write(url: str, kind: str, query: str) -> None:
    session = open_session(url, kind)
    try:
        with pytest.raises((psycopg.Error, sqlite3.Error, duckdb.Error, ReadingError)):
            list(session.ask(query).chunks)
    finally:
        session.close()
    assert len(read_query(url, "select * from visits", password=PASSWORD).raw) == 4


@pytest.mark.parametrize(
    "query",
    [
        "select wipe() as x", "select nextval('counter') as x", "select * from visits for update",
        "select set_config('transaction_read_only', 'off', true) as x",
    ],
)  # fmt: skip
def test_postgresql_functions_that_write_are_refused(server: Server, query: str) -> None:
    with refused() as caught:
        read_query(server.url(), query, password=PASSWORD)
    assert "would change the database" in str(caught.value)
    assert server.one("select count(*) from visits") == 4


CLIMB = "select set_config('role', '{}', true) as a, query_to_xml('{}', true, true, '')::text as b"
REACHING = [
    "select pg_read_file('/etc/hostname') as x", "select pg_ls_dir('.') as x", "select lo_import('/etc/hostname') as x",
    "select pg_terminate_backend(pid) as x from pg_stat_activity where usename = 'owner'",
    "select pg_reload_conf() as x", "select rolpassword as x from pg_authid",
    "select table_to_xml('pg_authid', true, true, '')::text as x",
    "select word as x from ts_stat('select to_tsvector(pg_read_file(''/etc/hostname''))')",
    CLIMB.format("none", "select pg_read_file(''/etc/hostname'')"), CLIMB.format("owner", "select pg_reload_conf()"),
    CLIMB.format("pg_read_server_files", "select 1"),
    "select set_config('session_authorization', 'owner', true) as a, query_to_xml('select 1', true, true, '')::text",
    "select pg_create_physical_replication_slot('kept') as x",
]  # fmt: skip


@pytest.mark.parametrize("query", REACHING)
def test_functions_that_reach_the_postgresql_server_are_refused(server: Server, query: str) -> None:
    with refused() as caught:
        read_query(server.url(), query, password=PASSWORD)
    said = str(caught.value)
    assert "reaches the server itself" in said or "may not read one of the tables" in said or "lacks" in said, said


USERS = {
    "owner": ("select 1", "is a superuser"),
    "heir": ("create role heir login; grant owner to heir", "may act as 'owner', a superuser,"),
    "shy": ("create role shy login noinherit; grant owner to shy", "may act as 'owner', a superuser,"),
    "copier": ("create role copier login replication", "is a user with the right to replicate"),
    "files": ("create role files login; grant pg_read_server_files to files", "may act as 'pg_read_server_files'"),
    "writes": ("create role writes login; grant pg_write_server_files to writes", "'pg_write_server_files'"),
    "starts": ("create role starts login; grant pg_execute_server_program to starts", "'pg_execute_server_program'"),
    "ends": ("create role ends login; grant pg_signal_backend to ends", "may act as 'pg_signal_backend'"),
    "trusted": ("create role trusted login; grant execute on function pg_read_file(text) to trusted", "pg_read_file"),
    "far": (
        "create role near noinherit; grant pg_read_server_files to near; create role far login; grant near to far",
        "may act as 'pg_read_server_files'",
    ),
}


@pytest.mark.parametrize("user", USERS)
def test_a_user_who_could_reach_the_postgresql_server_is_refused_with_the_way_out(server: Server, user: str) -> None:
    made, part = USERS[user]
    server.run(*made.split("; "), f"alter role {user} password '{PASSWORD}'")
    for ask in (lambda: read_query(server.url(user), "select 1 as a", password=PASSWORD), lambda: database_tables(
        server.url(user), password=PASSWORD
    )):  # fmt: skip
        with pytest.raises(ReadingError) as caught:
            ask()
        assert part in str(caught.value)
        assert f"User '{user}'" in str(caught.value)
        assert "create role reader login password '...'; grant pg_read_all_data to reader" in str(caught.value)


@pytest.mark.parametrize("setting", ["role", "session_authorization"])
def test_a_superuser_in_the_clothes_of_another_is_refused_too(server: Server, setting: str) -> None:
    url = f"{server.url('owner')}?options=-c%20{setting}%3Dreader"
    with pytest.raises(ReadingError, match=r"'owner' (is|may act as) .*superuser"):
        read_query(url, "select 1 as a", password=PASSWORD)


def test_no_file_of_the_server_is_written_or_read_by_a_query(server: Server) -> None:
    server.run("select lo_from_bytea(4242, 'x')")
    target = server.folder / "written"
    for user in ("owner", "reader"):
        query = CLIMB.format("none", f"select lo_export(4242, ''{target}'')")
        with pytest.raises(ReadingError):
            read_query(server.url(user), query, password=PASSWORD)
    assert not target.exists()


def test_a_user_who_may_read_everything_is_let_in(server: Server) -> None:
    server.run(f"create role everything login password '{PASSWORD}'", "grant pg_read_all_data to everything")
    assert len(read_query(server.url("everything"), "select * from visits", password=PASSWORD).raw) == 4


def test_a_closed_session_stops_its_clock(url: str, kind: str) -> None:
    deadline = Deadline(60)
    sessions = {"postgresql": PostgreSQLSession, "sqlite": SQLiteSession, "duckdb": DuckDBSession}
    session = sessions[kind](address_of(url, password=PASSWORD), deadline)
    assert deadline.running
    session.close()
    assert not deadline.running


def test_a_postgresql_transaction_is_rolled_back_after_reading_too(server: Server) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(psycopg.Connection, "commit", lambda self: pytest.fail("committed"))
        read_query(server.url(), "select * from visits", password=PASSWORD)
    assert server.one("select count(*) from pg_stat_activity where application_name = 'simile'") in (0, 1)
    assert (
        server.one("select count(*) from pg_locks l join pg_class c on c.oid = relation where relname = 'visits'") == 0
    )


@pytest.mark.parametrize(
    "query",
    [
        "copy visits to 'FOLDER/out.csv'", "attach 'FOLDER/other.duckdb' as other", "install httpfs", "load httpfs",
        "set threads = 1", "export database 'FOLDER/export'", "select * from read_csv('FOLDER/secret.csv')",
        "select * from read_text('FOLDER/secret.csv')", "select * from 'FOLDER/secret.csv'",
        "select * from glob('FOLDER/*')", "select * from secret_frame", "pragma database_list",
    ],
)  # fmt: skip
def test_duckdb_reaches_nothing_but_its_own_tables(files: dict[str, Path], tmp_path: Path, query: str) -> None:
    secret_frame = pd.DataFrame({"a": [1]})
    (tmp_path / "secret.csv").write_text("a,b\n1,2\n")
    address = address_of(f"duckdb:///{files['duckdb']}")
    session = DuckDBSession(address, Deadline(60))
    try:
        with pytest.raises((duckdb.Error, ReadingError)):
            list(session.ask(query.replace("FOLDER", str(tmp_path))).chunks)
    finally:
        session.close()
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "home") == ["secret.csv"]
    assert len(secret_frame) == 1


@pytest.mark.parametrize(
    "query",
    ["attach 'FOLDER/new.db' as n", "pragma journal_mode = wal", "vacuum into 'FOLDER/new.db'",
     "select load_extension('x')", "create temp table x as select 1", "begin immediate"],
)  # fmt: skip
def test_sqlite_does_nothing_but_read(files: dict[str, Path], tmp_path: Path, query: str) -> None:
    session = SQLiteSession(address_of(f"sqlite:///{files['sqlite']}"), Deadline(60))
    try:
        with pytest.raises(sqlite3.Error):
            list(session.ask(query.replace("FOLDER", str(tmp_path))).chunks)
    finally:
        session.close()
    assert not [path for path in tmp_path.iterdir() if path.name != "home"]


def test_reading_leaves_no_file_beside_a_database(tmp_path: Path) -> None:
    path = tmp_path / "ahead" / "log.db"
    path.parent.mkdir()
    with sqlite3.connect(path) as lite:
        lite.execute("pragma journal_mode = wal")
        lite.execute("create table t as select 1 as a")
    lite.close()
    before = path.read_bytes()
    assert len(read_query(f"sqlite:///{path}", "select * from t").raw) == 1
    assert [found.name for found in path.parent.iterdir()] == ["log.db"]
    assert path.read_bytes() == before


def test_rows_in_a_write_ahead_log_are_read(tmp_path: Path) -> None:
    lite = sqlite3.connect(tmp_path / "log.db")
    lite.execute("pragma journal_mode = wal")
    lite.execute("create table t as select 1 as a")
    lite.commit()
    assert len(read_query(f"sqlite:///{tmp_path / 'log.db'}", "select * from t").raw) == 1
    lite.close()


# -- bad input --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("", "query is empty"),
        ("  ;; -- nothing", "query is empty"),
        ("select 1 as a; select 2 as b", "2 statements"),
        ("select 1 as a; delete from visits", "DELETE"),
        ("selct 1", "must begin with SELECT"),
        ("select * form visits", "no SQL that the database understands"),
        ("select id from visits where (", "no SQL that the database understands"),
        ("select * from vists", "There is no table 'vists'"),
        ("select * from vists", "Did you mean 'visits'?"),
        ("select twn from visits", "There is no column 'twn'"),
        ("select id from visits a, visits b", "Column 'id' is in several tables"),
        ("select a.id, b.id from visits a, visits b", "2 columns called 'id' (columns 1, 2)"),
        ("select * from visits where id > 99", "gives no rows (4 columns"),
        ("select null as a from visits", "No cell of the 4 rows"),
        ("select no_such_function(id) as x from visits", "no such function|has no function"),
    ],
)
def test_a_query_that_cannot_be_read_is_said_in_one_sentence(url: str, query: str, part: str) -> None:
    with refused() as caught:
        read_query(url, query, password=PASSWORD)
    assert any(piece in str(caught.value) for piece in part.split("|")), str(caught.value)


def test_a_query_without_columns_says_so(server: Server) -> None:
    with refused() as caught:
        read_query(server.url(), "select from visits", password=PASSWORD)
    assert "gives no columns" in str(caught.value)


def test_values_in_a_drivers_error_are_not_repeated(url: str, kind: str) -> None:
    query = {"sqlite": "select json('Jane Miller') as x"}.get(kind, "select cast('Jane Miller' as integer) as x")
    with refused() as caught:
        read_query(url, query, password=PASSWORD)
    assert "Miller" not in str(caught.value)


def test_a_syntax_error_names_the_place_but_no_literal(server: Server) -> None:
    with refused() as caught:
        read_query(server.url(), "select *\nfrom visits whre id = 1", password=PASSWORD)
    assert "line 2, character" in str(caught.value)
    with refused() as caught:
        read_query(server.url(), "select * from visits where town 'Jane Miller'", password=PASSWORD)
    assert "Miller" not in str(caught.value)


def test_a_query_that_never_ends_is_cancelled_in_the_database(url: str, kind: str) -> None:
    with refused() as caught:
        read_query(url, ENDLESS[kind], password=PASSWORD, timeout_s=0.3)
    assert "did not finish within 0.3 s" in str(caught.value)


def test_nothing_goes_on_in_the_server_after_the_time_is_up(server: Server) -> None:
    with refused():
        read_query(server.url(), ENDLESS["postgresql"], password=PASSWORD, timeout_s=0.3)
    busy = "select count(*) from pg_stat_activity where application_name = 'simile' and state = 'active'"
    assert server.one(busy) == 0


def test_rows_that_drip_in_forever_are_cut_off_as_well(server: Server) -> None:
    query = "select i, pg_sleep(0.01)::text as pause from generate_series(1, 100000000) r(i)"
    with refused() as caught:
        read_query(server.url(), query, password=PASSWORD, timeout_s=0.5)
    assert "did not finish within" in str(caught.value)


def test_limits_must_be_more_than_nothing(files: dict[str, Path]) -> None:
    for limits in ({"limit_rows": 0}, {"timeout_s": 0}):
        with pytest.raises(ReadingError, match="limit must be"):
            read_query(f"sqlite:///{files['sqlite']}", "select 1 as a", **limits)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("user", "database", "password", "part"),
    [
        ("reader", "postgres", "wrong-" + PASSWORD, "the password is wrong"),
        ("nobody", "postgres", PASSWORD, "there is no such user"),
        ("reader", "nowhere", PASSWORD, "no database 'nowhere'"),
        ("reader", "postgres", None, "asks for a password"),
        ("guest", "postgres", "guest", "may not read one of the tables"),
    ],
)
def test_who_is_not_let_in_learns_why(
    server: Server, monkeypatch: pytest.MonkeyPatch, user: str, database: str, password: str | None, part: str
) -> None:
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    with refused() as caught:
        read_query(server.url(user, database), "select * from visits", password=password)
    assert part in str(caught.value)


def test_a_database_that_is_down_and_a_name_that_cannot_be_resolved() -> None:
    with refused() as caught:
        read_query(f"postgresql://owner@127.0.0.1:{free_port()}/shop", "select 1 as a", password=PASSWORD)
    assert "No database answers at 127.0.0.1" in str(caught.value)
    with refused() as caught:
        read_query("postgresql://owner@no-such-host.invalid/shop", "select 1 as a", password=PASSWORD)
    assert "'no-such-host.invalid' cannot be resolved" in str(caught.value)


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_database_file_that_is_not_there_is_not_made(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "nowhere.db"
    with pytest.raises(ReadingError, match="There is no database file"):
        read_query(f"{kind}:///{path}", "select 1 as a")
    assert not path.exists()


def test_a_file_of_another_kind_is_told_apart(files: dict[str, Path], tmp_path: Path) -> None:
    for name, head in (
        ("empty.db", b""),
        ("table.db", b"a,b\n1,2\n"),
        ("broken.db", b"SQLite format 3\x00" + b"x" * 90),
    ):
        (tmp_path / name).write_bytes(head)
        with refused() as caught:
            read_query(f"sqlite:///{tmp_path / name}", "select 1 as a from t")
        assert name in str(caught.value)
    with pytest.raises(ReadingError, match="is a SQLite database; ask it as one"):
        read_query(f"duckdb:///{files['sqlite']}", "select 1 as a")
    with pytest.raises(ReadingError, match="is a folder"):
        read_query(f"sqlite:///{tmp_path}", "select 1 as a")
    (tmp_path / "broken.duckdb").write_bytes(b"x" * 8 + b"DUCK" + b"y" * 9000)
    with refused():
        read_query(f"duckdb:///{tmp_path / 'broken.duckdb'}", "select 1 as a")


@pytest.mark.parametrize(
    ("url", "part"),
    [
        ("shop", "no database URL"),
        ("mysql://ann:s3cret@host/shop", "'mysql://' is no database that Simile asks"),
        ("postgresql+asyncpg://ann:s3cret@host/shop", "write 'postgresql://' instead"),
        ("postgresql://ann:s3cret@host:port/shop", "cannot be read"),
        ("postgresql://ann:s3cret/more@host/shop", "%2F"),
        ("postgresql://ann:s3c@s3cret/more@host/shop", "%40"),
        ("postgresql://ann:s3c?s3cret@host/shop", "%40"),
        ("postgresql://ann:s3cret@host:99999/shop", "port"),
        ("postgresql://host/shop?user=ann&password=s3cret&passfile=x", "'passfile'"),
        ("sqlite://shop.db", "three slashes"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///shop.db?mode=rwc", "without settings"),
        ("duckdb:///shop.db?access_mode=read_write", "without settings"),
    ],
)
def test_a_url_that_cannot_be_used_is_said_without_its_password(url: str, part: str) -> None:
    with pytest.raises(ReadingError) as caught:
        read_query(url, "select 1 as a")
    assert part in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(("module", "url"), [("psycopg", "postgresql://host/shop"), ("duckdb", "duckdb:///FILE")])
def test_a_missing_driver_says_the_line_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, files: dict[str, Path], module: str, url: str
) -> None:
    found = databases.find_spec
    monkeypatch.setattr(databases, "find_spec", lambda name: None if name == module else found(name))
    with pytest.raises(ReadingError, match=r"pip install 'simile\[databases\]'"):
        read_query(url.replace("FILE", str(files["duckdb"])), "select 1 as a")


# -- credentials ------------------------------------------------------------------------------------------------


@given(st.text(alphabet="@/:?#[]%& =\\ab1\u00e9", max_size=12), st.sampled_from(["postgresql", "postgres"]))
def test_no_password_however_written_is_in_a_safe_url_or_a_sentence(middle: str, scheme: str) -> None:
    url = f"{scheme}://ann:s3cret{middle}s3cret@db.example.org:5432/shop"
    assert "s3cret" not in safe_url(url)
    try:
        address = address_of(url)
        said = repr(address) + address.place + address.name + without_password(url)[0]
    except ReadingError as error:
        said = str(error)
    assert "s3cret" not in said


@pytest.mark.parametrize(
    ("url", "safe"),
    [
        ("postgres://ann:s3cret@host/shop", "postgresql://host/shop"),
        ("postgresql+psycopg2://ann@host:6000/shop?sslmode=require", "postgresql://host:6000/shop?sslmode=require"),
        ("postgresql://host/shop?user=ann&password=s3cret", "postgresql://host/shop"),
        ("postgresql://ann:s3cret@/shop?host=/run/postgresql", "postgresql:///shop?host=%2Frun%2Fpostgresql"),
        ("sqlite:////data/shop.db", "sqlite:////data/shop.db"),
        ("duckdb:////data/shop.duckdb", "duckdb:////data/shop.duckdb"),
        ("mysql://ann:s3cret@host/shop", "mysql://..."),
    ],
)
def test_a_safe_url_keeps_the_place_and_nothing_else(url: str, safe: str) -> None:
    assert safe_url(url) == safe
    assert "..." in safe or safe_url(safe) == safe


def test_file_names_with_odd_letters_come_back_from_their_url() -> None:
    for path in ("/data/my shop #1?.db", "/data/50%.db", "/data/Münster.db"):
        assert str(address_of(file_url("sqlite", path)).path) == path


def test_a_password_in_the_url_opens_the_database(server: Server) -> None:
    address = without_password(server.url())[0].replace("reader@", "reader:p%40ss%2Fword%3A 1%25@")
    assert len(read_query(address, "select * from visits").raw) == 4


def test_a_project_keeps_the_question_but_no_credentials(server: Server) -> None:
    url = server.url("guest").replace("guest@", "guest:guest@")
    query = "select town from towns"
    reading = read_query(url, query)
    question = Question.of(url, query, limit_rows=2, timeout_s=30)
    project = projects.create("Towns", reading, filename="postgres", question=question)
    assert projects.open_project(project.id).question == question
    kept = b"".join(path.read_bytes() for path in projects.home().rglob("*") if path.is_file())
    assert b"guest" not in kept
    assert query.encode() in kept
    with pytest.raises(ProjectError, match="came from a database"):
        project.read_again(ReadOptions())
    wider = question.model_copy(update={"query": "select town as place from towns", "limit_rows": 50})
    assert project.ask_again(wider, user="guest", password="guest").names == ["place"]
    assert projects.duplicate(project.id).question == wider
    kept = b"".join(path.read_bytes() for path in projects.home().rglob("*") if path.is_file())
    assert b"guest" not in kept


def test_a_question_that_fails_leaves_the_project_as_it_was(files: dict[str, Path]) -> None:
    url = f"sqlite:///{files['sqlite']}"
    question = Question.of(url, "select * from visits")
    project = projects.create("Visits", read_query(url, question.query), question=question)
    with pytest.raises(ReadingError):
        project.ask_again(question.model_copy(update={"query": "select * from nowhere"}))
    assert project.question == question
    assert len(project.table) == 4


def test_nothing_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    read_query(server.url(), "select * from visits where town = 'Ghent'", password=PASSWORD)
    with refused():
        read_query(server.url(), "select * from nowhere where town = 'Ghent'", password=PASSWORD)
    with refused():
        read_query(server.url(), "select 1 as a", password="wrong")
    assert "Ghent" not in caplog.text
    assert PASSWORD not in caplog.text


# -- the command line -------------------------------------------------------------------------------------------


def simile(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    """Run the command in this process; return exit code, stdout and stderr."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["simile", *map(str, words)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_the_command_line_reads_from_a_url(
    capsys: pytest.CaptureFixture[str], url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SIMILE_DATABASE_PASSWORD", PASSWORD)
    code, text, err = simile(capsys, "profile", url, "--query", "select * from visits", "--query-rows", 3)
    assert code == 0, err
    assert "visits: 3 rows x 4 columns" in text
    assert "more than 3 rows" in text
    code, _, err = simile(
        capsys, "generate", url, "--query", "select * from visits", "--out", tmp_path / "out.csv", "--rows", 20,
        "--method", "independent", "--holdout", 0,
    )  # fmt: skip
    assert code == 0, err
    assert len(pd.read_csv(tmp_path / "out.csv")) == 20


def test_a_url_without_a_query_names_the_tables(
    capsys: pytest.CaptureFixture[str], url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMILE_DATABASE_PASSWORD", PASSWORD)
    code, _, err = simile(capsys, "constraints", url)
    assert code == 2
    assert "--query" in err
    assert "visits" in err


def test_bad_input_on_the_command_line_gets_one_sentence(
    capsys: pytest.CaptureFixture[str], server: Server, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIMILE_DATABASE_PASSWORD", "from the environment")
    for words, part in (
        ((server.url().replace("@", ":s3cret@"), "--query", "select 1 as a"), "the password is wrong"),
        (("visits.csv", "--query", "select 1 as a"), "--query goes with a database URL"),
        ((f"sqlite:///{files['sqlite']}", "--query", "drop table visits"), "(DROP)"),
        (("mysql://ann:s3cret@host/shop", "--query", "select 1 as a"), "mysql"),
    ):
        code, _, err = simile(capsys, "profile", *words)
        assert code == 2
        assert part in err
        assert "s3cret" not in err
        assert err.count("\n") == 1
