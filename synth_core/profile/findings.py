"""What an alert is, and what alerts are drawn from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from synth_core.associations import AssociationMatrix
from synth_core.profile.facts import ColumnProfile, Measured
from synth_core.profile.words import counted, listed, number, percent
from synth_core.table import Kind, Role, Table

__all__ = ["RANK", "Action", "Alert", "Findings", "Severity", "counted", "listed", "number", "percent"]

Severity = Literal["info", "watch", "stop"]
RANK = {"stop": 0, "watch": 1, "info": 2}


class Action(BaseModel):
    """What can be done about an alert with one click.

    ``make_rule``: accept ``rule`` (the JSON of a constraint). ``change_kind``: read ``column`` as ``to``. ``drop``:
    leave ``column`` out. ``protect``: switch its protection on. ``set_missing``: read ``word`` in ``column`` as an
    empty cell. ``set_role``: give ``column`` the role ``role``.
    """

    model_config = ConfigDict(frozen=True)

    kind: Literal["make_rule", "change_kind", "drop", "protect", "set_missing", "set_role"]
    column: str | None = None
    to: Kind | None = None
    rule: dict[str, Any] | None = None
    word: str | None = None
    role: Role | None = None


class Alert(BaseModel):
    """One finding: ``sentence`` is the evidence, ``consequence`` what it means for the synthetic table."""

    model_config = ConfigDict(frozen=True)

    code: str
    columns: list[str]
    severity: Severity
    sentence: str
    consequence: str
    action: Action | None = None


@dataclass(frozen=True)
class Findings:
    """What alerts are drawn from; ``sample`` holds some rows of ``table``, for what would take long on all."""

    table: Table
    sample: Table
    measured: dict[str, Measured]
    associations: AssociationMatrix
    seed: int

    def profile(self, name: str) -> ColumnProfile:
        """Return the facts about one column."""
        return self.measured[name].profile
