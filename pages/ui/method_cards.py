"""The engines as cards: what each is good for, what it costs, its licence, and what is advised for this table."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from pages.ui import cache, parts, state, theme, timers
from pages.ui.param_form import begin
from synth_core.methods import methods
from synth_core.methods.base import MethodInfo
from synth_core.needs import gigabytes
from synth_core.project import Project
from synth_core.recipe import USE_TITLES, Recipe, Use
from synth_core.recommend import Assessment, assess
from synth_core.steering.asks import Steering
from synth_core.table import Table

if TYPE_CHECKING:
    from synth_core.estimates import Estimate

PERMISSIVE = ("Apache-2.0", "MIT", "BSD-3-Clause")


def advice(table: Table, use: Use) -> list[Assessment]:
    """Return what is thought of each engine for this table and use."""
    return _advice(table, use, tuple(methods()))


@st.cache_data(hash_funcs={Table: lambda table: table.fingerprint}, max_entries=64, show_spinner=False)
def _advice(table: Table, use: Use, engines: tuple[str, ...]) -> list[Assessment]:
    return assess(table, use)


def use_choice(project: Project) -> None:
    """Draw the choice of what the table is for; it decides the advice and the targets."""
    begin("method.use", project.use)
    st.segmented_control(
        "What is it for?",
        list(Use),
        format_func=USE_TITLES.__getitem__,
        key="method.use",
        required=True,
        on_change=lambda: project.set_use(state.get("method.use", project.use)),
        help="The intended use decides the advice here and the targets that the result is held against.",
    )


def time_budget(project: Project, draft: Recipe) -> None:
    """Draw how long learning and making may take; engines that take longer are marked, none is hidden."""
    begin("method.minutes", float(draft.minutes))
    st.number_input(
        "Minutes that you have",
        0.0,
        1440.0,
        step=1.0,
        format="%g",
        key="method.minutes",
        on_change=_keep_minutes,
        args=(project,),
        help="0: as long as it takes. Engines that are expected to take longer are marked; you may choose them still.",
    )


def _keep_minutes(project: Project) -> None:
    value = state.get("method.minutes", 0.0) or 0.0
    project.set_draft(project.draft.model_copy(update={"minutes": float(value)}))


def takes(answer: Estimate | None, minutes: float, *, there: bool) -> None:
    """Draw what an engine would take on this table, from a pilot on a few rows; the page does not wait for it."""
    words = _takes_words(answer, minutes) if there else ":small[:gray[:material/timer: Being tried on a few rows]]"
    st.markdown(words)


def _takes_words(found: Estimate | None, minutes: float) -> str:
    if found is None:
        return ":small[:gray[:material/timer: Time not known]]"
    if found.problem:
        return f":small[:orange[:material/error: {theme.plain(found.problem)}]]"
    memory = f"{gigabytes(found.memory)} for this table"
    if found.seconds is None:
        return f":small[:material/timer: **Time not known**, {memory}]"
    about = f"about {theme.duration(max(found.seconds, 1.0))}"
    words = f"At most {about}" if found.at_most else about.capitalize()
    late = f" :orange[longer than your {minutes:g} min]" if minutes and found.seconds > 60 * minutes else ""
    return f":small[:material/timer: **{words}**, {memory}{late}]"


def cards(project: Project, draft: Recipe, found: list[Assessment], table: Table) -> None:
    """Draw one card per engine; choosing one keeps its settings for the next run."""
    known = methods()
    asked = {
        one.method: cache.estimate(table, _tried(draft, one.method).model_dump_json())
        for one in found
        if one.method in known and not known[one.method].info.missing
    }

    waiting = [pending for pending in asked.values() if not pending.done(0.1)]
    with st.grid(min_column_width=260, gap="small"):
        for one in found:
            if one.method not in known:  # kept from before its package was removed
                continue
            pending, line = asked.get(one.method), None
            if pending is not None:
                line = partial(takes, pending.answer, draft.minutes, there=pending not in waiting)
            _card(project, draft, known[one.method].info, one, line)
    if waiting:  # one timer for all cards, as each costs every user
        timers.redraw_when(lambda: any(pending.done() for pending in waiting), every="2s")


def _tried(draft: Recipe, method: str) -> Recipe:
    """Return the recipe whose time is told on an engine's card: with its own settings, without rules and wishes."""
    kept = state.get("method.kept", dict[str, dict[str, object]]())
    own = draft.params if draft.method == method else kept.get(method, {})
    plain = {"constraints": [], "steering": Steering(), "reason": "", "minutes": 0.0}
    return draft.model_copy(update={"method": method, "params": own} | plain)


def _card(project: Project, draft: Recipe, info: MethodInfo, one: Assessment, line: Callable[[], None] | None) -> None:
    chosen = draft.method == info.name
    missing = info.missing
    grey = ":gray[" if missing else ""
    end = "]" if missing else ""
    with st.container(border=True, height="stretch", gap="small", key=f"method_card_{info.name}"):
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f"{grey}**{theme.plain(info.title)}**{end}", width="content")
            if one.recommended:
                st.badge("Recommended", icon=":material/star:", color="blue", help=one.reason)
            elif one.refused:
                st.badge("Not advised", icon=":material/do_not_disturb_on:", color="orange", help=one.refused)
            if info.licence not in PERMISSIVE:
                st.badge(info.licence, icon=":material/gavel:", color="gray", help=info.licence_note)
        st.markdown(f":gray[{theme.plain(info.summary)}]")
        if one.recommended:
            st.markdown(f":blue[:material/star:] {theme.plain(one.reason)}")
        elif one.refused:
            st.markdown(f":orange[:material/do_not_disturb_on:] {theme.plain(one.refused)}")
        st.markdown(
            f":small[**Good for** {theme.plain(_lower(info.good_for))}]  \n"
            f":small[**Cost** {theme.plain(_lower(info.cost))}]"
        )
        if line is not None:
            line()
        if info.licence_note:
            st.markdown(f":small[**Licence** {theme.plain(info.licence_note)}]")
        if missing:
            st.markdown(":small[:gray[Not installed. To add it:]]")
            st.code(f"pip install {' '.join(missing)}", language="shell")
        else:
            st.space("stretch")
            st.button(
                parts.spoken("Chosen" if chosen else "Choose", info.title),
                key=f"method.choose_{info.name}",
                icon=":material/check:" if chosen else None,
                type="primary" if chosen else "secondary",
                on_click=choose,
                args=(project, info.name),
            )


def choose(project: Project, method: str) -> None:
    """Take this engine for the next run; settings of the one before are kept for when it is chosen again."""
    draft = project.draft
    if draft.method != method:
        kept = state.get("method.kept", dict[str, dict[str, object]]())
        state.put("method.kept", kept | {draft.method: draft.params})
        project.set_draft(draft.model_copy(update={"method": method, "params": kept.get(method, {}), "reason": ""}))


def _lower(sentence: str) -> str:
    """Return the sentence as it goes on after a word: its first letter small, unless it is an acronym."""
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
