"""How long work tells where it is: a protocol, not a user interface."""

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
