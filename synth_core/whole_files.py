"""Files that are there whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path


def replace_whole(path: Path, write: Callable[[Path], object]) -> None:
    """Write beside ``path`` and move into place, so that a stop half-way leaves the old file whole."""
    building = path.with_name(f".{path.name}.building")
    building.unlink(missing_ok=True)  # in a folder that others write to, a link of this name would lead elsewhere
    try:
        write(building)
        os.replace(building, path)
    finally:
        building.unlink(missing_ok=True)
