"""Patterns for text, matched in time that grows only with the length of the text.

They are run by RE2 (through Arrow), which never goes back over what it has read: a pattern from somebody else's rule
file cannot keep the program busy for ever. Hence no look-around and no back-references.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from synth_core.errors import ConstraintError

LONGEST = 500
MOST_REPEATS = 1_000
_ADVICE = {
    "invalid perl operator": "look-around such as (?=...) is not read, because its time has no bound",
    "invalid escape sequence": "an escape is not known; back-references such as \\1 are not read",
    "bad repetition operator": "two repetitions stand side by side",
    "invalid repetition size": f"a repetition may go up to {MOST_REPEATS:,}",
    "pattern too large": "it is too large; use fewer or smaller repetitions",
    "missing )": "a bracket ( is not closed",
    "unexpected )": "a bracket ) is not opened",
    "missing ]": "a bracket [ is not closed",
    "no argument for repetition operator": "a repetition repeats nothing",
}


@lru_cache(maxsize=256)
def check_pattern(pattern: str) -> None:
    """Raise :class:`ConstraintError` when a pattern cannot be read, or is longer than 500 characters."""
    if len(pattern) > LONGEST:
        raise ConstraintError(f"The pattern has {len(pattern):,} characters; at most {LONGEST} are read.")
    try:
        _found([""], pattern)  # on its own first: a bracket must not be closed by what is put around it
        _matches([""], pattern)
    except ValueError as error:
        said = str(error).partition(": ")[2] or str(error)
        told = next((advice for part, advice in _ADVICE.items() if part in said), said.strip().rstrip("."))
        raise ConstraintError(f"The pattern '{pattern[:80]}' cannot be read: {told}.") from None


def matches(values: pd.Series, pattern: str) -> npt.NDArray[np.bool_]:
    """Return where the whole text of a cell fits a pattern; False where it is missing."""
    check_pattern(pattern)
    codes, levels = pd.factorize(values)
    fits = _matches([str(level) for level in levels], pattern)
    return np.asarray(np.append(fits, False)[codes], dtype=bool)


def _matches(texts: list[str], pattern: str) -> npt.NDArray[np.bool_]:
    return _found(texts, rf"\A(?:{pattern})\z")


def _found(texts: list[str], pattern: str) -> npt.NDArray[np.bool_]:
    import pyarrow as pa
    import pyarrow.compute as pc

    found = pc.match_substring_regex(pa.array(texts, type=pa.string()), pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)
