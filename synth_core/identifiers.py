"""Identifiers made from a number: the same shape as the real ones, never a real one, unique for any count of rows.

A value is a pure function of a number (the row's, or the entity's) and a key, so that the parts of a release can be
made in any order. Uniqueness comes from permutations: a Feistel network with cycle walking (Black and Rogaway,
"Ciphers with arbitrary finite domains", 2002).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import prod

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.uint64]
Texts = npt.NDArray[np.object_]

DIGITS, LOWER, UPPER = "0123456789", "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LARGEST = 2**62  # permutations work below this; wider patterns fill the rest by hashing
CHECKED = 2**40  # above this a value that equals a real one is too unlikely to be looked for
SHARED_BY = 50  # rows that must share a prefix before it counts as a format and not as somebody's value
DENSE = 0.5


def _nothing() -> Numbers:
    return np.empty(0, dtype=np.uint64)


def key_of(*parts: object) -> int:
    """Return a 64-bit key for these words and numbers."""
    text = "\x1f".join(str(part) for part in parts)
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def mix(numbers: Numbers, key: int) -> Numbers:
    """Return well-mixed 64-bit words, one per number and all different (splitmix64: Steele, Lea, Flood 2014)."""
    word = (numbers + np.array([key], dtype=np.uint64)) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(0x632BE59BD9B4E019)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def uniform(numbers: Numbers, key: int) -> npt.NDArray[np.float64]:
    """Return a number in [0, 1) for each number."""
    return (mix(numbers, key) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def permute(numbers: Numbers, size: int, key: int) -> Numbers:
    """Return where a permutation of 0..size-1 sends each number; all numbers must be below ``size`` (at most 2**62)."""
    if size <= 1:
        return np.zeros_like(numbers)
    half = ((size - 1).bit_length() + 1) // 2
    keys = [key_of(key, turn) for turn in range(4)]
    image = _feistel(numbers, half, keys)
    outside = np.flatnonzero(image >= np.uint64(size))
    while len(outside):
        image[outside] = _feistel(image[outside], half, keys)
        outside = outside[image[outside] >= np.uint64(size)]
    return image


def _feistel(numbers: Numbers, half: int, keys: Sequence[int]) -> Numbers:
    mask, shift = np.uint64(2**half - 1), np.uint64(half)
    left, right = numbers >> shift, numbers & mask
    for key in keys:
        left, right = right, left ^ (mix(right, key) & mask)
    return (left << shift) | right


def skip(numbers: Numbers, taken: Numbers) -> Numbers:
    """Return the n-th number that is not in ``taken`` (sorted, without repeats) for each n."""
    if not len(taken):
        return numbers
    before: Numbers = taken - np.arange(len(taken), dtype=np.uint64)
    passed: Numbers = np.searchsorted(before, numbers, side="right").astype(np.uint64)
    return numbers + passed


def closed_off(codes: Numbers) -> Numbers:
    """Return the numbers to avoid: the real ones, or their whole stretch when they fill most of it.

    A dense stretch (1, 2, 3, ...) with some rows held out would otherwise be completed by just the held-out rows.
    """
    codes = np.unique(codes)
    if len(codes) < 2 or len(codes) <= DENSE * float(codes[-1] - codes[0] + np.uint64(1)):
        return codes
    return np.arange(codes[0], codes[-1] + np.uint64(1), dtype=np.uint64)


@dataclass(frozen=True)
class Pattern:
    """Texts of one length: for each place the characters that may stand there (one character is a fixed one).

    Attributes
    ----------
    taken
        Numbers of real values (sorted), which are never written.
    """

    alphabets: tuple[str, ...]
    taken: Numbers = field(default_factory=_nothing)

    @property
    def size(self) -> int:
        """How many texts there are."""
        return prod(len(letters) for letters in self.alphabets)

    @property
    def capacity(self) -> int:
        """How many different texts can be written; none when the real ones fill more than half."""
        size = 1
        for letters in reversed(self.alphabets):
            if size * len(letters) > LARGEST:
                break
            size *= len(letters)
        return size - len(self.taken) if len(self.taken) <= DENSE * size else 0

    def write(self, numbers: Numbers, key: int) -> Texts:
        """Return a text for each number, all different for different numbers below ``capacity``."""
        codes = skip(permute(numbers, self.capacity, key), self.taken)
        filler = mix(numbers, key_of(key, "filler"))
        cells = np.empty((len(numbers), len(self.alphabets)), dtype=np.uint32)
        room, used_up = LARGEST, False
        for place in reversed(range(len(self.alphabets))):
            letters = np.array([ord(c) for c in self.alphabets[place]], dtype=np.uint32)
            base = np.uint64(len(letters))
            if len(letters) == 1:
                cells[:, place] = letters[0]
                continue
            used_up = used_up or room < len(letters)
            if used_up:
                filler = mix(filler, place)
                cells[:, place] = letters[filler % base]
                continue
            cells[:, place] = letters[codes % base]
            codes, room = codes // base, room // len(letters)
        return _as_texts(cells)

    def read(self, values: Sequence[str]) -> Numbers:
        """Return the number of each text that fits the pattern (others are left out); the inverse of writing."""
        cells = _as_cells(values, len(self.alphabets))
        codes = np.zeros(len(cells), dtype=np.uint64)
        fits = np.ones(len(cells), dtype=bool)
        for place, alphabet in enumerate(self.alphabets):
            letters = np.array([ord(c) for c in alphabet], dtype=np.uint32)
            order = np.argsort(letters)
            found = np.minimum(np.searchsorted(letters[order], cells[:, place]), len(letters) - 1)
            digit = order[found]
            fits &= letters[digit] == cells[:, place]
            codes = codes * np.uint64(len(letters)) + digit.astype(np.uint64)
        found_codes: Numbers = codes[fits]
        return found_codes

    def avoiding(self, values: Sequence[str]) -> Pattern:
        """Return the pattern that never writes one of ``values``."""
        if self.size > CHECKED:
            return self
        return Pattern(self.alphabets, closed_off(self.read(values)))

    def widened(self, extra: int) -> Pattern:
        """Return the pattern with ``extra`` more digits after its last free place."""
        free = [place for place, letters in enumerate(self.alphabets) if len(letters) > 1]
        cut = free[-1] + 1 if free else len(self.alphabets)
        return Pattern((*self.alphabets[:cut], *[DIGITS] * extra, *self.alphabets[cut:]))


def _as_texts(cells: npt.NDArray[np.uint32]) -> Texts:
    if not cells.size:
        return np.full(len(cells), "", dtype=object)
    cells = np.ascontiguousarray(cells)
    return np.asarray(cells.view(f"<U{cells.shape[1]}").ravel().astype(object))


def _as_cells(values: Sequence[str], length: int) -> npt.NDArray[np.uint32]:
    texts = np.array(list(values), dtype=f"<U{max(length, 1)}")
    return texts.view(np.uint32).reshape(len(texts), max(length, 1))


@dataclass(frozen=True)
class TextIdentifiers:
    """Texts in the shapes of the real ones, in their proportions; longer ones when a shape is used up."""

    patterns: tuple[Pattern, ...]
    shares: tuple[float, ...]

    def write(self, numbers: Numbers, key: int) -> Texts:
        """Return a different text for each different number."""
        bounds = np.cumsum(self.shares)[:-1]
        chosen = np.searchsorted(bounds, uniform(numbers, key_of(key, "shape")), side="right")
        made: Texts = np.empty(len(numbers), dtype=object)
        left = np.ones(len(numbers), dtype=bool)
        for place, pattern in enumerate(self.patterns):
            here = (chosen == place) & (numbers < np.uint64(pattern.capacity))
            made[here] = pattern.write(numbers[here], key_of(key, place))
            left &= ~here
        longest = max(self.patterns, key=lambda pattern: len(pattern.alphabets))
        extra = 0
        while left.any():
            extra += 1
            wider = longest.widened(extra)
            here = left & (numbers < np.uint64(wider.capacity))
            made[here] = wider.write(numbers[here], key_of(key, "wider", extra))
            left &= ~here
        return made


@dataclass(frozen=True)
class WholeNumbers:
    """Whole numbers with as many digits as the real ones; more digits when these are used up.

    Attributes
    ----------
    first
        For counters (1, 2, 3, ... in row order): the round number above the real ones where counting starts.
    """

    low: int
    high: int
    taken: Numbers = field(default_factory=_nothing)
    first: int | None = None

    def write(self, numbers: Numbers, key: int) -> npt.NDArray[np.int64]:
        """Return a different whole number for each different number."""
        if self.first is not None:
            return self.first + numbers.astype(np.int64)
        made = np.zeros(len(numbers), dtype=np.int64)
        size = self.high - self.low + 1
        room = size - len(self.taken) if len(self.taken) <= DENSE * size else 0
        here = numbers < np.uint64(room)
        made[here] = self.low + skip(permute(numbers[here], room, key), self.taken).astype(np.int64)
        left, digits = ~here, len(str(self.high))
        while left.any():
            digits = min(digits + 1, 18)
            low, room = 10 ** (digits - 1), 9 * 10 ** (digits - 1)
            here = left & ((numbers < np.uint64(room)) | (digits == 18))
            made[here] = low + permute(numbers[here] % np.uint64(room), room, key_of(key, digits)).astype(np.int64)
            left &= ~here
        return made


def learn_whole_numbers(values: npt.NDArray[np.int64]) -> WholeNumbers:
    """Return how to make whole numbers like ``values`` (in row order): digits and density only."""
    distinct = np.unique(np.abs(values[values != np.iinfo(np.int64).min]))
    smallest, largest = int(distinct[0]), int(distinct[-1])
    spread = largest - smallest + 1
    if len(distinct) > DENSE * spread and len(distinct) > 1 and bool((np.diff(values) >= 0).all()):
        step = 10 ** max(len(str(largest)) - 1, 1)
        return WholeNumbers(smallest, largest, first=(largest // step + 1) * step)
    low = 10 ** (len(str(smallest)) - 1) if smallest >= 10 else 0 if smallest == 0 else 1
    high = min(10 ** len(str(largest)) - 1, LARGEST - 1)
    if largest > high:
        return WholeNumbers(10**17, 10**18 - 1)
    taken = closed_off((distinct - low).astype(np.uint64))
    return WholeNumbers(low, high, taken if high - low < CHECKED else _nothing())


class _Classes(dict[int, int]):
    """Character -> its class, for ``str.translate``; letters outside ASCII count as small letters."""

    def __init__(self, digit: str, lower: str, upper: str) -> None:
        super().__init__({code: code for code in range(128)})
        for letters, mark in ((DIGITS, digit), (LOWER, lower), (UPPER, upper)):
            self.update({ord(letter): ord(mark) for letter in letters})
        self.other = ord(lower)

    def __missing__(self, code: int) -> int:
        return self.other


def learn_texts(values: Sequence[str], *, avoid: bool = True) -> TextIdentifiers:
    """Return how to write texts shaped like ``values``: lengths, separators, classes of characters.

    A prefix is kept when all texts of a shape share it and they are at least 50; nothing else is taken over.
    With ``avoid`` none of ``values`` is ever written.
    """
    values = [value[:200] for value in values]
    shapes = _grouped(values, _Classes("9", "a", "A"))
    loose = len(shapes) > max(3, 0.2 * len(set(values)))
    if loose:
        shapes = _grouped(values, _Classes("x", "x", "x"))
    common = sorted(shapes.values(), key=len, reverse=True)[:30]
    common = [members for members in common if len(members) >= 5] or common
    total = sum(len(members) for members in common)
    patterns = tuple(_pattern(members, loose).avoiding(members if avoid else ()) for members in common)
    return TextIdentifiers(patterns, tuple(len(members) / total for members in common))


def _grouped(values: Sequence[str], classes: _Classes) -> dict[str, list[str]]:
    groups: dict[str, list[str]] = {}
    for value in values:
        groups.setdefault(value.translate(classes), []).append(value)
    return groups


def _pattern(members: Sequence[str], loose: bool) -> Pattern:
    seen = "".join(members[:2000])
    shape = members[0].translate(_Classes("9", "a", "A"))
    prefix = _fixed_prefix(members)
    alphabets: list[str] = []
    for place, mark in enumerate(shape):
        if place < len(prefix):
            alphabets.append(prefix[place])
        elif loose and mark in "9aA":
            alphabets.append(_loose_alphabet(seen))
        elif mark == "9":
            starts = place == 0 or shape[place - 1] != "9" or place == len(prefix)
            never_zero = starts and len(members) >= 20 and all(member[place] != "0" for member in members)
            alphabets.append(DIGITS[1:] if never_zero else DIGITS)
        else:
            alphabets.append({"a": LOWER, "A": UPPER}.get(mark, mark))
    return Pattern(tuple(alphabets))


def _fixed_prefix(members: Sequence[str]) -> str:
    """Return the format's prefix ("PAT-"), without digits at its end, which are the start of a number."""
    if len(members) < SHARED_BY or min(members) == max(members):
        return ""
    first, last = min(members), max(members)
    same = [one == other for one, other in zip(first, last, strict=False)]
    return first[: same.index(False) if False in same else len(same)].rstrip(DIGITS)


def _loose_alphabet(seen: str) -> str:
    letters = {character for character in seen if character in LOWER or character in UPPER}
    lower = "" if not letters & set(LOWER) else "abcdef" if letters & set(LOWER) <= set("abcdef") else LOWER
    upper = "" if not letters & set(UPPER) else "ABCDEF" if letters & set(UPPER) <= set("ABCDEF") else UPPER
    digits = DIGITS if any(character in DIGITS for character in seen) else ""
    return digits + lower + upper or LOWER


def uuids(numbers: Numbers, key: int, *, upper: bool = False, dashes: bool = True) -> Texts:
    """Return random-looking UUIDs (version 4), all different for different numbers."""
    words = (mix(numbers, key), mix(numbers, key_of(key, "second")))
    letters = np.array([ord(c) for c in (DIGITS + ("ABCDEF" if upper else "abcdef"))], dtype=np.uint32)
    cells = np.empty((len(numbers), 32), dtype=np.uint32)
    free = [place for place in range(32) if place not in (12, 16)]  # the first 16 hold all of the first word: unique
    for turn, place in enumerate(free):
        cells[:, place] = letters[(words[turn // 16] >> np.uint64(4 * (turn % 16))) & np.uint64(15)]
    cells[:, 12] = ord("4")
    cells[:, 16] = letters[8 + (words[1] >> np.uint64(62)).astype(np.int64)]
    if not dashes:
        return _as_texts(cells)
    dash = np.full((len(numbers), 1), ord("-"), dtype=np.uint32)
    cuts = ((0, 8), (8, 12), (12, 16), (16, 20), (20, 32))
    parts = [part for low, high in cuts for part in (cells[:, low:high], dash)][:-1]
    return _as_texts(np.hstack(parts))
