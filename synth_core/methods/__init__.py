"""The engines and their registry. Adding one: ``docs/adding-an-engine.md``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, TypeVar

from synth_core.errors import MethodError
from synth_core.methods.base import Engine, Fitted, Method, MethodInfo, Param
from synth_core.table import did_you_mean

__all__ = [
    "Engine",
    "Fitted",
    "Method",
    "MethodInfo",
    "Param",
    "create",
    "method_class",
    "methods",
    "register",
    "setting",
]

_BUILT_IN = ("trees", "copula", "bayesian_network", "independent", "diffusion", "deep")
_registry: dict[str, type[Method]] = {}
M = TypeVar("M", bound=type[Method])


def register(cls: M) -> M:
    """Class decorator: make an engine known under ``cls.info.name``."""
    _registry[cls.info.name] = cls
    return cls


@cache
def _loaded() -> Callable[[], Mapping[str, type[Method]]]:
    for module in _BUILT_IN:
        import_module(f"synth_core.methods.{module}")
    for point in entry_points(group="simile.methods"):
        register(point.load())
    return lambda: _registry


def methods() -> dict[str, type[Method]]:
    """Return every registered engine by name, ours first; entry points of the group ``simile.methods`` follow."""
    return dict(_loaded()())


def method_class(name: str) -> type[Method]:
    """Return the engine called ``name``; :class:`MethodError` when it is unknown or lacks a package."""
    known = methods()
    if name not in known:
        hint = did_you_mean(name, list(known)).replace("columns", "methods")
        raise MethodError(f"There is no method '{name}'.{hint}")
    missing = known[name].info.missing
    if missing:
        raise MethodError(f"Method '{name}' needs {', '.join(missing)}: pip install {' '.join(missing)}")
    return known[name]


def setting(name: str, params: Mapping[str, Any], key: str) -> Any:
    """Return the value of one setting of engine ``name``: what ``params`` say, else its default; None: it has none."""
    engine = methods().get(name)
    found = [param.default for param in engine.info.params if param.name == key] if engine is not None else []
    return params.get(key, found[0]) if found else None


def create(name: str, params: Mapping[str, Any] | None = None) -> Method:
    """Return the engine ``name`` with these settings, validated."""
    return method_class(name)(**dict(params or {}))
