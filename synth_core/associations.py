"""How strongly columns of mixed kinds go together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.table import Column, Table, numbers

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

Measure = Literal["auto", "pearson", "spearman", "cramers_v", "correlation_ratio", "mutual_information"]

MAX_ROWS = 20_000
MAX_LEVELS = 60


class AssociationMatrix(BaseModel):
    """Association of every pair of columns, in one order.

    Attributes
    ----------
    values
        0..1, signed (-1..1) between two ordered columns; symmetric, 1 on the diagonal.
    rows
        Rows that the values rest on (a sample of a large table).
    measure
        Which measure; "auto": the one that fits each pair of kinds.
    """

    model_config = ConfigDict(frozen=True)

    names: list[str] = Field(default_factory=list)
    values: list[list[float]] = Field(default_factory=list)
    rows: int = 0
    measure: Measure = "auto"

    def between(self, first: str, second: str) -> float:
        """Return the association of two columns, 0 when one of them was left out."""
        if first not in self.names or second not in self.names:
            return 0.0
        return self.values[self.names.index(first)][self.names.index(second)]


def association_matrix(
    table: Table,
    *,
    seed: int = 0,
    max_rows: int = MAX_ROWS,
    names: Sequence[str] | None = None,
    measure: Measure = "auto",
) -> AssociationMatrix:
    """Return the association of every pair of learned columns, similar columns side by side.

    Parameters
    ----------
    names
        These columns in this order, instead of all learned columns in clustered order.

    Notes
    -----
    Two ordered columns (numbers, dates): Spearman's rank correlation. Two categories: Cramer's V, corrected for
    chance (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002). One of each: the correlation ratio on ranks, corrected
    for chance (epsilon squared), and held against the most that groups of these sizes could explain, so that a number
    which separates two groups fully scores 1. Cells are compared where both are filled; categories beyond the 60 most
    frequent count as one. A constant column goes with nothing: 0.
    """
    columns = [table.column(name) for name in names] if names is not None else table.having(learned=True)
    sampled = _sampled(table, columns, max_rows, np.random.default_rng(seed))
    values = _values(sampled, columns)
    order = range(len(columns)) if names is not None else clustered_order(values)
    index = np.array(list(order), dtype=np.intp)
    rounded = np.round(values[np.ix_(index, index)], 4)
    return AssociationMatrix(
        names=[columns[i].name for i in index], values=rounded.tolist(), rows=len(sampled), measure=measure
    )


def clustered_order(values: Floats) -> list[int]:
    """Return positions so that columns which go together stand together (average linkage on 1 - |value|)."""
    if len(values) < 3:
        return list(range(len(values)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    distance = 1 - np.abs(values)
    np.fill_diagonal(distance, 0)
    condensed = squareform((distance + distance.T) / 2, checks=False)
    tree = linkage(condensed, method="average", optimal_ordering=len(values) <= 150)
    return [int(i) for i in leaves_list(tree)]


def category_codes(values: pd.Series, *, max_levels: int = MAX_LEVELS) -> Codes:
    """Return 0 for a missing cell, else 1, 2, ...; levels beyond the most frequent ``max_levels`` share one code."""
    codes = pd.factorize(values)[0].astype(np.int64) + 1
    counts = np.bincount(codes, minlength=1)
    if len(counts) - 1 <= max_levels:
        return codes
    frequent = np.argsort(-counts[1:], kind="stable")[: max_levels - 1] + 1
    mapped = np.full(len(counts), max_levels, dtype=np.int64)
    mapped[0] = 0
    mapped[frequent] = np.arange(1, max_levels)
    return np.asarray(mapped[codes], dtype=np.int64)


def cramers_v(first: Codes, second: Codes) -> float:
    """Return the bias-corrected Cramer's V of two code columns (0 = missing, left out)."""
    wide = int(second.max(initial=0)) + 1
    counts = np.bincount(first * wide + second, minlength=(int(first.max(initial=0)) + 1) * wide)
    crossed = counts.reshape(-1, wide)[1:, 1:].astype(np.float64)
    rows, columns, total = crossed.sum(axis=1), crossed.sum(axis=0), crossed.sum()
    levels, others = int((rows > 0).sum()), int((columns > 0).sum())
    if levels < 2 or others < 2 or total < 3:
        return 0.0
    expected = rows[:, None] * columns[None, :]
    excess = np.divide(crossed**2, expected, out=np.zeros_like(crossed), where=expected > 0).sum() - 1
    excess = max(0.0, excess - (levels - 1) * (others - 1) / (total - 1))
    room = min(levels - (levels - 1) ** 2 / (total - 1), others - (others - 1) ** 2 / (total - 1)) - 1
    return float(min(1.0, np.sqrt(excess / room))) if room > 1e-9 else 0.0


def correlation_ratios(codes: Codes, ranks: Floats, filled: Floats) -> Floats:
    """Return how much of each column of ``ranks`` the codes explain (0..1, corrected for chance).

    ``ranks`` and ``filled`` have one row per table row and one column per ordered column; ``filled`` is 1 where the
    cell is there, and ``ranks`` is 0 where it is not.
    """
    from scipy.sparse import csr_matrix

    rows, width = ranks.shape
    known = (codes > 0).astype(np.float64)
    levels = int(codes.max(initial=0))
    if rows == 0 or levels < 2 or width == 0:
        return np.zeros(width)
    groups = csr_matrix((known, (np.maximum(codes - 1, 0), np.arange(rows))), shape=(levels, rows))
    counts, sums = groups @ filled, groups @ ranks
    total, grand = counts.sum(axis=0), sums.sum(axis=0)
    squares = known @ (ranks**2)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nansum(sums**2 / counts, axis=0) - grand**2 / total
        spread = squares - grand**2 / total
        explained = between / spread
        used = (counts > 0).sum(axis=0)
        explained = explained - (used - 1) / (total - used) * (1 - explained)
        # ranks in n / total blocks vary by (1 - sum of cubes) / 12 between them; ties keep the whole below 1 / 12
        most = (1 - ((counts / total) ** 3).sum(axis=0)) / (12 * spread / total)
        explained = explained / np.minimum(most, 1)
    usable = (used > 1) & (total > used) & (spread > 1e-9 * np.maximum(squares, 1e-300))
    return np.where(usable, np.sqrt(np.clip(np.where(usable, explained, 0.0), 0.0, 1.0)), 0.0)


def rank_correlations(ranks: Floats, filled: Floats) -> Floats:
    """Return the rank correlation of every pair of columns over the rows where both are filled (-1..1)."""
    count = filled.T @ filled
    sums = ranks.T @ filled
    squares = (ranks**2).T @ filled
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = ranks.T @ ranks - sums * sums.T / count
        variance = squares - sums**2 / count
        value = covariance / np.sqrt(np.maximum(variance, 0) * np.maximum(variance.T, 0))
    usable = (count >= 3) & (variance > 1e-6) & (variance.T > 1e-6)
    return np.where(usable, np.clip(np.where(usable, value, 0.0), -1, 1), 0.0)


def centred_ranks(table: Table, columns: Sequence[Column]) -> tuple[Floats, Floats]:
    """Return ranks of ordered columns, centred and scaled to -0.5..0.5 (0 where missing), and the filled mask."""
    if not columns:
        return np.zeros((len(table), 0)), np.zeros((len(table), 0))
    frame = pd.DataFrame({i: numbers(table.frame[column.name]) for i, column in enumerate(columns)})
    ranked = frame.rank().to_numpy(dtype=np.float64)
    filled = ~np.isnan(ranked)
    count = np.maximum(filled.sum(axis=0), 1)
    scaled = np.where(filled, (np.nan_to_num(ranked) - (count + 1) / 2) / count, 0.0)
    return scaled, filled.astype(np.float64)


def _sampled(table: Table, columns: Sequence[Column], max_rows: int, rng: np.random.Generator) -> Table:
    """Return at most ``max_rows`` rows; fewer for very wide tables, whose pairs grow with the square."""
    wide = max(len(columns), 1)
    limit = max_rows if wide <= 100 else max(2_000, int(max_rows * (100 / wide) ** 2))
    if len(table) <= limit:
        return table
    return table.rows(np.sort(rng.choice(len(table), size=limit, replace=False)))


def _values(table: Table, columns: Sequence[Column]) -> Floats:
    ordered = [i for i, column in enumerate(columns) if column.kind.numeric]
    states = [i for i in range(len(columns)) if i not in set(ordered)]
    values = np.zeros((len(columns), len(columns)))
    ranks, filled = centred_ranks(table, [columns[i] for i in ordered])
    values[np.ix_(ordered, ordered)] = rank_correlations(ranks, filled)
    codes = {i: category_codes(table.frame[columns[i].name]) for i in states}
    for position, i in enumerate(states):
        values[i, ordered] = values[ordered, i] = correlation_ratios(codes[i], ranks, filled)
        for j in states[position + 1 :]:
            values[i, j] = values[j, i] = cramers_v(codes[i], codes[j])
    np.fill_diagonal(values, 1.0)
    return values
