"""Edge cases of a column: what a test suite, or a careful reader, would look at first."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class EdgeCase(BaseModel):
    """One edge case in words; ``rows`` is how many rows it is about."""

    model_config = ConfigDict(frozen=True)

    code: str
    sentence: str
    rows: int
