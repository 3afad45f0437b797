"""What an iteration found: how it ended, the picture of all tries, its log, and any try to open."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from pages.ui import parts, score_tiles, state, theme
from pages.ui.param_form import begin
from synth_core.errors import SimileError
from synth_core.figures.tuning import Kept, alt_tuning, tuning_figure
from synth_core.project import Project
from synth_core.reading import ColumnChoice
from synth_core.run import Run
from synth_core.tried import open_try
from synth_core.tuning.moves import title_of
from synth_core.tuning.record import Try, Tuning
from synth_core.tuning.standing import figure

PROBLEM = "tuning.problem"
_CHART, _PICK, _AGAINST = "tuning.chart", "tuning.try", "tuning.against"


def forget() -> None:
    """Forget which try was looked at: another iteration begins."""
    state.drop(_PICK, _CHART)


def result(project: Project, job: Run, found: Tuning) -> None:
    """Draw how it ended, the picture of all tries, the log, and the try that is looked at."""
    _headline(project, found)
    numbers = [one.number for one in found.tries]
    picked = state.get(_PICK, found.chosen or numbers[-1])
    picked = picked if picked in numbers else numbers[-1]
    left, right = st.columns([3, 2], gap="large")
    with left:
        _picture(found, picked)
    with right:
        _chosen(project, job, found, picked)
    log(found)


def _headline(project: Project, found: Tuning) -> None:
    if found.final is not None:
        draw = st.success if found.final.reached else st.warning
        icon = ":material/check_circle:" if found.final.reached else ":material/flag:"
        words = f"{found.ending} {found.final.sentence}"
        draw(theme.plain(words), icon=icon)
    elif found.ending:
        st.info(theme.plain(found.ending), icon=":material/info:")
    if found.fight is not None:
        st.warning(f"**Two targets fight.** {theme.plain(found.fight.sentence)}", icon=":material/compare_arrows:")
    if found.final is not None and any(run.id == found.final.run for run in project.runs()):
        with st.container(horizontal=True, key="tuning_final"):
            st.button(
                "Look at the last choice",
                key="tuning.final",
                icon=":material/visibility:",
                type="primary",
                on_click=state.choose_run,
                args=(found.final.run,),
                help="Compare, Privacy and Report then show it: learned from all rows to learn from, judged on the "
                "rows held out.",
            )
            chosen = found.attempt(found.chosen)
            if chosen is not None:
                _take_button(project, chosen, "Take its recipe", "tuning.take_final")


def _take_button(project: Project, one: Try, label: str, key: str) -> None:
    same = _is_current(project, one)
    st.button(
        "This is the current recipe" if same else label,
        key=key,
        icon=":material/tune:",
        disabled=same,
        on_click=_take,
        args=(project, one),
        help="Engine, settings and rows of this try, for the next run.",
    )


def _is_current(project: Project, one: Try) -> bool:
    """Return whether taking the recipe of a try would change nothing."""
    draft, ways = project.draft, {rule.id: rule for rule in one.recipe.constraints}
    choices = project.choices
    return (
        (draft.method, draft.params, draft.rows) == (one.recipe.method, one.recipe.params, one.recipe.rows)
        and all(ways.get(rule.id, rule) == rule for rule in project.rules)
        and all((known := choices.get(name)) is not None and bool(known.protect) for name in one.protected)
    )


def _take(project: Project, one: Try) -> None:
    """Let the next run follow the recipe of a try: engine, settings, rows, ways of keeping rules, protection."""
    try:
        ways = {rule.id: rule for rule in one.recipe.constraints}
        project.set_rules([ways.get(rule.id, rule) for rule in project.rules])
        if one.protected:
            choices = project.choices
            for name in one.protected:
                known = choices.get(name)
                choices[name] = (known or ColumnChoice()).model_copy(update={"protect": True})
            project.set_choices(choices)
        taken = {"method": one.recipe.method, "params": one.recipe.params, "rows": one.recipe.rows}
        project.set_draft(project.draft.model_copy(update=taken))
        state.drop_all("method.")
    except SimileError as error:
        state.put(PROBLEM, str(error))


def _picture(found: Tuning, picked: int) -> None:
    against: Kept = "likeness"
    if any(one.loss is not None for one in found.tries):
        begin(_AGAINST, "Likeness")
        word = st.segmented_control(
            "Up the picture", ["Likeness", "Loss"], key=_AGAINST, required=True, label_visibility="collapsed"
        )
        against = "loss" if word == "Loss" else "likeness"
    parts.chart(
        tuning_figure(found, picked, against, state.mode()),
        alt_tuning(found, against),
        _CHART,
        on_select=_clicked,
        selection_mode="points",
    )
    st.caption("Size: time. Colour and sign: engine. Bars: 95 %. Shaded: beyond a target. Click a try to look at it.")


def _clicked() -> None:
    points = state.points(_CHART)
    number = (points[0].get("customdata") or [0])[0] if points else 0
    if isinstance(number, int) and number:
        state.put(_PICK, number)


def _chosen(project: Project, job: Run, found: Tuning, picked: int) -> None:
    """Draw the choice of a try, its standing, and what can be done with it."""
    numbers = [one.number for one in found.tries]
    key = state.shown("tuning.pick", picked)
    st.selectbox(
        "Try",
        numbers,
        key=key,
        format_func=lambda number: _title(found, number),
        on_change=lambda: state.put(_PICK, state.get(key, picked)),
    )
    one = found.attempt(picked)
    if one is None:
        return
    st.markdown(theme.plain(one.changed))
    if one.problem:
        st.markdown(f":gray[{theme.plain(one.gained)}]")
    missed = [
        f"{score_tiles.title(held.score)} {figure(held, held.judged)} against {figure(held, held.limit)}"
        for held in one.failing
    ]
    if not one.problem:
        mark = theme.VERDICTS["fail" if missed else "pass"]
        parts.sign(mark, text=f"misses {len(missed)} of {len(one.held)} targets" if missed else "misses no target")
        st.caption(theme.plain("; ".join(missed) + "." if missed else one.gained))
    with st.container(horizontal=True, key="tuning_actions"):
        st.button(
            "Open this try",
            key="tuning.open",
            icon=":material/visibility:",
            disabled=bool(one.problem),
            on_click=_open,
            args=(project, job, picked),
            help="It joins the runs of this project: compare it, attack it, release it. Its figures come from the rows "
            "that judged the tries, not from those held out.",
        )
        _take_button(project, one, "Take its recipe", "tuning.take")


def _title(found: Tuning, number: int) -> str:
    one = found.attempt(number)
    engine = "" if one is None else title_of(one.recipe.method)
    return f"{number} · {engine}" + (" · chosen" if number == found.chosen else "")


def _open(project: Project, job: Run, number: int) -> None:
    try:
        state.choose_run(open_try(project, job, number).id)
    except SimileError as error:
        state.put(PROBLEM, str(error))


def log(found: Tuning) -> None:
    """Draw the log: what failed, what was changed, what it gained."""
    rows = [
        {
            "Try": one.number,
            "What failed": one.failed or "–",
            "What was changed": " ".join((*one.passed, one.changed)),
            "What it gained": one.gained,
            "Attack": "–" if one.attack is None else f"{one.attack.value:.3f}",
            "Told apart": "–" if one.likeness is None else f"{one.likeness.value:.3f}",
            "Time": theme.duration(one.seconds),
        }
        for one in found.tries
    ]
    st.markdown("**What was tried**")
    st.table(pd.DataFrame(rows).set_index("Try"))
