"""The engines and their registry. Adding one: ``docs/adding-an-engine.md``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
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
    "broken",
    "create",
    "method_class",
    "methods",
    "register",
    "setting",
]

_BUILT_IN = ("trees", "copula", "bayesian_network", "independent", "diffusion", "deep")
GROUP = "simile.methods"
_registry: dict[str, type[Method]] = {}
_broken: list[str] = []
M = TypeVar("M", bound=type[Method])


def register(cls: M) -> M:
    """Class decorator: make an engine known under ``cls.info.name``."""
    _registry[cls.info.name] = cls
    return cls


@cache
def _loaded() -> Callable[[], Mapping[str, type[Method]]]:
    _broken.clear()
    for module in _BUILT_IN:
        import_module(f"synth_core.methods.{module}")
    for point in entry_points(group=GROUP):
        _plug_in(point)
    return lambda: _registry


def _plug_in(point: EntryPoint) -> None:
    """Take in an engine of another package; one that cannot be is noted in a sentence and left out."""
    package = point.dist.name if point.dist is not None else point.value
    start = f"The package '{package}' offers the engine '{point.name}', which is left out: "
    before = dict(_registry)
    try:
        cls: Any = point.load()
    except Exception as error:  # whatever a stranger's module raises when it is read
        _broken.append(f"{start}'{point.value}' cannot be read ({type(error).__name__}). Update or remove the package.")
        return
    finally:  # a stranger's module that registers its engines by itself must not take the place of ours
        _registry.clear()
        _registry.update(before)
    if problem := _unfit(cls):
        _broken.append(f"{start}{problem}. Update or remove the package.")
    elif cls.info.name in _registry and _registry[cls.info.name] is not cls:
        _broken.append(f"{start}there is another engine called '{cls.info.name}' already. Remove one of the two.")
    else:
        register(cls)


def _unfit(cls: object) -> str:
    """Return what is missing for a class to be an engine; "" where nothing is."""
    if not isinstance(cls, type):
        return f"it is a {type(cls).__name__}, not a class"
    info = getattr(cls, "info", None)
    if not isinstance(info, MethodInfo):
        return "its 'info' is not a MethodInfo"
    lacking = [name for name in ("fit", "load") if not callable(getattr(cls, name, None))]
    if lacking:
        return f"it has no '{lacking[0]}'"
    return "" if re.fullmatch(r"[a-z][a-z0-9_]*", str(info.name)) else "its name is not of small letters, digits and _"


def broken() -> list[str]:
    """Return a sentence for each installed engine that was left out because it is broken."""
    _loaded()
    return list(_broken)


def methods() -> dict[str, type[Method]]:
    """Return every registered engine by name, ours first; entry points of the group ``simile.methods`` follow,
    those that are broken left out (:func:`broken`)."""
    return dict(_loaded()())


def method_class(name: str) -> type[Method]:
    """Return the engine called ``name``; :class:`MethodError` when it is unknown or lacks a package."""
    known = methods()
    if name not in known:
        hint = did_you_mean(name, list(known)).replace("columns", "methods")
        raise MethodError(f"There is no engine '{name}'.{hint}")
    missing = known[name].info.missing
    if missing:
        raise MethodError(f"Engine '{name}' needs {', '.join(missing)}: pip install {' '.join(missing)}")
    return known[name]


def setting(name: str, params: Mapping[str, Any], key: str) -> Any:
    """Return the value of one setting of engine ``name``: what ``params`` say, else its default; None: it has none."""
    engine = methods().get(name)
    found = [param.default for param in engine.info.params if param.name == key] if engine is not None else []
    return params.get(key, found[0]) if found else None


def create(name: str, params: Mapping[str, Any] | None = None) -> Method:
    """Return the engine ``name`` with these settings, validated."""
    return method_class(name)(**dict(params or {}))
