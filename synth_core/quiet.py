"""Failures told by place and type alone: the words of libraries' errors and warnings may repeat cells.

A process that handles people's tables calls :func:`install` once, before anything else: the studio's server, and each
worker.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
import traceback
import warnings
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any


def where(error: BaseException) -> str:
    """Return the type of an error and the files, lines and functions that it passed; of its cause too. No message."""
    lines = []
    for one in (error, error.__cause__):
        if one is not None:
            lines.append(type(one).__name__)
            places = traceback.extract_tb(one.__traceback__)
            lines.extend(f"  {Path(place.filename).name}:{place.lineno} {place.name}" for place in places)
    return "\n".join(lines)


def install() -> None:
    """Let this process write no message of an uncaught error, no text of a warning, and no file that others can read.

    Loggers keep their own words; of an error that goes with them only :func:`where` is logged.
    """
    os.umask(0o077)
    sys.excepthook = _uncaught
    threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)
    warnings.showwarning = _warned
    make = logging.getLogRecordFactory()
    if getattr(make, "quiet", False):
        return

    def record(*args: Any, **named: Any) -> logging.LogRecord:
        made = make(*args, **named)
        error = made.exc_info[1] if made.exc_info else None
        if error is not None:
            made.msg, made.args, made.exc_info = f"{made.getMessage()}\n{where(error)}", (), None
        return made

    record.quiet = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(record)


def log(words: str) -> None:
    """Write a line to this process's log; a full disk has no room for it, and the work goes on without."""
    with suppress(OSError):
        sys.stderr.write(f"{words}\n")


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    log(where(error) if error is not None else kind.__name__)


def _warned(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, file: Any = None, line: Any = None
) -> None:
    log(f"{category.__name__} at {Path(filename).name}:{lineno}")
