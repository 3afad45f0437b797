"""Which locale's words a table's people are made of: told from its names, accounts, phones and ids, never copied."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from synth_core.semantics.names import LOCALES, lists_of, name_words
from synth_core.semantics.national import scheme_of
from synth_core.table import Role, Table

DEFAULT = "en_US"
_NAMES = ("person_name", "first_name", "last_name")
_SAMPLE = 400
_SURE = 0.5
_BY_COUNTRY = {
    "US": "en_US", "GB": "en_GB", "DE": "de_DE", "AT": "de_AT", "CH": "de_CH",
    "FR": "fr_FR", "ES": "es_ES", "MX": "es_MX",
    "NL": "nl_NL", "BE": "nl_BE", "IT": "it_IT", "BR": "pt_BR", "PT": "pt_PT", "SE": "sv_SE",
    "DK": "da_DK", "NO": "no_NO",
    "FI": "fi_FI", "CZ": "cs_CZ", "HU": "hu_HU", "RO": "ro_RO",
    "TR": "tr_TR", "GR": "el_GR", "IN": "en_IN", "JP": "ja_JP",
}  # fmt: skip
_BY_CODE = {
    "1": "US", "44": "GB", "49": "DE", "43": "AT", "41": "CH", "33": "FR", "34": "ES", "52": "MX", "31": "NL",
    "32": "BE", "39": "IT", "55": "BR", "351": "PT", "46": "SE", "45": "DK", "47": "NO", "358": "FI", "420": "CZ",
    "36": "HU", "40": "RO", "90": "TR", "30": "GR", "91": "IN", "81": "JP",
}  # fmt: skip


def locale_of(table: Table) -> str:
    """Return the locale of Faker's that the table's people belong to; en_US when nothing tells.

    Names decide where there are some; else the country that most IBANs, phone numbers or national ids are of.
    """
    names: list[str] = []
    countries: Counter[str] = Counter()
    for column in table.columns:
        if column.semantic is None or column.role is Role.DROP:
            continue
        values = [str(v).strip() for v in table.frame[column.name].dropna().unique()[:_SAMPLE]]
        if column.semantic in _NAMES:
            names += [word for value in values for word in name_words(value)]
        elif (country := _country(column.semantic, values)) is not None:
            countries[country] += 1
    found = _by_names(names)
    if found is None and countries:
        found = _BY_COUNTRY.get(countries.most_common(1)[0][0])
    return found or DEFAULT


def _by_names(words: Sequence[str]) -> str | None:
    """Return the locale that knows most of the names; the first of the equally good ones."""
    distinct = set(words)
    if len(distinct) < 10:
        return None
    shares = {}
    for locale in LOCALES:
        known = lists_of(locale)
        if len(known.last) >= 40 and len(known.first) >= 40:
            shares[locale] = sum(word in known.first or word in known.last for word in distinct) / len(distinct)
    best = max(shares.values())
    if best < 0.2:
        return None
    return next(locale for locale, part in shares.items() if part >= 0.95 * best)


def _country(semantic: str, values: Sequence[str]) -> str | None:
    if semantic == "iban":
        return _most([value[:2].upper() for value in values], len(values))
    if semantic == "phone":
        codes = [match.group(1) for value in values if (match := re.match(r"(?:\+|00)(\d{1,3})", value))]
        return _most([_BY_CODE[c[:n]] for c in codes for n in (3, 2, 1) if c[:n] in _BY_CODE], len(values))
    if semantic == "national_id" and len(values) >= 5:
        scheme = scheme_of(values)
        return None if scheme is None else scheme.country
    return None


def _most(found: Sequence[str], rows: int) -> str | None:
    if not found:
        return None
    country, count = Counter(found).most_common(1)[0]
    return country if country in _BY_COUNTRY and count >= _SURE * rows else None
