"""Rules from other tools, and for them: constraint dictionaries of SDV (2.0 and 1.x), schemas of pandera."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import parse, rules_from_json
from synth_core.errors import ConstraintError
from synth_core.table import Table

# SDV's class -> our type and what its parameters are called here; SDV excludes the ends of ranges unless told not to.
_SDV: dict[str, tuple[str, dict[str, str], dict[str, Any]]] = {
    "Inequality": ("inequality", {"low_column_name": "low_column", "high_column_name": "high_column"}, {}),
    "Range": (
        "range",
        {"low_column_name": "low_column", "middle_column_name": "middle_column", "high_column_name": "high_column"},
        {"strict_boundaries": True},
    ),
    "ScalarRange": ("scalar_range", {"column_name": "column"}, {"strict_boundaries": True}),
    "ScalarInequality": ("scalar_inequality", {"column_name": "column"}, {}),
    "FixedCombinations": ("fixed_combinations", {"column_names": "columns"}, {}),
    "FixedIncrements": ("increment", {"column_name": "column"}, {}),
    "OneHotEncoding": ("one_hot", {"column_names": "columns"}, {}),
    "Unique": ("unique", {"column_names": "columns"}, {}),
}
_LEFT_OUT = ("table_name", "learning_strategy")


@dataclass(frozen=True)
class Imported:
    """Rules that were read, and a sentence for each one that was not."""

    rules: list[Constraint]
    notes: list[str]


def is_sdv(given: Any) -> bool:
    """Return whether JSON values look like SDV's constraints rather than ours."""
    items = given if isinstance(given, list) else [given]
    return bool(items) and all(
        isinstance(one, Mapping) and ({"constraint_class", "class_name"} & set(one) or one.get("type") in _SDV)
        for one in items
    )


def rules_from_sdv(given: Sequence[Any]) -> Imported:
    """Return the rules in SDV's dictionaries; what has no counterpart here is told, and nothing else is lost.

    Read are ``{"constraint_class": ..., "constraint_parameters": {...}}`` (1.x) and ``{"class_name": ...,
    "parameters": {...}}`` (2.0).
    """
    rules, notes = [], []
    for place, one in enumerate(given, 1):
        try:
            rules.append(_from_sdv(one))
        except ConstraintError as error:
            notes.append(f"Constraint {place} of {len(given)} was left out: {error}")
    return Imported(rules, notes)


def read_rules(text: str) -> Imported:
    """Return the rules in a file of ours, or in SDV's constraints; :class:`ConstraintError` when it is neither."""
    try:
        given = json.loads(text)
    except ValueError:
        given = None
    items = given.get("constraints", [given]) if isinstance(given, dict) else given
    if isinstance(items, list) and is_sdv(items):
        return rules_from_sdv(items)
    return Imported(rules_from_json(text), [])


def _from_sdv(one: Any) -> Constraint:
    if not isinstance(one, Mapping):
        raise ConstraintError(f"a JSON object is needed, not {type(one).__name__}.")
    name = next((one[k] for k in ("class_name", "constraint_class", "type") if k in one), None)
    inside = one.get("constraint_parameters", one.get("parameters"))
    if inside is None:
        inside = {k: v for k, v in one.items() if k not in ("class_name", "constraint_class", "type")}
    if not isinstance(name, str) or not isinstance(inside, Mapping):
        raise ConstraintError("it names no class of SDV, or its parameters are not a JSON object.")
    name = name.rsplit(".", 1)[-1]
    given = {key: value for key, value in inside.items() if key not in _LEFT_OUT and value is not None}
    if name in ("Positive", "Negative"):
        strict = bool(given.get("strict_boundaries", False))
        sign = (">" if name == "Positive" else "<") + ("" if strict else "=")
        fields = {"type": "scalar_inequality", "column": given.get("column_name", ""), "relation": sign, "value": 0}
        return parse({**fields, "source": "imported"})
    if name not in _SDV:
        raise ConstraintError(f"SDV's '{name}' has no counterpart here; known are {', '.join([*_SDV, 'Positive'])}.")
    kind, names, usual = _SDV[name]
    return parse({**usual, **{names.get(k, k): v for k, v in given.items()}, "type": kind, "source": "imported"})


def to_pandera(rules: Sequence[Constraint], table: Table) -> Any:
    """Return a ``pandera`` DataFrameSchema that fails where a hard, enabled rule is broken.

    Columns carry whether they may be missing; each rule is a check of the whole frame, named by its sentence.

    Raises
    ------
    ConstraintError
        pandera is not installed (``pip install simile[pandera]``), or a rule does not fit the table.
    """
    try:
        import pandera.pandas as pandera
    except ImportError:
        raise ConstraintError("pandera is not installed; install it with: pip install 'simile[pandera]'.") from None
    for rule in rules:
        rule.check(table)
    kept = [rule.fitted(table) for rule in rules if rule.enabled and rule.hard]
    columns = {c.name: pandera.Column(nullable=True, required=True) for c in table.columns}
    checks = [pandera.Check(_check(rule), name=rule.sentence(), error=rule.sentence()) for rule in kept]
    return pandera.DataFrameSchema(columns, checks=checks, name=table.name or None)


def _check(rule: Constraint) -> Callable[[pd.DataFrame], pd.Series]:
    def keeps(frame: pd.DataFrame) -> pd.Series:
        return ~rule.violations(frame)

    return keeps
