"""A rule that is loosened names no single row's values."""

import pandas as pd

from pages.ui.rule_loosen import loosened
from synth_core.constraints.kinds import FixedCombinations, ScalarRange
from synth_core.table import Column, Kind, Table


def people() -> Table:
    frame = pd.DataFrame(
        {
            "age": [*range(20, 59), 97],
            "city": ["Ghent"] * 30 + ["Lyon"] * 10,
            "country": ["Belgium"] * 30 + ["France"] * 8 + ["Belgium"] * 2,
        }
    )
    kinds = {"age": Kind.INTEGER, "city": Kind.CATEGORY, "country": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=name, kind=kind) for name, kind in kinds.items()))


def test_a_bound_goes_out_to_a_round_number_and_not_to_the_extreme_itself() -> None:
    rule = loosened(ScalarRange(column="age", low_value=30, high_value=50), people())
    assert isinstance(rule, ScalarRange)
    assert (rule.low_value, rule.high_value) == (20, 100)


def test_combinations_of_few_rows_are_not_named() -> None:
    rule = FixedCombinations(columns=("city", "country"), combinations=(("Ghent", "Belgium"),))
    wider = loosened(rule, people())
    assert isinstance(wider, FixedCombinations)
    assert wider.combinations == (("Ghent", "Belgium"), ("Lyon", "France"))
