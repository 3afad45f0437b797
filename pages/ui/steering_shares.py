"""Target shares: the real share of each category beside a slider; and so many rows of one class."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, parts, state, steering_draft, theme
from pages.ui.halves import halves
from pages.ui.param_form import MOST_ROWS, begin
from synth_core.project import Project
from synth_core.steering.anchors import LEAST
from synth_core.steering.asks import Steering
from synth_core.table import Table

SHOWN = 8
OTHERS = "all others"


def shares(project: Project, steering: Steering, table: Table) -> None:
    """Draw the sliders of one or two columns, and the shortcut for one class."""
    st.markdown("**In these shares**")
    known = [column.name for column in table.columns if column.learned and column.kind.categorical]
    known = [name for name in known if len(showable(project, table, name)) > 1]
    if not known:
        st.markdown(":gray[No column has categories to choose from.]")
        return
    if steering.make:
        _made(project, steering)
        return
    steered = [name for name in steering.shares if name in known]
    target = table.target.name if table.target is not None and table.target.name in known else None
    left, right = halves(380)
    with left:
        first = _column(project, 0, known, [*steered, target][0] if (steered or target) else known[0])
        if first:
            _sliders(project, steering, table, first, 0)
    with right:
        others = [name for name in known if name != first]
        if others:
            second = _column(
                project, 1, others, next((name for name in steered if name in others and name != first), None)
            )
            if second:
                _sliders(project, steering, table, second, 1)
            else:
                st.caption("A second column, if you like: both columns' shares then hold together.")
    if target is not None:
        _class(project, table, target)


def _column(project: Project, slot: int, known: list[str], usual: str | None) -> str | None:
    key = f"method.steer_column_{slot}"
    begin(key, usual)
    if state.get(key, None) not in known:
        state.put(key, usual)
    chosen: str | None = st.selectbox(
        "Column" if slot == 0 else "And a second column",
        known,
        key=key,
        index=None,
        placeholder="None",
        persist_state="session",
        on_change=_changed,
        args=(project,),
    )
    return chosen


def _changed(project: Project) -> None:
    """Forget the shares of columns that are shown no more."""
    shown = {state.get(f"method.steer_column_{slot}", None) for slot in (0, 1)}
    steering = project.draft.steering
    kept = {name: levels for name, levels in steering.shares.items() if name in shown}
    if kept != steering.shares:
        steering_draft.keep(project, steering.model_copy(update={"shares": kept}))


def _sliders(project: Project, steering: Steering, table: Table, name: str, slot: int) -> None:
    real = showable(project, table, name)
    now = shown_shares(real, steering.shares.get(name, {}))
    real_now = {**shown_shares(real, {}), **{k: v for k, v in cache.level_shares(table, name).items() if k in now}}
    head, middle, right = st.columns([3, 3, 5])
    head.caption("Category")
    middle.caption("Real rows")
    right.caption("In the release")
    for place, (level, share) in enumerate(now.items()):
        head, middle, right = st.columns([3, 3, 5], vertical_alignment="center")
        head.markdown(f":small[{theme.plain(level)}]")
        middle.progress(real_now[level], text=f":small[{theme.share(real_now[level])}]")
        slider = f"method.steer_share_{slot}_{place}"
        key = state.shown(slider, round(share * 100, 1))
        right.container(key=f"{slider}_box").slider(
            f"Share of {theme.plain(level)}",
            0.0,
            100.0,
            step=0.5,
            format="%g %%",
            key=key,
            label_visibility="collapsed",
            on_change=_move,
            args=(project, table, name, level, slider, key),
        )
    if name in steering.shares:
        st.button(
            "Back to the real shares",
            key=f"method.steer_back_{slot}",
            icon=":material/restart_alt:",
            type="tertiary",
            on_click=_back,
            args=(project, name),
        )


def showable(project: Project, table: Table, name: str) -> dict[str, float]:
    """Return the real shares of the categories that a release can show: rare ones are protected, and get no slider."""
    found = cache.level_shares(table, name)
    if not table.column(name).protect:
        return found
    least = LEAST / (1 - project.draft.holdout) / max(int(table.frame[name].count()), 1)
    kept = {level: share for level, share in found.items() if share >= least}
    return {level: share / sum(kept.values()) for level, share in kept.items()}


def shown_shares(real: dict[str, float], wanted: dict[str, float]) -> dict[str, float]:
    """Return the shares of the categories that are shown: eight at most, and the others together.

    >>> shown_shares({"a": 0.5, "b": 0.3, "c": 0.2}, {"a": 0.9})
    {'a': 0.9, 'b': 0.06, 'c': 0.04}
    """
    free = 1 - sum(wanted.values())
    rest = sum(share for level, share in real.items() if level not in wanted)
    full = {
        level: wanted[level] if level in wanted else round(share / rest * free, 9) if rest else 0.0
        for level, share in real.items()
    }
    first = dict(list(full.items())[:SHOWN])
    if len(full) > SHOWN:
        first[OTHERS] = max(0.0, round(1 - sum(first.values()), 9))
    return first


def moved(shares: dict[str, float], level: str, share: float) -> dict[str, float]:
    """Return the shares after one is set: the others keep their proportions, and all add up to 1.

    >>> moved({"a": 0.5, "b": 0.4, "c": 0.1}, "a", 0.75)
    {'a': 0.75, 'b': 0.2, 'c': 0.05}
    """
    rest = sum(value for name, value in shares.items() if name != level)
    even = 1 / max(len(shares) - 1, 1)
    changed = {
        name: share if name == level else round((1 - share) * (value / rest if rest else even), 9)
        for name, value in shares.items()
    }
    return changed


def _move(project: Project, table: Table, name: str, level: str, slider: str, key: str) -> None:
    if state.stale(slider, key):
        return
    steering = project.draft.steering
    now = shown_shares(showable(project, table, name), steering.shares.get(name, {}))
    after = moved(now, level, float(state.get(key, 0.0)) / 100)
    kept = {shown: share for shown, share in after.items() if shown != OTHERS}
    steering_draft.keep(project, steering.model_copy(update={"shares": {**steering.shares, name: kept}}))


def _back(project: Project, name: str) -> None:
    steering = project.draft.steering
    kept = {column: levels for column, levels in steering.shares.items() if column != name}
    steering_draft.keep(project, steering.model_copy(update={"shares": kept}))


def _class(project: Project, table: Table, target: str) -> None:
    """Draw the shortcut that makes rows of one class of the target and no others."""
    levels = list(showable(project, table, target))[::-1]  # the rarest first: it is what is mostly wanted
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key="method_steer_class"):
        st.markdown(f"Or only one class of **{theme.plain(target)}**:", width="content")
        begin("method.steer_class_rows", 10_000)
        st.number_input("Rows", 1, MOST_ROWS, step=1_000, key="method.steer_class_rows", width=150)
        st.selectbox("Class", levels, key="method.steer_class_level", width=200)
        st.button(
            "Make these", key="method.steer_class_make", icon=":material/add:", on_click=_make, args=(project, target)
        )


def _make(project: Project, target: str) -> None:
    rows, level = state.get("method.steer_class_rows", 10_000), state.get("method.steer_class_level", None)
    if level is None or not rows:
        return
    steering = project.draft.steering.model_copy(update={"make": {target: {str(level): int(rows)}}, "shares": {}})
    steering_draft.keep(project, steering, rows=int(rows))


def _made(project: Project, steering: Steering) -> None:
    for name, counts in steering.make.items():
        words = ", ".join(
            f"**{theme.count(rows)}** rows of {theme.plain(f'{name} = {level}')}" for level, rows in counts.items()
        )
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(f":material/filter_alt: {words}, and no others", width="content")
            st.button(
                parts.spoken("Remove", f"the rows asked for of {name}"),
                key="method.steer_class_remove",
                icon=":material/close:",
                type="tertiary",
                on_click=_unmake,
                args=(project,),
            )


def _unmake(project: Project) -> None:
    steering_draft.keep(
        project, project.draft.steering.model_copy(update={"make": {}}), rows=max(len(project.table), 1)
    )
