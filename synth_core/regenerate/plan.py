"""What is taken from a real column before it is made anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core import personal
from synth_core.date_patterns import dates_read
from synth_core.identifiers import WholeNumbers, learn_texts, learn_whole_numbers
from synth_core.regenerate import documents
from synth_core.regenerate.forms import NameForm, case_of, learn_addresses, learn_names
from synth_core.regenerate.layouts import Dates, Layout, Pool, learn_dates, learn_repeats
from synth_core.regenerate.location import Spread, learn_spread
from synth_core.table import Column, Kind, Role

SEMANTICS = {
    "name": "person_name",
    "full_name": "person_name",
    "address": "street_address",
    "street": "street_address",
    "town": "city",
    "zip": "postcode",
    "zip_code": "postcode",
    "postal_code": "postcode",
    "ssn": "national_id",
    "phone_number": "phone",
    "credit_card": "card_number",
    "card": "card_number",
    "ip": "ip_address",
    "dob": "date_of_birth",
    "birth_date": "date_of_birth",
}
_UUID = r"[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}"


@dataclass(frozen=True)
class ColumnPlan:
    """How one column is made.

    Attributes
    ----------
    what
        Meaning: "identifier", "uuid", "email", "person_name", ...
    writer
        Learned form, for meanings that have one.
    owner
        Column whose value decides this one (a patient's name goes with the patient's id).
    distinct
        Whether the real values never repeat (within their owner).
    """

    column: Column
    what: str
    missing: float
    layout: Layout
    distinct: bool
    owner: str | None = None
    writer: Any = None
    options: Mapping[str, Any] = field(default_factory=dict)

    def sentence(self) -> str:
        """Return in words how the column is made."""
        made = "made from word lists" if self.what in _FROM_LISTS else "made new in the same form"
        made = "drawn from a blurred distribution" if isinstance(self.writer, Dates) else made
        made = "put anywhere in the neighbourhoods of five rows or more" if isinstance(self.writer, Spread) else made
        repeat = "; never repeated" if self.distinct and self.owner is None else ""
        repeat = f"; goes with '{self.owner}'" if self.owner else repeat
        return f"'{self.column.name}' ({self.what.replace('_', ' ')}) is never learned: {made}{repeat}."


def owners_of(columns: Sequence[Column], codes: Mapping[str, npt.NDArray[np.int64]]) -> dict[str, str]:
    """Return for each column the repeated identifier that decides it, if any."""
    counts = {name: int(values.max(initial=-1)) + 1 for name, values in codes.items()}
    keys = [
        c
        for c in columns
        if (c.role is Role.ENTITY or _meaning(c) in _KEYED) and counts[c.name] < 0.95 * (codes[c.name] >= 0).sum()
    ]
    keys.sort(key=lambda c: (c.role is not Role.ENTITY, -counts[c.name]))
    owners: dict[str, str] = {}
    for column in columns:
        for key in keys:
            if key is column:
                break
            both = (codes[key.name] >= 0) & (codes[column.name] >= 0)
            pairs = codes[key.name][both] * np.int64(counts[column.name] + 1) + codes[column.name][both]
            if len(pairs) and len(np.unique(pairs)) <= 1.01 * len(np.unique(codes[key.name][both])):
                owners[column.name] = key.name
                break
    return owners


def _meaning(column: Column) -> str:
    if column.semantic is None:
        return "identifier"
    return SEMANTICS.get(column.semantic, column.semantic)


_NAMES = ("person_name", "first_name", "last_name")
_WORDS = (*_NAMES, "street_address", "city")
_FROM_LISTS = (*_WORDS, "email", "url", "username")
_POOLED = ("person_name", "street_address", "city", "postcode", "house_number")
_FREE = ("first_name", "last_name", "date_of_birth", "location")
_KEYED = (
    "identifier", "uuid", "email", "username", "phone", "national_id", "document_number", "licence_plate", "iban",
    "card_number", "ip_address", "mac_address", "device_id", "url",
)  # fmt: skip
_NUMBERS = (
    "phone", "national_id", "document_number", "card_number", "device_id", "postcode", "house_number", "licence_plate",
)  # fmt: skip


def learn_plan(
    column: Column, values: pd.Series, codes: npt.NDArray[np.int64], owner: str | None, seed: int, locale: str
) -> ColumnPlan:
    """``codes``: the distinct values of the column, one entry per row or, where there is an owner, per owner."""
    missing = float((codes < 0).mean()) if len(codes) else 0.0
    counts = np.bincount(codes[codes >= 0]) if (codes >= 0).any() else np.ones(1, dtype=np.int64)
    counts = counts[counts > 0]
    distinct = bool(counts.max() == 1)
    what, writer, options = _writer(column, values.dropna(), seed, locale)
    layout: Layout = None
    if what in _POOLED and len(counts) < 0.9 * counts.sum():
        layout = Pool(np.cumsum(np.sort(counts)[::-1] / counts.sum())[:-1])
    elif what not in (*_FREE, *_POOLED) and not distinct:
        layout = learn_repeats(counts, codes, seed)
    if what in (*_WORDS, "username"):
        personal.words(locale)
    return ColumnPlan(column, what, missing, layout, distinct, owner, writer, options)


def _writer(column: Column, values: pd.Series, seed: int, locale: str) -> tuple[str, Any, dict[str, Any]]:
    """Return what the column is, its learned form, and options of its writer."""
    what = _meaning(column)
    if what == "date_of_birth" or column.kind is Kind.DATETIME:
        return "date_of_birth", learn_dates(_days(values, column), seed), {}
    if what == "location" and column.kind.numeric:
        return what, learn_spread(values.to_numpy(dtype=np.float64)[:, None], 0), {}
    if column.kind.numeric and what not in _NUMBERS:
        return "identifier", _whole_numbers(values), {}
    texts = _texts(values)
    if what in _NAMES:
        return what, learn_names(texts, locale), {}
    if what == "street_address":
        return what, learn_addresses(texts), {}
    if what == "city":
        return what, NameForm(case_of(texts)), {}
    if not texts:
        return "identifier", WholeNumbers(0, 10**6 - 1), {}
    domains = [d for d in personal.DOMAINS if not any(d in text for text in texts)][:3] or [personal.DOMAINS[-1]]
    if what in ("email", "url"):
        return what, None, {"domains": tuple(domains)}
    if what == "username":
        return what, None, {}
    if what == "ip_address":
        return what, None, {"six": sum(":" in text for text in texts) > len(texts) / 2}
    learners: dict[str, Callable[[list[str]], Any]] = {
        "phone": documents.learn_phones,
        "national_id": documents.learn_national_ids,
        "card_number": documents.learn_cards,
        "iban": documents.learn_ibans,
        "mac_address": documents.learn_macs,
        "device_id": documents.learn_devices,
        "document_number": learn_texts,
        "licence_plate": learn_texts,
        "postcode": lambda found: learn_texts(found, avoid=False),
        "house_number": lambda found: learn_texts(found, avoid=False),
    }
    if what in learners:
        return what, learners[what](texts), {}
    series = pd.Series(texts, dtype=object)
    if bool(series.str.fullmatch(_UUID).mean() > 0.95):
        return "uuid", None, {"upper": texts[0] != texts[0].lower(), "dashes": "-" in texts[0]}
    if bool(series.str.fullmatch(r"0|[1-9][0-9]{0,17}").all()):
        return "identifier", learn_whole_numbers(series.astype(np.int64).to_numpy()), {}
    return "identifier", learn_texts(texts), {}


def _texts(values: pd.Series) -> list[str]:
    if pd.api.types.is_float_dtype(values.dtype):
        values = values.astype(np.int64)
    return [str(value) for value in values.tolist()]


def _whole_numbers(values: pd.Series) -> WholeNumbers:
    numbers = values.to_numpy(dtype=np.float64 if pd.api.types.is_float_dtype(values.dtype) else np.int64)
    whole = numbers[np.isfinite(numbers)].astype(np.int64)
    return learn_whole_numbers(whole) if len(whole) else WholeNumbers(0, 10**6 - 1)


def _days(values: pd.Series, column: Column) -> npt.NDArray[np.float64]:
    dates = values
    if column.kind in (Kind.INTEGER, Kind.NUMBER):
        return np.asarray(values.to_numpy(dtype=np.float64))
    if not pd.api.types.is_datetime64_any_dtype(values.dtype):
        dates = dates_read(values, column.format).dropna()
    return np.asarray(dates.to_numpy(dtype="datetime64[ns]").astype(np.int64) / 86_400e9)
