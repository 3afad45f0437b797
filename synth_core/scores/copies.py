"""Real things found in the release: whole rows, extremes, rare values, identifiers."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.codec_columns import outermost, people_with
from synth_core.scores.features import Coded
from synth_core.scores.keys import Keys, row_keys
from synth_core.scores.sides import Sides
from synth_core.table import Column, Kind

FEW = 5  # a value that fewer of the people learned from hold is a literal of somebody
_TELLING = (
    "email",
    "mail",
    "phone",
    "iban",
    "national",
    "ssn",
    "social",
    "passport",
    "card",
    "license",
    "licence",
    "ip",
)
_DENSE = 0.01  # ids that fill more of their number range than this collide by chance


@dataclass(frozen=True)
class Repeats:
    """Rows by how often they occur among the real ones."""

    single: Keys
    any_match: npt.NDArray[np.bool_]
    single_match: npt.NDArray[np.bool_]
    expected_any: float
    expected_single: float
    alone_train: npt.NDArray[np.bool_]
    alone_holdout: npt.NDArray[np.bool_]


def repeats(train: Keys, holdout: Keys, made: Keys) -> Repeats:
    """Return which synthetic rows equal a real one, and how often fresh real rows would.

    The expected rates leave each train row out in turn: the share with a twin (``expected_any``) and with exactly
    one twin (``expected_single``). A holdout cannot give them, because a split keeps equal rows on one side; where
    it was drawn elsewhere, its own rates are pooled in. ``alone``: no other real row is equal.
    """
    found, inverse, counts = np.unique(train, return_inverse=True, return_counts=True)
    of_row = counts[inverse]
    single = found[counts == 1]
    twins, one_twin, rows = float((of_row > 1).sum()), float((of_row == 2).sum()), len(train)
    held_any, held_single = np.isin(holdout, found), np.isin(holdout, single)
    if held_any.any():
        twins, one_twin, rows = twins + held_any.sum(), one_twin + held_single.sum(), rows + len(holdout)
    _, place, every = np.unique(np.concatenate([train, holdout]), return_inverse=True, return_counts=True)
    alone = every[place] == 1
    return Repeats(
        single,
        np.isin(made, found),
        np.isin(made, single),
        twins / max(rows, 1),
        one_twin / max(rows, 1),
        alone[: len(train)],
        alone[len(train) :],
    )


@dataclass(frozen=True)
class Literals:
    """Synthetic rows with a literal, per column too, and the same among real rows.

    ``real_hits`` of ``real_rows`` real rows hold a literal of another person. ``exact``: an identifier was found.
    """

    rows: int
    columns: dict[str, int]
    skipped: list[str]
    exact: bool
    real_hits: int
    real_rows: int


def literals(sides: Sides) -> Literals:
    """Return how many synthetic rows hold a real extreme, a rare real value, or a real identifier.

    Extremes: the values of train below its fifth smallest or above its fifth largest, each person's own smallest and
    largest counted once. Rare values: categories of fewer than five people. Both only in columns that are protected;
    a person is a row where no column says who it is about. Identifiers: any value of train in
    identifier, e-mail, phone, national id and bank columns; ids that fill their number range are skipped, as
    they collide by chance, and names are not judged, since many people share them.

    Fresh real rows hold rare values of others as well: held-out rows with one are counted, and train rows that
    would hold one if their own person were left out of train.
    """
    again = np.zeros(len(sides.real), dtype=bool)
    made, held = np.zeros(len(sides.made), dtype=bool), np.zeros(len(sides.held), dtype=bool)
    columns: dict[str, int] = {}
    for column in sides.coding.columns:
        if not column.protect:
            continue
        hits = _hits(sides, column.name, sides.made)
        if hits.any():
            columns[column.name] = int(hits.sum())
        made |= hits
        held |= _hits(sides, column.name, sides.held)
        again |= _hits(sides, column.name, sides.real, left_out=True)
    known, skipped = _identifiers(sides)
    for name, hits in known.items():
        columns[name] = int(hits.sum())
        made |= hits
    hits_among_real, rows = int(held.sum() + again.sum()), len(held) + len(again)
    return Literals(int(made.sum()), columns, skipped, bool(known), hits_among_real, rows)


def _hits(sides: Sides, name: str, coded: Coded, left_out: bool = False) -> npt.NDArray[np.bool_]:
    """Rows with a rare value or an extreme; ``left_out``: of another person than their own."""
    if name in coded.codes:
        counts = sides.holders(name) - int(left_out)
        rare = np.r_[(counts > 0) & (counts < FEW), False, False]
        return np.asarray(rare[coded.codes[name]])
    people = sides.people_of(name)
    values = sides.real.numeric[name]
    filled = ~np.isnan(values)
    values, people = values[filled], None if people is None else people[filled]
    least, most = outermost(values, people)
    if len(least) < 4 * FEW:
        return np.zeros(len(coded), dtype=bool)
    low, high = np.partition(least, FEW - 1)[FEW - 1], np.partition(most, -FEW)[-FEW]
    beyond = (values < low) | (values > high)
    extremes, counts = np.unique(values[beyond], return_counts=True)
    if people is not None:
        counts = people_with(pd.Series(values[beyond]), people[beyond]).to_numpy()
    return np.isin(coded.numeric[name], extremes[counts > int(left_out)])


def telling(column: Column) -> bool:
    """Return whether a value of this column points at one person, so that any collision is a leak."""
    if column.kind is Kind.IDENTIFIER and column.semantic is None:
        return True
    words = re.split(r"[^a-z]+", (column.semantic or "").lower())
    return any(word.startswith(start) for word in words for start in _TELLING if word)


def _identifiers(sides: Sides) -> tuple[dict[str, npt.NDArray[np.bool_]], list[str]]:
    found: dict[str, npt.NDArray[np.bool_]] = {}
    skipped = []
    for column in sides.train.columns:
        if not column.regenerated or not telling(column) or column.name not in sides.synthetic.names:
            continue
        real = sides.train.frame[column.name].dropna().astype(str)
        if column.semantic is None and dense(real):
            skipped.append(column.name)
            continue
        hits = sides.synthetic.frame[column.name].astype(object).isin(set(real)).to_numpy()
        if hits.any():
            found[column.name] = hits
    return found, skipped


def dense(values: pd.Series) -> bool:
    """Return whether these values fill so much of their number range that fresh ones collide by chance.

    >>> dense(pd.Series(["A-001", "A-002", "A-007"]))
    True
    >>> dense(pd.Series(["ann@example.org", "bob@example.org"]))
    False
    """
    distinct = values.drop_duplicates()
    digits = distinct.str.replace(r"\D", "", regex=True)
    pattern = distinct.str.replace(r"\d", "", regex=True)
    if not len(distinct) or digits.str.len().min() == 0 or digits.str.len().max() > 15:
        return not len(distinct)
    numbers = digits.astype("int64")
    room = float(numbers.max() - numbers.min() + 1) * max(pattern.nunique(), 1)
    return len(distinct) / max(room, 1.0) > _DENSE


__all__ = ["Keys", "Literals", "Repeats", "dense", "literals", "repeats", "row_keys", "telling"]
