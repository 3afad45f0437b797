"""The kinds of personal data, their names, and how they are said in a sentence."""

from __future__ import annotations

SEMANTICS: dict[str, str] = {
    "email": "an e-mail address",
    "phone": "a phone number",
    "person_name": "a person's name",
    "first_name": "a first name",
    "last_name": "a family name",
    "username": "a user name",
    "street_address": "a street address",
    "house_number": "a house number",
    "postcode": "a postcode",
    "city": "a town",
    "location": "the coordinates of a home",
    "national_id": "a national or social security number",
    "document_number": "a passport, driving licence or other document number",
    "licence_plate": "a licence plate",
    "iban": "a bank account (IBAN)",
    "card_number": "a payment card number",
    "ip_address": "an IP address",
    "mac_address": "a network card's address (MAC)",
    "device_id": "a phone's serial number (IMEI)",
    "url": "a web address",
    "date_of_birth": "a date of birth",
}

TITLES: dict[str, str] = {
    "email": "e-mail",
    "iban": "IBAN",
    "ip_address": "IP address",
    "mac_address": "MAC address",
    "url": "web address",
    "national_id": "national ID",
    "location": "home coordinates",
    "last_name": "family name",
    "device_id": "IMEI",
}

# These stay dates or numbers: made anew from a blurred distribution, not written as text.
KEEPS_KIND = frozenset(["date_of_birth", "location"])

# A table with one of these is a table about people.
ABOUT_PEOPLE = frozenset([
    "email", "phone", "person_name", "first_name", "last_name", "username", "street_address", "national_id",
    "document_number", "date_of_birth", "iban",
])  # fmt: skip


def title(semantic: str) -> str:
    """Return the name of a kind of personal data, as a page shows it.

    >>> title("iban"), title("person_name")
    ('IBAN', 'person name')
    """
    return TITLES.get(semantic, semantic.replace("_", " "))
