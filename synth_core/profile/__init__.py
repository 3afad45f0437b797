"""What a table is like: facts per column, what goes together, and what to look at first.

``facts`` measures one column, ``alerts`` and ``relations`` find what to look at, ``findings`` says what an alert is.
Nothing here shows a value taken from fewer than five rows (unless a column's protection is off), so a profile can be
looked at, kept and sent where the table cannot.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from synth_core.associations import AssociationMatrix, association_matrix, sampled_rows
from synth_core.profile.alerts import find_alerts
from synth_core.profile.edges import EdgeCase
from synth_core.profile.facts import OTHER, RARE, ColumnProfile, Measured, ValueShare, measure_column, spark
from synth_core.profile.findings import Action, Alert, Findings
from synth_core.profile.modality import Modality
from synth_core.profile.shown import QUANTILES
from synth_core.progress import Progress, silent
from synth_core.table import Table, did_you_mean

__all__ = [
    "OTHER",
    "QUANTILES",
    "RARE",
    "Action",
    "Alert",
    "AssociationMatrix",
    "ColumnProfile",
    "EdgeCase",
    "Modality",
    "Profile",
    "ValueShare",
    "profile",
    "spark",
]


OF_THE_WHOLE = ("rare", "few_of_a_class")  # what is rare in a sample need not be so in the table


class Profile(BaseModel):
    """Everything that is known about a table; its JSON is the file format.

    Attributes
    ----------
    rows
        Rows of the whole table.
    sampled
        Rows, evenly drawn, that the facts rest on; None: all rows.
    missing_share
        Share of empty cells (0..1).
    duplicate_rows
        Rows that repeat an earlier row in every cell.
    """

    model_config = ConfigDict(frozen=True)

    version: int = 1
    table: str
    rows: int
    sampled: int | None = None
    missing_share: float
    duplicate_rows: int
    columns: list[ColumnProfile] = Field(default_factory=list)
    alerts: list[Alert] = Field(default_factory=list)
    associations: AssociationMatrix = AssociationMatrix()

    def column(self, name: str) -> ColumnProfile:
        """Return the facts about one column; ``KeyError`` with the nearest name when there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"There is no column '{name}'.{did_you_mean(name, [c.name for c in self.columns])}")

    def alerts_on(self, name: str) -> list[Alert]:
        """Return the alerts that concern one column."""
        return [alert for alert in self.alerts if name in alert.columns]


def profile(table: Table, *, seed: int = 0, sample: int | None = None, progress: Progress | None = None) -> Profile:
    """Return facts per column, alerts, and associations (on at most 20,000 rows, drawn with ``seed``).

    Parameters
    ----------
    sample
        Take the facts from that many evenly drawn rows when the table has more; None: from all rows. Counts are then
        of those rows, and alerts on what is rare are left to the exact profile.
    """
    rows, report = len(table), progress or silent
    report(0, 1)
    sampled = None
    if sample is not None and sample < rows:
        rng = np.random.default_rng(seed)
        table, sampled = table.rows(np.sort(rng.choice(rows, size=sample, replace=False))), sample
    measured: dict[str, Measured] = {}
    mixed = np.zeros(len(table), dtype=np.uint64)
    for place, column in enumerate(table.columns):
        report(place, len(table.columns) + 2, f"Column {place + 1} of {len(table.columns)}")
        found = measure_column(table.frame[column.name], column)
        mixed = _mixed(mixed, found.prints)
        measured[column.name] = replace(found, prints=mixed[:0])
    report(len(table.columns), len(table.columns) + 2, "What goes together")
    part = sampled_rows(table, seed)
    associations = association_matrix(part, seed=seed)
    report(len(table.columns) + 1, len(table.columns) + 2, "What to look at")
    findings = Findings(table, part, measured, associations, seed)
    columns = [found.profile for found in measured.values()]
    cells = len(table) * len(columns)
    return Profile(
        table=table.name,
        rows=rows,
        sampled=sampled,
        missing_share=sum(column.missing for column in columns) / cells if cells else 0.0,
        duplicate_rows=len(table) - len(np.unique(mixed)) if columns else 0,
        columns=columns,
        alerts=[alert for alert in find_alerts(findings) if sampled is None or alert.code not in OF_THE_WHOLE],
        associations=associations,
    )


def _mixed(mixed: npt.NDArray[np.uint64], prints: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """Return one number per row for the cells so far: rows that are the same have the same one."""
    part = (prints + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    part ^= part >> np.uint64(29)
    part ^= mixed
    part *= np.uint64(0xBF58476D1CE4E5B9)
    part ^= part >> np.uint64(32)
    return part
