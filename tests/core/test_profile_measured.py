"""The profile against numbers worked by hand, and against chance that looks like a finding."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.optimize import isotonic_regression
from scipy.signal import lfilter, savgol_filter

from synth_core.profile import Profile, profile
from synth_core.profile.exposure import exposure, suggested_quasi_identifiers
from synth_core.profile.facts import measure_column
from synth_core.profile.known_traits import about_people, trait
from synth_core.profile.memory import worth
from synth_core.profile.modality import _hung_under, modality
from synth_core.profile.pairs import pair_facts
from synth_core.profile.seasons import find_peaks
from synth_core.profile.series import running_line
from synth_core.profile.temporal import looks_ordered, time_profile
from synth_core.profile.trends import trend_of
from synth_core.profile.triples import triples
from synth_core.recipe import Use
from synth_core.recommend import meaning
from synth_core.table import Column, Kind, Role, Table

Floats = npt.NDArray[np.float64]
KINDS = {"i": Kind.INTEGER, "f": Kind.NUMBER, "b": Kind.BOOLEAN, "M": Kind.DATETIME}


def table(**columns: object) -> Table:
    frame = pd.DataFrame(columns)
    described = (Column(name=name, kind=KINDS.get(frame[name].dtype.kind, Kind.CATEGORY)) for name in frame)
    return Table(frame, tuple(described), "t")


def random(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


def swinging(period: float, radius: float, rows: int, seed: int) -> Floats:
    """Return AR(2) noise that swings about ``period``, without a clock."""
    past = [1.0, -2 * radius * np.cos(2 * np.pi / period), radius**2]
    return np.asarray(lfilter([1.0], past, random(seed).standard_normal(rows + 500))[500:], dtype=np.float64)


def walk(rows: int, seed: int) -> Floats:
    return np.cumsum(random(seed).standard_normal(rows))


def codes(found: Profile) -> set[tuple[str, ...]]:
    return {(alert.code, *alert.columns) for alert in found.alerts}


# -- one column ---------------------------------------------------------------------------------------------------


def test_moments_are_those_worked_by_hand() -> None:
    facts = measure_column(
        pd.Series([1.0, 2.0, 3.0, 4.0, 10.0]), Column(name="x", kind=Kind.NUMBER, protect=False)
    ).profile
    # departures -3, -2, -1, 0, 6: their squares make 50, cubes 180, fourth powers 1394
    assert facts.mean == pytest.approx(4)
    assert facts.variance == pytest.approx(50 / 4)
    assert facts.skewness == pytest.approx(36 / 10**1.5)
    assert facts.kurtosis == pytest.approx(278.8 / 100 - 3)


def test_quantiles_of_days_have_no_hours() -> None:
    facts = profile(table(day=pd.date_range("2024-01-01", periods=60))).column("day")
    assert not any(quantile % 86_400 for quantile in facts.quantiles)


def test_large_whole_numbers_are_told_apart_row_by_row() -> None:
    found = profile(table(big=[2**60 + n for n in range(300)], few=[n % 9 for n in range(300)]))
    assert found.column("big").distinct == 300
    assert found.duplicate_rows == 0


def test_the_hull_is_what_monotone_regression_of_slopes_gives() -> None:
    at = np.sort(random().uniform(0, 10, 80))
    heights = np.sort(random(2).uniform(0, 1, 80))
    gaps = np.diff(at)
    slopes = isotonic_regression(np.diff(heights) / gaps, weights=gaps).x
    assert _hung_under(at, heights) == pytest.approx(heights[0] + np.concatenate([[0], np.cumsum(slopes * gaps)]))


@pytest.mark.parametrize("decimals", [0, 1, 2])
def test_rounding_makes_no_modes(decimals: int) -> None:
    bell = random().standard_normal(3000) * 10.0 ** (1 - decimals)
    found = modality(np.sort(np.round(bell, decimals)))
    assert found is not None
    assert found.modes == 1


# -- two columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("same", "related"), [(28, False), (35, True)])
def test_the_interval_of_cramers_v_holds_nothing_unless_chi_squared_rejects_it(same: int, related: bool) -> None:
    # of 100 rows in a table of two by two, chi-squared is (2 same - 50)^2 / 25: 1.44 and 16, against 3.84
    pairs = [("a", "p")] * same + [("a", "q")] * (50 - same) + [("b", "p")] * (50 - same) + [("b", "q")] * same
    facts = pair_facts(table(x=[one for one, _ in pairs], y=[other for _, other in pairs]), "x", "y")
    assert {m.name: m.low > 0 for m in facts.measures} == {"Cramér's V": related, "Mutual information": related}


def test_two_series_that_only_rise_are_no_formula_and_a_square_is() -> None:
    steps = random().exponential(1, (2, 200)).cumsum(axis=1)
    found = profile(table(people=steps[0], prices=steps[1], squared=steps[0] ** 2))
    duplicates = {frozenset(code[1:]) for code in codes(found) if code[0] == "duplicate_columns"}
    assert duplicates == {frozenset(["people", "squared"])}


def test_the_order_of_the_rows_is_not_called_an_identifier() -> None:
    found = codes(profile(table(year=list(range(1900, 2000)), level=walk(100, 3))))
    assert ("order_unset", "year") in found
    assert ("id_like", "year") not in found


# -- three columns ------------------------------------------------------------------------------------------------


def test_walks_that_have_nothing_to_do_make_no_triples_and_shuffled_xor_does() -> None:
    series = table(**{f"x{n}": walk(1000, n) for n in range(5)})
    assert triples(series).found == []
    one, other = random().integers(0, 2, (2, 1000))
    coins = table(a=one.astype(str), b=other.astype(str), c=(one ^ other).astype(str))
    assert len(triples(coins).found) == 1


def test_an_interaction_within_a_series_is_still_found() -> None:
    turn = np.repeat(random().integers(0, 2, 100), 20)
    first, noise = (lfilter([1], [1, -0.8], random(seed).standard_normal(2000)) for seed in (2, 3))
    found = triples(table(x=first, y=np.where(turn, 1, -1) * first + noise, turn=np.where(turn, "up", "down")))
    assert [set(triple.names) for triple in found.found] == [{"x", "y", "turn"}]


def test_a_row_is_worth_less_the_longer_its_columns_remember() -> None:
    forgetful, halving = np.zeros(20), 0.5 ** np.arange(1, 21)
    assert worth([forgetful] * 3) == 1
    assert worth([halving] * 3) == pytest.approx(1 / (1 + 2 * 0.125))  # the second lag adds under 0.05
    assert worth([halving, halving, forgetful]) == 1


# -- in time ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [0.05, 0.5])
def test_values_that_tie_make_no_trend_by_their_places(share: float) -> None:
    generator = random(4)
    trends = [trend_of((generator.random(150) < share).astype(float), generator) for _ in range(40)]
    assert sum(trend is not None and trend.p_value < 0.05 for trend in trends) <= 6


def test_a_state_that_sets_in_for_good_is_a_trend() -> None:
    trend = trend_of(np.r_[np.zeros(40), random().integers(0, 2, 40), np.ones(40)].astype(float), random())
    assert trend is not None
    assert trend.p_value < 0.05


def test_a_walk_that_rises_says_that_this_may_be_chance() -> None:
    days = pd.date_range("2020-01-01", periods=150)
    sentences = []
    for seed in range(30):
        found = time_profile(table(day=days, x=walk(150, seed)), order="day")
        assert found is not None
        sentences += [line.sentence for line in found.series if line.trend_words.startswith(("rises", "falls"))]
    assert sum("may be chance" not in sentence for sentence in sentences) <= 1


def test_a_line_through_noise_is_said_without_that_doubt() -> None:
    values = np.arange(150) / 20 + random().standard_normal(150)
    found = time_profile(table(day=pd.date_range("2020-01-01", periods=150), x=values), order="day")
    assert found is not None
    assert "Rises over time: 'x'." in found.sentences


def test_a_curve_that_only_rises_is_a_trend_though_it_wanders_about_a_line() -> None:
    values = np.cumsum(0.5 + 0.3 * random().standard_normal(300))
    trend = trend_of(values, random())
    assert trend is not None
    assert trend.p_value < 0.01
    assert not trend.wanders


@pytest.mark.parametrize(("period", "radius"), [(10, 0.98), (10, 0.95), (5, 0.95), (30, 0.98)])
def test_a_tendency_to_swing_is_no_season(period: float, radius: float) -> None:
    called = sum(bool(find_peaks(swinging(period, radius, 2000, seed))) for seed in range(20))
    assert called <= 2


@pytest.mark.parametrize("rows", [200, 2000])
def test_a_clock_under_noise_is_a_season(rows: int) -> None:
    values = 1.5 * np.sin(2 * np.pi * np.arange(rows) / 11.7) + random().standard_normal(rows)
    assert find_peaks(values)[0].steps == pytest.approx(11.7, rel=0.02)


@pytest.mark.parametrize(("rows", "window"), [(12, 5), (101, 13), (7, 7)])
def test_the_running_line_is_the_savitzky_golay_filter_of_first_degree(rows: int, window: int) -> None:
    values = walk(rows, 5)
    assert running_line(values, window) == pytest.approx(savgol_filter(values, window, 1))


def test_a_table_sorted_by_group_is_no_series_and_a_walk_is() -> None:
    groups = np.repeat([0.0, 5.0, 10.0], 60)
    flowers = {f"x{n}": groups + random(n).standard_normal(180) for n in range(3)}
    households = {f"x{n}": np.repeat(random(n).integers(0, 50, 60), 4) for n in range(3)}
    assert not looks_ordered(table(**flowers))
    assert not looks_ordered(table(**households))
    assert looks_ordered(table(x=walk(200, 1), y=walk(200, 2)))


# -- people -------------------------------------------------------------------------------------------------------


def test_a_word_within_another_word_is_no_trait() -> None:
    assert trait(Column(name="information", kind=Kind.INTEGER)) is None
    assert trait(Column(name="professional_services", kind=Kind.INTEGER)) is None
    assert trait(Column(name="patientbirthdate", kind=Kind.DATETIME)) == "birth"


def test_sums_over_many_people_are_no_trait_of_one() -> None:
    staff = random().integers(10_000, 90_000, 60)
    assert not about_people(table(month=pd.date_range("2020-01-01", periods=60, freq="MS"), education_staff=staff))
    assert about_people(table(education=["school", "college", "none"] * 20, pay=staff))


def test_days_of_weather_expose_nobody_and_stays_of_patients_do() -> None:
    days = pd.date_range("2024-01-01", periods=60)
    sky = ["sun", "rain", "snow"] * 20
    weather = table(day=days, sky=sky, degrees=random().normal(10, 5, 60))
    assert not about_people(weather)
    assert suggested_quasi_identifiers(weather) == []
    assert not any(one.title == "Exposed rows" for one in meaning(weather, profile(weather), Use.SHARE))
    stays = table(admission=days, age=[20 + n % 50 for n in range(60)], ward=sky)
    assert suggested_quasi_identifiers(stays) == ["admission", "age"]


def test_exposed_rows_are_those_counted_by_hand_with_empty_cells_as_a_value() -> None:
    people = table(
        sex=["f", "f", "f", "m", "m", None, None, "m"],
        town=["A", "A", "B", "A", "A", "A", "A", None],
        ill=["y", "y", "n", "y", "n", "n", "n", "y"],
    )
    found = exposure(people, ["sex", "town"], sensitive="ill")
    # f A twice (both ill), f B, m A twice (one ill), nobody's sex in A twice (none ill), m without a town
    assert (found.groups, found.unique_rows, found.smallest) == (5, 2, 1)
    assert found.diversity is not None
    assert (found.diversity.smallest, found.diversity.certain_rows) == (1, 4)


# -- what it means ------------------------------------------------------------------------------------------------


def test_rows_that_must_repeat_are_no_news() -> None:
    def titles(found: Table) -> set[str]:
        return {one.title for one in meaning(found, profile(found), Use.SHARE)}

    assert "Repeated rows" not in titles(table(a=["x", "y"] * 150, b=["p", "q", "r"] * 100))
    numbers = np.tile(random().normal(size=150), 2)
    assert "Repeated rows" in titles(table(a=numbers, b=numbers + 1))


def test_a_table_in_the_order_of_a_year_is_not_said_to_be_in_no_order() -> None:
    rivers = table(year=list(range(1871, 1971)), volume=random().normal(900, 150, 100))
    said = " ".join(one.sentence for one in meaning(rivers, profile(rivers), Use.SHARE))
    assert "in no order" not in said
    assert "in the order of 'year'" in said


def test_years_are_written_without_a_comma_in_triples() -> None:
    from synth_core.profile.levels import in_levels

    years = pd.Series(np.repeat(np.arange(1970, 1990), 10))
    labels = in_levels(years, Column(name="model_year", kind=Kind.INTEGER, role=Role.FEATURE), 4).labels
    assert labels
    assert not any("," in label for label in labels)
