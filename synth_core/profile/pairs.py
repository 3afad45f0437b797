"""What two columns say about each other, by every measure that fits, each with its interval."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.associations import binned_codes, cramers_v_of, crossed, mutual_information_of, sampled_rows
from synth_core.errors import TableError
from synth_core.profile.words import percent
from synth_core.table import Column, Table, numbers

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

DRAWS = 300
MAX_ROWS = 20_000
ENOUGH = 10


class PairMeasure(BaseModel):
    """One measure of a pair with its 95 % interval (``low`` .. ``high``) and what it means."""

    model_config = ConfigDict(frozen=True)

    name: str
    value: float
    low: float
    high: float
    sentence: str


class PairFacts(BaseModel):
    """What is known about two columns; ``rows`` have both filled."""

    model_config = ConfigDict(frozen=True)

    x: str
    y: str
    rows: int
    measures: list[PairMeasure] = Field(default_factory=list)


@dataclass(frozen=True)
class _Side:
    """One column over the rows where both are filled: its values where it is ordered, and its codes from 1 on."""

    column: Column
    values: Floats | None
    codes: Codes


def pair_facts(table: Table, x: str, y: str, *, seed: int = 0) -> PairFacts:
    """Return every measure of association that fits the two columns, with 95 % intervals.

    Raises
    ------
    TableError
        A column is not there, or its values are never shown (personal data, identifiers, text).

    Notes
    -----
    Two numbers or dates get Pearson's r, Spearman's, the larger of the two correlation ratios (a curve raises one of
    them) and mutual information; a number and a category the last two; two categories Cramér's V and mutual
    information.

    On at most 20,000 rows. Pearson's r by Fisher's z (1921), Spearman's by Bonett and Wright (2000,
    doi:10.1007/BF02294183), the others by a bootstrap of 300 draws, moved to where the corrected value is. Ordered
    columns are cut into up to ten equally filled bins for mutual information and as groups of the correlation ratio;
    the corrections for chance are those of ``associations``.
    """
    columns = [table.column(name) for name in (x, y)]
    for column in columns:
        if not column.learned:
            raise TableError(
                f"'{column.name}' is personal data, an identifier or text, so it is not compared. Choose another "
                "column."
            )
    filled = (table.frame[x].notna() & table.frame[y].notna()).to_numpy()
    rows = int(filled.sum())
    if rows < ENOUGH or x == y:
        return PairFacts(x=x, y=y, rows=rows)
    part = sampled_rows(table.select([x, y]).rows(filled), seed, MAX_ROWS, width=1)
    sides = [_side(part.frame[column.name], column) for column in columns]
    if any(len(np.unique(side.codes)) < 2 for side in sides):
        return PairFacts(x=x, y=y, rows=rows)
    rng = np.random.default_rng(seed)
    measures = _correlations(sides[0], sides[1])
    ratios = [found for one, other in (sides, sides[::-1]) if (found := _explained(one, other, rng))]
    measures += [max(ratios, key=lambda ratio: ratio.value)] if ratios else []
    measures += _of_counts(sides[0], sides[1], rng)
    return PairFacts(x=x, y=y, rows=rows, measures=measures)


def _side(values: pd.Series, column: Column) -> _Side:
    found = numbers(values) if column.kind.numeric else None
    return _Side(column, found, binned_codes(values, column))


def _measure(name: str, value: float, low: float, high: float, sentence: str) -> PairMeasure:
    value, low, high = (round(float(v), 4) + 0.0 for v in (value, low, high))
    return PairMeasure(name=name, value=value, low=min(low, value), high=max(high, value), sentence=sentence)


def _correlations(one: _Side, other: _Side) -> list[PairMeasure]:
    if one.values is None or other.values is None:
        return []
    usual = (np.abs(one.values) < 1e150) & (np.abs(other.values) < 1e150)
    first, second = one.values[usual], other.values[usual]
    rows = len(first)
    if rows < ENOUGH or np.ptp(first) == 0 or np.ptp(second) == 0:
        return []
    pearson = _pearson(first, second)
    ranks = _pearson(pd.Series(first).rank().to_numpy(), pd.Series(second).rank().to_numpy())
    names = f"'{one.column.name}' and '{other.column.name}'"
    return [
        _measure(
            "Pearson",
            pearson,
            *_by_fisher(pearson, 1 / np.sqrt(rows - 3)),
            f"{names} lie {_closely(pearson)} a straight line: it explains {percent(pearson**2)} of the spread.",
        ),
        _measure(
            "Spearman",
            ranks,
            *_by_fisher(ranks, np.sqrt((1 + ranks**2 / 2) / (rows - 3))),
            f"Where '{one.column.name}' is high, '{other.column.name}' is {_also(ranks)}.",
        ),
    ]


def _pearson(first: Floats, second: Floats) -> float:
    first, second = _centred(first), _centred(second)
    size = float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.clip(first @ second / size, -1, 1)) if size > 0 else 0.0


def _centred(values: Floats) -> Floats:
    """Return values less their mean, between -1 and 1, so that squares neither vanish nor overflow."""
    centred = values - values.mean()
    return np.asarray(centred / (float(np.abs(centred).max()) or 1.0))


def _by_fisher(value: float, error: float) -> tuple[float, float]:
    centre = np.arctanh(np.clip(value, -1 + 1e-12, 1 - 1e-12))
    return float(np.tanh(centre - 1.96 * error)), float(np.tanh(centre + 1.96 * error))


def _closely(value: float) -> str:
    words = ((0.9, "very near"), (0.7, "near"), (0.3, "loosely along"), (0, "hardly along"))
    return next(word for least, word in words if abs(value) >= least)


def _also(value: float) -> str:
    if abs(value) < 0.1:
        return "neither higher nor lower than usual"
    strength = "nearly always " if abs(value) >= 0.9 else "mostly " if abs(value) >= 0.5 else "somewhat more often "
    return f"{strength}{'high, too' if value > 0 else 'low'}"


def _explained(groups: _Side, of: _Side, rng: np.random.Generator) -> PairMeasure | None:
    """Return how much of an ordered column the groups of the other one explain."""
    if of.values is None or not (np.abs(of.values) < 1e150).all() or np.ptp(of.values) == 0:
        return None
    centred = _centred(of.values)
    centred /= float(np.sqrt((centred**2).mean()))
    value = float(_eta(groups.codes, centred, np.ones((1, len(centred))))[0])
    drawn = np.empty(DRAWS)
    for start in range(0, DRAWS, 50):
        weights = rng.poisson(1.0, size=(50, len(centred))).astype(np.float64)
        drawn[start : start + 50] = _eta(groups.codes, centred, weights)
    low, high = _moved(drawn, value)
    what = "group" if groups.values is None else "range"
    return _measure(
        f"Correlation ratio of {of.column.name}",
        value,
        low,
        high,
        f"The {what} of '{groups.column.name}' explains {percent(round(value**2, 6))} of the spread of "
        f"'{of.column.name}'.",
    )


def _eta(codes: Codes, values: Floats, weights: Floats) -> Floats:
    """Return the correlation ratio, corrected for chance, for every row of weights (draws, rows)."""
    groups = np.zeros((len(codes), int(codes.max()) + 1))
    groups[np.arange(len(codes)), codes] = 1.0
    counts, sums = weights @ groups, (weights * values) @ groups
    total = counts.sum(axis=1)
    whole = weights @ values**2 - sums.sum(axis=1) ** 2 / total
    between = np.divide(sums**2, counts, out=np.zeros_like(sums), where=counts > 0).sum(axis=1)
    between -= sums.sum(axis=1) ** 2 / total
    share = np.divide(between, whole, out=np.zeros_like(whole), where=whole > 0)
    used = (counts > 0).sum(axis=1)
    share = share - (used - 1) / np.maximum(total - used, 1) * (1 - share)
    return np.asarray(np.sqrt(np.clip(share, 0, 1)))


def _of_counts(one: _Side, other: _Side, rng: np.random.Generator) -> list[PairMeasure]:
    counts = crossed(one.codes, other.codes)
    rows = int(counts.sum())
    drawn = rng.multinomial(rows, counts.ravel() / rows, size=DRAWS).reshape(DRAWS, *counts.shape).astype(np.float64)
    strength = cramers_v_of(counts)
    bits, share = mutual_information_of(counts)
    measures: list[tuple[str, float, Callable[[Floats], float], str]] = [
        (
            "Cramér's V",
            strength,
            cramers_v_of,
            f"Their categories go together {_how_much(strength)} (0: not at all, 1: one gives the other away).",
        ),
        (
            "Mutual information",
            share,
            lambda table: mutual_information_of(table)[1],
            f"Each tells {bits:.2g} bits about the other: {percent(round(share, 6))} of what there is to know about "
            "the simpler one.",
        ),
    ]
    if one.values is not None or other.values is not None:  # bins of a number are no categories
        measures = measures[1:]
    by_chance = not _related(counts)  # near 0 the bootstrap alone leaves 0 out too often
    found = []
    for name, value, of_table, sentence in measures:
        low, high = _moved(np.array([of_table(table) for table in drawn]), value)
        found.append(_measure(name, value, 0.0 if by_chance else low, high, sentence))
    return found


def _related(counts: Floats) -> bool:
    """Return whether the chi-squared test rejects, at 5 %, that the classes of the two have nothing to do."""
    from scipy.special import chdtrc

    rows, columns, total = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
    expected = np.outer(rows, columns) / total
    distance = np.divide((counts - expected) ** 2, expected, out=np.zeros_like(counts), where=expected > 0).sum()
    degrees = (int((rows > 0).sum()) - 1) * (int((columns > 0).sum()) - 1)
    return bool(degrees > 0 and chdtrc(degrees, distance) < 0.05)


def _how_much(value: float) -> str:
    words = ((0.8, "very strongly"), (0.5, "strongly"), (0.2, "somewhat"), (0.1, "a little"), (-1, "hardly"))
    return next(word for least, word in words if value >= least)


def _moved(drawn: Floats, value: float) -> tuple[float, float]:
    """Return the middle 95 % of bootstrapped values, moved by what the bootstrap adds, within 0..1."""
    low, high = np.quantile(drawn - (float(drawn.mean()) - value), (0.025, 0.975))
    return float(np.clip(low, 0, 1)), float(np.clip(high, 0, 1))
