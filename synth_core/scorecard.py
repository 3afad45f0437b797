"""The scorecard: four dimensions, targets by intended use, and a verdict per target with its margin."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from synth_core.recipe import Use
from synth_core.scores.results import Fidelity, Privacy, Utility, Validity
from synth_core.scores.score import Dimension, Score

Word = Literal["pass", "watch", "fail", "not enough data"]


class Target(BaseModel):
    """What a score must reach: ``value`` (or the upper end of its interval) at most ``limit``.

    ``above_floor``: the limit is added to the score's own floor. ``judged``: "value" or "high" (the interval's
    cautious end). ``gate``: a fail blocks a release.
    """

    model_config = ConfigDict(frozen=True)

    score: str
    dimension: Dimension
    limit: float
    above_floor: bool = False
    judged: Literal["value", "high"] = "value"
    gate: bool = True


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
    """The whole judgement of one synthetic table; its JSON is the file format."""

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

    @property
    def scores(self) -> dict[str, Score]:
        """Every score by name."""
        parts = (self.fidelity, self.utility, self.privacy, self.validity)
        return {score.name: score for part in parts for score in part.scores}
