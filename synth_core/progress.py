"""How long work tells where it is: a protocol, not a user interface."""

import time
from typing import Protocol


class Progress(Protocol):
    """Called by long work with how much is done; it may raise :class:`~synth_core.errors.Cancelled`."""

    def __call__(self, done: float, total: float, note: str = "") -> None:
        """Report ``done`` of ``total`` units (any unit, same for both) and a short note."""


class StageProgress(Protocol):
    """Progress of work made of named stages."""

    def __call__(self, stage: str, done: float, total: float, note: str = "") -> None:
        """Report ``done`` of ``total`` units of ``stage``."""


def silent(done: float, total: float, note: str = "") -> None:
    """Ignore progress."""


def silent_stages(stage: str, done: float, total: float, note: str = "") -> None:
    """Ignore progress of stages."""


def within(stages: StageProgress, stage: str) -> Progress:
    """Return the progress of one stage of ``stages``."""

    def report(done: float, total: float, note: str = "") -> None:
        stages(stage, done, total, note)

    return report


class Pace:
    """How long a stage will still take, by its own pace: from the share (0..1) that was done when it began here."""

    def __init__(self, share: float) -> None:
        self._from, self._began = share, time.monotonic()

    def seconds_left(self, share: float) -> float | None:
        """Return the seconds left; None while too little was done to tell."""
        spent, moved = time.monotonic() - self._began, share - self._from
        return None if spent < 1 or moved < 0.02 else spent * (1 - share) / moved
