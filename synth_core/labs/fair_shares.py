"""Who is in a table and how they fare: each group's share and rate of favourable outcomes, real beside release."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict

from synth_core.associations import association_matrix
from synth_core.labs.fair_groups import Decision, Groups
from synth_core.scores.sides import ENOUGH
from synth_core.scores.statistics import Estimate, rounded, wilson
from synth_core.table import Table

Counts = npt.NDArray[np.int64]
MOST_PROXIES = 6
LEAST_ASSOCIATION = 0.05  # with the sensitive column; less is hardly more than chance


class GroupShare(BaseModel):
    """One group in one table.

    Attributes
    ----------
    rows, share
        Rows, and their share among rows whose group and outcome are known (0..1).
    rate
        Share with the favourable outcome (0..1), 95 % interval by Wilson; None for a group of fewer than 50 rows.
    """

    model_config = ConfigDict(frozen=True)

    group: str
    rows: int
    share: float
    rate: Estimate | None
    note: str = ""


class Proxy(BaseModel):
    """A column that says something about the sensitive one: both associations, 0..1."""

    model_config = ConfigDict(frozen=True)

    column: str
    sensitive: str
    with_sensitive: float
    with_target: float


def counts_of(frames: Iterable[pd.DataFrame], groups: Groups, decision: Decision) -> tuple[dict[str, list[int]], int]:
    """Return rows and favourable rows per group, and rows whose group or outcome is not known, over all frames."""
    found: dict[str, list[int]] = {}
    unknown = 0
    for frame in frames:
        labels = groups.labels(frame)
        known = decision.known(frame) & ~np.asarray(pd.isna(labels))
        unknown += int((~known).sum())
        part = pd.DataFrame({"group": labels[known], "good": decision.good(frame)[known]})
        for name, sums in part.groupby("group")["good"].agg(["size", "sum"]).iterrows():
            kept = found.setdefault(str(name), [0, 0])
            kept[0] += int(sums["size"])
            kept[1] += int(sums["sum"])
    return found, unknown


def shares_of(counts: dict[str, list[int]], groups: Groups) -> list[GroupShare]:
    """Return each group with its share and rate, in the order of ``groups``; groups with few rows last."""
    total = sum(rows for rows, _ in counts.values())
    order = [*groups.names, *(name for name in groups.few if name not in groups.names)]
    found = []
    for name in order:
        rows, good = counts.get(name, [0, 0])
        few = rows < ENOUGH
        note = f"not enough data: {rows:,} rows, at least {ENOUGH} are needed" if few else ""
        rate = None if few else Estimate(*(round(end, 5) for end in wilson(good, rows)))
        found.append(
            GroupShare(group=name, rows=rows, share=rounded(rows / max(total, 1), 5) or 0.0, rate=rate, note=note)
        )
    return found


def proxies(table: Table, sensitive: tuple[str, ...], target: str) -> list[Proxy]:
    """Return the columns that go with a sensitive one most closely, with both associations, the closest first."""
    names = [column.name for column in table.columns if column.learned]
    matrix = association_matrix(table, names=names)
    found = [
        Proxy(
            column=name,
            sensitive=one,
            with_sensitive=round(min(abs(np.nan_to_num(matrix.between(name, one))), 1.0), 3),
            with_target=round(min(abs(np.nan_to_num(matrix.between(name, target))), 1.0), 3),
        )
        for one in sensitive
        for name in names
        if name not in sensitive and name != target
    ]
    found = [proxy for proxy in found if proxy.with_sensitive >= LEAST_ASSOCIATION]
    found.sort(key=lambda proxy: (-proxy.with_sensitive, proxy.column))
    return found[:MOST_PROXIES]
