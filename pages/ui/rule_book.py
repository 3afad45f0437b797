"""The project's rules as the page changes them: add, edit, switch, delete; with undo and redo."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from pages.ui import cache, state
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import parse, rules_from_json, rules_to_json
from synth_core.errors import ConstraintError, SimileError
from synth_core.project import Project
from synth_core.table import Table

DEPTH = 50
_FACTS = (
    "id",
    "description",
    "enabled",
    "severity",
    "hard",
    "target_rate",
    "source",
    "support",
    "exceptions",
    "status",
)


class Step(NamedTuple):
    """What was before a change: the rules as JSON, and the rows that were kept (None: the change left them alone)."""

    rules: str
    kept: npt.NDArray[np.bool_] | None = None


def change(project: Project, rules: Sequence[Constraint]) -> None:
    """Replace the rules; the step can be undone."""
    _push(project, "undo", Step(rules_to_json(project.rules)))
    state.drop(_stack(project, "redo"))
    project.set_rules(list(rules))


def drop_rows(project: Project, dropped: npt.NDArray[np.bool_]) -> None:
    """Leave these real rows out; the step can be undone."""
    _rows(project, lambda: project.drop_rows(dropped))


def bring_back(project: Project) -> None:
    """Take all rows in again; the step can be undone."""
    _rows(project, project.bring_back)


def _rows(project: Project, act: Callable[[], object]) -> None:
    try:
        before = Step(rules_to_json(project.rules), project.kept_rows)
    except SimileError:  # rows that an older version left out: they can be brought back, once
        before = None
    act()
    if before is not None:
        _push(project, "undo", before)
        state.drop(_stack(project, "redo"))


def _stack(project: Project, name: str) -> str:
    return f"constraints.{name}_{project.id}"


def _push(project: Project, name: str, step: Step) -> None:
    steps: list[Step] = [*state.get(_stack(project, name), []), step]
    state.put(_stack(project, name), steps[-DEPTH:])


def can(project: Project, name: str) -> bool:
    """Return whether there is a step to ``"undo"`` or ``"redo"``."""
    return bool(state.get(_stack(project, name), []))


def step(project: Project, name: str) -> None:
    """Take back the last change (``"undo"``), or make it again (``"redo"``)."""
    steps: list[Step] = list(state.get(_stack(project, name), []))
    if not steps:
        return
    wanted = steps.pop()
    now = Step(rules_to_json(project.rules), None if wanted.kept is None else project.kept_rows)
    if wanted.kept is not None:
        if now.kept is None or len(wanted.kept) != len(now.kept):  # another table was read meanwhile
            state.drop(_stack(project, name))
            return
        project.keep_rows(wanted.kept)
    project.set_rules(rules_from_json(wanted.rules))
    state.put(_stack(project, name), steps)
    _push(project, "redo" if name == "undo" else "undo", now)


def same(one: Constraint, other: Constraint) -> bool:
    """Return whether two rules ask for the same, whoever made them."""
    return one.model_dump(exclude=set(_FACTS)) == other.model_dump(exclude=set(_FACTS))


def covered(found: Constraint, rules: Sequence[Constraint]) -> bool:
    """Return whether a suggestion is among the rules already, also when that rule was tuned since."""
    sentence = found.sentence()
    return any(
        same(found, rule)
        or sentence == rule.sentence()
        or (found.type == rule.type != "implies" and found.columns_used == rule.columns_used)
        for rule in rules
    )


def accept(project: Project, table: Table, rule: Constraint | dict[str, Any]) -> Constraint:
    """Add a rule after checking that it fits the table, and choose it; a rule that is there already is only chosen."""
    made = rule if isinstance(rule, Constraint) else parse(rule)
    made.check(table)
    made = made.fitted(table)
    for kept in project.rules:
        if same(kept, made):
            choose(kept.id)
            return kept
    change(project, [*project.rules, made])
    choose(made.id)
    return made


def replace(project: Project, table: Table, rule: Constraint) -> None:
    """Put an edited rule in the place of the one with the same id."""
    rule.check(table)
    change(project, [rule if kept.id == rule.id else kept for kept in project.rules])


def update(project: Project, rule: Constraint, **fields: Any) -> Constraint:
    """Change some fields of a rule, validated."""
    made = parse(rule.model_dump(mode="json") | fields)
    change(project, [made if kept.id == rule.id else kept for kept in project.rules])
    return made


def delete(project: Project, rule_id: str) -> None:
    """Take a rule away."""
    change(project, [kept for kept in project.rules if kept.id != rule_id])


def choose(rule_id: str) -> None:
    """Show this rule's picture."""
    state.put("constraints.chosen", rule_id)


def core(rule: Constraint) -> str:
    """Return what decides which rows break a rule, as JSON: its name, switch and the like count nothing anew."""
    return json.dumps(rule.model_dump(mode="json", exclude=set(_FACTS)), sort_keys=True, ensure_ascii=False)


def standing(table: Table, rule: Constraint) -> cache.Standing:
    """Return how the rule stands with the real rows; only what was changed is counted again."""
    return cache.standing(table, core(rule), rule)


def broken(table: Table, rule: Constraint) -> pd.Series:
    """Return True for each row of the table that breaks the rule; ConstraintError where it does not fit the table."""
    found = standing(table, rule)
    if found.problem:
        raise ConstraintError(found.problem)
    return found.broken


def broken_by_any(table: Table, rules: Sequence[Constraint]) -> pd.Series:
    """Return True for each row that breaks at least one of the rules that fit the table."""
    result = np.zeros(len(table), dtype=bool)
    for rule in rules:
        found = standing(table, rule)
        if found.rows:
            result |= found.broken.to_numpy(dtype=bool)
    return pd.Series(result, index=table.frame.index)
