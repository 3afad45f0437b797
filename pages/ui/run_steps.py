"""A run at work: its seven steps, the bar, what is left, and the first rows as they come."""

from __future__ import annotations

import streamlit as st

from pages.ui import cache, parts, score_tiles, state, theme, watch
from pages.ui.live_preview import likeness, watched
from synth_core import jobs
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import STAGES, Run, Status

DONE = {
    "Read": "Read the table",
    "Split": "Held rows out",
    "Learn": "Learned",
    "Sample": "Sampled",
    "Keep the rules": "Kept the rules",
    "Compare": "Compared with held-out rows",
    "Attack": "Attacked it",
}
DOING = {
    "Read": "Reading the table",
    "Split": "Holding rows out",
    "Learn": "Learning",
    "Sample": "Sampling",
    "Keep the rules": "Keeping the rules",
    "Compare": "Comparing with held-out rows",
    "Attack": "Attacking it",
}
TO_DO = {
    "Read": "Read the table",
    "Split": "Hold rows out",
    "Learn": "Learn",
    "Sample": "Sample",
    "Keep the rules": "Keep the rules",
    "Compare": "Compare with held-out rows",
    "Attack": "Attack it",
}
PREVIEW_ROWS = 1000


def panel(project: Project, run: Run) -> None:
    """Draw where the run stands; called every second while it is at work."""
    status = run.status()
    if status.state == "queued":
        _queued(run)
        return
    if run.is_audited:
        watch.bar(run, key="generate.cancel", title="The shadow audit is at work.")
        return
    elapsed = f"{theme.duration(status.elapsed)} so far"
    left = f"about {theme.duration(status.seconds_left)} left" if status.seconds_left else "working out the time left"
    st.progress(min(max(status.share, 0.0), 1.0), text=f"**{status.share * 100:.0f} %** · {elapsed} · {left}")
    steps, pictures = st.columns([2, 5], gap="large")
    with steps:
        _steps(status)
        st.button("Cancel", key="generate.cancel", icon=":material/stop:", on_click=jobs.cancel, args=(run,))
    with pictures:
        if status.stage == "Learn":
            losses(run)
        if status.stage in ("Compare", "Attack"):
            score_tiles.so_far(run.scores_so_far())
        _pictures(project, run)


def losses(run: Run, title: str = "How it learns") -> None:
    """Draw how the engine's network learns; nothing for engines without one."""
    from synth_core.figures import alt_losses, loss_figure

    history = run.losses()
    if len(history) < 2:
        return
    st.markdown(f"**{title}** :gray[loss per epoch; what counts is the dashed line, of rows set apart]")
    figure = loss_figure(history, state.mode())
    parts.chart(figure, alt=alt_losses(history), key=f"generate.losses_{run.id}", height=figure.layout.height)


def _queued(run: Run) -> None:
    before = jobs.queue_place(run)
    words = f"{before} {'run is' if before == 1 else 'runs are'} before it." if before else "It starts in a moment."
    st.info(f"Waiting for its turn on this machine. {words}", icon=":material/hourglass_top:")
    st.button("Cancel", key="generate.cancel", icon=":material/stop:", on_click=jobs.cancel, args=(run,))


def _steps(status: Status) -> None:
    now = _place(status)
    lines = []
    for place, stage in enumerate(STAGES):
        if place < now:
            seconds = status.seconds.get(stage)
            time = f" :gray[:small[{theme.duration(seconds)}]]" if seconds and seconds >= 1 else ""
            lines.append(f":green[:material/check_circle:] {DONE[stage]}{time}")
        elif place == now:
            note = f"  \n:gray[:small[{theme.plain(status.note)}]]" if status.note else ""
            lines.append(f":blue[:material/pending:] **{DOING[stage]}**{note}")
        else:
            lines.append(f":gray[:material/radio_button_unchecked: {TO_DO[stage]}]")
    st.markdown("\n\n".join(lines))


def _place(status: Status) -> int:
    """Return which of the seven steps goes on; judging that does not name its step is the comparison."""
    if status.stage in STAGES:
        return STAGES.index(status.stage)
    return STAGES.index("Compare") if "Sample" in status.seconds else 0


def _pictures(project: Project, run: Run) -> None:
    """Draw two columns of the real table, and as soon as there are synthetic rows these beside them."""
    from synth_core.figures import overlay

    try:
        rows = run.preview(PREVIEW_ROWS)
        table = cache.table(project)
        drawn = [likeness(table, column, rows) for column in watched(table)]
    except (SimileError, OSError, ValueError, KeyError):  # the file is being replaced; the next second shows it
        return
    if rows is None:
        st.markdown("**The real table** :gray[synthetic rows join it here as soon as they are made]")
    else:
        first = f"**The first {theme.count(len(rows))} synthetic rows**"
        st.markdown(f"{first} :gray[orange, dashed or hatched; the real ones are blue and filled]")
    for place, (cell, one) in enumerate(zip(st.columns(max(len(drawn), 1), gap="small"), drawn, strict=False)):
        with cell:
            st.caption(theme.plain(one.name))
            parts.chart(
                overlay(one, mode=state.mode()).update_layout(showlegend=False, margin_t=8),
                alt=f"{one.name}: "
                + ("the real rows." if rows is None else "the first synthetic rows beside the real ones."),
                key=f"generate.live_{place}",
                height=220,
            )
    if rows is not None:
        st.dataframe(rows.head(5), hide_index=True, key="generate.live_rows", alt="The first five synthetic rows.")
