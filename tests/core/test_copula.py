"""The Gaussian copula: latents, correlations, strata, given values."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from synth_core.codec import Codec
from synth_core.errors import MethodError
from synth_core.methods.copula import Copula
from synth_core.methods.latent import Pieces, discrete_pieces, latent_correlations, nearest_correlation, numeric_pieces
from synth_core.methods.strata import partition
from synth_core.table import Column, Kind, Role, Table


def table(frame: pd.DataFrame, target: str = "") -> Table:
    columns = []
    for name in frame:
        kind = Kind.CATEGORY if frame[name].dtype == object else Kind.NUMBER
        columns.append(Column(name=name, kind=kind, role=Role.TARGET if name == target else Role.FEATURE))
    return Table(frame, tuple(columns))


def normals(rho: float, rows: int = 4000) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.multivariate_normal([0, 0], [[1, rho], [rho, 1]], rows)


def made(frame: pd.DataFrame, rows: int = 8000, target: str = "", **params) -> pd.DataFrame:
    return Copula(**params).fit(table(frame, target), seed=0).sample(rows, seed=1)


def test_a_line_of_states_is_cut_by_their_shares():
    line = discrete_pieces(np.array([2, 1]), np.array([0.0, 0.25, 0.75]))
    assert line.edges.tolist() == [0.0, 0.75, 1.0]
    states, ranks = line.decode(ndtri(np.array([0.1, 0.7, 0.8])))
    assert states.tolist() == [2, 2, 1]
    assert np.isnan(ranks).all()


def test_the_scores_of_half_and_half_are_the_means_of_half_a_normal():
    line = discrete_pieces(np.array([1, 2]), np.array([0.0, 0.5, 0.5]))
    half = np.sqrt(2 / np.pi)
    scores = line.scores(np.array([1, 2, 0], dtype=np.int32), np.full(3, np.nan))
    np.testing.assert_allclose(scores, [-half, half, np.nan])
    assert line.coefficients()[0] == pytest.approx(2 / np.pi, abs=1e-3)


def test_a_number_keeps_atoms_between_its_stretches():
    states = np.array([2, 2, 1, 1, 2, 2], dtype=np.int32)
    ranks = np.array([0.1, 0.3, np.nan, np.nan, 0.7, 0.9])
    positions = np.array([0.1, 0.2, 0.5, 0.5, 0.8, 0.9])
    line = numeric_pieces(positions, states, ranks, continuous=2)
    assert line.states.tolist() == [2, 1, 2]
    np.testing.assert_allclose(line.ranks, [[0.1, 0.5], [np.nan, np.nan], [0.5, 0.9]])
    again, rank = line.decode(ndtri(np.array([1 / 6, 0.5, 0.99])))
    assert again.tolist() == [2, 1, 2]
    assert rank[0] == pytest.approx(0.3)


def test_cutting_a_latent_does_not_weaken_its_correlation():
    latent = normals(0.6, 40_000)
    cut = (latent[:, 0] > 1.0).astype(np.int32) + 1
    line = discrete_pieces(np.array([1, 2]), np.bincount(cut, minlength=3) / len(cut))
    smooth = Pieces(np.array([0.0, 1.0]), np.array([1], dtype=np.int32), np.array([[0.0, 1.0]]))
    scores = np.column_stack([line.scores(cut, np.full(len(cut), np.nan)), latent[:, 1]])
    found = latent_correlations(scores, np.array([line.coefficients(), smooth.coefficients()]))
    assert found[0, 1] == pytest.approx(0.6, abs=0.02)


def test_few_rows_pull_correlations_to_none():
    rng = np.random.default_rng(0)
    smooth = np.zeros((6, 12))
    smooth[:, 0] = 1
    few = latent_correlations(rng.standard_normal((12, 6)), smooth)
    assert np.abs(few - np.eye(6)).max() < 0.3


def test_a_matrix_that_is_no_correlation_becomes_one():
    fixed = nearest_correlation(np.array([[1.0, 0.9, -0.9], [0.9, 1.0, 0.9], [-0.9, 0.9, 1.0]]))
    assert np.linalg.eigvalsh(fixed)[0] > 0
    np.testing.assert_allclose(np.diag(fixed), 1)


def test_correlation_and_distribution_of_numbers_are_kept():
    pair = np.exp(normals(-0.7))
    out = made(pd.DataFrame(pair, columns=["x", "y"]))
    assert np.corrcoef(np.log(out["x"]), np.log(out["y"]))[0, 1] == pytest.approx(-0.7, abs=0.03)
    assert out["x"].median() == pytest.approx(np.median(pair[:, 0]), rel=0.07)


def test_categories_that_go_together_still_do_whatever_their_names():
    rng = np.random.default_rng(1)
    level = rng.integers(0, 6, 4000)
    names = np.array(["d", "a", "f", "b", "e", "c"], dtype=object)
    frame = pd.DataFrame({"group": names[level], "x": level * 2.0 + rng.normal(0, 0.7, 4000)})
    means = made(frame).groupby("group")["x"].mean()
    real = frame.groupby("group")["x"].mean()
    assert (means - real).abs().max() < 1.0


def test_missing_cells_keep_their_rate_and_stay_together():
    latent = normals(0.5)
    frame = pd.DataFrame(latent, columns=["x", "y"])
    frame.loc[np.random.default_rng(2).random(4000) < 0.3, ["x", "y"]] = np.nan
    out = made(frame)
    assert out["x"].isna().mean() == pytest.approx(0.3, abs=0.02)
    assert (out["x"].isna() == out["y"].isna()).mean() > 0.95


def exclusive() -> pd.DataFrame:
    """Two columns that are related one way in one class and the other way in the other."""
    rng = np.random.default_rng(3)
    up = rng.random(4000) < 0.5
    x = rng.normal(0, 1, 4000)
    y = np.where(up, x, -x) + rng.normal(0, 0.3, 4000)
    return pd.DataFrame({"x": x, "y": y, "up": np.where(up, "yes", "no").astype(object)})


def test_each_class_of_the_target_has_its_own_copula():
    apart = made(exclusive(), target="up")
    together = made(exclusive(), target="up", by_target=False)
    for out, strongest in ((apart, 0.8), (together, 0.0)):
        yes = out[out["up"] == "yes"]
        assert yes["x"].corr(yes["y"]) == pytest.approx(strongest, abs=0.2)


def test_given_values_are_kept_and_the_rest_follows_them():
    model = Copula().fit(table(exclusive(), target="up"), seed=0)
    given = pd.DataFrame({"up": ["yes"] * 3000, "x": np.linspace(-2, 2, 3000)})
    out = model.sample(3000, seed=1, conditions=given)
    assert out["up"].eq("yes").all()
    np.testing.assert_array_equal(out["x"], given["x"])
    assert out["x"].corr(out["y"]) > 0.9


def test_a_given_number_chooses_its_fifth_of_the_target():
    frame = pd.DataFrame(normals(0.8), columns=["x", "y"])
    model = Copula().fit(table(frame, target="y"), seed=0)
    assert len(model.strata) == 5
    out = model.sample(1000, seed=1, conditions=pd.DataFrame({"y": [1.5] * 1000}))
    assert out["x"].mean() == pytest.approx(1.2, abs=0.25)


def test_values_for_a_column_that_was_not_learned_are_refused():
    model = Copula().fit(table(exclusive()), seed=0)
    with pytest.raises(MethodError, match="'z', which was not learned"):
        model.sample(1, seed=0, conditions=pd.DataFrame({"z": [1.0]}))
    with pytest.raises(MethodError, match="given for 2 rows, but 3 rows"):
        model.sample(3, seed=0, conditions=pd.DataFrame({"x": [1.0, 2.0]}))


def crossed(rows: int = 6000) -> pd.DataFrame:
    """Two categories that go together one way in one half of the rows and the other way in the other half."""
    rng = np.random.default_rng(0)
    half, a = rng.integers(0, 2, rows), rng.integers(0, 2, rows)
    b = np.where(rng.random(rows) < 0.95, a ^ half, rng.integers(0, 2, rows))
    clue = np.where(rng.random(rows) < 0.9, half, rng.integers(0, 2, rows))
    words = {"half": half, "clue": clue, "a": a, "b": b}
    return pd.DataFrame({name: np.array(["no", "yes"], dtype=object)[codes] for name, codes in words.items()})


def test_what_holds_only_in_a_group_is_kept_by_cutting_the_rows():
    def turned(frame: pd.DataFrame) -> float:
        return float((((frame["a"] == "yes") ^ (frame["b"] == "yes")) == (frame["half"] == "yes")).mean())

    real = crossed()
    assert turned(real) > 0.95
    assert turned(made(real, splits=0)) < 0.6, "one correlation cannot say both"
    assert turned(made(real, splits=1)) > 0.9


def test_groups_are_never_smaller_than_asked_and_hold_every_row_once():
    frame = crossed(3000)
    frame["rare"] = np.array(["x"] * 2930 + ["y"] * 70, dtype=object)
    codec = Codec.fit(table(frame), seed=0)
    encoded = codec.encode(frame)
    groups = list(partition(codec, encoded, np.arange(3000), 3, 100))
    assert len(groups) > 3
    assert min(len(group) for group in groups) >= 100
    assert sorted(np.concatenate(groups)) == list(range(3000))
    assert len(list(partition(codec, encoded, np.arange(3000), 0, 100))) == 1


def test_columns_that_say_nothing_of_each_other_are_not_cut():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({name: rng.choice(["u", "v", "w"], 4000) for name in "abc"}, dtype=object)
    codec = Codec.fit(table(frame), seed=0)
    assert len(list(partition(codec, codec.encode(frame), np.arange(4000), 2, 100))) == 1
