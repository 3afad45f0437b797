"""Adding and editing a rule: one dialog, its form by kind, with the sentence and its broken rows as you type."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from pages.ui import rule_book, rule_form, state, theme
from pages.ui.rule_form import FORM
from synth_core.constraints.base import Constraint
from synth_core.constraints.kinds import KINDS, parse
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.table import Kind, Table

OPEN = "constraints.dialog"
AMOUNTS = (Kind.INTEGER, Kind.NUMBER)
ORDERED = (*AMOUNTS, Kind.DATETIME)
STATES = (Kind.CATEGORY, Kind.BOOLEAN, Kind.INTEGER)
FIXED_NUMBER = "(a number)"
KEPT = {
    "auto": "As is best",
    "transform": "By construction",
    "condition": "While rows are drawn",
    "repair": "By repair",
    "reject": "By retry",
    "check_only": "Only check it",
}


def ask(kind: str, rule_id: str = "") -> None:
    """Open the dialog at the end of this run: a new rule of a kind, or the rule with this id."""
    state.put(OPEN, (kind, rule_id))


def open_dialog(project: Project, table: Table, rules: Sequence[Constraint]) -> None:
    """Draw the dialog if it was asked for in this run."""
    kind, rule_id = state.get(OPEN, ("", ""))
    if not kind:
        return
    state.drop(OPEN)
    rule = next((rule for rule in rules if rule.id == rule_id), None)
    _fill(kind, rule, table)
    title = KINDS[kind].title
    st.dialog(f"Edit: {title.lower()}" if rule else f"New rule: {title.lower()}", width="medium")(_form)(
        project, table, kind, rule
    )


def _fill(kind: str, rule: Constraint | None, table: Table) -> None:
    """Give the form's fields their first values."""
    state.drop_all(FORM)
    given = rule.model_dump(mode="json") if rule else {}
    if kind == "scalar_range":
        given |= {name: "" if given.get(name) is None else str(given[name]) for name in ("low_value", "high_value")}
    if kind == "sum_equals" and rule is not None and not isinstance(given["total"], str):
        given |= {"number": float(given["total"]), "total": FIXED_NUMBER}
    if kind not in _FIELDS:
        given |= rule_form.start(kind, rule)
        if rule is not None and kind == "forbidden_combinations":
            state.put(f"{FORM}combinations", True)
    given["nulls"] = rule is not None and rule.on_null == "violates"
    for field, value in given.items():
        if value is not None and field not in (
            "id",
            "type",
            "source",
            "support",
            "exceptions",
            *rule_form.LEARNED,
            "probabilities",
        ):
            state.put(FORM + field, value)


def _form(project: Project, table: Table, kind: str, rule: Constraint | None) -> None:
    st.markdown(f":gray[{ABOUT[kind]}]")
    if kind in _FIELDS:
        _FIELDS[kind](table)
    else:
        rule_form.draw(table, kind)
    if "when" not in rule_form.own_fields(kind):
        with st.expander("Only where a condition holds", expanded=bool(_value("when"))):
            rule_form.expression(table, "when", "Condition", condition=True)
    st.text_input("Why (optional)", key=f"{FORM}description", placeholder="For the report: where the rule comes from")
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        ways = ["auto", *KINDS[kind].ways, "check_only"]
        st.selectbox("How it is kept", ways, format_func=KEPT.__getitem__, key=f"{FORM}enforcement", width=200)
        if kind != "not_null":
            st.toggle("A missing cell breaks it", key=f"{FORM}nulls")
    try:
        made = _collected(table, kind, rule)
        made.check(table)
        made = made.fitted(table)
        rows = int(made.violations(table.frame).sum())
        mark = ":green[:material/check_circle:]" if not rows else ":orange[:material/warning:]"
        count = (
            "every real row keeps it"
            if not rows
            else f"{theme.count(rows)} of {theme.count(len(table))} real rows break it"
        )
        st.markdown(f"{mark} **{theme.plain(made.sentence())}** · {count}")
    except SimileError as error:
        if state.get(f"{FORM}problem", "") == str(error):
            st.error(theme.plain(str(error)), icon=":material/error:")
        else:
            st.markdown(f":gray[:material/info: {theme.plain(str(error))}]")
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Cancel", key="constraints.cancel"):
            st.rerun()
        saved = st.button(
            "Save", key="constraints.save", type="primary", on_click=_save, args=(project, table, kind, rule)
        )
        if saved and not state.get(f"{FORM}problem", ""):
            st.rerun()


def _save(project: Project, table: Table, kind: str, rule: Constraint | None) -> None:
    """Save what the form says; a rule that is not right stays in the form with the reason."""
    state.drop(f"{FORM}problem")
    try:
        made = _collected(table, kind, rule)
        made.check(table)
        made = made.fitted(table)
        if rule is None:
            rule_book.accept(project, table, made)
        else:
            rule_book.replace(project, table, made)
            rule_book.choose(made.id)
    except SimileError as error:
        state.put(f"{FORM}problem", str(error))


def _value(field: str, default: Any = "") -> Any:
    return state.get(FORM + field, default)


def _collected(table: Table, kind: str, rule: Constraint | None) -> Constraint:
    """Return the rule that the form's fields describe now."""
    fields: dict[str, Any] = {
        "type": kind,
        "description": _value("description").strip(),
        "enforcement": _value("enforcement", "auto"),
        "on_null": "violates" if _value("nulls", False) else "ignore",
        "when": str(_value("when") or "").strip() or None,
    }
    if kind == "scalar_range":
        fields |= {name: _value(name).strip() or None for name in ("low_value", "high_value")}
        fields |= {"column": _value("column"), "strict_boundaries": _value("strict_boundaries", False)}
    elif kind == "inequality":
        fields |= {name: _value(name) for name in ("low_column", "high_column")}
        fields["strict_boundaries"] = _value("strict_boundaries", False)
    elif kind == "implies":
        fields |= {"if": _value("if").strip(), "then": _value("then").strip()}
    elif kind == "sum_equals":
        total = _value("total")
        fields |= {"columns": _value("columns", []), "tolerance": _value("tolerance", 0.0)}
        fields["total"] = _value("number", 0.0) if total == FIXED_NUMBER else total
    elif kind not in _FIELDS:
        fields |= rule_form.collected(table, kind, rule)
    elif kind == "not_null":
        fields["column"] = _value("column")
    else:
        fields["columns"] = _value("columns", [])
    kept: dict[str, Any] = {}
    if rule is not None:
        kept = {name: getattr(rule, name) for name in ("id", "enabled", "severity", "hard", "target_rate", "source")}
        if kind == "fixed_combinations" and tuple(fields["columns"]) == rule.columns_used:
            kept["combinations"] = getattr(rule, "combinations", None)
    return parse(fields | kept)


def _names(table: Table, kinds: tuple[Kind, ...] | None = None) -> list[str]:
    return [c.name for c in table.columns if kinds is None or c.kind in kinds]


def _range(table: Table) -> None:
    st.selectbox("Column", _names(table, ORDERED), key=f"{FORM}column")
    left, right = st.columns(2)
    left.text_input("At least", key=f"{FORM}low_value", placeholder="open, or 18, or 2024-01-31")
    right.text_input("At most", key=f"{FORM}high_value", placeholder="open")
    st.toggle("The bounds themselves are excluded", key=f"{FORM}strict_boundaries")


def _order(table: Table) -> None:
    left, right = st.columns(2)
    left.selectbox("This column", _names(table, ORDERED), key=f"{FORM}low_column")
    right.selectbox("is at most this one", _names(table, ORDERED), key=f"{FORM}high_column")
    st.toggle("Equal values break it too", key=f"{FORM}strict_boundaries")


def _combination(table: Table) -> None:
    st.multiselect("Columns", _names(table, STATES), key=f"{FORM}columns", placeholder="Two or more columns")


def _implication(table: Table) -> None:
    rule_form.expression(table, "if", "If", condition=True)
    rule_form.expression(table, "then", "then", condition=True)
    with st.expander("How to write it"):
        st.markdown(
            "Compare with `=` `!=` `<` `<=` `>` `>=`, `in ('a', 'b')`, `between 1 and 5`, `is null`; join with "
            "`and`, `or`, `not`; reckon with `+ - * /`, `abs`, `min`, `max`, `round`, `year`, `month`, `days`. "
            "Texts stand in quotes, column names with spaces or hyphens in backticks."
        )
        st.caption("Columns: " + ", ".join(theme.plain(name) for name in table.names))


def _sum(table: Table) -> None:
    names = _names(table, AMOUNTS)
    st.multiselect("These columns", names, key=f"{FORM}columns", placeholder="Two or more columns")
    left, middle, right = st.columns(3)
    left.selectbox("add up to", [*names, FIXED_NUMBER], key=f"{FORM}total")
    if _value("total") == FIXED_NUMBER:
        middle.number_input("Number", key=f"{FORM}number", format="%g")
    right.number_input("Tolerance", min_value=0.0, key=f"{FORM}tolerance", format="%g")


def _filled(table: Table) -> None:
    st.selectbox("Column", _names(table), key=f"{FORM}column")


def _different(table: Table) -> None:
    st.multiselect("Columns", _names(table), key=f"{FORM}columns", placeholder="One or more columns")


_FIELDS: dict[str, Callable[[Table], None]] = {
    "scalar_range": _range,
    "inequality": _order,
    "fixed_combinations": _combination,
    "implies": _implication,
    "sum_equals": _sum,
    "not_null": _filled,
    "unique": _different,
}
ABOUT = {name: kind.about() for name, kind in KINDS.items()} | {
    "scalar_range": "A number or a date lies between two bounds.",
    "inequality": "One column is never above another, such as an admission and a discharge.",
    "fixed_combinations": "Values only go together as they do in the real rows, such as a town and its region.",
    "implies": "Where one thing holds, another one holds too.",
    "sum_equals": "Some columns add up to another one, or to a number.",
    "not_null": "A column has no empty cells.",
    "unique": "No two rows agree in all of these columns.",
}
