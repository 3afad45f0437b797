"""Files that are there whole or not at all, locks between processes, and what is said where the disk refuses."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from synth_core.errors import StorageError

BUILDING = ".building"
_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside ``path`` and move into place, so that a stop half-way leaves the old file whole.

    Raises
    ------
    StorageError
        The disk is full, or the folder may not be written.
    """
    # by process and thread: two may write the same file at the same time, and the last one wins whole
    building = path.with_name(f".{path.name[:120]}.{os.getpid()}.{threading.get_ident()}{BUILDING}")
    with storing():
        building.unlink(missing_ok=True)  # in a folder that others write to, a link of this name would lead elsewhere
        try:
            write(building)
            os.replace(building, path)
        finally:
            with suppress(OSError):
                building.unlink(missing_ok=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file so that a reader sees the old one or the new one, never half of it."""
    replace_whole(path, lambda building: building.write_text(text, encoding="utf-8"))


@contextmanager
def whole_or_gone(folder: Path) -> Iterator[None]:
    """Remove a folder, with all that is in it, where what is done within fails."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


@contextmanager
def storing() -> Iterator[None]:
    """Turn what the disk says within into a :class:`~synth_core.errors.StorageError`."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        refused = StorageError(refusal(error))
        refused.errno, refused.strerror = error.errno, error.strerror
        raise refused from None


def refusal(error: OSError) -> str:
    """Return, in a sentence or two, why a file cannot be kept or read, and what to do.

    >>> refusal(OSError(errno.ENOSPC, "No space left on device"))
    'The disk is full. Free some room and try again; what was finished before is kept.'
    """
    if isinstance(error, StorageError):
        return str(error)
    if is_full(error):
        return "The disk is full. Free some room and try again; what was finished before is kept."
    if error.errno in _FORBIDDEN:
        return (
            "The folder where Simile keeps its files may not be written. Give the right to write it, or set "
            "SIMILE_HOME to another folder."
        )
    if error.errno == errno.EFBIG:
        return "A file grew beyond the size that is allowed here. Make fewer rows, or raise the limit."
    reason = error.strerror or "the system refused"
    return f"A file cannot be written or read: {reason[:1].lower()}{reason[1:]}. Look at the disk and try again."


def is_full(error: OSError) -> bool:
    """Return whether the disk has no room."""
    return error.errno in _FULL or "No space left" in str(error)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock ``path`` alone on this machine, waiting for it; a process that dies lets it go."""
    with storing():
        file = open(path, "a", encoding="ascii")  # noqa: SIM115 - closed below
    with file:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def take_lock(file: IO[str]) -> bool:
    """Return whether the lock of an open file could be had at once; it is held until the file is closed."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True
