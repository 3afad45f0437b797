"""The kinds of rules, and rules from and to JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from synth_core.constraints.base import Constraint, to_jsonable
from synth_core.constraints.bounds import ScalarInequality, ScalarRange
from synth_core.constraints.combinations import FixedCombinations, ForbiddenCombinations
from synth_core.constraints.dependencies import FunctionalDependency
from synth_core.constraints.formats import Format, Increment, Precision
from synth_core.constraints.formulas import Formula
from synth_core.constraints.implications import Custom, Implies
from synth_core.constraints.members import AllowedValues, ForbiddenValues, Share
from synth_core.constraints.missing import NotNull, NullIf, NullTogether
from synth_core.constraints.one_hot import OneHot
from synth_core.constraints.orders import ChainedInequality, Inequality, Range
from synth_core.constraints.sequences import Monotonic, SequenceRule
from synth_core.constraints.sums import SumEquals
from synth_core.constraints.uniqueness import Unique
from synth_core.errors import ConstraintError
from synth_core.table import did_you_mean

__all__ = [
    "KINDS",
    "VERSION",
    "AllowedValues",
    "ChainedInequality",
    "Custom",
    "FixedCombinations",
    "ForbiddenCombinations",
    "ForbiddenValues",
    "Format",
    "Formula",
    "FunctionalDependency",
    "Implies",
    "Increment",
    "Inequality",
    "Monotonic",
    "NotNull",
    "NullIf",
    "NullTogether",
    "OneHot",
    "Precision",
    "Range",
    "ScalarInequality",
    "ScalarRange",
    "SequenceRule",
    "Share",
    "SumEquals",
    "Unique",
    "parse",
    "rules_from_json",
    "rules_to_json",
]

VERSION = 1  # of the rule file

KINDS: dict[str, type[Constraint]] = {
    "not_null": NotNull,
    "unique": Unique,
    "scalar_range": ScalarRange,
    "scalar_inequality": ScalarInequality,
    "allowed_values": AllowedValues,
    "forbidden_values": ForbiddenValues,
    "inequality": Inequality,
    "range": Range,
    "chained_inequality": ChainedInequality,
    "fixed_combinations": FixedCombinations,
    "forbidden_combinations": ForbiddenCombinations,
    "functional_dependency": FunctionalDependency,
    "implies": Implies,
    "null_together": NullTogether,
    "null_if": NullIf,
    "formula": Formula,
    "sum_equals": SumEquals,
    "one_hot": OneHot,
    "increment": Increment,
    "precision": Precision,
    "format": Format,
    "monotonic": Monotonic,
    "sequence_rule": SequenceRule,
    "share": Share,
    "custom": Custom,
}


def parse(given: Mapping[str, Any]) -> Constraint:
    """Return the rule that plain JSON values describe; :class:`ConstraintError` says what is wrong in one sentence."""
    if not isinstance(given, Mapping):
        raise ConstraintError(f"A rule must be a JSON object with a 'type', not {type(given).__name__}.")
    if not isinstance(given.get("type"), str):
        raise ConstraintError(f"A rule needs a 'type': one of {', '.join(KINDS)}.")
    if given["type"] not in KINDS:
        hint = did_you_mean(given["type"], list(KINDS)).replace("columns", "types")
        raise ConstraintError(f"There is no rule of type '{given['type']}'.{hint}")
    cls = KINDS[given["type"]]
    try:
        return cls.model_validate(dict(given))
    except ValidationError as error:
        raise ConstraintError(f"The rule '{given['type']}' is not right: {_first(error, cls)}") from None


def _first(error: ValidationError, cls: type[Constraint]) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = str(first["loc"][0]) if first["loc"] else "it"
    fields = [field.alias or name for name, field in cls.model_fields.items()]
    if first["type"] == "extra_forbidden":
        return f"there is no field '{place}'.{did_you_mean(place, fields).replace('columns', 'fields')}"
    if first["type"] == "missing":
        return f"the field '{place}' is missing."
    return f"at '{place}': {first['msg'][:1].lower()}{first['msg'][1:]}."


def rules_from_json(text: str) -> list[Constraint]:
    """Return the rules in a JSON list (or an object with a list called "constraints" or "rules")."""
    given = items_of(text)
    rules = []
    for place, one in enumerate(given, 1):
        try:
            rules.append(parse(one))
        except ConstraintError as error:
            raise ConstraintError(f"Rule {place} of {len(given)}: {error}") from None
    return rules


def items_of(text: str) -> list[Any]:
    """Return the rules of a rule file as JSON values, not looked at yet; ConstraintError when it is no rule file."""
    try:
        given = json.loads(text.removeprefix("\ufeff"), parse_constant=_not_json)
    except RecursionError:
        raise ConstraintError("The rules are not JSON that can be read: they are nested too deep.") from None
    except ValueError as error:
        raise ConstraintError(
            f"The rules are not JSON: {error}. Write them as `simile constraints --json` does."
        ) from None
    if isinstance(given, dict):
        version = given.get("version", VERSION)
        if isinstance(version, bool) or not isinstance(version, int) or version > VERSION:
            raise ConstraintError(f"The rule file has version {version}; this Simile reads up to {VERSION}. Update it.")
        given = given.get("constraints", given.get("rules", [given] if "type" in given else None))
    if not isinstance(given, list):
        raise ConstraintError('The rules must be a JSON list such as [{"type": "not_null", "column": "age"}].')
    return given


def _not_json(word: str) -> None:
    raise ValueError(f"{word} is not a value")


def rules_to_json(rules: list[Constraint]) -> str:
    """Return rules as JSON text that :func:`rules_from_json` reads."""
    return json.dumps({"version": VERSION, "rules": to_jsonable(rules)}, indent=2, ensure_ascii=False) + "\n"
