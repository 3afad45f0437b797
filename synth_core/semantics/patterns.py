"""Forms of single values: e-mail addresses, phone numbers, accounts, cards, addresses of machines, plates."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

Test = Callable[[str], bool]

_OCTET = r"(25[0-5]|2[0-4]\d|1?\d?\d)"
_EMAIL = re.compile(r"[^@\s,;]+@[^@\s,;]+\.[^\W\d_]{2,}")
_IBAN = re.compile(r"[A-Z]{2}\d{2}[A-Z0-9]{11,30}")
_SSN = re.compile(r"\d{3}-\d{2}-\d{4}")
_IP4 = re.compile(rf"({_OCTET}\.){{3}}{_OCTET}(/\d{{1,2}})?")
_IP6 = re.compile(r"(?=.*::|(.*:){7})[0-9A-Fa-f:]{3,39}")
_URL = re.compile(r"(https?://|www\.)\S+")
_MAC = re.compile(r"([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}|([0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}")
_STRICT_PHONE = re.compile(
    r"(\+|00)[1-9][\d ()./-]{6,}( ?(x|ext\.?) ?\d+)?|\+?\d{0,4}[ -]?\(\d{2,5}\) ?\d[\d .-]{4,}( ?x\d+)?"
    r"|(00?1[-. ])?\d{3}[-. ]\d{3}[-. ]\d{4}( ?x\d+)?|0[1-9]\d{0,4}[ /-]\d[\d ./-]{4,10}|0[1-9]\d{7,9}"
    r"|0\d{1,4}-\d{1,4}-\d{4}|0\d{3} \d{6,7}"
)
_LOOSE_PHONE = re.compile(r"\+?[\d ()./x-]{7,26}")
_NOT_PHONE = re.compile(
    r"\d{4}[-/.]\d\d?[-/.]\d\d?( .*)?|\d\d?[-/.]\d\d?[-/.]\d{2,4}|\d*\.\d*|97[89][- ].*|[0-9-]{16,}"
)
_PLATE = re.compile(r"(?=.*\d)[^\W_][\w .・-]{2,14}")
_DOCUMENT = re.compile(r"(?=(.*\d){3})[A-Za-z0-9][A-Za-z0-9 ./*-]{3,24}")
_NATIONAL = re.compile(r"(?=(.*\d){4})[A-Za-z0-9+][A-Za-z0-9 ./+-]{4,20}")
_USER = re.compile(r"@?[^\W\d_][\w.+@-]{1,40}|[\d]+[\w.-]*[^\W\d_][\w.-]*")


def matches(pattern: str | re.Pattern[str]) -> Test:
    """Return a test whether a whole value has this form."""
    compiled = re.compile(pattern)
    return lambda value: compiled.fullmatch(value) is not None


def share(test: Test, sample: Sequence[str]) -> float:
    """Return the share of values that pass."""
    return sum(1 for value in sample if test(value)) / len(sample) if sample else 0.0


def mostly(test: Test, sample: Sequence[str], least: float) -> bool:
    """Whether at least this share of the values pass; asks no further value once it is settled that they do not."""
    size, failed = len(sample), 0
    for value in sample:
        if not test(value):
            failed += 1
            if (size - failed) / size < least:
                return False
    return size > 0


def luhn(number: str) -> bool:
    """Whether the digits end in a right Luhn check digit.

    >>> luhn("4539 1488 0343 6467"), luhn("4539148803436468")
    (True, False)
    """
    digits = [int(c) for c in number if c.isdigit()]
    doubled = [d * 2 - 9 if d > 4 else d * 2 for d in digits[-2::-2]]
    return len(digits) > 1 and (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def is_card(value: str) -> bool:
    """Whether this is a payment card number: an issuer's prefix, a length and a right check digit (ISO/IEC 7812)."""
    digits = value.replace(" ", "").replace("-", "")
    if not (digits.isascii() and digits.isdigit() and 12 <= len(digits) <= 19 and luhn(digits)):
        return False
    if len(digits) == 15:
        return digits[:2] in ("34", "37") or digits[:4] in ("2131", "1800", "2014", "2149")
    return digits[0] in ("23456" if len(digits) != 12 else "56")


def is_device(value: str) -> bool:
    """Whether this is an IMEI: 15 digits (or 14 and a check digit in groups) with a right check digit."""
    digits = re.sub(r"[ /-]", "", value)
    return digits.isascii() and digits.isdigit() and len(digits) == 15 and not is_card(value) and luhn(digits)


def is_iban(value: str) -> bool:
    """Whether this is an IBAN with right check digits (ISO 13616)."""
    compact = value.replace(" ", "")
    if not _IBAN.fullmatch(compact):
        return False
    moved = compact[4:] + compact[:4]
    return int("".join(str(int(c, 36)) for c in moved)) % 97 == 1


def _loose_phone(value: str) -> bool:
    digits = sum(c.isdigit() for c in value)
    return 7 <= digits <= 20 and bool(_LOOSE_PHONE.fullmatch(value)) and not _NOT_PHONE.fullmatch(value)


def _strict_phone(value: str) -> bool:
    return bool(_STRICT_PHONE.fullmatch(value)) and not _NOT_PHONE.fullmatch(value)


def are_phones(sample: Sequence[str]) -> bool:
    """Whether these are phone numbers by their form alone: all could be, most are written as only phones are."""
    if not mostly(_loose_phone, sample, 0.85):
        return False
    loose, strict = share(_loose_phone, sample), share(_strict_phone, sample)
    shapes = {re.sub(r"\d", "9", value) for value in sample}
    return strict >= 0.7 or (loose >= 0.95 and strict >= 0.25 and len(shapes) >= 4)


def are_ip_addresses(sample: Sequence[str]) -> bool:
    """Whether these are addresses of machines and not version numbers, which start low ("1.2.3.4")."""
    if not mostly(_is_ip_address, sample, 0.85):
        return False
    firsts = [int(value.split(".")[0]) for value in sample if _IP4.fullmatch(value)]
    if len(firsts) < 0.5 * len(sample):
        return True
    high = sum(1 for value in sample if "." in value and max(_octets(value)) > 99) / len(firsts)
    return sum(first > 20 for first in firsts) >= 0.5 * len(firsts) or (high > 0.3 and {10} == set(firsts))


def _is_ip_address(value: str) -> bool:
    return bool(_IP4.fullmatch(value) or _IP6.fullmatch(value))


def _octets(value: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", value)[:4]]


# By value alone: forms that ordinary categories and measurements do not have. In this order.
BY_VALUE: dict[str, Test] = {
    "email": matches(_EMAIL),
    "iban": is_iban,
    "card_number": is_card,
    "device_id": is_device,
    "national_id": matches(_SSN),
    "mac_address": matches(_MAC),
    "url": matches(_URL),
}

# With a header that says so, looser forms are enough.
BY_HEADER: dict[str, Test] = BY_VALUE | {
    "iban": matches(r"[A-Za-z]{2}\d{2}[A-Za-z0-9 ]{8,36}"),
    "card_number": matches(r"(?=(.*[\d*Xx]){8})[\d *Xx-]{8,23}"),
    "device_id": matches(r"[\d /-]{14,20}"),
    "national_id": matches(_NATIONAL),
    "document_number": matches(_DOCUMENT),
    "phone": _loose_phone,
    "ip_address": _is_ip_address,
    "url": matches(r"(https?://|www\.)?[\w-]+(\.[\w-]+)+(/\S*)?"),
    "licence_plate": matches(_PLATE),
    "username": matches(_USER),
    "house_number": matches(r"\d{1,5}([ /-]?[A-Za-z0-9]{1,4})?"),
}
