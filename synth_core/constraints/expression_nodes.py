"""The parts of an expression: what each one is worth on a frame, and how it reads in words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.constraints.values import missing, text_to_date, text_to_number
from synth_core.table import did_you_mean

Worth = Literal["number", "text", "date", "truth"]
PARTS = {"year": "Y", "month": "M", "hour": "h"}
DAY = 86_400e9  # nanoseconds
ORDER: dict[str, Callable[..., Any]] = {"<": np.less, "<=": np.less_equal, ">": np.greater, ">=": np.greater_equal}
WORDS = {"=": "is", "!=": "is not", "<": "is below", "<=": "is at most", ">": "is above", ">=": "is at least"}
DATE_WORDS = {"<": "is before", "<=": "is on or before", ">": "is after", ">=": "is on or after"}
NAMES = {"number": "a number", "text": "text", "date": "a date", "truth": "a comparison"}


class Problem(Exception):
    """What is wrong, and at which character (0-based) of the expression."""

    def __init__(self, position: int, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message


@dataclass(frozen=True)
class Cells:
    """Values of one part: an array with one value per row, or one value for all rows.

    ``data``: float64 with NaN, datetime64[ns] with NaT, object with None, or bool.
    """

    worth: Worth
    data: Any

    def array(self, rows: int) -> npt.NDArray[Any]:
        """Return one value per row."""
        if isinstance(self.data, np.ndarray) and self.data.ndim:
            return self.data
        kind = {"number": "float64", "date": "datetime64[ns]", "text": "object", "truth": "bool"}[self.worth]
        return np.full(rows, self.data, dtype=kind)


def plain(number: float) -> str:
    """Return a number as a person writes it.

    >>> plain(5.0), plain(0.25), plain(2024), plain(12000)
    ('5', '0.25', '2024', '12,000')
    """
    if float(number).is_integer() and abs(number) < 1e15:
        return f"{int(number):,}" if abs(number) >= 10_000 else str(int(number))
    return f"{number:.10g}"


class Node:
    """A part of an expression."""

    position: int

    def cells(self, frame: pd.DataFrame) -> Cells:
        """Return the values of this part on ``frame``."""
        raise NotImplementedError

    def words(self) -> str:
        """Return this part in words."""
        raise NotImplementedError

    def children(self) -> tuple[Node, ...]:
        """Return the parts of this part."""
        return ()

    def walk(self) -> Iterator[Node]:
        """Yield this part and every part below it."""
        yield self
        for child in self.children():
            yield from child.walk()

    def number(self, frame: pd.DataFrame) -> Any:
        """Return the values as numbers; text that holds digits counts as a number."""
        cells = self.cells(frame)
        if cells.worth == "number":
            return cells.data
        if cells.worth == "text" and not isinstance(self, Literally):
            return text_to_number(cells.data)
        raise Problem(self.position, f"a number is needed here, but this is {NAMES[cells.worth]}.")

    def date(self, frame: pd.DataFrame) -> Any:
        """Return the values as dates."""
        cells = self.cells(frame)
        if cells.worth == "date":
            return cells.data
        if cells.worth == "text":
            data = text_to_date(cells.data)
            if isinstance(self, Literally) and pd.isna(data):
                raise Problem(self.position, "this text is not a date; write dates as 2024-01-31.")
            return data
        raise Problem(self.position, f"a date is needed here, but this is {NAMES[cells.worth]}.")

    def truth(self, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        """Return True where this part holds."""
        cells = self.cells(frame)
        if cells.worth != "truth":
            raise Problem(self.position, f"a comparison is needed here, such as age >= 65, not {NAMES[cells.worth]}.")
        return np.asarray(cells.array(len(frame)), dtype=bool)


@dataclass(frozen=True)
class Literally(Node):
    """A value that is written out: a number, a text or a date."""

    position: int
    worth: Worth
    value: Any

    def cells(self, frame: pd.DataFrame) -> Cells:
        return Cells(self.worth, np.datetime64(self.value, "ns") if self.worth == "date" else self.value)

    def words(self) -> str:
        if self.worth == "number":
            return plain(self.value)
        return f"'{self.value}'" if self.worth == "text" else str(self.value).replace("T", " ")


@dataclass(frozen=True)
class Name(Node):
    """A column."""

    position: int
    name: str

    def cells(self, frame: pd.DataFrame) -> Cells:
        if self.name not in frame.columns:
            raise Problem(self.position, f"there is no column '{self.name}'.{self._hint(frame)}")
        values = frame[self.name]
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            return Cells("date", values.to_numpy(dtype="datetime64[ns]"))
        if pd.api.types.is_bool_dtype(values.dtype):
            return Cells("text", values.astype(str).to_numpy(dtype=object))
        if pd.api.types.is_numeric_dtype(values.dtype):
            return Cells("number", values.to_numpy(dtype=np.float64, na_value=np.nan))
        return Cells("text", values.to_numpy(dtype=object))

    def _hint(self, frame: pd.DataFrame) -> str:
        names = [str(name) for name in frame.columns]
        longer = [name for name in names if re.match(re.escape(self.name) + r"[^\w.]", name)]
        if longer:
            return f" Did you mean `{longer[0]}`? Such a name stands in backticks."
        return f"{did_you_mean(self.name, names)} Text values need quotes."

    def words(self) -> str:
        return self.name


@dataclass(frozen=True)
class Function(Node):
    """abs, min, max, round, year, month, hour or days of something; a count of cells."""

    position: int
    name: str
    given: tuple[Node, ...]

    def children(self) -> tuple[Node, ...]:
        return self.given

    @property
    def counts(self) -> bool:
        """Whether it counts cells; a missing cell is then known not to count."""
        return self.name.startswith("count_")

    @property
    def counted(self) -> tuple[Node, ...]:
        """The columns of which cells are counted; before them stand the values to look for."""
        return self.given[{"count_filled": 0, "count_between": 2}.get(self.name, 1) :]

    def _between(self, node: Name, frame: pd.DataFrame) -> npt.NDArray[np.bool_]:
        low, high = self.given[:2]
        for end in (low, high):
            if not isinstance(end, Literally):
                raise Problem(end.position, "count_between begins with two values, such as 630 and 679.")
        above, below = Comparison(node.position, ">=", node, low), Comparison(node.position, "<=", node, high)
        return above.truth(frame) & below.truth(frame)

    def _counted(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        named = self.counted
        total = np.zeros(len(frame))
        for node in named:
            if not isinstance(node, Name):
                raise Problem(node.position, f"{self.name} counts cells of columns; name a column here.")
            if self.name == "count_filled":
                total += ~missing(node.cells(frame).array(len(frame)))
                continue
            value = self.given[0]
            if self.name == "count_between":
                total += self._between(node, frame)
                continue
            if not isinstance(value, Literally):
                raise Problem(value.position, f"{self.name} begins with the value to look for, such as 'No' or 0.")
            sign = "=" if self.name == "count_equal" else "!="
            total += Comparison(node.position, sign, node, value).truth(frame)
        return total

    def cells(self, frame: pd.DataFrame) -> Cells:
        first = self.given[0]
        if self.counts:
            return Cells("number", self._counted(frame))
        if self.name in PARTS:
            dates = first.date(frame)
            count = np.asarray(dates).astype(f"datetime64[{PARTS[self.name]}]").astype(np.int64)
            value = {"year": count + 1970, "month": count % 12 + 1, "hour": count % 24}[self.name]
            return Cells("number", np.where(missing(dates), np.nan, value))
        if self.name in ("min", "max"):
            pick = np.minimum if self.name == "min" else np.maximum
            if first.cells(frame).worth == "date":
                return Cells("date", reduced(pick, [node.date(frame) for node in self.given]))
            return Cells("number", reduced(pick, [node.number(frame) for node in self.given]))
        if self.name == "round":
            return Cells("number", np.round(first.number(frame), self._decimals()))
        return Cells("number", np.abs(first.number(frame)) if self.name == "abs" else first.number(frame))

    def _decimals(self) -> int:
        if len(self.given) == 1:
            return 0
        second = self.given[1]
        if isinstance(second, Literally) and second.worth == "number" and 0 <= second.value <= 12:
            return int(second.value)
        raise Problem(second.position, "round needs a number of decimals from 0 to 12.")

    def looked_for(self) -> str:
        """Return in words what a cell must be to be counted."""
        first = self.given[0].words()
        if self.name == "count_between":
            return f"between {first} and {self.given[1].words()}"
        return {"count_filled": "filled", "count_equal": f"equal to {first}"}.get(self.name, f"other than {first}")

    def searched(self) -> str:
        """Return in words the columns of which cells are counted."""
        columns = [node.words() for node in self.counted]
        return ", ".join(columns if len(columns) <= 6 else [*columns[:4], f"{len(columns) - 4} more"])

    def words(self) -> str:
        if self.name in PARTS:
            return f"the {self.name} of {self.given[0].words()}"
        if self.counts:
            return f"the number of cells {self.looked_for()} among {self.searched()}"
        return f"{self.name}({', '.join(node.words() for node in self.given)})"


def reduced(pick: Any, parts: list[Any]) -> Any:
    """Return the parts taken two at a time, from the left, into one."""
    result = parts[0]
    for part in parts[1:]:
        result = pick(result, part)
    return result


@dataclass(frozen=True)
class Comparison(Node):
    """Left held against right. False where either is missing."""

    position: int
    sign: str
    left: Node
    right: Node

    def children(self) -> tuple[Node, ...]:
        return (self.left, self.right)

    def cells(self, frame: pd.DataFrame) -> Cells:
        left, right, worth = common(self.left, self.right, frame)
        left, right = _as_object(left), _as_object(right)
        if self.sign == "=" and not (np.ndim(left) and np.ndim(right)):
            return Cells("truth", np.asarray(left == right, dtype=bool))  # nothing missing equals a written value
        known = ~(missing(left) | missing(right))
        if self.sign in ("=", "!="):
            same = np.asarray(left == right, dtype=bool)
            return Cells("truth", known & (same if self.sign == "=" else ~same))
        if worth != "text":
            with np.errstate(invalid="ignore"):
                return Cells("truth", known & ORDER[self.sign](left, right))
        left, right = Cells("text", left).array(len(frame)), Cells("text", right).array(len(frame))
        known = np.broadcast_to(known, (len(frame),))
        held = np.zeros(len(frame), dtype=bool)
        held[known] = ORDER[self.sign](left[known], right[known]).astype(bool)
        return Cells("truth", held)

    @property
    def any_cell(self) -> Function | None:
        """The count that must be above 0 (some cell is so), if that is what is asked."""
        nothing = isinstance(self.right, Literally) and self.right.value == 0
        counted = isinstance(self.left, Function) and self.left.counts
        return self.left if counted and nothing and self.sign in (">", "=") else None  # type: ignore[return-value]

    def words(self) -> str:
        if (count := self.any_cell) is not None:
            return f"{'any' if self.sign == '>' else 'none'} of {count.searched()} is {count.looked_for()}"
        dated = any(isinstance(node, Literally) and node.worth == "date" for node in self.children())
        phrase = {**WORDS, **DATE_WORDS}[self.sign] if dated else WORDS[self.sign]
        return f"{self.left.words()} {phrase} {self.right.words()}"


def _as_object(side: Any) -> Any:
    """Return a written text as an object: numpy's own text type forgets a NUL at the end."""
    return np.array(side, dtype=object) if isinstance(side, str) else side


def common(left: Node, right: Node, frame: pd.DataFrame) -> tuple[Any, Any, Worth]:
    """Return two sides as values that can be compared: text that meets a number or a date is read as one."""
    worths = (left.cells(frame).worth, right.cells(frame).worth)
    if "truth" in worths:
        side = left if worths[0] == "truth" else right
        raise Problem(side.position, "a comparison cannot be compared again; join comparisons with and / or.")
    if "date" in worths and "number" in worths:
        side = right if worths[1] == "number" else left
        raise Problem(
            side.position, "a date is compared with a number; write the date as 2024-01-31, or use year(...)."
        )
    if "date" in worths:
        return left.date(frame), right.date(frame), "date"
    if "number" in worths:
        return _as_number(left, frame), _as_number(right, frame), "number"
    return left.cells(frame).data, right.cells(frame).data, "text"


def _as_number(node: Node, frame: pd.DataFrame) -> Any:
    cells = node.cells(frame)
    if cells.worth == "number":
        return cells.data
    value = text_to_number(cells.data)
    if isinstance(node, Literally) and np.isnan(value):
        raise Problem(node.position, "a number is compared with text that is not a number.")
    return value
