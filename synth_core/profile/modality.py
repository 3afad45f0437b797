"""How many modes a column has, tested against chance."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class Modality(BaseModel):
    """How many modes a column has.

    Attributes
    ----------
    modes
        Modes that stand clear of chance; 1 when one mode is not rejected at the 5 % level.
    p_value
        Of "the column has one mode"; None where it was not tested (too few values, or too few different ones).
    at
        Where the modes are, in the column's own units (dates: seconds since 1970), from left to right.
    """

    model_config = ConfigDict(frozen=True)

    modes: int
    p_value: float | None = None
    at: list[float] = Field(default_factory=list)
    sentence: str = ""
