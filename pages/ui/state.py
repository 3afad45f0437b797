"""The only place that touches ``st.session_state`` and ``st.query_params``.

A session holds ids and small choices; everything of value is in the project's folder. ``?project=`` and ``?run=`` in
the address reopen it after a reload.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, TypeVar, cast
from weakref import WeakSet

import streamlit as st
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.state.session_state import WStates
from streamlit.runtime.uploaded_file_manager import UploadedFile

from pages.ui import identity
from synth_core import project as projects
from synth_core.errors import ProjectError
from synth_core.project import Project
from synth_core.run import Run

Mode = Literal["light", "dark"]
T = TypeVar("T")

_PROJECT, _RUN, _OPEN, _LOST = "state.project", "state.run", "state.open", "state.lost"
_TURNS = "state.turns"
_opened_here: WeakSet[Project] = WeakSet()  # of all sessions; only for dropping what is deleted


def begin() -> None:
    """Bring the address and the session together; called once per run by the shell, before anything is drawn."""
    asked = st.query_params.get("project") or st.session_state.get(_PROJECT)
    if asked != st.session_state.get(_PROJECT):
        st.session_state.pop(_RUN, None)
    run = st.query_params.get("run") or st.session_state.get(_RUN)
    st.session_state[_LOST] = ""
    if asked:
        try:
            _opened(asked, fresh=True)
        except ProjectError as error:
            st.session_state[_LOST] = str(error)
            close()
            return
    _remember(asked, run if asked else None)


def _opened(project_id: str, *, fresh: bool = False) -> Project:
    held = cast(Project | None, st.session_state.get(_OPEN))
    if fresh or held is None or held.id != project_id:  # once per run: another tab may have changed it
        held = projects.open_project(project_id, identity.owner())
        st.session_state[_OPEN] = held
        _opened_here.add(held)
    return held


def _remember(project_id: str | None, run_id: str | None) -> None:
    for name, key, value in (("project", _PROJECT, project_id), ("run", _RUN, run_id)):
        if value:
            st.session_state[key] = value
            if st.query_params.get(name) != value:
                st.query_params[name] = value
        else:
            st.session_state.pop(key, None)
            st.query_params.pop(name, None)


def project() -> Project | None:
    """Return the project that is open, or None."""
    project_id = st.session_state.get(_PROJECT)
    return _opened(project_id) if project_id else None


def lost_project() -> str:
    """Return the sentence that says why the project in the address could not be opened, or an empty text."""
    return str(st.session_state.get(_LOST, ""))


def open_project(project_id: str) -> None:
    """Make this the open project; no run is chosen."""
    st.session_state.pop(_OPEN, None)
    _remember(project_id, None)


def close() -> None:
    """Leave the project."""
    st.session_state.pop(_OPEN, None)
    _remember(None, None)


def forget(project_id: str) -> None:
    """Drop the tables of a project from the memory of every session, and all that this session holds."""
    for held in list(_opened_here):
        if held.id == project_id:
            held.drop_table()
    context = get_script_run_ctx()
    if context is not None:
        context.uploaded_file_mgr.remove_session_files(context.session_id)
        # arguments of callbacks, tables among them, of every widget that the session ever drew: never let go of else
        context.session_state._state._new_widget_state.widget_metadata.clear()
    st.session_state.clear()
    st.query_params.clear()


def forget_upload(file: UploadedFile) -> None:
    """Let go of an uploaded file that was taken into a project: Streamlit holds it until the session ends."""
    context = get_script_run_ctx()
    manager = None if context is None else context.uploaded_file_mgr
    if context is not None and isinstance(manager, MemoryUploadedFileManager):
        manager.remove_file(context.session_id, file.file_id)


def run() -> Run | None:
    """Return the chosen run of the open project, else its latest finished one, else None."""
    opened = project()
    if opened is None:
        return None
    chosen = st.session_state.get(_RUN)
    if chosen:
        try:
            return opened.run(chosen)
        except ProjectError:
            choose_run(None)
    return opened.latest_done()


def choose_run(run_id: str | None) -> None:
    """Look at this run from now on (None: the latest finished one)."""
    _remember(st.session_state.get(_PROJECT), run_id)


def take_asked(name: str) -> str:
    """Return what the address asks for under this name, once: it is taken out of the address."""
    asked = st.query_params.get(name) or ""
    if asked:
        st.query_params.pop(name, None)
    return asked


def mode() -> Mode:
    """Return ``"dark"`` or ``"light"``, as the browser shows the app."""
    return "dark" if st.context.theme.type == "dark" else "light"


def get(key: str, default: T) -> T:
    """Return a small value kept for this session (``"<page>.<thing>"``), or ``default``."""
    return cast(T, st.session_state.get(key, default))


def points(chart: str) -> list[dict[str, Any]]:
    """Return the points that are selected in the chart with this key, as Plotly tells them."""
    return list(get(chart, {}).get("selection", {}).get("points", []))


def put(key: str, value: Any) -> None:
    """Keep a small value for this session, or give a widget its next value (only before it is drawn)."""
    st.session_state[key] = value


def shown(name: str, value: Any) -> str:
    """Return the key of the widget that shows ``value`` now, to be drawn with it.

    What the browser says of a widget can be older than what the program has told it meanwhile (a timer, or a second
    key pressed at once), and would then count as a wish of the hand. So a value that the program changed goes to a new
    widget with a new key, ``<name>__2``; ``stale`` tells callbacks of the earlier ones to do nothing.
    """
    key = _latest(name)
    if key not in st.session_state:
        st.session_state[key] = value
    elif st.session_state[key] != value:
        turns = cast(dict[str, int], st.session_state.setdefault(_TURNS, {}))
        turns[name] = turns.get(name, 0) + 1
        key = _latest(name)
        st.session_state[key] = value
    return key


def stale(name: str, key: str) -> bool:
    """Return whether ``key`` belongs to an earlier widget of this name than the one that is shown."""
    return key != _latest(name)


def _latest(name: str) -> str:
    turn = cast(dict[str, int], st.session_state.get(_TURNS, {})).get(name, 0)
    return f"{name}__{turn}" if turn else name


def drop(*keys: str) -> None:
    """Forget values kept for this session."""
    for key in keys:
        st.session_state.pop(key, None)


def drop_all(prefix: str) -> None:
    """Forget every value whose key begins like this."""
    for key in [key for key in st.session_state if str(key).startswith(prefix)]:
        del st.session_state[key]


def seen(key: str) -> bool:
    """Return whether ``key`` was asked for before in this session; the first time answers False."""
    known = cast(set[str], st.session_state.setdefault("state.seen", set()))
    if key in known:
        return True
    known.add(key)
    return False


def catch_in_callbacks(kinds: tuple[type[Exception], ...], told: Callable[[Exception], None]) -> None:
    """Give ``told`` the errors of these kinds that callbacks raise, in this process; a second call changes nothing."""
    called = WStates.call_callback
    if getattr(called, "caught", False):
        return

    def call_callback(self: WStates, widget_id: str) -> None:
        try:
            called(self, widget_id)
        except kinds as error:
            told(error)

    call_callback.caught = True  # type: ignore[attr-defined]
    WStates.call_callback = call_callback  # type: ignore[method-assign]
