"""A PostgreSQL server of the tests' own: in a temporary folder, on 127.0.0.1 with a password, stopped after use."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

PASSWORD = "p@ss/word: 1%"


@dataclass(frozen=True)
class Server:
    """Where the server listens; ``owner`` is its superuser, and ``reader`` a plain user with tables of its own."""

    port: int
    folder: Path

    def url(self, user: str = "reader", database: str = "postgres") -> str:
        """Return the URL without a password."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def run(self, *statements: str, user: str = "owner") -> None:
        """Run statements as the owner, or as the reader."""
        import psycopg

        with psycopg.connect(self.url(user), password=PASSWORD, autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())

    def one(self, query: str) -> object:
        """Return the one cell that a query of the owner gives."""
        import psycopg

        with psycopg.connect(self.url("owner"), password=PASSWORD) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def programs() -> Path:
    """Return the folder of initdb and pg_ctl; skip without one, or fail where databases are required."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    folder = next((folder for folder in folders if (folder / "initdb").exists() and (folder / "pg_ctl").exists()), None)
    if folder is None:
        reason = "PostgreSQL's initdb is not here; on Debian: apt-get install postgresql"
        if os.environ.get("SIMILE_REQUIRE_DATABASES") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return folder


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running() -> Iterator[Server]:
    """Start a server and stop it afterwards, whatever happens."""
    bin_folder = programs()
    folder = Path(tempfile.mkdtemp(prefix="simile-postgresql-"))
    # initdb refuses to run as root
    person = pwd.getpwnam("nobody") if os.getuid() == 0 else None
    other = {} if person is None else {"user": person.pw_uid, "group": person.pw_gid, "extra_groups": []}
    if person is not None:
        os.chown(folder, person.pw_uid, person.pw_gid)

    def run(program: str, *words: str) -> None:
        environment = {"PATH": os.environ.get("PATH", ""), "HOME": str(folder), "LC_ALL": "C.UTF-8"}
        with (folder / "said").open("ab") as said:
            done = subprocess.run(
                [bin_folder / program, *words], cwd=folder, env=environment, stdout=said, stderr=said,
                check=False, **other,
            )  # fmt: skip
        assert done.returncode == 0, (folder / "said").read_text()

    try:
        secret = folder / "secret"
        secret.write_text(PASSWORD + "\n")
        data, port = str(folder / "data"), free_port()
        if person is not None:
            os.chown(secret, person.pw_uid, person.pw_gid)
        run("initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", f"--pwfile={secret}", "-E", "UTF8", "--no-sync")
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
        run("pg_ctl", "-D", data, "-w", "-t", "60", "-l", str(folder / "log"), "-o", options, "start")
        try:
            server = Server(port, folder)
            server.run(f"create role reader login password '{PASSWORD}'", "grant create on schema public to reader")
            yield server
        finally:
            run("pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
