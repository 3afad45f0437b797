"""A table in time: the step, the holes, trend, seasons, what a series remembers, and what one row would give away."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.signal import lfilter

from synth_core.errors import TableError
from synth_core.profile.seasons import find_peaks
from synth_core.profile.temporal import ROW_ORDER, TimeProfile, looks_ordered, time_profile
from synth_core.profile.time_axis import order_column, usual_step
from synth_core.profile.trends import autocorrelations, theil_sen, trend_of
from synth_core.table import Column, Kind, Role, Table
from tests.conftest import make_people

Floats = npt.NDArray[np.float64]
DAY = 86400.0


def ar1(phi: float, rows: int, seed: int) -> Floats:
    noise = np.random.default_rng(seed).standard_normal(rows + 500)
    return np.asarray(lfilter([1.0], [1.0, -phi], noise)[500:], dtype=np.float64)


def series(values: Floats, freq: str = "D", start: str = "2022-01-03", *, protect: bool = True) -> Table:
    stamps = pd.date_range(start, periods=len(values), freq=freq)
    frame = pd.DataFrame({"when": stamps.astype("datetime64[ns]"), "x": values})
    columns = (
        Column(name="when", kind=Kind.DATETIME, protect=protect),
        Column(name="x", kind=Kind.NUMBER, protect=protect),
    )
    return Table(frame, columns, "series")


def found(table: Table, **asked: object) -> TimeProfile:
    result = time_profile(table, **asked)  # type: ignore[arg-type]
    assert result is not None
    return result


# -- the order and its step -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("freq", "words"),
    [
        ("10min", "every 10 minutes"), ("h", "hourly"), ("D", "daily"), ("W", "weekly"), ("B", "business days"),
        ("MS", "monthly"), ("ME", "monthly"), ("QS", "quarterly"), ("YS", "yearly"), ("15s", "every 15 seconds"),
    ],
)  # fmt: skip
def test_the_step_is_found_and_named(freq: str, words: str) -> None:
    result = found(series(np.arange(60.0), freq))
    assert result.step_words == words
    assert result.regular_share == 1
    assert not result.gaps
    assert not result.aggregated


def test_a_step_that_jitters_is_still_a_step() -> None:
    times = np.arange(500) * 600 + np.random.default_rng(0).uniform(-40, 40, 500)
    step = usual_step(np.sort(times), dates=True)
    assert step is not None
    assert step.words(True) == "about every 10 minutes"


def test_times_at_random_have_no_step() -> None:
    assert usual_step(np.sort(np.random.default_rng(0).uniform(0, 1e6, 500)), dates=True) is None


def test_missing_days_are_gaps_and_twins_are_counted() -> None:
    table = series(np.arange(100.0))
    kept = np.delete(np.arange(100), [10, 11, 12, 50])
    table = table.rows(np.sort(np.append(kept, 20)))
    result = found(table)
    assert (result.gap_count, result.missing_steps, result.repeated) == (2, 4, 1)
    first = table.frame["when"].iloc[0].timestamp()
    assert [(gap.start, gap.steps) for gap in result.gaps] == [(first + 10 * DAY, 3), (first + 50 * DAY, 1)]
    assert result.gaps[0].end == first + 12 * DAY


def test_holidays_are_gaps_of_business_days_and_weekends_are_not() -> None:
    table = series(np.arange(80.0), "B")
    result = found(table.rows(np.delete(np.arange(80), [30])))
    assert (result.step_words, result.missing_steps) == ("business days", 1)


def test_the_role_comes_before_the_best_date_and_births_are_no_order() -> None:
    people = make_people()
    birth = people.frame.assign(birthdate=people.frame["start"])
    columns = (*people.columns, Column(name="birthdate", kind=Kind.DATETIME))
    table = Table(birth, columns)
    assert order_column(table, None) == table.column("start")
    chosen = table.with_columns([table.column("end").model_copy(update={"role": Role.ORDER})])
    assert order_column(chosen, None) == chosen.column("end")
    assert time_profile(table.select(["age", "birthdate"])) is None


def test_a_column_without_order_is_refused_with_a_sentence() -> None:
    with pytest.raises(TableError, match="'city' cannot order the rows"):
        time_profile(make_people(), order="city")
    with pytest.raises(TableError, match="no column 'tim'"):
        time_profile(make_people(), order="tim")
    with pytest.raises(TableError, match="no course over time"):
        time_profile(make_people(), columns=["city"])


def test_row_order_is_taken_only_when_asked_for() -> None:
    table = Table(pd.DataFrame({"x": ar1(0.9, 400, 1)}), (Column(name="x", kind=Kind.NUMBER),))
    assert time_profile(table) is None
    result = found(table, order=ROW_ORDER)
    assert not result.dates
    assert result.series[0].autocorrelation[0] > 0.7
    assert looks_ordered(table)
    shuffled = table.rows(np.random.default_rng(0).permutation(400))
    assert not looks_ordered(shuffled)


def test_identifiers_order_rows_without_being_shown() -> None:
    frame = pd.DataFrame({"id": [f"{100_000 + 7 * i}" for i in range(300)], "x": ar1(0.5, 300, 1)})
    table = Table(frame, (Column(name="id", kind=Kind.IDENTIFIER), Column(name="x", kind=Kind.NUMBER)))
    result = found(table, order="id")
    assert "1000" not in result.model_dump_json()
    assert (result.start, result.end) == (0, 299)


# -- trend ------------------------------------------------------------------------------------------------------


def test_the_slope_is_the_median_of_slopes() -> None:
    assert theil_sen(np.arange(5.0), np.array([0.0, 2, 4, 6, 100])) == pytest.approx(2)


@pytest.mark.parametrize("phi", [0.0, 0.6, 0.9])
@pytest.mark.parametrize("rows", [80, 600])
def test_noise_that_remembers_is_rarely_called_a_trend(phi: float, rows: int) -> None:
    rng = np.random.default_rng(3)
    called = sum(trend_of(ar1(phi, rows, seed), rng).p_value < 0.05 for seed in range(60))  # type: ignore[union-attr]
    assert called <= 10  # of 60; 3 by design, and 10 or more is a chance of 1 in 1,000 at 5 %


def test_a_random_walk_is_rarely_called_a_trend() -> None:
    rng = np.random.default_rng(3)
    walks = [np.cumsum(np.random.default_rng(seed).standard_normal(800)) for seed in range(60)]
    assert sum(trend_of(walk, rng).p_value < 0.01 for walk in walks) <= 6  # type: ignore[union-attr]


def test_a_true_trend_is_found_through_noise_that_remembers() -> None:
    result = found(series(ar1(0.6, 600, 5) + 0.01 * np.arange(600), protect=False)).series[0]
    assert result.trend_per_step == pytest.approx(0.01, rel=0.2)
    assert result.trend_p_value is not None
    assert result.trend_p_value < 0.01
    assert result.trend_words.startswith("rises by about 6")
    assert result.trend_strength is not None
    assert result.trend_strength > 0.5


# -- seasons ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("phi", [0.0, 0.7, 0.97, 1.0])
def test_red_noise_has_no_seasons(phi: float) -> None:
    assert (
        sum(bool(find_peaks(ar1(phi, 1000, seed) if phi < 1 else np.cumsum(ar1(0, 1000, seed)))) for seed in range(40))
        <= 1
    )


def test_a_daily_season_of_ten_minute_data_is_named_with_its_steps() -> None:
    place = np.arange(144 * 30)
    values = np.sin(2 * np.pi * place / 144) + 0.5 * np.sin(6 * np.pi * place / 144) + ar1(0.8, len(place), 2)
    result = found(series(values, "10min")).series[0]
    assert [season.words for season in result.seasons] == ["daily (144 steps)"]
    assert result.seasons[0].strength == result.season_strength
    assert 0.1 < result.seasons[0].strength < 0.6
    assert result.seasons[0].starts == "midnight"
    assert len(result.seasons[0].shape) == 60
    assert len(result.lags) > 288


def test_weekly_and_yearly_seasons_are_both_found_and_harmonics_are_not_counted() -> None:
    place = np.arange(365 * 4)
    week = np.array([1.0, 1, 1, 1, 1, -2, -3])[place % 7]
    values = 0.7 * week + 2 * np.sin(2 * np.pi * place / 365.2425) + ar1(0.3, len(place), 4)
    result = found(series(values)).series[0]
    assert {season.words for season in result.seasons} == {"weekly (7 days)", "yearly (365 days)"}
    monday = next(season for season in result.seasons if season.words.startswith("weekly"))
    assert monday.starts == "Monday"
    assert int(np.argmin(monday.shape)) == 6


def test_a_week_that_changes_the_course_of_its_days_is_a_week_and_not_thirteen_hours() -> None:
    place = np.arange(24 * 7 * 60)
    hour, workday = place % 24, place // 24 % 7 < 5
    rush = np.exp(-((hour - 8) ** 2) / 4) + np.exp(-((hour - 17.5) ** 2) / 6)
    load = 100 * np.where(workday, rush, np.exp(-((hour - 14) ** 2) / 20)) + 15 * ar1(0.7, len(place), 1)
    result = found(series(load, "h")).series[0]
    assert [season.words for season in result.seasons] == ["daily (24 hours)", "weekly (168 hours)"]
    assert result.seasons[1].strength > 0.3


def test_monthly_figures_repeat_yearly() -> None:
    place = np.arange(96)
    result = found(series(3 * np.sin(2 * np.pi * place / 12) + ar1(0.2, 96, 1), "MS")).series[0]
    assert result.seasons[0].words == "yearly (12 months)"


def test_parts_add_up_to_the_series() -> None:
    place = np.arange(400)
    result = found(series(0.02 * place + np.sin(2 * np.pi * place / 7) + ar1(0, 400, 1), protect=False)).series[0]
    total = np.array([result.trend, result.seasonal, result.remainder], dtype=np.float64).sum(axis=0)
    assert total == pytest.approx(np.array(result.observed, dtype=np.float64), abs=1e-3)
    assert len(result.at) <= 500


# -- autocorrelation --------------------------------------------------------------------------------------------


def test_autocorrelations_match_their_definition_and_pass_over_gaps() -> None:
    values = ar1(0.8, 500, 1)
    centred = values - values.mean()
    expected = float((centred[1:] * centred[:-1]).sum() / (centred**2).sum())
    assert autocorrelations(values, 3)[1] == pytest.approx(expected)
    gappy = values.copy()
    gappy[::9] = np.nan
    assert autocorrelations(gappy, 3)[1] == pytest.approx(expected, abs=0.08)


# -- events and entities ----------------------------------------------------------------------------------------


def events(rows: int = 12_000, seed: int = 1) -> Table:
    """Admissions over two years: none on Sundays, more each month, a closed month, ages unrelated to time."""
    rng = np.random.default_rng(seed)
    days = rng.integers(0, 728, rows)
    days = days[(days % 7 != 6) & (rng.random(rows) < (0.3 + 0.7 * days / 728)) & ((days < 300) | (days > 330))]
    stamps = pd.Timestamp("2022-01-03") + pd.to_timedelta(days, unit="D")
    frame = pd.DataFrame(
        {
            "admitted": stamps.astype("datetime64[ns]"),
            "age": rng.integers(0, 90, len(days)),
            "died": np.where(rng.random(len(days)) < 0.1, "yes", "no").astype(object),
            "who": rng.integers(0, 1500, len(days)).astype(str).astype(object),
        }
    )
    columns = (
        Column(name="admitted", kind=Kind.DATETIME),
        Column(name="age", kind=Kind.INTEGER),
        Column(name="died", kind=Kind.BOOLEAN),
        Column(name="who", kind=Kind.IDENTIFIER),
    )
    return Table(frame, columns, "stays")


def test_events_are_counted_per_day_with_their_week_their_rise_and_their_hole() -> None:
    result = found(events())
    rows = result.series[0]
    assert result.aggregated
    assert rows.title == "Rows per day"
    assert rows.column == ""
    assert [season.words for season in rows.seasons] == ["weekly (7 days)"]
    assert rows.trend_words.startswith("rises")
    hole = max(result.gaps, key=lambda gap: gap.steps)
    assert hole.steps == 31
    assert sum(result.period_counts) >= len(events()) - 8
    assert len(result.period_edges) == len(result.period_counts) + 1
    age = next(line for line in result.series if line.column == "age")
    assert not age.seasons
    assert age.trend_words == "no clear trend"
    died = next(line for line in result.series if line.column == "died")
    assert died.unit == "share of 'yes' per day"


def test_one_stray_date_does_not_stretch_the_axis() -> None:
    table = events()
    frame = table.frame.copy()
    frame.loc[0, "admitted"] = pd.Timestamp("1900-01-01")
    result = found(table.with_frame(frame))
    assert result.series[0].title == "Rows per day"
    assert result.start > pd.Timestamp("2021-12-01").timestamp()


def test_rows_without_a_time_are_counted_and_said() -> None:
    table = series(np.arange(200.0))
    frame = table.frame.copy()
    frame.loc[5:9, "when"] = pd.NaT
    result = found(table.with_frame(frame))
    assert result.unknown == 5
    assert any("5 rows have no time" in sentence for sentence in result.sentences)


def test_entities_are_told_apart_from_what_changes_within_them() -> None:
    rng = np.random.default_rng(1)
    who = np.repeat(np.arange(60), 40)
    own = rng.normal(0, 2, 60)[who]
    within = np.concatenate([ar1(0.8, 40, int(seed)) for seed in range(60)])
    frame = pd.DataFrame(
        {
            "who": who.astype(str).astype(object),
            "day": (pd.Timestamp("2024-01-01") + pd.to_timedelta(np.tile(np.arange(40), 60), unit="D")).astype(
                "datetime64[ns]"
            ),
            "fixed": own + 0.01 * rng.normal(size=len(who)),
            "moving": within,
            "noise": rng.normal(size=len(who)),
        }
    )
    numbers = [Column(name=name, kind=Kind.NUMBER) for name in ("fixed", "moving", "noise")]
    who_column = Column(name="who", kind=Kind.IDENTIFIER, role=Role.ENTITY)
    table = Table(frame, (who_column, Column(name="day", kind=Kind.DATETIME), *numbers))
    result = found(table)
    facts = result.per_entity
    assert facts is not None
    assert (facts.entities, facts.single, facts.rows_middle, facts.gap_words) == (60, 0, 40, "1 day")
    columns = {column.column: column for column in facts.columns}
    assert columns["fixed"].between > 0.95
    assert columns["noise"].between < 0.05
    assert columns["moving"].autocorrelation == pytest.approx(0.8, abs=0.08)
    assert columns["noise"].autocorrelation == pytest.approx(0, abs=0.06)
    assert result.repeated == 0
    assert sum(facts.row_counts) == 60
    assert (facts.with_gaps, facts.missing_steps) == (0, 0)
    gappy = found(table.rows(np.delete(np.arange(len(table)), [10, 11, 90]))).per_entity
    assert gappy is not None
    assert (gappy.with_gaps, gappy.missing_steps) == (2, 3)
    assert not result.gaps


def test_weekends_are_no_gaps_of_many_shops_on_business_days() -> None:
    days = pd.bdate_range("2024-01-01", periods=90)
    frame = pd.DataFrame(
        {
            "shop": np.repeat([f"s{i}" for i in range(30)], 90).astype(object),
            "day": np.tile(days.to_numpy(dtype="datetime64[ns]"), 30),
            "sales": np.random.default_rng(0).normal(size=2700),
        }
    )
    shop = Column(name="shop", kind=Kind.CATEGORY, role=Role.ENTITY)
    table = Table(frame, (shop, Column(name="day", kind=Kind.DATETIME), Column(name="sales", kind=Kind.NUMBER)))
    result = found(table)
    assert (result.step_words, result.aggregated, result.gap_count) == ("business days", True, 0)
    assert result.series[0].title == "Rows per business day"
    assert result.series[0].points == 90


def test_visit_numbers_make_one_point_each() -> None:
    visit = np.tile(np.arange(1, 13), 50)
    frame = pd.DataFrame({"visit": visit, "x": visit + np.random.default_rng(0).normal(size=600)})
    table = Table(frame, (Column(name="visit", kind=Kind.INTEGER, role=Role.ORDER), Column(name="x", kind=Kind.NUMBER)))
    result = found(table)
    assert result.series[0].points == 12
    assert result.series[0].trend_words.startswith("rises")


# -- what a single row would give away --------------------------------------------------------------------------


def test_points_of_a_protected_column_are_means_of_five_rows_or_more() -> None:
    values = np.random.default_rng(0).normal(50, 10, 300).round(3)
    protected, open_ = (found(series(values, protect=protect)) for protect in (True, False))
    assert len(protected.series[0].at) == 60
    assert not set(values) & {value for value in protected.series[0].observed if value is not None}
    assert set(values) <= {value for value in open_.series[0].observed if value is not None}
    stamps = series(values).frame["when"]
    assert protected.start == stamps.iloc[4].timestamp()
    assert open_.start == stamps.iloc[0].timestamp()
    shown = np.array([value for value in protected.series[0].observed if value is not None])
    assert shown[0] == pytest.approx(values[:5].mean(), rel=1e-4)


def test_days_with_fewer_than_five_rows_show_no_mean() -> None:
    rng = np.random.default_rng(0)
    days = np.r_[np.repeat(np.arange(100), 8), np.arange(100, 103)]
    frame = pd.DataFrame(
        {
            "day": (pd.Timestamp("2024-01-01") + pd.to_timedelta(days, unit="D")).astype("datetime64[ns]"),
            "x": np.r_[rng.normal(size=800), 1000, 2000, 3000],
        }
    )
    table = Table(frame, (Column(name="day", kind=Kind.DATETIME), Column(name="x", kind=Kind.NUMBER)))
    line = next(line for line in found(table).series if line.column == "x")
    assert max(value for value in line.observed if value is not None) < 900


def test_the_same_table_gives_the_same_profile() -> None:
    assert found(events()).model_dump_json() == found(events()).model_dump_json()


def test_a_profile_in_time_survives_json() -> None:
    result = found(events())
    assert TimeProfile.model_validate_json(result.model_dump_json()) == result


@pytest.mark.parametrize("rows", [0, 1, 5, 9, 11, 13, 30])
def test_short_tables_give_something_or_nothing_but_no_error(rows: int) -> None:
    result = time_profile(series(np.arange(float(rows))))
    assert result is None or result.rows == rows
    assert time_profile(series(np.full(rows, 3.0)), order=ROW_ORDER) is None or rows >= 10
