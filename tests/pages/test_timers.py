"""Requests of timers: they carry no wishes, and are dropped once their page is gone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from streamlit.proto.WidgetStates_pb2 import WidgetState, WidgetStates
from streamlit.runtime.fragment import MemoryFragmentStorage
from streamlit.runtime.scriptrunner.script_runner import ScriptRunner
from streamlit.runtime.scriptrunner_utils.script_requests import RerunData, ScriptRequests

from pages.ui import timers


def states(value: float) -> WidgetStates:
    found = WidgetStates()
    found.widgets.append(WidgetState(id="slider", double_value=value))
    return found


def asked(*requests: RerunData) -> RerunData:
    timers.install()
    queue = ScriptRequests()
    for one in requests:
        queue.request_rerun(one)
    return queue.on_scriptrunner_ready().rerun_data


def test_a_timer_brings_no_values_of_widgets() -> None:
    found = asked(RerunData(fragment_id="line", is_auto_rerun=True, widget_states=states(1.0)))
    assert found.fragment_id_queue == ["line"]
    assert found.widget_states is None


def test_a_timer_does_not_undo_what_the_hand_did_just_before() -> None:
    by_hand = RerunData(fragment_id="panel", widget_states=states(2.0))
    found = asked(by_hand, RerunData(fragment_id="line", is_auto_rerun=True, widget_states=states(1.0)))
    assert found.fragment_id_queue == ["panel", "line"]
    assert found.widget_states is not None
    assert [one.double_value for one in found.widget_states.widgets] == [2.0]


def test_a_hand_brings_its_values() -> None:
    found = asked(RerunData(widget_states=states(2.0)))
    assert found.widget_states == states(2.0)


def test_a_timer_of_a_page_that_is_gone_runs_nothing() -> None:
    timers.install()
    runner = cast(Any, SimpleNamespace(_fragment_storage=MemoryFragmentStorage()))  # a run would miss all else
    ScriptRunner._run_script(runner, RerunData(fragment_id_queue=["gone"], is_auto_rerun=True))


def test_installing_twice_changes_nothing() -> None:
    timers.install()
    before = (ScriptRequests.request_rerun, ScriptRunner._run_script)
    timers.install()
    assert (ScriptRequests.request_rerun, ScriptRunner._run_script) == before
