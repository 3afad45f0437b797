"""What a project's what-if page holds: the edits so far, which can be undone one by one, and what became of them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from pydantic import BaseModel, ValidationError

from synth_core.project import Project
from synth_core.run import write_whole
from synth_core.table import Table, numbers
from synth_core.what_if import Added, Shift, WhatIf, shares_of

REMEMBERED = 50


class _Draft(BaseModel):
    """Every state of the edits, the newest last."""

    states: list[WhatIf] = [WhatIf()]


def edits_of(project: Project) -> WhatIf:
    """Return the edits as they are now."""
    return _read(project).states[-1]


def keep(project: Project, edits: WhatIf) -> None:
    """Keep changed edits; what was there before can be brought back by :func:`undo`."""
    states = _read(project).states
    if edits != states[-1]:
        _write(project, [*states, edits])


def undo(project: Project) -> None:
    """Go back to the edits before the last change."""
    states = _read(project).states
    _write(project, states[:-1] or [WhatIf()])


def can_undo(project: Project) -> bool:
    """Whether there is anything to undo."""
    return len(_read(project).states) > 1


def with_shift(edits: WhatIf, shift: Shift) -> WhatIf:
    """Return the edits with one number moved so; a shift that moves nothing leaves none."""
    others = tuple(one for one in edits.shifts if one.column != shift.column)
    return edits.model_copy(update={"shifts": (*others, shift) if shift.changes else others})


def with_rates(edits: WhatIf, name: str, rates: dict[str, float]) -> WhatIf:
    """Return the edits with these rates of one column; none: the real ones."""
    others = {column: levels for column, levels in edits.rates.items() if column != name}
    return edits.model_copy(update={"rates": others | ({name: rates} if rates else {})})


def with_added(edits: WhatIf, added: Added) -> WhatIf:
    """Return the edits with one more category."""
    return edits.model_copy(update={"added": (*edits.added, added)})


def without(edits: WhatIf, place: int) -> WhatIf:
    """Return the edits without the new category at this place."""
    return edits.model_copy(update={"added": tuple(one for at, one in enumerate(edits.added) if at != place)})


@dataclass(frozen=True)
class Reached:
    """One edit held against the rows that were made: a middle or a share (0..1) before, as asked, and as made."""

    what: str
    kind: str
    before: float
    asked: float
    made: float


def reached(table: Table, made: Table, edits: WhatIf) -> list[Reached]:
    """Return what was asked and what came out: middles of moved numbers, shares of changed and new categories."""
    found = []
    for shift in edits.shifts:
        if shift.column not in made.names:
            continue
        middles = [_middle(one, shift.column) for one in (table, made)]
        asked = float(shift.moved(np.asarray([middles[0]]))[0])
        kind = table.column(shift.column).kind.value
        found.append(Reached(f"{shift.column}, middle", kind, middles[0], asked, middles[1]))
    for name in dict.fromkeys([*edits.rates, *(one.column for one in edits.added)]):
        if name not in made.names:
            continue
        before, now = shares_of(table, name), shares_of(made, name)
        room = 1 - sum(one.share for one in edits.added if one.column == name)
        for level, share in edits.rates.get(name, {}).items():
            found.append(
                Reached(f"{name} = {level}", "share", before.get(level, 0.0), share * room, now.get(level, 0.0))
            )
        found += [
            Reached(f"{name} = {one.name} (new)", "share", 0.0, one.share, now.get(one.name, 0.0))
            for one in edits.added
            if one.column == name
        ]
    return found


def _middle(table: Table, name: str) -> float:
    values = numbers(table.frame[name])
    values = values[~np.isnan(values)]
    return float(np.median(values)) if len(values) else float("nan")


def _read(project: Project) -> _Draft:
    try:
        draft = _Draft.model_validate_json((project.folder / "what_if.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return _Draft()
    return draft if draft.states else _Draft()


def _write(project: Project, states: list[WhatIf]) -> None:
    write_whole(project.folder / "what_if.json", _Draft(states=states[-REMEMBERED:]).model_dump_json())
