"""The audit log of a project: who did what, when, to which bytes; each line holds the hash of the line before.

One JSON line each, kept with the project (``audit.jsonl``)::

    {"n": 3, "when": "...", "who": "local", "what": "rules", "about": {...}, "previous": "...", "hash": "..."}

It holds hashes and counts; never a cell, a column's name, a file's name or a person's name. A line that is changed,
added or taken out later breaks the chain. Where the end is not as it was left, a line ``log damaged`` says so before
the next one, and the chain goes on from what was written last: a lost line is never bridged. Whoever may write the
folder can write a whole new chain: the last hash proves something where it is also kept elsewhere, as in the manifest
of a release pack.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from synth_core.errors import ProjectError
from synth_core.whole_files import refusal, replace_whole

NAME = "audit.jsonl"
DAMAGED = "log damaged"  # what a line says that was written because the end was not as it was left
FIRST = "0" * 64  # what the first line holds for the line before it
_TAIL = 1 << 16  # longer than any line

Value = str | int | bool | None
About = dict[str, Value]


class Line(BaseModel):
    """One thing that was done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int
    when: datetime
    who: str
    what: str
    about: About = {}
    previous: str
    hash: str = ""

    def sealed(self) -> str:
        """Return the hash (sha256) of everything else in the line."""
        body = self.model_dump(mode="json", exclude={"hash"})
        return hashlib.sha256(_packed(body).encode()).hexdigest()


@dataclass(frozen=True)
class Checked:
    """The lines of a log, and what is wrong with it in sentences (none: it is whole)."""

    lines: tuple[Line, ...]
    problems: tuple[str, ...] = ()

    @property
    def head(self) -> str:
        """The hash of the last line."""
        return self.lines[-1].hash if self.lines else FIRST


def note(path: Path, who: str, what: str, about: Mapping[str, Value] | None = None) -> Line:
    """Add a line to a log and return it; several processes may do so at once. Damage at its end is told first.

    Raises
    ------
    ProjectError
        It cannot be written; the log is then as it was.
    """
    try:
        number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise ProjectError(f"The audit log cannot be opened: {error.strerror}. Nothing is done unlogged.") from None
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        size = os.fstat(number).st_size
        try:
            return _added(number, path, who, what, about or {})
        except BaseException:
            os.ftruncate(number, size)  # what was not logged whole is not done
            raise
    except OSError as error:
        raise ProjectError(f"The audit log cannot be written, and nothing is done unlogged. {refusal(error)}") from None
    finally:
        os.close(number)  # and with it the lock


def _added(number: int, path: Path, who: str, what: str, about: Mapping[str, Value]) -> Line:
    """Write the lines of :func:`note` into an open, locked log."""
    last, whole = _last(number)
    kept = _kept_head(path)
    texts = [] if whole else [""]  # ends a line that was cut short
    n, head = kept if last is None else (last.n, last.hash)
    if not _continues(last, kept):
        seen: About = {"written": kept[0], "found": 0 if last is None else last.n, "sha256": _file_hash(number)}
        n, head = max(kept, (n, head), key=lambda end: end[0])
        line = _line(n, head, "simile", DAMAGED, seen)
        texts.append(_packed(line.model_dump(mode="json")))
        n, head = line.n, line.hash
    line = _line(n, head, who, what, about)
    text = "\n".join([*texts, _packed(line.model_dump(mode="json"))]) + "\n"
    if os.write(number, text.encode()) != len(text.encode()):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    replace_whole(_head(path), lambda building: building.write_text(f"{line.n} {line.hash}", encoding="ascii"))
    return line


def _line(n: int, previous: str, who: str, what: str, about: Mapping[str, Value]) -> Line:
    when = datetime.now(UTC).replace(microsecond=0)
    line = Line(n=n + 1, when=when, who=who, what=what, about=dict(about), previous=previous)
    return line.model_copy(update={"hash": line.sealed()})


def _continues(last: Line | None, kept: tuple[int, str]) -> bool:
    """Return whether the last line is the one written last, or the one whose writer was stopped before it said so."""
    if last is None:
        return kept == (0, FIRST)
    ends = (last.n, last.hash) == kept or (last.n - 1, last.previous) == kept
    return ends and last.hash == last.sealed()


def _last(number: int) -> tuple[Line | None, bool]:
    """Return the last line that can be read (None: there is none), and whether the file ends with a whole line."""
    size = os.fstat(number).st_size
    tail = os.pread(number, min(size, _TAIL), max(0, size - _TAIL))
    found = next((line for text in reversed(tail.split(b"\n")) if (line := _read(text)) is not None), None)
    return found, not tail or tail.endswith(b"\n")


def _file_hash(number: int) -> str:
    """Return the sha256 of an open file, as it was found."""
    digest = hashlib.sha256()
    at = 0
    while block := os.pread(number, 1 << 20, at):
        digest.update(block)
        at += len(block)
    return digest.hexdigest()


def check(path: Path) -> Checked:
    """Return the lines of a log and whether they are those that were written."""
    try:
        with open(path, "rb") as file:
            with suppress(OSError):  # a file system without locks
                fcntl.flock(file, fcntl.LOCK_SH)  # a line that is being written has its head afterwards
            texts, (last, head) = file.read().split(b"\n"), _kept_head(path)
    except FileNotFoundError:
        texts, (last, head) = [b""], _kept_head(path)
    except OSError as error:
        return Checked((), (f"The audit log cannot be read: {error.strerror}.",))
    problems: list[str] = []
    lines: list[Line] = []
    previous, n = FIRST, 0
    if texts[-1]:
        problems.append("The last line is not whole: writing it was cut short.")
    for place, text in enumerate(texts[:-1] if not texts[-1] else texts, 1):
        line = _read(text)
        if line is None:
            problems.append(f"Line {place} cannot be read.")
            continue
        if line.hash != line.sealed():
            problems.append(f"Line {place} was changed after it was written.")
        elif line.previous != previous or line.n != n + 1:
            problems.append(f"Before line {place}, lines were taken out, put in or moved.")
        if line.what == DAMAGED:
            problems.append(f"Line {place} says that the log was found damaged on {line.when:%Y-%m-%d}.")
        previous, n = line.hash, line.n
        lines.append(line)
    if last > n or (last == n and head != previous):
        problems.append(f"Lines at the end are missing: {last} were written, the last that is here is {n}.")
    elif n > last + 1 and path.name == NAME:  # a copy of a log comes without
        problems.append(f"Whether the log was cut at its end cannot be told: {_head(path).name} is missing or older.")
    return Checked(tuple(lines), tuple(problems))


def text_hash(text: str) -> str:
    """Return the sha256 of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def _read(text: bytes) -> Line | None:
    try:
        return Line.model_validate_json(text)
    except ValidationError:
        return None


def _head(path: Path) -> Path:
    """Return where number and hash of the last line are kept too: a log that was cut at its end is found by it."""
    return path.with_suffix(".head")


def _kept_head(path: Path) -> tuple[int, str]:
    try:
        n, head = _head(path).read_text(encoding="ascii").split()
        return int(n), head
    except (OSError, ValueError):
        return 0, FIRST


def _packed(body: object) -> str:
    return json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
