"""What this machine has: cores, free memory, a graphics card."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from synth_core.needs import free_memory


@dataclass(frozen=True)
class Machine:
    """What work may use.

    Attributes
    ----------
    cores
        Processor cores that this process may use.
    free
        Bytes of memory that a new process may take.
    gpu
        Whether there is an NVIDIA card; torch is not asked, for loading it takes seconds.
    """

    cores: int
    free: float
    gpu: bool


def this_machine() -> Machine:
    """Return what there is now."""
    allowed = getattr(os, "sched_getaffinity", None)
    cores = len(allowed(0)) if allowed is not None else os.cpu_count() or 1
    card = Path("/dev/nvidia0").exists() or Path("/dev/nvidiactl").exists() or shutil.which("nvidia-smi") is not None
    return Machine(cores, free_memory(), card)
