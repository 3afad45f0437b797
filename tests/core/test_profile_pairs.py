"""Measures of a pair agree with textbook ones, and their intervals hold the truth about as often as they say."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from synth_core.errors import TableError
from synth_core.profile.pairs import PairFacts, PairMeasure, pair_facts
from synth_core.table import Column, Kind, Table

Values = npt.NDArray[np.generic]


def table_of(columns: dict[str, object]) -> Table:
    frame = pd.DataFrame(columns)
    kinds = {"f": Kind.NUMBER, "i": Kind.INTEGER, "O": Kind.CATEGORY}
    return Table(frame, tuple(Column(name=name, kind=kinds[frame[name].dtype.kind]) for name in frame.columns))


def measure(found: PairFacts, name: str) -> PairMeasure:
    return next(one for one in found.measures if one.name.startswith(name))


def test_two_numbers_get_correlations_ratios_and_information() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=800)
    y = 0.6 * x + 0.8 * rng.normal(size=800)
    found = pair_facts(table_of({"x": x, "y": y}), "x", "y")
    assert measure(found, "Pearson").value == pytest.approx(np.corrcoef(x, y)[0, 1], abs=1e-4)
    assert measure(found, "Spearman").value == pytest.approx(
        pd.Series(x).corr(pd.Series(y), method="spearman"), abs=1e-4
    )
    assert [one.name.removesuffix(" of x").removesuffix(" of y") for one in found.measures] == [
        "Pearson",
        "Spearman",
        "Correlation ratio",
        "Mutual information",
    ]
    assert all(one.low <= one.value <= one.high and one.sentence.endswith(".") for one in found.measures)


def test_a_curve_has_no_correlation_but_a_ratio() -> None:
    x = np.random.default_rng(0).uniform(-1, 1, 2000)
    found = pair_facts(table_of({"x": x, "y": x**2}), "x", "y")
    assert abs(measure(found, "Pearson").value) < 0.1
    assert measure(found, "Correlation ratio of y").value > 0.95
    assert measure(found, "Mutual information").value > 0.5


def test_a_number_and_a_category_get_a_ratio_and_information() -> None:
    group = np.repeat(["a", "b"], 100).astype(object)
    found = pair_facts(table_of({"g": group, "y": np.arange(200.0)}), "g", "y")
    assert [one.name for one in found.measures] == ["Correlation ratio of y", "Mutual information"]


def test_two_categories_get_cramers_v_and_information() -> None:
    a = np.repeat(["p", "q"], 50).astype(object)
    b = np.concatenate([np.repeat(["r", "s"], [40, 10]), np.repeat(["r", "s"], [10, 40])]).astype(object)
    found = pair_facts(table_of({"a": a, "b": b}), "a", "b")
    assert [one.name for one in found.measures] == ["Cramér's V", "Mutual information"]
    assert measure(found, "Cramér's V").value == pytest.approx(np.sqrt((0.36 - 1 / 99) / (1 - 1 / 99)), abs=1e-4)
    # 1 - H(0.2) = 0.278 bits less 1 / (200 ln 2), of one bit
    assert measure(found, "Mutual information").value == pytest.approx(0.2781 - 0.0072, abs=1e-3)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(1)

    def draw(rows: int) -> PairFacts:
        x = rng.normal(size=rows)
        return pair_facts(table_of({"x": x, "y": 0.5 * x + rng.normal(size=rows)}), "x", "y")

    truth, drawn = draw(20_000), [draw(400) for _ in range(25)]
    for name in ("Pearson", "Spearman", "Correlation ratio"):
        value, found = measure(truth, name).value, [measure(one, name) for one in drawn]
        assert sum(one.low - 0.02 <= value <= one.high + 0.02 for one in found) >= 21, name
        assert all(one.high - one.low < 0.25 for one in found), name


def test_missing_cells_are_left_out_and_counted() -> None:
    x = np.where(np.arange(100) < 40, np.nan, np.arange(100.0))
    found = pair_facts(table_of({"x": x, "y": np.arange(100.0)}), "x", "y")
    assert found.rows == 60
    assert measure(found, "Pearson").value == 1


@pytest.mark.parametrize("y", [np.full(50, 3.0), np.where(np.arange(50) < 45, np.nan, 1.0)], ids=["constant", "empty"])
def test_nothing_is_made_of_nothing(y: Values) -> None:
    assert pair_facts(table_of({"x": np.arange(50.0), "y": y}), "x", "y").measures == []


def test_personal_columns_are_not_compared() -> None:
    table = table_of({"mail": np.array(["a@b.c"] * 20, dtype=object), "y": np.arange(20.0)})
    hidden = table.with_columns([Column(name="mail", kind=Kind.TEXT, semantic="email")])
    with pytest.raises(TableError, match="'mail' is personal data"):
        pair_facts(hidden, "mail", "y")


@pytest.mark.filterwarnings("error")
def test_extreme_values_are_measured_without_a_warning() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(300)
    table = table_of(
        {
            "tiny": base * 1e-200,
            "huge": base * 1e300,
            "whole": (base * 2**61).astype(np.int64),
            "none": np.full(300, np.nan),
            "endless": np.where(base < 0.1, np.inf, base),
        }
    )
    for x in table.names:
        for y in table.names:
            pair_facts(table, x, y)
    assert measure(pair_facts(table, "tiny", "whole"), "Pearson").value == pytest.approx(1, abs=1e-4)
