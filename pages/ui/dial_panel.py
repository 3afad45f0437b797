"""The dial of an engine between privacy and likeness: one slider, and the frontier measured on the user's own table."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.ui import param_form, parts, state, theme, watch
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.figures.frontier import Likeness, alt_frontier, beyond, frontier_figure, frontier_words
from synth_core.frontier import (
    MOST_MADE,
    Candidate,
    Frontier,
    dial,
    engines,
    expected_seconds,
    key_of,
    released_rows,
    stops,
)
from synth_core.methods.base import MethodInfo, Param
from synth_core.project import Project
from synth_core.recipe import USE_TITLES, Recipe
from synth_core.run import Run
from synth_core.table import Table

_CHART, _WIDE, _AGAINST, _PROBLEM = "method.frontier", "method.frontier_wide", "method.frontier_y", "method.frontier_no"


def panel(project: Project, draft: Recipe, info: MethodInfo, table: Table) -> None:
    """Draw the slider with what its stop means, and beside it the picture, or how to get it."""
    param = dial(info.name)
    if param is None:
        return
    chosen = str(draft.params.get(param.name, param.default))
    candidates = engines(draft) if state.get(_WIDE, False) else stops(draft)
    job = project.measurement(key_of(project.table_name, draft, candidates))
    found = _result(job) or _result(project.measurement(key_of(project.table_name, draft, engines(draft))))
    if found is not None and len(found.points) < len(candidates):
        found = None
    older = None if found is not None else _newest(project)
    parts.section("Privacy or likeness")
    with st.container(border=True, key="method_dial"):
        left, right = st.columns([2, 3], gap="large")
        with left:
            param_form.field(project, draft, info, param)
            _earlier(project, draft, info)
            _meaning(project, found or older, chosen, stale=found is None)
            _ask(project, draft, table, candidates, job, found is not None)
        with right:
            if job is not None and job.status().active:
                watch.progress_panel(job, _progress)
            elif found is not None or older is not None:
                _picture(project, draft, info, param, found or older, chosen, stale=found is None)
            else:
                _empty(draft, table, candidates, job)


def _earlier(project: Project, draft: Recipe, info: MethodInfo) -> None:
    """Offer to count the rows that earlier runs made from the same people: what is given away adds up."""
    made = project.rows_made()
    total = draft.rows + made
    if not made or released_rows(draft) >= total or all(other.name != "release_rows" for other in info.params):
        return
    st.caption(
        f"Earlier runs made {theme.count(made)} rows from this table. If they were given away too, the dial must know."
    )
    st.button(
        f"Reckon with {theme.count(total)} rows",
        key="method.count_earlier",
        icon=":material/add:",
        type="tertiary",
        on_click=_count_earlier,
        args=(project, info, total),
    )


def _count_earlier(project: Project, info: MethodInfo, total: int) -> None:
    draft = project.draft
    changed = {"method": info.name, "params": draft.params | {"release_rows": total}}
    project.set_draft(draft.model_copy(update=changed))
    state.drop(f"method.{info.name}.release_rows")


def _result(job: Run | None) -> Frontier | None:
    return job.frontier() if job is not None and job.status().state == "done" else None


def _newest(project: Project) -> Frontier | None:
    """Return the newest measurement that answered another question: other rows, settings or rules."""
    done = (run for run in project.measurements() if run.status().state == "done")
    return next((found for run in done if (found := run.frontier()) is not None), None)


def _limits(project: Project) -> dict[str, float]:
    return {target.score: target.limit for target in project.targets if not target.above_floor}


def _meaning(project: Project, found: Frontier | None, chosen: str, *, stale: bool) -> None:
    point = None if found is None else found.point(chosen)
    if found is None or point is None:
        return
    if stale:
        st.caption(f"Measured earlier, for {theme.count(found.rows)} rows:")
    st.markdown(theme.plain(frontier_words(found, point)))
    over = beyond(point, _limits(project))
    use = USE_TITLES[project.use].lower()
    if over:
        st.markdown(f":orange[:material/warning: Beyond the limits for “{use}”: {', '.join(over)}.]")
    else:
        st.markdown(f":green[:material/check_circle: Within the limits for “{use}”.]")


def _ask(
    project: Project, draft: Recipe, table: Table, candidates: Sequence[Candidate], job: Run | None, done: bool
) -> None:
    """Draw the button that measures, with what it takes."""
    working = job is not None and job.status().active
    st.toggle("Beside other engines", key=_WIDE, disabled=working, persist_state="session")
    if problem := state.get(_PROBLEM, ""):
        parts.error_card(problem, title="It cannot be measured")
        state.drop(_PROBLEM)
    if working or done:
        return
    learned = round(len(table) * (1 - draft.holdout))
    columns = len(table.having(learned=True))
    seconds = expected_seconds(learned, columns, released_rows(draft), len(candidates))
    st.button(
        "Measure on this table",
        key="method.measure",
        icon=":material/query_stats:",
        type="primary" if not project.measurements() else "secondary",
        on_click=_start,
        args=(project, draft, candidates),
    )
    st.caption(f"About {theme.duration(seconds)} on two free cores.")


def _start(project: Project, draft: Recipe, candidates: Sequence[Candidate]) -> None:
    try:
        jobs.measure(project, draft, candidates)
    except SimileError as error:
        state.put(_PROBLEM, str(error))


def _cancel(job: Run) -> None:
    jobs.cancel(job)


def _progress(job: Run) -> None:
    status = job.status()
    left = f" · {theme.duration(status.seconds_left)} left" if status.seconds_left else ""
    st.space("medium")
    st.markdown("**Measuring**")
    st.progress(min(max(status.share, 0.0), 1.0), text=f"{theme.plain(status.note or 'Waiting')}{left}")
    st.button("Cancel", key="method.measure_cancel", icon=":material/stop:", on_click=_cancel, args=(job,))
    st.caption("You can leave this page, or close it; the measurement goes on.")


def _empty(draft: Recipe, table: Table, candidates: Sequence[Candidate], job: Run | None) -> None:
    """Say what will be measured, or why the last attempt has no result."""
    if job is not None:
        status = job.status()
        if status.state in ("failed", "lost"):
            parts.error_card(status.error, title="The measurement stopped")
        elif status.state == "cancelled":
            st.info("The measurement was cancelled.", icon=":material/info:")
    rows = released_rows(draft)
    learned = len(table) - round(len(table) * draft.holdout)
    st.markdown("**Where do the stops stand on your table?**")
    st.markdown(
        f":gray[Not measured yet. Each of {len(candidates)} settings learns from three quarters of the "
        f"{theme.count(learned)} rows to learn from, makes {theme.count(min(rows, MOST_MADE))} rows, and is attacked "
        "with all of them: people it learned from against people it never saw. Then it is told from real rows, and a "
        "model is trained on it where there is a target. The rows held out to judge the result are not touched.]"
    )
    if rows > MOST_MADE:
        st.markdown(f":gray[What {theme.count(rows)} rows give away is carried on from {theme.count(MOST_MADE)}.]")


def _picture(
    project: Project, draft: Recipe, info: MethodInfo, param: Param, found: Frontier | None, chosen: str, *, stale: bool
) -> None:
    assert found is not None
    if stale:
        rows = found.rows != released_rows(draft)
        words = f"Measured for {theme.count(found.rows)} rows" if rows else "Measured"
        st.warning(
            f"{words}, with other settings, rules, rows or engines than now. Measure again.", icon=":material/history:"
        )
    against: Likeness = "likeness"
    if any(point.loss is not None for point in found.points):
        param_form.begin(_AGAINST, "Likeness")
        picked = st.segmented_control(
            "Up the picture", ["Likeness", "Loss"], key=_AGAINST, required=True, label_visibility="collapsed"
        )
        against = "loss" if picked == "Loss" else "likeness"
    parts.chart(
        frontier_figure(found, chosen, _limits(project), against, state.mode()),
        alt_frontier(found, against),
        _CHART,
        on_select=lambda: _clicked(project, info, param),
        selection_mode="points",
    )
    more = f" Carried on from {theme.count(found.made)} rows made." if found.made < found.rows else ""
    st.caption(
        f"{theme.count(found.rows)} rows released, learned from {theme.count(found.learned)}; "
        f"{theme.count(found.members)} people who were among these against {theme.count(found.others)} who were not. "
        f"Bars: 95 %. Shaded: beyond the limits. Click a point to choose it.{more}"
    )


def _clicked(project: Project, info: MethodInfo, param: Param) -> None:
    """Take the stop whose point was clicked."""
    points = state.points(_CHART)
    label = str((points[0].get("customdata") or [""])[0]) if points else ""
    if label not in param.choices:
        return
    draft = project.draft
    params = {name: value for name, value in draft.params.items() if name != param.name}
    params |= {param.name: label} if label != param.default else {}
    project.set_draft(draft.model_copy(update={"method": info.name, "params": params}))
    state.drop(f"method.{info.name}.{param.name}")
