"""Rules from other tools, and for them: constraint dictionaries of SDV (2.0 and 1.x), schemas of pandera."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import Formula, items_of, parse, rules_from_json, rules_to_json
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
        isinstance(one, Mapping) and ({"constraint_class", "class_name"} & set(one) or str(one.get("type")) in _SDV)
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
    """Return the rules in a file of ours, or in SDV's constraints; :class:`ConstraintError` when it is neither.

    A rule of ours that is wrong stops the reading: rules that were asked for are not left out in silence.
    """
    items = items_of(text)
    return rules_from_sdv(items) if items and is_sdv(items) else Imported(rules_from_json(text), [])


def import_rules(text: str, table: Table, *, taken: Sequence[str] = ()) -> Imported:
    """Return the rules in a file that can be used on ``table``, and a sentence for each one left out or in doubt.

    Left out is what cannot be read, or does not fit the table; in doubt is a rule that every real row breaks, or a
    formula without a result in some. Ids that are repeated, or among ``taken``, are made anew.

    Raises
    ------
    ConstraintError
        The text is no rule file, or no rule in it names a column of the table: it was made for another one.
    """
    items = items_of(text)
    sdv = bool(items) and is_sdv(items)
    rules: list[Constraint] = []
    notes: list[str] = []
    strange: set[str] = set()
    seen = set(taken)
    for place, one in enumerate(items, 1):
        try:
            rule = _from_sdv(one) if sdv else parse(one)
            absent = set(rule.columns_used) - set(table.names)
            if absent and absent == set(rule.columns_used):
                strange |= absent
            rule.check(table)
            notes += [f"Rule {place} of {len(items)} was read, but {doubt}" for doubt in _doubts(rule, table)]
        except ConstraintError as error:
            notes.append(f"Rule {place} of {len(items)} was left out: {error}")
            continue
        if rule.id in seen:
            rule = rule.model_copy(update={"id": type(rule).model_fields["id"].get_default(call_default_factory=True)})
        seen.add(rule.id)
        rules.append(rule)
    if items and not rules and strange:
        named = ", ".join(f"'{name}'" for name in sorted(strange)[:3])
        raise ConstraintError(
            f"None of the {len(items)} rules fits this table: it has no column {named}. "
            "The file seems to belong to another table."
        )
    return Imported(rules, notes)


def _doubts(rule: Constraint, table: Table) -> list[str]:
    if not rule.enabled or not len(table):
        return []
    broken = int(rule.fitted(table).violations(table.frame).sum())
    found = []
    if broken == len(table):
        found.append(f"all {broken:,} real rows break it ({rule.sentence()}): is it the wrong way round?")
    if isinstance(rule, Formula) and (count := rule.undefined(table.frame)):
        found.append(f"its formula divides by zero in {count:,} of {len(table):,} rows ({rule.sentence()}).")
    return found


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

    Each rule is a check of the whole frame, named by its sentence; columns may have missing cells unless a rule says
    otherwise.

    Raises
    ------
    ConstraintError
        pandera is not installed (``pip install simile[pandera]``), or a rule does not fit the table.
    """
    return schema_of(_exported(rules, table), table.names, table.name)


def schema_of(rules: Sequence[Constraint], columns: Sequence[str], name: str = "") -> Any:
    """Return a ``pandera`` DataFrameSchema of completed rules (see ``Constraint.fitted``).

    Raises ConstraintError where pandera is not installed.
    """
    try:
        import pandera.pandas as pandera
    except ImportError:
        raise ConstraintError("pandera is not installed; install it with: pip install 'simile[pandera]'.") from None
    checks = [pandera.Check(_check(rule), name=rule.sentence(), error=rule.sentence()) for rule in rules]
    described = {column: pandera.Column(nullable=True, required=True) for column in columns}
    return pandera.DataFrameSchema(described, checks=checks, name=name or None)


def pandera_module(rules: Sequence[Constraint], table: Table) -> str:
    """Return a Python module whose ``schema`` is the pandera schema of the hard, enabled rules.

    It needs ``simile[pandera]`` to be installed: the checks are those of this package, so that every kind of rule means
    the same there. ConstraintError when a rule does not fit the table.
    """
    rules = _exported(rules, table)
    # an empty second line: Python would take "coding: ..." there, in a column's name, for the encoding of the file
    said = "".join(f"#   {line}\n" for rule in rules for line in rule.sentence().splitlines())
    return (
        f"# Rules as a pandera schema: schema.validate(frame, lazy=True). Needs simile[pandera].\n#\n{said}"
        "from synth_core.constraints.exchange import schema_of\n"
        "from synth_core.constraints.kinds import rules_from_json\n\n"
        f"COLUMNS = {table.names!r}\n"
        f"RULES = {rules_to_json(rules)!r}\n\n"
        f"schema = schema_of(rules_from_json(RULES), COLUMNS, {table.name!r})\n"
    )


def _exported(rules: Sequence[Constraint], table: Table) -> list[Constraint]:
    for rule in rules:
        rule.check(table)
    return [rule.fitted(table) for rule in rules if rule.enabled and rule.hard]


def _check(rule: Constraint) -> Callable[[pd.DataFrame], pd.Series]:
    def keeps(frame: pd.DataFrame) -> pd.Series:
        return ~rule.violations(frame)

    return keeps
