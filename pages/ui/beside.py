"""A second run beside the one that is looked at: A and B, score by score and chart by chart."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pandas as pd
import streamlit as st

from pages.ui import parts, run_words, score_tiles, state, theme
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Scorecard, Verdict
from synth_core.scores.score import Score

KEY, CHOSEN = "compare.other", "compare.other_run"
MARKS = {"pass": "✓", "watch": "◐", "fail": "✕", "not enough data": "?"}


class Side(NamedTuple):
    """One of the two runs: its letter, what it is called, its scorecard."""

    letter: str
    label: str
    card: Scorecard

    @property
    def suffix(self) -> str:
        """End of the keys of what is drawn for this side; the first side's keys have none."""
        return "" if self.letter == "A" else "_b"


def choice(project: Project, run: Run) -> Run | None:
    """Draw the choice of a run to stand beside this one and return it; None when there is none, or none was chosen."""
    others = {one.id: one for one in run_words.judged(project) if one.id != run.id}
    if not others:
        return None
    value = state.get(CHOSEN, state.get(KEY, ""))
    key = state.shown(KEY, value if value in others else "")
    picked = st.selectbox(
        "Beside it",
        ["", *others],
        format_func=lambda one: f"B: {run_words.run_label(others[one])}" if one else "No run beside it",
        key=key,
        persist_state="session",
        on_change=_picked,
        args=(key,),
        width=460,
        label_visibility="collapsed",
        help="Two runs side by side: A is the run above, B the one that you choose here.",
    )
    return others.get(str(picked or ""))


def _picked(key: str) -> None:
    if not state.stale(KEY, key):
        state.put(CHOSEN, state.get(key, ""))


def put(run_id: str) -> None:
    """Put this run beside the one that is looked at, whatever the browser says of the choice meanwhile."""
    state.put(CHOSEN, run_id)


def sides(run: Run, card: Scorecard, other: Run | None) -> list[Side]:
    """Return A, and B where a second run was chosen and can be read; why it cannot is drawn."""
    found = [Side("A", run_words.run_label(run), card)]
    if other is None:
        return found
    try:
        second = run_words.scorecard(other)
    except SimileError as error:
        parts.error_card(error, title="Run B cannot be shown")
        return found
    return found if second is None else [*found, Side("B", run_words.run_label(other), second)]


def better(name: str, one: Score | None, other: Score | None) -> str:
    """Return "A" or "B", whichever is nearer to what real rows get; "–" while their intervals overlap.

    >>> a = Score(name="shape", dimension="fidelity", question="", value=1.0, low=0.9, high=1.1, reference=0.8)
    >>> better("shape", a, a.model_copy(update={"value": 2.0, "low": 1.8, "high": 2.2}))
    'A'
    >>> better("shape", a, a.model_copy(update={"value": 1.1, "low": 1.0, "high": 1.2}))
    '–'
    """
    if one is None or other is None or one.value is None or other.value is None:
        return ""
    if one.low is not None and one.high is not None and other.low is not None and other.high is not None:
        apart = one.low > other.high or other.low > one.high
    else:
        apart = one.value != other.value
    if not apart:
        return "–"
    return "A" if _distance(one) < _distance(other) else "B"


def _distance(score: Score) -> float:
    value = score.value or 0.0
    if score.better == "reference":
        return abs(value - (score.reference or 0.0))
    return value if score.better == "lower" else -value


def scores(
    first: Side,
    second: Side,
    found: Mapping[str, Verdict],
    others: Mapping[str, Verdict],
    *,
    dimension: str = "",
) -> None:
    """Draw every score of the two runs (of one ``dimension``, where given) in one table, the verdicts beside them."""
    known = {**second.card.scores, **first.card.scores}
    every = dict.fromkeys((*first.card.scores, *second.card.scores))
    names = [name for name in every if not dimension or known[name].dimension == dimension]
    rows, tally = [], {"A": 0, "B": 0}
    for name in names:
        one, other = first.card.scores.get(name), second.card.scores.get(name)
        nearer = better(name, one, other)
        tally[nearer] = tally.get(nearer, 0) + 1
        rows.append(
            {
                "Score": score_tiles.title(name),
                "A": _value(one, found.get(name)),
                "Interval A": "" if one is None else run_words.interval(run_words.in_percent(one)),
                "B": _value(other, others.get(name)),
                "Interval B": "" if other is None else run_words.interval(run_words.in_percent(other)),
                "Better": nearer,
                "Real rows": _reference(one or other),
            }
        )
    st.markdown(
        f"**A** :gray[{theme.plain(first.label)}]  \n**B** :gray[{theme.plain(second.label)}]",
    )
    said = (
        f"Better in A: {tally['A']}. Better in B: {tally['B']}. Where the intervals overlap, neither is; and no score "
        "counts more than another, so there is no winner."
    )
    st.caption(said)
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        key="compare.beside",
        height=run_words.table_height(len(rows), 563),
        column_config={
            "Better": st.column_config.TextColumn(
                width=62, help="Nearer to what real rows get. A dash: the intervals overlap."
            ),
            "A": st.column_config.TextColumn(help="Value in run A, and its verdict for the intended use."),
            "B": st.column_config.TextColumn(help="Value in run B, and its verdict for the intended use."),
        },
        alt=said,
    )


def _value(score: Score | None, verdict: Verdict | None) -> str:
    if score is None:
        return "not measured"
    shown = run_words.in_percent(score)
    mark = f"{MARKS[verdict.word]} " if verdict is not None else ""
    return f"{mark}{run_words.amount(shown.value, shown.unit)}"


def _reference(score: Score | None) -> str:
    if score is None:
        return ""
    shown = run_words.in_percent(score)
    return run_words.amount(shown.reference, shown.unit)


def each(both: list[Side], draw: Callable[[Side], None]) -> None:
    """Draw the same for A and for B, side by side where the window is wide enough; alone without a heading."""
    if len(both) == 1:
        draw(both[0])
        return
    with st.grid(min_column_width=420, gap="medium"):
        for side in both:
            with st.container():
                st.markdown(f"**{side.letter}** :gray[{theme.plain(side.label)}]")
                draw(side)
