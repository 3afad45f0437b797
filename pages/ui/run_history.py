"""What a run left: its result, its failure, and the table of all runs."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import cache, parts, run_steps, run_words, state, steering_result, theme
from synth_core import jobs
from synth_core.deletion import delete_run
from synth_core.errors import ProjectError, SimileError
from synth_core.project import Project
from synth_core.run import Run, Status

FIRST = 50
SCORES = {"shape": "Shape error", "c2st": "Told apart", "tstr_loss": "Loss in use", "membership_auc": "Membership"}
HELP = {
    "shape": "How far the columns are from the real ones, in %: 0 is the same.",
    "c2st": "How well a model tells synthetic rows from real ones: 0.5 is not at all, 1 is always.",
    "tstr_loss": "What a model loses on real rows when it learns from synthetic ones, in %.",
    "membership_auc": "How well an attacker tells who was in the real table: 0.5 is not at all, 1 is always.",
}


def result(project: Project, run: Run) -> None:
    """Draw what a finished run made: rows, time, acceptance, verdicts, the first rows and the way on."""
    synthesis, status = run.synthesis(), run.status()
    card = run_words.scorecard(run)
    if synthesis is None:
        parts.error_card("Its files are gone from the project's folder. Make the table again.", title="Nothing to show")
        return
    with st.grid(min_column_width=190, gap="small"):
        st.metric("Rows made", theme.count(synthesis.rows), border=True)
        st.metric("Time", theme.duration(status.elapsed) or "–", border=True)
        st.metric(
            "Rows accepted",
            theme.share(synthesis.acceptance),
            border=True,
            help="Of all rows drawn, the share that kept the rules and conditions. A low share makes a run slow.",
        )
        st.metric(
            "Learned from",
            theme.count(synthesis.learned_from),
            border=True,
            help=f"Real rows; {theme.count(synthesis.left_out)} more were left out because they break a hard rule."
            if synthesis.left_out
            else "Real rows that the engine saw.",
        )
    if synthesis.steering is not None:
        steering_result.facts(synthesis.steering, synthesis.rows)
    if card is not None:
        _verdict_line(project, run)
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.warning("This table was not judged yet.", icon=":material/help:", width="stretch")
            st.button("Judge it", key="generate.judge", on_click=_judge, args=(run,))
    rows = run.preview(FIRST)
    if rows is not None:
        st.markdown(f"**The first {len(rows)} synthetic rows**")
        st.dataframe(rows, key="generate.rows", hide_index=True, height=280, alt="The first synthetic rows.")
    run_steps.losses(run, "How it learned")


def _verdict_line(project: Project, run: Run) -> None:
    card = run_words.scorecard(run)
    if card is None:
        return
    found = list(run_words.verdicts_by_score(card, project.targets).values())
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="generate_verdicts"):
        st.markdown(f"**Held against the targets {run_words.USE_ENDS[project.use]}**", width="content")
        for word, mark in theme.VERDICTS.items():
            number = sum(verdict.word == word for verdict in found)
            if number:
                parts.sign(mark, text=f"{number} {_plural(word, number)}")
        st.space("stretch")
        if st.button("See how it compares", key="generate.compare", icon=":material/compare:"):
            parts.go("compare")


def _plural(word: str, number: int) -> str:
    several = {"pass": "hold", "watch": "to watch", "fail": "fail"}
    one = {"pass": "holds", "watch": "to watch", "fail": "fails"}
    return (one if number == 1 else several).get(word, word)


def _judge(run: Run) -> None:
    try:
        jobs.judge_again(run)
    except SimileError as error:
        state.put("generate.problem", str(error))


TITLES = {"failed": "This run failed", "lost": "This run was lost", "cancelled": "This run was cancelled"}


def failure(run: Run, status: Status) -> None:
    """Draw why a run stopped and the ways on: Resume where it can go on, other choices where it would fail again."""
    title, stage = TITLES.get(status.state, "This run stopped"), run_steps.DOING.get(status.stage, "")
    stopped = f"It stopped while {stage[0].lower()}{stage[1:]}." if stage else ""
    if status.state == "cancelled":
        st.info(f"**{title}.** {stopped} What it had sampled is kept.", icon=":material/cancel:")
    else:
        parts.error_card(f"{stopped} {status.error or 'It ended without a word.'}".strip(), title=title)
    columns = status.state == "failed" and "Upload page" in status.error  # then no engine and no rule mends it
    if status.state == "failed" and not columns:
        st.markdown(
            "**What you can try** :gray[the same recipe would fail again]  \n"
            "- Another engine, other settings or another choice of rows, on the Method page.\n"
            "- Softer rules, or fewer, on the Constraints page."
        )
    with st.container(horizontal=True, key="generate_failure"):
        if columns:
            if st.button("Change the columns", key="generate.to_upload", icon=":material/table_view:", type="primary"):
                parts.go("upload")
        elif status.state == "failed":
            if st.button("Change the method", key="generate.to_method", icon=":material/tune:", type="primary"):
                parts.go("method")
            if st.button("Change the rules", key="generate.to_rules", icon=":material/rule:"):
                parts.go("constraints")
        else:
            st.button(
                "Resume",
                key="generate.resume",
                icon=":material/play_arrow:",
                type="primary",
                help="Parts that are finished are not made again.",
                on_click=_resume,
                args=(run,),
            )
        st.download_button(
            "Log",
            run.log,
            file_name="simile-log.txt",
            mime="text/plain",
            key="generate.log",
            icon=":material/download:",
            on_click="ignore",
            help="Counts, column names and places in the code; never a cell of your table.",
        )


def _resume(run: Run) -> None:
    try:
        jobs.resume(run)
    except SimileError as error:
        state.put("generate.problem", str(error))


def deletion(project: Project, run: Run) -> None:
    """Draw the way to delete a run that is over."""
    if st.button("Delete this run", key="generate.delete", icon=":material/delete:", type="tertiary"):
        _ask_delete(project, run)


@st.dialog("Delete this run?")
def _ask_delete(project: Project, run: Run) -> None:
    st.markdown(
        "Its rows, scores and report are removed from this machine, with earlier forms of the table that only this run "
        "used. What was taken away of it stays in the ledger. This cannot be undone."
    )
    with st.container(horizontal=True, horizontal_alignment="right"):
        if st.button("Keep it", key="generate.keep"):
            st.rerun()
        if st.button("Delete", key="generate.delete_now", type="primary", on_click=_delete, args=(project, run)):
            st.rerun()


def _delete(project: Project, run: Run) -> None:
    try:
        delete_run(project, run.id)
    except SimileError as error:
        state.put("shell.problem", str(error))
        return
    cache.forget()
    state.choose_run(None)


def history(runs: list[Run], chosen: str) -> None:
    """Draw every run with its scores; selecting one makes it the run that all pages look at."""
    if len(runs) < 2:
        return
    parts.section("All runs")
    st.caption("Select one to look at it here and on the pages that judge it.")
    rows = [_row(run) for run in runs]
    config = st.column_config
    at = next((place for place, run in enumerate(runs) if run.id == chosen), None)
    st.dataframe(
        pd.DataFrame(rows),
        key=f"generate.history_{len(runs)}",
        hide_index=True,
        on_select=lambda: _choose(runs),
        selection_mode="single-row",
        selection_default={"selection": {"rows": [] if at is None else [at]}},
        column_config={
            "Rows": config.NumberColumn(format="localized"),
            "Seed": config.NumberColumn(format="%d", width="small"),
        }
        | {title: config.TextColumn(help=HELP[name], alignment="right") for name, title in SCORES.items()},
        alt=f"{len(runs)} runs with engine, rows, seed, state and key scores.",
    )
    by_id = {run.id: run for run in runs}
    key = state.shown("generate.looked_at", chosen if chosen in by_id else runs[0].id)
    st.selectbox(  # rows of a table cannot be chosen without a mouse
        "Run to look at",
        list(by_id),
        format_func=lambda one: _label(by_id[one]),
        key=key,
        on_change=lambda: state.choose_run(state.get(key, chosen)),
        width=460,
    )


def _label(run: Run) -> str:
    try:
        return run_words.run_label(run)
    except ProjectError:
        return f"(damaged) · {run_words.when(run.started_at)}"


def _row(run: Run) -> dict[str, object]:
    status = run.status()
    row: dict[str, object] = {"Started": run_words.when(run.started_at), "State": theme.RUN_STATES[status.state].word}
    try:
        recipe = run.recipe
        row |= {"Engine": run_words.method_title(recipe.method), "Rows": recipe.rows, "Seed": recipe.seed}
        card = run_words.scorecard(run)
    except ProjectError:
        row |= {"Engine": "(damaged)", "Rows": None, "Seed": None}
        card = None
    scores = {} if card is None else card.scores
    shown = {name: scores[name] for name in SCORES if name in scores}
    return row | {
        title: run_words.amount(shown[name].value, shown[name].unit) if name in shown else "–"
        for name, title in SCORES.items()
    }


def _choose(runs: list[Run]) -> None:
    picked = state.get(f"generate.history_{len(runs)}", {"selection": {"rows": []}})["selection"]["rows"]
    if picked and picked[0] < len(runs):
        state.choose_run(runs[picked[0]].id)
