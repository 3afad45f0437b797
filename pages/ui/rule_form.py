"""The form of a kind of rule, drawn from the fields that the kind declares."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal, get_args, get_origin

import streamlit as st
from pydantic.fields import FieldInfo

from pages.ui import cache, state, theme
from synth_core.constraints.base import AMOUNTS, ORDERED, STATES, Constraint
from synth_core.constraints.expressions import parse_condition, parse_expression
from synth_core.constraints.kinds import KINDS
from synth_core.errors import ConstraintError
from synth_core.table import Kind, Table

FORM = "constraints.form."
LEVELS = 300
NONE = "(none)"
COLUMN = ("column", "output", "dependent", "low_column", "middle_column", "high_column", "entity", "order_by")
COLUMNS = ("columns", "determinants")
EXPRESSIONS = ("expression", "if", "then", "when")
LEARNED = ("combinations", "mapping", "transitions", "first")  # taken from the real rows, then tuned on the picture
TITLES = {
    "column": "Column",
    "columns": "Columns",
    "output": "Column that is computed",
    "dependent": "determine",
    "determinants": "These columns",
    "low_column": "Lowest",
    "middle_column": "Between",
    "high_column": "Highest",
    "entity": "Within each",
    "order_by": "Ordered by",
    "expression": "Expression",
    "when": "Where",
    "relation": "is",
    "value": "Value",
    "values": "Values",
    "increment_value": "Step",
    "decimals": "Decimals, at most",
    "regex": "Pattern (regex, for the whole cell)",
    "strftime": "Date form",
    "min_length": "Characters, at least",
    "max_length": "Characters, at most",
    "direction": "Direction",
    "strict": "Equal values break it too",
    "strict_boundaries": "Equal values break it too",
    "tolerance": "Tolerance",
}
HINTS = {
    "if": "sex = 'M'",
    "then": "pregnant = 'no'",
    "expression": "paid <= price * 1.2",
    "when": "age >= 18",
    "value": "18, or 2024-01-31",
    "regex": r"[A-Z]{2}\d{4}",
    "strftime": "%d.%m.%Y",
}
WORDS = {
    ">": "above",
    ">=": "at least",
    "<": "below",
    "<=": "at most",
    "increasing": "never falls",
    "decreasing": "never rises",
}
HELD: dict[str, tuple[Kind, ...]] = {
    "scalar_inequality": ORDERED,
    "range": ORDERED,
    "chained_inequality": ORDERED,
    "forbidden_combinations": STATES,
    "increment": AMOUNTS,
    "precision": AMOUNTS,
    "monotonic": ORDERED,
    "sequence_rule": STATES,
    "share": STATES,
    "format": (Kind.CATEGORY, Kind.BOOLEAN, Kind.TEXT, Kind.IDENTIFIER),
    "one_hot": (*AMOUNTS, Kind.BOOLEAN, Kind.CATEGORY),
    "functional_dependency": STATES,
    "formula": ORDERED,
}


def own_fields(kind: str) -> dict[str, FieldInfo]:
    """Return the fields of a kind that its form shows, by the name in a rule file."""
    fields = {field.alias or name: field for name, field in KINDS[kind].model_fields.items()}
    common = set(Constraint.model_fields)
    needed = fields["when"].is_required()
    return {name: f for name, f in fields.items() if name not in common | set(LEARNED) or (name == "when" and needed)}


def start(kind: str, rule: Constraint | None) -> dict[str, Any]:
    """Return what the form's fields hold at first; an optional column that is not given is "(none)"."""
    given = rule.model_dump(mode="json") if rule is not None else {}
    begin: dict[str, Any] = {}
    for name, field in own_fields(kind).items():
        value = given.get(name, None if field.is_required() else field.get_default())
        if name in ("entity", "order_by"):
            value = value or NONE
        elif name == "values":
            value = [str(one) for one in value or ()]
        elif name == "value":
            value = "" if value is None else str(value)
        elif name == "probabilities":
            continue
        if value is not None:
            begin[name] = value
    if kind == "forbidden_combinations" and rule is None:
        begin["columns"] = []
    return begin


def draw(table: Table, kind: str) -> None:
    """Draw the fields of the kind; numbers, switches and short choices stand beside each other."""
    small: list[tuple[str, FieldInfo]] = []
    for name, field in own_fields(kind).items():
        if name in COLUMN or name in COLUMNS or name in EXPRESSIONS or name in ("values", "probabilities", "regex"):
            _wide(table, kind, name)
        else:
            small.append((name, field))
    if kind == "forbidden_combinations":
        _combination(table)
    for at in range(0, len(small), 2):
        for place, (name, field) in zip(st.columns(2, vertical_alignment="bottom"), small[at : at + 2], strict=False):
            _narrow(place, name, field)


def _wide(table: Table, kind: str, name: str) -> None:
    title = TITLES.get(name, name.replace("_", " ").capitalize())
    held = HELD.get(kind)
    names = [column.name for column in table.columns if held is None or name == "dependent" or column.kind in held]
    if name in ("entity", "order_by"):
        every = [NONE, *(c.name for c in table.columns if name == "entity" or c.kind in ORDERED)]
        st.selectbox(title, every, key=FORM + name)
    elif name in COLUMN:
        st.selectbox(title, names, key=FORM + name)
    elif name in COLUMNS:
        least = "One or more columns" if name == "determinants" else "Two or more columns, in their order"
        st.multiselect(title, names, key=FORM + name, placeholder=least)
    elif name == "values":
        column = table.column(str(state.get(f"{FORM}column", names[0])))
        known = [] if column.regenerated or column.kind is Kind.TEXT else list(cache.levels(table, column.name).index)
        options = list(dict.fromkeys([*known[:LEVELS], *state.get(f"{FORM}values", [])]))
        st.multiselect(title, options, key=FORM + name, accept_new_options=True, placeholder="Choose, or type new ones")
    elif name == "probabilities":
        st.caption("It begins with the shares of the real rows; you tune them on the picture.")
    elif name in EXPRESSIONS:
        expression(table, name, title)
    else:
        st.text_input(title, key=FORM + name, placeholder=HINTS.get(name, ""))


def _narrow(place: Any, name: str, field: FieldInfo) -> None:
    title, key = TITLES.get(name, name.replace("_", " ").capitalize()), FORM + name
    kind = field.annotation
    if get_origin(kind) is Literal:
        place.selectbox(title, list(get_args(kind)), format_func=lambda one: WORDS.get(one, one), key=key)
    elif kind is bool:
        place.toggle(title, key=key)
    elif kind is int or kind == (int | None):
        place.number_input(title, min_value=0, value=None, step=1, key=key)
    elif kind is float:
        place.number_input(title, min_value=0.0, value=None, format="%g", key=key)
    else:
        place.text_input(title, key=key, placeholder=HINTS.get(name, ""))


def _combination(table: Table) -> None:
    """Draw one choice per column: the first combination that never occurs; more are clicked on the picture."""
    names: Sequence[str] = state.get(f"{FORM}columns", [])
    if len(names) < 2 or state.get(f"{FORM}combinations", None) is not None:
        return
    st.caption("Never together (more combinations are clicked on the picture):")
    for place, name in zip(st.columns(len(names)), names, strict=True):
        place.selectbox(name, list(cache.levels(table, name).index)[:LEVELS], key=f"{FORM}cell_{name}")


def expression(table: Table, name: str, title: str, *, condition: bool | None = None) -> None:
    """Draw a field for an expression; below it what is wrong and where, or how it reads in words."""
    st.text_input(title, key=FORM + name, placeholder=HINTS.get(name, ""))
    text = str(state.get(FORM + name, "") or "").strip()
    if not text:
        return
    is_condition = condition if condition is not None else not state.get(f"{FORM}output", "")
    try:
        found = (parse_condition if is_condition or name != "expression" else parse_expression)(text, table.columns)
    except ConstraintError as error:
        st.markdown(f":red[:small[{theme.plain(str(error).split(': ', 1)[-1])}]]")
        if (at := re.search(r"character (\d+):", str(error))) is not None and len(text) <= 80:
            st.code(f"{text}\n{' ' * (int(at.group(1)) - 1)}^", language=None)
    else:
        st.markdown(f":gray[:small[{theme.plain(found.sentence())}]]")


def collected(table: Table, kind: str, rule: Constraint | None) -> dict[str, Any]:
    """Return the fields of the rule that the form describes now."""
    fields: dict[str, Any] = {}
    for name, field in own_fields(kind).items():
        value = state.get(FORM + name, None)
        if name in ("entity", "order_by"):
            value = None if value in (NONE, None) else value
        elif name == "values":
            value = _cells(table, str(state.get(f"{FORM}column", "")), value or [])
        elif name == "probabilities":
            value = _shares(table, rule)
        elif isinstance(value, str):
            value = value.strip() or (None if not field.is_required() else "")
        if value is None and field.is_required():
            value = [] if name in COLUMNS or name == "values" else ""
        if value is None and not field.is_required():
            continue
        fields[name] = value
    if kind == "forbidden_combinations":
        same = rule is not None and tuple(fields["columns"]) == rule.own_columns
        fields["combinations"] = getattr(rule, "combinations", ()) if same else _chosen(table, fields["columns"])
    elif rule is not None:
        same = all(state.get(FORM + n, None) == _as_form(getattr(rule, n, None)) for n in (*COLUMNS, "column")
                   if n in fields)  # fmt: skip
        dump = rule.model_dump(mode="json")
        if same and (kind != "functional_dependency" or fields["dependent"] == dump["dependent"]):
            fields |= {name: dump[name] for name in LEARNED if dump.get(name) is not None}
    return fields


def _as_form(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _cells(table: Table, name: str, labels: Sequence[str]) -> list[Any]:
    """Return the cells that stand behind what was chosen or typed."""
    if name not in table.names:
        return list(labels)
    from pages.ui.rule_values import cells_of

    return cells_of(cache.levels(table, name), labels)


def _chosen(table: Table, names: Sequence[str]) -> list[list[Any]]:
    cells = [_cells(table, name, [state.get(f"{FORM}cell_{name}", "")])[0] for name in names]
    return [cells] if len(cells) > 1 and "" not in cells else []


def _shares(table: Table, rule: Constraint | None) -> dict[str, float]:
    name = str(state.get(f"{FORM}column", ""))
    if rule is not None and rule.own_columns == (name,):
        return dict(rule.probabilities)  # type: ignore[attr-defined]
    if name not in table.names:
        return {}
    counts = cache.levels(table, name)
    total = max(int(counts.sum()), 1)
    return {label: round(int(rows) / total, 4) for label, rows in counts.head(12).items() if rows >= 5}
