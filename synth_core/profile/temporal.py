"""A table in time: its order, its step and gaps, and trend, seasons and autocorrelation of its columns."""

from __future__ import annotations

from collections.abc import Sequence

from synth_core.profile.time_facts import (
    ROW_ORDER,
    EntityColumn,
    EntityFacts,
    Season,
    SeriesProfile,
    TimeGap,
    TimeProfile,
)
from synth_core.table import Table

__all__ = [
    "ROW_ORDER",
    "EntityColumn",
    "EntityFacts",
    "Season",
    "SeriesProfile",
    "TimeGap",
    "TimeProfile",
    "looks_ordered",
    "time_profile",
]


def time_profile(
    table: Table,
    *,
    order: str | None = None,
    entity: str | None = None,
    columns: Sequence[str] | None = None,
    seed: int = 0,
) -> TimeProfile | None:
    """Return what the table is like in time; None where no column orders its rows."""
    return None


def looks_ordered(table: Table) -> bool:
    """Return whether rows resemble the rows beside them, so that their order carries time."""
    return False
