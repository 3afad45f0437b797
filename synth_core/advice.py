"""What a profile means for synthesis, in sentences with the table's own numbers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Advice(BaseModel):
    """One reading: ``page`` is the url path of the page to go to ("upload", "constraints", "method", ...)."""

    model_config = ConfigDict(frozen=True)

    title: str
    sentence: str
    page: str | None = None
