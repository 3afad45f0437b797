"""Drift of single columns, held against what two halves of the old rows show by chance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.monitoring.results import RANK, ColumnDrift, Word
from synth_core.scores.columns import distances
from synth_core.scores.features import Coded, Coding, States
from synth_core.scores.statistics import Floats, rounded_list
from synth_core.table import Column, Kind

HALVES = 24
SURE = 4.5  # standard deviations above the mean of halves
MODERATE = 0.1  # a population stability index from which a shift is called moderate
BINS, TOP, SHOWN = 10, 20, 12
NAMED = 7  # rows that hold a category before it is named
FEW_PEOPLE = 8  # fewer cannot be halved in enough ways to say anything of chance
Halves = list[tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]]


class Chance(NamedTuple):
    """What chance alone reaches, per column: distance in % and stability index."""

    distance: Floats
    psi: Floats


def halves(rows: int, entity: pd.Series | None, rng: np.random.Generator) -> Halves:
    """Return random halves of the old rows; rows about one person stay together, unless there are hardly any people."""
    codes = np.arange(rows) if entity is None else pd.factorize(entity, use_na_sentinel=False)[0]
    if rows and int(codes.max()) + 1 < FEW_PEOPLE:
        codes = np.arange(rows)
    groups = int(codes.max()) + 1 if rows else 0
    found = []
    for _ in range(HALVES):
        first = np.zeros(groups, dtype=bool)
        first[rng.permutation(groups)[: groups // 2]] = True
        found.append((np.flatnonzero(first[codes]), np.flatnonzero(~first[codes])))
    return found


def size_ratio(before: int, now: int, half: int) -> float:
    """Return by what the variance of a difference between the tables is larger than that between halves."""
    return (1 / before + 1 / now) / (2 / max(half, 1))


def stability(before: npt.NDArray[np.int64], now: npt.NDArray[np.int64], states: int) -> float:
    """Return the population stability index of two columns of states; half a row is added to each state.

    >>> stability(np.zeros(100, dtype=np.int64), np.zeros(100, dtype=np.int64), 2)
    0.0
    """
    shares = []
    for side in (before, now):
        counts = np.bincount(side, minlength=states) + 0.5
        shares.append(counts / counts.sum())
    return float(((shares[1] - shares[0]) * np.log(shares[1] / shares[0])).sum())


def drifted(coding: Coding, before: Coded, now: Coded, frame: pd.DataFrame, parts: Halves) -> tuple[ColumnDrift, ...]:
    """Return the drift of each learned column, the worst first.

    Parameters
    ----------
    frame
        The new rows that ``now`` was coded from: categories that the old rows lack are counted in it.
    parts
        Halves of the old rows, by position in ``before``.
    """
    names = coding.names
    if not names:
        return ()
    states = States.learn(coding, before, BINS, TOP)
    chance = _chance(states, before, now, parts)
    apart = distances(before, now, names)
    found = []
    for place, name in enumerate(names):
        size = states.sizes[place]
        psi = stability(states.of(before, name), states.of(now, name), size)
        distance, floor = float(apart[place]), float(chance.distance[place])
        psi_floor = float(chance.psi[place])
        word: Word = "steady"
        moved = distance > 0  # the half row in the index's empty states moves it where nothing else did
        if distance > floor or (moved and psi > 2 * psi_floor):  # a small group that moved far shows in the index first
            word = "drift" if psi >= max(MODERATE, psi_floor) else "slight"
        one = _described(coding, before, now, frame, name)
        if word == "steady" and one.unseen_named:
            word = "slight"  # halves of the old rows say nothing about what none of them holds
        found.append(
            one.model_copy(
                update={
                    "distance": round(distance, 3),
                    "floor": round(floor, 3),
                    "psi": round(psi, 4),
                    "psi_floor": round(psi_floor, 4),
                    "word": word,
                }
            )
        )
    return tuple(sorted(found, key=lambda one: (-RANK[one.word], -(one.distance - one.floor))))


def _chance(states: States, before: Coded, now: Coded, parts: Halves) -> Chance:
    names = states.coding.names
    codes = [states.of(before, name) for name in names]
    apart, psis = [], []
    for first, second in parts:
        apart.append(distances(before.take(first), before.take(second), names))
        psis.append([stability(c[first], c[second], s) for c, s in zip(codes, states.sizes, strict=True)])
    ratio = size_ratio(len(before), len(now), min(len(parts[0][0]), len(parts[0][1])))

    def reached(values: Floats, scale: float) -> Floats:
        return np.asarray((values.mean(axis=0) + SURE * values.std(axis=0, ddof=1)) * scale, dtype=np.float64)

    return Chance(reached(np.asarray(apart), np.sqrt(ratio)), reached(np.asarray(psis), ratio))


def _described(coding: Coding, before: Coded, now: Coded, frame: pd.DataFrame, name: str) -> ColumnDrift:
    """Return everything about a column but its distances."""
    column = coding.column(name)
    shared = {
        "name": name,
        "kind": column.kind.in_words,
        "missing_before": round(float(before.missing(name, coding).mean()), 5),
        "missing_now": round(float(now.missing(name, coding).mean()), 5),
        "distance": 0.0,
        "floor": 0.0,
        "psi": 0.0,
        "psi_floor": 0.0,
    }
    if name in before.numeric:
        found = shared | _numeric(column, before.numeric[name], now.numeric[name])
    else:
        found = shared | _categories(coding, before, now, frame[name], name)
    one = ColumnDrift.model_validate(found)
    if abs(one.missing_now - one.missing_before) < 0.005:
        return one
    empty = f"Empty cells were {one.missing_before:.1%} and are {one.missing_now:.1%}.".replace("%", " %")
    return one.model_copy(update={"sentence": f"{empty} {one.sentence}".strip()})


def _numeric(column: Column, before: Floats, now: Floats) -> dict[str, object]:
    kept = [side[~np.isnan(side)] for side in (before, now)]
    if not len(kept[0]) or not len(kept[1]):
        return {"sentence": "Every cell is empty now." if not len(kept[1]) else "Every cell was empty before."}
    ends = np.quantile(np.concatenate(kept), [0.005, 0.995])
    low, high = (float(end) for end in ends)
    if high <= low:
        high = low + 1.0
    edges = np.linspace(low, high, SHOWN + 9)
    shares = [np.histogram(np.clip(k, low, high), edges)[0] / len(s) for k, s in zip(kept, (before, now), strict=True)]
    middles = [float(np.median(side)) for side in kept]
    return {
        "edges": tuple(rounded_list(edges, 6)),
        "before": tuple(rounded_list(shares[0], 5)),
        "now": tuple(rounded_list(shares[1], 5)),
        "sentence": f"The middle was {_value(middles[0], column)} and is {_value(middles[1], column)}.",
    }


def _value(value: float, column: Column) -> str:
    if column.kind is Kind.DATETIME:
        return str(pd.Timestamp(int(value), unit="s").date())
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _categories(coding: Coding, before: Coded, now: Coded, cells: pd.Series, name: str) -> dict[str, object]:
    levels = coding.levels(name)
    sides = [np.bincount(side.codes[name], minlength=levels + 2) for side in (before, now)]
    shares = [side / max(side.sum(), 1) for side in sides]
    filled = cells.dropna().astype(str)
    new = filled[~filled.isin(coding.categories[name])].value_counts()
    named = tuple(str(value) for value in new.index[new.to_numpy() >= NAMED][:5])
    shown = [i for i in range(min(levels, SHOWN)) if coding.counts[name][i] >= NAMED]
    words = [str(coding.categories[name][i]) for i in shown]
    rest = [1 - sum(float(side[i]) for i in shown) - float(side[-1]) - float(side[levels]) for side in shares]
    rows = [[float(side[i]) for i in shown] for side in shares]
    for label, values in (
        ("(other)", rest),
        ("(not seen before)", [float(side[levels]) for side in shares]),
        ("(missing)", [float(side[-1]) for side in shares]),
    ):
        if max(values) > 1e-9:
            words.append(label)
            for row, value in zip(rows, values, strict=True):
                row.append(max(value, 0.0))
    moved = [abs(b - a) for a, b in zip(*rows, strict=True)]
    most = int(np.argmax(moved)) if moved else 0
    quoted = words[most] if words and words[most].startswith("(") else f"'{words[most]}'" if words else ""
    said = f"{quoted} was {rows[0][most]:.1%} and is {rows[1][most]:.1%}." if words else ""
    return {
        "labels": tuple(words),
        "before": tuple(rounded_list(rows[0], 5)),
        "now": tuple(rounded_list(rows[1], 5)),
        "unseen": len(new),
        "unseen_rows": int(new.sum()),
        "unseen_named": named,
        "sentence": said.replace("%", " %"),
    }
