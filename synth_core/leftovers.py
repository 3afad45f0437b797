"""What a studio that was killed left half made: real rows among it, so it does not stay."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path

from synth_core.whole_files import BUILDING

OLD = 3600.0  # seconds, after which a project that is still being made is not being made any more
FORGOTTEN = 24 * 3600.0  # seconds, after which a folder among the system's temporary ones is nobody's


def sweep(home: Path) -> None:
    """Remove projects that were never finished, files that never came into place, and forgotten temporary folders."""
    now = time.time()
    for folder in (home / "projects").glob("*.new"):
        if _age(folder, now) > OLD:
            shutil.rmtree(folder, ignore_errors=True)
    for path in home.rglob(f".*{BUILDING}"):
        if not _at_work(path):
            shutil.rmtree(path, ignore_errors=True)
            path.unlink(missing_ok=True)
    for folder in Path(tempfile.gettempdir()).glob("simile-*-*"):
        if folder.is_dir() and not folder.is_symlink() and _mine(folder) and _age(folder, now) > FORGOTTEN:
            shutil.rmtree(folder, ignore_errors=True)


def _age(path: Path, now: float) -> float:
    try:
        return now - path.stat().st_mtime
    except OSError:
        return 0.0


def _mine(path: Path) -> bool:
    try:
        return path.stat().st_uid == os.getuid()
    except OSError:
        return False


def _at_work(path: Path) -> bool:
    """Return whether the process that builds this file exists: its number is in the name, and it is not younger.

    A studio in a container has the same number after every start.
    """
    import psutil

    words = path.name.split(".")
    try:
        return bool(psutil.Process(int(words[-3])).create_time() <= path.stat().st_mtime + 1.0)
    except (ValueError, IndexError, OSError, psutil.Error):
        return False
