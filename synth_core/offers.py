"""What the user may want to say about a table: words that mean a missing cell, and roles of columns."""

from __future__ import annotations

from dataclasses import dataclass

from synth_core.table import Role, Table


@dataclass(frozen=True)
class MissingOffer:
    """A word or number of a column that probably means a missing cell, and the evidence for it."""

    column: str
    word: str
    rows: int
    share: float
    reason: str


@dataclass(frozen=True)
class RoleOffer:
    """A role that a column probably has, and why."""

    column: str
    role: Role
    reason: str


def missing_offers(table: Table) -> list[MissingOffer]:
    """Return the words and numbers that are not yet missing cells, and probably are meant so."""
    return []


def role_offers(table: Table) -> list[RoleOffer]:
    """Return columns that say who a row is about (entity), in which order rows come, and what could be predicted."""
    return []
