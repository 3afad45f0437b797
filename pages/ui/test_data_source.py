"""Where test data come from: a schema that is written, brought or edited, or this project's table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cache, parts, state, theme
from synth_core.errors import SimileError
from synth_core.methods import method_class
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.recipe import Recipe
from synth_core.semantics.names import LOCALES
from synth_core.testdata.schema import DISTRIBUTIONS, KINDS, PERSONAL, Schema
from synth_core.testdata.schema_files import schema_from_text

SCHEMA, PROJECT = "A schema alone", "This project's table"
TEXT, TABLE = "Written", "As a table"
INDEPENDENT = "independent"
SHOP = """\
tables:
  customers:
    rows: 200
    columns:
      id: {kind: identifier, unique: true, format: "C-[0-9]{6}"}
      name: {personal: name, locale: de_DE}
      email: {personal: email, locale: de_DE, unique: true}
      iban: {personal: iban, locale: de_DE, nullable: 0.1}
  orders:
    rows: 1000
    columns:
      id: {kind: integer, unique: true, distribution: sequence}
      customer: {references: customers.id}
      quantity: {kind: integer, min: 1, max: 9}
      price: {kind: number, min: 1, max: 900, distribution: lognormal}
      total: {kind: number}
      ordered: {kind: date, min: 2024-01-01, max: 2024-12-31}
      shipped: {kind: date, nullable: 0.1, min: 2024-01-01, max: 2025-12-31}
      status: {kind: category, categories: {open: 0.1, sent: 0.2, done: 0.7}}
      note: {kind: text, nullable: true, max_length: 80}
    rules:
      - shipped >= ordered
      - {type: formula, output: total, expression: quantity * price}
"""
VISITS = """\
CREATE TABLE patients (
  id serial PRIMARY KEY,
  last_name varchar(60) NOT NULL,
  sex char(1) NOT NULL CHECK (sex IN ('f', 'm', 'x')),
  born date NOT NULL CHECK (born BETWEEN '1930-01-01' AND '2024-12-31'),
  phone varchar(30)
);
CREATE TABLE visits (
  id bigint PRIMARY KEY,
  patient_id integer NOT NULL REFERENCES patients (id),
  admitted timestamp NOT NULL,
  discharged timestamp,
  cost numeric(8, 2) CHECK (cost >= 0),
  CHECK (discharged >= admitted)
);
"""
EXAMPLES = {"A shop (YAML)": SHOP, "Hospital visits (CREATE TABLE)": VISITS}
_KINDS = [*KINDS, ""]
FIRST = pd.DataFrame(
    [
        ("id", "identifier", False, True, "", "", "", "uniform", "C-[0-9]{6}", "", "en_US"),
        ("name", "", False, False, "", "", "", "uniform", "", "person_name", "en_US"),
        ("age", "integer", False, False, "", "18", "90", "normal", "", "", "en_US"),
        ("plan", "category", False, False, "basic: 0.7, gold: 0.3", "", "", "uniform", "", "", "en_US"),
        ("joined", "date", True, False, "", "2020-01-01", "2025-12-31", "uniform", "", "", "en_US"),
    ],
    columns=[
        "name", "kind", "nullable", "unique", "categories", "min", "max", "distribution", "format", "personal",
        "locale",
    ],
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """What the page works with: a schema's text, or a project with a recipe."""

    text: str = ""
    schema: Schema | None = None
    project: Project | None = None
    recipe: Recipe | None = None
    run: str = ""


def choose(project: Project | None) -> Source | None:
    """Draw where the rows come from and return it; None while that cannot be used, which is said."""
    with st.container(border=True, key="test_data_source"):
        st.markdown("**Where the rows come from**")
        kind: str | None = SCHEMA
        if project is not None:
            kind = st.segmented_control(
                "Source", [PROJECT, SCHEMA], default=PROJECT, required=True, key="test_data.source",
                label_visibility="collapsed", persist_state="session",
            )  # fmt: skip
        if kind == PROJECT and project is not None:
            return _project(project)
        return _schema()


def _project(project: Project) -> Source | None:
    table = cache.table(project)
    run = project.latest_done()
    engines = [INDEPENDENT]
    if run is not None and run.synthesis() is not None and run.recipe.method != INDEPENDENT:
        engines.insert(0, run.recipe.method)
    method = engines[0]
    if len(engines) > 1:
        method = st.radio(
            "Engine", engines, key="test_data.engine", horizontal=True, persist_state="session",
            format_func=lambda name: _engine_words(name, name != INDEPENDENT),
        )  # fmt: skip
    else:
        st.markdown(
            f":gray[Engine: {_engine_words(INDEPENDENT, False)}. Generate once, and its engine is offered too.]"
        )
    base = run.recipe if run is not None and method == run.recipe.method else project.draft
    kept = base.model_copy(update={"method": method, "constraints": project.rules})
    if method == INDEPENDENT:
        kept = kept.model_copy(update={"params": {}})
    rules = sum(rule.enabled for rule in project.rules)
    kept_rules = f"{theme.count(rules)} rule{'' if rules == 1 else 's'} that ordinary rows keep"
    if not rules:
        kept_rules = "no rules yet (accept some on Constraints, and rows that break them can be made)"
    st.caption(
        f"{theme.count(len(table.columns))} columns, {kept_rules}. "
        "Identifiers and personal data are made anew. These rows are not attacked or scored: to share rows outside, "
        "take them from the Report page. What is made here is written down in the project's list of releases."
    )
    return Source(project=project, recipe=kept, run=run.id if run is not None and method != INDEPENDENT else "")


def _engine_words(name: str, latest: bool) -> str:
    return method_class(name).info.title + (" (as in the latest run)" if latest else "")


def _schema() -> Source | None:
    how = st.segmented_control(
        "Schema", [TEXT, TABLE], default=TEXT, required=True, key="test_data.how", label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    text = _table_text() if how == TABLE else _written_text()
    if not text.strip():
        st.caption("Write a schema, or take an example.")
        return None
    try:
        schema = schema_from_text(text)
    except SimileError as error:
        parts.error_card(str(error), title="This schema cannot be used")
        return None
    said = ", ".join(
        f"**{theme.plain(t.name)}** ({counted(len(t.columns), 'column')}, {counted(t.rows, 'row')})"
        for t in schema.tables
    )
    st.markdown(f":gray[:material/check: {said}]")
    return Source(text=text, schema=schema)


def _take_example() -> None:
    chosen = state.get("test_data.example", "")
    if chosen in EXAMPLES:
        state.put("test_data.text", EXAMPLES[chosen])


def _take_file() -> None:
    brought = state.get("test_data.file", None)
    if brought is not None:
        state.put("test_data.text", brought.getvalue().decode("utf-8-sig", errors="replace"))


def _written_text() -> str:
    if state.get("test_data.text", None) is None:
        state.put("test_data.text", SHOP)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Example", list(EXAMPLES), index=None, placeholder="Take an example", key="test_data.example",
            on_change=_take_example, width=320,
        )  # fmt: skip
        with st.popover("Bring a file", icon=":material/upload_file:"):
            st.file_uploader(
                "Schema (.json, .yaml, .yml, .sql)", type=["json", "yaml", "yml", "sql"], key="test_data.file",
                on_change=_take_file, max_upload_size=1,
            )  # fmt: skip
        with st.popover("What a schema can say", icon=":material/help:"):
            st.markdown(_HELP)
    return (
        st.text_area(
            "Schema: YAML, JSON or CREATE TABLE", key="test_data.text", height=320, persist_state="session",
            help="Nothing is learned: rows are made from these lines alone.",
        )
        or ""
    )  # fmt: skip


_HELP = f"""
**A column** has a `kind`: {", ".join(KINDS)}. Further:
- `nullable`: true, or a share such as 0.1; `unique`: true
- `min`, `max`; `distribution`: {", ".join(DISTRIBUTIONS)}, with `mean` and `sd` (for lognormal,
  of the logarithm); `decimals`
- `categories`: a list, or values with shares
- `format`: a form such as `[A-Z]{{2}}-[0-9]{{4,6}}`; `max_length`
- `personal` instead of a kind: {", ".join(PERSONAL)}; with a `locale` such as de_DE
- `references`: table.column of a unique column

**Rules** of a table: expressions such as `shipped >= ordered`, or rules as Constraints exports them.
"""


def _table_text() -> str:
    """Draw the schema of one table as a grid and return it as a document."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        name = st.text_input("Name of the table", "people", key="test_data.table_name", width=320)
    choice = st.column_config.SelectboxColumn
    if state.get("test_data.grid", None) is None:  # a new visit: begin with what the last one left
        state.put("test_data.grid_base", state.get("test_data.grid_left", FIRST))
    edited = st.data_editor(
        state.get("test_data.grid_base", FIRST),
        key="test_data.grid",
        alt="The columns of the table to make, a row each.",
        num_rows="dynamic",
        width="stretch",
        column_config={
            "name": st.column_config.TextColumn("Column", required=True, pinned=True),
            "kind": choice("Kind", options=_KINDS, help="Empty for personal data and references."),
            "nullable": st.column_config.CheckboxColumn("May be empty"),
            "unique": st.column_config.CheckboxColumn("Unique"),
            "categories": st.column_config.TextColumn("Categories", help="open: 0.7, closed: 0.3"),
            "min": "Least",
            "max": "Largest",
            "distribution": choice("Distribution", options=list(DISTRIBUTIONS)),
            "format": st.column_config.TextColumn("Form", help="[A-Z]{3}-[0-9]{6}"),
            "personal": choice("Personal data", options=["", *PERSONAL]),
            "locale": choice("Locale", options=list(LOCALES)),
        },
    )
    state.put("test_data.grid_left", edited)
    rules = st.text_area(
        "Rules, one a line", key="test_data.rules", height=70, placeholder="age >= 18", persist_state="session"
    )
    columns = [_column(row) for row in edited.to_dict("records") if str(row.get("name") or "").strip()]
    if not columns:
        return ""
    lines = [line.strip() for line in (rules or "").splitlines() if line.strip()]
    return json.dumps({"name": (name or "").strip() or "table", "columns": columns, "rules": lines}, indent=1)


def _column(row: dict[Any, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    for key, value in row.items():
        if value is None or value is False or value == "" or value != value:
            continue
        kept[str(key)] = _number(value) if key in ("min", "max") else value
    if "locale" in kept and "personal" not in kept:
        del kept["locale"]
    if kept.get("distribution") == "uniform":
        del kept["distribution"]
    return kept


def _number(value: Any) -> Any:
    try:
        number = float(str(value))
    except ValueError:
        return str(value)
    return int(number) if number.is_integer() else number
