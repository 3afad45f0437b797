"""A new version from a new extract, and the scores of all versions over time."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import identity, parts, run_words, score_tiles, state
from synth_core import extracts
from synth_core.errors import SimileError
from synth_core.extracts import Extract, Version
from synth_core.figures.monitoring import Turn
from synth_core.figures.monitoring import over_time as line_figure
from synth_core.project import Project, open_project
from synth_core.run import Run

PROBLEM = "monitor.problem"
MOST = 30
FIRST = ("shape", "pairs", "c2st", "tstr_loss", "membership_auc", "rules_broken")


def follow() -> None:
    """Go to the run of a new version that was just started; its project is the open one now."""
    if state.get("monitor.started", False):
        state.drop("monitor.started")
        parts.go("generate")


def regenerate(project: Project, extract: Extract) -> None:
    """Draw the button that makes a new version from the extract with the same recipe."""
    with st.container(border=True, gap="small", key="monitor_regenerate"):
        st.markdown("**Make a new version from this extract**")
        runs = [run for run in run_words.judged(project) if run.recipe.what_if is None]
        if not runs:
            st.markdown(":gray[There is no finished run yet whose recipe could be repeated.]")
            return
        run = runs[0]
        if len(runs) > 1:
            by_id = {one.id: one for one in runs}
            run = by_id[
                st.selectbox(
                    "Recipe of",
                    list(by_id),
                    format_func=lambda one: run_words.run_label(by_id[one]),
                    key="monitor.run",
                    width=460,
                )
            ]
        else:
            st.markdown(f":gray[The recipe of {run_words.run_label(run)}]")
        if problem := state.get(PROBLEM, ""):
            parts.error_card(problem, title="The new version was not started")
            state.drop(PROBLEM)
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                "Regenerate with the same recipe",
                key="monitor.regenerate",
                icon=":material/autorenew:",
                type="primary",
                on_click=_start,
                args=(project, extract, run),
            )
            if extract.sibling and st.button(
                "Open the version made from it", key="monitor.open", icon=":material/open_in_new:", type="tertiary"
            ):
                _open(extract.sibling)
        st.caption(
            "It becomes a project of its own beside this one, with the same columns, rules and targets; it learns from "
            "the new extract alone and is judged on rows of it that were held out. This project stays as it is."
        )


def _start(project: Project, extract: Extract, run: Run) -> None:
    try:
        sibling, started = extracts.regenerate(project, extract, run)
    except SimileError as error:
        state.put(PROBLEM, str(error))
        return
    state.open_project(sibling.id)
    state.choose_run(started.id)
    state.put("monitor.started", True)


def _open(project_id: str) -> None:
    with parts.guarded("That version cannot be opened"):
        open_project(project_id, identity.owner())
        state.open_project(project_id)
        parts.go("generate")


def over_time(project: Project) -> None:
    """Draw a line per target over the versions, and the versions as a table."""
    found = extracts.versions(project)[-MOST:]
    if not found:
        return
    parts.section("Scores over time")
    if len(found) == 1:
        st.caption("One version so far. With a second one, each target gets a line here.")
        _versions(found, project)
        return
    st.caption("One line per target, from the oldest version to the newest; the dashed line is the limit.")
    scores = [target.score for target in project.targets]
    _lines(found, [score for score in scores if score in FIRST])
    with st.expander("The other targets", key="monitor.more", on_change="rerun") as box:
        if box.open:
            _lines(found, [score for score in scores if score not in FIRST])
    _versions(found, project)


def _lines(found: list[Version], scores: list[str]) -> None:
    with st.grid(min_column_width=300, gap="small"):
        for score in scores:
            known = [turn for place, version in enumerate(found) if (turn := _turn(version, score, place)) is not None]
            if not known:
                continue
            name = score_tiles.title(score)
            unit = " %" if _unit(found, score) == "%" else ""
            with st.container(border=True, gap="xsmall"):
                st.markdown(f"**{name}**")
                said = ", ".join(f"{turn.label} {turn.value:.3g}{unit}" for turn in known)
                parts.chart(
                    line_figure(name, known, unit, state.mode()),
                    f"{name} over {len(known)} versions: {said}.",
                    f"monitor.time_{score}",
                )


def _turn(version: Version, score: str, place: int) -> Turn | None:
    value = version.card.scores.get(score)
    if value is None or value.value is None:
        return None
    verdict = next((one for one in version.verdicts if one.target.score == score), None)
    return Turn(
        f"Version {place + 1}: {version.label}, {run_words.when(version.when)}",
        value.value,
        value.low,
        value.high,
        None if verdict is None else verdict.limit,
        "" if verdict is None else verdict.word,
    )


def _unit(found: list[Version], score: str) -> str:
    return next((v.card.scores[score].unit for v in found if score in v.card.scores), "")


def _versions(found: list[Version], project: Project) -> None:
    st.dataframe(
        pd.DataFrame(
            {
                "Version": list(range(1, len(found) + 1)),
                "Project": [one.label + (" (this one)" if one.project.id == project.id else "") for one in found],
                "Run": [run_words.run_label(one.run) for one in found],
                "Real rows": [one.card.rows_train + one.card.rows_holdout for one in found],
                "Hold": [sum(v.word == "pass" for v in one.verdicts) for one in found],
                "Watch": [sum(v.word == "watch" for v in one.verdicts) for one in found],
                "Fail": [sum(v.word == "fail" for v in one.verdicts) for one in found],
            }
        ),
        key="monitor.versions",
        hide_index=True,
        column_config={
            "Version": st.column_config.NumberColumn(width="small"),
            "Real rows": st.column_config.NumberColumn(format="localized"),
        },
        alt=f"{len(found)} versions with how many of their targets hold.",
    )
