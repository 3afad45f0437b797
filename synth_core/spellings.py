"""Answers written in several ways (yes, Yes, YES): one spelling for each."""

from __future__ import annotations

import numpy as np

from synth_core.cells import Cells
from synth_core.kinds import BOOLEAN_PAIRS
from synth_core.values import stripped
from synth_core.words import Words


def one_spelling(cells: Cells) -> Cells:
    """Return the cells with each of two answers in its most usual spelling, and a note; others as they are.

    Only words that mean yes and no are one whatever their capitals; in other columns "us" and "US" may be two things.
    """
    if not 2 < cells.distinct <= 20 or cells.fixed is not None or cells.numbers is not None or cells.dates is not None:
        return cells
    levels = list(stripped(cells.words))
    answers = [level.casefold() for level in levels]
    if frozenset(answers) not in BOOLEAN_PAIRS:
        return cells
    usual: dict[str, int] = {}
    for place in np.argsort(-cells.words.counts, kind="stable"):
        usual.setdefault(answers[place], int(place))
    kept = list(usual)
    codes = np.append([kept.index(answer) for answer in answers], -1)[cells.words.codes]
    shown = [levels[usual[answer]] for answer in kept]
    words = Words.coded(codes.astype(np.int64), np.array(shown, dtype=object))
    note = f"Written in {len(levels)} ways; read, and released, as '{shown[0]}' and '{shown[1]}'."
    return Cells(cells.name, words, cells.storage, cells.missing_token, notes=cells.notes, marks=cells.marks).noted(
        note
    )
