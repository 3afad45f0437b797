"""Rules from a file, and to one: rule files, constraints of SDV, a pandera schema."""

from __future__ import annotations

import streamlit as st

from pages.ui import parts, rule_book, state, theme
from synth_core.constraints.base import Constraint
from synth_core.constraints.exchange import import_rules, pandera_module
from synth_core.constraints.kinds import rules_to_json
from synth_core.errors import ConstraintError, SimileError
from synth_core.project import Project
from synth_core.table import Table

MB = 5
FILE, TOLD, PROBLEM = "constraints.rule_file", "constraints.rule_file_told", "constraints.rule_file_problem"


def panel(project: Project, table: Table, rules: list[Constraint]) -> None:
    """Draw the place to bring rules, and the buttons that write them."""
    with st.expander("Rules from a file, and to one", icon=":material/swap_vert:"):
        file = st.file_uploader(
            "Rule file (JSON of Simile or of SDV)", type=["json"], key=FILE, max_upload_size=MB, on_change=_bring,
            args=(project, table, rules),
        )  # fmt: skip
        if file is not None:
            _told()
        if rules:
            with st.container(horizontal=True, gap="small"):
                st.download_button(
                    "Rule file", rules_to_json(rules), "rules.json", "application/json",
                    key="constraints.rules_out", icon=":material/download:", on_click="ignore",
                )  # fmt: skip
                _schema(table, rules)


def _schema(table: Table, rules: list[Constraint]) -> None:
    try:
        text = pandera_module(rules, table)
    except SimileError:
        return  # a rule that fits the table no more says so in the list
    st.download_button(
        "pandera schema", text, "schema.py", "text/x-python",
        key="constraints.schema_out", icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def _bring(project: Project, table: Table, rules: list[Constraint]) -> None:
    state.put(PROBLEM, "")
    state.put(TOLD, [])
    file = state.get(FILE, None)
    if file is None:
        return
    try:
        text = file.getvalue().decode("utf-8")
        found = import_rules(text, table, taken=[rule.id for rule in rules])
    except UnicodeDecodeError:
        state.put(PROBLEM, "This is not a text file; rules are JSON, as the button below writes them.")
    except ConstraintError as error:
        state.put(PROBLEM, str(error))
    else:
        if found.rules:
            rule_book.change(project, [*project.rules, *found.rules])
        count = theme.count(len(found.rules))
        state.put(TOLD, [f"{count} {'rule' if len(found.rules) == 1 else 'rules'} added.", *found.notes])


def _told() -> None:
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="These rules cannot be used")
    for sentence in state.get(TOLD, []):
        st.caption(theme.plain(sentence))
