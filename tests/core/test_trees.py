"""Sequential trees: relations kept, rows that were learned kept apart, the same rows again from a saved model."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from synth_core.codec import Codec
from synth_core.errors import Cancelled, MethodError
from synth_core.methods.donors import Donors, Nodes
from synth_core.methods.relations import level_scores, mutual_information, related_last, simplest_first
from synth_core.methods.smooth import Smooth, with_values
from synth_core.methods.trees import Trees
from synth_core.methods.views import View
from synth_core.table import Column, Kind, Table

KINDS = {"sex": Kind.CATEGORY, "age": Kind.INTEGER, "dose": Kind.NUMBER, "code": Kind.CATEGORY, "on": Kind.DATETIME}


def people(rows: int = 1500) -> Table:
    rng = np.random.default_rng(0)
    sex = rng.choice(["f", "m"], rows)
    age = rng.integers(20, 90, rows)
    dose = np.where(rng.random(rows) < 0.2, np.nan, (age / 10 + rng.normal(size=rows)).round(1))
    code = np.where(sex == "f", "O", "N") + (age // 30).astype(str).astype(object)
    on = pd.Series(pd.Timestamp("2020-01-01") + pd.to_timedelta(rng.integers(0, 700, rows), unit="D"))
    frame = pd.DataFrame({"sex": sex.astype(object), "age": age, "dose": dose, "code": code, "on": on})
    return Table(frame, tuple(Column(name=name, kind=kind) for name, kind in KINDS.items()))


def one_column(values, kind: Kind) -> Table:
    return Table(pd.DataFrame({"x": values}), (Column(name="x", kind=kind),))


@pytest.fixture(scope="module")
def fitted():
    return Trees(release_rows=5000, trees=3).fit(people(), seed=1)


def test_a_sample_has_the_columns_dtypes_and_kinds_of_the_table(fitted):
    made = fitted.sample(400, seed=2)
    real = people().frame
    assert list(made.columns) == list(real.columns)
    assert (made.dtypes == real.dtypes).all()
    assert set(made["sex"]) == {"f", "m"}
    assert (made["dose"].dropna().round(1) == made["dose"].dropna()).all()
    assert (made["on"] == made["on"].dt.normalize()).all()


def test_relations_and_missing_rates_are_kept(fitted):
    made, real = fitted.sample(6000, seed=3), people().frame
    assert ((made["code"].str[0] == "O") == (made["sex"] == "f")).mean() > 0.98
    assert abs(made[["age", "dose"]].corr().iloc[0, 1] - real[["age", "dose"]].corr().iloc[0, 1]) < 0.08
    assert abs(made["dose"].isna().mean() - real["dose"].isna().mean()) < 0.04


def test_the_same_seed_gives_the_same_rows_and_another_seed_others(fitted):
    pd.testing.assert_frame_equal(fitted.sample(300, seed=5), fitted.sample(300, seed=5))
    assert not fitted.sample(300, seed=5).equals(fitted.sample(300, seed=6))


def test_learning_twice_with_one_seed_gives_the_same_model(fitted):
    again = Trees(release_rows=5000, trees=3).fit(people(), seed=1)
    pd.testing.assert_frame_equal(again.sample(300, seed=5), fitted.sample(300, seed=5))


def test_a_saved_model_makes_the_same_rows(fitted, tmp_path: Path):
    fitted.save(tmp_path / "model")
    loaded = Trees.load(tmp_path / "model")
    pd.testing.assert_frame_equal(loaded.sample(300, seed=5), fitted.sample(300, seed=5))
    assert {path.suffix for path in (tmp_path / "model").iterdir()} == {".json", ".npz"}


def test_every_leaf_holds_as_many_donors_as_asked():
    fitted = Trees(leaf=40, trees=2).fit(people(), seed=0)
    for step in fitted.steps:
        nodes = step.donors.nodes
        reachable = step.donors.count[nodes.children[:, 0] < 0]
        assert reachable[reachable > 0].min() >= 40


def test_leaves_grow_with_the_release_and_with_the_wish_for_privacy():
    few, many = Trees(release_rows=1000), Trees(release_rows=500_000)
    assert few.leaf_rows(12_000) < many.leaf_rows(12_000)
    sizes = [Trees(privacy=word).leaf_rows(12_000) for word in ("faithful", "balanced", "private", "strict")]
    assert sizes == sorted(sizes)
    assert Trees(leaf=7).leaf_rows(12_000) == 7


def test_values_of_the_first_columns_can_be_prescribed():
    fitted = Trees(first="sex, age", trees=2, release_rows=2000).fit(people(), seed=0)
    conditions = pd.DataFrame({"age": [25, 80] * 100, "sex": ["f"] * 200})
    made = fitted.sample(200, seed=1, conditions=conditions)
    assert made["age"].tolist() == conditions["age"].tolist()
    assert (made["sex"] == "f").all()
    assert (made["code"].str[0] == "O").mean() > 0.95
    assert made["dose"][made["age"] == 80].mean() > made["dose"][made["age"] == 25].mean() + 3
    assert (made.dtypes == people().frame.dtypes).all()


def test_prescribing_a_later_column_says_what_to_do(fitted):
    last = fitted.order[-1]
    with pytest.raises(MethodError, match="into the setting 'first'"):
        fitted.sample(3, seed=0, conditions=people().frame[[last]].head(3))


def test_an_unknown_first_column_gets_a_hint():
    with pytest.raises(MethodError, match="Did you mean 'age'"):
        Trees(first="agee").fit(people(50), seed=0)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pd.Series([3.5]), Kind.NUMBER),
        (pd.Series([np.nan] * 40), Kind.NUMBER),
        (pd.Series(["same"] * 40, dtype=object), Kind.CATEGORY),
        (pd.Series([None] * 40, dtype=object), Kind.CATEGORY),
        (pd.Series([pd.NaT] * 40, dtype="datetime64[ns]"), Kind.DATETIME),
        (pd.Series([f"level {i % 2000}" for i in range(6000)], dtype=object), Kind.CATEGORY),
    ],
)
def test_single_odd_columns_work(values, kind):
    made = Trees(trees=2).fit(one_column(values, kind), seed=0).sample(25, seed=0)
    assert len(made) == 25
    assert made["x"].isna().all() == values.isna().all()


def test_thirty_rows_are_enough():
    made = Trees().fit(people(30), seed=0).sample(50, seed=0)
    assert len(made) == 50


def test_no_rows_asked_no_rows_made(fitted):
    made = fitted.sample(0, seed=0)
    assert len(made) == 0
    assert list(made.columns) == list(KINDS)


def test_sampling_can_be_cancelled(fitted):
    def stop(done: float, total: float, note: str = "") -> None:
        if done >= 2:
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        fitted.sample(100, seed=0, progress=stop)


def test_a_walk_ends_where_the_thresholds_lead():
    nodes = Nodes(
        np.array([[1, 2], [-1, -1], [3, 4], [-1, -1], [-1, -1]]),
        np.array([0, 0, 1, 0, 0]),
        np.array([0.5, 0, 2.0, 0, 0], dtype=np.float32),
    )
    features = np.array([[0.5, 9], [0.6, 2], [0.6, 2.5]], dtype=np.float32)
    leaves = nodes.leaves(features, np.zeros(3, dtype=np.int64))
    assert leaves.tolist() == [1, 3, 4]
    pruned, merged = nodes.pruned(np.array([1, 1, 3, 4, 4]), at_least=2)
    assert pruned.children.tolist() == [[1, 2], [-1, -1], [-1, -1], [-1, -1], [-1, -1]]
    assert merged.tolist() == [1, 1, 2, 2, 2]


def test_draws_reach_half_way_to_the_neighbours_and_never_move_atoms():
    states = np.array([1, 1, 2, 2, 2], dtype=np.int32)
    ranks = np.array([np.nan, np.nan, 0.2, 0.4, 0.8])
    rows = np.arange(5)
    donors = Donors.gather([(Nodes.single(), rows, np.zeros(5, dtype=np.int64))], states, ranks, 1.0)
    own = 0.5 / 3  # half of a rank, where there is no neighbour
    np.testing.assert_allclose(donors.low[2:], [0.2 - own, 0.3, 0.6])
    np.testing.assert_allclose(donors.high[2:], [0.3, 0.6, 0.8 + own])
    drawn, rank = donors.draw(np.zeros((200, 0), dtype=np.float32), np.random.default_rng(0))
    assert np.isnan(rank[drawn == 1]).all()
    assert rank[drawn == 2].min() >= 0.2 - own
    assert rank[drawn == 2].max() <= 0.8 + own


def test_a_number_of_one_person_is_not_released_as_it_is():
    rng = np.random.default_rng(3)
    amount = np.round(rng.normal(50, 10, 800), 9)
    frame = pd.DataFrame({"amount": amount, "group": rng.choice(["a", "b", "c"], 800).astype(object)})
    table = Table(frame, (Column(name="amount", kind=Kind.NUMBER), Column(name="group", kind=Kind.CATEGORY)))
    made = Trees().fit(table, seed=1).sample(3_000, seed=2)["amount"]
    inside = made[(made > made.min()) & (made < made.max())]  # the ends of the range are shared by several people
    assert inside.isin(amount).mean() < 0.005


def test_mutual_information_of_copies_is_their_entropy_and_of_strangers_nothing():
    one = np.arange(1000) % 2
    other = (np.arange(1000) // 2) % 2
    found = mutual_information([one, one, other])
    np.testing.assert_allclose(found[0], [np.log(2), np.log(2) - 0.0005, 0.0], atol=1e-12)


def test_orders_start_with_the_columns_asked_for():
    information = np.array([[0.5, 0.3, 0.0], [0.3, 1.0, 0.2], [0.0, 0.2, 2.0]])
    assert related_last(information, [2]) == [2, 0, 1]
    assert simplest_first(information, [1]) == [1, 0, 2]


def test_levels_that_say_alike_get_near_scores():
    states = np.repeat(np.arange(4, dtype=np.int32), 100)
    target = np.concatenate([np.repeat([0, 1], [90, 10]), np.repeat([0, 1], [10, 90])] * 2)
    scores = level_scores(states, 4, target, 1)[:, 0]
    assert abs(scores[0] - scores[2]) < 1e-5 < abs(scores[0] - scores[1])


def test_a_smooth_relation_stays_sharp():
    rng = np.random.default_rng(0)
    width = rng.lognormal(3, 0.5, 4000)
    frame = pd.DataFrame({"width": width, "area": width * np.exp(rng.normal(0, 0.02, 4000))})
    table = Table(frame, (Column(name="width", kind=Kind.NUMBER), Column(name="area", kind=Kind.NUMBER)))
    made = Trees(trees=3).fit(table, seed=0).sample(4000, seed=1)
    assert np.log(made["area"] / made["width"]).std() < 0.04


def test_many_weak_hints_at_a_rare_case_become_one_direction():
    rng = np.random.default_rng(1)
    hints = rng.random((6000, 20)) < 0.3
    case = rng.random(6000) < 0.001 * np.exp(0.5 * hints.sum(axis=1))
    frame = pd.DataFrame({f"hint{i}": np.where(hints[:, i], "y", "n").astype(object) for i in range(20)})
    table = Table(frame, tuple(Column(name=name, kind=Kind.CATEGORY) for name in frame))
    codec = Codec.fit(table, seed=0)
    encoded = codec.encode(frame)
    view = View(codec)
    for name in codec.names:
        view.add(name, encoded.states[name], encoded.ranks[name])
    groups = case.astype(np.int64)
    scores = {name: view.scores(name, groups) for name in codec.names}
    smooth = Smooth.of_category(view, scores, groups, axes=1)
    found = with_values(smooth, view, scores, 6000)[1][:, 0]
    assert abs(np.corrcoef(found, hints.sum(axis=1))[0, 1]) > 0.9


def test_a_linear_model_is_found_again():
    table = people(800)
    codec = Codec.fit(table, seed=0)
    encoded = codec.encode(table.frame)
    view = View(codec)
    for name in codec.names:
        view.add(name, encoded.states[name], encoded.ranks[name])
    wanted = 2.0 * view.basis("age")[:, 1].astype(np.float64) + 3.0
    smooth = Smooth.of_number(view, {"age": None}, wanted, np.ones(800, dtype=bool))
    np.testing.assert_allclose(with_values(smooth, view, {"age": None}, 800)[1][:, 0], wanted, atol=0.2)


def test_the_rows_do_not_depend_on_how_many_threads_linear_algebra_may_use() -> None:
    rng = np.random.default_rng(0)
    hidden = rng.normal(size=(6000, 3))
    frame = pd.DataFrame(hidden @ rng.normal(size=(3, 9)) + rng.normal(size=(6000, 9)), columns=list("abcdefghi"))
    table = Table(frame, tuple(Column(name=name, kind=Kind.NUMBER) for name in frame.columns))
    made = []
    for threads in (1, 2):
        with threadpool_limits(threads, user_api="blas"):
            made.append(Trees().fit(table, seed=0).sample(20_000, seed=0))
    pd.testing.assert_frame_equal(made[0], made[1], check_exact=True)
