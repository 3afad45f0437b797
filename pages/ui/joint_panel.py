"""Any two columns together, and a third: real beside synthetic, of one run or of two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import cache, parts, scroll, state, theme
from pages.ui.beside import Side
from synth_core.errors import ProjectError, SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.table import Column

PAIR, THIRD, CLICKS, SEEN = "compare.pair_shown", "compare.third", "compare.pair_clicks", "compare.pair_clicks_seen"
MOST_ROWS = 500_000
SPLIT, RATE = "Split by it", "Its rate"
NONE = "(none)"


def _columns(project: Project, run: Run) -> list[Column]:
    """Return the columns that can be compared: learned, and in the release."""
    synthesis = run.synthesis()
    if synthesis is None:
        raise ProjectError("The synthetic table of this run is gone. Generate again to look at its columns together.")
    made = {column.name for column in synthesis.columns}
    return [c for c in cache.split_of(project, run)[0].having(learned=True) if c.name in made]


@st.cache_data(max_entries=64, show_spinner=False, scope="session")
def _view(run_id: str, made: float, names: tuple[str, ...], how: str, level: str, _project: Project, _run: Run) -> Any:
    """Return what is drawn of these columns: two together, split by the third, or the third's rate or mean."""
    from synth_core.figures import joint_tables

    real = cache.split_of(_project, _run)[0]
    rows = _rows(run_id, made, tuple(sorted(names)), _project, _run)
    columns = [real.column(name) for name in names]
    if len(names) == 2:
        held = cache.split_of(_project, _run)[1].frame
        return joint_tables.joint(real.frame, rows, columns[0], columns[1], held if len(held) else None)
    if how == SPLIT:
        return joint_tables.split(real.frame, rows, *columns)
    return joint_tables.rates(real.frame, rows, *columns, level=level)


@st.cache_resource(max_entries=6, show_spinner=False)  # treated as read-only
def _rows(run_id: str, made: float, names: tuple[str, ...], _project: Project, _run: Run) -> pd.DataFrame:
    from synth_core.generation import read_synthetic

    synthesis = _run.synthesis()
    if synthesis is None or not made:
        raise ProjectError("The synthetic table of this run is gone. Generate again to look at its columns together.")
    return read_synthetic(_run.folder, synthesis, MOST_ROWS, names).frame


def choose(x: str, y: str, *, clicked: bool = False) -> None:
    """Look at this pair from now on; one that was clicked is brought into view."""
    if x != y:
        state.put(PAIR, (x, y))
        state.put(CLICKS, state.get(CLICKS, 0) + int(clicked))


def chosen(names: Sequence[str], fallback: tuple[str, str] | None) -> tuple[str, str]:
    """Return the pair to look at: the one chosen last, else the given one, else the first two columns."""
    x, y = state.get(PAIR, ("", ""))
    if x in names and y in names and x != y:
        return x, y
    if fallback is not None and set(fallback) <= set(names):
        return fallback
    return names[0], names[1]


def panel(project: Project, both: list[Side], runs: dict[str, Run], fallback: tuple[str, str] | None) -> None:
    """Draw the choice of the columns, and below it each run's picture; ``fallback``: the pair to begin with."""
    parts.section("Any two columns, and a third")
    try:
        columns = {column.name: column for column in _columns(project, runs["A"])}
    except SimileError as error:
        parts.error_card(error, title="These columns cannot be shown")
        return
    if len(columns) < 2:
        st.markdown(":gray[Fewer than two columns are learned.]")
        return
    names = list(columns)
    x, y = chosen(names, fallback)
    with st.container(key="compare_joint", gap="small"):
        third, how, level = _controls(project, runs["A"], columns, x, y)
        picked = (x, y) if third is None else (x, y, third)
        for side in both:
            if len(both) > 1:
                st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
            _draw(project, runs[side.letter], side, picked, how, level)
    if state.get(CLICKS, 0) != state.get(SEEN, 0):
        state.put(SEEN, state.get(CLICKS, 0))
        scroll.into_view("compare_joint", state.get(CLICKS, 0), block="nearest")


def _controls(project: Project, run: Run, columns: dict[str, Column], x: str, y: str) -> tuple[str | None, str, str]:
    """Draw the choices; return the third column, how it is used, and the value whose share is shown."""
    from synth_core.figures.joint_tables import rate_levels

    names = list(columns)
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        for place, (title, value) in enumerate((("Across", x), ("Up", y))):
            other = (y, x)[place]
            name = f"compare.{title.lower()}"
            key = state.shown(name, value)
            st.selectbox(
                title,
                [one for one in names if one != other],
                key=key,
                on_change=_turned,
                args=(name, key, place, x, y),
                width=220,
            )
        rest = [NONE, *(one for one in names if one not in (x, y))]
        if state.get(THIRD, NONE) not in rest:
            state.put(THIRD, NONE)
        third = st.selectbox(
            "Third column", rest, key=THIRD, width=220, persist_state="session",
            help="How the two go together for each of its values, or its rate (for a number its mean) by the two.",
        )  # fmt: skip
        if third in (NONE, None):
            return None, "", ""
        column = columns[str(third)]
        ways = [SPLIT, RATE if not column.kind.numeric else "Its mean"]
        if column.kind.value == "datetime":
            ways = [SPLIT]
        if state.get("compare.third_how", "") not in ways:
            state.put("compare.third_how", ways[0])
        how = st.segmented_control("Shown as", ways, key="compare.third_how", required=True) or SPLIT
        level = ""
        if how == RATE:
            levels = rate_levels(cache.split_of(project, run)[0].frame, column)
            if not levels:
                return str(third), SPLIT, ""
            level = str(st.selectbox("Share of", levels, key=f"compare.third_level_{third}", width=180) or levels[0])
    return str(third), str(how), level


def _turned(name: str, key: str, place: int, x: str, y: str) -> None:
    """Take the column that was chosen for one of the axes."""
    if not state.stale(name, key):
        value = state.get(key, "")
        choose(*((value, y) if place == 0 else (x, value)))


def _draw(project: Project, run: Run, side: Side, names: tuple[str, ...], how: str, level: str) -> None:
    from synth_core.figures import joint
    from synth_core.figures.joint_tables import Joint

    slot = st.container()
    try:
        with slot.skeleton(height=400):
            made = run.parquet.stat().st_mtime if run.parquet.exists() else 0.0
            missing = [name for name in names if name not in {column.name for column in _columns(project, run)}]
            if missing:
                raise ProjectError(f"This run has no column '{missing[0]}' to compare. Choose other columns.")
            found = _view(run.id, made, names, how, level, project, run)
    except SimileError as error:
        parts.error_card(error, title="This picture cannot be drawn")
        return
    if len(names) == 2:
        figure, finding = joint.joint_figure(found, state.mode()), joint.alt_joint(found)
    elif how == SPLIT:
        figure, finding = joint.split_pairs_figure(found, state.mode()), joint.alt_split(found)
    else:
        figure, finding = joint.rates_figure(found, state.mode()), joint.alt_rates(found)
    with slot:
        parts.chart(figure, alt=finding, key=f"compare.joint{side.suffix}")
    note = ""
    if isinstance(found, Joint) and max(found.outside) >= 0.0005:
        beyond = [theme.share(part) for part in found.outside]
        note = f" Beyond the axes: {beyond[0]} of real rows, {beyond[1]} of synthetic."
    st.caption(f"{theme.plain(finding)}{note} Binned, never single rows; cells of one to four real rows look alike.")
