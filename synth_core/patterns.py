"""The four jobs that people come for, each as a path: what it is for, its pages in order, and its proof."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth_core.errors import InputError
from synth_core.recipe import Recipe, Use


@dataclass(frozen=True)
class Step:
    """One page of a path, and what is done there in one sentence."""

    page: str
    task: str


@dataclass(frozen=True)
class Pattern:
    """One job: its defaults, its pages in order, and what proves that it is done.

    Attributes
    ----------
    name, title, promise
        The job in a word, in a few, and in a sentence.
    use
        Decides the targets.
    demo
        The demo table that tells its story.
    recipe
        Fields of the recipe that the job starts with.
    steps
        Pages in order, each once; about a minute each on the demo table.
    proof
        The sentence that the last page shall bear out.
    """

    name: str
    title: str
    promise: str
    use: Use
    demo: str
    steps: tuple[Step, ...]
    proof: str
    recipe: Mapping[str, Any] = field(default_factory=dict)

    def place(self, page: str) -> int | None:
        """Return where a page stands on the path, from 0; None when it is not on it."""
        return next((place for place, step in enumerate(self.steps) if step.page == page), None)

    def after(self, page: str) -> str | None:
        """Return the page after this one; None at the end and beside the path."""
        place = self.place(page)
        return self.steps[place + 1].page if place is not None and place + 1 < len(self.steps) else None

    def before(self, page: str) -> str | None:
        """Return the page before this one; None at the start and beside the path."""
        place = self.place(page)
        return self.steps[place - 1].page if place else None

    def start(self, recipe: Recipe) -> Recipe:
        """Return a recipe with the defaults of this job."""
        return Recipe.model_validate(recipe.model_dump(by_alias=True) | {"use": self.use} | dict(self.recipe))


PATTERNS: dict[str, Pattern] = {
    pattern.name: pattern
    for pattern in (
        Pattern(
            "share",
            "Share privately",
            "Give a partner a table to work with at once, without giving away anybody in it.",
            Use.SHARE,
            "hospital",
            (
                Step("upload", "Check that names, numbers and addresses were found: they are made up anew."),
                Step("profiling", "Who stands out? Rare values and extremes get protected; hide a column if need be."),
                Step("constraints", "Keep what must hold in every row: dates in order, sums that add up."),
                Step("method", "Stay at the private end of the dial; move it only if the proof asks for it."),
                Step("generate", "Make the rows. A part of the real ones is held back to judge them."),
                Step("privacy", "Attack the release before somebody else does, the slow attacks included."),
                Step("compare", "See that what your partner will count and model is still there."),
                Step("report", "Read the verdict and take the release pack. A failed target that blocks locks it."),
            ),
            "Attacks on the whole release do no better than on rows nobody learned from, and models lose little.",
            {"params": {"privacy": "private"}, "method": "trees"},
        ),
        Pattern(
            "augment",
            "Augment a rare class",
            "Find out whether made-up cases of a rare class help a model, and make them if they do.",
            Use.TRAIN,
            "fraud",
            (
                Step("upload", "Mark the column to predict as the target."),
                Step("profiling", "See how rare the class is, and what goes along with it."),
                Step("augmentation", "Hold made-up cases against weights, thresholds and SMOTE on real rows."),
                Step("generate", "Make as many of the rare class as the lab found useful."),
                Step("compare", "See that the new cases look like real ones, and not like copies."),
                Step("report", "Read the verdict and take the rows."),
            ),
            "On untouched real rows the gain is larger than chance; or doing nothing wins, and the lab says so.",
            # more is held out, as the class must be judged on its few rows; large leaves vary what so few repeat
            {"method": "trees", "params": {"leaf": 40}, "holdout": 0.3},
        ),
        Pattern(
            "test",
            "Make test data",
            "Any number of rows for development and tests, awkward cases included, with nobody real in them.",
            Use.DEVELOP,
            "orders",
            (
                Step("upload", "Check the kinds and formats: identifiers are made up in the same form."),
                Step("constraints", "Accept all that were found: your software relies on them. Broken rows can wait."),
                Step("test_data", "Choose how many rows, which awkward cases, and where they go: files or a database."),
            ),
            "Every rule is kept but in the rows that are tagged as broken, and no identifier is a real one.",
        ),
        Pattern(
            "fairness",
            "Correct unfairness",
            "See who is under-served, correct it in the data, and measure what it changes on real rows.",
            Use.EXPLORE,
            "loans",
            (
                Step("upload", "Mark the decision as the target, and the groups as sensitive."),
                Step("profiling", "See how large each group is, and how its data differ."),
                Step("fairness", "Compare three corrections with reweighing and with doing nothing."),
                Step("generate", "Make the corrected table."),
                Step("compare", "See what the correction moved, and what it left alone."),
                Step("report", "Read the verdict. What was changed on purpose is said on its first page."),
            ),
            "On untouched real rows the gap between groups is smaller, and its price in accuracy is known.",
        ),
    )
}  # fmt: skip


def pattern(name: str) -> Pattern:
    """Return the path of this name; :class:`InputError` when there is none."""
    if name not in PATTERNS:
        raise InputError(f"There is no path '{name}'. The paths are: {', '.join(PATTERNS)}.")
    return PATTERNS[name]
