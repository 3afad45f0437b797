"""Orders of test data as jobs: a folder each, a process each, with or without a project.

::

    SIMILE_HOME/testdata/<id>/  order.json  status.json  outcome.json  log.txt  pid  files/
"""

from __future__ import annotations

import re
import secrets as random_words
import shutil
import subprocess
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from pydantic import ValidationError

from synth_core import jobs
from synth_core.errors import ProjectError
from synth_core.needs import require_memory
from synth_core.owners import ANYONE, LOCAL, owns
from synth_core.project import home, open_project
from synth_core.run import Run, Status, write_whole
from synth_core.testdata.making import FOLDER, Order, Outcome, Secrets, check_order, followed
from synth_core.whole_files import storing, whole_or_gone

KEPT = 10  # orders whose files stay; older ones make room
_ID = re.compile(r"[0-9a-f]{32}")


class OrderRun(Run):
    """One order of test data, as a run that has no recipe."""

    @property
    def order(self) -> Order:
        """What was asked for."""
        try:
            return Order.model_validate_json((self.folder / "order.json").read_text(encoding="utf-8"))
        except (OSError, ValidationError, UnicodeDecodeError):
            raise ProjectError("This order cannot be read any more. Make the rows again.") from None

    def is_of(self, owner: str) -> bool:
        """Return whether it can be read, and is of ``owner``."""
        try:
            return owns(owner, self.order.owner)
        except ProjectError:
            return False

    @property
    def started_at(self) -> datetime:
        """When it was asked for (UTC)."""
        return datetime.fromtimestamp((self.folder / "order.json").stat().st_mtime, UTC)

    @property
    def way_on(self) -> str:
        """What to do where its process ended without a last word."""
        return "Nothing of it was kept; make the rows again."

    def outcome(self) -> Outcome | None:
        """Return what was made, or None before."""
        path = self.folder / "outcome.json"
        try:
            return Outcome.model_validate_json(path.read_text(encoding="utf-8")) if path.exists() else None
        except (ValidationError, UnicodeDecodeError):
            raise ProjectError("What this order wrote down about its rows is damaged. Make them again.") from None

    @property
    def files(self) -> list[Path]:
        """The files that were made, by name."""
        return sorted(path for path in (self.folder / FOLDER).glob("*.*") if not path.name.startswith("."))


def orders(owner: str = LOCAL) -> list[OrderRun]:
    """Return every order of ``owner`` on this machine, newest first; one that cannot be read is nobody's."""
    return sorted([run for run in _all() if run.is_of(owner)], key=lambda run: run.started_at, reverse=True)


def damaged() -> list[OrderRun]:
    """Return the orders of which nobody can say any more whose they are."""
    return [run for run in _all() if not run.is_of(ANYONE)]


def _all() -> list[OrderRun]:
    return [
        OrderRun(path) for path in _folder().iterdir() if _ID.fullmatch(path.name) and (path / "order.json").exists()
    ]


def order_of(order_id: str, owner: str = LOCAL) -> OrderRun | None:
    """Return the order of this id, or None when ``owner`` has none of this id."""
    folder = _folder() / order_id
    if not _ID.fullmatch(order_id) or not (folder / "order.json").exists():
        return None
    run = OrderRun(folder)
    return run if run.is_of(owner) else None


def start(order: Order, secrets: Secrets) -> OrderRun:
    """Start an order in a process of its own and return it at once.

    One that learns from a table waits for its place on the machine like a run. User, password and key phrase go to the
    process through a pipe: they are in no file, argument or environment.
    Raises ProjectError where the process cannot be started, or the project was deleted.
    """
    check_order(order)
    project = open_project(order.project, order.owner) if order.project else None
    with nullcontext() if project is None else project.held():  # else it could be deleted meanwhile
        if project is not None:
            require_memory(project.table, followed(order, project))
        for old in orders(order.owner)[KEPT - 1 :]:
            if not old.status().active:
                shutil.rmtree(old.folder, ignore_errors=True)
        folder = _folder() / random_words.token_hex(16)
        with storing():
            folder.mkdir(mode=0o700)
        run = OrderRun(folder)
        with whole_or_gone(folder):
            run.write_status(Status(note="Waiting to start"))
            write_whole(folder / "order.json", order.model_dump_json(indent=1))
            process = jobs.start_process(run, "synth_core.testdata.work", stdin=subprocess.PIPE)
    assert process.stdin is not None
    try:
        process.stdin.write(secrets.model_dump_json().encode())
        process.stdin.close()
    except BrokenPipeError:
        raise ProjectError("The process that makes the rows ended at once; look at its log and try again.") from None
    return run


def cancel(run: OrderRun) -> None:
    """End an order; what it was making is removed, and a database is as it was."""
    jobs.cancel(run)
    for name in ("made", FOLDER):
        shutil.rmtree(run.folder / name, ignore_errors=True)


def cancel_all() -> None:
    """End the orders that this process started: the studio is closing."""
    for run in orders(ANYONE):
        if jobs.started_here(run) and run.status().active:
            cancel(run)


def _folder() -> Path:
    folder = home() / "testdata"
    with storing():
        folder.mkdir(exist_ok=True, mode=0o700)
    return folder
