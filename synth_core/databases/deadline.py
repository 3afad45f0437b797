"""A clock that stops a query when its time is up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress


class Deadline:
    """``seconds`` from now; ``passed`` says whether the query was stopped because of it.

    Attributes
    ----------
    passed
        Set just before the query is interrupted.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.passed = False
        self._end = time.monotonic() + seconds
        self._timer: threading.Timer | None = None

    @property
    def left(self) -> float:
        """Seconds that are left, at least a thousandth."""
        return max(self._end - time.monotonic(), 0.001)

    @property
    def running(self) -> bool:
        """Whether a query is still watched."""
        return self._timer is not None and not self._timer.finished.is_set()

    def watch(self, interrupt: Callable[[], object]) -> None:
        """Call ``interrupt`` from another thread when the time is up."""

        def stop() -> None:
            self.passed = True
            with suppress(Exception):  # the query may be over by now
                interrupt()

        self._timer = threading.Timer(self.left, stop)
        self._timer.daemon = True
        self._timer.start()

    def rest(self) -> None:
        """Stop the clock."""
        if self._timer is not None:
            self._timer.cancel()
