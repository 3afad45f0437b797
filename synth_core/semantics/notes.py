"""Personal data inside free text: how many cells hold an e-mail address, a phone number or a name."""

from __future__ import annotations

import re
from collections.abc import Sequence

from synth_core.semantics.headers import plain
from synth_core.semantics.names import lists
from synth_core.semantics.patterns import is_card, is_iban

_FORMS: dict[str, re.Pattern[str]] = {
    # from the start of a run only: a long run without "@" must not be gone through from each of its letters
    "e-mail addresses": re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}\.[\w.-]+"),
    "phone numbers": re.compile(
        r"(?<![\w.])(\+\d{1,3}[ (./-]*\d[\d ()./-]{6,14}\d|\(\d{3}\) ?\d{3}[-. ]\d{4}"
        r"|\d{3}[-. ]\d{3}[-. ]\d{4}|0\d{9,10})(?!\w)"
    ),
    "web addresses": re.compile(r"(https?://|www\.)\S+"),
    "social security numbers": re.compile(r"(?<!\d)\d{3}-\d{2}-\d{4}(?!\d)"),
}
LOOKED_AT = 1000  # so many texts of a column tell what it holds
_NAMED_AFTER = 0.1  # so many airports, schools and islands may bear somebody's name
_TITLED = re.compile(r"\b(Mr|Mrs|Ms|Miss|Dr|Prof|Herr|Frau|Mme|Sr|Sra)\.? [A-ZÀ-Þ][\w'’-]+")
_PAIR = re.compile(r"\b([A-ZÀ-Þ][a-zß-ÿ'’-]+) (?:[A-Z]\. )?([A-ZÀ-Þ][\w'’-]+)\b")
_NUMBERS = re.compile(r"(?<!\w)([A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}|\d(?:[ -]?\d){12,18})(?!\w)")


def inside(sample: Sequence[str]) -> dict[str, float]:
    """Return what personal data the texts hold: its name in the plural, and the share of texts with some."""
    found = dict.fromkeys((*_FORMS, "names of people", "bank accounts", "card numbers"), 0)
    for text in sample:
        text = text[:20_000]
        for what, form in _FORMS.items():
            found[what] += form.search(text) is not None
        found["names of people"] += _names_somebody(text)
        numbers = [match.group(0) for match in _NUMBERS.finditer(text)]
        found["bank accounts"] += any(map(is_iban, numbers))
        found["card numbers"] += any(map(is_card, numbers))
    return {what: count / len(sample) for what, count in found.items() if count}


def _names_somebody(text: str) -> bool:
    if _TITLED.search(text):
        return True
    known = lists()
    pairs = ((plain(a), plain(b)) for a, b in _PAIR.findall(text))
    return any(first in known.first and last in known.last for first, last in pairs)


def holds(sample: Sequence[str]) -> str:
    """Return a sentence on the personal data inside these texts; "" when none is seen."""
    found = {what: part for what, part in inside(sample).items() if part >= 0.005} if sample else {}
    if sum(text.count(" ") for text in sample) < 5 * len(sample) and found.get("names of people", 1.0) < _NAMED_AFTER:
        del found["names of people"]
    if not found:
        return ""
    most = sorted(found.items(), key=lambda item: -item[1])[:3]
    shares = ["under 1" if part < 0.01 else f"about {round(100 * part)}" for _, part in most]
    said = [f"{what} ({share} % of the cells)" for (what, _), share in zip(most, shares, strict=True)]
    listed = said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
    return f"Personal data inside: {listed}."
