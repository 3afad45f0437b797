"""Personal data from a schema alone: the same writers as for a real table, in forms that we wrote down ourselves."""

from __future__ import annotations

from typing import Any

import numpy as np

from synth_core import personal as made
from synth_core.errors import SchemaError
from synth_core.identifiers import TextIdentifiers, learn_texts
from synth_core.regenerate import documents
from synth_core.regenerate.forms import AddressForm, NameForm
from synth_core.regenerate.plan import ColumnPlan
from synth_core.testdata.schema import ColumnSpec

_SAMPLES = 60  # enough for a shared prefix to count as part of the form
_COUNTRY = {"en_IN": "IN", "ja_JP": "JP", "sv_SE": "SE", "da_DK": "DK", "cs_CZ": "CZ", "el_GR": "GR"}
# bank accounts by country: 9 a digit, A a letter (ISO 13616)
_IBANS = {
    "DE": "99" + "9" * 18, "AT": "99" + "9" * 16, "CH": "99" + "9" * 17, "FR": "99" + "9" * 23, "ES": "99" + "9" * 20,
    "NL": "99" + "AAAA" + "9" * 10, "BE": "99" + "9" * 12, "IT": "99" + "A" + "9" * 22, "GB": "99" + "AAAA" + "9" * 14,
    "PT": "99" + "9" * 21, "PL": "99" + "9" * 24, "SE": "99" + "9" * 20, "DK": "99" + "9" * 14, "NO": "99" + "9" * 11,
    "FI": "99" + "9" * 14, "CZ": "99" + "9" * 20, "HU": "99" + "9" * 24, "RO": "99" + "AAAA" + "9" * 16,
    "GR": "99" + "9" * 23, "TR": "99" + "9" * 22,
}  # fmt: skip
_POSTCODES = {
    "GB": "AA9 9AA", "NL": "9999 AA", "AT": "9999", "CH": "9999", "BE": "9999", "DK": "9999", "NO": "9999",
    "HU": "9999", "PT": "9999-999", "PL": "99-999", "BR": "99999-999", "SE": "999 99", "CZ": "999 99", "GR": "999 99",
    "JP": "999-9999", "IN": "999999", "RO": "999999", "CA": "A9A 9A9", "CN": "999999",
}  # fmt: skip
_IDS = {
    "US": "999-99-9999", "GB": "AA999999A", "DE": "99999999999", "FR": "999999999999999", "ES": "99999999A",
    "NL": "999999999", "IT": "AAAAAA99A99A999A", "BE": "99.99.99-999.99", "SE": "999999-9999", "DK": "999999-9999",
    "NO": "99999999999", "PL": "99999999999", "AT": "9999999999", "BR": "999.999.999-99", "IN": "9999 9999 9999",
    "FI": "999999-999A", "CH": "756.9999.9999.99", "PT": "999999999", "CZ": "999999/9999", "RO": "9999999999999",
}  # fmt: skip


def plan_of(spec: ColumnSpec) -> ColumnPlan:
    """Return how to make a personal column of a schema.

    Raises
    ------
    SchemaError
        Nothing is known of this kind of data for the column's locale.
    """
    writer, options = _writer(spec)
    made.words(spec.locale)
    return ColumnPlan(spec.column, spec.personal, 0.0, None, spec.unique, None, writer, options)


def check_personal(spec: ColumnSpec) -> None:
    """Raise :class:`SchemaError` where nothing is known of this kind of data for the column's locale."""
    forms = {"iban": _IBANS, "national_id": _IDS}.get(spec.personal)
    if forms is not None:
        _known(forms, spec.locale[-2:], spec)


def _writer(spec: ColumnSpec) -> tuple[Any, dict[str, Any]]:
    what, country = spec.personal, spec.locale[-2:]
    if what in ("person_name", "first_name", "last_name", "city"):
        return NameForm(surnames=2 if spec.locale[:2] == "es" and what != "city" else 1), {}
    if what == "street_address":
        return AddressForm(), {}
    if what in ("email", "url"):
        return None, {"domains": made.DOMAINS[:3]}
    if what == "ip_address":
        return None, {"six": False}
    if what == "uuid":
        return None, {"upper": False, "dashes": True}
    if what == "username":
        return None, {}
    if what == "phone":
        return documents.learn_phones(_phones(country)), {}
    if what == "card_number":
        return documents.learn_cards(_filled("9999 9999 9999 9999")), {}
    if what == "mac_address":
        return documents.learn_macs(["00:1a:2b:3c:4d:5e"]), {}
    if what == "iban":
        body = _known(_IBANS, country, spec)
        return documents.learn_ibans([country + text for text in _filled(body)]), {}
    if what == "postcode":
        return _anything(_POSTCODES.get(country, "99999")), {}
    return documents.learn_national_ids(_filled(_known(_IDS, country, spec))), {}


def _known(forms: dict[str, str], country: str, spec: ColumnSpec) -> str:
    if country not in forms:
        raise SchemaError(
            f"no {spec.personal.replace('_', ' ')} is known for locale {spec.locale}. Give its "
            f"'format' instead, or a locale of {', '.join(sorted(forms))}."
        )
    return forms[country]


def _filled(form: str) -> list[str]:
    """Return texts of this form that share no more than its fixed signs; none of them belongs to anybody."""
    rng = np.random.default_rng(len(form))
    letters = {"9": "123456789", "A": "ABCDEFGHJKLMNPRSTUVWXYZ"}
    return ["".join(str(rng.choice(list(letters[s]))) if s in letters else s for s in form) for _ in range(_SAMPLES)]


def _anything(form: str) -> TextIdentifiers:
    return learn_texts(_filled(form), avoid=False)


def _phones(country: str) -> list[str]:
    """Return numbers in the international form of a country, each with other digits after the calling code."""
    import phonenumbers

    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return _filled("+1 999 999 9999")
    text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
    code, _, rest = text.partition(" ")
    form = "".join("9" if sign.isdigit() else sign for sign in rest)
    return [f"{code} {tail}" for tail in _filled(form)]
