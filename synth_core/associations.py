"""How strongly columns of mixed kinds go together."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.table import Column, Role, Table, numbers

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

Measure = Literal["auto", "pearson", "spearman", "cramers_v", "correlation_ratio", "mutual_information"]

MAX_ROWS = 20_000
MAX_LEVELS = 60
FEW = 5  # rows; smaller groups do not count as explaining anything
MAX_COLUMNS = 300


class AssociationMatrix(BaseModel):
    """Association of every pair of columns, in one order.

    Attributes
    ----------
    values
        0..1, signed (-1..1) between two ordered columns; symmetric, 1 on the diagonal. NaN: the measure does not fit.
    rows
        Rows that the values rest on (a sample of a large table).
    measure
        Which measure; "auto": the one that fits each pair of kinds.
    left_out
        Columns of a very wide table that are not in the matrix.
    """

    model_config = ConfigDict(frozen=True)

    names: list[str] = Field(default_factory=list)
    values: list[list[float]] = Field(default_factory=list)
    rows: int = 0
    measure: Measure = "auto"
    left_out: int = 0

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

    measure
        "pearson", "spearman": ordered columns only. "cramers_v", "mutual_information": all columns, ordered ones in up
        to ten equally filled bins. "correlation_ratio": how much of one column the groups of the other explain, the
        larger of both ways; NaN between two categories. With ``names`` a pair that the measure does not fit is NaN.

    Notes
    -----
    "auto": for two ordered columns (numbers, dates) Spearman's rank correlation, where each column is ranked once over
    all its filled cells and the ranks are correlated over the rows where both are filled; ``pair_facts`` ranks over
    those rows alone, which differs where gaps go with the values. Two categories: Cramér's V, corrected
    for chance (Bergsma 2013, doi:10.1016/j.jkss.2012.10.002). One of each: the correlation ratio on ranks, corrected
    for chance (epsilon squared), and held against the most that groups of these sizes could explain, so that a number
    which separates two groups fully scores 1. Cells are compared where both are filled; categories beyond the 60 most
    frequent count as one. A constant column goes with nothing: 0. Mutual information is the plug-in estimate less its
    bias (Miller 1955), as a share of the smaller of the two entropies (Theil's U): 1 when one column decides the other.
    Of more than 300 columns those with the strongest links are kept, and the target.
    """
    columns = [table.column(name) for name in names] if names is not None else _fitting(table, measure)
    sampled = sampled_rows(table, seed, max_rows, len(columns))
    kept = columns if names is not None else _strongest(sampled, columns)
    values = _values(sampled, kept, measure)
    order = range(len(kept)) if names is not None else clustered_order(np.nan_to_num(values))
    index = np.array(list(order), dtype=np.intp)
    rounded = np.round(values[np.ix_(index, index)], 4)
    return AssociationMatrix(
        names=[kept[i].name for i in index],
        values=rounded.tolist(),
        rows=len(sampled),
        measure=measure,
        left_out=len(columns) - len(kept),
    )


def _fitting(table: Table, measure: Measure) -> list[Column]:
    learned = table.having(learned=True)
    return [c for c in learned if c.kind.numeric] if measure in ("pearson", "spearman") else learned


def _strongest(table: Table, columns: Sequence[Column]) -> Sequence[Column]:
    """Return the 300 columns with the strongest links in table order, by rank correlations on at most 1,000 rows."""
    if len(columns) <= MAX_COLUMNS:
        return columns
    part = table.rows(np.linspace(0, len(table) - 1, min(len(table), 1000)).astype(np.intp)) if len(table) else table
    scaled = np.zeros((len(part), len(columns)), dtype=np.float32)
    for place, column in enumerate(columns):
        values = numbers(part.frame[column.name]) if column.kind.numeric else _frequencies(part.frame[column.name])
        ranks = pd.Series(values).rank().to_numpy(dtype=np.float64)
        ranks = np.nan_to_num(ranks - np.nanmean(ranks)) if np.isfinite(ranks).any() else np.zeros(len(ranks))
        length = float(np.linalg.norm(ranks))
        scaled[:, place] = ranks / length if length > 0 else 0.0
    strength = np.zeros(len(columns))
    for start in range(0, len(columns), 500):
        block = np.abs(scaled[:, start : start + 500].T @ scaled)
        block[np.arange(len(block)), start + np.arange(len(block))] = 0
        strength[start : start + 500] = block.max(axis=1)
    strength += [2.0 * (column.role is Role.TARGET) for column in columns]
    kept = np.sort(np.argsort(-strength, kind="stable")[:MAX_COLUMNS])
    return [columns[i] for i in kept]


def _frequencies(values: pd.Series) -> Floats:
    """Return how frequent the cell's category is; NaN where missing."""
    codes = pd.factorize(values)[0]
    return np.where(codes >= 0, np.bincount(codes[codes >= 0], minlength=1)[np.maximum(codes, 0)], np.nan)


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


def binned_codes(values: pd.Series, column: Column, bins: int = 10) -> Codes:
    """Return categories as codes, and ordered values as codes of up to ``bins`` equally filled bins (0 = missing)."""
    if not column.kind.numeric:
        return category_codes(values)
    found = numbers(values)
    known = np.isfinite(found)
    if not known.any():
        return np.zeros(len(found), dtype=np.int64)
    inner = np.unique(np.quantile(found[known], np.linspace(0, 1, bins + 1)[1:-1]))
    return np.where(known, np.searchsorted(inner, found, side="left") + 1, 0).astype(np.int64)


def crossed(first: Codes, second: Codes) -> Floats:
    """Return how often the codes of two columns come together (0 = missing, left out)."""
    wide = int(second.max(initial=0)) + 1
    counts = np.bincount(first * wide + second, minlength=(int(first.max(initial=0)) + 1) * wide)
    return counts.reshape(-1, wide)[1:, 1:].astype(np.float64)


def cramers_v(first: Codes, second: Codes) -> float:
    """Return the bias-corrected Cramér's V of two code columns (0 = missing, left out)."""
    return cramers_v_of(crossed(first, second))


def cramers_v_of(counts: Floats) -> float:
    """Return the bias-corrected Cramér's V of a table of counts."""
    rows, columns, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    levels, others = int((rows > 0).sum()), int((columns > 0).sum())
    if levels < 2 or others < 2 or total < 3:
        return 0.0
    expected = rows[:, None] * columns[None, :]
    excess = np.divide(counts**2, expected, out=np.zeros_like(counts), where=expected > 0).sum() - 1
    excess = max(0.0, excess - (levels - 1) * (others - 1) / (total - 1))
    room = min(levels - (levels - 1) ** 2 / (total - 1), others - (others - 1) ** 2 / (total - 1)) - 1
    return float(min(1.0, np.sqrt(excess / room))) if room > 1e-9 else 0.0


def mutual_information_of(counts: Floats) -> tuple[float, float]:
    """Return the mutual information of a table of counts in bits, less its bias, and its share of the smaller entropy.

    Notes
    -----
    Plug-in estimate less (levels - 1)(others - 1) / (2 n ln 2) (Miller 1955, "Note on the bias of information
    estimates"); the share is Theil's uncertainty coefficient of the simpler column.
    """
    total = counts.sum()
    if total < 3:
        return 0.0, 0.0
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    own = [entropy_of(rows), entropy_of(columns)]
    degrees = max(int((rows > 0).sum()) - 1, 0) * max(int((columns > 0).sum()) - 1, 0)
    bits = own[0] + own[1] - entropy_of(counts.ravel()) - degrees / (2 * total * np.log(2))
    bits = max(0.0, min(float(bits), *own))
    return bits, bits / min(own) if min(own) > 1e-9 else 0.0


def entropy_of(counts: Floats) -> float:
    """Return the entropy in bits of what was counted."""
    held = counts[counts > 0] / counts.sum()
    return float(-(held * np.log2(held)).sum())


def correlation_ratios(codes: Codes, ranks: Floats, filled: Floats, *, ranked: bool = True) -> Floats:
    """Return how much of each column of ``ranks`` the codes explain (0..1, corrected for chance).

    ``ranks`` and ``filled`` have one row per table row and one column per ordered column; ``filled`` is 1 where the
    cell is there, and ``ranks`` is 0 where it is not. Not ``ranked``: centred values instead, and Fisher's eta.
    """
    from scipy.sparse import csr_matrix

    rows, width = ranks.shape
    known = (codes > 0).astype(np.float64)
    levels = int(codes.max(initial=0))
    if rows == 0 or levels < 2 or width == 0:
        return np.zeros(width)
    groups = csr_matrix((known, (np.maximum(codes - 1, 0), np.arange(rows))), shape=(levels, rows))
    counts, sums = groups @ filled, groups @ ranks
    enough = counts >= FEW  # one or two rows explain nothing, yet they are all that a nearly constant column has
    counts, sums = np.where(enough, counts, 0.0), np.where(enough, sums, 0.0)
    total, grand = counts.sum(axis=0), sums.sum(axis=0)
    squares = np.where(enough, groups @ (ranks**2), 0.0).sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        between = np.nansum(sums**2 / counts, axis=0) - grand**2 / total
        spread = squares - grand**2 / total
        explained = between / spread
        used = (counts > 0).sum(axis=0)
        explained = explained - (used - 1) / (total - used) * (1 - explained)
        if ranked:
            explained = explained / _most_explained(counts / total, spread / total)
    usable = (used > 1) & (total > used) & (spread > 1e-9 * np.maximum(squares, 1e-300))
    return np.where(usable, np.sqrt(np.clip(np.where(usable, explained, 0.0), 0.0, 1.0)), 0.0)


def _most_explained(shares: Floats, spread: Floats) -> Floats:
    """Return the most of the spread of ranks that groups with these shares could explain (at most 1)."""
    # ranks in n / total blocks vary by (1 - sum of cubes) / 12 between them; ties keep the whole below 1 / 12
    return np.asarray(np.minimum((1 - (shares**3).sum(axis=0)) / (12 * spread), 1))


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


def sampled_rows(table: Table, seed: int, max_rows: int = MAX_ROWS, width: int | None = None) -> Table:
    """Return at most ``max_rows`` evenly drawn rows; fewer for very wide tables, whose pairs grow with the square."""
    wide = max(len(table.having(learned=True)) if width is None else width, 1)
    limit = max_rows if wide <= 100 else max(2_000, int(max_rows * (100 / wide) ** 2))
    if len(table) <= limit:
        return table
    return table.rows(np.sort(np.random.default_rng(seed).choice(len(table), size=limit, replace=False)))


def _values(table: Table, columns: Sequence[Column], measure: Measure) -> Floats:
    if measure in ("cramers_v", "mutual_information"):
        return _of_bins(table, columns, measure)
    ordered = [i for i, column in enumerate(columns) if column.kind.numeric]
    states = [i for i, column in enumerate(columns) if not column.kind.numeric]
    values = np.full((len(columns), len(columns)), 0.0 if measure == "auto" else np.nan)
    ranked = measure in ("auto", "spearman")
    scale = centred_ranks if ranked else centred_values
    cells, filled = scale(table, [columns[i] for i in ordered])
    codes = {i: category_codes(table.frame[columns[i].name]) for i in states}
    if measure in ("auto", "correlation_ratio"):
        for i in states:
            explained = correlation_ratios(codes[i], cells, filled, ranked=ranked)
            values[i, ordered] = values[ordered, i] = explained
    if measure == "correlation_ratio":
        groups = (binned_codes(table.frame[columns[i].name], columns[i]) for i in ordered)
        both = np.array([correlation_ratios(group, cells, filled, ranked=False) for group in groups])
        values[np.ix_(ordered, ordered)] = np.maximum(both, both.T) if ordered else both.reshape(0, 0)
    else:
        values[np.ix_(ordered, ordered)] = rank_correlations(cells, filled)
    if measure == "auto":
        for i, j in combinations(states, 2):
            values[i, j] = values[j, i] = cramers_v(codes[i], codes[j])
    np.fill_diagonal(values, 1.0)
    return values


def _of_bins(table: Table, columns: Sequence[Column], measure: Measure) -> Floats:
    codes = [binned_codes(table.frame[column.name], column) for column in columns]
    values = np.eye(len(columns))
    for i, j in combinations(range(len(columns)), 2):
        counts = crossed(codes[i], codes[j])
        value = cramers_v_of(counts) if measure == "cramers_v" else mutual_information_of(counts)[1]
        values[i, j] = values[j, i] = value
    return values


def centred_values(table: Table, columns: Sequence[Column]) -> tuple[Floats, Floats]:
    """Return the values of ordered columns, centred and scaled to a spread of one (0 where missing), and the mask."""
    cells = np.zeros((len(table), len(columns)))
    filled = np.zeros((len(table), len(columns)))
    for place, column in enumerate(columns):
        found = numbers(table.frame[column.name])
        known = np.abs(found) < 1e150
        filled[:, place] = known
        if known.any():
            centred = found[known] - found[known].mean()
            centred /= float(np.abs(centred).max()) or 1.0  # squares neither vanish nor overflow
            cells[known, place] = centred / (float(np.sqrt((centred**2).mean())) or 1.0)
    return cells, filled
