"""Loops compiled once per machine: numba keeps them beside the code, or in the user's cache folder."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from threading import Lock
from typing import Any

_ONE = Lock()


@cache
def _of(function: Callable[..., Any]) -> Callable[..., Any]:
    import numba

    try:
        made = numba.njit(nogil=True, cache=True)(function)
    except RuntimeError:  # no folder to keep it in
        made = numba.njit(nogil=True)(function)
    return made  # type: ignore[no-any-return]


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return the compiled form of a module's function; it runs without the interpreter's lock."""
    with _ONE:
        return _of(function)
