"""The targets of the intended use, to edit, and the verdict on each: a word, the margin, and the sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from pages.ui import run_words, score_tiles, state, theme
from pages.ui.param_form import begin
from synth_core.project import Project
from synth_core.recipe import USE_TITLES, Use
from synth_core.report import tightest
from synth_core.scorecard import SHARES, Scorecard, Target, Verdict

ORDER = ("fail", "watch", "not enough data", "pass")
DIMENSIONS = {"fidelity": "Likeness", "utility": "Use", "privacy": "Privacy", "validity": "Rules"}


def use_choice(project: Project) -> None:
    """Draw the choice of the intended use; it decides the targets."""
    begin("report.use", project.use)
    st.segmented_control(
        "What will it be used for?",
        list(Use),
        format_func=USE_TITLES.__getitem__,
        key="report.use",
        required=True,
        on_change=lambda: project.set_use(state.get("report.use", project.use)),
    )


def decisive(card: Scorecard, found: Sequence[Verdict]) -> Verdict | None:
    """Return the verdict that decides: one of the worst word, of those the one that the report names."""
    worst = min((one.word for one in found), key=ORDER.index, default=None)
    among = [one for one in found if one.word == worst]
    return tightest(card, among) or next(iter(among), None)


def _slack(verdict: Verdict) -> float:
    """Return the margin as a share of the limit, so that scores in different units can be put in order."""
    if verdict.margin is None or verdict.limit is None:
        return float("inf")
    return (
        verdict.margin / abs(verdict.limit)
        if verdict.limit
        else (float("inf") if verdict.margin >= 0 else verdict.margin)
    )


def headline(card: Scorecard, found: Sequence[Verdict]) -> None:
    """Draw how the whole stands: never an average, always the target that decides."""
    one = decisive(card, found)
    if one is None:
        return
    name = score_tiles.title(one.target.score)
    number = sum(verdict.word == one.word for verdict in found)
    if one.word == "pass":
        st.success(
            f"**All {len(found)} targets hold.** The tightest is {name}: {_plain(one.sentence)}",
            icon=theme.VERDICTS["pass"].icon,
        )
    elif one.word == "fail":
        words = "1 target fails" if number == 1 else f"{number} targets fail"
        st.error(f"**{words}.** Furthest off is {name}: {_plain(one.sentence)}", icon=theme.VERDICTS["fail"].icon)
    elif one.word == "watch":
        words = "1 to watch" if number == 1 else f"{number} to watch"
        st.warning(
            f"**Nothing fails, {words}.** Nearest to its limit is {name}: {_plain(one.sentence)}",
            icon=theme.VERDICTS["watch"].icon,
        )
    else:
        st.info(
            f"**Nothing fails, but {number} could not be measured**, so this is not a full pass.",
            icon=":material/help:",
        )


def _plain(sentence: str) -> str:
    return theme.plain(sentence[:1].lower() + sentence[1:])


def verdict_table(card: Scorecard, found: list[Verdict], left: Sequence[Target] = ()) -> None:
    """Draw a row per target, the worst first; ``left``: targets of attacks that were not run."""
    ordered = sorted(found, key=lambda one: (ORDER.index(one.word), _slack(one)))
    units = {name: score.unit for name, score in card.scores.items()}
    nothing = ["–"] * len(left)
    st.dataframe(
        pd.DataFrame(
            {
                "Verdict": [f"{_mark(one.word)} {theme.VERDICTS[one.word].word}" for one in ordered]
                + ["Not run"] * len(left),
                "Score": [score_tiles.title(one.score) for one in [*(one.target for one in ordered), *left]],
                "About": [DIMENSIONS[one.dimension] for one in [*(one.target for one in ordered), *left]],
                "Judged": [
                    run_words.of_score(one.target.score, one.judged, units.get(one.target.score, "")) for one in ordered
                ]
                + nothing,
                "Limit": [
                    run_words.of_score(one.target.score, one.limit, units.get(one.target.score, "")) for one in ordered
                ]
                + [run_words.amount(one.limit, "points") for one in left],
                "Margin": [_margin(one, units.get(one.target.score, "")) for one in ordered] + nothing,
            }
        ),
        hide_index=True,
        key="report.verdicts",
        height=run_words.table_height(len(ordered) + len(left), 680),
        column_config={
            "Verdict": st.column_config.TextColumn(width=122),
            "Score": st.column_config.TextColumn(width=138),
            "About": st.column_config.TextColumn(width=66),
            "Judged": st.column_config.TextColumn(
                width=76, help="The value, or for attacks the cautious end of its interval."
            ),
            "Limit": st.column_config.TextColumn(width=76),
            "Margin": st.column_config.TextColumn(width=76, help="Left to the limit; with a minus: beyond it."),
        },
        alt="; ".join(f"{score_tiles.title(one.target.score)}: {theme.VERDICTS[one.word].word}" for one in ordered),
    )


def _mark(word: str) -> str:
    return {"pass": "✓", "watch": "◐", "fail": "✕", "not enough data": "?"}[word]


def _margin(verdict: Verdict, unit: str) -> str:
    if verdict.margin is None:
        return "–"
    text = run_words.of_score(verdict.target.score, abs(verdict.margin), unit)
    return f"−{text}" if verdict.margin < 0 else text


def editor(project: Project) -> None:
    """Draw the targets to edit: limit, and whether a fail blocks the release. Kept per intended use."""
    key = f"report.targets_{project.id}_{project.use}_{state.get('report.round', 0)}"
    if state.get(f"{key}.base", None) is None:  # the editor's input must not change while it is open
        state.put(f"{key}.base", project.targets)
    base: list[Target] = state.get(f"{key}.base", [])
    st.data_editor(
        pd.DataFrame(
            {
                "Score": [score_tiles.title(target.score) for target in base],
                "At most": [target.limit for target in base],
                "Counted": [_counted(target) for target in base],
                "Blocks": [target.gate for target in base],
            }
        ),
        key=key,
        hide_index=True,
        num_rows="fixed",
        height=run_words.table_height(len(base), 680),
        disabled=["Score", "Counted"],
        on_change=_apply,
        args=(project, base, key),
        column_config={
            "Score": st.column_config.TextColumn(width=250),
            "Counted": st.column_config.TextColumn(width=150),
            "At most": st.column_config.NumberColumn(min_value=0.0, step=0.001, format="%.3g", width=74, required=True),
            "Blocks": st.column_config.CheckboxColumn(
                width=66, help="Whether the rows stay locked while this target fails."
            ),
        },
        alt="The targets of this use, to edit.",
    )
    st.button(
        "Back to the defaults",
        key="report.defaults",
        icon=":material/restart_alt:",
        type="tertiary",
        on_click=_defaults,
        args=(project,),
    )


def _counted(target: Target) -> str:
    if target.score in SHARES:
        return "share of those learned from, 0 to 1"
    if target.when_run:
        return "what is sure, once it is run"
    words = "points above real rows" if target.above_floor else "the score itself"
    return "upper end of the interval" if target.judged == "high" else words


def _apply(project: Project, base: list[Target], key: str) -> None:
    edits: dict[int, dict[str, Any]] = state.get(key, {"edited_rows": {}})["edited_rows"]
    targets = list(base)
    for place, cells in edits.items():
        update: dict[str, Any] = {}
        if cells.get("At most") is not None:
            update["limit"] = float(cells["At most"])
        if "Blocks" in cells:
            update["gate"] = bool(cells["Blocks"])
        targets[int(place)] = targets[int(place)].model_copy(update=update)
    project.set_targets(targets)


def _defaults(project: Project) -> None:
    project.set_targets(None)
    state.put("report.round", state.get("report.round", 0) + 1)
