"""What errors of database drivers become: one sentence of ours each, without SQL, values, users' words or passwords."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from synth_core.databases.addresses import Address
from synth_core.databases.deadline import Deadline
from synth_core.databases.failures import CHANGES, DECLARED, said
from synth_core.errors import ReadingError

SERVER = Address("postgresql", host="db.example.org", port=5433, database="shop", user="ann", password="s3cret")
FILE, DUCK = Address("sqlite", path=Path("/data/shop.db")), Address("duckdb", path=Path("/data/shop.duckdb"))
SECRET = "the value 4711 of somebody"
QUERY = "select town\nfrom visits wher id = 1"


def sentence(error: BaseException, address: Address, query: str = QUERY, tables: Any = lambda: ["visits"]) -> str:
    found = said(error, address, query, Deadline(60), tables)
    assert isinstance(found, ReadingError)
    assert SECRET not in str(found)
    assert "s3cret" not in str(found)
    return str(found)


@pytest.mark.parametrize("address", [SERVER, FILE, DUCK], ids=lambda address: address.kind)
def test_what_every_kind_of_database_may_meet(address: Address) -> None:
    late = Deadline(2.5)
    late.passed = True
    assert "did not finish within 2.5 s" in str(said(ValueError(SECRET), address, QUERY, late, list))
    assert "not in the encoding" in sentence(UnicodeDecodeError("utf-8", b"\xff", 0, 1, SECRET), address)
    assert "more memory than there is" in sentence(MemoryError(SECRET), address)
    assert "could not answer this query (ValueError)" in sentence(ValueError(SECRET), address)


# PostgreSQL


def postgresql(state: str | None, primary: str = SECRET, **diagnosis: Any) -> BaseException:
    psycopg = pytest.importorskip("psycopg")
    facts = {"message_primary": primary, "message_hint": None, "statement_position": None} | diagnosis

    class Failed(psycopg.Error):  # type: ignore[misc, name-defined]
        sqlstate = state
        diag = SimpleNamespace(**facts)

    return Failed(primary)


def at(position: int) -> str:
    """The place in a query as the server counts it: from the words by which the cursor was declared."""
    return str(len(DECLARED) + position)


@pytest.mark.parametrize(
    ("state", "primary", "diagnosis", "part"),
    [
        ("42P01", 'relation "visit" does not exist', {}, "There is no table 'visit' that may be read here. Did"),
        ("42P01", 'missing FROM-clause entry for table "v"', {}, "There is no table 'v'"),
        ("42703", 'column "twn" does not exist', {"message_hint": 'Perhaps you meant the column "v.town".'},
         "There is no column 'twn' in what the query reads. Did you mean 'town'?"),
        ("42703", 'column "x" does not exist', {}, "There is no column 'x' in what the query"),
        ("42601", SECRET, {"statement_position": at(25)}, "understands near 'wher' (line 2, character 13)."),
        ("42601", SECRET, {"statement_position": at(1)}, "understands near 'select' (line 1, character 1)."),
        ("42601", SECRET, {"statement_position": at(30)}, "understands near 'id' (line 2, character 18)."),
        ("42601", SECRET, {"statement_position": at(len(QUERY) + 1)}, "understands (it ends too early)."),
        ("42601", SECRET, {}, "understands (it ends too early)."),
        ("25006", SECRET, {}, CHANGES),
        ("0A000", "DECLARE CURSOR must not contain data-modifying statements", {}, CHANGES),
        ("0A000", SECRET, {}, "asks for something that the server lacks"),
        ("42501", "permission denied for sequence counter", {}, CHANGES),
        ("42501", "permission denied for table visits", {}, "may not read one of the tables"),
        ("42501", "permission denied for function pg_read_file", {}, "reaches the server itself"),
        ("3F000", 'schema "shp" does not exist', {}, "There is no schema 'shp'"),
        ("42702", 'column reference "id" is ambiguous', {}, "Column 'id' is in several tables"),
        ("42803", SECRET, {"statement_position": at(8)}, "nor in GROUP BY near 'town' (line 1, character 8)."),
        ("42883", SECRET, {}, "no such function or comparison"),
        ("22012", SECRET, {}, "divides by zero"),
        ("22P02", SECRET, {"statement_position": at(35)}, "does not fit what the query does with it"),
        ("55P03", SECRET, {}, "locked by somebody else"),
        ("57014", SECRET, {}, "cancelled the query"),
        ("57P02", SECRET, {}, "The connection to db.example.org:5433 was lost while it answered"),
        ("08006", SECRET, {}, "The connection to db.example.org:5433 was lost while it answered"),
        ("XX000", SECRET, {}, "PostgreSQL could not answer this query (code XX000)"),
    ],
)  # fmt: skip
def test_codes_of_postgresql(state: str, primary: str, diagnosis: dict[str, Any], part: str) -> None:
    assert part in sentence(postgresql(state, primary, **diagnosis), SERVER)


def test_a_word_inside_a_literal_is_not_repeated() -> None:
    query = f"select '{SECRET}' from visits"
    error = postgresql("22P02", SECRET, statement_position=at(query.index("somebody") + 1))
    assert "near" not in sentence(error, SERVER, query)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        ('could not translate host name "db"', "The host name 'db.example.org' cannot be resolved"),
        ("connection refused", "No database answers at db.example.org:5433"),
        ("connection timeout expired", "db.example.org:5433 does not answer"),
        ('password authentication failed for user "ann"', "refused user 'ann': the password is wrong"),
        ("fe_sendauth: no password supplied", "asks for a password"),
        ('role "ann" does not exist', "There is no user 'ann'"),
        ('database "shop" does not exist', "There is no database 'shop'"),
        ("no pg_hba.conf entry for host", "does not let this user in"),
        ("server does not support SSL", "No secure (SSL) connection"),
        ("sorry, too many clients already", "takes no connection now"),
        ("server closed the connection unexpectedly", "was lost; is it a PostgreSQL server?"),
        (SECRET, "let nobody in"),
    ],
)
def test_why_no_connection_came_about(words: str, part: str) -> None:
    assert part in sentence(postgresql(None, words), SERVER)


def test_an_unknown_table_of_a_database_that_shows_none() -> None:
    def broken() -> list[str]:
        raise OSError(SECRET)

    for tables in (list, broken):
        assert "the database shows none at all" in sentence(postgresql("42P01", 'relation "x" '), SERVER, tables=tables)


# SQLite


def sqlite(text: str, code: str = "SQLITE_ERROR") -> BaseException:
    error = sqlite3.OperationalError(text)
    error.sqlite_errorname = code
    return error


@pytest.mark.parametrize(
    ("text", "code", "part"),
    [
        ("You can only execute one statement at a time.", "", "several statements"),
        (SECRET, "SQLITE_READONLY_ROLLBACK", "'shop.db' was left in the middle of a write"),
        (SECRET, "SQLITE_READONLY", CHANGES),
        ("not authorized", "SQLITE_AUTH", CHANGES),
        ("access to x is prohibited", "SQLITE_ERROR", CHANGES),
        (SECRET, "SQLITE_NOTADB", "'shop.db' is no SQLite database"),
        (SECRET, "SQLITE_CORRUPT_INDEX", "is damaged"),
        (SECRET, "SQLITE_BUSY", "being written to by another program"),
        (SECRET, "SQLITE_LOCKED_SHAREDCACHE", "being written to by another program"),
        (SECRET, "SQLITE_CANTOPEN", "cannot be opened for reading"),
        (SECRET, "SQLITE_IOERR_READ", "cannot be opened for reading"),
        (SECRET, "SQLITE_TOOBIG", "larger than fits"),
        ("no such table: main.visit", "SQLITE_ERROR", "There is no table 'visit' that may be read here. Did"),
        ("no such column: twn", "SQLITE_ERROR", "There is no column 'twn'"),
        ("ambiguous column name: id", "SQLITE_ERROR", "Column 'id' is in several tables"),
        ("no such function: foo", "SQLITE_ERROR", "SQLite has no function 'foo'"),
        ("no such module: fts9", "SQLITE_ERROR", "A virtual table of kind 'fts9'"),
        ('near "wher": syntax error', "SQLITE_ERROR", "understands near 'wher'."),
        ("incomplete input", "SQLITE_ERROR", "understands (it ends too early)."),
        (f'unrecognized token: "{SECRET}"', "SQLITE_ERROR", "understands."),
        (SECRET, "SQLITE_FULL", "SQLite could not answer this query (SQLITE_FULL)"),
    ],
)
def test_errors_of_sqlite(text: str, code: str, part: str) -> None:
    assert part in sentence(sqlite(text, code), FILE)


# DuckDB


@pytest.mark.parametrize(
    ("kind", "text", "part"),
    [
        ("IOException", "Could not set lock on file", "'shop.duckdb' is being written to by another program"),
        ("IOException", "not a valid DuckDB database file", "is no DuckDB database"),
        ("IOException", SECRET, "cannot be read as a DuckDB database"),
        ("SerializationException", SECRET, "written by a version of DuckDB"),
        ("PermissionException", SECRET, CHANGES),
        ("InvalidInputException", "database is attached in read-only mode", CHANGES),
        ("CatalogException", "Table with name visit does not exist!", "There is no table 'visit'"),
        ("CatalogException", 'Scalar Function with name "foo" does not exist', "DuckDB has no function 'foo' here"),
        ("BinderException", 'Ambiguous reference to column name "id"', "Column 'id' is in several tables"),
        ("BinderException", 'Referenced column "twn" not found in FROM clause!\nCandidate bindings: "visits.town"',
         "There is no column 'twn' in what the query reads. Did you mean 'town'?"),
        ("BinderException", 'Table "v" does not have a column named "x"', "There is no column 'x' in what the query"),
        ("BinderException", SECRET, "do not fit together"),
        ("ParserException", 'syntax error at or near "wher"', "understands near 'wher'."),
        ("ParserException", SECRET, "understands."),
        ("ConversionException", SECRET, "does not fit what the query does with it"),
        ("OutOfMemoryException", SECRET, "more memory than there is"),
        ("ConnectionException", SECRET, "open elsewhere in this program"),
        ("InternalException", SECRET, "DuckDB could not answer this query (InternalException)"),
    ],
)  # fmt: skip
def test_errors_of_duckdb(kind: str, text: str, part: str) -> None:
    assert part in sentence(type(kind, (Exception,), {})(text), DUCK)
