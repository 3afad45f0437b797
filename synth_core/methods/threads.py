"""Linear algebra on one thread: sums in another order end in other last digits, and so in other rows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS to one thread, so that the result does not depend on how many the machine or the caller allows."""
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1, user_api="blas"):
        yield
