"""The audit log of a project: who did what, when, to which bytes; each line holds the hash of the line before.

One JSON line each, kept with the project (``audit.jsonl``)::

    {"n": 3, "when": "...", "who": "local", "what": "rules", "about": {...}, "previous": "...", "hash": "..."}

It holds hashes and counts; never a cell, a column's name, a file's name or a person's name. A line that is changed,
added or taken out later breaks the chain. Whoever may write the folder can write a whole new chain: the last hash
proves something where it is also kept elsewhere, as in the manifest of a release pack.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from synth_core.errors import ProjectError
from synth_core.whole_files import replace_whole

NAME = "audit.jsonl"
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
    """Add a line to a log and return it; several processes may do so at once.

    Raises
    ------
    ProjectError
        It cannot be written.
    """
    try:
        number = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    except OSError as error:
        raise ProjectError(f"The audit log cannot be opened: {error.strerror}. Nothing is done unlogged.") from None
    try:
        fcntl.flock(number, fcntl.LOCK_EX)
        n, previous, whole = _last(number, path)
        when = datetime.now(UTC).replace(microsecond=0)
        line = Line(n=n + 1, when=when, who=who, what=what, about=dict(about or {}), previous=previous)
        line = line.model_copy(update={"hash": line.sealed()})
        text = ("" if whole else "\n") + _packed(line.model_dump(mode="json")) + "\n"
        if os.write(number, text.encode()) != len(text.encode()):
            raise ProjectError("The audit log could not be written to its end: the disk is full.")
        replace_whole(_head(path), lambda building: building.write_text(f"{line.n} {line.hash}", encoding="ascii"))
    except OSError as error:
        raise ProjectError(f"The audit log cannot be written: {error.strerror}. Nothing is done unlogged.") from None
    finally:
        os.close(number)  # and with it the lock
    return line


def _last(number: int, path: Path) -> tuple[int, str, bool]:
    """Return number and hash of the last line that can be read, and whether the file ends with a whole line."""
    size = os.fstat(number).st_size
    tail = os.pread(number, min(size, _TAIL), max(0, size - _TAIL))
    for text in reversed(tail.split(b"\n")):
        line = _read(text)
        if line is not None:
            return line.n, line.hash, tail.endswith(b"\n")
    n, head = _kept_head(path)
    return n, head, not tail or tail.endswith(b"\n")


def check(path: Path) -> Checked:
    """Return the lines of a log and whether they are those that were written."""
    try:
        texts = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        texts = [b""]
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
        previous, n = line.hash, line.n
        lines.append(line)
    last, head = _kept_head(path)
    if last > n or (last == n and head != previous):
        problems.append(f"Lines at the end are missing: {last} were written, the last that is here is {n}.")
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
