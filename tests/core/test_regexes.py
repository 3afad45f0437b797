"""Patterns for text: whole cells fit or do not, and a pattern that cannot be read says why."""

import pandas as pd
import pytest

from synth_core.constraints.regexes import LONGEST, check_pattern, matches
from synth_core.errors import ConstraintError


@pytest.mark.parametrize(
    ("pattern", "held"),
    [
        (r"[A-Z]\d+", [True, False, False, False, False, True]),
        (r"a|ab", [False, True, False, False, False, False]),
        (r"ab?c?", [False, True, True, False, False, False]),
        (r"(?i)a\d+", [True, False, False, False, False, True]),
        (r"", [False, False, False, False, True, False]),
        (r".*", [True, True, True, False, True, True]),
        (r"a", [False] * 6),
    ],
)
def test_the_whole_text_of_a_cell_must_fit(pattern: str, held: list[bool]) -> None:
    cells = pd.Series(["A1", "ab", "abc", None, "", "A1"], dtype=object)
    assert matches(cells, pattern).tolist() == held


def test_a_line_break_is_no_end_and_numbers_are_read_as_written() -> None:
    assert matches(pd.Series(["A1\n", "A1\nA1"], dtype=object), r"A\d").tolist() == [False, False]
    assert matches(pd.Series([7, 70]), r"\d").tolist() == [True, False]
    assert matches(pd.Series([], dtype=object), "a").tolist() == []


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("(?=a)b", "look-around such as"),
        (r"(a)\1", "back-references such as"),
        ("a**", "two repetitions stand side by side"),
        ("a{1001}", "up to 1,000"),
        ("((a{900}){900}){9}", "a repetition may go up to 1,000"),
        ("(a", "a bracket ( is not closed"),
        ("a)", "a bracket ) is not opened"),
        ("[a", "a bracket [ is not closed"),
        ("a)|(b", "a bracket ) is not opened"),  # would reach out of what is put around it
        ("*a", "a repetition repeats nothing"),
        ("a" * (LONGEST + 1), "The pattern has 501 characters; at most 500 are read."),
    ],
)
def test_a_pattern_that_cannot_be_read_says_why(pattern: str, said: str) -> None:
    for tried in (lambda: check_pattern(pattern), lambda: matches(pd.Series(["a"]), pattern)):
        with pytest.raises(ConstraintError) as error:
            tried()
        assert said in str(error.value)


def test_the_longest_pattern_is_read() -> None:
    assert matches(pd.Series(["a" * LONGEST]), "a" * LONGEST).tolist() == [True]
