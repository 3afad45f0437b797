"""Which edge cases are wanted, how many of each, and a glance at the rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pandas as pd
import streamlit as st

from pages.ui import cache, identity, parts, state, theme
from pages.ui.test_data_source import Source
from synth_core import project as projects
from synth_core.errors import SimileError
from synth_core.profile.words import counted
from synth_core.testdata.cases import EDGE_HELP, EDGE_TITLES, Edges
from synth_core.testdata.edges import CASE_COLUMN, possible
from synth_core.testdata.files import TYPED
from synth_core.testdata.preview import Glance, glance
from synth_core.testdata.rows import root_of, rows_of
from synth_core.testdata.schema_files import schema_from_text
from synth_core.testdata.sources import from_release, from_schema, from_table, schema_ground, table_ground

GLANCED = 400  # rows that a glance at independent columns makes


def choose(source: Source) -> tuple[Edges, str]:
    """Draw the kinds of edge cases with their counts; return them with the name of the extra column."""
    with st.container(border=True, key="test_data_edges"):
        found, form = cases(source), state.get("test_data.form", "csv")
        typed = form in TYPED or form == "database"
        if typed:
            found = found | {"wrong_type": 0}
        with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
            st.markdown(
                "**Edge cases** :gray[rows of each kind, on top of the ordinary ones; tagged in an extra column]"
            )
            with st.container(horizontal=True, width="content"):
                st.button("Every case once", key="test_data.all", on_click=_set, args=(found,))
                st.button("None", key="test_data.none", on_click=_set, args=({},))
        counts: dict[str, int | None] = {}
        with st.grid(min_column_width=170, gap="small"):
            for kind, title in EDGE_TITLES.items():
                there = found.get(kind, 0)
                key = state.shown(f"test_data.edge_{kind}", min(state.get(_wish(kind), 0), 100_000))
                counts[kind] = int(
                    st.number_input(
                        _label(title, there, typed and kind == "wrong_type"),
                        0, 100_000, key=key, disabled=not there, help=EDGE_HELP[kind],
                        on_change=_typed, args=(kind, key),
                    )
                )  # fmt: skip
        column = st.text_input(
            "Name of the extra column", CASE_COLUMN, key="test_data.case_column", persist_state="session", width=320,
            help="It names the case of an edge row and is empty in ordinary rows.",
        )  # fmt: skip
    wanted = {kind: n if found.get(kind, 0) else 0 for kind, n in counts.items()}
    return Edges(**wanted), (column or "").strip()


def _label(title: str, cases: int, typed: bool) -> str:
    if typed:
        return f"{title} (a column has one type there)"
    return f"{title} ({theme.count(cases)} case{'s' if cases > 1 else ''})" if cases else f"{title} (no case here)"


def _wish(kind: str) -> str:
    return f"test_data.wish_{kind}"


def _typed(kind: str, key: str) -> None:
    if not state.stale(f"test_data.edge_{kind}", key):
        state.put(_wish(kind), int(state.get(key, 0)))


def _set(found: dict[str, int]) -> None:
    for kind in EDGE_TITLES:
        state.put(_wish(kind), found.get(kind, 0))


def cases(source: Source) -> dict[str, int]:
    """Return how many different cases there are of each kind."""
    if source.schema is not None:
        return _schema_cases(source.text)
    if source.project is None:
        return {}
    rules = "".join(rule.model_dump_json() for rule in source.project.rules)
    return _project_cases(source.project.id, source.project.table_name, rules)


@st.cache_data(max_entries=8, show_spinner=False, scope="session")
def _schema_cases(text: str) -> dict[str, int]:
    schema = schema_from_text(text)
    found: dict[str, int] = {}
    for rows in rows_of(schema.tables, root_of("", 0)):
        for kind, count in possible(schema_ground(rows)).items():
            found[kind] = max(found.get(kind, 0), count)
    return found


@st.cache_data(max_entries=8, show_spinner=False, scope="session")
def _project_cases(project_id: str, table_name: str, rules: str) -> dict[str, int]:
    project = projects.open_project(project_id, identity.owner())
    table = cache.table(project)
    kept = [c.name for c in table.columns if c.role.value != "drop" and (c.learned or c.regenerated)]
    return possible(table_ground(table.select(kept), project.rules, table))


@st.cache_data(max_entries=8, show_spinner=False, scope="session")
def _schema_glances(
    text: str, rows: int, seed: int, _phrase: str, phrased: int, edges: str, column: str
) -> list[Glance]:
    schema = schema_from_text(text).with_rows(rows)
    wanted = Edges.model_validate_json(edges)
    return [glance(t) for t in from_schema(schema, seed=seed, phrase=_phrase, edges=wanted, case_column=column)]


@st.cache_data(max_entries=8, show_spinner=False, scope="session")
def _project_glance(
    project_id: str, table_name: str, run_id: str, recipe: str, edges: str, column: str, rules: str
) -> list[Glance]:
    from synth_core.recipe import Recipe

    project = projects.open_project(project_id, identity.owner())
    table, wanted = cache.table(project), Edges.model_validate_json(edges)
    if run_id:
        run = project.run(run_id)
        synthesis = run.synthesis()
        assert synthesis is not None
        asked = run.recipe.model_copy(update={"constraints": project.rules})
        return [glance(from_release(table, run.folder, synthesis, asked, edges=wanted, case_column=column))]
    asked = Recipe.model_validate_json(recipe).model_copy(update={"rows": GLANCED})
    with tempfile.TemporaryDirectory(prefix="simile-glance-") as scratch:
        made, _ = from_table(table, asked, Path(scratch), edges=wanted, case_column=column)
        return [glance(made)]


def preview(source: Source, rows: int, seed: int, phrase: str, edges: Edges, column: str) -> None:
    """Draw twenty rows of what will be made, the cells that tags speak of in colour."""
    parts.section("A glance at the rows")
    try:
        with st.spinner("Making a few rows…"):
            if source.schema is not None:
                told = edges.model_dump_json()
                found = _schema_glances(source.text, rows, seed, phrase, hash(phrase), told, column)
            else:
                found = _of_project(source, seed, edges, column)
    except SimileError as error:
        parts.error_card(str(error), title="These rows cannot be made")
        return
    names = [one.name for one in found]
    chosen = found[0]
    if len(found) > 1:
        name = st.segmented_control(
            "Table", names, default=names[-1], required=True, key="test_data.glance", label_visibility="collapsed"
        )
        chosen = next((one for one in found if one.name == name), found[-1])
    shown = chosen.frame.assign(**{column: chosen.frame[column].fillna("")}) if column in chosen.frame else chosen.frame
    st.dataframe(
        shown.style.apply(_colours, axis=None, marked=chosen.marked),
        key="test_data.rows_shown", alt="Some of the rows that will be made.", hide_index=True, width="stretch",
        height=theme.table_height(len(chosen.frame), 745),
        column_config={column: st.column_config.TextColumn(pinned=True, width="medium")},
    )  # fmt: skip
    total = chosen.total if source.schema is not None else rows + chosen.edges
    said = "Marked cells are what the case is about. " if chosen.marked else ""
    st.caption(f"{said}{counted(total, 'row')} will be made of **{theme.plain(chosen.name)}**.")
    for sentence in chosen.notes:
        st.caption(f":material/info: {theme.plain(sentence)}")


def _of_project(source: Source, seed: int, edges: Edges, column: str) -> list[Glance]:
    project, recipe = source.project, source.recipe
    assert project is not None
    assert recipe is not None
    rules = "".join(rule.model_dump_json() for rule in project.rules)
    told = recipe.model_copy(update={"seed": seed}).model_dump_json()
    return _project_glance(project.id, project.table_name, source.run, told, edges.model_dump_json(), column, rules)


def _colours(frame: pd.DataFrame, marked: frozenset[tuple[int, str]]) -> pd.DataFrame:
    colour = "background-color: rgba(213, 94, 0, 0.28)"
    styles = pd.DataFrame("", index=frame.index, columns=frame.columns)
    for row, name in marked:
        if name in styles.columns:
            styles.loc[row, name] = colour
    return styles
