"""Runs in words: the recipe as a sentence, a run's label, its scorecard and verdicts, read once."""

from __future__ import annotations

from datetime import UTC, datetime

import streamlit as st

from pages.ui import theme
from synth_core.methods import methods
from synth_core.project import Project
from synth_core.recipe import Recipe, Use
from synth_core.run import Run
from synth_core.scorecard import SHARES, Scorecard, Target, Verdict, verdicts
from synth_core.scores.score import Score

USE_ENDS = {
    Use.DEVELOP: "to develop and test software",
    Use.SHARE: "to share outside",
    Use.TRAIN: "to train a model",
    Use.EXPLORE: "to explore inside",
}
UNITS = {"%": " %", "AUC": "", "rows": " rows", "points": " pts"}


def method_title(name: str) -> str:
    """Return an engine's title, or its name when it is not installed here."""
    known = methods()
    return known[name].info.title if name in known else name


def recipe_sentence(recipe: Recipe, real_rows: int) -> str:
    """Return the recipe in words, as Markdown."""
    held = round(real_rows * recipe.holdout)
    changed = len(recipe.params)
    rules = len(recipe.rules)
    words = [
        f"**{theme.plain(method_title(recipe.method))}**",
        f"({changed} {'setting' if changed == 1 else 'settings'} changed)" if changed else "with its default settings",
        f"learns from **{theme.count(real_rows - held)}** real rows and makes **{theme.count(recipe.rows)}** new ones,",
        f"{USE_ENDS[recipe.use]}.",
    ]
    if rules:
        words.append(f"{rules} {'rule is' if rules == 1 else 'rules are'} kept.")
    else:
        words.append("No rules are set.")
    words += [theme.plain(sentence) for sentence in (*recipe.steering.sentences(), *recipe.cut_words())]
    if recipe.what_if is not None:
        words += [theme.plain(f"What-if: {sentence}") for sentence in recipe.what_if.sentences()]
    words.append(f"{theme.count(held)} real rows are held out to judge it; seed {recipe.seed}.")
    return " ".join(words)


def run_label(run: Run) -> str:
    """Return a run's name for a list: engine, rows, seed and when it was started."""
    recipe = run.recipe
    mark = "What-if · " if recipe.what_if is not None else "" if run.tried is None else f"Try {run.tried} · "
    rows = f"{theme.count(recipe.rows)} rows · seed {recipe.seed}"
    return f"{mark}{method_title(recipe.method)} · {rows} · {when(run.started_at)}"


def when(moment: datetime) -> str:
    """Return a moment as a person in this place would write it: the time today, else the day too."""
    local = moment.astimezone()
    today = datetime.now(UTC).astimezone().date()
    return f"{local:%H:%M}" if local.date() == today else f"{local:%d %b %H:%M}"


@st.cache_resource(max_entries=64, show_spinner=False)  # treated as read-only
def _card(path: str, modified: float, _run: Run) -> Scorecard | None:
    return _run.scorecard()


def scorecard(run: Run) -> Scorecard | None:
    """Return a run's scorecard, read once per change of its file; None while there is none."""
    path = run.folder / "scorecard.json"
    try:
        modified = path.stat().st_mtime
    except OSError:
        return None
    return _card(str(path), modified, run)


def judged(project: Project) -> list[Run]:
    """Return the runs that have a scorecard, newest first; one that is being attacked further keeps the one it has."""
    return [run for run in project.runs() if run.is_judged]


def verdicts_by_score(card: Scorecard, targets: list[Target]) -> dict[str, Verdict]:
    """Return the verdict on each score that has a target."""
    return {verdict.target.score: verdict for verdict in verdicts(card, targets)}


def amount(value: float | None, unit: str) -> str:
    """Return a score's value with its unit.

    >>> amount(1.2345, "%"), amount(0.5312, "AUC"), amount(None, "%")
    ('1.23 %', '0.531', '–')
    """
    if value is None:
        return "–"
    if unit == "AUC":
        return f"{value:.3f}"
    if unit == "rows" and value == 1:
        return "1 row"
    return f"{theme.figure(value)}{UNITS.get(unit, '')}"


def lacking(note: str) -> str:
    """Return the note of a score without a value as one sentence, said once.

    >>> lacking("not enough data: 2 held-out rows, at least 50 are needed"), lacking("")
    ('Not enough data: 2 held-out rows, at least 50 are needed.', 'Not enough data.')
    """
    told = note.removeprefix("not enough data").removeprefix(": ").rstrip(".")
    return f"Not enough data: {theme.plain(told)}." if told else "Not enough data."


def in_percent(score: Score) -> Score:
    """Return a share of rows (0..1, no unit) as a percentage; other scores as they are."""
    if score.name not in SHARES or score.unit:
        return score
    parts = ("value", "low", "high", "reference", "baseline")
    scaled = {part: None if getattr(score, part) is None else 100 * getattr(score, part) for part in parts}
    return score.model_copy(update=scaled | {"unit": "%"})


def of_score(name: str, value: float | None, unit: str) -> str:
    """Return a value of a score with its unit; shares of rows as percentages.

    >>> of_score("membership_tpr", 0.03, ""), of_score("c2st", 0.65, "AUC")
    ('3 %', '0.650')
    """
    if name in SHARES and not unit and value is not None:
        return amount(100 * value, "%")
    return amount(value, unit)


def table_height(rows: int, most: int) -> int:
    """Return the height in pixels of a table that shows its rows without a gap, or ``most`` and scrolls."""
    return min(35 * (rows + 1) + 3, most)


def interval(score: Score) -> str:
    """Return a score's 95 % interval in words, or ""."""
    if score.low is None or score.high is None:
        return ""
    return f"{amount(score.low, '' if score.unit == '%' else score.unit)} to {amount(score.high, score.unit)}"
