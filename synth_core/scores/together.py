"""Columns together: distances of two-way tables, associations of mixed kinds, views of the worst pairs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.scores.features import Coded, Coding, States
from synth_core.scores.results import Associations, PairView
from synth_core.scores.statistics import Floats, rounded_rows

BLOCKS = 20
RESAMPLES = 60
REPEATS = 3
VIEWS = 12
ASSOCIATED = 60  # columns in an association matrix
MASK = 5


@dataclass(frozen=True)
class PairErrors:
    """Mean total variation distance over pairs, in %: value, standard error, floor, baseline; and per pair."""

    mean: float
    spread: float
    floor: float
    baseline: float
    matrix: Floats
    floor_matrix: Floats


def _tables(states: States, coded: Coded) -> Floats:
    """Two-way tables of all pairs at once, in shares, for each of 20 blocks of rows: blocks x states x states."""
    one_hot = states.one_hot(coded)
    blocks = np.array_split(np.arange(len(coded)), min(BLOCKS, len(coded)))
    # 0/1 products below 2**24 are exact in float32
    tables = np.stack([one_hot[block].T @ one_hot[block] for block in blocks])
    return tables.astype(np.float64) / len(coded)


def _samples(states: States, side: Coded, rows: int, rng: np.random.Generator) -> list[Floats]:
    """Tables of up to three samples, as many as there are rows for."""
    count = int(np.clip(len(side) // max(rows, 1), 1, REPEATS))
    order = rng.permutation(len(side))
    return [_tables(states, side.take(order[i * rows : (i + 1) * rows])) for i in range(count)]


def _distance(states: States, gap: Floats) -> Floats:
    starts = states.starts
    return np.asarray(50 * np.add.reduceat(np.add.reduceat(np.abs(gap), starts, axis=0), starts, axis=1))


def pair_errors(
    states: States, against: Coded, made: Coded, real: Coded, rows: int, rng: np.random.Generator
) -> PairErrors:
    """Return the distance of two-way tables from ``against`` for synthetic, real and independent rows.

    Value and floor are means over up to three samples of ``rows`` rows. The standard error is a bootstrap over
    blocks of synthetic rows: ``against`` is the same for the value and its floor, so its chance is in both.
    """
    upper = np.triu_indices(len(states.sizes), 1)
    target = _tables(states, against).sum(axis=0)
    independent = _tables(states, real.independent(rng).sample(rows, rng)).sum(axis=0)
    floor = np.mean([_distance(states, t.sum(axis=0) - target) for t in _samples(states, real, rows, rng)], axis=0)
    samples = _samples(states, made, rows, rng)
    matrix = np.mean([_distance(states, tables.sum(axis=0) - target) for tables in samples], axis=0)
    baseline = _distance(states, independent - target)
    means = []
    for _ in range(RESAMPLES if target.size < 400_000 else RESAMPLES // 3):
        gap = np.tensordot(_block_weights(samples[0], rng), samples[0], 1) - target
        means.append(_distance(states, gap)[upper].mean())
    return PairErrors(
        float(matrix[upper].mean()),
        float(np.std(means, ddof=1) / np.sqrt(len(samples))),
        float(floor[upper].mean()),
        float(baseline[upper].mean()),
        matrix,
        floor,
    )


def _block_weights(blocks: Floats, rng: np.random.Generator) -> Floats:
    count = len(blocks)
    return rng.multinomial(count, np.full(count, 1 / count)).astype(np.float64)


def pair_views(states: States, real: Coded, made: Coded, errors: PairErrors) -> list[PairView]:
    """Return the pairs that differ most from the real ones, beyond what real rows differ, with their grids."""
    names = states.coding.names
    first, second = np.triu_indices(len(names), 1)
    excess = (errors.matrix - errors.floor_matrix)[first, second]
    views = []
    for place in np.argsort(-excess, kind="stable")[:VIEWS]:
        x, y = names[first[place]], names[second[place]]
        counts = _grid(states, real, x, y)
        shown = np.where(counts < MASK, 0, counts) / max(len(real), 1)
        share = _grid(states, made, x, y) / max(len(made), 1)
        x_labels, y_labels = states.labels(x), states.labels(y)
        keep_x = (shown.sum(axis=0) > 0) | (share.sum(axis=0) > 0)
        keep_y = (shown.sum(axis=1) > 0) | (share.sum(axis=1) > 0)
        views.append(
            PairView(
                x=x,
                y=y,
                x_labels=[label for label, kept in zip(x_labels, keep_x, strict=True) if kept],
                y_labels=[label for label, kept in zip(y_labels, keep_y, strict=True) if kept],
                real=rounded_rows(shown[keep_y][:, keep_x], 5),
                synthetic=rounded_rows(share[keep_y][:, keep_x], 5),
                error=round(float(errors.matrix[first[place], second[place]]), 4),
            )
        )
    return views


def _grid(states: States, coded: Coded, x: str, y: str) -> npt.NDArray[np.int64]:
    wide, high = (states.sizes[states.coding.names.index(name)] for name in (x, y))
    cell = states.of(coded, y) * wide + states.of(coded, x)
    return np.bincount(cell, minlength=wide * high).reshape(high, wide)


def associations(coding: Coding, real: Coded, made: Coded) -> Associations:
    """Return how strongly columns go together, real beside synthetic, in one clustered order.

    Spearman's rank correlation (signed) between two numbers, the correlation ratio between a category and a
    number, Cramér's V between two categories, both corrected for chance; over rows where both cells are filled.
    """
    names = coding.names[:ASSOCIATED]
    coding = Coding(coding.columns[:ASSOCIATED], coding.categories, coding.counts)
    states = States.learn(coding, real, 2, 20)
    first, second = (_matrix(states, names, side) for side in (real, made))
    order = clustered_order(first)
    first, second = first[np.ix_(order, order)], second[np.ix_(order, order)]
    return Associations(
        names=[names[i] for i in order],
        real=rounded_rows(first, 3),
        synthetic=rounded_rows(second, 3),
        difference=rounded_rows(second - first, 3),
    )


def clustered_order(matrix: Floats) -> list[int]:
    """Return an order of columns that puts those that go together side by side."""
    if len(matrix) < 3:
        return list(range(len(matrix)))
    from scipy.cluster.hierarchy import leaves_list, linkage
    from scipy.spatial.distance import squareform

    apart = np.clip(1 - np.abs(matrix), 0, 1)
    apart = (apart + apart.T) / 2
    np.fill_diagonal(apart, 0)
    return [int(i) for i in leaves_list(linkage(squareform(apart, checks=False), "average", optimal_ordering=True))]


def _matrix(states: States, names: list[str], coded: Coded) -> Floats:
    out = np.eye(len(names))
    numeric = [i for i, name in enumerate(names) if name in coded.numeric]
    categorical = [i for i, name in enumerate(names) if name in coded.codes]
    ranks, filled = _standard_ranks(coded, [names[i] for i in numeric])
    out[np.ix_(numeric, numeric)] = _spearman(ranks, filled)
    one_hot, groups = _filled_levels(states, names, coded, categorical)
    if categorical and numeric:
        ratio = _correlation_ratio(one_hot, groups, ranks, filled)
        out[np.ix_(categorical, numeric)] = ratio
        out[np.ix_(numeric, categorical)] = ratio.T
    if categorical:
        out[np.ix_(categorical, categorical)] = _cramer(one_hot, groups)
    np.fill_diagonal(out, 1)
    return out


def _standard_ranks(coded: Coded, names: list[str]) -> tuple[Floats, Floats]:
    """Ranks with mean 0 and standard deviation 1, 0 where missing; and 1 where filled."""
    from scipy.stats import rankdata

    ranks, filled = np.zeros((len(coded), len(names))), np.zeros((len(coded), len(names)))
    for place, name in enumerate(names):
        values = coded.numeric[name]
        there = ~np.isnan(values)
        filled[:, place] = there
        if there.sum() > 1:
            rank = rankdata(values[there])
            ranks[there, place] = (rank - rank.mean()) / (rank.std() or 1.0)
    return ranks, filled


def _spearman(ranks: Floats, filled: Floats) -> Floats:
    cross, square = ranks.T @ ranks, (ranks**2).T @ filled
    scale = np.sqrt(square * square.T)
    return np.clip(np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 1e-9), -1, 1)


def _filled_levels(
    states: States, names: list[str], coded: Coded, categorical: list[int]
) -> tuple[Floats, npt.NDArray[np.int64]]:
    """One-hot states of the categories without the missing state, and where each column starts."""
    parts, sizes = [], []
    for place in categorical:
        size = states.sizes[place] - 1
        state = states.of(coded, names[place])
        part = np.zeros((len(coded), size), dtype=np.float32)
        kept = state < size
        part[np.flatnonzero(kept), state[kept]] = 1
        parts.append(part)
        sizes.append(size)
    if not parts:
        return np.zeros((len(coded), 0)), np.zeros(0, dtype=np.int64)
    return np.hstack(parts), np.asarray(np.cumsum([0, *sizes[:-1]]), dtype=np.int64)


def _correlation_ratio(one_hot: Floats, groups: npt.NDArray[np.int64], ranks: Floats, filled: Floats) -> Floats:
    """Categories x numbers: eta of the ranks, by epsilon squared (Kelley 1935)."""
    sums, counts, squares = (one_hot.T @ part.astype(np.float32) for part in (ranks, filled, ranks**2))
    between = np.divide(sums**2, counts, out=np.zeros_like(sums), where=counts > 0)
    add = np.add.reduceat
    n, total = add(counts, groups, axis=0), add(sums, groups, axis=0)
    level_count = add((counts > 0).astype(np.float64), groups, axis=0)
    mean_part = np.divide(total**2, n, out=np.zeros_like(total), where=n > 0)
    within_all = add(squares, groups, axis=0) - mean_part
    ratio = np.divide(
        add(between, groups, axis=0) - mean_part, within_all, out=np.zeros_like(n), where=within_all > 1e-9
    )
    corrected = 1 - (1 - ratio) * np.maximum(n - 1, 1) / np.maximum(n - level_count, 1)
    return np.asarray(np.sqrt(np.clip(corrected, 0, 1)))


def _cramer(one_hot: Floats, groups: npt.NDArray[np.int64]) -> Floats:
    """Cramér's V, corrected for chance (Bergsma 2013), of all pairs of categories."""
    table = (one_hot.T @ one_hot).astype(np.float64)
    add = np.add.reduceat
    columns = len(groups)
    ends = np.r_[groups[1:], len(table)]
    owner = np.repeat(np.arange(columns), ends - groups)
    n = add(add(table, groups, axis=0), groups, axis=1)
    row_sums = add(table, groups, axis=1)[:, owner]  # margin of each row state within each partner column
    expected = row_sums * row_sums.T / np.maximum(n[np.ix_(owner, owner)], 1)
    parts = np.divide((table - expected) ** 2, expected, out=np.zeros_like(table), where=expected > 0)
    chi = add(add(parts, groups, axis=0), groups, axis=1) / np.maximum(n, 1)
    rows = add((row_sums[:, groups] > 0).astype(np.float64), groups, axis=0)  # levels of i seen with j
    levels, partners = rows, rows.T
    less = np.maximum(n - 1, 1)
    phi = np.maximum(chi - (levels - 1) * (partners - 1) / less, 0)
    smaller = np.minimum(levels - (levels - 1) ** 2 / less, partners - (partners - 1) ** 2 / less) - 1
    squared = np.divide(phi, smaller, out=np.zeros_like(phi), where=smaller > 1e-9)
    return np.asarray(np.sqrt(np.clip(squared, 0, 1)))
