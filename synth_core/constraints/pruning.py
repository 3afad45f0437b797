"""Leaving out what other findings say already: told by the rows that each one turns away."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.evidence import Finding
from synth_core.table import Table

TYING = ("fixed_combinations", "functional_dependency", "sum_equals", "formula", "one_hot", "null_together")
COVERED = 0.98  # of the rows that a finding turns away; the rest is a few rare rows
FEWEST = 40
ROWS = 20_000


def leave_out_implied(findings: list[Finding], table: Table) -> list[Finding]:
    """Return findings without those that follow from stronger ones.

    They are tried on rows whose columns are shuffled, each by itself, but those that an equation, a dependency or a
    combination ties together in one piece: what such a rule brings about by itself is never broken there. A finding
    follows from stronger ones when nearly all rows that it turns away are turned away by those that share a column.
    """
    ranked = sorted(findings, key=_strong_and_short)
    shuffled = _shuffled(table, _pieces([f.rule.columns_used for f in ranked if f.rule.type in TYING], table.names))
    kept: list[Finding] = []
    masks: list[npt.NDArray[np.bool_]] = []
    for finding in ranked:
        rule = finding.rule
        if rule.type in TYING or not rule.row_wise or len(rule.columns_used) == 1:
            kept.append(finding)
            masks.append(np.zeros(len(shuffled), dtype=bool))
            continue
        broken = rule.violations(shuffled).to_numpy(dtype=bool)
        near = [
            mask
            for mask, other in zip(masks, kept, strict=True)
            if set(other.rule.columns_used) & set(rule.columns_used)
        ]
        count = int(broken.sum())
        said = int((broken & np.logical_or.reduce(near)).sum()) if near else 0
        expected = finding.expected * len(shuffled)
        if (expected >= 10 and count < 0.1 * expected) or (
            count and said >= (COVERED if count >= FEWEST else 1) * count
        ):
            continue
        kept.append(finding)
        masks.append(broken)
    return kept


def _strong_and_short(finding: Finding) -> tuple[int, int]:
    """Return a key for sorting: of about equally strong findings the one that is written in fewer signs comes first."""
    rule = finding.rule.model_dump_json(exclude={"id", "mapping", "combinations"})
    return -round(2 * math.log2(max(finding.strength, 1e-9))), len(rule)


def _pieces(tied: list[tuple[str, ...]], names: list[str]) -> list[list[str]]:
    """Return the columns in groups that stay together."""
    group = {name: {name} for name in names}
    for columns in tied:
        merged = set().union(*(group[name] for name in columns))
        for name in merged:
            group[name] = merged
    return [sorted(piece) for piece in {id(piece): piece for piece in group.values()}.values()]


def _shuffled(table: Table, pieces: list[list[str]]) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    rows = min(len(table), ROWS)
    columns: dict[str, pd.Series] = {}
    for piece in pieces:
        order = rng.permutation(len(table))[:rows]
        columns |= {name: table.frame[name].iloc[order].reset_index(drop=True) for name in piece}
    return pd.DataFrame(columns)
