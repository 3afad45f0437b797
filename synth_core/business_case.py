"""What a data set of this kind costs to obtain against generating it, with the client's own figures.

Every figure is an input. Its default is an assumption to start a talk from, never a claim; a figure that somebody typed
is marked as theirs. The proof comes from the run.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth_core.errors import InputError
from synth_core.project import Project
from synth_core.report import overall
from synth_core.report.sections import main_model
from synth_core.run import Run, write_whole
from synth_core.scorecard import Scorecard, Target, Word, verdicts

Side = Literal["obtain", "generate"]
MOST = 1e12


@dataclass(frozen=True)
class Figure:
    """One input: what it is called, the default and what that assumes.

    ``unit``: "money", "money a row", "days", "money a day" or "months".
    """

    name: str
    side: Side
    title: str
    unit: str
    default: float
    assumes: str


FIGURES = (
    Figure("partnership", "obtain", "Partnership or data agreement", "money", 30_000, "negotiated with one owner"),
    Figure("licences", "obtain", "Licences and access fees", "money", 20_000, "one year of access"),
    Figure("annotation", "obtain", "Annotation and cleaning", "money a row", 1.0, "each row looked at once"),
    Figure("legal", "obtain", "Legal and privacy review", "money", 15_000, "a data protection assessment, a contract"),
    Figure("hosting", "obtain", "Secure storage and access", "money", 8_000, "one year of a protected place"),
    Figure(
        "obtain_months", "obtain", "Time until the rows arrive", "months", 6, "from the first talk to the first row"
    ),
    Figure("days", "generate", "Work to generate and judge", "days", 5, "one person, rules and report included"),
    Figure("day_rate", "generate", "Cost of a day of work", "money a day", 800, "an analyst, overheads included"),
    Figure("review", "generate", "Privacy sign-off", "money", 2_000, "two days of a privacy officer"),
    Figure("machine", "generate", "Machine time", "money", 50, "one ordinary machine"),
    Figure("generate_months", "generate", "Time until the rows arrive", "months", 0.5, "with the sign-off"),
)
BY_NAME = {figure.name: figure for figure in FIGURES}


class BusinessCase(BaseModel):
    """What was typed: figures by name (the others have their defaults), and how they are written."""

    model_config = ConfigDict(frozen=True)

    version: int = 1
    currency: str = Field(default="EUR", min_length=1, max_length=8)
    rows: int | None = Field(default=None, ge=1, le=10**12)
    typed: dict[str, float] = Field(default_factory=dict)

    def value(self, name: str) -> float:
        """Return a figure: the one that was typed, else the default."""
        return self.typed.get(name, BY_NAME[name].default)

    def is_typed(self, name: str) -> bool:
        """Whether somebody typed this figure; else it is an assumption."""
        return name in self.typed

    def with_figure(self, name: str, value: float | None) -> BusinessCase:
        """Return the case with one figure typed; None goes back to the assumption.

        Raises
        ------
        InputError
            There is no such figure, or it is negative or beyond reason.
        """
        if name not in BY_NAME:
            raise InputError(f"There is no figure '{name}'; the figures are {', '.join(BY_NAME)}.")
        others = {known: kept for known, kept in self.typed.items() if known != name}
        if value is None:
            return self.model_copy(update={"typed": others})
        if not 0 <= value <= MOST:
            raise InputError(f"'{BY_NAME[name].title}' must be a number from 0 to {MOST:.0e}.")
        return self.model_copy(update={"typed": {**others, name: float(value)}})


@dataclass(frozen=True)
class Line:
    """One line of the sum: its amount in money and how it comes about."""

    title: str
    amount: float
    how: str
    typed: bool


@dataclass(frozen=True)
class Totals:
    """Both sides of the sum."""

    obtain: tuple[Line, ...]
    generate: tuple[Line, ...]
    obtain_months: float
    generate_months: float

    @property
    def obtain_money(self) -> float:
        """What obtaining costs in all."""
        return sum(line.amount for line in self.obtain)

    @property
    def generate_money(self) -> float:
        """What generating costs in all."""
        return sum(line.amount for line in self.generate)

    def sentence(self, currency: str) -> str:
        """Return the difference in words, whichever way it goes."""
        gap, months = self.obtain_money - self.generate_money, self.obtain_months - self.generate_months
        money = (
            "costs the same" if not gap else f"costs {money_words(abs(gap), currency)} {'less' if gap > 0 else 'more'}"
        )
        time = (
            "takes as long"
            if not months
            else f"gets there {abs(months):g} months {'sooner' if months > 0 else 'later'}"
        )
        return f"With these figures, generating {money} and {time}."


def money_words(value: float, currency: str) -> str:
    """Return an amount of money.

    >>> money_words(12000, "EUR"), money_words(0.5, "EUR")
    ('EUR 12,000', 'EUR 0.50')
    """
    return f"{currency} {value:,.0f}" if value >= 10 or value == round(value) else f"{currency} {value:,.2f}"


def totals(case: BusinessCase, rows: int) -> Totals:
    """Return both sides of the sum; ``rows``: how many rows would be obtained where the case does not say."""
    rows = case.rows or rows
    sides: dict[Side, list[Line]] = {"obtain": [], "generate": []}
    for figure in FIGURES:
        value, typed = case.value(figure.name), case.is_typed(figure.name)
        if figure.unit == "money":
            sides[figure.side].append(Line(figure.title, value, figure.assumes, typed))
        elif figure.unit == "money a row":
            how = f"{rows:,} rows at {money_words(value, case.currency)}"
            sides[figure.side].append(Line(figure.title, value * rows, how, typed))
    days, rate = case.value("days"), case.value("day_rate")
    both = case.is_typed("days") and case.is_typed("day_rate")
    work = Line(BY_NAME["days"].title, days * rate, f"{days:g} days at {money_words(rate, case.currency)}", both)
    return Totals(
        tuple(sides["obtain"]),
        (work, *sides["generate"]),
        case.value("obtain_months"),
        case.value("generate_months"),
    )


@dataclass(frozen=True)
class Proof:
    """What the run showed: model figures on the same held-out real rows, the loss in %, its target, and the verdict."""

    verdict: Word
    held: int
    of: int
    rows: int
    learned: int
    held_out: int
    metric: str = ""
    model: str = ""
    synthetic: float | None = None
    real: float | None = None
    loss: float | None = None
    target: float | None = None

    def sentence(self) -> str:
        """Return the proof point in one sentence."""
        if self.synthetic is None or self.real is None or self.loss is None:
            return (
                "What a model loses was not measured: there is no target column, too few real rows were held out, or "
                "no model predicts the target. So there is no proof point of use."
            )
        goal = "" if self.target is None else f", target {self.target:g} %"
        both = f"Trained on synthetic: {_figure(self.synthetic)}; on real: {_figure(self.real)}"
        return f"{both}; loss {self.loss:.1f} %{goal}."


def _figure(value: float) -> str:
    """Return a figure of a model as the report writes it.

    >>> _figure(0.9081), _figure(12.5)
    ('0.908', '12.5')
    """
    return f"{value:.3f}" if 0 <= value < 1 else f"{value:.4g}"


def proof(card: Scorecard, targets: list[Target]) -> Proof:
    """Return what a run proves for the intended use."""
    found = verdicts(card, targets)
    model, score = main_model(card), card.scores.get("tstr_loss")
    measured = {} if model is None or score is None or score.value is None else {
        "metric": model.metric, "model": model.model, "synthetic": model.tstr, "real": model.trtr, "loss": model.loss,
    }  # fmt: skip
    limit = next((one.limit for one in found if one.target.score == "tstr_loss"), None)
    return Proof(
        verdict=overall(found),
        held=sum(one.word == "pass" for one in found),
        of=len(found),
        rows=card.rows_synthetic,
        learned=card.rows_train,
        held_out=card.rows_holdout,
        target=limit,
        **measured,  # type: ignore[arg-type]
    )


def proving_run(project: Project) -> Run | None:
    """Return the newest judged run that is no what-if and no try of an iteration, or None."""
    return next(
        (run for run in project.runs() if run.is_judged and run.recipe.what_if is None and run.tried is None), None
    )


def case_of(project: Project) -> BusinessCase:
    """Return what was typed for a project; nothing where the file is missing or damaged."""
    try:
        return BusinessCase.model_validate_json((project.folder / "business_case.json").read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError):
        return BusinessCase()


def keep(project: Project, case: BusinessCase) -> None:
    """Keep what was typed with the project."""
    write_whole(project.folder / "business_case.json", case.model_dump_json(indent=1))
