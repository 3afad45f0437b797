"""PostgreSQL: one READ ONLY transaction with a statement timeout and a server-side cursor, always rolled back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from synth_core.databases.addresses import Address
from synth_core.databases.answers import Answer, DatabaseTable, Pace, check_columns, words
from synth_core.databases.deadline import Deadline
from synth_core.databases.statements import quoted
from synth_core.errors import ReadingError

if TYPE_CHECKING:
    import pyarrow as pa

CONNECT_SECONDS = 10
_SPAN = re.compile(
    r"P(?:(-?\d+)Y)?(?:(-?\d+)M)?(?:(-?\d+)W)?(?:(-?\d+)D)?(?:T(?:(-?\d+)H)?(?:(-?\d+)M)?(?:(-?[\d.]+)S)?)?"
)
_SECONDS = (31_557_600, 2_592_000, 604_800, 86_400, 3_600, 60, 1)  # as extract(epoch from ...) counts them

# As one of these a query would reach past its tables: a function that runs the text of a query can take on every role
# that the user is a member of, and do there what is no change to a table and so no matter of a READ ONLY transaction.
_REACHING = (
    "pg_read_server_files", "pg_write_server_files", "pg_execute_server_program", "pg_signal_backend",
    "pg_signal_autovacuum_worker", "pg_create_subscription",
)  # fmt: skip
_REACHING_FUNCTIONS = (
    "pg_read_file", "pg_read_binary_file", "pg_ls_dir", "lo_import", "lo_export", "pg_reload_conf", "pg_rotate_logfile",
    "pg_switch_wal", "pg_promote", "pg_create_restore_point",
)  # fmt: skip
# the name given at the door is asked for too: a superuser's settings can make the session look like somebody else's
_ROLES = """
    from pg_catalog.pg_roles me join pg_catalog.pg_roles r on pg_catalog.pg_has_role(me.oid, r.oid, 'MEMBER')
    where me.rolname in (%s, session_user, current_user)
"""
_ROLE_ASKED = f"""
    select r.rolname, r.rolsuper, r.rolreplication, r.oid = me.oid {_ROLES}
    and (r.rolsuper or r.rolreplication or r.rolname = any(%s)) order by 4 desc, 2 desc, 1 limit 1
"""
_FUNCTION_ASKED = f"""
    select p.proname from pg_catalog.pg_proc p
    where p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace and p.proname = any(%s)
    and exists (select {_ROLES} and pg_catalog.has_function_privilege(r.oid, p.oid, 'EXECUTE')) order by 1 limit 1
"""


class PostgreSQLSession:
    """A transaction that can read and do nothing else."""

    def __init__(self, address: Address, deadline: Deadline) -> None:
        import psycopg

        self._deadline = deadline
        self._connection = psycopg.connect(
            host=address.host or "localhost", port=address.port or 5432, dbname=address.database or None,
            user=address.user, password=address.password, connect_timeout=CONNECT_SECONDS, application_name="simile",
            client_encoding="UTF8", **dict(address.arguments),
        )  # fmt: skip
        try:
            self._begin()
        except BaseException:
            self._connection.close()
            raise
        deadline.watch(lambda: self._connection.cancel_safe(timeout=5))

    def _begin(self) -> None:
        self._connection.read_only = True
        settings = {
            "statement_timeout": f"{int(self._deadline.left * 1000) + 1}", "lock_timeout": "10000",
            "timezone": "UTC", "datestyle": "ISO, YMD", "intervalstyle": "iso_8601", "bytea_output": "hex",
            "extra_float_digits": "1", "cursor_tuple_fraction": "1", "default_transaction_read_only": "on",
        }  # fmt: skip
        for name, value in settings.items():
            self._connection.execute("select set_config(%s, %s, true)", (name, value))
        self._check_user()

    def _check_user(self) -> None:
        """Raise :class:`ReadingError` for a user as whom a query could do more than read tables."""
        name, version = self._connection.info.user, self._connection.info.server_version
        role = self._connection.execute(_ROLE_ASKED, (name, list(_REACHING))).fetchone()
        if role is not None:
            title, supreme, copies, itself = role
            rights = "superuser" if supreme else "user with the right to replicate" if copies else ""
            what = f"is a {rights}" if itself else f"may act as '{title}'" + (f", a {rights}," if rights else "")
        elif version >= 110000:  # before, these functions asked for a superuser themselves
            asked = (list(_REACHING_FUNCTIONS), name)
            function = self._connection.execute(_FUNCTION_ASKED, asked).fetchone()
            if function is None:
                return
            what = f"may call {function[0]}"
        else:
            return
        right = "pg_read_all_data" if version >= 140000 else "select on all tables in schema public"
        raise ReadingError(
            f"User '{name}' {what} and so could reach the server itself; no query is run. Ask as a user who only reads "
            f"tables; one is made there with: create role reader login password '...'; grant {right} to reader;"
        )

    def ask(self, query: str) -> Answer:
        """Return the answer to a query that reads; the rows stay on the server until they are asked for."""
        import psycopg

        cursor = psycopg.ServerCursor(self._connection, "simile", scrollable=False)
        _take_words(cursor.adapters)
        cursor.execute(query.encode())
        described = cursor.description or []
        names = [column.name for column in described]
        check_columns(names)
        answer = Answer(names, iter(()))
        answer.chunks = self._chunks(cursor, [_reader(column.type_code) for column in described], answer)
        return answer

    def _chunks(
        self, cursor: Any, readers: list[Callable[[tuple[str | None, ...]], tuple[pa.Array, int]]], answer: Answer
    ) -> Iterator[list[pa.Array]]:
        odd = [0] * len(readers)
        pace = Pace(len(readers))
        while rows := cursor.fetchmany(pace.rows):
            arrays = []
            for index, cells in enumerate(zip(*rows, strict=True)):
                array, lost = readers[index](cells)
                arrays.append(array)
                odd[index] += lost
            pace.saw(arrays)
            yield arrays
        answer.notes += [
            f"Column '{name}': {count:,} dates that no calendar day stands for ('infinity', before Christ) are read "
            "as missing." for name, count in zip(answer.names, odd, strict=True) if count
        ]  # fmt: skip

    def tables(self) -> list[DatabaseTable]:
        """Return the tables and views that this user may read, by name; rows as the server estimates them."""
        found = self._connection.execute(
            "select n.nspname, c.relname, c.relnatts, c.reltuples::bigint, pg_table_is_visible(c.oid), c.relkind "
            "from pg_class c join pg_namespace n on n.oid = c.relnamespace "
            "where c.relkind in ('r', 'v', 'm', 'f', 'p') and not c.relispartition "
            "and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg\\_%' "
            "and has_schema_privilege(n.oid, 'USAGE') and has_any_column_privilege(c.oid, 'SELECT') order by 1, 2"
        ).fetchall()
        return [
            DatabaseTable(
                name if visible else f"{schema}.{name}", int(columns), int(rows) if rows > 0 and kind != "v" else None,
                "select * from " + (quoted(name) if visible else f"{quoted(schema)}.{quoted(name)}"),
            ) for schema, name, columns, rows, visible, kind in found
        ]  # fmt: skip

    def retry(self) -> None:
        """Leave a transaction that failed and begin another, just as read-only."""
        self._connection.rollback()
        self._begin()

    def close(self) -> None:
        """Roll back and say goodbye."""
        self._deadline.rest()
        with suppress(Exception):
            self._connection.rollback()
        with suppress(Exception):
            self._connection.close()


# -- words to Arrow, by the server's type -----------------------------------------------------------------------


def _take_words(adapters: Any) -> None:
    """Have every cell handed on as the server writes it: Arrow reads a chunk of words faster than Python can."""
    from psycopg.types.string import TextLoader

    for known in adapters.types:
        for code in (known.oid, known.array_oid):
            if code:
                adapters.register_loader(code, TextLoader)


def _reader(code: int) -> Callable[[tuple[str | None, ...]], tuple[pa.Array, int]]:
    import pyarrow as pa

    plain = {16: _booleans, 17: _bytes, 1700: _decimals, 1186: _spans}
    if code in plain:
        return lambda cells: (plain[code](cells), 0)
    if code in (20, 21, 23, 26):
        return lambda cells: (words(cells).cast(pa.int64()), 0)
    if code in (700, 701):
        return lambda cells: (words(cells).cast(pa.float64()), 0)
    if code in (1082, 1114, 1184):
        kind = {1082: pa.date32(), 1114: pa.timestamp("us"), 1184: pa.timestamp("us", "UTC")}[code]
        return lambda cells: _dates(cells, kind)
    return lambda cells: (words(cells), 0)


def _booleans(cells: tuple[str | None, ...]) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if cell is None else cell == "t" for cell in cells], pa.bool_())


def _bytes(cells: tuple[str | None, ...]) -> pa.Array:
    import pyarrow as pa

    return pa.array([None if cell is None else bytes.fromhex(cell[2:]) for cell in cells], pa.binary())


def _decimals(cells: tuple[str | None, ...]) -> pa.Array:
    """Return whole numbers where there are no places; words where a whole number has more digits than fit."""
    import pyarrow as pa

    read = words(cells)
    try:
        return read.cast(pa.int64())
    except pa.ArrowInvalid:
        if not any(cell is not None and len(cell) > 17 and cell.lstrip("-").isdigit() for cell in cells):
            return read.cast(pa.float64())
        return words(cell.rstrip("0").rstrip(".") if cell is not None and "." in cell else cell for cell in cells)


def _dates(cells: tuple[str | None, ...], kind: pa.DataType) -> tuple[pa.Array, int]:
    import pyarrow as pa

    try:
        return words(cells).cast(kind), 0
    except pa.ArrowInvalid:
        fit = [cell if cell is not None and re.fullmatch(r"\d{4}-[-\d:.+ ]+", cell) else None for cell in cells]
        lost = sum(old is not None and new is None for old, new in zip(cells, fit, strict=True))
        return words(fit).cast(kind), lost


def _spans(cells: tuple[str | None, ...]) -> pa.Array:
    """Return intervals as durations; a month counts as 30 days and a year as 365.25, as the server does."""
    import pyarrow as pa

    found = (None if cell is None else _SPAN.fullmatch(cell) for cell in cells)
    seconds = [
        None
        if match is None
        else round(sum(float(p or 0) * s for p, s in zip(match.groups(), _SECONDS, strict=True)) * 1e6)
        for match in found
    ]
    return pa.array(seconds, pa.int64()).cast(pa.duration("us"))
