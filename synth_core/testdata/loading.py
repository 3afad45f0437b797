"""Test data straight into a database, SQLite or PostgreSQL: one transaction per table, and no password anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

import pyarrow as pa
import pyarrow.compute as pc

from synth_core.databases.addresses import EXAMPLES, TITLES, Address, address_of
from synth_core.errors import Cancelled, InputError, SimileError
from synth_core.table import did_you_mean

if TYPE_CHECKING:
    from sqlalchemy import Connection, Engine
    from sqlalchemy import Table as SqlTable

IfExists = Literal["fail", "append", "replace"]
CHUNK = 10_000  # rows that go to the database at a time
CONNECT_SECONDS = 10


class DatabaseError(InputError):
    """A database cannot be written to."""


def writing_address(url: str, *, user: str | None = None, password: str | None = None) -> Address:
    """Return what a URL names; :class:`DatabaseError` for a kind of database that is only read.

    SQLite files are made where they are missing.
    """
    address = address_of(url, user=user, password=password)
    if address.kind not in ("sqlite", "postgresql"):
        raise DatabaseError(
            f"Test data are written to SQLite and PostgreSQL, not to {TITLES[address.kind]}; take a Parquet "
            "file, which it reads as it is."
        )
    if address.kind == "sqlite" and not address.path.parent.is_dir():
        raise DatabaseError(
            f"There is no folder for '{address.path.name}'; write a path like {EXAMPLES['sqlite']} to one that exists."
        )
    return address


class Loader:
    """Writes tables into one database; use it as a context so that connections are closed."""

    def __init__(self, address: Address, if_exists: IfExists = "fail") -> None:
        self.address, self.if_exists = address, if_exists
        self.engine: Engine = _engine(address)

    def __enter__(self) -> Loader:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    def check(self, names: list[str]) -> None:
        """Connect, and raise :class:`DatabaseError` where a table is in the way."""
        from sqlalchemy import inspect

        with _said(self.address, ""), self.engine.connect() as connection:
            known = set(inspect(connection).get_table_names())
        taken = [name for name in names if name in known]
        if taken and self.if_exists == "fail":
            raise DatabaseError(
                f"There is a table '{taken[0]}' in {self.address.place} already. Choose to append or to replace, or "
                "give the new table another name."
            )

    def load(self, name: str, schema: pa.Schema, parts: Iterator[pa.Table]) -> int:
        """Write one table and return its rows; after an error or a cancel nothing of it is left.

        Raises
        ------
        DatabaseError
            One sentence; never the driver's own words.
        """
        with _said(self.address, name), self.engine.begin() as connection:
            table = self._table(connection, name, schema)
            return sum(self._insert(connection, table, part) for part in parts)

    def _table(self, connection: Connection, name: str, schema: pa.Schema) -> SqlTable:
        from sqlalchemy import Column, MetaData, Table, inspect

        known = inspect(connection)
        exists = known.has_table(name)
        if exists and self.if_exists == "fail":
            raise DatabaseError(
                f"There is a table '{name}' in {self.address.place} already. Choose to append or to replace, or give "
                "the new table another name."
            )
        table = Table(name, MetaData(), *(Column(field.name, _type(field.type)) for field in schema))
        if exists and self.if_exists == "append":
            columns = [str(column["name"]) for column in known.get_columns(name)]
            if missing := [field.name for field in schema if field.name not in columns]:
                raise DatabaseError(
                    f"The table '{name}' has no column '{missing[0]}', so rows cannot be added to it."
                    f"{did_you_mean(missing[0], columns)} Replace it, or give the new table another name."
                )
            return table
        if exists:
            table.drop(connection)
        table.create(connection)
        return table

    def _insert(self, connection: Connection, table: SqlTable, part: pa.Table) -> int:
        if self.address.kind == "postgresql":
            return _copied(connection, table, part)
        marks = ", ".join("?" * len(part.column_names))
        names = ", ".join(_quoted(name) for name in part.column_names)
        statement = f"INSERT INTO {_quoted(table.name)} ({names}) VALUES ({marks})"
        for rows in _rows(_plain_for_sqlite(part)):
            connection.exec_driver_sql(statement, rows)
        return len(part)


def _engine(address: Address) -> Engine:
    from importlib.util import find_spec

    from sqlalchemy import create_engine, event
    from sqlalchemy.engine import URL

    if address.kind == "sqlite":
        engine = create_engine(URL.create("sqlite", database=str(address.path)), hide_parameters=True)

        # the driver would commit before CREATE and DROP; one transaction is wanted
        @event.listens_for(engine, "connect")
        def by_hand(connection: Any, _: Any) -> None:
            connection.isolation_level = None

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine
    if find_spec("psycopg") is None:
        raise DatabaseError(
            "Writing to PostgreSQL needs a driver that is not installed; install it with: "
            "pip install 'simile[databases]'"
        )
    url = URL.create(
        "postgresql+psycopg", username=address.user, password=address.password, host=address.host or "localhost",
        port=address.port or 5432, database=address.database or None, query=dict(address.arguments),
    )  # fmt: skip
    asked = {"connect_timeout": CONNECT_SECONDS, "application_name": "simile"}
    return create_engine(url, connect_args=asked, hide_parameters=True, poolclass=None)


def _type(kind: pa.DataType) -> Any:
    from sqlalchemy import BigInteger, Boolean, Date, DateTime, Double, Text

    if pa.types.is_integer(kind):
        return BigInteger()
    if pa.types.is_floating(kind):
        return Double()
    if pa.types.is_boolean(kind):
        return Boolean()
    if pa.types.is_date(kind):
        return Date()
    return DateTime() if pa.types.is_timestamp(kind) else Text()


def _rows(part: pa.Table) -> Iterator[list[tuple[Any, ...]]]:
    for first in range(0, len(part), CHUNK):
        few = part.slice(first, CHUNK)
        yield list(zip(*(column.to_pylist() for column in few.columns), strict=True))


def _plain_for_sqlite(part: pa.Table) -> pa.Table:
    """Return dates as the text in which SQLAlchemy keeps them in SQLite, and yes / no as 1 and 0."""
    for place, field in enumerate(part.schema):
        column = part.column(place)
        if pa.types.is_timestamp(field.type):
            column = pc.strftime(column.cast(pa.timestamp("us")), format="%Y-%m-%d %H:%M:%S", locale="C")
        elif pa.types.is_date(field.type):
            column = column.cast(pa.string())
        elif pa.types.is_boolean(field.type):
            column = column.cast(pa.int8())
        part = part.set_column(place, field.name, column)
    return part


def _copied(connection: Connection, table: SqlTable, part: pa.Table) -> int:
    """Send rows by COPY, on the connection of the transaction; text cannot hold the sign NUL there."""
    for place, field in enumerate(part.schema):
        if pa.types.is_string(field.type):
            part = part.set_column(place, field.name, pc.replace_substring(part.column(place), "\x00", ""))
    names = ", ".join(_quoted(name) for name in part.column_names)
    driver = connection.connection.driver_connection
    assert driver is not None
    with driver.cursor() as cursor, cursor.copy(f"COPY {_quoted(table.name)} ({names}) FROM STDIN") as copy:
        for rows in _rows(part):
            for row in rows:
                copy.write_row(row)
    return len(part)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


class _said:
    """Turns a driver's error into one sentence of our own: its words carry SQL, values and passwords."""

    def __init__(self, address: Address, table: str) -> None:
        self.address, self.table = address, table

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> Literal[False]:
        if error is None or isinstance(error, SimileError | Cancelled | KeyboardInterrupt | MemoryError):
            return False
        if type(error).__module__.partition(".")[0] not in ("sqlalchemy", "psycopg", "sqlite3"):
            return False
        raise DatabaseError(_sentence(error, self.address, self.table)) from None


def _sentence(error: BaseException, address: Address, table: str) -> str:
    from synth_core.databases.failures import _unreached

    inner = getattr(error, "orig", None) or error
    state, words = getattr(inner, "sqlstate", None) or "", ""
    with suppress(Exception):
        words = str(inner).lower()
    if address.kind == "postgresql":
        if not state:
            return _unreached(words, address)
        known = {
            "42501": f"User '{address.user or ''}' may not write here; ask for the right to create tables.",
            "53100": f"The disk of {address.place} is full; nothing of '{table}' was kept.",
            "23505": f"The table '{table}' refuses a key that it has already; replace it, or take another seed.",
            "42701": f"The table '{table}' would have a column twice.",
            "2BP01": f"The table '{table}' cannot be replaced: others refer to it.",
        }
        group = {
            "23": f"The table '{table}' has rules of its own that a row breaks; nothing was added to it.",
            "22": f"A value does not fit its column in '{table}'; nothing was added to it.",
            "42": f"The columns of '{table}' have other types there; replace it, or give the new table another name.",
            "57": f"The connection to {address.place} was ended there; nothing of '{table}' was kept.",
            "08": f"The connection to {address.place} was lost; nothing of '{table}' was kept.",
        }
        other = f"{address.place} could not take '{table}' (code {state}); nothing of it was kept."
        return known.get(state) or group.get(state[:2], other)
    if "locked" in words:
        return f"{address.place} is being written to by another program; try again in a while."
    if "not a database" in words:
        return f"{address.place} is no SQLite database (or an encrypted one); choose another file."
    if "readonly" in words or "unable to open" in words:
        return f"{address.place} cannot be written to; check the rights of the file and its folder."
    if "constraint" in words or "datatype mismatch" in words:
        return f"The table '{table}' has rules of its own that a row breaks; nothing was added to it."
    if "full" in words:
        return f"The disk is full; nothing of '{table}' was kept."
    return f"{address.place} could not take '{table}' ({type(inner).__name__}); nothing of it was kept."
