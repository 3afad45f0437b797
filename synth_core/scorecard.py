"""The scorecard: four dimensions, targets by intended use, and a verdict per target with its margin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from math import isnan
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from synth_core.recipe import Use
from synth_core.scores.results import Fidelity, Privacy, Utility, Validity
from synth_core.scores.score import Dimension, Score

SHARES = ("membership_tpr", "nearer_share")  # scores that are shares of rows, 0..1
Word = Literal["pass", "watch", "fail", "not enough data"]


class Target(BaseModel):
    """What a score must reach: ``value`` (or the upper end of its interval) at most ``limit``.

    ``above_floor``: the limit is added to the score's own floor. ``judged``: "value", "high" (the interval's
    cautious end) or "low" (what is sure; for scores that are the worst of many). ``gate``: a fail blocks a release.
    ``when_run``: of an attack that is run when somebody asks for it; as long as nobody did, there is no verdict.
    """

    model_config = ConfigDict(frozen=True)

    score: str
    dimension: Dimension
    limit: float = Field(allow_inf_nan=False)
    above_floor: bool = False
    judged: Literal["value", "high", "low"] = "value"
    gate: bool = True
    when_run: bool = False


class Verdict(BaseModel):
    """One target held against its score. ``margin`` > 0: inside the target, in the score's unit."""

    model_config = ConfigDict(frozen=True)

    target: Target
    word: Word
    judged: float | None
    limit: float | None
    margin: float | None
    sentence: str


class Scorecard(BaseModel):
    """The whole judgement of one synthetic table; its JSON is the file format.

    ``what_if``: what was edited by hand, in sentences. Likeness and use of such a table are not judged.
    ``on_purpose``: what was asked of the rows, or cut, in sentences: the table differs from the real one in that.
    """

    version: int = 1
    made: datetime
    table: str
    method: str = ""
    rows_train: int
    rows_holdout: int
    rows_synthetic: int
    seed: int = 0
    seconds: float = 0.0
    fidelity: Fidelity
    utility: Utility
    privacy: Privacy
    validity: Validity
    notes: list[str] = Field(default_factory=list)
    what_if: list[str] = Field(default_factory=list)
    on_purpose: list[str] = Field(default_factory=list)

    @property
    def scores(self) -> dict[str, Score]:
        """Every score by name."""
        parts = (self.fidelity, self.utility, self.privacy, self.validity)
        return {score.name: score for part in parts for score in part.scores}


_LIMITS: dict[Use, dict[str, float]] = {
    Use.DEVELOP: {"shape": 2, "pairs": 2, "membership_auc": 0.60, "membership_tpr": 0.05},
    Use.SHARE: {
        "shape": 1,
        "pairs": 1,
        "c2st": 0.65,
        "tstr_loss": 5,
        "membership_auc": 0.55,
        "membership_tpr": 0.03,
    },
    Use.TRAIN: {
        "shape": 1,
        "pairs": 1,
        "c2st": 0.65,
        "tstr_loss": 5,
        "membership_auc": 0.60,
        "membership_tpr": 0.05,
    },
    Use.EXPLORE: {
        "shape": 2,
        "pairs": 2,
        "c2st": 0.75,
        "tstr_loss": 10,
        "membership_auc": 0.65,
        "membership_tpr": 0.10,
    },
}
_ADVANTAGE = {Use.DEVELOP: 5.0, Use.SHARE: 2.0, Use.TRAIN: 5.0, Use.EXPLORE: 10.0}
_COPIES = {Use.DEVELOP: 1.0, Use.SHARE: 0.5, Use.TRAIN: 1.0, Use.EXPLORE: 2.0}
# worst subgroup and repeated rows: judged by what is sure, since the worst of many is bad by chance
_SURE: tuple[tuple[str, Dimension, dict[Use, float], bool], ...] = (
    ("repeats", "fidelity", {Use.DEVELOP: 5.0, Use.SHARE: 1.0, Use.TRAIN: 1.0, Use.EXPLORE: 5.0}, True),
    ("subgroup_shape", "fidelity", {Use.DEVELOP: 8.0, Use.SHARE: 4.0, Use.TRAIN: 4.0, Use.EXPLORE: 8.0}, True),
    ("subgroup_loss", "utility", {Use.DEVELOP: 30.0, Use.SHARE: 10.0, Use.TRAIN: 10.0, Use.EXPLORE: 20.0}, False),
)
_DIMENSIONS: dict[str, Dimension] = {
    "shape": "fidelity",
    "pairs": "fidelity",
    "c2st": "fidelity",
    "tstr_loss": "utility",
    "membership_auc": "privacy",
    "membership_tpr": "privacy",
}


# three standard errors of a difference, in units of 1.96 standard errors of one side: a floor is as uncertain as the
# value that it is taken from, and fresh real rows must not fail by chance
_FLOOR_DOUBT = 3 * 2**0.5 / 1.96


def default_targets(use: Use | str) -> list[Target]:
    """Return the targets for an intended use; privacy and validity always gate a release.

    Likeness and utility gate it where the table is shared outside or trains a model. Exact copies may exceed the
    rate among real rows by half a point (share) to two points (explore). What the full attacks and the shadow audit
    may surely gain over their control is two points (share) to ten (explore); it counts once they were run.
    """
    use = Use(use)
    gated = use in (Use.SHARE, Use.TRAIN)
    found = [
        Target(
            score=name,
            dimension=_DIMENSIONS[name],
            limit=limit,
            above_floor=name in ("shape", "pairs"),
            judged="high" if name == "membership_auc" else "value",
            gate=_DIMENSIONS[name] == "privacy" or gated,
        )
        for name, limit in _LIMITS[use].items()
    ]
    found += [
        Target(score=name, dimension=dimension, limit=limits[use], above_floor=above, judged="low", gate=gated)
        for name, dimension, limits, above in _SURE
    ]
    found += [
        Target(score="copies", dimension="privacy", limit=_COPIES[use], above_floor=True),
        Target(score="near_copies", dimension="privacy", limit=_COPIES[use], above_floor=True),
        Target(score="holdout_copies", dimension="privacy", limit=_COPIES[use], above_floor=True, judged="low"),
        Target(score="literals", dimension="privacy", limit=0, above_floor=True, judged="low"),
        *(
            Target(score=name, dimension="privacy", limit=_ADVANTAGE[use], judged="low", when_run=True)
            for name in ("attack_advantage", "shadow_advantage")
        ),
        Target(score="rules_broken", dimension="validity", limit=0),
        Target(score="keys_repeated", dimension="validity", limit=0),
    ]
    return found


def verdicts(card: Scorecard, targets: Sequence[Target]) -> list[Verdict]:
    """Return a verdict per target, in their order; of a what-if only those on privacy and rules.

    Of rows of one class, whose use is judged beside the real ones, not those on use group by group.

    The judged figure is the score's value, or an end of its interval. Within the limit it is a **pass**;
    but **watch** when a value is judged and is inside only just (in the last tenth of the way from the reference to
    the limit), or its interval reaches beyond the limit. Beyond the limit it is a **fail**; but **watch** when the
    interval still holds the reference, that is, when the rows cannot tell the table from real rows that nobody
    trained on (for likeness above a measured floor: within three standard errors of their
    difference). Where the lower end is judged, only what is sure is a fail, and a difference that is sure with a value
    beyond the limit is watch. A score without a value, or that is not on the card, is **not enough data**; an attack
    that nobody has run yet has no verdict (:func:`not_run`).
    """
    scores = card.scores
    if card.what_if:
        targets = [target for target in targets if target.dimension in ("privacy", "validity")]
    if card.utility.added is not None:
        targets = [target for target in targets if target.score != "subgroup_loss"]
    left = not_run(card, targets)
    return [_verdict(target, scores.get(target.score)) for target in targets if target not in left]


def not_run(card: Scorecard, targets: Sequence[Target]) -> list[Target]:
    """Return the targets of attacks that were not run: they say nothing, and keep no rows back."""
    scores = card.scores
    return [target for target in targets if target.when_run and target.score not in scores]


def blocking(found: Sequence[Verdict]) -> list[Verdict]:
    """Return the verdicts that keep the rows back: gates that fail, and gates of privacy that could not be judged."""
    return [
        verdict
        for verdict in found
        if verdict.target.gate
        and (verdict.word == "fail" or (verdict.word == "not enough data" and verdict.target.dimension == "privacy"))
    ]


def _verdict(target: Target, score: Score | None) -> Verdict:
    if score is None or score.value is None:
        note = score.note if score is not None and score.note else "the scorecard has no such score"
        sentence = note if note.startswith("not enough data") else f"not enough data: {note}"
        return Verdict(target=target, word="not enough data", judged=None, limit=None, margin=None, sentence=sentence)
    floor = (score.reference or 0.0) if target.above_floor else 0.0
    limit = floor + target.limit
    end = {"value": score.value, "low": score.low, "high": score.high}[target.judged]
    judged = score.value if end is None else end
    if isnan(score.value + judged + limit):  # every comparison with it would say "within"
        note = "not enough data: the score is not a number"
        return Verdict(target=target, word="not enough data", judged=None, limit=None, margin=None, sentence=note)
    word, why = _word(target, score, judged, limit)
    return Verdict(
        target=target,
        word=word,
        judged=round(judged, 4),
        limit=round(limit, 4),
        margin=round(limit - judged, 4),
        sentence=_sentence(target, score, judged, limit, why),
    )


def _word(target: Target, score: Score, judged: float, limit: float) -> tuple[Word, str]:
    reference = 0.0 if score.reference is None else score.reference
    if target.judged == "low" and score.low is not None:
        if judged > limit:
            return "fail", ""
        if (score.value or 0.0) > limit and judged > reference:
            return "watch", "but the value is beyond it"
        return "pass", ""
    if judged > limit:
        doubt = _doubt(target, score)
        if doubt is not None and (score.value or 0.0) - doubt <= reference:
            return "watch", "but so might real rows be that nobody trained on, as far as these rows can tell"
        return "fail", ""
    if target.judged == "value" and limit > reference:
        if score.high is not None and score.high > limit:
            return "watch", "but its interval reaches beyond"
        if judged > limit - 0.1 * (limit - reference):
            return "watch", "but only just"
    return "pass", ""


def _doubt(target: Target, score: Score) -> float | None:
    """How far below its value a score may truly be; None when nothing is known about that."""
    if score.value is None or score.low is None or score.reference is None:
        return None
    floor_too = target.above_floor and target.dimension == "fidelity"
    return (score.value - score.low) * (_FLOOR_DOUBT if floor_too else 1.0)


def _sentence(target: Target, score: Score, judged: float, limit: float, why: str) -> str:
    ends = {"high": ("The upper end of the interval", score.high), "low": ("The lower end of the interval", score.low)}
    what, end = ends.get(target.judged, ("The value", None))
    what = "The value" if end is None else what
    floor = ""
    if target.above_floor:
        floor = f" (real rows {_amount(score.reference or 0.0, score)} + {_short(target.limit)})"
    place = "within" if judged <= limit else "beyond"
    tail = f", {why}" if why else ""
    return f"{what} is {_amount(judged, score)}, {place} the limit of {_amount(limit, score)}{floor}{tail}."


def _amount(value: float, score: Score) -> str:
    """A value of the score with its unit; shares of rows as percentages."""
    if score.name in SHARES and not score.unit:
        return f"{_short(100 * value)} %"
    if score.unit == "rows":
        return f"{_short(value)} row{'' if value == 1 else 's'}"
    unit = {"%": " %", "AUC": "", "": ""}.get(score.unit, f" {score.unit}")
    return f"{_short(value)}{unit}"


def _short(value: float) -> str:
    """Three significant digits, without an exponent."""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
