"""The matrix of every measure: what it equals, what it covers, what wide tables do."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from synth_core.associations import (
    MAX_COLUMNS,
    Measure,
    association_matrix,
    binned_codes,
    cramers_v_of,
    entropy_of,
    mutual_information_of,
)
from synth_core.table import Column, Kind, Role, Table

MEASURES: list[Measure] = ["auto", "pearson", "spearman", "cramers_v", "correlation_ratio", "mutual_information"]


def table_of(columns: dict[str, object], **changes: dict[str, object]) -> Table:
    frame = pd.DataFrame(columns)
    kinds = {"f": Kind.NUMBER, "i": Kind.INTEGER, "O": Kind.CATEGORY, "M": Kind.DATETIME}
    described = [
        Column(**{"name": n, "kind": kinds[frame[n].dtype.kind], **changes.get(n, {})})  # type: ignore[arg-type]
        for n in frame.columns
    ]
    return Table(frame, tuple(described))


@pytest.fixture(scope="module")
def mixed() -> Table:
    rng = np.random.default_rng(0)
    group = rng.integers(0, 3, 1500)
    x = rng.normal(size=1500)
    return table_of(
        {
            "x": x,
            "bent": x**2,
            "y": np.where(rng.random(1500) < 0.1, np.nan, 0.5 * x + rng.normal(size=1500)),
            "group": np.array(list("abc"), dtype=object)[group],
            "by_group": group * 5 + rng.normal(size=1500),
            "label": np.array(["one", "two", "two"], dtype=object)[group],
        }
    )


@pytest.mark.parametrize("measure", MEASURES)
def test_every_measure_gives_a_symmetric_matrix_with_ones(mixed: Table, measure: Measure) -> None:
    found = association_matrix(mixed, measure=measure)
    values = np.array(found.values)
    assert found.measure == measure
    assert np.array_equal(values, values.T, equal_nan=True)
    assert (np.diag(values) == 1).all()
    assert np.nanmax(np.abs(values)) <= 1
    assert len(found.names) == (4 if measure in ("pearson", "spearman") else 6)


@pytest.mark.parametrize("measure", ["pearson", "spearman"])
def test_correlations_are_those_of_pandas(mixed: Table, measure: Measure) -> None:
    names = ["x", "bent", "by_group"]
    found = association_matrix(mixed, names=names, measure=measure)
    assert np.allclose(found.values, mixed.frame[names].corr(method=measure), atol=1e-3)


def test_the_correlation_ratio_is_fishers_eta_and_sees_curves(mixed: Table) -> None:
    found = association_matrix(mixed, measure="correlation_ratio")
    groups = mixed.frame.groupby("group")["by_group"]
    eta = np.sqrt((groups.transform("mean")).var(ddof=0) / mixed.frame["by_group"].var(ddof=0))
    assert found.between("group", "by_group") == pytest.approx(eta, abs=0.01)
    assert found.between("x", "bent") > 0.8
    assert np.isnan(found.between("group", "label"))


def test_a_column_that_decides_another_shares_all_its_information(mixed: Table) -> None:
    found = association_matrix(mixed, measure="mutual_information")
    assert found.between("group", "label") == pytest.approx(1, abs=0.01)
    assert found.between("x", "group") < 0.02


def test_a_measure_that_does_not_fit_named_columns_is_nan(mixed: Table) -> None:
    found = association_matrix(mixed, names=["x", "group"], measure="pearson")
    assert np.isnan(found.between("x", "group"))


def test_information_by_hand() -> None:
    assert entropy_of(np.array([1.0, 1, 2])) == pytest.approx(1.5)
    bits, share = mutual_information_of(np.array([[500.0, 0], [0, 500]]))
    assert bits == pytest.approx(1 - 1 / (2000 * np.log(2)))
    assert share == pytest.approx(bits)
    assert mutual_information_of(np.array([[25.0, 25], [25, 25]])) == (0, 0)
    assert cramers_v_of(np.array([[50.0, 0], [0, 50]])) == 1


def test_unrelated_columns_have_no_information_to_speak_of() -> None:
    rng = np.random.default_rng(0)
    table = table_of({f"c{i}": rng.choice(list("abcdefgh"), 400).astype(object) for i in range(6)})
    values = np.array(association_matrix(table, measure="mutual_information").values)
    assert np.abs(values[~np.eye(6, dtype=bool)]).max() < 0.04


def test_bins_are_filled_equally_and_zero_is_missing() -> None:
    values = pd.Series([np.nan, *np.arange(100.0)])
    codes = binned_codes(values, Column(name="a", kind=Kind.NUMBER), bins=4)
    assert codes[0] == 0
    assert np.bincount(codes)[1:].tolist() == [25, 25, 25, 25]


def test_a_very_wide_table_keeps_its_strongest_columns_and_the_target() -> None:
    rng = np.random.default_rng(0)
    columns: dict[str, object] = {f"n{i}": rng.normal(size=120) for i in range(MAX_COLUMNS + 40)}
    columns["copy"] = np.asarray(columns["n7"]) * 2
    columns["goal"] = rng.choice(["yes", "no"], 120).astype(object)
    found = association_matrix(table_of(columns, goal={"role": Role.TARGET}))
    assert len(found.names) == MAX_COLUMNS
    assert found.left_out == 42
    assert {"n7", "copy", "goal"} <= set(found.names)
