"""Groups of people and the favourable outcome: what a question of fairness is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import InputError
from synth_core.scores.sides import ENOUGH
from synth_core.scores.statistics import Floats
from synth_core.table import Column, Kind, Role, Table, did_you_mean, numbers

MOST_GROUPS = 12  # the largest are judged; a gap between more groups says little about any of them
MOST_CLASSES = 50
BANDS = 4  # of a number such as age
BETWEEN = " · "  # in the name of a group of two columns
_FAVOURABLE = ("yes", "true", "1", "y", "approved", "accepted", "granted", "good", ">50k", "positive", "hired", "paid")

Labels = npt.NDArray[np.object_]


@dataclass(frozen=True)
class Groups:
    """How rows become groups: by one or two columns, numbers in bands.

    Attributes
    ----------
    names
        Groups that are judged, the largest first: those with enough rows, at most 12.
    few
        Groups with too few rows, and how many they have, the largest first.
    edges
        Per numeric column, where one band ends and the next begins.
    """

    columns: tuple[str, ...]
    names: tuple[str, ...]
    few: Mapping[str, int]
    edges: Mapping[str, tuple[float, ...]]

    @classmethod
    def learn(cls, table: Table, columns: Sequence[str]) -> Groups:
        """Return the groups of a table; InputError where they cannot be compared."""
        if not columns:
            raise InputError(
                "No sensitive column is chosen. Choose one, such as sex or ethnicity: fairness compares "
                "groups of people."
            )
        if len(columns) > 2 or len(set(columns)) < len(columns):
            raise InputError("Choose one sensitive column, or two different ones to look at where they meet.")
        edges = {}
        for name in columns:
            column = table.column(name)
            if not column.learned:
                raise InputError(
                    f"The sensitive column '{name}' is {_why_not(column)}, so no group can be told by it. Choose "
                    "another."
                )
            if column.kind.numeric:
                edges[name] = _band_edges(numbers(table.frame[name]), whole=column.kind is Kind.INTEGER)
        found = cls(tuple(columns), (), {}, edges)
        counts = pd.Series(found.labels(table.frame), dtype=object).value_counts()
        order = sorted(counts.items(), key=lambda item: (-int(item[1]), str(item[0])))
        names = tuple(str(name) for name, rows in order if rows >= ENOUGH)[:MOST_GROUPS]
        few = {str(name): int(rows) for name, rows in order if str(name) not in names}
        found = cls(tuple(columns), names, few, edges)
        if len(names) < 2:
            raise InputError(
                f"Not enough data: to compare groups of {found.title}, at least two need {ENOUGH} rows, and "
                f"{_having(names, few)}. Choose another column, or bring more rows."
            )
        return found

    @property
    def title(self) -> str:
        """The columns in words."""
        return " and ".join(f"'{name}'" for name in self.columns)

    @property
    def banded(self) -> tuple[str, ...]:
        """The columns whose groups are bands of a number."""
        return tuple(self.edges)

    def labels(self, frame: pd.DataFrame) -> Labels:
        """Return the group of each row; None where a cell that tells it is empty."""
        parts = [self._words(frame[name], name) for name in self.columns]
        if len(parts) == 1:
            return parts[0]
        known = ~(pd.isna(parts[0]) | pd.isna(parts[1]))
        out = np.full(len(frame), None, dtype=object)
        out[known] = [f"{one}{BETWEEN}{other}" for one, other in zip(parts[0][known], parts[1][known], strict=True)]
        return out

    def places(self, frame: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Return the place of each row's group in ``names``; -1 for all others."""
        return np.asarray(pd.Index(self.names).get_indexer(pd.Index(self.labels(frame), dtype=object)), dtype=np.int64)

    def _words(self, values: pd.Series, name: str) -> Labels:
        if name not in self.edges:
            return _filled(values.to_numpy(dtype=object), values.isna().to_numpy())
        cells = numbers(values)
        words = np.array(_band_names(self.edges[name]), dtype=object)
        found = words[np.searchsorted(np.asarray(self.edges[name]), cells, side="right")]
        return _filled(found, np.isnan(cells))


@dataclass(frozen=True)
class Decision:
    """The target, and which of its classes is the favourable one."""

    target: str
    favourable: str
    classes: tuple[str, ...]

    @classmethod
    def learn(cls, table: Table, target: str | None = None, favourable: str | None = None) -> Decision:
        """Return the decision of a table; InputError where its target is no decision.

        ``target`` and ``favourable`` not given: the table's target, and a class that is likely to be the good one.
        """
        classes = classes_of(table, target)
        name = target or _target(table).name
        if favourable is None:
            favourable = likely_favourable(classes)
        if favourable not in classes:
            known = did_you_mean(favourable, classes).replace("columns", "classes")
            raise InputError(f"The target '{name}' has no class '{favourable}'.{known}")
        return cls(name, favourable, classes)

    def known(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return True where the outcome is known."""
        return np.asarray(frame[self.target].notna().to_numpy(), dtype=np.bool_)

    def good(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return True where the outcome is the favourable one."""
        return np.asarray((frame[self.target].astype(object) == self.favourable).to_numpy(), dtype=np.bool_)


def classes_of(table: Table, target: str | None = None) -> tuple[str, ...]:
    """Return the classes of the target, the most frequent first; InputError where it has none to decide between."""
    column = table.column(target) if target else _target(table)
    if not column.learned:
        raise InputError(f"The target '{column.name}' is {_why_not(column)}. Choose another column as the target.")
    if not column.kind.categorical:
        raise InputError(
            f"The target '{column.name}' is {_thing(column)}, and fairness needs a decision with classes, such "
            "as yes and no. Choose another target, or make it a category on the Upload page."
        )
    counts = table.frame[column.name].value_counts()
    if len(counts) < 2:
        raise InputError(
            f"The target '{column.name}' has {len(counts)} class, so there is nothing to decide. Choose another target."
        )
    if len(counts) > MOST_CLASSES:
        raise InputError(
            f"The target '{column.name}' has {len(counts):,} classes; a decision has a few. Choose another target."
        )
    return tuple(str(name) for name in counts.index)


def likely_favourable(classes: Sequence[str]) -> str:
    """Return the class that is likely to be the favourable one.

    >>> likely_favourable(["no", "yes"]), likely_favourable(["<=50K", ">50K"]), likely_favourable(["a", "b"])
    ('yes', '>50K', 'b')
    """
    words = {name.strip().rstrip(".").lower(): name for name in classes}
    return next((words[word] for word in _FAVOURABLE if word in words), classes[-1])


def default_columns(table: Table) -> tuple[str, ...]:
    """Return the sensitive column to begin with: the first that has categories, else the first; empty without one."""
    found = [column for column in table.having(role=Role.SENSITIVE) if column.learned]
    with_categories = [column.name for column in found if column.kind.categorical]
    return tuple((with_categories or [column.name for column in found])[:1])


def _filled(words: Labels, gone: npt.NDArray[np.bool_]) -> Labels:
    out = np.array(words, dtype=object)
    out[gone] = None
    return out


def _target(table: Table) -> Column:
    if table.target is None:
        raise InputError(
            "No target is chosen. Mark the decision that people are given, such as approved, as the target (on the "
            "Upload page)."
        )
    return table.target


def _thing(column: Column) -> str:
    return "a date" if column.kind is Kind.DATETIME else "a number"


def _why_not(column: Column) -> str:
    if column.role is Role.DROP:
        return "left out"
    return "made anew (an identifier or personal data)" if column.regenerated else "free text"


def _having(names: Sequence[str], few: Mapping[str, int]) -> str:
    one = f"only '{names[0]}' has that many" if names else "none has that many"
    some = ", ".join(f"'{name}' has {rows}" for name, rows in list(few.items())[:3])
    return f"{one} ({some})" if some else one


def _band_edges(values: Floats, *, whole: bool) -> tuple[float, ...]:
    filled = values[~np.isnan(values)]
    if not len(filled):
        return ()
    edges = np.quantile(filled, np.arange(1, BANDS) / BANDS)
    edges = np.round(edges) if whole else np.array([float(f"{edge:.3g}") for edge in edges])
    return tuple(float(edge) for edge in np.unique(edges) if filled.min() < edge <= filled.max())


def _band_names(edges: Sequence[float]) -> list[str]:
    """Return the bands in words.

    >>> _band_names([30, 45])
    ['under 30', '30 to under 45', '45 and over']
    """
    if not edges:
        return ["any"]
    words: list[Any] = [f"{edge:,.6g}" for edge in edges]
    inner = [f"{low} to under {high}" for low, high in pairwise(words)]
    return [f"under {words[0]}", *inner, f"{words[-1]} and over"]
