"""Personal data made up from a number: names, addresses, contact details, document numbers that belong to nobody.

Every writer is a pure function of numbers and a key. Where a range is reserved for examples it is used: RFC 2606
domains, NANP exchange 555, RFC 5737 and RFC 3849 addresses, never-issued social security numbers, test card prefixes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any

import numpy as np
import pandas as pd

from synth_core.errors import InputError
from synth_core.identifiers import (
    DIGITS,
    LOWER,
    UPPER,
    Numbers,
    Pattern,
    TextIdentifiers,
    Texts,
    key_of,
    learn_texts,
    mix,
    permute,
    uniform,
)

DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "mail.test")


@dataclass(frozen=True)
class Words:
    """Word lists of one locale (from Faker)."""

    first: Texts
    first_shares: tuple[float, ...]
    last: Texts
    last_shares: tuple[float, ...]
    street: Texts
    town: Texts


@cache
def words(locale: str = "en_US") -> Words:
    """Return the word lists of ``locale``; what a locale lacks is taken from en_US."""
    first, first_shares = _listed("person", locale, "first_names", "first_names_male", "first_names_female")
    last, last_shares = _listed("person", locale, "last_names")
    street, _ = _listed("address", locale, "street_suffixes")
    town, _ = _listed("address", locale, "city_suffixes")
    return Words(first, first_shares, last, last_shares, street, town)


def _listed(topic: str, locale: str, *names: str) -> tuple[Texts, tuple[float, ...]]:
    provider = _provider(topic, locale)
    found = [getattr(provider, name, ()) for name in names]
    chosen: list[Any] = [found[0]] if len(found[0]) else [part for part in found[1:] if len(part)]
    if not chosen:
        return _listed(topic, "en_US", *names)
    weights: dict[str, float] = {}
    for part in chosen:
        weights.update(part if isinstance(part, dict) else dict.fromkeys(part, 1.0))
    total = float(sum(weights.values()))
    return np.array(list(weights), dtype=object), tuple(weight / total for weight in weights.values())


def _provider(topic: str, locale: str) -> Any:
    try:
        return import_module(f"faker.providers.{topic}.{locale}").Provider
    except ModuleNotFoundError:
        raise InputError(f"There are no word lists for locale '{locale}'; use one of Faker's, such as en_US.") from None


def draw(items: Texts, shares: Sequence[float], numbers: Numbers, key: int) -> Texts:
    """Return an item for each number, in the given shares."""
    bounds = np.cumsum(np.asarray(shares, dtype=np.float64))[:-1]
    return np.asarray(items[np.searchsorted(bounds, uniform(numbers, key), side="right")], dtype=object)


def pick(items: Texts, numbers: Numbers, key: int) -> Texts:
    """Return an item for each number, all equally likely."""
    return np.asarray(items[(mix(numbers, key) % np.uint64(len(items))).astype(np.int64)], dtype=object)


def scattered(numbers: Numbers, key: int) -> Numbers:
    """Return different numbers for different numbers, with no more digits than needed, in no visible order."""
    made = np.empty_like(numbers)
    low, size, left = 0, 1000, np.ones(len(numbers), dtype=bool)
    while left.any():
        here = left & (numbers < np.uint64(low + size))
        made[here] = np.uint64(low) + permute(numbers[here] - np.uint64(low), size, key_of(key, size))
        left &= ~here
        low, size = low + size, 9 * (low + size)
    return made


def as_text(numbers: Numbers) -> Texts:
    """Return whole numbers as text."""
    return np.asarray(numbers.astype("U20").astype(object))


@dataclass(frozen=True)
class People:
    """First and last names, one of each per row.

    Attributes
    ----------
    middle
        Initial that tells two people of the same name apart, or "".
    """

    first: Texts
    last: Texts
    middle: Texts | None = None

    @property
    def full(self) -> Texts:
        """First name, initial if any, last name."""
        between = " " if self.middle is None else self.middle
        return np.asarray(self.first + between + self.last, dtype=object)

    @property
    def family_first(self) -> Texts:
        """Last name, comma, first name, initial if any."""
        initial = "" if self.middle is None else np.array([part.rstrip() for part in self.middle], dtype=object)
        return np.asarray(self.last + ", " + self.first + initial, dtype=object)


def people(numbers: Numbers, key: int, *, locale: str = "en_US", distinct: bool = False) -> People:
    """Return a person for each number; with ``distinct`` no two full names are the same.

    Names are drawn as often as they occur in the locale; distinct ones evenly, because the frequent
    combinations are soon used up (690,000 in en_US, then with an initial).
    """
    lists = words(locale)
    if not distinct:
        first = draw(lists.first, lists.first_shares, numbers, key_of(key, "first"))
        return People(first, draw(lists.last, lists.last_shares, numbers, key_of(key, "last")))
    size = len(lists.first) * len(lists.last)
    rounds = (numbers // np.uint64(size)).astype(np.int64)
    codes = permute(numbers % np.uint64(size), size, key)
    count = np.uint64(len(lists.last))
    initials = np.array([" ", *(f" {_letters(turn)}. " for turn in range(int(rounds.max(initial=0))))], dtype=object)
    first, last = lists.first[(codes // count).astype(np.int64)], lists.last[(codes % count).astype(np.int64)]
    return People(first, last, initials[rounds])


def _letters(turn: int) -> str:
    text = UPPER[turn % 26]
    while turn >= 26:
        turn = turn // 26 - 1
        text = UPPER[turn % 26] + text
    return text


def email(numbers: Numbers, key: int, person: People, domains: Sequence[str] = DOMAINS[:3]) -> Texts:
    """Return e-mail addresses after the names of ``person``, all different, at domains that reach nobody."""
    first, last = _plain(person.first), _plain(person.last)
    at = pick(np.array([f"@{domain}" for domain in domains], dtype=object), numbers, key_of(key, "domain"))
    dots = np.full(len(numbers), ".", dtype=object)
    return np.asarray(first + dots + last + as_text(scattered(numbers, key)) + at, dtype=object)


def _plain(names: Texts) -> Texts:
    """Return names as they stand in an e-mail address: small ASCII letters only."""
    codes, distinct = pd.factorize(names)
    text = pd.Series(distinct).str.normalize("NFKD").str.encode("ascii", "ignore").str.decode("ascii").str.lower()
    plain = text.str.replace("[^a-z]", "", regex=True).replace("", "person").to_numpy(dtype=object)
    return np.asarray(plain[codes], dtype=object)


def street_address(numbers: Numbers, key: int, locale: str = "en_US") -> Texts:
    """Return house number and street."""
    lists = words(locale)
    house = as_text(np.uint64(1) + mix(numbers, key_of(key, "house")) % np.uint64(4999))
    name = pick(lists.last, numbers, key_of(key, "street"))
    suffix = pick(lists.street, numbers, key_of(key, "suffix"))
    gap = np.full(len(numbers), "" if _grows_together(lists.street) else " ", dtype=object)
    blank = np.full(len(numbers), " ", dtype=object)
    if locale.startswith(("en", "fr")):
        return np.asarray(house + blank + name + gap + suffix, dtype=object)
    return np.asarray(name + gap + suffix + blank + house, dtype=object)


def city(numbers: Numbers, key: int, locale: str = "en_US") -> Texts:
    """Return names of towns that may or may not exist."""
    lists = words(locale)
    return np.asarray(
        pick(lists.last, numbers, key_of(key, "town")) + pick(lists.town, numbers, key_of(key, "end")), dtype=object
    )


def _grows_together(suffixes: Texts) -> bool:
    return bool(len(suffixes)) and str(suffixes[0])[:1].islower()


def url(numbers: Numbers, key: int, domains: Sequence[str] = DOMAINS[:3], locale: str = "en_US") -> Texts:
    """Return different web addresses under domains reserved for examples."""
    at = pick(np.array([f"https://www.{domain}/" for domain in domains], dtype=object), numbers, key_of(key, "domain"))
    slash = np.full(len(numbers), "/", dtype=object)
    topic = _plain(pick(words(locale).last, numbers, key_of(key, "topic")))
    return np.asarray(at + topic + slash + as_text(scattered(numbers, key)), dtype=object)


def ip_address(numbers: Numbers, key: int, *, six: bool = False) -> Texts:
    """Return different addresses that are never routed: 10.0.0.0/8, then 240.0.0.0/4, or 2001:db8::/32."""
    if six:
        low = permute(numbers, 2**62, key)
        parts = [(low >> np.uint64(16 * place)) & np.uint64(0xFFFF) for place in range(4)]
        return np.array(["2001:db8::%x:%x:%x:%x" % row for row in zip(*parts, strict=True)], dtype=object)  # noqa: UP031
    codes = np.empty_like(numbers)
    first = numbers < np.uint64(2**24)
    codes[first] = np.uint64(10 << 24) + permute(numbers[first], 2**24, key)
    codes[~first] = np.uint64(240 << 24) + permute(numbers[~first] % np.uint64(2**28), 2**28, key)
    octets = np.array([str(n) for n in range(256)], dtype=object)
    parts = [octets[((codes >> np.uint64(shift)) & np.uint64(255)).astype(np.int64)] for shift in (24, 16, 8, 0)]
    dot = np.full(len(numbers), ".", dtype=object)
    return np.asarray(parts[0] + dot + parts[1] + dot + parts[2] + dot + parts[3], dtype=object)


def learn_phones(values: Sequence[str]) -> TextIdentifiers:
    """Return how to write phone numbers of the same form; ten-digit American ones get the fictitious exchange 555."""
    learned = learn_texts(values)
    return TextIdentifiers(tuple(_fictitious_phone(pattern) for pattern in learned.patterns), learned.shares)


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
    return TextIdentifiers(tuple(_never_issued(pattern) for pattern in learned.patterns), learned.shares)


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


def learn_cards(values: Sequence[str]) -> Checked:
    """Return how to write payment card numbers in the real lengths and groups, Luhn-valid, with test prefixes."""
    learned = learn_texts(values)
    patterns = []
    for pattern in learned.patterns:
        alphabets = list(pattern.alphabets)
        digits = [place for place, letters in enumerate(alphabets) if letters[0] in DIGITS]
        prefix = {14: "305693", 15: "378282"}.get(len(digits), "400000")
        for place, digit in zip(digits[:-1], prefix, strict=False):
            alphabets[place] = digit
        for place in digits[len(prefix) : -1]:
            alphabets[place] = DIGITS
        if digits:
            alphabets[digits[-1]] = "0"
        patterns.append(Pattern(tuple(alphabets)))
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
