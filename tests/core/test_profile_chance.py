"""Chance, held against what other packages and draws say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2_contingency, false_discovery_control

from synth_core.associations import cramers_v_of
from synth_core.profile.chance import adjusted, state_by_group


def test_adjusted_p_values_are_those_of_scipy() -> None:
    p_values = np.random.default_rng(0).random((6, 7)) ** 3
    np.testing.assert_allclose(adjusted(p_values).ravel(), false_discovery_control(p_values.ravel()))


def test_strengths_of_many_states_are_those_of_each_alone() -> None:
    rng = np.random.default_rng(1)
    sizes = rng.integers(30, 90, 8)
    held = np.column_stack([rng.binomial(sizes, 0.3), rng.binomial(sizes, np.linspace(0.1, 0.9, 8)), sizes * 0])
    strength, chance = state_by_group(sizes.astype(float), held.astype(float))
    for state in (0, 1):
        counts = np.column_stack([held[:, state], sizes - held[:, state]]).astype(float)
        assert strength[state] == pytest.approx(cramers_v_of(counts))
        assert chance[state] == pytest.approx(chi2_contingency(counts).pvalue, rel=0.2)
    assert (strength[2], chance[2]) == (0, 1)


def test_many_tiny_groups_are_no_finding() -> None:
    """Of 31 groups 30 hold one row: the chi-squared curve alone would reject at 1 % in 6 of 100 tables."""
    rng, sizes = np.random.default_rng(2), np.array([1] * 30 + [270])
    held = rng.multivariate_hypergeometric(sizes, 30, size=5000).T
    chance = state_by_group(sizes.astype(float), held.astype(float))[1]
    assert (chance < 0.01).mean() < 0.015
