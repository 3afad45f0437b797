"""Databases to tables: a query that reads, on PostgreSQL, SQLite or DuckDB; nothing is changed, nothing is told on.

PostgreSQL answers in one READ ONLY transaction that is always rolled back; SQLite and DuckDB files are opened for
reading only, with every other file, extension and setting out of reach. User and password are used to connect and are
never in a sentence, a note, a log or a project.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from synth_core.databases.addresses import (
    EXAMPLES,
    TITLES,
    Address,
    DatabaseKind,
    address_of,
    file_url,
    is_database_url,
    safe_url,
    server_url,
    without_password,
)  # fmt: skip
from synth_core.databases.answers import DatabaseTable, collect
from synth_core.databases.deadline import Deadline
from synth_core.databases.failures import said
from synth_core.databases.statements import asked_table, check_statement
from synth_core.errors import ReadingError, SimileError
from synth_core.inference import table_from_frame
from synth_core.progress import Progress, silent
from synth_core.reading import Reading, ReadOptions
from synth_core.table import Table

__all__ = [
    "EXAMPLES",
    "LIMIT_ROWS",
    "LIMIT_SECONDS",
    "TITLES",
    "DatabaseKind",
    "DatabaseTable",
    "Question",
    "database_tables",
    "file_url",
    "is_database_url",
    "read_query",
    "safe_url",
    "server_url",
    "without_password",
]

LIMIT_ROWS = 1_000_000
LIMIT_SECONDS = 60.0
T = TypeVar("T")


class Question(BaseModel):
    """What a project keeps of a table that came from a database: enough to ask again, without user and password."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    url: str
    query: str
    limit_rows: int = Field(LIMIT_ROWS, ge=1)
    timeout_s: float = Field(LIMIT_SECONDS, gt=0)

    @classmethod
    def of(cls, url: str, query: str, *, limit_rows: int = LIMIT_ROWS, timeout_s: float = LIMIT_SECONDS) -> Question:
        """Return the question with the URL made safe."""
        return cls(url=safe_url(url), query=query, limit_rows=limit_rows, timeout_s=timeout_s)


def read_query(
    url: str,
    query: str,
    *,
    user: str | None = None,
    password: str | None = None,
    name: str | None = None,
    limit_rows: int = LIMIT_ROWS,
    timeout_s: float = LIMIT_SECONDS,
    progress: Progress | None = None,
) -> Reading:
    """Return the table that a query gives, read as a file would be.

    Parameters
    ----------
    url
        ``postgresql://user@host:5432/database``, ``sqlite:////folder/file.db`` or ``duckdb:////folder/file.duckdb``.
    query
        One statement that reads.
    user, password
        Go before those in the URL.
    name
        Name of the table; None: the first table that the query names, else the database's name.
    limit_rows
        Rows over the limit are not fetched, and a note says so.
    timeout_s
        Seconds for connecting, running and fetching together; then the query is cancelled in the database.

    Raises
    ------
    ReadingError
        One sentence; never the driver's own words.
    """
    if limit_rows < 1:
        raise ReadingError("The row limit must be at least 1.")
    if timeout_s <= 0:
        raise ReadingError("The time limit must be more than 0 seconds.")
    statement = check_statement(query)
    address = address_of(url, user=user, password=password)
    raw, notes = _with_session(
        address, statement, timeout_s, lambda session: collect(session.ask(statement), limit_rows, progress or silent)
    )
    label = name or asked_table(statement) or address.name
    try:
        table = table_from_frame(raw, label, text=False)
    except MemoryError:
        raise ReadingError("The answer needs more memory than there is; ask for fewer rows or columns.") from None
    if all(table.frame[column].isna().all() for column in table.names):
        raise ReadingError(f"No cell of the {len(raw):,} rows of the query is filled; there is nothing to learn.")
    if len(raw) == 1:
        notes.append("The table has one row; at least a few dozen are needed to learn from.")
    source = {"file": address.name, "format": address.kind}
    return Reading(Table(table.frame, table.columns, label, source), raw, ReadOptions(), [], notes)


def database_tables(
    url: str, *, user: str | None = None, password: str | None = None, timeout_s: float = 20
) -> list[DatabaseTable]:
    """Return the tables and views that can be read, by name.

    Raises
    ------
    ReadingError
        One sentence; never the driver's own words.
    """
    address = address_of(url, user=user, password=password)
    return _with_session(address, "", timeout_s, lambda session: list(session.tables()))


def _with_session(address: Address, statement: str, timeout_s: float, work: Callable[[Any], T]) -> T:
    """Return what ``work`` makes of an open session; every failure of a driver becomes one sentence.

    The sentence is raised outside the handler, so that it does not carry the driver's error along.
    """
    deadline = Deadline(timeout_s)
    session: Any = None
    failure: SimileError | None = None
    try:
        session = _open(address, deadline)
        return work(session)
    except SimileError:
        raise
    except Exception as error:
        failure = said(error, address, statement, deadline, lambda: _names(session))
    finally:
        deadline.rest()
        if session is not None:
            session.close()
            session = None  # the error's traceback shall not keep a connection alive
    raise failure


def _names(session: Any) -> list[str]:
    if session is None:
        return []
    if hasattr(session, "retry"):
        session.retry()
    return [table.name for table in session.tables()]


def _open(address: Address, deadline: Deadline) -> Any:
    """Return a session that can only read, of the address's kind of database."""
    if address.kind == "postgresql":
        _need("psycopg", address.kind)
        from synth_core.databases.postgresql_servers import PostgreSQLSession

        return PostgreSQLSession(address, deadline)
    _check_file(address)
    if address.kind == "sqlite":
        from synth_core.databases.sqlite_files import SQLiteSession

        return SQLiteSession(address, deadline)
    _need("duckdb", address.kind)
    from synth_core.databases.duckdb_files import DuckDBSession

    return DuckDBSession(address, deadline)


def _need(module: str, kind: DatabaseKind) -> None:
    if find_spec(module) is None:
        raise ReadingError(
            f"Reading from {TITLES[kind]} needs a driver that is not installed; install it with: "
            "pip install 'simile[databases]'"
        )


def _check_file(address: Address) -> None:
    """Raise :class:`ReadingError` unless the file is there and is a database of this kind; none is ever made."""
    title, path = TITLES[address.kind], address.path
    try:
        if path.is_dir():
            raise ReadingError(f"'{path.name}' is a folder; name the {title} file inside it.")
        with path.open("rb") as file:
            head = file.read(32)
    except FileNotFoundError:
        raise ReadingError(f"There is no database file '{path}'; check its name and folder.") from None
    except OSError as error:
        raise ReadingError(f"'{path.name}' cannot be read: {error.strerror or 'the system refused'}.") from None
    if not head:
        raise ReadingError(f"'{path.name}' is an empty file; there is no table in it.")
    found = "SQLite" if head.startswith(b"SQLite format 3") else "DuckDB" if head[8:12] == b"DUCK" else ""
    if found and found != title:
        raise ReadingError(f"'{path.name}' is a {found} database; ask it as one ({found.lower()}:///).")
    if not found:
        raise ReadingError(f"'{path.name}' is no {title} database (or an encrypted one); choose another file.")
