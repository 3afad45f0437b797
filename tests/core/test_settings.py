"""Settings of engines: what is taken, and what a wrong one must be instead."""

from typing import Any

import pytest

from synth_core.errors import MethodError
from synth_core.methods.base import Param


def param(kind: type, **fields: Any) -> Param:
    return Param(name="leaf", kind=kind, default=fields.pop("default", None), help="", **fields)


@pytest.mark.parametrize(
    ("setting", "value", "taken"),
    [
        (param(bool), "Yes", True),
        (param(bool), "0", False),
        (param(bool), True, True),
        (param(int), "7", 7),
        (param(int), 7.0, 7),
        (param(int, low=1, high=7), 7, 7),
        (param(float), "0.5", 0.5),
        (param(float, low=0.5), 0.5, 0.5),
        (param(str, choices=("a", "b")), "b", "b"),
        (param(str, pattern=r"\d{2}"), "07", "07"),
    ],
)
def test_a_setting_is_taken_in_its_type(setting: Param, value: Any, taken: Any) -> None:
    found = setting.check(value)
    assert found == taken
    assert type(found) is type(taken)


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        (param(bool), "maybe", "must be true or false, not 'maybe'."),
        (param(int), 7.5, "must be a whole number, not '7.5'."),
        (param(int), "x", "must be a whole number, not 'x'."),
        (param(int, low=1), 0, "must be a whole number, at least 1, not '0'."),
        (param(int, high=9), 10, "must be a whole number, at most 9, not '10'."),
        (param(int, low=1, high=9), 10, "must be a whole number from 1 to 9, not '10'."),
        (param(float), float("nan"), "must be a number, not 'nan'."),
        (param(float, low=0.5, high=2), float("nan"), "must be a number from 0.5 to 2, not 'nan'."),
        (param(int), float("inf"), "must be a whole number, not 'inf'."),
        (param(int), None, "must be a whole number, not 'None'."),
        (param(str, choices=("a", "b")), "c", "must be one of a, b, not 'c'."),
        (param(str, pattern=r"\d{2}", expected="two digits"), "7", "must be two digits, not '7'."),
        (param(str, pattern=r"\d{2}"), "٠٧", "must be text, not '٠٧'."),
    ],
)
def test_a_wrong_setting_says_what_it_must_be(setting: Param, value: Any, said: str) -> None:
    with pytest.raises(MethodError) as error:
        setting.check(value, "trees")
    assert str(error.value) == f"Setting 'leaf' of engine 'trees' {said}"
    with pytest.raises(MethodError, match=r"^Setting 'leaf' must be"):
        setting.check(value)
