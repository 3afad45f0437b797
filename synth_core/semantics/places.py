"""Where somebody lives: street addresses and postcodes, by form."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache

from synth_core.semantics.headers import plain
from synth_core.semantics.patterns import matches, mostly

_BEFORE = (
    r"rue|avenue|av|boulevard|bd|chemin|impasse|place|allee|quai|route|calle|c/|c|avenida|avda|plaza|paseo|ronda|camino"
    r"|via|viale|piazza|corso|strada|largo|vicolo|rua|travessa|ulica|ul|alameda|carrer|glorieta|canada|cuesta|pasadizo"
    r"|pasaje|rambla|urbanizacion|vial|acceso|callejon|cours|contrada|borgo|rotonda|canale|incrocio|stretto|unit|psc"
    r"|residencial|condominio|loteamento|ladeira|morro|parque|patio|quadra|sitio|trecho|trevo|vale|vereda|vila|viaduto"
    r"|chacara|conjunto|esplanada|fazenda|jardim|passarela|praca|praia|rodovia|aeroporto|colonia|al|pl|os|aleja|osiedle"
)
_AFTER = (
    r"street|st|road|rd|avenue|ave|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|pl|square|sq|terrace|close|crescent"
    r"|highway|hwy|parkway|pkwy|circle|cir|trail|trl|row|alley|grove|gardens|mews|hill|walk|gate"
)
_GROWN = (
    r"strasse|str\.?|gasse|allee|weg|platz|ring|damm|ufer|straat|laan|kade|plein|gracht|singel|dreef|steeg|hof|pad|dijk"
    r"|gatan|vagen|gade|vej|veien|gata|stigen|grand|torget|backen|stig|vag|katu|tie|boulevard|utca"
)
_HEADLESS = re.compile(
    rf"(\d+[a-z]?,? )?(bis |ter )?({_BEFORE})\.? .*|\d+[\w-]* .*\b({_AFTER})\b\.?.*|.*({_GROWN}) \d+.*"
    rf"|.*({_GROWN})(\b.*\d.*)?|.*[丁番]目?.*\d.*|.*\d+丁目.*|(flat|studio|unit|apt) \w+.*"
)
_STREET = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{2}).*[\s,].*|.*\d+(丁目|番|号).*", re.DOTALL)
_STREET_NAME = re.compile(r"[^\W_][^\W_]+[\w .'’/-]{1,60}")

# Postcodes that are told by their form, and those that need a header or a table about people beside them.
_TELLING = {
    "GB": r"[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2}",
    "CA": r"[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d",
    "NL": r"[1-9]\d{3} ?(?!S[ADS])[A-Z]{2}",
}
_BARE = {
    "five digits": r"\d{5}",
    "US": r"\d{5}-\d{4}",
    "JP": r"\d{3}-\d{4}",
    "BR": r"\d{5}-?\d{3}",
    "PT": r"\d{4}-\d{3}",
    "PL": r"\d{2}-\d{3}",
    "SE": r"\d{3} ?\d{2}",
}
_POSTCODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 .-]{2,10}")


def is_address(value: str) -> bool:
    """Whether this could be an address: words and a number."""
    return _STREET.fullmatch(value) is not None


def is_street(value: str) -> bool:
    """Whether this could be an address or the name of a street alone."""
    return is_address(value) or _STREET_NAME.fullmatch(value) is not None


def is_postcode(value: str) -> bool:
    """Whether this could be a postcode."""
    return _POSTCODE.fullmatch(value) is not None


def are_addresses(sample: Sequence[str]) -> bool:
    """Whether these are street addresses by their words ("Street", "rue", "-straat") and numbers alone."""
    if not mostly(lambda value: any(map(str.isdigit, value)), sample, 0.6):
        return False
    known = _suffixes()

    def address(value: str) -> bool:
        text = plain(value.replace("\n", ", "))
        if len(text) > 120 or not is_address(value):
            return False
        if _HEADLESS.fullmatch(text):
            return True
        words = re.findall(r"[^\W\d_]+", text)
        return bool(re.match(r"\d+[a-z]? ", text)) and any(word in known for word in words)

    return mostly(address, sample, 0.6)


@cache
def _suffixes() -> frozenset[str]:
    from faker.providers.address.en_US import Provider

    return frozenset(plain(word) for word in Provider.street_suffixes)


def are_postcodes(sample: Sequence[str], *, people: bool) -> bool:
    """Whether these are postcodes by form alone; with ``people`` (the table is about people) also bare digits.

    Bare digits count only when all have one length and some start with 0, as postcodes do and quantities do not.
    """
    if len(sample) < 20:
        return False
    for country, form in _TELLING.items():
        spaced = country != "NL" or any(" " in value for value in sample)
        if (spaced or people) and mostly(matches(form), sample, 0.95):
            return len({value[:2] for value in sample}) >= 5
    if not people:
        return False
    for form in _BARE.values():
        if mostly(matches(form), sample, 0.98):
            marked = any(not v.isdigit() for v in sample) or (len(sample[0]) == 5 and any(v[0] == "0" for v in sample))
            return marked and len({value[:2] for value in sample}) >= 8
    return False
