"""The command line's list of engines: alone, or with what each takes on a table and what is advised."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from synth_core.needs import gigabytes

if TYPE_CHECKING:
    from synth_core.methods import MethodInfo
    from synth_core.recipe import Use
    from synth_core.table import Table


def about(table: Table, use: Use, rows: int, minutes: float) -> dict[str, dict[str, Any]]:
    """Return per engine what it would take on this table (``estimate``) and what is advised (``advice``)."""
    from synth_core.estimates import estimate
    from synth_core.methods import methods
    from synth_core.recipe import Recipe
    from synth_core.recommend import assess

    found = {
        name: estimate(table, Recipe(method=name, rows=rows, use=use))
        for name, cls in methods().items()
        if not cls.info.missing
    }
    expected = {name: one.seconds for name, one in found.items() if one.seconds is not None}
    return {
        one.method: {
            "estimate": _plain(found[one.method]) if one.method in found else None,
            "advice": {"recommended": one.recommended, "reason": one.reason, "refused": one.refused},
        }
        for one in assess(table, use, minutes=minutes, expected=expected)
    }


def _plain(one: Any) -> dict[str, Any]:
    return {
        "seconds": None if one.seconds is None else round(one.seconds, 1),
        "work_seconds": round(one.work, 1),
        "memory_gb": round(one.memory / 1e9, 2),
        "at_most": one.at_most,
        "problem": one.problem,
    }


def lines(infos: Sequence[MethodInfo], found: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Yield the list in words: a line per engine, and for a table what it takes and what is advised below it."""
    for info in infos:
        missing = f"  (needs {', '.join(info.missing)})" if info.missing else ""
        yield f"{info.name:<16} {info.summary}  [{info.licence}]{missing}"
        if info.name not in found:
            continue
        takes, advice = found[info.name]["estimate"], found[info.name]["advice"]
        if takes is not None:
            yield f"{'':<16} {takes_words(takes)}"
        if advice["recommended"]:
            yield f"{'':<16} recommended: {advice['reason']}"
        elif advice["refused"]:
            yield f"{'':<16} not advised: {advice['refused']}"


def takes_words(takes: Mapping[str, Any]) -> str:
    """Return what an engine takes, in words.

    >>> takes_words({"seconds": 40.2, "memory_gb": 0.4, "at_most": False, "problem": ""})
    'about 40 s, 0.4 GB for this table'
    """
    if takes["problem"]:
        return f"would fail: {takes['problem']}"
    memory = gigabytes(takes["memory_gb"] * 1e9)
    if takes["seconds"] is None:
        return f"time not known, {memory} for this table"
    seconds = max(takes["seconds"], 1)
    time = f"{seconds:.0f} s" if seconds < 90 else f"{seconds / 60:,.0f} min"
    return f"{'at most ' if takes['at_most'] else ''}about {time}, {memory} for this table"
