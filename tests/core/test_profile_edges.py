"""Edge cases, the density line, gaps in words: each says what is there, and nothing of a few rows."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest

from synth_core.profile import ColumnProfile
from synth_core.profile.density import binned, density, quantile
from synth_core.profile.edges import fences, identifier_cases
from synth_core.profile.facts import measure_column
from synth_core.profile.gaps import gap_note
from synth_core.table import Column, Kind

NOW = pd.Timestamp("2024-06-01").timestamp()
KINDS = {"i": Kind.INTEGER, "f": Kind.NUMBER, "M": Kind.DATETIME, "O": Kind.CATEGORY}


def facts_of(values: object, kind: Kind | None = None) -> ColumnProfile:
    series = pd.Series(values)
    return measure_column(series, Column(name="a", kind=kind or KINDS[series.dtype.kind]), now=NOW).profile


def cases_of(values: object, kind: Kind | None = None) -> dict[str, tuple[int, str]]:
    return {case.code: (case.rows, case.sentence) for case in facts_of(values, kind).edge_cases}


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(5)


def test_outliers_are_counted_on_each_side(rng: np.random.Generator) -> None:
    values = np.concatenate([rng.normal(100, 5, 1000), [900.5, 901.5, -700.5]])
    rows, sentence = cases_of(values)["outliers"]
    assert rows == 3
    assert "1 below" in sentence
    assert "2 above" in sentence
    assert "900" not in sentence


def test_a_few_negatives_among_positives_are_told() -> None:
    values = np.concatenate([np.arange(1.0, 500.0), [-3.0, -4.0]])
    assert cases_of(values)["negative"][0] == 2
    assert "negative" not in cases_of(np.arange(-250.0, 250.0))


def test_ends_are_named_only_when_five_rows_hold_them() -> None:
    held = cases_of(np.concatenate([np.repeat(17, 9), np.arange(18, 80), [80] * 3]))
    assert held["bound_smallest"] == (9, "The smallest value, 17, is held by 9 rows (12 %).")
    assert "bound_largest" not in held


def test_years_go_without_a_comma() -> None:
    assert "1994" in cases_of(np.repeat([1994, 1995, 1996], 50))["bound_smallest"][1]


def test_heaps_and_spikes_are_seen(rng: np.random.Generator) -> None:
    ages = rng.integers(20, 90, 3000).astype(float)
    rounded = rng.random(3000) < 0.5
    ages[rounded] = np.round(ages[rounded] / 10) * 10
    assert "multiples of 10" in cases_of(ages)["heaps"][1]
    hours = np.where(rng.random(3000) < 0.4, 40, rng.integers(1, 99, 3000))
    rows, sentence = cases_of(hours)["spike"]
    assert rows == int((hours == 40).sum())
    assert sentence.startswith("40 alone")
    assert not {"heaps", "spike"} & set(cases_of(rng.normal(size=3000)))


def test_decimals_among_whole_numbers_are_seen() -> None:
    values = np.concatenate([np.arange(200.0), [3.5, 4.25]])
    assert cases_of(values)["decimals"][0] == 2


def test_dates_ahead_leap_days_midnights_and_new_years_are_seen() -> None:
    days = list(pd.date_range("2020-01-01 08:30", "2023-12-31", freq="D"))
    days += [pd.Timestamp("2020-02-29 10:00")] * 2 + [pd.Timestamp("2030-05-05 10:00")] * 3
    days += [pd.Timestamp("2021-01-01")] * 80
    found = cases_of(pd.Series(days))
    assert found["future"][0] == 3
    assert found["leap_day"][0] == 3
    assert found["midnight"][0] == 80
    assert found["new_year"][0] == 84
    assert "a year, not a day" in found["new_year"][1]


def test_words_rare_twice_spelled_padded_and_long_are_seen() -> None:
    words = [f"town {i}" for i in range(30) for _ in range(8)] + ["Ghent", "ghent ", "GHENT"] + ["x" * 90] * 2
    found = cases_of(np.array(words, dtype=object))
    assert found["rare_values"] == (5, "4 values with fewer than 5 rows, 5 rows in all.")
    assert found["blanks"][0] == 1
    assert found["spellings"][0] == 2
    assert found["long_words"][0] == 2
    assert not [sentence for _, sentence in found.values() if "hent" in sentence.lower()]


def test_identifiers_that_come_twice_are_seen() -> None:
    keys = [f"K{i}" for i in range(100)] + ["K5"]
    assert cases_of(np.array(keys, dtype=object), Kind.IDENTIFIER)["repeated"][0] == 2


def test_no_sentence_holds_a_number_of_a_single_row(rng: np.random.Generator) -> None:
    values = np.round(rng.lognormal(8, 1.5, 800), 2)
    facts = facts_of(values)
    text = " ".join([case.sentence for case in facts.edge_cases] + [facts.modality.sentence if facts.modality else ""])
    named = {float(found.replace(",", "")) for found in re.findall(r"\d[\d,]*\.\d\d", text)}
    assert not named & set(values.tolist())


def test_variance_and_moments_agree(rng: np.random.Generator) -> None:
    values = rng.gamma(2.0, 3.0, 4000)
    facts = facts_of(values)
    assert facts.variance == pytest.approx(values.var(ddof=1))
    assert facts.skewness == pytest.approx(pd.Series(values).skew(), rel=0.01)
    assert facts.kurtosis == pytest.approx(pd.Series(values).kurt(), rel=0.02)


@pytest.mark.parametrize("name", ["normal", "exponential", "lognormal", "whole"])
def test_the_density_holds_what_the_histogram_holds(name: str, rng: np.random.Generator) -> None:
    values = {
        "normal": rng.normal(size=5000),
        "exponential": rng.exponential(size=5000),
        "lognormal": rng.lognormal(0, 3, 5000),
        "whole": rng.integers(0, 100, 5000).astype(float),
    }[name]
    facts = facts_of(values)
    at = np.log10(facts.density_at) if facts.log_scale else np.array(facts.density_at)
    line = np.array(facts.density)
    area = float(((line[1:] + line[:-1]) / 2 * np.diff(at)).sum())
    assert area == pytest.approx(sum(facts.counts) / 5000, abs=0.03)
    assert facts.log_scale == (name == "lognormal")
    assert min(facts.density) >= 0
    if name == "exponential":  # what the kernel spills over zero is folded back
        assert facts.density[0] > 0.75


def test_the_density_leaves_the_valley_open(rng: np.random.Generator) -> None:
    values = np.sort(np.concatenate([rng.normal(0, 1, 3000), rng.normal(8, 1, 3000)]))
    at, line = density(values, [-3.0, 11.0], modes=2)
    assert np.interp(4, at, line) < 0.1 * np.interp(0, at, line)


def test_quantiles_and_bins_of_sorted_values_are_those_of_numpy(rng: np.random.Generator) -> None:
    values = np.sort(rng.normal(size=777))
    shares = (0.01, 0.3, 0.5, 0.999)
    assert np.allclose(quantile(values, shares), np.quantile(values, shares))
    edges = np.array([-1.0, 0.0, 0.5, values[700]])
    assert binned(values, edges).tolist() == np.histogram(values, edges)[0].tolist()


def test_gaps_by_chance_and_in_blocks_are_told_apart(rng: np.random.Generator) -> None:
    assert gap_note(np.zeros(50, dtype=bool)) == ""
    assert gap_note(np.ones(50, dtype=bool)) == "Empty in every row."
    assert gap_note(np.arange(50) < 3) == "Empty in 3 rows (6.0 %)."
    assert gap_note(rng.random(2000) < 0.2).endswith("with no pattern in the order of rows.")
    assert "rows at the start" in gap_note(np.arange(2000) < 700)
    assert "rows at the end" in gap_note(np.arange(2000) > 700)
    blocks = (np.arange(2000) // 50) % 4 == 1
    assert gap_note(blocks).endswith("in 10 stretches, the longest of 50 rows: in blocks.")


def test_gaps_that_are_a_little_less_scattered_are_not_called_blocks(rng: np.random.Generator) -> None:
    stay = rng.random(60_000) < 0.1  # one row in ten repeats the row above
    gaps = rng.random(60_000) < 0.3
    gaps[1:] = np.where(stay[1:], gaps[:-1], gaps[1:])
    assert gap_note(gaps).endswith("a little less scattered than in a random order of rows.")


CLEAN = {
    "uniform": lambda rng, n: rng.random(n),
    "normal": lambda rng, n: rng.normal(50, 10, n),
    "exponential": lambda rng, n: rng.exponential(1, n),
    "lognormal": lambda rng, n: rng.lognormal(0, 1, n),
    "gamma": lambda rng, n: rng.gamma(2, 1, n),
    "Laplace": lambda rng, n: rng.laplace(size=n),
    "Poisson": lambda rng, n: rng.poisson(3, n).astype(float),
    "Student": lambda rng, n: rng.standard_t(5, n),
}


@pytest.mark.parametrize("shape", CLEAN)
def test_clean_columns_rarely_have_outliers(shape: str) -> None:
    alarms = 0
    for seed in range(60):
        found = np.sort(CLEAN[shape](np.random.default_rng(seed), 5000))
        low, high = fences(found)
        alarms += found[0] < low or found[-1] > high
    assert alarms <= 4  # of 60; 5 in 100 are promised


@pytest.mark.parametrize(("shape", "factor"), [("uniform", 10), ("normal", 10), ("exponential", 100), ("gamma", 100)])
def test_slips_of_the_decimal_point_are_found(shape: str, factor: int) -> None:
    for seed in range(10):
        rng = np.random.default_rng(seed)
        values = CLEAN[shape](rng, 5000)
        slipped = rng.choice(np.flatnonzero(values >= np.median(values)), 3, replace=False)
        values[slipped] *= factor
        low, high = fences(np.sort(values))
        assert sorted(np.flatnonzero((values < low) | (values > high))) == sorted(slipped)


@pytest.mark.parametrize("every", [2, 3, 10, 20])
def test_every_tenth_row_empty_is_not_chance(every: int) -> None:
    gaps = np.arange(1000) % every == 0
    assert "more evenly spread over the rows than in a random order" in gap_note(gaps)
    assert "more evenly" in gap_note(~gaps)


def test_gaps_by_chance_are_called_chance() -> None:
    for seed in range(300):
        rng = np.random.default_rng(seed)
        note = gap_note(rng.random(rng.integers(80, 1000)) < rng.uniform(0.05, 0.95))
        assert "more evenly" not in note
        assert "blocks" not in note


def test_one_is_said_in_the_singular() -> None:
    twice = identifier_cases(np.array([2] + [1] * 99))
    assert [case.sentence for case in twice] == ["1 identifier comes more than once; all others once."]
    facts = facts_of([*range(99), 7.5], kind=Kind.NUMBER)
    assert "1 value has decimals; all others are whole." in [case.sentence for case in facts.edge_cases]
