"""The form in which a column writes names and addresses: order, titles, case, what stands in one cell."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from synth_core import personal
from synth_core.identifiers import Numbers, Texts, key_of, uniform
from synth_core.semantics.headers import plain
from synth_core.semantics.names import lists_of, name_words

_TITLE = re.compile(
    r"(Dr|Prof|Mr|Mrs|Ms|Miss|Herr|Frau|Hr|Fr|Mme|Mlle|M|Sr|Sra|Dott|Sig|Univ\.Prof|Dipl\.-Ing|Ing)\.? "
)
_FEWEST = 5  # a title that fewer rows have is somebody's


@dataclass(frozen=True)
class NameForm:
    """How names are written.

    Attributes
    ----------
    case
        "upper", "lower" or "".
    comma, family_first
        "Smith, Ann"; "Tanaka Yuki".
    surnames
        1, or 2 as in Spain.
    initial
        The first name is a letter only: "A. Smith".
    titles
        Titles before the name, each with its share of the rows.
    """

    case: str = ""
    comma: bool = False
    family_first: bool = False
    surnames: int = 1
    initial: bool = False
    titles: tuple[tuple[str, float], ...] = ()

    def write(self, person: personal.People, what: str, numbers: Numbers, key: int) -> Texts:
        """Return the names of ``person`` in this form; ``what``: person_name, first_name or last_name."""
        last = person.last
        if self.surnames == 2 and person.second is not None:
            last = np.asarray(last + " " + person.second, dtype=object)
        if what == "first_name":
            return self.cased(person.first)
        if what == "last_name":
            return self.cased(last)
        first = np.array([f"{name[:1]}." for name in person.first], dtype=object) if self.initial else person.first
        whole = personal.People(first, last, person.middle)
        made = whole.family_first if self.comma else whole.turned if self.family_first else whole.full
        return self.cased(self._titled(made, numbers, key))

    def _titled(self, names: Texts, numbers: Numbers, key: int) -> Texts:
        if not self.titles:
            return names
        words = np.array([f"{title} " for title, _ in self.titles] + [""], dtype=object)
        bounds = np.cumsum([share for _, share in self.titles])
        drawn = np.searchsorted(bounds, uniform(numbers, key_of(key, "title")), side="right")
        return np.asarray(words[drawn] + names, dtype=object)

    def cased(self, texts: Texts) -> Texts:
        """Return the texts in the case of the column."""
        if not self.case:
            return texts
        return np.array([text.upper() if self.case == "upper" else text.lower() for text in texts], dtype=object)


def case_of(texts: Sequence[str]) -> str:
    """Return "upper" or "lower" when all texts are, else ""."""
    if texts and all(text.isupper() for text in texts):
        return "upper"
    return "lower" if texts and all(text.islower() for text in texts) else ""


def learn_names(texts: Sequence[str], locale: str) -> NameForm:
    """Return the form of these names; titles only where five rows or more have them."""
    if not texts:
        return NameForm()
    size = len(texts)
    heads = Counter(match.group(0).strip() for text in texts if (match := _TITLE.match(text)))
    titles = tuple((title, count / size) for title, count in sorted(heads.items()) if count >= _FEWEST)
    bare = [_TITLE.sub("", text, count=1) for text in texts]
    comma = sum("," in text for text in bare) > size / 2
    known = lists_of(locale)
    words = [name_words(text) for text in bare[:500]]
    several = [found for found in words if len(found) >= 2]
    turned = sum(w[0] in known.last for w in several) > 2 * sum(w[0] in known.first for w in several)
    longest = 3 if several and len(several) > 0.5 * len(words) else 2
    spanish = locale[:2] in ("es", "pt")
    doubled = sum(len(w) >= longest and w[-1] in known.last for w in words) if spanish else 0
    if longest == 2 and spanish:
        doubled = sum(len(w) >= 2 and w[0] in known.last and w[1] in known.last for w in words)
    initial = sum(bool(re.match(r"[^\W\d_]\.? ", text)) for text in bare) > size / 2
    return NameForm(
        case_of(texts),
        comma,
        bool(several) and turned and not comma,
        2 if doubled > 0.5 * len(words) else 1,
        initial,
        titles,
    )


@dataclass(frozen=True)
class AddressForm:
    """How addresses are written.

    Attributes
    ----------
    number
        Whether there are house numbers at all.
    after
        What separates postcode and town in the same cell: ", ", a line break, or "" when they are not there.
    """

    case: str = ""
    number: bool = True
    after: str = ""

    def write(self, numbers: Numbers, key: int, locale: str) -> Texts:
        """Return an address for each number."""
        made = personal.street_address(numbers, key, locale, number=self.number)
        if self.after:
            place = personal.city(numbers, key_of(key, "town"), locale)
            codes = (10_000 + uniform(numbers, key_of(key, "postcode")) * 89_999).astype(np.int64)
            code = codes.astype("U5").astype(object)
            space = np.full(len(numbers), " ", dtype=object)
            town = place + space + code if locale.startswith("en") else code + space + place
            made = made + np.full(len(numbers), self.after, dtype=object) + town
        made = np.asarray(made, dtype=object)
        return NameForm(self.case).cased(made)


def learn_addresses(texts: Sequence[str]) -> AddressForm:
    """Return the form of these addresses."""
    if not texts:
        return AddressForm()
    size = len(texts)
    number = sum(any(c.isdigit() for c in text) for text in texts) > 0.3 * size
    lines = sum("\n" in text for text in texts) > size / 2
    full = sum(bool(re.search(r"[,\n].*\b\d{4,5}\b.*", plain(text))) for text in texts) > size / 2
    return AddressForm(case_of(texts), number, ("\n" if lines else ", ") if full else "")
