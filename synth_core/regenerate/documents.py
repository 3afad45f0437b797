"""Numbers that belong to people, in the form of the real ones: phones, ids, cards, accounts, devices.

Where a range is reserved for examples it is used: NANP exchange 555, never-issued social security numbers, test card
prefixes, locally administered network addresses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth_core.identifiers import (
    DIGITS,
    LOWER,
    SHARED_BY,
    UPPER,
    Numbers,
    Pattern,
    TextIdentifiers,
    Texts,
    learn_texts,
)


def learn_phones(values: Sequence[str]) -> TextIdentifiers:
    """Return how to write phone numbers of the same form; ten-digit American ones get the fictitious exchange 555.

    The calling code ("+49") is kept where 50 numbers or more have it.
    """
    patterns: list[Pattern] = []
    shares: list[float] = []
    for code, rest in _by_calling_code(values).items():
        learned = learn_texts(rest)
        for pattern, share in zip(learned.patterns, learned.shares, strict=True):
            trunk = "0" if not code and all(value[:1] == "0" for value in rest if _fits(value, pattern)) else ""
            made = Pattern(("0", *pattern.alphabets[1:])).avoiding(rest) if trunk else pattern
            if not trunk and code in ("", "+1"):
                made = _fresh(_fictitious_phone(pattern), rest)
            patterns.append(
                Pattern((*code, *made.alphabets)).avoiding([code + value for value in rest]) if code else made
            )
            shares.append(share * len(rest) / len(values))
    return TextIdentifiers(tuple(patterns), tuple(shares))


def _fits(value: str, pattern: Pattern) -> bool:
    """Whether a value has the length and the separators of a pattern."""
    if len(value) != len(pattern.alphabets):
        return False
    pairs = zip(value, pattern.alphabets, strict=True)
    return all(sign.isalnum() == letters[0].isalnum() for sign, letters in pairs)


def _by_calling_code(values: Sequence[str]) -> dict[str, list[str]]:
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE as CODES

    groups: dict[str, list[str]] = {}
    for value in values:
        heads = (value[1:end] for end in (2, 3, 4)) if value.startswith("+") else ()
        code = next((f"+{head}" for head in heads if head.isdigit() and int(head) in CODES), "")
        groups.setdefault(code, []).append(value[len(code) :])
    rare = [code for code, rest in groups.items() if code and len(rest) < SHARED_BY]
    for code in rare:
        groups.setdefault("", []).extend(code + value for value in groups.pop(code))
    return {code: rest for code, rest in groups.items() if rest}


def _fictitious_phone(pattern: Pattern) -> Pattern:
    marked = tuple("x" if letters in (LOWER, UPPER) else letters for letters in pattern.alphabets)  # an extension
    pattern = Pattern(marked, pattern.taken if marked == pattern.alphabets else Pattern(marked).taken)
    places = [place for place, letters in enumerate(pattern.alphabets) if set(letters) <= set(DIGITS)]
    eleven = len(places) == 11 and pattern.alphabets[places[0]] in ("1", DIGITS, DIGITS[1:])
    if len(places) != 10 and not eleven:
        return pattern
    alphabets = list(pattern.alphabets)
    if eleven:
        alphabets[places[0]] = "1"
    tail = places[-10:]
    alphabets[tail[0]] = DIGITS[2:]
    for place in tail[3:6]:
        alphabets[place] = "5"
    return Pattern(tuple(alphabets))


def learn_national_ids(values: Sequence[str]) -> TextIdentifiers:
    """Return how to write national ids of the same form, in never-issued ranges where there are some.

    American social security numbers start with 9 and have a group of 01 to 49 (never issued; 50 and up are tax
    numbers), British insurance numbers with QQ; others keep only the form.
    """
    learned = learn_texts(values)
    return TextIdentifiers(tuple(_fresh(_never_issued(one), values) for one in learned.patterns), learned.shares)


def _fresh(pattern: Pattern, values: Sequence[str]) -> Pattern:
    """Return the pattern that writes none of ``values``: real tables hold numbers of reserved ranges too."""
    return pattern.avoiding([value for value in values if len(value) == len(pattern.alphabets)])


def _never_issued(pattern: Pattern) -> Pattern:
    alphabets = list(pattern.alphabets)
    free = [place for place, letters in enumerate(alphabets) if letters[0].isalnum()]
    shape = "".join("9" if set(alphabets[place]) <= set(DIGITS) else "A" for place in free)
    if shape == "999999999":
        alphabets[free[0]], alphabets[free[3]] = "9", "01234"
        alphabets[free[4]], alphabets[free[8]] = DIGITS[1:], DIGITS[1:]
        return Pattern(tuple(alphabets))
    if shape == "AA999999A":
        alphabets[free[0]], alphabets[free[1]], alphabets[free[8]] = "Q", "Q", "ABCD"
        return Pattern(tuple(alphabets))
    return pattern


@dataclass(frozen=True)
class Checked:
    """Card numbers or IBANs: patterns whose check digits are filled in after writing."""

    bodies: TextIdentifiers
    scheme: str

    def write(self, numbers: Numbers, key: int) -> Texts:
        """Return different texts with valid check digits."""
        texts = self.bodies.write(numbers, key)
        made: Texts = np.empty(len(texts), dtype=object)
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        complete = _with_luhn if self.scheme == "card" else _with_mod_97
        for length in np.unique(lengths):
            here = lengths == length
            made[here] = complete(texts[here])
        return made


def learn_macs(values: Sequence[str]) -> TextIdentifiers:
    """Return how to write network card addresses of the same form that no maker was given (IEEE 802: local ones)."""
    letters = DIGITS + ("ABCDEF" if any("A" <= sign <= "F" for value in values for sign in value) else "abcdef")
    layouts: dict[str, int] = {}
    for value in values:
        layout = "".join("0" if sign.isalnum() else sign for sign in value)
        layouts[layout] = layouts.get(layout, 0) + 1
    patterns = []
    for layout in layouts:
        alphabets = [letters if sign == "0" else sign for sign in layout]
        alphabets[1:2] = ["26"] * len(alphabets[1:2])  # the bit that says: given out locally
        patterns.append(Pattern(tuple(alphabets)))
    return TextIdentifiers(tuple(patterns), tuple(count / len(values) for count in layouts.values()))


def learn_devices(values: Sequence[str]) -> Checked:
    """Return how to write IMEIs of the same form: of the test range 001, with right check digits."""
    return _checked(values, {15: "001010"})


def learn_cards(values: Sequence[str]) -> Checked:
    """Return how to write payment card numbers in the real lengths and groups, Luhn-valid, with test prefixes."""
    return _checked(values, {14: "305693", 15: "378282"})


def _checked(values: Sequence[str], prefixes: Mapping[int, str]) -> Checked:
    learned = learn_texts(values)
    patterns = []
    for pattern in learned.patterns:
        alphabets = list(pattern.alphabets)
        digits = [place for place, letters in enumerate(alphabets) if letters[0] in DIGITS]
        prefix = prefixes.get(len(digits), "400000")
        for place, digit in zip(digits[:-1], prefix, strict=False):
            alphabets[place] = digit
        for place in digits[len(prefix) : -1]:
            alphabets[place] = DIGITS
        if digits:
            alphabets[digits[-1]] = "0"
        bodies = [value[: digits[-1]] + "0" + value[digits[-1] + 1 :] for value in values] if digits else []
        patterns.append(_fresh(Pattern(tuple(alphabets)), bodies))
    return Checked(TextIdentifiers(tuple(patterns), learned.shares), "card")


def _with_luhn(texts: Texts) -> Texts:
    cells = _cells(texts)
    places = [p for p in range(cells.shape[1]) if 48 <= cells[0, p] <= 57]
    total = np.zeros(len(cells), dtype=np.int64)
    for turn, place in enumerate(reversed(places[:-1])):
        digit = cells[:, place].astype(np.int64) - 48
        digit = digit * 2 if turn % 2 == 0 else digit
        total += digit - 9 * (digit > 9)
    if places:
        cells[:, places[-1]] = (48 + (10 - total % 10) % 10).astype(np.uint32)
    return _texts(cells)


def learn_ibans(values: Sequence[str]) -> Checked:
    """Return how to write IBANs of the same countries (those with 50 rows or more), lengths and grouping."""
    starts = [value[:2] for value in values]
    known = {start for start in set(starts) if starts.count(start) >= 50 and start.isalpha()}
    patterns, shares = [], []
    for start in sorted(known) or [""]:
        members = [value for value in values if value.startswith(start)]
        learned = learn_texts(members)
        for pattern, share in zip(learned.patterns, learned.shares, strict=True):
            country = start or {22: "DE", 27: "FR", 24: "ES", 18: "NL"}.get(_letters_and_digits(pattern), "DE")
            patterns.append(Pattern((*country.upper(), "0", "0", *pattern.alphabets[4:])))
            shares.append(share * len(members) / len(values))
    total = sum(shares)
    return Checked(TextIdentifiers(tuple(patterns), tuple(share / total for share in shares)), "iban")


def _letters_and_digits(pattern: Pattern) -> int:
    return sum(letters[0].isalnum() for letters in pattern.alphabets)


def _with_mod_97(texts: Texts) -> Texts:
    cells = _cells(texts)
    order = [*range(4, cells.shape[1]), 0, 1, 2, 3]
    rest = np.zeros(len(cells), dtype=np.int64)
    for place in order:
        code = cells[:, place].astype(np.int64)
        letter = (code >= 65) & (code <= 90) | (code >= 97) & (code <= 122)
        digit = (code >= 48) & (code <= 57)
        rest = np.where(
            letter, (rest * 100 + (code & 31) + 9) % 97, np.where(digit, (rest * 10 + code - 48) % 97, rest)
        )
    check = 98 - rest
    cells[:, 2], cells[:, 3] = (48 + check // 10).astype(np.uint32), (48 + check % 10).astype(np.uint32)
    return _texts(cells)


def _cells(texts: Texts) -> np.ndarray[Any, np.dtype[np.uint32]]:
    length = len(texts[0])
    return np.array(list(texts), dtype=f"<U{length}").view(np.uint32).reshape(len(texts), length).copy()


def _texts(cells: np.ndarray[Any, np.dtype[np.uint32]]) -> Texts:
    return np.asarray(np.ascontiguousarray(cells).view(f"<U{cells.shape[1]}").ravel().astype(object))
