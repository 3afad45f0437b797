"""A table from a database: where it is, which tables it has, and the query that is run."""

from __future__ import annotations

from contextlib import suppress

import streamlit as st

from pages.ui import column_editor, identity, parts, state, theme
from synth_core import project as projects
from synth_core.databases import (
    LIMIT_ROWS,
    LIMIT_SECONDS,
    DatabaseTable,
    Question,
    database_tables,
    file_url,
    read_query,
    safe_url,
    server_url,
    without_password,
)  # fmt: skip
from synth_core.errors import ReadingError
from synth_core.project import Project

SERVER, SQLITE, DUCKDB, URL = "PostgreSQL", "SQLite file", "DuckDB file", "Whole URL"
PROMISE = (
    "Only queries that read are run: PostgreSQL answers in a read-only transaction, files are opened for reading. "
    "User and password are used for this and kept nowhere."
)
MOST_ROWS = 5_000_000
_Entry = tuple[str, str | None]  # URL and password


def entry() -> None:
    """Draw the way in by a database, folded; an answer becomes a project at once."""
    with st.expander("Or ask a database", icon=":material/database:", key="start.db"):
        st.caption(PROMISE)
        kinds = [SERVER, URL] if identity.configured() else [SERVER, SQLITE, DUCKDB, URL]
        kind = st.segmented_control("Kind of database", kinds, default=SERVER, required=True, key="start.db_kind")
        asked, (url, password) = _place_form(kind or SERVER)
        if asked and _moved(url, password):
            st.rerun()
        if asked or state.get("start.db_asked", False):
            state.drop("start.db_asked")
            _list_tables(url, password)
        held, tables = state.get("start.db_tables", ("", list[DatabaseTable]()))
        if held and held == safe_url(url):
            _query_form(url, password, tables)


def _place_form(kind: str) -> tuple[bool, _Entry]:
    """Draw where the database is; return whether its tables are asked for, and the URL with the password."""
    bare, inside = state.get("start.db_moved", ("", ""))
    if bare:
        state.put("start.db_url", bare)
        state.put("start.db_password", inside)
        state.drop("start.db_moved")
    password: str | None = None
    path: str | None = None
    with st.form("start.db_place", border=False):
        if kind == SERVER:
            with st.grid(min_column_width=150, gap="small"):
                host = st.text_input("Host", "localhost", key="start.db_host")
                port = st.number_input("Port", 1, 65535, 5432, key="start.db_port")
                database = st.text_input("Database", key="start.db_name")
                user = st.text_input("User", key="start.db_user", autocomplete="off")
            password = _password("start.db_password")
            url = server_url((host or "").strip(), int(port), (database or "").strip(), (user or "").strip())
        elif kind == URL:
            hint = "postgresql://user@host:5432/database, sqlite:////folder/file.db or duckdb:////folder/file.duckdb"
            url = st.text_input("URL", key="start.db_url", placeholder=hint, help=hint, autocomplete="off") or ""
            password = _password("start.db_password")
        else:
            ending = ".db" if kind == SQLITE else ".duckdb"
            path = st.text_input(
                "File on this machine", key=f"start.db_path_{ending[1:]}", placeholder=f"/folder/shop{ending}"
            )
            url = file_url("sqlite" if kind == SQLITE else "duckdb", (path or "").strip())
        asked = st.form_submit_button("List tables", icon=":material/list:", key="start.db_list")
    if asked and kind in (SQLITE, DUCKDB) and not (path or "").strip():
        parts.error_card(f"Write the folder and the name of the {kind}.", title="No file yet")
        asked = False
    return asked, (url, password)


def _password(key: str) -> str | None:
    return st.text_input("Password", type="password", key=key, autocomplete="off") or None


def _moved(url: str, password: str | None) -> bool:
    """Move a password inside the URL to the field where it cannot be read, whatever the database will say to it."""
    with suppress(ReadingError):  # said when the tables are asked for
        bare, inside = without_password(url)
        if inside:
            state.put("start.db_moved", (bare, password or inside))
            state.put("start.db_asked", True)
            return True
    return False


def _list_tables(url: str, password: str | None) -> None:
    state.drop("start.db_tables", "start.db_table", "start.db_query")
    with parts.guarded("The database cannot be asked"):
        with st.spinner("Asking the database…"):
            identity.check_database(url)
            tables = database_tables(url, password=password)
        state.put("start.db_tables", (safe_url(url), tables))


def _query_form(url: str, password: str | None, tables: list[DatabaseTable]) -> None:
    if tables:
        by_name = {table.name: table for table in tables}

        def take() -> None:
            chosen = by_name.get(state.get("start.db_table", ""))
            if chosen is not None:
                state.put("start.db_query", chosen.query)

        st.selectbox(
            f"Table ({len(tables)})", list(by_name), key="start.db_table", on_change=take,
            format_func=lambda name: _words(by_name[name]),
        )  # fmt: skip
        if state.get("start.db_query", None) is None:  # one that was emptied stays empty
            take()
    else:
        st.caption("This user sees no tables here. A query may still be asked.")
    with st.form("start.db_ask", border=False):
        query = st.text_area("Query", key="start.db_query", height=110, placeholder="select * from visits")
        limits = _limits("start.db", LIMIT_ROWS, LIMIT_SECONDS)
        sent = st.form_submit_button(
            "Read the answer", type="primary", icon=":material/play_arrow:", key="start.db_read"
        )
    if sent:
        _open_answer(url, password, query or "", limits)


def _words(table: DatabaseTable) -> str:
    rows = "" if table.rows is None else f", {theme.count(table.rows)} rows"
    return f"{table.name}  ({table.columns} columns{rows})"


def _limits(key: str, rows: int, seconds: float) -> tuple[int, float]:
    with st.grid(min_column_width=150, gap="small"):
        most = st.number_input(
            "Rows at most", 1, MOST_ROWS, rows, step=100_000, key=f"{key}_rows",
            help="What the query gives beyond this is not fetched, and a note says so.",
        )  # fmt: skip
        longest = st.number_input(
            "Seconds at most", 1, 3600, int(seconds), step=30, key=f"{key}_seconds",
            help="A query that takes longer is cancelled in the database.",
        )  # fmt: skip
    return int(most), float(longest)


def _open_answer(url: str, password: str | None, query: str, limits: tuple[int, float]) -> None:
    with parts.guarded("The query cannot be read"):
        with st.spinner("Reading the answer…"):
            identity.check_database(url)
            rows, seconds = limits
            reading = read_query(url, query, password=password, limit_rows=rows, timeout_s=seconds)
            question = Question.of(url, query, limit_rows=rows, timeout_s=seconds)
            made = projects.create(
                reading.table.name,
                reading,
                filename=reading.table.source["file"],
                question=question,
                owner=identity.owner(),
            )
        state.drop_all("start.db")
        state.open_project(made.id)
        parts.go("upload")


def again(project: Project, question: Question, *, key: str) -> None:
    """Draw the question of a project; sent, the database is asked anew, with user and password given again."""
    served = question.url.startswith("postgresql")
    st.caption(
        theme.plain(question.url) + (" · user and password were not kept; give them to ask again." if served else "")
    )
    user = password = None
    asked = state.get(
        f"{key}_asked", 0
    )  # fields of another key are empty: the browser forgets what was in the old ones
    with st.form(key, border=False):
        query = st.text_area("Query", question.query, key=f"{key}.query", height=110)
        if served:
            with st.grid(min_column_width=150, gap="small"):
                user = st.text_input("User", key=f"{key}.user_{asked}", autocomplete="off")
                password = _password(f"{key}.password_{asked}")
        rows, seconds = _limits(f"{key}.limit", question.limit_rows, question.timeout_s)
        sent = st.form_submit_button("Ask again", icon=":material/refresh:", key=f"{key}.send")
    if sent:
        changed = question.model_copy(update={"query": query or "", "limit_rows": rows, "timeout_s": seconds})
        with parts.guarded("The database cannot be asked like this; the table below is as before"):
            identity.check_database(question.url)
            with st.spinner("Asking the database…"):
                project.ask_again(changed, user=user or None, password=password)
            state.put(f"{key}_asked", asked + 1)
            column_editor.redraw()
            st.rerun()
