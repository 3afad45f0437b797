"""From a header and some values to the kind of personal data, one column at a time and with its neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from synth_core.semantics import names, places
from synth_core.semantics.headers import coordinate, from_header, is_plain_name, names_a_thing, says_nothing
from synth_core.semantics.national import scheme_of
from synth_core.semantics.patterns import (
    BY_HEADER,
    BY_VALUE,
    Test,
    are_ip_addresses,
    are_phones,
    matches,
    mostly,
    share,
)
from synth_core.semantics.titles import ABOUT_PEOPLE

_CLAIMED: dict[str, Test] = BY_HEADER | {
    "postcode": places.is_postcode,
    "street_address": places.is_street,
    "person_name": names.is_person,
    "first_name": names.is_name,
    "last_name": names.is_name,
}
_WORD = matches(r"[^\d\s]+")
_SHORT = matches(r"\d{1,5}")  # as counts are; numbers of documents are longer
_FEW_DIGITS = matches(r"\d{1,3}")  # postcodes that lost a zero still have four
_OF_PEOPLE = ("first_name", "last_name", "person_name")
_TEN_METRES = matches(r"-?\d{1,3}\.\d{4,}")


def detect(name: str, sample: Sequence[str], distinct: int, present: int) -> str | None:
    """Return the semantic of a text or number column that looks like personal data, else None.

    Parameters
    ----------
    sample
        Some of the distinct values, without spaces around them.
    distinct, present
        Distinct values, and cells that are not missing. A column of fewer than 20 values that repeat is personal only
        if its header speaks of a person's name ("last name", "patient name") and the word lists know most of them.
    """
    if not sample:
        return None
    claimed = from_header(name)
    if not (distinct >= 20 or (distinct >= 3 and distinct > 0.5 * present)):
        surely = distinct >= 3 and claimed in _OF_PEOPLE and not is_plain_name(name) and not names_a_thing(name)
        return claimed if surely and names.are_known(sample) else None
    if claimed is not None and not is_plain_name(name):
        strong = _by_form(sample) if claimed in ("street_address", "username", "document_number") else None
        if strong in ("email", "ip_address", "mac_address", "iban"):
            return strong
        if claimed in _CLAIMED and mostly(_CLAIMED[claimed], sample, 0.6) and not _denies(claimed, sample):
            return claimed
    if distinct < 5:
        return None
    return _by_form(sample) or _by_words(name, sample)


def _denies(claimed: str, sample: Sequence[str]) -> bool:
    """Whether the values speak against the header: words where a numbered form was promised, or the other way round."""
    if claimed in _OF_PEOPLE:
        return share(lambda value: len(value) > 60, sample) > 0.2
    if claimed == "street_address":
        return share(str.isdigit, sample) > 0.6
    if claimed in ("national_id", "document_number"):
        return share(_SHORT, sample) > 0.6 or share(_WORD, sample) > 0.4
    if claimed == "postcode":
        short = share(_FEW_DIGITS, sample)
        if short > 0.2 and len({len(value) for value in sample}) > 1:
            return True
    return claimed in ("phone", "postcode") and share(_WORD, sample) > 0.4


def _by_form(sample: Sequence[str]) -> str | None:
    """Return what the values are by patterns and check digits that other columns do not have."""
    found = next((what for what, test in BY_VALUE.items() if mostly(test, sample[:25], 0.7)), None)
    if found is not None and mostly(BY_VALUE[found], sample, 0.85):
        return found
    if scheme_of(sample) is not None:
        return "national_id"
    if are_ip_addresses(sample):
        return "ip_address"
    return "phone" if are_phones(sample) else None


def _by_words(name: str, sample: Sequence[str]) -> str | None:
    if not mostly(_has_letters, sample[:25], 0.7):
        return None
    if places.are_postcodes(sample, people=False):
        return "postcode"
    thing = names_a_thing(name)
    if places.are_addresses(sample) and not thing:
        return "street_address"
    if names_a_thing(name, at_the_end=True):
        return None  # counties, craters and cars are called after people
    found = names.names_in(sample, doubtful=thing)
    if found is None and says_nothing(name) and names.are_usernames(sample):
        return "username"
    return found


def _has_letters(value: str) -> bool:
    return any(map(str.isalpha, value))


@dataclass(frozen=True)
class Seen:
    """One column as its neighbours see it.

    Attributes
    ----------
    sample
        Some of the distinct values, as text.
    days
        Days since 1970 of a date column without a time of day; empty for others.
    """

    name: str
    semantic: str | None
    sample: Sequence[str] = ()
    days: npt.NDArray[np.float64] | None = None


def in_context(columns: Sequence[Seen], today: float | None = None) -> Mapping[str, str]:
    """Return the further semantics that only the neighbours give away: column name -> semantic.

    In a table about people (it holds names, contact details or ids): a nameless date column that is spread like dates
    of birth; nameless codes in the form of postcodes; latitude and longitude to ten metres (four decimals) or finer.
    """
    about = {column.semantic for column in columns} & ABOUT_PEOPLE
    if not about:
        return {}
    unknown = [column for column in columns if column.semantic is None]
    found: dict[str, str] = {}
    births = [c for c in unknown if c.days is not None and says_nothing(c.name) and are_births(c.days, today)]
    if births and "date_of_birth" not in about:  # who died was born before: the earliest column
        found[min(births, key=lambda c: float(np.nanmedian(c.days)) if c.days is not None else 0.0).name] = (
            "date_of_birth"
        )
    for column in unknown:
        if coordinate(column.name) is not None:
            if mostly(_TEN_METRES, column.sample, 0.7):
                found[column.name] = "location"
        elif says_nothing(column.name) and places.are_postcodes(column.sample, people=True):
            found[column.name] = "postcode"
    return found


def are_births(days: npt.NDArray[np.float64], today: float | None = None) -> bool:
    """Whether days (since 1970) are spread like dates of birth of living people: decades wide, none to come."""
    days = days[np.isfinite(days)]
    if len(days) < 20:
        return False
    low, middle, high = np.quantile(days, [0.02, 0.5, 0.98]) / 365.25
    now = (float(np.datetime64("today", "D").astype(np.int64)) if today is None else today) / 365.25
    return bool(low > -80 and high <= now and high - low >= 30 and now - middle >= 15 and days.max() <= now * 365.25)
