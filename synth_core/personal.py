"""Personal data made up from a number: names, addresses and contact details that belong to nobody.

Every writer is a pure function of numbers and a key. Where a range is reserved for examples it is used: RFC 2606
domains, RFC 5737 and RFC 3849 addresses.
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
    UPPER,
    Numbers,
    Texts,
    key_of,
    mix,
    permute,
    uniform,
)

_AHEAD = ("fr", "es", "it", "pt")  # languages whose streets begin with "rue", "calle", "via"
DOMAINS = ("example.com", "example.org", "example.net", "mail.example", "post.example", "mail.test")


@dataclass(frozen=True)
class Words:
    """Word lists of one locale (from Faker).

    Attributes
    ----------
    street, town
        What names of streets and of towns that may not exist end in.
    ahead
        What names of streets begin with.
    towns
        Towns that exist; empty where there is no list.
    """

    first: Texts
    first_shares: tuple[float, ...]
    last: Texts
    last_shares: tuple[float, ...]
    street: Texts
    town: Texts
    ahead: Texts
    towns: Texts


@cache
def words(locale: str = "en_US") -> Words:
    """Return the word lists of ``locale``; what a locale lacks is taken from en_US."""
    first, first_shares = _listed("person", locale, "first_names", "first_names_male", "first_names_female")
    last, last_shares = _listed("person", locale, "last_names")
    place = _provider("address", locale)
    street = _texts_of(place, "street_suffixes_short", "street_suffixes")
    if list(street) == ["Street"] and locale not in ("ja_JP",):
        street, _ = _listed("address", "en_US", "street_suffixes")
    ahead = _texts_of(place, *(("street_suffixes",) if locale == "it_IT" else ("street_prefixes",)))
    ahead = ahead if locale[:2] in _AHEAD else np.array([], dtype=object)
    town, _ = _listed("address", locale, "city_suffixes")
    return Words(first, first_shares, last, last_shares, street, town, ahead, _texts_of(place, "cities", "city_names"))


def _texts_of(provider: Any, *names: str) -> Texts:
    """Return the first list that there is, without repeats, in its order."""
    for name in names:
        if found := getattr(provider, name, None):
            return np.array(list(dict.fromkeys(str(word) for word in found)), dtype=object)
    return np.array([], dtype=object)


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
    second
        Second family names, where they are written.
    """

    first: Texts
    last: Texts
    middle: Texts | None = None
    second: Texts | None = None

    @property
    def full(self) -> Texts:
        """First name, initial if any, last name."""
        between = " " if self.middle is None else self.middle
        return np.asarray(self.first + between + self.last, dtype=object)

    @property
    def turned(self) -> Texts:
        """Last name, initial if any, first name."""
        between = " " if self.middle is None else self.middle
        return np.asarray(self.last + between + self.first, dtype=object)

    @property
    def family_first(self) -> Texts:
        """Last name, comma, first name, initial if any."""
        initial = "" if self.middle is None else np.array([part.rstrip() for part in self.middle], dtype=object)
        return np.asarray(self.last + ", " + self.first + initial, dtype=object)


def people(
    numbers: Numbers, key: int, *, locale: str = "en_US", distinct: bool = False, second: bool = False
) -> People:
    """Return a person for each number; with ``distinct`` no two full names are the same.

    Names are drawn as often as they occur in the locale; distinct ones evenly, because the frequent
    combinations are soon used up (690,000 in en_US, then with an initial).
    """
    lists = words(locale)
    further = draw(lists.last, lists.last_shares, numbers, key_of(key, "second")) if second else None
    if not distinct:
        first = draw(lists.first, lists.first_shares, numbers, key_of(key, "first"))
        return People(first, draw(lists.last, lists.last_shares, numbers, key_of(key, "last")), second=further)
    size = len(lists.first) * len(lists.last)
    rounds = (numbers // np.uint64(size)).astype(np.int64)
    codes = permute(numbers % np.uint64(size), size, key)
    count = np.uint64(len(lists.last))
    initials = np.array([" ", *(f" {_letters(turn)}. " for turn in range(int(rounds.max(initial=0))))], dtype=object)
    first, last = lists.first[(codes // count).astype(np.int64)], lists.last[(codes % count).astype(np.int64)]
    return People(first, last, initials[rounds], further)


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


def _japanese_address(numbers: Numbers, key: int) -> Texts:
    parts = [pick(words("ja_JP").towns, numbers, key_of(key, "town"))]
    for place, unit, highest in (("block", "丁目", 40), ("lot", "番", 30), ("house", "号", 25)):
        count = as_text(np.uint64(1) + mix(numbers, key_of(key, place)) % np.uint64(highest))
        parts.append(count + np.full(len(numbers), unit, dtype=object))
    return np.asarray(parts[0] + parts[1] + parts[2] + parts[3], dtype=object)


def username(numbers: Numbers, key: int, person: People) -> Texts:
    """Return user names after the names of ``person``, all different."""
    initial = np.array([name[:1] for name in _plain(person.first)], dtype=object)
    return np.asarray(initial + _plain(person.last) + as_text(scattered(numbers, key)), dtype=object)


def street_address(numbers: Numbers, key: int, locale: str = "en_US", *, number: bool = True) -> Texts:
    """Return house number and street, or the street alone."""
    lists = words(locale)
    if locale == "ja_JP":
        return _japanese_address(numbers, key)
    highest = np.uint64(4999 if locale.startswith("en") else 199)
    house = as_text(np.uint64(1) + mix(numbers, key_of(key, "house")) % highest)
    name = pick(lists.last, numbers, key_of(key, "street"))
    suffix = pick(lists.street, numbers, key_of(key, "suffix"))
    gap = np.full(len(numbers), "" if _grows_together(lists.street) else " ", dtype=object)
    blank = np.full(len(numbers), " ", dtype=object)
    if len(lists.ahead):  # "Calle Mayor 5", "5 rue Martin"
        named = pick(lists.ahead, numbers, key_of(key, "suffix")) + blank + name
    else:
        named = name + gap + suffix
    if not number:
        return np.asarray(named, dtype=object)
    if locale.startswith(("en", "fr")):
        return np.asarray(house + blank + named, dtype=object)
    return np.asarray(named + blank + house, dtype=object)


def city(numbers: Numbers, key: int, locale: str = "en_US") -> Texts:
    """Return names of towns that may or may not exist."""
    lists = words(locale)
    if len(lists.towns):
        return pick(lists.towns, numbers, key_of(key, "town"))
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
