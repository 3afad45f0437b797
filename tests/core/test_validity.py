"""Validity: rules, keys and categories, counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd

from synth_core.constraints.base import Constraint
from synth_core.scores import validity
from synth_core.scores.score import Score
from synth_core.scores.sides import Sides
from synth_core.table import Column, Kind, Role, Table

COLUMNS = (
    Column(name="id", kind=Kind.IDENTIFIER),
    Column(name="low", kind=Kind.INTEGER),
    Column(name="high", kind=Kind.INTEGER),
    Column(name="word", kind=Kind.CATEGORY),
)


class Ordered(Constraint):
    """low is at most high."""

    type: str = "ordered"

    @property
    def columns_used(self) -> tuple[str, ...]:
        return ("low", "high")

    def sentence(self) -> str:
        return "low is at most high"

    def violations(self, frame: pd.DataFrame) -> pd.Series[bool]:
        return frame["low"] > frame["high"]


def table(low: list[int], high: list[int], ids: list[str] | None = None, words: list[str] | None = None) -> Table:
    frame = pd.DataFrame(
        {
            "id": pd.Series(ids or [f"x{i}" for i in range(len(low))], dtype=object),
            "low": np.array(low),
            "high": np.array(high),
            "word": pd.Series(words or ["a"] * len(low), dtype=object),
        }
    )
    return Table(frame, COLUMNS)


REAL = table([1, 2, 3, 4], [2, 3, 4, 3])
NONE = REAL.rows(np.arange(0))


def by_name(found: validity.Validity) -> dict[str, Score]:
    return {score.name: score for score in found.scores}


def test_adherence_counts_real_raw_and_final_rows() -> None:
    rule = Ordered(id="r1")
    made = table([1, 9, 3, 9, 1], [2, 3, 4, 5, 1])
    found = validity.measure(
        Sides(REAL, NONE, made), [rule], raw_broken={"r1": 0.5}, repaired={"r1": 3}, how={"r1": "repair"}
    )
    (kept,) = found.rules
    assert (kept.real, kept.raw, kept.final) == (0.75, 0.5, 0.6)
    assert (kept.broken, kept.repaired, kept.how) == (2, 3, "repair")
    assert by_name(found)["rules_broken"].value == 2


def test_a_row_that_breaks_two_rules_counts_once_and_soft_rules_do_not_count() -> None:
    made = table([9, 1], [1, 1])
    both = validity.measure(Sides(REAL, NONE, made), [Ordered(id="a"), Ordered(id="b")])
    soft = validity.measure(Sides(REAL, NONE, made), [Ordered(id="a", hard=False)])
    assert by_name(both)["rules_broken"].value == 1
    assert by_name(soft)["rules_broken"].value == 0
    assert soft.rules[0].broken == 1


def test_a_switched_off_rule_is_not_judged() -> None:
    found = validity.measure(Sides(REAL, NONE, REAL), [Ordered(enabled=False)])
    assert found.rules == []
    assert by_name(found)["rules_broken"].note == "no hard rules are set"


def test_one_broken_row_in_a_million_never_reads_as_all_kept() -> None:
    low = np.zeros(3_000_000, dtype=np.int64)
    low[0] = 1
    assert validity._share_kept(low > 0) < 1


def test_a_rule_on_a_column_that_is_not_released_is_left_out() -> None:
    dropped = REAL.with_columns([REAL.column("high").model_copy(update={"role": Role.DROP})])
    made = REAL.select(["id", "low", "word"])
    found = validity.measure(Sides(dropped, dropped.rows(np.arange(0)), made), [Ordered()])
    assert found.rules == []
    assert "1 rules about columns that are not released" in by_name(found)["rules_broken"].note


def test_repeated_keys_are_counted() -> None:
    made = table([1, 2, 3], [2, 3, 4], ids=["a", "a", "b"])
    assert by_name(validity.measure(Sides(REAL, NONE, made)))["keys_repeated"].value == 1


def test_a_key_that_repeats_in_real_rows_may_repeat() -> None:
    real = table([1, 2], [2, 3], ids=["a", "a"])
    assert by_name(validity.measure(Sides(real, NONE, real)))["keys_repeated"].value == 0


def test_unknown_categories_are_counted_but_not_the_stand_in_for_rare_ones() -> None:
    made = table([1, 2, 3], [2, 3, 4], words=["a", "zebra", "other"])
    found = by_name(validity.measure(Sides(REAL, NONE, made)))["unknown_categories"]
    assert (found.value, found.note) == (1, "in word")
