"""One mode is hardly ever called two; two or three that stand apart are found."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from synth_core.profile.modality import dip, dip_p_value, distribution, heap_step, modality, runs, taut_string

Values = npt.NDArray[np.float64]

Draw = Callable[[np.random.Generator, int], Values]


def _ages(rng: np.random.Generator, rows: int) -> Values:
    """Ages that some people round to fives and tens."""
    ages = np.round(rng.normal(50, 17, rows)).clip(18, 90)
    tens, fives = rng.random(rows) < 0.4, rng.random(rows) < 0.3
    ages[tens] = np.round(ages[tens] / 10) * 10
    ages[fives] = np.round(ages[fives] / 5) * 5
    return ages


def _mixture(*centres: float) -> Draw:
    return lambda rng, rows: rng.normal(np.array(centres)[rng.integers(0, len(centres), rows)], 1)


ONE_MODE: dict[str, Draw] = {
    "normal": lambda rng, rows: rng.normal(size=rows),
    "exponential": lambda rng, rows: rng.exponential(size=rows),
    "uniform": lambda rng, rows: rng.random(rows),
    "lognormal": lambda rng, rows: rng.lognormal(0, 1, rows),
    "counts": lambda rng, rows: rng.poisson(2, rows).astype(float),
    "many counts": lambda rng, rows: rng.poisson(30, rows).astype(float),
    "heaped ages": _ages,
    "even ages": lambda rng, rows: rng.integers(18, 90, rows).astype(float),
    "half steps": lambda rng, rows: np.round(rng.normal(0, 1, rows) * 2) / 2,
    "cauchy": lambda rng, rows: rng.standard_cauchy(rows),
}


@pytest.mark.parametrize("name", ONE_MODE)
def test_one_mode_is_called_more_at_most_as_often_as_the_level_says(name: str) -> None:
    wrong = 0
    for seed in range(200):
        found = modality(np.sort(ONE_MODE[name](np.random.default_rng(seed), 400)))
        assert found is not None
        wrong += found.modes > 1
    assert wrong / 200 <= 0.07


@pytest.mark.parametrize("centres", [(0, 6), (0, 6, 12), (0, 8, 20), (0, 6, 12, 18)])
def test_modes_that_stand_apart_are_found(centres: tuple[float, ...]) -> None:
    right = 0
    for seed in range(60):
        found = modality(np.sort(_mixture(*centres)(np.random.default_rng(seed), 1000)))
        assert found is not None
        right += found.modes == len(centres) and bool(np.allclose(found.at, centres, atol=1.0))
    assert right / 60 >= 0.95


def test_the_sentence_says_where_and_how_sure() -> None:
    found = modality(np.sort(_mixture(0, 30)(np.random.default_rng(0), 500)))
    assert found is not None
    assert found.p_value is not None
    assert found.p_value <= 0.001
    assert found.sentence.startswith("2 modes, near ")
    assert "p < 0.001" in found.sentence


def test_too_little_is_not_tested() -> None:
    assert modality(np.arange(49.0)) is None
    assert modality(np.repeat([1.0, 2.0, 3.0, 4.0], 50)) is None


def test_a_second_mode_of_next_to_nothing_does_not_count() -> None:
    rng = np.random.default_rng(0)
    values = np.sort(np.concatenate([rng.normal(0, 1, 200_000), rng.normal(12, 1, 600)]))
    found = modality(values)
    assert found is not None
    assert found.modes == 1


def test_the_dip_by_hand() -> None:
    # half of the values in [0, 1], half in [2, 3]: the nearest with one mode cuts both corners by a quarter of a half
    at, share = np.array([0.0, 1.0, 2.0, 3.0]), np.array([0.0, 0.5, 0.5, 1.0])
    assert dip(at, share) == pytest.approx(1 / 8, abs=0.05)
    assert dip(at, np.array([0.0, 1 / 3, 2 / 3, 1.0])) == pytest.approx(0)
    assert dip(at, np.array([0.0, 0.25, 0.75, 1.0])) == pytest.approx(0)


def test_the_p_value_falls_as_the_dip_grows() -> None:
    p_values = [dip_p_value(width, 1000) for width in (0.0, 0.005, 0.01, 0.02, 0.05)]
    assert p_values == sorted(p_values, reverse=True)
    assert p_values[0] == 1
    assert p_values[-1] == 0.001


def test_the_taut_string_stays_in_its_tube_and_is_straight_where_it_can_be() -> None:
    at = np.linspace(0, 1, 101)
    share = at + 0.02 * np.sin(20 * at)
    share[[0, -1]] = 0, 1
    for radius, turns in ((0.05, 2), (0.005, 5)):
        found = taut_string(at, share, radius)
        line = np.interp(at, *np.array(found).T)
        assert np.abs(line - share).max() <= radius + 1e-9
        assert len(found) == turns if turns == 2 else len(found) >= turns


@pytest.mark.parametrize(
    ("values", "step"),
    [
        (np.random.default_rng(0).normal(size=500), None),
        (np.arange(500.0), 1),
        (np.arange(500) / 4, 0.25),
        (np.arange(300) * 1000.0, 1000),
        (_ages(np.random.default_rng(1), 4000), 10),
    ],
    ids=["fine", "whole", "quarters", "thousands", "heaps"],
)
def test_grids_and_heaps_are_seen(values: Values, step: float | None) -> None:
    assert heap_step(*runs(np.sort(values))) == (None if step is None else pytest.approx(step))


def test_the_distribution_runs_from_nothing_to_all() -> None:
    for values in (
        np.random.default_rng(0).standard_cauchy(5000),
        np.arange(60.0),
        np.repeat([1.0, 1.5, 9, 70, 71], 30),
    ):
        at, share = distribution(np.sort(values))
        assert (np.diff(at) > 0).all()
        assert (np.diff(share) >= 0).all()
        assert share[0] == 0
        assert share[-1] == pytest.approx(1)
