"""Whether the folder of Simile can take more: said before a button fails for it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

LEAST = 100_000_000  # bytes free, below which a run of a small table may not fit


def trouble_with(folder: Path) -> str:
    """Return why little or nothing can be kept in a folder, in a sentence, or "" where there is room."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return "The folder where Simile keeps its files may not be written: you can look at projects, not change them."
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return ""
    if free < LEAST:
        return f"The disk where Simile keeps its files is nearly full: {free / 1e6:,.0f} MB are left. Free some room."
    return ""
