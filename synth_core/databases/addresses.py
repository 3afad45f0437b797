"""Database URLs: what they name, and how they are shown and kept without user and password."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from synth_core.errors import ReadingError

DatabaseKind = Literal["postgresql", "sqlite", "duckdb"]
TITLES: dict[DatabaseKind, str] = {"postgresql": "PostgreSQL", "sqlite": "SQLite", "duckdb": "DuckDB"}
EXAMPLES: dict[DatabaseKind, str] = {
    "postgresql": "postgresql://user@host:5432/database",
    "sqlite": "sqlite:////folder/file.db",
    "duckdb": "duckdb:////folder/file.duckdb",
}
_DRIVERS: dict[str, DatabaseKind] = {
    "postgresql": "postgresql", "postgres": "postgresql", "postgresql+psycopg": "postgresql",
    "postgresql+psycopg2": "postgresql", "sqlite": "sqlite", "sqlite+pysqlite": "sqlite", "duckdb": "duckdb",
}  # fmt: skip
# what may stand behind the "?" of a PostgreSQL URL; the first group is kept with a project
_KEPT_ARGUMENTS = (
    "sslmode", "sslrootcert", "sslcert", "sslkey", "channel_binding", "target_session_attrs", "gssencmode",
)  # fmt: skip
_OTHER_ARGUMENTS = ("options",)
_SCHEME = re.compile(r"\s*([A-Za-z][A-Za-z0-9+_.-]*)://")


@dataclass(frozen=True)
class Address:
    """Where a database is and how to enter it; user and password never show in its repr.

    Attributes
    ----------
    database
        Name of the database on a server; empty: the server's own choice.
    path
        The file of a SQLite or DuckDB database, absolute.
    """

    kind: DatabaseKind
    host: str = ""
    port: int | None = None
    database: str = ""
    path: Path = field(default_factory=Path)
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    arguments: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def place(self) -> str:
        """The database in words for a sentence, without credentials."""
        if self.kind == "postgresql":
            return f"{self.host or 'localhost'}:{self.port or 5432}"
        return f"'{self.path.name}'"

    @property
    def name(self) -> str:
        """A short name: the database on a server, or the file without its suffix."""
        return (self.database or "database") if self.kind == "postgresql" else self.path.stem

    @property
    def safe_url(self) -> str:
        """The URL without user and password; what a project keeps."""
        from sqlalchemy.engine import URL

        if self.kind != "postgresql":
            return URL.create(self.kind, database=str(self.path)).render_as_string()
        kept = {name: self.arguments[name] for name in _KEPT_ARGUMENTS if name in self.arguments}
        if self.host.startswith("/"):  # a socket's folder has no place before the "/"
            kept["host"] = self.host
        host = None if self.host.startswith("/") else self.host or None
        return URL.create(
            "postgresql", host=host, port=self.port, database=self.database or None, query=kept
        ).render_as_string()


def is_database_url(text: str) -> bool:
    """Return whether a word is a database URL rather than the name of a file.

    >>> is_database_url("sqlite:///shop.db"), is_database_url("shop.db"), is_database_url("C:/shop.csv")
    (True, False, False)
    """
    return _SCHEME.match(text) is not None


def safe_url(url: str) -> str:
    """Return the URL without user and password, or its scheme alone where the rest cannot be read.

    >>> safe_url("postgresql://ann:secret@db.example.org/shop")
    'postgresql://db.example.org/shop'
    """
    try:
        return address_of(url).safe_url
    except ReadingError:
        found = _SCHEME.match(url)
        return f"{found[1]}://..." if found else "..."


def address_of(url: str, *, user: str | None = None, password: str | None = None) -> Address:
    """Return what a database URL names; ``user`` and ``password`` given beside it go before those inside it.

    Raises
    ------
    ReadingError
        The URL cannot be read, or names a kind of database for which reading only cannot be guaranteed.
    """
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    found = _SCHEME.match(url)
    if found is None:
        raise ReadingError(
            f"This is no database URL; it is written like {EXAMPLES['postgresql']} or {EXAMPLES['sqlite']}."
        )
    scheme = found[1].lower()
    kind = _DRIVERS.get(scheme)
    if kind is None:
        raise _unknown(scheme)
    rest, _, settings = url[found.end() :].strip().partition("?")
    parsed = None
    with suppress(ArgumentError, ValueError):  # SQLAlchemy's sentence repeats the URL, password and all
        parsed = make_url(f"{kind}://{rest}" + (f"?{settings}" if settings else ""))
    # a password with a bare "@", "/" or "?" would be taken apart, and a piece of it shown as the host or the database
    broken = (
        rest.count("@") > 1
        or "@" in settings
        or rest.count("/") > 1
        or ("@" in rest and parsed and not parsed.username)
    )
    if parsed is None or (kind == "postgresql" and broken):
        raise ReadingError(
            f"The {TITLES[kind]} URL cannot be read; it is written like {EXAMPLES[kind]}. Write special characters "
            "of the password as %40 for @ or %2F for /, or give the password by itself."
        )
    arguments = {key: value if isinstance(value, str) else value[-1] for key, value in parsed.query.items()}
    if kind != "postgresql":
        return _file_address(kind, parsed.host, parsed.database, arguments)
    host = arguments.pop("host", None) or parsed.host or ""
    port = arguments.pop("port", None) or parsed.port
    inside = arguments.pop("password", None) or parsed.password
    owner = arguments.pop("user", None) or parsed.username
    if strangers := [key for key in arguments if key not in _KEPT_ARGUMENTS + _OTHER_ARGUMENTS]:
        allowed = ", ".join(_KEPT_ARGUMENTS + _OTHER_ARGUMENTS)
        raise ReadingError(f"The URL sets '{strangers[0][:40]}', which is not taken; these are: {allowed}.")
    return Address(
        kind, host, _port(port), parsed.database or "", user=user or owner or None,
        password=password or (str(inside) if inside else None), arguments=arguments,
    )  # fmt: skip


def without_password(url: str) -> tuple[str, str | None]:
    """Return a URL that can be read without its password, user and all else kept; and the password.

    >>> without_password("postgresql://ann:secret@db.example.org/shop")
    ('postgresql://ann@db.example.org/shop', 'secret')
    """
    from sqlalchemy.engine import make_url

    address = address_of(url)
    if address.kind != "postgresql" or not address.password:
        return url.strip(), None
    bare = make_url(address.safe_url).set(username=address.user)
    settings = {name: value for name, value in address.arguments.items() if name in _OTHER_ARGUMENTS}
    return bare.update_query_dict(settings).render_as_string(), address.password


def _port(port: str | int | None) -> int | None:
    if port is None or (str(port).isdecimal() and 0 < int(port) < 65536):
        return None if port is None else int(port)
    raise ReadingError("The port in the database URL must be a whole number from 1 to 65535.")


def _file_address(kind: DatabaseKind, host: str | None, path: str | None, arguments: Mapping[str, str]) -> Address:
    title = TITLES[kind]
    if host:
        raise ReadingError(
            f"A {title} URL names a file after three slashes ({kind}:///file.db), or four where the path is absolute "
            f"({kind}:////folder/file.db); this one has two."
        )
    if not path or path == ":memory:":
        raise ReadingError(f"The {title} URL names no file; write {EXAMPLES[kind]}.")
    if arguments:
        raise ReadingError(f"A {title} URL is taken without settings after the '?'; leave them out.")
    return Address(kind, path=Path(path).expanduser().absolute())


def _unknown(scheme: str) -> ReadingError:
    family = scheme.partition("+")[0]
    if family in ("postgresql", "postgres", "sqlite", "duckdb"):
        plain = "postgresql" if family == "postgres" else family
        return ReadingError(f"The driver in '{scheme}://' is not one that Simile uses; write '{plain}://' instead.")
    return ReadingError(
        f"'{scheme}://' is no database that Simile asks; it asks postgresql://, sqlite:/// and duckdb:///, "
        "where it can make sure that nothing is changed. Save the table from another one as CSV or Parquet."
    )


def file_url(kind: DatabaseKind, path: str) -> str:
    """Return the URL of a database file.

    >>> file_url("sqlite", "/data/shop.db")
    'sqlite:////data/shop.db'
    """
    from sqlalchemy.engine import URL

    return URL.create(kind, database=path).render_as_string()


def server_url(host: str, port: int | None, database: str, user: str) -> str:
    """Return the URL of a database on a PostgreSQL server, with the user and without a password.

    >>> server_url("localhost", 5432, "shop", "ann")
    'postgresql://ann@localhost:5432/shop'
    """
    from sqlalchemy.engine import URL

    socket = {"host": host} if host.startswith("/") else {}
    return URL.create(
        "postgresql", username=user or None, host=None if socket else host or None, port=port,
        database=database or None, query=socket,
    ).render_as_string()  # fmt: skip
