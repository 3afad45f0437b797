"""Where test data go: a file or a database; and the order at work, done or stopped."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import IO

import streamlit as st

from pages.ui import identity, parts, state, theme, watch
from synth_core.databases import file_url, server_url, without_password
from synth_core.errors import InputError, ReadingError, SimileError
from synth_core.profile.words import counted
from synth_core.run import Run
from synth_core.testdata import orders
from synth_core.testdata.files import FORMS
from synth_core.testdata.loading import IfExists, writing_address
from synth_core.testdata.making import Order, Secrets
from synth_core.testdata.orders import OrderRun
from synth_core.whole_files import replace_whole

DATABASE = "database"
SQLITE, SERVER = "SQLite file", "PostgreSQL"
EXISTS: dict[IfExists, str] = {"fail": "Stop", "append": "Add the rows", "replace": "Replace it"}
_packing = Lock()
ORDER, PROBLEM = "test_data.order", "test_data.problem"


@dataclass(frozen=True)
class Target:
    """Where the rows go."""

    form: str
    url: str = ""
    user: str | None = None
    password: str | None = None
    table: str = ""
    if_exists: IfExists = "fail"


def choose(several: bool) -> Target:
    """Draw where the rows go and return it."""
    with st.container(border=True, key="test_data_output"):
        st.markdown("**Where they go**")
        names = {**FORMS, DATABASE: "Database"}
        form = st.segmented_control(
            "Format", list(names), default="csv", required=True, key="test_data.form", format_func=names.__getitem__,
            label_visibility="collapsed", persist_state="session",
        )  # fmt: skip
        if form != DATABASE:
            if several:
                st.caption("One file per table, together in a zip.")
            return Target(form or "csv")
        return _database(several)


def _database(several: bool) -> Target:
    kinds = [SERVER] if identity.configured() else [SQLITE, SERVER]
    kind = st.segmented_control(
        "Kind of database", kinds, default=kinds[0], required=True, key="test_data.db_kind",
        label_visibility="collapsed", persist_state="session",
    )  # fmt: skip
    user = password = None
    if kind == SERVER:
        with st.grid(min_column_width=150, gap="small"):
            host = st.text_input("Host", "localhost", key="test_data.db_host", persist_state="session")
            port = st.number_input("Port", 1, 65535, 5432, key="test_data.db_port", persist_state="session")
            database = st.text_input("Database", key="test_data.db_name", persist_state="session")
            user = st.text_input("User", key="test_data.db_user", autocomplete="off") or None
            password = (
                st.text_input("Password", type="password", key="test_data.db_password", autocomplete="off") or None
            )
        url = server_url((host or "").strip(), int(port), (database or "").strip(), "")
    else:
        path = st.text_input(
            "File on this machine", key="test_data.db_path", placeholder="/folder/test.db", persist_state="session",
            help="It is made where there is none yet.",
        )  # fmt: skip
        url = file_url("sqlite", (path or "").strip())
    with st.grid(min_column_width=220, gap="small"):
        table = ""
        if not several:
            table = st.text_input(
                "Name of the table", key="test_data.db_table", placeholder="Its own name", persist_state="session"
            )
        exists = st.selectbox(
            "If the table is there already", list(EXISTS), key="test_data.db_exists", format_func=EXISTS.__getitem__,
            persist_state="session",
        )  # fmt: skip
    st.caption("One transaction per table: all of its rows, or none. User and password are kept nowhere.")
    with suppress(ReadingError):
        url, inside = without_password(url)
        password = password or inside
    return Target(DATABASE, url, user, password, (table or "").strip(), exists or "fail")


def button(order: Order, target: Target, phrase: str) -> None:
    """Draw the button that starts the order."""
    last = current()
    if problem := state.get(PROBLEM, ""):
        parts.error_card(problem, title="The rows were not made")
        state.drop(PROBLEM)
    secrets = Secrets(user=target.user, password=target.password, phrase=phrase)
    st.button(
        "Make the rows" if target.form != DATABASE else "Fill the database", key="test_data.make", type="primary",
        icon=":material/play_arrow:", disabled=last is not None and last.status().active, on_click=_start,
        args=(order, secrets),
    )  # fmt: skip


def _start(order: Order, secrets: Secrets) -> None:
    try:
        if order.form == DATABASE:
            if order.url in ("sqlite:///", "sqlite:////", ""):
                raise InputError("Write the folder and the name of the SQLite file.")
            identity.check_database(order.url)
            writing_address(order.url, user=secrets.user, password=secrets.password)
        state.put(ORDER, orders.start(order, secrets).id)
    except SimileError as error:
        state.put(PROBLEM, str(error))


def current() -> OrderRun | None:
    """Return the order of this session, or None."""
    return orders.order_of(state.get(ORDER, ""), identity.owner())


def result() -> None:
    """Draw the order of this session: at work, done, or stopped."""
    run = current()
    if run is None:
        return
    status = run.status()
    with st.container(border=True, key="test_data_result"):
        if status.active:
            watch.progress_panel(run, _progress)
        elif status.state == "done":
            _done(run)
        elif status.state == "cancelled":
            st.markdown(":material/cancel: **Cancelled.** Nothing was kept; a database is as it was before.")
        else:
            parts.error_card(
                status.error or "It ended without a word.", title="The rows were not made", details=run.log()
            )


def _progress(run: Run) -> None:
    watch.bar(run, key="test_data.cancel", cancel=orders.cancel)


def _done(run: OrderRun) -> None:
    outcome = run.outcome()
    if outcome is None:
        return
    st.markdown(f":material/check_circle: **Made** in {theme.duration(run.status().elapsed)}")
    for one in outcome.tables:
        with_edges = f", {theme.count(one.edges)} of them edge cases" if one.edges else ""
        st.markdown(f"- **{theme.plain(one.name)}**: {counted(one.rows, 'row')}{with_edges} → {theme.plain(one.place)}")
    for sentence in outcome.notes:
        st.caption(f":material/info: {theme.plain(sentence)}")
    files = run.files
    if files:
        st.download_button(
            "Download" if len(files) == 1 else "Download all (zip)",
            _opened(files),
            file_name=files[0].name if len(files) == 1 else "test-data.zip",
            key="test_data.download", icon=":material/download:", type="primary", on_click="ignore",
        )  # fmt: skip


def _opened(files: list[Path]) -> Callable[[], IO[bytes]]:
    def pack(path: Path) -> None:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as packed:
            for file in files:
                packed.write(file, file.name)

    def make() -> IO[bytes]:
        if len(files) == 1:
            return open(files[0], "rb")
        packed = files[0].parent.parent / "test-data.zip"
        with _packing:  # a second download would get what the first has written so far
            if not packed.exists():
                replace_whole(packed, pack)
        return io.FileIO(packed) if packed.stat().st_size else io.BytesIO()

    return make
