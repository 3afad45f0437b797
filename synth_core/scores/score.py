"""A score: never a bare float."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Better = Literal["lower", "higher", "reference"]
Dimension = Literal["fidelity", "utility", "privacy", "validity"]


class Score(BaseModel):
    """One answer with its interval, floor and baseline.

    Attributes
    ----------
    name, question
        ``"c2st"`` and the question that it answers in plain words.
    value
        The answer; None means "not enough data" and ``note`` says why.
    low, high
        95 % interval of the value, in the same unit.
    reference
        The same score for real rows that nobody trained on (the floor, or the control of an attack).
    baseline
        The same score for independent columns.
    better
        Which way is better; ``"reference"``: as near to the reference as possible.
    unit
        ``"%"``, ``"AUC"``, ``"rows"`` or ``""``; percentages are 0..100.
    n
        Rows the value rests on.
    """

    model_config = ConfigDict(frozen=True)

    name: str
    dimension: Dimension
    question: str
    value: float | None
    low: float | None = None
    high: float | None = None
    reference: float | None = None
    baseline: float | None = None
    better: Better = "lower"
    unit: str = ""
    n: int = 0
    note: str = ""

    @property
    def skill(self) -> float | None:
        """1 - (value - floor) / (baseline - floor): 1 is as good as real rows, 0 as independent columns."""
        if self.value is None or self.reference is None or self.baseline is None:
            return None
        span = self.baseline - self.reference
        return None if abs(span) < 1e-12 else 1 - (self.value - self.reference) / span
