"""Edges as a person writes them: ``age -> income, sex -> income``, or a JSON list of pairs where names hold signs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from synth_core.errors import MethodError
from synth_core.table import did_you_mean

Edge = tuple[str, str]

ARROW = "->"


def parse_edges(text: str, setting: str = "edges") -> list[Edge]:
    """Return the edges (from, to) that a setting names.

    >>> parse_edges("age -> income, sex->income")
    [('age', 'income'), ('sex', 'income')]
    >>> parse_edges('[["a, b", "c"]]')
    [('a, b', 'c')]
    """
    if text.strip().startswith("["):
        return _from_json(text, setting)
    found = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        ends = [end.strip() for end in part.split(ARROW)]
        if len(ends) != 2 or not all(ends):
            raise MethodError(
                f"Setting '{setting}': '{part}' is not an edge. Write 'from -> to' and a comma between two edges; a "
                'JSON list such as [["from", "to"]] where names hold these signs.'
            )
        found.append((ends[0], ends[1]))
    return list(dict.fromkeys(found))


def _from_json(text: str, setting: str) -> list[Edge]:
    try:
        given = json.loads(text)
        pairs = [(str(one), str(other)) for one, other in given]
    except (ValueError, TypeError):
        raise MethodError(f'Setting \'{setting}\' is not a JSON list of pairs such as [["from", "to"]].') from None
    return list(dict.fromkeys(pairs))


def write_edges(edges: Iterable[Edge]) -> str:
    """Return edges as :func:`parse_edges` reads them.

    >>> write_edges([("age", "income")]), write_edges([("a, b", "c")])
    ('age -> income', '[["a, b", "c"]]')
    """
    found = list(edges)
    plain = ", ".join(f"{one} {ARROW} {other}" for one, other in found)
    try:
        same = parse_edges(plain) == found
    except MethodError:
        same = False
    return plain if same else json.dumps([list(edge) for edge in found], ensure_ascii=False)


def check_edges(required: Sequence[Edge], forbidden: Sequence[Edge], names: Sequence[str]) -> None:
    """Raise MethodError where an edge names no column, is asked for and forbidden, or edges run in a circle."""
    for setting, edges in (("edges", required), ("forbidden", forbidden)):
        for edge in edges:
            for name in edge:
                if name not in names:
                    raise MethodError(
                        f"Setting '{setting}': there is no learned column '{name}' (or a rule computes it)."
                        f"{did_you_mean(name, names)}"
                    )
            if edge[0] == edge[1]:
                raise MethodError(f"Setting '{setting}': column '{edge[0]}' cannot depend on itself.")
    for edge in required:
        if edge in forbidden:
            raise MethodError(
                f"The edge '{edge[0]} {ARROW} {edge[1]}' is required and forbidden at once; take it out of one of them."
            )
    circle = find_circle(required)
    if circle:
        path = f" {ARROW} ".join(circle)
        raise MethodError(
            f"Setting 'edges' runs in a circle: {path}. A column cannot depend on itself; turn one of these edges "
            "round or take it out."
        )


def find_circle(edges: Sequence[Edge]) -> list[str]:
    """Return the columns along a circle, the first again at its end; empty when there is none.

    >>> find_circle([("a", "b"), ("b", "c"), ("c", "a")])
    ['a', 'b', 'c', 'a']
    """
    after: dict[str, list[str]] = {}
    for one, other in edges:
        after.setdefault(one, []).append(other)
    done: set[str] = set()
    for start in after:
        trail, pending = [start], [iter(after[start])]
        while trail:
            step = next(pending[-1], None)
            if step is None:
                done.add(trail.pop())
                pending.pop()
            elif step in trail:
                return [*trail[trail.index(step) :], step]
            elif step not in done:
                trail.append(step)
                pending.append(iter(after.get(step, [])))
    return []
