"""A score as a tile: the value, beside it what real rows get, its interval, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from pages.ui import parts, proof_panel, run_words, state, theme
from synth_core.errors import SimileError
from synth_core.project import Project
from synth_core.run import Run
from synth_core.scorecard import Scorecard, Verdict
from synth_core.scores.added import QUESTION
from synth_core.scores.score import Score
from synth_core.what_if import NOT_APPLYING

TITLES = {
    "shape": "Column shapes",
    "pairs": "Pairs of columns",
    "c2st": "Told apart",
    "c2st_train": "Told from learned rows",
    "tstr_loss": "Loss in use",
    "missingness": "Missing cells",
    "rare": "Rare values",
    "copies": "Exact copies",
    "nearer_share": "Nearness",
    "membership_auc": "Membership attack",
    "membership_tpr": "Members found",
    "literals": "Real values leaked",
    "attack_advantage": "Full attacks",
    "shadow_advantage": "Shadow audit",
    "rules_broken": "Broken rules",
    "keys_repeated": "Repeated identifiers",
    "unknown_categories": "Unknown categories",
}
SENTENCES = {
    "shape": "Mean error of a column; 0\u00a0% is no difference",
    "pairs": "Mean error of two together; 0\u00a0% is no difference",
    "c2st": "Can a model tell real from synthetic? 0.5 is guessing, 1 is always",
    "tstr_loss": "What a model loses on real rows by learning from these",
    "copies": "Synthetic rows that equal one real person's row",
    "nearer_share": "Share nearer to learned than to held-out rows; half is chance",
    "membership_auc": "Who was in the table? 0.5 is guessing, 1 is knowing",
    "membership_tpr": "Share of the people learned from who are found, while 1 in 100 others is accused",
    "literals": "Rows with a real extreme, rare value or identifier",
    "attack_advantage": "What guessing or singling out gains over its control",
    "shadow_advantage": "What is told of the most exposed people, beyond guessing",
}
FIRST = ("rules_broken", "shape", "pairs", "c2st", "tstr_loss")  # in the order in which they come
ADDED = "What a model loses when these join the real rows; below 0 it gains"
REAL = {"membership_auc": "guessing", "membership_tpr": "guessing", "nearer_share": "chance", "literals": "by chance"}
REAL |= {"attack_advantage": "control", "shadow_advantage": "guessing"}
COPYING = theme.Sign("Copying check", ":material/content_copy:", "gray")
NOT_JUDGED = theme.Sign("Does not apply", ":material/remove:", "gray")


def title(name: str) -> str:
    """Return a score's name in words.

    >>> title("c2st"), title("new_score")
    ('Told apart', 'New score')
    """
    return TITLES.get(name, name.replace("_", " ").capitalize())


def tiles(card: Scorecard, names: Sequence[str], found: Mapping[str, Verdict]) -> None:
    """Draw a tile per score; one that the scorecard lacks says so."""
    _grid({name: card.scores.get(name) for name in names}, found)


def so_far(scores: Sequence[Score]) -> None:
    """Draw the scores that there are while a run is judged, without verdicts: these are given at the end."""
    first = {score.name: score for score in scores if score.name in FIRST and score.value is not None}
    if first:
        st.markdown("**Scores so far** :gray[verdicts come with the attacks on privacy]")
        _grid({name: first[name] for name in FIRST if name in first}, {})


def _grid(scores: Mapping[str, Score | None], found: Mapping[str, Verdict]) -> None:
    with st.grid(min_column_width=165 if len(scores) > 4 else 215, gap="small"):
        for name, score in scores.items():
            _tile(name, score, found.get(name))


def _tile(name: str, score: Score | None, verdict: Verdict | None) -> None:
    if score is None or score.value is None:
        why = score.note if score is not None and score.note else "Not measured in this run"
        parts.score_tile(
            title(name),
            "–",
            reference="no value",
            word=None if why == NOT_APPLYING else "not enough data",
            pill=NOT_JUDGED if why == NOT_APPLYING else None,
            sentence=_sentence(why),
            help=_help(score, None),
        )
        return
    shown = run_words.in_percent(score)
    parts.score_tile(
        title(name),
        run_words.amount(shown.value, shown.unit),
        reference=_reference(shown),
        word=verdict.word if verdict else None,
        pill=COPYING if name == "nearer_share" else None,
        sentence=ADDED if score.question == QUESTION else SENTENCES.get(name, score.question),
        help=_help(shown, verdict),
    )


def _reference(score: Score) -> str:
    if score.reference is None:
        return "no reference"
    return f"{REAL.get(score.name, 'real rows')} {run_words.amount(score.reference, score.unit)}"


def _help(score: Score | None, verdict: Verdict | None) -> str | None:
    """Return the question, the interval, the baseline and the verdict's reason."""
    if score is None:
        return None
    lines = [f"**{theme.plain(score.question)}**"]
    if span := run_words.interval(score):
        lines.append(f"95 % interval: {span}.")
    if score.reference is not None:
        lines.append(
            f"{_sentence(REAL.get(score.name, 'real rows nobody learned from'))}: "
            f"{run_words.amount(score.reference, score.unit)}."
        )
    if score.baseline is not None:
        lines.append(f"Independent columns: {run_words.amount(score.baseline, score.unit)}.")
    if verdict is not None:
        lines.append(theme.plain(_sentence(verdict.sentence)))
    if score.note:
        lines.append(theme.plain(f"{_sentence(score.note)}."))
    return "  \n".join(lines)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def judged_run(project: Project) -> Run:
    """Return the chosen run, or while that has no result the newest one that has; without any, stop the page."""
    chosen = state.run()
    if chosen is not None and (chosen.folder / "scorecard.json").exists():
        return chosen
    judged = run_words.judged(project)
    return judged[0] if judged else parts.need_run(project)


def run_bar(project: Project, run: Run) -> None:
    """Draw which run is looked at, the choice of another, and the bar that says it is out of date."""
    runs = run_words.judged(project)
    by_id = {one.id: one for one in runs}
    if len(runs) > 1:
        key = "compare.run"
        if state.get(key, "") != run.id:
            state.put(key, run.id)
        st.selectbox(
            "Run",
            list(by_id),
            format_func=lambda one: run_words.run_label(by_id[one]),
            key=key,
            on_change=lambda: state.choose_run(state.get(key, run.id)),
            label_visibility="collapsed",
            width=460,
        )
    else:
        st.markdown(f":gray[:material/play_circle: {run_words.run_label(run)}]")
    if (edits := run.recipe.what_if) is not None:
        kinds = {column.name: column.kind for column in project.table.columns}
        said = " ".join(theme.plain(line) for line in edits.sentences(kinds))
        st.info(
            "**What-if.** Made from an edited profile, so it is no likeness of the real rows: likeness and use are "
            f"not judged, privacy and rules are. {said}",
            icon=":material/science:",
        )
    proof_panel.panel(project, run)
    if run.stale(project):
        parts.stale_bar(
            "Made with an earlier table or earlier rules; what you see below still shows that run.",
            "Generate again",
            "generate",
            key="compare.stale",
        )


def need_card(run: Run) -> Scorecard:
    """Return the scorecard of the run, or draw why it cannot be read and stop the page."""
    try:
        card = run_words.scorecard(run)
    except SimileError as error:
        parts.error_card(error, title="This run cannot be shown")
        st.stop()
    if card is None:
        parts.empty_state(
            ":material/help:", "This run was not judged yet.", "Go to Generate", "generate", key="need.card"
        )
        st.stop()
    return card
