"""The small statistics against numbers worked by hand or taken from published tables."""

from __future__ import annotations

import numpy as np
import pytest

from synth_core.scores.statistics import (
    Estimate,
    auc,
    kolmogorov,
    poisson_interval,
    resample_weights,
    rounded,
    rounded_list,
    rounded_rows,
    total_variation,
    true_positives_at,
    weighted_auc,
    wilson,
)


def near(*values: float) -> object:
    return pytest.approx(values, abs=5e-5)


@pytest.mark.parametrize(
    ("hits", "trials", "expected"),
    [
        (0, 0, (0.0, 0.0, 1.0)),
        (0, 1, (0.0, 0.0, 0.7935)),
        (0, 10, (0.0, 0.0, 0.2775)),  # z^2 / (n + z^2)
        (10, 10, (1.0, 0.7225, 1.0)),
        (5, 10, (0.5, 0.2366, 0.7634)),
        (1, 10, (0.1, 0.0179, 0.4042)),
    ],
)
def test_wilsons_interval(hits: int, trials: int, expected: tuple[float, float, float]) -> None:
    assert wilson(hits, trials) == near(*expected)


@pytest.mark.parametrize(("count", "low", "high"), [(0, 0.0, 3.6889), (1, 0.0253, 5.5716), (5, 1.6235, 11.6683)])
def test_garwoods_interval(count: int, low: float, high: float) -> None:
    assert poisson_interval(count) == near(low, high)


def test_an_area_splits_ties_and_has_delongs_interval() -> None:
    # pairs: 1, 1/2, 1, 1 of 4; structural components (3/4, 1) and (1, 3/4), so the variance is 1/32
    found = auc(np.array([2.0, 3.0]), np.array([1.0, 2.0]))
    assert found == near(0.875, 0.875 - 1.96 * np.sqrt(1 / 32), 1.0)
    # uneven numbers: components (1, 1, 1/2) and (1, 2/3), variances 1/12 / 3 + 1/18 / 2
    found = auc(np.array([3.0, 4.0, 1.5]), np.array([1.0, 2.0]))
    assert found == near(5 / 6, max(5 / 6 - 1.96 * np.sqrt(1 / 36 + 1 / 36), 0), 1.0)


def test_an_area_at_the_edge_keeps_an_interval() -> None:
    # Hanley and McNeil at 1 - 1/8: (0.109375 + 0.012153 + 0.051042) / 4
    assert auc(np.array([3.0, 4.0]), np.array([1.0, 2.0])) == near(1.0, 1.0 - 1.95996 * np.sqrt(0.0431424), 1.0)
    assert auc(np.array([1.0, 2.0]), np.array([3.0, 4.0])) == near(0.0, 0.0, 1.95996 * np.sqrt(0.0431424))
    lone = auc(np.array([2.0]), np.array([1.0, 3.0]))
    assert lone.value == 0.5
    assert lone.low == 0.0
    assert lone.high == 1.0


def test_found_members_at_a_rate_of_false_alarms() -> None:
    # four others: none to all of three may lie above the quantile; Wilson of 2 in 4 ends at 0.85
    found = true_positives_at(np.array([9.0, 8.0, 1.0, 0.0]), np.array([7.0, 6.0, 5.0, 4.0]), 0.25)
    assert found == near(0.5, 0.0, 0.85)
    # two hundred others: between the 4th and the 17th, and half of the members lie above both
    others = np.arange(1.0, 201.0)
    members = np.r_[np.full(100, 199.5), np.zeros(100)]
    assert true_positives_at(members, others, 0.05) == near(0.5, 0.43136, 0.56864)
    # the ends go by thresholds: of members spread like the others, 3 and 17 of 200 lie beyond
    spread = true_positives_at(others + 0.25, others, 0.05)
    assert spread.low == pytest.approx(wilson(4, 200).low)
    assert spread.high == pytest.approx(wilson(17, 200).high)


def test_one_other_says_nothing_of_a_rate() -> None:
    assert true_positives_at(np.array([0.0]), np.array([1.0]), 0.5) == (0.0, 0.0, 1.0)


def test_what_is_held_against_a_measured_control_reaches_further() -> None:
    below, above = Estimate(0.5, 0.4, 0.7).reach(Estimate(0.3, 0.26, 0.33))
    assert (below, above) == near(np.hypot(0.1, 0.03), np.hypot(0.2, 0.04))


def test_weighted_areas_are_areas_with_rows_repeated() -> None:
    labels, scores = np.array([True, True, False, False]), np.array([2.0, 3.0, 1.0, 2.0])
    weights = np.array([[1.0, 1, 1, 1], [1, 2, 1, 1], [1, 1, 1, 3], [0, 0, 1, 1], [1, 1, 0, 0]])
    found = weighted_auc(labels, scores, weights)
    assert found[:3] == near(0.875, (0.75 + 2) / 3, (1 + 3 * 0.5 + 1 + 3) / 8)
    assert np.isnan(found[3:]).all()


def test_resamples_draw_as_many_rows_as_there_are() -> None:
    found = resample_weights(7, 40, np.random.default_rng(0))
    assert found.shape == (40, 7)
    assert (found.sum(axis=1) == 7).all()
    assert found.mean(axis=0) == pytest.approx(1, abs=0.6)
    assert len({tuple(row) for row in found}) > 30


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [
        ([1, 2], [3, 4], 1.0),
        ([1, 2, 3, 4], [1, 2, 3, 4], 0.0),
        ([1, 2, 3, 4], [1, 2, 3, 9], 0.25),
        ([np.nan, 1, 2], [1, 2, 3], 1 / 3),  # missing lies below every value
        ([np.nan, np.nan], [1, np.nan], 0.5),
        ([1, 1, 2], [1, 2, 2], 1 / 3),
        ([], [1], 1.0),
        ([1], [], 1.0),
    ],
)
def test_kolmogorovs_distance(first: list[float], second: list[float], distance: float) -> None:
    assert kolmogorov(np.array(first, dtype=float), np.array(second, dtype=float)) == pytest.approx(distance)


@pytest.mark.parametrize(
    ("first", "second", "distance"),
    [([0, 0, 1], [0, 1, 1], 1 / 3), ([0, 0], [2, 2], 1.0), ([3, 1], [1, 3], 0.0), ([], [0], 1.0), ([0], [], 1.0)],
)
def test_total_variation(first: list[int], second: list[int], distance: float) -> None:
    assert total_variation(np.array(first, dtype=int), np.array(second, dtype=int)) == pytest.approx(distance)


def test_what_is_no_number_is_short_for_json_too() -> None:
    assert [rounded(value) for value in (None, np.nan, np.inf, 0.123456, 2)] == [None, None, None, 0.1235, 2.0]
    assert rounded(0.123456, 2) == 0.12
    assert rounded_list([np.nan, 0.00004, 2]) == [0.0, 0.0, 2.0]
    assert rounded_rows([[0.123456, 1], [2, 3]]) == [[0.1235, 1.0], [2.0, 3.0]]
