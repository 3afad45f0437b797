"""Edge cases: which cells are worth trying in which column."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field

from synth_core.constraints.base import Constraint
from synth_core.constraints.bounds import Bounded
from synth_core.constraints.kinds import AllowedValues, Format, Formula, NotNull
from synth_core.errors import InputError
from synth_core.table import Column, Kind, did_you_mean, numbers

EDGE_TITLES = {
    "boundary": "Boundaries",
    "unicode": "Unicode",
    "longest": "Lengths",
    "dates": "Dates",
    "nulls": "Empty cells",
    "broken": "Broken rules",
    "wrong_type": "Wrong type",
    "out_of_range": "Out of range",
    "duplicate": "Duplicate keys",
}
EDGE_HELP = {
    "boundary": "Least and largest values, one step inside, zero, negative zero, and the largest whole numbers where "
    "no bound is declared.",
    "unicode": "Combining marks, right-to-left text, emoji, zero-width signs, quotes, line breaks and very long text.",
    "longest": "The longest text that a column allows, one character, and none at all.",
    "dates": "Leap days, the end of a year, the hours when clocks change, 1970 and 2038.",
    "nulls": "One column empty, for each that may be.",
    "broken": "A row that breaks exactly one rule, for each rule; and a reference to a row that is not there.",
    "wrong_type": "Words where numbers, dates or yes / no belong. Only for CSV, JSON lines, Excel and SQL.",
    "out_of_range": "One step beyond each declared bound, and a value that is not in the list.",
    "duplicate": "The key of another row once more.",
}
BROKEN_KINDS = ("broken", "wrong_type", "out_of_range", "duplicate")
UNICODE = {
    "combining marks": "Zoe\u0308 A\u030angstro\u0308m n\u0303",
    "right to left": "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 abc 123",
    "emoji": "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466 \U0001f44d\U0001f3fd \U0001f1e7\U0001f1ea",
    "zero width": "in\u200bvis\u200cib\u200dle\u2060",
    "direction override": "abc\u202edef\u202c",
    "beyond the basic plane": "\U0001d4b3\U00020000\U0001f600",
    "dotted i": "\u0130I\u0131i \u00df \u1e9e",
    "east asian": "\u65e5\u672c\u8a9e \ud55c\uad6d\uc5b4 \u4e2d\u6587",
    "quotes": 'O\'Brien "Bob"; -- \\ `x`, y',
    "line break": "first line\nsecond line\ttab",
    "spaces around": "  two before, two after  ",
    "word for nothing": "NULL",
    "very long": "\u00e9" * 4_000,
}
DATES = {
    "leap day": "2024-02-29", "leap day of a century": "2000-02-29", "no leap day": "1900-02-28",
    "end of year": "2023-12-31", "first day": "2024-01-01", "epoch": "1970-01-01", "before the epoch": "1969-12-31",
    "week 53": "2020-12-31", "year of two digits": "2001-02-03", "far ahead": "2099-12-31",
}  # fmt: skip
TIMES = {
    "last second of a year": "2023-12-31 23:59:59", "end of 32 bits": "2038-01-19 03:14:07",
    "after 32 bits": "2038-01-19 03:14:08", "epoch": "1970-01-01 00:00:00", "leap day, midnight": "2024-02-29 00:00:00",
    "hour that is skipped (Europe)": "2024-03-31 02:30:00", "hour that comes twice (Europe)": "2024-10-27 02:30:00",
    "hour that is skipped (US)": "2024-03-10 02:30:00", "hour that comes twice (US)": "2024-11-03 01:30:00",
    "before the epoch": "1969-12-31 23:59:59",
}  # fmt: skip
WHOLE = {
    "largest of 16 bits": 2**15 - 1, "largest of 32 bits": 2**31 - 1, "beyond 32 bits": 2**31,
    "least of 32 bits": -(2**31), "largest of 53 bits": 2**53 - 1, "largest of 64 bits": 2**63 - 1,
    "least of 64 bits": -(2**63),
}  # fmt: skip
WRONG = {
    Kind.INTEGER: ("abc", "12,5", "1e400", "NaN", "--"),
    Kind.NUMBER: ("abc", "1.2.3", "12,5 EUR", "Infinity", "--"),
    Kind.DATETIME: ("31/02/2024", "2024-13-01", "tomorrow", "0000-00-00", "20240230"),
    Kind.BOOLEAN: ("perhaps", "2", "--"),
}
LONG = 255  # characters of the longest text where nothing is declared


class Edges(BaseModel):
    """How many rows of each kind of edge case: a number, or None for every case once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    boundary: int | None = Field(0, ge=0, le=100_000)
    unicode: int | None = Field(0, ge=0, le=100_000)
    longest: int | None = Field(0, ge=0, le=100_000)
    dates: int | None = Field(0, ge=0, le=100_000)
    nulls: int | None = Field(0, ge=0, le=100_000)
    broken: int | None = Field(0, ge=0, le=100_000)
    wrong_type: int | None = Field(0, ge=0, le=100_000)
    out_of_range: int | None = Field(0, ge=0, le=100_000)
    duplicate: int | None = Field(0, ge=0, le=100_000)

    @classmethod
    def every(cls, *kinds: str) -> Edges:
        """Return one row of each case of these kinds (of all kinds where none is named)."""
        return cls(**dict.fromkeys(kinds or tuple(EDGE_TITLES), None))

    @classmethod
    def from_text(cls, text: str) -> Edges:
        """Return edge cases as they are asked for in words: ``all``, ``none`` or ``boundary,unicode=5``.

        >>> Edges.from_text("nulls=2, dates").nulls
        2
        """
        asked = [part.strip() for part in text.split(",") if part.strip()]
        if asked in (["none"], []):
            return cls()
        if asked == ["all"]:
            return cls.every()
        wanted: dict[str, int | None] = {}
        for part in asked:
            name, sign, count = (one.strip() for one in part.partition("="))
            name = name.replace("-", "_")
            if name not in EDGE_TITLES:
                hint = did_you_mean(name, list(EDGE_TITLES)).replace("The columns are", "They are")
                raise InputError(f"There is no kind of edge case '{name}'.{hint}")
            if sign and not (count.isdecimal() and int(count) <= 100_000):
                raise InputError(f"After '{name}=' a number of rows up to 100,000 is expected, not '{count}'.")
            wanted[name] = int(count) if sign else None
        return cls(**wanted)

    @property
    def any(self) -> bool:
        """Whether any rows are asked for."""
        return any(value != 0 for value in self.model_dump().values())


@dataclass(frozen=True)
class Case:
    """One cell that is worth trying: what kind it is, its name, the column, and the canonical value."""

    kind: str
    name: str
    column: str
    value: Any

    @property
    def tag(self) -> str:
        """What stands in the extra column."""
        return f"{self.kind}: {self.name}: {self.column}"


@dataclass(frozen=True)
class ColumnFacts:
    """What a column allows, from the rules, and what it holds in made rows; never from real ones.

    Attributes
    ----------
    low, high
        Declared bounds (dates as seconds), None where open.
    computed
        Whether a formula says what stands in every cell.
    """

    column: Column
    values: pd.Series
    low: float | None
    high: float | None
    listed: tuple[str, ...]
    longest: int | None
    shaped: bool
    nullable: bool
    key: bool
    computed: bool

    @cached_property
    def step(self) -> float:
        """The smallest difference of two values."""
        if self.column.kind is Kind.DATETIME:
            return 86_400.0 if self.is_day else 1.0
        if self.column.kind is Kind.INTEGER:
            return 1.0
        cells = self.values.dropna().to_numpy(dtype=np.float64)
        return next((10.0**-d for d in range(7) if np.allclose(np.round(cells, d), cells, rtol=0, atol=1e-9)), 1e-6)

    @cached_property
    def is_day(self) -> bool:
        """Whether dates are written without a time."""
        if self.column.format:
            return not re.search(r"%[HIMST]", self.column.format)
        seconds = numbers(self.values)
        return bool((seconds[np.isfinite(seconds)] % 86_400 == 0).all()) and self.column.storage != "datetime"

    def cell(self, number: float) -> Any:
        """Return a number as a cell of this column."""
        if self.column.kind is Kind.DATETIME:
            return pd.Timestamp(int(number), unit="s")
        if self.column.kind is Kind.INTEGER:  # a step beyond 64 bits is no cell
            return min(max(int(number), -(2**63)), 2**63 - 1)
        return round(float(number), 9)


def facts_of(
    columns: Sequence[Column], rules: Sequence[Constraint], made: pd.DataFrame, keys: Sequence[str]
) -> dict[str, ColumnFacts]:
    """Return what every column allows."""
    found = {}
    outputs = {rule.output for rule in rules if isinstance(rule, Formula) and rule.hard}
    for column in columns:
        mine = [rule for rule in rules if rule.own_columns == (column.name,) and rule.when is None and rule.hard]
        bounded = [rule for rule in mine if isinstance(rule, Bounded)]
        lows = [b.bounds()[0] for b in bounded if np.isfinite(b.bounds()[0])]
        highs = [b.bounds()[1] for b in bounded if np.isfinite(b.bounds()[1])]
        listed = next((tuple(map(str, rule.values)) for rule in mine if isinstance(rule, AllowedValues)), ())
        forms = [rule for rule in mine if isinstance(rule, Format)]
        lengths = [rule.max_length for rule in forms if rule.max_length is not None]
        filled = any(isinstance(rule, NotNull) for rule in mine)
        found[column.name] = ColumnFacts(
            column=column,
            values=made[column.name],
            low=max(lows, default=None),
            high=min(highs, default=None),
            listed=listed,
            longest=min(lengths, default=None),
            shaped=any(rule.regex or rule.strftime for rule in forms),
            nullable=not filled
            and column.name not in keys
            and (column.nullable or bool(made[column.name].isna().any())),
            key=column.name in keys,
            computed=column.name in outputs,
        )
    return found


def cases_of(facts: dict[str, ColumnFacts]) -> dict[str, list[Case]]:
    """Return every case by kind, those of different columns in turn; "broken" and "duplicate" are found elsewhere."""
    free = [one for one in facts.values() if _is_free(one)]
    made: dict[str, list[list[Case]]] = {kind: [] for kind in EDGE_TITLES}
    for one in facts.values():
        name = one.column.name
        if one.column.kind.numeric and not one.key and not one.computed:
            made["boundary"].append(list(_boundaries(one)))
            made["out_of_range"].append(list(_outside(one)))
        if one.listed:
            other = "not-in-the-list" if one.column.storage == "string" else "987654321"
            if one.column.storage in ("string", "integer", "number"):
                made["out_of_range"].append([Case("out_of_range", "not in the list", name, other)])
        if one.column.kind is Kind.DATETIME and not one.key:
            made["dates"].append(list(_dates(one)))
        if one.nullable:
            made["nulls"].append([Case("nulls", "empty", name, None)])
        if one.column.kind in WRONG:
            kind = one.column.kind
            made["wrong_type"].append([Case("wrong_type", f"'{text}'", name, text) for text in WRONG[kind]])
    for one in free:
        made["unicode"].append(list(_unicode(one)))
        made["longest"].append(list(_lengths(one)))
    return {kind: _in_turn(lists) for kind, lists in made.items()}


def _is_free(one: ColumnFacts) -> bool:
    """Whether any text may stand in a column."""
    semantic = one.column.semantic
    named = semantic in (None, "person_name", "first_name", "last_name", "street_address", "city", "name", "address")
    words = one.column.kind in (Kind.TEXT, Kind.CATEGORY) or (
        one.column.kind is Kind.IDENTIFIER and semantic is not None
    )
    return words and named and one.column.storage == "string" and not one.listed and not one.shaped


def _in_turn(lists: list[list[Case]]) -> list[Case]:
    longest = max(map(len, lists), default=0)
    return [cases[place] for place in range(longest) for cases in lists if place < len(cases)]


def _boundaries(one: ColumnFacts) -> Iterator[Case]:
    name, seen = one.column.name, numbers(one.values)
    seen = seen[np.isfinite(seen)]
    if not len(seen):
        return
    low, high, step = one.low, one.high, one.step
    ends = [("least", seen.min() if low is None else low), ("largest", seen.max() if high is None else high)]
    for (word, end), inwards in zip(ends, (step, -step), strict=True):
        yield Case("boundary", word, name, one.cell(end))
        if (low if word == "least" else high) is not None:
            yield Case("boundary", f"{word}, one step inside", name, one.cell(end + inwards))
    if one.column.kind is Kind.DATETIME:
        return

    def within(value: float) -> bool:
        return (low is None or value >= low) and (high is None or value <= high)

    if within(0):
        yield Case("boundary", "zero", name, one.cell(0))
        if one.column.kind is Kind.NUMBER and one.column.storage == "number":
            yield Case("boundary", "negative zero", name, -0.0)
    if one.column.kind is Kind.INTEGER and one.column.storage == "integer":
        for word, whole in WHOLE.items():
            if within(whole):
                yield Case("boundary", word, name, whole)
    elif one.column.kind is Kind.NUMBER and one.column.storage == "number":
        for word, number in (("tiny", 5e-324), ("huge", 1.7976931348623157e308)):
            if within(number):
                yield Case("boundary", word, name, number)


def _outside(one: ColumnFacts) -> Iterator[Case]:
    name = one.column.name
    if one.low is not None:
        yield Case("out_of_range", "below the least", name, one.cell(one.low - one.step))
    if one.high is not None:
        yield Case("out_of_range", "above the largest", name, one.cell(one.high + one.step))
    if one.column.kind is Kind.INTEGER and one.column.storage == "integer" and one.high is not None:
        yield Case("out_of_range", "largest of 64 bits", name, 2**63 - 1)


def _dates(one: ColumnFacts) -> Iterator[Case]:
    for word, text in (DATES if one.is_day or one.column.format == "%Y-%m-%d" else TIMES).items():
        stamp = pd.Timestamp(text)
        second = stamp.value / 1e9
        if (one.low is None or second >= one.low) and (one.high is None or second <= one.high):
            yield Case("dates", word, one.column.name, stamp)


def _unicode(one: ColumnFacts) -> Iterator[Case]:
    for word, text in UNICODE.items():
        if one.longest is None or len(text) <= one.longest:
            yield Case("unicode", word, one.column.name, text)


def _lengths(one: ColumnFacts) -> Iterator[Case]:
    longest = one.longest or LONG
    text = ("abcdefghij" * (longest // 10 + 1))[:longest]
    word = "longest allowed" if one.longest else f"{LONG} characters"
    yield Case("longest", word, one.column.name, text)
    yield Case("longest", "one character", one.column.name, "x")
    yield Case("longest", "no character", one.column.name, "")
