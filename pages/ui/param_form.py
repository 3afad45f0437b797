"""The settings of the next run: the engine's own, drawn from its ``Param``s, and those that every run has."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.ui import parts, state, theme
from synth_core.errors import MethodError
from synth_core.methods import Param
from synth_core.methods.base import MethodInfo
from synth_core.project import Project
from synth_core.recipe import Recipe

MOST_ROWS = 10_000_000
EXPANSION = 5
SPELLED = {"gpu": "GPU", "cpu": "CPU", "dim": "size", "lr": "learning rate"}


def begin(key: str, value: Any) -> None:
    """Give a widget its value from the project the first time that it is drawn on this visit."""
    if state.get(key, None) is None:
        state.put(key, value)


def run_settings(project: Project, draft: Recipe, real_rows: int) -> None:
    """Draw what every run has: rows, seed and the share held out."""
    parts.section("This run")
    with st.grid(min_column_width=135, gap="small"):
        for name, value in (("rows", draft.rows), ("seed", draft.seed), ("holdout", round(draft.holdout * 100))):
            begin(f"method.{name}", value)
        st.number_input(
            "Rows to make",
            1,
            MOST_ROWS,
            step=1000,
            key="method.rows",
            on_change=_keep,
            args=(project, "rows"),
            disabled=draft.steering.rows is not None,
            help=f"The real table has {theme.count(real_rows)}."
            if draft.steering.rows is None
            else "Set by the rows of a class asked for below.",
        )
        st.number_input(
            "Seed",
            0,
            2**31 - 1,
            step=1,
            key="method.seed",
            on_change=_keep,
            args=(project, "seed"),
            help="The same recipe and seed give the same rows, to the byte. Another seed gives other rows.",
        )
        st.slider(
            "Real rows held out",
            5,
            50,
            step=5,
            format="%d %%",
            key="method.holdout",
            on_change=_keep,
            args=(project, "holdout"),
            help="Held-out rows are hidden from the engine; the result is judged against them. Without them nobody "
            "could tell learning from copying. 20 % suits most tables, 50 % an audit.",
        )
    held = round(real_rows * draft.holdout)
    st.caption(
        f"The engine learns from {theme.count(real_rows - held)} real rows; {theme.count(held)} are held out to judge "
        "the result."
    )
    if draft.rows > EXPANSION * real_rows:
        st.info(
            f"{theme.count(draft.rows)} rows made from {theme.count(real_rows - held)} carry the information of about "
            f"{theme.count(real_rows - held)}: p-values and intervals computed on them come out too narrow.",
            icon=":material/info:",
        )


def _keep(project: Project, name: str) -> None:
    value = state.get(f"method.{name}", None)
    if value is None:  # the field was emptied: go back to what was kept
        state.drop(f"method.{name}")
        return
    project.set_draft(project.draft.model_copy(update={name: value / 100 if name == "holdout" else int(value)}))


def engine_settings(project: Project, draft: Recipe, info: MethodInfo) -> None:
    """Draw the engine's settings; those for experts behind a switch."""
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        parts.section(f"Settings of {theme.plain(info.title)}", width="content")
        expert = any(param.expert for param in info.params)
        if expert:
            begin("method.level", "Simple")
            st.segmented_control(
                "Level",
                ["Simple", "Expert"],
                key="method.level",
                required=True,
                label_visibility="collapsed",
                persist_state="session",
            )
    if problem := state.get("method.problem", ""):
        parts.error_card(problem, title="This setting was not kept")
        state.drop("method.problem")
    level = state.get("method.level", "Simple")
    scale = [param.name for param in info.params if param.scale]  # has a panel of its own
    shown = [p for p in info.params if (level == "Expert" or not p.expert) and not p.scale]
    if not shown:
        alone = (
            "Nothing to set here but the slider below."
            if scale
            else "Nothing to set: its defaults are the whole of it."
        )
        st.markdown(f":gray[{alone}]")
    with st.grid(min_column_width=200, gap="medium"):
        for param in shown:
            with st.container(gap="xsmall"):
                field(project, draft, info, param)
    hidden = sorted(name for name in draft.params if name not in {*scale, *(param.name for param in shown)})
    if hidden:
        st.caption(f"Also changed, shown under Expert: {theme.plain(', '.join(map(title, hidden)))}.")
    if draft.params:
        st.button(
            "Back to the defaults",
            key="method.defaults",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=_defaults,
            args=(project, info),
        )


def title(name: str) -> str:
    """Return a setting's name as a label.

    >>> title("leaf_size"), title("use_gpu"), title("embedding_dim")
    ('Leaf size', 'Use GPU', 'Embedding size')
    """
    words = " ".join(SPELLED.get(word, word) for word in name.split("_"))
    return words[:1].upper() + words[1:]


def field(project: Project, draft: Recipe, info: MethodInfo, param: Param) -> None:
    """Draw one setting by its type; its help stands below, not in a tooltip only."""
    key = f"method.{info.name}.{param.name}"
    value = draft.params.get(param.name, param.default)
    known = not param.unit or param.unit in title(param.name).lower()
    label = title(param.name) if known else f"{title(param.name)} ({param.unit})"
    change: dict[str, Any] = {"key": key, "on_change": _set, "args": (project, info, param)}
    begin(key, float(value) if param.kind is float and value is not None else value)
    if param.kind is bool:
        st.toggle(label, **change)
    elif param.scale:
        st.select_slider(label, list(param.choices), format_func=str.capitalize, **change)
        with st.container(horizontal=True, horizontal_alignment="distribute"):
            st.caption("← more private", width="content")
            st.caption("more like the real rows →", width="content")
    elif param.choices:
        st.selectbox(label, list(param.choices), **change)
    elif param.kind is int:
        low, high = (None if bound is None else int(bound) for bound in (param.low, param.high))
        st.number_input(label, low, high, step=1, **change)
    elif param.kind is float:
        low, high = (None if bound is None else float(bound) for bound in (param.low, param.high))
        st.number_input(label, low, high, step=_step(param), format="%g", **change)
    else:
        st.text_input(label, **change)
    if param.help:
        st.caption(theme.plain(param.help))


def _step(param: Param) -> float:
    """Return a step that suits the setting's range."""
    if param.low is not None and param.high is not None:
        span = float(param.high) - float(param.low)
        return 0.01 if span <= 0.5 else 0.05 if span <= 2 else 0.5
    return float(param.default) / 10 if param.default else 0.1


def _set(project: Project, info: MethodInfo, param: Param) -> None:
    """Keep one setting in the draft; a value equal to the default is not written down."""
    key = f"method.{info.name}.{param.name}"
    given = state.get(key, None)
    try:
        value = param.default if given is None else param.check(given, info.name)
    except MethodError as error:
        state.put("method.problem", str(error))
        state.drop(key)
        return
    draft = project.draft
    params = {name: kept for name, kept in draft.params.items() if name != param.name}
    if value != param.default:
        params[param.name] = value
    project.set_draft(draft.model_copy(update={"method": info.name, "params": params}))


def _defaults(project: Project, info: MethodInfo) -> None:
    state.drop(*(f"method.{info.name}.{param.name}" for param in info.params))
    project.set_draft(project.draft.model_copy(update={"params": {}}))
