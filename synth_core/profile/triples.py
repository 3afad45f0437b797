"""Three columns that say more together than their pairs do.

What the pairs alone explain is the table of largest entropy with the same three two-way margins (no three-way
interaction; Darroch 1962), found by iterative proportional fitting (Deming and Stephan 1940). The distance of the real
table from it is the connected information of order three (Schneidman et al. 2003, doi:10.1103/PhysRevLett.91.238701):
the interaction information (McGill 1954) of the real table less that of the fitted one, never negative. Chance is
measured by drawing tables from the fitted one: permuting a column would destroy pairwise relations along with the
interaction, and take every chain of pairs for a triple.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from synth_core.associations import cramers_v, cramers_v_of, entropy_of, sampled_rows
from synth_core.errors import TableError
from synth_core.profile.chance import FALSE_SHARE, adjusted
from synth_core.profile.levels import Levels, in_levels
from synth_core.profile.memory import is_series, memory_of, worth
from synth_core.profile.shown import RARE_ROWS
from synth_core.progress import Progress, silent
from synth_core.table import Column, Role, Table

Floats = npt.NDArray[np.float64]

MAX_ROWS = 20_000
MAX_COLUMNS = 60
LEVELS = 4
ENOUGH_ROWS = 200
SMALLEST = 0.01  # bits
DRAWS = 200
CANDIDATES = 80
SAME = 0.95


class Triple(BaseModel):
    """Three columns with a real interaction; how the first two go together depends on the third.

    Attributes
    ----------
    bits
        What the three say beyond their pairs, in bits (never negative): their interaction information less that of the
        fitted table without an interaction. It equals the interaction information when no two of them are related.
    null_bits
        What chance alone would give in 95 of 100 tables with the same pairs.
    p_value
        Of "the pairs explain everything", adjusted for all triples looked at; 1e-06: that or less.
    interaction
        The plain interaction information I(x; y | z) - I(x; y) in bits; below 0 the three also repeat each other.
    """

    model_config = ConfigDict(frozen=True)

    names: list[str]
    bits: float
    null_bits: float
    p_value: float
    sentence: str
    interaction: float = 0.0


class Triples(BaseModel):
    """The triples found, the strongest first; ``note`` says what was looked at and how."""

    model_config = ConfigDict(frozen=True)

    tested: int = 0
    rows: int = 0
    found: list[Triple] = Field(default_factory=list)
    note: str = ""


@dataclass(frozen=True)
class TripleView:
    """The joint distribution of three columns, in layers of the third.

    Attributes
    ----------
    shares
        Shape (z, y, x): share of the rows of a layer; each layer adds up to 1. NaN where one to four rows are.
    counts
        Shape (z, y, x): rows; NaN where they are one to four.
    """

    x_labels: list[str]
    y_labels: list[str]
    z_labels: list[str]
    shares: Floats
    counts: Floats


def triples(table: Table, *, seed: int = 0, limit: int = 12, progress: Progress | None = None) -> Triples:
    """Return the triples of learned columns that say more than their pairs and chance explain.

    Notes
    -----
    On at most 20,000 rows and 60 columns, each in up to four levels. Every triple is screened by the likelihood ratio
    against the table without interaction (chi-squared); the 80 strongest are then held against 200 tables drawn from
    it, and their chance read off a gamma curve through those. At most 5 % false ones (Benjamini and Hochberg 1995), and
    none that is not 0.01 bits above what chance gives on average: so little matters to nobody, and may come from the
    cutting into levels alone. Rows that follow each other in time count for as few independent ones as they are worth.
    """
    report = progress or silent
    part = sampled_rows(table, seed, MAX_ROWS, width=1)
    columns, left_out = _chosen(part) if len(part) >= ENOUGH_ROWS else ([], 0)
    if len(columns) < 3:
        return Triples(rows=len(part), note=f"At least {ENOUGH_ROWS} rows and three columns that vary are needed.")
    memory = [memory_of(one) for one in columns] if is_series(part) else None
    places, counts = _counted(columns, report)
    weights = np.array([worth([memory[i] for i in place]) if memory else 1.0 for place in places])
    bits, p_values = _screened(counts, weights)
    tested = len(places)
    strongest = [int(i) for i in np.argsort(-bits)[: 4 * CANDIDATES] if bits[i] >= SMALLEST and p_values[i] < 0.01]
    rng = np.random.default_rng(seed)
    null_bits: dict[int, float] = {}
    surplus: dict[int, float] = {}
    for done, i in enumerate(strongest[:CANDIDATES]):
        report(0.8 + 0.2 * done / CANDIDATES, 1, "Chance")
        bits[i], null_bits[i], surplus[i], p_values[i] = _against_chance(counts[i], rng, float(weights[i]))
    corrected = adjusted(p_values)
    real = [i for i in null_bits if corrected[i] <= FALSE_SHARE and bits[i] > null_bits[i] and surplus[i] >= SMALLEST]
    shown = _different(sorted(real, key=lambda i: -bits[i]), places, limit)
    found = [
        _triple([columns[place] for place in places[i]], counts[i], bits[i], null_bits[i], corrected[i]) for i in shown
    ]
    return Triples(
        tested=tested, rows=len(part), found=found, note=_note(table, len(part), tested, left_out, len(real), memory)
    )


def _different(real: list[int], places: list[tuple[int, int, int]], limit: int) -> list[int]:
    """Return the strongest, those first that share no two columns with a stronger one; in order of strength."""
    new: list[int] = []
    others: list[int] = []
    seen: set[tuple[int, int]] = set()
    for i in real:
        pairs = set(combinations(places[i], 2))
        if pairs & seen:
            others.append(i)
        else:
            new.append(i)
            seen |= pairs
    shown = {*[*new, *others][:limit]}
    return [i for i in real if i in shown]


def _note(table: Table, rows: int, tested: int, left_out: int, real: int, memory: list[Floats] | None) -> str:
    parts = [f"{tested:,} triples, each column in up to {LEVELS} levels"]
    if rows < len(table):
        parts.append(f"on {rows:,} of {len(table):,} rows")
    if left_out:
        parts.append(f"the {MAX_COLUMNS} columns with the most to say, {left_out:,} left out")
    if memory and max(float(one[0]) for one in memory) > 0.2:
        parts.append("rows follow each other in time and count for fewer")
    return "; ".join(parts) + f". {real:,} found that chance and pairs do not explain."


def _chosen(table: Table) -> tuple[list[Levels], int]:
    """Return learned columns with at least two levels that hold rows enough; the most even ones of a wide table."""
    found: list[tuple[float, int, Levels]] = []
    for place, column in enumerate(table.having(learned=True)):
        if column.role in (Role.ENTITY, Role.ORDER):
            continue
        levels = in_levels(table.frame[column.name], column, LEVELS)
        sizes = np.bincount(levels.codes, minlength=LEVELS + 1)[1:].astype(np.float64)
        if (sizes >= 0.01 * len(table)).sum() >= 2:
            share = sizes[sizes > 0] / sizes.sum()
            even = float(-(share * np.log2(share)).sum()) * sizes.sum() / len(table)
            found.append((9.0 if column.role is Role.TARGET else even, place, levels))
    kept = sorted(sorted(found, key=lambda one: -one[0])[:MAX_COLUMNS], key=lambda one: one[1])
    return [levels for _, _, levels in kept], len(found) - len(kept)


def _counted(columns: list[Levels], report: Progress) -> tuple[list[tuple[int, int, int]], Floats]:
    """Return all triples of columns, of those that say the same only the first, and their tables (m, 4, 4, 4)."""
    wide = LEVELS + 1
    new: list[int] = []
    for i, column in enumerate(columns):
        if all(cramers_v(columns[j].codes, column.codes) < SAME for j in new):
            new.append(i)
    places, counts = [], []
    for turn, i in enumerate(new):
        report(0.7 * turn / len(new), 1, "Counting")
        for j, k in combinations(new[turn + 1 :], 2):
            places.append((i, j, k))
            pair = (columns[i].codes * wide + columns[j].codes) * wide
            counts.append(np.bincount(pair + columns[k].codes, minlength=wide**3))
    stacked = np.array(counts, dtype=np.float64).reshape(-1, wide, wide, wide)
    return places, stacked[:, 1:, 1:, 1:]


def without_interaction(counts: Floats, rounds: int) -> Floats:
    """Return tables of the same two-way margins and the largest entropy; shape (m, x, y, z)."""
    fitted = np.ones_like(counts)
    margins = [counts.sum(axis=axis, keepdims=True) for axis in (1, 2, 3)]
    for _ in range(rounds):
        for axis, margin in zip((1, 2, 3), margins, strict=True):
            now = fitted.sum(axis=axis, keepdims=True)
            fitted = fitted * np.divide(margin, now, out=np.zeros_like(margin), where=now > 0)
    return fitted


def _distance(counts: Floats, fitted: Floats) -> Floats:
    """Return how far each table is from its fit, in bits per row."""
    rows = np.maximum(counts.sum(axis=(1, 2, 3)), 1)
    ratio = np.divide(counts, fitted, out=np.ones_like(counts), where=(counts > 0) & (fitted > 0))
    return np.asarray(np.maximum((counts * np.log2(ratio)).sum(axis=(1, 2, 3)) / rows, 0.0))


def _screened(counts: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Return bits and a first p-value for every triple."""
    from scipy.special import chdtrc

    bits, p_values = np.zeros(len(counts)), np.ones(len(counts))
    for start in range(0, len(counts), 2000):
        part = counts[start : start + 2000]
        distance = _distance(part, without_interaction(part, 10))
        used = [(part.sum(axis=axes) > 0).sum(axis=1) - 1 for axes in ((2, 3), (1, 3), (1, 2))]
        degrees = np.maximum(np.prod(used, axis=0), 1)
        rows = part.sum(axis=(1, 2, 3)) * weights[start : start + 2000]
        bits[start : start + 2000] = distance
        p_values[start : start + 2000] = chdtrc(degrees, 2 * np.log(2) * rows * distance)
    p_values[counts.sum(axis=(1, 2, 3)) < ENOUGH_ROWS] = 1.0
    return bits, p_values


def _against_chance(counts: Floats, rng: np.random.Generator, weight: float = 1.0) -> tuple[float, float, float, float]:
    """Return bits, their 95 % point by chance, what they are above their mean by chance, and the chance of as many.

    ``weight``: how many independent rows one row is worth.
    """
    from scipy.special import gammaincc

    rows = int(counts.sum())
    fitted = without_interaction(counts[None], 200)
    bits = float(_distance(counts[None], fitted)[0])
    share = fitted[0].ravel() / fitted[0].sum()
    drawn = (
        rng.multinomial(max(1, round(rows * weight)), share, size=DRAWS)
        .reshape(DRAWS, *counts.shape)
        .astype(np.float64)
    )
    chance = _distance(drawn, without_interaction(drawn, 30))
    mean, spread = float(chance.mean()), float(chance.var())
    if spread <= 0:
        return bits, mean, bits - mean, 1.0
    p_value = float(gammaincc(mean**2 / spread, bits * mean / spread))
    return bits, float(np.quantile(chance, 0.95)), bits - mean, p_value


def _triple(columns: list[Levels], counts: Floats, bits: float, null_bits: float, p_value: float) -> Triple:
    """Return a triple in words, its third column the one by which the relation of the others changes most."""
    turned = [(_change(np.moveaxis(counts, z, 0), columns, z), z) for z in range(3)]
    # a group is read more easily as "depends on" than a range, so it goes third unless a range says far more
    (_, low, high), z = max(turned, key=lambda one: one[0][0] * (1.0 if columns[one[1]].ordered else 1.5))
    x, y = (i for i in range(3) if i != z)
    names = [columns[i].name for i in (x, y, z)]
    measure = "correlation" if _signed(columns[x]) and _signed(columns[y]) else "association"
    parts = [f"{value:.2f} where '{names[2]}' is {_said(columns[z], level)}" for value, level in (low, high)]
    how = f"{measure} {' and '.join(parts)}" if high[0] - low[0] >= 0.1 else "which values meet differs by its value"
    sentence = (
        f"How '{names[0]}' and '{names[1]}' go together depends on '{names[2]}': {how}. "
        f"The three say {bits:.3f} bits more than their pairs do (by chance at most {null_bits:.3f})."
    )
    return Triple(
        names=names,
        bits=round(float(bits), 4),
        null_bits=round(float(null_bits), 4),
        p_value=float(f"{max(p_value, 1e-6):.2g}"),  # the gamma curve says no more than that
        sentence=sentence,
        interaction=round(_interaction(counts), 4),
    )


def _signed(column: Levels) -> bool:
    """Return whether a correlation of the level numbers has a meaning: ordered values, or two states."""
    return column.ordered or len(column.labels) == 2


def _said(column: Levels, level: int) -> str:
    return column.labels[level] if column.ordered else f"'{column.labels[level]}'"


def _change(layers: Floats, columns: list[Levels], z: int) -> tuple[float, tuple[float, int], tuple[float, int]]:
    """Return how much the relation of two columns differs between layers, and where it is lowest and highest."""
    x, y = (columns[i] for i in range(3) if i != z)
    told = [level for level in range(len(layers)) if layers[level].sum() >= 20 and _both_vary(layers[level])]
    measured = _correlation if _signed(x) and _signed(y) else _association
    values = [(measured(layers[level]), level) for level in told]
    if len(values) < 2:
        return -1.0, (0.0, 0), (0.0, 0)
    low, high = min(values), max(values)
    return high[0] - low[0], low, high


def _both_vary(layer: Floats) -> bool:
    """Whether both columns of a table of counts have two levels that five rows or more hold."""
    return all(int((layer.sum(axis=axis) >= RARE_ROWS).sum()) >= 2 for axis in (0, 1))


def _correlation(layer: Floats) -> float:
    """Return the correlation of the level numbers of a table of counts."""
    share = layer / layer.sum()
    x, y = np.arange(share.shape[0]), np.arange(share.shape[1])
    by_x, by_y = share.sum(axis=1), share.sum(axis=0)
    spread = ((by_x @ x**2) - (by_x @ x) ** 2) * ((by_y @ y**2) - (by_y @ y) ** 2)
    return float((x @ share @ y - (by_x @ x) * (by_y @ y)) / np.sqrt(spread)) if spread > 1e-12 else 0.0


def _association(layer: Floats) -> float:
    return cramers_v_of(layer)


def _interaction(counts: Floats) -> float:
    """Return the interaction information I(x; y | z) - I(x; y) in bits."""
    pairs = sum(entropy_of(counts.sum(axis=axis).ravel()) for axis in range(3))
    single = sum(entropy_of(counts.sum(axis=axes)) for axes in ((1, 2), (0, 2), (0, 1)))
    return float(pairs - single - entropy_of(counts.ravel()))


def triple_view(table: Table, names: Sequence[str]) -> TripleView:
    """Return how often the values of three columns come together; cells of one to four rows are masked."""
    if len(names) != 3 or len(set(names)) != 3:
        raise TableError(f"A view of three columns needs three different ones, not {len(set(names))}. Choose another.")
    columns = [_viewable(table, name) for name in names]
    x, y, z = (in_levels(table.frame[c.name], c, most) for c, most in zip(columns, (8, 8, 4), strict=True))
    shape = (len(z.labels) + 1, len(y.labels) + 1, len(x.labels) + 1)
    flat = (z.codes * shape[1] + y.codes) * shape[2] + x.codes
    counts = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)[1:, 1:, 1:].astype(np.float64)
    layers = counts.sum(axis=(1, 2), keepdims=True)
    shares = np.divide(counts, layers, out=np.zeros_like(counts), where=layers > 0)
    few = (counts > 0) & (counts < RARE_ROWS)
    return TripleView(x.labels, y.labels, z.labels, np.where(few, np.nan, shares), np.where(few, np.nan, counts))


def _viewable(table: Table, name: str) -> Column:
    column = table.column(name)
    if not column.learned:
        raise TableError(
            f"'{name}' is personal data, an identifier or text, so its values are not shown. Choose another column."
        )
    return column
