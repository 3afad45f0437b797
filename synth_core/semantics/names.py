"""Names of people by their values: word lists of many locales, against lists of places, trades and things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from synth_core.semantics.headers import plain

LOCALES = (
    "en_US", "en_GB", "en_IN", "de_DE", "de_AT", "de_CH", "fr_FR", "fr_CA", "fr_CH", "es_ES", "es_MX", "nl_NL",
    "nl_BE", "it_IT", "pt_BR", "pt_PT", "pl_PL", "sv_SE", "da_DK", "no_NO", "fi_FI", "cs_CZ", "hu_HU", "ro_RO",
    "tr_TR", "el_GR", "ru_RU", "ja_JP", "zh_CN", "ko_KR", "hi_IN", "ar_AA", "id_ID",
)  # fmt: skip
_TITLES = frozenset([
    "dr", "prof", "mr", "mrs", "ms", "miss", "mx", "herr", "frau", "hr", "fr", "univ", "dipl", "ing", "mag", "med",
    "phd", "md", "dds", "dvm", "mba", "bsc", "msc", "ba", "ma", "jr", "sr", "ii", "iii", "iv", "sra", "srta", "don",
    "dona", "dott", "dottssa", "sig", "sigra", "mme", "mlle", "m", "drs", "mevr", "dhr", "bc", "b", "sc", "rev", "sir",
    "lady",
])  # fmt: skip
_PARTICLES = frozenset([
    "de", "del", "della", "di", "da", "do", "dos", "das", "la", "le", "les", "du", "van", "der", "den", "von", "zu",
    "zum", "ten", "ter", "y", "e", "el", "al", "bin", "ben", "mc", "st", "san", "santa", "of", "i", "het",
])  # fmt: skip
_ORGANISATION = re.compile(
    r"\b(inc|llc|ltd|corp|gmbh|ag|plc|co|company|hospital|health|clinic|center|centre|medical|bank|group|services?"
    r"|university|school|institute|department|insurance|association|sarl|sas|sa|spa|srl|bv|nv|kg|kgaa|ohg|gbr|ug|ev|partners"
    r"|holding|and|und|et|und|zonen|sons|hotel|club|foundation|stiftung|stichting|asociados|hijos|figli|grupo|groep|eurl|sci"
    r"|slu|slne|sll|cie|hermanos|&)\b|[&+]"
)
_PLACE = re.compile(
    r"\b(saint|sainte|sur|sous|les|los|las|ville|bains|bourg|port|lake|north|south|east|west|new|fort|mount|upper|lower|bad"
    r"|river|park|city|beach|valley|springs|county|island)\b"
)
# Large cities, of which the lists of Faker's English locales have none; many are first or family names as well.
_CITIES = frozenset([
    "amsterdam", "athens", "atlanta", "aurora", "austin", "bakersfield", "baltimore", "beijing", "berlin", "bogota",
    "boise", "boston", "bristol", "brussels", "cairo", "calgary", "chandler", "charlotte", "chicago", "cincinnati",
    "cleveland", "columbus", "dallas", "denver", "detroit", "dublin", "durham", "edinburgh", "florence", "fresno",
    "garland", "geneva", "glasgow", "glendale", "hamilton", "havana", "henderson", "hialeah", "honolulu", "houston",
    "indianapolis", "irvine", "irving", "jackson", "jacksonville", "jakarta", "kingston", "laredo", "leeds",
    "lexington", "lima", "lincoln", "lisbon", "liverpool", "london", "louisville", "lubbock", "madison", "madrid",
    "manchester", "melbourne", "memphis", "mesa", "miami", "milan", "milwaukee", "minneapolis", "montreal", "moscow",
    "nairobi", "naples", "nashville", "newark", "newcastle", "norfolk", "oakland", "omaha", "orlando", "oslo",
    "oxford", "paris", "perth", "philadelphia", "phoenix", "pittsburgh", "plano", "portland", "prague", "quito",
    "raleigh", "reno", "richmond", "riverside", "rome", "sacramento", "savannah", "scottsdale", "seattle", "seoul",
    "sheffield", "stockholm", "sydney", "tampa", "tokyo", "toledo", "toronto", "tucson", "tulsa", "turin", "vancouver",
    "venice", "victoria", "vienna", "warsaw", "washington", "wellington", "wichita", "windsor", "york", "zurich",
])  # fmt: skip
_DIGITS_BEHIND = re.compile(r"(?<=[^\W\d_])\d{1,4}(?!\w)")
_DOMAIN = re.compile(r"\w{2,}\.[a-z]{2,4}$")
_FORM = re.compile(r"[^\W\d_][^\d_@:;/\\()\[\]{}<>=?!*#%$€\"|]{0,60}")


@dataclass(frozen=True)
class Lists:
    """Words without accents in small letters: first names, family names, and names of other things."""

    first: frozenset[str]
    last: frozenset[str]
    other: frozenset[str]

    @cached_property
    def run_together(self) -> frozenset[str]:
        """Names of four letters and more as they stand in user names."""
        return frozenset(
            re.sub("[ '-]", "", name) for name in self.first | self.last if len(name) > 3 and name.isascii()
        )


@cache
def lists() -> Lists:
    """Return the word lists of all locales (from Faker; half a second the first time)."""
    known = [lists_of(locale) for locale in LOCALES]
    other: set[str] = set()
    for locale in LOCALES:
        other.update(_words(_provider("address", locale), "cities", "city_names", "countries", "states", "regions"))
    other.update(_CITIES)
    for topic, names in (("color", ("all_colors",)), ("job", ("jobs",))):
        other.update(_words(_provider(topic, "en_US"), *names))
    first, last = (part.first for part in known), (part.last for part in known)
    return Lists(frozenset().union(*first), frozenset().union(*last), frozenset(other))


@cache
def lists_of(locale: str) -> Lists:
    """Return the names of one locale, without other things."""
    person = _provider("person", locale)
    first = _words(person, "first_names", "first_names_male", "first_names_female")
    return Lists(
        frozenset(first), frozenset(_words(person, "last_names", "last_names_male", "last_names_female")), frozenset()
    )


def _provider(topic: str, locale: str) -> Any:
    try:
        return import_module(f"faker.providers.{topic}.{locale}").Provider
    except ModuleNotFoundError:
        return import_module(f"faker.providers.{topic}").Provider


def _words(provider: Any, *names: str) -> Iterable[str]:
    for name in names:
        for word in getattr(provider, name, None) or ():
            if isinstance(word, str):
                yield plain(word)


@dataclass(frozen=True)
class _Evidence:
    """Shares of the values: in the form of a name, one word, with a first name, a family name, or another thing.

    ``firsts``, ``lasts``: no word is anything else ("Anna Maria", "Garcia Lopez").
    """

    formed: float
    single: float
    first: float
    last: float
    both: float
    firsts: float
    lasts: float
    other: float
    organisation: float
    tails: float


def name_words(value: str) -> list[str]:
    """Return the words of a name: without accents, titles, particles, initials and the digits behind.

    >>> name_words("Dr. Anna M. van der Meer")
    ['anna', 'meer']
    """
    words = (word.strip(".'’-") for word in re.split(r"[\s,]+", plain(value)))
    kept = [re.sub(r"\d+$", "", word) for word in words]
    return [w for w in kept if (len(w) > 1 or not w.isascii()) and w and w not in _TITLES and w not in _PARTICLES]


def _evidence(sample: Sequence[str]) -> _Evidence:
    known = lists()
    told = ("formed", "single", "first", "last", "both", "firsts", "lasts", "other", "organisation")
    counts: dict[str, int] = dict.fromkeys(told, 0)
    tails: dict[str, int] = {}
    for value in sample:
        words = name_words(value)
        counts["formed"] += is_name(value) and 1 <= len(words) <= 5 and len(value) <= 50
        counts["single"] += len(words) == 1
        firsts = [_part_of(word, known.first) for word in words]
        lasts = [_part_of(word, known.last) for word in words]
        counts["first"] += any(firsts)
        counts["last"] += any(lasts)
        counts["firsts"] += bool(firsts) and all(firsts)
        counts["lasts"] += bool(lasts) and all(lasts)
        counts["both"] += len(words) > 1 and any(a and any(lasts[:i] + lasts[i + 1 :]) for i, a in enumerate(firsts))
        counts["other"] += plain(value) in known.other
        counts["organisation"] += _is_group(plain(value))
        if len(words) > 1:
            for tail in (words[-1], words[0]):
                tails[tail] = tails.get(tail, 0) + 1
    size = max(len(sample), 1)
    return _Evidence(
        **{key: count / size for key, count in counts.items()}, tails=max(tails.values(), default=0) / size
    )


def _part_of(word: str, known: frozenset[str]) -> bool:
    return word in known or ("-" in word and any(part in known for part in word.split("-") if len(part) > 2))


def names_in(sample: Sequence[str], *, doubtful: bool = False) -> str | None:
    """Return "first_name", "last_name" or "person_name" when these values are names of people, else None.

    Parameters
    ----------
    doubtful
        The header speaks of something else as well ("department head"): twice the evidence is needed.
    """
    if len(sample) < 8 or sum(map(is_name, sample[:40])) < 0.8 * len(sample[:40]):
        return None
    seen = _evidence(sample)
    if seen.formed < 0.85 or seen.organisation > 0.2:
        return None
    strict = 2.0 if doubtful else 1.0
    if seen.single >= 0.6:
        strength = max(seen.first, seen.last)
        surely = strength - 1.64 * (strength * (1 - strength) / len(sample)) ** 0.5
        enough = 0.2 if seen.single >= 0.9 else 0.35  # towns have two words more often
        if surely < enough * strict or seen.other > 0.6 * strength:
            return None
        return "first_name" if seen.first >= seen.last else "last_name"
    return _several_words(seen, strict)


def are_known(sample: Sequence[str]) -> bool:
    """Whether these few values are names: all in the form of one, and most in the word lists and nothing else."""
    known = lists()
    names = known.first | known.last

    def is_known(value: str) -> bool:
        return plain(value) not in known.other and any(_part_of(word, names) for word in name_words(value))

    return all(map(is_person, sample)) and sum(map(is_known, sample)) >= 0.6 * len(sample)


def _several_words(seen: _Evidence, strict: float) -> str | None:
    """First and family name in one cell, or double ones ("Garcia Lopez")."""
    if seen.tails > 0.3 or seen.other > 0.2:
        return None
    either, pairs = max(seen.first, seen.last), seen.both >= 0.1 * strict
    if (pairs and either >= 0.35 * strict) or (seen.first >= 0.35 * strict and seen.single < 0.1 and seen.tails < 0.1):
        return "person_name"
    if seen.last >= 0.45 * strict and seen.first < 0.5 * seen.last and seen.lasts >= 0.5 * seen.last:
        return "last_name"
    firsts = seen.first >= 0.45 * strict and seen.last < 0.5 * seen.first and seen.firsts >= 0.5 * seen.first
    return "first_name" if firsts else None


def _is_group(text: str) -> bool:
    return _ORGANISATION.search(text) is not None or _PLACE.search(text) is not None


def is_person(value: str) -> bool:
    """Whether this has the form of a person's name and not of a firm's."""
    return is_name(value) and _ORGANISATION.search(plain(value)) is None


def is_name(value: str) -> bool:
    """Whether this has the form of a name or a part of one."""
    return _FORM.fullmatch(_DIGITS_BEHIND.sub("", value)) is not None and _DOMAIN.search(value) is None


def are_usernames(sample: Sequence[str]) -> bool:
    """Whether these are user names: one small word each, mostly with a family or first name inside ("jsmith23")."""
    if len(sample) < 20 or not all(re.fullmatch(r"[a-z0-9._-]{2,30}", value) for value in sample[:30]):
        return False
    names = lists().run_together

    def holds(value: str) -> bool:
        word = re.sub(r"[\d._-]", "", value)
        return word[1:] in names or any(word[:cut] in names and word[cut:] in names for cut in range(3, len(word) - 2))

    return sum(map(holds, sample)) >= 0.15 * len(sample)
