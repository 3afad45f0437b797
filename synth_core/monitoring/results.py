"""What monitoring finds: plain values, kept as JSON with the project."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict

Word = Literal["steady", "slight", "drift"]
WORDS: dict[Word, str] = {"steady": "Steady", "slight": "Slight", "drift": "Drift"}
RANK: dict[Word, int] = {"steady": 0, "slight": 1, "drift": 2}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ColumnDrift(_Frozen):
    """How far one column moved.

    Attributes
    ----------
    distance, floor
        Kolmogorov-Smirnov or total variation distance in %, missing cells as a state, and what chance alone reaches
        with so many rows (mean and four standard deviations over halves of the old rows).
    psi, psi_floor
        Population stability index on tenths of the old rows, or categories, and what chance alone reaches.
    missing_before, missing_now
        Shares (0..1) of empty cells.
    unseen, unseen_rows, unseen_named
        Categories that the old rows do not have, the new rows that hold one, and the names of those with seven rows.
    labels, edges
        For the picture: categories, or the ends of bins (dates in seconds since 1970); ``before`` and ``now`` are
        shares (0..1) of all rows.
    """

    name: str
    kind: str
    distance: float
    floor: float
    psi: float
    psi_floor: float
    missing_before: float
    missing_now: float
    unseen: int = 0
    unseen_rows: int = 0
    unseen_named: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    edges: tuple[float, ...] = ()
    before: tuple[float, ...] = ()
    now: tuple[float, ...] = ()
    sentence: str = ""
    word: Word = "steady"


class PairDrift(_Frozen):
    """How much more or less two columns go together (-1..1) than before, and what chance alone reaches."""

    first: str
    second: str
    before: float
    now: float
    change: float
    floor: float
    word: Word = "steady"


class RuleDrift(_Frozen):
    """Shares (0..1) of rows that break a rule before and now; ``problem`` says why it could not be checked."""

    id: str
    sentence: str
    hard: bool = True
    before: float = 0.0
    now: float = 0.0
    rows: int = 0
    problem: str = ""
    word: Word = "steady"


class Difference(_Frozen):
    """A difference in the make-up of the tables."""

    what: Literal["missing", "new", "kind"]
    column: str
    sentence: str
    word: Word


class Drift(_Frozen):
    """A new extract held against the old rows; lists are worst first."""

    version: int = 1
    made: datetime
    name_before: str
    name_now: str
    rows_before: int
    rows_now: int
    schema_differences: tuple[Difference, ...] = ()
    columns: tuple[ColumnDrift, ...] = ()
    pairs: tuple[PairDrift, ...] = ()
    pairs_compared: int = 0
    rules: tuple[RuleDrift, ...] = ()
    notes: tuple[str, ...] = ()
    same: bool = False

    @property
    def word(self) -> Word:
        """The worst word of everything that was looked at."""
        parts: tuple[tuple[ColumnDrift | PairDrift | RuleDrift | Difference, ...], ...]
        parts = (self.schema_differences, self.columns, self.pairs, self.rules)
        return max((one.word for part in parts for one in part), key=RANK.__getitem__, default="steady")

    def count(self, word: Word) -> dict[str, int]:
        """Return how many columns, pairs, rules and differences have this word."""
        return {
            "columns": sum(one.word == word for one in self.columns),
            "pairs": sum(one.word == word for one in self.pairs),
            "rules": sum(one.word == word for one in self.rules),
            "differences": sum(one.word == word for one in self.schema_differences),
        }

    def sentence(self) -> str:
        """Return the finding in a sentence or two."""
        if self.same:
            return "The new extract holds the same rows as the old one."
        if self.word == "steady":
            return (
                f"Nothing moved beyond chance in {len(self.columns)} columns, {self.pairs_compared} pairs and "
                f"{len(self.rules)} rules. The synthetic table still stands for the real one."
            )
        told = [_several(number, what) for what, number in self.count(self.word).items() if number]
        worst = next((one.name for one in self.columns if one.word == self.word), "")
        most = f" Most of all '{worst}'." if worst else ""
        if self.word == "slight":
            return f"Small moves beyond chance in {_listed(told)}.{most} Keep an eye on them."
        return f"Drift in {_listed(told)}.{most} The synthetic table shows the world as it was; make a new version."


def _several(number: int, what: str) -> str:
    """Return a count in words.

    >>> _several(1, "columns"), _several(2, "differences")
    ('1 column', '2 differences of the make-up')
    """
    one = what[:-1] if number == 1 else what
    return f"{number} {one} of the make-up" if what == "differences" else f"{number} {one}"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
