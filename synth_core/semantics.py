"""Which columns look like personal data, from their header and from the pattern of their values."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

SEMANTICS: dict[str, str] = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "person_name": "a person's name",
    "first_name": "a first name",
    "last_name": "a family name",
    "street_address": "a street address",
    "postcode": "a postcode",
    "national_id": "a national or social security number",
    "iban": "a bank account (IBAN)",
    "card_number": "a payment card number",
    "ip_address": "an IP address",
    "url": "a web address",
    "date_of_birth": "a date of birth",
}

_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[A-Za-z]{2,}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_IP = re.compile(r"((25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(25[0-5]|2[0-4]\d|1?\d?\d)|(?=.*::|(.*:){7})[0-9A-Fa-f:]{3,39}")
_URL = re.compile(r"(https?://|www\.)\S+")
_PHONE = re.compile(r"(\+|00)\d[\d ()./-]{6,}|\(\d{2,5}\) ?\d[\d .-]{4,}|\d{3}[-. ]\d{3}[-. ]\d{4}( ?x\d+)?")
_LOOSE_PHONE = re.compile(r"\+?[\d ()./x-]{7,25}")
_STREET = re.compile(r"(?=.*\d)(?=.*[^\W\d_]{2}).*\s.*")
_POSTCODE = re.compile(r"(?=.*\d)[A-Za-z0-9][A-Za-z0-9 .-]{2,10}")
_NATIONAL = re.compile(r"(?=(.*\d){4})[A-Za-z0-9 ./-]{5,20}")
_NAME = re.compile(r"[^\W\d_][\w.'’ ,-]{0,60}")
_ORGANISATION = re.compile(
    r"\b(inc|llc|ltd|corp|gmbh|ag|plc|co|company|hospital|health|clinic|center|centre|medical|bank|group|services?"
    r"|university|school|institute|department|insurance|association)\b",
    re.IGNORECASE,
)
_PERSONS = frozenset([
    "full", "person", "people", "customer", "patient", "client", "employee", "member", "student", "doctor",
    "physician", "user", "contact", "owner", "applicant", "guest", "passenger", "holder", "cardholder", "cust",
    "emp", "borrower", "donor", "beneficiary", "insured", "policyholder", "author", "nurse",
])  # fmt: skip


def header_words(name: str) -> list[str]:
    """Return the words of a header in lower case.

    >>> header_words("PatientFirst_name2")
    ['patient', 'first', 'name']
    """
    return [part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+", name)]


def from_header(name: str) -> str | None:
    """Return what the header claims to be, or None; values must agree before anything is flagged."""
    words = header_words(name)
    joined = " ".join(words)
    has = set(words).intersection
    if has({"email", "mail"}) and not has({"mailing", "type", "opt"}):
        return "email"
    if has({"iban"}):
        return "iban"
    if joined in ("ip", "ip address", "ip addr", "ipaddress", "client ip", "remote ip"):
        return "ip_address"
    if has({"ssn", "nino", "bsn", "passport", "drivers", "personnummer", "cpr"}) or re.search(
        r"social security|national (id|number|insurance)|driver.? licen|tax (id|number)|nhs (no|number)", joined
    ):
        return "national_id"
    if has({"phone", "telephone", "mobile", "cellphone", "tel", "fax", "telefon", "handy"}):
        return "phone"
    if has({"zip", "zipcode", "postcode", "postal", "plz", "postleitzahl"}):
        return "postcode"
    if has({"street", "address", "addr", "strasse", "straße"}) and not has({"type", "change", "status"}):
        return "street_address"
    if re.search(r"\b(dob|birth ?date|date of birth|birthday|geburtsdatum|birth day)\b", joined):
        return "date_of_birth"
    if re.search(r"\b(card|pan) ?(number|no|nr|num)\b|\bcc ?num|^pan$", joined):
        return "card_number"
    return _name_header(words, joined)


def _name_header(words: list[str], joined: str) -> str | None:
    if re.search(r"\b(first|given|fore|middle|christian) ?name\b|\bvorname\b|^(first|fname)$", joined):
        return "first_name"
    if re.search(r"\b(last|family|sur|maiden) ?name\b|\bnachname\b|^(last|maiden|lname)$", joined):
        return "last_name"
    if joined in ("name", "names", "fullname") or (words[-1:] == ["name"] and _PERSONS.intersection(words)):
        return "person_name"
    return None


def luhn(number: str) -> bool:
    """Whether the digits end in a right Luhn check digit.

    >>> luhn("4539 1488 0343 6467"), luhn("4539148803436468")
    (True, False)
    """
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return len(digits) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_card(value: str) -> bool:
    digits = value.replace(" ", "").replace("-", "")
    return digits.isdigit() and 13 <= len(digits) <= 19 and digits[0] in "23456" and luhn(digits)


def _is_iban(value: str) -> bool:
    compact = value.replace(" ", "")
    if not _IBAN.fullmatch(compact):
        return False
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _matches(pattern: str | re.Pattern[str]) -> Callable[[str], bool]:
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


# By value alone: patterns that ordinary categories and measurements do not have.
_BY_VALUE: dict[str, Callable[[str], bool]] = {
    "email": _matches(_EMAIL),
    "iban": _is_iban,
    "card_number": _is_card,
    "national_id": _matches(_SSN),
    "ip_address": _matches(_IP),
    "url": _matches(_URL),
    "phone": _matches(_PHONE),
}

# With a header that says so, looser patterns are enough.
_BY_HEADER: dict[str, Callable[[str], bool]] = _BY_VALUE | {
    "iban": _matches(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 ]{8,36}"),
    "card_number": _matches(r"[\d *Xx-]{8,23}"),
    "national_id": _matches(_NATIONAL),
    "phone": _matches(_LOOSE_PHONE),
    "postcode": _matches(_POSTCODE),
    "street_address": _matches(_STREET),
    "person_name": lambda value: _NAME.fullmatch(value) is not None and _ORGANISATION.search(value) is None,
    "first_name": _matches(_NAME),
    "last_name": _matches(_NAME),
}


def detect(name: str, sample: Sequence[str], distinct: int, present: int) -> str | None:
    """Return the semantic of a text or number column that looks like personal data, else None.

    Parameters
    ----------
    sample
        Some of the distinct values, without spaces around them.
    distinct, present
        Distinct values, and cells that are not missing: a column of few values is never personal.
    """
    if not sample or not (distinct >= 20 or (distinct >= 3 and distinct > 0.5 * present)):
        return None
    claimed = from_header(name)
    plain = claimed == "person_name" and header_words(name) in (["name"], ["names"])
    if plain and _share(lambda value: " " in value, sample) < 0.6:  # "Medicare": a thing with a name, not a person
        claimed = None
    if claimed in _BY_HEADER and _share(_BY_HEADER[claimed], sample) >= 0.6:
        return claimed
    if distinct < 5:
        return None
    return next((what for what, test in _BY_VALUE.items() if _share(test, sample) >= 0.85), None)


def _share(test: Callable[[str], bool], sample: Sequence[str]) -> float:
    return sum(1 for value in sample if test(value)) / len(sample)
