"""Alerts about columns together: empty together, doubled, decided by another, giving the target away, out of order."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np
import numpy.typing as npt

from synth_core.associations import Codes, binned_codes, cramers_v
from synth_core.profile.facts import RARE_ROWS
from synth_core.profile.findings import Action, Alert, Findings, listed, percent
from synth_core.table import Kind, numbers


def _gaps(found: Findings) -> dict[str, npt.NDArray[np.bool_]]:
    """Return where cells are missing, for columns with at least five gaps and five values."""
    gaps = {name: measured.gaps for name, measured in found.measured.items()}
    return {name: gap for name, gap in gaps.items() if RARE_ROWS <= gap.sum() <= len(gap) - RARE_ROWS}


def missing_together(found: Findings) -> Iterator[Alert]:
    gaps, seen = _gaps(found), set[str]()
    names = list(gaps)
    if len(names) < 2:
        return
    masks = np.array([gaps[name] for name in names], dtype=np.float32)
    both = masks @ masks.T
    sizes = masks.sum(axis=1)
    alike = both / (sizes[:, None] + sizes[None, :] - both)
    for i, name in enumerate(names):
        group = [names[j] for j in range(len(names)) if alike[i, j] >= 0.9 and names[j] not in seen]
        if name in seen or len(group) < 2:
            continue
        seen.update(group)
        rows = int(np.logical_and.reduce([gaps[member] for member in group]).sum())
        yield Alert(
            code="missing_together",
            columns=group,
            severity="info",
            sentence=f"{listed(group)} are empty in the same rows ({rows:,} of {len(found.table):,}).",
            consequence="The synthetic table should leave them empty together, too.",
        )


def missing_depends(found: Findings) -> Iterator[Alert]:
    table = found.sample
    gaps = {name: table.frame[name].isna().to_numpy() for name in _gaps(found)}
    if not gaps:
        return
    others = {c.name: binned_codes(table.frame[c.name], c) for c in table.having(learned=True)}
    for name, gap in gaps.items():
        state = gap.astype(np.int64) + 1
        if (state == 2).sum() < 20 or (state == 1).sum() < 20:
            continue
        strengths = {other: cramers_v(codes, state) for other, codes in others.items() if other != name}
        best = max(strengths, key=strengths.__getitem__, default=None)
        if best is None or strengths[best] < 0.3:
            continue
        filled = others[best] > 0
        counts = np.bincount(others[best][filled])
        shares = np.bincount(others[best][filled], weights=gap[filled]) / np.maximum(counts, 1)
        shares = shares[counts >= 20]
        if len(shares) > 1 and np.ptp(shares) >= 0.1:
            yield Alert(
                code="missing_depends",
                columns=[name, best],
                severity="info",
                sentence=f"Whether '{name}' is empty depends on '{best}': from {percent(float(shares.min()))} to "
                f"{percent(float(shares.max()))} of rows, by its value.",
                consequence="Gaps are not by chance here; filling them in would distort the table.",
            )


def about_pairs(found: Findings) -> list[Alert]:
    """Return alerts on columns that say the same, or give the target away, or go strongly together."""
    matrix, table = found.associations, found.table
    target = table.target.name if table.target is not None else None
    pairs = [
        (abs(matrix.values[i][j]), matrix.names[i], matrix.names[j])
        for i, j in combinations(range(len(matrix.names)), 2)
        if abs(matrix.values[i][j]) >= 0.8
    ]
    alerts: list[Alert] = []
    strong = 0
    for strength, first, second in sorted(pairs, reverse=True):
        if strength >= 0.9 and _one_to_one(found.measured[first].codes, found.measured[second].codes):
            alerts.append(_duplicate(first, second))
        elif target in (first, second) and strength >= 0.9:
            other = second if first == target else first
            alerts.append(_leak(other, str(target), strength))
        elif strength >= 0.9 and (pair := _decides(found, first, second)):
            alerts.append(_decided(*pair))
        elif strong < 12:
            strong += 1
            alerts.append(_strong(first, second, matrix.between(first, second)))
    return alerts


def _levels(first: Codes, second: Codes) -> tuple[int, int, int]:
    """Return the distinct values of each column and of the pair, over the rows where both are filled."""
    known = (first >= 0) & (second >= 0)
    if not known.any():
        return 0, 0, 0
    first, second = first[known], second[known]
    pairs = np.unique(first * (int(second.max()) + 1) + second)
    return len(np.unique(first)), len(np.unique(second)), len(pairs)


def _one_to_one(first: Codes, second: Codes) -> bool:
    levels, others, pairs = _levels(first, second)
    return 0 < levels == others == pairs


def _decides(found: Findings, first: str, second: str) -> tuple[str, str] | None:
    """Return (decider, decided) when each value of one column goes with a single value of the other, else None."""
    if not any(found.profile(name).kind.categorical for name in (first, second)):
        return None
    levels, others, pairs = _levels(found.measured[first].codes, found.measured[second].codes)
    if pairs > found.profile(first).filled / 10:
        return None
    return (first, second) if pairs == levels else (second, first) if pairs == others else None


def _duplicate(first: str, second: str) -> Alert:
    return Alert(
        code="duplicate_columns",
        columns=[first, second],
        severity="watch",
        sentence=f"'{first}' and '{second}' say the same: each value of one goes with one value of the other.",
        consequence="Without a rule, a few synthetic rows would mix them up.",
        action=Action(kind="make_rule", rule={"type": "fixed_combinations", "columns": [first, second]}),
    )


def _decided(decider: str, decided: str) -> Alert:
    return Alert(
        code="decided",
        columns=[decider, decided],
        severity="watch",
        sentence=f"'{decider}' decides '{decided}': each value of the first goes with one value of the second.",
        consequence="Without a rule, a few synthetic rows would mix them up.",
        action=Action(kind="make_rule", rule={"type": "fixed_combinations", "columns": [decider, decided]}),
    )


def _leak(other: str, target: str, strength: float) -> Alert:
    return Alert(
        code="target_leak",
        columns=[other, target],
        severity="watch",
        sentence=f"'{other}' nearly gives the target '{target}' away (association {strength:.2f}).",
        consequence="Models will look too good, on real and on synthetic rows alike.",
        action=Action(kind="drop", column=other),
    )


def _strong(first: str, second: str, value: float) -> Alert:
    return Alert(
        code="strong_association",
        columns=[first, second],
        severity="info",
        sentence=f"'{first}' and '{second}' go strongly together (association {value:.2f}).",
        consequence="A good synthetic table must keep this; look for it in the pairs.",
    )


def dates_out_of_order(found: Findings) -> Iterator[Alert]:
    dates = [c.name for c in found.table.having(learned=True) if c.kind is Kind.DATETIME][:15]
    seconds = {name: numbers(found.table.frame[name]) for name in dates}
    for first, second in combinations(dates, 2):
        gap = seconds[second] - seconds[first]
        gap = gap[np.isfinite(gap)]
        if len(gap) < 20:
            continue
        low, high, broken = first, second, int((gap < 0).sum())
        if broken > len(gap) / 2:
            low, high, broken = second, first, int((gap > 0).sum())
        if 0 < broken <= 0.05 * len(gap):
            yield Alert(
                code="dates_out_of_order",
                columns=[low, high],
                severity="watch",
                sentence=f"'{high}' is before '{low}' in {broken:,} of {len(gap):,} rows, and not in the others.",
                consequence="Probably slips in the data; a rule keeps them out of the synthetic table.",
                action=Action(kind="make_rule", rule={"type": "inequality", "low_column": low, "high_column": high}),
            )
