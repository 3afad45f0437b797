"""SQLite: a file opened for reading only, with everything but reading refused by SQLite itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from synth_core.databases.addresses import Address
from synth_core.databases.answers import Answer, DatabaseTable, Pace, word, words
from synth_core.databases.deadline import Deadline
from synth_core.databases.statements import quoted

if TYPE_CHECKING:
    import pyarrow as pa

_ALLOWED = frozenset([sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_RECURSIVE])
_CHANGES = frozenset([sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_INSERT, sqlite3.SQLITE_DELETE])
_SCHEMA_COLUMNS = frozenset(["type", "name", "tbl_name", "rootpage", "sql"])
_COUNTED_BYTES = 200_000_000
_LONGEST_CELL = 100_000_000


class SQLiteSession:
    """A connection that can read and do nothing else."""

    def __init__(self, address: Address, deadline: Deadline) -> None:
        self._deadline = deadline
        self._size = address.path.stat().st_size
        place = f"file:{quote(str(address.path))}?mode=ro" + ("&immutable=1" if _at_rest(address.path) else "")
        self._connection = sqlite3.connect(place, uri=True, isolation_level=None, check_same_thread=False, timeout=5)
        deadline.watch(self._connection.interrupt)
        self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST_CELL)
        # the default raises on words that are not UTF-8, in a sentence that repeats them
        self._connection.text_factory = lambda cell: cell.decode("utf-8", "replace")
        self._connection.execute("pragma query_only = on")
        self._connection.execute("pragma trusted_schema = off")
        self._connection.execute("select count(*) from sqlite_schema").fetchall()
        self._connection.set_authorizer(_Authorizer(self._connection))

    def ask(self, query: str) -> Answer:
        """Return the answer to a query that reads."""
        cursor = self._connection.execute(query)
        names = [str(column[0]) for column in cursor.description or ()]
        return Answer(names, _chunks(cursor, len(names)))

    def tables(self) -> list[DatabaseTable]:
        """Return the tables and views, by name; rows are counted in files that are not large."""
        found = self._connection.execute(
            "select name, type from sqlite_schema where type in ('table', 'view') and name not like 'sqlite!_%' "
            "escape '!' order by name"
        ).fetchall()
        return [self._table(str(name), str(kind)) for name, kind in found]

    def _table(self, name: str, kind: str) -> DatabaseTable:
        query = f"select * from {quoted(name)}"
        rows = None
        try:
            columns = len(self._connection.execute(f"{query} limit 0").description or ())
            if kind == "table" and self._size < _COUNTED_BYTES:
                rows = int(self._connection.execute(f"select count(*) from {quoted(name)}").fetchone()[0])
        except sqlite3.OperationalError:  # a view over a table that is gone
            columns = 0
        return DatabaseTable(name, columns, rows, query)

    def close(self) -> None:
        """Let the file go."""
        self._deadline.rest()
        self._connection.close()


def _at_rest(path: Path) -> bool:
    """Return whether nobody has a write-ahead log open; SQLite would leave an empty one beside the file."""
    with path.open("rb") as file:
        ahead = file.read(20)[18:20] == b"\x02\x02"
    log = path.with_name(path.name + "-wal")
    return ahead and (not log.exists() or log.stat().st_size == 0)


class _Authorizer:
    """What SQLite asks before it does anything: reading is allowed, and what reading a virtual table takes.

    A virtual table (full text, R-tree, json_each) is declared to SQLite when it is first read, which asks to update the
    schema in memory, and an R-tree prepares the statements by which its own tables could be changed. Nothing of this
    can be written: the file is open for reading only. A query that names the schema itself is refused before.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        found = connection.execute(
            "select name from sqlite_schema where type = 'table' and sql like 'create virtual table%using%rtree%'"
        ).fetchall()
        self._nodes = {f"{name}_{part}" for (name,) in found for part in ("node", "rowid", "parent")}

    def __call__(self, action: int, first: str | None, second: str | None, *place: str | None) -> int:
        if action == sqlite3.SQLITE_FUNCTION:
            allowed = second not in ("load_extension", "fts3_tokenizer")
        elif action == sqlite3.SQLITE_PRAGMA:
            allowed = first in ("page_size", "data_version") and second is None
        elif action in _CHANGES:
            declares = action == sqlite3.SQLITE_UPDATE and first == "sqlite_master" and second in _SCHEMA_COLUMNS
            allowed = declares or first in self._nodes
        else:
            allowed = action in _ALLOWED
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _chunks(cursor: sqlite3.Cursor, columns: int) -> Iterator[list[pa.Array]]:
    pace = Pace(columns)
    while rows := cursor.fetchmany(pace.rows):
        arrays = [_array(cells) for cells in zip(*rows, strict=True)]
        pace.saw(arrays)
        yield arrays


def _array(cells: tuple[Any, ...]) -> pa.Array:
    """Return cells, each of which has a type of its own in SQLite, as one array."""
    import pyarrow as pa

    kinds = {type(cell) for cell in cells} - {type(None)}
    if kinds == {str}:
        return words(cells)
    if kinds <= {int, float} or len(kinds) == 1:
        with suppress(pa.ArrowInvalid):  # whole numbers with more digits than a float holds, beside fractions
            return pa.array(cells, pa.float64() if float in kinds else None)
    return words(word(cell) for cell in cells)
