"""Which kind a column has, from its header and its values, with the reason where it is not plain.

The rules, in this order; the first that speaks decides:

1. no filled cell: category; a type that the source states (Parquet's boolean, a date): that kind;
2. two answers that mean yes and no (J / N, 0 / 1): yes / no;
3. a header that names a key, or a UUID: identifier; a category where the key names a group ("payment_type_id") or few
   things with very many rows each;
4. whole numbers that are codes: the header names a code or a grouping ("icd", "sex"), or the numbers have the shape of
   codes (1 / 2, gaps with rows beyond them, long numbers that keep repeating): category;
5. numbers: whole number or number;
6. words: identifier where every cell is a token of its own with digits, free text where cells are sentences or hardly
   repeat, else category.
"""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt

from synth_core.cells import Cells
from synth_core.naming import (
    says_answer,
    says_code,
    says_event,
    says_group,
    says_identifier,
    says_numbering,
    says_only_number,
    says_own_key,
    says_person,
    says_position,
    says_quantity,
    says_schooling,
    says_somebody,
)
from synth_core.semantics import says_nothing
from synth_core.table import Kind
from synth_core.values import stripped

BOOLEAN_PAIRS = frozenset(
    frozenset(pair.split()) for pair in
    ("yes no", "y n", "true false", "t f", "0 1", "j n", "ja nein", "oui non", "o n", "si no", "sí no", "s n",
     "sim não", "tak nie", "wahr falsch", "vrai faux", "on off", "-1 1")
)  # fmt: skip
_UUID = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{32}")
_SHORT_CODE = re.compile(r"[A-Z0-9]{2,8}")
_ID_LIKE = re.compile(r"(?=.*\d)[A-Za-z0-9]+([-_./:#][A-Za-z0-9]+)*")
_CLASSES, _FEW, _MANY = 10, 50, 1000
_CODE = "A code, not a quantity."
_OWN = "Each row has its own value."

Found = tuple[Kind, str]


def guess_kind(cells: Cells) -> Found:
    """Return the kind of a column and, where it is not plain, why."""
    if cells.words.present == 0:
        return Kind.CATEGORY, "Every cell is missing."
    if cells.fixed is not None:
        return cells.fixed, ""
    if cells.dates is not None:
        return Kind.DATETIME, ""
    if _yes_or_no(cells):
        return Kind.BOOLEAN, ""
    whole = cells.numbers is not None and cells.numbers.whole and cells.numbers.format is None
    found = _identity(cells) if whole or cells.numbers is None else None
    found = found or (_coded(cells) if whole else None)
    if found is not None:
        return found
    if cells.numbers is not None:
        return (Kind.INTEGER if cells.numbers.whole else Kind.NUMBER), ""
    return _word_kind(cells)


def _yes_or_no(cells: Cells) -> bool:
    if cells.distinct != 2:
        return False
    if cells.numbers is not None and cells.numbers.whole and cells.numbers.format is None:
        return frozenset(str(int(value)) for value in cells.numbers.values.astype(np.float64)) in BOOLEAN_PAIRS
    return frozenset(level.casefold() for level in stripped(cells.words)) in BOOLEAN_PAIRS


# -- names ------------------------------------------------------------------------------------------------------


def _identity(cells: Cells) -> Found | None:
    """Return identifier, or category, for columns that name things: by header, and by how often values repeat."""
    name, distinct, present = cells.name, cells.distinct, cells.words.present
    uuid = all(_UUID.fullmatch(word) for word in cells.words.spread(50))
    named = uuid or says_identifier(name)
    if distinct > 0.95 * present and present >= 3:
        counted = says_position(name) or (says_quantity(name) and not named)
        if named or (not counted and (says_numbering(name) or _unique_code(cells) or _consecutive(cells))):
            return Kind.IDENTIFIER, _OWN if distinct == present else ""
        return None
    numbering = says_numbering(name) and not says_only_number(name)
    if not name.strip() or not (named or (_tokens(cells) and (numbering or _is_somebody(cells)))):
        return None
    if not says_person(name) and not says_own_key(name) and _names_groups(cells, uuid=uuid):
        return Kind.CATEGORY, _CODE if cells.numbers is not None else ""
    if says_group(name) and cells.numbers is None and distinct <= _FEW:
        return None
    return Kind.IDENTIFIER, (
        f"Repeats: {distinct:,} different values. If it says whom a row is about, give it that role."
    )


def _names_groups(cells: Cells, *, uuid: bool) -> bool:
    """Whether a repeated key names groups that one learns from, not things that one looks up."""
    distinct, present = cells.distinct, cells.words.present
    if uuid:
        return present >= 20 * distinct and distinct <= 20
    if _group_before_key(cells.name):
        return distinct <= _MANY and present >= 3 * distinct
    if says_event(cells.name):
        return present >= 20 * distinct and distinct <= _FEW
    return (present >= 3 * distinct and distinct <= _FEW) or (present >= 10 * distinct and distinct <= _MANY)


def _group_before_key(name: str) -> bool:
    """Whether the header is a grouping with a word for "key" behind it: "payment_type_id", "PULocationID"."""
    shortened = re.sub(r"[ _.-]*(id|ID|Id|key|nr|nbr|no|No|num|number|Number)$", "", name)
    return shortened != name and says_group(shortened)


def _is_somebody(cells: Cells) -> bool:
    """Whether a header such as "subject" stands above numbers or tokens of more than a few."""
    return cells.distinct > 10 and says_somebody(cells.name)


def _tokens(cells: Cells) -> bool:
    """Whether the cells are single tokens with digits in them."""
    return all(_ID_LIKE.fullmatch(word) for word in cells.words.spread(100))


def _unique_code(cells: Cells) -> bool:
    return says_code(cells.name) or (says_group(cells.name) and cells.numbers is None and _tokens(cells))


def _consecutive(cells: Cells) -> bool:
    """Whether the values are row numbers: 1, 2, 3, ...; in another order (ranks are so) only below no header."""
    if cells.numbers is None or cells.words.present < 50 or cells.distinct != cells.words.present:
        return False
    values = cells.numbers.values.astype(np.float64)  # each its own, so they stand as the rows do
    if values.max() - values.min() != len(values) - 1 or values.min() not in (0, 1):
        return False
    return bool(np.all(np.diff(values) == 1) or np.all(np.diff(values) == -1)) or says_nothing(cells.name)


# -- codes ------------------------------------------------------------------------------------------------------


def _coded(cells: Cells) -> Found | None:
    """Return category for whole numbers that are codes, by header or by their shape."""
    assert cells.numbers is not None
    name, distinct, present = cells.name, cells.distinct, cells.words.present
    if says_code(name) and (distinct <= _MANY or present >= 3 * distinct):
        return Kind.CATEGORY, _CODE
    if says_group(name) and distinct <= _FEW and present > distinct and not _years_of_schooling(cells):
        return Kind.CATEGORY, _CODE
    if says_answer(name) and distinct <= _CLASSES and present > distinct:
        return Kind.CATEGORY, "The classes of what is to be predicted."
    if says_quantity(name) or says_position(name) or says_schooling(name) or present < 20:
        return None
    order = np.argsort(cells.numbers.values)
    values = cells.numbers.values.astype(np.float64)[order]
    counts = cells.words.counts[order]
    if distinct == 2 and set(values.tolist()) == {1.0, 2.0}:
        return Kind.CATEGORY, "Only 1 and 2: read as the codes of two answers."
    if _has_gaps(values, counts):
        return Kind.CATEGORY, (
            "Few whole numbers with gaps between them: read as codes. Choose 'whole number' if they count or measure."
        )
    if _long_and_repeated(values, counts):
        return Kind.CATEGORY, (
            "Long numbers that keep repeating: read as codes. Choose 'whole number' if they measure something."
        )
    return None


def _years_of_schooling(cells: Cells) -> bool:
    """Whether numbers below "education" count it: years from 12 to 25, or so many that each has few rows."""
    if not says_schooling(cells.name) or cells.numbers is None:
        return False
    values = cells.numbers.values.astype(np.float64)
    return bool(values.min() >= 0 and 12 <= values.max() <= 25) or cells.words.present < 3 * cells.distinct


def _has_gaps(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> bool:
    """Whether small whole numbers leave some out, with more than a fifth of the rows beyond the gap.

    A count thins out before it stops; equal steps (5, 10, 15) and doubling (1, 2, 4, 8) are amounts. Lists of codes
    begin at 0, 1 or 2, unless they are short: several numbers from 9 to 17 are years of schooling, sizes or grades.
    """
    if not 3 <= len(values) <= 12 or counts.sum() < 50 or values[0] < 0 or values[-1] > 99:
        return False
    if values[0] > 2 and len(values) > 4:
        return False
    steps = np.diff(values)
    if steps.max() == 1 or np.gcd.reduce(steps.astype(np.int64)) > 1:
        return False
    if np.all(np.log2(np.maximum(values, 1)) % 1 == 0):
        return False
    beyond = counts[1 + int(np.argmax(steps > 1)) :].sum()
    return bool(beyond > 0.2 * counts.sum())


def _long_and_repeated(values: npt.NDArray[np.float64], counts: npt.NDArray[np.int64]) -> bool:
    """Whether numbers of six and more digits, not rounded, come again and again: measurements of that size do not."""
    if values[0] < 100_000 or len(values) < 3:
        return False
    rounded = float(counts[values % 100 == 0].sum() / counts.sum())
    often = counts.sum() >= (1.5 if len(values) <= _FEW else 3) * len(values)
    return rounded < 0.3 and bool(often) and bool(np.median(counts) >= 2)


# -- words ------------------------------------------------------------------------------------------------------


def _word_kind(cells: Cells) -> Found:
    distinct, present = cells.distinct, cells.words.present
    sample = cells.words.spread(300)
    share = distinct / present
    if distinct == present >= 20 and all(_SHORT_CODE.fullmatch(word) for word in sample):
        return Kind.IDENTIFIER, _OWN
    tokens = all(_ID_LIKE.fullmatch(word) for word in sample)
    if share > 0.95 and present >= 20 and tokens:
        return Kind.IDENTIFIER, _OWN if distinct == present else ""
    if share > 0.5 and distinct > 100 and tokens and not says_code(cells.name):
        return Kind.IDENTIFIER, f"Short texts with digits that hardly repeat: {distinct:,} different ones."
    long = sum(len(word) > 40 and word.count(" ") >= 5 for word in sample) / len(sample)
    if distinct > 20 and share > 0.3 and long > 0.5:
        return Kind.TEXT, "Free text; left out."
    if (share > 0.5 and distinct > 100) or (share > 0.9 and present >= 20):
        return Kind.TEXT, "Almost every cell is different, so nothing can be learned from it; left out."
    return Kind.CATEGORY, _variants(cells)


def _variants(cells: Cells) -> str:
    """Return a note when words differ only in small and large letters or in spaces."""
    if cells.distinct > _MANY:
        return ""
    levels = [" ".join(str(level).casefold().split()) for level in cells.words.levels]
    twice = len(levels) - len(set(levels))
    if not twice:
        return ""
    return f"{twice} of {len(levels)} words differ from another one only in capital letters or spaces."
