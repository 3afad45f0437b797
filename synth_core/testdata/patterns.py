"""Texts of a written form: a small part of regular expressions, turned round so that it writes instead of reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from synth_core.errors import SchemaError
from synth_core.identifiers import DIGITS, LARGEST, LOWER, UPPER, Numbers, Pattern, Texts, key_of, mix, permute

MOST_SHAPES, LONGEST = 200, 200
_WORD = DIGITS + UPPER + LOWER + "_"
_CLASSES = {"d": DIGITS, "w": _WORD, "s": " "}
_KNOWN = r"letters, digits, [A-Z], \d, \w, (a|b), ?, {3} and {2,5}"
_Shape = tuple[str, ...]


@dataclass(frozen=True)
class Forms:
    """All texts that a form allows, numbered: different numbers below ``capacity`` give different texts."""

    patterns: tuple[Pattern, ...]

    @property
    def capacities(self) -> list[int]:
        """How many texts each shape gives, capped so that their sum stays below 2**62."""
        return [min(pattern.capacity, LARGEST // len(self.patterns)) for pattern in self.patterns]

    @property
    def capacity(self) -> int:
        """How many different texts there are."""
        return sum(self.capacities)

    @property
    def longest(self) -> int:
        """Characters of the longest text."""
        return max(len(pattern.alphabets) for pattern in self.patterns)

    def write(self, numbers: Numbers, key: int, *, unique: bool) -> Texts:
        """Return a text for each number; with ``unique`` numbers must be below ``capacity``."""
        total = self.capacity
        codes = permute(numbers, total, key) if unique else mix(numbers, key) % np.uint64(total)
        ends = np.cumsum(np.array(self.capacities, dtype=np.uint64))
        shape = np.searchsorted(ends, codes, side="right")
        made: Texts = np.empty(len(numbers), dtype=object)
        for place, pattern in enumerate(self.patterns):
            here = shape == place
            start = ends[place - 1] if place else np.uint64(0)
            made[here] = pattern.write(codes[here] - start, key_of(key, place))
        return made


@lru_cache(maxsize=256)
def forms_of(form: str) -> Forms:
    """Return the texts that a form allows.

    Raises
    ------
    SchemaError
        The form uses more of regular expressions than can be written from.

    Examples
    --------
    >>> forms_of("[A-C]-[0-9]{2}").capacity
    300
    """
    try:
        shapes = _Reader(form).whole()
    except RecursionError:
        raise SchemaError(f"The form '{form[:60]}' cannot be written from: it is nested too deep.") from None
    distinct: list[_Shape] = []
    for shape in shapes:
        left = [shape]
        for known in tuple(distinct):
            left = [part for one in left for part in _beside(one, known)]
        distinct += left
        if len(distinct) > MOST_SHAPES:
            raise SchemaError(
                f"The form '{form[:60]}' cannot be written from: its alternatives overlap in too many ways. Write "
                "alternatives that have no text in common."
            )
    return Forms(tuple(Pattern(shape) for shape in distinct))


def _beside(shape: _Shape, known: _Shape) -> list[_Shape]:
    """Return the texts of a shape that another one does not have, as shapes without a text in common.

    >>> _beside(("ab", "xy"), ("bc", "yz"))
    [('a', 'xy'), ('b', 'x')]
    """
    shared = [frozenset(mine) & frozenset(theirs) for mine, theirs in zip(shape, known, strict=False)]
    if len(shape) != len(known) or not all(shared):
        return [shape]
    parts: list[_Shape] = []
    head: _Shape = ()  # alike up to a place, and different there
    for place, (mine, both) in enumerate(zip(shape, shared, strict=True)):
        if own := "".join(sign for sign in mine if sign not in both):
            parts.append((*head, own, *shape[place + 1 :]))
        head = (*head, "".join(sign for sign in mine if sign in both))
    return parts


class _Reader:
    """Reads a form from left to right into the shapes that it allows."""

    def __init__(self, form: str) -> None:
        self.form = form.removeprefix("^").removesuffix("$") if not form.endswith("\\$") else form.removeprefix("^")
        self.at = 0

    def whole(self) -> list[_Shape]:
        shapes = self._either()
        if self.at < len(self.form):
            raise self._problem("a bracket is closed that was not opened")
        return shapes

    def _problem(self, what: str) -> SchemaError:
        return SchemaError(
            f"The form '{self.form[:60]}' cannot be written from: {what} (character {self.at + 1}). Use {_KNOWN}."
        )

    def _peek(self) -> str:
        return self.form[self.at] if self.at < len(self.form) else ""

    def _either(self) -> list[_Shape]:
        shapes = self._row()
        while self._peek() == "|":
            self.at += 1
            shapes = shapes + self._row()
        return self._few(shapes)

    def _row(self) -> list[_Shape]:
        shapes: list[_Shape] = [()]
        while self._peek() not in ("", "|", ")"):
            one = self._item()
            low, high = self._times()
            counted: list[_Shape] = []
            for times in range(low, high + 1):
                counted += _repeated(one, times, self)
            shapes = self._few([head + tail for head in shapes for tail in counted])
        return shapes

    def _few(self, shapes: list[_Shape]) -> list[_Shape]:
        if len(shapes) > MOST_SHAPES:
            raise self._problem(f"it allows more than {MOST_SHAPES} different shapes")
        if any(len(shape) > LONGEST for shape in shapes):
            raise self._problem(f"it allows more than {LONGEST} characters")
        return shapes

    def _item(self) -> list[_Shape]:
        sign = self._peek()
        self.at += 1
        if sign == "(":
            if self.form.startswith("?:", self.at):
                self.at += 2
            inner = self._either()
            if self._peek() != ")":
                raise self._problem("a bracket is not closed")
            self.at += 1
            return inner
        if sign == "[":
            return [(self._set(),)]
        if sign == "\\":
            return [(self._escaped(),)]
        if sign in "*+?{}^$":
            self.at -= 1
            raise self._problem(
                f"'{sign}' is not taken here" + (", give a number such as {1,5}" if sign in "*+" else "")
            )
        return [(LOWER + UPPER + DIGITS,)] if sign == "." else [(sign,)]

    def _escaped(self) -> str:
        sign = self._peek()
        if not sign or (sign.isalnum() and sign not in _CLASSES):
            raise self._problem(f"'\\{sign}' is not taken")
        self.at += 1
        return _CLASSES.get(sign, sign)

    def _set(self) -> str:
        if self._peek() == "^":
            raise self._problem("a set of what may not stand there is not taken")
        letters: list[str] = []
        while self._peek() != "]":
            if not self._peek():
                raise self._problem("a set '[' is not closed")
            sign = self._peek()
            self.at += 1
            if sign == "\\":
                letters += self._escaped()
                continue
            if self._peek() == "-" and self.form[self.at + 1 : self.at + 2] not in ("", "]"):
                last = self.form[self.at + 1]
                self.at += 2
                if ord(last) < ord(sign) or ord(last) - ord(sign) > 2000:
                    raise self._problem(f"'{sign}-{last}' is no range")
                letters += [chr(code) for code in range(ord(sign), ord(last) + 1)]
            else:
                letters.append(sign)
        self.at += 1
        if not letters:
            raise self._problem("a set '[]' is empty")
        return "".join(dict.fromkeys(letters))

    def _times(self) -> tuple[int, int]:
        sign = self._peek()
        if sign == "?":
            self.at += 1
            return 0, 1
        if sign in ("*", "+"):
            raise self._problem(f"'{sign}' has no end, give a number such as {{1,5}}")
        if sign != "{":
            return 1, 1
        end = self.form.find("}", self.at)
        parts = self.form[self.at + 1 : end].split(",") if end > 0 else []
        if not 1 <= len(parts) <= 2 or not all(part.strip().isdecimal() for part in parts):
            raise self._problem("after '{' a number or two are needed, such as {3} or {2,5}")
        low, high = int(parts[0]), int(parts[-1])
        if low > high or high > LONGEST:
            raise self._problem(f"'{{{low},{high}}}' is no count from 0 to {LONGEST}")
        self.at = end + 1
        return low, high


def _repeated(one: Sequence[_Shape], times: int, reader: _Reader) -> list[_Shape]:
    shapes: list[_Shape] = [()]
    for _ in range(times):
        shapes = reader._few([head + tail for head in shapes for tail in one])
    return shapes
