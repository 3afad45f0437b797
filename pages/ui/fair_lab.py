"""The lab of the Fairness page: its settings, the work while it goes on, and what came out."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import fair_corrections, fair_question, parts, state, theme, watch
from pages.ui.fair_question import Asked
from synth_core.errors import SimileError
from synth_core.figures.fairness import alt_fairness, fairness_figure
from synth_core.labs import fair_project
from synth_core.labs.fair_corrections import CORRECTIONS, ENGINES
from synth_core.labs.fair_models import MODEL_TITLES
from synth_core.labs.fair_results import Arm, Fairness
from synth_core.labs.fair_words import CAVEATS, GAP_MEANINGS, GAP_TITLES, Gap, as_csv, helped, story, undecided
from synth_core.labs.fairness import arms_of, expected_seconds
from synth_core.methods import methods
from synth_core.profile.words import counted
from synth_core.project import Project
from synth_core.run import Run

_PROBLEM = "fairness.problem"
_MEASURES = {
    "Given it": "selection",
    "True positives": "true_positive",
    "False positives": "false_positive",
    "Right": "accuracy",
    "Balanced": "balanced_accuracy",
}


def panel(project: Project, asked: Asked) -> None:
    """Draw the lab."""
    parts.section("The lab")
    st.markdown(
        ":gray[A model is trained in several ways: on the real rows as they are, on the real rows with weights "
        "(reweighing), and on synthetic rows with and without each correction. Each is judged on real rows that "
        "neither it nor the engine has seen. The rows held out to judge a run are not touched.]",
        width=theme.TEXT_WIDTH,
    )
    job = fair_project.work(project, asked.plan)
    working = job is not None and job.status().active
    _settings(project, asked, disabled=working)
    if problem := state.get(_PROBLEM, ""):
        parts.error_card(problem, title="The lab did not start")
        state.drop(_PROBLEM)
    found = fair_project.result(job)
    if job is not None and working:
        with st.container(border=True, key="fairness_work"):
            watch.progress_panel(job, _progress)
    elif found is None:
        _start_button(project, asked, job)
    shown = found or fair_project.latest(project)
    if shown is not None:
        _results(project, shown, stale=found is None)


def _settings(project: Project, asked: Asked, *, disabled: bool) -> None:
    plan = asked.plan
    titles = {name: methods()[name].info.title for name in ENGINES if name in methods()}
    with st.grid(min_column_width=200, gap="medium"):
        _choice(project, asked, "model", "Model", dict(MODEL_TITLES), plan.model, disabled)
        _choice(project, asked, "engine", "Engine of the synthetic rows", titles, plan.engine, disabled)
        slot = "fairness.folds"
        key = state.shown(slot, plan.folds)
        st.number_input(
            "Folds", 2, 10, step=1, key=key, disabled=disabled, on_change=_set,
            args=(project, asked, "folds", slot, key),
            help="The rows are dealt into so many parts, and each is judged by models that learned from the others. "
            "More folds leave more rows to learn from, and take longer.",
        )  # fmt: skip
        slot = "fairness.sees"
        key = state.shown(slot, plan.sees)
        with st.container(gap="xsmall"):
            st.space(22)
            st.toggle(
                "The model sees the sensitive column", key=key, disabled=disabled, on_change=_set,
                args=(project, asked, "sees", slot, key),
                help="Off, as the law often asks of lenders. Other columns may still speak for it.",
            )  # fmt: skip


def _choice(
    project: Project, asked: Asked, name: str, label: str, titles: dict[Any, str], value: str, disabled: bool
) -> None:
    slot = f"fairness.{name}"
    key = state.shown(slot, value)
    st.selectbox(
        label,
        list(titles),
        format_func=lambda one: titles.get(one, one),
        key=key,
        disabled=disabled,
        on_change=_set,
        args=(project, asked, name, slot, key),
    )


def _set(project: Project, asked: Asked, name: str, slot: str, key: str) -> None:
    value = state.get(key, None)
    if value is not None and not state.stale(slot, key):
        fair_question.keep(project, asked.table, **{name: value})


def _start_button(project: Project, asked: Asked, job: Run | None) -> None:
    if job is not None:
        status = job.status()
        if status.state in ("failed", "lost"):
            parts.error_card(status.error, title="The lab stopped")
        elif status.state == "cancelled":
            st.info("The lab was cancelled.", icon=":material/info:")
    busy = any(run.status().active for run in fair_project.works(project))
    columns = len(asked.table.having(learned=True))
    learned = round(len(asked.table) * (1 - project.draft.holdout))
    seconds = expected_seconds(learned, columns, asked.plan, len(arms_of(asked.plan, asked.facts.groups)))
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        st.button(
            "Run the lab",
            key="fairness.start",
            type="primary",
            icon=":material/science:",
            disabled=busy,
            help="The lab is at work on another question of this project." if busy else None,
            on_click=_start,
            args=(project, asked),
        )
        st.caption(f"About {theme.duration(seconds)} on two free cores. You can leave the page meanwhile.")
    if busy:
        other = next(run for run in fair_project.works(project) if run.status().active)
        with st.container(border=True, key="fairness_work"):
            watch.progress_panel(other, _progress)


def _start(project: Project, asked: Asked) -> None:
    try:
        fair_project.start(project, asked.plan)
    except SimileError as error:
        state.put(_PROBLEM, str(error))


def _progress(job: Run) -> None:
    watch.bar(job, key="fairness.cancel", title="The lab is at work.")


def _results(project: Project, found: Fairness, *, stale: bool) -> None:
    parts.section("What came out")
    if stale:
        st.warning(
            "Measured with another question, other settings, rules or rows than now. Run the lab again to renew it.",
            icon=":material/history:",
        )
    gap = _gap()
    sentences = story(found, gap)
    with st.container(border=True, gap="small", key="fairness_story"):
        icon = ":material/trending_down:" if helped(found, gap) else ":material/do_not_disturb_on:"
        st.markdown(f"{icon} **{theme.plain(_headline(found, gap))}**")
        st.markdown(theme.plain(" ".join(sentences)), width=theme.TEXT_WIDTH)
        _use_winner(project, found, gap)
    parts.chart(fairness_figure(found, state.mode()), alt_fairness(found), "fairness.arms")
    plan = found.plan
    st.caption(
        f"{MODEL_TITLES[plan.model]} that {'sees' if plan.sees else 'does not see'} "
        f"{theme.plain(' and '.join(plan.sensitive))}; {theme.count(found.judged)} real rows judged in {plan.folds} "
        "folds. Blue: trained on real rows; orange: on synthetic ones. Bars: 95 %; small marks: single folds; dotted: "
        "doing nothing. A change counts as measurable when its interval, widened for the number of comparisons, leaves "
        "out zero, and most folds agree."
    )
    if found.few:
        named = ", ".join(f"{theme.plain(name)} ({counted(rows, 'row')})" for name, rows in list(found.few.items())[:5])
        st.caption(f":material/help: Not enough data, so not judged: {named}.")
    _per_group(found, gap)
    with st.container(border=True, gap="xsmall", key="fairness_caveats"):
        st.markdown("**What this cannot say**")
        for sentence in CAVEATS:
            st.markdown(f":gray[{sentence}]", width=theme.TEXT_WIDTH)
    st.download_button(
        "All figures as CSV", as_csv(found), "fairness.csv", "text/csv", key="fairness.csv", icon=":material/download:",
        on_click="ignore",
    )  # fmt: skip


def _use_winner(project: Project, found: Fairness, gap: Gap) -> None:
    best = next(iter(helped(found, gap)), None)
    if best is None or undecided(found, best, gap):
        return
    name = next((one for one in CORRECTIONS if one == best.name), None)
    if name is not None and st.button(
        "Use this correction",
        key="fairness.use_winner",
        icon=":material/arrow_forward:",
        icon_position="right",
        type="primary",
    ):
        fair_corrections.use(project, found.plan, name)


def _gap() -> Gap:
    titles = {title: name for name, title in GAP_TITLES.items()}
    if state.get("fairness.gap", None) is None:
        state.put("fairness.gap", GAP_TITLES["parity"])
    picked = st.segmented_control(
        "Which gap", list(titles), key="fairness.gap", required=True, label_visibility="collapsed",
        persist_state="session",
    )  # fmt: skip
    gap: Gap = titles.get(picked or "", "parity")
    st.caption(GAP_MEANINGS[gap])
    return gap


def _headline(found: Fairness, gap: Gap) -> str:
    better = helped(found, gap)
    if not better:
        return "Nothing narrows the gap measurably"
    return f"{found.titles[better[0].name]} narrows the gap most"


def _per_group(found: Fairness, gap: Gap) -> None:
    names = {arm.name: found.titles[arm.name] for arm in found.arms}
    others = list(names)[1:]
    best = next((arm.name for arm in helped(found, gap)), others[0])
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.markdown("**Group by group**, doing nothing beside", width="content")
        picked = st.selectbox(
            "Beside", others, index=others.index(best), format_func=lambda name: names[name], key="fairness.beside",
            width=280, label_visibility="collapsed",
        )  # fmt: skip
    st.dataframe(
        _table((found.arms[0], found.arm(picked) or found.arms[-1]), names),
        hide_index=True,
        width="stretch",
        key="fairness.groups",
        alt="Each group under the model that does nothing and under the chosen one.",
        column_config={
            "Rows": st.column_config.NumberColumn(format="localized"),
            "Given it": st.column_config.TextColumn(help="Share that the model gives the favourable outcome."),
            "True positives": st.column_config.TextColumn(help="That share among rows that are good in truth."),
            "False positives": st.column_config.TextColumn(help="That share among the others."),
            "Right": st.column_config.TextColumn(help="Accuracy: share of right predictions."),
            "Balanced": st.column_config.TextColumn(help="Balanced accuracy: the mean over both outcomes."),
        },
    )


def _table(arms: tuple[Arm, Arm], titles: dict[str, str]) -> pd.DataFrame:
    rows = []
    for groups in zip(*(arm.groups for arm in arms), strict=True):
        for arm, group in zip(arms, groups, strict=True):
            row: dict[str, Any] = {"Group": group.group, "Trained on": titles[arm.name], "Rows": group.rows}
            row["Good in truth"] = _percent(group.base)
            for label, name in _MEASURES.items():
                value = getattr(group, name)
                row[label] = "not enough data" if value is None else _percent(*value)
            rows.append(row)
    return pd.DataFrame(rows)


def _percent(value: float, low: float | None = None, high: float | None = None) -> str:
    told = f"{100 * value:.1f} %"
    return told if low is None or high is None else f"{told} ({100 * low:.1f}–{100 * high:.1f})"
